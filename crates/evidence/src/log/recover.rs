//! Starting a writer: what was signed, what was acknowledged, and whether they fit together.
//!
//! What it is for: after any end of the last writer, this finds every acknowledged entry, makes again what a crash may
//! have torn, and goes on. It refuses where going on could sign a tree that contradicts one that was signed.
//!
//! What it deliberately does not do: guess. A log that has lost entries is left as it is, and the error names both sizes.

use std::{fs, path::Path};

use flagstate_tlog::{
    Checkpoint, Frontier, Hash, TileReader,
    checkpoint::OpenError as CheckpointOpenError,
    tile::{Layer, TileError},
    tree::{ProofError, ProveError, consistency_proof, range_root, verify_consistency},
};

use super::{
    audit::Auditor,
    grow::{Grower, ReadError, Source, Writing, drop_unpublished, resume},
    place::{Identity, Place},
    second::{SecondError, SecondPlace},
    store::{CHECKPOINT, StoreError, TileStore},
    wal::{self, Batch, Segment, SegmentWriter, Tail, WalError},
    witnesses::Witnesses,
};

/// Why a writer did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RecoverError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The write-ahead log.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The second place.
    #[error(transparent)]
    Second(#[from] SecondError),
    /// A tile that should have survived did not.
    #[error("the log's tiles cannot be used: run `log fsck`, and restore what it names")]
    Tiles(#[source] TileError<ReadError>),
    /// A checkpoint is damaged, or signed by somebody else.
    #[error("the checkpoint in {place} cannot be used; restore it from a copy")]
    Checkpoint {
        /// Where.
        place: &'static str,
        /// Why.
        #[source]
        source: CheckpointOpenError,
    },
    /// The log lost entries: typically an old backup was restored over it.
    #[error(
        "the log was rolled back: it holds {have} entries, and a checkpoint of {signed} was signed, as {who} shows; writing \
         now would fork it. Restore the newest copy of the log; if {signed} entries are lost for good, start a new log"
    )]
    RolledBack {
        /// Entries that are there.
        have: u64,
        /// Entries that were signed.
        signed: u64,
        /// Who remembers.
        who: String,
    },
    /// Two trees of one log.
    #[error(
        "the log was forked: its tree of {size} entries is not the one that {who} has seen signed. Stop every writer, keep \
         both copies as evidence, and find out which one is the log"
    )]
    Forked {
        /// Leaves of the two trees.
        size: u64,
        /// Who saw the other.
        who: String,
    },
    /// The second place is empty or older than the log.
    #[error(
        "the log has signed {signed} entries, and its second place `{place}` knows of {known}: it was lost, or the log was \
         last written on another machine. Make sure that no other writer runs, then adopt the log (`--adopt`)"
    )]
    SecondBehind {
        /// The log's checkpoint.
        signed: u64,
        /// The second place's.
        known: String,
        /// The second place.
        place: String,
    },
    /// Entries and no checkpoint at all.
    #[error("the log has entries and no checkpoint: restore the file `checkpoint` from a copy")]
    NoCheckpoint,
    /// The tree that was signed cannot be made from the entries.
    #[error(
        "the entries do not give the root that was signed for size {size}: run `log fsck`, and restore what it names"
    )]
    Root {
        /// Size of the checkpoint.
        size: u64,
    },
}

/// What a writer starts with.
pub(in crate::log) struct Recovered {
    pub(in crate::log) grower: Grower,
    pub(in crate::log) auditor: Auditor,
    pub(in crate::log) segment: SegmentWriter,
    /// Entries of the unfinished bundle.
    pub(in crate::log) tail: Batch,
    /// The last checkpoint; `None` for a log that has signed nothing yet.
    pub(in crate::log) last: Option<Signed>,
    /// What the second place holds.
    pub(in crate::log) second: Option<Vec<u8>>,
    /// Things the user should know.
    pub(in crate::log) notes: Vec<String>,
}

