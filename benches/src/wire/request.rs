//! Requests as they come in (RFC 9112): head, query, and a body in one of three framings.

use std::{
    io::{self, BufRead as _, BufReader, Read as _},
    net::TcpStream,
};

use super::fast;
use crate::text::percent_decode;

/// Longest head that is read.
const HEAD_MAX: usize = 256 << 10;
/// Bytes read at once.
pub(crate) const CHUNK: usize = 256 << 10;

/// A connection, read through a buffer.
#[derive(Debug)]
pub(crate) struct Conn {
    reader: BufReader<TcpStream>,
    scratch: Vec<u8>,
}

/// The head of a request.
#[derive(Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// Path and query as they stood on the wire.
    pub(crate) target: Vec<u8>,
    /// Names in lower case.
    headers: Vec<(String, Vec<u8>)>,
    /// Decoded.
    query: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Request {
    /// A header's value.
    pub(crate) fn header(&self, name: &str) -> Option<&[u8]> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_slice())
    }

    /// A header's value as text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.header(name)?).ok()
    }

    /// Headers that begin with `prefix`, without it.
    pub(crate) fn headers_below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a [u8])> {
        self.headers.iter().filter_map(move |(n, v)| Some((n.strip_prefix(prefix)?, v.as_slice())))
    }

    /// A query value.
    pub(crate) fn query(&self, name: &str) -> Option<&[u8]> {
        self.query.iter().find(|(n, _)| n == name.as_bytes()).map(|(_, v)| v.as_slice())
    }

    /// A query value as text.
    pub(crate) fn query_text(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.query(name)?).ok()
    }

    /// True where the query names it.
    pub(crate) fn asks(&self, name: &str) -> bool {
        self.query(name).is_some()
    }

    /// The path as it stood on the wire.
    pub(crate) fn path(&self) -> &[u8] {
        self.target.split(|b| *b == b'?').next().unwrap_or_default()
    }

    /// Length of the body on the wire; nothing where it comes in HTTP chunks.
    fn wire_len(&self) -> Option<u64> {
        if self.text("transfer-encoding").is_some_and(|t| t.to_ascii_lowercase().contains("chunked")) {
            return None;
        }
        Some(self.text("content-length").and_then(|t| t.parse().ok()).unwrap_or(0))
    }

    /// True where the body is framed by `aws-chunked`.
    fn aws_chunked(&self) -> bool {
        self.text("x-amz-content-sha256").is_some_and(|t| t.starts_with("STREAMING-"))
            || self.text("content-encoding").is_some_and(|t| t.contains("aws-chunked"))
    }

    fn parse_query(&mut self) {
        let query = self.target.iter().position(|b| *b == b'?').and_then(|at| self.target.get(at + 1..));
        for pair in query.unwrap_or_default().split(|b| *b == b'&').filter(|p| !p.is_empty()) {
            let mut parts = pair.splitn(2, |b| *b == b'=');
            let (name, value) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
            self.query.push((percent_decode(name, true), percent_decode(value, true)));
        }
    }
}

impl Conn {
    /// Reads from a stream.
    pub(crate) fn new(stream: TcpStream) -> Self {
        Self { reader: BufReader::with_capacity(64 << 10, stream), scratch: Vec::new() }
    }

    /// The stream, to write to.
    pub(crate) fn stream(&self) -> &TcpStream {
        self.reader.get_ref()
    }

    /// The next request's head; nothing at the end of the connection.
    pub(crate) fn request(&mut self) -> io::Result<Option<Request>> {
        let (mut request, mut line, mut total) = (Request::default(), Vec::new(), 0);
        loop {
            line.clear();
            if self.reader.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            total += line.len();
            if total > HEAD_MAX {
                return Err(io::ErrorKind::InvalidData.into());
            }
            let text = line.trim_ascii_end();
            if text.is_empty() {
                if request.method.is_empty() {
                    continue;
                }
                request.parse_query();
                return Ok(Some(request));
            }
            if request.method.is_empty() {
                let mut words = text.split(|b| *b == b' ');
                request.method = String::from_utf8_lossy(words.next().unwrap_or_default()).into_owned();
                request.target = words.next().unwrap_or_default().to_vec();
            } else if let Some(at) = text.iter().position(|b| *b == b':') {
                let (name, value) = text.split_at(at);
                let value = value.get(1..).unwrap_or_default().trim_ascii();
                request.headers.push((String::from_utf8_lossy(name).to_ascii_lowercase(), value.to_vec()));
            }
        }
    }

    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = Vec::new();
        if self.reader.read_until(b'\n', &mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(line.trim_ascii_end().to_vec())
    }

    fn discard(&mut self, len: u64) -> io::Result<()> {
        let buffered = self.reader.buffer().len();
        let here = usize::try_from(len).unwrap_or(usize::MAX).min(buffered);
        self.reader.consume(here);
        let left = len - here as u64;
        if left > 0 {
            self.scratch.resize(CHUNK, 0);
            fast::discard(self.reader.get_ref(), left, &mut self.scratch)?;
        }
        Ok(())
    }
}

/// What a body was.
#[derive(Debug, Default)]
pub(crate) struct Taken {
    /// Bytes of the object.
    pub(crate) len: u64,
    /// Headers behind the body, names in lower case.
    pub(crate) trailers: Vec<(String, String)>,
}

/// The body of a request, to be read once.
#[derive(Debug)]
pub(crate) struct Incoming<'a> {
    conn: &'a mut Conn,
    wire_len: Option<u64>,
    aws_chunked: bool,
    decoded_len: Option<u64>,
    continues: bool,
    /// Nothing is left to read.
    pub(crate) done: bool,
}

