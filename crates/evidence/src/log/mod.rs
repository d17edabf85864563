//! The durable log: one directory that is a plain tlog-tiles tree, and one writer that never loses an acknowledged entry.
//!
//! What it is for: [`Writer::append`] returns when the entry will survive any crash; [`Writer::checkpoint`] publishes a
//! signed root over everything appended; readers and verifiers need nothing but the public files.
//!
//! | What | Where |
//! |---|---|
//! | durable first | [`wal`], [`queue`]: one file, one `fdatasync` per batch |
//! | then tiles | [`grow`], through the narrow [`store::TileStore`] |
//! | read back before signing | [`audit`], by other code than wrote it |
//! | one writer, no way back | [`second`], [`witnesses`], [`recover`] |
//! | keys at rest | [`key`] |
//!
//! What it deliberately does not do: no network, no async runtime, no clock of its own, no meaning of entries. They are
//! bytes.
//!
//! Specification: c2sp.org/tlog-tiles 0.1.0 for everything public; the private files are ours.

mod audit;
pub mod fsck;
mod grow;
mod init;
pub mod kept;
pub mod key;
mod lock;
mod place;
mod publish;
mod queue;
mod reader;
mod recover;
mod second;
pub mod store;
mod wal;
mod witnesses;
mod writer;

pub use audit::AuditError;
pub use grow::ReadError;
pub use init::{InitError, NewLog, init, is_origin};
pub use key::{KeyError, LogKeys, Passphrase, Seal};
pub use place::{Identity, PRIVATE, Place};
pub use publish::{Clock, PublishError, Published};
pub use queue::{AppendError, Limits, Ticket};
pub use reader::{Log, LogError};
pub use recover::RecoverError;
pub use second::{SecondDirectory, SecondError, SecondPlace};
pub use wal::WalError;
pub use witnesses::{NoWitnesses, Seen, Witnesses};
pub use writer::{OpenError, Setup, Writer};
#[cfg(test)]
mod tests;
