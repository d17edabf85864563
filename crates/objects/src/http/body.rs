//! Bodies on the wire: out with framing, progress and limits; in with a watch for stalls.

use std::{
    collections::VecDeque,
    fmt,
    future::Future as _,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::{Buf as _, Bytes};
use flagstate_sigv4::Framing;
use futures_core::Stream;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep};

use crate::{
    Algorithm, Hasher, Payload, ReadError, RequestError,
    error::Cause,
    limiter::Limiter,
    stream::{PayloadKind, WrongLength},
};

/// Size of a chunk in chunked bodies.
const CHUNK: u64 = 256 << 10;
/// Largest piece handed to the socket: keeps limits and progress smooth.
const PIECE: usize = 1 << 20;

/// Bytes that went out so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress(Arc<AtomicU64>);

impl Progress {
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }

    fn add(&self, n: usize) {
        self.0.fetch_add(n as u64, Ordering::Relaxed);
    }
}

/// Builds outgoing bodies for one client.
pub(crate) struct Build {
    pub(crate) limiter: Arc<Limiter>,
}

impl Build {
    pub(crate) fn bytes(self, bytes: Bytes) -> Outgoing {
        self.payload(bytes.into())
    }

    pub(crate) fn payload(self, payload: Payload) -> Outgoing {
        let len = payload.len();
        Outgoing { wire_len: len, ..self.base(payload, len) }
    }

    /// A body in unsigned chunks with its checksum behind it.
    pub(crate) fn chunked(self, payload: Payload, algorithm: Algorithm) -> Outgoing {
        let len = payload.len();
        let name = format!("x-amz-checksum-{}", algorithm.name());
        let value_len = (algorithm.size().div_ceil(3) * 4) as u64;
        let wire_len = Framing::Unsigned.wire_len(len, CHUNK, &[(name.as_str(), value_len)]);
        let chunks = Chunks { hasher: Hasher::new(algorithm), name, in_chunk: 0, ended: false };
        Outgoing { wire_len, chunks: Some(Box::new(chunks)), ..self.base(payload, len) }
    }

    fn base(self, payload: Payload, len: u64) -> Outgoing {
        Outgoing {
            open_end: matches!(payload.kind, PayloadKind::Stream(_)),
            source: payload.kind,
            queue: VecDeque::new(),
            left: len,
            len,
            wire_len: 0,
            wire_left: None,
            chunks: None,
            progress: Progress::default(),
            limiter: self.limiter,
            pause: None,
        }
    }
}

struct Chunks {
    hasher: Option<Hasher>,
    name: String,
    in_chunk: u64,
    ended: bool,
}

/// A body on its way out. Its length is always known.
pub(crate) struct Outgoing {
    source: PayloadKind,
    /// Pieces that are framed and can go.
    queue: VecDeque<Bytes>,
    /// Bytes of the payload still to come.
    left: u64,
    /// The last bytes wait until the source has said that it ended well: what turns out damaged or too long at its end
    /// must not become an object.
    open_end: bool,
    len: u64,
    wire_len: u64,
    wire_left: Option<u64>,
    chunks: Option<Box<Chunks>>,
    progress: Progress,
    limiter: Arc<Limiter>,
    pause: Option<Pin<Box<Sleep>>>,
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outgoing").field("wire_len", &self.wire_len).field("left", &self.left).finish_non_exhaustive()
    }
}

impl Outgoing {
    pub(crate) fn progress(&self) -> Progress {
        self.progress.clone()
    }

    /// What `content-length` says.
    pub(crate) fn wire_len(&self) -> u64 {
        self.wire_len
    }

    fn wire_left(&self) -> u64 {
        self.wire_left.unwrap_or(self.wire_len)
    }

