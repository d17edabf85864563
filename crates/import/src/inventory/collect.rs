//! Holds what one file says until it ends, where a record alone does not say enough.
//!
//! What it is for: a history has several records of one resource, of which the latest counts; a record names the key
//! that encrypts it, and another record says who holds that key; Google writes a project by number and by id. Memory
//! grows with resources, not with records.
//!
//! What it deliberately does not do: it settles nothing that the file does not say.

use std::collections::{BTreeMap, HashMap};

use flagstate_estate::{Custody, EstateBuilder, InputRef, Observation};

/// Why a record is left out.
const DELETED: &str = "ResourceDeleted";
const DELETED_LATER: &str = "earlier record of a deleted resource";

/// A record waiting for the end of the file.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    /// What it says.
    pub(crate) observation: Observation,
    /// Keys that encrypt it, as the file names them after [`Collector::hold_key`]'s normal form.
    pub(crate) keys: Vec<String>,
}

/// Everything waiting.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    held: BTreeMap<String, Held>,
    custody: HashMap<String, Custody>,
    aliases: HashMap<String, String>,
}

#[derive(Debug, Default)]
struct Held {
    time: Option<i64>,
    /// Records of the latest time; more than one only where times are equal or missing.
    alive: Vec<Pending>,
    deleted: u64,
    earlier: u64,
    deleted_earlier: u64,
}

impl Collector {
    /// Adds a record of the resource `id`; `None` says that it was deleted then.
    pub(crate) fn add(&mut self, id: String, time: Option<i64>, record: Option<Pending>) {
        let held = self.held.entry(id).or_insert_with(|| Held { time, ..Held::default() });
        if time > held.time {
            held.time = time;
            held.earlier += held.alive.drain(..).map(|p| p.observation.rows.max(1)).sum::<u64>();
            held.deleted_earlier += std::mem::take(&mut held.deleted);
        }
        let late = time < held.time;
        match record {
            Some(_) if late => held.earlier += 1,
            None if late => held.deleted_earlier += 1,
            Some(record) => held.alive.push(record),
            None => held.deleted += 1,
        }
    }

    /// Changes every record that still counts.
    pub(crate) fn each(&mut self, change: &mut dyn FnMut(&mut Pending)) {
        self.held.values_mut().flat_map(|h| h.alive.iter_mut()).for_each(change);
    }

    /// Remembers who holds a key. Of two statements the weaker counts.
    pub(crate) fn hold_key(&mut self, key: &str, custody: Custody) {
        let slot = self.custody.entry(key.to_owned()).or_insert(custody);
        *slot = custody.min(*slot);
    }

    /// Remembers that a name stands for a key.
    pub(crate) fn name_key(&mut self, alias: &str, key: &str) {
        self.aliases.insert(alias.to_owned(), key.to_owned());
    }

    /// Hands everything over. `unlisted` is what a key says that the file names but does not list; where that is
    /// nothing, the number of such resources is returned.
    pub(crate) fn finish(
        self,
        builder: &mut EstateBuilder,
        to: InputRef,
        unlisted: &dyn Fn(&str) -> Option<Custody>,
    ) -> u64 {
        let holder = |key: &String| {
            let named = self.aliases.get(key).unwrap_or(key);
            self.custody.get(named).copied().or_else(|| unlisted(key))
        };
        let mut unsaid = 0;
        for held in self.held.into_values() {
            if held.alive.is_empty() {
                ignore(builder, to, DELETED_LATER, held.earlier);
            }
            ignore(builder, to, DELETED, held.deleted + held.deleted_earlier);
            let mut earlier = held.earlier;
            for Pending { mut observation, keys } in held.alive {
                observation.rows += std::mem::take(&mut earlier);
                if observation.custody.is_none() && !keys.is_empty() {
                    let holders: Option<Vec<Custody>> = keys.iter().map(holder).collect();
                    observation.custody = holders.and_then(|h| h.into_iter().min());
                    unsaid += u64::from(observation.custody.is_none());
                }
                builder.observe(to, observation);
            }
        }
        unsaid
    }
}

fn ignore(builder: &mut EstateBuilder, to: InputRef, reason: &str, rows: u64) {
    if rows > 0 {
        builder.ignore(to, reason, rows);
    }
}
