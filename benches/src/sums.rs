//! Checksums that clients send, and what the server computes itself.

use crc_fast::{CrcAlgorithm, Digest};
use md5::{Digest as _, Md5};
use sha2::Sha256;

use crate::text::{base64, unbase64};

/// A kind of checksum.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Kind {
    Crc32,
    Crc32c,
    Crc64,
    Md5,
    /// Taken and answered, never computed.
    Sha1,
    Sha256,
}

impl Kind {
    /// Those with an `x-amz-checksum-` header.
    pub(crate) const S3: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64, Self::Sha1, Self::Sha256];

    /// The name in headers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "crc32",
            Self::Crc32c => "crc32c",
            Self::Crc64 => "crc64nvme",
            Self::Md5 => "md5",
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
        }
    }

    /// By its name in headers, any case.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::S3.into_iter().find(|k| k.name().eq_ignore_ascii_case(name))
    }

    /// The name in XML.
    pub(crate) fn element(self) -> &'static str {
        match self {
            Self::Crc32 => "ChecksumCRC32",
            Self::Crc32c => "ChecksumCRC32C",
            Self::Crc64 => "ChecksumCRC64NVME",
            Self::Md5 => "ContentMD5",
            Self::Sha1 => "ChecksumSHA1",
            Self::Sha256 => "ChecksumSHA256",
        }
    }

    fn crc(self) -> Option<CrcAlgorithm> {
        match self {
            Self::Crc32 => Some(CrcAlgorithm::Crc32IsoHdlc),
            Self::Crc32c => Some(CrcAlgorithm::Crc32Iscsi),
            Self::Crc64 => Some(CrcAlgorithm::Crc64Nvme),
            _ => None,
        }
    }

    fn len(self) -> usize {
        match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64 => 8,
            Self::Md5 => 16,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        }
    }
}

/// A value, high byte first.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Sum {
    pub(crate) kind: Kind,
    pub(crate) value: Vec<u8>,
    /// Of the parts' sums, not of the bytes.
    pub(crate) composite: bool,
}

impl Sum {
    /// A CRC-64/NVME.
    pub(crate) fn crc64(value: u64) -> Self {
        Self { kind: Kind::Crc64, value: value.to_be_bytes().to_vec(), composite: false }
    }

    /// The number of a CRC.
    pub(crate) fn number(&self) -> u64 {
        self.value.iter().fold(0, |n, b| n << 8 | u64::from(*b))
    }

    /// As S3 writes it.
    pub(crate) fn base64(&self) -> String {
        base64(&self.value)
    }

    /// As Azure writes it: CRC-64 low byte first.
    pub(crate) fn azure(&self) -> String {
        let mut value = self.value.clone();
        if self.kind == Kind::Crc64 {
            value.reverse();
        }
        base64(&value)
    }

    /// Reads S3's text.
    pub(crate) fn parse(kind: Kind, text: &str) -> Option<Self> {
        let value = unbase64(text)?;
        (value.len() == kind.len()).then_some(Self { kind, value, composite: false })
    }

    /// Reads Azure's text.
    pub(crate) fn parse_azure(kind: Kind, text: &str) -> Option<Self> {
        let mut sum = Self::parse(kind, text)?;
        if kind == Kind::Crc64 {
            sum.value.reverse();
        }
        Some(sum)
    }

    /// The sum of these bytes and `len` more bytes with the sum `next`. CRCs only.
    pub(crate) fn then(&self, next: &Self, len: u64) -> Option<Self> {
        let crc = self.kind.crc().filter(|_| self.kind == next.kind)?;
        let all = crc_fast::checksum_combine(crc, self.number(), next.number(), len).to_be_bytes();
        Some(Self { kind: self.kind, value: all.get(8 - self.kind.len()..)?.to_vec(), composite: false })
    }
}

/// Computes several sums at once.
pub(crate) struct Hashers {
    crcs: Vec<(Kind, Digest)>,
    md5: Option<Md5>,
    sha256: Option<Sha256>,
}

impl Hashers {
    /// Those of `kinds` that can be computed.
    pub(crate) fn new(kinds: &[Kind]) -> Self {
        let crcs = kinds.iter().filter_map(|k| Some((*k, Digest::new(k.crc()?)))).collect();
        Self {
            crcs,
            md5: kinds.contains(&Kind::Md5).then(Md5::new),
            sha256: kinds.contains(&Kind::Sha256).then(Sha256::new),
        }
    }

    /// Takes more bytes.
    pub(crate) fn update(&mut self, bytes: &[u8]) {
        for (_, digest) in &mut self.crcs {
            digest.update(bytes);
        }
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        if let Some(sha256) = &mut self.sha256 {
            sha256.update(bytes);
        }
    }

    /// All sums.
    pub(crate) fn finish(self) -> Vec<Sum> {
        let sum = |kind, value: &[u8]| Sum { kind, value: value.to_vec(), composite: false };
        let crc = |(kind, digest): (Kind, Digest)| {
            let all = digest.finalize().to_be_bytes();
            sum(kind, all.get(8 - kind.len()..).unwrap_or_default())
        };
        let mut sums: Vec<Sum> = self.crcs.into_iter().map(crc).collect();
        sums.extend(self.md5.map(|d| sum(Kind::Md5, &d.finalize())));
        sums.extend(self.sha256.map(|d| sum(Kind::Sha256, &d.finalize())));
        sums
    }
}

/// The sum of one kind.
pub(crate) fn find(sums: &[Sum], kind: Kind) -> Option<&Sum> {
    sums.iter().find(|s| s.kind == kind)
}
