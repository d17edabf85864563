//! Objects that go in parts: parts side by side, each hashed while it passes, the whole's hash put together from them.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use flagstate_objects::{
    Algorithm, At, Begin, Checksum, Complete, Condition, Entry, Get, Integrity, Part, PartDone, Payload, ReadError,
    Scope, UploadId, WriteError,
};
use tokio::task::JoinSet;

use super::{Mover, SMALL, hop::Hop, object::Item, states::Before, tee::Shared};
use crate::{
    fit::Fitted,
    hash::{self, GRAIN, PartHasher, PartSums},
    journal::Upload,
    row::{Done, Sums, Witness},
};

/// Parts of one object in flight.
const STREAMS: usize = 8;
/// Wanted size of parts that stream, and of parts that wait in memory.
const STREAMED_PART: u64 = 32 << 20;
const HELD_PART: u64 = 8 << 20;
/// Azure computes a checksum for ranges up to this size.
const AZURE_CRC_BYTES: u64 = 4 << 20;

/// An upload with the parts that are there.
pub(super) struct Open {
    pub(super) id: UploadId,
    pub(super) part_bytes: u64,
    /// In order; nothing where a part is still to be sent.
    pub(super) parts: Vec<Option<(PartDone, PartSums)>>,
    /// A part was sent again: some targets then count it twice in the checksum of the whole.
    pub(super) resent: bool,
}

impl Mover {
    /// Moves a large object, or goes on with it.
    pub(super) async fn large(self: &Arc<Self>, item: &Item) -> Result<Done, Hop> {
        let source = &self.work.ends.source.store;
        let entry = self.work.retry.run(|_| source.head(item.at())).await?;
        if entry.size != item.size() {
            let (place, key) = (source.place().to_owned(), item.row.entry.key.clone());
            return Err(ReadError::Changed { place, key }.into());
        }
        let fitted = self.fitted(item, &entry).await?;
        let (wrote, before) = (AtomicBool::new(false), Before::default());
        let (entry, fitted, wrote, before) = (&entry, &fitted, &wrote, &before);
        let retries = self.work.retry.retries();
        let once = async move |attempt| {
            if attempt > 0 && self.work.meter.stopped() {
                return Err(Hop::Stopped);
            }
            let done = self.large_once(item, (entry, fitted), wrote, before).await;
            self.met(item, done)
        };
        let done = self.work.retry.run(once).await?;
        if !item.fresh || self.work.retry.retries() > retries {
            // The answer to a beginning can get lost: then an upload is open that nobody knows.
            self.forget_strangers(item).await?;
        }
        Ok(done)
    }

    /// Ends the upload of an object that is not moved any more.
    pub(super) async fn abandon(&self, item: &Item) -> Result<(), Hop> {
        match self.journal.upload(item.shard, item.seq)? {
            Some(upload) => self.drop_upload(item, &upload.id).await,
            None => Ok(()),
        }
    }

    async fn large_once(
        self: &Arc<Self>,
        item: &Item,
        (entry, fitted): (&Entry, &Fitted),
        wrote: &AtomicBool,
        before: &Before,
    ) -> Result<Done, Hop> {
        let mut open = match self.resume(item).await? {
            Some(open) => open,
            None => self.begin(item, entry, fitted).await?,
        };
        match self.send(item, &mut open).await {
            Err(Hop::Write(WriteError::NoUpload { place, key })) => {
                // Somebody ended it: what is there is forgotten, and the next try begins anew.
                self.journal.end_upload(item.shard, item.seq)?;
                let cause = "the target forgot the upload".into();
                return Err(Hop::Write(WriteError::Source { place, key, cause }));
            }
            other => other?,
        }
        let part_bytes = open.part_bytes;
        let mut done = self.complete(item, entry, fitted, open, wrote).await?;
        self.protected(&item.key, fitted).await?;
        if let (Witness::Length, Some(sums)) = (done.read, done.sums) {
            let written = done.arrived.as_ref().and_then(|a| a.etag.as_ref());
            done.read = self.by_states_of_parts(entry, (written, part_bytes), sums, before)?;
        }
        Ok(done)
    }

