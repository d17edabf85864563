//! The first pass: listing the source in ranges of keys side by side, with memory that does not grow with their number.
//!
//! What is listed goes into shards: files of rows for ranges of keys without a gap between them. A shard is there whole or
//! not at all; after a crash only what no shard covers is listed again.
//!
//! What it deliberately does not do: it reads no object. What a listing does not tell (headers, metadata, on S3) is
//! learned when the object is read.

mod crew;
pub mod files;
mod split;

use std::{path::PathBuf, sync::Arc};

use flagstate_objects::{Entry, Key, ListError};

use crate::{
    ends::Work,
    folder::Folder,
    journal::{Journal, JournalError, Range, Stock},
    row::Row,
    spool::Listing,
    table::{TableError, Writer},
    trouble::Trouble,
};

/// How large shards become.
#[derive(Clone, Copy, Debug)]
pub struct ShardSize {
    /// Rows.
    pub rows: u64,
    /// Bytes of objects.
    pub bytes: u64,
}

impl Default for ShardSize {
    fn default() -> Self {
        Self { rows: 65_536, bytes: 1 << 40 }
    }
}

/// How an inventory is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Listings side by side.
    pub listers: usize,
    /// Size of shards.
    pub shard: ShardSize,
}

impl Default for Options {
    fn default() -> Self {
        Self { listers: 8, shard: ShardSize::default() }
    }
}

/// What an inventory found.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Found {
    /// Rows.
    pub rows: u64,
    /// Sum of the sizes.
    pub bytes: u64,
    /// Shards.
    pub shards: u64,
    /// Rows that the patterns left out.
    #[serde(default)]
    pub excluded: u64,
    /// Bytes that the patterns left out.
    #[serde(default)]
    pub excluded_bytes: u64,
}

/// Lists the source, or goes on with it.
pub async fn run(
    work: &Arc<Work>,
    folder: &Folder,
    journal: &Arc<Journal>,
    options: Options,
) -> Result<Found, Trouble> {
    run_from(work, folder, journal, options, None).await
}

/// The same, from the provider's own inventory where one is given: the source is asked nothing.
pub async fn run_from(
    work: &Arc<Work>,
    folder: &Folder,
    journal: &Arc<Journal>,
    options: Options,
    inventory: Option<&files::Inventory>,
) -> Result<Found, Trouble> {
    let pass = match journal.last_pass()? {
        Some(pass) if pass.ended.is_some() => return Ok(total(journal)?),
        Some(pass) => pass.id,
        None => {
            let pass = journal.begin_pass("inventory", &work.now().to_string())?;
            journal.add_range(&Range::default())?;
            pass
        }
    };
    folder.sweep(&journal.files()?)?;
    let listing = match inventory {
        Some(inventory) => Listing::Spooled(Arc::new(inventory.fill(work, folder).await?)),
        None => work.source_listing(folder, journal).await?,
    };
    let scene = |listing| Scene {
        work: Arc::clone(work),
        folder: folder.clone(),
        journal: Arc::clone(journal),
        listing,
        pass,
        options,
    };
    match crew::run(Arc::new(scene(listing))).await {
        Err(Trouble::List(ListError::OutOfOrder { .. })) => {
            // The store lists in another order than that of keys: everything is gathered, sorted, and begun anew.
            Work::source_is_unordered(journal)?;
            journal.list_anew()?;
            folder.sweep(&journal.files()?)?;
            let listing = work.source_listing(folder, journal).await?;
            crew::run(Arc::new(scene(listing))).await?;
        }
        other => other?,
    }
    let found = total(journal)?;
    journal.end_pass(pass, &work.now().to_string(), &serde_json::to_string(&found).unwrap_or_default())?;
    Ok(found)
}

/// What all shards hold together.
pub fn total(journal: &Journal) -> Result<Found, JournalError> {
    let mut found = Found::default();
    for shard in journal.shards()? {
        let stock = shard.stock.as_ref().or(shard.work.as_ref());
        found.rows += stock.map_or(0, |s| s.rows);
        found.bytes += stock.map_or(0, |s| s.bytes);
        found.shards += 1;
    }
    Ok(found)
}

struct Scene {
    work: Arc<Work>,
    folder: Folder,
    journal: Arc<Journal>,
    listing: Listing,
    pass: u64,
    options: Options,
}

/// Gathers rows into shards of one range.
struct Gather {
    path: PathBuf,
    writer: Option<Writer>,
    rows: u64,
    bytes: u64,
    last: Option<Key>,
}

impl Gather {
    fn new() -> Self {
        Self { path: PathBuf::new(), writer: None, rows: 0, bytes: 0, last: None }
    }

    /// Takes all states of one key.
    fn push(&mut self, scene: &Scene, group: Vec<(u32, Entry)>) -> Result<(), TableError> {
        self.last = group.first().map(|(_, e)| e.key.clone());
        if self.writer.is_none() {
            self.path = scene.folder.rows(&fresh_name("source", scene.pass));
            self.writer = Some(Writer::create(&self.path)?);
        }
        for (rank, entry) in group {
            self.rows += 1;
            self.bytes = self.bytes.saturating_add(entry.size);
            if let Some(writer) = &mut self.writer {
                writer.push(Row { entry, rank, done: None })?;
            }
        }
        Ok(())
    }

    fn is_full(&self, size: ShardSize) -> bool {
        self.rows >= size.rows || self.bytes >= size.bytes
    }

    /// The file, whole. An empty range has an empty file, so that every range has one.
    fn finish(&mut self, scene: &Scene) -> Result<Stock, TableError> {
        let path = scene.folder.rows(&fresh_name("source", scene.pass));
        let writer = match self.writer.take() {
            Some(writer) => writer,
            None => Writer::create(&path)?,
        };
        (self.rows, self.bytes) = (0, 0);
        Ok(Stock::of(&writer.finish()?))
    }
}

/// A name that no other file of this move has.
pub(crate) fn fresh_name(what: &str, pass: u64) -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mut chance = [0; 8];
    if getrandom::fill(&mut chance).is_err() {
        // Then the process and a counter tell files apart.
        chance = (u64::from(std::process::id()) << 32).to_le_bytes();
    }
    let number = u64::from_le_bytes(chance).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
    format!("{what}-{pass}-{number:016x}.parquet")
}

#[cfg(test)]
mod tests;
