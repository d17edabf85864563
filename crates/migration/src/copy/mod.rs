//! Copying: what the shards say is to be moved, in one pass over the bytes, confirmed by the target.
//!
//! What it is for: two requests per small object, parts side by side for large ones, memory that depends on neither count
//! nor size. A read is pinned to the state that was listed. Each object's outcome is in the journal when it is decided;
//! a crash costs what was in flight, and of a large object only the parts in flight.
//!
//! What it deliberately does not do: it lists nothing and decides nothing. What moves stands in the shards.

mod drive;
mod feed;
mod hop;
mod lanes;
mod large;
mod object;
mod resume;
mod sealed;
mod settle;
mod small;
mod states;
mod tee;
mod write;

use std::{collections::BTreeSet, sync::Arc};

use flagstate_objects::{Algorithm, Capabilities};
use serde::Serialize;
use tokio::sync::Semaphore;

pub use drive::run;
pub(crate) use settle::replace;
pub use settle::settle_all;

use self::{lanes::Lanes, states::States};
use crate::{ends::Work, fit::Loss, folder::Folder, journal::Journal, seal::Seal};

/// How copying is done.
#[derive(Clone, Debug)]
pub struct Options {
    /// Most transfers side by side; fewer while a store throttles.
    pub lanes: usize,
    /// Most of them that are larger than a mebibyte.
    pub wide: usize,
    /// Bytes that may wait in memory.
    pub memory: u64,
    /// Size of parts; else what fits the object and the target.
    pub part_bytes: Option<u64>,
    /// Objects up to this size go in one request.
    pub single_bytes: u64,
    /// Overwrite objects at the target that this move did not write.
    pub overwrite: bool,
    /// Losses that somebody accepted.
    pub accepted: BTreeSet<Loss>,
    /// Hold every byte to the source's own checksum, MD5 included, whatever it costs.
    pub strict_source: bool,
    /// Encrypts objects on the way.
    pub seal: Option<Seal>,
    /// Deletions at the source are repeated at the target.
    pub delete: bool,
    /// Shards with failed objects are settled too: their failures go into the manifest.
    pub settle_failed: bool,
    /// Size of shards after they have grown.
    pub shard: crate::inventory::ShardSize,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lanes: 64,
            wide: 16,
            memory: 48 << 20,
            part_bytes: None,
            single_bytes: 32 << 20,
            overwrite: false,
            accepted: BTreeSet::new(),
            strict_source: false,
            seal: None,
            delete: false,
            settle_failed: false,
            shard: crate::inventory::ShardSize::default(),
        }
    }
}

/// What a run of copying did.
#[derive(Clone, Debug, Default, Eq, PartialEq, Serialize)]
pub struct Tally {
    /// Objects that arrived in this run.
    pub moved: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Marks of deletion that were set.
    pub marked: u64,
    /// Objects deleted at the target.
    pub deleted: u64,
    /// Objects that failed.
    pub failed: u64,
    /// Objects that changed at the source.
    pub changed: u64,
    /// Objects that the target cannot hold.
    pub refused: u64,
    /// Objects left behind by an accepted loss.
    pub left: u64,
    /// Deletions that are proposed.
    pub proposed: u64,
    /// Second tries.
    pub retries: u64,
    /// The first failures, one sentence each.
    pub failures: Vec<String>,
}

/// Failures told in full.
const FAILURES_TOLD: usize = 20;

/// A mebibyte: what is not larger is held in memory between its two requests.
const SMALL: u64 = 1 << 20;

/// How the target takes bytes.
#[derive(Clone, Copy, Debug)]
struct How {
    /// The checksum that goes along with bytes at hand.
    known: Option<Algorithm>,
    /// Bodies can stream, with their checksum behind them.
    streams: bool,
    /// Parts carry CRC-64/NVME, and the whole has one.
    parts: bool,
    /// The target is a file system.
    files: bool,
}

impl How {
    fn of(can: &Capabilities, limits: &str) -> Self {
        let choice = [Algorithm::Crc64Nvme, Algorithm::Crc32c, Algorithm::Crc32, Algorithm::Sha256, Algorithm::Md5];
        let crc = can.checks(Algorithm::Crc64Nvme) || can.returns(Algorithm::Crc64Nvme);
        Self {
            known: choice.into_iter().find(|a| can.checks(*a)),
            streams: can.trailing && crc,
            parts: can.checks_parts(Algorithm::Crc64Nvme),
            files: limits == "file",
        }
    }
}

/// Moves objects.
struct Mover {
    work: Arc<Work>,
    folder: Folder,
    journal: Arc<Journal>,
    options: Options,
    how: How,
    lanes: Lanes,
    states: States,
    wide: Semaphore,
    /// In kibibytes.
    memory: Semaphore,
}

#[cfg(test)]
mod tests;
