//! Reading tiles without trusting whoever keeps them.
//!
//! The root of a checkpoint fixes the partial tiles of the right edge together; each hash in them fixes one full tile a
//! level below, and so on down. A tile is used only after it was checked so.
//!
//! Specification: c2sp.org/tlog-tiles 0.1.0, sections "Merkle Tree" and "Partial Tiles".

use std::collections::BTreeMap;

use super::{
    builder::{TileBuilder, hashes, tile_root},
    bundle::{Bundle, BundleError},
    id::{Layer, TILE_WIDTH, TileId},
};
use crate::{
    hash::{HASH_BYTES, Hash, leaf_hash},
    tree::{Frontier, HashReader},
};

/// Checked tiles kept in memory: 8 MiB.
const CACHED_TILES: usize = 1024;

/// Where the bytes of tiles and bundles come from.
pub trait TileSource {
    /// What can go wrong there.
    type Error;

    /// The whole content at [`TileId::path`].
    fn read(&self, id: TileId) -> Result<Vec<u8>, Self::Error>;
}

impl<S: TileSource + ?Sized> TileSource for &S {
    type Error = S::Error;

    fn read(&self, id: TileId) -> Result<Vec<u8>, Self::Error> {
        (**self).read(id)
    }
}

/// Why a tile or bundle could not be used. Each names the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TileError<E> {
    /// It could not be read.
    #[error("`{tile}` could not be read")]
    Read {
        /// The file.
        tile: TileId,
        /// Why.
        #[source]
        source: E,
    },
    /// It has the wrong length.
    #[error("`{tile}` has {got} bytes and must have {expected}: the file is damaged")]
    Length {
        /// The file.
        tile: TileId,
        /// Bytes it has.
        got: usize,
        /// Bytes its name promises.
        expected: usize,
    },
    /// A full tile does not hash to what the tile above it says.
    #[error("`{tile}` does not hash to what the tile above it holds: the file is damaged")]
    Tile {
        /// The file.
        tile: TileId,
    },
    /// The partial tiles do not lead to the checkpoint's root.
    #[error("the partial tiles of size {size} lead to the root {got}, and the checkpoint says {expected}")]
    Edge {
        /// The checkpoint's size.
        size: u64,
        /// What the tiles add up to.
        got: Hash,
        /// What the checkpoint says.
        expected: Hash,
    },
    /// The bundle is not a bundle.
    #[error("`{tile}` cannot be read as entries")]
    Bundle {
        /// The file.
        tile: TileId,
        /// Why.
        #[source]
        source: BundleError,
    },
    /// An entry does not hash to its leaf.
    #[error("entry {index} in `{tile}` does not hash to its leaf: the file is damaged")]
    Entry {
        /// The file.
        tile: TileId,
        /// Which entry of the log.
        index: u64,
    },
    /// The caller asked for something outside the tree.
    #[error("nothing at height {height}, index {index} lies inside a tree of {size} leaves")]
    Outside {
        /// Height of the subtree asked for.
        height: u32,
        /// Its index.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// No tree is that large.
    #[error("a tree has at most 2^63 - 1 leaves, not {size}")]
    Size {
        /// What was asked for.
        size: u64,
    },
}

/// Reads a tile, or the beginning of the full tile that may have replaced it.
pub(super) fn read_tile<S: TileSource + ?Sized>(source: &S, id: TileId) -> Result<Vec<u8>, TileError<S::Error>> {
    let expected = usize::from(id.width()) * HASH_BYTES;
    let bytes = match source.read(id) {
        Ok(bytes) => bytes,
        Err(error) => {
            let full = if id.is_full() { None } else { source.read(id.to_full()).ok() };
            let begin = full.filter(|bytes| bytes.len() == usize::from(TILE_WIDTH) * HASH_BYTES);
            let mut bytes = begin.ok_or(TileError::Read { tile: id, source: error })?;
            bytes.truncate(expected);
            bytes
        }
    };
    if bytes.len() == expected { Ok(bytes) } else { Err(TileError::Length { tile: id, got: bytes.len(), expected }) }
}

/// The hashes of one tree, each checked against its root before use.
#[derive(Debug)]
pub struct TileReader<S> {
    source: S,
    edge: TileBuilder,
    cache: BTreeMap<(u8, u64), Vec<u8>>,
}

