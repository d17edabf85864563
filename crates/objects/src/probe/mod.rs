//! What a store really does, found out by doing it: the probe writes below a prefix of its own, reads back, cleans up.
//!
//! Documents say what a store should do; several say one thing and do another, silently. The result is data, goes into
//! the plan, and is what `conformance` holds the store to.

mod features;
mod names;
mod several;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use serde::{Deserialize, Serialize};

pub use names::{KeyFinding, ODD_KEYS};

use crate::{
    Algorithm, At, ContainerFacts, Dialect, Entry, Key, KeyRules, Limits, List, RequestError, Shape, Store, WriteError,
    together::together,
};

/// What a store was seen to do. Everything is false or empty until it was seen.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
pub struct Capabilities {
    /// The store.
    pub place: String,
    /// Id of its documented limits.
    pub limits: String,
    /// How to speak to it, for S3.
    pub dialect: Option<Dialect>,
    /// What the container says of itself.
    pub container: ContainerFacts,
    /// Checksums that it compares with what arrived.
    pub checked: BTreeSet<Algorithm>,
    /// Checksums that it keeps and says again.
    pub returned: BTreeSet<Algorithm>,
    /// Checksums that it compares for parts.
    pub checked_parts: BTreeSet<Algorithm>,
    /// Checksums of the whole that it keeps for objects made of parts.
    pub returned_whole: BTreeSet<Algorithm>,
    /// Gives a checksum with a part of an object that is read, on request. Where not, do not ask: some refuse.
    pub ranged: bool,
    /// The state (`ETag`) of what was written in one request is its MD5.
    #[serde(default)]
    pub md5_states: bool,
    /// The state of what was written in parts is the MD5 of their MD5s, and their number.
    #[serde(default)]
    pub md5_parts: bool,
    /// Takes a checksum behind a streamed body.
    pub trailing: bool,
    /// `If-None-Match: *` on writes holds.
    pub if_absent: bool,
    /// `If-Match` on writes holds.
    pub if_match: bool,
    /// `If-None-Match: *` on completing an upload holds.
    pub if_absent_complete: bool,
    /// `If-Match` on deletion holds.
    pub if_match_delete: bool,
    /// Keeps tags.
    pub tags: bool,
    /// Keeps metadata whose name holds `_`. Many a proxy in front of a store drops such headers in silence.
    pub underscores: bool,
    /// Keeps versions: it is switched on.
    pub versions: bool,
    /// A deletion leaves a mark.
    pub delete_markers: bool,
    /// Uploads in parts work.
    pub uploads: bool,
    /// Says which parts an upload has.
    pub lists_parts: bool,
    /// Says which uploads are under way.
    pub lists_uploads: bool,
    /// Took a part of another content in place of an earlier one, once. SeaweedFS 4.48 keeps the first one in about
    /// every second case: complete with a checksum of the whole, and do not send other bytes under a number again.
    pub replaces_parts: bool,
    /// Refuses parts of an upload that was aborted.
    pub forgets_uploads: bool,
    /// Lists in ascending order of bytes.
    pub ascending: bool,
    /// Loses no key between two pages. Where it does, a listing of such a bucket proves nothing.
    pub whole_pages: bool,
    /// Lists from a key on, so that ranges can be listed side by side.
    pub key_ranges: bool,
    /// An object cannot have the name of another's folder.
    pub no_prefix_objects: bool,
    /// Odd keys, and what became of them.
    pub keys: Vec<KeyFinding>,
    /// Shapes of keys that it cannot hold, by those findings.
    pub refused: BTreeSet<Shape>,
    /// The longest key that came back, in bytes.
    pub longest_key: usize,
    /// The longest part between two slashes, in bytes; 0 where only the whole is limited.
    #[serde(default)]
    pub longest_segment: usize,
    /// What the probe could not find out, one sentence each.
    pub notes: Vec<String>,
    /// The same of every container by its name, where there are several; then everything above is what all of them can.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub each: BTreeMap<String, Capabilities>,
}

impl Capabilities {
    /// Takes over what another round saw: an ability shows only where it is, and a failure can have other reasons.
    fn learn(&mut self, seen: Self) {
        self.dialect = seen.dialect;
        self.checked.extend(seen.checked);
        self.returned.extend(seen.returned);
        self.checked_parts.extend(seen.checked_parts);
        self.returned_whole.extend(seen.returned_whole);
        let flags = [
            (&mut self.ranged, seen.ranged),
            (&mut self.md5_states, seen.md5_states),
            (&mut self.md5_parts, seen.md5_parts),
            (&mut self.trailing, seen.trailing),
            (&mut self.if_absent, seen.if_absent),
            (&mut self.if_match, seen.if_match),
            (&mut self.if_absent_complete, seen.if_absent_complete),
            (&mut self.if_match_delete, seen.if_match_delete),
            (&mut self.tags, seen.tags),
            (&mut self.underscores, seen.underscores),
            (&mut self.versions, seen.versions),
            (&mut self.delete_markers, seen.delete_markers),
            (&mut self.uploads, seen.uploads),
            (&mut self.lists_parts, seen.lists_parts),
            (&mut self.lists_uploads, seen.lists_uploads),
            (&mut self.replaces_parts, seen.replaces_parts),
            (&mut self.forgets_uploads, seen.forgets_uploads),
        ];
        for (mine, also) in flags {
            *mine |= also;
        }
        self.notes = seen.notes;
    }

    /// True when the store compares this checksum.
    pub fn checks(&self, algorithm: Algorithm) -> bool {
        self.checked.contains(&algorithm)
    }

