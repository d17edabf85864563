//! Three sorted lists side by side: the manifest, the source, the target.

use std::{collections::BTreeMap, iter::Peekable};

use flagstate_objects::{Entry, Key, Version};
use flagstate_tlog::{Hash, leaf_hash};

use super::leaves::Leaves;
use crate::{
    ends::Ends,
    row::{Arrived, Done, Fate, Row},
    table::TableError,
    tree,
    trouble::Trouble,
    walk::Walk,
};

type Before<'a> = Box<dyn Iterator<Item = Result<Row, TableError>> + Send + 'a>;

/// Walks over all three.
pub(crate) struct Compare<'a> {
    ends: &'a Ends,
    rows: Peekable<Before<'a>>,
    source: Walk<'a>,
    target: Option<Walk<'a>>,
    /// The next key of each walk.
    listed_now: Option<(Key, Vec<Entry>)>,
    there_now: Option<(Key, Vec<Entry>)>,
    started: bool,
    delete: bool,
    listed: u64,
    strangers: u64,
    leaves: Option<BothLeaves>,
}

/// Hashes of the records of what was listed, of this move's objects.
#[derive(Debug)]
pub(crate) struct BothLeaves {
    pub(crate) source: Leaves,
    pub(crate) target: Leaves,
}

impl<'a> Compare<'a> {
    pub(crate) fn new(
        ends: &'a Ends,
        rows: Before<'a>,
        source: Walk<'a>,
        target: Option<Walk<'a>>,
        delete: bool,
    ) -> Self {
        let rows = rows.peekable();
        Self {
            ends,
            rows,
            source,
            target,
            listed_now: None,
            there_now: None,
            started: false,
            delete,
            listed: 0,
            strangers: 0,
            leaves: None,
        }
    }

    /// Keeps the hashes of what is listed on both sides.
    pub(crate) fn with_leaves(self, leaves: Option<BothLeaves>) -> Self {
        Self { leaves, ..self }
    }

    /// The hashes that were kept.
    pub(crate) fn take_leaves(&mut self) -> Option<BothLeaves> {
        self.leaves.take()
    }

    /// Keys listed at the source.
    pub(crate) fn listed(&self) -> u64 {
        self.listed
    }

    /// Objects at the target that are not of this move.
    pub(crate) fn strangers(&self) -> u64 {
        self.strangers
    }

    /// What is to be done for the next key; nothing at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Vec<Row>>, Trouble> {
        if !self.started {
            self.started = true;
            self.step(true, true).await?;
        }
        let row = match self.rows.peek() {
            Some(Ok(row)) => Some(row.key().clone()),
            Some(Err(_)) => {
                self.rows.next().transpose()?;
                None
            }
            None => None,
        };
        let listed = self.listed_now.as_ref().map(|(k, _)| k);
        let there = self.there_now.as_ref().map(|(k, _)| k);
        let Some(key) = [row.as_ref(), listed, there].into_iter().flatten().min().cloned() else { return Ok(None) };
        let mut before = Vec::new();
        while matches!(self.rows.peek(), Some(Ok(r)) if *r.key() == key) {
            before.extend(self.rows.next().transpose()?);
        }
        let (at_source, at_target) = (listed == Some(&key), there == Some(&key));
        let entries = if at_source { self.listed_now.take().map(|(_, e)| e) } else { None };
        let present = if at_target { self.there_now.take().map(|(_, e)| e) } else { None };
        if at_source || at_target {
            self.step(at_source, at_target).await?;
        }
        let entries = entries.unwrap_or_default();
        if before.is_empty() && entries.is_empty() {
            self.strangers += 1;
            return Ok(Some(Vec::new()));
        }
        let present = self.target.is_some().then(|| present.unwrap_or_default());
        if let Some(leaves) = &mut self.leaves {
            // What stays behind by an accepted loss is no part of either side.
            let moves = |r: &&Row| matches!(r.fate(), Some(Fate::Moved | Fate::Marked));
            let ranks: Vec<u32> = before.iter().filter(moves).map(|r| r.rank).collect();
            let source = entries.iter().filter(|e| before.iter().any(|r| moves(&r) && r.entry.version == e.version));
            for (rank, entry) in ranks.iter().zip(source) {
                leaves.source.push(leaf(&key, *rank, entry))?;
            }
            for (rank, entry) in ranks.iter().zip(present.iter().flatten()) {
                leaves.target.push(leaf(&key, *rank, entry))?;
            }
        }
        let present = present.as_deref();
        if self.ends.versions {
            return Ok(Some(versions(before, entries, present, self.delete)));
        }
        if !self.ends.old_states {
            return Ok(Some(current(before, entries, present, self.delete)));
        }
        let (live, stay): (Vec<_>, Vec<_>) = self.ends.ranked(entries).into_iter().partition(|(rank, _)| *rank == 0);
        let (moved, left): (Vec<Row>, Vec<Row>) = before.into_iter().partition(|row| row.rank == 0);
        let live = live.into_iter().map(|(_, e)| e).collect();
        let mut work = current(moved, live, present, self.delete);
        work.extend(staying(&left, stay.into_iter().map(|(_, e)| e)));
        Ok(Some(work))
    }

    /// Fetches the next key of one walk or both. Pages are fetched side by side.
    async fn step(&mut self, source: bool, target: bool) -> Result<(), Trouble> {
        if let Some(walk) = &mut self.target
            && (self.source.is_dry() || walk.is_dry())
        {
            let (one, other) = tokio::join!(self.source.fill(), walk.fill());
            one?;
            other?;
        }
        if source {
            self.listed_now = self.next_listed().await?;
        }
        if target {
            self.there_now = self.next_there().await?;
        }
        Ok(())
    }

    async fn next_listed(&mut self) -> Result<Option<(Key, Vec<Entry>)>, Trouble> {
        while let Some(group) = self.source.next().await? {
            let Some(key) = group.first().map(|e| e.key.clone()) else { continue };
            self.listed += 1;
            if self.ends.selector.takes(&self.ends.source.prefix, &key) {
                return Ok(Some((key, group)));
            }
        }
        Ok(None)
    }

    async fn next_there(&mut self) -> Result<Option<(Key, Vec<Entry>)>, Trouble> {
        let Some(walk) = &mut self.target else { return Ok(None) };
        while let Some(group) = walk.next().await? {
            // By the source's name, so that all three lists have the same order.
            let key = group.first().and_then(|e| self.ends.source_key(&e.key));
            if let Some(key) = key {
                return Ok(Some((key, group)));
            }
        }
        Ok(None)
    }
}

