//! Encryption on the way: each object becomes an `age` file that the ordinary `age` tool opens, without us.
//!
//! What it is for: recipients are public keys (`age1...`, X25519; `age1tagpq1...`, hybrid with ML-KEM-768, opt-in). The private
//! side never comes here. The manifest keeps the hashes of both, of what was read and of what arrived.
//!
//! What it deliberately does not do: names, metadata and tags stay in clear; they must be readable for the store.
//!
//! Specification: age-encryption.org/v1 (C2SP), through the `age` crate.

use std::{
    fmt,
    io::{self, Write as _},
    sync::{Arc, Mutex, PoisonError},
};

use bytes::Bytes;

/// Bytes of plain text in one chunk of the format, and what a chunk grows by.
const CHUNK: u64 = 64 << 10;
const TAG: u64 = 16;

/// Who can open what was encrypted.
#[derive(Clone)]
pub struct Seal {
    recipients: Arc<Vec<Box<dyn age::Recipient + Send + Sync>>>,
}

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Seal").field("recipients", &self.recipients.len()).finish()
    }
}

/// A recipient that is none, or recipients that do not go together.
#[derive(Clone, Debug, thiserror::Error)]
pub enum SealError {
    /// Not a recipient.
    #[error("`{text}` is no recipient: {why}; `age-keygen` prints one that begins with `age1`")]
    Recipient {
        /// As given.
        text: String,
        /// Why.
        why: String,
    },
    /// Several kinds.
    #[error("the recipients cannot be used together: {0}")]
    Together(String),
}

impl Seal {
    /// For these recipients; nothing for none.
    pub fn new(recipients: &[String]) -> Result<Option<Self>, SealError> {
        let mut all: Vec<Box<dyn age::Recipient + Send + Sync>> = Vec::new();
        for text in recipients {
            let wrong = |why: &dyn fmt::Display| SealError::Recipient { text: text.clone(), why: why.to_string() };
            if text.starts_with("age1tagpq1") {
                all.push(Box::new(text.parse::<age::tagpq::Recipient>().map_err(|e| wrong(&e))?));
            } else {
                all.push(Box::new(text.parse::<age::x25519::Recipient>().map_err(|e| wrong(&e))?));
            }
        }
        if all.is_empty() {
            return Ok(None);
        }
        let seal = Self { recipients: Arc::new(all) };
        // Recipients that exclude each other are found before anything moves.
        seal.begin(0).map_err(|e| SealError::Together(e.to_string()))?;
        Ok(Some(seal))
    }

    /// Begins to encrypt an object of so many bytes.
    pub(crate) fn begin(&self, plain: u64) -> io::Result<Sealing> {
        let recipients = self.recipients.iter().map(|r| &**r as &dyn age::Recipient);
        let encryptor = age::Encryptor::with_recipients(recipients).map_err(io::Error::other)?;
        let out = Out::default();
        let writer = encryptor.wrap_output(out.clone())?;
        let head = out.len();
        let size = head + plain + TAG * plain.div_ceil(CHUNK).max(1);
        Ok(Sealing { writer, out, size })
    }
}

/// An object that is being encrypted.
pub(crate) struct Sealing {
    writer: age::stream::StreamWriter<Out>,
    out: Out,
    size: u64,
}

impl Sealing {
    /// Bytes that it will have.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Takes plain bytes.
    pub(crate) fn write(&mut self, plain: &[u8]) -> io::Result<()> {
        self.writer.write_all(plain)
    }

    /// Hands out what is ready.
    pub(crate) fn ready(&self) -> Bytes {
        self.out.take()
    }

    /// Ends it and hands out the rest.
    pub(crate) fn finish(self) -> io::Result<Bytes> {
        let out = self.out.clone();
        self.writer.finish()?;
        Ok(out.take())
    }
}

#[derive(Clone, Default)]
struct Out(Arc<Mutex<Vec<u8>>>);

impl Out {
    fn len(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len() as u64
    }

    fn take(&self) -> Bytes {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).into()
    }
}

impl io::Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {

    use std::io::Read as _;

    use super::*;

    #[test]
    fn the_size_is_known_beforehand_and_the_key_opens_it() {
        let identity = age::x25519::Identity::generate();
        let seal = Seal::new(&[identity.to_public().to_string()]).unwrap().unwrap();
        for size in [0_usize, 1, 65_535, 65_536, 65_537, 200_000] {
            let plain: Vec<u8> = (0..size).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let mut sealing = seal.begin(size as u64).unwrap();
            let expected = sealing.size();
            let mut all = Vec::new();
            for piece in plain.chunks(1000) {
                sealing.write(piece).unwrap();
                all.extend_from_slice(&sealing.ready());
            }
            all.extend_from_slice(&sealing.finish().unwrap());
            assert_eq!(all.len() as u64, expected, "{size}");
            let decryptor = age::Decryptor::new(all.as_slice()).unwrap();
            let mut back = Vec::new();
            decryptor
                .decrypt(std::iter::once(&identity as &dyn age::Identity))
                .unwrap()
                .read_to_end(&mut back)
                .unwrap();
            assert!(back == plain);
        }
    }

    #[test]
    fn what_is_no_recipient_is_told() {
        assert!(Seal::new(&[]).unwrap().is_none());
        assert!(matches!(Seal::new(&["age1nonsense".to_owned()]), Err(SealError::Recipient { .. })));
    }
}
