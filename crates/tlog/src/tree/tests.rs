//! Trees and proofs against the recursive definition, and against another implementation.
//!
//! The other implementation is `ct-merkle`, which shares no code and no author with ours. (`tlog_tiles` was left out: it is
//! a port of the Go packages that the interoperability tests run anyway, and it would add a hundred crates.)

use std::convert::Infallible;

use ct_merkle::{RootHash, digest::Output, mem_backed_tree::MemoryBackedTree};
use proptest::prelude::*;
use sha2::Sha256;

use super::*;
use crate::hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};

const LARGEST: u64 = 600;

/// RFC 6962 section 2.1, as written.
pub(crate) fn mth(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => EMPTY_ROOT,
        [one] => *one,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(&mth(left), &mth(right))
        }
    }
}

/// RFC 6962 section 2.1.1, as written.
fn path(m: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut below, beside) = if m < k { (path(m, left), mth(right)) } else { (path(m - k, right), mth(left)) };
    below.push(beside);
    below
}

/// RFC 6962 section 2.1.2, as written.
fn subproof(m: usize, leaves: &[Hash], known: bool) -> Vec<Hash> {
    if m == leaves.len() {
        return if known { Vec::new() } else { vec![mth(leaves)] };
    }
    let k = leaves.len().next_power_of_two() / 2;
    let (left, right) = leaves.split_at(k);
    let (mut below, beside) =
        if m <= k { (subproof(m, left, known), mth(right)) } else { (subproof(m - k, right, false), mth(left)) };
    below.push(beside);
    below
}

/// All perfect subtrees of a tree, by height.
pub(crate) struct Memory(Vec<Vec<Hash>>);

impl Memory {
    pub(crate) fn new(leaves: Vec<Hash>) -> Self {
        let mut heights = vec![leaves];
        while heights.last().is_some_and(|nodes| nodes.len() > 1) {
            let below = heights.last().unwrap().chunks_exact(2);
            heights.push(below.map(|pair| node_hash(&pair[0], &pair[1])).collect());
        }
        Self(heights)
    }
}

impl HashReader for Memory {
    type Error = Infallible;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Infallible> {
        Ok(self.0[usize::try_from(height).unwrap()][usize::try_from(index).unwrap()])
    }
}

pub(crate) fn entry(index: u64) -> Vec<u8> {
    format!("entry {index}").into_bytes()
}

pub(crate) fn leaves(size: u64) -> Vec<Hash> {
    (0..size).map(|index| leaf_hash(&entry(index))).collect()
}

fn at(number: u64) -> usize {
    usize::try_from(number).unwrap()
}

#[test]
fn every_size_and_every_leaf() {
    let all = leaves(LARGEST);
    let mut memory = Memory::new(all.clone());
    let mut frontier = Frontier::new();
    for size in 1..=LARGEST {
        frontier.push(all[at(size - 1)]);
        let tree = &all[..at(size)];
        let root = mth(tree);
        assert_eq!((frontier.root(), frontier.size()), (root, size));
        assert_eq!(Frontier::from_peaks(size, frontier.peaks().to_vec()).as_ref(), Some(&frontier));
        for index in 0..size {
            let proof = inclusion_proof(&mut memory, index, size).unwrap();
            verify_inclusion(&tree[at(index)], index, size, &proof, &root).unwrap();
            // The recursive definition costs a whole tree each time: near the ends and in the middle is enough.
            if size <= 40 || [0, 1, size / 2, size - 2, size - 1].contains(&index) {
                assert_eq!(proof, path(at(index), tree), "leaf {index} of {size}");
            }
        }
    }
}

