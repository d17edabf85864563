//! The source's state of an object as a checksum: in S3 it is the MD5 of what was written in one request.
//!
//! What it is for: most sources keep no better checksum. Computing an MD5 costs more than everything else together, so that
//! is done for small objects alone. For the others the target does it: where it answers with an MD5 of its own, the two
//! states are equal exactly when the source's bytes arrived.
//!
//! An object that was written in parts has the MD5 over their MD5s: written in the same parts again it has the same state.
//!
//! What it deliberately does not do: it takes no state for an MD5 that has the shape and is none. Where the same bytes were
//! read twice and the state is still unequal, it is no MD5; and where that is so for object after object, nobody looks any
//! more.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicBool, AtomicU32, Ordering},
};

use flagstate_objects::{Algorithm, At, Checksum, ETag, Entry, Scope};

use super::{Mover, hop::Hop, object::Item};
use crate::{
    hash::GRAIN,
    row::{Sums, Witness},
};

/// The hashes of what was read when the state was unequal the last time.
pub(super) type Before = Mutex<Option<Sums>>;

/// Largest parts that are taken over from the source: a broken connection costs no more.
const LARGEST_PART: u64 = 512 << 20;
/// Objects whose states were no MD5, before the first one that was, after which nobody looks any more.
const ODD: u32 = 3;

/// What was learnt of the source's states.
#[derive(Debug, Default)]
pub(super) struct States {
    odd: AtomicU32,
    agreed: AtomicBool,
}

impl States {
    fn are_worth_it(&self) -> bool {
        self.agreed.load(Ordering::Relaxed) || self.odd.load(Ordering::Relaxed) < ODD
    }

    /// The source's state against that of what was read or written. Unequal is damage, unless the same bytes came twice.
    pub(super) fn compare<T: PartialEq + std::fmt::Display>(
        &self,
        (wanted, found): (&T, &T),
        sums: Sums,
        before: &Before,
    ) -> Result<Witness, Hop> {
        if wanted == found {
            self.agreed.store(true, Ordering::Relaxed);
            return Ok(Witness::Md5);
        }
        let last = before.lock().unwrap_or_else(PoisonError::into_inner).replace(sums);
        if last != Some(sums) {
            return Err(Hop::Damaged(format!("the source's state is {wanted}, and what was read has {found}")));
        }
        self.odd.fetch_add(1, Ordering::Relaxed);
        Ok(Witness::Length)
    }
}

impl Mover {
    /// True where the source's states can be MD5s.
    fn states_tell(&self, entry: &Entry) -> bool {
        let encrypted = entry.details.as_ref().and_then(|d| d.encryption.as_deref()).is_some_and(|e| e.contains("kms"));
        self.work.ends.source.store.speaks_s3() && self.states.are_worth_it() && !encrypted
    }

    /// The MD5 that a source's state is likely to be.
    pub(super) fn likely_md5(&self, entry: &Entry) -> Option<Checksum> {
        md5(entry.etag.as_ref()).filter(|_| self.states_tell(entry))
    }

    /// Whether the target's own state of what was written in one request says that it is what the source has.
    pub(super) fn by_states(
        &self,
        entry: &Entry,
        written: Option<&ETag>,
        sums: Sums,
        before: &Before,
    ) -> Result<Witness, Hop> {
        let target = md5(written).filter(|_| self.work.can.md5_states);
        match (self.likely_md5(entry), target) {
            (Some(wanted), Some(found)) => self.states.compare((&wanted, &found), sums, before),
            _ => Ok(Witness::Length),
        }
    }

