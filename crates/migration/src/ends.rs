//! The two ends of a move, and everything that a step needs of them.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use flagstate_objects::{Capabilities, Clock, Entry, Key, Kind, Retry, Store};
use jiff::Timestamp;

use crate::{
    folder::Folder,
    journal::{Journal, Range},
    select::Selector,
    spool::{Listing, Spool},
    trouble::Trouble,
    walk::Wish,
};

/// One end: a store, and the prefix below which objects are moved.
#[derive(Clone, Debug)]
pub struct End {
    /// The store.
    pub store: Arc<dyn Store>,
    /// Only keys that begin so.
    pub prefix: Key,
}

/// Both ends.
#[derive(Clone, Debug)]
pub struct Ends {
    /// From where.
    pub source: End,
    /// To where.
    pub target: End,
    /// Which keys move.
    pub selector: Selector,
    /// All versions move, not only the current ones.
    pub versions: bool,
    /// The source may hold states that do not move: they are listed too, so that they are named as losses.
    pub old_states: bool,
    /// Objects at the source can have access lists of their own: each is asked for.
    pub object_acls: bool,
    /// Retention and legal holds are written at the target too.
    pub keep_holds: bool,
}

impl Ends {
    /// The key at the target of a key at the source.
    pub fn target_key(&self, key: &Key) -> Key {
        swap(key, &self.source.prefix, &self.target.prefix)
    }

    /// The key at the source of a key at the target; nothing where it stands outside the move.
    pub fn source_key(&self, key: &Key) -> Option<Key> {
        key.as_bytes()
            .starts_with(self.target.prefix.as_bytes())
            .then(|| swap(key, &self.target.prefix, &self.source.prefix))
    }

    /// A range of keys at the target.
    pub fn target_range(&self, range: &Range) -> Range {
        // The order of keys is the same on both sides: only the prefix differs.
        let bound = |key: &Option<Key>| {
            let key = key.as_ref()?;
            if key.as_bytes().starts_with(self.source.prefix.as_bytes()) { Some(self.target_key(key)) } else { None }
        };
        Range { after: bound(&range.after), through: bound(&range.through) }
    }

    /// What a listing of the source asks for.
    pub fn source_wish(&self) -> Wish {
        Wish {
            prefix: self.source.prefix.clone(),
            versions: self.versions || self.old_states,
            details: true,
            hidden: self.old_states,
        }
    }

    /// The states of one key with their ranks. Where only the current one moves it has rank 0, and what stays behind follows.
    pub fn ranked(&self, group: Vec<Entry>) -> Vec<(u32, Entry)> {
        if self.versions || !self.old_states {
            return (0..).zip(group).collect();
        }
        let gone = |kind| matches!(kind, Kind::DeleteMarker | Kind::Deleted | Kind::Uncommitted);
        let (mut live, rest): (Vec<Entry>, Vec<Entry>) = group.into_iter().partition(|e| e.current && !gone(e.kind));
        let first = live.pop().map(|e| (0, e));
        let others = (1..).zip(rest.into_iter().chain(live));
        first.into_iter().chain(others).collect()
    }

    /// What a listing of the target asks for.
    pub fn target_wish(&self) -> Wish {
        Wish { prefix: self.target.prefix.clone(), versions: self.versions, details: false, hidden: false }
    }
}

fn swap(key: &Key, from: &Key, to: &Key) -> Key {
    match key.as_bytes().strip_prefix(from.as_bytes()) {
        Some(rest) if !from.is_empty() || !to.is_empty() => Key::new([to.as_bytes(), rest].concat()),
        _ => key.clone(),
    }
}

/// The name under which the journal remembers that the source lists in another order.
const UNORDERED: &str = "source-unordered";

impl Work {
    /// How the source is listed: page by page, or gathered and sorted first.
    pub async fn source_listing(&self, folder: &Folder, journal: &Journal) -> Result<Listing, Trouble> {
        let source = &self.ends.source.store;
        if journal.get(UNORDERED)?.is_none() {
            return Ok(Listing::Direct(Arc::clone(source)));
        }
        let path = folder.file("source-listing.tmp");
        Ok(Listing::Spooled(Arc::new(Spool::fill(source, &self.retry, &self.ends.source_wish(), &path).await?)))
    }

    /// How the target is listed.
    pub async fn target_listing(&self, folder: &Folder) -> Result<Listing, Trouble> {
        let target = &self.ends.target.store;
        if self.can.ascending && self.can.key_ranges {
            return Ok(Listing::Direct(Arc::clone(target)));
        }
        let path = folder.file("target-listing.tmp");
        Ok(Listing::Spooled(Arc::new(Spool::fill(target, &self.retry, &self.ends.target_wish(), &path).await?)))
    }

