//! Building tiles while the tree grows.
//!
//! Specification: c2sp.org/tlog-tiles 0.1.0, section "Merkle Tree".

use super::{
    id::{Layer, TILE_WIDTH, TileId, edge_tiles},
    reader::{TileError, TileSource, read_tile},
};
use crate::{
    hash::{EMPTY_ROOT, HASH_BYTES, Hash, node_hash},
    tree::Frontier,
};

/// Bytes of a full tile.
const FULL_BYTES: usize = 256 * HASH_BYTES;
/// Levels that a tree of 64-bit size can have.
const LEVELS: usize = 8;

/// A growing tree, kept as the tiles of its right edge: at most 8 KiB per level.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TileBuilder {
    size: u64,
    /// The unfinished tile of each level: eight are enough for any 64-bit size.
    levels: [Vec<u8>; LEVELS],
}

impl TileBuilder {
    /// The tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, levels: [const { Vec::new() }; LEVELS] }
    }

    /// Goes on where a tree of `size` leaves stopped, from the partial tiles of its edge. The caller compares
    /// [`TileBuilder::root`] with the checkpoint: only then are the tiles known to be right.
    pub fn resume<S: TileSource + ?Sized>(source: &S, size: u64) -> Result<Self, TileError<S::Error>> {
        // Larger sizes do not exist, and could not grow.
        if size > i64::MAX.unsigned_abs() {
            return Err(TileError::Size { size });
        }
        let mut builder = Self { size, ..Self::new() };
        for id in edge_tiles(size) {
            let level = builder.levels.iter_mut().zip(0..).find(|(_, number)| id.layer() == Layer::Level(*number));
            if let Some((level, _)) = level {
                *level = read_tile(source, id)?;
            }
        }
        Ok(builder)
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf, given by its hash. Each tile that becomes full is handed to `full` once, and is then forgotten.
    pub fn push(&mut self, leaf: Hash, mut full: impl FnMut(TileId, &[u8])) {
        self.size += 1;
        let mut hash = leaf;
        for (level, number) in self.levels.iter_mut().zip(0..) {
            level.extend_from_slice(hash.as_bytes());
            if level.len() < FULL_BYTES {
                return;
            }
            hash = tile_root(level);
            let layer = Layer::Level(number);
            let before = layer.count(self.size) / u64::from(TILE_WIDTH);
            if let Some(id) = before.checked_sub(1).and_then(|index| TileId::new(layer, index, TILE_WIDTH)) {
                full(id, level);
            }
            level.clear();
        }
    }

    /// The partial tiles of the tree as it stands, lowest level first.
    pub fn partials(&self) -> impl Iterator<Item = (TileId, &[u8])> {
        edge_tiles(self.size).filter_map(|id| Some((id, self.partial(id.layer())?)))
    }

    /// The unfinished tile of a level, if there is one.
    pub(super) fn partial(&self, layer: Layer) -> Option<&[u8]> {
        let Layer::Level(number) = layer else { return None };
        self.levels.get(usize::from(number)).map(Vec::as_slice).filter(|bytes| !bytes.is_empty())
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        let mut root: Option<Hash> = None;
        for level in &self.levels {
            for peak in hashes(level).collect::<Frontier>().peaks().iter().rev() {
                root = Some(root.map_or(*peak, |right| node_hash(peak, &right)));
            }
        }
        root.unwrap_or(EMPTY_ROOT)
    }
}

/// The root over the hashes in the bytes of a tile.
pub fn tile_root(bytes: &[u8]) -> Hash {
    hashes(bytes).collect::<Frontier>().root()
}

/// The hashes in the bytes of a tile.
pub(super) fn hashes(bytes: &[u8]) -> impl Iterator<Item = Hash> {
    bytes.as_chunks::<HASH_BYTES>().0.iter().map(|chunk| Hash(*chunk))
}
