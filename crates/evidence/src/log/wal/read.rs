//! Reading a segment record by record, telling torn from damaged.

use std::{
    fs::File,
    io::{BufRead as _, BufReader, Read as _},
    path::{Path, PathBuf},
};

use super::{
    WalError,
    frame::{
        Batch, LINK, Link, LogId, MARK, Promise, RECORD_HEADER, RECORD_MAGIC, SEGMENT_HEADER, TIDY_MAGIC,
        parse_payload, parse_record_header, segment_header,
    },
};

/// How a segment ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::log) enum Tail {
    /// With the mark of a log that was closed.
    Tidy,
    /// With the mark of its last record, or without any record.
    Acknowledged,
    /// With a whole record that nobody was told about, or with part of one.
    Open,
}

/// What comes next in a segment.
enum Next {
    End,
    Torn,
    Record([u8; RECORD_HEADER], Promise),
}

/// A segment while it is read.
#[derive(Debug)]
pub(in crate::log) struct Segment {
    path: PathBuf,
    file: BufReader<File>,
    length: u64,
    offset: u64,
    chain: Link,
    next: u64,
    tail: Tail,
}

impl Segment {
    /// Opens a segment of the log `id` that starts with the entry `first`.
    pub(in crate::log) fn open(path: &Path, first: u64, id: &LogId) -> Result<Self, WalError> {
        let file = File::open(path).map_err(WalError::io("open", path))?;
        let length = file.metadata().map_err(WalError::io("look at", path))?.len();
        let mut file = BufReader::with_capacity(1 << 17, file);
        let expected = segment_header(first, id);
        let mut header = [0; SEGMENT_HEADER];
        let damaged = |what| WalError::Damaged { path: path.to_owned(), offset: 0, what };
        if length < SEGMENT_HEADER as u64 {
            return Err(damaged("the header of the file is cut off"));
        }
        file.read_exact(&mut header).map_err(WalError::io("read", path))?;
        if header != expected {
            return Err(damaged("the header of the file is wrong, or of another log"));
        }
        let chain = Link::start(&header);
        Ok(Self {
            path: path.to_owned(),
            file,
            length,
            offset: SEGMENT_HEADER as u64,
            chain,
            next: first,
            tail: Tail::Acknowledged,
        })
    }

    /// The next batch that was written whole. After the last, [`Segment::tail`] says how the file ends.
    pub(in crate::log) fn next(&mut self) -> Result<Option<Batch>, WalError> {
        if self.tail == Tail::Open {
            return Ok(None);
        }
        let (header, promise) = match self.promise()? {
            Next::End => return Ok(None),
            Next::Torn => return Ok(self.torn()),
            Next::Record(header, promise) => (header, promise),
        };
        let size = promise.bytes as u64 + LINK as u64;
        if self.length - self.offset < size {
            return Ok(self.torn());
        }
        let mut bytes = vec![0; promise.bytes];
        let mut link = [0; LINK];
        self.read(&mut bytes)?;
        self.read(&mut link)?;
        let batch =
            parse_payload(promise, bytes).filter(|batch| self.chain.next(&header, &batch.leaves).as_bytes() == &link);
        let Some(batch) = batch else {
            // Nothing behind it: it was being written. Anything behind it: it was acknowledged.
            return if self.rest_is_empty()? {
                Ok(self.torn())
            } else {
                self.damaged(size, "a record does not match its checksum")
            };
        };
        self.chain = self.chain.next(&header, &batch.leaves);
        self.next = batch.end();
        self.mark()?;
        Ok(Some(batch))
    }

    /// How the file ends. Meaningful after the last batch.
    pub(in crate::log) const fn tail(&self) -> Tail {
        self.tail
    }

    /// The index after the last batch read.
    pub(in crate::log) const fn end(&self) -> u64 {
        self.next
    }

    /// For appending behind the last batch: where, and behind which link.
    pub(super) const fn position(&self) -> (u64, Link) {
        (self.offset, self.chain)
    }