    /// Remembers that the source lists in another order.
    pub fn source_is_unordered(journal: &Journal) -> Result<(), Trouble> {
        Ok(journal.set(UNORDERED, "yes")?)
    }
}

/// What a step works with.
pub struct Work {
    /// The ends.
    pub ends: Ends,
    /// What the target was seen to do.
    pub can: Capabilities,
    /// Second tries.
    pub retry: Retry,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Progress, for whoever watches.
    pub meter: Arc<Meter>,
}

impl fmt::Debug for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Work").field("ends", &self.ends).finish_non_exhaustive()
    }
}

impl Work {
    /// Now, where retention and legal holds that are in force are to be kept.
    pub fn keep(&self) -> Option<Timestamp> {
        self.ends.keep_holds.then(|| self.now())
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }
}

/// Counts what happens, and carries the wish to stop.
#[derive(Debug, Default)]
pub struct Meter {
    stop: AtomicBool,
    /// Keys listed.
    pub listed: AtomicU64,
    /// Objects finished in this run.
    pub objects: AtomicU64,
    /// Bytes of finished objects in this run.
    pub bytes: AtomicU64,
    /// Bytes that passed in this run, unfinished objects included.
    pub passed: AtomicU64,
    /// Objects to do in this run.
    pub objects_planned: AtomicU64,
    /// Bytes to do in this run.
    pub bytes_planned: AtomicU64,
    /// Objects in flight.
    pub flying: AtomicU64,
    causes: Mutex<BTreeMap<String, u64>>,
    met: Mutex<Met>,
}

/// What went wrong on the way and was made good by another try.
#[derive(Clone, Debug, Default, Eq, PartialEq, serde::Serialize)]
pub struct Met {
    /// How often, by cause.
    pub causes: BTreeMap<String, u64>,
    /// Damage, one sentence each: it was seen, and did not arrive. The first of them.
    pub damage: Vec<String>,
}

/// Sentences about damage kept.
const DAMAGE_TOLD: usize = 200;

/// What a meter shows.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Reading {
    /// Keys listed.
    pub listed: u64,
    /// Objects finished.
    pub objects: u64,
    /// Bytes of finished objects.
    pub bytes: u64,
    /// Bytes that passed.
    pub passed: u64,
    /// Objects to do.
    pub objects_planned: u64,
    /// Bytes to do.
    pub bytes_planned: u64,
    /// Objects in flight.
    pub flying: u64,
    /// Failures by cause.
    pub failures: BTreeMap<String, u64>,
}

impl Meter {
    /// Asks everybody to stop after what is in flight.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
    }

    /// True when somebody asked to stop.
    pub fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    /// Counts a failure.
    pub fn failed(&self, cause: &str) {
        let mut causes = self.causes.lock().unwrap_or_else(PoisonError::into_inner);
        *causes.entry(cause.to_owned()).or_default() += 1;
    }

    /// Counts what another try will make good; damage is told in a sentence.
    pub fn met(&self, cause: &str, damage: Option<String>) {
        let mut met = self.met.lock().unwrap_or_else(PoisonError::into_inner);
        *met.causes.entry(cause.to_owned()).or_default() += 1;
        if met.damage.len() < DAMAGE_TOLD {
            met.damage.extend(damage);
        }
    }

    /// What was met since the last time somebody asked.
    pub fn take_met(&self) -> Met {
        std::mem::take(&mut self.met.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Begins counting anew.
    pub fn reset(&self, objects: u64, bytes: u64) {
        for counter in [&self.listed, &self.objects, &self.bytes, &self.passed, &self.flying] {
            counter.store(0, Ordering::Relaxed);
        }
        self.objects_planned.store(objects, Ordering::Relaxed);
        self.bytes_planned.store(bytes, Ordering::Relaxed);
        self.causes.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    /// What it shows now.
    pub fn read(&self) -> Reading {
        let of = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Reading {
            listed: of(&self.listed),
            objects: of(&self.objects),
            bytes: of(&self.bytes),
            passed: of(&self.passed),
            objects_planned: of(&self.objects_planned),
            bytes_planned: of(&self.bytes_planned),
            flying: of(&self.flying),
            failures: self.causes.lock().unwrap_or_else(PoisonError::into_inner).clone(),
        }
    }
}
