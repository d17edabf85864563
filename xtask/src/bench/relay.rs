//! What moving objects costs at least: bytes are read from one socket and written to another, by blocking threads, with
//! no checksum, no signature, no retry.
//!
//! Run as a program of its own (`xtask baseline relay HOST:PORT FROM TO THREADS`), so that it is measured like the others.

use std::{
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

/// Bytes moved at once.
const PIECE: usize = 256 << 10;

struct Conn(BufReader<TcpStream>);

impl Conn {
    fn open(address: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(PIECE, stream)))
    }

    /// Sends a head; the body, if any, is the caller's.
    fn ask(&mut self, first: &str, len: u64) -> io::Result<()> {
        let head = format!("{first} HTTP/1.1\r\nhost: relay\r\ncontent-length: {len}\r\n\r\n");
        self.0.get_mut().write_all(head.as_bytes())
    }

    /// Reads a head; answers the length of the body.
    fn head(&mut self) -> io::Result<u64> {
        let (mut len, mut good) = (0, false);
        loop {
            let mut line = String::new();
            if self.0.read_line(&mut line)? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            good |= line.starts_with("HTTP/1.1 200");
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                len = text.trim().parse().unwrap_or(0);
            }
            if line == "\r\n" {
                return if good { Ok(len) } else { Err(io::Error::other("the server refuses")) };
            }
        }
    }
}

/// Copies every object of a bucket into another one.
pub(crate) fn run(address: &str, from: &str, to: &str, threads: usize) -> io::Result<usize> {
    let keys = keys(address, from)?;
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        let work = || {
            let (mut source, mut target) = (Conn::open(address)?, Conn::open(address)?);
            while let Some(key) = keys.get(next.fetch_add(1, Ordering::Relaxed)) {
                copy(&mut source, &mut target, &format!("/{from}/{key}"), &format!("/{to}/{key}"))?;
            }
            Ok(())
        };
        let all: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        all.into_iter().try_for_each(|t| t.join().unwrap_or_else(|_| Err(io::Error::other("a thread ended"))))
    })?;
    Ok(keys.len())
}

fn copy(source: &mut Conn, target: &mut Conn, from: &str, to: &str) -> io::Result<()> {
    source.ask(&format!("GET {from}"), 0)?;
    let mut left = source.head()?;
    target.ask(&format!("PUT {to}"), left)?;
    while left > 0 {
        let piece = source.0.fill_buf()?;
        let len = piece.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if len == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        target.0.get_mut().write_all(piece.get(..len).unwrap_or_default())?;
        source.0.consume(len);
        left -= len as u64;
    }
    let len = target.head()?;
    io::copy(&mut target.0.by_ref().take(len), &mut io::sink()).map(drop)
}

fn keys(address: &str, bucket: &str) -> io::Result<Vec<String>> {
    let mut conn = Conn::open(address)?;
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let more = if token.is_empty() { String::new() } else { format!("&continuation-token={token}") };
        conn.ask(&format!("GET /{bucket}?list-type=2{more}"), 0)?;
        let len = conn.head()?;
        let mut text = String::new();
        conn.0.by_ref().take(len).read_to_string(&mut text)?;
        let between = |open: &'static str| text.split(open).skip(1).filter_map(|t| t.split('<').next());
        all.extend(between("<Key>").map(str::to_owned));
        match between("<NextContinuationToken>").next() {
            Some(next) => next.clone_into(&mut token),
            None => return Ok(all),
        }
    }
}
