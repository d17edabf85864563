//! Personal data in the log: never itself, only a commitment to it.
//!
//! What it is for: names, addresses, tickets and free text are recorded as the SHA-256 of a random salt and the value.
//! Who has salt and value (the *opening*) can show that the entry meant exactly this value. Once the opening is erased the
//! commitment says nothing about anybody, and every proof over the entry stays valid.
//!
//! What it deliberately does not do: no random numbers. The salt is the caller's, 32 fresh random bytes for each value: a
//! salt used twice would show that two values are equal.
//!
//! Guidance followed: EDPB guidelines 02/2025 (April 2025) on personal data in append-only structures.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::{dsse::Envelope, hex};

/// What every commitment starts with, so that it can be found in any statement.
const PREFIX: &str = "salted-sha256:";

/// A commitment to a value, written `salted-sha256:` and 64 hexadecimal digits.
#[derive(Clone, Copy, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Commitment(pub [u8; 32]);

/// What opens a commitment: the salt and the value. Shown by no log and no error.
#[derive(Clone, Eq, PartialEq)]
pub struct Opening {
    salt: Zeroizing<[u8; 32]>,
    value: Zeroizing<String>,
}

impl Opening {
    /// An opening of `value` under a fresh random `salt`.
    pub fn new(salt: [u8; 32], value: &str) -> Self {
        Self { salt: Zeroizing::new(salt), value: Zeroizing::new(value.to_owned()) }
    }

    /// The commitment that goes into a statement.
    pub fn commitment(&self) -> Commitment {
        let mut sha = Sha256::new();
        sha.update(self.salt.as_slice());
        sha.update(self.value.as_bytes());
        Commitment(sha.finalize().into())
    }

    /// The salt.
    pub fn salt(&self) -> &[u8; 32] {
        &self.salt
    }

    /// The value in clear.
    pub fn value(&self) -> &str {
        &self.value
    }
}

impl fmt::Debug for Opening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Opening of {}", self.commitment())
    }
}

impl Commitment {
    /// The digits, without the prefix.
    pub fn hex(&self) -> String {
        hex::encode(&self.0)
    }
}

impl fmt::Display for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{PREFIX}{}", self.hex())
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is no commitment.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("a commitment is written `{PREFIX}` and 64 hexadecimal digits, in lower case")]
pub struct CommitmentError;

impl FromStr for Commitment {
    type Err = CommitmentError;

    fn from_str(text: &str) -> Result<Self, CommitmentError> {
        let digest: hex::Digest =
            text.strip_prefix(PREFIX).and_then(|digits| digits.parse().ok()).ok_or(CommitmentError)?;
        Ok(Self(digest.0))
    }
}

impl Serialize for Commitment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Commitment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<str>::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Commitment {
    fn schema_name() -> Cow<'static, str> {
        "Commitment".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "pattern": "^salted-sha256:[0-9a-f]{64}$",
            "description": "SHA-256 of a 32-byte salt and a value in UTF-8; the opening is kept beside the log."
        })
    }
}

/// All commitments in an entry of the log, whatever its kind; none when it is no signed statement.
pub fn in_entry(entry: &[u8]) -> Vec<Commitment> {
    let payload = Envelope::parse(entry).ok().and_then(|envelope| envelope.payload().ok());
    let statement = payload.and_then(|payload| serde_json::from_slice::<Value>(&payload).ok());
    let mut found = Vec::new();
    if let Some(statement) = statement {
        collect(&statement, &mut found);
    }
    found.sort_unstable();
    found.dedup();
    found
}

fn collect(value: &Value, found: &mut Vec<Commitment>) {
    match value {
        Value::String(text) => found.extend(text.parse::<Commitment>().ok()),
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(members) => members.values().for_each(|item| collect(item, found)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests;
