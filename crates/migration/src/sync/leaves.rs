//! Hashes of what a shard's listings hold, on disk until their turn comes: roots are built in the order of keys, and shards
//! are listed side by side. In memory they would take the more the more shards there are.
//!
//! What it deliberately does not do: nothing here survives a crash. A last look that was cut off begins anew.

use std::{
    fs::{self, File},
    io::{BufReader, BufWriter, Read as _, Write as _},
    path::PathBuf,
};

use flagstate_tlog::Hash;

use crate::{
    folder::{Folder, FolderError},
    inventory::fresh_name,
    tree::Growing,
};

/// Bytes of a record: the hash, and the object's size.
const RECORD: usize = 40;

/// The hashes of one side, in order. The file goes with it.
#[derive(Debug)]
pub(crate) struct Leaves {
    path: PathBuf,
    file: BufWriter<File>,
}

impl Drop for Leaves {
    fn drop(&mut self) {
        // What is left is swept when the next pass begins.
        let _ = fs::remove_file(&self.path);
    }
}

impl Leaves {
    pub(crate) fn create(folder: &Folder, pass: u64) -> Result<Self, FolderError> {
        let path = folder.rows(&fresh_name("leaves", pass)).with_extension("tmp");
        let file = File::options().create_new(true).read(true).write(true).open(&path);
        let file = file.map_err(|source| FolderError::Io { verb: "created", path: path.clone(), source })?;
        Ok(Self { path, file: BufWriter::new(file) })
    }

    pub(crate) fn push(&mut self, (leaf, size): (Hash, u64)) -> Result<(), FolderError> {
        let written = self.file.write_all(&leaf.0).and_then(|()| self.file.write_all(&size.to_le_bytes()));
        written.map_err(|source| FolderError::Io { verb: "written", path: self.path.clone(), source })
    }

    /// Hands all of them to a tree, in order.
    pub(crate) fn grow(mut self, tree: &mut Growing) -> Result<(), FolderError> {
        let io = |source| FolderError::Io { verb: "read", path: self.path.clone(), source };
        self.file.flush().map_err(io)?;
        let mut left = fs::metadata(&self.path).map_err(io)?.len() / RECORD as u64;
        let mut file = BufReader::new(File::open(&self.path).map_err(io)?);
        while left > 0 {
            let (mut hash, mut size) = ([0; 32], [0; 8]);
            file.read_exact(&mut hash).and_then(|()| file.read_exact(&mut size)).map_err(io)?;
            tree.push_hash(Hash(hash), u64::from_le_bytes(size));
            left -= 1;
        }
        Ok(())
    }
}
