//! Several containers of one service as one store: the first part of a key, up to its first slash, names the container.
//!
//! What it is for: one plan, one move and one certificate over many buckets. Within a container keys stay bytes as they
//! are: `logs//a` is the key `/a` of the container `logs`. Names of containers hold no slash, so that the keys of one stand
//! together, in the order of bytes.
//!
//! What it deliberately does not do: it opens nothing and finds no containers ([`crate::Opener`] does), and it copies
//! nothing between containers.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use crate::{
    Answer, At, Begin, Complete, ContainerFacts, Cursor, DeleteError, Entry, Get, Got, Key, Limits, List, ListError,
    OpenUpload, Page, Part, PartDone, Put, ReadError, RequestError, Store, UploadId, WriteError, Written,
    together::together,
};

/// Names told in full where the store is named.
const NAMES_TOLD: usize = 3;

/// Containers side by side.
#[derive(Clone, Debug)]
pub struct Containers {
    place: String,
    limits: Limits,
    each: BTreeMap<String, Arc<dyn Store>>,
    /// The order of keys: that of the names with a slash behind them.
    order: Vec<Door>,
}

/// One container and the beginning of its keys.
#[derive(Clone, Debug)]
struct Door {
    /// Name and slash.
    stem: Vec<u8>,
    store: Arc<dyn Store>,
}

impl Containers {
    /// Containers by the names that their keys begin with; nothing where there is none.
    pub fn new(each: BTreeMap<String, Arc<dyn Store>>) -> Option<Self> {
        let limits = each.values().next()?.limits().clone();
        let mut order: Vec<Door> = each
            .iter()
            .map(|(name, store)| Door { stem: format!("{name}/").into_bytes(), store: Arc::clone(store) })
            .collect();
        order.sort_by(|a, b| a.stem.cmp(&b.stem));
        let mut place = each.values().take(NAMES_TOLD).map(|s| s.place()).collect::<Vec<_>>().join(", ");
        if each.len() > NAMES_TOLD {
            place = format!("{place} and {} more", each.len() - NAMES_TOLD);
        }
        Some(Self { place, limits, each, order })
    }

    /// The containers by name.
    pub fn each(&self) -> &BTreeMap<String, Arc<dyn Store>> {
        &self.each
    }

    /// The same containers, each changed.
    #[must_use]
    pub fn map(&self, change: impl Fn(&str, &Arc<dyn Store>) -> Arc<dyn Store>) -> Self {
        let each = self.each.iter().map(|(name, store)| (name.clone(), change(name, store))).collect();
        Self::new(each).unwrap_or_else(|| self.clone())
    }

    /// The container of a key, and the key in it.
    fn route(&self, key: &Key) -> Result<(&dyn Store, Key), RequestError> {
        let found = key.in_container().and_then(|(name, rest)| Some((&**self.each.get(name)?, rest)));
        found.ok_or_else(|| RequestError::Unsupported {
            place: self.place.clone(),
            what: "a key that begins with the name of no container of the move",
        })
    }

    /// The first page behind the cursor that is not empty.
    async fn page(&self, ask: &List) -> Result<Page, ListError> {
        let from = ask.cursor.as_ref().map(Cursor::key).or(ask.after.as_ref());
        let mut folded = Vec::new();
        for door in &self.order {
            let stem = door.stem.as_slice();
            // Everything behind this container's keys, or before them.
            let passed = from.is_some_and(|k| !k.as_bytes().starts_with(stem) && k.as_bytes() > stem);
            if passed || ask.until.as_ref().is_some_and(|u| u.as_bytes() <= stem) {
                continue;
            }
            let Some(inner) = door.ask(ask) else { continue };
            let delimiter = ask.delimiter.as_ref().filter(|_| stem.len() > ask.prefix.len());
            if let Some(fold) = delimiter.and_then(|d| fold(stem, ask.prefix.len(), d)) {
                if folded.last() != Some(&fold) {
                    folded.push(fold);
                }
                continue;
            }
            let page = door.store.list(&inner).await?;
            if page.entries.is_empty() && page.prefixes.is_empty() && page.next.is_none() {
                continue;
            }
            let mut page = door.outward(page);
            page.prefixes.splice(0..0, folded);
            if page.next.is_none() {
                page.next = self.behind(door);
            }
            return Ok(page);
        }
        Ok(Page { prefixes: folded, ..Page::default() })
    }

    /// Where the next container begins: no key is empty, so behind its empty key stands all that it has.
    fn behind(&self, door: &Door) -> Option<Cursor> {
        let next = self.order.iter().find(|d| d.stem > door.stem)?;
        Some(Cursor::Key(Key::new(next.stem.clone())))
    }
}