/// The framing of a body while it is decoded.
struct Frames<'a> {
    conn: &'a mut Conn,
    /// Bytes left of the content length, or of the HTTP chunk.
    left: u64,
    http_chunks: bool,
    over: bool,
}

impl<'a> Incoming<'a> {
    /// The body that follows `request`.
    pub(crate) fn new(conn: &'a mut Conn, request: &Request) -> Self {
        let wire_len = request.wire_len();
        Self {
            conn,
            wire_len,
            aws_chunked: request.aws_chunked(),
            decoded_len: request.text("x-amz-decoded-content-length").and_then(|t| t.parse().ok()),
            continues: request.text("expect").is_some_and(|e| e.eq_ignore_ascii_case("100-continue")),
            done: wire_len == Some(0),
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        self.done = true;
        if self.continues {
            use std::io::Write as _;
            self.continues = false;
            let mut stream = self.conn.stream();
            stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        Ok(())
    }

    /// Drops the body, as cheaply as can be.
    pub(crate) fn skip(&mut self) -> io::Result<Taken> {
        if self.done {
            return Ok(Taken::default());
        }
        let Some(len) = self.wire_len else { return self.read(&mut |_| {}) };
        self.begin()?;
        self.conn.discard(len)?;
        Ok(Taken { len: if self.aws_chunked { self.decoded_len.unwrap_or(len) } else { len }, ..Taken::default() })
    }

    /// Drops the body if the client sends it without being asked to.
    pub(crate) fn finish(&mut self) -> io::Result<()> {
        if !self.done && self.continues {
            // The client waits for a permission that does not come: the connection cannot go on.
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        self.skip().map(drop)
    }

    /// Reads half of the body and nothing more: for connections that break.
    pub(crate) fn half(&mut self) -> io::Result<()> {
        let half = self.wire_len.unwrap_or(0) / 2;
        if !self.done && half > 0 {
            self.begin()?;
            self.conn.discard(half)?;
        }
        Ok(())
    }

    /// Hands every piece of the decoded body to `each`.
    pub(crate) fn read(&mut self, each: &mut dyn FnMut(&mut [u8])) -> io::Result<Taken> {
        if self.done {
            return Ok(Taken::default());
        }
        self.begin()?;
        let mut scratch = std::mem::take(&mut self.conn.scratch);
        scratch.resize(CHUNK, 0);
        let mut frames = Frames {
            left: self.wire_len.unwrap_or(0),
            http_chunks: self.wire_len.is_none(),
            over: false,
            conn: self.conn,
        };
        let mut taken = Taken::default();
        let result = if self.aws_chunked {
            frames.aws(&mut taken, &mut scratch, each)
        } else {
            frames.plain(&mut taken, &mut scratch, each)
        };
        self.conn.scratch = scratch;
        result.map(|()| taken)
    }
}

impl Frames<'_> {
    /// Some bytes of the body on the wire; 0 at its end.
    fn some(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if self.http_chunks && self.left == 0 && !self.over {
            let line = self.conn.line()?;
            let size = String::from_utf8_lossy(line.split(|b| *b == b';').next().unwrap_or_default()).into_owned();
            self.left = u64::from_str_radix(size.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
            if self.left == 0 {
                self.over = true;
                while !self.conn.line()?.is_empty() {}
            }
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(out.len());
        if most == 0 {
            return Ok(0);
        }
        let got = self.conn.reader.read(out.get_mut(..most).unwrap_or_default())?;
        if got == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= got as u64;
        if self.http_chunks && self.left == 0 {
            self.conn.line()?;
        }
        Ok(got)
    }

    fn plain(&mut self, taken: &mut Taken, scratch: &mut [u8], each: &mut dyn FnMut(&mut [u8])) -> io::Result<()> {
        loop {
            let got = self.some(scratch)?;
            if got == 0 {
                return Ok(());
            }
            taken.len += got as u64;
            each(scratch.get_mut(..got).unwrap_or_default());
        }
    }

    /// A line of the `aws-chunked` framing, which may itself lie in HTTP chunks.
    fn aws_line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        let mut byte = [0];
        while self.some(&mut byte)? == 1 {
            match byte {
                [b'\n'] => break,
                [b'\r'] => {}
                [other] => line.push(other),
            }
            if line.len() > 8192 {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
        Ok(String::from_utf8_lossy(&line).into_owned())
    }

    fn aws(&mut self, taken: &mut Taken, scratch: &mut [u8], each: &mut dyn FnMut(&mut [u8])) -> io::Result<()> {
        loop {
            let head = self.aws_line()?;
            let size = head.split(';').next().unwrap_or_default().trim();
            let mut left = u64::from_str_radix(size, 16).map_err(|_| io::ErrorKind::InvalidData)?;
            if left == 0 {
                break;
            }
            taken.len += left;
            while left > 0 {
                let most = usize::try_from(left).unwrap_or(usize::MAX).min(scratch.len());
                let got = self.some(scratch.get_mut(..most).unwrap_or_default())?;
                if got == 0 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                left -= got as u64;
                each(scratch.get_mut(..got).unwrap_or_default());
            }
            self.aws_line()?;
        }
        while self.left > 0 || (self.http_chunks && !self.over) {
            let line = self.aws_line()?;
            if let Some((name, value)) = line.split_once(':') {
                taken.trailers.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Ok(())
    }
}
