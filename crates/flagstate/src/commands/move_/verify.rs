//! `flagstate move verify`.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_migration::{
    trouble::Trouble,
    verify::{self, Mode, Sample, Verified},
};

use super::{bytes, count, scene::Scene, stopped, tell};
use crate::{
    cli::move_::{VerifyArgs, VerifyMode},
    failure::Failure,
};

pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &args.tuning)?;
    let Some(mode) = mode(args.mode, (args.confidence, args.one_in), args.seed) else {
        return Ok(ExitCode::SUCCESS);
    };
    match verify(&scene, mode, args.tuning.lanes)? {
        Ok(verified) => {
            tell(scene.format, "verify", &verified, &text(&verified))?;
            Ok(if verified.damaged == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Err(trouble) => stopped(trouble),
    }
}

/// What the flags mean.
pub(super) fn mode(mode: VerifyMode, (percent, one_in): (f64, u32), seed: Option<u64>) -> Option<Mode> {
    match mode {
        VerifyMode::Server => Some(Mode::Server),
        VerifyMode::Full => Some(Mode::Full),
        VerifyMode::None => None,
        VerifyMode::Sample => {
            let mut chance = [0; 8];
            // Without chance the seed is 0, and says so in the certificate.
            let _ = getrandom::fill(&mut chance);
            // JSON readers keep 53 bits.
            let seed = seed.unwrap_or(u64::from_le_bytes(chance) >> 11);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped")]
            let confidence_permille = (percent.clamp(1.0, 99.9) * 10.0) as u32;
            Some(Mode::Sample(Sample { confidence_permille, one_in: one_in.max(2), seed }))
        }
    }
}

pub(super) fn verify(scene: &Scene, mode: Mode, lanes: usize) -> Result<Result<Verified, Trouble>, Failure> {
    let work = scene.work()?;
    scene.step("verify", verify::run(&work, &scene.folder, &scene.journal, mode, lanes.min(32)))
}

pub(super) fn text(verified: &Verified) -> String {
    if verified.good + verified.silent + verified.damaged == 0 {
        // A sample of nothing has no confidence.
        return "nothing to verify: the move has no object at the target\n".to_owned();
    }
    let mut text = match verified.mode {
        Mode::Server => format!("{} hold by the target's own checksums", count(verified.good, "object")),
        Mode::Full => format!(
            "{} of {} were read back and are what was read at the source",
            count(verified.good, "object"),
            bytes(verified.bytes)
        ),
        Mode::Sample(sample) => format!(
            "{} drawn by seed {} were read back and hold: were one in {} damaged, it would have shown with {}.{} % confidence",
            count(verified.good, "object"),
            sample.seed,
            sample.one_in,
            sample.confidence_permille / 10,
            sample.confidence_permille % 10
        ),
    };
    if verified.silent > 0 {
        let _ = write!(text, "; for {} the target says no checksum (--mode full reads them)", verified.silent);
    }
    text.push('\n');
    if verified.damaged > 0 {
        let _ = writeln!(
            text,
            "{} do not hold; `flagstate move copy` writes them again:",
            count(verified.damaged, "object")
        );
        for example in &verified.examples {
            let _ = writeln!(text, "  {example}");
        }
    }
    text
}
