//! Writing to a log, with its witnesses: asked what they have seen before, and to cosign afterwards.

use std::{
    path::Path,
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use flagstate_evidence::{
    log::{Log, LogKeys, OpenError, Published, SecondError, Seen, Setup, Witnesses as AskAtStart, Writer},
    predicates::Predicate,
    statement::Statement,
};
use flagstate_net::Client;
use flagstate_tlog::{Note, policy::Policy};
use flagstate_witness::{Problem, Witnesses};

use super::{
    home::{DAMAGED, Home},
    keys, now_s, policy,
};
use crate::{
    cli::log::Unlock,
    failure::{Failure, chain},
    out,
};

/// How long one witness may take.
const WITNESS_TIMEOUT: Duration = Duration::from_secs(15);
/// How long another writer is waited for, and how often it is looked.
const LOCK_WAIT: Duration = Duration::from_secs(20);
const LOCK_PAUSE: Duration = Duration::from_millis(50);
/// The longest answer of a witness that is read.
const ANSWER_BYTES_MAX: u64 = 1 << 20;

/// A log that is open for writing.
#[derive(Debug)]
pub(crate) struct Session<'a> {
    home: &'a Home,
    writer: Writer,
    policy: Option<Policy>,
    witnesses: Option<Arc<Witnesses>>,
}

/// An attempt to open a log.
enum Opened<'a> {
    Session(Box<Session<'a>>),
    /// Another writer has it.
    Locked(Failure),
}

/// How it ended.
#[derive(Debug)]
pub(crate) struct Done {
    /// The checkpoint as published, with the cosignatures that came.
    pub(crate) published: Published,
    /// Witnesses that cosigned now.
    pub(crate) cosigned: usize,
    /// Witnesses that did not.
    pub(crate) problems: Vec<Problem>,
    /// Whether the policy's quorum is made; true without a policy.
    pub(crate) quorum: bool,
}

impl Done {
    /// Says what the user must know.
    pub(crate) fn tell(&self) {
        for problem in &self.problems {
            out::say(&format!("warning: {problem}"));
        }
        if !self.quorum {
            out::say(
                "warning: the checkpoint is not cosigned by as many witnesses as the policy asks for; entries are durable; \
                 `flagstate log checkpoint` asks again",
            );
        }
    }
}

/// Both the writer and we ask the same witnesses.
#[derive(Debug)]
struct Shared(Arc<Witnesses>);

impl AskAtStart for Shared {
    fn latest(&self, origin: &str) -> Vec<Result<Seen, String>> {
        self.0.latest(origin)
    }
}

/// The witnesses of a policy, if it names any that can be reached.
pub(crate) fn witnesses(policy: &Policy) -> Result<Option<Witnesses>, Failure> {
    if policy.witnesses().iter().all(|witness| witness.url.is_none()) {
        return Ok(None);
    }
    let client = Client::new(WITNESS_TIMEOUT, ANSWER_BYTES_MAX, &[]).map_err(|e| Failure::input(&e, None))?;
    Witnesses::new(policy, client).map(Some).map_err(|e| Failure::input(&e, Some("correct the policy file")))
}

impl<'a> Session<'a> {
    /// Opens a log to append what others made.
    pub(crate) fn plain(home: &'a Home, unlock: &Unlock, policy_file: Option<&Path>) -> Result<Self, Failure> {
        let keys = keys::read(home, unlock)?;
        Self::open(home, unlock, keys, policy_file)
    }

    /// The same with keys that were opened before.
    pub(crate) fn with_keys(home: &'a Home, unlock: &Unlock, keys: LogKeys) -> Result<Self, Failure> {
        Self::open(home, unlock, keys, None)
    }

    /// Opens a log and appends a statement, signed with the log's key before the writer takes it.
    pub(crate) fn recording<P: Predicate>(
        home: &'a Home,
        unlock: &Unlock,
        statement: &Statement<P>,
    ) -> Result<(Self, u64), Failure> {
        let keys = keys::read(home, unlock)?;
        let entry = statement.sign(&[keys.signer()]).map_err(|e| Failure::input(&e, None))?;
        let session = Self::open(home, unlock, keys, None)?;
        let index = session.append(&entry)?;
        Ok((session, index))
    }

