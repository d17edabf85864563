//! Bytes of segments, records and marks.

use flagstate_tlog::{
    Hash, leaf_hash,
    tile::{EntryTooLong, push_entry},
};
use sha2::{Digest as _, Sha256};

/// Bytes of a segment's header.
pub(super) const SEGMENT_HEADER: usize = 64;
/// Bytes of a record's header.
pub(super) const RECORD_HEADER: usize = 24;
/// Bytes of a mark.
pub(super) const MARK: usize = 16;
/// Bytes of a link.
pub(super) const LINK: usize = 32;
/// A record never has more entries: a bound for readers, far above what is written.
const COUNT_MAX: usize = 1 << 16;

const SEGMENT_MAGIC: &[u8; 8] = b"FSLGWAL1";
pub(super) const RECORD_MAGIC: &[u8; 4] = b"rec1";
const MARK_MAGIC: &[u8; 4] = b"ack1";
pub(super) const TIDY_MAGIC: &[u8; 4] = b"tidy";

/// Which log a segment belongs to: the digest of its verifier key.
pub(in crate::log) type LogId = [u8; 32];

/// Entries that become durable together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::log) struct Batch {
    /// Index of the first entry.
    pub(in crate::log) first: u64,
    /// The entries as a bundle has them.
    pub(in crate::log) bytes: Vec<u8>,
    /// The hash of each, computed when it was handed over.
    pub(in crate::log) leaves: Vec<Hash>,
}

impl Batch {
    /// No entries yet.
    pub(in crate::log) fn at(first: u64) -> Self {
        Self { first, ..Self::default() }
    }

    /// Takes one entry and its hash.
    pub(in crate::log) fn push(&mut self, entry: &[u8], leaf: Hash) -> Result<(), EntryTooLong> {
        push_entry(&mut self.bytes, entry)?;
        self.leaves.push(leaf);
        Ok(())
    }

    /// How many entries.
    pub(in crate::log) fn count(&self) -> u64 {
        self.leaves.len() as u64
    }

    /// The index after the last entry.
    pub(in crate::log) fn end(&self) -> u64 {
        self.first + self.count()
    }

    /// Each entry with its hash.
    pub(in crate::log) fn entries(&self) -> impl Iterator<Item = (&[u8], Hash)> {
        split(&self.bytes).zip(self.leaves.iter().copied())
    }

    /// Puts the entries of `next`, which follow, behind these, and forgets all before the last multiple of 256.
    pub(in crate::log) fn slide(&mut self, next: &Self) {
        let start = next.end() / 256 * 256;
        let mut slid = Self::at(start.max(self.first));
        for batch in [&*self, next] {
            let skip = slid.end().saturating_sub(batch.first);
            let skip = usize::try_from(skip).unwrap_or(usize::MAX);
            if skip < batch.leaves.len() {
                let before: usize = split(&batch.bytes).take(skip).map(|entry| entry.len() + 2).sum();
                slid.bytes.extend_from_slice(batch.bytes.get(before..).unwrap_or_default());
                slid.leaves.extend(batch.leaves.iter().skip(skip));
            }
        }
        *self = slid;
    }
}

/// The entries in the payload of a record.
fn split(mut bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (length, rest) = bytes.split_first_chunk()?;
        let (entry, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        bytes = rest;
        Some(entry)
    })
}

/// What ties a record to everything before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Link([u8; LINK]);

impl Link {
    /// The chain's start.
    pub(super) fn start(header: &[u8; SEGMENT_HEADER]) -> Self {
        Self(Sha256::digest(header).into())
    }

    /// The link of a record behind this one.
    pub(super) fn next(&self, header: &[u8; RECORD_HEADER], leaves: &[Hash]) -> Self {
        let mut sha = Sha256::new();
        sha.update(self.0);
        sha.update(header);
        for leaf in leaves {
            sha.update(leaf.as_bytes());
        }
        Self(sha.finalize().into())
    }

    pub(super) const fn as_bytes(&self) -> &[u8; LINK] {
        &self.0
    }

    /// The mark that says: this record was made durable.
    pub(super) fn mark(&self) -> [u8; MARK] {
        joined(MARK_MAGIC, &self.0)
    }

    /// The mark that says: the log was closed here, and everything before is in durable tiles.
    pub(super) fn tidy_mark(&self) -> [u8; MARK] {
        joined(TIDY_MAGIC, &self.0)
    }

    fn header_check(&self, twenty: &[u8]) -> [u8; 4] {
        let mut sha = Sha256::new();
        sha.update(self.0);
        sha.update(twenty);
        let digest: [u8; 32] = sha.finalize().into();
        joined(&[], &digest)
    }
}

/// `first` and as much of `second` as fits.
fn joined<const N: usize>(first: &[u8], second: &[u8]) -> [u8; N] {
    let mut bytes = [0; N];
    for (byte, source) in bytes.iter_mut().zip(first.iter().chain(second)) {
        *byte = *source;
    }
    bytes
}

/// The header of a segment.
pub(super) fn segment_header(first: u64, id: &LogId) -> [u8; SEGMENT_HEADER] {
    let body: [u8; 48] = joined(SEGMENT_MAGIC, &[&first.to_be_bytes()[..], id].concat());
    let check: [u8; 32] = Sha256::digest(body).into();
    joined(&body, &check)
}

/// The header of a record behind `chain`; `None` if it has more entries or bytes than a record can.
pub(super) fn record_header(batch: &Batch, chain: &Link) -> Option<[u8; RECORD_HEADER]> {
    let count = u32::try_from(batch.leaves.len()).ok()?;
    let bytes = u32::try_from(batch.bytes.len()).ok()?;
    let fields = [&count.to_be_bytes()[..], &bytes.to_be_bytes(), &batch.first.to_be_bytes()].concat();
    let twenty: [u8; 20] = joined(RECORD_MAGIC, &fields);
    Some(joined(&twenty, &chain.header_check(&twenty)))
}

/// What a record's header promises.
#[derive(Clone, Copy, Debug)]
pub(super) struct Promise {
    pub(super) count: usize,
    pub(super) bytes: usize,
    pub(super) first: u64,
}

/// Reads a record's header; `None` if it does not check.
pub(super) fn parse_record_header(header: &[u8; RECORD_HEADER], chain: &Link) -> Option<Promise> {
    let (twenty, check) = header.split_at_checked(20)?;
    let fields = twenty.strip_prefix(RECORD_MAGIC)?;
    let (count, fields) = fields.split_first_chunk()?;
    let (bytes, first) = fields.split_first_chunk()?;
    let promise = Promise {
        count: usize::try_from(u32::from_be_bytes(*count)).ok()?,
        bytes: usize::try_from(u32::from_be_bytes(*bytes)).ok()?,
        first: u64::from_be_bytes(first.try_into().ok()?),
    };
    (check == chain.header_check(twenty) && promise.count <= COUNT_MAX).then_some(promise)
}

/// The batch in a payload, hashed anew; `None` if the lengths do not add up.
pub(super) fn parse_payload(promise: Promise, bytes: Vec<u8>) -> Option<Batch> {
    let (mut leaves, mut seen) = (Vec::with_capacity(promise.count), 0);
    for entry in split(&bytes).take(promise.count) {
        leaves.push(leaf_hash(entry));
        seen += entry.len() + 2;
    }
    (leaves.len() == promise.count && seen == bytes.len()).then_some(Batch { first: promise.first, bytes, leaves })
}
