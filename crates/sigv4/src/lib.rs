//! AWS Signature Version 4, without I/O and without a clock.
//!
//! What it is for: signing requests in a header ([`authorize`]), in a URL ([`presign`]) and chunk by chunk
//! ([`ChunkSigner`]), and checking what somebody else signed ([`verify`]). The object clients sign with it; a server that
//! receives signed requests verifies with it.
//!
//! What it deliberately does not do: it sends nothing, reads no clock, knows no services or endpoints, and never changes
//! a path behind the caller's back. For S3 the path is encoded once and never normalised ([`encode_path`]), since `a//b`
//! and `a/../b` are names of objects and not directions. Other services want [`normalise_path`] first. Signature
//! Version 4A (asymmetric) is absent.
//!
//! Specification: AWS, "Signature Version 4 signing process" (IAM user guide) and "Authenticating requests (AWS Signature
//! Version 4)" (S3 API reference), both as read in 2026-08. Tests restate the published vectors of both.

mod canonical;
mod chunk;
mod encode;
mod key;
mod presign;
mod secret;
mod sign;
mod verify;

pub use canonical::{Payload, Request, canonical_query, canonical_request};
pub use chunk::{ChunkSigner, Framing};
pub use encode::{encode, encode_path, hex, normalise_path};
pub use key::{Scope, SigningKey, amz_date};
pub use presign::{MAX_EXPIRY_S, Presign, presign};
pub use secret::{Credentials, SecretKey};
pub use sign::{Signature, Signed, authorize};
pub use verify::{Received, VerifyError, verify};

/// The digest of `bytes` in lower-case hexadecimal: what a signed payload's header carries.
pub fn sha256_hex(bytes: &[u8]) -> String {
    use sha2::Digest as _;
    hex(&sha2::Sha256::digest(bytes))
}
