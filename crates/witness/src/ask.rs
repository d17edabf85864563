//! Asking witnesses: to cosign our checkpoints, and what they have seen of our log.
//!
//! What it is for: the witnesses that a policy names with an address. Each is asked at the same time as the others; one that
//! does not answer holds nobody up longer than the time limit.
//!
//! What it deliberately does not do: decide whether enough of them agreed. The policy does.

use std::{fmt, thread};

use flagstate_evidence::log::{Seen, Witnesses as AskAtStart};
use flagstate_net::{Address, AddressError, Answer, CallError, Client, Plain};
use flagstate_tlog::{
    Checkpoint, Hash, Note,
    note::Signature,
    policy::{KnownWitness, Policy},
    witness::{AddCheckpoint, monitoring_path, read_cosignatures, read_size},
};

/// How often a witness is asked again after it said from which size it wants the proof.
const TRIES: usize = 4;

/// The witnesses of a policy that can be reached.
#[derive(Debug)]
pub struct Witnesses {
    members: Vec<Member>,
    client: Client,
}

#[derive(Debug)]
struct Member {
    known: KnownWitness,
    address: Address,
}

/// Why a witness gave no cosignature.
#[derive(Debug, thiserror::Error)]
#[error("the witness `{witness}` did not cosign: {why}")]
pub struct Problem {
    /// The witness's name in the policy.
    pub witness: String,
    /// Its answer, or why there is none.
    pub why: String,
    /// True if the witness says that the log contradicts what it has seen.
    pub contradicted: bool,
}

/// What came back from all witnesses.
#[derive(Debug, Default)]
pub struct Asked {
    /// Cosignatures that hold.
    pub cosignatures: Vec<Signature>,
    /// Who did not, and why.
    pub problems: Vec<Problem>,
}

impl Witnesses {
    /// The witnesses of `policy` that have an address.
    ///
    /// # Errors
    /// When an address cannot be called.
    pub fn new(policy: &Policy, client: Client) -> Result<Self, AddressError> {
        let mut members = Vec::new();
        for known in policy.witnesses() {
            if let Some(url) = &known.url {
                let address = Address::parse(&String::from_utf8_lossy(url), Plain::Loopback)?;
                members.push(Member { known: known.clone(), address });
            }
        }
        Ok(Self { members, client })
    }

    /// True when there is nobody to ask.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// Asks every witness to cosign. `prove` makes the consistency proof from a size to the checkpoint.
    pub fn cosign(&self, note: &Note, prove: &(dyn Fn(u64) -> Result<Vec<Hash>, String> + Sync)) -> Asked {
        let mut asked = Asked::default();
        let answers = self.each(|member| self.ask_one(member, note, prove));
        for (member, answer) in self.members.iter().zip(answers) {
            match answer.unwrap_or_else(|| Err(Refusal::plain("asking it failed".to_owned()))) {
                Ok(lines) => asked.cosignatures.extend(lines),
                Err(refusal) => asked.problems.push(Problem {
                    witness: member.name(),
                    why: refusal.why,
                    contradicted: refusal.contradicted,
                }),
            }
        }
        asked
    }

    fn each<T: Send>(&self, ask: impl Fn(&Member) -> T + Sync) -> Vec<Option<T>> {
        let ask = &ask;
        thread::scope(|scope| {
            let running: Vec<_> = self.members.iter().map(|member| scope.spawn(move || ask(member))).collect();
            running.into_iter().map(|thread| thread.join().ok()).collect()
        })
    }

    fn ask_one(
        &self,
        member: &Member,
        note: &Note,
        prove: &(dyn Fn(u64) -> Result<Vec<Hash>, String> + Sync),
    ) -> Result<Vec<Signature>, Refusal> {
        let checkpoint: Checkpoint = note.text().parse().map_err(Refusal::from_error)?;
        // What it published last is where it stands, unless it says otherwise below.
        let mut old = self.published(member, checkpoint.origin()).ok().flatten().map_or(0, |seen| seen.0.size());
        for _ in 0..TRIES {
            if old > checkpoint.size() {
                let why = format!("it has seen {old} entries of this log, which has {} now", checkpoint.size());
                return Err(Refusal { why, contradicted: true });
            }
            let proof = if old == 0 { Vec::new() } else { prove(old).map_err(Refusal::plain)? };
            let request = AddCheckpoint::new(old, proof, note.clone()).map_err(Refusal::from_error)?;
            let body = request.to_string().into_bytes();
            let target = member.address.below("add-checkpoint");
            let answer = self.client.post(&target, "text/plain; charset=utf-8", body).map_err(Refusal::from_call)?;
            match answer.status {
                200 => return read_cosignatures(&answer.body, note, [&member.known.key]).map_err(Refusal::from_error),
                409 => match read_size(&answer.body) {
                    Some(size) if size != old => old = size,
                    _ => return Err(Refusal::from_answer(&answer)),
                },
                _ => return Err(Refusal::from_answer(&answer)),
            }
        }
        Err(Refusal::plain("it names another size each time it is asked".to_owned()))
    }

    /// What a witness last published of the log: its checkpoint, cosigned by it.
    fn published(&self, member: &Member, origin: &str) -> Result<Option<(Checkpoint, Note)>, String> {
        let answer = self.client.get(&member.address.below(&monitoring_path(origin))).map_err(|e| e.to_string())?;
        match answer.status {
            404 => return Ok(None),
            200 => {}
            status => return Err(format!("it answered {status}")),
        }
        let note = Note::parse(&answer.body).map_err(|e| e.to_string())?;
        note.verify([&member.known.key]).map_err(|e| e.to_string())?;
        let checkpoint: Checkpoint =
            note.text().parse().map_err(|e: flagstate_tlog::checkpoint::CheckpointError| e.to_string())?;
        if checkpoint.origin() != origin {
            return Err(format!("it answered with a checkpoint of the log `{}`", checkpoint.origin()));
        }
        Ok(Some((checkpoint, note)))
    }
}

impl AskAtStart for Witnesses {
    fn latest(&self, origin: &str) -> Vec<Result<Seen, String>> {
        let answers = self.each(|member| self.published(member, origin));
        let seen = self.members.iter().zip(answers).filter_map(|(member, answer)| match answer? {
            Ok(None) => None,
            Ok(Some((checkpoint, _))) => {
                Some(Ok(Seen { witness: member.name(), size: checkpoint.size(), root: *checkpoint.root() }))
            }
            Err(why) => Some(Err(format!("the witness `{}` could not be asked: {why}", member.name()))),
        });
        seen.collect()
    }
}

impl Member {
    fn name(&self) -> String {
        String::from_utf8_lossy(&self.known.name).into_owned()
    }
}

struct Refusal {
    why: String,
    contradicted: bool,
}

impl Refusal {
    fn plain(why: String) -> Self {
        Self { why, contradicted: false }
    }

    fn from_error(error: impl fmt::Display) -> Self {
        Self::plain(error.to_string())
    }

    #[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
    fn from_call(error: CallError) -> Self {
        Self::plain(error.to_string())
    }

    fn from_answer(answer: &Answer) -> Self {
        let text: String =
            String::from_utf8_lossy(&answer.body).chars().filter(|c| !c.is_control()).take(200).collect();
        Self { why: format!("it answered {}: {text}", answer.status), contradicted: matches!(answer.status, 409 | 422) }
    }
}
