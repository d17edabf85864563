//! A directory that goes away, and logs in it.

use std::{
    env, fs, ops,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU64, Ordering},
};

use flagstate_tlog::{SigningKey, note::Algorithm};

use crate::log::{LogKeys, NewLog, Seal, Setup, Writer, init};

pub(in crate::log) const ORIGIN: &str = "example.org/log";

/// A fresh directory, removed when dropped.
pub(in crate::log) struct Scratch(PathBuf);

impl Scratch {
    pub(in crate::log) fn new() -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("flagstate-log-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(in crate::log) fn log(&self) -> PathBuf {
        self.0.join("log")
    }

    pub(in crate::log) fn second(&self) -> PathBuf {
        self.0.join("second")
    }

    /// Makes a log with a known key.
    pub(in crate::log) fn make(&self) {
        let new = NewLog { origin: ORIGIN.into(), keys: keys(), seal: Seal::Open, second: Some(self.second()) };
        init(&self.log(), new, Setup::new(|| 0)).unwrap();
    }

    pub(in crate::log) fn open(&self) -> Writer {
        Writer::open(&self.log(), keys(), Setup::new(|| 0)).unwrap()
    }
}

impl ops::Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(in crate::log) fn keys() -> LogKeys {
    LogKeys::from_keys(vec![SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, &[7; 32]).unwrap()]).unwrap()
}

pub(in crate::log) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
