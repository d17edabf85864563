//! Proofs for single keys: that it moved, or that there was no such key.

use std::collections::BTreeMap;

use flagstate_evidence::hex::Digest;
use flagstate_objects::Key;
use flagstate_tlog::{Hash, inclusion_proof, leaf_hash};
use serde::{Deserialize, Serialize};

use super::{Document, Gathered, gather::is_record};
use crate::{
    folder::Folder,
    table::Rows,
    tree::{self, Nodes, Side},
    trouble::Trouble,
};

/// Name and version of the format.
pub(super) const PROOF: &str = "flagstate-move-proof/1";

/// One record with its way to the root.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Leaf {
    /// Its number in the tree.
    pub index: u64,
    /// The record, exactly as it was hashed.
    pub record: String,
    /// Sibling hashes from the leaf up, hexadecimal.
    pub path: Vec<Digest>,
}

/// A proof about one key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeyProof {
    /// [`PROOF`].
    pub format: String,
    /// SHA-256 of the certificate's canonical document.
    pub certificate: Digest,
    /// Which tree.
    pub side: Side,
    /// The key, escaped.
    pub key: String,
    /// True: these are its records. False: these are its neighbours, and nothing stands between them.
    pub present: bool,
    /// Records in the tree.
    pub size: u64,
    /// The records.
    pub leaves: Vec<Leaf>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ProveError {
    /// Reading the manifest.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The manifest is not the certificate's.
    #[error("the manifest is no longer that of the certificate; the files it names are needed")]
    OtherManifest,
    /// A fault of ours.
    #[error("the proof could not be put together")]
    Fault,
}

/// Makes the proof for a key (escaped) from the manifest.
pub fn prove(
    folder: &Folder,
    document: &Document,
    certificate: Digest,
    key: &Key,
    side: Side,
) -> Result<KeyProof, ProveError> {
    let mut all = Gathered::default();
    let (mut found, mut before, mut after): (Vec<u64>, Option<u64>, Option<u64>) = (Vec::new(), None, None);
    let mut index = 0;
    for file in &document.manifest {
        for row in Rows::open(&folder.rows(&file.name)).map_err(Trouble::from)? {
            let row = row.map_err(Trouble::from)?;
            if !is_record(&row) {
                continue;
            }
            let record = tree::record(&row, side).ok_or(ProveError::Fault)?;
            all.source.push(&record, row.entry.size);
            match row.key().cmp(key) {
                std::cmp::Ordering::Less => before = Some(index),
                std::cmp::Ordering::Equal => found.push(index),
                std::cmp::Ordering::Greater => after = after.or(Some(index)),
            }
            index += 1;
        }
    }
    let summary = all.source.summary(tree::OBJECTS);
    let wanted = if side == Side::Source { &document.source } else { &document.target };
    if summary.root != wanted.root {
        return Err(ProveError::OtherManifest);
    }
    let present = !found.is_empty();
    let wanted: Vec<u64> = if present { found } else { before.into_iter().chain(after).collect() };
    let records = records(folder, document, side, &wanted, index)?;
    let leaves = wanted.iter().map(|i| leaf(&all, &records, *i, index)).collect::<Option<Vec<_>>>();
    Ok(KeyProof {
        format: PROOF.to_owned(),
        certificate,
        side,
        key: key.escaped(),
        present,
        size: index,
        leaves: leaves.ok_or(ProveError::Fault)?,
    })
}

/// The records that the proofs need.
fn records(
    folder: &Folder,
    document: &Document,
    side: Side,
    wanted: &[u64],
    size: u64,
) -> Result<BTreeMap<u64, String>, ProveError> {
    let needed: Vec<_> = wanted.iter().flat_map(|i| Nodes::needed(*i, size)).collect();
    let mut records = BTreeMap::new();
    let mut index = 0;
    for file in &document.manifest {
        let last = index + file.records;
        if !needed.iter().any(|r| r.start < last && r.end > index) {
            index = last;
            continue;
        }
        for row in Rows::open(&folder.rows(&file.name)).map_err(Trouble::from)? {
            let row = row.map_err(Trouble::from)?;
            if !is_record(&row) {
                continue;
            }
            if needed.iter().any(|r| r.contains(&index)) {
                records.insert(index, tree::record(&row, side).ok_or(ProveError::Fault)?);
            }
            index += 1;
        }
    }
    Ok(records)
}

fn leaf(all: &Gathered, records: &BTreeMap<u64, String>, index: u64, size: u64) -> Option<Leaf> {
    let needed = Nodes::needed(index, size).into_iter().flatten();
    let at_hand: Option<BTreeMap<u64, Hash>> =
        needed.map(|i| Some((i, leaf_hash(records.get(&i)?.as_bytes())))).collect();
    let mut nodes = Nodes::new(all.source.stored(), at_hand?);
    let path = inclusion_proof(&mut nodes, index, size).ok()?;
    let path = path.into_iter().map(|h| Digest(h.0)).collect();
    Some(Leaf { index, record: records.get(&index)?.clone(), path })
}