impl<S: TileSource> TileReader<S> {
    /// Reads the edge of the tree of `size` leaves and checks that it leads to `root`.
    pub fn open(source: S, size: u64, root: &Hash) -> Result<Self, TileError<S::Error>> {
        let edge = TileBuilder::resume(&source, size)?;
        let got = edge.root();
        if got == *root {
            Ok(Self { source, edge, cache: BTreeMap::new() })
        } else {
            Err(TileError::Edge { size, got, expected: *root })
        }
    }

    /// How many leaves the tree has.
    pub const fn size(&self) -> u64 {
        self.edge.size()
    }

    /// The checked edge of the tree, from which it can go on growing.
    pub const fn edge(&self) -> &TileBuilder {
        &self.edge
    }

    /// The checked hashes of tile `index` at `level`, as bytes.
    pub fn tile(&mut self, level: u8, index: u64) -> Result<&[u8], TileError<S::Error>> {
        let layer = Layer::Level(level);
        let outside = || TileError::Outside { height: 8 * u32::from(level), index, size: self.edge.size() };
        let id = TileId::at(layer, index, self.edge.size()).ok_or_else(outside)?;
        if id.is_full() {
            self.load(level, id)?;
            let cached = self.cache.get(&(level, index)).map(Vec::as_slice);
            cached.ok_or(TileError::Tile { tile: id })
        } else {
            self.edge.partial(layer).ok_or_else(outside)
        }
    }

    /// The bytes of bundle `index`, every entry checked against its leaf.
    pub fn bundle(&mut self, index: u64) -> Result<(TileId, Vec<u8>), TileError<S::Error>> {
        let size = self.edge.size();
        let id = TileId::at(Layer::Entries, index, size).ok_or(TileError::Outside { height: 0, index, size })?;
        let bytes = self.read_bundle(id)?;
        let bundle = Bundle::parse(&bytes, id.width()).map_err(|source| TileError::Bundle { tile: id, source })?;
        let leaves = hashes(self.tile(0, index)?);
        let first = index * u64::from(TILE_WIDTH);
        for ((entry, leaf), number) in bundle.entries().zip(leaves).zip(first..) {
            if leaf_hash(entry) != leaf {
                return Err(TileError::Entry { tile: id, index: number });
            }
        }
        Ok((id, bytes))
    }

    /// Reads a bundle, or the beginning of the full bundle that may have replaced it.
    fn read_bundle(&self, id: TileId) -> Result<Vec<u8>, TileError<S::Error>> {
        match self.source.read(id) {
            Ok(bytes) => Ok(bytes),
            Err(error) => {
                let full = if id.is_full() { None } else { self.source.read(id.to_full()).ok() };
                let begin = full
                    .as_deref()
                    .and_then(|bytes| Bundle::parse(bytes, TILE_WIDTH).ok()?.first(id.width()).map(<[u8]>::to_vec));
                begin.ok_or(TileError::Read { tile: id, source: error })
            }
        }
    }

    /// Makes sure that a full tile is in the cache, checked.
    fn load(&mut self, level: u8, id: TileId) -> Result<(), TileError<S::Error>> {
        if self.cache.contains_key(&(level, id.index())) {
            return Ok(());
        }
        let width = u64::from(TILE_WIDTH);
        let above = self.tile(level.saturating_add(1), id.index() / width)?;
        let slot = usize::try_from(id.index() % width).unwrap_or(usize::MAX);
        let expected = hashes(above).nth(slot);
        let bytes = read_tile(&self.source, id)?;
        if expected != Some(tile_root(&bytes)) {
            return Err(TileError::Tile { tile: id });
        }
        if self.cache.len() >= CACHED_TILES {
            self.cache.clear();
        }
        self.cache.insert((level, id.index()), bytes);
        Ok(())
    }
}

impl<S: TileSource> HashReader for TileReader<S> {
    type Error = TileError<S::Error>;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error> {
        let outside = TileError::Outside { height, index, size: self.edge.size() };
        let within = height % 8;
        let Ok(level) = u8::try_from(height / 8) else { return Err(outside) };
        let first = (index << within) % u64::from(TILE_WIDTH);
        let (first, count) = (usize::try_from(first).unwrap_or(usize::MAX), 1usize << within);
        let tile = self.tile(level, index >> (8 - within))?;
        let hashes: Frontier = hashes(tile).skip(first).take(count).collect();
        if usize::try_from(hashes.size()) == Ok(count) { Ok(hashes.root()) } else { Err(outside) }
    }
}
