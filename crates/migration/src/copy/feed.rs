//! Handing out work in the order of keys: all states of one key together, nothing that has its outcome already.

use std::{collections::VecDeque, iter::Peekable};

use super::object::Item;
use crate::{
    ends::Ends,
    folder::Folder,
    journal::{Journal, Shard},
    row::{Done, Row},
    table::{Rows, TableError},
    trouble::Trouble,
};

/// Rows that are marked as handed out at once.
const AHEAD: u64 = 1024;
/// Outcomes read at once.
const PAGE: u32 = 2048;

/// All states of one key that are still to be moved.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) shard: i64,
    pub(super) items: Vec<Item>,
}

/// What comes next.
#[derive(Debug)]
pub(super) enum Next {
    Job(Job),
    /// Everything of this shard was handed out.
    End(i64),
    Nothing,
}

/// Hands out work.
#[derive(Debug)]
pub(super) struct Feeder<'a> {
    folder: &'a Folder,
    journal: &'a Journal,
    ends: &'a Ends,
    shards: VecDeque<Shard>,
    now: Option<Current>,
}

#[derive(Debug)]
struct Current {
    shard: Shard,
    rows: Peekable<Rows>,
    seq: u64,
    handed: u64,
    done: VecDeque<(u64, Done)>,
    /// Outcomes below this number were read.
    read: u64,
    over: bool,
}

impl<'a> Feeder<'a> {
    pub(super) fn new(folder: &'a Folder, journal: &'a Journal, ends: &'a Ends, shards: Vec<Shard>) -> Self {
        Self { folder, journal, ends, shards: shards.into(), now: None }
    }

    pub(super) fn next(&mut self) -> Result<Next, Trouble> {
        loop {
            if self.now.is_none() {
                let Some(shard) = self.shards.pop_front() else { return Ok(Next::Nothing) };
                let Some(work) = &shard.work else { continue };
                let rows = Rows::open(&self.folder.rows(&work.name))?.peekable();
                let handed = shard.handed;
                self.now = Some(Current { shard, rows, seq: 0, handed, done: VecDeque::new(), read: 0, over: false });
            }
            let Some(now) = &mut self.now else { return Ok(Next::Nothing) };
            match now.job(self.journal, self.ends)? {
                Some(job) if job.items.is_empty() => {}
                Some(job) => return Ok(Next::Job(job)),
                None => {
                    let id = now.shard.id;
                    self.now = None;
                    return Ok(Next::End(id));
                }
            }
        }
    }
}

impl Current {
    /// The next key's states; an empty job where all have their outcomes.
    fn job(&mut self, journal: &Journal, ends: &Ends) -> Result<Option<Job>, Trouble> {
        let mut items: Vec<Item> = Vec::new();
        let mut first: Option<Row> = None;
        loop {
            match (self.rows.peek(), &first) {
                (None, _) => break,
                (Some(Ok(row)), Some(f)) if row.key() != f.key() => break,
                _ => {}
            }
            let row = self.rows.next().transpose()?.ok_or_else(|| Trouble::Table(gone()))?;
            let seq = self.seq;
            self.seq += 1;
            if first.is_none() {
                first = Some(row.clone());
            }
            if self.has_outcome(journal, seq)? {
                continue;
            }
            let key = ends.target_key(row.key());
            // Earlier states of the key were written by this move, in this run or before.
            let over = ends.versions && (row.rank > 0);
            items.push(Item { shard: self.shard.id, seq, row, key, fresh: seq >= self.shard.handed, over });
        }
        if first.is_none() {
            return Ok(None);
        }
        if self.seq > self.handed && !items.is_empty() {
            self.handed = self.seq + AHEAD;
            journal.hand_out(self.shard.id, self.handed)?;
        }
        Ok(Some(Job { shard: self.shard.id, items }))
    }

    fn has_outcome(&mut self, journal: &Journal, seq: u64) -> Result<bool, Trouble> {
        while self.done.front().is_some_and(|(s, _)| *s < seq) {
            self.done.pop_front();
        }
        if self.done.is_empty() && !self.over && self.read <= seq {
            self.done = journal.outcomes(self.shard.id, seq, PAGE)?.into();
            match self.done.back() {
                Some((last, _)) => self.read = last + 1,
                None => self.over = true,
            }
        }
        Ok(self.done.front().is_some_and(|(s, _)| *s == seq))
    }
}

fn gone() -> TableError {
    let what = "rows went away while they were read".to_owned();
    TableError::Content { path: std::path::PathBuf::new(), what }
}
