//! Turning durable entries into bundles and tiles.
//!
//! What it is for: full bundles and tiles are stored as soon as they are full; the unfinished ones only when a checkpoint
//! names them. Nothing here waits for a disk: until a checkpoint covers them and they were made durable, all of these can
//! be made again from the write-ahead log.
//!
//! Specification: c2sp.org/tlog-tiles 0.1.0.

use std::collections::BTreeSet;

use flagstate_tlog::{
    Hash, TileBuilder, TileId, TileSource,
    tile::{Layer, TILE_WIDTH, TileError, tile_root},
};

use super::store::{StoreError, TileStore};

/// Reads tiles of a store for the code that checks them.
pub(in crate::log) struct Source<'a>(pub(in crate::log) &'a dyn TileStore);

/// A tile that could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// There is none.
    #[error("the file is missing")]
    Missing,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl TileSource for Source<'_> {
    type Error = ReadError;

    fn read(&self, id: TileId) -> Result<Vec<u8>, ReadError> {
        self.0.read(&id.path())?.ok_or(ReadError::Missing)
    }
}

/// Reads full tiles only, and makes partial tiles of the levels above the leaves from them. Partial tiles may not have
/// survived a crash that the full ones before the write-ahead log survived.
struct FullOnly<'a>(Source<'a>);

impl TileSource for FullOnly<'_> {
    type Error = ReadError;

    fn read(&self, id: TileId) -> Result<Vec<u8>, ReadError> {
        let Layer::Level(level) = id.layer() else { return self.0.read(id) };
        let Some(below) = level.checked_sub(1).filter(|_| !id.is_full()) else { return self.0.read(id) };
        let mut bytes = Vec::new();
        for slot in 0..u64::from(id.width()) {
            let index = id.index() * u64::from(TILE_WIDTH) + slot;
            let child = TileId::new(Layer::Level(below), index, TILE_WIDTH).ok_or(ReadError::Missing)?;
            bytes.extend_from_slice(tile_root(&self.0.read(child)?).as_bytes());
        }
        Ok(bytes)
    }
}

/// The tree of `size` leaves, a multiple of 256, from its full tiles.
pub(in crate::log) fn resume(store: &dyn TileStore, size: u64) -> Result<TileBuilder, TileError<ReadError>> {
    TileBuilder::resume(&FullOnly(Source(store)), size)
}

/// How files come into the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::log) enum Writing {
    /// For the first time: what is there must be the same.
    New,
    /// After a crash: what is there may be torn, or not durable.
    Again,
    /// Not at all: it is all there.
    Not,
}

/// The growing tree of a writer.
pub(in crate::log) struct Grower {
    builder: TileBuilder,
    bundle: Vec<u8>,
    writing: Writing,
    /// Tiles and bundles that have partial files, which may go once they are full.
    partial: BTreeSet<(Layer, u64)>,
}

impl Grower {
    /// Goes on behind a tree that ends with a full bundle.
    pub(in crate::log) fn new(builder: TileBuilder, writing: Writing) -> Self {
        Self { builder, bundle: Vec::new(), writing, partial: BTreeSet::new() }
    }

    pub(in crate::log) fn set_writing(&mut self, writing: Writing) {
        self.writing = writing;
    }

    pub(in crate::log) const fn size(&self) -> u64 {
        self.builder.size()
    }

    pub(in crate::log) fn root(&self) -> Hash {
        self.builder.root()
    }

    /// Appends one entry whose hash is `leaf`.
    pub(in crate::log) fn push(&mut self, store: &dyn TileStore, entry: &[u8], leaf: Hash) -> Result<(), StoreError> {
        // Entries that are too long never get here: they were refused when they were handed over.
        let _ = flagstate_tlog::tile::push_entry(&mut self.bundle, entry);
        let writing = self.writing;
        let mut stored = Ok(());
        self.builder.push(leaf, |id, bytes| {
            if stored.is_ok() {
                stored = put(store, writing, id, bytes);
            }
        });
        stored?;
        let size = self.builder.size();
        if size.is_multiple_of(u64::from(TILE_WIDTH)) {
            let last = size / u64::from(TILE_WIDTH) - 1;
            if let Some(id) = TileId::new(Layer::Entries, last, TILE_WIDTH) {
                put(store, writing, id, &self.bundle)?;
            }
            self.bundle.clear();
        }
        Ok(())
    }

    /// Stores the unfinished bundle and tiles of the tree as it stands.
    pub(in crate::log) fn put_partials(&mut self, store: &dyn TileStore) -> Result<(), StoreError> {
        let size = self.builder.size();
        let last = size / u64::from(TILE_WIDTH);
        if let Some(id) = TileId::at(Layer::Entries, last, size) {
            put(store, self.writing, id, &self.bundle)?;
            self.partial.insert((id.layer(), id.index()));
        }
        for (id, bytes) in self.builder.partials() {
            put(store, self.writing, id, bytes)?;
            self.partial.insert((id.layer(), id.index()));
        }
        Ok(())
    }

    /// Removes partial files of what is full by now. The checkpoint that covers the full ones must be published.
    pub(in crate::log) fn drop_partials(&mut self, store: &dyn TileStore, published: u64) -> Result<(), StoreError> {
        let full = |(layer, index): &(Layer, u64)| TileId::at(*layer, *index, published).filter(TileId::is_full);
        for id in self.partial.iter().filter_map(full) {
            store.remove_partials(&id.path(), 0)?;
        }
        self.partial.retain(|key| full(key).is_none());
        Ok(())
    }
}

/// Removes partial files of sizes above `published`, up to `size`: a writer that stopped before it signed them may have
/// left them torn.
pub(in crate::log) fn drop_unpublished(store: &dyn TileStore, published: u64, size: u64) -> Result<(), StoreError> {
    let width = u64::from(TILE_WIDTH);
    let layers = std::iter::once(Layer::Entries).chain((0..8).map(Layer::Level));
    for layer in layers.filter(|layer| layer.count(size) > 0) {
        for index in layer.count(published) / width..=layer.count(size) / width {
            let signed = TileId::at(layer, index, published).map_or(0, |id| id.width());
            if let Some(id) = TileId::new(layer, index, TILE_WIDTH) {
                store.remove_partials(&id.path(), signed)?;
            }
        }
    }
    Ok(())
}

fn put(store: &dyn TileStore, writing: Writing, id: TileId, bytes: &[u8]) -> Result<(), StoreError> {
    match writing {
        Writing::New => store.put_immutable(&id.path(), bytes),
        Writing::Again => store.replace(&id.path(), bytes),
        Writing::Not => Ok(()),
    }
}
