//! Buckets that are written to. What becomes of the bytes is the bucket's [`Keep`].

use std::{
    collections::BTreeMap,
    ops::Bound,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use super::{
    Content, Object, Properties,
    listing::{Ask, End, From, Item, Line, successor},
};
use crate::{
    sums::{Kind, Sum, find},
    text::{http_date, iso, now_ms},
};

/// What becomes of bytes that are written.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq, serde::Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// Every sum that came along is checked, and the bytes stay.
    #[default]
    Bytes,
    /// Every sum that came along is checked, the bytes are compared with the mirrored bucket's and dropped.
    Checked,
    /// Dropped unread; sums that came along are believed.
    Nothing,
}

/// A condition on a write.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum Condition {
    #[default]
    Always,
    Absent,
    Matches(String),
}

/// A new state.
#[derive(Debug)]
pub(crate) struct New {
    pub(crate) etag: String,
    pub(crate) sums: Vec<Sum>,
    pub(crate) parts: Option<u32>,
    pub(crate) properties: Arc<Properties>,
    pub(crate) content: Content,
}

/// Why a write or deletion was not done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Refused {
    /// Something is there.
    Exists,
    /// Another state is there.
    Changed,
    /// Nothing is there.
    Missing,
}

#[derive(Debug, Default)]
struct Entry {
    /// Oldest first.
    states: Vec<Arc<Object>>,
    /// Azure's snapshots by their time, oldest first.
    snapshots: Vec<(String, Arc<Object>)>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    entries: BTreeMap<Vec<u8>, Entry>,
}

/// A bucket that is written to.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) keep: Keep,
    /// The bucket whose copy this one is to become.
    pub(crate) mirror: Option<Arc<super::Bucket>>,
    versioned: AtomicBool,
    state: Mutex<State>,
}

impl Kept {
    pub(crate) fn new(keep: Keep, mirror: Option<Arc<super::Bucket>>, versioned: bool) -> Self {
        Self { keep, mirror, versioned: AtomicBool::new(versioned), state: Mutex::default() }
    }

    /// What becomes of the bytes of this key: what the mirrored bucket does not have is kept, so that a client can try
    /// out what the bucket can do.
    pub(crate) fn keep_of(&self, key: &[u8]) -> Keep {
        let unknown = self.mirror.as_ref().is_some_and(|m| m.get(key, None).is_none());
        if unknown { Keep::Bytes } else { self.keep }
    }

    pub(crate) fn is_versioned(&self) -> bool {
        self.versioned.load(Ordering::Relaxed)
    }

