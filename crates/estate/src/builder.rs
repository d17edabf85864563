//! Merging observations into resources. Commutative and associative: the order of files and rows never shows.
//!
//! Every field keeps the value of the best rank; within a rank the smallest value wins and the difference is kept as
//! a contradiction. Observations that share any identity key are one resource.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{Hash, Hasher},
};

use rustc_hash::{FxHashMap, FxHasher};

use crate::{
    resource::{Estate, InputLedger, Observation, Rank, Resource},
    tags::Tags,
};

/// An opened input.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub struct InputRef(u32);

/// Collects observations.
#[derive(Debug, Default)]
pub struct EstateBuilder {
    inputs: Vec<InputLedger>,
    /// Observations merged per first key and input: the memory is bounded by resources, not by rows. Boxed, so that
    /// they move cheaply and go one by one when the estate is made.
    seen: Vec<(u32, Box<Observation>)>,
    /// Hash of input and first key -> place in `seen`; a taken hash with another key goes to the next number.
    places: FxHashMap<u64, u32>,
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
        let mut observation = observation.into();
        let rows = observation.rows.max(1);
        let Some(first) = observation.keys.first() else {
            self.ignore(input, "row names no resource", rows);
            return;
        };
        let place = self.place(input.0, first);
        if let Some(ledger) = self.ledger(input) {
            ledger.rows += rows;
        }
        match place {
            Ok(at) => {
                if let Some((_, old)) = self.seen.get_mut(at) {
                    merge_same_input(old, *observation, rows);
                }
            }
            Err(hash) => {
                self.places.insert(hash, u32::try_from(self.seen.len()).unwrap_or(u32::MAX));
                observation.rows = rows;
                self.seen.push((input.0, observation));
            }
        }
    }

    /// Where an input's observation with this first key is, or the free hash for it.
    fn place(&self, input: u32, first: &str) -> Result<usize, u64> {
        let mut hasher = FxHasher::default();
        (input, first).hash(&mut hasher);
        let mut hash = hasher.finish();
        while let Some(at) = self.places.get(&hash) {
            let at = usize::try_from(*at).unwrap_or(usize::MAX);
            match self.seen.get(at) {
                Some((i, o)) if *i == input && o.keys.first().is_some_and(|k| k == first) => return Ok(at),
                _ => hash = hash.wrapping_add(1),
            }
        }
        Err(hash)
    }

    /// How many inputs were opened so far.
    pub fn opened(&self) -> usize {
        self.inputs.len()
    }

    /// Forgets every input opened after the first `keep`: an input that fails midway must leave nothing behind.
    pub fn forget_after(&mut self, keep: usize) {
        if self.inputs.len() > keep {
            self.inputs.truncate(keep);
            self.seen.retain(|(input, _)| usize::try_from(*input).is_ok_and(|i| i < keep));
            self.places.clear();
            for at in 0..self.seen.len() {
                let place =
                    self.seen.get(at).map(|(input, o)| self.place(*input, o.keys.first().map_or("", String::as_str)));
                if let (Some(Err(hash)), Ok(at)) = (place, u32::try_from(at)) {
                    self.places.insert(hash, at);
                }
            }
        }
    }

    fn ledger(&mut self, input: InputRef) -> Option<&mut InputLedger> {
        self.inputs.get_mut(usize::try_from(input.0).unwrap_or(usize::MAX))
    }

    /// Merges everything.
    pub fn finish(mut self) -> Estate {
        let order = self.order_inputs();
        self.places = FxHashMap::default();
        let mut all = std::mem::take(&mut self.seen);
        for (input, _) in &mut all {
            *input = order.get(*input as usize).copied().unwrap_or(*input);
        }
        all.sort_by(|a, b| (&a.1.keys, a.0).cmp(&(&b.1.keys, b.0)));
        let groups = groups(&all);
        let mut all: Vec<Option<(u32, Box<Observation>)>> = all.into_iter().map(Some).collect();
        let mut estate = Estate { inputs: self.inputs, ..Estate::default() };
        estate.resources.reserve_exact(groups.len());
        for members in groups {
            // Taken out, so that an observation's memory is free once its resource is made.
            let owned: Vec<(u32, Box<Observation>)> =
                members.iter().filter_map(|i| all.get_mut(*i).and_then(Option::take)).collect();
            let parts: Vec<&(u32, Box<Observation>)> = owned.iter().collect();
            let resource = merge(&parts, &estate.inputs);
            let unknown = !resource.unknown.is_empty();
            account(&mut estate.inputs, &parts, unknown);
            if resource.inputs.len() > 1 {
                estate.in_several_inputs += 1;
            }
            estate.resources.push(resource);
        }
        estate.resources.sort_by(|a, b| a.id.cmp(&b.id));
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
fn account(inputs: &mut [InputLedger], parts: &[&(u32, Box<Observation>)], unknown: bool) {
    let mut rows: BTreeMap<u32, u64> = BTreeMap::new();
    for (input, o) in parts {
        *rows.entry(*input).or_default() += o.rows;
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

/// Union-find over shared keys; groups in order of their smallest member.
fn groups(all: &[(u32, Box<Observation>)]) -> Vec<Vec<usize>> {
    let mut parent: Vec<usize> = (0..all.len()).collect();
    let mut by_key: FxHashMap<&str, usize> = FxHashMap::default();
    for (i, (_, o)) in all.iter().enumerate() {
        for key in &o.keys {
            match by_key.get(key.as_str()) {
                Some(other) => union(&mut parent, *other, i),
                None => {
                    by_key.insert(key, i);
                }
            }
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for i in 0..all.len() {
        let root = find(&mut parent, i);
        groups.entry(root).or_default().push(i);
    }
    groups.into_values().collect()
}

fn find(parent: &mut [usize], mut i: usize) -> usize {
    while let Some(p) = parent.get(i).copied() {
        if p == i {
            return i;
        }
        let grand = parent.get(p).copied().unwrap_or(p);
        if let Some(slot) = parent.get_mut(i) {
            *slot = grand;
        }
        i = grand;
    }
    i
}

fn union(parent: &mut [usize], a: usize, b: usize) {
    let (a, b) = (find(parent, a), find(parent, b));
    let (low, high) = if a < b { (a, b) } else { (b, a) };
    if let Some(slot) = parent.get_mut(high) {
        *slot = low;
    }
}

fn merge_same_input(old: &mut Observation, new: Observation, rows: u64) {
    old.rows += rows;
    for key in new.keys {
        if !old.keys.contains(&key) {
            old.keys.push(key);
        }
    }
    macro_rules! smaller {
        ($($field:ident),*) => { $( old.$field = smallest(old.$field.take(), new.$field); )* };
    }
    smaller!(
        name, provider, offering, region, service, resource_type, capability, account, group, namespace,
        contracting_entity, host_provider, custody, processing, data_kind
    );
    old.holds_data = match (old.holds_data, new.holds_data) {
        (Some(a), Some(b)) => Some(a || b),
        (a, b) => a.or(b),
    };
    merge_tags(&mut old.tags, &new.tags);
    old.safeguards.extend(new.safeguards);
    old.unknown.extend(new.unknown);
    old.cost.add_all(&new.cost);
}

/// The smaller value of each key; the set stays shared where nothing changes.
fn merge_tags(to: &mut Tags, from: &Tags) {
    if to.same(from) {
        return;
    }
    if to.is_empty() {
        to.clone_from(from);
        return;
    }
    for (k, v) in from.iter() {
        if to.get(k).is_none_or(|old| v < old) {
            to.insert(k.clone(), v.clone());
        }
    }
}

fn smallest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// Best rank first, then smallest value; different values of the best rank are a contradiction.
fn pick<T: Ord + Clone>(
    parts: &[&(u32, Box<Observation>)],
    inputs: &[InputLedger],
    get: impl Fn(&Observation) -> Option<&T>,
) -> (Option<T>, BTreeSet<T>) {
    let mut best: Option<Rank> = None;
    let mut values: BTreeSet<T> = BTreeSet::new();
    for (input, o) in parts {
        let Some(value) = get(o) else { continue };
        let rank = inputs.get(*input as usize).map_or(Rank::Bill, |l| l.rank);
        match best {
            Some(b) if rank > b => continue,
            Some(b) if rank == b => {}
            _ => {
                best = Some(rank);
                values.clear();
            }
        }
        values.insert(value.clone());
    }
    (values.first().cloned(), values)
}

fn merge(parts: &[&(u32, Box<Observation>)], inputs: &[InputLedger]) -> Resource {
    let mut contradictions: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    macro_rules! text {
        ($field:ident) => {{
            let (value, seen) = pick(parts, inputs, |o| o.$field.as_ref());
            if seen.len() > 1 {
                contradictions.insert(stringify!($field).to_owned(), seen);
            }
            value
        }};
    }
    let region = text!(region);
    let offering = text!(offering);
    let contracting_entity = text!(contracting_entity);
    let (custody, custodies) = pick(parts, inputs, |o| o.custody.as_ref());
    if custodies.len() > 1 {
        contradictions.insert("custody".into(), custodies.iter().map(|c| format!("{c:?}")).collect());
    }
    let mut tags = Tags::default();
    let mut cost = crate::money::Money::default();
    let (mut safeguards, mut sources) = (BTreeSet::new(), BTreeSet::new());
    for (input, o) in parts {
        merge_tags(&mut tags, &o.tags);
        cost.add_all(&o.cost);
        safeguards.extend(o.safeguards.iter().cloned());
        sources.insert(*input);
    }
    let capability = pick(parts, inputs, |o| o.capability.as_ref()).0;
    let provider = pick(parts, inputs, |o| o.provider.as_ref()).0;
    let unknown = still_unknown(parts, offering.is_some(), capability.is_some());
    Resource {
        id: parts.iter().flat_map(|(_, o)| o.keys.iter()).min().cloned().unwrap_or_default(),
        name: pick(parts, inputs, |o| o.name.as_ref()).0,
        provider,
        offering,
        region,
        service: pick(parts, inputs, |o| o.service.as_ref()).0,
        resource_type: pick(parts, inputs, |o| o.resource_type.as_ref()).0,
        capability,
        account: pick(parts, inputs, |o| o.account.as_ref()).0,
        group: pick(parts, inputs, |o| o.group.as_ref()).0,
        namespace: pick(parts, inputs, |o| o.namespace.as_ref()).0,
        tags,
        contracting_entity,
        host_provider: pick(parts, inputs, |o| o.host_provider.as_ref()).0,
        custody,
        processing: pick(parts, inputs, |o| o.processing.as_ref()).0,
        safeguards,
        data_kind: pick(parts, inputs, |o| o.data_kind.as_ref()).0,
        holds_data: pick(parts, inputs, |o| o.holds_data.as_ref()).0,
        cost,
        unknown,
        inputs: sources,
        contradictions,
    }
}

/// A reason stays only while no input resolves it.
fn still_unknown(
    parts: &[&(u32, Box<Observation>)],
    has_offering: bool,
    has_capability: bool,
) -> BTreeSet<crate::resource::UnknownReason> {
    use crate::resource::UnknownReason as U;
    let mut all: BTreeSet<U> = parts.iter().flat_map(|(_, o)| o.unknown.iter().copied()).collect();
    if has_offering {
        all.retain(|u| !matches!(u, U::Provider | U::Region | U::AmbiguousRegion | U::Offering));
    }
    if has_capability {
        all.retain(|u| !matches!(u, U::Type | U::Service));
    }
    all
}