/// The hash of an entry's record, under the source's name for it.
fn leaf(key: &Key, rank: u32, entry: &Entry) -> (Hash, u64) {
    let etag = entry.etag.as_ref().map(flagstate_objects::ETag::as_str);
    (leaf_hash(tree::listing(key, rank, entry.size, etag).as_bytes()), entry.size)
}

/// True when the target lists what was written; `None` where it was not listed.
fn stands(arrived: Option<&Arrived>, present: Option<&[Entry]>) -> bool {
    let (Some(arrived), Some(present)) = (arrived, present) else { return true };
    let same = |e: &Entry| {
        let state = arrived.etag.is_none() || e.etag.is_none() || e.etag == arrived.etag;
        let version = arrived.version.is_none() || e.version.is_none() || e.version == arrived.version;
        e.size == arrived.size && state && version
    };
    present.iter().any(same)
}

/// The work for one state, if there is any.
fn work_for(before: Option<Row>, entry: Entry, rank: u32, present: Option<&[Entry]>) -> Option<Row> {
    let Some(row) = before else { return Some(Row { entry, rank, done: None }) };
    let done = row.done.clone();
    let same = row.same_source(&entry);
    let fate = match row.fate() {
        Some(Fate::Moved) if same => {
            let arrived = done.as_ref().and_then(|d| d.arrived.as_ref());
            if stands(arrived, present) {
                return None;
            }
            Fate::Damaged
        }
        Some(Fate::Left | Fate::Refused | Fate::Marked) if same => return None,
        // A state of before that was not moved is new to the target.
        Some(Fate::Left | Fate::Refused | Fate::Failed | Fate::Deleted) | None => {
            return Some(Row { entry, rank: row.rank, done: None })
                .map(|r| Row { done: done.map(|d| Done { fate: Fate::Changed, arrived: None, ..d }), ..r });
        }
        Some(_) => Fate::Changed,
    };
    let done = done.map(|d| Done { fate, ..d }).map(|d| match present {
        // Nothing is there: the condition for writing is that, and not a state that is no more.
        Some([]) => Done { arrived: None, ..d },
        _ => d,
    });
    Some(Row { entry, rank: row.rank, done })
}

/// The work for a state that the source has no more.
fn gone(row: Row, delete: bool) -> Option<Row> {
    match row.fate() {
        Some(Fate::Deleted) => None,
        Some(Fate::Gone) if !delete => None,
        _ => {
            let done = row.done.map(|d| Done { fate: Fate::Gone, ..d });
            Some(Row { done, ..row })
        }
    }
}

/// One state per key.
fn current(before: Vec<Row>, entries: Vec<Entry>, present: Option<&[Entry]>, delete: bool) -> Vec<Row> {
    let mut work = Vec::new();
    let mut before = before.into_iter();
    let row = before.next();
    match entries.into_iter().next_back() {
        Some(entry) => work.extend(work_for(row, entry, 0, present)),
        None => work.extend(row.and_then(|r| gone(r, delete))),
    }
    work.extend(before.filter_map(|r| gone(r, delete)));
    work
}

/// States that stay behind, where they are not known yet. One that went away since stays in the manifest: it was there.
fn staying(left: &[Row], stay: impl Iterator<Item = Entry>) -> Vec<Row> {
    let next = left.iter().map(|r| r.rank + 1).max().unwrap_or(1);
    let same = |r: &Row, e: &Entry| r.entry.version == e.version && r.entry.kind == e.kind;
    let fresh = stay.filter(|e| !left.iter().any(|r| same(r, e)));
    let mut work: Vec<Row> = (next..).zip(fresh).map(|(rank, entry)| Row { entry, rank, done: None }).collect();
    // Nobody had accepted it then.
    let failed = left.iter().filter(|r| r.fate() == Some(Fate::Failed));
    work.extend(failed.map(|r| Row { done: None, ..r.clone() }));
    work.sort_by(Row::order);
    work
}

/// All states of a key, known by their versions.
fn versions(before: Vec<Row>, entries: Vec<Entry>, present: Option<&[Entry]>, delete: bool) -> Vec<Row> {
    let mut rank = before.iter().map(|r| r.rank + 1).max().unwrap_or(0);
    let name = |version: &Option<Version>| version.as_ref().map(ToString::to_string).unwrap_or_default();
    let mut known: BTreeMap<String, Row> = before.into_iter().map(|r| (name(&r.entry.version), r)).collect();
    let mut work = Vec::new();
    for entry in entries {
        match known.remove(&name(&entry.version)) {
            Some(row) => {
                let at = row.rank;
                work.extend(work_for(Some(row), entry, at, present));
            }
            None => {
                work.push(Row { entry, rank, done: None });
                rank += 1;
            }
        }
    }
    work.extend(known.into_values().filter_map(|r| gone(r, delete)));
    work.sort_by(Row::order);
    work
}