    /// Waits a while for another writer: two commands at a time are usual where pipelines run side by side.
    fn open(home: &'a Home, unlock: &Unlock, mut keys: LogKeys, policy_file: Option<&Path>) -> Result<Self, Failure> {
        let started = Instant::now();
        loop {
            match Self::try_open(home, keys, policy_file)? {
                Opened::Session(session) => return Ok(*session),
                Opened::Locked(failure) if started.elapsed() >= LOCK_WAIT => return Err(failure),
                Opened::Locked(_) => thread::sleep(LOCK_PAUSE),
            }
            // The writer took the keys with it.
            keys = keys::read(home, unlock)?;
        }
    }

    fn try_open(home: &'a Home, keys: LogKeys, policy_file: Option<&Path>) -> Result<Opened<'a>, Failure> {
        let adopted = policy::find(home, policy_file)?;
        let (policy, fresh) = adopted.map_or((None, None), |adopted| (Some(adopted.policy), adopted.fresh));
        let announced = fresh.as_ref().map(|text| policy::statement(home, text, &keys)).transpose()?;
        let witnesses = policy.as_ref().map(witnesses).transpose()?.flatten().map(Arc::new);
        let mut setup = Setup::new(now_s);
        if let Some(witnesses) = &witnesses {
            setup = setup.witnesses(Box::new(Shared(Arc::clone(witnesses))));
        }
        let writer = match Writer::open(&home.dir, keys, setup) {
            Ok(writer) => writer,
            Err(e @ (OpenError::Locked { .. } | OpenError::Second(SecondError::Locked { .. }))) => {
                return Ok(Opened::Locked(cannot_open(&e)));
            }
            Err(e) => return Err(cannot_open(&e)),
        };
        for note in writer.notes() {
            out::say(&format!("note: {note}"));
        }
        let session = Self { home, writer, policy, witnesses };
        if let (Some(entry), Some(text)) = (announced, fresh) {
            session.append(&entry)?;
            policy::keep(home, &text)?;
        }
        Ok(Opened::Session(Box::new(session)))
    }

    /// The writer.
    pub(crate) const fn writer(&self) -> &Writer {
        &self.writer
    }

    /// Appends one entry, durably.
    pub(crate) fn append(&self, entry: &[u8]) -> Result<u64, Failure> {
        self.writer.append(entry).map_err(|e| Failure::input(&e, None))
    }

    /// Publishes, has it cosigned, and closes.
    pub(crate) fn close(self) -> Result<Done, Failure> {
        let failed = |e: &dyn std::error::Error| Failure::input(e, DAMAGED);
        let mut published = self.writer.checkpoint().map_err(|e| failed(&e))?;
        let (mut cosigned, mut problems) = (0, Vec::new());
        if let Some(witnesses) = &self.witnesses {
            let mut note = Note::parse(&published.note).map_err(|e| failed(&e))?;
            let store = self.home.store()?;
            let key = self.writer.identity().vkey();
            let prove = |old: u64| {
                let key = key.ok_or("the log has no key")?;
                let mut log = Log::at(&store, key, &published.note).map_err(|e| chain(&e))?;
                log.growth(old).map_err(|e| chain(&e))
            };
            let asked = witnesses.cosign(&note, &prove);
            cosigned = asked.cosignatures.len();
            problems = asked.problems;
            let known = note.signatures().to_vec();
            for line in asked.cosignatures.into_iter().filter(|line| !known.contains(line)) {
                note.add(line).map_err(|e| failed(&e))?;
            }
            if cosigned > 0 {
                published = self.writer.publish_cosigned(note.to_string().as_bytes()).map_err(|e| failed(&e))?;
            }
        }
        self.writer.close().map_err(|e| failed(&e))?;
        let quorum = match &self.policy {
            Some(policy) => quorum(policy, &published),
            None => true,
        };
        Ok(Done { published, cosigned, problems, quorum })
    }
}

/// Whether the witnesses of a published checkpoint make the quorum. The log's own key need not be in its policy file.
fn quorum(policy: &Policy, published: &Published) -> bool {
    let Ok(note) = Note::parse(&published.note) else { return false };
    let seen = policy.witnesses().iter().filter(|witness| note.verify([&witness.key]).is_ok());
    policy.is_quorum(seen.map(|witness| witness.name.as_slice()))
}

fn cannot_open(error: &OpenError) -> Failure {
    let help = match error {
        OpenError::Recover(_) => Some(
            "a log that fell behind its second place or its witnesses was restored from an old copy: bring back the newest one",
        ),
        _ => None,
    };
    Failure::input(error, help)
}
