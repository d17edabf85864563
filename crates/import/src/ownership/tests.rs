//! Tests of ownership files: forms, versions, ids, near reading, refusals.

mod cases;
mod damage;
mod shared_inputs;

use std::{
    path::PathBuf,
    sync::atomic::{AtomicU64, Ordering},
};

use super::*;

/// A file that is gone when the test is over.
pub(super) struct Temporary(PathBuf);

impl Temporary {
    pub(super) fn new(name: &str, bytes: &[u8]) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = std::env::temp_dir().join(format!("flagstate-ownership-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(name);
        std::fs::write(&path, bytes).unwrap();
        Self(path)
    }

    pub(super) fn read(&self) -> Result<Ownership, ImportError> {
        read(&self.0)
    }

    pub(super) fn read_near(&self, leis: &[&str]) -> Result<Ownership, ImportError> {
        read_near(&self.0, &leis.iter().map(|l| (*l).to_owned()).collect())
    }

    /// The message without the path.
    pub(super) fn refusal(&self) -> String {
        refusal(&self.0, &self.read().unwrap_err())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if let Some(folder) = self.0.parent() {
            std::fs::remove_dir_all(folder).ok();
        }
    }
}

pub(super) fn refusal(path: &Path, error: &ImportError) -> String {
    error.to_string().replace(&path.display().to_string(), "FILE")
}

/// Every row is taken or counted.
pub(super) fn balanced(o: &Ownership) -> bool {
    o.rows == o.taken + o.ignored.values().sum::<u64>()
}
