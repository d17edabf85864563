//! Signing keys: derived once for a day, a region and a service, then used for every request.

use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use jiff::{Timestamp, tz::TimeZone};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::SecretKey;

/// The time as the protocol writes it: `20130524T000000Z`.
pub fn amz_date(at: Timestamp) -> String {
    let t = at.to_zoned(TimeZone::UTC);
    format!("{:04}{:02}{:02}T{:02}{:02}{:02}Z", t.year(), t.month(), t.day(), t.hour(), t.minute(), t.second())
}

/// Where and when a signature holds: `20130524/us-east-1/s3/aws4_request`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Scope {
    /// `YYYYMMDD`.
    pub date: String,
    /// Region, as the service names it.
    pub region: String,
    /// Service, `s3` or `sts`.
    pub service: String,
}

impl Scope {
    /// The scope of a request at `at`.
    pub fn new(at: Timestamp, region: &str, service: &str) -> Self {
        let mut date = amz_date(at);
        date.truncate(8);
        Self { date, region: region.to_owned(), service: service.to_owned() }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}/aws4_request", self.date, self.region, self.service)
    }
}

/// A derived key. Wiped when dropped; a key of yesterday signs nothing today, so ask [`SigningKey::fits`].
#[derive(Clone)]
pub struct SigningKey {
    scope: Scope,
    key: Zeroizing<[u8; 32]>,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey").field("scope", &self.scope).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Derives the key of a scope from the secret.
    pub fn derive(secret: &SecretKey, scope: Scope) -> Self {
        let mut first = Zeroizing::new(Vec::with_capacity(secret.expose().len() + 4));
        first.extend_from_slice(b"AWS4");
        first.extend_from_slice(secret.expose());
        let date = Zeroizing::new(hmac(&first, scope.date.as_bytes()));
        let region = Zeroizing::new(hmac(date.as_slice(), scope.region.as_bytes()));
        let service = Zeroizing::new(hmac(region.as_slice(), scope.service.as_bytes()));
        let key = Zeroizing::new(hmac(service.as_slice(), b"aws4_request"));
        Self { scope, key }
    }

    /// True when the key signs requests of that moment's day.
    pub fn fits(&self, at: Timestamp) -> bool {
        amz_date(at).starts_with(&self.scope.date)
    }

    /// The scope it was derived for.
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// The signature of a string to sign.
    pub(crate) fn sign(&self, string_to_sign: &str) -> [u8; 32] {
        hmac(self.key.as_slice(), string_to_sign.as_bytes())
    }

    /// Compares in constant time.
    pub(crate) fn matches(&self, string_to_sign: &str, signature: &[u8]) -> bool {
        keyed(self.key.as_slice()).is_some_and(|mut mac| {
            mac.update(string_to_sign.as_bytes());
            mac.verify_slice(signature).is_ok()
        })
    }
}

/// HMAC takes keys of any length, so there is always one.
fn keyed(key: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::<Sha256>::new_from_slice(key).ok()
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut out = [0; 32];
    if let Some(mut mac) = keyed(key) {
        mac.update(text);
        out.copy_from_slice(&mac.finalize().into_bytes());
    }
    out
}
