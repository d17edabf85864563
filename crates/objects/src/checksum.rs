//! Checksums: what stores compute, keep and compare.
//!
//! CRC-64/NVME is the one that Azure Blob and S3 can both confirm: one polynomial, written low byte first by Azure and
//! high byte first by S3. Checksums of parts combine into the whole's without reading anything again.
//!
//! Sources: S3 API reference, "Checking object integrity"; NVM Express base specification 5.2.1.3.4 (CRC-64/NVME); Azure
//! Storage REST, "Put Block" (`x-ms-content-crc64`). That the two are one function is checked against Azurite in the tests.

use std::fmt;

use base64ct::{Base64, Encoding as _};
use crc_fast::CrcAlgorithm;
use md5::{Digest as _, Md5};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// A checksum algorithm that some store knows.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Algorithm {
    /// CRC-32.
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64Nvme,
    /// MD5: only where a store offers nothing else.
    Md5,
    /// SHA-1: recognised in answers, never computed.
    Sha1,
    /// SHA-256.
    Sha256,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Crc64Nvme, Self::Crc32, Self::Crc32c, Self::Md5, Self::Sha1, Self::Sha256];

    /// The name that S3 uses in headers and elements, lower case.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "crc32",
            Self::Crc32c => "crc32c",
            Self::Crc64Nvme => "crc64nvme",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// The length of a value in bytes.
    pub fn size(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64Nvme => 8,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }

    /// True for those whose parts' values combine into the whole's.
    pub fn combines(self) -> bool {
        self.crc().is_some()
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64Nvme => Some(CrcAlgorithm::Crc64Nvme),
            Self::Md5 | Self::Sha1 | Self::Sha256 => None,
        }
    }
}

/// What a value covers.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Scope {
    /// The object's bytes.
    Full,
    /// The parts' checksums: depends on how the object was cut.
    Composite,
}

/// A checksum's value.
#[derive(Clone, Copy, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum {
    /// How it is computed.
    pub algorithm: Algorithm,
    /// What it covers.
    pub scope: Scope,
    bytes: [u8; 32],
}

impl Checksum {
    /// A value of the whole object; nothing if the length is wrong.
    pub fn new(algorithm: Algorithm, scope: Scope, value: &[u8]) -> Option<Self> {
        let mut bytes = [0; 32];
        (value.len() == algorithm.size()).then_some(())?;
        bytes.get_mut(..value.len())?.copy_from_slice(value);
        Some(Self { algorithm, scope, bytes })
    }

    /// Computes a full checksum of bytes at hand.
    pub fn of(algorithm: Algorithm, bytes: &[u8]) -> Option<Self> {
        let mut hasher = Hasher::new(algorithm)?;
        hasher.update(bytes);
        Some(hasher.finish())
    }

    /// A CRC-64/NVME from its number.
    pub fn crc64(value: u64) -> Self {
        let mut bytes = [0; 32];
        for (to, from) in bytes.iter_mut().zip(value.to_be_bytes()) {
            *to = from;
        }
        Self { algorithm: Algorithm::Crc64Nvme, scope: Scope::Full, bytes }
    }

    /// The number of a CRC-64/NVME.
    pub fn as_crc64(&self) -> Option<u64> {
        let value = self.value().try_into().ok().filter(|_| self.algorithm == Algorithm::Crc64Nvme)?;
        Some(u64::from_be_bytes(value))
    }

    /// The value as S3 writes it: high byte first.
    pub fn value(&self) -> &[u8] {
        self.bytes.get(..self.algorithm.size()).unwrap_or(&[])
    }

    /// The value in base64, for S3's headers.
    pub fn base64(&self) -> String {
        Base64::encode_string(self.value())
    }

    /// Reads S3's text: base64, with `-N` behind composite values.
    pub fn from_base64(algorithm: Algorithm, text: &str) -> Option<Self> {
        let (value, scope) = match text.split_once('-') {
            Some((value, _)) => (value, Scope::Composite),
            None => (text, Scope::Full),
        };
        Self::new(algorithm, scope, &Base64::decode_vec(value).ok()?)
    }

    /// Reads a full value in hexadecimal, as tags of states and lists of files have it: exactly its digits, no more.
    pub fn from_hex(algorithm: Algorithm, text: &str) -> Option<Self> {
        let digit = |b: u8| char::from(b).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let (pairs, rest) = text.as_bytes().as_chunks::<2>();
        let value: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect();
        Self::new(algorithm, Scope::Full, &value.filter(|_| rest.is_empty())?)
    }

    /// The value in base64 as Azure writes it: CRC-64 low byte first.
    pub fn azure_base64(&self) -> String {
        let mut value = self.value().to_vec();
        if self.algorithm == Algorithm::Crc64Nvme {
            value.reverse();
        }
        Base64::encode_string(&value)
    }

    /// Reads Azure's text.
    pub fn from_azure_base64(algorithm: Algorithm, text: &str) -> Option<Self> {
        let mut value = Base64::decode_vec(text).ok()?;
        if algorithm == Algorithm::Crc64Nvme {
            value.reverse();
        }
        Self::new(algorithm, Scope::Full, &value)
    }

    /// The checksum of this object followed by another of `len` bytes. Nothing unless both are full CRCs of one kind.
    pub fn then(&self, next: &Self, len: u64) -> Option<Self> {
        let crc = self.algorithm.crc().filter(|_| self.algorithm == next.algorithm)?;
        (self.scope == Scope::Full && next.scope == Scope::Full).then_some(())?;
        let number = |sum: &Self| sum.value().iter().fold(0_u64, |n, b| n << 8 | u64::from(*b));
        let both = crc_fast::checksum_combine(crc, number(self), number(next), len).to_be_bytes();
        Self::new(self.algorithm, Scope::Full, both.get(8 - self.algorithm.size()..)?)
    }
}

