//! Signing in the `Authorization` header.

use std::fmt;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{
    Request, SigningKey, amz_date,
    canonical::{assemble, canonical_headers, canonical_query},
    encode::hex,
};

/// The algorithm's name on the wire.
pub(crate) const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// A signature in hexadecimal. Not a secret: it is sent.
#[derive(Clone, Eq, PartialEq)]
pub struct Signature(pub(crate) String);

impl Signature {
    /// 64 hexadecimal digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Signature({})", self.0)
    }
}

/// A signed request.
#[derive(Clone, Debug)]
pub struct Signed {
    /// The header `authorization`.
    pub authorization: String,
    /// The signature alone: chunks are signed on from it.
    pub signature: Signature,
}

/// Signs a request. `request.headers` must already hold `host`, `x-amz-date` (= [`amz_date`] of `at`) and, for S3,
/// `x-amz-content-sha256`; with temporary credentials `x-amz-security-token` too.
pub fn authorize(request: &Request<'_>, access_key_id: &str, key: &SigningKey, at: Timestamp) -> Signed {
    let headers = canonical_headers(request.headers);
    let canonical = assemble(request, &headers, &canonical_query(request.query));
    let signature = Signature(hex(&key.sign(&string_to_sign(&canonical, key, at))));
    let authorization = format!(
        "{ALGORITHM} Credential={access_key_id}/{}, SignedHeaders={}, Signature={}",
        key.scope(),
        headers.names,
        signature.0
    );
    Signed { authorization, signature }
}

pub(crate) fn string_to_sign(canonical: &[u8], key: &SigningKey, at: Timestamp) -> String {
    format!("{ALGORITHM}\n{}\n{}\n{}", amz_date(at), key.scope(), hex(&Sha256::digest(canonical)))
}
