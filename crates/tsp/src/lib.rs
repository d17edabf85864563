//! Time stamps after RFC 3161: a request out, a reply in, a token checked without asking anybody.
//!
//! What it is for: proof that some bytes existed at a time that a third party vouches for. [`Request`] makes the bytes to
//! send, [`token`] takes the token out of a reply, [`verify`] checks a token against the message, certificates and all.
//!
//! What it deliberately does not do: no network (the caller posts `application/timestamp-query` and brings the answer),
//! no clock (certificates are judged at the time that the token states), no revocation lists, no judgement whether an
//! authority is a qualified one, and no token that binds its certificate by SHA-1 alone (RFC 5816 replaced that in 2010).
//!
//! Specifications: RFC 3161 (August 2001), RFC 5816 (April 2010), CMS `SignedData` of RFC 5652 section 5
//! (September 2009), paths of RFC 5280 section 6 (May 2008).

mod asn1;
mod certificate;
mod cms;
mod info;
mod path;
mod reply;
mod request;
mod signature;
mod verify;

pub use certificate::{Trust, TrustError};
pub use reply::{ReplyError, token};
pub use request::{CONTENT_TYPE_QUERY, CONTENT_TYPE_REPLY, Nonce, Request};
pub use verify::{Stamp, TokenError, verify};

#[cfg(test)]
mod tests;
