//! Ranges and shards: where each part of the key space is in its life.
//!
//! | State | `work` | `stock` |
//! |---|---|---|
//! | listed, to be moved | a file | nothing yet, or the manifest before |
//! | at rest | none | the manifest |

use flagstate_evidence::hex::Digest;
use flagstate_objects::Key;
use rusqlite::{OptionalExtension as _, Row as Record, params};

use super::{Journal, JournalError};
use crate::table::Finished;

/// Keys behind `after` and up to `through`; nothing means no bound.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Range {
    /// Not in the range itself.
    pub after: Option<Key>,
    /// In the range.
    pub through: Option<Key>,
}

impl Range {
    /// True when the key is in it.
    pub fn holds(&self, key: &Key) -> bool {
        self.after.as_ref().is_none_or(|a| key > a) && self.through.as_ref().is_none_or(|t| key <= t)
    }
}

/// A file of rows that a shard names.
#[derive(Clone, Debug, PartialEq)]
pub struct Stock {
    /// Its name in the folder of rows.
    pub name: String,
    /// Rows.
    pub rows: u64,
    /// Sum of the sizes.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
}

impl Stock {
    /// What was just written.
    pub fn of(finished: &Finished) -> Self {
        let name = finished.path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self { name, rows: finished.rows, bytes: finished.bytes, digest: finished.digest }
    }
}

/// A part of the key space.
#[derive(Clone, Debug, PartialEq)]
pub struct Shard {
    /// Number; says nothing about the order.
    pub id: i64,
    /// Its keys.
    pub range: Range,
    /// The last pass that listed it.
    pub listed: u64,
    /// Its manifest.
    pub stock: Option<Stock>,
    /// What is to be moved.
    pub work: Option<Stock>,
    /// Rows of the work that were handed out: the target may have them.
    pub handed: u64,
}

const COLUMNS: &str = "id, after, through, listed, stock, stock_rows, stock_bytes, stock_sha256, work, work_rows, work_bytes, work_sha256, handed";

fn key(bytes: Option<Vec<u8>>) -> Option<Key> {
    bytes.map(Key::new)
}

fn bytes(key: Option<&Key>) -> Option<&[u8]> {
    key.map(Key::as_bytes)
}

