//! Sorted records and the trees over them: what the certificate's roots stand for.
//!
//! What it is for: a record is one line of canonical JSON (RFC 8785) about one state of one object. Records stand in the order
//! of keys (as bytes) and ranks. The root over them (RFC 6962) is small, and shows for any single key, without the other
//! records, that it is among them, or, by its two neighbours, that it is not.
//!
//! | Format | Record |
//! |---|---|
//! | `flagstate-object/1` | `{"blake3","crc64nvme","key","kind","properties","rank","size"}`: content |
//! | `flagstate-listing/1` | `{"etag","key","rank","size"}`: what a store listed |
//!
//! Keys are escaped: `%XX` for control characters, `%` and what is not UTF-8. Members without a value are left out.
//!
//! What it deliberately does not do: no signatures; see [`crate::certificate`].

use std::{collections::BTreeMap, fmt::Write as _, ops::Range};

use flagstate_evidence::hex::Digest;
use flagstate_objects::Key;
use flagstate_tlog::{Frontier, Hash, HashReader, leaf_hash, node_hash};
use serde::{Deserialize, Serialize};

use crate::{
    row::{Row, Sums},
    table::kind_word,
};

/// Records of content.
pub const OBJECTS: &str = "flagstate-object/1";
/// Records of a listing.
pub const LISTING: &str = "flagstate-listing/1";

/// Which side of a row.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// As it was read.
    Source,
    /// As it arrived.
    Target,
}

/// A tree without its records.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Summary {
    /// [`OBJECTS`] or [`LISTING`].
    pub format: String,
    /// Records.
    pub records: u64,
    /// Sum of the sizes.
    pub bytes: u64,
    /// The root.
    pub root: Digest,
}

/// The record of a moved row's content; nothing for rows without content there.
pub fn record(row: &Row, side: Side) -> Option<String> {
    let done = row.done.as_ref()?;
    let own = done.sums;
    let (sums, size) = match side {
        Side::Source => (own, row.entry.size),
        Side::Target => {
            let arrived = done.arrived.as_ref();
            (arrived.and_then(|a| a.sums).or(own), arrived.map_or(row.entry.size, |a| a.size))
        }
    };
    let mut out = String::with_capacity(240 + row.entry.key.len());
    out.push('{');
    if let Some(Sums { crc64, blake3 }) = sums {
        out.push_str("\"blake3\":\"");
        hex(&mut out, &blake3);
        // Writing to a text cannot fail.
        let _ = write!(out, "\",\"crc64nvme\":\"{crc64:016x}\",");
    }
    out.push_str("\"key\":");
    string(&mut out, &row.entry.key.escaped());
    let _ = write!(out, ",\"kind\":\"{}\"", kind_word(row.entry.kind));
    if let Some(properties) = done.properties {
        let _ = write!(out, ",\"properties\":\"{properties}\"");
    }
    let _ = write!(out, ",\"rank\":{},\"size\":{size}}}", row.rank);
    Some(out)
}

/// The record of a listed entry.
pub fn listing(key: &Key, rank: u32, size: u64, etag: Option<&str>) -> String {
    let mut out = String::with_capacity(100 + key.len());
    out.push('{');
    if let Some(etag) = etag {
        out.push_str("\"etag\":");
        string(&mut out, etag);
        out.push(',');
    }
    out.push_str("\"key\":");
    string(&mut out, &key.escaped());
    let _ = write!(out, ",\"rank\":{rank},\"size\":{size}}}");
    out
}

fn hex(out: &mut String, bytes: &[u8]) {
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
}

/// A text as RFC 8785 writes it.
fn string(out: &mut String, text: &str) {
    // The canonical form of a lone text cannot fail.
    let bytes = flagstate_evidence::jcs::to_vec(text).unwrap_or_default();
    out.push_str(&String::from_utf8(bytes).unwrap_or_default());
}

/// Leaves under one stored node.
const STORED_HEIGHT: u32 = 8;

/// Grows a tree, and keeps one hash per 256 leaves, from which proofs are made with few records at hand.
#[derive(Debug, Default)]
pub struct Growing {
    all: Frontier,
    part: Frontier,
    stored: Vec<Hash>,
    bytes: u64,
}

impl Growing {
    /// Takes the next record.
    pub fn push(&mut self, record: &str, size: u64) {
        self.push_hash(leaf_hash(record.as_bytes()), size);
    }

    /// Takes the next record's hash.
    pub fn push_hash(&mut self, leaf: Hash, size: u64) {
        self.all.push(leaf);
        self.part.push(leaf);
        self.bytes = self.bytes.saturating_add(size);
        if self.part.size() == 1 << STORED_HEIGHT {
            self.stored.push(self.part.root());
            self.part = Frontier::new();
        }
    }

