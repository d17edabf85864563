//! Verifying: the target asked again, after everything was written, object by object.
//!
//! | Mode | What is asked | What it shows |
//! |---|---|---|
//! | `server` | the target's own checksum of each object | the target has what was written, by its own word |
//! | `full` | every byte | the target gives back what was read at the source |
//! | `sample` | every byte of some objects, drawn by a seed | the same, with a stated confidence |
//!
//! What it deliberately does not do: repair. What is damaged is named and becomes work; the next copy writes it again.

mod draw;

use std::{
    collections::{BTreeSet, VecDeque},
    sync::{Arc, atomic::Ordering},
};

use flagstate_objects::{Algorithm, At, Checksum, Get, ReadError, Scope};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

pub use draw::{Sample, draw};

use crate::{
    ends::Work,
    folder::Folder,
    hash::Whole,
    inventory::fresh_name,
    journal::{Journal, JournalError, Shard, Stock},
    row::{Done, Fate, Row},
    table::{Rows, Writer},
    trouble::{Trouble, sentence},
};

/// How it is verified.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "mode")]
pub enum Mode {
    /// The target's own checksums.
    Server,
    /// Every byte.
    Full,
    /// Every byte of some objects.
    Sample(Sample),
}

/// What verifying found.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Verified {
    /// How.
    #[serde(flatten)]
    pub mode: Mode,
    /// From when.
    pub from: Timestamp,
    /// To when.
    pub to: Timestamp,
    /// Objects that hold.
    pub good: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects for which the target says no checksum (mode `server`).
    pub silent: u64,
    /// Objects that do not hold.
    pub damaged: u64,
    /// The first of them, with what is wrong.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

/// Examples kept.
const EXAMPLES: usize = 20;

enum Found {
    Good,
    Silent,
    Damaged(String),
}

/// Verifies everything that was moved. What is damaged becomes work of its shard.
pub async fn run(
    work: &Arc<Work>,
    folder: &Folder,
    journal: &Arc<Journal>,
    mode: Mode,
    lanes: usize,
) -> Result<Verified, Trouble> {
    let mut verified = Verified {
        mode,
        from: work.now(),
        to: work.now(),
        good: 0,
        bytes: 0,
        silent: 0,
        damaged: 0,
        examples: Vec::new(),
    };
    let shards: Vec<Shard> = journal.shards()?.into_iter().filter(|s| s.stock.is_some() && s.work.is_none()).collect();
    let total: u64 = shards.iter().filter_map(|s| s.stock.as_ref()).map(|s| s.rows).sum();
    let mut chosen: VecDeque<u64> = match mode {
        Mode::Sample(sample) => draw(sample, total).into(),
        Mode::Server | Mode::Full => VecDeque::new(),
    };
    let sampled = matches!(mode, Mode::Sample(_));
    let planned = match mode {
        Mode::Full => shards.iter().filter_map(|s| s.stock.as_ref()).map(|s| s.bytes).sum(),
        Mode::Server | Mode::Sample(_) => 0,
    };
    work.meter.reset(if sampled { chosen.len() as u64 } else { total }, planned);
    let mut index = 0;
    for shard in shards {
        let Some(stock) = &shard.stock else { continue };
        let last = index + stock.rows;
        if sampled && chosen.front().is_none_or(|c| *c >= last) {
            index = last;
            continue;
        }
        let rows = Rows::open(&folder.rows(&stock.name))?;
        let mut these = BTreeSet::new();
        while chosen.front().is_some_and(|c| *c < last) {
            these.extend(chosen.pop_front().map(|c| c - index));
        }
        let wanted = (!these.is_empty() || sampled).then_some(these);
        let damaged = one(work, rows, wanted, (mode, lanes), &mut verified).await?;
        repair(folder, journal, &shard, damaged)?;
        index = last;
    }
    verified.to = work.now();
    remember(journal, &verified)?;
    Ok(verified)
}

/// Verifies the rows of one shard; hands back those that do not hold, in order.
async fn one(
    work: &Arc<Work>,
    rows: Rows,
    wanted: Option<BTreeSet<u64>>,
    (mode, lanes): (Mode, usize),
    verified: &mut Verified,
) -> Result<Vec<Row>, Trouble> {
    let mut damaged = Vec::new();
    let mut flying: JoinSet<(Row, Result<Found, Trouble>)> = JoinSet::new();
    let mut rows = (0_u64..).zip(rows);
    let mut trouble = None;
    loop {
        while trouble.is_none() && flying.len() < lanes.max(1) {
            if work.meter.stopped() {
                trouble = Some(Trouble::Stopped);
                break;
            }
            let Some((at, row)) = rows.next() else { break };
            let row = row?;
            if row.fate().is_none_or(|f| !f.is_there()) || wanted.as_ref().is_some_and(|w| !w.contains(&at)) {
                continue;
            }
            let work = Arc::clone(work);
            flying.spawn(async move {
                let found = check(&work, &row, mode).await;
                (row, found)
            });
        }
        let Some(done) = flying.join_next().await else { break };
        let Ok((row, found)) = done else {
            trouble = trouble.or(Some(Trouble::Fault));
            continue;
        };
        work.meter.objects.fetch_add(1, Ordering::Relaxed);
        match found {
            Ok(Found::Good) => {
                verified.good += 1;
                verified.bytes = verified.bytes.saturating_add(row.entry.size);
            }
            Ok(Found::Silent) => verified.silent += 1,
            Ok(Found::Damaged(why)) => {
                verified.damaged += 1;
                if verified.examples.len() < EXAMPLES {
                    verified.examples.push(format!("{}: {why}", row.key()));
                }
                damaged.push(row);
            }
            Err(e) => trouble = trouble.or(Some(e)),
        }
    }
    match trouble {
        Some(trouble) => Err(trouble),
        None => {
            damaged.sort_by(Row::order);
            Ok(damaged)
        }
    }
}

