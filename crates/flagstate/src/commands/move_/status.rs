//! `flagstate move status`.

use std::{collections::BTreeMap, fmt::Write as _, process::ExitCode};

use flagstate_migration::{
    cutover,
    folder::{Folder, read_json},
    journal::{Journal, Pass},
    row::Fate,
    settings::Settings,
};
use serde::Serialize;

use super::{bytes, count, failure, tell};
use crate::{cli::move_::StatusArgs, failure::Failure};

#[derive(Serialize)]
struct Status {
    settings: Settings,
    shards: u64,
    at_rest: u64,
    objects_at_rest: u64,
    bytes_at_rest: u64,
    objects_to_move: u64,
    bytes_to_move: u64,
    outcomes: BTreeMap<Fate, u64>,
    uploads_under_way: u64,
    ranges_to_list: u64,
    last_pass: Option<(String, String, Option<String>)>,
    cutover: bool,
    certificate: bool,
    accepted: Vec<flagstate_migration::journal::Acceptance>,
}

pub(super) fn run(args: &StatusArgs) -> Result<ExitCode, Failure> {
    let folder = Folder::open(&args.state.dir).map_err(|e| failure(&e.into()))?;
    let settings: Settings = read_json(&folder.settings()).map_err(|e| failure(&e.into()))?;
    // A running command is not disturbed: the journal can be read beside it.
    let journal = Journal::open(&folder.journal()).map_err(|e| failure(&e.into()))?;
    let status = gather(&folder, &journal, settings).map_err(|e| failure(&e.into()))?;
    tell(args.state.format, "status", &status, &text(&status))?;
    Ok(ExitCode::SUCCESS)
}

fn gather(
    folder: &Folder,
    journal: &Journal,
    settings: Settings,
) -> Result<Status, flagstate_migration::journal::JournalError> {
    let shards = journal.shards()?;
    let mut outcomes: BTreeMap<Fate, u64> = BTreeMap::new();
    let (mut at_rest, mut to_move) = ((0, 0, 0), (0, 0));
    for shard in &shards {
        if let Some(work) = &shard.work {
            let fates = journal.fates(shard.id)?;
            let done: u64 = fates.iter().filter(|(f, _)| **f != Fate::Failed).map(|(_, n)| n).sum();
            to_move.0 += work.rows.saturating_sub(done);
            to_move.1 += work.bytes;
            for (fate, n) in fates {
                *outcomes.entry(fate).or_default() += n;
            }
        } else if let Some(stock) = &shard.stock {
            at_rest = (at_rest.0 + 1, at_rest.1 + stock.rows, at_rest.2 + stock.bytes);
        }
    }
    let pass = |p: Pass| (p.kind, p.started, p.ended);
    Ok(Status {
        settings,
        shards: shards.len() as u64,
        at_rest: at_rest.0,
        objects_at_rest: at_rest.1,
        bytes_at_rest: at_rest.2,
        objects_to_move: to_move.0,
        bytes_to_move: to_move.1,
        outcomes,
        uploads_under_way: journal.uploads()?.len() as u64,
        ranges_to_list: journal.ranges()?.len() as u64,
        last_pass: journal.last_pass()?.map(pass),
        cutover: cutover::last(folder).is_some(),
        certificate: folder.file("certificate.json").is_file(),
        accepted: journal.accepted()?,
    })
}

fn text(s: &Status) -> String {
    let mut text = format!("{}\nfrom  {}\nto    {}\n", s.settings.id, s.settings.from, s.settings.to);
    let _ = writeln!(
        text,
        "{}, {} of them at rest with {} of {}",
        count(s.shards, "shard"),
        s.at_rest,
        count(s.objects_at_rest, "object"),
        bytes(s.bytes_at_rest)
    );
    if s.ranges_to_list > 0 {
        let _ = writeln!(text, "{} still to list", count(s.ranges_to_list, "range"));
    }
    if s.objects_to_move > 0 {
        let _ = writeln!(
            text,
            "{} of at most {} still to move",
            count(s.objects_to_move, "object"),
            bytes(s.bytes_to_move)
        );
    }
    for (fate, n) in &s.outcomes {
        let _ = writeln!(text, "  {n} {}", fate.word());
    }
    if s.uploads_under_way > 0 {
        let _ = writeln!(text, "{} in parts under way", count(s.uploads_under_way, "upload"));
    }
    if let Some((kind, started, ended)) = &s.last_pass {
        let _ = writeln!(text, "last pass: {kind}, {started} to {}", ended.as_deref().unwrap_or("(not ended)"));
    }
    for a in &s.accepted {
        let _ = writeln!(text, "accepted: {} by {} at {}", a.what, a.who, a.at);
    }
    let _ = writeln!(
        text,
        "cutover {}, certificate {}",
        if s.cutover { "done" } else { "not done" },
        if s.certificate { "written" } else { "not written" }
    );
    text
}