impl fmt::Debug for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// `crc64nvme:base64`, and `crc64nvme/composite:base64`.
impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scope = if self.scope == Scope::Full { "" } else { "/composite" };
        write!(f, "{}{scope}:{}", self.algorithm.name(), self.base64())
    }
}

impl From<Checksum> for String {
    fn from(sum: Checksum) -> Self {
        sum.to_string()
    }
}

impl TryFrom<String> for Checksum {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let read = || {
            let (name, value) = text.split_once(':')?;
            let (name, scope) = match name.strip_suffix("/composite") {
                Some(name) => (name, Scope::Composite),
                None => (name, Scope::Full),
            };
            let algorithm = Algorithm::ALL.into_iter().find(|a| a.name() == name)?;
            Self::new(algorithm, scope, &Base64::decode_vec(value).ok()?)
        };
        read().ok_or_else(|| format!("`{text}` is no checksum; write `crc64nvme:BASE64`"))
    }
}

/// Computes one checksum while bytes stream by.
pub struct Hasher {
    algorithm: Algorithm,
    state: State,
}

enum State {
    Crc(Box<crc_fast::Digest>),
    Md5(Md5),
    Sha256(Sha256),
}

impl fmt::Debug for Hasher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Hasher {
    /// Starts; nothing for SHA-1, which is only recognised.
    pub fn new(algorithm: Algorithm) -> Option<Self> {
        let state = match (algorithm, algorithm.crc()) {
            (_, Some(crc)) => State::Crc(Box::new(crc_fast::Digest::new(crc))),
            (Algorithm::Md5, _) => State::Md5(Md5::new()),
            (Algorithm::Sha256, _) => State::Sha256(Sha256::new()),
            _ => return None,
        };
        Some(Self { algorithm, state })
    }

    /// Takes more bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        match &mut self.state {
            State::Crc(digest) => digest.update(bytes),
            State::Md5(digest) => digest.update(bytes),
            State::Sha256(digest) => digest.update(bytes),
        }
    }

    /// The checksum of everything taken.
    pub fn finish(self) -> Checksum {
        let mut bytes = [0; 32];
        let value: Vec<u8> = match self.state {
            State::Crc(digest) => {
                let all = digest.finalize().to_be_bytes();
                all.get(8 - self.algorithm.size()..).unwrap_or(&[]).to_vec()
            }
            State::Md5(digest) => digest.finalize().to_vec(),
            State::Sha256(digest) => digest.finalize().to_vec(),
        };
        for (to, from) in bytes.iter_mut().zip(value) {
            *to = from;
        }
        Checksum { algorithm: self.algorithm, scope: Scope::Full, bytes }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The check values of the catalogue of CRC algorithms, and of RFC 1321 and FIPS 180.
    #[test]
    fn published_check_values() {
        let expect = [
            (Algorithm::Crc32, "cbf43926"),
            (Algorithm::Crc32c, "e3069283"),
            (Algorithm::Crc64Nvme, "ae8b14860a799888"),
            (Algorithm::Md5, "25f9e794323b453885f5181f1b624d0b"),
            (Algorithm::Sha256, "15e2b0d3c33891ebb0f1ef609ec419420c20e320ce94c65fbc8c3312448eb225"),
        ];
        for (algorithm, hex) in expect {
            let sum = Checksum::of(algorithm, b"123456789").unwrap();
            let shown = flagstate_sigv4::hex(sum.value());
            assert_eq!(shown, hex, "{algorithm:?}");
        }
        assert_eq!(Checksum::of(Algorithm::Crc64Nvme, b"123456789").unwrap().as_crc64(), Some(0xae8b_1486_0a79_9888));
        assert!(Hasher::new(Algorithm::Sha1).is_none());
    }

    proptest! {
        #[test]
        fn parts_combine(a in proptest::collection::vec(any::<u8>(), 0..300), b in proptest::collection::vec(any::<u8>(), 0..300)) {
            for algorithm in [Algorithm::Crc32, Algorithm::Crc32c, Algorithm::Crc64Nvme] {
                let of = |bytes: &[u8]| Checksum::of(algorithm, bytes).unwrap();
                let whole = of(&[a.as_slice(), &b].concat());
                prop_assert_eq!(of(&a).then(&of(&b), b.len() as u64), Some(whole));
            }
        }

        #[test]
        fn text_is_reversible(bytes in proptest::collection::vec(any::<u8>(), 32), composite: bool) {
            for algorithm in Algorithm::ALL {
                let scope = if composite { Scope::Composite } else { Scope::Full };
                let sum = Checksum::new(algorithm, scope, &bytes[..algorithm.size()]).unwrap();
                prop_assert_eq!(Checksum::try_from(String::from(sum)), Ok(sum));
                prop_assert_eq!(Checksum::from_base64(algorithm, &sum.base64()).map(|s| s.value() == sum.value()), Some(true));
                let azure = Checksum::from_azure_base64(algorithm, &sum.azure_base64());
                prop_assert_eq!(azure.map(|s| s.value() == sum.value()), Some(true));
            }
        }
    }

    #[test]
    fn rubbish_is_no_checksum() {
        assert!(Checksum::from_base64(Algorithm::Crc32, "!!").is_none());
        assert!(Checksum::from_base64(Algorithm::Crc32, "AAAAAAAAAAA=").is_none());
        assert!(Checksum::try_from("crc65:AAAA".to_owned()).is_err());
        assert_eq!(Checksum::from_base64(Algorithm::Crc32, "AAAAAA==-3").map(|s| s.scope), Some(Scope::Composite));
    }
}
