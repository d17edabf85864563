//! Erasing the source: only what the certificate covers, only in the state in which it was read, only after a waiting period.
//!
//! What it is for: the last step, apart from all others. An object that changed since, or that is not at the target as it was
//! written, is kept and named.
//!
//! What it deliberately does not do: it claims no more than it saw. That a provider's copies are gone cannot be shown; the
//! report says so.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use flagstate_objects::{At, DeleteError, ReadError};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use crate::{
    certificate::Document,
    ends::Work,
    folder::Folder,
    row::{Fate, Row},
    table::{Rows, TableError},
    trouble::{Trouble, sentence},
};

/// Why nothing is erased.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum EraseError {
    /// Too early.
    #[error("the waiting period ends at {until}; nothing is erased before")]
    TooEarly {
        /// When it ends.
        until: Timestamp,
    },
    /// Another move.
    #[error("the certificate is about the move {found}, not {wanted}")]
    OtherMove {
        /// The certificate's.
        found: String,
        /// This one.
        wanted: String,
    },
    /// Gaps.
    #[error("the certificate lists gaps: what is not at the target must not be erased at the source")]
    Gaps,
    /// Any step's trouble.
    #[error(transparent)]
    Trouble(#[from] Trouble),
}

/// What was erased.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Erased {
    /// Objects erased.
    pub objects: u64,
    /// Their bytes.
    pub bytes: u64,
    /// Objects that were gone already.
    pub gone: u64,
    /// Objects kept, by why.
    pub kept: BTreeMap<String, u64>,
    /// The first kept ones.
    pub examples: Vec<String>,
    /// Objects of the manifest that the source still lists afterwards.
    pub still_listed: u64,
}

/// Examples kept.
const EXAMPLES: usize = 20;

/// Whether the time has come.
pub fn may(document: &Document, id: &str, waiting_days: u32, now: Timestamp) -> Result<(), EraseError> {
    if document.settings.id != id {
        return Err(EraseError::OtherMove { found: document.settings.id.clone(), wanted: id.to_owned() });
    }
    let until = document.made_at.checked_add(SignedDuration::from_hours(i64::from(waiting_days) * 24));
    let until = until.unwrap_or(Timestamp::MAX);
    if now < until {
        return Err(EraseError::TooEarly { until });
    }
    let severe = |fate: &Fate| !matches!(fate, Fate::Refused | Fate::Gone);
    if document.gaps.keys().any(severe) { Err(EraseError::Gaps) } else { Ok(()) }
}

/// Erases at the source what moved. [`may`] comes first.
pub async fn run(work: &Arc<Work>, folder: &Folder, document: &Document, lanes: usize) -> Result<Erased, Trouble> {
    let mut erased = Erased::default();
    work.meter.reset(document.objects, document.bytes);
    let mut flying: JoinSet<(Row, Result<One, Trouble>)> = JoinSet::new();
    let files = document.manifest.iter().map(|f| folder.rows(&f.name));
    let mut rows = files.flat_map(|path| match Rows::open(&path) {
        Ok(rows) => Box::new(rows) as Box<dyn Iterator<Item = Result<Row, TableError>> + Send>,
        Err(e) => Box::new(std::iter::once(Err(e))),
    });
    let mut trouble: Option<Trouble> = None;
    loop {
        while trouble.is_none() && flying.len() < lanes.max(1) {
            if work.meter.stopped() {
                trouble = Some(Trouble::Stopped);
                break;
            }
            let Some(row) = rows.next().transpose()? else { break };
            if row.fate() != Some(Fate::Moved) {
                continue;
            }
            let work = Arc::clone(work);
            flying.spawn(async move {
                let done = one(&work, &row).await;
                (row, done)
            });
        }
        let Some(done) = flying.join_next().await else { break };
        match done {
            Ok((row, Ok(Ok(true)))) => {
                erased.objects += 1;
                erased.bytes = erased.bytes.saturating_add(row.entry.size);
                work.meter.objects.fetch_add(1, Ordering::Relaxed);
            }
            Ok((_, Ok(Ok(false)))) => erased.gone += 1,
            Ok((row, Ok(Err(why)))) => {
                if erased.examples.len() < EXAMPLES {
                    erased.examples.push(format!("{}: {why}", row.key()));
                }
                *erased.kept.entry(why).or_default() += 1;
            }
            Ok((_, Err(e))) => trouble = trouble.or(Some(e)),
            Err(_) => trouble = trouble.or(Some(Trouble::Fault)),
        }
    }
    match trouble {
        Some(trouble) => Err(trouble),
        None => Ok(erased),
    }
}

/// Erased now, or gone already; else why it is kept.
type One = Result<bool, String>;

/// Erases one object: true when it is erased now, false when it was gone; else why it is kept.
async fn one(work: &Work, row: &Row) -> Result<One, Trouble> {
    let (source, target) = (&work.ends.source.store, &work.ends.target.store);
    let version = row.entry.version.as_ref().filter(|_| work.ends.versions);
    let here = match work.retry.run(|_| source.head(At { version, ..At::key(row.key()) })).await {
        Ok(entry) => entry,
        Err(ReadError::NotFound { .. }) => return Ok(Ok(false)),
        Err(e) => return Err(e.into()),
    };
    let same = here.size == row.entry.size && (here.etag.is_none() || here.etag == row.entry.etag);
    if !same {
        return Ok(Err("it changed since the certificate".to_owned()));
    }
    let key = work.ends.target_key(row.key());
    let arrived = row.done.as_ref().and_then(|d| d.arrived.clone()).unwrap_or_default();
    let there_version = arrived.version.as_ref().filter(|_| work.ends.versions);
    match work.retry.run(|_| target.head(At { version: there_version, ..At::key(&key) })).await {
        Ok(there) if there.size == arrived.size && (arrived.etag.is_none() || there.etag == arrived.etag) => {}
        Ok(_) => return Ok(Err("the target does not have it as it was written".to_owned())),
        Err(ReadError::NotFound { .. }) => return Ok(Err("the target does not have it".to_owned())),
        Err(e) => return Err(e.into()),
    }
    match work.retry.run(|_| source.delete(At { version, ..At::key(row.key()) })).await {
        Ok(()) => Ok(Ok(true)),
        Err(e @ (DeleteError::Held { .. } | DeleteError::Changed { .. })) => Ok(Err(sentence(&e))),
        Err(e) => Err(e.into()),
    }
}
