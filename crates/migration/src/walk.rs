//! Walking over a range of keys, page by page: all states of one key at a time, oldest first.
//!
//! What it deliberately does not do: it holds one page and one key's states, never more.

use std::collections::VecDeque;

use flagstate_objects::{Entry, Key, Kind, List, ListError, RequestError, Retry, Version};

use crate::{
    ends::Meter,
    journal::Range,
    spool::{Listing, Place},
    trouble::{Trouble, sentence},
};

/// How often a page that goes back is asked for again: a hiccup passes, a store that lists in another order does not.
const AGAIN: u32 = 3;

/// Entries left at which the next page is fetched beforehand.
const FEW: usize = 200;

/// What a walk asks for.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// Only keys that begin so.
    pub prefix: Key,
    /// Old versions, snapshots and delete markers too.
    pub versions: bool,
    /// Metadata and tags, where the store lists them.
    pub details: bool,
    /// What was never committed, and what was deleted and can be had back.
    pub hidden: bool,
}

/// A walk over a range of keys.
#[derive(Debug)]
pub struct Walk<'a> {
    listing: &'a Listing,
    range: Range,
    place: Option<Place>,
    retry: &'a Retry,
    ask: List,
    ready: VecDeque<Entry>,
    over: bool,
    pages: u64,
    last: Option<Key>,
    meter: Option<&'a Meter>,
}

impl<'a> Walk<'a> {
    /// Begins.
    pub fn new(listing: &'a Listing, retry: &'a Retry, wish: &Wish, range: &Range) -> Self {
        let ask = List {
            prefix: wish.prefix.clone(),
            after: range.after.clone(),
            until: range.through.as_ref().map(behind),
            versions: wish.versions,
            metadata: wish.details,
            tags: wish.details,
            hidden: wish.hidden,
            ..List::default()
        };
        let range = range.clone();
        Self {
            listing,
            range,
            place: None,
            retry,
            ask,
            ready: VecDeque::new(),
            over: false,
            pages: 0,
            last: None,
            meter: None,
        }
    }

    /// Says to this meter what went wrong and was asked for again.
    #[must_use]
    pub fn met_by(self, meter: &'a Meter) -> Self {
        Self { meter: Some(meter), ..self }
    }

    /// Pages so far.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// Ends earlier than planned: somebody else walks on from there.
    pub fn stop_at(&mut self, through: &Key) {
        self.ask.until = Some(behind(through));
        self.ready.retain(|e| e.key <= *through);
    }

    /// The last key that was handed out.
    pub fn last(&self) -> Option<&Key> {
        self.last.as_ref()
    }

    /// All states of the next key, oldest first; nothing at the end.
    pub async fn next(&mut self) -> Result<Option<Vec<Entry>>, Trouble> {
        let mut group: Vec<Entry> = Vec::new();
        loop {
            let Some(entry) = self.ready.front() else {
                if self.over || !self.page().await? {
                    break;
                }
                continue;
            };
            if group.first().is_some_and(|g| g.key != entry.key) {
                break;
            }
            group.extend(self.ready.pop_front());
            if !self.ask.versions && !self.ask.hidden {
                break;
            }
        }
        let Some(first) = group.first() else { return Ok(None) };
        self.last = Some(first.key.clone());
        oldest_first(&mut group);
        Ok(Some(group))
    }

    /// Fetches a page beforehand when few entries are left, so that several walks wait together and not one after another.
    pub async fn fill(&mut self) -> Result<(), Trouble> {
        if self.over || self.ready.len() > FEW {
            return Ok(());
        }
        let mut kept = std::mem::take(&mut self.ready);
        let more = self.page().await;
        kept.append(&mut self.ready);
        self.ready = kept;
        more.map(drop)
    }

    /// True when the next key needs a page first.
    pub fn is_dry(&self) -> bool {
        self.ready.len() <= 1 && !self.over
    }

    /// Fetches a page; false at the end.
    async fn page(&mut self) -> Result<bool, Trouble> {
        let store = match self.listing {
            Listing::Direct(store) => store,
            Listing::Spooled(spool) => {
                let (entries, next) = spool.page(&self.range, self.place.as_ref())?;
                self.pages += 1;
                self.over = next.is_none();
                self.place = next;
                self.ready = entries.into();
                return Ok(!self.ready.is_empty() || !self.over);
            }
        };
        let mut backwards = 0;
        let page = loop {
            // Nobody waits long for a store that lists in another order.
            let asked = async |_| {
                let page = store.list(&self.ask).await;
                if let (Err(e), Some(meter)) = (&page, self.meter) {
                    note(meter, e);
                }
                match page {
                    Err(e @ ListError::OutOfOrder { .. }) => Ok(Err(e)),
                    other => other.map(Ok),
                }
            };
            match self.retry.run(asked).await? {
                Ok(page) => break page,
                Err(e) if backwards + 1 >= AGAIN => return Err(e.into()),
                Err(_) => backwards += 1,
            }
        };
        self.pages += 1;
        self.over = page.next.is_none();
        self.ask.cursor = page.next;
        let until = self.ask.until.as_ref();
        self.ready = page.entries.into_iter().filter(|e| until.is_none_or(|u| e.key < *u)).collect();
        Ok(!self.ready.is_empty() || !self.over)
    }
}

/// Counts a page that has to be asked for again.
fn note(meter: &Meter, error: &ListError) {
    match error {
        ListError::OutOfOrder { .. } => meter.met("listing out of order", Some(sentence(error))),
        ListError::Request(RequestError::Nonsense { .. }) => meter.met("listing damaged", Some(sentence(error))),
        ListError::Request(e) if e.class().is_transient() => meter.met(crate::trouble::cause(e), None),
        _ => {}
    }
}

/// The first key behind another.
pub(crate) fn behind(key: &Key) -> Key {
    Key::new([key.as_bytes(), &[0]].concat())
}

/// Puts the states of one key in order. Stores list them newest first (S3) or oldest first (Azure); what is current is last
/// in any case, then time decides, and where times are equal the order that the store seems to have.
fn oldest_first(group: &mut [Entry]) {
    if group.len() < 2 {
        return;
    }
    let time = |e: &Entry| e.modified;
    let newest_first = group.first().map(time) > group.last().map(time) || group.first().is_some_and(|e| e.current);
    if newest_first {
        group.reverse();
    }
    let rank = |e: &Entry| {
        let stamp = match &e.version {
            Some(Version::Snapshot(time)) => time.parse().ok(),
            _ => e.modified,
        };
        (e.current, e.kind == Kind::Uncommitted, stamp)
    };
    group.sort_by_key(rank);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_stand_oldest_first() {
        let at = |s: i64| jiff::Timestamp::from_second(s).ok();
        let entry = |id: &str, s, current| Entry {
            version: Some(Version::Id(id.to_owned())),
            modified: at(s),
            current,
            ..Entry::default()
        };
        let mut s3 = vec![entry("c", 7, true), entry("b", 5, false), entry("a", 5, false)];
        oldest_first(&mut s3);
        let ids = |g: &[Entry]| g.iter().filter_map(|e| e.version.clone()).map(|v| v.to_string()).collect::<Vec<_>>();
        assert_eq!(ids(&s3), ["version a", "version b", "version c"]);
        let mut azure = vec![entry("a", 1, false), entry("b", 1, false), entry("c", 2, true)];
        oldest_first(&mut azure);
        assert_eq!(ids(&azure), ["version a", "version b", "version c"]);
    }
}