    /// Reads a record's header.
    fn promise(&mut self) -> Result<Next, WalError> {
        self.tidy()?;
        let left = self.length - self.offset;
        if left == 0 {
            return Ok(Next::End);
        }
        self.tail = Tail::Acknowledged;
        if left < RECORD_HEADER as u64 {
            let begun = self.rest()?;
            let begins = is_begun(&begun, RECORD_MAGIC);
            return if begins { Ok(Next::Torn) } else { self.damaged(left, "what follows the last record is not one") };
        }
        let mut header = [0; RECORD_HEADER];
        self.read(&mut header)?;
        match parse_record_header(&header, &self.chain) {
            Some(promise) if promise.first == self.next => Ok(Next::Record(header, promise)),
            Some(_) => self.damaged(RECORD_HEADER as u64, "a record is out of order"),
            // A file that grew before its bytes arrived. What was acknowledged has a mark behind it.
            None if is_begun(&header, RECORD_MAGIC) && self.rest_is_empty()? => Ok(Next::Torn),
            None => self.damaged(RECORD_HEADER as u64, "the header of a record does not match its checksum"),
        }
    }

    /// Reads the mark of a log that was closed, if one is next.
    fn tidy(&mut self) -> Result<(), WalError> {
        let begins = self.file.fill_buf().map_err(WalError::io("read", &self.path))?.starts_with(TIDY_MAGIC);
        if self.length - self.offset < MARK as u64 || !begins {
            return Ok(());
        }
        let mut mark = [0; MARK];
        self.read(&mut mark)?;
        self.tail = Tail::Tidy;
        if mark == self.chain.tidy_mark() { Ok(()) } else { self.damaged(MARK as u64, "a mark is wrong") }
    }

    /// Reads the mark of the record just read.
    fn mark(&mut self) -> Result<(), WalError> {
        let expected = self.chain.mark();
        let left = self.length - self.offset;
        if left < MARK as u64 {
            let begun = self.rest()?;
            let fits = is_begun(&begun, &expected);
            self.tail = Tail::Open;
            return if fits { Ok(()) } else { self.damaged(left, "the mark of a record is wrong") };
        }
        let mut mark = [0; MARK];
        self.read(&mut mark)?;
        if mark == expected {
            return Ok(());
        }
        self.tail = Tail::Open;
        let empty = is_begun(&mark, &expected) && self.rest_is_empty()?;
        if empty { Ok(()) } else { self.damaged(MARK as u64, "the mark of a record is wrong") }
    }

    fn torn<T>(&mut self) -> Option<T> {
        self.tail = Tail::Open;
        None
    }

    fn read(&mut self, bytes: &mut [u8]) -> Result<(), WalError> {
        self.file.read_exact(bytes).map_err(WalError::io("read", &self.path))?;
        self.offset += bytes.len() as u64;
        Ok(())
    }

    fn rest(&mut self) -> Result<Vec<u8>, WalError> {
        let mut rest = Vec::new();
        self.file.read_to_end(&mut rest).map_err(WalError::io("read", &self.path))?;
        self.offset += rest.len() as u64;
        Ok(rest)
    }

    /// True when nothing but zeros follows.
    fn rest_is_empty(&mut self) -> Result<bool, WalError> {
        let mut buffer = vec![0; 1 << 16];
        loop {
            let got = self.file.read(&mut buffer).map_err(WalError::io("read", &self.path))?;
            let read = buffer.get(..got).unwrap_or_default();
            if got == 0 || read.iter().any(|byte| *byte != 0) {
                return Ok(got == 0);
            }
        }
    }

    fn damaged<T>(&self, back: u64, what: &'static str) -> Result<T, WalError> {
        Err(WalError::Damaged { path: self.path.clone(), offset: self.offset.saturating_sub(back), what })
    }
}

/// True if `bytes` begin as `expected` does and end with zeros: what a write leaves that did not finish. Beyond the end of
/// `expected`, anything goes.
fn is_begun(bytes: &[u8], expected: &[u8]) -> bool {
    let end = bytes.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1);
    bytes.iter().take(end).zip(expected).all(|(a, b)| a == b)
}