#[test]
fn consistency_of_many_pairs() {
    let all = leaves(LARGEST);
    let mut memory = Memory::new(all.clone());
    let roots: Vec<Hash> = (0..=LARGEST).map(|size| mth(&all[..at(size)])).collect();
    for new in 0..=LARGEST {
        // Every pair of the first hundred sizes, later every seventh, starting elsewhere each time.
        for old in (0..=new).filter(|old| new <= 100 || (old + new) % 7 == 0 || new - old < 3) {
            let proof = consistency_proof(&mut memory, old, new).unwrap();
            verify_consistency(old, &roots[at(old)], new, &roots[at(new)], &proof).unwrap();
            if old > 0 && new <= 64 {
                assert_eq!(proof, subproof(at(old), &all[..at(new)], true), "{old} to {new}");
            }
            if old < new && old > 0 {
                let wrong = verify_consistency(old, &roots[at(old - 1)], new, &roots[at(new)], &proof);
                assert!(wrong.is_err(), "{old} to {new}");
            }
        }
    }
}

#[test]
fn another_implementation_agrees() {
    let mut other = MemoryBackedTree::<Sha256, Vec<u8>>::new();
    let all = leaves(LARGEST);
    let mut memory = Memory::new(all.clone());
    for size in 1..=LARGEST {
        other.push(entry(size - 1));
        let root = mth(&all[..at(size)]);
        let theirs = other.root();
        assert_eq!(theirs.as_bytes().as_slice(), root.as_ref(), "size {size}");
        let sampled = |number: &u64| size <= 70 || number % 37 == size % 37;
        for index in (0..size).filter(sampled) {
            let proof = inclusion_proof(&mut memory, index, size).unwrap().concat_bytes();
            assert_eq!(other.prove_inclusion(at(index)).as_bytes(), proof, "leaf {index} of {size}");
        }
        for old in (1..size).filter(sampled) {
            let proof = consistency_proof(&mut memory, old, size).unwrap();
            let old_root = RootHash::<Sha256>::new(Output::<Sha256>::from(mth(&all[..at(old)]).0), old);
            let their_proof = other.prove_consistency(at(size - old));
            theirs.verify_consistency(&old_root, &their_proof).unwrap();
            assert_eq!(their_proof.as_bytes(), proof.concat_bytes(), "{old} to {size}");
        }
    }
}

trait ConcatBytes {
    fn concat_bytes(&self) -> Vec<u8>;
}

impl ConcatBytes for Vec<Hash> {
    fn concat_bytes(&self) -> Vec<u8> {
        self.iter().flat_map(|hash| hash.0).collect()
    }
}

fn flipped(hash: &Hash, bit: usize) -> Hash {
    let mut damaged = *hash;
    damaged.0[bit / 8] ^= 1 << (bit % 8);
    damaged
}

#[test]
fn no_bit_of_an_inclusion_proof_can_change() {
    for (index, size) in [(0, 1), (0, 2), (5, 6), (6, 7), (99, 130), (255, 257), (256, 257)] {
        let all = leaves(size);
        let (leaf, root) = (all[at(index)], mth(&all));
        let proof = inclusion_proof(&mut Memory::new(all), index, size).unwrap();
        let holds = |leaf: &Hash, index, size, proof: &[Hash], root: &Hash| {
            verify_inclusion(leaf, index, size, proof, root).is_ok()
        };
        assert!(holds(&leaf, index, size, &proof, &root));
        for bit in 0..256 {
            assert!(!holds(&flipped(&leaf, bit), index, size, &proof, &root));
            assert!(!holds(&leaf, index, size, &proof, &flipped(&root, bit)));
            for position in 0..proof.len() {
                let mut damaged = proof.clone();
                damaged[position] = flipped(&proof[position], bit);
                assert!(!holds(&leaf, index, size, &damaged, &root));
            }
        }
        for other in (0..size + 2).filter(|other| *other != index) {
            assert!(!holds(&leaf, other, size, &proof, &root), "leaf {index} of {size} as {other}");
        }
        let longer = [proof.clone(), vec![root]].concat();
        assert!(!holds(&leaf, index, size, &longer, &root));
        if let Some((_, shorter)) = proof.split_last() {
            assert!(!holds(&leaf, index, size, shorter, &root));
        }
    }
}

