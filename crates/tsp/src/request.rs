//! The request: which bytes to send, and what the answer must repeat.
//!
//! What it deliberately does not do: no random numbers. The nonce is the caller's, so that a run can be repeated.
//!
//! Specification: RFC 3161 section 2.4.1, transport section 3.4.

use sha2::{Digest, Sha256};

use crate::{asn1::encode, signature::SHA256_DER};

/// Media type of the request over HTTP.
pub const CONTENT_TYPE_QUERY: &str = "application/timestamp-query";
/// Media type of the answer over HTTP.
pub const CONTENT_TYPE_REPLY: &str = "application/timestamp-reply";

/// A number that the authority must repeat, so that an old answer cannot be passed off as new.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Nonce(Vec<u8>);

impl Nonce {
    /// The nonce made of these random bytes, read as a positive number.
    pub fn new(random: [u8; 16]) -> Self {
        let mut digits: Vec<u8> = random.into_iter().skip_while(|byte| *byte == 0).collect();
        // An INTEGER is signed: a leading bit would make it negative, and no digit at all would be no number.
        if digits.first().is_none_or(|first| *first >= 0x80) {
            digits.insert(0, 0);
        }
        Self(digits)
    }

    /// The content of the INTEGER.
    pub(crate) fn digits(&self) -> &[u8] {
        &self.0
    }
}

/// A request for a time stamp.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Request {
    /// The bytes to post.
    pub der: Vec<u8>,
    /// SHA-256 of the message: all that the authority learns.
    pub imprint: [u8; 32],
}

impl Request {
    /// Asks for a time stamp over the SHA-256 of `message`, with the authority's certificate in the answer.
    pub fn new(message: &[u8], nonce: &Nonce) -> Self {
        let imprint: [u8; 32] = Sha256::digest(message).into();
        let hashed = encode(0x30, &[SHA256_DER, &encode(0x04, &[&imprint])]);
        let version = encode(0x02, &[&[1]]);
        let number = encode(0x02, &[nonce.digits()]);
        let certificate_wanted = encode(0x01, &[&[0xFF]]);
        let der = encode(0x30, &[&version, &hashed, &number, &certificate_wanted]);
        Self { der, imprint }
    }
}