/// What recovery works on.
pub(in crate::log) struct Scene<'a> {
    pub(in crate::log) place: &'a Place,
    pub(in crate::log) identity: &'a Identity,
    pub(in crate::log) store: &'a dyn TileStore,
    pub(in crate::log) second: &'a mut dyn SecondPlace,
    pub(in crate::log) witnesses: &'a dyn Witnesses,
    /// Take the log over although the second place does not know it.
    pub(in crate::log) adopt: bool,
}

/// A checkpoint and the note that it was read from.
pub(in crate::log) type Signed = (Checkpoint, Vec<u8>);

/// Finds out what there is and makes it whole.
pub(in crate::log) fn recover(mut scene: Scene<'_>) -> Result<Recovered, RecoverError> {
    let here = scene.open("the log", scene.store.read(CHECKPOINT)?)?;
    let there = scene.open("the second place", scene.second.latest()?)?;
    let (last, published) = scene.agree(here, there)?;
    let mut replay = Replay::start(&scene, last.as_ref().map(|(checkpoint, _)| checkpoint))?;
    replay.run(&scene)?;
    let mut notes = Vec::new();
    if replay.dirty && last.is_some() {
        notes.push(format!("the log was not closed; its {} entries were recovered", replay.grower.size()));
    }
    let dirty = replay.dirty;
    let (segment, mut grower, tail) = replay.finish(scene.place)?;
    let mut auditor = Auditor::default();
    match &last {
        None if grower.size() > 0 => return Err(RecoverError::NoCheckpoint),
        None => scene.witnesses(None, &mut notes)?,
        Some((checkpoint, bytes)) => {
            let size = checkpoint.size();
            let mut reader =
                TileReader::open(Source(scene.store), size, checkpoint.root()).map_err(RecoverError::Tiles)?;
            if let Some(older) = published.filter(|older| older.size() < size) {
                extends(&mut reader, &older, checkpoint)?;
            }
            scene.witnesses(Some((&mut reader, checkpoint)), &mut notes)?;
            auditor = Auditor::new(size, edges(&mut reader, size).map_err(RecoverError::Tiles)?);
            if scene.store.read(CHECKPOINT)?.as_ref() != Some(bytes) {
                scene.store.put_checkpoint(bytes)?;
            }
        }
    }
    // After a crash, files beyond what was signed may be torn: the first checkpoint writes its own again.
    if dirty {
        let signed = last.as_ref().map_or(0, |(checkpoint, _)| checkpoint.size());
        drop_unpublished(scene.store, signed, grower.size())?;
    } else {
        grower.set_writing(Writing::New);
    }
    let second = scene.second.latest()?;
    Ok(Recovered { grower, auditor, segment, tail, last, second, notes })
}

impl Scene<'_> {
    fn open(&self, place: &'static str, bytes: Option<Vec<u8>>) -> Result<Option<Signed>, RecoverError> {
        let Some(bytes) = bytes else { return Ok(None) };
        let key = self.identity.vkey();
        let opened = Checkpoint::open(&bytes, &self.identity.origin, key);
        let (checkpoint, _) = opened.map_err(|source| RecoverError::Checkpoint { place, source })?;
        Ok(Some((checkpoint, bytes)))
    }

    /// The newest checkpoint that was signed, and the one that is published. The second place is written first, so it is
    /// at most ahead.
    fn agree(
        &mut self,
        here: Option<Signed>,
        there: Option<Signed>,
    ) -> Result<(Option<Signed>, Option<Checkpoint>), RecoverError> {
        let published = here.as_ref().map(|(checkpoint, _)| checkpoint.clone());
        let size = |signed: &Option<Signed>| signed.as_ref().map(|(checkpoint, _)| checkpoint.size());
        let same = |a: &Signed, b: &Signed| a.0.size() != b.0.size() || a.0.root() == b.0.root();
        if let (Some(a), Some(b)) = (&here, &there)
            && !same(a, b)
        {
            return Err(RecoverError::Forked { size: a.0.size(), who: "the second place".to_owned() });
        }
        if size(&here) <= size(&there) {
            return Ok((there, published));
        }
        if !self.adopt {
            return Err(RecoverError::SecondBehind {
                signed: size(&here).unwrap_or_default(),
                known: size(&there).map_or_else(|| "none".to_owned(), |size| size.to_string()),
                place: self.identity.second.display().to_string(),
            });
        }
        if let Some((_, bytes)) = &here {
            self.second.swap(there.as_ref().map(|(_, old)| old.as_slice()), bytes)?;
        }
        Ok((here, published))
    }

    /// Asks the witnesses what they have seen.
    fn witnesses(
        &self,
        mut tree: Option<(&mut TileReader<Source<'_>>, &Checkpoint)>,
        notes: &mut Vec<String>,
    ) -> Result<(), RecoverError> {
        let have = tree.as_ref().map_or(0, |(_, checkpoint)| checkpoint.size());
        for answer in self.witnesses.latest(&self.identity.origin) {
            let seen = match answer {
                Ok(seen) => seen,
                Err(sentence) => {
                    notes.push(sentence);
                    continue;
                }
            };
            let who = format!("the witness `{}`", seen.witness);
            if seen.size > have {
                return Err(RecoverError::RolledBack { have, signed: seen.size, who });
            }
            let root = match &mut tree {
                Some((reader, _)) => range_root(reader, 0..seen.size).map_err(RecoverError::Tiles)?,
                None => Frontier::new().root(),
            };
            if root != seen.root {
                return Err(RecoverError::Forked { size: seen.size, who });
            }
        }
        Ok(())
    }
}

