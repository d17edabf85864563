//! Merging observations into resources. Commutative and associative: the order of files and rows never shows.
//!
//! Every field keeps the value of the best rank; within a rank the smallest value wins and the difference is kept as
//! a contradiction. Observations that share any identity key are one resource.

mod merge;
mod record;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;

use self::{
    merge::Merge,
    record::{Pool, Record, Text},
};
use crate::resource::{Estate, InputLedger, Observation, Rank};

/// "None" in lists of positions.
const NONE: u32 = u32::MAX;

/// An opened input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InputRef(u32);

/// Collects observations.
#[derive(Debug, Default)]
pub struct EstateBuilder {
    inputs: Vec<InputLedger>,
    keys: Pool,
    texts: Pool,
    /// Observations merged per first key and input: the memory is bounded by resources, not by rows.
    records: Vec<Record>,
    /// Input and first key -> place in `records`.
    places: FxHashMap<(u32, Text), u32>,
}

impl EstateBuilder {
    /// An empty builder.
    pub fn new() -> Self {
        Self::default()
    }

    /// Announces an input.
    pub fn open_input(&mut self, name: &str, format: &str, rank: Rank) -> InputRef {
        let index = u32::try_from(self.inputs.len()).unwrap_or(u32::MAX);
        self.inputs.push(InputLedger {
            name: name.to_owned(),
            format: format.to_owned(),
            rank,
            rows: 0,
            resources: 0,
            merged: 0,
            ignored: BTreeMap::new(),
            unknown: 0,
            notes: BTreeSet::new(),
        });
        InputRef(index)
    }

    /// Records rows that say nothing about a resource.
    pub fn ignore(&mut self, input: InputRef, reason: &str, rows: u64) {
        if let Some(ledger) = self.ledger(input) {
            ledger.rows += rows;
            *ledger.ignored.entry(reason.to_owned()).or_default() += rows;
        }
    }

    /// Adds a remark about an input.
    pub fn note(&mut self, input: InputRef, text: impl Into<String>) {
        if let Some(ledger) = self.ledger(input) {
            ledger.notes.insert(text.into());
        }
    }

    /// Records what an input says about a resource. An observation without keys is ignored with a reason.
    pub fn observe(&mut self, input: InputRef, observation: impl Into<Box<Observation>>) {
        let observation = observation.into();
        let rows = observation.rows.max(1);
        if observation.keys.is_empty() {
            self.ignore(input, "row names no resource", rows);
            return;
        }
        if let Some(ledger) = self.ledger(input) {
            ledger.rows += rows;
        }
        let record = Record::new(input.0, *observation, rows, &mut self.keys, &mut self.texts);
        self.enter(record);
    }

    /// Takes in what another builder collected; all of it counts as seen in `input`. For threads that share one input.
    pub fn absorb(&mut self, input: InputRef, other: Self) {
        if let Some(ledger) = self.ledger(input) {
            for theirs in other.inputs {
                ledger.rows += theirs.rows;
                ledger.notes.extend(theirs.notes);
                for (reason, rows) in theirs.ignored {
                    *ledger.ignored.entry(reason).or_default() += rows;
                }
            }
        }
        let (keys, texts) = (other.keys.into(&mut self.keys), other.texts.into(&mut self.texts));
        for mut record in other.records {
            record.input = input.0;
            record.renumber(&keys, &texts);
            self.enter(record);
        }
    }

    /// Keeps a record, or merges it into the one of the same input and first key.
    fn enter(&mut self, record: Record) {
        let Some(first) = record.keys.first() else { return };
        let place = (record.input, *first);
        match self.places.get(&place).and_then(|at| self.records.get_mut(*at as usize)) {
            Some(old) => old.merge(record, &self.texts),
            None => {
                self.places.insert(place, position(self.records.len()));
                self.records.push(record);
            }
        }
    }

    /// How many inputs were opened so far.
    pub fn opened(&self) -> usize {
        self.inputs.len()
    }

    /// Forgets every input opened after the first `keep`: an input that fails midway must leave nothing behind.
    pub fn forget_after(&mut self, keep: usize) {
        if self.inputs.len() > keep {
            self.inputs.truncate(keep);
            self.records.retain(|r| (r.input as usize) < keep);
            let first = |r: &Record| r.keys.first().map(|key| (r.input, *key));
            self.places =
                self.records.iter().enumerate().filter_map(|(at, r)| Some((first(r)?, position(at)))).collect();
        }
    }

    fn ledger(&mut self, input: InputRef) -> Option<&mut InputLedger> {
        self.inputs.get_mut(input.0 as usize)
    }

