//! Names, IDs and public keys of those who sign.
//!
//! Specification: c2sp.org/signed-note 1.0.0, sections "Signatures" and "Verifier keys"; key types 0x04 and 0x06 from
//! c2sp.org/tlog-cosignature 1.1.0.

use std::{fmt, str::FromStr};

use ed25519_dalek as ed25519;
use ml_dsa::{EncodedSignature, EncodedVerifyingKey, MlDsa44, signature::Verifier as _};
use sha2::{Digest as _, Sha256};

use crate::{
    cosignature,
    text::{base64, from_base64},
};

/// Bytes of the timestamp before the signature of a cosignature.
const TIMESTAMP_BYTES: usize = 8;

/// How a key signs. The number is its type in keys and key IDs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Algorithm {
    /// 0x01: Ed25519 over the text.
    Ed25519,
    /// 0x04: a timestamped Ed25519 cosignature of a checkpoint.
    CosignatureV1,
    /// 0x06: a timestamped ML-DSA-44 cosignature of a checkpoint or a part of its tree.
    MlDsa44,
}

impl Algorithm {
    /// Its number.
    pub const fn byte(self) -> u8 {
        match self {
            Self::Ed25519 => 0x01,
            Self::CosignatureV1 => 0x04,
            Self::MlDsa44 => 0x06,
        }
    }

    /// The algorithm with this number, if it is one of ours.
    pub const fn from_byte(byte: u8) -> Option<Self> {
        match byte {
            0x01 => Some(Self::Ed25519),
            0x04 => Some(Self::CosignatureV1),
            0x06 => Some(Self::MlDsa44),
            _ => None,
        }
    }
}

/// Why a text or bytes are not a key. What was given is never repeated: it may be secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// Not the parts of a key.
    #[error("a verifier key reads `name+8 hex digits+base64`")]
    Form,
    /// Not the parts of a private key.
    #[error("a private key reads `PRIVATE+KEY+name+8 hex digits+base64`")]
    PrivateForm,
    /// The name cannot be one.
    #[error("the name of a key is not empty and has no spaces, plus signs or control characters")]
    Name,
    /// The ID belongs to other contents.
    #[error("the key ID is {got:08x} and the rest of the key gives {expected:08x}: the key was mistyped or cut")]
    KeyId {
        /// What was written.
        got: u32,
        /// What it should be.
        expected: u32,
    },
    /// A type that is not spoken here.
    #[error("keys of type 0x{byte:02x} are not supported: use 0x01, 0x04 (Ed25519) or 0x06 (ML-DSA-44)")]
    Algorithm {
        /// The type.
        byte: u8,
    },
    /// Wrong length, or not a key at all.
    #[error("the key material has the wrong length or is no key of its type")]
    Material,
}

#[derive(Clone)]
enum Public {
    Ed25519(Box<ed25519::VerifyingKey>),
    MlDsa44(Box<ml_dsa::VerifyingKey<MlDsa44>>),
}

/// A key that the caller trusts: name, algorithm and public key. Shown in the form in which keys are handed around.
#[derive(Clone)]
pub struct VerifierKey {
    name: String,
    key_id: u32,
    algorithm: Algorithm,
    material: Vec<u8>,
    public: Public,
}