    /// The same of what was written in parts, where they are the source's.
    pub(super) fn by_states_of_parts(
        &self,
        entry: &Entry,
        (written, part_bytes): (Option<&ETag>, u64),
        sums: Sums,
        before: &Before,
    ) -> Result<Witness, Hop> {
        let (Some(wanted), Some(found)) = (entry.etag.as_ref(), written) else { return Ok(Witness::Length) };
        let count = entry.size.div_ceil(part_bytes.max(1));
        if parts_of(wanted) != Some(count) || parts_of(found) != Some(count) || !self.work.can.md5_parts {
            return Ok(Witness::Length);
        }
        if self.states_tell(entry) { self.states.compare((wanted, found), sums, before) } else { Ok(Witness::Length) }
    }

    /// The size of parts in which the source's object was written, where writing it so again says whether it is the same.
    pub(super) async fn parts_like_source(&self, item: &Item, entry: &Entry) -> Option<u64> {
        let sums = entry.details.as_ref().map(|d| d.checksums.as_slice()).unwrap_or_default();
        let better = sums.iter().any(|c| c.algorithm == Algorithm::Crc64Nvme && c.scope == Scope::Full);
        if better || self.options.part_bytes.is_some() || !self.work.can.md5_parts || !self.states_tell(entry) {
            return None;
        }
        let count = parts_of(entry.etag.as_ref()?)?;
        let at = At { if_match: None, ..item.at() };
        let first = self.work.ends.source.store.first_part(at).await.ok().flatten()?;
        let limits = &self.work.ends.target.store.limits().parts;
        let held = if self.how.streams { u64::MAX } else { self.options.memory / 4 };
        let fits = first.is_multiple_of(GRAIN)
            && first <= LARGEST_PART.min(held).min(limits.max_size)
            && first >= limits.min
            && count <= u64::from(limits.max.max(1));
        (fits && item.size().div_ceil(first.max(1)) == count).then_some(first)
    }
}

/// The number of parts that a state names.
fn parts_of(etag: &ETag) -> Option<u64> {
    let (digits, count) = etag.as_str().split_once('-')?;
    Checksum::from_hex(Algorithm::Md5, digits)?;
    count.parse().ok().filter(|n| *n > 0)
}

fn md5(etag: Option<&ETag>) -> Option<Checksum> {
    Checksum::from_hex(Algorithm::Md5, etag?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(n: u64) -> Sums {
        Sums { crc64: n, blake3: [0; 32] }
    }

    #[test]
    fn the_same_bytes_twice_are_no_damage_and_others_are() {
        let sum = |text: &str| Checksum::of(Algorithm::Md5, text.as_bytes()).unwrap();
        let (states, before) = (States::default(), Before::default());
        let unequal = |n| states.compare((&sum("a"), &sum("b")), sums(n), &before);
        for n in 0..9 {
            assert!(unequal(n).is_err(), "other bytes each time are damage");
        }
        assert_eq!(unequal(8).unwrap(), Witness::Length);
        assert_eq!(states.compare((&sum("a"), &sum("a")), sums(1), &before).unwrap(), Witness::Md5);
    }

    #[test]
    fn states_that_are_no_sums_are_found_out_and_left_alone() {
        let states = States::default();
        for _ in 0..ODD {
            assert!(states.are_worth_it());
            let before = Before::default();
            assert!(states.compare((&1, &2), sums(1), &before).is_err());
            assert_eq!(states.compare((&1, &2), sums(1), &before).unwrap(), Witness::Length);
        }
        assert!(!states.are_worth_it());
        assert_eq!(states.compare((&1, &1), sums(1), &Before::default()).unwrap(), Witness::Md5);
        assert!(states.are_worth_it(), "one that was a sum is proof enough");
    }

    #[test]
    fn states_of_parts_name_their_number() {
        let of = |text: &str| parts_of(&ETag::new(text));
        assert_eq!(of("\"d41d8cd98f00b204e9800998ecf8427e-12\""), Some(12));
        assert_eq!(of("d41d8cd98f00b204e9800998ecf8427e"), None);
        assert_eq!(of("d41d8cd98f00b204e9800998ecf8427e-0"), None);
        assert_eq!(of("0x8DC-1"), None);
    }
}
