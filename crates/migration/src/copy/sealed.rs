//! Objects that are encrypted on the way: one pass that hashes what is read, encrypts it, and hashes what is written.
//!
//! The format is a stream, so the parts of one object go one after another; objects go side by side. An object that was cut
//! off begins anew: its key is gone with the process, which is meant.

use std::sync::atomic::Ordering;

use bytes::Bytes;
use flagstate_objects::{
    Algorithm, Begin, Checksum, Complete, Condition, Get, Integrity, Part, PartDone, Payload, Put, Scope, UploadId,
};

use super::{Mover, hop::Hop, object::Item, small::Try};
use crate::{
    fit::Fitted,
    hash::Whole,
    row::{Arrived, Done, Sums, Witness},
    seal::{Seal, Sealing},
};

/// Encrypted objects up to this size go in one request.
const HELD: u64 = 8 << 20;

/// A body that is read, hashed and encrypted.
struct Sealed {
    body: flagstate_objects::ByteStream,
    plain: Whole,
    cipher: Whole,
    sealing: Option<Sealing>,
    over: bool,
}

impl Sealed {
    /// The next encrypted bytes, of any length; nothing at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, Hop> {
        let broken = |e: std::io::Error| Hop::Damaged(format!("encrypting failed: {e}"));
        while !self.over {
            let Some(sealing) = &mut self.sealing else { return Ok(None) };
            let ready = match self.body.next().await {
                Some(piece) => {
                    let piece = piece?;
                    self.plain.update(&piece);
                    sealing.write(&piece).map_err(broken)?;
                    sealing.ready()
                }
                None => {
                    self.over = true;
                    let Some(sealing) = self.sealing.take() else { return Ok(None) };
                    sealing.finish().map_err(broken)?
                }
            };
            if !ready.is_empty() {
                self.cipher.update(&ready);
                return Ok(Some(ready));
            }
        }
        Ok(None)
    }

    /// The next part, of exactly so many bytes unless it is the last.
    async fn part(&mut self, bytes: u64, rest: &mut Vec<Bytes>) -> Result<Vec<Bytes>, Hop> {
        let mut have: u64 = rest.iter().map(|b| b.len() as u64).sum();
        while have < bytes {
            let Some(more) = self.next().await? else { break };
            have += more.len() as u64;
            rest.push(more);
        }
        let mut part = Vec::new();
        let mut left = bytes;
        while left > 0 && !rest.is_empty() {
            let mut first = rest.remove(0);
            let take = usize::try_from(left).unwrap_or(usize::MAX).min(first.len());
            part.push(first.split_to(take));
            left -= take as u64;
            if !first.is_empty() {
                rest.insert(0, first);
            }
        }
        Ok(part)
    }
}

impl Mover {
    /// Moves an object, encrypted.
    pub(super) async fn sealed_once(&self, item: &Item, seal: &Seal, this: Try<'_>) -> Result<Done, Hop> {
        let _wide = self.wide.acquire().await.map_err(|_| Hop::Fault)?;
        let _memory = self.room(HELD.min(item.size().max(1)) * 2).await?;
        let _lane = self.lanes.enter().await.ok_or(Hop::Fault)?;
        if this.attempt() > 0 || !item.fresh {
            self.abandon(item).await?;
        }
        let source = &self.work.ends.source.store;
        let got = source.get(item.at(), Get { range: None, checksum: true }).await?;
        if got.entry.size != item.size() {
            return Err(super::small::changed(source.place(), item).into());
        }
        let fitted = self.fitted(item, &got.entry).await?;
        let vouched = got.body.is_verified();
        let sealing = seal.begin(item.size()).map_err(|e| Hop::Damaged(format!("encrypting failed: {e}")))?;
        let size = sealing.size();
        let mut sealed = Sealed {
            body: got.body,
            plain: Whole::new(false),
            cipher: Whole::new(false),
            sealing: Some(sealing),
            over: false,
        };
        let (arrived, wrote) = if size <= HELD {
            self.sealed_small(item, &fitted, &mut sealed, (size, this)).await?
        } else {
            self.sealed_large(item, &fitted, &mut sealed, (size, this)).await?
        };
        self.protected(&item.key, &fitted).await?;
        let (plain, _) = sealed.plain.finish();
        self.work.meter.passed.fetch_add(item.size(), Ordering::Relaxed);
        let read = if vouched { Witness::Checksum } else { Witness::Length };
        Ok(self.done(&fitted, plain, arrived, (read, wrote)))
    }

