//! What files cannot hold: one small JSON file per object that has any of it.
//!
//! The record names the file's state. Where somebody else wrote the file meanwhile, the record is about another file and
//! is not used.

use std::{fs, io, path::PathBuf};

use serde::{Deserialize, Serialize};

use super::Inner;
use crate::{Checksum, ETag, Key, Properties};

/// The record of one object.
#[derive(Debug, Deserialize, Serialize)]
pub(super) struct Record {
    pub(super) key: Key,
    pub(super) etag: ETag,
    pub(super) properties: Properties,
    pub(super) checksum: Option<Checksum>,
}

impl Inner {
    fn record_path(&self, key: &Key) -> PathBuf {
        let name = flagstate_sigv4::sha256_hex(key.as_bytes());
        let folder = name.get(..2).unwrap_or_default().to_owned();
        self.own("properties").join(folder).join(format!("{name}.json"))
    }

    /// The record of a file in this state.
    pub(super) fn record(&self, key: &Key, etag: &ETag) -> Option<Record> {
        let text = fs::read(self.record_path(key)).ok()?;
        let record: Record = serde_json::from_slice(&text).ok()?;
        (record.key == *key && record.etag == *etag).then_some(record)
    }

    /// Writes a record, or removes an old one where there is nothing to say.
    pub(super) fn keep(&self, record: &Record) -> io::Result<()> {
        let path = self.record_path(&record.key);
        if record.properties == Properties::default() {
            return match fs::remove_file(&path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            };
        }
        let text = serde_json::to_vec(record).map_err(io::Error::other)?;
        let unfinished = self.unfinished();
        for folder in [path.parent(), unfinished.parent()].into_iter().flatten() {
            fs::create_dir_all(folder)?;
        }
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, path)
    }

    pub(super) fn forget(&self, key: &Key) {
        let _ = fs::remove_file(self.record_path(key));
    }
}
