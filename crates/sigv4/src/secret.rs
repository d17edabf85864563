//! Secrets: they print as stars and are wiped when dropped.

use std::fmt;

use zeroize::Zeroizing;

/// A secret access key.
#[derive(Clone)]
pub struct SecretKey(Zeroizing<Vec<u8>>);

impl SecretKey {
    /// Takes the secret; the caller's copy is the caller's to wipe.
    pub fn new(secret: impl Into<Vec<u8>>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    /// The secret itself. For deriving keys only.
    pub(crate) fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretKey(***)")
    }
}

/// An access key id with its secret, and a session token where the credentials are temporary.
#[derive(Clone)]
pub struct Credentials {
    /// Public name of the key.
    pub access_key_id: String,
    /// The secret half.
    pub secret: SecretKey,
    /// Goes along with temporary credentials; itself a secret.
    token: Option<Zeroizing<String>>,
}

impl Credentials {
    /// Long-lived credentials.
    pub fn new(access_key_id: impl Into<String>, secret: SecretKey) -> Self {
        Self { access_key_id: access_key_id.into(), secret, token: None }
    }

    /// The same with a session token.
    #[must_use]
    pub fn with_token(mut self, token: Option<String>) -> Self {
        self.token = token.map(Zeroizing::new);
        self
    }

    /// The session token, for the header `x-amz-security-token`.
    pub fn token(&self) -> Option<&str> {
        self.token.as_ref().map(|t| t.as_str())
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .field("token", &self.token.as_ref().map(|_| "***"))
            .finish_non_exhaustive()
    }
}