    pub(crate) fn set_versioned(&self, versioned: bool) {
        self.versioned.store(versioned, Ordering::Relaxed);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How many keys have a current object.
    pub(crate) fn count(&self) -> u64 {
        let state = self.lock();
        state.entries.values().filter(|e| e.states.last().is_some_and(|o| !o.marker)).count() as u64
    }

    /// A state: a version or snapshot, or the current one.
    pub(crate) fn get(&self, key: &[u8], version: Option<&str>) -> Option<Arc<Object>> {
        let state = self.lock();
        let entry = state.entries.get(key)?;
        let Some(version) = version else { return entry.states.last().filter(|o| !o.marker).cloned() };
        let snapshot = entry.snapshots.iter().find(|(time, _)| time == version).map(|(_, o)| o);
        entry.states.iter().find(|o| o.version() == version).or(snapshot).cloned()
    }

    /// Writes a state.
    pub(crate) fn put(&self, key: &[u8], new: New, condition: &Condition) -> Result<Arc<Object>, Refused> {
        let mut state = self.lock();
        let now = state.entries.get(key).and_then(|e| e.states.last()).filter(|o| !o.marker);
        match (condition, now) {
            (Condition::Absent, Some(_)) => return Err(Refused::Exists),
            (Condition::Matches(_), None) => return Err(Refused::Missing),
            (Condition::Matches(etag), Some(now)) if *etag != now.etag => return Err(Refused::Changed),
            (Condition::Always | Condition::Matches(_), _) | (Condition::Absent, None) => {}
        }
        Ok(self.push(&mut state, key, new, false))
    }

    fn push(&self, state: &mut State, key: &[u8], new: New, marker: bool) -> Arc<Object> {
        state.next += 1;
        let New { etag, sums, parts, properties, content } = new;
        let (id, modified_ms) = (state.next, now_ms());
        let object = Arc::new(Object { id, marker, etag, modified_ms, sums, parts, properties, content });
        let entry = state.entries.entry(key.to_vec()).or_default();
        if !self.is_versioned() {
            entry.states.clear();
        }
        entry.states.push(object.clone());
        object
    }

    /// Keeps the current state as it is now under a new name.
    pub(crate) fn snapshot(&self, key: &[u8]) -> Option<(String, Arc<Object>)> {
        let mut state = self.lock();
        state.next += 1;
        // Times of snapshots are their names, and must differ.
        let time = format!("{}{:04}Z", iso(now_ms()).trim_end_matches('Z'), state.next % 10_000);
        let entry = state.entries.get_mut(key)?;
        let object = entry.states.last().filter(|o| !o.marker)?.clone();
        entry.snapshots.push((time.clone(), object.clone()));
        Some((time, object))
    }

    /// Replaces the properties of a state. Its `ETag` stays.
    pub(crate) fn describe(&self, key: &[u8], version: Option<&str>, change: impl FnOnce(&mut Properties)) -> bool {
        let mut state = self.lock();
        let Some(entry) = state.entries.get_mut(key) else { return false };
        let found = match version {
            None => entry.states.last_mut().filter(|o| !o.marker),
            Some(version) => entry.states.iter_mut().find(|o| o.version() == version),
        };
        let Some(object) = found else { return false };
        change(Arc::make_mut(&mut Arc::make_mut(object).properties));
        true
    }

    /// Deletes. Answers the delete marker that took the place, if any.
    pub(crate) fn delete(
        &self,
        key: &[u8],
        version: Option<&str>,
        if_match: Option<&str>,
    ) -> Result<Option<Arc<Object>>, Refused> {
        let mut state = self.lock();
        let Some(entry) = state.entries.get_mut(key) else { return Err(Refused::Missing) };
        let current = entry.states.last().filter(|o| !o.marker);
        if let Some(wanted) = if_match
            && current.is_none_or(|o| o.etag != wanted)
        {
            return Err(Refused::Changed);
        }
        if let Some(version) = version {
            entry.states.retain(|o| o.version() != version);
            entry.snapshots.retain(|(time, _)| time != version);
            if entry.states.is_empty() && entry.snapshots.is_empty() {
                state.entries.remove(key);
            }
            return Ok(None);
        }
        if self.is_versioned() {
            let none = New {
                etag: String::new(),
                sums: Vec::new(),
                parts: None,
                properties: Arc::default(),
                content: Content::bytes(Vec::new()),
            };
            return Ok(Some(self.push(&mut state, key, none, true)));
        }
        let had = current.is_some();
        state.entries.remove(key);
        if had { Ok(None) } else { Err(Refused::Missing) }
    }

    /// A page. Azure writes times in another form and lists snapshots instead of versions.
    pub(crate) fn list(&self, ask: &Ask, azure: bool, each: &mut dyn FnMut(Item<'_>)) -> End {
        let state = self.lock();
        let mut end = End::default();
        let mut last = From::Start;
        let mut from = ask.least().to_vec();
        if ask.most == 0 {
            return end;
        }
        'ranges: loop {
            let range = (Bound::Included(from.as_slice()), Bound::Unbounded);
            for (key, entry) in state.entries.range::<[u8], _>(range) {
                if !key.starts_with(&ask.prefix) {
                    break 'ranges;
                }
                if matches!(&ask.from, From::Behind(behind) if behind == key) {
                    continue;
                }
                let lines = lines(ask, azure, key, entry);
                if lines.is_empty() {
                    continue;
                }
                if let Some(prefix) = ask.fold(key) {
                    if !ask.is_behind(prefix) {
                        if end.count >= ask.most {
                            end.next = Some(last);
                            break 'ranges;
                        }
                        end.count += 1;
                        each(Item::Prefix(prefix));
                    }
                    let Some(next) = successor(prefix) else { break 'ranges };
                    last = From::At(next.clone());
                    from = next;
                    continue 'ranges;
                }
                for shown in lines {
                    if end.count >= ask.most {
                        end.next = Some(last);
                        break 'ranges;
                    }
                    end.count += 1;
                    shown.hand_over(key, azure, each);
                    last = if ask.versions {
                        From::BehindVersion(key.clone(), shown.mark)
                    } else {
                        From::Behind(key.clone())
                    };
                }
            }
            break;
        }
        end
    }
}

/// A state as a listing shows it.
struct Shown<'a> {
    object: &'a Object,
    snapshot: Option<&'a str>,
    latest: bool,
    /// Where a listing goes on behind it.
    mark: u64,
}

impl Shown<'_> {
    fn hand_over(&self, key: &[u8], azure: bool, each: &mut dyn FnMut(Item<'_>)) {
        let time_ms = self.object.modified_ms;
        let modified = if azure { http_date(time_ms) } else { iso(time_ms) };
        each(Item::Line(Line {
            key,
            len: self.object.len(),
            etag: &self.object.etag,
            modified: &modified,
            latest: self.latest,
            snapshot: self.snapshot,
            md5: find(&self.object.sums, Kind::Md5).map(|s| s.value.as_slice()),
            object: Some(self.object),
        }));
    }
}

/// The states of a key that a page can show, in their order.
fn lines<'a>(ask: &Ask, azure: bool, key: &[u8], entry: &'a Entry) -> Vec<Shown<'a>> {
    let behind = match &ask.from {
        From::BehindVersion(k, mark) if k == key => Some(*mark),
        _ => None,
    };
    let current = entry.states.last().filter(|o| !o.marker);
    if !ask.versions {
        let shown = current.filter(|_| behind.is_none());
        return shown.map(|object| Shown { object, snapshot: None, latest: true, mark: 0 }).into_iter().collect();
    }
    if azure {
        let old = entry.snapshots.iter().map(|(time, o)| (Some(time.as_str()), &**o));
        let all = old.chain(current.map(|o| (None, &**o)));
        let numbered = all.zip(1..).filter(|(_, mark)| behind.is_none_or(|b| *mark > b));
        return numbered
            .map(|((snapshot, object), mark)| Shown { object, snapshot, latest: snapshot.is_none(), mark })
            .collect();
    }
    let newest = entry.states.last().map(|o| o.id);
    let left = entry.states.iter().rev().filter(|o| behind.is_none_or(|b| o.id < b));
    left.map(|object| Shown { object, snapshot: None, latest: Some(object.id) == newest, mark: object.id }).collect()
}
