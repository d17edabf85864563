//! Cutover: the source stands still, and both sides hold what the manifest says.
//!
//! What it is for: a last pass over both listings. Is anything new, changed or gone, the source is not frozen, and the
//! names of what changed are handed back; the caller copies that and asks again. Is nothing, the roots over both listings
//! are kept: the certificate carries them.
//!
//! What it deliberately does not do: it freezes nothing. Making the source read-only is its owner's to do, and the way back is
//! to make it writable again: nothing was changed there.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    ends::Work,
    folder::{Folder, read_json, write_json},
    journal::Journal,
    sync::{self, Delta, Roots},
    trouble::Trouble,
};

/// The last look at both sides.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cutover {
    /// When the pass began.
    pub from: Timestamp,
    /// When it ended.
    pub to: Timestamp,
    /// What differed; empty when both sides hold what the manifest says.
    pub delta: Delta,
    /// The roots over both listings.
    pub roots: Roots,
    /// Uploads in parts at the target that this move began and never ended; they were ended now.
    pub ended_uploads: u64,
}

impl Cutover {
    /// True when the source stood still and the target holds what was written.
    pub fn is_quiet(&self) -> bool {
        self.delta.is_empty() && self.roots.source.records == self.roots.target.records
    }
}

const FILE: &str = "cutover.json";

/// Looks at both sides a last time. Every shard must be at rest.
pub async fn run(
    work: &Arc<Work>,
    folder: &Folder,
    journal: &Arc<Journal>,
    listers: usize,
) -> Result<Cutover, Trouble> {
    forget(folder);
    let from = work.now();
    let options = sync::Options { listers, target: true, delete: false, roots: true };
    let (delta, roots) = sync::run(work, folder, journal, options, "freeze").await?;
    let roots = roots.ok_or(Trouble::Fault)?;
    let mut ended_uploads = 0;
    for upload in journal.uploads()? {
        let target = &work.ends.target.store;
        work.retry.run(|_| target.abort(&upload.key, &upload.id)).await?;
        journal.end_upload(upload.shard, upload.seq)?;
        ended_uploads += 1;
    }
    let cutover = Cutover { from, to: work.now(), delta, roots, ended_uploads };
    if cutover.is_quiet() {
        write_json(&folder.file(FILE), &cutover)?;
    }
    Ok(cutover)
}

/// The last look, when it found both sides quiet and nothing was moved since.
pub fn last(folder: &Folder) -> Option<Cutover> {
    read_json(&folder.file(FILE)).ok()
}

/// Something moves again: the last look does not count any more.
pub fn forget(folder: &Folder) {
    let _ = std::fs::remove_file(folder.file(FILE));
}
