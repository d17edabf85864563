//! Time stamps (RFC 3161) over checkpoints: asked for, kept beside the log, recorded, checked again.
//!
//! What is stamped is the checkpoint file as it was published, signatures included. The stamped bytes and the authority's
//! answer lie in the side store under their digests; the entry `timestamp/v1` names both.

use std::{path::PathBuf, time::Duration};

use flagstate_evidence::{
    hex::Digest,
    log::{Log, LogError},
    package::Stamped,
    predicates::upkeep::Timestamp3161,
    side_store::SideStore,
    statement::{AnyStatement, Statement},
    timestamp,
};
use flagstate_net::{Address, Client, Plain};
use flagstate_tsp::{CONTENT_TYPE_QUERY, Nonce, Stamp, Trust, token, verify};

use super::home::{Home, read_file};
use crate::failure::Failure;

/// Ending of stamped checkpoints in the side store.
pub(crate) const STAMPED: &str = "checkpoint";
/// Kind of the statement.
pub(crate) const KIND: &str = "timestamp";
/// How long an authority may take.
const TIMEOUT: Duration = Duration::from_secs(30);
/// The longest answer that is read.
const REPLY_BYTES_MAX: u64 = 1 << 20;

/// A time stamp that the log records.
#[derive(Clone, Debug)]
pub(crate) struct Recorded {
    /// The entry.
    pub(crate) index: u64,
    /// Digest of the stamped checkpoint.
    pub(crate) stamped: Digest,
    /// What was recorded.
    pub(crate) said: Timestamp3161,
}

/// An authority's answer that holds.
#[derive(Debug)]
pub(crate) struct Answered {
    /// As it came.
    pub(crate) reply: Vec<u8>,
    /// What it proves.
    pub(crate) stamp: Stamp,
    /// What to record.
    pub(crate) statement: Statement<Timestamp3161>,
}

/// Files with roots: those of the command line, else those of the project.
pub(crate) fn root_files(home: &Home, flag: &[PathBuf]) -> Vec<PathBuf> {
    let configured = home.section.as_ref().and_then(|s| s.tsa.as_ref());
    match configured {
        Some(tsa) if flag.is_empty() => tsa.roots.iter().map(|file| home.configured(file)).collect(),
        _ => flag.to_vec(),
    }
}

/// The certificates in these files.
pub(crate) fn roots(files: &[PathBuf]) -> Result<Trust, Failure> {
    let mut trust = Trust::default();
    for path in files {
        trust
            .add_roots(&read_file(path)?)
            .map_err(|e| Failure::Input { message: format!("{}: {e}", path.display()), help: None })?;
    }
    Ok(trust)
}

/// Has a checkpoint file stamped, and checks the answer before it is believed: the answer, what it proves, and the
/// statement that records it.
pub(crate) fn ask(url: &str, plain: Plain, checkpoint: &[u8], trust: &Trust) -> Result<Answered, Failure> {
    let help = "name a time-stamp authority (RFC 3161); plain http to another machine needs --plain-http";
    let address = Address::parse(url, plain).map_err(|e| Failure::input(&e, Some(help)))?;
    let client = Client::new(TIMEOUT, REPLY_BYTES_MAX, &[]).map_err(|e| Failure::input(&e, None))?;
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|e| Failure::Internal(format!("no random numbers: {e}")))?;
    let nonce = Nonce::new(random);
    let request = timestamp::ask(checkpoint, &nonce);
    let answer = client.post(&address, CONTENT_TYPE_QUERY, request.der).map_err(|e| Failure::input(&e, None))?;
    if answer.status != 200 {
        return Err(Failure::Input {
            message: format!("{address}: answered {} instead of a time stamp", answer.status),
            help: Some("check the address; nothing was recorded".into()),
        });
    }
    let (stamp, statement) =
        timestamp::accept(&answer.body, checkpoint, &nonce, trust).map_err(|e| Failure::Input {
            message: format!("{address}: {}", crate::failure::chain(&e)),
            help: Some("nothing was recorded".into()),
        })?;
    Ok(Answered { reply: answer.body, stamp, statement })
}

/// All time stamps that a log records.
pub(crate) fn recorded(log: &mut Log<'_>) -> Result<Vec<Recorded>, LogError> {
    let mut found = Vec::new();
    log.entries(0, |index, entry| {
        found.extend(read(index, entry));
        Ok::<(), LogError>(())
    })?;
    Ok(found)
}

/// The time stamp in an entry, when it is one.
pub(crate) fn read(index: u64, entry: &[u8]) -> Option<Recorded> {
    // Most entries are no statements at all.
    entry.first().filter(|byte| **byte == b'{')?;
    let statement = AnyStatement::read_unverified(entry).ok()?;
    if statement.kind() != Some(KIND) {
        return None;
    }
    let stamped = statement.subjects.first()?.digest.get("sha256")?.parse().ok()?;
    Some(Recorded { index, stamped, said: serde_json::from_value(statement.predicate).ok()? })
}

/// The files of the recorded time stamps that are there, for a package.
pub(crate) fn files(recorded: &[Recorded], side: &SideStore) -> Result<Vec<Stamped>, Failure> {
    let mut found = Vec::new();
    for stamp in recorded {
        let failed = |e| Failure::input(&e, super::DAMAGED);
        let stamped = side.file(&stamp.stamped, STAMPED).map_err(failed)?;
        let reply = side.file(&stamp.said.reply, timestamp::ENDING).map_err(failed)?;
        found.extend(stamped.zip(reply).map(|(checkpoint, reply)| Stamped { checkpoint, reply }));
    }
    Ok(found)
}

/// What is wrong with a recorded time stamp; nothing when it holds. Without roots the authority is not checked.
pub(crate) fn problem(recorded: &Recorded, side: &SideStore, trust: Option<&Trust>) -> Option<String> {
    let file = |digest: &Digest, ending: &str, what: &str| match side.file(digest, ending) {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(format!("{what} of entry {} is missing", recorded.index)),
        Err(e) => Err(e.to_string()),
    };
    let check = || -> Result<(), String> {
        let stamped = file(&recorded.stamped, STAMPED, "the stamped checkpoint")?;
        let reply = file(&recorded.said.reply, timestamp::ENDING, "the authority's answer")?;
        let stamp_token = token(&reply).map_err(|e| e.to_string())?;
        if let Some(trust) = trust {
            let stamp = verify(&stamp_token, &stamped, None, trust).map_err(|e| e.to_string())?;
            if stamp.serial != recorded.said.serial {
                return Err(format!(
                    "the token has number {}, entry {} says {}",
                    stamp.serial, recorded.index, recorded.said.serial
                ));
            }
        }
        Ok(())
    };
    check().err()
}
