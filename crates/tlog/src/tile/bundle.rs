//! Entry bundles: up to 256 entries, each after its length.
//!
//! Specification: c2sp.org/tlog-tiles 0.1.0, section "Log entries".

use super::id::TILE_WIDTH;

/// The longest entry that a bundle can hold. What is longer goes elsewhere and is logged by its digest.
pub const MAX_ENTRY_BYTES: usize = 65_535;

/// The entry does not fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an entry has at most 65535 bytes and this one has {bytes}: store it elsewhere and log its digest")]
pub struct EntryTooLong {
    /// Its length.
    pub bytes: usize,
}

/// Appends `entry` to the bytes of a bundle.
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), EntryTooLong> {
    let length = u16::try_from(entry.len()).map_err(|_| EntryTooLong { bytes: entry.len() })?;
    bundle.extend_from_slice(&length.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}

/// Why bytes are not a bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// An entry or its length is cut off.
    #[error("entry {position} of the bundle is cut off: the file is damaged or was not written to its end")]
    Truncated {
        /// Which one, from 0.
        position: u16,
    },
    /// There is more than the entries.
    #[error("{bytes} bytes follow the last of {width} entries: the file is damaged, or its name says too few")]
    Trailing {
        /// How many.
        bytes: usize,
        /// How many entries the name promises.
        width: u16,
    },
    /// No bundle has that many entries.
    #[error("a bundle has 1 to 256 entries, not {width}")]
    Width {
        /// What was asked for.
        width: u16,
    },
}

/// A bundle whose lengths add up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bundle<'a> {
    bytes: &'a [u8],
    width: u16,
}

impl<'a> Bundle<'a> {
    /// Reads a bundle of exactly `width` entries.
    pub fn parse(bytes: &'a [u8], width: u16) -> Result<Self, BundleError> {
        if !(1..=TILE_WIDTH).contains(&width) {
            return Err(BundleError::Width { width });
        }
        let mut rest = bytes;
        for position in 0..width {
            rest = split(rest).ok_or(BundleError::Truncated { position })?.1;
        }
        if rest.is_empty() {
            Ok(Self { bytes, width })
        } else {
            Err(BundleError::Trailing { bytes: rest.len(), width })
        }
    }

    /// How many entries it has.
    pub const fn width(&self) -> u16 {
        self.width
    }

    /// Its entries in order.
    pub const fn entries(&self) -> Entries<'a> {
        Entries { rest: self.bytes }
    }

    /// The first `width` entries as a bundle: what the partial bundle of an earlier size held.
    pub fn first(&self, width: u16) -> Option<&'a [u8]> {
        let mut rest = self.bytes;
        for _ in 0..width {
            rest = split(rest)?.1;
        }
        self.bytes.get(..self.bytes.len() - rest.len())
    }
}

/// The entries of a bundle, in order.
#[derive(Clone, Debug)]
pub struct Entries<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Entries<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<Self::Item> {
        let (entry, rest) = split(self.rest)?;
        self.rest = rest;
        Some(entry)
    }
}

/// The first entry and what follows it.
fn split(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
