//! The witness protocol: what a log sends, what a witness decides, what it answers.
//!
//! What it is for: requests and answers in both directions, and [`decide`], which is the whole judgement of a witness as a
//! function of what it remembers and what it was sent.
//!
//! What it deliberately does not do: HTTP, storage, time. The caller must make reading the state, deciding and storing the
//! new state one atomic step, and must have stored it before it answers: otherwise two requests can roll a log back. The
//! optional call `sign-subtree` is not offered.
//!
//! Specification: c2sp.org/tlog-witness, version 1.0.0 with the text of July 2026 (answer 422, not 409, to another root of
//! the same size).

use std::fmt;

use sha2::{Digest as _, Sha256};

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    cosignature::{MessageError, cosign},
    hash::{EMPTY_ROOT, Hash},
    note::{Note, NoteError, SignError, Signature, Signer, VerifierKey, VerifyError},
    proof::{ParseError, hash_lines, line},
    text::decimal,
    tree::verify_consistency,
};

/// The largest request that is read: a note and its proof.
pub const MAX_REQUEST_BYTES: usize = crate::note::MAX_NOTE_BYTES + 4096;
/// Content type of an answer that is a size.
pub const SIZE_CONTENT_TYPE: &str = "text/x.tlog.size";
/// Content type of all other answers.
pub const TEXT_CONTENT_TYPE: &str = "text/plain; charset=utf-8";

/// A request to cosign a checkpoint: the body of `POST <prefix>/add-checkpoint`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    old: u64,
    proof: Vec<Hash>,
    note: Note,
    checkpoint: Checkpoint,
}

/// Why bytes are not a request. The answer is 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Over the limit.
    #[error("the request is too large")]
    TooLarge,
    /// The first line.
    #[error("a request opens with a line `old N`, N without leading zeros")]
    Old,
    /// The lines between the first and the empty one.
    #[error("the proof in the request cannot be read")]
    Proof(#[source] ParseError),
    /// What follows is not a note.
    #[error("the checkpoint in the request is not a signed note")]
    Note(#[source] NoteError),
    /// The note is not a checkpoint.
    #[error("the signed note in the request is not a checkpoint")]
    Checkpoint(#[source] CheckpointError),
}

impl AddCheckpoint {
    /// A request to move a witness from `old` leaves to a signed checkpoint, with the proof that
    /// [`crate::consistency_proof`] makes.
    pub fn new(old: u64, proof: Vec<Hash>, note: Note) -> Result<Self, RequestError> {
        let checkpoint = note.text().parse().map_err(RequestError::Checkpoint)?;
        Ok(Self { old, proof, note, checkpoint })
    }

    /// Reads a request.
    pub fn parse(bytes: &[u8]) -> Result<Self, RequestError> {
        if bytes.len() > MAX_REQUEST_BYTES {
            return Err(RequestError::TooLarge);
        }
        let (first, rest) = line(bytes).ok_or(RequestError::Old)?;
        let old = first.strip_prefix("old ").and_then(decimal).ok_or(RequestError::Old)?;
        let (proof, rest) = hash_lines(rest).map_err(RequestError::Proof)?;
        Self::new(old, proof, Note::parse(rest).map_err(RequestError::Note)?)
    }

    /// The size that the witness is said to have cosigned last.
    pub const fn old(&self) -> u64 {
        self.old
    }

    /// The proof from that size to the checkpoint's.
    pub fn proof(&self) -> &[Hash] {
        &self.proof
    }

    /// The checkpoint with its signatures.
    pub const fn note(&self) -> &Note {
        &self.note
    }

    /// What the checkpoint says.
    pub const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }
}

impl fmt::Display for AddCheckpoint {
    /// The body of the request.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "old {}", self.old)?;
        self.proof.iter().try_for_each(|hash| writeln!(f, "{hash}"))?;
        write!(f, "\n{}", self.note)
    }
}

/// What a witness last cosigned for a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Latest {
    /// Leaves.
    pub size: u64,
    /// Root.
    pub root: Hash,
}

impl Default for Latest {
    /// What it starts from: the tree without leaves.
    fn default() -> Self {
        Self { size: 0, root: EMPTY_ROOT }
    }
}

/// A log that a witness knows.
#[derive(Clone, Copy, Debug)]
pub struct WatchedLog<'a> {
    /// The log's own keys.
    pub keys: &'a [VerifierKey],
    /// What the witness last cosigned, or was told to start from.
    pub latest: Latest,
}

/// An HTTP answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Response {
    /// The status code.
    pub status: u16,
    /// The header `Content-Type`.
    pub content_type: &'static str,
    /// The body.
    pub body: String,
}

/// What a witness does about a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It cosigns. `latest` must be stored before the answer is sent.
    Cosigned {
        /// The answer.
        response: Response,
        /// What to remember.
        latest: Latest,
        /// What to publish: the checkpoint with the log's signatures and these cosignatures.
        published: Note,
    },
    /// It refuses, and remembers what it did.
    Refused {
        /// The answer.
        response: Response,
        /// True if the log signed something that does not fit what was cosigned before, as far as the request shows: a
        /// witness keeps such requests, since they may prove a fork.
        suspicious: bool,
    },
}