/// What a container's keys fold to, if they fold within its name.
fn fold(stem: &[u8], prefix: usize, delimiter: &Key) -> Option<Key> {
    let rest = stem.get(prefix..)?;
    let at = rest.windows(delimiter.len().max(1)).position(|w| w == delimiter.as_bytes())?;
    stem.get(..prefix + at + delimiter.len()).map(Key::new)
}

impl Door {
    fn outward_key(&self, key: &Key) -> Key {
        Key::new([&self.stem, key.as_bytes()].concat())
    }

    /// The question to this container; nothing where it has no part in it.
    fn ask(&self, ask: &List) -> Option<List> {
        let stem = self.stem.as_slice();
        let prefix = match ask.prefix.as_bytes().strip_prefix(stem) {
            Some(rest) => Key::new(rest),
            None if stem.starts_with(ask.prefix.as_bytes()) => Key::default(),
            None => return None,
        };
        let inside = |key: &Key| key.as_bytes().strip_prefix(stem).filter(|k| !k.is_empty()).map(Key::new);
        let cursor = ask.cursor.as_ref().and_then(|cursor| {
            let key = inside(cursor.key())?;
            Some(match cursor {
                Cursor::Key(_) => Cursor::Key(key),
                Cursor::Version(_, id) => Cursor::Version(key, id.clone()),
                Cursor::Token(mark, _) => Cursor::Token(mark.clone(), key),
            })
        });
        let (after, until) = (ask.after.as_ref().and_then(inside), ask.until.as_ref().and_then(inside));
        Some(List { prefix, after, until, cursor, ..ask.clone() })
    }

    /// A page with the names that the caller knows.
    fn outward(&self, page: Page) -> Page {
        let entry = |mut entry: Entry| {
            entry.key = self.outward_key(&entry.key);
            entry
        };
        let next = page.next.map(|cursor| match cursor {
            Cursor::Key(key) => Cursor::Key(self.outward_key(&key)),
            Cursor::Version(key, id) => Cursor::Version(self.outward_key(&key), id),
            Cursor::Token(mark, key) => Cursor::Token(mark, self.outward_key(&key)),
        });
        Page {
            entries: page.entries.into_iter().map(entry).collect(),
            prefixes: page.prefixes.iter().map(|p| self.outward_key(p)).collect(),
            next,
        }
    }
}

/// What all containers say, as one: what is true of each, and of every one by its name.
fn all_facts(each: BTreeMap<String, ContainerFacts>) -> ContainerFacts {
    fn same<T: Clone + PartialEq>(mut values: impl Iterator<Item = Option<T>>) -> Option<T> {
        let first = values.next()??;
        values.all(|v| v.as_ref() == Some(&first)).then_some(first)
    }
    let any = |of: fn(&ContainerFacts) -> Option<bool>| {
        let said: Vec<Option<bool>> = each.values().map(of).collect();
        if said.contains(&Some(true)) { Some(true) } else { same(said.into_iter()) }
    };
    let text = |of: fn(&ContainerFacts) -> &Option<String>| {
        let said: BTreeSet<&Option<String>> = each.values().map(of).collect();
        if said.len() < 2 {
            return said.into_iter().next().cloned().flatten();
        }
        let lines = each.iter().map(|(name, f)| format!("{name}: {}", of(f).as_deref().unwrap_or("(does not say)")));
        Some(lines.collect::<Vec<_>>().join("; "))
    };
    ContainerFacts {
        versioning: same(each.values().map(|f| f.versioning)),
        may_hold_versions: each.values().any(|f| f.may_hold_versions),
        object_lock: same(each.values().map(|f| f.object_lock)),
        public_read: any(|f| f.public_read),
        object_acls: any(|f| f.object_acls),
        access: text(|f| &f.access),
        encryption: text(|f| &f.encryption),
        each,
    }
}

/// All facts, or the sentence that names every container that is not there.
fn gathered(
    answers: impl Iterator<Item = (String, Result<ContainerFacts, RequestError>)>,
) -> Result<BTreeMap<String, ContainerFacts>, RequestError> {
    let (mut each, mut absent) = (BTreeMap::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Ok(facts) => drop(each.insert(name, facts)),
            Err(RequestError::NoContainer { place }) => absent.push(place),
            Err(other) => return Err(other),
        }
    }
    if absent.is_empty() { Ok(each) } else { Err(RequestError::NoContainer { place: absent.join(", ") }) }
}

