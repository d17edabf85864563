//! Signing in the URL: whoever holds the URL holds the right, until it expires.

use jiff::Timestamp;

use crate::{
    Request, SigningKey, amz_date,
    canonical::{assemble, canonical_headers, canonical_query, push_pair},
    encode::hex,
    sign::{ALGORITHM, string_to_sign},
};

/// A URL lives at most a week.
pub const MAX_EXPIRY_S: u32 = 604_800;

/// Who signs, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Presign<'a> {
    /// The key's public name.
    pub access_key_id: &'a str,
    /// Goes with temporary credentials.
    pub token: Option<&'a str>,
    /// Seconds of life, at most [`MAX_EXPIRY_S`]; more is cut down to it.
    pub expires_s: u32,
}

/// The query of a presigned URL. `request.headers` holds what whoever uses the URL must send: at least `host`.
pub fn presign(request: &Request<'_>, who: Presign<'_>, key: &SigningKey, at: Timestamp) -> String {
    let headers = canonical_headers(request.headers);
    let credential = format!("{}/{}", who.access_key_id, key.scope());
    let (date, expires) = (amz_date(at), who.expires_s.min(MAX_EXPIRY_S).to_string());
    let mut pairs = request.query.to_vec();
    pairs.push((b"X-Amz-Algorithm", ALGORITHM.as_bytes()));
    pairs.push((b"X-Amz-Credential", credential.as_bytes()));
    pairs.push((b"X-Amz-Date", date.as_bytes()));
    pairs.push((b"X-Amz-Expires", expires.as_bytes()));
    pairs.push((b"X-Amz-SignedHeaders", headers.names.as_bytes()));
    if let Some(token) = who.token {
        pairs.push((b"X-Amz-Security-Token", token.as_bytes()));
    }
    let mut query = canonical_query(&pairs);
    let canonical = assemble(request, &headers, &query);
    let signature = hex(&key.sign(&string_to_sign(&canonical, key, at)));
    push_pair(&mut query, "X-Amz-Signature", &signature);
    query
}