    /// True when the store says this checksum again.
    pub fn returns(&self, algorithm: Algorithm) -> bool {
        self.returned.contains(&algorithm)
    }

    /// True when the store compares this checksum of a part.
    pub fn checks_parts(&self, algorithm: Algorithm) -> bool {
        self.checked_parts.contains(&algorithm)
    }

    /// True when the store keeps this checksum of an object made of parts.
    pub fn returns_whole(&self, algorithm: Algorithm) -> bool {
        self.returned_whole.contains(&algorithm)
    }

    /// The rules for keys: documented and seen together.
    pub fn key_rules(&self, limits: &Limits) -> KeyRules {
        let mut rules = limits.key.clone();
        rules.refused.extend(self.refused.iter().copied());
        if self.longest_key > 0 {
            rules.max_bytes = Some(rules.max_bytes.unwrap_or(usize::MAX).min(self.longest_key));
        }
        if self.longest_segment > 0 {
            rules.max_segment_bytes = Some(rules.max_segment_bytes.unwrap_or(usize::MAX).min(self.longest_segment));
        }
        rules
    }

    /// Why the store cannot hold a key, if so.
    pub fn key_problem(&self, key: &Key, limits: &Limits) -> Option<String> {
        if !self.each.is_empty() {
            return match key.in_container().and_then(|(name, rest)| Some((self.each.get(name)?, rest))) {
                Some((can, rest)) => can.key_problem(&rest, limits),
                None => Some("it begins with the name of no container of the move".to_owned()),
            };
        }
        if let Some(reason) = self.key_rules(limits).refuses(key) {
            return Some(reason.to_string());
        }
        let seen = self.keys.iter().find(|f| f.problem.is_some() && key.as_bytes().ends_with(f.name.as_bytes()));
        seen.and_then(|f| f.problem.clone())
    }

    /// The store, spoken to as the probe found out.
    pub fn apply(&self, store: Arc<dyn Store>) -> Arc<dyn Store> {
        if let Some(several) = store.as_containers() {
            let applied = several.map(|name, inner| match self.each.get(name) {
                Some(can) => can.apply(Arc::clone(inner)),
                None => Arc::clone(inner),
            });
            return Arc::new(applied);
        }
        match (store.as_s3(), self.dialect) {
            (Some(s3), Some(dialect)) => Arc::new(s3.with_dialect(dialect)),
            _ => store,
        }
    }
}

/// Why a probe found nothing out.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProbeError {
    /// Nothing can be written at all.
    #[error("{place} takes no test object; give credentials that may write below `{base}`, or read only")]
    Write {
        /// The store.
        place: String,
        /// Below which prefix.
        base: Key,
        /// Why.
        #[source]
        cause: WriteError,
    },
    /// What any request can meet.
    #[error(transparent)]
    Request(#[from] RequestError),
}

/// Rounds over a way that breaks: what failed then says nothing of the store.
const ROUNDS: u32 = 4;

/// Probes a store by writing below `base`, which should be unused. Takes about a hundred small requests, and two parts
/// of 5 MiB.
pub async fn probe(store: &dyn Store, base: &Key) -> Result<Capabilities, ProbeError> {
    match store.as_containers() {
        Some(several) => Box::pin(several::probe(several, base)).await,
        None => one(store, base).await,
    }
}

async fn one(store: &dyn Store, base: &Key) -> Result<Capabilities, ProbeError> {
    let mut can = Capabilities {
        place: store.place().to_owned(),
        limits: store.limits().id.clone(),
        container: store.container().await?,
        ..Capabilities::default()
    };
    let first = features::Probe { store, base };
    first.can_write().await?;
    let faults = || store.as_s3().map_or(0, crate::S3::disturbed);
    let mut spoken = None;
    for _ in 0..ROUNDS {
        let before = faults();
        let mut dialect = None;
        if let Some(s3) = store.as_s3() {
            let found = names::dialect(s3, base).await;
            dialect = Some(found);
            spoken = Some(s3.with_dialect(found));
        }
        let probe = features::Probe { store: spoken.as_ref().map_or(store, |s| s as &dyn Store), base };
        can.learn(Box::pin(probe.features(dialect)).await);
        if faults() == before {
            break;
        }
        clean(store, base, can.versions).await;
    }
    let store = spoken.as_ref().map_or(store, |s| s as &dyn Store);
    names::listing(store, base, &mut can).await;
    names::odd_keys(store, base, &mut can).await;
    clean(store, base, can.versions).await;
    if can.dialect.is_some_and(|d| d.tags_apart) {
        can.notes.push("tags are set in a request of their own".to_owned());
    }
    Ok(can)
}

/// Removes what the probe left; what cannot be removed stays, below its own prefix.
async fn clean(store: &dyn Store, base: &Key, versions: bool) {
    for upload in store.uploads(base).await.unwrap_or_default() {
        let _ = store.abort(&upload.key, &upload.upload).await;
    }
    let prefixes = [base.clone(), Key::new([b"/", base.as_bytes()].concat())];
    for prefix in prefixes {
        let ask = List { prefix, versions, ..List::default() };
        let left = crate::conformance::all(store, ask).await.unwrap_or_default();
        let delete = |entry: &'_ Entry| {
            let (key, version) = (entry.key.clone(), entry.version.clone().filter(|_| versions));
            async move { store.delete(At { key: &key, version: version.as_ref(), if_match: None }).await.is_ok() }
        };
        together(left.iter().map(delete)).await;
    }
}

/// Tags for a probe.
fn tag() -> BTreeMap<String, String> {
    BTreeMap::from([("probe".to_owned(), "a b".to_owned())])
}