    /// The size of parts for an object: whole mebibytes, or at least whole chunks of the hash.
    fn part_bytes(&self, size: u64) -> Result<u64, Hop> {
        let limits = self.work.ends.target.store.limits();
        let wanted = self.options.part_bytes.unwrap_or(if self.how.streams { STREAMED_PART } else { HELD_PART });
        let too_large =
            || Hop::TooLarge(format!("{} takes no object of {size} bytes", self.work.ends.target.store.place()));
        let part = limits.part_size(size, wanted).ok_or_else(too_large)?;
        let part = part - part % GRAIN;
        let most = u64::from(limits.parts.max.max(1));
        if part == 0 || size.div_ceil(part) > most { Err(too_large()) } else { Ok(part) }
    }

    async fn begin(&self, item: &Item, entry: &Entry, fitted: &Fitted) -> Result<Open, Hop> {
        let part_bytes = match self.parts_like_source(item, entry).await {
            Some(bytes) => bytes,
            None => self.part_bytes(item.size())?,
        };
        let target = &self.work.ends.target.store;
        let algorithm = self.how.parts.then_some(Algorithm::Crc64Nvme);
        let begin = Begin { key: &item.key, properties: &fitted.properties, algorithm };
        let id = self.work.retry.run(|_| target.begin(begin)).await?;
        self.remember_upload(item, &id, part_bytes)?;
        let count = usize::try_from(item.size().div_ceil(part_bytes)).unwrap_or(0);
        let parts = std::iter::repeat_with(|| None).take(count).collect();
        Ok(Open { id, part_bytes, parts, resent: false })
    }

    /// Writes down that an upload is open, so that another run goes on with it or ends it.
    pub(super) fn remember_upload(&self, item: &Item, id: &UploadId, part_bytes: u64) -> Result<(), Hop> {
        let upload = Upload {
            shard: item.shard,
            seq: item.seq,
            key: item.key.clone(),
            id: id.clone(),
            part_bytes,
            etag: item.row.entry.etag.clone(),
            size: item.size(),
        };
        Ok(self.journal.begin_upload(&upload)?)
    }

    /// Sends the parts that are missing, several side by side.
    async fn send(self: &Arc<Self>, item: &Item, open: &mut Open) -> Result<(), Hop> {
        let missing: Vec<usize> =
            (0..open.parts.len()).filter(|i| open.parts.get(*i).is_some_and(Option::is_none)).collect();
        let mut missing = missing.into_iter();
        let mut flying = JoinSet::new();
        let item_shared = Arc::new(item.clone());
        let mut failed = None;
        loop {
            while failed.is_none() && flying.len() < STREAMS && !self.work.meter.stopped() {
                let Some(index) = missing.next() else { break };
                let (mover, item, id) = (Arc::clone(self), Arc::clone(&item_shared), open.id.clone());
                let part_bytes = open.part_bytes;
                flying.spawn(async move { (index, mover.part(&item, &id, part_bytes, index).await) });
            }
            let Some(done) = flying.join_next().await else { break };
            match done {
                Ok((index, Ok((part, sums, again)))) => {
                    open.resent |= again;
                    if let Some(slot) = open.parts.get_mut(index) {
                        *slot = Some((part, sums));
                    }
                }
                Ok((_, Err(hop))) => failed = failed.or(Some(hop)),
                Err(_) => failed = failed.or(Some(Hop::Fault)),
            }
        }
        match failed {
            Some(hop) => Err(hop),
            None if open.parts.iter().any(Option::is_none) => Err(Hop::Stopped),
            None => Ok(()),
        }
    }

    /// Sends one part; says whether the target may have got it more than once.
    async fn part(
        &self,
        item: &Item,
        id: &UploadId,
        part_bytes: u64,
        index: usize,
    ) -> Result<(PartDone, PartSums, bool), Hop> {
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let from = index as u64 * part_bytes;
        let range = from..(from + part_bytes).min(item.size());
        let tries = AtomicBool::new(false);
        let again = &tries;
        let once = |attempt| {
            let range = range.clone();
            async move {
                again.fetch_or(attempt > 0, Ordering::Relaxed);
                let done = self.part_once(item, id, number, range).await;
                self.met(item, done)
            }
        };
        let (part, sums) = self.work.retry.run(once).await?;
        self.journal.add_part(item.shard, item.seq, number, &part.etag, &sums)?;
        Ok((part, sums, tries.load(Ordering::Relaxed)))
    }

