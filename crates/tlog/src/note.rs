//! Signed notes: a text and the signatures under it.
//!
//! What it is for: taking notes apart and putting them together byte for byte, and checking them against keys that the
//! caller trusts. Signatures of other keys are kept and ignored. A signature of a trusted key that does not hold makes the
//! whole note worthless, as does the lack of any.
//!
//! What it deliberately does not do: decide whom to trust, or what the text means (see [`crate::checkpoint`]). Of the
//! signature types it knows 0x01 (Ed25519), 0x04 and 0x06 (cosignatures); keys of other types cannot be configured.
//!
//! Specification: c2sp.org/signed-note, version 1.0.0 with the text of July 2026. The form of private keys is that of the
//! Go module `golang.org/x/mod/sumdb/note`, which no specification covers.

mod key;
mod signing;

use std::fmt;

pub use key::{Algorithm, KeyError, VerifierKey};
pub(crate) use signing::checked as checked_signature;
pub use signing::{SEED_BYTES, SignError, Signer, SignerError, SigningKey};

use crate::text::{base64, from_base64};

/// The largest note that is read.
pub const MAX_NOTE_BYTES: usize = 1_000_000;
/// The most signatures that a note may carry.
pub const MAX_SIGNATURES: usize = 100;

/// What opens a signature line: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// Why bytes are not a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoteError {
    /// Over the limit.
    #[error("a note has at most 1000000 bytes and this one has {bytes}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Not UTF-8, or with control characters.
    #[error("a note is UTF-8 without control characters other than line ends, and this one is not")]
    Characters,
    /// The text lacks its last line end.
    #[error("the text of a note ends with a line end, and this one does not")]
    Unterminated,
    /// No empty line, or nothing after it.
    #[error("a note has an empty line and signatures below its text, and this one has none")]
    Unsigned,
    /// A line among the signatures is not one.
    #[error("signature line {line} is not of the form `\u{2014} name base64`")]
    Signature {
        /// Which one, from 1.
        line: usize,
    },
    /// Over the limit.
    #[error("a note has at most 100 signatures")]
    TooManySignatures,
}

/// Why a note is not to be believed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// A trusted key's signature does not hold.
    #[error("the signature of `{name}` does not hold: the note was changed, or was not signed with the trusted key")]
    BadSignature {
        /// The key's name.
        name: String,
    },
    /// Nobody who is trusted signed.
    #[error("no trusted key signed the note: check that the right keys are configured")]
    NoTrustedSignature,
    /// The caller's keys cannot be told apart.
    #[error("two different trusted keys share the name `{name}` and the key ID {key_id:08x}: remove one")]
    AmbiguousKeys {
        /// Their name.
        name: String,
        /// Their ID.
        key_id: u32,
    },
}

/// One line under a note.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    name: String,
    key_id: u32,
    bytes: Vec<u8>,
}

impl Signature {
    /// Puts a signature together from the name and ID of a key and what follows the ID.
    pub(crate) fn new(key: &VerifierKey, bytes: Vec<u8>) -> Self {
        Self { name: key.name().to_owned(), key_id: key.key_id(), bytes }
    }

    /// Reads one signature line, without its line end.
    pub fn parse(line: &str) -> Option<Self> {
        let (name, encoded) = line.strip_prefix(DASH)?.split_once(' ')?;
        let bytes = from_base64(encoded)?;
        let (id, rest) = bytes.split_first_chunk()?;
        let valid = key::is_name(name) && !rest.is_empty();
        valid.then(|| Self { name: name.to_owned(), key_id: u32::from_be_bytes(*id), bytes: rest.to_vec() })
    }

    /// The name of the key that is said to have signed.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ID of that key.
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// What follows the key ID: a signature, or a timestamp and a signature.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Display for Signature {
    /// The line, without its line end.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = self.key_id.to_be_bytes().to_vec();
        blob.extend_from_slice(&self.bytes);
        write!(f, "{DASH}{} {}", self.name, base64(&blob))
    }
}

