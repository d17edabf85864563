//! Group commit: many callers hand over entries, one thread makes them durable together.
//!
//! A batch is whatever is waiting when the disk becomes free, up to a limit. Nobody waits for a batch to fill: a single
//! append goes to the disk at once.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use flagstate_tlog::{Hash, leaf_hash, tile::EntryTooLong};

use super::wal::Batch;

/// Why an entry is not in the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppendError {
    /// The entry does not fit.
    #[error(transparent)]
    TooLong(#[from] EntryTooLong),
    /// The writer has stopped. Whether the entry is in the log is only known after a new start.
    #[error("the log's writer has stopped, so the entry may not be in the log: {reason}; start it again to see")]
    Stopped {
        /// Why.
        reason: String,
    },
}

/// How much goes to the disk at once.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Entries of a batch.
    pub batch_entries: usize,
    /// Bytes from which a batch takes no more entries.
    pub batch_bytes: usize,
    /// Bytes of write-ahead log from which the writer publishes on its own, and starts another file.
    pub segment_bytes: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { batch_entries: 1024, batch_bytes: 4 << 20, segment_bytes: 64 << 20 }
    }
}

/// Batches that may wait before callers must.
const WAITING_MAX: usize = 4;

/// How far tiles may be behind what is durable: appends go on while a checkpoint is read back and signed.
const BEHIND_BYTES: usize = 32 << 20;
/// Memory of a batch that is worth keeping.
const SPARE_BYTES: usize = 2 << 20;

/// Between the callers and the thread that writes.
#[derive(Debug)]
pub(in crate::log) struct Queue {
    state: Mutex<State>,
    work: Condvar,
    space: Condvar,
    durable: Condvar,
    /// The same as in the state, for those who need not wait.
    durable_now: AtomicU64,
    limits: Limits,
}

#[derive(Debug)]
struct State {
    /// Batches that became tiles, kept for their memory.
    spare: Vec<Batch>,
    /// Bytes that are durable and not in tiles yet.
    behind: usize,
    waiting: VecDeque<Batch>,
    next: u64,
    durable: u64,
    rotate: bool,
    closing: Option<Closing>,
    failed: Option<String>,
}

/// How a writer ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::log) enum Closing {
    /// With a last checkpoint and everything tidy.
    Tidy,
    /// Leaving the rest to the next start.
    Abrupt,
}

/// What the writing thread does next.
#[derive(Debug)]
pub(in crate::log) enum Work {
    Write(Batch),
    Rotate,
    End(Closing),
}