#[test]
fn no_bit_of_a_consistency_proof_can_change() {
    for (old, new) in [(1, 2), (3, 7), (4, 7), (6, 8), (64, 130), (100, 257), (256, 257)] {
        let all = leaves(new);
        let (old_root, new_root) = (mth(&all[..at(old)]), mth(&all));
        let proof = consistency_proof(&mut Memory::new(all), old, new).unwrap();
        let holds = |old_root: &Hash, new_root: &Hash, proof: &[Hash]| {
            verify_consistency(old, old_root, new, new_root, proof).is_ok()
        };
        assert!(holds(&old_root, &new_root, &proof));
        for bit in 0..256 {
            assert!(!holds(&flipped(&old_root, bit), &new_root, &proof));
            assert!(!holds(&old_root, &flipped(&new_root, bit), &proof));
            for position in 0..proof.len() {
                let mut damaged = proof.clone();
                damaged[position] = flipped(&proof[position], bit);
                assert!(!holds(&old_root, &new_root, &damaged));
            }
        }
        assert!(!holds(&old_root, &new_root, &[proof.clone(), vec![new_root]].concat()));
        assert!(!holds(&old_root, &new_root, &proof[..proof.len() - 1]));
    }
}

#[test]
fn edges() {
    let (mut memory, one) = (Memory::new(leaves(3)), leaves(1)[0]);
    assert_eq!(inclusion_proof(&mut memory, 3, 3), Err(ProveError::NoSuchLeaf { index: 3, size: 3 }));
    assert_eq!(consistency_proof(&mut memory, 3, 2), Err(ProveError::Shrunk { old: 3, new: 2 }));
    assert_eq!(verify_consistency(2, &one, 1, &one, &[]), Err(ProofError::Shrunk { old: 2, new: 1 }));
    // From nothing to anything needs no proof, but nothing has one root only.
    assert_eq!(verify_consistency(0, &EMPTY_ROOT, 1, &one, &[]), Ok(()));
    assert!(verify_consistency(0, &one, 1, &one, &[]).is_err());
    assert!(verify_consistency(0, &EMPTY_ROOT, 0, &one, &[]).is_err());
    assert!(verify_consistency(0, &EMPTY_ROOT, 1, &one, &[one]).is_err());
    assert!(verify_consistency(1, &one, 1, &one, &[one]).is_err());
    assert!(verify_consistency(1, &one, 1, &EMPTY_ROOT, &[]).is_err());
    assert_eq!(Frontier::from_peaks(3, vec![one]), None);
    assert_eq!(Frontier::from_peaks(u64::MAX, vec![one; 64]), None);
    assert_eq!(Frontier::new().root(), EMPTY_ROOT);
}

proptest! {
    #[test]
    fn no_proof_of_any_size_panics(
        index: u64, old: u64, new: u64, hashes in prop::collection::vec(any::<[u8; 32]>(), 0..70),
    ) {
        let proof: Vec<Hash> = hashes.into_iter().map(Hash).collect();
        let root = proof.first().copied().unwrap_or(EMPTY_ROOT);
        prop_assert!(verify_inclusion(&root, index, new, &proof, &EMPTY_ROOT).is_err());
        let _ = verify_consistency(old, &root, new, &EMPTY_ROOT, &proof);
    }

    #[test]
    fn growing_in_any_steps_gives_the_same_tree(steps in prop::collection::vec(0u64..90, 0..8)) {
        let all = leaves(steps.iter().sum());
        let mut frontier = Frontier::new();
        let mut rest = all.as_slice();
        for step in steps {
            let (now, later) = rest.split_at(at(step));
            frontier.extend(now.iter().copied());
            rest = later;
        }
        prop_assert_eq!(frontier.root(), mth(&all));
    }
}
