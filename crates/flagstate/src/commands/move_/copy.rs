//! `flagstate move copy`, `sync`.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_migration::{
    copy::{self, Options, Tally},
    cutover,
    sync::{self, Delta},
    trouble::Trouble,
};

use super::{bytes, count, failure, scene::Scene, signer, stopped, tell};
use crate::{cli::move_::CopyArgs, failure::Failure};

pub(super) fn run(args: &CopyArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &args.tuning)?;
    signer::accept(&scene, &args.accept)?;
    let options = Options { overwrite: args.overwrite, delete: args.delete, ..scene.copying(&args.tuning)? };
    match copy(&scene, options, None)? {
        Ok(tally) => ended(&scene, &tally),
        Err(trouble) => stopped(trouble),
    }
}

pub(super) fn sync(args: &CopyArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &args.tuning)?;
    signer::accept(&scene, &args.accept)?;
    let options = Options { overwrite: args.overwrite, delete: args.delete, ..scene.copying(&args.tuning)? };
    // What an earlier run left is finished first; what failed there is looked at again.
    let first = Options { settle_failed: true, ..options.clone() };
    match copy(&scene, first, None)? {
        Ok(tally) if tally == Tally::default() => {}
        Ok(tally) => tell(scene.format, "copy", &tally, &tally_text(&tally))?,
        Err(trouble) => return stopped(trouble),
    }
    let wish = sync::Options { target: !args.trust_target, delete: args.delete, ..sync::Options::default() };
    let delta = match list(&scene, wish)? {
        Ok(delta) => delta,
        Err(trouble) => return stopped(trouble),
    };
    tell(scene.format, "delta", &delta, &delta_text(&delta))?;
    match copy(&scene, options, None)? {
        Ok(tally) => ended(&scene, &tally),
        Err(trouble) => stopped(trouble),
    }
}

/// Copies what the shards say.
pub(super) fn copy(scene: &Scene, options: Options, only: Option<&[i64]>) -> Result<Result<Tally, Trouble>, Failure> {
    if !has_work(scene)? {
        return Ok(Ok(Tally::default()));
    }
    cutover::forget(&scene.folder);
    let work = scene.work()?;
    scene.step("copy", copy::run(&work, &scene.folder, &scene.journal, options, only))
}

fn has_work(scene: &Scene) -> Result<bool, Failure> {
    Ok(scene.journal.shards().map_err(|e| failure(&e.into()))?.iter().any(|s| s.work.is_some()))
}

/// Lists both sides again.
pub(super) fn list(scene: &Scene, options: sync::Options) -> Result<Result<Delta, Trouble>, Failure> {
    let work = scene.work()?;
    let step = async { sync::run(&work, &scene.folder, &scene.journal, options, "sync").await.map(|(delta, _)| delta) };
    scene.step("list again", step)
}

pub(super) fn ended(scene: &Scene, tally: &Tally) -> Result<ExitCode, Failure> {
    tell(scene.format, "copy", tally, &tally_text(tally))?;
    Ok(if tally.failed == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

pub(super) fn tally_text(tally: &Tally) -> String {
    let mut text = format!("{} of {} moved", count(tally.moved, "object"), bytes(tally.bytes));
    let others = [
        (tally.marked, "marks of deletion set"),
        (tally.deleted, "deleted at the target"),
        (tally.changed, "changed at the source meanwhile"),
        (tally.refused, "refused by the target"),
        (tally.left, "left behind by accepted losses"),
        (tally.proposed, "gone at the source: deletion proposed (--delete does it)"),
        (tally.failed, "failed"),
        (tally.retries, "second tries"),
    ];
    for (n, what) in others.into_iter().filter(|(n, _)| *n > 0) {
        let _ = write!(text, ", {n} {what}");
    }
    text.push('\n');
    for failure in &tally.failures {
        let _ = writeln!(text, "  {failure}");
    }
    text
}

pub(super) fn delta_text(delta: &Delta) -> String {
    if delta.is_empty() {
        return "nothing changed\n".to_owned();
    }
    let mut text = format!(
        "{} new, {} changed, {} gone at the source, {} not as written at the target; {} to move\n",
        delta.new,
        delta.changed,
        delta.gone,
        delta.damaged,
        bytes(delta.bytes)
    );
    for example in &delta.examples {
        let _ = writeln!(text, "  {example}");
    }
    text
}
