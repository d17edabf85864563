//! The writer: the one process that appends to a log.
//!
//! Two threads: one writes batches to the write-ahead log and makes them durable, the other one (see [`super::publish`])
//! makes tiles and checkpoints of them. An append waits for the first only.

use std::{
    path::Path,
    sync::{
        Arc,
        mpsc::{self, Sender, SyncSender},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

use super::{
    kept::KeptError,
    key::LogKeys,
    lock::Lock,
    place::{Identity, Place},
    publish::{Clock, Message, PublishError, Published, Publisher, sentence},
    queue::{AppendError, Closing, Limits, Queue, Ticket, Work},
    recover::{RecoverError, Recovered, Scene, recover},
    second::{SecondDirectory, SecondError, SecondPlace},
    store::{LocalFiles, StoreError, TileStore},
    wal::{Batch, LogId, SegmentWriter, WalError},
    witnesses::{NoWitnesses, Witnesses},
};

/// Why a log could not be opened for writing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A private file.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Another writer.
    #[error("another writer of the log in `{dir}` is running, or a check: stop it, or wait until it has ended")]
    Locked {
        /// The log.
        dir: String,
    },
    /// The keys belong to another log.
    #[error("the signing keys are not those of the log `{origin}`: give the right key file or token")]
    WrongKeys {
        /// The log.
        origin: String,
    },
    /// The second place.
    #[error(transparent)]
    Second(#[from] SecondError),
    /// What is there does not fit together.
    #[error(transparent)]
    Recover(#[from] RecoverError),
    /// The first checkpoint.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The system.
    #[error("could not start a thread: {0}")]
    Thread(std::io::Error),
}

/// How a writer is opened.
pub struct Setup {
    limits: Limits,
    adopt: bool,
    patience: Duration,
    clock: Clock,
    store: Option<Arc<dyn TileStore>>,
    second: Option<Box<dyn SecondPlace>>,
    witnesses: Box<dyn Witnesses>,
}

impl std::fmt::Debug for Setup {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setup").field("limits", &self.limits).field("adopt", &self.adopt).finish_non_exhaustive()
    }
}

impl Setup {
    /// Local files, the second place that the log's identity names, no witnesses. `clock` gives the time of cosignatures,
    /// in seconds since 1970.
    pub fn new(clock: impl Fn() -> u64 + Send + 'static) -> Self {
        Self {
            limits: Limits::default(),
            adopt: false,
            patience: Duration::from_secs(1),
            clock: Box::new(clock),
            store: None,
            second: None,
            witnesses: Box::new(NoWitnesses),
        }
    }

    /// Other sizes of batches and segments.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Takes the log over although its second place does not know its last checkpoint. The user must have made sure that
    /// no other writer exists.
    #[must_use]
    pub fn adopt(self, adopt: bool) -> Self {
        Self { adopt, ..self }
    }

    /// How long to wait for another writer to end; a second unless told.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Tiles and checkpoint live elsewhere than in the directory.
    #[must_use]
    pub fn store(self, store: Arc<dyn TileStore>) -> Self {
        Self { store: Some(store), ..self }
    }

    /// Another second place than the directory that the log's identity names.
    #[must_use]
    pub fn second_place(self, second: Box<dyn SecondPlace>) -> Self {
        Self { second: Some(second), ..self }
    }

    /// Witnesses to ask at the start.
    #[must_use]
    pub fn witnesses(self, witnesses: Box<dyn Witnesses>) -> Self {
        Self { witnesses, ..self }
    }
}

/// The one writer of a log.
#[derive(Debug)]
pub struct Writer {
    queue: Arc<Queue>,
    messages: Sender<Message>,
    writing: Option<JoinHandle<()>>,
    publishing: Option<JoinHandle<Result<Option<Published>, PublishError>>>,
    identity: Identity,
    notes: Vec<String>,
    /// Held as long as the writer lives.
    _lock: Lock,
}

impl Writer {
    /// Opens the log in `dir` for writing, and recovers whatever the last writer left. What the user should know about
    /// that is in [`Writer::notes`].
    pub fn open(dir: &Path, keys: LogKeys, setup: Setup) -> Result<Self, OpenError> {
        let place = Place::new(dir);
        let identity = Identity::read(&place)?;
        if keys.verifiers() != identity.keys {
            return Err(OpenError::WrongKeys { origin: identity.origin });
        }
        let path = place.lock_file();
        let lock = match Lock::alone(&path, setup.patience) {
            Ok(lock) => lock.ok_or_else(|| OpenError::Locked { dir: dir.display().to_string() })?,
            Err(source) => return Err(KeptError::Io { verb: "lock", path, source }.into()),
        };
        place.clear_temporary()?;
        let store = match setup.store {
            Some(store) => store,
            None => Arc::new(LocalFiles::open(dir, &place.temporary())?),
        };
        let mut second = match setup.second {
            Some(second) => second,
            None => Box::new(SecondDirectory::take(&identity.second)?),
        };
        let scene = Scene {
            place: &place,
            identity: &identity,
            store: &*store,
            second: &mut *second,
            witnesses: &*setup.witnesses,
            adopt: setup.adopt,
        };
        let Recovered { grower, auditor, segment, tail, last, second: kept, notes } = recover(scene)?;
        let queue = Arc::new(Queue::new(grower.size(), setup.limits));
        let last = last.map(|(checkpoint, note)| Published { checkpoint, note });
        let mut publisher = Publisher {
            queue: Arc::clone(&queue),
            store,
            second,
            keys,
            clock: setup.clock,
            identity: identity.clone(),
            wal: place.wal(),
            limits: setup.limits,
            grower,
            auditor,
            last,
            kept,
            weight: 0,
            rotated: None,
        };
        if publisher.last.is_none() {
            publisher.publish()?;
        }
        let (messages, received) = mpsc::channel();
        let publishing = spawn("log-publish", move || publisher.run(&received))?;
        let disk = Disk {
            queue: Arc::clone(&queue),
            messages: messages.clone(),
            directory: place.wal(),
            id: identity.id(),
            segment,
            tail,
        };
        let writing = Some(spawn("log-write", move || disk.run())?);
        Ok(Self { queue, messages, writing, publishing: Some(publishing), identity, notes, _lock: lock })
    }

    /// Appends an entry, and returns its index when it is durable.
    pub fn append(&self, entry: &[u8]) -> Result<u64, AppendError> {
        self.submit(entry)?.wait()
    }

    /// Hands over an entry without waiting. It is safe when [`Ticket::wait`] has returned.
    pub fn submit(&self, entry: &[u8]) -> Result<Ticket, AppendError> {
        self.queue.submit(entry)
    }

    /// Publishes a signed checkpoint over everything that is durable by now. Nothing new: the last one.
    pub fn checkpoint(&self) -> Result<Published, PublishError> {
        let size = self.queue.durable();
        self.ask(|reply| Message::Checkpoint(size, reply))
    }

    /// Publishes the last checkpoint with further signature lines, of witnesses for example.
    pub fn publish_cosigned(&self, note: &[u8]) -> Result<Published, PublishError> {
        self.ask(|reply| Message::Cosigned(note.to_vec(), reply))
    }

    /// Who the log is.
    pub const fn identity(&self) -> &Identity {
        &self.identity
    }

    /// Entries that are durable.
    pub fn durable(&self) -> u64 {
        self.queue.durable()
    }

    /// What the user should know about the start: what was recovered, which witness did not answer.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    /// Publishes what is left, makes everything durable and ends.
    pub fn close(mut self) -> Result<Published, PublishError> {
        let ended = self.end(Closing::Tidy);
        if self.queue.failed().is_some() && !matches!(ended, Some(Err(_))) {
            return Err(self.stopped());
        }
        match ended {
            Some(Ok(Some(published))) => Ok(published),
            Some(Err(error)) => Err(error),
            Some(Ok(None)) | None => Err(self.stopped()),
        }
    }

    fn ask(
        &self,
        message: impl FnOnce(SyncSender<Result<Published, PublishError>>) -> Message,
    ) -> Result<Published, PublishError> {
        let (reply, answer) = mpsc::sync_channel(1);
        self.messages.send(message(reply)).map_err(|_| self.stopped())?;
        answer.recv().map_err(|_| self.stopped())?
    }

    fn stopped(&self) -> PublishError {
        let reason = self.queue.failed().unwrap_or_else(|| "it was closed".to_owned());
        PublishError::Stopped { reason }
    }

    fn end(&mut self, closing: Closing) -> Option<Result<Option<Published>, PublishError>> {
        self.queue.close(closing);
        let _ = self.writing.take().map(JoinHandle::join);
        // The other thread ends when nobody can send to it any more.
        let (nobody, _) = mpsc::channel();
        self.messages = nobody;
        self.publishing.take()?.join().ok()
    }
}

impl Drop for Writer {
    /// Without [`Writer::close`]: everything acknowledged is safe, and the next start publishes it.
    fn drop(&mut self) {
        self.end(Closing::Abrupt);
    }
}

/// The thread that makes batches durable.
struct Disk {
    queue: Arc<Queue>,
    messages: Sender<Message>,
    directory: std::path::PathBuf,
    id: LogId,
    segment: SegmentWriter,
    tail: Batch,
}

impl Disk {
    fn run(mut self) {
        let _watch = Watch(Arc::clone(&self.queue));
        if let Err(error) = self.work() {
            // A failed write or sync is final: what reached the disk is only known after a new start.
            self.queue.fail(&sentence(&error));
        }
    }

    fn work(&mut self) -> Result<(), WalError> {
        loop {
            let sent = match self.queue.next() {
                Work::Write(batch) => {
                    self.segment.write(&batch)?;
                    self.segment.sync()?;
                    self.segment.mark()?;
                    self.queue.acknowledge(batch.end());
                    self.tail.slide(&batch);
                    self.messages.send(Message::Batch(batch))
                }
                Work::Rotate => {
                    self.rotate()?;
                    self.messages.send(Message::Rotated(self.segment.first()))
                }
                Work::End(closing) => {
                    let tail = (closing == Closing::Tidy).then(|| std::mem::take(&mut self.tail));
                    let _ = self.messages.send(Message::End(tail));
                    return Ok(());
                }
            };
            if sent.is_err() {
                // The other thread has failed and said why.
                return Ok(());
            }
        }
    }

    /// Goes on in a new segment, which repeats the unfinished bundle.
    fn rotate(&mut self) -> Result<(), WalError> {
        if self.segment.first() == self.tail.first {
            return Ok(());
        }
        let mut segment = SegmentWriter::create(&self.directory, self.tail.first, &self.id)?;
        if self.tail.count() > 0 {
            segment.write(&self.tail)?;
            segment.mark()?;
        }
        segment.publish()?;
        self.segment = segment;
        Ok(())
    }
}

/// Tells those who wait when a thread ends by a fault of ours.
pub(in crate::log) struct Watch(pub(in crate::log) Arc<Queue>);

impl Drop for Watch {
    fn drop(&mut self) {
        if thread::panicking() {
            self.0.fail("a thread of the writer ended by a fault in this program");
        }
    }
}

fn spawn<T: Send + 'static>(name: &str, work: impl FnOnce() -> T + Send + 'static) -> Result<JoinHandle<T>, OpenError> {
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(OpenError::Thread)
}
