//! The journal: which part of the key space is where in its life, what is in flight, what became of it.
//!
//! What it is for: a crash at any moment. Everything is one `SQLite` transaction; what is not in the journal did not happen.
//! It holds rows only for shards whose work is under way: when a shard is finished they go into its manifest file.
//!
//! What it deliberately does not do: no listing of objects beyond that, no secrets.

mod accepted;
mod outcomes;
mod schema;
mod shards;
mod uploads;

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};

pub use accepted::Acceptance;
pub use outcomes::{Outcome, Recorder};
pub use shards::{Pass, Range, Shard, Stock};
pub use uploads::Upload;

/// The journal cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: the journal of the move {what}{}", path.display(), if self.is_full() { "; free some space there, then go on" } else { "" })]
pub struct JournalError {
    path: PathBuf,
    what: &'static str,
    #[source]
    source: Option<rusqlite::Error>,
}

impl JournalError {
    /// True when the disk is full.
    pub fn is_full(&self) -> bool {
        let code = self.source.as_ref().and_then(rusqlite::Error::sqlite_error_code);
        code == Some(rusqlite::ErrorCode::DiskFull)
    }
}

/// The journal of a move.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    connection: Mutex<Connection>,
}

impl Journal {
    /// Opens or makes it.
    pub fn open(path: &Path) -> Result<Self, JournalError> {
        let wrong = |source| JournalError { path: path.to_owned(), what: "cannot be opened", source: Some(source) };
        let connection = Connection::open(path).map_err(wrong)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(wrong)?;
        connection.pragma_update(None, "synchronous", "NORMAL").map_err(wrong)?;
        connection.pragma_update(None, "cache_size", -4096).map_err(wrong)?;
        connection.busy_timeout(std::time::Duration::from_secs(30)).map_err(wrong)?;
        connection.execute_batch(schema::SCHEMA).map_err(wrong)?;
        let journal = Self { path: path.to_owned(), connection: Mutex::new(connection) };
        match journal.get("schema")? {
            None => journal.set("schema", schema::VERSION)?,
            Some(version) if version == schema::VERSION => {}
            Some(_) => {
                let what = "was written by another version of flagstate; go on with that version";
                return Err(JournalError { path: path.to_owned(), what, source: None });
            }
        }
        Ok(journal)
    }

    /// Opens it for reading alone: beside a command that works on it, or where nothing can be written.
    pub fn read(path: &Path) -> Result<Self, JournalError> {
        let wrong = |source| JournalError { path: path.to_owned(), what: "cannot be opened", source: Some(source) };
        let mut wal = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
        wal.push("-wal");
        // Nobody writes where there is no log of writes: then no file beside it is needed either.
        let quiet = path.with_file_name(wal).metadata().map_or(true, |m| m.len() == 0);
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let connection = match path.to_str().filter(|_| quiet) {
            Some(text) => {
                let encoded = text.replace('%', "%25").replace('?', "%3f").replace('#', "%23");
                Connection::open_with_flags(format!("file:{encoded}?immutable=1"), flags)
            }
            None => Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY),
        };
        let connection = connection.map_err(wrong)?;
        connection.busy_timeout(std::time::Duration::from_secs(30)).map_err(wrong)?;
        let journal = Self { path: path.to_owned(), connection: Mutex::new(connection) };
        match journal.get("schema")?.as_deref() {
            Some(schema::VERSION) => Ok(journal),
            _ => {
                let what = "was written by another version of flagstate; go on with that version";
                Err(JournalError { path: path.to_owned(), what, source: None })
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wrong(&self, what: &'static str) -> impl Fn(rusqlite::Error) -> JournalError + '_ {
        move |source| JournalError { path: self.path.clone(), what, source: Some(source) }
    }

    /// A remembered value.
    pub fn get(&self, name: &str) -> Result<Option<String>, JournalError> {
        let connection = self.lock();
        let found = connection.query_row("SELECT value FROM meta WHERE name = ?1", [name], |row| row.get(0));
        found.optional().map_err(self.wrong("cannot be read"))
    }

    /// Remembers a value.
    pub fn set(&self, name: &str, value: &str) -> Result<(), JournalError> {
        let done = self.lock().execute("INSERT OR REPLACE INTO meta VALUES (?1, ?2)", params![name, value]);
        done.map(drop).map_err(self.wrong("cannot be written"))
    }
}

#[cfg(test)]
mod tests;