/// Checks one object at the target.
async fn check(work: &Work, row: &Row, mode: Mode) -> Result<Found, Trouble> {
    let target = &work.ends.target.store;
    let key = work.ends.target_key(row.key());
    let Some(done) = &row.done else { return Ok(Found::Good) };
    let Some((arrived, sums)) = done.arrived.as_ref().and_then(|a| Some((a, a.sums.or(done.sums)?))) else {
        return Ok(Found::Good);
    };
    // What a reader gets is what counts, unless each version was moved.
    let version = arrived.version.as_ref().filter(|_| work.ends.versions);
    let at = At { key: &key, version, if_match: None };
    let missing = || Ok(Found::Damaged("it is not at the target".to_owned()));
    if mode == Mode::Server {
        let entry = match work.retry.run(|_| target.head(at)).await {
            Ok(entry) => entry,
            Err(ReadError::NotFound { .. }) => return missing(),
            Err(e) => return Err(e.into()),
        };
        if entry.size != arrived.size {
            return Ok(Found::Damaged(format!("it has {} bytes instead of {}", entry.size, arrived.size)));
        }
        let full = |c: &&Checksum| c.algorithm == Algorithm::Crc64Nvme && c.scope == Scope::Full;
        let said = entry.details.as_ref().and_then(|d| d.checksums.iter().find(full)).and_then(Checksum::as_crc64);
        return Ok(match said {
            None => Found::Silent,
            Some(crc) if crc == sums.crc64 => Found::Good,
            Some(crc) => {
                let what =
                    format!("the target says {} instead of {}", Checksum::crc64(crc), Checksum::crc64(sums.crc64));
                Found::Damaged(what)
            }
        });
    }
    let read = work.retry.run(async |_| {
        let mut got = target.get(at, Get { range: None, checksum: true }).await?;
        let mut whole = Whole::new(false);
        while let Some(piece) = got.body.next().await {
            let piece = piece?;
            work.meter.passed.fetch_add(piece.len() as u64, Ordering::Relaxed);
            whole.update(&piece);
        }
        Ok::<_, ReadError>((whole.len(), whole.finish().0))
    });
    match read.await {
        Ok((len, found)) if len == arrived.size && found == sums => Ok(Found::Good),
        Ok((len, _)) if len != arrived.size => {
            Ok(Found::Damaged(format!("it has {len} bytes instead of {}", arrived.size)))
        }
        Ok(_) => Ok(Found::Damaged("its bytes are not those that were written".to_owned())),
        Err(ReadError::NotFound { .. }) => missing(),
        Err(e @ (ReadError::Damaged { .. } | ReadError::Truncated { .. })) => Ok(Found::Damaged(sentence(&e))),
        Err(e) => Err(e.into()),
    }
}

/// Makes damaged rows the work of their shard.
fn repair(folder: &Folder, journal: &Journal, shard: &Shard, damaged: Vec<Row>) -> Result<(), Trouble> {
    if damaged.is_empty() {
        return Ok(());
    }
    let mut writer = Writer::create(&folder.rows(&fresh_name("damaged", shard.listed)))?;
    for row in damaged {
        let done = row.done.map(|d| Done { fate: Fate::Damaged, ..d });
        writer.push(Row { done, ..row })?;
    }
    journal.relisted(shard.id, Some(&Stock::of(&writer.finish()?)), shard.listed)?;
    Ok(())
}

const NAME: &str = "verified";

/// Keeps what was found, for the certificate.
fn remember(journal: &Journal, verified: &Verified) -> Result<(), JournalError> {
    let mut all = remembered(journal)?;
    all.push(verified.clone());
    journal.set(NAME, &serde_json::to_string(&all).unwrap_or_default())
}

/// All that was verified so far.
pub fn remembered(journal: &Journal) -> Result<Vec<Verified>, JournalError> {
    Ok(journal.get(NAME)?.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default())
}

#[cfg(test)]
mod tests;
