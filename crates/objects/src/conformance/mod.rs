//! What every store must do, as functions that anybody can run against any store: ours, a server on loopback, a customer's
//! bucket. Each check writes below a prefix of its own and cleans up.
//!
//! What a store is known not to do ([`Capabilities`], from the probe) is not asked of it. What it does must be right.

mod keys;
mod objects;
mod uploads;

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    At, Capabilities, Condition, Cursor, Entry, Get, Integrity, Key, List, ListError, Payload, Properties, Put, Store,
    Version, Written,
};

/// One check's outcome.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// Its name.
    pub name: &'static str,
    /// Nothing, or what went wrong. `Err` with `not offered` never stands here: such checks are left out.
    pub problem: Option<String>,
}

/// Runs every check that fits the store. The store must be empty below `base`.
pub async fn run(store: &dyn Store, base: &Key, can: &Capabilities) -> Vec<Outcome> {
    let bench = Bench { store, base: base.clone(), can };
    let mut outcomes = Vec::new();
    macro_rules! checks {
        ($($check:path),* $(,)?) => { $(
            let name = stringify!($check);
            let problem = $check(&bench).await.err();
            outcomes.push(Outcome { name, problem });
            if let Err(e) = bench.clean().await {
                outcomes.push(Outcome { name: "clean", problem: Some(format!("after {name}: {e}")) });
            }
        )* };
    }
    checks![
        objects::round_trip,
        objects::empty_object,
        objects::missing_object,
        objects::ranges,
        objects::headers_and_metadata,
        objects::tags,
        objects::reads_are_pinned,
        objects::conditional_writes,
        objects::checksums_are_checked,
        objects::streamed_body,
        objects::bodies_that_lie,
        objects::delete_is_idempotent,
        objects::versions,
        keys::every_key_arrives,
        keys::pages,
        keys::key_ranges,
        keys::delimiter,
        uploads::parts,
        uploads::parts_are_replaced_and_listed,
        uploads::abort_leaves_nothing,
        uploads::whole_checksum,
        uploads::complete_is_conditional,
    ];
    outcomes
}

type Check = Result<(), String>;

/// Fails with a sentence.
macro_rules! ensure {
    ($condition:expr, $($words:tt)+) => {
        if !$condition {
            return Err(format!($($words)+));
        }
    };
}
use ensure;

/// A store under test.
struct Bench<'a> {
    store: &'a dyn Store,
    base: Key,
    can: &'a Capabilities,
}

/// An error with all its causes, for the outcome.
fn why(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text = format!("{text}: {inner}");
        cause = inner.source();
    }
    text
}

impl Bench<'_> {
    fn key(&self, name: impl AsRef<[u8]>) -> Key {
        let mut bytes = self.base.as_bytes().to_vec();
        bytes.extend_from_slice(name.as_ref());
        Key::new(bytes)
    }

    async fn write(&self, key: &Key, bytes: impl Into<Vec<u8>>) -> Result<Written, String> {
        self.put(key, bytes, &Properties::default(), Condition::Always, Integrity::Nothing).await
    }

    async fn put(
        &self,
        key: &Key,
        bytes: impl Into<Vec<u8>>,
        properties: &Properties,
        condition: Condition<'_>,
        integrity: Integrity,
    ) -> Result<Written, String> {
        let payload = Payload::from(bytes.into());
        self.store.put(Put { key, payload, properties, integrity, condition }).await.map_err(why)
    }

    async fn read(&self, at: At<'_>) -> Result<Vec<u8>, String> {
        let got = self.store.get(at, Get::default()).await.map_err(why)?;
        Ok(got.body.bytes().await.map_err(why)?.to_vec())
    }

    async fn list(&self, ask: List) -> Result<Vec<Entry>, String> {
        all(self.store, ask).await.map_err(why)
    }

    /// Removes everything below the base: versions, uploads.
    async fn clean(&self) -> Check {
        for upload in self.store.uploads(&self.base).await.unwrap_or_default() {
            self.store.abort(&upload.key, &upload.upload).await.map_err(why)?;
        }
        let mut ask = List { prefix: self.base.clone(), ..List::default() };
        ask.versions = self.can.versions;
        for entry in self.list(ask).await? {
            let version = entry.version.as_ref().filter(|_| self.can.versions);
            self.store.delete(At { key: &entry.key, version, if_match: None }).await.map_err(why)?;
        }
        Ok(())
    }
}

/// Every entry of a listing, page by page. For what fits into memory.
pub async fn all(store: &dyn Store, mut ask: List) -> Result<Vec<Entry>, ListError> {
    let mut entries = Vec::new();
    loop {
        let page = store.list(&ask).await?;
        entries.extend(page.entries);
        match page.next {
            Some(next) => ask.cursor = Some(kept(next)),
            None => return Ok(entries),
        }
    }
}

/// A cursor as another process would get it.
fn kept(cursor: Cursor) -> Cursor {
    let text = serde_json::to_string(&cursor).unwrap_or_default();
    serde_json::from_str(&text).unwrap_or(cursor)
}

/// Bytes that differ everywhere and never by chance.
fn pattern(len: usize, seed: u64) -> Vec<u8> {
    use crate::retry::{Chance as _, Seeded};
    let mut chance = Seeded(seed);
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        bytes.extend_from_slice(&chance.next().to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
}

fn by_version(version: Option<&Version>) -> String {
    version.map_or_else(|| "no version".to_owned(), ToString::to_string)
}
