//! The source's state of an object as a checksum: in S3 it is the MD5 of what was written in one request.
//!
//! What it is for: most sources keep no better checksum. Computing an MD5 costs more than everything else together, so that
//! is done for small objects alone. For the others the target does it: where it answers with an MD5 of its own, the two
//! states are equal exactly when the source's bytes arrived.
//!
//! What it deliberately does not do: it takes no state for an MD5 that has the shape and is none. A state that stays unequal
//! is no MD5; and where that is so for object after object, nobody looks any more.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use flagstate_objects::{Algorithm, Checksum, ETag, Entry};

use super::{Mover, hop::Hop};
use crate::row::Witness;

/// Tries after which a state that is unequal is no MD5.
const TRIES: u32 = 2;
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

    /// The source's state against the MD5 of what was read or written. Unequal is damage the first times.
    pub(super) fn compare(&self, wanted: Checksum, found: Checksum, attempt: u32) -> Result<Witness, Hop> {
        if wanted == found {
            self.agreed.store(true, Ordering::Relaxed);
            return Ok(Witness::Md5);
        }
        if attempt < TRIES {
            return Err(Hop::Damaged(format!("the source's state is {wanted}, and what was read has {found}")));
        }
        self.odd.fetch_add(1, Ordering::Relaxed);
        Ok(Witness::Length)
    }
}

impl Mover {
    /// The MD5 that a source's state is likely to be.
    pub(super) fn likely_md5(&self, entry: &Entry) -> Option<Checksum> {
        if !self.work.ends.source.store.speaks_s3() || !self.states.are_worth_it() {
            return None;
        }
        let encrypted = entry.details.as_ref().and_then(|d| d.encryption.as_deref()).is_some_and(|e| e.contains("kms"));
        md5(entry.etag.as_ref()).filter(|_| !encrypted)
    }

    /// Whether the target's own state of what was written in one request says that it is what the source has.
    pub(super) fn by_states(&self, entry: &Entry, written: Option<&ETag>, attempt: u32) -> Result<Witness, Hop> {
        let target = md5(written).filter(|_| self.work.can.md5_states);
        match (self.likely_md5(entry), target) {
            (Some(wanted), Some(found)) => self.states.compare(wanted, found, attempt),
            _ => Ok(Witness::Length),
        }
    }
}

fn md5(etag: Option<&ETag>) -> Option<Checksum> {
    Checksum::from_hex(Algorithm::Md5, etag?.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_that_are_no_sums_are_found_out_and_left_alone() {
        let sum = |text: &str| Checksum::of(Algorithm::Md5, text.as_bytes()).unwrap();
        let states = States::default();
        for _ in 0..ODD {
            assert!(states.are_worth_it());
            assert!(states.compare(sum("a"), sum("b"), 0).is_err() && states.compare(sum("a"), sum("b"), 1).is_err());
            assert_eq!(states.compare(sum("a"), sum("b"), 2).unwrap(), Witness::Length);
        }
        assert!(!states.are_worth_it());
        let states = States::default();
        assert_eq!(states.compare(sum("a"), sum("a"), 0).unwrap(), Witness::Md5);
        for _ in 0..9 {
            let _ = states.compare(sum("a"), sum("b"), 2);
        }
        assert!(states.are_worth_it(), "one that was a sum is proof enough");
    }
}