    async fn part_once(
        &self,
        item: &Item,
        id: &UploadId,
        number: u32,
        range: std::ops::Range<u64>,
    ) -> Result<(PartDone, PartSums), Hop> {
        let len = range.end - range.start;
        let _wide = self.wide.acquire().await.map_err(|_| Hop::Fault)?;
        let _memory = if self.how.streams { None } else { Some(self.room(len).await?) };
        let _lane = self.lanes.enter().await.ok_or(Hop::Fault)?;
        let hasher = PartHasher::new(range.start, range.end, item.size());
        let (payload, integrity, sums) = if self.how.streams {
            let body = self.range(item, range.clone()).await?;
            let shared = Shared::new(hasher);
            let payload = Payload::stream(len, shared.tee(body, self.work.meter.clone()));
            (payload, Integrity::Trailing(Algorithm::Crc64Nvme), Err(shared))
        } else {
            let (pieces, sums) = self.held(item, range.clone(), hasher).await?;
            let integrity =
                if self.how.parts { Integrity::Known(Checksum::crc64(sums.crc64)) } else { Integrity::Nothing };
            (Payload::segments(pieces), integrity, Ok(sums))
        };
        let part = Part { key: &item.key, upload: id, number, offset: range.start, payload, integrity };
        let done = self.work.ends.target.store.put_part(part).await?;
        let sums = match sums {
            Ok(sums) => sums,
            Err(shared) => shared.back().map(PartHasher::finish).ok_or(Hop::Fault)?,
        };
        if sums.len != len {
            return Err(Hop::Damaged(format!("part {number} had {} of {len} bytes", sums.len)));
        }
        let said = done.checksum.filter(|c| c.scope == Scope::Full).and_then(|c| c.as_crc64());
        if let Some(said) = said.filter(|s| *s != sums.crc64) {
            let what = format!(
                "the target has {} for part {number}, {} was sent",
                Checksum::crc64(said),
                Checksum::crc64(sums.crc64)
            );
            return Err(Hop::Damaged(what));
        }
        self.lanes.went_well(self.work.retry.throttled());
        let checksum = self.how.parts.then(|| Checksum::crc64(sums.crc64));
        Ok((PartDone { size: len, checksum, ..done }, sums))
    }

    async fn range(&self, item: &Item, range: std::ops::Range<u64>) -> Result<flagstate_objects::ByteStream, Hop> {
        let source = &self.work.ends.source.store;
        let whole = range.end - range.start == item.size();
        let got = source.get(item.at(), Get { range: Some(range), checksum: whole }).await?;
        Ok(got.body)
    }

    /// A part in memory. From Azure in ranges for which it computes a checksum, where that is asked for.
    async fn held(
        &self,
        item: &Item,
        range: std::ops::Range<u64>,
        mut hasher: PartHasher,
    ) -> Result<(Vec<bytes::Bytes>, PartSums), Hop> {
        let source = &self.work.ends.source.store;
        let azure = source.limits().id == "azure_blob" && self.options.strict_source;
        let step = if azure { AZURE_CRC_BYTES } else { range.end - range.start };
        let (mut pieces, mut from) = (Vec::new(), range.start);
        while from < range.end {
            let until = (from + step).min(range.end);
            let mut got = source.get(item.at(), Get { range: Some(from..until), checksum: azure }).await?;
            while let Some(piece) = got.body.next().await {
                let piece = piece?;
                hasher.update(&piece);
                self.work.meter.passed.fetch_add(piece.len() as u64, Ordering::Relaxed);
                pieces.push(piece);
            }
            from = until;
        }
        Ok((pieces, hasher.finish()))
    }

