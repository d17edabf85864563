//! Listings that do not come in order: gathered once into a file and read from there, sorted.
//!
//! Some stores list their tree and not their keys (`a!` behind `a/b`), or cannot begin at a key. Such a listing is walked from
//! one end to the other, whatever its order; a small database sorts it. Memory does not grow; the file goes away.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use flagstate_objects::{Dialect, Entry, Key, List, Retry, S3, Store};
use rusqlite::{Connection, params};

use crate::{journal::Range, trouble::Trouble, walk::Wish};

/// Entries of one page.
const PAGE: u32 = 2000;

/// A sorted listing in a file.
#[derive(Debug)]
pub struct Spool {
    path: PathBuf,
    connection: Mutex<Connection>,
}

/// The file cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{}: the sorted listing cannot be kept there", path.display())]
pub struct SpoolError {
    path: PathBuf,
    #[source]
    source: rusqlite::Error,
}

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// The same store, with listings in any order allowed.
pub(crate) fn any_order(store: &Arc<dyn Store>) -> Arc<dyn Store> {
    if let Some(several) = store.as_containers() {
        return Arc::new(several.map(|_, inner| any_order(inner)));
    }
    match store.as_s3() {
        Some(s3) => {
            let s3: S3 = s3.with_dialect(Dialect { unordered: true, ..s3.dialect() });
            Arc::new(s3)
        }
        None => Arc::clone(store),
    }
}

impl Spool {
    /// An empty listing.
    pub(crate) fn create(path: &Path) -> Result<Self, SpoolError> {
        let _ = std::fs::remove_file(path);
        let wrong = |source| SpoolError { path: path.to_owned(), source };
        let connection = Connection::open(path).map_err(wrong)?;
        let setup = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
                     CREATE TABLE listing (key BLOB, seq INTEGER, entry TEXT, PRIMARY KEY (key, seq)) WITHOUT ROWID;";
        connection.execute_batch(setup).map_err(wrong)?;
        Ok(Self { path: path.to_owned(), connection: Mutex::new(connection) })
    }

    /// Lists everything that is wished for into a file.
    pub async fn fill(store: &Arc<dyn Store>, retry: &Retry, wish: &Wish, path: &Path) -> Result<Self, Trouble> {
        let spool = Self::create(path)?;
        let store = any_order(store);
        let mut ask = List {
            prefix: wish.prefix.clone(),
            versions: wish.versions,
            metadata: wish.details,
            tags: wish.details,
            hidden: wish.hidden,
            ..List::default()
        };
        let mut seq = 0_i64;
        loop {
            let page = retry.run(|_| store.list(&ask)).await?;
            spool.add(&page.entries, &mut seq)?;
            match page.next {
                Some(next) => ask.cursor = Some(next),
                None => return Ok(spool),
            }
        }
    }

    /// Adds entries in any order; `seq` counts them over all calls.
    pub(crate) fn add(&self, entries: &[Entry], seq: &mut i64) -> Result<(), SpoolError> {
        self.insert(entries, seq).map_err(|source| SpoolError { path: self.path.clone(), source })
    }

    fn insert(&self, entries: &[Entry], seq: &mut i64) -> rusqlite::Result<()> {
        let mut connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let deal = connection.transaction()?;
        for entry in entries {
            // An entry that a page repeats is the same entry: only versions of a key stand side by side.
            let text = serde_json::to_string(entry).unwrap_or_default();
            let number = if entry.version.is_some() { *seq } else { 0 };
            *seq += 1;
            deal.prepare_cached("INSERT OR REPLACE INTO listing VALUES (?1, ?2, ?3)")?.execute(params![
                entry.key.as_bytes(),
                number,
                text
            ])?;
        }
        deal.commit()
    }

    /// The next entries of a range behind a place, and the place to go on from.
    pub(crate) fn page(
        &self,
        range: &Range,
        behind: Option<&Place>,
    ) -> Result<(Vec<Entry>, Option<Place>), SpoolError> {
        let connection = self.connection.lock().unwrap_or_else(PoisonError::into_inner);
        let start = Place::default();
        let from = behind.unwrap_or(&start);
        let after: &[u8] = range.after.as_ref().map_or(&[], Key::as_bytes);
        let read = || {
            let sql = "SELECT key, seq, entry FROM listing WHERE (key, seq) > (?1, ?2) AND key > ?3
                       AND (?4 IS NULL OR key <= ?4) ORDER BY key, seq LIMIT ?5";
            let mut query = connection.prepare_cached(sql)?;
            let through = range.through.as_ref().map(Key::as_bytes);
            let rows = query.query_map(params![from.key, from.seq, after, through, PAGE], |r| {
                Ok((r.get::<_, Vec<u8>>(0)?, r.get::<_, i64>(1)?, r.get::<_, String>(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = read().map_err(|source| SpoolError { path: self.path.clone(), source })?;
        let next = match rows.last() {
            Some((key, seq, _)) if rows.len() == usize::try_from(PAGE).unwrap_or(0) => {
                Some(Place { key: key.clone(), seq: *seq })
            }
            _ => None,
        };
        Ok((rows.into_iter().filter_map(|(_, _, text)| serde_json::from_str(&text).ok()).collect(), next))
    }
}

/// A place in the file.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    key: Vec<u8>,
    seq: i64,
}

impl Default for Place {
    fn default() -> Self {
        Self { key: Vec::new(), seq: -1 }
    }
}

/// One side's listing: asked of the store page by page, or read from a file.
#[derive(Clone, Debug)]
pub enum Listing {
    /// The store lists in order, from any key.
    Direct(Arc<dyn Store>),
    /// It does not.
    Spooled(Arc<Spool>),
}

#[cfg(test)]
mod tests {

    use flagstate_objects::Properties;

    use super::*;
    use crate::testing::{folder, memory, put, retry};

    #[tokio::test]
    async fn a_listing_is_read_in_order_and_in_ranges() {
        let store = memory("spool");
        for i in 0..4500 {
            put(&*store, &Key::from(format!("k{:05}", i * 7919 % 4500).as_str()), b"x", &Properties::default()).await;
        }
        let dir = folder("spool");
        let path = dir.path().join("spool");
        let store: Arc<dyn Store> = store;
        let spool = Spool::fill(&store, &retry(), &Wish::default(), &path).await.unwrap();
        let range = Range { after: Some(Key::from("k00010")), through: Some(Key::from("k04400")) };
        let (mut all, mut place) = (Vec::new(), None);
        loop {
            let (entries, next) = spool.page(&range, place.as_ref()).unwrap();
            all.extend(entries.into_iter().map(|e| e.key.to_string()));
            place = next;
            if place.is_none() {
                break;
            }
        }
        let expected: Vec<String> = (11..=4400).map(|i| format!("k{i:05}")).collect();
        assert_eq!(all, expected);
        drop(spool);
        assert!(!path.exists());
    }
}
