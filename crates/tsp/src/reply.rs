//! The authority's answer: granted or refused, and the token in it.
//!
//! What it deliberately does not do: it does not look into the token.
//!
//! Specification: RFC 3161 section 2.4.2.

use der::Tag;

use crate::asn1::{Malformed, one, small};

/// Why an answer holds no token.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum ReplyError {
    /// Not DER of the expected shape.
    #[error("the time stamping server sent something that is no RFC 3161 answer ({0}): check the server's address")]
    Malformed(&'static str),
    /// The server said no.
    #[error("the time stamping server refused with status {status}{text}: ask its operator, or use another server")]
    Refused {
        /// `PKIStatus`: 2 rejection, 3 waiting, 4 and 5 revocation.
        status: u32,
        /// The server's words, introduced by a colon, or nothing.
        text: String,
    },
}

impl From<Malformed> for ReplyError {
    fn from(bad: Malformed) -> Self {
        Self::Malformed(bad.0)
    }
}

/// Takes the token out of a `TimeStampResp`.
pub fn token(reply: &[u8]) -> Result<Vec<u8>, ReplyError> {
    const REPLY: &str = "the answer";
    const STATUS: &str = "the answer's status";
    let mut fields = one(reply, Tag::Sequence, REPLY)?.fields(REPLY)?;
    let mut info = fields.next(Tag::Sequence)?.fields(STATUS)?;
    let status = small(info.next(Tag::Integer)?.value).ok_or(ReplyError::Malformed(STATUS))?;
    // 0 is granted; 1 is granted with modifications, which the checks of the token will find if they matter.
    if status > 1 {
        let mut text = String::new();
        if let Some(mut lines) = info.optional(Tag::Sequence).map(|item| item.fields(STATUS)).transpose()? {
            while let Some(line) = lines.any() {
                text.push_str(if text.is_empty() { ": " } else { "; " });
                let printable = String::from_utf8_lossy(line.value);
                text.extend(printable.chars().filter(|c| !c.is_control()).take(200));
            }
        }
        return Err(ReplyError::Refused { status, text });
    }
    let token = fields.next(Tag::Sequence)?;
    fields.end()?;
    Ok(token.whole.to_vec())
}
