//! The thread that turns durable batches into tiles and signed checkpoints.
//!
//! What it is for: everything that need not happen before an append returns. It owns the tree, the signing keys and the
//! second place. The order at a checkpoint is: partial tiles, reading back, signing, second place, checkpoint; only then
//! may the write-ahead log shrink, after the tiles were made durable.

use std::{
    fs,
    path::PathBuf,
    sync::{
        Arc,
        mpsc::{Receiver, SyncSender},
    },
};

use flagstate_tlog::{
    Checkpoint, Note,
    checkpoint::CheckpointError,
    note::{NoteError, SignError},
};

use super::{
    audit::{AuditError, Auditor},
    grow::{Grower, Writing},
    key::LogKeys,
    place::Identity,
    queue::{Limits, Queue},
    second::{SecondError, SecondPlace},
    store::{StoreError, TileStore},
    wal::{self, Batch, SegmentWriter, WalError},
    writer::Watch,
};

/// Why a checkpoint was not published.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PublishError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The write-ahead log.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// The second place.
    #[error(transparent)]
    Second(#[from] SecondError),
    /// What was written does not read back.
    #[error(transparent)]
    Audit(#[from] AuditError),
    /// The key.
    #[error("the checkpoint of size {size} could not be signed")]
    Sign {
        /// Leaves.
        size: u64,
        /// Why.
        #[source]
        source: SignError,
    },
    /// The origin cannot be one.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The writer has stopped before.
    #[error("the log's writer has stopped: {reason}; start it again")]
    Stopped {
        /// Why.
        reason: String,
    },
    /// Signature lines for something else.
    #[error("the cosigned note is not the log's last checkpoint of size {size}")]
    NotLast {
        /// Size of the last checkpoint.
        size: u64,
    },
    /// Not a note.
    #[error("the cosigned checkpoint is not a signed note")]
    Note(#[from] NoteError),
    /// A line that was published is missing.
    #[error("the cosigned checkpoint lacks a signature line that the published one has: add lines, never remove any")]
    LinesLost,
}

/// A checkpoint that is signed and published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    /// What it says.
    pub checkpoint: Checkpoint,
    /// The signed note, as it lies in the log.
    pub note: Vec<u8>,
}

type Reply = SyncSender<Result<Published, PublishError>>;

/// What the thread is told.
pub(in crate::log) enum Message {
    /// These are durable.
    Batch(Batch),
    /// Publish, at the least, this size.
    Checkpoint(u64, Reply),
    /// Publish these further signature lines.
    Cosigned(Vec<u8>, Reply),
    /// A new segment starts here.
    Rotated(u64),
    /// All is written. The unfinished bundle, if the log is to be left tidy.
    End(Option<Batch>),
}

/// What reads the clock, in seconds since 1970.
pub type Clock = Box<dyn Fn() -> u64 + Send>;

pub(in crate::log) struct Publisher {
    pub(in crate::log) queue: Arc<Queue>,
    pub(in crate::log) store: Arc<dyn TileStore>,
    pub(in crate::log) second: Box<dyn SecondPlace>,
    pub(in crate::log) keys: LogKeys,
    pub(in crate::log) clock: Clock,
    pub(in crate::log) identity: Identity,
    pub(in crate::log) wal: PathBuf,
    pub(in crate::log) limits: Limits,
    pub(in crate::log) grower: Grower,
    pub(in crate::log) auditor: Auditor,
    pub(in crate::log) last: Option<Published>,
    /// What the second place holds.
    pub(in crate::log) kept: Option<Vec<u8>>,
    /// Weight of the entries since the last rotation.
    pub(in crate::log) weight: u64,
    /// Start of the newest segment, while older ones exist.
    pub(in crate::log) rotated: Option<u64>,
}

impl Publisher {
    /// Works until the end. The answer is the last checkpoint.
    pub(in crate::log) fn run(mut self, messages: &Receiver<Message>) -> Result<Option<Published>, PublishError> {
        let _watch = Watch(Arc::clone(&self.queue));
        // Whoever waits for an answer sees it missing only after the reason is known.
        let mut asked = Vec::new();
        let done = self.work(messages, &mut asked);
        if let Err(error) = &done {
            self.queue.fail(&sentence(error));
        }
        done
    }

    fn work(
        &mut self,
        messages: &Receiver<Message>,
        asked: &mut Vec<(u64, Reply)>,
    ) -> Result<Option<Published>, PublishError> {
        // The channel closes when the thread that writes has failed.
        while let Ok(message) = messages.recv() {
            match message {
                Message::Batch(batch) => {
                    self.grow(&batch)?;
                    self.queue.recycle(batch);
                }
                Message::Checkpoint(size, reply) => asked.push((size, reply)),
                Message::Cosigned(note, reply) => {
                    let _ = reply.send(self.cosigned(&note));
                }
                Message::Rotated(first) => self.rotated = Some(first),
                Message::End(None) => return Ok(self.last.clone()),
                Message::End(Some(tail)) => {
                    let published = self.publish()?;
                    self.tidy(&tail)?;
                    return Ok(Some(published));
                }
            }
            let ready = |(size, _): &mut (u64, Reply)| *size <= self.grower.size();
            let ready: Vec<_> = asked.extract_if(.., ready).collect();
            if !ready.is_empty() {
                self.answer(ready)?;
            }
        }
        Ok(self.last.clone())
    }

    fn answer(&mut self, ready: Vec<(u64, Reply)>) -> Result<(), PublishError> {
        let published = self.publish();
        for (_, reply) in ready {
            let answer = match &published {
                Ok(published) => Ok(published.clone()),
                Err(error) => Err(PublishError::Stopped { reason: sentence(error) }),
            };
            let _ = reply.send(answer);
        }
        published.map(drop)
    }

    fn grow(&mut self, batch: &Batch) -> Result<(), PublishError> {
        for (entry, leaf) in batch.entries() {
            self.grower.push(&*self.store, entry, leaf)?;
        }
        // A record's share of memory at recovery counts, too.
        self.weight += batch.bytes.len() as u64 + 64 * batch.count();
        if self.weight > self.limits.segment_bytes {
            self.publish()?;
            self.queue.rotate();
            self.weight = 0;
        }
        Ok(())
    }

    /// Publishes a checkpoint of the tree as it stands, unless that is the last one.
    pub(in crate::log) fn publish(&mut self) -> Result<Published, PublishError> {
        let (size, root) = (self.grower.size(), self.grower.root());
        if let Some(last) = self.last.as_ref().filter(|last| last.checkpoint.size() == size) {
            return Ok(last.clone());
        }
        self.grower.put_partials(&*self.store)?;
        self.auditor.check(&*self.store, size, root)?;
        let checkpoint = Checkpoint::new(&self.identity.origin, size, root)?;
        let signed = self.keys.sign(&checkpoint, (self.clock)());
        let note = signed.map_err(|source| PublishError::Sign { size, source })?.to_string().into_bytes();
        self.second.swap(self.kept.as_deref(), &note)?;
        self.kept = Some(note.clone());
        self.store.put_checkpoint(&note)?;
        self.grower.set_writing(Writing::New);
        let published = Published { checkpoint, note };
        self.last = Some(published.clone());
        self.grower.drop_partials(&*self.store, size)?;
        if let Some(first) = self.rotated.filter(|first| *first <= size) {
            self.store.sync()?;
            self.forget(first)?;
            self.rotated = None;
        }
        Ok(published)
    }

    /// Replaces the published checkpoint by the same with more signature lines.
    fn cosigned(&mut self, bytes: &[u8]) -> Result<Published, PublishError> {
        let size = self.last.as_ref().map_or(0, |last| last.checkpoint.size());
        let note = Note::parse(bytes)?;
        let last = self.last.as_mut().filter(|last| last.checkpoint.to_string() == note.text());
        let last = last.ok_or(PublishError::NotLast { size })?;
        let before = Note::parse(&last.note)?;
        if before.signatures().iter().any(|line| !note.signatures().contains(line)) {
            return Err(PublishError::LinesLost);
        }
        self.second.swap(self.kept.as_deref(), bytes)?;
        self.kept = Some(bytes.to_vec());
        self.store.put_checkpoint(bytes)?;
        bytes.clone_into(&mut last.note);
        Ok(last.clone())
    }

    /// Removes the segments before the one that starts at `first`.
    fn forget(&self, first: u64) -> Result<(), PublishError> {
        for (_, path) in wal::segments(&self.wal)?.into_iter().filter(|(start, _)| *start < first) {
            fs::remove_file(&path).map_err(|source| WalError::Io { verb: "remove", path, source })?;
        }
        Ok(())
    }

    /// Leaves nothing but the unfinished bundle in the write-ahead log.
    fn tidy(&self, tail: &Batch) -> Result<(), PublishError> {
        self.store.sync()?;
        let mut segment = SegmentWriter::create(&self.wal, tail.first, &self.identity.id())?;
        if tail.count() > 0 {
            segment.write(tail)?;
            segment.mark()?;
        }
        segment.mark_tidy()?;
        segment.publish()?;
        self.forget(tail.first)
    }
}

/// An error and its causes in one sentence, for those who only get words.
pub(in crate::log) fn sentence(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        text = format!("{text}: {next}");
        cause = next.source();
    }
    text
}
