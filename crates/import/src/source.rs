//! Opening inputs: plain, gzip or zstd; UTF-8, UTF-8 with BOM or UTF-16 with BOM. Streams, never loads.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
};

use crate::error::ImportError;

/// Deepest nesting of JSON that is read; deeper input is refused as malformed.
pub const MAX_JSON_DEPTH: usize = 128;

/// Bytes looked at for detection.
const HEAD_BYTES: usize = 64 * 1024;

/// A file to read, as often as needed.
#[derive(Debug)]
pub struct Input {
    /// As the user gave it.
    pub path: PathBuf,
    /// Size on disk in bytes.
    pub size_bytes: u64,
    compression: Compression,
    head: Vec<u8>,
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Compression {
    None,
    Gzip,
    Zstd,
}

/// The first bytes, decompressed and as text, for detection.
#[derive(Debug)]
pub struct Head<'a> {
    /// File name without folders, lower case, without `.gz` / `.zst`.
    pub name: String,
    /// Decompressed first bytes.
    pub bytes: &'a [u8],
    /// The same as text (invalid parts replaced, BOM removed, UTF-16 decoded).
    pub text: String,
}

impl Input {
    /// Opens and sniffs a file. Empty files are an error.
    pub fn open(path: &Path) -> Result<Self, ImportError> {
        let io = |cause| ImportError::Io { path: path.to_owned(), cause };
        let mut file = File::open(path).map_err(io)?;
        let size_bytes = file.metadata().map_err(io)?.len();
        let mut magic = [0_u8; 4];
        let got = read_up_to(&mut file, &mut magic).map_err(io)?;
        if got == 0 {
            return Err(ImportError::Empty { path: path.to_owned() });
        }
        let compression = match magic {
            [0x1f, 0x8b, ..] => Compression::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd] => Compression::Zstd,
            _ => Compression::None,
        };
        let mut input = Self { path: path.to_owned(), size_bytes, compression, head: Vec::new() };
        let mut head = vec![0; HEAD_BYTES];
        let got = read_up_to(&mut input.raw()?, &mut head).map_err(io)?;
        head.truncate(got);
        if head.is_empty() {
            return Err(ImportError::Empty { path: path.to_owned() });
        }
        input.head = head;
        Ok(input)
    }

    /// Decompressed bytes from the start, not decoded.
    pub fn raw(&self) -> Result<Box<dyn Read + Send>, ImportError> {
        let io = |cause| ImportError::Io { path: self.path.clone(), cause };
        let file = File::open(&self.path).map_err(io)?;
        Ok(match self.compression {
            Compression::None => Box::new(file),
            Compression::Gzip => Box::new(flate2::read::MultiGzDecoder::new(BufReader::with_capacity(1 << 20, file))),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(file).map_err(io)?),
        })
    }

    /// Text from the start as UTF-8 without BOM; UTF-16 with BOM is decoded.
    pub fn text(&self) -> Result<Box<dyn Read + Send>, ImportError> {
        let raw = self.raw()?;
        let bom = self.head.get(..3).unwrap_or(&self.head);
        Ok(match bom {
            [0xff, 0xfe, ..] | [0xfe, 0xff, ..] => Box::new(Utf16::new(raw)),
            [0xef, 0xbb, 0xbf] => {
                let mut raw = raw;
                let mut skip = [0; 3];
                raw.read_exact(&mut skip).map_err(|cause| ImportError::Io { path: self.path.clone(), cause })?;
                raw
            }
            _ => raw,
        })
    }

    /// True when the file is not compressed and can be mapped or read at offsets (Parquet needs that).
    pub fn is_plain(&self) -> bool {
        self.compression == Compression::None
    }

    /// For detection.
    pub fn head(&self) -> Head<'_> {
        let name = self.path.file_name().map(|n| n.to_string_lossy().to_lowercase()).unwrap_or_default();
        let name = name.trim_end_matches(".gz").trim_end_matches(".zst").to_owned();
        let (text, _, _) = encoding_rs::UTF_8.decode(&self.head);
        Head { name, bytes: &self.head, text: text.into_owned() }
    }

    /// Name shown to readers.
    pub fn display(&self) -> String {
        self.path.display().to_string()
    }

    /// A [`ImportError::Malformed`] for this file.
    pub fn malformed(&self, place: impl Into<String>, problem: impl Into<String>) -> ImportError {
        ImportError::Malformed { path: self.path.clone(), place: place.into(), problem: clip(problem.into()) }
    }

    /// A [`ImportError::Unusable`] for this file.
    pub fn unusable(&self, problem: impl Into<String>) -> ImportError {
        ImportError::Unusable { path: self.path.clone(), problem: clip(problem.into()) }
    }
}

/// A message that quotes an input stays readable whatever the input holds: the middle of a very long one goes.
fn clip(text: String) -> String {
    const KEPT: usize = 300;
    let count = text.chars().count();
    if count <= 2 * KEPT {
        return text;
    }
    let start: String = text.chars().take(KEPT).collect();
    let end: String = text.chars().skip(count - KEPT).collect();
    format!("{start} ... {end}")
}

fn read_up_to(reader: &mut dyn Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while let Some(rest) = buffer.get_mut(filled..).filter(|r| !r.is_empty()) {
        match reader.read(rest) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    Ok(filled)
}

/// Decodes UTF-16 with BOM while reading.
struct Utf16<R> {
    inner: R,
    decoder: encoding_rs::Decoder,
    ready: Vec<u8>,
    at: usize,
    done: bool,
}

impl<R: Read> Utf16<R> {
    fn new(inner: R) -> Self {
        // Decodes by BOM, which the caller has seen.
        Self { inner, decoder: encoding_rs::UTF_16LE.new_decoder(), ready: Vec::new(), at: 0, done: false }
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        while self.at >= self.ready.len() && !self.done {
            let mut chunk = vec![0; 64 * 1024];
            let n = self.inner.read(&mut chunk)?;
            chunk.truncate(n);
            self.done = n == 0;
            let mut text = String::with_capacity(n * 2 + 16);
            let (_, _, _) = self.decoder.decode_to_string(&chunk, &mut text, self.done);
            self.ready = text.into_bytes();
            self.at = 0;
        }
        let rest = self.ready.get(self.at..).unwrap_or_default();
        let n = rest.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..n), rest.get(..n)) {
            to.copy_from_slice(from);
        }
        self.at += n;
        Ok(n)
    }
}
