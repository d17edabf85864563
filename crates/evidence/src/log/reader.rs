//! Reading a log: entries, proofs that they are in it, and proofs that it only grew.
//!
//! What it is for: everything that needs the public files and the verifier key, and no writer. Nothing is handed out that
//! was not checked against the signed root.
//!
//! What it deliberately does not do: check files that the question does not touch; see [`super::fsck`].
//!
//! Specification: c2sp.org/tlog-proof; c2sp.org/tlog-tiles 0.1.0.

use flagstate_tlog::{
    Checkpoint, Hash, Note, TileReader, VerifierKey,
    checkpoint::OpenError as CheckpointError,
    proof::{ParseError, Proof},
    tile::{Bundle, TileError},
    tree::{ProofError, ProveError, consistency_proof, inclusion_proof, verify_consistency},
};

use super::{
    grow::{ReadError, Source},
    store::{CHECKPOINT, StoreError, TileStore},
};

/// Why a log could not be read, or a proof not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LogError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing there.
    #[error("there is no checkpoint: this is not a log, or it was not published yet")]
    NoCheckpoint,
    /// Not signed by the key.
    #[error("the log's checkpoint cannot be used")]
    Checkpoint(#[source] CheckpointError),
    /// The checkpoint that somebody kept is not one of this log.
    #[error("the older checkpoint cannot be used")]
    Older(#[source] CheckpointError),
    /// A tile or bundle is missing or damaged.
    #[error(transparent)]
    Tiles(#[from] TileError<ReadError>),
    /// No such entry.
    #[error("the log has {size} entries, numbered from 0, and none has number {index}")]
    NoSuchEntry {
        /// What was asked for.
        index: u64,
        /// Entries in the log.
        size: u64,
    },
    /// The log is smaller than it was.
    #[error(
        "the log has {size} entries, and an older checkpoint has {old}: it was rolled back, keep that checkpoint as evidence"
    )]
    Shrunk {
        /// Entries then.
        old: u64,
        /// Entries now.
        size: u64,
    },
    /// The log contradicts what it signed before.
    #[error(
        "the log does not contain the {old} entries that it signed before: it was forked, keep both checkpoints as evidence"
    )]
    Forked {
        /// Entries then.
        old: u64,
        /// Why the proof does not hold.
        #[source]
        source: ProofError,
    },
    /// The proof cannot be written down.
    #[error("the proof cannot be put together")]
    Proof(#[from] ParseError),
}

/// A log at its last checkpoint.
pub struct Log<'a> {
    checkpoint: Checkpoint,
    note: Note,
    keys: Vec<VerifierKey>,
    reader: TileReader<Source<'a>>,
}

impl std::fmt::Debug for Log<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Log").field("checkpoint", &self.checkpoint).finish_non_exhaustive()
    }
}

impl<'a> Log<'a> {
    /// Opens the log in a store at its published checkpoint, which `key` must have signed.
    pub fn open(store: &'a dyn TileStore, key: &VerifierKey) -> Result<Self, LogError> {
        let bytes = store.read(CHECKPOINT)?.ok_or(LogError::NoCheckpoint)?;
        Self::at(store, key, &bytes)
    }

    /// Opens the log in a store at a checkpoint that somebody kept, if the log still has the tree of that size.
    pub fn at(store: &'a dyn TileStore, key: &VerifierKey, note: &[u8]) -> Result<Self, LogError> {
        let keys = vec![key.clone()];
        let (checkpoint, note) = Checkpoint::open(note, key.name(), &keys).map_err(LogError::Checkpoint)?;
        let reader = TileReader::open(Source(store), checkpoint.size(), checkpoint.root())?;
        Ok(Self { checkpoint, note, keys, reader })
    }

    /// The checkpoint that everything here is checked against.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The note that the checkpoint came in, with all signature lines.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// One entry, checked against the root.
    pub fn entry(&mut self, index: u64) -> Result<Vec<u8>, LogError> {
        self.inside(index)?;
        let (id, bytes) = self.reader.bundle(index / 256)?;
        let bundle = Bundle::parse(&bytes, id.width()).map_err(|source| TileError::Bundle { tile: id, source })?;
        let within = usize::try_from(index % 256).unwrap_or(usize::MAX);
        let entry =
            bundle.entries().nth(within).ok_or(LogError::NoSuchEntry { index, size: self.checkpoint.size() })?;
        Ok(entry.to_vec())
    }

    /// Hands every entry from `first` on to `each`, in order, checked against the root, one bundle in memory at a time.
    pub fn entries<E: From<LogError>>(
        &mut self,
        first: u64,
        mut each: impl FnMut(u64, &[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let size = self.checkpoint.size();
        for index in first / 256..size.div_ceil(256) {
            let (id, bytes) = self.reader.bundle(index).map_err(LogError::from)?;
            let bundle = Bundle::parse(&bytes, id.width());
            let bundle = bundle.map_err(|source| LogError::from(TileError::Bundle { tile: id, source }))?;
            for (entry, number) in bundle.entries().zip(index * 256..).filter(|(_, number)| *number >= first) {
                each(number, entry)?;
            }
        }
        Ok(())
    }

    /// The proof that an entry is in the log, to be handed to anyone.
    pub fn prove(&mut self, index: u64) -> Result<Proof, LogError> {
        let hashes = self.inclusion(index)?;
        Ok(Proof::new(index, hashes, self.note.clone())?)
    }

    /// Sibling hashes from an entry's leaf to the root.
    pub fn inclusion(&mut self, index: u64) -> Result<Vec<Hash>, LogError> {
        self.inside(index)?;
        inclusion_proof(&mut self.reader, index, self.checkpoint.size()).map_err(|error| self.proof(error, index))
    }

    /// The proof that this log contains what an older checkpoint of it covers, checked.
    pub fn consistency(&mut self, older: &[u8]) -> Result<(Checkpoint, Vec<Hash>), LogError> {
        let opened = Checkpoint::open(older, self.checkpoint.origin(), &self.keys);
        let (old, _) = opened.map_err(LogError::Older)?;
        let proof = self.growth(old.size())?;
        let (size, root) = (self.checkpoint.size(), *self.checkpoint.root());
        let checked = verify_consistency(old.size(), old.root(), size, &root, &proof);
        checked.map_err(|source| LogError::Forked { old: old.size(), source })?;
        Ok((old, proof))
    }

    /// The hashes that show how the tree of `old` entries grew to this one: what witnesses ask for.
    pub fn growth(&mut self, old: u64) -> Result<Vec<Hash>, LogError> {
        let size = self.checkpoint.size();
        if old > size {
            return Err(LogError::Shrunk { old, size });
        }
        consistency_proof(&mut self.reader, old, size).map_err(|error| self.proof(error, old))
    }

    fn inside(&self, index: u64) -> Result<(), LogError> {
        let size = self.checkpoint.size();
        if index < size { Ok(()) } else { Err(LogError::NoSuchEntry { index, size }) }
    }

    fn proof(&self, error: ProveError<TileError<ReadError>>, index: u64) -> LogError {
        match error {
            ProveError::Read(error) => error.into(),
            _ => LogError::NoSuchEntry { index, size: self.checkpoint.size() },
        }
    }
}
