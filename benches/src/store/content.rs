//! Bytes of objects: cut from one pool, or kept in pieces.

use std::{
    collections::HashMap,
    io,
    net::TcpStream,
    ops::Range,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;
use md5::{Digest as _, Md5};

use crate::{
    sums::Sum,
    text::mix,
    wire::fast::{Shared, send_more},
};

/// Length of the pool.
const POOL: usize = 64 << 20;
/// Objects begin at one of so many places of the pool.
const STARTS: u64 = 16;
/// Bytes at the beginning of every object that are its own.
const OWN: usize = 16;
/// Up to here, computing a sum anew is quicker than combining two: that takes 80 microseconds.
const DIRECT_MAX: u64 = 2 << 20;
/// Larger objects have no checksum: computing it would take minutes.
const SUMMED_MAX: u64 = 64 << 30;

/// Random bytes that all generated objects are cut from. What lies beyond its end begins again.
#[derive(Debug)]
pub(crate) struct Pool {
    bytes: Bytes,
    shared: Shared,
    crcs: Mutex<HashMap<(u64, u64), u64>>,
}

impl Pool {
    /// The same bytes for the same seed.
    pub(crate) fn new(seed: u64) -> Arc<Self> {
        let mut bytes = Vec::with_capacity(POOL);
        let mut number = mix(seed);
        while bytes.len() < POOL {
            number = mix(number);
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        let shared = Shared::new(&bytes);
        Arc::new(Self { bytes: bytes.into(), shared, crcs: Mutex::default() })
    }

    fn len(&self) -> u64 {
        self.bytes.len() as u64
    }

    /// Every stretch of `range`, whose bytes may lie beyond the end of the pool.
    fn stretches(&self, range: Range<u64>, mut each: impl FnMut(u64, &[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut at = range.start;
        while at < range.end {
            let from = at % self.len();
            let len = (range.end - at).min(self.len() - from);
            let (start, end) = (index(from), index(from + len));
            each(from, self.bytes.get(start..end).unwrap_or_default())?;
            at += len;
        }
        Ok(())
    }

    /// The CRC-64/NVME of `len` bytes from `start`, computed once.
    fn crc(&self, start: u64, len: u64) -> u64 {
        let kept = || self.crcs.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(found) = kept().get(&(start, len)) {
            return *found;
        }
        let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
        let _ = self.stretches(start..start + len, |_, bytes| {
            digest.update(bytes);
            Ok(())
        });
        let found = digest.finalize();
        let mut kept = kept();
        if kept.len() > 100_000 {
            kept.clear();
        }
        kept.insert((start, len), found);
        found
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// An object's bytes.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    /// Own bytes, then the pool.
    Pooled { pool: Arc<Pool>, own: [u8; OWN], start: u64, len: u64 },
    /// Kept, in pieces.
    Kept { pieces: Arc<[Bytes]>, len: u64 },
    /// Counted and dropped.
    Dropped { len: u64 },
}

impl Content {
    /// Object `number` of a seed.
    pub(crate) fn generated(pool: &Arc<Pool>, seed: u64, number: u64, len: u64) -> Self {
        let mut own = [0; OWN];
        for (to, from) in own.iter_mut().zip(seed.to_le_bytes().into_iter().chain(number.to_le_bytes())) {
            *to = from;
        }
        let start = mix(seed ^ number) % STARTS * (pool.len() / STARTS);
        Self::Pooled { pool: pool.clone(), own, start, len }
    }

    /// Bytes at hand.
    pub(crate) fn bytes(bytes: impl Into<Bytes>) -> Self {
        let bytes = bytes.into();
        let len = bytes.len() as u64;
        Self::Kept { pieces: [bytes].into(), len }
    }

    /// Bytes in pieces.
    pub(crate) fn pieces(pieces: Vec<Bytes>) -> Self {
        let len = pieces.iter().map(|p| p.len() as u64).sum();
        Self::Kept { pieces: pieces.into(), len }
    }

    /// How many.
    pub(crate) fn len(&self) -> u64 {
        match self {
            Self::Pooled { len, .. } | Self::Kept { len, .. } | Self::Dropped { len } => *len,
        }
    }

    /// False where the bytes are gone.
    pub(crate) fn is_there(&self) -> bool {
        !matches!(self, Self::Dropped { len } if *len > 0)
    }

    /// Appends the bytes of `range`.
    pub(crate) fn append(&self, out: &mut Vec<u8>, range: Range<u64>) {
        let _ = self.walk(range, |_, bytes| {
            out.extend_from_slice(bytes);
            Ok(())
        });
    }

    /// Sends the bytes of `range`, from the page cache where they lie there.
    pub(crate) fn send(&self, to: &TcpStream, range: Range<u64>) -> io::Result<()> {
        let shared = match self {
            Self::Pooled { pool, .. } => Some(&pool.shared),
            _ => None,
        };
        self.walk(range, |place, bytes| {
            if let (Some(shared), Some(place)) = (shared, place)
                && shared.send(to, place, bytes.len())?
            {
                return Ok(());
            }
            send_more(to, bytes)
        })
    }

    /// Every stretch of `range`, with its place in the pool where it has one.
    fn walk(&self, range: Range<u64>, mut each: impl FnMut(Option<u64>, &[u8]) -> io::Result<()>) -> io::Result<()> {
        match self {
            Self::Pooled { pool, own, start, len } => {
                let (from, to) = (range.start.min(*len), range.end.min(*len));
                let head = own.get(index(from).min(OWN)..index(to).min(OWN)).unwrap_or_default();
                if !head.is_empty() {
                    each(None, head)?;
                }
                let own = OWN as u64;
                let rest = start + from.max(own) - own..start + to.max(own) - own;
                pool.stretches(rest, |place, bytes| each(Some(place), bytes))
            }
            Self::Kept { pieces, .. } => {
                let mut at = 0;
                for piece in pieces.iter() {
                    let (begin, end) = (at, at + piece.len() as u64);
                    at = end;
                    let (from, to) = (range.start.max(begin), range.end.min(end));
                    if from < to {
                        each(None, piece.get(index(from - begin)..index(to - begin)).unwrap_or_default())?;
                    }
                }
                Ok(())
            }
            Self::Dropped { .. } => Ok(()),
        }
    }

    /// Its CRC-64/NVME. Nothing where the bytes are gone, or too many.
    pub(crate) fn crc64(&self) -> Option<Sum> {
        match self {
            Self::Pooled { len, .. } if *len <= DIRECT_MAX => {
                let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
                let _ = self.walk(0..*len, |_, bytes| {
                    digest.update(bytes);
                    Ok(())
                });
                Some(Sum::crc64(digest.finalize()))
            }
            Self::Pooled { pool, own, start, len } if *len <= SUMMED_MAX => {
                let head = Sum::crc64(crc64(own.get(..index(*len).min(OWN)).unwrap_or_default()));
                let rest = len.saturating_sub(OWN as u64);
                if rest == 0 {
                    return Some(head);
                }
                head.then(&Sum::crc64(pool.crc(*start, rest)), rest)
            }
            Self::Kept { pieces, .. } => {
                let mut digest = crc_fast::Digest::new(crc_fast::CrcAlgorithm::Crc64Nvme);
                pieces.iter().for_each(|p| digest.update(p));
                Some(Sum::crc64(digest.finalize()))
            }
            Self::Pooled { .. } | Self::Dropped { .. } => None,
        }
    }

    /// Its MD5.
    pub(crate) fn md5(&self) -> [u8; 16] {
        let mut digest = Md5::new();
        let _ = self.walk(0..self.len(), |_, bytes| {
            digest.update(bytes);
            Ok(())
        });
        digest.finalize().into()
    }
}

fn crc64(bytes: &[u8]) -> u64 {
    crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Nvme, bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use super::*;

    static SOME: LazyLock<Arc<Pool>> = LazyLock::new(|| Pool::new(1));

    fn all(content: &Content) -> Vec<u8> {
        let mut out = Vec::new();
        content.append(&mut out, 0..content.len());
        out
    }

    #[test]
    fn sums_and_ranges_agree_with_the_bytes() {
        for len in [0, 1, 15, 16, 17, 1000, 16_384, 5 << 20, 65 << 20] {
            for number in [0, 5] {
                let content = Content::generated(&SOME, 3, number, len);
                let bytes = all(&content);
                assert_eq!(bytes.len() as u64, len);
                assert_eq!(content.crc64().unwrap(), Sum::crc64(crc64(&bytes)), "{len}");
                assert_eq!(content.md5(), <[u8; 16]>::from(Md5::digest(&bytes)));
                for range in [0..1, 7..20, 16..17, 10..len, len / 2..len] {
                    let range = range.start.min(len)..range.end.min(len);
                    let mut part = Vec::new();
                    content.append(&mut part, range.clone());
                    assert_eq!(bytes.get(index(range.start)..index(range.end.max(range.start))), Some(part.as_slice()));
                }
            }
        }
    }

    #[test]
    fn objects_differ_and_repeat() {
        let one = all(&Content::generated(&SOME, 1, 1, 100));
        assert_ne!(one, all(&Content::generated(&SOME, 1, 2, 100)));
        assert_ne!(one, all(&Content::generated(&SOME, 2, 1, 100)));
        assert_eq!(one, all(&Content::generated(&Pool::new(1), 1, 1, 100)));
    }

    #[test]
    fn pieces_are_one_object() {
        let content = Content::pieces(vec![Bytes::from_static(b"abc"), Bytes::new(), Bytes::from_static(b"defg")]);
        assert_eq!(all(&content), b"abcdefg");
        let mut part = Vec::new();
        content.append(&mut part, 2..5);
        assert_eq!(part, b"cde");
        assert_eq!(content.crc64(), Content::bytes(b"abcdefg".to_vec()).crc64());
    }
}
