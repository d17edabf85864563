//! `flagstate move cutover`.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_migration::{
    copy::Options,
    cutover::{self, Cutover},
    sync,
    trouble::Trouble,
};

use super::{copy, count, scene::Scene, stopped, tell};
use crate::{
    cli::{
        AnswerFormat,
        move_::{CutoverArgs, Tuning},
    },
    failure::Failure,
    out,
};

pub(super) fn run(args: &CutoverArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &args.tuning)?;
    let options = scene.copying(&args.tuning)?;
    let settled = Options { settle_failed: true, ..options.clone() };
    if let Err(trouble) = copy::copy(&scene, settled.clone(), None)? {
        return stopped(trouble);
    }
    say_new(&scene, &args.tuning)?;
    match look(&scene, &settled, args.final_delta)? {
        Ok(cutover) => {
            tell(scene.format, "cutover", &cutover, &text(&cutover))?;
            Ok(if cutover.is_quiet() { ExitCode::SUCCESS } else { ExitCode::from(1) })
        }
        Err(trouble) => stopped(trouble),
    }
}

/// Says which containers came after the move began: they are no part of it, and nobody should believe they were.
pub(super) fn say_new(scene: &Scene, tuning: &Tuning) -> Result<(), Failure> {
    let new = scene.new_containers(tuning)?;
    if new.is_empty() {
        return Ok(());
    }
    let names = new.join(", ");
    if scene.format == AnswerFormat::Json {
        return super::event("new-containers", &serde_json::json!({ "containers": new }));
    }
    out::say(&format!(
        "not part of this move, since they came after it began: {names}; move them by a move of their own (--from with these \
         names)"
    ));
    Ok(())
}

/// Looks at both sides; copies what changed and looks again, so often at most.
pub(super) fn look(scene: &Scene, options: &Options, again: u32) -> Result<Result<Cutover, Trouble>, Failure> {
    let mut left = again;
    loop {
        let work = scene.work()?;
        let cutover =
            match scene.step("last look", cutover::run(&work, &scene.folder, &scene.journal, sync::LISTERS))? {
                Ok(cutover) => cutover,
                Err(trouble) => return Ok(Err(trouble)),
            };
        if cutover.is_quiet() || left == 0 {
            return Ok(Ok(cutover));
        }
        left -= 1;
        if let Err(trouble) = copy::copy(scene, options.clone(), None)? {
            return Ok(Err(trouble));
        }
    }
}

pub(super) fn text(cutover: &Cutover) -> String {
    if cutover.is_quiet() {
        let mut text = format!(
            "both sides stand still and hold what the manifest says: {}\n",
            count(cutover.roots.source.records, "record")
        );
        if cutover.delta.strangers > 0 {
            let _ = writeln!(text, "{} at the target are not of this move", count(cutover.delta.strangers, "object"));
        }
        text.push_str(
            "the way back: nothing was changed at the source; make it writable again, and move what was written at the target since \
             in the other direction\n",
        );
        return text;
    }
    let mut text = "the source is not frozen, or the target is not what was written: make the source read-only, then run this again \
                    (--final-delta N copies what changed first)\n"
        .to_owned();
    text.push_str(&copy::delta_text(&cutover.delta));
    text
}