    /// Makes an object of the parts, and is sure of it.
    async fn complete(
        &self,
        item: &Item,
        entry: &Entry,
        fitted: &Fitted,
        open: Open,
        wrote: &AtomicBool,
    ) -> Result<Done, Hop> {
        let (parts, sums): (Vec<PartDone>, Vec<PartSums>) = open.parts.into_iter().flatten().unzip();
        let whole = hash::combine(&sums, item.size())
            .ok_or_else(|| Hop::Damaged("the parts do not make up the object".to_owned()))?;
        let read = match against_source(entry, whole) {
            Ok(read) => read,
            Err(hop) => {
                // Which part it was cannot be told: all of them are read again.
                self.drop_upload(item, &open.id).await?;
                return Err(hop);
            }
        };
        let checked = self.how.parts && (self.work.can.replaces_parts || !open.resent);
        let checksum = checked.then(|| Checksum::crc64(whole.crc64));
        let complete = Complete {
            key: &item.key,
            upload: &open.id,
            parts: &parts,
            properties: &fitted.properties,
            checksum,
            condition: if self.work.can.if_absent_complete { self.condition(item, wrote) } else { Condition::Always },
        };
        let written = self.work.retry.run(|_| self.end(complete)).await;
        let (arrived, wrote_by) = match written {
            Ok(written) => {
                wrote.store(true, Ordering::Relaxed);
                let sent = checksum.map_or(Integrity::Nothing, Integrity::Known);
                self.confirm_parts(item, whole, written, sent).await?
            }
            Err(WriteError::NoUpload { .. }) => {
                // The answer to an earlier try got lost, or the upload is gone: what is there decides.
                self.journal.end_upload(item.shard, item.seq)?;
                let adopted = self.adopt(&item.key, item.size(), whole).await;
                adopted.map_err(|e| {
                    if matches!(e, Hop::Occupied) { Hop::Damaged("the upload went away".to_owned()) } else { e }
                })?
            }
            Err(e) if Self::is_taken(&e) => {
                self.drop_upload(item, &open.id).await?;
                self.adopt(&item.key, item.size(), whole).await?
            }
            Err(e @ WriteError::Damaged { .. }) => {
                // The parts cannot be trusted any more.
                self.drop_upload(item, &open.id).await?;
                return Err(Hop::Damaged(crate::trouble::sentence(&e)));
            }
            Err(e) => return Err(e.into()),
        };
        Ok(self.done(fitted, whole, arrived, (read, wrote_by)))
    }

    /// Makes an object of the parts, once; a try that failed on the way is counted by its cause.
    async fn end(&self, complete: Complete<'_>) -> Result<flagstate_objects::Written, WriteError> {
        let answer = self.work.ends.target.store.complete(complete).await;
        if let Err(WriteError::Request(e)) = &answer
            && e.class().is_transient()
        {
            self.work.meter.met(crate::trouble::cause(e), None);
        }
        answer
    }

    /// Ends an upload at the target and forgets it.
    async fn drop_upload(&self, item: &Item, id: &UploadId) -> Result<(), Hop> {
        let target = &self.work.ends.target.store;
        // What cannot be ended now is found by its key when the object has arrived.
        let _ = self.work.retry.run(|_| target.abort(&item.key, id)).await;
        Ok(self.journal.end_upload(item.shard, item.seq)?)
    }

    async fn confirm_parts(
        &self,
        item: &Item,
        whole: Sums,
        written: flagstate_objects::Written,
        sent: Integrity,
    ) -> Result<(crate::row::Arrived, Witness), Hop> {
        let said = written.checksum(Algorithm::Crc64Nvme).is_some_and(|c| c.scope == Scope::Full);
        // Each part was compared by the target, and the sum of their lengths is the object's: that suffices.
        if !said && self.how.parts && !self.how.files {
            let arrived =
                crate::row::Arrived { etag: written.etag, version: written.version, size: item.size(), sums: None };
            return Ok((arrived, Witness::Checksum));
        }
        self.confirm(&item.key, (item.size(), whole), written, sent).await
    }

    /// Ends uploads of this very key that nobody remembers: a killed run began them, or an answer got lost.
    pub(super) async fn forget_strangers(&self, item: &Item) -> Result<(), Hop> {
        if !self.work.can.lists_uploads || item.size() <= SMALL {
            return Ok(());
        }
        let target = &self.work.ends.target.store;
        let open = self.work.retry.run(|_| target.uploads(&item.key)).await;
        let Ok(open) = open else { return Ok(()) };
        for upload in open.into_iter().filter(|u| u.key == item.key) {
            let at: At<'_> = At::key(&item.key);
            let _ = self.work.retry.run(|_| target.abort(at.key, &upload.upload)).await;
        }
        Ok(())
    }
}

/// The whole against the source's own checksum, where it keeps one that parts can be held to.
fn against_source(entry: &Entry, whole: Sums) -> Result<Witness, Hop> {
    let kept = entry.details.as_ref().map(|d| d.checksums.as_slice()).unwrap_or_default();
    let full = kept.iter().find(|c| c.algorithm == Algorithm::Crc64Nvme && c.scope == Scope::Full);
    match full.and_then(Checksum::as_crc64) {
        None => Ok(Witness::Length),
        Some(crc) if crc == whole.crc64 => Ok(Witness::Checksum),
        Some(crc) => {
            let what =
                format!("the source says {}, and {} was read", Checksum::crc64(crc), Checksum::crc64(whole.crc64));
            Err(Hop::Damaged(what))
        }
    }
}