impl Store for Containers {
    fn place(&self) -> &str {
        &self.place
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn list<'a>(&'a self, ask: &'a List) -> Answer<'a, Page, ListError> {
        Box::pin(self.page(ask))
    }

    fn head<'a>(&'a self, at: At<'a>) -> Answer<'a, Entry, ReadError> {
        Box::pin(async move {
            let (store, key) = self.route(at.key)?;
            let entry = store.head(At { key: &key, ..at }).await?;
            Ok(Entry { key: at.key.clone(), ..entry })
        })
    }

    fn get<'a>(&'a self, at: At<'a>, ask: Get) -> Answer<'a, Got, ReadError> {
        Box::pin(async move {
            let (store, key) = self.route(at.key)?;
            let mut got = store.get(At { key: &key, ..at }, ask).await?;
            got.entry.key = at.key.clone();
            Ok(got)
        })
    }

    fn put<'a>(&'a self, put: Put<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(async move {
            let (store, key) = self.route(put.key)?;
            store.put(Put { key: &key, ..put }).await
        })
    }

    fn begin<'a>(&'a self, begin: Begin<'a>) -> Answer<'a, UploadId, WriteError> {
        Box::pin(async move {
            let (store, key) = self.route(begin.key)?;
            store.begin(Begin { key: &key, ..begin }).await
        })
    }

    fn put_part<'a>(&'a self, part: Part<'a>) -> Answer<'a, PartDone, WriteError> {
        Box::pin(async move {
            let (store, key) = self.route(part.key)?;
            store.put_part(Part { key: &key, ..part }).await
        })
    }

    fn complete<'a>(&'a self, complete: Complete<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(async move {
            let (store, key) = self.route(complete.key)?;
            store.complete(Complete { key: &key, ..complete }).await
        })
    }

    fn abort<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, (), WriteError> {
        Box::pin(async move {
            let (store, key) = self.route(key)?;
            store.abort(&key, upload).await
        })
    }

    fn uploads<'a>(&'a self, prefix: &'a Key) -> Answer<'a, Vec<OpenUpload>, ListError> {
        Box::pin(async move {
            let ask = List { prefix: prefix.clone(), ..List::default() };
            let mut found = Vec::new();
            for door in &self.order {
                let Some(inner) = door.ask(&ask) else { continue };
                let open = door.store.uploads(&inner.prefix).await?;
                found.extend(open.into_iter().map(|u| OpenUpload { key: door.outward_key(&u.key), ..u }));
            }
            Ok(found)
        })
    }

    fn parts<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, Vec<PartDone>, WriteError> {
        Box::pin(async move {
            let (store, key) = self.route(key)?;
            store.parts(&key, upload).await
        })
    }

    fn tags<'a>(&'a self, at: At<'a>) -> Answer<'a, BTreeMap<String, String>, ReadError> {
        Box::pin(async move {
            let (store, key) = self.route(at.key)?;
            store.tags(At { key: &key, ..at }).await
        })
    }

    fn set_tags<'a>(&'a self, at: At<'a>, tags: &'a BTreeMap<String, String>) -> Answer<'a, (), WriteError> {
        Box::pin(async move {
            let (store, key) = self.route(at.key)?;
            store.set_tags(At { key: &key, ..at }, tags).await
        })
    }

    fn first_part<'a>(&'a self, at: At<'a>) -> Answer<'a, Option<u64>, ReadError> {
        Box::pin(async move {
            let (store, key) = self.route(at.key)?;
            store.first_part(At { key: &key, ..at }).await
        })
    }

    fn access<'a>(&'a self, at: At<'a>) -> Answer<'a, Option<String>, ReadError> {
        Box::pin(async move {
            let (store, key) = self.route(at.key)?;
            store.access(At { key: &key, ..at }).await
        })
    }

    fn delete<'a>(&'a self, at: At<'a>) -> Answer<'a, (), DeleteError> {
        Box::pin(async move {
            let (store, key) = self.route(at.key)?;
            store.delete(At { key: &key, ..at }).await
        })
    }

    fn container(&self) -> Answer<'_, ContainerFacts, RequestError> {
        Box::pin(async move {
            let asked = self.each.iter().map(|(name, store)| async move { (name.clone(), store.container().await) });
            Ok(all_facts(gathered(together(asked).await.into_iter())?))
        })
    }

    fn create_container(&self) -> Answer<'_, (), RequestError> {
        Box::pin(async move {
            for store in self.each.values() {
                store.create_container().await?;
            }
            Ok(())
        })
    }

    fn speaks_s3(&self) -> bool {
        self.each.values().all(|s| s.speaks_s3())
    }

    fn as_containers(&self) -> Option<&Containers> {
        Some(self)
    }
}

#[cfg(test)]
mod tests;
