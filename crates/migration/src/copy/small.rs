//! Objects that go in one request: read, hashed and written while they pass.

use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use flagstate_objects::{
    Algorithm, Checksum, Details, Entry, Get, Got, Integrity, Key, Payload, Put, ReadError, RequestError,
};

use super::{Mover, SMALL, hop::Hop, object::Item, states::Before, tee::Shared};
use crate::{
    fit::{self, Fitted, Loss},
    hash::Whole,
    row::{Done, Fate, Sums, Witness},
};

/// Up to this size the source's MD5 is compared where it offers nothing else.
const MD5_BYTES: u64 = SMALL;
/// Azure computes a checksum for ranges up to this size.
const AZURE_CRC_BYTES: u64 = 4 << 20;

/// One of several tries.
#[derive(Clone, Copy)]
pub(super) struct Try<'a> {
    attempt: u32,
    /// An earlier try wrote the object: it is ours to write over.
    pub(super) wrote: &'a AtomicBool,
    before: &'a Before,
}

impl Try<'_> {
    /// Its number, from 0.
    pub(super) fn attempt(self) -> u32 {
        self.attempt
    }
}

impl Mover {
    /// Moves an object in two requests.
    pub(super) async fn small(&self, item: &Item) -> Result<Done, Hop> {
        let (wrote, before) = (AtomicBool::new(false), Before::default());
        let (wrote, before) = (&wrote, &before);
        let once = async move |attempt| {
            if attempt > 0 && self.work.meter.stopped() {
                return Err(Hop::Stopped);
            }
            let this = Try { attempt, wrote, before };
            let done = match &self.options.seal {
                Some(seal) => self.sealed_once(item, seal, this).await,
                None => self.small_once(item, this).await,
            };
            self.met(item, done)
        };
        self.work.retry.run(once).await
    }

    async fn small_once(&self, item: &Item, this: Try<'_>) -> Result<Done, Hop> {
        let size = item.size();
        let _wide = if size > SMALL { Some(self.wide.acquire().await.map_err(|_| Hop::Fault)?) } else { None };
        let buffered = size <= SMALL || !self.how.streams || self.options.strict_source;
        let _memory = if buffered && size > 0 { Some(self.room(size).await?) } else { None };
        let _lane = self.lanes.enter().await.ok_or(Hop::Fault)?;
        let got = self.open(item).await?;
        let fitted = self.fitted(item, &got.entry).await?;
        let vouched = got.body.is_verified();
        let md5 = self.md5(&got, vouched);
        let done = if buffered {
            self.buffered(item, got, &fitted, (vouched, md5), this).await?
        } else {
            self.streamed(item, got, &fitted, vouched, this).await?
        };
        self.protected(&item.key, &fitted).await?;
        Ok(done)
    }

    /// Sees that the target protects the object as its source does, or more: its container may protect by default. A store
    /// may not know the words, and an object that was there already was written without them.
    pub(super) async fn protected(&self, key: &Key, fitted: &Fitted) -> Result<(), Hop> {
        let Some(wanted) = &fitted.properties.hold else { return Ok(()) };
        let target = &self.work.ends.target.store;
        let found = self.work.retry.run(|_| target.head(flagstate_objects::At::key(key))).await?;
        let found = found.details.map(|d| d.hold).unwrap_or_default();
        if fit::protects(&found, wanted) { Ok(()) } else { Err(Hop::Unheld) }
    }