/// Checks that what was published last is the beginning of what was signed last.
fn extends(reader: &mut TileReader<Source<'_>>, old: &Checkpoint, new: &Checkpoint) -> Result<(), RecoverError> {
    let proof = consistency_proof(reader, old.size(), new.size()).map_err(|error| match error {
        ProveError::Read(error) => RecoverError::Tiles(error),
        _ => RecoverError::Root { size: new.size() },
    })?;
    let checked = verify_consistency(old.size(), old.root(), new.size(), new.root(), &proof);
    checked.map_err(|_: ProofError| RecoverError::Forked { size: old.size(), who: "the second place".to_owned() })
}

/// The hashes in the unfinished tile of each level of a checked tree.
fn edges(reader: &mut TileReader<Source<'_>>, size: u64) -> Result<Vec<Vec<[u8; 32]>>, TileError<ReadError>> {
    let mut edges = Vec::new();
    for level in (0..8).take_while(|level| size >> (8 * u32::from(*level)) > 0) {
        let count = Layer::Level(level).count(size);
        let bytes = if count.is_multiple_of(256) { &[] } else { reader.tile(level, count / 256)? };
        edges.push(bytes.as_chunks().0.to_vec());
    }
    Ok(edges)
}

/// Reading the write-ahead log and growing the tree from it.
struct Replay {
    segments: Vec<(u64, std::path::PathBuf)>,
    grower: Grower,
    tail: Batch,
    /// Hashes since the first segment's start: entries that a later segment repeats must be the same.
    leaves: Vec<Hash>,
    start: u64,
    target: Option<(u64, Hash)>,
    /// True when files may be torn, or may not survive the next crash.
    dirty: bool,
    copy: Option<SegmentWriter>,
    last: Option<Segment>,
}

impl Replay {
    fn start(scene: &Scene<'_>, last: Option<&Checkpoint>) -> Result<Self, RecoverError> {
        let directory = scene.place.wal();
        let segments = wal::segments(&directory)?;
        let start = segments.first().map_or(0, |(first, _)| *first);
        let target = last.map(|checkpoint| (checkpoint.size(), *checkpoint.root()));
        let builder = resume(scene.store, start).map_err(RecoverError::Tiles)?;
        let dirty = !is_tidy(scene, &segments, target)?;
        let copy = dirty.then(|| SegmentWriter::create(&directory, start, &scene.identity.id())).transpose()?;
        Ok(Self {
            segments,
            grower: Grower::new(builder, if dirty { Writing::Again } else { Writing::Not }),
            tail: Batch::at(start),
            leaves: Vec::new(),
            start,
            target,
            dirty,
            copy,
            last: None,
        })
    }

