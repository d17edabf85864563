//! Bodies in chunks (`aws-chunked`): framing, and signatures that continue from chunk to chunk.
//!
//! A body whose checksum is known only at its end is sent as chunks with the checksum in a trailing header. The chunks
//! are signed or not ([`Framing`]).

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::{Signature, SigningKey, amz_date, encode::hex};

/// SHA-256 of nothing, part of each chunk's string to sign.
const EMPTY: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// How chunks are framed.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Framing {
    /// `size;chunk-signature=...`
    Signed,
    /// `size`
    Unsigned,
}

impl Framing {
    /// Bytes of one chunk's frame around `len` bytes of body.
    fn overhead(self, len: u64) -> u64 {
        let digits = u64::from(hex_digits(len));
        // Two line ends, and the signature's name and 64 digits.
        digits + 4 + if self == Self::Signed { 17 + 64 } else { 0 }
    }

    /// The length on the wire of `len` bytes in chunks of `chunk` bytes with these trailing headers: what
    /// `content-length` must say while `x-amz-decoded-content-length` says `len`.
    pub fn wire_len(self, len: u64, chunk: u64, trailers: &[(&str, u64)]) -> u64 {
        let chunk = chunk.max(1);
        let (whole, rest) = (len / chunk, len % chunk);
        let mut total = whole * (chunk + self.overhead(chunk));
        if rest > 0 {
            total += rest + self.overhead(rest);
        }
        // The last chunk is empty; with trailers its own second line end is the one after them.
        total += self.overhead(0);
        for (name, value_len) in trailers {
            total += name.len() as u64 + 1 + value_len + 2;
        }
        if self == Self::Signed && !trailers.is_empty() {
            total += "x-amz-trailer-signature:".len() as u64 + 64 + 2;
        }
        total
    }

    /// The line before a chunk.
    pub fn head(self, len: usize, signature: Option<&Signature>) -> String {
        match (self, signature) {
            (Self::Signed, Some(signature)) => format!("{len:x};chunk-signature={}\r\n", signature.as_str()),
            _ => format!("{len:x}\r\n"),
        }
    }
}

fn hex_digits(len: u64) -> u32 {
    (64 - len.leading_zeros()).div_ceil(4).max(1)
}

/// Signs chunks one after the other; each signature covers the one before.
#[derive(Clone, Debug)]
pub struct ChunkSigner {
    key: SigningKey,
    date: String,
    last: Signature,
}

impl ChunkSigner {
    /// Starts from the signature of the request itself.
    pub fn new(key: SigningKey, at: Timestamp, seed: Signature) -> Self {
        Self { key, date: amz_date(at), last: seed }
    }

    /// The signature of the next chunk; the last chunk is empty.
    pub fn chunk(&mut self, bytes: &[u8]) -> Signature {
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{EMPTY}\n{}",
            self.date,
            self.key.scope(),
            self.last.0,
            hex(&Sha256::digest(bytes))
        );
        self.next(&text)
    }

    /// The signature of the trailing headers, in the order in which they are sent.
    pub fn trailer(&mut self, headers: &[(&str, &str)]) -> Signature {
        let mut lines = String::new();
        for (name, value) in headers {
            lines.push_str(&name.to_ascii_lowercase());
            lines.push(':');
            lines.push_str(value.trim());
            lines.push('\n');
        }
        let text = format!(
            "AWS4-HMAC-SHA256-TRAILER\n{}\n{}\n{}\n{}",
            self.date,
            self.key.scope(),
            self.last.0,
            hex(&Sha256::digest(lines.as_bytes()))
        );
        self.next(&text)
    }

    fn next(&mut self, text: &str) -> Signature {
        self.last = Signature(hex(&self.key.sign(text)));
        self.last.clone()
    }
}
