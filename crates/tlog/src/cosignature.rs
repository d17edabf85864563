//! Cosignatures: somebody besides the log says that a checkpoint extends all it has seen.
//!
//! What it is for: the bytes that a cosigner signs, in both kinds: Ed25519 (type 0x04, over the whole text) and ML-DSA-44
//! (type 0x06, over the name of the cosigner, the log, the size and the root, not over extension lines).
//!
//! What it deliberately does not do: check that the claim is true. That takes a consistency proof and a memory, see
//! [`crate::witness`]. It reads no clock: the caller says what time it is.
//!
//! Specification: c2sp.org/tlog-cosignature, version 1.1.0 (draft rc.1 of the text of July 2026).

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    hash::Hash,
    note::{Algorithm, Note, SignError, Signature, Signer, VerifierKey, checked_signature},
};

/// Opens what ML-DSA-44 cosigners sign.
const SUBTREE_LABEL: &[u8; 12] = b"subtree/v1\n\0";

/// Why there is nothing to sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MessageError {
    /// Cosignatures are made on checkpoints only.
    #[error("only checkpoints are cosigned, and this text is none")]
    Checkpoint(#[from] CheckpointError),
    /// Beyond what the format can hold.
    #[error("a cosignature's time is at most 2^63 - 1 seconds, not {timestamp_s}")]
    Timestamp {
        /// The time given.
        timestamp_s: u64,
    },
    /// A witness always says when.
    #[error("a witness cosigns with the time in seconds since 1970, and was given 0")]
    NoTime,
    /// One length byte is all there is.
    #[error("the cosigner's name and the log's origin have at most 255 bytes each in ML-DSA-44 cosignatures")]
    Name,
    /// A part of the tree that does not start at its first leaf carries no time.
    #[error("a cosignature of leaves {start} to {end} is impossible: start below end, and time 0 unless start is 0")]
    Subtree {
        /// First leaf.
        start: u64,
        /// After the last leaf.
        end: u64,
    },
    /// Ed25519 keys of type 0x01 sign notes, not cosignatures.
    #[error("keys of type 0x01 do not cosign: use one of type 0x04 or 0x06")]
    Algorithm,
}

/// The leaves that an ML-DSA-44 cosignature speaks about. A checkpoint is `start` 0, `end` its size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Subtree<'a> {
    /// The log.
    pub origin: &'a str,
    /// First leaf.
    pub start: u64,
    /// After the last leaf.
    pub end: u64,
    /// Root over these leaves.
    pub hash: Hash,
}

/// Cosigns a checkpoint at a time, in seconds since 1970. The line is not added to the note.
pub fn cosign(signer: &(impl Signer + ?Sized), checkpoint: &Note, timestamp_s: u64) -> Result<Signature, SignError> {
    let key = signer.verifier();
    let message = message(key, checkpoint.text(), timestamp_s).map_err(SignError::Message)?;
    let mut bytes = timestamp_s.to_be_bytes().to_vec();
    bytes.extend_from_slice(&checked_signature(signer, &message)?);
    Ok(Signature::new(key, bytes))
}

/// What `key` signs to cosign the checkpoint `text` at a time.
pub fn message(key: &VerifierKey, text: &str, timestamp_s: u64) -> Result<Vec<u8>, MessageError> {
    let checkpoint: Checkpoint = text.parse()?;
    match key.algorithm() {
        Algorithm::Ed25519 => Err(MessageError::Algorithm),
        Algorithm::CosignatureV1 => {
            fits(timestamp_s)?;
            Ok(format!("cosignature/v1\ntime {timestamp_s}\n{text}").into_bytes())
        }
        Algorithm::MlDsa44 => {
            let (origin, end, hash) = (checkpoint.origin(), checkpoint.size(), *checkpoint.root());
            subtree_message(key.name(), timestamp_s, &Subtree { origin, start: 0, end, hash })
        }
    }
}

/// What the ML-DSA-44 cosigner `name` signs about a part of a tree. Time 0 means: no claim to be the largest seen.
pub fn subtree_message(name: &str, timestamp_s: u64, subtree: &Subtree<'_>) -> Result<Vec<u8>, MessageError> {
    fits(timestamp_s)?;
    let Subtree { origin, start, end, hash } = *subtree;
    if (start != 0 && timestamp_s != 0) || start > end || (start == end && start != 0) {
        return Err(MessageError::Subtree { start, end });
    }
    let mut message = SUBTREE_LABEL.to_vec();
    push_short(&mut message, name)?;
    message.extend_from_slice(&timestamp_s.to_be_bytes());
    push_short(&mut message, origin)?;
    message.extend_from_slice(&start.to_be_bytes());
    message.extend_from_slice(&end.to_be_bytes());
    message.extend_from_slice(hash.as_bytes());
    Ok(message)
}

fn fits(timestamp_s: u64) -> Result<(), MessageError> {
    if i64::try_from(timestamp_s).is_ok() { Ok(()) } else { Err(MessageError::Timestamp { timestamp_s }) }
}

/// Appends a text of 1 to 255 bytes after its length.
fn push_short(message: &mut Vec<u8>, text: &str) -> Result<(), MessageError> {
    let length = u8::try_from(text.len()).ok().filter(|length| *length > 0).ok_or(MessageError::Name)?;
    message.push(length);
    message.extend_from_slice(text.as_bytes());
    Ok(())
}

#[cfg(test)]
pub(crate) mod tests;
