//! Keys that sign.
//!
//! The private key may be here ([`SigningKey`]) or in a device that only signs ([`Signer`]). Signatures are deterministic:
//! the same key and the same bytes give the same signature, so nothing here needs chance.
//!
//! Specification: c2sp.org/signed-note 1.0.0; Ed25519 as RFC 8032, ML-DSA-44 as FIPS 204 (August 2024), deterministic
//! variant with an empty context. Private keys read `PRIVATE+KEY+name+ID+base64(type, seed)` as in the Go module
//! `golang.org/x/mod/sumdb/note`; the types 0x04 and 0x06 in that form are ours.

use std::{fmt, str::FromStr};

use ed25519_dalek as ed25519;
use ml_dsa::{MlDsa44, signature::Signer as _};
use zeroize::Zeroizing;

use super::{
    Signature,
    key::{Algorithm, KeyError, VerifierKey, parse_id},
};
use crate::text::{base64, from_base64};

/// Bytes of a seed, from which the whole key follows.
pub const SEED_BYTES: usize = 32;
/// Opens the text form of a private key.
const PRIVATE_PREFIX: &str = "PRIVATE+KEY+";

/// The device or library that holds a key could not sign.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct SignerError {
    reason: String,
}

impl SignerError {
    /// Says why, in one sentence without secrets.
    pub fn new(reason: impl Into<String>) -> Self {
        Self { reason: reason.into() }
    }
}

/// Somebody who can sign bytes: a key in memory, or one in a token that never leaves it.
pub trait Signer {
    /// The public side: name, key ID, algorithm and public key.
    fn verifier(&self) -> &VerifierKey;

    /// The bare signature over `message`: 64 bytes for Ed25519, 2,420 for ML-DSA-44 (empty context).
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError>;

    /// The key's name.
    fn name(&self) -> &str {
        self.verifier().name()
    }

    /// The key's ID.
    fn key_id(&self) -> u32 {
        self.verifier().key_id()
    }
}

/// Why a note was not signed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignError {
    /// The signer failed.
    #[error("`{name}` could not sign")]
    Signer {
        /// The key's name.
        name: String,
        /// Why.
        #[source]
        source: SignerError,
    },
    /// What came back is not a signature by the key that was named.
    #[error("`{name}` returned a signature that its own public key refuses: the token or its configuration is wrong")]
    Rejected {
        /// The key's name.
        name: String,
    },
    /// A cosigner's key where a note's key was needed, or the other way round.
    #[error("the key `{name}` is of type 0x{byte:02x} and cannot make this kind of signature")]
    Algorithm {
        /// The key's name.
        name: String,
        /// Its type.
        byte: u8,
    },
    /// The text is nothing that a cosigner can sign.
    #[error("the text cannot be cosigned")]
    Message(#[source] crate::cosignature::MessageError),
    /// The note is full.
    #[error("a note has at most 100 signatures")]
    TooManySignatures,
}

/// Signs `message` and checks the result with the public key before anybody sees it.
pub(crate) fn checked(signer: &(impl Signer + ?Sized), message: &[u8]) -> Result<Vec<u8>, SignError> {
    let name = || signer.name().to_owned();
    let signature = signer.sign(message).map_err(|source| SignError::Signer { name: name(), source })?;
    let holds = signer.verifier().verify_message(message, &signature);
    if holds { Ok(signature) } else { Err(SignError::Rejected { name: name() }) }
}

/// A signature of type 0x01 over the text of a note.
pub(super) fn sign(signer: &(impl Signer + ?Sized), text: &str) -> Result<Signature, SignError> {
    let algorithm = signer.verifier().algorithm();
    if algorithm != Algorithm::Ed25519 {
        return Err(SignError::Algorithm { name: signer.name().to_owned(), byte: algorithm.byte() });
    }
    Ok(Signature::new(signer.verifier(), checked(signer, text.as_bytes())?))
}

enum Secret {
    Ed25519(Box<ed25519::SigningKey>),
    MlDsa44(Box<ml_dsa::SigningKey<MlDsa44>>),
}

/// A private key in memory. It is wiped when dropped, and shown by its name only.
pub struct SigningKey {
    verifier: VerifierKey,
    seed: Zeroizing<[u8; SEED_BYTES]>,
    secret: Secret,
}

impl SigningKey {
    /// The key that follows from a seed. The seed must come from a good source of chance; there is none here.
    pub fn from_seed(name: &str, algorithm: Algorithm, seed: &[u8; SEED_BYTES]) -> Result<Self, KeyError> {
        let (secret, material) = match algorithm {
            Algorithm::Ed25519 | Algorithm::CosignatureV1 => {
                let key = ed25519::SigningKey::from_bytes(seed);
                let material = key.verifying_key().as_bytes().to_vec();
                (Secret::Ed25519(Box::new(key)), material)
            }
            Algorithm::MlDsa44 => {
                let seed = Zeroizing::new(ml_dsa::Seed::from(*seed));
                let key = ml_dsa::SigningKey::<MlDsa44>::from_seed(&seed);
                let material = key.expanded_key().verifying_key().encode().to_vec();
                (Secret::MlDsa44(Box::new(key)), material)
            }
        };
        let verifier = VerifierKey::new(name, algorithm, &material)?;
        Ok(Self { verifier, seed: Zeroizing::new(*seed), secret })
    }

    /// The text form, for a sealed file. Whoever has it can sign.
    pub fn to_private_text(&self) -> Zeroizing<String> {
        let mut blob = Zeroizing::new([0; 1 + SEED_BYTES]);
        if let Some((byte, rest)) = blob.split_first_mut() {
            *byte = self.verifier.algorithm().byte();
            rest.copy_from_slice(self.seed.as_slice());
        }
        let encoded = Zeroizing::new(base64(blob.as_slice()));
        let (name, id) = (self.verifier.name(), self.verifier.key_id());
        // Put together in one allocation: a growing text would leave copies of the key behind.
        let public = format!("{PRIVATE_PREFIX}{name}+{id:08x}+");
        Zeroizing::new([public.as_str(), encoded.as_str()].concat())
    }
}

impl Signer for SigningKey {
    fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let failed = |_| SignerError::new("the signature could not be computed");
        match &self.secret {
            Secret::Ed25519(key) => Ok(key.try_sign(message).map_err(failed)?.to_bytes().to_vec()),
            Secret::MlDsa44(key) => Ok(key.try_sign(message).map_err(failed)?.encode().to_vec()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({}+{:08x}, private)", self.verifier.name(), self.verifier.key_id())
    }
}

impl FromStr for SigningKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.strip_prefix(PRIVATE_PREFIX).ok_or(KeyError::PrivateForm)?.splitn(3, '+');
        let (Some(name), Some(id), Some(encoded)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(KeyError::PrivateForm);
        };
        let got = parse_id(id).ok_or(KeyError::PrivateForm)?;
        let blob = from_base64(encoded).map(Zeroizing::new).ok_or(KeyError::PrivateForm)?;
        let (byte, seed) = blob.split_first().ok_or(KeyError::PrivateForm)?;
        let algorithm = Algorithm::from_byte(*byte).ok_or(KeyError::Algorithm { byte: *byte })?;
        let key = Self::from_seed(name, algorithm, seed.try_into().map_err(|_| KeyError::Material)?)?;
        let expected = key.verifier.key_id();
        if expected == got { Ok(key) } else { Err(KeyError::KeyId { got, expected }) }
    }
}