    /// Room in memory for so many bytes.
    pub(super) async fn room(&self, bytes: u64) -> Result<tokio::sync::SemaphorePermit<'_>, Hop> {
        // One object may be larger than all the room there is: then it has the room for itself.
        let most = self.options.memory.div_ceil(1024).max(1);
        let wanted = u32::try_from(bytes.div_ceil(1024).min(most)).unwrap_or(u32::MAX);
        self.memory.acquire_many(wanted).await.map_err(|_| Hop::Fault)
    }

    /// Opens the object at the source, in the state that was listed.
    async fn open(&self, item: &Item) -> Result<Got, Hop> {
        let source = &self.work.ends.source.store;
        let size = item.size();
        let azure = source.limits().id == "azure_blob";
        let range = (azure && size > 0 && size <= AZURE_CRC_BYTES).then_some(0..size);
        let checksum = !azure || range.is_some() || self.options.strict_source;
        let got = source.get(item.at(), Get { range, checksum }).await?;
        if got.entry.size != size {
            return Err(changed(source.place(), item).into());
        }
        Ok(got)
    }

    /// The properties that the target gets. An unaccepted loss is an error.
    pub(super) async fn fitted(&self, item: &Item, entry: &Entry) -> Result<Fitted, Hop> {
        let details: Option<&Details> = entry.details.as_deref();
        let mut properties = details.map(|d| d.properties.clone()).unwrap_or_default();
        let count = details.and_then(|d| d.tag_count);
        if properties.tags.is_empty() {
            let listed = item.row.entry.details.as_ref().map(|d| &d.properties.tags);
            if let Some(tags) = listed.filter(|t| !t.is_empty()) {
                properties.tags.clone_from(tags);
            } else if count.unwrap_or(0) > 0 {
                let source = &self.work.ends.source.store;
                let at = flagstate_objects::At { if_match: None, ..item.at() };
                properties.tags = self.work.retry.run(|_| source.tags(at)).await?;
            }
        }
        let mut fitted =
            fit::fit(properties, details, self.work.ends.target.store.limits(), &self.work.can, self.work.keep());
        if self.work.ends.object_acls {
            fitted.leaves_acl(self.acl(item).await?);
        }
        let refused = |l: &&Loss| !self.options.accepted.contains(l);
        match fitted.losses.iter().find(refused) {
            Some(loss) => Err(Hop::Loss(*loss)),
            None => Ok(fitted),
        }
    }

    /// The object's own access list. One that we may not read is one that stays behind unread.
    async fn acl(&self, item: &Item) -> Result<Option<String>, Hop> {
        let at = flagstate_objects::At { if_match: None, ..item.at() };
        match self.work.retry.run(|_| self.work.ends.source.store.access(at)).await {
            Ok(acl) => Ok(acl),
            Err(ReadError::Request(RequestError::Denied { .. })) => Ok(Some("(may not be read)".to_owned())),
            Err(e) => Err(e.into()),
        }
    }

    /// The MD5 to compute while reading, where it is worth its price.
    fn md5(&self, got: &Got, vouched: bool) -> Option<Checksum> {
        let worth = self.options.strict_source || got.entry.size <= MD5_BYTES;
        if vouched || !worth { None } else { self.likely_md5(&got.entry) }
    }

    /// Bytes at hand, with the checksum that the target compares.
    async fn buffered(
        &self,
        item: &Item,
        got: Got,
        fitted: &Fitted,
        (vouched, md5): (bool, Option<Checksum>),
        this: Try<'_>,
    ) -> Result<Done, Hop> {
        let entry = got.entry;
        let pieces = got.body.pieces().await?;
        let mut whole = Whole::new(md5.is_some());
        for piece in &pieces {
            whole.update(piece);
        }
        let (sums, found) = whole.finish();
        let mut read = match (md5, found) {
            _ if vouched => Witness::Checksum,
            (Some(wanted), Some(found)) => self.states.compare((&wanted, &found), sums, this.before)?,
            _ => Witness::Length,
        };
        self.work.meter.passed.fetch_add(item.size(), Ordering::Relaxed);
        let integrity = self.known(&pieces, sums);
        let payload = Payload::segments(pieces);
        let put = Put {
            key: &item.key,
            payload,
            properties: &fitted.properties,
            integrity,
            condition: self.condition(item, this.wrote),
        };
        let written = self.work.ends.target.store.put(put).await;
        let (arrived, wrote) = match written {
            Ok(written) => {
                this.wrote.store(true, Ordering::Relaxed);
                if read == Witness::Length && md5.is_none() {
                    read = self.by_states(&entry, written.etag.as_ref(), sums, this.before)?;
                }
                self.confirm(&item.key, (item.size(), sums), written, integrity).await?
            }
            Err(e) if Self::is_taken(&e) => self.adopt(&item.key, item.size(), sums).await?,
            Err(e) => return Err(e.into()),
        };
        Ok(self.done(fitted, sums, arrived, (read, wrote)))
    }

    /// The checksum that goes along with bytes at hand.
    pub(super) fn known(&self, pieces: &[Bytes], sums: Sums) -> Integrity {
        match self.how.known {
            None => Integrity::Nothing,
            Some(Algorithm::Crc64Nvme) => Integrity::Known(Checksum::crc64(sums.crc64)),
            Some(other) => {
                let Some(mut hasher) = flagstate_objects::Hasher::new(other) else { return Integrity::Nothing };
                for piece in pieces {
                    hasher.update(piece);
                }
                Integrity::Known(hasher.finish())
            }
        }
    }

    /// A body that passes, with its checksum behind it.
    async fn streamed(
        &self,
        item: &Item,
        got: Got,
        fitted: &Fitted,
        vouched: bool,
        this: Try<'_>,
    ) -> Result<Done, Hop> {
        let entry = got.entry;
        let shared = Shared::new(Whole::new(false));
        let payload = Payload::stream(item.size(), shared.tee(got.body, self.work.meter.clone()));
        let integrity = Integrity::Trailing(Algorithm::Crc64Nvme);
        let put = Put {
            key: &item.key,
            payload,
            properties: &fitted.properties,
            integrity,
            condition: self.condition(item, this.wrote),
        };
        let written = match self.work.ends.target.store.put(put).await {
            Ok(written) => written,
            Err(e) if Self::is_taken(&e) => return self.compare(item, fitted).await,
            Err(e) => return Err(e.into()),
        };
        this.wrote.store(true, Ordering::Relaxed);
        let whole = shared.back().filter(|w| w.len() == item.size());
        let (sums, _) = whole.ok_or_else(|| Hop::Damaged("the target did not read to the end".to_owned()))?.finish();
        let read =
            if vouched { Witness::Checksum } else { self.by_states(&entry, written.etag.as_ref(), sums, this.before)? };
        let (arrived, wrote) = self.confirm(&item.key, (item.size(), sums), written, integrity).await?;
        Ok(self.done(fitted, sums, arrived, (read, wrote)))
    }

    /// The target has something: the source is read once more, only to compare.
    async fn compare(&self, item: &Item, fitted: &Fitted) -> Result<Done, Hop> {
        let mut got = self.open(item).await?;
        let vouched = got.body.is_verified();
        let mut whole = Whole::new(false);
        while let Some(piece) = got.body.next().await {
            whole.update(&piece?);
        }
        let (sums, _) = whole.finish();
        let (arrived, wrote) = self.adopt(&item.key, item.size(), sums).await?;
        let read = if vouched { Witness::Checksum } else { Witness::Length };
        Ok(self.done(fitted, sums, arrived, (read, wrote)))
    }

    /// The outcome of an object that arrived.
    pub(super) fn done(
        &self,
        fitted: &Fitted,
        sums: Sums,
        arrived: crate::row::Arrived,
        (read, wrote): (Witness, Witness),
    ) -> Done {
        let names: Vec<&str> = fitted.losses.iter().map(|l| l.name()).collect();
        let acl = fitted.acl.as_ref().map(|acl| format!("; access list: {acl}")).unwrap_or_default();
        Done {
            fate: Fate::Moved,
            sums: Some(sums),
            properties: fit::digest(&fitted.properties),
            arrived: Some(arrived),
            read,
            wrote,
            at: Some(self.work.now()),
            note: (!names.is_empty()).then(|| format!("lost: {}{acl}", names.join(", "))),
        }
    }
}

pub(super) fn changed(place: &str, item: &Item) -> ReadError {
    ReadError::Changed { place: place.to_owned(), key: item.row.entry.key.clone() }
}
