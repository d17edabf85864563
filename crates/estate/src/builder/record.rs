//! What the builder keeps of an observation: small numbers instead of texts.
//!
//! What it is for: memory and speed. A record is a fifth of an observation; texts are kept once for the whole estate.
//!
//! What it deliberately does not do: no judgement of which value wins between inputs; that is `merge`.

use std::{cmp::Ordering, collections::BTreeSet};

use rustc_hash::FxHashMap;

use crate::{
    money::Money,
    name::Name,
    resource::{Custody, DataKind, Observation, Processing, UnknownReason},
    tags::Tags,
};

/// The number of a text in [`Pool`].
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
pub(super) struct Text(u32);

/// Texts, each kept once.
#[derive(Debug, Default)]
pub(super) struct Pool {
    numbers: FxHashMap<Name, u32>,
    names: Vec<Name>,
}

impl Pool {
    /// The number of a text.
    pub(super) fn put(&mut self, text: &str) -> Text {
        match self.numbers.get(text) {
            Some(known) => Text(*known),
            None => self.put_name(Name::from(text)),
        }
    }

    /// The text of a number.
    pub(super) fn name(&self, text: Text) -> Name {
        self.names.get(text.0 as usize).cloned().unwrap_or_default()
    }

    /// The text of a number.
    pub(super) fn str(&self, text: Text) -> &str {
        self.names.get(text.0 as usize).map_or("", Name::as_str)
    }

    /// Compares texts.
    pub(super) fn cmp(&self, a: Text, b: Text) -> Ordering {
        if a == b { Ordering::Equal } else { self.str(a).cmp(self.str(b)) }
    }

    /// Number of texts.
    pub(super) fn len(&self) -> usize {
        self.names.len()
    }

    /// Puts all texts into another pool; returns their numbers there by number here.
    pub(super) fn into(self, other: &mut Self) -> Vec<Text> {
        drop(self.numbers);
        self.names.into_iter().map(|name| other.put_name(name)).collect()
    }

    fn put_name(&mut self, name: Name) -> Text {
        if let Some(known) = self.numbers.get(&name) {
            return Text(*known);
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.clone());
        self.numbers.insert(name, number);
        Text(number)
    }

    /// Gives up the way from text to number; nothing can be put any more.
    pub(super) fn close(&mut self) {
        self.numbers = FxHashMap::default();
    }
}

impl Text {
    /// Position in lists by text.
    pub(super) fn index(self) -> usize {
        self.0 as usize
    }
}

/// The fields that are text; the order is that of [`Record::texts`].
#[derive(Clone, Copy, Debug)]
pub(super) enum Field {
    Name,
    Provider,
    Offering,
    Region,
    Service,
    Type,
    Capability,
    Account,
    Group,
    Namespace,
    Contract,
    Host,
}

/// Number of [`Field`]s.
const FIELDS: usize = 12;

/// What one input says about one resource.
#[derive(Debug)]
pub(super) struct Record {
    pub(super) input: u32,
    pub(super) rows: u64,
    /// Identity keys, numbers in the pool of keys; never empty.
    pub(super) keys: Vec<Text>,
    texts: [Option<Number>; FIELDS],
    pub(super) tags: Tags,
    pub(super) custody: Option<Custody>,
    pub(super) processing: Option<Processing>,
    pub(super) data_kind: Option<DataKind>,
    pub(super) holds_data: Option<bool>,
    pub(super) safeguards: BTreeSet<String>,
    pub(super) unknown: BTreeSet<UnknownReason>,
    pub(super) cost: Money,
}

/// A text's number, one higher, so that an absent one takes no room.
type Number = std::num::NonZeroU32;

impl Record {
    /// Takes an observation apart; `keys` and `texts` keep what is said in words.
    pub(super) fn new(input: u32, o: Observation, rows: u64, keys: &mut Pool, texts: &mut Pool) -> Self {
        let mut put = |t: Option<String>| t.and_then(|t| Number::new(texts.put(&t).0.wrapping_add(1)));
        Self {
            input,
            rows,
            keys: o.keys.iter().map(|k| keys.put(k)).collect(),
            texts: [
                put(o.name),
                put(o.provider),
                put(o.offering),
                put(o.region),
                put(o.service),
                put(o.resource_type),
                put(o.capability),
                put(o.account),
                put(o.group),
                put(o.namespace),
                put(o.contracting_entity),
                put(o.host_provider),
            ],
            tags: o.tags,
            custody: o.custody,
            processing: o.processing,
            data_kind: o.data_kind,
            holds_data: o.holds_data,
            safeguards: o.safeguards,
            unknown: o.unknown,
            cost: o.cost,
        }
    }

    /// Changes the numbers of keys and texts to those of other pools.
    pub(super) fn renumber(&mut self, keys: &[Text], texts: &[Text]) {
        for key in &mut self.keys {
            *key = keys.get(key.index()).copied().unwrap_or(*key);
        }
        for number in self.texts.iter_mut().flatten() {
            let text = texts.get(number.get() as usize - 1);
            *number = text.and_then(|t| Number::new(t.0.wrapping_add(1))).unwrap_or(*number);
        }
    }

    /// A field's text.
    pub(super) fn text(&self, field: Field) -> Option<Text> {
        let number = self.texts.get(field as usize).copied().flatten()?;
        Some(Text(number.get() - 1))
    }

    /// Takes in another record of the same input and first key: the smallest value of each field stays.
    pub(super) fn merge(&mut self, new: Self, texts: &Pool) {
        self.rows += new.rows;
        for key in new.keys {
            if !self.keys.contains(&key) {
                self.keys.push(key);
            }
        }
        for (old, new) in self.texts.iter_mut().zip(new.texts) {
            *old = match (*old, new) {
                (Some(a), Some(b)) if a != b => {
                    let less = texts.cmp(Text(a.get() - 1), Text(b.get() - 1)).is_le();
                    Some(if less { a } else { b })
                }
                (a, b) => a.or(b),
            };
        }
        self.custody = smallest(self.custody, new.custody);
        self.processing = smallest(self.processing, new.processing);
        self.data_kind = smallest(self.data_kind, new.data_kind);
        self.holds_data = match (self.holds_data, new.holds_data) {
            (Some(a), Some(b)) => Some(a || b),
            (a, b) => a.or(b),
        };
        merge_tags(&mut self.tags, &new.tags);
        self.safeguards.extend(new.safeguards);
        self.unknown.extend(new.unknown);
        self.cost.add_all(&new.cost);
    }
}

fn smallest<T: Ord>(a: Option<T>, b: Option<T>) -> Option<T> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

/// The smaller value of each key; the set stays shared where nothing changes.
pub(super) fn merge_tags(to: &mut Tags, from: &Tags) {
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
