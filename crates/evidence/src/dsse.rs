//! Signed envelopes: one payload, one or more signatures, over exactly the bytes that are stored.
//!
//! What it is for: every statement in the log is such an envelope. Several people can sign one payload, and a reader can
//! ask for any number of them.
//!
//! What it deliberately does not do: it never looks at `keyid` to decide anything (it is a hint from the other side),
//! never reads the payload before a signature over it was checked, and knows one algorithm, Ed25519.
//!
//! Specification: DSSE 1.0.2 (protocol.md and envelope.md of secure-systems-lab/dsse).

use base64ct::{Base64, Base64Url, Base64UrlUnpadded, Encoding as _};
use flagstate_tlog::{Signer, VerifierKey};
use serde::{Deserialize, Serialize};

use crate::{
    hex::Digest,
    jcs::{self, JcsError},
    signing::{self, SigningError},
};

/// Most signatures that are tried; more are refused before any is checked.
const MOST_SIGNATURES: usize = 64;

/// An envelope as it stands in the log.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Envelope {
    payload: String,
    payload_type: String,
    signatures: Vec<Signature>,
}

/// One signature.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Signature {
    /// A hint which key to try; nothing depends on it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub keyid: String,
    sig: String,
}

/// Why an envelope is not accepted.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum DsseError {
    /// Not an envelope.
    #[error("this is no signed statement: not a DSSE envelope in JSON")]
    Malformed,
    /// Base64 that is none.
    #[error("the signed statement is damaged: its {0} is not base64")]
    Base64(&'static str),
    /// An absurd number of signatures.
    #[error("the signed statement has {0} signatures; at most {MOST_SIGNATURES} are read")]
    TooMany(usize),
    /// Too few of the trusted keys signed.
    #[error("{valid} of the trusted keys signed the statement, and {wanted} must: do not rely on it")]
    TooFew {
        /// How many distinct trusted keys signed.
        valid: usize,
        /// How many had to.
        wanted: usize,
    },
}

/// A payload with the keys that signed it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Verified {
    /// Media type of the payload.
    pub payload_type: String,
    /// The payload.
    pub payload: Vec<u8>,
    /// Names of the keys that signed, in the order of the trusted keys.
    pub signers: Vec<String>,
}

/// The bytes that are signed: type and payload, each with its length, so that neither can pass for the other.
pub fn pae(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut out = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    out.extend_from_slice(payload);
    out
}

/// The hint that our signatures carry: SHA-256 of the raw public key.
pub fn keyid(key: &VerifierKey) -> String {
    Digest::of(key.material()).to_string()
}

impl Envelope {
    /// Signs `payload` with each of `signers`.
    pub fn sign(payload_type: &str, payload: &[u8], signers: &[&dyn Signer]) -> Result<Self, SigningError> {
        let message = pae(payload_type, payload);
        let signatures = signers.iter().map(|signer| {
            let signed = signing::ed25519(*signer, &message)?;
            Ok(Signature { keyid: keyid(signer.verifier()), sig: Base64::encode_string(&signed) })
        });
        Ok(Self {
            payload: Base64::encode_string(payload),
            payload_type: payload_type.to_owned(),
            signatures: signatures.collect::<Result<_, SigningError>>()?,
        })
    }

    /// Reads an envelope. Nothing in it may be believed before [`Envelope::verify`].
    pub fn parse(bytes: &[u8]) -> Result<Self, DsseError> {
        let envelope: Self = serde_json::from_slice(bytes).map_err(|_| DsseError::Malformed)?;
        if envelope.signatures.len() > MOST_SIGNATURES {
            return Err(DsseError::TooMany(envelope.signatures.len()));
        }
        Ok(envelope)
    }

    /// The bytes for the log, in canonical JSON.
    pub fn to_bytes(&self) -> Result<Vec<u8>, JcsError> {
        jcs::to_vec(self)
    }

    /// The media type, unverified.
    pub fn payload_type(&self) -> &str {
        &self.payload_type
    }

    /// The payload, unverified: for showing and for searching, never for deciding.
    pub fn payload(&self) -> Result<Vec<u8>, DsseError> {
        base64(&self.payload).ok_or(DsseError::Base64("payload"))
    }

    /// The payload, if at least `wanted` distinct keys of `trusted` signed it; never without any. Names of keys are for
    /// people: two names for one key are one signer.
    pub fn verify(&self, trusted: &[VerifierKey], wanted: usize) -> Result<Verified, DsseError> {
        let payload = self.payload()?;
        let message = pae(&self.payload_type, &payload);
        let mut signatures = Vec::new();
        for signature in &self.signatures {
            signatures.push(base64(&signature.sig).ok_or(DsseError::Base64("signature"))?);
        }
        let mut found: Vec<&VerifierKey> = Vec::new();
        for candidate in trusted.iter().filter(|key| signing::is_ed25519(key)) {
            if found.iter().any(|seen| seen.material() == candidate.material()) {
                continue;
            }
            // A signature of another algorithm counts for nothing, and harms nothing.
            if signatures.iter().any(|signature| candidate.verify_message(&message, signature)) {
                found.push(candidate);
            }
        }
        if found.len() < wanted.max(1) {
            return Err(DsseError::TooFew { valid: found.len(), wanted: wanted.max(1) });
        }
        let signers = found.into_iter().map(|key| key.name().to_owned()).collect();
        Ok(Verified { payload_type: self.payload_type.clone(), payload, signers })
    }
}

/// Either alphabet: a reader must accept both.
fn base64(text: &str) -> Option<Vec<u8>> {
    let standard = Base64::decode_vec(text).or_else(|_| Base64Url::decode_vec(text));
    standard.or_else(|_| Base64UrlUnpadded::decode_vec(text)).ok()
}

#[cfg(test)]
mod tests;
