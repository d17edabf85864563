//! Bodies: bytes on their way in ([`ByteStream`]) and out ([`Payload`]). Bounded memory: nothing here collects by itself.

use std::{
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_core::Stream;

use crate::{Checksum, Hasher, Key, ReadError};

type Pieces<E> = Pin<Box<dyn Stream<Item = Result<Bytes, E>> + Send>>;

/// The bytes of an object as they arrive. Ends with an error unless exactly the announced length came, and unless the
/// store's checksum, where it gave one, matches.
pub struct ByteStream {
    pieces: Pieces<ReadError>,
    expected: u64,
    got: u64,
    verify: Option<(Hasher, Checksum)>,
    place: String,
    key: Key,
    over: bool,
}

impl fmt::Debug for ByteStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ByteStream").field("expected", &self.expected).field("got", &self.got).finish_non_exhaustive()
    }
}

impl ByteStream {
    /// A body of `expected` bytes.
    pub fn new(
        (place, key): (&str, &Key),
        expected: u64,
        pieces: impl Stream<Item = Result<Bytes, ReadError>> + Send + 'static,
    ) -> Self {
        Self {
            pieces: Box::pin(pieces),
            expected,
            got: 0,
            verify: None,
            place: place.to_owned(),
            key: key.clone(),
            over: false,
        }
    }

    /// Compares the whole body with a full checksum.
    #[must_use]
    pub fn verified(mut self, sum: Checksum) -> Self {
        self.verify = Hasher::new(sum.algorithm).map(|hasher| (hasher, sum));
        self
    }

    /// A body that is at hand.
    pub fn ready(place: (&str, &Key), bytes: Bytes) -> Self {
        let len = bytes.len() as u64;
        Self::new(place, len, Once(Some(bytes)))
    }

    /// True when the bytes are compared with a checksum of the store while they are read.
    pub fn is_verified(&self) -> bool {
        self.verify.is_some()
    }

    /// Bytes still to come.
    pub fn left(&self) -> u64 {
        self.expected.saturating_sub(self.got)
    }

    /// The next piece.
    pub async fn next(&mut self) -> Option<Result<Bytes, ReadError>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All pieces, without joining them. The caller knows the length and that it fits into memory.
    pub async fn pieces(mut self) -> Result<Vec<Bytes>, ReadError> {
        let mut all = Vec::new();
        while let Some(piece) = self.next().await {
            all.push(piece?);
        }
        Ok(all)
    }

    /// All bytes in one piece.
    pub async fn bytes(self) -> Result<Bytes, ReadError> {
        let len = usize::try_from(self.expected).unwrap_or(0).min(64 << 20);
        let mut pieces = self.pieces().await?;
        if pieces.len() == 1 {
            return Ok(pieces.pop().unwrap_or_default());
        }
        let mut all = Vec::with_capacity(len);
        for piece in pieces {
            all.extend_from_slice(&piece);
        }
        Ok(all.into())
    }

    fn end(&mut self) -> Option<ReadError> {
        if self.got < self.expected {
            return Some(self.truncated());
        }
        let (hasher, expected) = self.verify.take()?;
        let found = hasher.finish();
        (found != expected).then(|| ReadError::Damaged {
            place: self.place.clone(),
            key: self.key.clone(),
            expected: expected.to_string(),
            found: found.to_string(),
        })
    }

    fn truncated(&self) -> ReadError {
        let (place, key) = (self.place.clone(), self.key.clone());
        ReadError::Truncated { place, key, expected: self.expected, got: self.got }
    }
}

impl Stream for ByteStream {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.over {
            return Poll::Ready(None);
        }
        let item = match self.pieces.as_mut().poll_next(cx) {
            Poll::Pending => return Poll::Pending,
            Poll::Ready(item) => item,
        };
        Poll::Ready(match item {
            Some(Ok(piece)) => {
                self.got += piece.len() as u64;
                if self.got > self.expected {
                    self.over = true;
                    return Poll::Ready(Some(Err(self.truncated())));
                }
                if let Some((hasher, _)) = &mut self.verify {
                    hasher.update(&piece);
                }
                Some(Ok(piece))
            }
            Some(Err(e)) => {
                self.over = true;
                Some(Err(e))
            }
            None => {
                self.over = true;
                self.end().map(Err)
            }
        })
    }
}

struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().filter(|b| !b.is_empty()).map(Ok))
    }
}

/// The bytes of an object on their way out.
pub struct Payload {
    len: u64,
    pub(crate) kind: PayloadKind,
}

pub(crate) enum PayloadKind {
    /// At hand: can be sent again.
    Segments(Vec<Bytes>),
    /// Can be sent once.
    Stream(Pieces<crate::error::Cause>),
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Payload").field("len", &self.len).finish_non_exhaustive()
    }
}

impl Payload {
    /// No bytes.
    pub fn empty() -> Self {
        Self { len: 0, kind: PayloadKind::Segments(Vec::new()) }
    }

    /// Pieces at hand, not joined.
    pub fn segments(pieces: Vec<Bytes>) -> Self {
        let len = pieces.iter().map(|p| p.len() as u64).sum();
        Self { len, kind: PayloadKind::Segments(pieces) }
    }

    /// Bytes that will come: exactly `len` of them.
    pub fn stream<E: Into<crate::error::Cause>>(
        len: u64,
        pieces: impl Stream<Item = Result<Bytes, E>> + Send + 'static,
    ) -> Self {
        Self { len, kind: PayloadKind::Stream(Box::pin(MapError(Box::pin(pieces)))) }
    }

    /// Sends on what is read.
    pub fn from_body(body: ByteStream) -> Self {
        Self::stream(body.left(), body)
    }

    /// Its length.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// True for no bytes.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The same again, where the bytes are at hand; cheap.
    pub fn again(&self) -> Option<Self> {
        match &self.kind {
            PayloadKind::Segments(pieces) => Some(Self { len: self.len, kind: PayloadKind::Segments(pieces.clone()) }),
            PayloadKind::Stream(_) => None,
        }
    }

    /// The pieces, where they are at hand.
    pub fn as_segments(&self) -> Option<&[Bytes]> {
        match &self.kind {
            PayloadKind::Segments(pieces) => Some(pieces),
            PayloadKind::Stream(_) => None,
        }
    }

    /// The next piece, for writers that are no network.
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, crate::error::Cause>> {
        match &mut self.kind {
            PayloadKind::Segments(pieces) if pieces.is_empty() => None,
            PayloadKind::Segments(pieces) => Some(Ok(pieces.remove(0))),
            PayloadKind::Stream(stream) => std::future::poll_fn(|cx| stream.as_mut().poll_next(cx)).await,
        }
    }
}

impl From<Bytes> for Payload {
    fn from(bytes: Bytes) -> Self {
        Self::segments(vec![bytes])
    }
}

impl From<Vec<u8>> for Payload {
    fn from(bytes: Vec<u8>) -> Self {
        Bytes::from(bytes).into()
    }
}

struct MapError<S>(Pin<Box<S>>);

impl<S: Stream<Item = Result<Bytes, E>>, E: Into<crate::error::Cause>> Stream for MapError<S> {
    type Item = Result<Bytes, crate::error::Cause>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx).map(|item| item.map(|result| result.map_err(Into::into)))
    }
}

/// A body that was to be sent had another length than announced.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body to send had {got} of {expected} bytes")]
pub(crate) struct WrongLength {
    pub(crate) expected: u64,
    pub(crate) got: u64,
}
