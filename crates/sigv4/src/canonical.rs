//! The canonical request: the one text that both sides derive from a request.

use crate::encode::encode_into;

/// What is said about the body. Its text is signed, and stands in `x-amz-content-sha256` for S3.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Payload<'a> {
    /// The body's SHA-256 in hexadecimal.
    Sha256(&'a str),
    /// No body.
    Empty,
    /// The body is not covered by the signature (`UNSIGNED-PAYLOAD`).
    Unsigned,
    /// Chunks, each signed (`STREAMING-AWS4-HMAC-SHA256-PAYLOAD`).
    SignedChunks,
    /// Chunks and trailing headers, each signed.
    SignedChunksTrailer,
    /// Chunks unsigned, trailing headers unsigned (`STREAMING-UNSIGNED-PAYLOAD-TRAILER`).
    UnsignedChunksTrailer,
}

impl Payload<'_> {
    /// The text for the canonical request and for the header.
    pub fn text(&self) -> &str {
        match self {
            Self::Sha256(hex) => hex,
            Self::Empty => "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            Self::Unsigned => "UNSIGNED-PAYLOAD",
            Self::SignedChunks => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::SignedChunksTrailer => "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::UnsignedChunksTrailer => "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
        }
    }
}

/// A request to sign.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// `GET`, `PUT` ...
    pub method: &'a str,
    /// The path exactly as it goes on the wire, encoded: [`crate::encode_path`].
    pub path: &'a str,
    /// Query names and values, not encoded.
    pub query: &'a [(&'a [u8], &'a [u8])],
    /// Every header to sign, `host` and `x-amz-date` included. Names in any case; values as bytes.
    pub headers: &'a [(&'a str, &'a [u8])],
    /// The body.
    pub payload: Payload<'a>,
}

/// The query in canonical form: encoded, sorted. It can stand on the wire as it is.
pub fn canonical_query(pairs: &[(&[u8], &[u8])]) -> String {
    let mut encoded: Vec<(String, String)> =
        pairs.iter().map(|(name, value)| (crate::encode(name), crate::encode(value))).collect();
    encoded.sort_unstable();
    let mut out = String::new();
    for (name, value) in encoded {
        if !out.is_empty() {
            out.push('&');
        }
        out.push_str(&name);
        out.push('=');
        out.push_str(&value);
    }
    out
}

/// Header lines in canonical form, and the list of their names.
pub(crate) struct Headers {
    pub(crate) lines: Vec<u8>,
    pub(crate) names: String,
}

pub(crate) fn canonical_headers(headers: &[(&str, &[u8])]) -> Headers {
    let mut sorted: Vec<(String, &[u8])> = headers.iter().map(|(n, v)| (n.to_ascii_lowercase(), *v)).collect();
    // Stable: values of one name stay in the order in which they are sent.
    sorted.sort_by(|a, b| a.0.cmp(&b.0));
    let mut out = Headers { lines: Vec::with_capacity(256), names: String::with_capacity(64) };
    let mut last: Option<&str> = None;
    for (name, value) in &sorted {
        if last == Some(name.as_str()) {
            out.lines.push(b',');
        } else {
            if last.is_some() {
                out.lines.push(b'\n');
                out.names.push(';');
            }
            out.names.push_str(name);
            out.lines.extend_from_slice(name.as_bytes());
            out.lines.push(b':');
        }
        trimmed_into(&mut out.lines, value);
        last = Some(name);
    }
    if last.is_some() {
        out.lines.push(b'\n');
    }
    out
}

/// Without blanks at the ends, and with one space for each run of blanks inside.
fn trimmed_into(out: &mut Vec<u8>, value: &[u8]) {
    let mut first = true;
    let blank = |b: &u8| matches!(b, b' ' | b'\t' | b'\r' | b'\n');
    for word in value.split(blank).filter(|w| !w.is_empty()) {
        if !first {
            out.push(b' ');
        }
        out.extend_from_slice(word);
        first = false;
    }
}

/// The canonical request. Header values are bytes, and so is the result.
pub fn canonical_request(request: &Request<'_>) -> Vec<u8> {
    assemble(request, &canonical_headers(request.headers), &canonical_query(request.query))
}

pub(crate) fn assemble(request: &Request<'_>, headers: &Headers, query: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(headers.lines.len() + headers.names.len() + request.path.len() + 160);
    let path = if request.path.is_empty() { "/" } else { request.path };
    for part in [request.method.as_bytes(), path.as_bytes(), query.as_bytes(), &headers.lines] {
        out.extend_from_slice(part);
        out.push(b'\n');
    }
    out.extend_from_slice(headers.names.as_bytes());
    out.push(b'\n');
    out.extend_from_slice(request.payload.text().as_bytes());
    out
}

/// Encodes a pair for a query that is already sorted.
pub(crate) fn push_pair(out: &mut String, name: &str, value: &str) {
    if !out.is_empty() {
        out.push('&');
    }
    encode_into(out, name.as_bytes(), false);
    out.push('=');
    encode_into(out, value.as_bytes(), false);
}
