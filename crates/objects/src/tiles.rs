//! Small files that a log keeps in any store: written once, read often, with one of them compared and swapped.
//!
//! What it is for: the log's tiles in an object store. Its calls block, like the log's own, and must therefore come from
//! a thread of their own, not from an async task. What a caller may build on: a tile that was put is there for every
//! reader, and two writers of the checkpoint cannot both win, provided the probe saw `if_absent` and `if_match`.

use std::sync::Arc;

use bytes::Bytes;
use tokio::runtime::Handle;

use crate::{
    At, Condition, DeleteError, ETag, Get, Integrity, Key, List, ListError, Payload, Properties, Put, ReadError, Store,
    WriteError,
};

/// A prefix of a store, used as a folder of small files.
#[derive(Clone, Debug)]
pub struct Tiles {
    store: Arc<dyn Store>,
    prefix: Key,
    runtime: Handle,
}

/// A file and the state that it is in.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Tile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// What [`Tiles::swap`] expects.
    pub state: ETag,
}

impl Tiles {
    /// Files below a prefix of a store. `runtime` drives the requests.
    pub fn new(store: Arc<dyn Store>, prefix: Key, runtime: Handle) -> Self {
        Self { store, prefix, runtime }
    }

    fn key(&self, path: &str) -> Key {
        Key::new([self.prefix.as_bytes(), path.as_bytes()].concat())
    }

    /// The content at `path`; nothing where nothing is.
    pub fn read(&self, path: &str) -> Result<Option<Tile>, ReadError> {
        let key = self.key(path);
        self.runtime.block_on(async {
            let got = match self.store.get(At::key(&key), Get::default()).await {
                Err(ReadError::NotFound { .. }) => return Ok(None),
                got => got?,
            };
            let state = got.entry.etag.clone().unwrap_or_else(|| ETag::new(""));
            Ok(Some(Tile { bytes: got.body.bytes().await?.to_vec(), state }))
        })
    }

    fn write(&self, path: &str, bytes: &[u8], condition: Condition<'_>) -> Result<Option<ETag>, WriteError> {
        let (key, properties) = (self.key(path), Properties::default());
        let payload = Payload::from(Bytes::copy_from_slice(bytes));
        let put = Put { key: &key, payload, properties: &properties, integrity: Integrity::Nothing, condition };
        Ok(self.runtime.block_on(self.store.put(put))?.etag)
    }

    /// Writes a file where none is. `Exists` when there is one, whatever it holds.
    pub fn put_if_absent(&self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.write(path, bytes, Condition::Absent).map(drop)
    }

    /// Writes a file that never changes: doing it twice is fine, other bytes are not (false).
    pub fn put_immutable(&self, path: &str, bytes: &[u8]) -> Result<bool, TileError> {
        match self.put_if_absent(path, bytes) {
            Ok(()) => Ok(true),
            Err(WriteError::Exists { .. }) => Ok(self.read(path)?.is_some_and(|t| t.bytes == bytes)),
            Err(e) => Err(e.into()),
        }
    }

    /// Writes a file whatever is there.
    pub fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), WriteError> {
        self.write(path, bytes, Condition::Always).map(drop)
    }

    /// Replaces a file that is in the state `expected` (nothing there: `None`). `Changed` or `Exists` when somebody was
    /// faster.
    pub fn swap(&self, path: &str, expected: Option<&ETag>, bytes: &[u8]) -> Result<Option<ETag>, WriteError> {
        self.write(path, bytes, expected.map_or(Condition::Absent, Condition::Matches))
    }

    /// Removes a file; none is fine.
    pub fn remove(&self, path: &str) -> Result<(), DeleteError> {
        let key = self.key(path);
        self.runtime.block_on(self.store.delete(At::key(&key)))
    }

    /// Every path below `below`, in order.
    pub fn list(&self, below: &str, each: &mut dyn FnMut(&str)) -> Result<(), ListError> {
        let mut ask = List { prefix: self.key(below), ..List::default() };
        loop {
            let page = self.runtime.block_on(self.store.list(&ask))?;
            for entry in &page.entries {
                // What is no text was not written here.
                if let Some(path) = entry.key.as_str().and_then(|k| k.get(self.prefix.len()..)) {
                    each(path);
                }
            }
            match page.next {
                Some(next) => ask.cursor = Some(next),
                None => return Ok(()),
            }
        }
    }
}

/// Reading or writing a file failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TileError {
    /// Reading.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// Writing.
    #[error(transparent)]
    Write(#[from] WriteError),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Memory, SystemClock};

    #[test]
    fn files_are_kept_and_swapped() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let store = Arc::new(Memory::new("tiles", Arc::new(SystemClock)));
        let tiles = Tiles::new(store, Key::from("log/"), runtime.handle().clone());
        assert_eq!(tiles.read("checkpoint").unwrap(), None);
        assert!(tiles.put_immutable("tile/0/000", b"a").unwrap());
        assert!(tiles.put_immutable("tile/0/000", b"a").unwrap(), "twice is fine");
        assert!(!tiles.put_immutable("tile/0/000", b"b").unwrap(), "other bytes are not");
        let first = tiles.swap("checkpoint", None, b"1").unwrap().unwrap();
        assert!(matches!(tiles.swap("checkpoint", None, b"x"), Err(WriteError::Exists { .. })));
        let second = tiles.swap("checkpoint", Some(&first), b"2").unwrap();
        assert!(matches!(tiles.swap("checkpoint", Some(&first), b"x"), Err(WriteError::Changed { .. })));
        let now = tiles.read("checkpoint").unwrap().unwrap();
        assert_eq!((now.bytes.as_slice(), Some(&now.state)), (b"2".as_slice(), second.as_ref()));
        let mut seen = Vec::new();
        tiles.list("tile/", &mut |path| seen.push(path.to_owned())).unwrap();
        assert_eq!(seen, ["tile/0/000"]);
        tiles.remove("tile/0/000").unwrap();
        assert_eq!(tiles.read("tile/0/000").unwrap(), None);
    }
}
