//! Reading files. A file that changes while it is read is an error, not a mixture.

use std::{
    collections::BTreeMap,
    fs::{File, Metadata},
    io,
    os::unix::fs::FileExt as _,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;
use tokio::task::JoinHandle;

use super::{Inner, Local, etag, modified, stat};
use crate::{At, ByteStream, Details, Entry, Get, Got, Key, Kind, Properties, ReadError};

/// Bytes of one read.
const PIECE: u64 = 256 << 10;

/// What a file says of itself.
pub(super) fn entry(key: &Key, meta: &Metadata) -> Entry {
    Entry {
        key: key.clone(),
        size: meta.len(),
        etag: Some(etag(meta)),
        modified: modified(meta),
        version: None,
        current: true,
        kind: Kind::Object,
        class: None,
        details: None,
    }
}

/// A piece, and whether the file is still the same.
type Reading = JoinHandle<io::Result<(Vec<u8>, bool)>>;

impl Inner {
    pub(super) fn full(&self, key: &Key, meta: &Metadata) -> Entry {
        let entry = entry(key, meta);
        let record = entry.etag.as_ref().and_then(|e| self.record(key, e));
        let (properties, checksum) = record.map_or((Properties::default(), None), |r| (r.properties, r.checksum));
        let details = Details {
            tag_count: u32::try_from(properties.tags.len()).ok(),
            properties,
            has_metadata: true,
            checksums: checksum.into_iter().collect(),
            ..Details::default()
        };
        Entry { details: Some(Box::new(details)), ..entry }
    }

    /// The file of a key, opened, in the state that was asked for.
    fn open(&self, key: &Key, wanted: Option<&crate::ETag>, versioned: bool) -> Result<(File, Metadata), ReadError> {
        let missing = || ReadError::NotFound { place: self.place.clone(), key: key.clone() };
        let path = self.path(key).filter(|_| !versioned).ok_or_else(missing)?;
        let disk = |e| ReadError::Request(self.disk("reading", e));
        // A link or a folder is no object.
        stat(&path).map_err(disk)?.ok_or_else(missing)?;
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(missing()),
            Err(e) => return Err(disk(e)),
        };
        let meta = file.metadata().map_err(disk)?;
        if wanted.is_some_and(|w| *w != etag(&meta)) {
            return Err(ReadError::Changed { place: self.place.clone(), key: key.clone() });
        }
        Ok((file, meta))
    }
}

pub(super) async fn head(local: &Local, at: At<'_>) -> Result<Entry, ReadError> {
    let (key, wanted, versioned) = (at.key.clone(), at.if_match.cloned(), at.version.is_some());
    local.blocking(move |i| i.open(&key, wanted.as_ref(), versioned).map(|(_, meta)| i.full(&key, &meta))).await?
}

pub(super) async fn tags(local: &Local, at: At<'_>) -> Result<BTreeMap<String, String>, ReadError> {
    Ok(head(local, at).await?.details.map(|d| d.properties.tags).unwrap_or_default())
}

pub(super) async fn get(local: &Local, at: At<'_>, ask: Get) -> Result<Got, ReadError> {
    let (key, wanted, versioned) = (at.key.clone(), at.if_match.cloned(), at.version.is_some());
    let opened = local.blocking(move |i| {
        let (file, meta) = i.open(&key, wanted.as_ref(), versioned)?;
        let entry = i.full(&key, &meta);
        Ok::<_, ReadError>((file, entry))
    });
    let (file, entry) = opened.await??;
    let range = ask.range.clone().map_or(0..entry.size, |r| r.start..r.end.min(entry.size));
    if ask.range.is_some() && range.start >= range.end {
        return Err(ReadError::OutOfRange { place: local.inner.place.clone(), key: at.key.clone() });
    }
    let pieces = Pieces {
        inner: local.inner.clone(),
        file: Arc::new(file),
        key: at.key.clone(),
        entry: entry.clone(),
        next: range.start,
        end: range.end,
        reading: None,
        over: false,
    };
    let mut body = ByteStream::new((&local.inner.place, at.key), range.end - range.start, pieces);
    let sum = entry.details.as_ref().and_then(|d| d.checksums.first().copied());
    if let Some(sum) = sum.filter(|_| ask.checksum && range == (0..entry.size)) {
        body = body.verified(sum);
    }
    Ok(Got { entry, range, body })
}

/// A file piece by piece, each read where it stops nobody.
struct Pieces {
    inner: Arc<Inner>,
    file: Arc<File>,
    key: Key,
    entry: Entry,
    next: u64,
    end: u64,
    reading: Option<Reading>,
    over: bool,
}

impl Pieces {
    /// Starts reading the next piece; the last one also says whether the file is still the same.
    fn start(&mut self) -> Reading {
        let (file, offset) = (self.file.clone(), self.next);
        let size = usize::try_from(PIECE.min(self.end - self.next)).unwrap_or(0);
        let last = self.next + size as u64 >= self.end;
        let wanted = self.entry.etag.clone();
        self.next += size as u64;
        let pause = self.inner.pace.as_ref().map(|limiter| limiter.take(size.saturating_mul(2)));
        tokio::task::spawn_blocking(move || {
            // Here nobody else waits.
            std::thread::sleep(pause.unwrap_or_default());
            let mut bytes = vec![0; size];
            let mut got = 0;
            while got < size {
                let rest = bytes.get_mut(got..).unwrap_or_default();
                match file.read_at(rest, offset + got as u64)? {
                    0 => break,
                    n => got += n,
                }
            }
            bytes.truncate(got);
            let same = !last || wanted == Some(etag(&file.metadata()?));
            Ok((bytes, same))
        })
    }
}

impl Stream for Pieces {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over || (self.reading.is_none() && self.next >= self.end) {
            return Poll::Ready(None);
        }
        let mut reading = match self.reading.take() {
            Some(reading) => reading,
            None => self.start(),
        };
        let done = match Pin::new(&mut reading).poll(cx) {
            Poll::Pending => {
                self.reading = Some(reading);
                return Poll::Pending;
            }
            Poll::Ready(done) => done,
        };
        let read = done.map_err(io::Error::other).and_then(|r| r);
        Poll::Ready(Some(match read {
            Ok((bytes, true)) if !bytes.is_empty() => Ok(bytes.into()),
            Ok(_) => {
                self.over = true;
                Err(ReadError::Changed { place: self.inner.place.clone(), key: self.key.clone() })
            }
            Err(e) => {
                self.over = true;
                Err(self.inner.disk("reading", e).into())
            }
        }))
    }
}
