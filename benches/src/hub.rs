//! What all connections share, and what both dialects do with a body.

use std::{
    cell::Cell,
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;

use crate::{
    counters::Counters,
    faults::{Chosen, Fault, Faults},
    store::{Bucket, Buckets, Content, Keep, Kept, Object, Pool},
    sums::{Hashers, Kind, Sum, find},
    text::hex,
    wire::Incoming,
};

/// The server's state.
#[derive(Debug)]
pub(crate) struct Hub {
    pub(crate) buckets: Buckets,
    pub(crate) counters: Counters,
    pub(crate) faults: Faults,
    pub(crate) latency_ms: AtomicU64,
    pub(crate) pool: Arc<Pool>,
}

/// Why a request is not done.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The connection broke.
    Io(io::Error),
    /// Status, code, words.
    Refused(u16, &'static str, String),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

/// A refusal.
pub(crate) fn refuse<T>(status: u16, code: &'static str, words: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Refused(status, code, words.into()))
}

/// One request's share of the faults.
#[derive(Debug, Default)]
pub(crate) struct Act {
    pub(crate) chosen: Option<Chosen>,
    used: Cell<bool>,
}

impl Act {
    pub(crate) fn new(chosen: Option<Chosen>) -> Self {
        Self { chosen, used: Cell::new(false) }
    }

    /// True where this fault is to act on the request.
    pub(crate) fn is(&self, fault: Fault) -> bool {
        self.chosen.is_some_and(|c| c.fault == fault)
    }

    /// Says that it did: not every page can be repeated, not every body has a bit to flip.
    pub(crate) fn done(&self) {
        self.used.set(true);
    }

    /// The fault that acted.
    pub(crate) fn used(&self) -> Option<Fault> {
        self.chosen.filter(|_| self.used.get()).map(|c| c.fault)
    }
}

/// A body that was taken.
#[derive(Debug)]
pub(crate) struct Received {
    pub(crate) content: Content,
    /// Computed, or believed where nothing is computed.
    pub(crate) sums: Vec<Sum>,
    /// The sums that the client sent, trailers included.
    pub(crate) claims: Vec<Sum>,
}

impl Received {
    /// A name for these bytes: their MD5 where it is known, else something of its shape.
    pub(crate) fn etag(&self) -> String {
        match find(&self.sums, Kind::Md5) {
            Some(md5) => hex(&md5.value),
            None => {
                let crc = find(&self.sums, Kind::Crc64).map_or(0, Sum::number);
                let parts = [crc, crate::text::mix(crc ^ self.content.len())].map(u64::to_be_bytes);
                hex(parts.as_flattened())
            }
        }
    }
}

/// Takes a body as the bucket keeps it, and compares it with what the client claims. The error is the kind of sum that
/// does not fit.
pub(crate) fn receive(
    hub: &Hub,
    (bucket, key): (&Kept, &[u8]),
    body: &mut Incoming<'_>,
    mut claims: Vec<Sum>,
    expected: &[Kind],
    act: &Act,
) -> io::Result<Result<Received, Kind>> {
    let keep = bucket.keep_of(key);
    if keep == Keep::Nothing && !act.is(Fault::FlipUpload) {
        let taken = body.skip()?;
        hub.counters.bytes_in.fetch_add(taken.len, Ordering::Relaxed);
        return Ok(Ok(Received { content: Content::Dropped { len: taken.len }, sums: claims.clone(), claims }));
    }
    let mut kinds: Vec<Kind> = claims.iter().map(|c| c.kind).chain(expected.iter().copied()).collect();
    kinds.push(Kind::Crc64);
    if keep == Keep::Bytes {
        kinds.push(Kind::Md5);
    }
    kinds.sort_by_key(|k| k.name());
    kinds.dedup();
    let mut hashers = Hashers::new(&kinds);
    let mut kept = Vec::new();
    let mut flip = act.chosen.filter(|c| c.fault == Fault::FlipUpload);
    let taken = body.read(&mut |piece| {
        if let Some(chosen) = flip.take() {
            act.done();
            let at = usize::try_from(chosen.chance % piece.len().max(1) as u64).unwrap_or(0);
            piece.iter_mut().skip(at).take(1).for_each(|b| *b ^= 1);
        }
        hashers.update(piece);
        if keep == Keep::Bytes {
            kept.extend_from_slice(piece);
        }
    })?;
    hub.counters.bytes_in.fetch_add(taken.len, Ordering::Relaxed);
    let sums = hashers.finish();
    for (name, value) in &taken.trailers {
        if let Some(kind) = name.strip_prefix("x-amz-checksum-").and_then(Kind::named) {
            match Sum::parse(kind, value) {
                Some(sum) => claims.push(sum),
                None => return Ok(Err(kind)),
            }
        }
    }
    for claim in &claims {
        if find(&sums, claim.kind).is_some_and(|found| found != claim) {
            return Ok(Err(claim.kind));
        }
    }
    let content = match keep {
        Keep::Bytes => Content::bytes(Bytes::from(kept)),
        Keep::Checked | Keep::Nothing => Content::Dropped { len: taken.len },
    };
    Ok(Ok(Received { content, sums, claims }))
}

impl Hub {
    /// Compares what was written with the mirrored bucket. For a true copy it answers the original: its `ETag`, and its
    /// bytes to be read again although they were dropped.
    pub(crate) fn compare(&self, bucket: &Bucket, key: &[u8], len: u64, crc: Option<&Sum>) -> Option<Arc<Object>> {
        let kept = bucket.kept()?;
        let mirror = kept.mirror.as_ref()?;
        let shown = || String::from_utf8_lossy(key).into_owned();
        let Some(original) = mirror.get(key, None) else {
            self.counters.extra.fetch_add(1, Ordering::Relaxed);
            return None;
        };
        let wanted = find(&original.sums, Kind::Crc64);
        if original.len() != len {
            self.counters.mismatch(format!("{}: {len} bytes instead of {}", shown(), original.len()));
            return None;
        }
        if kept.keep == Keep::Checked && crc.is_some() && wanted.is_some() && crc != wanted {
            self.counters.mismatch(format!("{}: other bytes", shown()));
            return None;
        }
        self.counters.matches.fetch_add(1, Ordering::Relaxed);
        Some(original)
    }
}
