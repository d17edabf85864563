//! The small alphabet that the formats of this crate share: strict base64 and canonical decimals.
//!
//! Every accepted text has exactly one spelling, so that what was parsed can be written back byte for byte.
//!
//! Specification: RFC 4648 section 4 (base64, with padding, unused bits zero); decimals as c2sp.org/tlog-checkpoint
//! 1.0.0 writes them: ASCII digits, no sign, no leading zero.

use base64ct::{Base64, Encoding as _};

/// Standard base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// The bytes of `text`, unless it is anything but canonical base64.
pub(crate) fn from_base64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text).ok()
}

/// The number in `text`, unless it is anything but a canonical decimal of 64 bits.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if canonical && digits { text.parse().ok() } else { None }
}
