//! What the entries of a package say: kinds, signatures, commitments, redactions.
//!
//! What it deliberately does not do: entries that are no signed statements are counted and left alone. A log may hold
//! anything, and its proofs hold for all of it.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_tlog::VerifierKey;

use crate::{
    commitment::{self, Commitment},
    dsse::Envelope,
    predicates::{Predicate as _, upkeep::Redaction},
    statement::{AnyStatement, PAYLOAD_TYPE},
};

/// What was found in the entries so far.
#[derive(Debug, Default)]
pub(super) struct Inspection {
    /// Statements by kind.
    pub(super) kinds: BTreeMap<String, u64>,
    /// Entries that are no signed statements.
    pub(super) others: u64,
    /// Statements signed by no known key: entry and file.
    pub(super) unsigned: Vec<(u64, String)>,
    pub(super) commitments: BTreeSet<Commitment>,
    /// Erased commitments: the entry that says so, and on which ground.
    pub(super) erased: BTreeMap<Commitment, (u64, String)>,
}

impl Inspection {
    /// Takes in one entry; `file` is where it stands.
    pub(super) fn entry(&mut self, index: u64, file: &str, entry: &[u8], keys: &[VerifierKey]) {
        let envelope = Envelope::parse(entry).ok().filter(|envelope| envelope.payload_type() == PAYLOAD_TYPE);
        let (Some(envelope), Ok(statement)) = (envelope, AnyStatement::read_unverified(entry)) else {
            self.others += 1;
            return;
        };
        let kind = statement.kind().unwrap_or(&statement.predicate_type).to_owned();
        *self.kinds.entry(kind).or_default() += 1;
        self.commitments.extend(commitment::in_entry(entry));
        let signed = envelope.verify(keys, 1).is_ok();
        if !signed {
            self.unsigned.push((index, file.to_owned()));
        }
        // Without keys nobody can be asked; the reader is told. A forged redaction would hide nothing: it names what it hides.
        if statement.predicate_type == Redaction::name()
            && (signed || keys.is_empty())
            && let Ok(redaction) = serde_json::from_value::<Redaction>(statement.predicate)
        {
            let basis = redaction.lawful_basis;
            self.erased.extend(redaction.commitments.into_iter().map(|c| (c, (index, basis.clone()))));
        }
    }

    /// Counts in words: `12 assessment, 3 check, 70 other entries`.
    pub(super) fn summary(&self) -> String {
        let mut parts: Vec<String> = self.kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        if self.others > 0 {
            parts.push(format!("{} other entries", self.others));
        }
        parts.join(", ")
    }
}
