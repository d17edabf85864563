//! One pass over the bytes: CRC-64/NVME, which stores confirm, and BLAKE3, on which the manifest rests.
//!
//! What it is for: whole objects in one go, and parts of objects on their own, in any order, in any process: BLAKE3 is a
//! tree, so the hashes of parts combine into the hash of the whole as CRCs do. An upload that goes on after a crash needs no
//! byte of the finished parts again, and its object still has one hash.
//!
//! What it deliberately does not do: MD5, except where a store offers nothing else and the caller asks for it.
//!
//! Specification: BLAKE3 (2021-11-05), section 2.1 (the tree); CRC-64/NVME in the NVM Express command set.

use blake3::{
    CHUNK_LEN,
    hazmat::{ChainingValue, HasherExt as _, Mode, merge_subtrees_non_root, merge_subtrees_root},
};
use flagstate_objects::{Algorithm, Checksum, Hasher};
use serde::{Deserialize, Serialize};

use crate::row::Sums;

/// Hashes a whole object.
pub struct Whole {
    crc: Option<Hasher>,
    blake: Box<blake3::Hasher>,
    md5: Option<Hasher>,
    len: u64,
}

impl std::fmt::Debug for Whole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Whole").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Whole {
    /// Begins; with MD5 where a store can only be held to that.
    pub fn new(md5: bool) -> Self {
        let md5 = if md5 { Hasher::new(Algorithm::Md5) } else { None };
        Self { crc: Hasher::new(Algorithm::Crc64Nvme), blake: Box::new(blake3::Hasher::new()), md5, len: 0 }
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(crc) = &mut self.crc {
            crc.update(bytes);
        }
        self.blake.update(bytes);
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        self.len += bytes.len() as u64;
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True before the first byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hashes, and the MD5 where it was asked for.
    pub fn finish(self) -> (Sums, Option<Checksum>) {
        let crc64 = self.crc.and_then(|c| c.finish().as_crc64()).unwrap_or_default();
        (Sums { crc64, blake3: *self.blake.finalize().as_bytes() }, self.md5.map(Hasher::finish))
    }
}

/// The hashes of bytes at hand.
pub fn of(bytes: &[u8]) -> Sums {
    let mut whole = Whole::new(false);
    whole.update(bytes);
    whole.finish().0
}

/// A subtree of BLAKE3: the bytes from `offset`, `len` of them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Subtree {
    offset: u64,
    len: u64,
    value: ChainingValue,
}

/// The hashes of a part.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct PartSums {
    /// CRC-64/NVME of the part.
    pub crc64: u64,
    /// Its bytes.
    pub len: u64,
    /// Subtrees that cover it, in order.
    pub cover: Vec<Subtree>,
}

/// Hashes one part of an object.
pub struct PartHasher {
    crc: Option<Hasher>,
    blake: Box<blake3::Hasher>,
    /// Where the part ends, and whether the object ends there too.
    end: u64,
    last: bool,
    at: u64,
    /// The subtree under way.
    from: u64,
    until: u64,
    cover: Vec<Subtree>,
    len: u64,
}

impl std::fmt::Debug for PartHasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PartHasher").field("at", &self.at).field("end", &self.end).finish_non_exhaustive()
    }
}

/// Parts begin at multiples of this: subtrees of BLAKE3 do.
pub const GRAIN: u64 = CHUNK_LEN as u64;

impl PartHasher {
    /// Begins the part `offset..end` of an object of `total` bytes. `offset` is a multiple of [`GRAIN`], and so is `end`
    /// unless it is `total`.
    pub fn new(offset: u64, end: u64, total: u64) -> Self {
        let mut hasher = Self {
            crc: Hasher::new(Algorithm::Crc64Nvme),
            blake: Box::new(blake3::Hasher::new()),
            end,
            last: end >= total,
            at: offset,
            from: offset,
            until: offset,
            cover: Vec::new(),
            len: 0,
        };
        hasher.begin();
        hasher
    }

