//! Checking a whole log: every byte, and which file is at fault.
//!
//! What it is for: [`verify`] checks what is public, with the verifier key alone, as a stranger would: the signature, every
//! entry, every tile of every level. [`fsck`] also checks what is private (write-ahead log, identity, key, second place),
//! that nothing is there that should not be, and whatever other classes of files its caller names ([`FileClass`]). Both
//! read each file once, hash on all cores, and need memory for a few thousand hashes, however long the log is.
//!
//! What it deliberately does not do: repair. A log that was damaged is restored from a copy, by people.
//!
//! When a tile and what is below it disagree, the hash above both decides; where nothing does, both are named.
//!
//! Specification: c2sp.org/tlog-tiles 0.1.0; RFC 6962 section 2.1 (June 2013).

mod listed;
mod private;
mod report;
mod tree;

use std::path::Path;

use flagstate_tlog::{Checkpoint, Note, VerifierKey};

pub use report::{Finding, Problem, Report};

use super::{
    lock::Lock,
    place::{PRIVATE, Place},
    publish::sentence,
    store::{CHECKPOINT, LocalFiles, StoreError, TileStore},
};

/// A class of files that somebody else keeps in the log's directory: opened commitments, time-stamp tokens, policies.
pub trait FileClass: Sync {
    /// True if a file is of this class. `path` is relative to the log's directory, with `/` between parts.
    fn owns(&self, path: &str) -> bool;

    /// Checks every file of the class, also those that should be there and are not.
    fn check(&self, log: &Checked<'_>, found: &mut dyn FnMut(Finding));
}

/// What a [`FileClass`] may rest on.
#[derive(Clone, Copy, Debug)]
pub struct Checked<'a> {
    /// The log's directory.
    pub dir: &'a Path,
    /// Its checkpoint. The signature holds; the tree was checked, too, and what was found is in the report.
    pub checkpoint: &'a Checkpoint,
    /// The note that the checkpoint came in.
    pub note: &'a Note,
    /// Where entries can be read.
    pub store: &'a dyn TileStore,
}

impl std::fmt::Debug for dyn TileStore + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TileStore")
    }
}

/// Checks what is public of the log in `store`: all that a verifier needs.
pub fn verify(store: &dyn TileStore, key: &VerifierKey) -> Result<Report, StoreError> {
    let mut report = Report::default();
    if let Some((checkpoint, _)) = checkpoint(store, std::slice::from_ref(key), &mut report)? {
        tree::check(store, &checkpoint, &mut report);
        report.checkpoint = Some(checkpoint);
    }
    report.sort();
    Ok(report)
}

/// Checks everything in a log's directory.
pub fn fsck(dir: &Path, key: &VerifierKey, classes: &[&dyn FileClass]) -> Result<Report, StoreError> {
    let store = LocalFiles::read_only(dir)?;
    let place = Place::new(dir);
    let mut report = Report::default();
    let ours = place.private().is_dir();
    // A writer that runs is ahead of its checkpoint. Without one, whatever is ahead must be in the write-ahead log.
    let lock = Lock::shared(&place.lock_file());
    let running = ours && matches!(lock, Ok(None));
    if running {
        report.notes.push("a writer is running: what it has not published yet was not checked".to_owned());
    }
    let identity = if ours { private::identity(&place, key, &mut report) } else { None };
    let keys = identity.as_ref().map_or_else(|| vec![key.clone()], |identity| identity.keys.clone());
    let Some((checkpoint, note)) = checkpoint(&store, &keys, &mut report)? else {
        report.sort();
        return Ok(report);
    };
    tree::check(&store, &checkpoint, &mut report);
    let mut ahead = private::Ahead::default();
    if let Some(identity) = identity.filter(|_| !running) {
        private::second(&identity, &checkpoint, &note, &mut report);
        ahead = private::wal(&place, &identity, &store, &checkpoint, &mut report);
    }
    if ours {
        private::key(&place, &keys, &mut report);
    }
    listed::check(&store, &checkpoint, &ahead, running, &mut report)?;
    listed::strangers(dir, classes, &mut report);
    let checked = Checked { dir, checkpoint: &checkpoint, note: &note, store: &store };
    for class in classes {
        class.check(&checked, &mut |finding| report.found(finding));
    }
    report.checkpoint = Some(checkpoint);
    report.sort();
    Ok(report)
}

/// The checkpoint, if it is signed by every one of `keys`. The first is the one that the caller trusts.
fn checkpoint(
    store: &dyn TileStore,
    keys: &[VerifierKey],
    report: &mut Report,
) -> Result<Option<(Checkpoint, Note)>, StoreError> {
    report.files += 1;
    let Some(bytes) = store.read(CHECKPOINT)? else {
        report.found(Finding::new(CHECKPOINT, Problem::Missing));
        return Ok(None);
    };
    let Some(trusted) = keys.first() else { return Ok(None) };
    let (checkpoint, note) = match Checkpoint::open(&bytes, trusted.name(), keys) {
        Ok(opened) => opened,
        Err(error) => {
            report.found(Finding::damaged(CHECKPOINT, sentence(&error)));
            return Ok(None);
        }
    };
    if note.verify([trusted]).is_err() {
        let why = format!("the key `{}` has not signed it", trusted.name());
        report.found(Finding::damaged(CHECKPOINT, why));
        return Ok(None);
    }
    for key in keys.iter().skip(1).filter(|key| note.verify([*key]).is_err()) {
        let why = format!("the signature line of the log's key {:08x} is missing or changed", key.key_id());
        report.found(Finding::damaged(CHECKPOINT, why));
    }
    if note.to_string().as_bytes() != bytes {
        report.found(Finding::damaged(CHECKPOINT, "it is not spelt as notes are".to_owned()));
    }
    Ok(Some((checkpoint, note)))
}

/// True if `path` is below the private directory and known to the log itself.
fn is_private(path: &str) -> bool {
    let Some(name) = path.strip_prefix(PRIVATE).and_then(|p| p.strip_prefix('/')) else { return false };
    matches!(name, "identity" | "key" | "lock") || name.starts_with("wal/")
}
