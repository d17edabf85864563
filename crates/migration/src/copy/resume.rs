//! Going on with a large object: the target says which parts it has, the journal knows their hashes.

use flagstate_objects::{PartDone, WriteError};

use super::{Mover, hop::Hop, large::Open, object::Item};

impl Mover {
    /// The upload that an earlier run began for this object, with the parts that both the target and the journal know.
    pub(super) async fn resume(&self, item: &Item) -> Result<Option<Open>, Hop> {
        let target = &self.work.ends.target.store;
        let Some(upload) = self.journal.upload(item.shard, item.seq)? else {
            if !item.fresh {
                self.forget_strangers(item).await?;
            }
            return Ok(None);
        };
        let same = upload.etag == item.row.entry.etag && upload.size == item.size() && upload.key == item.key;
        if !same {
            // Another state of the object: its parts are of no use.
            let _ = self.work.retry.run(|_| target.abort(&upload.key, &upload.id)).await;
            self.journal.end_upload(item.shard, item.seq)?;
            return Ok(None);
        }
        let there = self.work.retry.run(|_| target.parts(&item.key, &upload.id)).await;
        let there = match there {
            Ok(there) => there,
            Err(WriteError::NoUpload { .. }) => {
                self.journal.end_upload(item.shard, item.seq)?;
                return Ok(None);
            }
            Err(e) => return Err(e.into()),
        };
        let known = self.journal.parts(item.shard, item.seq)?;
        let count = usize::try_from(item.size().div_ceil(upload.part_bytes.max(1))).unwrap_or(0);
        let mut parts: Vec<Option<_>> = std::iter::repeat_with(|| None).take(count).collect();
        for (number, etag, sums) in known {
            let part = there.iter().find(|p| p.number == number && p.etag == etag && p.size == sums.len);
            let slot = usize::try_from(number).ok().and_then(|n| parts.get_mut(n.checked_sub(1)?));
            if let (Some(part), Some(slot)) = (part, slot) {
                let checksum = self.how.parts.then(|| flagstate_objects::Checksum::crc64(sums.crc64));
                *slot = Some((PartDone { checksum, ..part.clone() }, sums));
            }
        }
        // Parts that the target has and the journal does not know were in flight: they are sent again.
        let resent = there.iter().any(|p| {
            usize::try_from(p.number).ok().and_then(|n| parts.get(n.checked_sub(1)?)).is_none_or(Option::is_none)
        });
        Ok(Some(Open { id: upload.id, part_bytes: upload.part_bytes, parts, resent }))
    }
}
