//! The policy that a log goes by: which witnesses are asked, and how many must have cosigned.
//!
//! What it is for: the policy is a file of the user's. A copy with a digest is kept with the log, and each change is
//! recorded as an entry, so that a reader years later sees what was asked for at the time.

use std::path::{Path, PathBuf};

use flagstate_evidence::{
    hex::Digest,
    log::{
        LogKeys,
        kept::{self, Audience},
    },
    predicates::upkeep,
    statement::{Statement, Subject},
};
use flagstate_tlog::policy::Policy;

use super::{
    home::{Home, read_file},
    now,
};
use crate::failure::Failure;

/// The copy below what is private.
pub(crate) const FILE: &str = "policy";

/// A policy and its text.
#[derive(Debug)]
pub(crate) struct Adopted {
    /// What it says.
    pub(crate) policy: Policy,
    /// The text, when it is not yet the log's.
    pub(crate) fresh: Option<Vec<u8>>,
}

/// Reads a policy file.
pub(crate) fn read(path: &Path) -> Result<Policy, Failure> {
    parse(path, &read_file(path)?)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<Policy, Failure> {
    Policy::parse(bytes).map_err(|e| Failure::Input {
        message: format!("{}: {}", path.display(), crate::failure::chain(&e)),
        help: Some("docs/log.md shows the form of a policy".into()),
    })
}

/// The policy named by the flag, else by the project, else the one that the log keeps.
pub(crate) fn find(home: &Home, flag: Option<&Path>) -> Result<Option<Adopted>, Failure> {
    let configured = home.section.as_ref().and_then(|s| s.policy.as_ref()).map(|file| home.configured(file));
    let own = kept_text(home)?;
    match flag.map(Path::to_owned).or(configured) {
        Some(path) => {
            let bytes = read_file(&path)?;
            let policy = parse(&path, &bytes)?;
            let fresh = (own.as_deref() != Some(bytes.as_slice())).then_some(bytes);
            Ok(Some(Adopted { policy, fresh }))
        }
        None => match own {
            Some(bytes) => Ok(Some(Adopted { policy: parse(&kept_path(home), &bytes)?, fresh: None })),
            None => Ok(None),
        },
    }
}

/// The text of the policy: that of the flag, else of the log.
pub(crate) fn text(home: &Home, flag: Option<&Path>) -> Result<Option<Vec<u8>>, Failure> {
    let configured = home.section.as_ref().and_then(|s| s.policy.as_ref()).map(|file| home.configured(file));
    match flag.map(Path::to_owned).or(configured) {
        Some(path) => read_file(&path).map(Some),
        None => kept_text(home),
    }
}

/// The statement that a new policy is in force. The text is kept beside the log first, so that the entry never names what
/// is not there.
pub(crate) fn statement(home: &Home, text: &[u8], keys: &LogKeys) -> Result<Vec<u8>, Failure> {
    home.side().put_file(text, "policy").map_err(|e| Failure::input(&e, None))?;
    let predicate = upkeep::Policy {
        role: "witnesses".to_owned(),
        sha256: Digest::of(text),
        replaces: kept_text(home)?.map(|old| Digest::of(&old)),
        effective_at: now(),
    };
    let statement = Statement::new(vec![Subject::of("policy", text)], predicate);
    statement.sign(&[keys.signer()]).map_err(|e| Failure::input(&e, None))
}

/// Makes a policy the log's.
pub(crate) fn keep(home: &Home, text: &[u8]) -> Result<(), Failure> {
    // The form of the file is lines, and so is a policy: it ends with a line end, or it would not have been read.
    kept::write(&kept_path(home), &String::from_utf8_lossy(text), Audience::Anyone)
        .map_err(|e| Failure::input(&e, None))
}

fn kept_path(home: &Home) -> PathBuf {
    home.private().join(FILE)
}

fn kept_text(home: &Home) -> Result<Option<Vec<u8>>, Failure> {
    let path = kept_path(home);
    if !path.exists() {
        return Ok(None);
    }
    kept::read(&path).map(|text| Some(text.into_bytes())).map_err(|e| Failure::input(&e, None))
}
