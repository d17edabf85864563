//! `flagstate move shard`, `gather`: one shard of the plan, here or on another machine, and taking over what others did.

use std::{path::Path, process::ExitCode};

use flagstate_migration::{
    copy::{Options, Tally},
    cutover,
    folder::Folder,
    journal::Journal,
    part::{self, Given, PartError},
    plan::{Plan, PlannedShard},
};

use super::{copy, count, failure, scene::Scene, signer, stopped, tell};
use crate::{
    cli::{
        AnswerFormat,
        move_::{GatherArgs, ShardArgs, State},
    },
    failure::Failure,
    log, out,
};

pub(super) fn run(args: &ShardArgs) -> Result<ExitCode, Failure> {
    match &args.part {
        Some(part) => apart(args, part),
        None => here(args),
    }
}

/// In the folder of the move.
fn here(args: &ShardArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &args.tuning)?;
    let planned = planned(&scene.folder, &scene.journal, args.index)?;
    signer::accept(&scene, &args.accept)?;
    let shard = scene.journal.shard(planned.id).map_err(|e| failure(&e.into()))?;
    match shard.as_ref().map(|s| s.work.as_ref()) {
        Some(None) => return done_before(&args.state),
        Some(Some(work)) if work.digest == planned.sha256 => {}
        _ => return Err(Failure::input(&PartError::ListedAgain { index: args.index }, None)),
    }
    let options = Options { overwrite: args.overwrite, ..scene.copying(&args.tuning)? };
    match copy::copy(&scene, options, Some(&[planned.id]))? {
        Ok(tally) => copy::ended(&scene, &tally),
        Err(trouble) => stopped(trouble),
    }
}

/// In a folder of its own; the move's is only read.
fn apart(args: &ShardArgs, at: &Path) -> Result<ExitCode, Failure> {
    let main = Folder::open(&args.state.dir).map_err(|e| failure(&e.into()))?;
    let journal = Journal::read(&main.journal()).map_err(|e| failure(&e.into()))?;
    let planned = planned(&main, &journal, args.index)?;
    drop(journal);
    if let Given::Done = part::give_out(&main, &planned, at).map_err(|e| Failure::input(&e, None))? {
        return done_before(&args.state);
    }
    let state = State { dir: at.to_owned(), ..args.state.clone() };
    let scene = Scene::open(&state, &args.tuning)?;
    signer::accept(&scene, &args.accept)?;
    let options = Options { overwrite: args.overwrite, ..scene.copying(&args.tuning)? };
    match copy::copy(&scene, options, None)? {
        Ok(tally) => {
            if tally.failed == 0 && scene.format == AnswerFormat::Text {
                let (main, at) = (main.root().display(), at.display());
                out::say(&format!("take it over: flagstate move gather --state {main} {at}"));
            }
            copy::ended(&scene, &tally)
        }
        Err(trouble) => stopped(trouble),
    }
}

/// Nothing to do is no failure: batch systems run a shard again.
fn done_before(state: &State) -> Result<ExitCode, Failure> {
    tell(state.format, "copy", &Tally::default(), "the shard was moved before: nothing to do\n")?;
    Ok(ExitCode::SUCCESS)
}

/// The shard of the last plan.
fn planned(folder: &Folder, journal: &Journal, index: u64) -> Result<PlannedShard, Failure> {
    let digest = journal.get(super::plan::LAST).map_err(|e| failure(&e.into()))?;
    let digest = digest.ok_or_else(|| Failure::Input {
        message: format!("the move in {} has no plan", folder.root().display()),
        help: Some(format!("make one first: flagstate move plan --state {}", folder.root().display())),
    })?;
    let path = folder.file(&super::plan::file_name(&digest));
    let plan = Plan::read(&log::read_file(&path)?).map_err(|e| Failure::input(&e, None))?;
    let shards = plan.shards.len() as u64;
    let found = plan.shards.into_iter().find(|s| s.index == index);
    found.ok_or_else(|| Failure::Usage(format!("the plan has {}, counted from 0", count(shards, "shard"))))
}

/// Takes over what parts did.
pub(super) fn gather(args: &GatherArgs) -> Result<ExitCode, Failure> {
    let scene = Scene::open(&args.state, &args.tuning)?;
    for at in &args.parts {
        let taken = part::take_back(&scene.folder, &scene.journal, at).map_err(|e| Failure::input(&e, None))?;
        cutover::forget(&scene.folder);
        let text = match taken.rows {
            Some(rows) => format!("{}: shard {}, {} taken over\n", at.display(), taken.index, count(rows, "row")),
            None => format!("{}: shard {} had been taken over before\n", at.display(), taken.index),
        };
        tell(scene.format, "gather", &taken, &text)?;
    }
    Ok(ExitCode::SUCCESS)
}
