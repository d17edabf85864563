//! Where tiles live: the narrowest thing a log needs from a disk or an object store.
//!
//! What it is for: everything public of a log (tiles, entry bundles, the checkpoint) goes through [`TileStore`], so that
//! the writer, `fsck` and the provers are the same over local files ([`LocalFiles`]) and over object stores. What every
//! store must do is written down as code in [`conformance`].
//!
//! What it deliberately does not do: keep out a second writer (locks and the second place do that), or check content.
//!
//! Paths: c2sp.org/tlog-tiles 0.1.0, relative to the log's prefix, `/` between parts.

pub mod conformance;
mod local;

use std::io;

pub use local::LocalFiles;

/// Path of the checkpoint.
pub const CHECKPOINT: &str = "checkpoint";

/// What a store could not do.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Reading, writing or making durable failed.
    #[error("could not {verb} `{path}`")]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On which file or object.
        path: String,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A tile that exists would have changed.
    #[error(
        "`{path}` exists with other content and must never change: the log was damaged, or a second writer ran; run `log fsck`"
    )]
    Differs {
        /// Which one.
        path: String,
    },
    /// The path is none that a log has.
    #[error("`{path}` is not a path inside a log")]
    Path {
        /// What was asked for.
        path: String,
    },
}

/// A place for the public files of one log.
///
/// Nothing is durable before [`TileStore::sync`] or [`TileStore::put_checkpoint`] returned, but everything can be read
/// back at once, whole or not at all.
pub trait TileStore: Send + Sync {
    /// The whole content at `path`, or `None` when there is nothing.
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Stores `bytes` at a path that never changes again. Doing it twice is fine; other bytes are refused with
    /// [`StoreError::Differs`].
    fn put_immutable(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Stores `bytes` at `path` whatever is there, anew, even when it looks the same: after a crash, what can be read need
    /// not be what would survive the next one. Only recovery uses it, for tiles that the write-ahead log still holds.
    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError>;

    /// Makes everything stored so far durable. An error here is final: the caller must stop and start anew.
    fn sync(&self) -> Result<(), StoreError>;

    /// Replaces the checkpoint in one step and makes it durable.
    fn put_checkpoint(&self, bytes: &[u8]) -> Result<(), StoreError>;

    /// Removes the partial tiles beside the full tile at `path` that have more hashes or entries than `wider_than`. With 0
    /// all go, as the specification allows when the full tile is there. None is fine.
    fn remove_partials(&self, path: &str, wider_than: u16) -> Result<(), StoreError>;

    /// Every path below `tile/` that is a file or object, in any order. For `fsck`, which names what should not be there.
    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), StoreError>;
}
