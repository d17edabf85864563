//! The right edge of a growing tree: one hash per perfect subtree, largest first.
//!
//! Specification: RFC 6962 section 2.1 (June 2013).

use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// A tree reduced to what its growth and its root need: at most 64 hashes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// The tree without leaves.
    pub const fn new() -> Self {
        Self { size: 0, peaks: Vec::new() }
    }

    /// A tree of `size` leaves whose perfect subtrees, largest first, have these roots. There is one per set bit of
    /// `size`; any other number is `None`, as is a size of 2^63 and more.
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        let matches = usize::try_from(size.count_ones()) == Ok(peaks.len()) && i64::try_from(size).is_ok();
        matches.then_some(Self { size, peaks })
    }

    /// How many leaves it has.
    pub const fn size(&self) -> u64 {
        self.size
    }

    /// Roots of its perfect subtrees, largest first.
    pub fn peaks(&self) -> &[Hash] {
        &self.peaks
    }

    /// Appends one leaf, given by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.size += 1;
    }

    /// The root of the tree as it stands.
    pub fn root(&self) -> Hash {
        let from_right = self.peaks.iter().rev().copied();
        from_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT)
    }
}

impl Extend<Hash> for Frontier {
    fn extend<T: IntoIterator<Item = Hash>>(&mut self, leaves: T) {
        leaves.into_iter().for_each(|leaf| self.push(leaf));
    }
}

impl FromIterator<Hash> for Frontier {
    fn from_iter<T: IntoIterator<Item = Hash>>(leaves: T) -> Self {
        let mut frontier = Self::new();
        frontier.extend(leaves);
        frontier
    }
}