impl VerifierKey {
    /// Puts a key together.
    pub fn new(name: &str, algorithm: Algorithm, material: &[u8]) -> Result<Self, KeyError> {
        if !is_name(name) {
            return Err(KeyError::Name);
        }
        let public = match algorithm {
            Algorithm::Ed25519 | Algorithm::CosignatureV1 => ed25519::VerifyingKey::try_from(material)
                .map(|key| Public::Ed25519(Box::new(key)))
                .map_err(|_| KeyError::Material)?,
            Algorithm::MlDsa44 => EncodedVerifyingKey::<MlDsa44>::try_from(material)
                .map(|bytes| Public::MlDsa44(Box::new(ml_dsa::VerifyingKey::decode(&bytes))))
                .map_err(|_| KeyError::Material)?,
        };
        let key_id = key_id(name, algorithm, material);
        Ok(Self { name: name.to_owned(), key_id, algorithm, material: material.to_vec(), public })
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its ID: with the name it says which key signed.
    pub const fn key_id(&self) -> u32 {
        self.key_id
    }

    /// How it signs.
    pub const fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The public key itself.
    pub fn material(&self) -> &[u8] {
        &self.material
    }

    /// Checks a bare signature over `message`.
    pub fn verify_message(&self, message: &[u8], signature: &[u8]) -> bool {
        match &self.public {
            // Strict: no weak keys, one encoding per signature.
            Public::Ed25519(key) => ed25519::Signature::from_slice(signature)
                .is_ok_and(|signature| key.verify_strict(message, &signature).is_ok()),
            Public::MlDsa44(key) => EncodedSignature::<MlDsa44>::try_from(signature)
                .ok()
                .and_then(|bytes| ml_dsa::Signature::decode(&bytes))
                .is_some_and(|signature| key.verify(message, &signature).is_ok()),
        }
    }

    /// Checks what follows the key ID in a signature line under `text`. The answer holds the timestamp, if this kind of
    /// signature has one.
    pub(super) fn verify(&self, text: &str, signature: &[u8]) -> Result<Option<u64>, DoesNotHold> {
        if self.algorithm == Algorithm::Ed25519 {
            return if self.verify_message(text.as_bytes(), signature) { Ok(None) } else { Err(DoesNotHold) };
        }
        let (timestamp, bare) = signature.split_first_chunk::<TIMESTAMP_BYTES>().ok_or(DoesNotHold)?;
        let timestamp_s = u64::from_be_bytes(*timestamp);
        let message = cosignature::message(self, text, timestamp_s).map_err(|_| DoesNotHold)?;
        if self.verify_message(&message, bare) { Ok(Some(timestamp_s)) } else { Err(DoesNotHold) }
    }
}

/// A signature that is wrong, for whatever reason.
pub(super) struct DoesNotHold;

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, self.algorithm, &self.material) == (&other.name, other.algorithm, &other.material)
    }
}

impl Eq for VerifierKey {}

impl fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut blob = vec![self.algorithm.byte()];
        blob.extend_from_slice(&self.material);
        write!(f, "{}+{:08x}+{}", self.name, self.key_id, base64(&blob))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VerifierKey({}+{:08x})", self.name, self.key_id)
    }
}

impl FromStr for VerifierKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::Form);
        };
        let got = parse_id(id).ok_or(KeyError::Form)?;
        let blob = from_base64(encoded).ok_or(KeyError::Form)?;
        let (byte, material) = blob.split_first().ok_or(KeyError::Form)?;
        let algorithm = Algorithm::from_byte(*byte).ok_or(KeyError::Algorithm { byte: *byte })?;
        let key = Self::new(name, algorithm, material)?;
        if key.key_id == got { Ok(key) } else { Err(KeyError::KeyId { got, expected: key.key_id }) }
    }
}

/// Not empty, no Unicode space, no plus, nothing that a note could not hold.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.chars().any(|c| c.is_whitespace() || c == '+' || c < ' ')
}

/// Eight lower-case hex digits.
pub(super) fn parse_id(text: &str) -> Option<u32> {
    let digits = text.len() == 8 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    if digits { u32::from_str_radix(text, 16).ok() } else { None }
}

fn key_id(name: &str, algorithm: Algorithm, material: &[u8]) -> u32 {
    let mut sha = Sha256::new();
    sha.update(name);
    sha.update([b'\n', algorithm.byte()]);
    sha.update(material);
    let digest: [u8; 32] = sha.finalize().into();
    digest.first_chunk().map_or(0, |first| u32::from_be_bytes(*first))
}
