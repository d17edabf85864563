//! The log's signing keys at rest.
//!
//! What it is for: making keys, sealing them with a passphrase, and loading them again. A log has an Ed25519 key, because
//! every verifier knows that, and by default an ML-DSA-44 key for a second signature that outlives Ed25519. Both follow
//! from seeds of 32 bytes. A key may also live in a token; then only a sentence about where it is stands here.
//!
//! What it deliberately does not do: ask anybody for a passphrase. The caller does, and may choose [`Seal::Open`] for a
//! machine where nobody could type one.
//!
//! Specification: argon2id as RFC 9106 (September 2021) with its second recommended setting (64 MiB, 3 passes), here with
//! one lane; XChaCha20-Poly1305 as draft-irtf-cfrg-xchacha-03 (January 2020). Everything above the sealed text is authenticated.

use std::{fmt, path::Path};

use argon2::{Algorithm as Kind, Argon2, Params, Version};
use base64ct::{Base64, Encoding as _};
use chacha20poly1305::{
    KeyInit as _, XChaCha20Poly1305, XNonce,
    aead::{Aead as _, Payload},
};
use flagstate_tlog::{
    Checkpoint, Signer, SigningKey, VerifierKey,
    cosignature::cosign,
    note::{Algorithm, KeyError as TlogKeyError, Note, SignError},
};
use zeroize::Zeroizing;

use super::kept::{self, Audience, KeptError};

const TITLE: &str = "flagstate-log-key/v1";
/// Memory, passes and lanes of argon2id.
const COST: (u32, u32, u32) = (64 * 1024, 3, 1);
/// The same for a passphrase of 256 bits of chance: nobody can guess it, and stretching adds nothing but time and memory.
const COST_OF_CHANCE: (u32, u32, u32) = (1024, 1, 1);
/// The most memory that a file may ask for, in KiB: a file must not make its reader swap.
const MEMORY_KIB_MAX: u32 = 1024 * 1024;

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The file.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The file says something else than it should.
    #[error("the key file is not understood: {what}; restore it from a backup")]
    Form {
        /// What is wrong.
        what: &'static str,
    },
    /// A passphrase is needed.
    #[error("the signing key is sealed: give its passphrase")]
    Sealed,
    /// The passphrase does not open it.
    #[error("the passphrase does not open the signing key, or the key file was changed")]
    Passphrase,
    /// A token has the key.
    #[error("the signing key is not in a file but here: {at}")]
    Elsewhere {
        /// Where.
        at: String,
    },
    /// The name cannot be one.
    #[error("the origin cannot name a key")]
    Name(#[source] TlogKeyError),
    /// No source of chance.
    #[error("the system gives no random numbers: {0}")]
    Chance(getrandom::Error),
}

/// A passphrase, wiped when dropped and never shown.
#[derive(Clone)]
pub struct Passphrase {
    bytes: Zeroizing<Vec<u8>>,
    /// How a key is sealed with it.
    cost: (u32, u32, u32),
}

impl Passphrase {
    /// Takes the bytes as they are; a line end at their end is dropped, because files and pipes add one.
    pub fn new(bytes: Vec<u8>) -> Self {
        let mut bytes = Zeroizing::new(bytes);
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        Self { bytes, cost: COST }
    }

    /// A passphrase that was made here from 32 bytes of chance. Never for one that a person thought of.
    pub fn from_chance(chance: &[u8; 32]) -> Self {
        Self { bytes: Zeroizing::new(Base64::encode_string(chance).into_bytes()), cost: COST_OF_CHANCE }
    }

    /// True without a single byte.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }
}

impl fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Passphrase(hidden)")
    }
}

/// How keys are kept.
#[derive(Clone, Debug)]
pub enum Seal {
    /// Sealed with a passphrase.
    Passphrase(Passphrase),
    /// In a file that only its owner may read (mode 0600). Whoever reads the disk can sign.
    Open,
}

/// The keys that sign a log's checkpoints.
pub struct LogKeys {
    first: Box<dyn Signer + Send>,
    others: Vec<Box<dyn Signer + Send>>,
    /// What goes into the file: private keys, or where they are.
    text: Zeroizing<String>,
    elsewhere: bool,
}

impl LogKeys {
    /// New keys for the log `origin`: Ed25519 and, unless `classic_only`, ML-DSA-44.
    pub fn generate(origin: &str, classic_only: bool) -> Result<Self, KeyError> {
        let mut keys = vec![fresh(origin, Algorithm::Ed25519)?];
        if !classic_only {
            keys.push(fresh(origin, Algorithm::MlDsa44)?);
        }
        Self::from_keys(keys)
    }

