//! A body that is hashed while it passes.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError, atomic::Ordering},
    task::{Context, Poll},
};

use bytes::Bytes;
use flagstate_objects::{ByteStream, ReadError};
use futures_core::Stream;

use crate::{
    ends::Meter,
    hash::{PartHasher, Whole},
};

/// What takes the bytes.
pub(super) trait Takes: Send + 'static {
    fn take(&mut self, bytes: &[u8]);
}

impl Takes for Whole {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

impl Takes for PartHasher {
    fn take(&mut self, bytes: &[u8]) {
        self.update(bytes);
    }
}

/// A hasher that a passing body fills, and that is taken back when the body has passed.
#[derive(Debug)]
pub(super) struct Shared<H>(Arc<Mutex<Option<H>>>);

impl<H: Takes> Shared<H> {
    pub(super) fn new(hasher: H) -> Self {
        Self(Arc::new(Mutex::new(Some(hasher))))
    }

    /// The hasher, with everything that passed.
    pub(super) fn back(&self) -> Option<H> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// The body, hashed as it passes.
    pub(super) fn tee(&self, body: ByteStream, meter: Arc<Meter>) -> Tee<H> {
        Tee { body, hasher: Arc::clone(&self.0), meter }
    }
}

/// A body on its way.
pub(super) struct Tee<H> {
    body: ByteStream,
    hasher: Arc<Mutex<Option<H>>>,
    meter: Arc<Meter>,
}

impl<H: Takes> Stream for Tee<H> {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let item = std::task::ready!(Pin::new(&mut self.body).poll_next(cx));
        if let Some(Ok(piece)) = &item {
            self.meter.passed.fetch_add(piece.len() as u64, Ordering::Relaxed);
            if let Some(hasher) = self.hasher.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
                hasher.take(piece);
            }
        }
        Poll::Ready(item)
    }
}