/// Answers bytes that are not a request.
pub fn refuse_malformed(error: &RequestError) -> Response {
    refusal(400, &error.to_string())
}

/// Decides about a request. `log` is what the witness knows about the request's origin, if it does. `now_s` is the time in
/// seconds since 1970 and must not be 0. Without cosigners nothing can be cosigned, so there must be at least one.
pub fn decide(
    log: Option<WatchedLog<'_>>,
    request: &AddCheckpoint,
    cosigners: &[&dyn Signer],
    now_s: u64,
) -> Result<Decision, SignError> {
    if now_s == 0 {
        return Err(SignError::Message(MessageError::NoTime));
    }
    let refused = |status, text: &str| Ok(Decision::Refused { response: refusal(status, text), suspicious: false });
    let Some(WatchedLog { keys, latest }) = log else {
        return refused(404, "this witness does not know the log of this origin");
    };
    if let Err(error) = request.note.verify(keys) {
        return refused(403, &error.to_string());
    }
    let (size, root) = (request.checkpoint.size(), request.checkpoint.root());
    if request.old > size {
        return refused(400, "the old size is larger than the checkpoint's");
    }
    if request.old != latest.size {
        let response = Response { status: 409, content_type: SIZE_CONTENT_TYPE, body: format!("{}\n", latest.size) };
        return Ok(Decision::Refused { response, suspicious: size == latest.size && *root != latest.root });
    }
    let grows = verify_consistency(latest.size, &latest.root, size, root, &request.proof);
    let problem = match grows {
        Ok(()) if size == 0 && *root != EMPTY_ROOT => Some("the root of a tree without leaves is another".to_owned()),
        Ok(()) => None,
        Err(error) => Some(error.to_string()),
    };
    if let Some(text) = problem {
        return Ok(Decision::Refused { response: refusal(422, &text), suspicious: true });
    }
    cosigned(keys, request, cosigners, now_s)
}

fn cosigned(
    keys: &[VerifierKey],
    request: &AddCheckpoint,
    cosigners: &[&dyn Signer],
    now_s: u64,
) -> Result<Decision, SignError> {
    let full = |_| SignError::TooManySignatures;
    let mut published = Note::new(request.note.text().to_owned()).map_err(full)?;
    for line in request.note.signatures() {
        if keys.iter().any(|key| key.name() == line.name() && key.key_id() == line.key_id()) {
            published.add(line.clone()).map_err(full)?;
        }
    }
    let mut lines = Vec::new();
    for cosigner in cosigners {
        let line = cosign(*cosigner, &request.note, now_s)?;
        lines.push(line.to_string() + "\n");
        published.add(line).map_err(full)?;
    }
    let latest = Latest { size: request.checkpoint.size(), root: *request.checkpoint.root() };
    let response = Response { status: 200, content_type: TEXT_CONTENT_TYPE, body: lines.concat() };
    Ok(Decision::Cosigned { response, latest, published })
}

fn refusal(status: u16, text: &str) -> Response {
    Response { status, content_type: TEXT_CONTENT_TYPE, body: format!("{text}\n") }
}

/// Where a witness publishes the latest checkpoint of a log, below its monitoring prefix.
pub fn monitoring_path(origin: &str) -> String {
    let digest: [u8; 32] = Sha256::digest(origin).into();
    format!("{:x}/checkpoint", Hash(digest))
}

/// The cosignatures in a witness's answer 200 that hold for `checkpoint`, checked with the witness's keys. Lines of other
/// keys are dropped; a line of these keys that does not hold, or no line at all, is an error.
pub fn read_cosignatures<'k>(
    body: &[u8],
    checkpoint: &Note,
    keys: impl IntoIterator<Item = &'k VerifierKey>,
) -> Result<Vec<Signature>, AnswerError> {
    // As the specification suggests: the answer under the checkpoint is a note.
    let mut note = format!("{}\n", checkpoint.text()).into_bytes();
    note.extend_from_slice(body);
    let note = Note::parse(&note)?;
    // An answer with an empty line in it would otherwise move the end of the text.
    if note.text() != checkpoint.text() {
        return Err(AnswerError::Note(NoteError::Signature { line: 1 }));
    }
    let verified = note.verify(keys)?;
    let known =
        |line: &&Signature| verified.iter().any(|v| v.key.name() == line.name() && v.key.key_id() == line.key_id());
    Ok(note.signatures().iter().filter(known).cloned().collect())
}

/// The size in a witness's answer 409.
pub fn read_size(body: &[u8]) -> Option<u64> {
    decimal(std::str::from_utf8(body).ok()?.strip_suffix('\n')?)
}

/// Why a witness's answer is of no use.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnswerError {
    /// Not signature lines.
    #[error("the witness did not answer with signature lines")]
    Note(#[from] NoteError),
    /// No cosignature that holds.
    #[error("the witness did not answer with a cosignature that holds")]
    Verify(#[from] VerifyError),
}

#[cfg(test)]
mod tests;