    async fn sealed_small(
        &self,
        item: &Item,
        fitted: &Fitted,
        sealed: &mut Sealed,
        (size, this): (u64, Try<'_>),
    ) -> Result<(Arrived, Witness), Hop> {
        let mut pieces = Vec::new();
        while let Some(piece) = sealed.next().await? {
            pieces.push(piece);
        }
        let sums = taken(&mut sealed.cipher, size)?;
        let integrity = self.known(&pieces, sums);
        let condition = self.condition(item, this.wrote);
        let payload = Payload::segments(pieces);
        let put = Put { key: &item.key, payload, properties: &fitted.properties, integrity, condition };
        let written = self.work.ends.target.store.put(put).await?;
        this.wrote.store(true, Ordering::Relaxed);
        let (arrived, wrote) = self.confirm(&item.key, (size, sums), written, integrity).await?;
        Ok((Arrived { sums: Some(sums), ..arrived }, wrote))
    }

    async fn sealed_large(
        &self,
        item: &Item,
        fitted: &Fitted,
        sealed: &mut Sealed,
        (size, this): (u64, Try<'_>),
    ) -> Result<(Arrived, Witness), Hop> {
        let target = &self.work.ends.target.store;
        let limits = target.limits();
        let part_bytes = limits.part_size(size, HELD);
        let part_bytes =
            part_bytes.ok_or_else(|| Hop::TooLarge(format!("{} takes no object of {size} bytes", target.place())))?;
        let algorithm = self.how.parts.then_some(Algorithm::Crc64Nvme);
        let id = target.begin(Begin { key: &item.key, properties: &fitted.properties, algorithm }).await?;
        self.remember_upload(item, &id, part_bytes)?;
        let parts = self.sealed_parts(item, sealed, &id, (size, part_bytes)).await?;
        let sums = taken(&mut sealed.cipher, size)?;
        let checksum = self.how.parts.then(|| Checksum::crc64(sums.crc64));
        let condition =
            if self.work.can.if_absent_complete { self.condition(item, this.wrote) } else { Condition::Always };
        let properties = &fitted.properties;
        let complete = Complete { key: &item.key, upload: &id, parts: &parts, properties, checksum, condition };
        let written = target.complete(complete).await?;
        this.wrote.store(true, Ordering::Relaxed);
        let said = written.checksum(Algorithm::Crc64Nvme).is_some_and(|c| c.scope == Scope::Full);
        if !said && self.how.parts && !self.how.files {
            let arrived = Arrived { etag: written.etag, version: written.version, size, sums: Some(sums) };
            return Ok((arrived, Witness::Checksum));
        }
        let sent = checksum.map_or(Integrity::Nothing, Integrity::Known);
        let (arrived, wrote) = self.confirm(&item.key, (size, sums), written, sent).await?;
        Ok((Arrived { sums: Some(sums), ..arrived }, wrote))
    }

    async fn sealed_parts(
        &self,
        item: &Item,
        sealed: &mut Sealed,
        id: &UploadId,
        (size, part_bytes): (u64, u64),
    ) -> Result<Vec<PartDone>, Hop> {
        let target = &self.work.ends.target.store;
        let (mut parts, mut rest, mut offset) = (Vec::new(), Vec::new(), 0);
        while offset < size {
            let pieces = sealed.part(part_bytes, &mut rest).await?;
            let mut whole = Whole::new(false);
            for piece in &pieces {
                whole.update(piece);
            }
            let len = whole.len();
            let (sums, _) = whole.finish();
            if len == 0 {
                break;
            }
            let number = u32::try_from(parts.len() + 1).unwrap_or(u32::MAX);
            let integrity =
                if self.how.parts { Integrity::Known(Checksum::crc64(sums.crc64)) } else { Integrity::Nothing };
            // The bytes are at hand: a part is tried again on its own.
            let part = self
                .work
                .retry
                .run(|_| {
                    let payload = Payload::segments(pieces.clone());
                    target.put_part(Part { key: &item.key, upload: id, number, offset, payload, integrity })
                })
                .await?;
            let checksum = self.how.parts.then(|| Checksum::crc64(sums.crc64));
            parts.push(PartDone { size: len, checksum, ..part });
            offset += len;
        }
        Ok(parts)
    }
}

/// The hashes of everything that was written, which must have the length that was announced.
fn taken(cipher: &mut Whole, size: u64) -> Result<Sums, Hop> {
    let whole = std::mem::replace(cipher, Whole::new(false));
    let len = whole.len();
    if len == size { Ok(whole.finish().0) } else { Err(Hop::Damaged(format!("{len} of {size} encrypted bytes came"))) }
}
