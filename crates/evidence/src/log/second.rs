//! The second place: where the last signed checkpoint is kept a second time, away from the log.
//!
//! What it is for: a log must never sign two checkpoints that contradict each other. A lock keeps out a second process on
//! the same directory, but not a copy of the directory, and not an old backup restored over it. So each checkpoint is
//! first swapped in here, against the one before, and only then signed into the log. A writer whose log is behind this
//! place has lost entries and refuses to start.
//!
//! What it deliberately does not do: trust. What is kept here is signed, and is checked like any checkpoint.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::{Path, PathBuf},
    time::Duration,
};

use super::lock::Lock;

/// Why the second place could not answer or swap.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecondError {
    /// The disk failed, is full, or the place is not reachable.
    #[error("could not {verb} `{}`, the second place of this log's last checkpoint", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// Another writer has it.
    #[error("another writer of this log is running and holds `{}`: stop it first", path.display())]
    Locked {
        /// The lock.
        path: PathBuf,
    },
    /// Another writer signed in between.
    #[error("another writer has signed a checkpoint of this log in between: stop it, and start this one again")]
    Changed,
}

/// A store apart from the log that keeps one value and swaps it only against the value expected.
pub trait SecondPlace: Send {
    /// The last checkpoint that was signed, `None` if there was none yet.
    fn latest(&self) -> Result<Option<Vec<u8>>, SecondError>;

    /// Keeps `new` instead of `expected`, durably, or fails with [`SecondError::Changed`].
    fn swap(&mut self, expected: Option<&[u8]>, new: &[u8]) -> Result<(), SecondError>;
}

/// A directory as the second place, best on another disk than the log. Its lock is held as long as the value lives.
#[derive(Debug)]
pub struct SecondDirectory {
    directory: PathBuf,
    _lock: Lock,
}

impl SecondDirectory {
    /// Takes the place, making the directory when it is not there.
    pub fn take(directory: &Path) -> Result<Self, SecondError> {
        fs::create_dir_all(directory).map_err(io("create", directory))?;
        let path = directory.join("lock");
        match Lock::alone(&path, Duration::ZERO).map_err(io("lock", &path))? {
            Some(lock) => Ok(Self { directory: directory.to_owned(), _lock: lock }),
            None => Err(SecondError::Locked { path }),
        }
    }

    fn file(&self) -> PathBuf {
        checkpoint_in(&self.directory)
    }
}

/// The file that keeps the checkpoint.
pub(in crate::log) fn checkpoint_in(directory: &Path) -> PathBuf {
    directory.join("checkpoint")
}

impl SecondPlace for SecondDirectory {
    fn latest(&self) -> Result<Option<Vec<u8>>, SecondError> {
        match fs::read(self.file()) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(e) => Err(io("read", &self.file())(e)),
        }
    }

    fn swap(&mut self, expected: Option<&[u8]>, new: &[u8]) -> Result<(), SecondError> {
        if self.latest()?.as_deref() != expected {
            return Err(SecondError::Changed);
        }
        let beside = self.directory.join("checkpoint.new");
        let written = File::create(&beside).and_then(|mut file| {
            file.write_all(new)?;
            file.sync_all()
        });
        written.map_err(io("write", &beside))?;
        fs::rename(&beside, self.file()).map_err(io("rename into place", &self.file()))?;
        File::open(&self.directory).and_then(|d| d.sync_all()).map_err(io("make durable", &self.directory))
    }
}

fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SecondError {
    move |source| SecondError::Io { verb, path: path.to_owned(), source }
}