impl Queue {
    pub(in crate::log) fn new(next: u64, limits: Limits) -> Self {
        let state = State {
            spare: Vec::new(),
            behind: 0,
            waiting: VecDeque::new(),
            next,
            durable: next,
            rotate: false,
            closing: None,
            failed: None,
        };
        Self {
            state: Mutex::new(state),
            work: Condvar::new(),
            space: Condvar::new(),
            durable: Condvar::new(),
            durable_now: AtomicU64::new(next),
            limits,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes an entry; the answer is its index, and how to wait for it.
    pub(in crate::log) fn submit(self: &Arc<Self>, entry: &[u8]) -> Result<Ticket, AppendError> {
        // Hashed by the caller's thread, from the caller's bytes, before anything is copied.
        let leaf = leaf_hash(entry);
        let mut state = self.lock();
        loop {
            state.running()?;
            let fits =
                |b: &Batch| b.leaves.len() < self.limits.batch_entries && b.bytes.len() < self.limits.batch_bytes;
            if state.waiting.back().is_some_and(fits) {
                break;
            }
            if state.waiting.len() < WAITING_MAX {
                let mut batch = state.spare.pop().unwrap_or_default();
                batch.first = state.next;
                state.waiting.push_back(batch);
                break;
            }
            state = self.space.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let index = state.next;
        state.take(entry, leaf)?;
        let first_waiting = state.waiting.len() == 1 && state.waiting.back().is_some_and(|b| b.leaves.len() == 1);
        drop(state);
        if first_waiting {
            self.work.notify_one();
        }
        Ok(Ticket { queue: Arc::clone(self), index })
    }

    /// Waits for work.
    pub(in crate::log) fn next(&self) -> Work {
        let mut state = self.lock();
        loop {
            if std::mem::take(&mut state.rotate) {
                return Work::Rotate;
            }
            let batch = if state.behind < BEHIND_BYTES { state.waiting.pop_front() } else { None };
            if let Some(batch) = batch {
                state.behind += batch.bytes.len();
                drop(state);
                self.space.notify_all();
                return Work::Write(batch);
            }
            if let Some(closing) = state.closing.filter(|_| state.waiting.is_empty() || state.failed.is_some()) {
                return Work::End(closing);
            }
            state = self.work.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Everything below `end` is durable: tells those who wait.
    pub(in crate::log) fn acknowledge(&self, end: u64) {
        self.lock().durable = end;
        self.durable_now.store(end, Ordering::Release);
        self.durable.notify_all();
    }

    /// A batch is in tiles. Its memory serves another one, unless it is unusually large.
    pub(in crate::log) fn recycle(&self, mut batch: Batch) {
        let mut state = self.lock();
        state.behind = state.behind.saturating_sub(batch.bytes.len());
        if batch.bytes.capacity() <= SPARE_BYTES && state.spare.len() < WAITING_MAX {
            batch.bytes.clear();
            batch.leaves.clear();
            state.spare.push(batch);
        }
        drop(state);
        self.work.notify_one();
    }

    /// How many entries are durable.
    pub(in crate::log) fn durable(&self) -> u64 {
        self.lock().durable
    }

    /// Asks for a new segment.
    pub(in crate::log) fn rotate(&self) {
        self.lock().rotate = true;
        self.work.notify_one();
    }

    /// No more entries. Those that wait are still written.
    pub(in crate::log) fn close(&self, closing: Closing) {
        self.lock().closing.get_or_insert(closing);
        self.wake();
    }

    /// The writer is broken: everybody who waits is told, and everybody who comes. The first reason stays.
    pub(in crate::log) fn fail(&self, reason: &str) {
        self.lock().failed.get_or_insert_with(|| reason.to_owned());
        self.wake();
    }

    /// The reason why the writer is broken, if it is.
    pub(in crate::log) fn failed(&self) -> Option<String> {
        self.lock().failed.clone()
    }

    fn wake(&self) {
        self.work.notify_all();
        self.space.notify_all();
        self.durable.notify_all();
    }
}

impl State {
    fn running(&self) -> Result<(), AppendError> {
        match (&self.failed, self.closing) {
            (Some(reason), _) => Err(AppendError::Stopped { reason: reason.clone() }),
            (None, Some(_)) => Err(AppendError::Stopped { reason: "it was closed".to_owned() }),
            (None, None) => Ok(()),
        }
    }

    fn take(&mut self, entry: &[u8], leaf: Hash) -> Result<(), AppendError> {
        if let Some(batch) = self.waiting.back_mut() {
            if let Err(too_long) = batch.push(entry, leaf) {
                // An empty batch must not be left behind.
                if batch.leaves.is_empty() {
                    self.waiting.pop_back();
                }
                return Err(too_long.into());
            }
            self.next += 1;
        }
        Ok(())
    }
}

/// An entry on its way to the disk.
#[derive(Debug)]
#[must_use = "the entry is only safe when `wait` has returned"]
pub struct Ticket {
    queue: Arc<Queue>,
    index: u64,
}

impl Ticket {
    /// Waits until the entry is durable. The answer is its index.
    pub fn wait(self) -> Result<u64, AppendError> {
        if self.queue.durable_now.load(Ordering::Acquire) > self.index {
            return Ok(self.index);
        }
        let mut state = self.queue.lock();
        loop {
            if state.durable > self.index {
                return Ok(self.index);
            }
            if let Some(reason) = &state.failed {
                return Err(AppendError::Stopped { reason: reason.clone() });
            }
            state = self.queue.durable.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}
