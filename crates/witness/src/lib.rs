//! Witnesses: ours for other people's logs, and other people's for ours.
//!
//! What it is for: a log can show one tree to one reader and another tree to another. Witnesses make that impossible to
//! hide: each remembers the largest tree that it has seen of a log, and cosigns only what extends it. [`Watch`] is such a
//! witness, with its memory in a [`Folder`]; [`serve`] answers for it over HTTP. [`Witnesses`] asks those that a policy
//! names to cosign our checkpoints, and what they have seen of our log before.
//!
//! What it deliberately does not do: decide what a valid step is (that is `tlog`, without I/O), read a clock (the caller
//! gives it), or speak TLS as a server (a proxy in front does).
//!
//! Specification: c2sp.org/tlog-witness, version 1.0.0 with the text of July 2026.

mod ask;
mod folder;
mod serve;
mod watch;

pub use ask::{Asked, Problem, Witnesses};
pub use folder::{Folder, FolderError, Known, Start, evidence};
pub use serve::serve;
pub use watch::{Event, Watch};
