//! `flagstate move`: wiring of the migration to places, the log, the judgement and the terminal.
//!
//! What it deliberately does not do: moving itself. That lives in `crates/migration`.

mod access;
mod bandwidth;
mod certificate;
mod check;
mod copy;
mod cutover;
pub(in crate::commands) mod demo;
mod erase;
mod plan;
mod requirement;
mod run;
mod scene;
mod shard;
mod signer;
mod status;
mod verify;
mod watch;

pub(in crate::commands) mod identity;

use std::process::ExitCode;

use flagstate_migration::trouble::{Trouble, sentence};
use serde::Serialize;

use crate::{
    cli::{AnswerFormat, move_::MoveCommand},
    failure::Failure,
    out::{self, count},
};

/// Paused by a signal: the same command goes on.
const PAUSED: u8 = 5;

/// glibc gives every thread a heap of its own, and what was freed in one stays there: a whole move then holds half as much
/// memory again as it needs. How many heaps there are can only be said before a program begins, so it begins once more.
/// Only comes back where that cannot be done; then more memory is used, and nothing else is different.
fn few_heaps() {
    use std::os::unix::process::CommandExt as _;
    const NAME: &str = "MALLOC_ARENA_MAX";
    if !cfg!(target_env = "gnu") || std::env::var_os(NAME).is_some() {
        return;
    }
    let Ok(program) = std::env::current_exe() else { return };
    let mut words = std::env::args_os();
    let own = words.next().unwrap_or_else(|| program.clone().into_os_string());
    let _ = std::process::Command::new(program).arg0(own).args(words).env(NAME, "2").exec();
}

/// Runs the command.
pub(crate) fn run(command: &MoveCommand) -> Result<ExitCode, Failure> {
    if !matches!(command, MoveCommand::VerifyCertificate(_) | MoveCommand::Status(_)) {
        few_heaps();
    }
    match command {
        MoveCommand::Run(args) => run::run(args),
        MoveCommand::Probe(args) => plan::probe(args),
        MoveCommand::Inventory(args) => plan::inventory(args),
        MoveCommand::Plan(args) => plan::run(args),
        MoveCommand::Copy(args) => copy::run(args),
        MoveCommand::Sync(args) => copy::sync(args),
        MoveCommand::Verify(args) => verify::run(args),
        MoveCommand::Cutover(args) => cutover::run(args),
        MoveCommand::Certificate(args) => certificate::run(args),
        MoveCommand::VerifyCertificate(args) => check::run(args),
        MoveCommand::Shard(args) => shard::run(args),
        MoveCommand::Gather(args) => shard::gather(args),
        MoveCommand::EraseSource(args) => erase::run(args),
        MoveCommand::Access(args) => access::run(args),
        MoveCommand::Status(args) => status::run(args),
    }
}

/// What a step ends with when something stopped it.
fn stopped(trouble: Trouble) -> Result<ExitCode, Failure> {
    match trouble {
        Trouble::Stopped => {
            out::say("paused; the same command goes on");
            Ok(ExitCode::from(PAUSED))
        }
        Trouble::Fault => Err(Failure::Internal(sentence(&trouble))),
        other => Err(failure(&other)),
    }
}

/// Trouble as the user sees it.
fn failure(trouble: &Trouble) -> Failure {
    let help = "the state is intact: mend it, then run the same command again";
    Failure::Input { message: sentence(trouble), help: Some(help.to_owned()) }
}

/// Prints a result as text, or as one JSON event.
fn tell<T: Serialize>(format: AnswerFormat, step: &str, value: &T, text: &str) -> Result<(), Failure> {
    match format {
        AnswerFormat::Text => out::result(text, None),
        AnswerFormat::Json => event(step, value),
    }
}

/// Prints one JSON event.
fn event<T: Serialize>(name: &str, value: &T) -> Result<(), Failure> {
    let mut value = serde_json::to_value(value).map_err(|e| Failure::Internal(e.to_string()))?;
    if let Some(members) = value.as_object_mut() {
        members.insert("event".to_owned(), name.into());
    }
    out::result(&format!("{value}\n"), None)
}

/// Bytes for people.
fn bytes(n: u64) -> String {
    const UNITS: [(&str, u64); 5] = [
        ("PB", 1_000_000_000_000_000),
        ("TB", 1_000_000_000_000),
        ("GB", 1_000_000_000),
        ("MB", 1_000_000),
        ("kB", 1000),
    ];
    for (unit, size) in UNITS {
        if n >= size {
            return format!("{}.{} {unit}", n / size, n % size * 10 / size);
        }
    }
    format!("{n} bytes")
}

/// Seconds for people.
fn seconds(n: u64) -> String {
    match (n / 86_400, n / 3600 % 24, n / 60 % 60) {
        (0, 0, 0) => format!("{n} s"),
        (0, 0, m) => format!("{m} min {} s", n % 60),
        (0, h, m) => format!("{h} h {m} min"),
        (d, h, _) => format!("{d} d {h} h"),
    }
}
