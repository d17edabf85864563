//! `flagstate move access`: who could read at the source, and who can at the target.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_migration::access;

use super::{scene::Scene, tell};
use crate::{cli::move_::StepArgs, failure::Failure};

pub(super) fn run(args: &StepArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::begin(&args.state, &args.begin, &args.tuning)?;
    let probed = scene.probed(true)?;
    let parity = access::compare(&probed.source, &probed.target.container);
    let mut text = String::new();
    for line in &parity.lines {
        let say = |side: &Option<String>| side.clone().unwrap_or_else(|| "(does not say)".to_owned());
        let _ = writeln!(
            text,
            "{}{:26} {:9} source: {}; target: {}",
            line.container.as_ref().map(|name| format!("{name}: ")).unwrap_or_default(),
            line.what,
            line.verdict,
            say(&line.source),
            say(&line.target)
        );
    }
    tell(scene.format, "access", &parity, &text)?;
    Ok(if parity.is_wider() { ExitCode::from(1) } else { ExitCode::SUCCESS })
}