pub(super) fn int(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn number(n: Option<i64>) -> u64 {
    n.and_then(|n| u64::try_from(n).ok()).unwrap_or(0)
}

fn stock(record: &Record<'_>, from: usize) -> rusqlite::Result<Option<Stock>> {
    let Some(name) = record.get::<_, Option<String>>(from)? else { return Ok(None) };
    let digest: [u8; 32] = record.get(from + 3)?;
    Ok(Some(Stock {
        name,
        rows: number(record.get(from + 1)?),
        bytes: number(record.get(from + 2)?),
        digest: Digest(digest),
    }))
}

fn shard(record: &Record<'_>) -> rusqlite::Result<Shard> {
    Ok(Shard {
        id: record.get(0)?,
        range: Range { after: key(record.get(1)?), through: key(record.get(2)?) },
        listed: number(record.get(3)?),
        stock: stock(record, 4)?,
        work: stock(record, 8)?,
        handed: number(record.get(12)?),
    })
}

impl Journal {
    /// Ranges that the first pass has still to list, in the order of keys.
    pub fn ranges(&self) -> Result<Vec<(i64, Range)>, JournalError> {
        let connection = self.lock();
        let read = || {
            let mut query = connection.prepare_cached("SELECT id, after, through FROM range ORDER BY after")?;
            let rows =
                query.query_map([], |r| Ok((r.get(0)?, Range { after: key(r.get(1)?), through: key(r.get(2)?) })))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.wrong("cannot be read"))
    }

    /// A range to list.
    pub fn add_range(&self, range: &Range) -> Result<i64, JournalError> {
        let connection = self.lock();
        let (after, through) = (bytes(range.after.as_ref()), bytes(range.through.as_ref()));
        let done = connection.execute("INSERT INTO range (after, through) VALUES (?1, ?2)", params![after, through]);
        done.map(|_| connection.last_insert_rowid()).map_err(self.wrong("cannot be written"))
    }

    /// Cuts a range in two: the first keeps its number and ends at `at`, the second begins behind it.
    pub fn split_range(&self, id: i64, at: &Key) -> Result<(i64, Range), JournalError> {
        let mut connection = self.lock();
        let mut write = || {
            let deal = connection.transaction()?;
            let through: Option<Vec<u8>> =
                deal.query_row("SELECT through FROM range WHERE id = ?1", [id], |r| r.get(0))?;
            deal.execute("UPDATE range SET through = ?2 WHERE id = ?1", params![id, at.as_bytes()])?;
            deal.execute("INSERT INTO range (after, through) VALUES (?1, ?2)", params![at.as_bytes(), through])?;
            let new = deal.last_insert_rowid();
            deal.commit()?;
            Ok((new, Range { after: Some(at.clone()), through: key(through) }))
        };
        write().map_err(self.wrong("cannot be written"))
    }

    /// A stretch of a range was listed: it becomes a shard, and the range begins behind it. Without a key to go on from,
    /// the range is done.
    pub fn listed(&self, id: i64, work: &Stock, done_through: Option<&Key>, pass: u64) -> Result<(), JournalError> {
        let mut connection = self.lock();
        let mut write = || {
            let deal = connection.transaction()?;
            let (after, through): (Option<Vec<u8>>, Option<Vec<u8>>) =
                deal.query_row("SELECT after, through FROM range WHERE id = ?1", [id], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let end = match done_through {
                Some(key) => Some(key.as_bytes()),
                None => through.as_deref(),
            };
            deal.execute(
                "INSERT INTO shard (after, through, listed, work, work_rows, work_bytes, work_sha256)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![after, end, int(pass), work.name, int(work.rows), int(work.bytes), work.digest.0],
            )?;
            match done_through {
                Some(key) => deal.execute("UPDATE range SET after = ?2 WHERE id = ?1", params![id, key.as_bytes()])?,
                None => deal.execute("DELETE FROM range WHERE id = ?1", [id])?,
            };
            deal.commit()
        };
        write().map_err(self.wrong("cannot be written"))
    }

    /// Forgets everything that the first pass listed: it begins anew.
    pub fn list_anew(&self) -> Result<(), JournalError> {
        let sql = "BEGIN; DELETE FROM shard; DELETE FROM range; INSERT INTO range (after, through) VALUES (NULL, NULL); COMMIT;";
        self.lock().execute_batch(sql).map_err(self.wrong("cannot be written"))
    }

    /// All shards in the order of keys.
    pub fn shards(&self) -> Result<Vec<Shard>, JournalError> {
        let connection = self.lock();
        let read = || {
            let sql = format!("SELECT {COLUMNS} FROM shard ORDER BY after IS NOT NULL, after");
            let mut query = connection.prepare_cached(&sql)?;
            let rows = query.query_map([], shard)?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.wrong("cannot be read"))
    }

    /// One shard.
    pub fn shard(&self, id: i64) -> Result<Option<Shard>, JournalError> {
        let connection = self.lock();
        let sql = format!("SELECT {COLUMNS} FROM shard WHERE id = ?1");
        connection.query_row(&sql, [id], shard).optional().map_err(self.wrong("cannot be read"))
    }

    /// The first `rows` rows of a shard's work may be at the target from now on.
    pub fn hand_out(&self, id: i64, rows: u64) -> Result<(), JournalError> {
        let sql = "UPDATE shard SET handed = max(handed, ?2) WHERE id = ?1";
        let done = self.lock().execute(sql, params![id, int(rows)]);
        done.map(drop).map_err(self.wrong("cannot be written"))
    }

    /// A later pass listed a shard: it has work, or nothing changed.
    pub fn relisted(&self, id: i64, work: Option<&Stock>, pass: u64) -> Result<(), JournalError> {
        let sql =
            "UPDATE shard SET listed = ?2, handed = 0, work = ?3, work_rows = ?4, work_bytes = ?5, work_sha256 = ?6
                   WHERE id = ?1";
        let (name, rows) = (work.map(|w| &w.name), work.map(|w| int(w.rows)));
        let (size, digest) = (work.map(|w| int(w.bytes)), work.map(|w| w.digest.0));
        let done = self.lock().execute(sql, params![id, int(pass), name, rows, size, digest]);
        done.map(drop).map_err(self.wrong("cannot be written"))
    }

    /// A shard's work is done: its new manifests take the place of the old one, each with the key up to which it goes.
    pub fn settled(&self, id: i64, stocks: &[(Stock, Option<Key>)]) -> Result<(), JournalError> {
        let mut connection = self.lock();
        let mut write = || {
            let deal = connection.transaction()?;
            let (mut after, listed): (Option<Vec<u8>>, i64) =
                deal.query_row("SELECT after, listed FROM shard WHERE id = ?1", [id], |r| Ok((r.get(0)?, r.get(1)?)))?;
            let through: Option<Vec<u8>> =
                deal.query_row("SELECT through FROM shard WHERE id = ?1", [id], |r| r.get(0))?;
            deal.execute("DELETE FROM shard WHERE id = ?1", [id])?;
            for (index, (stock, end)) in stocks.iter().enumerate() {
                let own = (index == 0).then_some(id);
                let end = if index + 1 == stocks.len() {
                    through.clone()
                } else {
                    end.as_ref().map(|k| k.as_bytes().to_vec())
                };
                deal.execute(
                    "INSERT INTO shard (id, after, through, listed, stock, stock_rows, stock_bytes, stock_sha256)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                    params![own, after, end, listed, stock.name, int(stock.rows), int(stock.bytes), stock.digest.0],
                )?;
                after = end;
            }
            deal.execute("DELETE FROM outcome WHERE shard = ?1", [id])?;
            deal.commit()
        };
        write().map_err(self.wrong("cannot be written"))
    }

    /// Takes over a shard of another journal, under its number.
    pub fn adopt(&self, shard: &Shard) -> Result<(), JournalError> {
        let (stock, work) = (shard.stock.as_ref(), shard.work.as_ref());
        let done = self.lock().execute(
            "INSERT OR REPLACE INTO shard (id, after, through, listed, stock, stock_rows, stock_bytes, stock_sha256,
             work, work_rows, work_bytes, work_sha256, handed) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)",
            params![
                shard.id,
                bytes(shard.range.after.as_ref()),
                bytes(shard.range.through.as_ref()),
                int(shard.listed),
                stock.map(|s| &s.name),
                stock.map(|s| int(s.rows)),
                stock.map(|s| int(s.bytes)),
                stock.map(|s| s.digest.0),
                work.map(|s| &s.name),
                work.map(|s| int(s.rows)),
                work.map(|s| int(s.bytes)),
                work.map(|s| s.digest.0),
                int(shard.handed)
            ],
        );
        done.map(drop).map_err(self.wrong("cannot be written"))
    }

    /// Takes over a pass of another journal, under its number.
    pub fn adopt_pass(&self, pass: &Pass) -> Result<(), JournalError> {
        let sql = "INSERT OR REPLACE INTO pass (id, kind, started, ended, found) VALUES (?1, ?2, ?3, ?4, ?5)";
        let values = params![int(pass.id), pass.kind, pass.started, pass.ended, pass.found];
        self.lock().execute(sql, values).map(drop).map_err(self.wrong("cannot be written"))
    }

    /// Names of all files of rows in use.
    pub fn files(&self) -> Result<std::collections::BTreeSet<String>, JournalError> {
        let shards = self.shards()?;
        Ok(shards.into_iter().flat_map(|s| [s.stock, s.work]).flatten().map(|s| s.name).collect())
    }

    /// Begins a pass over the source and gives it a number.
    pub fn begin_pass(&self, kind: &str, at: &str) -> Result<u64, JournalError> {
        let connection = self.lock();
        let done = connection.execute("INSERT INTO pass (kind, started) VALUES (?1, ?2)", params![kind, at]);
        done.map(|_| number(Some(connection.last_insert_rowid()))).map_err(self.wrong("cannot be written"))
    }

    /// Ends a pass with what it found.
    pub fn end_pass(&self, id: u64, at: &str, found: &str) -> Result<(), JournalError> {
        let sql = "UPDATE pass SET ended = ?2, found = ?3 WHERE id = ?1";
        let done = self.lock().execute(sql, params![int(id), at, found]);
        done.map(drop).map_err(self.wrong("cannot be written"))
    }

    /// The last pass: number, kind, whether it ended, what it found.
    pub fn last_pass(&self) -> Result<Option<Pass>, JournalError> {
        let sql = "SELECT id, kind, started, ended, found FROM pass ORDER BY id DESC LIMIT 1";
        let found = self.lock().query_row(sql, [], pass).optional();
        found.map_err(self.wrong("cannot be read"))
    }

    /// All passes in order.
    pub fn passes(&self) -> Result<Vec<Pass>, JournalError> {
        let connection = self.lock();
        let read = || {
            let mut query = connection.prepare("SELECT id, kind, started, ended, found FROM pass ORDER BY id")?;
            query.query_map([], pass)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        read().map_err(self.wrong("cannot be read"))
    }
}

/// A pass over the source.
#[derive(Clone, Debug, PartialEq)]
pub struct Pass {
    /// Its number, from 1.
    pub id: u64,
    /// `inventory`, `sync`, `freeze`.
    pub kind: String,
    /// When it began.
    pub started: String,
    /// When it ended.
    pub ended: Option<String>,
    /// What it found, as JSON.
    pub found: Option<String>,
}

fn pass(record: &Record<'_>) -> rusqlite::Result<Pass> {
    Ok(Pass {
        id: number(record.get(0)?),
        kind: record.get(1)?,
        started: record.get(2)?,
        ended: record.get(3)?,
        found: record.get(4)?,
    })
}
