//! Settling a shard: what was moved and what the manifest had before become the new manifest.

use std::iter::Peekable;

use flagstate_objects::Key;

use crate::{
    folder::Folder,
    inventory::{ShardSize, fresh_name},
    journal::{Journal, JournalError, Shard, Stock},
    row::{Done, Fate, Row},
    table::{Rows, TableError, Writer},
    trouble::Trouble,
};

/// Outcomes read at once.
const PAGE: u32 = 4096;

/// Whether a shard was settled.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Settled {
    Yes,
    /// Rows failed or have no outcome yet.
    NotYet,
}

/// The work of a shard with its outcomes, in order.
struct Outcomes<'a> {
    journal: &'a Journal,
    shard: i64,
    rows: Rows,
    seq: u64,
    page: std::vec::IntoIter<(u64, Done)>,
}

impl Iterator for Outcomes<'_> {
    type Item = Result<Row, Trouble>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = match self.rows.next()? {
            Ok(row) => row,
            Err(e) => return Some(Err(e.into())),
        };
        let seq = self.seq;
        self.seq += 1;
        let next = match self.page.next() {
            Some(next) => Some(next),
            None => match self.journal.outcomes(self.shard, seq, PAGE) {
                Ok(page) => {
                    self.page = page.into_iter();
                    self.page.next()
                }
                Err(e) => return Some(Err(e.into())),
            },
        };
        match next {
            Some((s, done)) if s == seq => Some(Ok(Row { done: Some(done), ..row })),
            _ => Some(Err(Trouble::Fault)),
        }
    }
}

/// Settles one shard, if nothing of it is open.
pub(super) fn settle(
    folder: &Folder,
    journal: &Journal,
    id: i64,
    size: ShardSize,
    failed_too: bool,
) -> Result<Settled, Trouble> {
    let Some(shard) = journal.shard(id)? else { return Ok(Settled::Yes) };
    let Some(work) = &shard.work else { return Ok(Settled::Yes) };
    let fates = journal.fates(id)?;
    let failed = fates.get(&Fate::Failed).copied().unwrap_or(0);
    if fates.values().sum::<u64>() < work.rows || (failed > 0 && !failed_too) {
        return Ok(Settled::NotYet);
    }
    let rows = Rows::open(&folder.rows(&work.name))?;
    let outcomes = Outcomes { journal, shard: id, rows, seq: 0, page: Vec::new().into_iter() };
    let stocks = merge(folder, &shard, outcomes, size)?;
    replace(folder, journal, &shard, &stocks)?;
    Ok(Settled::Yes)
}

/// A shard's new manifests take the place of its list and of the manifest before.
pub(crate) fn replace(
    folder: &Folder,
    journal: &Journal,
    shard: &Shard,
    stocks: &[(Stock, Option<Key>)],
) -> Result<(), JournalError> {
    journal.settled(shard.id, stocks)?;
    // The journal names the new files now; the old ones can go.
    for old in [&shard.stock, &shard.work].into_iter().flatten() {
        let _ = std::fs::remove_file(folder.rows(&old.name));
    }
    Ok(())
}

/// Writes what was moved over what the manifest had, in order, in files that are not too large.
fn merge(
    folder: &Folder,
    shard: &Shard,
    outcomes: impl Iterator<Item = Result<Row, Trouble>>,
    size: ShardSize,
) -> Result<Vec<(Stock, Option<Key>)>, Trouble> {
    let before: Box<dyn Iterator<Item = Result<Row, TableError>>> = match &shard.stock {
        Some(stock) => Box::new(Rows::open(&folder.rows(&stock.name))?),
        None => Box::new(std::iter::empty()),
    };
    let (mut old, mut new) = (before.peekable(), outcomes.peekable());
    let mut out = Out { folder, pass: shard.listed, size, writer: None, stocks: Vec::new() };
    while let Some(row) = later(&mut old, &mut new)? {
        out.push(row)?;
    }
    out.finish()
}

/// The next row of both; a new row takes the place of the old one.
fn later(
    old: &mut Peekable<impl Iterator<Item = Result<Row, TableError>>>,
    new: &mut Peekable<impl Iterator<Item = Result<Row, Trouble>>>,
) -> Result<Option<Row>, Trouble> {
    let order = match (old.peek(), new.peek()) {
        (Some(Ok(a)), Some(Ok(b))) => a.order(b),
        (None, _) | (_, Some(Err(_))) => std::cmp::Ordering::Greater,
        (_, None) | (Some(Err(_)), _) => std::cmp::Ordering::Less,
    };
    if order.is_lt() {
        return Ok(old.next().transpose()?);
    }
    if order.is_eq() {
        old.next().transpose()?;
    }
    new.next().transpose()
}

struct Out<'a> {
    folder: &'a Folder,
    pass: u64,
    size: ShardSize,
    writer: Option<Writer>,
    stocks: Vec<(Stock, Option<Key>)>,
}

impl Out<'_> {
    fn push(&mut self, row: Row) -> Result<(), TableError> {
        // Twice the size of a fresh shard before it is cut, and never inside a key.
        let full = self.writer.as_ref().is_some_and(|w| {
            w.rows() >= self.size.rows.saturating_mul(2) && w.last().is_some_and(|l| l.key() != row.key())
        });
        if full {
            self.close()?;
        }
        let writer = match &mut self.writer {
            Some(writer) => writer,
            None => {
                let path = self.folder.rows(&fresh_name("moved", self.pass));
                self.writer.insert(Writer::create(&path)?)
            }
        };
        writer.push(row)
    }

    fn close(&mut self) -> Result<(), TableError> {
        if let Some(writer) = self.writer.take() {
            let last = writer.last().map(|r| r.key().clone());
            self.stocks.push((Stock::of(&writer.finish()?), last));
        }
        Ok(())
    }

    fn finish(mut self) -> Result<Vec<(Stock, Option<Key>)>, Trouble> {
        if self.writer.is_none() && self.stocks.is_empty() {
            let path = self.folder.rows(&fresh_name("moved", self.pass));
            self.writer = Some(Writer::create(&path)?);
        }
        self.close()?;
        Ok(self.stocks)
    }
}

/// Settles every shard that can be; says how many could not.
pub fn settle_all(folder: &Folder, journal: &Journal, size: ShardSize, failed_too: bool) -> Result<u64, Trouble> {
    let mut open = 0;
    for shard in journal.shards()? {
        if shard.work.is_some() && settle(folder, journal, shard.id, size, failed_too)? == Settled::NotYet {
            open += 1;
        }
    }
    Ok(open)
}
