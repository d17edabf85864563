//! `flagstate log verify`: does it hold? A log, a package, a proof, a report; offline, as a stranger would.

use std::{path::Path, process::ExitCode};

use flagstate_evidence::log::{
    Log, LogError,
    fsck::{Finding, verify},
};
use flagstate_tlog::{Proof, leaf_hash, policy::Accepted};
use serde_json::json;

use super::{fsck, package, pretty, report};
use crate::{
    cli::{AnswerFormat, log::VerifyArgs},
    failure::{Failure, chain},
    log::{self, Home},
    out,
};

/// Runs the command: exit code 1 when something does not hold.
pub(super) fn run(args: &VerifyArgs) -> Result<ExitCode, Failure> {
    let holds = match (&args.report, &args.path) {
        (Some(report), _) => report::verify(report, args)?,
        (None, Some(path)) if path.join("bagit.txt").is_file() => package::verify(path, args)?,
        (None, Some(path)) if path.is_file() => proof(path, args)?,
        (None, Some(path)) if !path.exists() => {
            return Err(Failure::Input {
                message: format!("{}: is not there", path.display()),
                help: Some("name a package, a .tlog-proof file, or a log".into()),
            });
        }
        (None, Some(path)) => {
            let mut place = args.place.clone();
            place.log = Some(path.clone());
            whole(&Home::open(&place)?, args)?
        }
        (None, None) => whole(&Home::open(&args.place)?, args)?,
    };
    Ok(ExitCode::from(u8::from(!holds)))
}

/// A log in a folder: signature, every entry, every tile, older checkpoints, witnesses, time stamps.
fn whole(home: &Home, args: &VerifyArgs) -> Result<bool, Failure> {
    let key = log::log_key(home, &args.trust)?;
    let store = home.store()?;
    let mut report = verify(&store, &key).map_err(|e| Failure::input(&e, None))?;
    let mut also = Vec::new();
    if report.is_sound() {
        let mut reader = Log::open(&store, &key).map_err(|e| Failure::input(&e, log::DAMAGED))?;
        match log::trusted(&args.trust, &key)?.check(reader.note()) {
            Ok(accepted) => also.extend(witnessed(&accepted)),
            Err(e) => report.findings.push(Finding::damaged("checkpoint", chain(&e))),
        }
        for path in &args.old {
            match reader.consistency(&log::read_file(path)?) {
                Ok((old, _)) => also.push(format!("the log extends {} of size {}", path.display(), old.size())),
                Err(e) => report.findings.push(Finding::damaged(path.display().to_string(), chain(&e))),
            }
        }
        stamps(home, args, &mut reader, &mut report.findings, &mut also)?;
    }
    fsck::print("log-verify", &report, args.format, &also)?;
    Ok(report.is_sound())
}

/// Who cosigned, in words.
pub(super) fn witnessed(accepted: &Accepted<'_>) -> Option<String> {
    if accepted.witnesses.is_empty() {
        return None;
    }
    let names: Vec<String> = accepted
        .witnesses
        .iter()
        .map(|(witness, time_s)| format!("{} at {}", String::from_utf8_lossy(&witness.name), time(*time_s)))
        .collect();
    Some(format!("cosigned by {}", names.join(", ")))
}

fn time(seconds: u64) -> String {
    let time = i64::try_from(seconds).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    time.map_or_else(|| seconds.to_string(), |time| time.to_string())
}

/// Time stamps need the files beside the log: a copy of the public files has none.
fn stamps(
    home: &Home,
    args: &VerifyArgs,
    reader: &mut Log<'_>,
    findings: &mut Vec<Finding>,
    also: &mut Vec<String>,
) -> Result<(), Failure> {
    let files = log::stamp_root_files(home, &args.trust.tsa_roots);
    if home.identity.is_none() || files.is_empty() {
        return Ok(());
    }
    let trust = log::stamp_roots(&files)?;
    let recorded = log::recorded_stamps(reader).map_err(|e: LogError| Failure::input(&e, log::DAMAGED))?;
    for stamp in recorded {
        match log::stamp_problem(&stamp, &home.side(), Some(&trust)) {
            None => {
                also.push(format!("{} stamped size {} at {}", stamp.said.authority, stamp.said.size, stamp.said.time));
            }
            Some(why) => findings.push(Finding::damaged(format!("time stamp of entry {}", stamp.index), why)),
        }
    }
    Ok(())
}

/// A proof and its entry.
fn proof(path: &Path, args: &VerifyArgs) -> Result<bool, Failure> {
    let Some(entry) = &args.entry else {
        return Err(Failure::Usage("a proof is about an entry: give the entry's file with --entry".into()));
    };
    let text = log::read_file(path)?;
    let entry = log::read_file(entry)?;
    let key = match &args.trust.vkey {
        Some(text) => log::parse_key(text)?,
        None => log::policy_key(&args.trust)?,
    };
    let policy = log::trusted(&args.trust, &key)?;
    let proof = Proof::parse(&text).map_err(|e| Failure::Input {
        message: format!("{}: {}", path.display(), chain(&e)),
        help: Some("give a .tlog-proof file, or a package".into()),
    })?;
    let outcome = proof.verify(&leaf_hash(&entry), &policy);
    let holds = outcome.is_ok();
    let text = match (args.format, outcome) {
        (AnswerFormat::Text, Ok(accepted)) => {
            let also = witnessed(&accepted).map(|line| format!("ok: {line}\n")).unwrap_or_default();
            let size = proof.checkpoint().size();
            format!(
                "ok: the entry is number {} of {}, under its checkpoint of size {size}\n{also}",
                proof.index(),
                accepted.log.name()
            )
        }
        (AnswerFormat::Text, Err(e)) => format!("FAILED {}: {}\n", path.display(), chain(&e)),
        (AnswerFormat::Json, outcome) => pretty(&json!({
            "schema": "flagstate/log-verify-proof/1",
            "holds": holds,
            "origin": proof.checkpoint().origin(),
            "index": proof.index(),
            "size": proof.checkpoint().size(),
            "problem": outcome.err().map(|e| chain(&e)),
        })),
    };
    out::result(&text, None)?;
    Ok(holds)
}
