//! The Merkle tree: its root, and proofs about it.
//!
//! What it is for: growing a tree from leaf hashes in constant memory ([`Frontier`]), making inclusion and consistency
//! proofs from whatever holds its hashes ([`HashReader`]), and checking such proofs with nothing but roots in hand.
//!
//! What it deliberately does not do: know where hashes are kept (see [`crate::tile`]), or which root to trust (see
//! [`crate::checkpoint`]).
//!
//! Specification: RFC 6962 section 2.1 (June 2013) for trees and proofs; RFC 9162 sections 2.1.3.2 and 2.1.4.2
//! (December 2021) for checking them.

mod frontier;
mod prove;
mod verify;

pub use frontier::Frontier;
pub use prove::{HashReader, ProveError, consistency_proof, inclusion_proof, range_root};
pub use verify::{ProofError, inclusion_root, verify_consistency, verify_inclusion};

#[cfg(test)]
pub(crate) mod tests;