    /// Merges everything.
    pub fn finish(mut self) -> Estate {
        let order = self.order_inputs();
        self.places = FxHashMap::default();
        self.keys.close();
        self.texts.close();
        for record in &mut self.records {
            record.input = order.get(record.input as usize).copied().unwrap_or(record.input);
        }
        let things = Things::new(&self.records, &self.keys);
        let mut estate = Estate { inputs: self.inputs, ..Estate::default() };
        estate.resources.reserve_exact(things.in_order.len());
        let mut records: Vec<Option<Record>> = self.records.into_iter().map(Some).collect();
        let mut owned = Vec::new();
        for (first, id) in &things.in_order {
            owned.clear();
            owned.extend(things.members(*first).filter_map(|at| records.get_mut(at).and_then(Option::take)));
            let mut parts: Vec<&mut Record> = owned.iter_mut().collect();
            let merge = Merge { inputs: &estate.inputs, texts: &self.texts };
            let resource = merge.resource(self.keys.name(*id), &mut parts);
            account(&mut estate.inputs, &parts, !resource.unknown.is_empty());
            if resource.inputs.len() > 1 {
                estate.in_several_inputs += 1;
            }
            estate.resources.push(resource);
        }
        estate
    }

    /// Sorts inputs by name; returns old index -> new index.
    fn order_inputs(&mut self) -> Vec<u32> {
        let mut index: Vec<usize> = (0..self.inputs.len()).collect();
        index.sort_by(|a, b| {
            let key = |i: usize| self.inputs.get(i).map(|l| (l.name.clone(), l.format.clone()));
            key(*a).cmp(&key(*b))
        });
        let mut order = vec![0; index.len()];
        for (new, old) in index.iter().enumerate() {
            if let Some(slot) = order.get_mut(*old) {
                *slot = u32::try_from(new).unwrap_or(u32::MAX);
            }
        }
        self.inputs.sort_by(|a, b| (&a.name, &a.format).cmp(&(&b.name, &b.format)));
        order
    }
}

/// Per input: the first observation of a resource counts as resource, further rows as merged, all of an unknown as unknown.
fn account(inputs: &mut [InputLedger], parts: &[&mut Record], unknown: bool) {
    let mut rows: BTreeMap<u32, u64> = BTreeMap::new();
    for record in parts {
        *rows.entry(record.input).or_default() += record.rows;
    }
    for (input, rows) in rows {
        if let Some(ledger) = inputs.get_mut(input as usize) {
            if unknown {
                ledger.unknown += rows;
            } else {
                ledger.resources += 1;
                ledger.merged += rows - 1;
            }
        }
    }
}

fn position(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}

/// Which records are about one thing: union-find over shared keys.
struct Things {
    /// First record and smallest key of each thing, in the order of keys.
    in_order: Vec<(u32, Text)>,
    /// The next record of the same thing.
    next: Vec<u32>,
}

impl Things {
    fn new(records: &[Record], keys: &Pool) -> Self {
        let mut parent: Vec<u32> = (0..position(records.len())).collect();
        let mut owner: Vec<u32> = vec![NONE; keys.len()];
        for (at, record) in (0_u32..).zip(records) {
            for key in &record.keys {
                match owner.get_mut(key.index()) {
                    Some(slot) if *slot == NONE => *slot = at,
                    Some(other) => union(&mut parent, *other, at),
                    None => {}
                }
            }
        }
        let mut next = vec![NONE; records.len()];
        let mut smallest: Vec<Option<Text>> = vec![None; records.len()];
        for (at, record) in (0_u32..).zip(records) {
            let root = find(&mut parent, at);
            let own = record.keys.iter().copied().min_by(|a, b| keys.cmp(*a, *b));
            if let Some(slot) = smallest.get_mut(root as usize) {
                *slot = [*slot, own].into_iter().flatten().min_by(|a, b| keys.cmp(*a, *b));
            }
            // The root is the first of its thing; the others are linked in behind it.
            if root != at {
                let head = next.get(root as usize).copied().unwrap_or(NONE);
                if let Some(slot) = next.get_mut(at as usize) {
                    *slot = head;
                }
                if let Some(slot) = next.get_mut(root as usize) {
                    *slot = at;
                }
            }
        }
        let mut in_order: Vec<(u32, Text)> = (0_u32..)
            .zip(&smallest)
            .filter(|(at, _)| parent.get(*at as usize) == Some(at))
            .filter_map(|(at, key)| Some((at, (*key)?)))
            .collect();
        in_order.sort_unstable_by(|a, b| keys.cmp(a.1, b.1));
        Self { in_order, next }
    }

    /// The records of a thing.
    fn members(&self, first: u32) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(first), |at| self.next.get(*at as usize).copied().filter(|n| *n != NONE))
            .map(|at| at as usize)
    }
}

fn find(parent: &mut [u32], mut at: u32) -> u32 {
    while let Some(up) = parent.get(at as usize).copied() {
        if up == at {
            return at;
        }
        let grand = parent.get(up as usize).copied().unwrap_or(up);
        if let Some(slot) = parent.get_mut(at as usize) {
            *slot = grand;
        }
        at = grand;
    }
    at
}

fn union(parent: &mut [u32], a: u32, b: u32) {
    let (a, b) = (find(parent, a), find(parent, b));
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if let Some(slot) = parent.get_mut(high as usize) {
        *slot = low;
    }
}
