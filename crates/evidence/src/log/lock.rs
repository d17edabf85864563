//! Locks on files, between processes.
//!
//! The lock is given back by hand when it is dropped: a child that this process is just starting may still have the file
//! open, and would hold the lock a moment longer.

use std::{
    fs::{File, TryLockError},
    io,
    path::Path,
    thread,
    time::{Duration, Instant},
};

/// How often a lock is tried while waiting for it.
const PAUSE: Duration = Duration::from_millis(10);

/// A lock that is held.
#[derive(Debug)]
pub(in crate::log) struct Lock(File);

impl Lock {
    /// Takes the lock for this process alone, waiting for at most `patience`; `None` if somebody else keeps it.
    pub(in crate::log) fn alone(path: &Path, patience: Duration) -> io::Result<Option<Self>> {
        let file = File::create(path)?;
        let start = Instant::now();
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(Some(Self(file))),
                Err(TryLockError::Error(error)) => return Err(error),
                Err(TryLockError::WouldBlock) if start.elapsed() < patience => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => return Ok(None),
            }
        }
    }

    /// Takes the lock together with others who only read; `None` if a writer has it. Nothing is created or changed.
    pub(in crate::log) fn shared(path: &Path) -> io::Result<Option<Self>> {
        let file = File::open(path)?;
        match file.try_lock_shared() {
            Ok(()) => Ok(Some(Self(file))),
            Err(TryLockError::Error(error)) => Err(error),
            Err(TryLockError::WouldBlock) => Ok(None),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // If that fails, closing the file does it.
        let _ = self.0.unlock();
    }
}
