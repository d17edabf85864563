//! What a starting writer asks of witnesses.
//!
//! What it is for: witnesses remember the largest tree that they have seen of a log. A writer whose own tree is smaller, or
//! is another tree, was rolled back or forked and must not sign.
//!
//! What it deliberately does not do: talk to witnesses. c2sp.org/tlog-witness is spoken elsewhere.

use flagstate_tlog::Hash;

/// The largest tree that a witness has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Which witness says so.
    pub witness: String,
    /// Leaves in the tree.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Asked once when a writer starts.
pub trait Witnesses {
    /// What each witness has seen of the log `origin`, checked to be signed by it; or, for a witness that could not be
    /// asked, a sentence that says so.
    fn latest(&self, origin: &str) -> Vec<Result<Seen, String>>;
}

/// A log without witnesses.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoWitnesses;

impl Witnesses for NoWitnesses {
    fn latest(&self, _: &str) -> Vec<Result<Seen, String>> {
        Vec::new()
    }
}
