//! Tiles and entry bundles: how a log lies on a disk or behind a web server.
//!
//! What it is for: the paths of tiles and bundles in both directions, which of them a tree of some size has, what is in
//! them, building them while the tree grows ([`TileBuilder`]), and reading them without trusting them ([`TileReader`]).
//!
//! What it deliberately does not do: read or write a file. A [`TileSource`] does that, and nothing it returns is used
//! before it was checked against the checkpoint's root.
//!
//! Specification: c2sp.org/tlog-tiles, version 0.1.0 with the text of July 2026.

mod builder;
mod bundle;
mod id;
mod reader;

pub use builder::{TileBuilder, tile_root};
pub use bundle::{Bundle, BundleError, Entries, EntryTooLong, MAX_ENTRY_BYTES, push_entry};
pub use id::{Layer, MAX_LEVEL, PathError, TILE_WIDTH, TileId, all_tiles, edge_tiles, grown_tiles};
pub use reader::{TileError, TileReader, TileSource};

#[cfg(test)]
pub(crate) mod tests;
