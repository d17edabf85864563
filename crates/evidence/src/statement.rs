//! A statement: what is said (a predicate) about which artefacts (subjects, by digest).
//!
//! What it is for: the payload of every envelope in the log. Large artefacts stay outside; the statement binds them by
//! their SHA-256.
//!
//! What it deliberately does not do: no signing (see [`crate::dsse`]), no clock: times come in as values.
//!
//! Specification: in-toto Statement v1 (spec/v1/statement.md of in-toto/attestation), payload in canonical JSON (RFC 8785).

use std::collections::BTreeMap;

use flagstate_tlog::Signer;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    dsse::{DsseError, Envelope, Verified},
    hex::Digest,
    jcs::{self, JcsError},
    predicates::Predicate,
    signing::SigningError,
};

/// Media type of the payload.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The statement format that is written and read.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// Most bytes that one entry of the log can have (c2sp.org/tlog-tiles).
pub const MOST_ENTRY_BYTES: usize = 65_535;

/// An artefact by name and digest.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Subject {
    /// What people call it: a file name, a batch, a key id. No personal data.
    pub name: String,
    /// Algorithm and digest in hexadecimal; ours always has `sha256`.
    pub digest: BTreeMap<String, String>,
}

impl Subject {
    /// The artefact with these bytes.
    pub fn of(name: &str, bytes: &[u8]) -> Self {
        Self::with_digest(name, Digest::of(bytes))
    }

    /// The artefact with this SHA-256.
    pub fn with_digest(name: &str, digest: Digest) -> Self {
        Self { name: name.to_owned(), digest: BTreeMap::from([("sha256".to_owned(), digest.to_string())]) }
    }
}

/// What is recorded: a predicate about subjects.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement<P> {
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// What is said.
    pub predicate: P,
}

/// The JSON of a statement.
#[derive(Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    #[serde(rename = "_type")]
    statement_type: String,
    subject: Vec<Subject>,
    predicate_type: String,
    predicate: Value,
}

/// A statement whose kind is not known yet.
#[derive(Clone, Debug, PartialEq)]
pub struct AnyStatement {
    /// What it is about.
    pub subjects: Vec<Subject>,
    /// The name of its kind and version.
    pub predicate_type: String,
    /// What is said.
    pub predicate: Value,
}

/// Why a statement cannot become an entry.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// No subject: then it would be about nothing.
    #[error("a statement of kind {0} has no subject: name what it is about")]
    NoSubject(&'static str),
    /// It has no canonical form.
    #[error(transparent)]
    Canonical(#[from] JcsError),
    /// The key holder did not sign.
    #[error(transparent)]
    Sign(#[from] SigningError),
    /// Too large for an entry.
    #[error(
        "a statement of kind {kind} takes {bytes} bytes, and an entry holds at most {MOST_ENTRY_BYTES}: keep the large \
         part as a file, and record its digest"
    )]
    TooLong {
        /// The kind.
        kind: &'static str,
        /// The size of the envelope.
        bytes: usize,
    },
}

/// Why a payload is no statement of ours.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// The signatures do not suffice.
    #[error(transparent)]
    Dsse(#[from] DsseError),
    /// Another payload.
    #[error("the entry is signed, but holds no in-toto statement (its type is `{0}`)")]
    OtherPayload(String),
    /// JSON of another shape.
    #[error("the entry is signed, but its statement cannot be read: {0}")]
    Malformed(serde_json::Error),
    /// Another kind or version.
    #[error("the entry holds a statement of kind `{found}`, not `{wanted}`")]
    OtherKind {
        /// What it holds.
        found: String,
        /// What was asked for.
        wanted: String,
    },
}

impl<P: Predicate> Statement<P> {
    /// A statement.
    pub fn new(subjects: Vec<Subject>, predicate: P) -> Self {
        Self { subjects, predicate }
    }

    /// The payload in canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, RecordError> {
        if self.subjects.is_empty() {
            return Err(RecordError::NoSubject(P::KIND));
        }
        let predicate = serde_json::to_value(&self.predicate).map_err(JcsError::from)?;
        let wire = Wire {
            statement_type: STATEMENT_TYPE.to_owned(),
            subject: self.subjects.clone(),
            predicate_type: P::name(),
            predicate,
        };
        Ok(jcs::to_vec(&wire)?)
    }

    /// The bytes of an entry: the statement signed by all of `signers`.
    pub fn sign(&self, signers: &[&dyn Signer]) -> Result<Vec<u8>, RecordError> {
        let entry = Envelope::sign(PAYLOAD_TYPE, &self.to_bytes()?, signers)?.to_bytes()?;
        if entry.len() > MOST_ENTRY_BYTES {
            return Err(RecordError::TooLong { kind: P::KIND, bytes: entry.len() });
        }
        Ok(entry)
    }

    /// Reads a verified payload of this kind.
    pub fn read(verified: &Verified) -> Result<Self, StatementError> {
        let any = AnyStatement::read(verified)?;
        if any.predicate_type != P::name() {
            return Err(StatementError::OtherKind { found: any.predicate_type, wanted: P::name() });
        }
        let predicate = serde_json::from_value(any.predicate).map_err(StatementError::Malformed)?;
        Ok(Self { subjects: any.subjects, predicate })
    }
}

impl AnyStatement {
    /// Reads a verified payload of any kind.
    pub fn read(verified: &Verified) -> Result<Self, StatementError> {
        Self::parse(&verified.payload_type, &verified.payload)
    }

    /// Reads an entry without checking who signed it: for showing, never for deciding.
    pub fn read_unverified(entry: &[u8]) -> Result<Self, StatementError> {
        let envelope = Envelope::parse(entry)?;
        Self::parse(envelope.payload_type(), &envelope.payload()?)
    }

    fn parse(payload_type: &str, payload: &[u8]) -> Result<Self, StatementError> {
        if payload_type != PAYLOAD_TYPE {
            return Err(StatementError::OtherPayload(payload_type.to_owned()));
        }
        let wire: Wire = serde_json::from_slice(payload).map_err(StatementError::Malformed)?;
        if wire.statement_type != STATEMENT_TYPE {
            return Err(StatementError::OtherPayload(wire.statement_type));
        }
        Ok(Self { subjects: wire.subject, predicate_type: wire.predicate_type, predicate: wire.predicate })
    }

    /// The short name of the kind when it is one of ours: `assessment`, `check` ...
    pub fn kind(&self) -> Option<&str> {
        let rest = self.predicate_type.strip_prefix(crate::predicates::BASE)?;
        rest.split_once('/').map(|(kind, _)| kind)
    }
}

#[cfg(test)]
mod tests;