    /// The next piece of the payload, cut to what is left of it.
    fn poll_source(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Cause>>> {
        let (len, got) = (self.len, self.len - self.left);
        let piece = match &mut self.source {
            PayloadKind::Segments(pieces) if pieces.is_empty() => None,
            PayloadKind::Segments(pieces) => Some(pieces.remove(0)),
            PayloadKind::Stream(stream) => match ready!(stream.as_mut().poll_next(cx)) {
                Some(Ok(piece)) => Some(piece),
                Some(Err(e)) => return Poll::Ready(Some(Err(e))),
                None => None,
            },
        };
        let Some(piece) = piece else {
            let ended = (self.left > 0).then(|| Err(WrongLength { expected: len, got }.into()));
            return Poll::Ready(ended);
        };
        let size = piece.len() as u64;
        if size == 0 {
            return Poll::Ready(Some(Ok(piece)));
        }
        if size > self.left {
            return Poll::Ready(Some(Err(WrongLength { expected: len, got: got + size }.into())));
        }
        self.left -= size;
        Poll::Ready(Some(Ok(piece)))
    }

    /// Frames a piece into the queue.
    fn frame(&mut self, mut piece: Bytes) {
        let Some(chunks) = &mut self.chunks else {
            self.queue.push_back(piece);
            return;
        };
        if let Some(hasher) = &mut chunks.hasher {
            hasher.update(&piece);
        }
        while piece.has_remaining() {
            if chunks.in_chunk == 0 {
                // The payload's bytes before this piece's remainder are all framed.
                let ahead = self.left + piece.len() as u64;
                chunks.in_chunk = ahead.min(CHUNK);
                let head = Framing::Unsigned.head(usize::try_from(chunks.in_chunk).unwrap_or(0), None);
                self.queue.push_back(head.into());
            }
            let take = usize::try_from(chunks.in_chunk).unwrap_or(usize::MAX).min(piece.len());
            self.queue.push_back(piece.split_to(take));
            chunks.in_chunk -= take as u64;
            if chunks.in_chunk == 0 {
                self.queue.push_back(Bytes::from_static(b"\r\n"));
            }
        }
    }

    /// The last chunk and the trailing header, once.
    fn end(&mut self) {
        let Some(chunks) = self.chunks.as_mut().filter(|c| !c.ended) else { return };
        chunks.ended = true;
        let sum = chunks.hasher.take().map(|h| h.finish().base64()).unwrap_or_default();
        self.queue.push_back(format!("{}{}:{sum}\r\n\r\n", Framing::Unsigned.head(0, None), chunks.name).into());
    }

    /// Waits while the limiter says so.
    fn poll_pause(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        Poll::Ready(())
    }

    fn send(&mut self, piece: Bytes) -> Frame<Bytes> {
        self.progress.add(piece.len());
        let wait = self.limiter.take(piece.len());
        if !wait.is_zero() {
            self.pause = Some(Box::pin(sleep(wait)));
        }
        self.wire_left = Some(self.wire_left().saturating_sub(piece.len() as u64));
        Frame::data(piece)
    }
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = Cause;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Cause>>> {
        ready!(self.poll_pause(cx));
        loop {
            let hold = self.left == 0 && self.open_end;
            if let Some(mut piece) = if hold { None } else { self.queue.pop_front() } {
                if piece.len() > PIECE {
                    let rest = piece.split_off(PIECE);
                    self.queue.push_front(rest);
                }
                return Poll::Ready(Some(Ok(self.send(piece))));
            }
            match ready!(self.poll_source(cx)) {
                Some(Ok(piece)) => self.frame(piece),
                Some(Err(e)) => return Poll::Ready(Some(Err(e))),
                None => {
                    self.open_end = false;
                    self.end();
                    if self.queue.is_empty() {
                        return Poll::Ready(None);
                    }
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.wire_left() == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.wire_left())
    }
}

/// What can happen to a body on its way in.
#[derive(Debug)]
pub(crate) enum BodyError {
    Broken(Cause),
    Stalled(Duration),
}

impl BodyError {
    pub(crate) fn into_request_error(self, place: &str) -> RequestError {
        let place = place.to_owned();
        match self {
            Self::Broken(cause) => RequestError::Broken { place, cause },
            Self::Stalled(after) => RequestError::Stalled { place, after },
        }
    }
}

/// A body on its way in.
pub(crate) struct Pieces {
    body: Incoming,
    stall: Duration,
    timer: Pin<Box<Sleep>>,
    limiter: Arc<Limiter>,
    pause: Option<Pin<Box<Sleep>>>,
}

pub(crate) fn incoming(body: Incoming, stall: Duration, limiter: Arc<Limiter>) -> Pieces {
    Pieces { body, stall, timer: Box::pin(sleep(stall)), limiter, pause: None }
}

impl Pieces {
    pub(crate) async fn next(&mut self) -> Option<Result<Bytes, BodyError>> {
        std::future::poll_fn(|cx| self.poll(cx)).await
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, BodyError>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(cx));
            self.pause = None;
        }
        loop {
            match Pin::new(&mut self.body).poll_frame(cx) {
                Poll::Pending => {
                    ready!(self.timer.as_mut().poll(cx));
                    return Poll::Ready(Some(Err(BodyError::Stalled(self.stall))));
                }
                Poll::Ready(None) => return Poll::Ready(None),
                Poll::Ready(Some(Err(e))) => return Poll::Ready(Some(Err(BodyError::Broken(e.into())))),
                Poll::Ready(Some(Ok(frame))) => {
                    // Trailers say nothing that we ask for.
                    let Ok(piece) = frame.into_data() else { continue };
                    let until = Instant::now() + self.stall;
                    self.timer.as_mut().reset(until);
                    let wait = self.limiter.take(piece.len());
                    if !wait.is_zero() {
                        self.pause = Some(Box::pin(sleep(wait)));
                    }
                    return Poll::Ready(Some(Ok(piece)));
                }
            }
        }
    }

    /// As the stream of an object's body.
    pub(crate) fn of_object(self, place: &str) -> ObjectPieces {
        ObjectPieces { pieces: self, place: place.to_owned() }
    }
}

pub(crate) struct ObjectPieces {
    pieces: Pieces,
    place: String,
}

impl Stream for ObjectPieces {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = ready!(self.pieces.poll(cx));
        Poll::Ready(item.map(|r| r.map_err(|e| ReadError::Request(e.into_request_error(&self.place)))))
    }
}
