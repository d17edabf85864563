//! What became of rows whose shard is not finished yet.
//!
//! Outcomes come from many tasks; one thread writes them, many in one transaction. A kill loses what was decided in the
//! last few milliseconds, and that is done again.

use std::{
    sync::{Arc, mpsc},
    thread::{self, JoinHandle},
    time::Duration,
};

use flagstate_evidence::hex::Digest;
use flagstate_objects::ETag;
use jiff::Timestamp;
use rusqlite::{Connection, Row as Record, params};

use super::{Journal, JournalError, shards::int};
use crate::{
    row::{Arrived, Done, Fate, Sums, Witness},
    table::{version_of, version_text},
};

/// An outcome of one row.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The shard.
    pub shard: i64,
    /// Number of the row in the shard's work.
    pub seq: u64,
    /// What became of it.
    pub done: Done,
}

/// How long outcomes are gathered before they are written.
const GATHER: Duration = Duration::from_millis(5);
/// Most outcomes in one transaction.
const MOST: usize = 4096;

#[derive(Debug)]
enum Message {
    Outcome(Box<Outcome>),
    /// Answer when everything before is written.
    Flush(mpsc::Sender<()>),
}

/// Writes outcomes behind the scenes.
#[derive(Debug)]
pub struct Recorder {
    sender: Option<mpsc::SyncSender<Message>>,
    thread: Option<JoinHandle<Result<(), JournalError>>>,
}

impl Recorder {
    /// Starts.
    pub fn start(journal: &Arc<Journal>) -> Self {
        let (sender, receiver) = mpsc::sync_channel(MOST);
        let journal = Arc::clone(journal);
        let thread = thread::spawn(move || write_all(&journal, &receiver));
        Self { sender: Some(sender), thread: Some(thread) }
    }

    /// Takes an outcome. False when the journal cannot be written any more: [`Recorder::finish`] says why.
    pub fn record(&self, outcome: Outcome) -> bool {
        self.sender.as_ref().is_some_and(|s| s.send(Message::Outcome(Box::new(outcome))).is_ok())
    }

    /// Waits until everything that was recorded is written.
    pub fn flush(&mut self) -> Result<(), JournalError> {
        let (sender, receiver) = mpsc::channel();
        let sent = self.sender.as_ref().is_some_and(|s| s.send(Message::Flush(sender)).is_ok());
        if sent && receiver.recv().is_ok() { Ok(()) } else { self.end() }
    }

    /// Waits until everything is written, and ends.
    pub fn finish(mut self) -> Result<(), JournalError> {
        self.end()
    }

    fn end(&mut self) -> Result<(), JournalError> {
        self.sender = None;
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            // A panic there is one here; nothing is lost that was not in flight.
            _ => Ok(()),
        }
    }
}

fn write_all(journal: &Journal, receiver: &mpsc::Receiver<Message>) -> Result<(), JournalError> {
    let (mut batch, mut waiting) = (Vec::new(), Vec::new());
    while let Ok(first) = receiver.recv() {
        if matches!(first, Message::Outcome(_)) {
            thread::sleep(GATHER);
        }
        let mut next = Some(first);
        while let Some(message) = next {
            match message {
                Message::Outcome(outcome) => batch.push(*outcome),
                Message::Flush(sender) => waiting.push(sender),
            }
            next = if batch.len() < MOST { receiver.try_recv().ok() } else { None };
        }
        journal.record(&batch)?;
        batch.clear();
        for sender in waiting.drain(..) {
            // Whoever asked may have gone away.
            let _ = sender.send(());
        }
    }
    Ok(())
}

fn signed(n: u64) -> i64 {
    i64::from_ne_bytes(n.to_ne_bytes())
}

fn unsigned(n: i64) -> u64 {
    u64::from_ne_bytes(n.to_ne_bytes())
}

fn insert(connection: &Connection, outcome: &Outcome) -> rusqlite::Result<()> {
    let d = &outcome.done;
    let arrived = d.arrived.as_ref();
    let sums = arrived.and_then(|a| a.sums);
    let mut statement = connection.prepare_cached(
        "INSERT OR REPLACE INTO outcome VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)",
    )?;
    statement.execute(params![
        outcome.shard,
        int(outcome.seq),
        d.fate.word(),
        d.sums.map(|s| signed(s.crc64)),
        d.sums.map(|s| s.blake3),
        d.properties.map(|p| p.0),
        arrived.and_then(|a| a.etag.as_ref()).map(ETag::as_str),
        arrived.and_then(|a| a.version.as_ref()).map(version_text),
        arrived.map(|a| int(a.size)),
        sums.map(|s| signed(s.crc64)),
        sums.map(|s| s.blake3),
        d.read.word(),
        d.wrote.word(),
        d.at.and_then(|t| i64::try_from(t.as_nanosecond()).ok()),
        d.note,
    ])?;
    if outcome.done.fate != Fate::Failed {
        let mut statement = connection.prepare_cached("DELETE FROM upload WHERE shard = ?1 AND seq = ?2")?;
        if statement.execute(params![outcome.shard, int(outcome.seq)])? > 0 {
            connection
                .execute("DELETE FROM part WHERE shard = ?1 AND seq = ?2", params![outcome.shard, int(outcome.seq)])?;
        }
    }
    Ok(())
}

