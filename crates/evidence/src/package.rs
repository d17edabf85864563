//! Evidence packages: a folder that proves itself, with everything in it that a stranger needs.
//!
//! What it is for: [`export`] writes entries of a log with their proofs, the signed checkpoint, policies, keys, time stamps,
//! receipts, the specification and a verifier in Python. [`verify()`] checks such a folder on an empty machine. The folder is
//! a bag after BagIt, so tools of archives take it as it is.
//!
//! What it deliberately does not do: no network, no clock, and no trust in a package about itself. Keys, policies and roots
//! in a package are what it claims; who verifies should bring their own, and is told which ones were taken from the package.
//!
//! Specifications: BagIt 1.0 (RFC 8493, October 2018); the content is described in `SPEC.md`, which every package carries.

mod bag;
mod export;
mod folder;
mod inspect;
mod opened;
mod verify;

pub use export::{Contents, ExportError, Exported, Selection, Stamped, export};
pub use verify::{Line, Outcome, Report, Trust, VerifyError, verify};

/// The description of the formats that every package carries.
pub const SPECIFICATION: &str = include_str!("package/SPEC.md");
/// How to verify a package; every package carries it.
pub const INSTRUCTIONS: &str = include_str!("package/README.md");
/// The verifier in plain Python that every package carries.
pub const PYTHON_VERIFIER: &str = include_str!("../../../interop/verify_package.py");

/// Names of files below the payload folder.
mod names {
    pub(super) const CHECKPOINT: &str = "checkpoint";
    pub(super) const LOG_KEYS: &str = "log.vkey";
    pub(super) const STATEMENT_KEYS: &str = "signers.vkey";
    pub(super) const POLICY: &str = "policy";
    pub(super) const STAMP_ROOTS: &str = "timestamps/roots.pem";
    pub(super) const STAMPS: &str = "timestamps/";
    pub(super) const ENTRIES: &str = "entries/";
    pub(super) const OPENINGS: &str = "openings/";
    pub(super) const TILES: &str = "tile/";
    pub(super) const SPECIFICATION: &str = "SPEC.md";
    pub(super) const INSTRUCTIONS: &str = "README.md";
    pub(super) const PYTHON_VERIFIER: &str = "verify_package.py";
}

#[cfg(test)]
mod tests;
