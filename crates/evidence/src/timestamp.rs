//! Time stamps over checkpoints: what is asked, what is kept, what is recorded.
//!
//! What it is for: [`ask`] makes the request for a signed checkpoint, [`accept`] checks the answer and makes the statement
//! that records it. The answer itself goes into the side store under its digest, with the ending `tsr`.
//!
//! What it deliberately does not do: no network and no random numbers; bytes and nonce are arguments. The check itself is
//! the crate `tsp`.

use flagstate_tlog::{Checkpoint, Note};
use flagstate_tsp::{Nonce, ReplyError, Request, Stamp, TokenError, Trust};

use crate::{
    hex::Digest,
    predicates::upkeep::Timestamp3161,
    statement::{Statement, Subject},
};

/// The ending of answers in the side store.
pub const ENDING: &str = "tsr";

/// Why an answer is not recorded.
#[derive(Debug, thiserror::Error)]
pub enum TimestampError {
    /// The server refused, or is none.
    #[error(transparent)]
    Reply(#[from] ReplyError),
    /// The token proves nothing.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// What was stamped is no checkpoint.
    #[error("what was stamped is no signed checkpoint: give the bytes of the checkpoint file")]
    Checkpoint,
    /// A time that no calendar has.
    #[error("the time in the time stamp is out of range: use another server")]
    Time,
}

/// The bytes to post to the authority, for the checkpoint file as it is, signatures included.
pub fn ask(checkpoint: &[u8], nonce: &Nonce) -> Request {
    Request::new(checkpoint, nonce)
}

/// Checks a fresh answer, and makes the statement that records it.
pub fn accept(
    reply: &[u8],
    checkpoint: &[u8],
    nonce: &Nonce,
    trust: &Trust,
) -> Result<(Stamp, Statement<Timestamp3161>), TimestampError> {
    let token = flagstate_tsp::token(reply)?;
    let stamp = flagstate_tsp::verify(&token, checkpoint, Some(nonce), trust)?;
    let note = Note::parse(checkpoint).map_err(|_| TimestampError::Checkpoint)?;
    let said: Checkpoint = note.text().parse().map_err(|_| TimestampError::Checkpoint)?;
    let time = jiff::SignedDuration::try_from(stamp.time).map_err(|_| TimestampError::Time)?;
    let predicate = Timestamp3161 {
        origin: said.origin().to_owned(),
        size: said.size(),
        root: said.root().to_string(),
        time: jiff::Timestamp::from_duration(time).map_err(|_| TimestampError::Time)?,
        serial: stamp.serial.clone(),
        policy: stamp.policy.clone(),
        authority: stamp.authority.clone(),
        reply: Digest::of(reply),
    };
    Ok((stamp, Statement::new(vec![Subject::of("checkpoint", checkpoint)], predicate)))
}

#[cfg(test)]
mod tests;
