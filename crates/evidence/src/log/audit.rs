//! Reading back what is about to be signed, by other code than wrote it.
//!
//! What it is for: in 2021 the Certificate Transparency log Yeti 2022 signed a tree with one flipped bit and was lost. So
//! before a checkpoint is signed, every new entry, every new leaf hash and every new tile is read back from the store and
//! hashed anew, and the root is computed a second time. The code shares nothing with the code that writes but SHA-256
//! itself: neither the way entries are taken apart nor the way the tree is built.
//!
//! What it deliberately does not do: look at files that earlier checkpoints cover; that is `fsck`'s work.
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

type Digest = [u8; 32];

/// What was read back so far: how many leaves, and the unfinished tile of each level, lowest first.
#[derive(Clone, Debug, Default)]
pub(in crate::log) struct Auditor {
    size: u64,
    edges: Vec<Vec<Digest>>,
}

impl Auditor {
    /// Starts behind a tree whose root was checked, given by the hashes in the unfinished tile of each level.
    pub(in crate::log) fn new(size: u64, edges: Vec<Vec<Digest>>) -> Self {
        Self { size, edges }
    }

    /// Reads back every file that is new since the last time, up to `size`, which must be the store's tree, and compares
    /// with the root computed there.
    pub(in crate::log) fn check(&mut self, store: &dyn TileStore, size: u64, written: Hash) -> Result<(), AuditError> {
        let mut next = self.clone();
        for index in self.size / 256..size.div_ceil(256) {
            next.bundle(store, index, size)?;
        }
        for level in 0..next.edges.len() {
            next.compare(store, level, size >> (8 * level) >> 8, size)?;
        }
        let read = Hash(next.root());
        if next.size != size || read != written {
            return Err(AuditError::Root { size, written, read });
        }
        *self = next;
        Ok(())
    }

    /// One bundle. Of entries seen before, in a shorter bundle, the hashes must be the same.
    fn bundle(&mut self, store: &dyn TileStore, index: u64, size: u64) -> Result<(), AuditError> {
        let (path, bytes) = read(store, Layer::Entries, index, size)?;
        let end = size.min(index * 256 + 256);
        let known = self.edges.first().cloned().unwrap_or_default();
        let mut rest = bytes.as_slice();
        for (number, slot) in (index * 256..end).zip(0..) {
            let differs = || AuditError::Differs { path: path.clone(), number };
            let [high, low, after @ ..] = rest else { return Err(differs()) };
            let length = usize::from(*high) * 256 + usize::from(*low);
            let (entry, after) = after.split_at_checked(length).ok_or_else(differs)?;
            rest = after;
            let leaf: Digest = Sha256::new().chain_update([0]).chain_update(entry).finalize().into();
            match known.get(slot) {
                Some(before) if *before == leaf => {}
                Some(_) => return Err(differs()),
                None => self.push(store, 0, leaf, size)?,
            }
        }
        if rest.is_empty() { Ok(()) } else { Err(AuditError::Differs { path, number: end }) }
    }

    /// One more hash on a level. A tile that is full is compared with its file, and its root goes one level up.
    fn push(&mut self, store: &dyn TileStore, level: usize, hash: Digest, size: u64) -> Result<(), AuditError> {
        if level == 0 {
            self.size += 1;
        }
        if self.edges.len() <= level {
            self.edges.push(Vec::new());
        }
        let Some(edge) = self.edges.get_mut(level) else { return Ok(()) };
        edge.push(hash);
        if edge.len() < 256 {
            return Ok(());
        }
        let index = (self.size >> (8 * level)) / 256 - 1;
        self.compare(store, level, index, size)?;
        let full = self.edges.get_mut(level).map(std::mem::take).unwrap_or_default();
        self.push(store, level + 1, halves(&full), size)
    }

    /// The tile `index` of a level as the store has it, against what was read back.
    fn compare(&self, store: &dyn TileStore, level: usize, index: u64, size: u64) -> Result<(), AuditError> {
        let Some(edge) = self.edges.get(level).filter(|edge| !edge.is_empty()) else { return Ok(()) };
        let layer = Layer::Level(u8::try_from(level).unwrap_or(u8::MAX));
        let (path, bytes) = read(store, layer, index, size)?;
        if bytes == *edge.as_flattened() {
            return Ok(());
        }
        let same = bytes.chunks(32).zip(edge).take_while(|(a, b)| *a == b.as_slice()).count();
        Err(AuditError::Differs { path, number: same as u64 })
    }

    /// The root, from the right: of each level the perfect subtrees that its hashes form, smallest first.
    fn root(&self) -> Digest {
        let mut root: Option<Digest> = None;
        for edge in &self.edges {
            let mut rest = edge.as_slice();
            while !rest.is_empty() {
                let smallest = 1_usize << rest.len().trailing_zeros();
                let (before, subtree) = rest.split_at(rest.len() - smallest);
                let peak = halves(subtree);
                root = Some(root.map_or(peak, |right| parent(&peak, &right)));
                rest = before;
            }
        }
        root.unwrap_or_else(|| Sha256::digest([]).into())
    }
}

/// The root over a power of two of hashes, by halving.
fn halves(hashes: &[Digest]) -> Digest {
    if let [one] = hashes {
        return *one;
    }
    match hashes.split_at_checked(hashes.len() / 2) {
        Some((left, right)) if !left.is_empty() => parent(&halves(left), &halves(right)),
        _ => [0; 32],
    }
}

fn parent(left: &Digest, right: &Digest) -> Digest {
    let mut bytes = [1; 65];
    for (byte, source) in bytes.iter_mut().skip(1).zip(left.iter().chain(right)) {
        *byte = *source;
    }
    Sha256::digest(bytes).into()
}

fn read(store: &dyn TileStore, layer: Layer, index: u64, size: u64) -> Result<(String, Vec<u8>), AuditError> {
    let id = TileId::at(layer, index, size);
    let path = id.map(|id| id.path()).unwrap_or_default();
    match store.read(&path)? {
        Some(bytes) => Ok((path, bytes)),
        None => Err(AuditError::Missing { path }),
    }
}