fn sums(crc64: Option<i64>, blake3: Option<[u8; 32]>) -> Option<Sums> {
    crc64.zip(blake3).map(|(crc64, blake3)| Sums { crc64: unsigned(crc64), blake3 })
}

fn read(record: &Record<'_>) -> rusqlite::Result<(u64, Done)> {
    let seq: i64 = record.get(0)?;
    let word = |at: usize| -> rusqlite::Result<String> { record.get(at) };
    let version: Option<String> = record.get(6)?;
    let target_size: Option<i64> = record.get(7)?;
    let etag: Option<String> = record.get(5)?;
    let target_sums = sums(record.get(8)?, record.get(9)?);
    let arrived = target_size.map(|size| Arrived {
        etag: etag.map(|e| ETag::new(&e)),
        version: version.and_then(|v| version_of(&v).ok()),
        size: u64::try_from(size).unwrap_or(0),
        sums: target_sums,
    });
    let at: Option<i64> = record.get(12)?;
    let done = Done {
        fate: Fate::of_word(&word(1)?).unwrap_or(Fate::Failed),
        sums: sums(record.get(2)?, record.get(3)?),
        properties: record.get::<_, Option<[u8; 32]>>(4)?.map(Digest),
        arrived,
        read: Witness::of_word(&word(10)?).unwrap_or_default(),
        wrote: Witness::of_word(&word(11)?).unwrap_or_default(),
        at: at.and_then(|n| Timestamp::from_nanosecond(n.into()).ok()),
        note: record.get(13)?,
    };
    Ok((u64::try_from(seq).unwrap_or(0), done))
}

const COLUMNS: &str = "seq, fate, crc64, blake3, properties, target_etag, target_version, target_size, target_crc64, target_blake3, read, wrote, at, note";

impl Journal {
    /// Writes outcomes in one transaction.
    pub fn record(&self, outcomes: &[Outcome]) -> Result<(), JournalError> {
        let mut connection = self.lock();
        let mut write = || {
            let deal = connection.transaction()?;
            for outcome in outcomes {
                insert(&deal, outcome)?;
            }
            deal.commit()
        };
        write().map_err(self.wrong("cannot be written"))
    }

    /// Outcomes of a shard from a row on, in order, at most `most`.
    pub fn outcomes(&self, shard: i64, from: u64, most: u32) -> Result<Vec<(u64, Done)>, JournalError> {
        let connection = self.lock();
        let query = || {
            let sql = format!("SELECT {COLUMNS} FROM outcome WHERE shard = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3");
            let mut query = connection.prepare_cached(&sql)?;
            query.query_map(params![shard, int(from), most], read)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        query().map_err(self.wrong("cannot be read"))
    }

    /// How many rows of a shard have each fate.
    pub fn fates(&self, shard: i64) -> Result<std::collections::BTreeMap<Fate, u64>, JournalError> {
        let connection = self.lock();
        let query = || {
            let mut query =
                connection.prepare_cached("SELECT fate, count(*) FROM outcome WHERE shard = ?1 GROUP BY fate")?;
            let rows = query.query_map([shard], |r| Ok((r.get::<_, String>(0)?, r.get::<_, i64>(1)?)))?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let found = query().map_err(self.wrong("cannot be read"))?;
        let named = found
            .into_iter()
            .filter_map(|(word, n): (String, i64)| Some((Fate::of_word(&word)?, u64::try_from(n).ok()?)));
        Ok(named.collect())
    }

    /// Forgets failures of a shard, so that they are tried again.
    pub fn forget_failures(&self, shard: i64) -> Result<u64, JournalError> {
        let done = self.lock().execute("DELETE FROM outcome WHERE shard = ?1 AND fate = 'failed'", [shard]);
        done.map(|n| n as u64).map_err(self.wrong("cannot be written"))
    }
}
