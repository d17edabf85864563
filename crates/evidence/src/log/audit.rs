//! Reading back what is about to be signed, by other code than wrote it.
//!
//! What it is for: in 2021 the Certificate Transparency log Yeti 2022 signed a tree with one flipped bit and was lost. So
//! before a checkpoint is signed, every new entry, every new leaf hash and every new tile is read back from the store and
//! hashed anew, and the root is computed a second time. The code shares nothing with the code that writes but SHA-256
//! itself: neither the way entries are taken apart nor the way the tree is built.
//!
//! What it deliberately does not do: look at what earlier checkpoints cover; that is `fsck`'s work.
//!
//! Specification: RFC 6962 section 2.1 (June 2013); c2sp.org/tlog-tiles 0.1.0.

use flagstate_tlog::{Hash, TileId, tile::Layer};
use sha2::{Digest as _, Sha256};

use super::store::{StoreError, TileStore};

/// What does not hold before signing. All of these stop the log: nothing was signed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AuditError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Written, and gone.
    #[error("`{path}` was written and cannot be read back; nothing was signed: check the disk, then start again")]
    Missing {
        /// The file.
        path: String,
    },
    /// Read back as something else.
    #[error(
        "`{path}` reads back differently from what was hashed, at number {number}; nothing was signed: check memory and disk, then start again"
    )]
    Differs {
        /// The file.
        path: String,
        /// Which entry of the log, or which hash of the tile.
        number: u64,
    },
    /// Everything reads back, and yet the roots differ.
    #[error(
        "two ways to compute the root of size {size} give {written} and {read}; nothing was signed: check memory, then start again"
    )]
    Root {
        /// Leaves.
        size: u64,
        /// While writing.
        written: Hash,
        /// While reading back.
        read: Hash,
    },
}

/// What was read back so far: how many leaves, and the perfect subtrees that they form.
#[derive(Clone, Debug, Default)]
pub(in crate::log) struct Auditor {
    size: u64,
    peaks: Vec<[u8; 32]>,
}

impl Auditor {
    /// Starts behind a tree whose root was checked, given by the roots of its perfect subtrees, largest first.
    pub(in crate::log) fn new(size: u64, peaks: Vec<[u8; 32]>) -> Self {
        Self { size, peaks }
    }

    /// Reads back everything up to `size`, which must be the store's tree, and compares with the root computed there.
    pub(in crate::log) fn check(&mut self, store: &dyn TileStore, size: u64, written: Hash) -> Result<(), AuditError> {
        let old = self.size;
        let mut next = self.clone();
        for index in old / 256..size.div_ceil(256) {
            next.bundle(store, index, size)?;
        }
        for level in 1..8 {
            upper(store, level, old, size)?;
        }
        let read = Hash(next.root());
        if next.size != size || read != written {
            return Err(AuditError::Root { size, written, read });
        }
        *self = next;
        Ok(())
    }

    /// One bundle and the tile of its leaf hashes.
    fn bundle(&mut self, store: &dyn TileStore, index: u64, size: u64) -> Result<(), AuditError> {
        let (path, bytes) = read(store, Layer::Entries, index, size)?;
        let (tile_path, tile) = read(store, Layer::Level(0), index, size)?;
        let end = size.min(index * 256 + 256);
        let mut at = 0;
        for (number, expected) in (index * 256..end).zip(tile.chunks(32)) {
            let differs = |path: &str| AuditError::Differs { path: path.to_owned(), number };
            let length =
                bytes.get(at..at + 2).map(|two| two.iter().fold(0, |sum, byte| sum * 256 + usize::from(*byte)));
            let length = length.ok_or_else(|| differs(&path))?;
            let entry = bytes.get(at + 2..at + 2 + length).ok_or_else(|| differs(&path))?;
            at += 2 + length;
            if number < self.size {
                continue;
            }
            let leaf: [u8; 32] = Sha256::new().chain_update([0]).chain_update(entry).finalize().into();
            if leaf != expected {
                return Err(differs(&path));
            }
            self.push(leaf);
        }
        let whole = at == bytes.len() && tile.len() as u64 == (end - index * 256) * 32;
        if whole { Ok(()) } else { Err(AuditError::Differs { path: tile_path, number: end }) }
    }

    fn push(&mut self, leaf: [u8; 32]) {
        self.peaks.push(leaf);
        self.size += 1;
        let mut size = self.size;
        // As many merges as the new size has trailing zeros.
        while size.is_multiple_of(2) {
            let (Some(right), Some(left)) = (self.peaks.pop(), self.peaks.pop()) else { return };
            self.peaks.push(parent(&left, &right));
            size /= 2;
        }
    }

    fn root(&self) -> [u8; 32] {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Sha256::digest([]).into() };
        peaks.fold(*last, |right, left| parent(left, &right))
    }
}

/// The new hashes of a level above the leaves, each against the tile below it.
fn upper(store: &dyn TileStore, level: u8, old: u64, size: u64) -> Result<(), AuditError> {
    let shift = 8 * u32::from(level);
    let (from, to) = (old >> shift, size >> shift);
    let mut open: Option<(u64, String, Vec<u8>)> = None;
    for number in from..to {
        if open.as_ref().is_none_or(|(index, ..)| *index != number / 256) {
            let (path, bytes) = read(store, Layer::Level(level), number / 256, size)?;
            open = Some((number / 256, path, bytes));
        }
        let Some((_, path, bytes)) = &open else { continue };
        let (_, below) = read(store, Layer::Level(level - 1), number, size)?;
        let slot = usize::try_from(number % 256).unwrap_or(usize::MAX) * 32;
        if bytes.get(slot..slot + 32) != Some(&halves(&below)[..]) {
            return Err(AuditError::Differs { path: path.clone(), number: number % 256 });
        }
    }
    Ok(())
}

/// The root over the hashes of a full tile, by halving.
fn halves(bytes: &[u8]) -> [u8; 32] {
    if let Ok(one) = bytes.try_into() {
        return one;
    }
    match bytes.split_at_checked(bytes.len() / 64 * 32) {
        Some((left, right)) if !left.is_empty() => parent(&halves(left), &halves(right)),
        _ => [0; 32],
    }
}

fn parent(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

fn read(store: &dyn TileStore, layer: Layer, index: u64, size: u64) -> Result<(String, Vec<u8>), AuditError> {
    let id = TileId::at(layer, index, size);
    let path = id.map(|id| id.path()).unwrap_or_default();
    match store.read(&path)? {
        Some(bytes) => Ok((path, bytes)),
        None => Err(AuditError::Missing { path }),
    }
}
