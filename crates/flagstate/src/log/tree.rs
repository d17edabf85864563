//! Reading a log's files as a checked tree.

use std::path::Path;

use flagstate_evidence::log::{
    ReadError,
    store::{LocalFiles, TileStore as _},
};
use flagstate_tlog::{
    Checkpoint, Note, TileId, TileReader, TileSource, VerifierKey,
    tile::{Bundle, TILE_WIDTH},
};

use super::home::read_file;
use crate::failure::Failure;

/// Tiles of a folder.
#[derive(Debug)]
pub(crate) struct Files(LocalFiles);

impl TileSource for Files {
    type Error = ReadError;

    fn read(&self, id: TileId) -> Result<Vec<u8>, ReadError> {
        self.0.read(&id.path())?.ok_or(ReadError::Missing)
    }
}

/// A checked tree.
pub(crate) type Tree = TileReader<Files>;

/// The tree that a checkpoint speaks of.
pub(crate) fn read(dir: &Path, checkpoint: &Checkpoint) -> Result<Tree, Failure> {
    let help = Some("`flagstate log fsck` names what is damaged");
    let files = LocalFiles::read_only(dir).map_err(|e| Failure::input(&e, help))?;
    TileReader::open(Files(files), checkpoint.size(), checkpoint.root()).map_err(|e| Failure::input(&e, help))
}

/// The checkpoint of a log under its key, and its tree.
pub(crate) fn open(dir: &Path, key: &VerifierKey) -> Result<(Checkpoint, Note, Tree), Failure> {
    let path = dir.join("checkpoint");
    let bytes = read_file(&path)?;
    let damaged = |e: &dyn std::error::Error| Failure::Input {
        message: format!("{}: {}", path.display(), crate::failure::chain(e)),
        help: Some("`flagstate log fsck` names what is damaged".into()),
    };
    let (checkpoint, note) = Checkpoint::open(&bytes, key.name(), [key]).map_err(|e| damaged(&e))?;
    let tree = read(dir, &checkpoint)?;
    Ok((checkpoint, note, tree))
}

/// The bytes of an entry, checked against the tree.
pub(crate) fn entry_at(tree: &mut Tree, index: u64) -> Result<Vec<u8>, Failure> {
    if index >= tree.size() {
        return Err(Failure::Usage(format!("there is no entry {index}: the log has {} entries, from 0", tree.size())));
    }
    let width = u64::from(TILE_WIDTH);
    let (id, bytes) = tree.bundle(index / width).map_err(|e| Failure::input(&e, Some("`flagstate log fsck` names what is damaged")))?;
    let bundle = Bundle::parse(&bytes, id.width()).map_err(|e| Failure::input(&e, None))?;
    let at = usize::try_from(index % width).unwrap_or(usize::MAX);
    bundle.entries().nth(at).map(<[u8]>::to_vec).ok_or_else(|| Failure::Internal(format!("{id} lacks entry {index}")))
}
