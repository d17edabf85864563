//! Answers: built, and sent in as few calls as possible, whole or damaged.

use std::{
    io::{self, IoSlice, Write as _},
    net::TcpStream,
    ops::Range,
};

use super::fast;
use crate::{store::Content, text::push_number};

/// Bodies up to here are copied along with the head: one call is cheaper than two.
const INLINE: u64 = 64 << 10;
/// Bytes copied at once where a body must pass through our hands.
const PIECE: usize = 256 << 10;

/// What follows the head.
#[derive(Debug, Default)]
pub(crate) enum Body {
    /// Nothing.
    #[default]
    Empty,
    /// A document.
    Text(Vec<u8>),
    /// Bytes of an object.
    Object(Content, Range<u64>),
    /// Nothing, but this length is said: the answer to HEAD.
    Length(u64),
}

impl Body {
    /// Its length as the head says it.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Empty => 0,
            Self::Text(text) => text.len() as u64,
            Self::Object(_, range) => range.end - range.start,
            Self::Length(len) => *len,
        }
    }
}

/// What to do to an answer on its way.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Damage {
    /// Send so many per mille of the body, then close.
    Truncate(u64),
    /// Flip a bit so many per mille into the body.
    Flip(u64),
}

/// An answer.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<u8>,
    /// Without quotes.
    pub(crate) etag: Option<String>,
    pub(crate) body: Body,
}

impl Answer {
    /// An answer without a body.
    pub(crate) fn new(status: u16) -> Self {
        Self { status, headers: Vec::with_capacity(512), ..Self::default() }
    }

    /// An XML document.
    pub(crate) fn xml(status: u16, text: Vec<u8>) -> Self {
        Self::new(status).header("content-type", b"application/xml").with(Body::Text(text))
    }

    /// Adds a header.
    pub(crate) fn header(mut self, name: &str, value: &[u8]) -> Self {
        self.headers.extend_from_slice(name.as_bytes());
        self.headers.extend_from_slice(b": ");
        // A header cannot hold line ends.
        self.headers.extend(value.iter().map(|b| if matches!(b, b'\r' | b'\n') { b' ' } else { *b }));
        self.headers.extend_from_slice(b"\r\n");
        self
    }

    /// Sets the state's name.
    pub(crate) fn etag(mut self, etag: &str) -> Self {
        self.etag = Some(etag.to_owned());
        self
    }

    /// Sets the body.
    pub(crate) fn with(mut self, body: Body) -> Self {
        self.body = body;
        self
    }

    fn head(&self, close: bool) -> Vec<u8> {
        let mut out = Vec::with_capacity(self.headers.len() + 256);
        out.extend_from_slice(b"HTTP/1.1 ");
        push_number(&mut out, u64::from(self.status));
        out.extend_from_slice(b" ");
        out.extend_from_slice(reason(self.status).as_bytes());
        out.extend_from_slice(b"\r\n");
        if !matches!(self.status, 204 | 304) {
            out.extend_from_slice(b"content-length: ");
            push_number(&mut out, self.body.len());
            out.extend_from_slice(b"\r\n");
        }
        if let Some(etag) = &self.etag {
            for part in [b"etag: \"".as_slice(), etag.as_bytes(), b"\"\r\n"] {
                out.extend_from_slice(part);
            }
        }
        if close {
            out.extend_from_slice(b"connection: close\r\n");
        }
        out.extend_from_slice(&self.headers);
        out.extend_from_slice(b"\r\n");
        out
    }

    /// Sends it. False where the connection must end.
    pub(crate) fn send(&self, mut to: &TcpStream, close: bool, damage: Option<Damage>) -> io::Result<bool> {
        let head = self.head(close);
        match (&self.body, damage) {
            (Body::Empty | Body::Length(_), _) => to.write_all(&head)?,
            (Body::Text(text), None) => write_both(to, &head, text)?,
            (Body::Object(content, range), None) => send_object(to, &head, content, range)?,
            (Body::Text(text), Some(damage)) => {
                let content = Content::bytes(text.clone());
                return send_damaged(to, &head, &content, &(0..text.len() as u64), damage);
            }
            (Body::Object(content, range), Some(damage)) => return send_damaged(to, &head, content, range, damage),
        }
        Ok(!close)
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        202 => "Accepted",
        204 => "No Content",
        206 => "Partial Content",
        304 => "Not Modified",
        400 => "Bad Request",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        409 => "Conflict",
        410 => "Gone",
        412 => "Precondition Failed",
        416 => "Range Not Satisfiable",
        429 => "Too Many Requests",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "Unknown",
    }
}

fn write_both(mut to: &TcpStream, head: &[u8], body: &[u8]) -> io::Result<()> {
    let sent = to.write_vectored(&[IoSlice::new(head), IoSlice::new(body)])?;
    if let Some(rest) = head.get(sent..) {
        to.write_all(rest)?;
    }
    let in_body = sent.saturating_sub(head.len());
    to.write_all(body.get(in_body..).unwrap_or_default())
}

fn send_object(mut to: &TcpStream, head: &[u8], content: &Content, range: &Range<u64>) -> io::Result<()> {
    let len = range.end - range.start;
    if len <= INLINE {
        let mut all = Vec::with_capacity(head.len() + usize::try_from(len).unwrap_or(0));
        all.extend_from_slice(head);
        content.append(&mut all, range.clone());
        return to.write_all(&all);
    }
    fast::send_more(to, head)?;
    content.send(to, range.clone())
}

fn send_damaged(
    mut to: &TcpStream,
    head: &[u8],
    content: &Content,
    range: &Range<u64>,
    damage: Damage,
) -> io::Result<bool> {
    let len = range.end - range.start;
    let share = |per_mille: u64| len / 1000 * per_mille + len % 1000 * per_mille / 1000;
    let (end, flip) = match damage {
        Damage::Truncate(part) => (range.start + share(part).min(len.saturating_sub(1)), None),
        Damage::Flip(part) => (range.end, Some(range.start + share(part).min(len.saturating_sub(1)))),
    };
    to.write_all(head)?;
    let mut at = range.start;
    let mut piece = Vec::new();
    while at < end {
        let next = (at + PIECE as u64).min(end);
        piece.clear();
        content.append(&mut piece, at..next);
        if let Some(flip) = flip.filter(|f| (at..next).contains(f))
            && let Some(byte) = usize::try_from(flip - at).ok().and_then(|i| piece.get_mut(i))
        {
            *byte ^= 1;
        }
        to.write_all(&piece)?;
        at = next;
    }
    Ok(matches!(damage, Damage::Flip(_)))
}
