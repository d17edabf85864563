//! One state of one object: what is to be done with it, and what became of it.

use std::sync::{Arc, atomic::Ordering};

use flagstate_objects::{At, Key, Kind, Version};

use super::{Mover, hop::Hop};
use crate::{
    fit::Loss,
    row::{Done, Fate, Row},
    trouble::{Trouble, sentence},
};

/// A row to be moved.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) shard: i64,
    pub(super) seq: u64,
    pub(super) row: Row,
    /// The target's key.
    pub(super) key: Key,
    /// Nobody of us can have written it before.
    pub(super) fresh: bool,
    /// Not the first state of its key in this move: it goes over the one before.
    pub(super) over: bool,
}

impl Item {
    pub(super) fn at(&self) -> At<'_> {
        // A listed version of a store without versions in play is the current state.
        At { key: &self.row.entry.key, version: self.version(), if_match: self.row.entry.etag.as_ref() }
    }

    fn version(&self) -> Option<&Version> {
        self.row.entry.version.as_ref().filter(|_| !self.row.entry.current)
    }

    pub(super) fn size(&self) -> u64 {
        self.row.entry.size
    }
}

impl Mover {
    /// Moves one state of one object. An error ends everything.
    pub(super) async fn row(self: &Arc<Self>, item: &Item) -> Result<Done, Trouble> {
        let tried = match self.easy(item) {
            Some(done) => return Ok(done),
            None if item.row.fate() == Some(Fate::Gone) => self.delete(item).await,
            None if item.row.entry.kind == Kind::DeleteMarker => self.mark(item).await,
            None if item.size() > self.options.single_bytes && self.options.seal.is_none() => self.large(item).await,
            None => self.small(item).await,
        };
        let now = self.work.now();
        let hop = match tried {
            Ok(done) => {
                self.lanes.went_well(self.work.retry.throttled());
                if done.fate == Fate::Moved {
                    self.work.meter.objects.fetch_add(1, Ordering::Relaxed);
                    self.work.meter.bytes.fetch_add(item.size(), Ordering::Relaxed);
                }
                return Ok(done);
            }
            Err(hop) => hop.into_global(),
        };
        let hop = match hop {
            Ok(trouble) => return Err(trouble),
            Err(hop) => hop,
        };
        if hop.is_change() {
            if item.size() > self.options.single_bytes || self.options.seal.is_some() {
                self.abandon(item).await.or_else(|hop| hop.into_global().map_or(Ok(()), Err))?;
            }
            return Ok(Done::bare(Fate::Changed, now, sentence(&hop)));
        }
        if let Hop::TooLarge(why) = &hop {
            return Ok(Done::bare(Fate::Refused, now, why.clone()));
        }
        let archived = matches!(hop, Hop::Read(flagstate_objects::ReadError::Archived { .. }));
        if archived && self.options.accepted.contains(&Loss::Archived) {
            return Ok(Done::bare(Fate::Left, now, left(Loss::Archived)));
        }
        self.work.meter.failed(hop.cause());
        Ok(Done::bare(Fate::Failed, now, format!("{:?}: {}", item.row.entry.key, sentence(&hop))))
    }

    /// Counts a try that failed and is made good by another; damage is named with its object.
    pub(super) fn met<T>(&self, item: &Item, done: Result<T, Hop>) -> Result<T, Hop> {
        use flagstate_objects::Classed as _;
        if let Err(hop) = &done
            && hop.class().is_transient()
        {
            let key = &item.row.entry.key;
            let about = |said: String| {
                if said.contains(&key.escaped()) { said } else { format!("{key:?}: {said}") }
            };
            self.work.meter.met(hop.cause(), hop.damage().map(about));
        }
        done
    }

