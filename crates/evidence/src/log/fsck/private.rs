//! What only the writer needs: identity, key, second place, write-ahead log.

use std::{
    collections::BTreeSet,
    fs,
    path::Path,
    sync::{Mutex, PoisonError},
};

use flagstate_tlog::{Checkpoint, Note, TileId, VerifierKey};

use super::{
    super::{
        grow::{Grower, Writing, resume},
        key::{KeyError, LogKeys},
        place::{Identity, Place},
        publish::sentence,
        second::checkpoint_in,
        store::{LocalFiles, StoreError, TileStore},
        wal::{self, Segment, Tail, WalError},
    },
    report::{Finding, Problem, Report},
};

/// Tiles that the write-ahead log has, and no checkpoint yet.
#[derive(Debug, Default)]
pub(super) struct Ahead {
    tiles: BTreeSet<TileId>,
    /// The tree below them is damaged, so that they cannot be known.
    unknown: bool,
}

impl Ahead {
    pub(super) fn has(&self, id: TileId) -> bool {
        self.unknown || self.tiles.contains(&id)
    }
}

fn relative(place: &Place, path: &Path) -> String {
    path.strip_prefix(place.root()).unwrap_or(path).display().to_string()
}

/// The identity, if it is sound and of the log that the caller trusts.
pub(super) fn identity(place: &Place, key: &VerifierKey, report: &mut Report) -> Option<Identity> {
    report.files += 1;
    let path = relative(place, &place.identity());
    match Identity::read(place) {
        Ok(identity) if identity.vkey() == Some(key) => return Some(identity),
        Ok(_) => report.found(Finding::damaged(path, "it is of a log with another key")),
        Err(error) => report.found(Finding::damaged(path, sentence(&error))),
    }
    None
}

/// The key file. A sealed key is checked by the digest of its file: nobody is asked for a passphrase here.
pub(super) fn key(place: &Place, keys: &[VerifierKey], report: &mut Report) {
    report.files += 1;
    let path = relative(place, &place.key());
    match LogKeys::read(&place.key(), None) {
        Ok(read) if read.verifiers() == keys => {}
        Ok(_) => report.found(Finding::damaged(path, "it is not the key of this log")),
        Err(KeyError::Sealed | KeyError::Elsewhere { .. }) => {}
        Err(error) => report.found(Finding::damaged(path, sentence(&error))),
    }
}

/// The checkpoint in the second place.
pub(super) fn second(identity: &Identity, checkpoint: &Checkpoint, note: &Note, report: &mut Report) {
    report.files += 1;
    let path = checkpoint_in(&identity.second);
    let shown = path.display().to_string();
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => {
            report.found(Finding::new(shown, Problem::Unreadable(error.to_string())));
            return;
        }
    };
    let (kept, kept_note) = match Checkpoint::open(&bytes, &identity.origin, &identity.keys) {
        Ok(opened) => opened,
        Err(error) => {
            report.found(Finding::damaged(shown, sentence(&error)));
            return;
        }
    };
    if kept.size() > checkpoint.size() {
        report.notes.push(format!(
            "{shown}: it knows of {} entries, the log has published {}: the writer was stopped in between, or the log was \
             rolled back; start the writer to see",
            kept.size(),
            checkpoint.size()
        ));
    } else if kept != *checkpoint {
        let why = format!("it knows of {} entries, and the log has signed {}", kept.size(), checkpoint.size());
        report.found(Finding::damaged(shown, why));
    } else if kept_note.to_string() != note.to_string() || kept_note.to_string().as_bytes() != bytes {
        let why = "its signature lines are not those of the log's checkpoint; one of the two was changed";
        report.found(Finding::damaged(shown, why));
        report.found(Finding::damaged(super::CHECKPOINT, why));
    }
}