    /// Keys in memory; the first is Ed25519, the others cosign.
    pub fn from_keys(keys: Vec<SigningKey>) -> Result<Self, KeyError> {
        let lines: Vec<_> = keys.iter().map(SigningKey::to_private_text).collect();
        let size = lines.iter().map(|line| line.len() + 1).sum();
        let mut text = Zeroizing::new(String::with_capacity(size));
        for line in &lines {
            text.push_str(line);
            text.push('\n');
        }
        let keys = keys.into_iter().map(|key| Box::new(key) as Box<dyn Signer + Send>).collect();
        Self::put_together(keys, text, false)
    }

    /// Keys in a token or another process; `at` says where, in one line, for whoever opens the log again.
    pub fn elsewhere(signers: Vec<Box<dyn Signer + Send>>, at: &str) -> Result<Self, KeyError> {
        if at.is_empty() || at.contains('\n') {
            return Err(KeyError::Form { what: "where the key is must be said in one line" });
        }
        Self::put_together(signers, Zeroizing::new(format!("{at}\n")), true)
    }

    fn put_together(
        signers: Vec<Box<dyn Signer + Send>>,
        text: Zeroizing<String>,
        elsewhere: bool,
    ) -> Result<Self, KeyError> {
        let mut signers = signers.into_iter();
        let first = signers.next().filter(|key| key.verifier().algorithm() == Algorithm::Ed25519);
        let first = first.ok_or(KeyError::Form { what: "the first key must be an Ed25519 key" })?;
        let others: Vec<_> = signers.collect();
        if others.iter().any(|key| key.verifier().algorithm() == Algorithm::Ed25519) {
            return Err(KeyError::Form { what: "keys after the first must cosign" });
        }
        Ok(Self { first, others, text, elsewhere })
    }

    /// The same keys once more, for a second writer of the same process: unsealing is dear on purpose. Nothing for keys that
    /// are not in a file.
    pub fn again(&self) -> Option<Self> {
        if self.elsewhere { None } else { Self::from_text(&self.text).ok() }
    }

    /// The public sides, the Ed25519 key first.
    pub fn verifiers(&self) -> Vec<VerifierKey> {
        self.all().map(|key| key.verifier().clone()).collect()
    }

    /// The Ed25519 key, for statements and receipts. What it signs there opens with other bytes than any checkpoint can: a
    /// checkpoint opens with the origin, which has no space and no bytes beyond text.
    pub fn signer(&self) -> &dyn Signer {
        &*self.first
    }

    fn all(&self) -> impl Iterator<Item = &(dyn Signer + Send)> {
        std::iter::once(&*self.first).chain(self.others.iter().map(|key| &**key))
    }

    /// Signs a checkpoint with every key. `now_s` is the time in cosignatures.
    pub(in crate::log) fn sign(&self, checkpoint: &Checkpoint, now_s: u64) -> Result<Note, SignError> {
        let mut note = checkpoint.to_note().map_err(|_| SignError::TooManySignatures)?;
        note.sign(&*self.first)?;
        for key in &self.others {
            let line = cosign(&**key, &note, now_s)?;
            note.add(line).map_err(|_| SignError::TooManySignatures)?;
        }
        Ok(note)
    }

    /// Writes the key file.
    pub fn write(&self, path: &Path, seal: &Seal) -> Result<(), KeyError> {
        let text = match seal {
            _ if self.elsewhere => Zeroizing::new(format!("{TITLE} elsewhere\n{}", *self.text)),
            Seal::Open => Zeroizing::new([TITLE, " open\n", &self.text].concat()),
            Seal::Passphrase(passphrase) => Zeroizing::new(seal_text(&self.text, passphrase)?),
        };
        Ok(kept::write(path, &text, Audience::Owner)?)
    }

    /// Reads the key file; `passphrase` is only used where it is sealed.
    pub fn read(path: &Path, passphrase: Option<&Passphrase>) -> Result<Self, KeyError> {
        let text = Zeroizing::new(kept::read(path)?);
        let (title, body) = text.split_once('\n').ok_or(KeyError::Form { what: "it has no lines" })?;
        match title.strip_prefix(TITLE).map(str::trim) {
            Some("open") => Self::from_text(body),
            Some("elsewhere") => Err(KeyError::Elsewhere { at: body.trim_end().to_owned() }),
            Some("sealed") => {
                let opened = open_text(title, body, passphrase.ok_or(KeyError::Sealed)?)?;
                Self::from_text(&opened)
            }
            _ => Err(KeyError::Form { what: "its first line is unknown" }),
        }
    }

