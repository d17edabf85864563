//! Ed25519 keys that never leave their PKCS#11 token.
//!
//! What it is for: a log's signing key in a hardware module (or `SoftHSM`). [`TokenKey`] is a [`Signer`] like any other; the
//! private key is made in the token, marked as not extractable, and used there.
//!
//! What it deliberately does not do: keep a PIN, or choose a module by itself. A module is a library that is loaded into this
//! process, so its path comes from whoever runs the program, never from a file beside the log.
//!
//! Specification: PKCS #11 3.0 (OASIS, June 2020), mechanisms `CKM_EC_EDWARDS_KEY_PAIR_GEN` and `CKM_EDDSA`.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use cryptoki::{
    context::{CInitializeArgs, CInitializeFlags, Pkcs11},
    mechanism::{
        Mechanism,
        eddsa::{EddsaParams, EddsaSignatureScheme},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
    session::{Session, UserType},
    slot::Slot,
    types::AuthPin,
};
use flagstate_tlog::{
    Signer, VerifierKey,
    note::{Algorithm, KeyError, SignerError},
};

/// The curve as a `PrintableString`, which PKCS #11 3.0 gives first, and as an object identifier (RFC 8410).
const CURVES: [&[u8]; 2] = [b"\x13\x0cedwards25519", &[0x06, 0x03, 0x2b, 0x65, 0x70]];

/// Why a token cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// The module.
    #[error("the PKCS#11 module `{}` cannot be used: {source}", path.display())]
    Module {
        /// Its path.
        path: PathBuf,
        /// Why.
        source: cryptoki::error::Error,
    },
    /// No such token.
    #[error("the module shows no token with the label `{0}`: check that it is plugged in and initialised")]
    NoToken(String),
    /// The PIN.
    #[error("the token `{token}` does not accept the PIN: {source}")]
    Pin {
        /// Its label.
        token: String,
        /// Why.
        source: cryptoki::error::Error,
    },
    /// No such key.
    #[error("the token `{token}` has no Ed25519 key pair with the label `{key}`")]
    NoKey {
        /// The token.
        token: String,
        /// The key.
        key: String,
    },
    /// More than one.
    #[error("the token `{token}` has several keys with the label `{key}`: labels must be unique")]
    Several {
        /// The token.
        token: String,
        /// The key.
        key: String,
    },
    /// It failed at something else.
    #[error("the token could not {verb}: {source}")]
    Failed {
        /// What was tried.
        verb: &'static str,
        /// Why.
        source: cryptoki::error::Error,
    },
    /// The public key is none.
    #[error("the token's public key is no Ed25519 key, or the origin cannot name one")]
    Key(#[source] KeyError),
    /// The public key has another form.
    #[error("the token gives its public key in a form that is not understood")]
    Form,
}

/// Which key of which token.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Place {
    /// Path of the module's library.
    pub module: PathBuf,
    /// Label of the token.
    pub token: String,
    /// Label of the key pair.
    pub key: String,
}

/// A key in a token, ready to sign.
pub struct TokenKey {
    verifier: VerifierKey,
    session: Session,
    private: ObjectHandle,
}

impl fmt::Debug for TokenKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenKey({:?})", self.verifier)
    }
}

impl TokenKey {
    /// Opens the key pair of a token. `name` is the name that it signs under.
    ///
    /// # Errors
    /// When the module, the token, the PIN or the key is not as it should be.
    pub fn open(place: &Place, name: &str, pin: &str) -> Result<Self, TokenError> {
        Self::from(log_in(place, pin)?, place, name)
    }

