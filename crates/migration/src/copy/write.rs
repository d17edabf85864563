//! Writing to the target, and being sure of what is there.

use std::sync::atomic::{AtomicBool, Ordering};

use flagstate_objects::{
    Algorithm, At, Checksum, Condition, ETag, Get, Integrity, Key, ReadError, Scope, Version, WriteError, Written,
};

use super::{Mover, hop::Hop, object::Item};
use crate::{
    hash::Whole,
    row::{Arrived, Sums, Witness},
};

impl Mover {
    /// Under which condition an object is written: over nothing, over what this move wrote, or whatever is there.
    pub(super) fn condition<'a>(&self, item: &'a Item, wrote: &AtomicBool) -> Condition<'a> {
        if self.options.overwrite || !item.fresh || item.over || wrote.load(Ordering::Relaxed) {
            return Condition::Always;
        }
        let before: Option<&ETag> =
            item.row.done.as_ref().and_then(|d| d.arrived.as_ref()).and_then(|a| a.etag.as_ref());
        match before {
            Some(etag) if self.work.can.if_match => Condition::Matches(etag),
            None if self.work.can.if_absent => Condition::Absent,
            _ => Condition::Always,
        }
    }

    /// What the target took, and who vouches for it. Where the target says nothing, the bytes are read back.
    pub(super) async fn confirm(
        &self,
        key: &Key,
        (size, sums): (u64, Sums),
        written: Written,
        sent: Integrity,
    ) -> Result<(Arrived, Witness), Hop> {
        let can = &self.work.can;
        let said = written.checksum(Algorithm::Crc64Nvme).filter(|c| c.scope == Scope::Full);
        let compared = match sent {
            Integrity::Known(sum) => can.checks(sum.algorithm),
            Integrity::Trailing(algorithm) => can.checks(algorithm),
            Integrity::Nothing => false,
        };
        let arrived = Arrived { etag: written.etag.clone(), version: written.version.clone(), size, sums: None };
        let witness = match said.and_then(Checksum::as_crc64) {
            Some(crc) if crc != sums.crc64 => {
                let what =
                    format!("the target has {} instead of {}", Checksum::crc64(crc), Checksum::crc64(sums.crc64));
                return Err(Hop::Damaged(what));
            }
            _ if self.how.files => Witness::Durable,
            Some(_) => Witness::Checksum,
            None if compared => Witness::Checksum,
            None => {
                self.reread(key, written.version.as_ref(), size, sums).await?;
                Witness::Reread
            }
        };
        Ok((arrived, witness))
    }

    /// Reads an object at the target back and compares it.
    pub(super) async fn reread(
        &self,
        key: &Key,
        version: Option<&Version>,
        size: u64,
        sums: Sums,
    ) -> Result<Option<ETag>, Hop> {
        let at = At { key, version, if_match: None };
        let mut got = self.work.ends.target.store.get(at, Get { range: None, checksum: true }).await?;
        let mut whole = Whole::new(false);
        while let Some(piece) = got.body.next().await {
            whole.update(&piece?);
        }
        let len = whole.len();
        let (found, _) = whole.finish();
        if len == size && found == sums {
            return Ok(got.entry.etag);
        }
        Err(Hop::Damaged(format!("what was read back from the target is not what was written ({len} of {size} bytes)")))
    }

    /// Something is at the target already. It is taken as moved when it is exactly what was to be written: an answer that got
    /// lost, or a run before this one.
    pub(super) async fn adopt(&self, key: &Key, size: u64, sums: Sums) -> Result<(Arrived, Witness), Hop> {
        let target = &self.work.ends.target.store;
        let there = match self.work.retry.run(|_| target.head(At::key(key))).await {
            Ok(there) => there,
            // Deleted in between: the next try writes it.
            Err(ReadError::NotFound { .. }) => {
                return Err(Hop::Damaged("the object at the target went away".to_owned()));
            }
            Err(e) => return Err(e.into()),
        };
        if there.size != size {
            return Err(Hop::Occupied);
        }
        let full = |c: &&Checksum| c.algorithm == Algorithm::Crc64Nvme && c.scope == Scope::Full;
        let said = there.details.as_ref().and_then(|d| d.checksums.iter().find(full)).and_then(Checksum::as_crc64);
        let witness = match said {
            Some(crc) if crc == sums.crc64 => Witness::Checksum,
            Some(_) => return Err(Hop::Occupied),
            None => match self.reread(key, None, size, sums).await {
                Ok(_) => Witness::Reread,
                Err(Hop::Damaged(_)) => return Err(Hop::Occupied),
                Err(e) => return Err(e),
            },
        };
        let version = there.version.filter(|_| self.work.can.versions);
        Ok((Arrived { etag: there.etag, version, size, sums: None }, witness))
    }

    /// True for errors that say that something else is at the target.
    pub(super) fn is_taken(error: &WriteError) -> bool {
        matches!(error, WriteError::Exists { .. } | WriteError::Changed { .. })
    }
}