/// A trusted key's signature that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified<'k> {
    /// Whose it is.
    pub key: &'k VerifierKey,
    /// When it was made, in seconds since 1970, if it is a cosignature.
    pub timestamp_s: Option<u64>,
}

/// A text and its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Signature>,
}

impl Note {
    /// A note without signatures yet.
    pub fn new(text: String) -> Result<Self, NoteError> {
        if text.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge { bytes: text.len() });
        }
        if !is_clean(&text) {
            return Err(NoteError::Characters);
        }
        if text.ends_with('\n') { Ok(Self { text, signatures: Vec::new() }) } else { Err(NoteError::Unterminated) }
    }

    /// Takes a signed note apart. It says nothing about who signed.
    pub fn parse(bytes: &[u8]) -> Result<Self, NoteError> {
        if bytes.len() > MAX_NOTE_BYTES {
            return Err(NoteError::TooLarge { bytes: bytes.len() });
        }
        let all = std::str::from_utf8(bytes).ok().filter(|all| is_clean(all)).ok_or(NoteError::Characters)?;
        // The last empty line separates. The line end before it belongs to the text.
        let (text, below) = all.rsplit_once("\n\n").ok_or(NoteError::Unsigned)?;
        let lines = below.strip_suffix('\n').ok_or(NoteError::Unsigned)?;
        let mut signatures = Vec::new();
        for (line, number) in lines.split('\n').zip(1..) {
            if number > MAX_SIGNATURES {
                return Err(NoteError::TooManySignatures);
            }
            signatures.push(Signature::parse(line).ok_or(NoteError::Signature { line: number })?);
        }
        Ok(Self { text: format!("{text}\n"), signatures })
    }

    /// The text, with its last line end.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signatures, of whomever.
    pub fn signatures(&self) -> &[Signature] {
        &self.signatures
    }

    /// Adds a signature line. Whether it holds is seen when the note is verified.
    pub fn add(&mut self, signature: Signature) -> Result<(), NoteError> {
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures);
        }
        self.signatures.push(signature);
        Ok(())
    }

    /// Signs with an Ed25519 key of type 0x01. For cosignatures see [`crate::cosignature`].
    pub fn sign(&mut self, signer: &(impl Signer + ?Sized)) -> Result<(), SignError> {
        let signature = signing::sign(signer, &self.text)?;
        self.add(signature).map_err(|_| SignError::TooManySignatures)
    }

    /// The signatures that hold, at least one, in the order of their lines. Lines of unknown keys do not matter; one line
    /// of a known key that does not hold refuses the note.
    pub fn verify<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k VerifierKey>,
    ) -> Result<Vec<Verified<'k>>, VerifyError> {
        let keys: Vec<&VerifierKey> = keys.into_iter().collect();
        let mut verified = Vec::new();
        for signature in &self.signatures {
            let matches = |key: &&&VerifierKey| key.name() == signature.name && key.key_id() == signature.key_id;
            let mut found = keys.iter().filter(matches);
            let Some(key) = found.next() else { continue };
            let name = || signature.name.clone();
            if found.any(|other| other != key) {
                return Err(VerifyError::AmbiguousKeys { name: name(), key_id: signature.key_id });
            }
            match key.verify(&self.text, &signature.bytes) {
                Ok(timestamp_s) => verified.push(Verified { key, timestamp_s }),
                Err(key::DoesNotHold) => return Err(VerifyError::BadSignature { name: name() }),
            }
        }
        if verified.is_empty() { Err(VerifyError::NoTrustedSignature) } else { Ok(verified) }
    }
}

impl fmt::Display for Note {
    /// The whole note, as it is stored and sent.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        self.signatures.iter().try_for_each(|signature| writeln!(f, "{signature}"))
    }
}

/// No control characters but line ends.
fn is_clean(text: &str) -> bool {
    text.bytes().all(|byte| byte >= b' ' || byte == b'\n')
}

#[cfg(test)]
pub(crate) mod tests;
