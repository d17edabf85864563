//! Tiles as files of one directory.
//!
//! A file appears under its name complete or not at all: it is written beside the tree and renamed into it. Only the
//! checkpoint is made durable at once; tiles wait for [`TileStore::sync`], because until then the write-ahead log holds
//! what they are made of.
//!
//! Few files are made durable one by one, many with one call for the whole file system (Linux). The directory is held
//! open from the start, so that this call reports every write error since.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::{CHECKPOINT, StoreError, TileStore};

/// From how many new files one call for the whole file system is cheaper than one call per file.
const FEW: usize = 24;

/// A log's directory.
#[derive(Debug)]
pub struct LocalFiles {
    root: PathBuf,
    /// Where files are written before they are renamed; a reader has none.
    temporary: Option<PathBuf>,
    /// Held open so that write errors are not lost between the write and the sync.
    handle: File,
    fresh: Mutex<Fresh>,
}

/// What was written since the last sync.
#[derive(Debug, Default)]
struct Fresh {
    files: Vec<PathBuf>,
    directories: BTreeSet<PathBuf>,
    /// Counts temporary names.
    number: u64,
}

impl LocalFiles {
    /// The log at `root`; files on their way are kept in `temporary`, on the same file system.
    pub fn open(root: &Path, temporary: &Path) -> Result<Self, StoreError> {
        Self::with(root, Some(temporary.to_owned()))
    }

    /// The log at `root`, for readers: nothing can be written.
    pub fn read_only(root: &Path) -> Result<Self, StoreError> {
        Self::with(root, None)
    }

    fn with(root: &Path, temporary: Option<PathBuf>) -> Result<Self, StoreError> {
        let handle = File::open(root).map_err(|e| error("open", root, e))?;
        Ok(Self { root: root.to_owned(), temporary, handle, fresh: Mutex::default() })
    }

    fn fresh(&self) -> MutexGuard<'_, Fresh> {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, path: &str) -> Result<PathBuf, StoreError> {
        let plain = path.split('/').all(|part| !part.is_empty() && !part.starts_with("..") && part != ".");
        let ours = path == CHECKPOINT || path.starts_with("tile/");
        if plain && ours { Ok(self.root.join(path)) } else { Err(StoreError::Path { path: path.to_owned() }) }
    }

    /// Writes `bytes` beside the tree.
    fn write_beside(&self, bytes: &[u8], durable: bool) -> Result<PathBuf, StoreError> {
        let number = {
            let mut fresh = self.fresh();
            fresh.number += 1;
            fresh.number
        };
        let temporary = self.temporary.as_ref();
        let temporary =
            temporary.ok_or_else(|| error("write to", &self.root, io::ErrorKind::ReadOnlyFilesystem.into()))?;
        let path = temporary.join(format!("{number}"));
        let written = File::create(&path).and_then(|mut file| {
            file.write_all(bytes)?;
            if durable { file.sync_all() } else { Ok(()) }
        });
        written.map_err(|e| error("write", &path, e))?;
        Ok(path)
    }

    fn place(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let target = self.path(path)?;
        let beside = self.write_beside(bytes, false)?;
        self.parents(&target)?;
        fs::rename(&beside, &target).map_err(|e| error("rename into place", &target, e))?;
        let mut fresh = self.fresh();
        fresh.directories.extend(target.parent().map(Path::to_owned));
        fresh.files.push(target);
        Ok(())
    }

    /// Makes the directories above `target`, remembering those whose parent changed.
    fn parents(&self, target: &Path) -> Result<(), StoreError> {
        let Some(directory) = target.parent() else { return Ok(()) };
        if directory.is_dir() {
            return Ok(());
        }
        fs::create_dir_all(directory).map_err(|e| error("create", directory, e))?;
        let above = directory.ancestors().skip(1).take_while(|d| d.starts_with(&self.root));
        self.fresh().directories.extend(above.map(Path::to_owned));
        Ok(())
    }
}

impl TileStore for LocalFiles {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.path(path)?;
        match fs::read(&path) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => Ok(None),
            Err(e) => Err(error("read", &path, e)),
        }
    }

    fn put_immutable(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        match self.read(path)? {
            Some(there) if there == bytes => Ok(()),
            Some(_) => Err(StoreError::Differs { path: path.to_owned() }),
            None => self.place(path, bytes),
        }
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.place(path, bytes)
    }

    fn sync(&self) -> Result<(), StoreError> {
        let (files, directories) = {
            let mut fresh = self.fresh();
            (std::mem::take(&mut fresh.files), std::mem::take(&mut fresh.directories))
        };
        if files.is_empty() && directories.is_empty() {
            return Ok(());
        }
        if cfg!(target_os = "linux") && files.len() > FEW {
            return whole(&self.handle).map_err(|e| error("make durable", &self.root, e));
        }
        for path in files.iter().chain(&directories) {
            sync_path(path)?;
        }
        Ok(())
    }

    fn put_checkpoint(&self, bytes: &[u8]) -> Result<(), StoreError> {
        let target = self.path(CHECKPOINT)?;
        let beside = self.write_beside(bytes, true)?;
        fs::rename(&beside, &target).map_err(|e| error("rename into place", &target, e))?;
        sync_path(&self.root)
    }

    fn remove_partials(&self, path: &str, wider_than: u16) -> Result<(), StoreError> {
        let directory = self.path(&format!("{path}.p"))?;
        let entries = match fs::read_dir(&directory) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries.map_err(|e| error("list", &directory, e))?,
        };
        let mut left = 0;
        for entry in entries {
            let path = entry.map_err(|e| error("list", &directory, e))?.path();
            let width: Option<u16> = path.file_name().and_then(|name| name.to_str()?.parse().ok());
            if width.is_some_and(|width| width > wider_than) {
                fs::remove_file(&path).map_err(|e| error("remove", &path, e))?;
            } else {
                left += 1;
            }
        }
        if left == 0 {
            fs::remove_dir(&directory).map_err(|e| error("remove", &directory, e))?;
        }
        // What is gone need not be made durable any more.
        let mut fresh = self.fresh();
        fresh.files.retain(|file| !file.starts_with(&directory) || file.exists());
        if left == 0 {
            fresh.directories.remove(&directory);
        }
        fresh.directories.extend(directory.parent().map(Path::to_owned));
        Ok(())
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        let mut open = vec![(self.root.join("tile"), "tile".to_owned())];
        while let Some((directory, name)) = open.pop() {
            let entries = match fs::read_dir(&directory) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => continue,
                entries => entries.map_err(|e| error("list", &directory, e))?,
            };
            for entry in entries {
                let entry = entry.map_err(|e| error("list", &directory, e))?;
                let name = format!("{name}/{}", entry.file_name().to_string_lossy());
                if entry.file_type().map_err(|e| error("look at", &entry.path(), e))?.is_dir() {
                    open.push((entry.path(), name));
                } else {
                    each(&name);
                }
            }
        }
        Ok(())
    }
}

/// Makes a file or directory durable.
pub(in crate::log) fn sync_path(path: &Path) -> Result<(), StoreError> {
    File::open(path).and_then(|file| file.sync_all()).map_err(|e| error("make durable", path, e))
}

#[cfg(target_os = "linux")]
fn whole(handle: &File) -> io::Result<()> {
    rustix::fs::syncfs(handle).map_err(io::Error::from)
}

#[cfg(not(target_os = "linux"))]
fn whole(handle: &File) -> io::Result<()> {
    handle.sync_all()
}

pub(in crate::log) fn error(verb: &'static str, path: &Path, source: io::Error) -> StoreError {
    StoreError::Io { verb, path: path.display().to_string(), source }
}