    /// Begins the next subtree where the one before ended.
    fn begin(&mut self) {
        let left = self.end.saturating_sub(self.at);
        let most = if self.at == 0 { u64::MAX } else { 1 << self.at.trailing_zeros() };
        let len = if self.last && self.at > 0 && left <= most {
            // The right edge of the tree: the only place for a subtree that is not full.
            left
        } else if self.last && self.at == 0 {
            // Never the whole in one: its hash as a root would be another.
            power_below(left.saturating_sub(1))
        } else {
            power_below(left.min(most))
        };
        // A new one: resetting keeps the old offset.
        *self.blake = blake3::Hasher::new();
        if self.at > 0 && len > 0 {
            self.blake.set_input_offset(self.at);
        }
        self.from = self.at;
        self.until = self.at + len;
    }

    /// Takes more bytes. More than announced are counted and not hashed: the caller compares lengths.
    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(crc) = &mut self.crc {
            crc.update(bytes);
        }
        self.len += bytes.len() as u64;
        let mut rest = bytes;
        while !rest.is_empty() && self.at < self.end {
            if self.at == self.until {
                self.close();
                self.begin();
            }
            let room = usize::try_from(self.until - self.at).unwrap_or(usize::MAX);
            let (now, later) = rest.split_at(room.min(rest.len()).max(1).min(rest.len()));
            self.blake.update(now);
            self.at += now.len() as u64;
            rest = later;
        }
    }

    fn close(&mut self) {
        if self.at > self.from {
            let value = self.blake.finalize_non_root();
            self.cover.push(Subtree { offset: self.from, len: self.at - self.from, value });
        }
    }

    /// Bytes so far.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True before the first byte.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The hashes of the part.
    pub fn finish(mut self) -> PartSums {
        self.close();
        let crc64 = self.crc.and_then(|c| c.finish().as_crc64()).unwrap_or_default();
        PartSums { crc64, len: self.len, cover: self.cover }
    }
}

/// The largest power of two that is not above `n`, at least a grain.
fn power_below(n: u64) -> u64 {
    n.checked_ilog2().map_or(GRAIN, |log| 1 << log).max(GRAIN)
}

/// The hashes of the whole from those of its parts, in order. Nothing when they do not cover exactly `total` bytes.
pub fn combine(parts: &[PartSums], total: u64) -> Option<Sums> {
    let mut crc: Option<Checksum> = None;
    for part in parts {
        let next = Checksum::crc64(part.crc64);
        crc = Some(match crc {
            None => next,
            Some(before) => before.then(&next, part.len)?,
        });
    }
    let mut cover = parts.iter().flat_map(|p| &p.cover);
    (total > GRAIN && parts.iter().map(|p| p.len).sum::<u64>() == total).then_some(())?;
    let left_len = blake3::hazmat::left_subtree_len(total);
    let left = node(&mut cover, 0, left_len)?;
    let right = node(&mut cover, left_len, total - left_len)?;
    cover.next().is_none().then_some(())?;
    let root = merge_subtrees_root(&left, &right, Mode::Hash);
    Some(Sums { crc64: crc?.as_crc64()?, blake3: *root.as_bytes() })
}

/// The value of a subtree, from the cover where it stands there, else from its two halves.
fn node<'a>(cover: &mut impl Iterator<Item = &'a Subtree>, offset: u64, len: u64) -> Option<ChainingValue> {
    // The cover comes in order, and a subtree's leftmost piece comes first: a stack of values to come is not needed.
    let first = cover.next()?;
    grow(cover, *first, offset, len)
}

/// Merges `have`, the leftmost piece of the subtree, with what follows until it is the whole subtree.
fn grow<'a>(
    cover: &mut impl Iterator<Item = &'a Subtree>,
    have: Subtree,
    offset: u64,
    len: u64,
) -> Option<ChainingValue> {
    (have.offset == offset && have.len <= len).then_some(())?;
    if have.len == len {
        return Some(have.value);
    }
    (len > GRAIN).then_some(())?;
    let left_len = blake3::hazmat::left_subtree_len(len);
    let left = grow(cover, have, offset, left_len)?;
    let right = node(cover, offset + left_len, len - left_len)?;
    Some(merge_subtrees_non_root(&left, &right, Mode::Hash))
}

#[cfg(test)]
mod tests;
