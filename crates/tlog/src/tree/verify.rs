//! Checking proofs with nothing but roots in hand.
//!
//! Specification: RFC 9162 sections 2.1.3.2 (inclusion) and 2.1.4.2 (consistency), December 2021.

use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProofError {
    /// The leaf cannot be in a tree of this size.
    #[error("the proof speaks of leaf {index} in a tree of {size}, which has no such leaf")]
    NoSuchLeaf {
        /// The leaf.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// A log does not get smaller.
    #[error("the proof goes from {old} leaves to {new}, and a log never shrinks")]
    Shrunk {
        /// The size said to be older.
        old: u64,
        /// The size said to be newer.
        new: u64,
    },
    /// Too few or too many hashes for these sizes.
    #[error("the proof has {got} hashes, which is not the number that these sizes need")]
    Length {
        /// Hashes in the proof.
        got: usize,
    },
    /// The proof leads to another root than the one trusted.
    #[error("the proof leads to the root {got}, and the root to check against is {expected}")]
    Root {
        /// What the hashes add up to.
        got: Hash,
        /// What they should.
        expected: Hash,
    },
}

/// The root that `proof` leads to from the hash of leaf `index` in a tree of `size` leaves.
pub fn inclusion_root(leaf: &Hash, index: u64, size: u64, proof: &[Hash]) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::NoSuchLeaf { index, size });
    }
    let (mut node, mut last) = (index, size - 1);
    let mut root = *leaf;
    for sibling in proof {
        if last == 0 {
            return Err(ProofError::Length { got: proof.len() });
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            root = node_hash(&root, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last == 0 { Ok(root) } else { Err(ProofError::Length { got: proof.len() }) }
}

/// Checks that the leaf with hash `leaf` is number `index` of the tree of `size` leaves with this root.
pub fn verify_inclusion(leaf: &Hash, index: u64, size: u64, proof: &[Hash], root: &Hash) -> Result<(), ProofError> {
    same(inclusion_root(leaf, index, size, proof)?, *root)
}

/// Checks that the tree of `new` leaves with root `new_root` starts with the tree of `old` leaves with root `old_root`.
pub fn verify_consistency(
    old: u64,
    old_root: &Hash,
    new: u64,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), ProofError> {
    let length = ProofError::Length { got: proof.len() };
    if old > new {
        return Err(ProofError::Shrunk { old, new });
    }
    if old == 0 || old == new {
        if !proof.is_empty() {
            return Err(length);
        }
        return same(*old_root, if old == new { *new_root } else { EMPTY_ROOT });
    }
    // The old tree is a perfect subtree of the new one: its root is the first hash and is not sent.
    let (seed, rest) = if old.is_power_of_two() { (old_root, proof) } else { proof.split_first().ok_or(length)? };
    let shift = (old - 1).trailing_ones();
    let (mut node, mut last) = ((old - 1) >> shift, (new - 1) >> shift);
    let (mut from_old, mut from_new) = (*seed, *seed);
    for sibling in rest {
        if last == 0 {
            return Err(length);
        }
        if node & 1 == 1 || node == last {
            from_old = node_hash(sibling, &from_old);
            from_new = node_hash(sibling, &from_new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            from_new = node_hash(&from_new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(length);
    }
    same(from_old, *old_root)?;
    same(from_new, *new_root)
}

fn same(got: Hash, expected: Hash) -> Result<(), ProofError> {
    if got == expected { Ok(()) } else { Err(ProofError::Root { got, expected }) }
}
