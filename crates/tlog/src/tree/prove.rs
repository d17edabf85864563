//! Making proofs from a tree whose hashes can be read.
//!
//! Specification: RFC 6962 sections 2.1.1 and 2.1.2 (June 2013).

use std::ops::Range;

use crate::hash::{EMPTY_ROOT, Hash, node_hash};

/// Something that knows the hashes of a tree.
pub trait HashReader {
    /// What can go wrong when a hash is read.
    type Error;

    /// The root of the perfect subtree over leaves `index << height .. (index + 1) << height`. It is only asked for
    /// subtrees that lie inside the tree.
    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error>;
}

impl<R: HashReader + ?Sized> HashReader for &mut R {
    type Error = R::Error;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error> {
        (**self).node(height, index)
    }
}

/// Why a proof could not be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError<E> {
    /// The caller asked about a leaf that is not in the tree.
    #[error("leaf {index} is not in a tree of {size}: ask for an index below the size")]
    NoSuchLeaf {
        /// The leaf asked for.
        index: u64,
        /// Leaves in the tree.
        size: u64,
    },
    /// The caller asked for a proof from a larger tree to a smaller one.
    #[error("a tree of {old} leaves cannot have grown to {new}: the old size comes first")]
    Shrunk {
        /// The size said to be older.
        old: u64,
        /// The size said to be newer.
        new: u64,
    },
    /// A hash could not be read.
    #[error(transparent)]
    Read(E),
}

/// The proof that leaf `index` is in the tree of `size` leaves: sibling hashes from the leaf up.
pub fn inclusion_proof<R: HashReader>(
    reader: &mut R,
    index: u64,
    size: u64,
) -> Result<Vec<Hash>, ProveError<R::Error>> {
    if index >= size {
        return Err(ProveError::NoSuchLeaf { index, size });
    }
    let mut siblings = Vec::new();
    let mut span = 0..size;
    while span.end - span.start > 1 {
        let middle = split(&span);
        if index < middle {
            siblings.push(middle..span.end);
            span.end = middle;
        } else {
            siblings.push(span.start..middle);
            span.start = middle;
        }
    }
    read(reader, siblings)
}

/// The proof that the tree of `new` leaves starts with the tree of `old` leaves. Empty where no proof is needed: from
/// nothing, and from a size to itself.
pub fn consistency_proof<R: HashReader>(reader: &mut R, old: u64, new: u64) -> Result<Vec<Hash>, ProveError<R::Error>> {
    if old > new {
        return Err(ProveError::Shrunk { old, new });
    }
    let mut parts = Vec::new();
    let mut span = 0..new;
    if old == 0 {
        return Ok(Vec::new());
    }
    while span.end != old {
        let middle = split(&span);
        if old <= middle {
            parts.push(middle..span.end);
            span.end = middle;
        } else {
            parts.push(span.start..middle);
            span.start = middle;
        }
    }
    // The old tree's own root is known to whoever asks, unless the old tree ends inside.
    if span.start > 0 {
        parts.push(span);
    }
    read(reader, parts)
}

/// The root over the leaves of `span`, which must start where a proof can cut: at a multiple of the largest power of two
/// below its length, as 0 and every sibling in a proof do.
pub fn range_root<R: HashReader>(reader: &mut R, span: Range<u64>) -> Result<Hash, R::Error> {
    let mut peaks = Vec::new();
    let mut start = span.start;
    while start < span.end {
        let height = (span.end - start).ilog2();
        peaks.push(reader.node(height, start >> height)?);
        start += 1 << height;
    }
    let from_right = peaks.into_iter().rev();
    Ok(from_right.reduce(|right, left| node_hash(&left, &right)).unwrap_or(EMPTY_ROOT))
}

/// Where RFC 6962 cuts a span of two or more leaves: after the largest power of two that is smaller than its length.
fn split(span: &Range<u64>) -> u64 {
    let last = (span.end - span.start).saturating_sub(1);
    span.start + last.checked_ilog2().map_or(0, |height| 1 << height)
}

/// The roots of `spans`, deepest first.
fn read<R: HashReader>(reader: &mut R, spans: Vec<Range<u64>>) -> Result<Vec<Hash>, ProveError<R::Error>> {
    spans.into_iter().rev().map(|span| range_root(reader, span).map_err(ProveError::Read)).collect()
}