    /// What needs no request: keys that the target cannot hold, and states that stay behind.
    fn easy(&self, item: &Item) -> Option<Done> {
        let (ends, entry, now) = (&self.work.ends, &item.row.entry, self.work.now());
        if item.row.fate() == Some(Fate::Gone) {
            if item.row.done.as_ref().is_none_or(|d| d.arrived.is_none()) {
                let why = "it went away at the source before it was moved".to_owned();
                return Some(Done::bare(Fate::Deleted, now, why));
            }
            return (!self.options.delete).then(|| Done {
                at: Some(now),
                ..item.row.done.clone().unwrap_or_else(|| Done::bare(Fate::Gone, now, None))
            });
        }
        let loss = match entry.kind {
            Kind::Directory => Some(Loss::Directories),
            Kind::Uncommitted => Some(Loss::Uncommitted),
            Kind::Deleted => Some(Loss::SoftDeleted),
            Kind::DeleteMarker if !ends.versions => Some(Loss::DeleteMarkers),
            _ if matches!(entry.version, Some(Version::Snapshot(_))) && !ends.versions => Some(Loss::Snapshots),
            _ if !entry.current && !ends.versions => Some(Loss::Versions),
            _ => None,
        };
        if let Some(loss) = loss {
            if !self.options.accepted.contains(&loss) {
                self.work.meter.failed("loss not accepted");
                return Some(Done::bare(Fate::Failed, now, format!("{:?}: {}", entry.key, sentence(&Hop::Loss(loss)))));
            }
            return Some(Done::bare(Fate::Left, now, left(loss)));
        }
        let target = &ends.target.store;
        let problem = self.work.can.key_problem(&item.key, target.limits())?;
        Some(Done::bare(Fate::Refused, now, format!("{} cannot hold the key: {problem}", target.place())))
    }

    /// Sets a mark of deletion, as the source has one.
    async fn mark(&self, item: &Item) -> Result<Done, Hop> {
        let _lane = self.lanes.enter().await.ok_or(Hop::Fault)?;
        let target = &self.work.ends.target.store;
        let done = self.work.retry.run(|_| target.delete(At::key(&item.key))).await;
        done.map_err(delete_error)?;
        Ok(Done::bare(Fate::Marked, self.work.now(), None))
    }

    /// Deletes at the target what is gone at the source and was written by this move, in the state in which it was written.
    async fn delete(&self, item: &Item) -> Result<Done, Hop> {
        let _lane = self.lanes.enter().await.ok_or(Hop::Fault)?;
        let target = &self.work.ends.target.store;
        let arrived = item.row.done.as_ref().and_then(|d| d.arrived.clone()).unwrap_or_default();
        let state = arrived.etag.as_ref();
        let at = At { key: &item.key, version: None, if_match: state.filter(|_| self.work.can.if_match_delete) };
        if at.if_match.is_none() && state.is_some() {
            // Without a condition the state is compared beforehand.
            match self.work.retry.run(|_| target.head(At::key(&item.key))).await {
                Ok(now) if now.etag.as_ref() != state => return Err(Hop::Occupied),
                Ok(_) | Err(flagstate_objects::ReadError::NotFound { .. }) => {}
                Err(e) => return Err(e.into()),
            }
        }
        self.work.retry.run(|_| target.delete(at)).await.map_err(delete_error)?;
        let before = item.row.done.clone();
        let done = before.unwrap_or_else(|| Done::bare(Fate::Deleted, self.work.now(), None));
        Ok(Done { fate: Fate::Deleted, at: Some(self.work.now()), ..done })
    }
}

/// The note of what stays behind.
pub(crate) fn left(loss: Loss) -> String {
    format!("{}: {}", loss.name(), loss.means())
}

fn delete_error(error: flagstate_objects::DeleteError) -> Hop {
    use flagstate_objects::{DeleteError, WriteError};
    match error {
        DeleteError::Held { place, key, answer } => Hop::Write(WriteError::Held { place, key, answer }),
        DeleteError::Changed { .. } => Hop::Occupied,
        DeleteError::Request(e) => Hop::Write(WriteError::Request(e)),
        _ => Hop::Fault,
    }
}