    /// Records so far.
    pub fn len(&self) -> u64 {
        self.all.size()
    }

    /// True before the first record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// One hash per 256 leaves.
    pub fn stored(&self) -> &[Hash] {
        &self.stored
    }

    /// The tree without its records.
    pub fn summary(&self, format: &str) -> Summary {
        let root = Digest(self.all.root().0);
        Summary { format: format.to_owned(), records: self.all.size(), bytes: self.bytes, root }
    }
}

/// What proofs are made of: the leaves of two blocks, and one hash per block.
#[derive(Debug)]
pub struct Nodes<'a> {
    stored: &'a [Hash],
    leaves: BTreeMap<u64, Hash>,
}

/// A hash that is not at hand.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("a hash of the tree is not at hand")]
pub struct NotAtHand;

impl<'a> Nodes<'a> {
    /// A tree by the hashes of its blocks and the leaves that [`Nodes::needed`] names.
    pub fn new(stored: &'a [Hash], leaves: BTreeMap<u64, Hash>) -> Self {
        Self { stored, leaves }
    }

    /// The leaves that a proof for one leaf needs: its block, and the last block when that is not full.
    pub fn needed(index: u64, size: u64) -> [Range<u64>; 2] {
        let block = index >> STORED_HEIGHT << STORED_HEIGHT;
        let last = size >> STORED_HEIGHT << STORED_HEIGHT;
        [block..(block + (1 << STORED_HEIGHT)).min(size), last..size]
    }
}

impl HashReader for Nodes<'_> {
    type Error = NotAtHand;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, NotAtHand> {
        if height == STORED_HEIGHT {
            let at = usize::try_from(index).map_err(|_| NotAtHand)?;
            if let Some(hash) = self.stored.get(at) {
                return Ok(*hash);
            }
        }
        if height == 0 {
            return self.leaves.get(&index).copied().ok_or(NotAtHand);
        }
        let left = self.node(height - 1, index * 2)?;
        let right = self.node(height - 1, index * 2 + 1)?;
        Ok(node_hash(&left, &right))
    }
}

#[cfg(test)]
mod tests {

    use flagstate_objects::Entry;
    use flagstate_tlog::{inclusion_proof, verify_inclusion};

    use super::*;
    use crate::row::{Arrived, Done, Fate};

    #[test]
    fn records_are_canonical() {
        let done = Done {
            sums: Some(Sums { crc64: 1, blake3: [0xab; 32] }),
            arrived: Some(Arrived { size: 9, sums: Some(Sums { crc64: 2, blake3: [0; 32] }), ..Arrived::default() }),
            properties: Some(Digest([1; 32])),
            ..Done::bare(Fate::Moved, jiff::Timestamp::UNIX_EPOCH, None)
        };
        let entry = Entry { key: Key::new(b"a\"\\\t\xff\xc3\xa9".to_vec()), size: 5, ..Entry::default() };
        let row = Row { entry, rank: 0, done: Some(done) };
        for side in [Side::Source, Side::Target] {
            let text = record(&row, side).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(flagstate_evidence::jcs::to_vec(&value).unwrap(), text.as_bytes());
        }
        let source = record(&row, Side::Source).unwrap();
        assert!(
            source.contains("\"crc64nvme\":\"0000000000000001\"") && source.ends_with("\"rank\":0,\"size\":5}"),
            "{source}"
        );
        assert!(record(&row, Side::Target).unwrap().ends_with("\"size\":9}"));
        let text = listing(&row.entry.key, 0, 5, Some("e\"t"));
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(flagstate_evidence::jcs::to_vec(&value).unwrap(), text.as_bytes());
    }

    /// Every leaf of trees of awkward sizes has a proof from one hash per 256 leaves.
    #[test]
    fn proofs_need_one_block_of_leaves() {
        for size in [1_u64, 2, 255, 256, 257, 511, 512, 1000] {
            let leaves: Vec<Hash> = (0..size).map(|i| leaf_hash(&i.to_be_bytes())).collect();
            let mut tree = Growing::default();
            for leaf in &leaves {
                tree.push_hash(*leaf, 1);
            }
            let root = Hash(tree.summary(OBJECTS).root.0);
            for index in [0, 1, 254, 255, 256, 300, 511, size - 1] {
                let index = index.min(size - 1);
                let needed = Nodes::needed(index, size).into_iter().flatten();
                let at_hand = needed.map(|i| (i, leaves[usize::try_from(i).unwrap()])).collect();
                let mut nodes = Nodes::new(tree.stored(), at_hand);
                let proof = inclusion_proof(&mut nodes, index, size).unwrap();
                verify_inclusion(&leaves[usize::try_from(index).unwrap()], index, size, &proof, &root).unwrap();
            }
        }
    }
}
