//! The folder of a move: everything that must survive a crash, and nothing secret.
//!
//! ```text
//! STATE/move.json                what moves where; fixed when the move began
//! STATE/journal.sqlite           shards, work in flight, outcomes
//! STATE/rows/*.parquet           inventories, work lists and manifests, each written once
//! STATE/plan-HASH.json           plans, each written once
//! STATE/certificate.json         the certificate, once there is one
//! STATE/lock                     held while a command works on the move
//! ```
//!
//! What it deliberately does not do: no credentials, no keys. They stay where they are, and a lost folder costs time only.

use std::{
    fs::{self, File, TryLockError},
    io::Write as _,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

/// The folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// The file system.
    #[error("{}: cannot be {verb}", path.display())]
    Io {
        /// `created`, `read`, `written`, `locked`.
        verb: &'static str,
        /// What.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Somebody else.
    #[error("another command works on the move in {}; wait for it or stop it", path.display())]
    Busy {
        /// The folder.
        path: PathBuf,
    },
    /// Nothing there.
    #[error("{} holds no move; begin one with `flagstate move inventory --from URL --to URL --state DIR`", path.display())]
    NoMove {
        /// The folder.
        path: PathBuf,
    },
    /// Not ours.
    #[error("{}: cannot be understood ({what}); restore it from a backup, or begin the move in another folder", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

/// The folder of a move.
#[derive(Clone, Debug)]
pub struct Folder {
    root: PathBuf,
}

/// Keeps other commands out while it lives.
#[derive(Debug)]
pub struct Held {
    _file: File,
}

impl Folder {
    /// The folder, made where it is not there.
    pub fn create(root: &Path) -> Result<Self, FolderError> {
        let rows = root.join("rows");
        fs::create_dir_all(&rows).map_err(|source| FolderError::Io { verb: "created", path: rows, source })?;
        Ok(Self { root: root.to_owned() })
    }

    /// The folder of a move that was begun.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        let folder = Self { root: root.to_owned() };
        if folder.settings().is_file() { Ok(folder) } else { Err(FolderError::NoMove { path: root.to_owned() }) }
    }

    /// Its path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What moves where.
    pub fn settings(&self) -> PathBuf {
        self.root.join("move.json")
    }

    /// The journal.
    pub fn journal(&self) -> PathBuf {
        self.root.join("journal.sqlite")
    }

    /// A file of rows.
    pub fn rows(&self, name: &str) -> PathBuf {
        self.root.join("rows").join(name)
    }

    /// A file of its own name in the folder.
    pub fn file(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Keeps others out.
    pub fn lock(&self) -> Result<Held, FolderError> {
        let path = self.root.join("lock");
        let io = |source| FolderError::Io { verb: "locked", path: path.clone(), source };
        let file = File::options().create(true).truncate(false).write(true).open(&path).map_err(io)?;
        match file.try_lock() {
            Ok(()) => Ok(Held { _file: file }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Busy { path: self.root.clone() }),
            Err(TryLockError::Error(source)) => Err(io(source)),
        }
    }

    /// Removes files of rows that no shard names: what a killed command left.
    pub fn sweep(&self, named: &std::collections::BTreeSet<String>) -> Result<(), FolderError> {
        let dir = self.root.join("rows");
        let io = |source| FolderError::Io { verb: "read", path: dir.clone(), source };
        for file in fs::read_dir(&dir).map_err(io)? {
            let file = file.map_err(io)?;
            let name = file.file_name().to_string_lossy().into_owned();
            if !named.contains(&name) {
                // What cannot be removed does no harm.
                let _ = fs::remove_file(file.path());
            }
        }
        Ok(())
    }
}

/// Reads a document.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, FolderError> {
    let text = fs::read(path).map_err(|source| FolderError::Io { verb: "read", path: path.to_owned(), source })?;
    serde_json::from_slice(&text).map_err(|e| FolderError::Content { path: path.to_owned(), what: e.to_string() })
}

/// Writes a document, whole or not at all, and makes it durable.
pub fn write_json<T: Serialize>(path: &Path, value: &T) -> Result<(), FolderError> {
    let text = serde_json::to_vec_pretty(value);
    let mut text = text.map_err(|e| FolderError::Content { path: path.to_owned(), what: e.to_string() })?;
    text.push(b'\n');
    write(path, &text)
}

/// Writes bytes, whole or not at all, and makes them durable.
pub fn write(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let mut name = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    name.push(".part");
    let part = path.with_file_name(name);
    let io = |source| FolderError::Io { verb: "written", path: path.to_owned(), source };
    let mut file = File::create(&part).map_err(io)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(io)?;
    fs::rename(&part, path).map_err(io)
}
