//! Transparency logs as C2SP specifies them: bytes in, bytes out.
//!
//! What it is for: everything about a tamper-evident log that can be decided without touching a disk, a network, a clock
//! or chance. Whoever writes, serves, witnesses or checks a log does its own I/O and asks this crate what the bytes are
//! and whether they hold. One module per public specification:
//!
//! | Module | Specification |
//! |---|---|
//! | [`hash`], [`tree`] | RFC 6962 section 2.1; proofs are checked as RFC 9162 sections 2.1.3.2 and 2.1.4.2 say |
//! | [`tile`] | c2sp.org/tlog-tiles, 0.1.0 |
//! | [`note`] | c2sp.org/signed-note, 1.0.0 |
//! | [`checkpoint`] | c2sp.org/tlog-checkpoint, 1.0.0 |
//! | [`cosignature`] | c2sp.org/tlog-cosignature, 1.1.0 |
//! | [`proof`] | c2sp.org/tlog-proof, v1 |
//! | [`policy`] | c2sp.org/tlog-policy, text of July 2026 |
//! | [`witness`] | c2sp.org/tlog-witness, 1.0.0 with the text of July 2026 |
//!
//! What it deliberately does not do: files, HTTP, time, random numbers, policy about which log to trust. Signing keys can
//! live elsewhere: see [`note::Signer`].

pub mod checkpoint;
pub mod cosignature;
pub mod hash;
pub mod note;
pub mod policy;
pub mod proof;
mod text;
pub mod tile;
pub mod tree;
pub mod witness;

pub use checkpoint::Checkpoint;
pub use hash::{EMPTY_ROOT, Hash, leaf_hash, node_hash};
pub use note::{Note, Signer, SigningKey, VerifierKey};
pub use policy::Policy;
pub use proof::Proof;
pub use tile::{TileBuilder, TileId, TileReader, TileSource};
pub use tree::{
    Frontier, HashReader, consistency_proof, inclusion_proof, inclusion_root, verify_consistency, verify_inclusion,
};

#[cfg(test)]
mod tests;
