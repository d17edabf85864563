//! `flagstate move erase-source`.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_migration::{certificate, erase};

use super::{bytes, count, scene::Scene, stopped, tell};
use crate::{cli::move_::EraseArgs, failure::Failure, log, out};

pub(super) fn run(args: &EraseArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &args.tuning)?;
    let checked = certificate::check(&log::read_file(&args.certificate)?, &[])
        .map_err(|e| Failure::input(&e, Some("nothing was erased")))?;
    erase::may(&checked.document, &scene.settings.id, args.waiting_days, log::now())
        .map_err(|e| Failure::input(&e, Some("nothing was erased")))?;
    if args.confirm.as_deref() != Some(scene.settings.id.as_str()) {
        out::say(&format!(
            "this deletes {} of {} at {}; to do it, add --confirm {}",
            count(checked.document.objects, "object"),
            bytes(checked.document.bytes),
            scene.settings.from,
            scene.settings.id
        ));
        return Ok(ExitCode::from(1));
    }
    let work = scene.work()?;
    let erased = scene.step("erase", erase::run(&work, &scene.folder, &checked.document, args.tuning.lanes.min(32)))?;
    let erased = match erased {
        Ok(erased) => erased,
        Err(trouble) => return stopped(trouble),
    };
    let mut text = format!("{} of {} erased at the source", count(erased.objects, "object"), bytes(erased.bytes));
    if erased.gone > 0 {
        let _ = write!(text, ", {} were gone", erased.gone);
    }
    text.push('\n');
    for (why, n) in &erased.kept {
        let _ = writeln!(text, "{} kept: {why}", count(*n, "object"));
    }
    text.push_str("that copies of the provider are gone too cannot be shown by anybody but the provider\n");
    tell(scene.format, "erase", &erased, &text)?;
    Ok(if erased.kept.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