    fn run(&mut self, scene: &Scene<'_>) -> Result<(), RecoverError> {
        self.reached(scene)?;
        let segments = std::mem::take(&mut self.segments);
        for (first, path) in &segments {
            if *first > self.grower.size() {
                let (from, to) = (self.grower.size(), *first);
                self.complete(scene)?;
                return Err(WalError::Gap { from, to, path: scene.place.wal() }.into());
            }
            let mut segment = Segment::open(path, *first, &scene.identity.id())?;
            while let Some(batch) = segment.next()? {
                self.take(scene, path, &batch)?;
            }
            self.last = Some(segment);
        }
        self.segments = segments;
        self.complete(scene)
    }

    /// Everything that was signed must be there.
    fn complete(&self, scene: &Scene<'_>) -> Result<(), RecoverError> {
        match self.target {
            Some((signed, _)) if signed > self.grower.size() => {
                let who = scene.who(signed)?;
                Err(RecoverError::RolledBack { have: self.grower.size(), signed, who })
            }
            _ => Ok(()),
        }
    }

    /// One batch, less what is known already.
    fn take(&mut self, scene: &Scene<'_>, path: &Path, batch: &Batch) -> Result<(), RecoverError> {
        let mut fresh = Batch::at(self.grower.size());
        for ((entry, leaf), number) in batch.entries().zip(batch.first..) {
            if number >= fresh.first {
                // It fitted before.
                let _ = fresh.push(entry, leaf);
                self.leaves.push(leaf);
                self.grower.push(scene.store, entry, leaf)?;
                self.reached(scene)?;
            } else {
                let known = usize::try_from(number - self.start).ok().and_then(|at| self.leaves.get(at));
                if known != Some(&leaf) {
                    let what = "it repeats an entry differently from the file before";
                    return Err(WalError::Damaged { path: path.to_owned(), offset: 0, what }.into());
                }
            }
        }
        self.tail.slide(&fresh);
        if let Some(copy) = self.copy.as_mut().filter(|_| fresh.count() > 0) {
            copy.write(&fresh)?;
            copy.mark()?;
        }
        Ok(())
    }

    /// At the size that was signed, the root must be the one that was signed.
    fn reached(&mut self, scene: &Scene<'_>) -> Result<(), RecoverError> {
        match self.target {
            Some((size, root)) if size == self.grower.size() => {
                if self.grower.root() != root {
                    return Err(RecoverError::Root { size });
                }
                Ok(self.grower.put_partials(scene.store)?)
            }
            _ => Ok(()),
        }
    }

    /// The segment to go on in. After a crash it is a new copy: the old file may read well and still not be on the disk.
    fn finish(self, place: &Place) -> Result<(SegmentWriter, Grower, Batch), RecoverError> {
        let directory = place.wal();
        let segment = match (self.copy, self.last) {
            (Some(mut copy), last) => {
                drop(last);
                copy.publish()?;
                for (_, path) in self.segments.iter().filter(|(first, _)| *first != self.start) {
                    fs::remove_file(path).map_err(|source| WalError::Io {
                        verb: "remove",
                        path: path.clone(),
                        source,
                    })?;
                }
                copy
            }
            (None, Some(last)) => SegmentWriter::resume(&directory, self.start, &last)?,
            (None, None) => return Err(WalError::Missing { path: directory }.into()),
        };
        Ok((segment, self.grower, self.tail))
    }
}

impl Scene<'_> {
    /// Who remembers a checkpoint of this size.
    fn who(&self, signed: u64) -> Result<String, RecoverError> {
        let here = self.open("the log", self.store.read(CHECKPOINT)?)?;
        let own = here.is_some_and(|(checkpoint, _)| checkpoint.size() == signed);
        Ok(if own { "its own checkpoint" } else { "the second place" }.to_owned())
    }
}

/// True after [`super::Writer::close`]: one segment, at most an unfinished bundle in it, everything signed and durable.
fn is_tidy(
    scene: &Scene<'_>,
    segments: &[(u64, std::path::PathBuf)],
    target: Option<(u64, Hash)>,
) -> Result<bool, RecoverError> {
    let ([(first, path)], Some((size, _))) = (segments, target) else { return Ok(false) };
    let mut segment = Segment::open(path, *first, &scene.identity.id())?;
    while segment.next()?.is_some() {}
    Ok(segment.end() == size && segment.tail() == Tail::Tidy)
}