/// Reads the write-ahead log as a start would, and compares it with the tree instead of writing the tree.
pub(super) fn wal(
    place: &Place,
    identity: &Identity,
    store: &LocalFiles,
    checkpoint: &Checkpoint,
    report: &mut Report,
) -> Ahead {
    let compare = Compare { store, size: checkpoint.size(), found: Mutex::default() };
    if let Err(error) = replay(place, identity, &compare, checkpoint, report) {
        let path = relative(place, error.path());
        report.found(Finding::damaged(path, sentence(&error)));
    }
    let (mut ahead, mut findings) = compare.found.into_inner().unwrap_or_else(PoisonError::into_inner);
    report.findings.append(&mut findings);
    ahead.unknown = ahead.tiles.is_empty() && !report.findings.is_empty();
    ahead
}

fn replay(
    place: &Place,
    identity: &Identity,
    compare: &Compare<'_>,
    checkpoint: &Checkpoint,
    report: &mut Report,
) -> Result<(), WalError> {
    let segments = wal::segments(&place.wal())?;
    let start = segments.first().map_or(0, |(first, _)| *first);
    // If tiles are damaged they were named already, nothing can be built on them, and the records are still checked.
    let builder = if report.findings.is_empty() { resume(compare.store, start).ok() } else { None };
    let mut grower = builder.map(|builder| Grower::new(builder, Writing::New));
    let (mut end, mut leaves) = (start, Vec::new());
    let last = segments.last().map(|(first, _)| *first);
    for (first, path) in &segments {
        report.files += 1;
        if *first > end {
            return Err(WalError::Gap { from: end, to: *first, path: place.wal() });
        }
        let mut segment = Segment::open(path, *first, &identity.id())?;
        while let Some(batch) = segment.next()? {
            for ((entry, leaf), number) in batch.entries().zip(batch.first..) {
                if number == end {
                    end += 1;
                    leaves.push(leaf);
                    if let Some(grower) = &mut grower {
                        // Comparing never fails.
                        let _ = grower.push(compare, entry, leaf);
                        if grower.size() == checkpoint.size() && grower.root() != *checkpoint.root() {
                            let why = "its entries do not lead to the root that was signed";
                            report.found(Finding::damaged(relative(place, path), why));
                        }
                    }
                } else if usize::try_from(number - start).ok().and_then(|at| leaves.get(at)) != Some(&leaf) {
                    let what = "it repeats an entry differently from the file before";
                    return Err(WalError::Damaged { path: path.clone(), offset: 0, what });
                }
            }
        }
        if segment.tail() == Tail::Open && last == Some(*first) {
            let path = relative(place, path);
            report.notes.push(format!("{path}: its end was never acknowledged; the next start decides about it"));
        }
    }
    if end < checkpoint.size() {
        return Err(WalError::Gap { from: end, to: checkpoint.size(), path: place.wal() });
    }
    Ok(())
}

/// A store that compares instead of writing.
struct Compare<'a> {
    store: &'a LocalFiles,
    /// What lies within the published tree was compared with its root already, and is not blamed again.
    size: u64,
    found: Mutex<(Ahead, Vec<Finding>)>,
}

impl TileStore for Compare<'_> {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.read(path)
    }

    fn put_immutable(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let Ok(id) = path.parse::<TileId>() else { return Ok(()) };
        if TileId::at(id.layer(), id.index(), self.size) == Some(id) {
            return Ok(());
        }
        let there = self.store.read(path);
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.0.tiles.insert(id);
        match there {
            // Not written yet, or lost in a crash: the next start writes it again.
            Ok(None) => {}
            Ok(Some(there)) if there == bytes => {}
            Ok(Some(_)) => found.1.push(Finding::damaged(path, "it does not hold what the write-ahead log holds")),
            Err(error) => found.1.push(Finding::new(path, Problem::Unreadable(sentence(&error)))),
        }
        Ok(())
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.put_immutable(path, bytes)
    }

    fn sync(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn put_checkpoint(&self, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn remove_partials(&self, _: &str, _: u16) -> Result<(), StoreError> {
        Ok(())
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        self.store.list(each)
    }
}
