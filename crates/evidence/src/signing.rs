//! Ed25519 signatures by whoever holds the key, checked before anybody sees them.
//!
//! What it deliberately does not do: no keys of its own, no ML-DSA. Envelopes and receipts are read by programs of others,
//! which know Ed25519; the log's checkpoints carry both kinds.

use flagstate_tlog::{
    Signer, VerifierKey,
    note::{Algorithm, SignerError},
};

/// Why nothing was signed.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The signer failed.
    #[error("`{name}` could not sign")]
    Signer {
        /// The key's name.
        name: String,
        /// Why.
        #[source]
        source: SignerError,
    },
    /// Another kind of key.
    #[error("the key `{0}` is no Ed25519 key: statements and receipts are signed with Ed25519")]
    Algorithm(String),
    /// What came back does not hold.
    #[error("`{0}` returned a signature that its own public key refuses: the token or its configuration is wrong")]
    Rejected(String),
}

/// True for keys that sign and verify bare Ed25519.
pub(crate) fn is_ed25519(key: &VerifierKey) -> bool {
    matches!(key.algorithm(), Algorithm::Ed25519 | Algorithm::CosignatureV1)
}

/// The 64 bytes over `message`.
pub(crate) fn ed25519(signer: &dyn Signer, message: &[u8]) -> Result<Vec<u8>, SigningError> {
    let name = || signer.name().to_owned();
    if !is_ed25519(signer.verifier()) {
        return Err(SigningError::Algorithm(name()));
    }
    let signed = signer.sign(message).map_err(|source| SigningError::Signer { name: name(), source })?;
    if signer.verifier().verify_message(message, &signed) { Ok(signed) } else { Err(SigningError::Rejected(name())) }
}