    fn from_text(text: &str) -> Result<Self, KeyError> {
        let keys = text.lines().map(|line| line.parse::<SigningKey>().map_err(KeyError::Name));
        Self::from_keys(keys.collect::<Result<_, _>>()?)
    }
}

impl fmt::Debug for LogKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.all().map(Signer::verifier)).finish()
    }
}

/// True if the key file is sealed, so that a passphrase must be asked for.
pub fn is_sealed(path: &Path) -> Result<bool, KeyError> {
    let text = Zeroizing::new(kept::read(path)?);
    Ok(text.lines().next() == Some("flagstate-log-key/v1 sealed"))
}

fn fresh(origin: &str, algorithm: Algorithm) -> Result<SigningKey, KeyError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(KeyError::Chance)?;
    SigningKey::from_seed(origin, algorithm, &seed).map_err(KeyError::Name)
}

fn seal_text(text: &str, passphrase: &Passphrase) -> Result<String, KeyError> {
    let (mut salt, mut nonce) = ([0; 16], [0; 24]);
    getrandom::fill(&mut salt).map_err(KeyError::Chance)?;
    getrandom::fill(&mut nonce).map_err(KeyError::Chance)?;
    let (memory, passes, lanes) = passphrase.cost;
    let head = format!(
        "{TITLE} sealed\nargon2id {memory} {passes} {lanes} {}\nxchacha20poly1305 {}\n",
        Base64::encode_string(&salt),
        Base64::encode_string(&nonce)
    );
    let cipher = cipher(passphrase, passphrase.cost, &salt)?;
    let payload = Payload { msg: text.as_bytes(), aad: head.as_bytes() };
    let sealed = cipher.encrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Passphrase)?;
    Ok(format!("{head}{}\n", Base64::encode_string(&sealed)))
}

fn open_text(title: &str, body: &str, passphrase: &Passphrase) -> Result<Zeroizing<String>, KeyError> {
    let form = KeyError::Form { what: "its sealed part has another form" };
    let Some((cost, salt, nonce, sealed, head)) = sealed_parts(title, body) else { return Err(form) };
    let cipher = cipher(passphrase, cost, &salt)?;
    let payload = Payload { msg: &sealed, aad: head.as_bytes() };
    let opened = cipher.decrypt(&XNonce::from(nonce), payload).map_err(|_| KeyError::Passphrase)?;
    String::from_utf8(opened).map(Zeroizing::new).map_err(|_| form)
}

type SealedParts = ((u32, u32, u32), Vec<u8>, [u8; 24], Vec<u8>, String);

fn sealed_parts(title: &str, body: &str) -> Option<SealedParts> {
    let mut lines = body.lines();
    let (first, second, sealed) = (lines.next()?, lines.next()?, lines.next()?);
    let numbers: Vec<&str> = first.strip_prefix("argon2id ")?.split(' ').collect();
    let [memory, passes, lanes, salt] = numbers.as_slice() else { return None };
    let cost = (memory.parse().ok()?, passes.parse().ok()?, lanes.parse().ok()?);
    let nonce = Base64::decode_vec(second.strip_prefix("xchacha20poly1305 ")?).ok()?;
    let sealed = Base64::decode_vec(sealed).ok()?;
    let head = format!("{title}\n{first}\n{second}\n");
    Some((cost, Base64::decode_vec(salt).ok()?, nonce.try_into().ok()?, sealed, head))
}

fn cipher(passphrase: &Passphrase, cost: (u32, u32, u32), salt: &[u8]) -> Result<XChaCha20Poly1305, KeyError> {
    let form = |_| KeyError::Form { what: "the cost of its passphrase is out of range" };
    let (memory, passes, lanes) = cost;
    let params = Params::new(memory.min(MEMORY_KIB_MAX), passes, lanes, Some(32)).map_err(form)?;
    let mut key = Zeroizing::new([0; 32]);
    Argon2::new(Kind::Argon2id, Version::V0x13, params)
        .hash_password_into(&passphrase.bytes, salt, key.as_mut_slice())
        .map_err(form)?;
    Ok(XChaCha20Poly1305::new(&(*key).into()))
}
