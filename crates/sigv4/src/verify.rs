//! Checking a signature that somebody else made: what a server does with a signed request.
//!
//! It checks the signature and the clock. Who the key belongs to, and what they may do, is the caller's.

use jiff::{SignedDuration, Timestamp, civil::DateTime, tz::TimeZone};

use crate::{
    Payload, Request, Scope, SecretKey, SigningKey,
    canonical::{assemble, canonical_headers, canonical_query},
    sign::{ALGORITHM, string_to_sign},
};

/// A request as it was received.
#[derive(Clone, Copy, Debug)]
pub struct Received<'a> {
    /// `GET`, `PUT` ...
    pub method: &'a str,
    /// The path as it stood on the wire.
    pub path: &'a str,
    /// Query names and values, decoded.
    pub query: &'a [(&'a [u8], &'a [u8])],
    /// All headers.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// What the body is: its own digest, computed by whoever received it, or what the header said where the body is
    /// not covered.
    pub payload: Payload<'a>,
}

/// Why a request is refused. The caller sends it on or hides it; nothing in it is secret.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// Not signed in the header.
    #[error("the request has no `authorization` header with Signature Version 4")]
    Missing,
    /// Signed in a way that cannot be read.
    #[error("the `{0}` of the request cannot be read")]
    Malformed(&'static str),
    /// The scope is for another place.
    #[error("the request is signed for `{signed}`, and this is `{expected}`")]
    Scope {
        /// What the client signed for.
        signed: String,
        /// Region and service here.
        expected: String,
    },
    /// The clocks disagree.
    #[error("the request is signed for {signed}, more than {allowed_s} seconds from the time here")]
    Clock {
        /// The client's time.
        signed: Timestamp,
        /// How far it may be off.
        allowed_s: i64,
    },
    /// No such key.
    #[error("the access key `{0}` is not known here")]
    UnknownKey(String),
    /// A header that must be covered is not.
    #[error("the signature does not cover the header `{0}`")]
    Uncovered(&'static str),
    /// The signature is wrong.
    #[error("the signature does not match the request: wrong secret, or changed on the way")]
    Mismatch,
}

/// What an `authorization` header says.
struct Claim<'a> {
    access_key_id: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    names: Vec<&'a str>,
    signature: Vec<u8>,
}

/// Checks a request signed in its header; returns the access key id. `secret` finds the secret of a key.
pub fn verify(
    received: &Received<'_>,
    (region, service): (&str, &str),
    now: Timestamp,
    allowed_s: i64,
    secret: impl FnOnce(&str) -> Option<SecretKey>,
) -> Result<String, VerifyError> {
    let find = |name: &str| received.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| *v);
    let text = |name| find(name).map(|v| std::str::from_utf8(v).map_err(|_| VerifyError::Malformed("headers")));
    let claim = claim(text("authorization").ok_or(VerifyError::Missing)??)?;
    let stamp = text("x-amz-date").ok_or(VerifyError::Malformed("x-amz-date"))??;
    let at = parse_date(stamp).ok_or(VerifyError::Malformed("x-amz-date"))?;
    if (claim.region, claim.service) != (region, service) || !stamp.starts_with(claim.date) {
        return Err(VerifyError::Scope {
            signed: format!("{}/{}/{}", claim.date, claim.region, claim.service),
            expected: format!("{region}/{service}"),
        });
    }
    if now.duration_since(at).abs() > SignedDuration::from_secs(allowed_s) {
        return Err(VerifyError::Clock { signed: at, allowed_s });
    }
    for name in ["host", "x-amz-date"] {
        if !claim.names.contains(&name) {
            return Err(VerifyError::Uncovered(name));
        }
    }
    let secret = secret(claim.access_key_id).ok_or_else(|| VerifyError::UnknownKey(claim.access_key_id.to_owned()))?;
    let covered: Vec<(&str, &[u8])> = received
        .headers
        .iter()
        .filter(|(name, _)| claim.names.iter().any(|n| n.eq_ignore_ascii_case(name)))
        .copied()
        .collect();
    let headers = canonical_headers(&covered);
    if headers.names.split(';').count() != claim.names.len() {
        return Err(VerifyError::Malformed("SignedHeaders"));
    }
    let key = SigningKey::derive(&secret, Scope::new(at, region, service));
    let request = Request {
        method: received.method,
        path: received.path,
        query: received.query,
        headers: &covered,
        payload: received.payload,
    };
    let canonical = assemble(&request, &headers, &canonical_query(received.query));
    let matches = key.matches(&string_to_sign(&canonical, &key, at), &claim.signature);
    if matches { Ok(claim.access_key_id.to_owned()) } else { Err(VerifyError::Mismatch) }
}

fn claim(header: &str) -> Result<Claim<'_>, VerifyError> {
    let rest = header.strip_prefix(ALGORITHM).ok_or(VerifyError::Missing)?;
    let part = |name: &'static str| {
        let found = rest.split(',').find_map(|p| p.trim().strip_prefix(name)?.strip_prefix('='));
        found.ok_or(VerifyError::Malformed(name))
    };
    // Access key ids may hold slashes; the scope's four parts may not.
    let mut scope = part("Credential")?.rsplitn(5, '/');
    let mut next = || scope.next().filter(|s| !s.is_empty()).ok_or(VerifyError::Malformed("Credential"));
    let (end, service, region, date, access_key_id) = (next()?, next()?, next()?, next()?, next()?);
    if end != "aws4_request" {
        return Err(VerifyError::Malformed("Credential"));
    }
    let names = part("SignedHeaders")?.split(';').collect();
    let signature = unhex(part("Signature")?).ok_or(VerifyError::Malformed("Signature"))?;
    Ok(Claim { access_key_id, date, region, service, names, signature })
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digit = |b: &u8| char::from(*b).to_digit(16).and_then(|d| u8::try_from(d).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[a, b]| Some(digit(a)? << 4 | digit(b)?)).collect();
    bytes.filter(|b| rest.is_empty() && b.len() == 32)
}

fn parse_date(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y%m%dT%H%M%SZ", text).ok()?;
    Some(civil.to_zoned(TimeZone::UTC).ok()?.timestamp())
}