    /// Makes a new key pair in a token, where none with this label may be, and opens it.
    ///
    /// # Errors
    /// When there is one already, or the token cannot make one.
    pub fn create(place: &Place, name: &str, pin: &str) -> Result<Self, TokenError> {
        let session = log_in(place, pin)?;
        if !find(&session, ObjectClass::PRIVATE_KEY, place)?.is_empty() {
            return Err(TokenError::Several { token: place.token.clone(), key: place.key.clone() });
        }
        let label = Attribute::Label(place.key.clone().into_bytes());
        let public = [Attribute::Token(true), Attribute::Verify(true), label.clone()];
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            label,
        ];
        let mut made = None;
        for curve in CURVES {
            let mut template = public.to_vec();
            template.push(Attribute::EcParams(curve.to_vec()));
            made = Some(session.generate_key_pair(&Mechanism::EccEdwardsKeyPairGen, &template, &private));
            if made.as_ref().is_some_and(Result::is_ok) {
                break;
            }
        }
        match made {
            Some(Err(source)) => Err(TokenError::Failed { verb: "make an Ed25519 key pair", source }),
            _ => Self::from(session, place, name),
        }
    }

    fn from(session: Session, place: &Place, name: &str) -> Result<Self, TokenError> {
        let private = one(&find(&session, ObjectClass::PRIVATE_KEY, place)?, place)?;
        let public = one(&find(&session, ObjectClass::PUBLIC_KEY, place)?, place)?;
        let attributes = session
            .get_attributes(public, &[AttributeType::EcPoint])
            .map_err(|source| TokenError::Failed { verb: "give its public key", source })?;
        let point = attributes.into_iter().find_map(|attribute| match attribute {
            Attribute::EcPoint(bytes) => Some(bytes),
            _ => None,
        });
        let point = point.ok_or(TokenError::Form)?;
        // An OCTET STRING of 32 bytes, as the specification says, or the bytes alone, as some modules do.
        let bytes = point.strip_prefix(&[0x04, 0x20]).filter(|bytes| bytes.len() == 32).unwrap_or(&point);
        if bytes.len() != 32 {
            return Err(TokenError::Form);
        }
        let verifier = VerifierKey::new(name, Algorithm::Ed25519, bytes).map_err(TokenError::Key)?;
        Ok(Self { verifier, session, private })
    }
}

impl Signer for TokenKey {
    fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, SignerError> {
        let mechanism = Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519));
        let signed = self.session.sign(&mechanism, self.private, message);
        signed.map_err(|e| SignerError::new(format!("the token refused to sign: {e}")))
    }
}

fn log_in(place: &Place, pin: &str) -> Result<Session, TokenError> {
    let module = |source| TokenError::Module { path: place.module.clone(), source };
    let context = Pkcs11::new(Path::new(&place.module)).map_err(module)?;
    context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)).map_err(module)?;
    let slots = context.get_slots_with_initialized_token().map_err(module)?;
    let labelled = |slot: &Slot| context.get_token_info(*slot).is_ok_and(|info| info.label() == place.token);
    let slot = slots.into_iter().find(labelled).ok_or_else(|| TokenError::NoToken(place.token.clone()))?;
    let failed = |source| TokenError::Failed { verb: "open a session", source };
    let session = context.open_rw_session(slot).map_err(failed)?;
    let pin = AuthPin::from(pin.to_owned());
    session
        .login(UserType::User, Some(&pin))
        .map_err(|source| TokenError::Pin { token: place.token.clone(), source })?;
    Ok(session)
}

fn find(session: &Session, class: ObjectClass, place: &Place) -> Result<Vec<ObjectHandle>, TokenError> {
    let template = [
        Attribute::Class(class),
        Attribute::KeyType(KeyType::EC_EDWARDS),
        Attribute::Label(place.key.clone().into_bytes()),
    ];
    session.find_objects(&template).map_err(|source| TokenError::Failed { verb: "list its keys", source })
}

fn one(found: &[ObjectHandle], place: &Place) -> Result<ObjectHandle, TokenError> {
    let (token, key) = (place.token.clone(), place.key.clone());
    match found {
        [one] => Ok(*one),
        [] => Err(TokenError::NoKey { token, key }),
        _ => Err(TokenError::Several { token, key }),
    }
}
