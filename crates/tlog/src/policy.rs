//! Trust policies: which logs are known, which witnesses, and how many of them must have seen a checkpoint.
//!
//! What it is for: reading and writing policy files, and judging a signed checkpoint by one.
//!
//! What it deliberately does not do: contact anybody; it only keeps the addresses. It says nothing about how old a
//! cosignature may be.
//!
//! Specification: c2sp.org/tlog-policy, text of July 2026 (no version yet). Limits: 1 MB, 256 of each kind.

mod parse;

use std::{collections::BTreeSet, fmt};

pub use parse::{PolicyError, PolicyProblem};

use crate::{
    checkpoint::{Checkpoint, CheckpointError},
    note::{Note, VerifierKey, VerifyError},
};

/// A name in a policy: bytes that mean nothing elsewhere.
pub type Name = Vec<u8>;

/// A log whose checkpoints are accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownLog {
    /// Its key. The name is the log's origin.
    pub key: VerifierKey,
    /// Where it can be reached.
    pub url: Option<Vec<u8>>,
}

/// A witness that can count towards the quorum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownWitness {
    /// Its name in this policy.
    pub name: Name,
    /// Its key, of a cosignature type.
    pub key: VerifierKey,
    /// Where it can be reached.
    pub url: Option<Vec<u8>>,
}

/// Members of which a number must agree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name in this policy.
    pub name: Name,
    /// How many members must have seen the checkpoint.
    pub threshold: usize,
    /// Witnesses and earlier groups.
    pub members: Vec<Name>,
}

/// A policy. Every name it uses is defined, and each is a member of one group at most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    groups: Vec<Group>,
    quorum: Option<Name>,
}

/// Why a checkpoint is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CheckError {
    /// Not a checkpoint at all.
    #[error("the signed note is not a checkpoint")]
    Checkpoint(#[from] CheckpointError),
    /// A known key's signature does not hold, or there is none.
    #[error("the checkpoint is not signed as it must be")]
    Verify(#[from] VerifyError),
    /// No log of the policy signed.
    #[error("no log of the policy named `{origin}` signed the checkpoint: name its key in a `log` line")]
    UnknownLog {
        /// The origin that the checkpoint names.
        origin: String,
    },
    /// Too few witnesses.
    #[error("{} witnesses of the policy cosigned the checkpoint, which does not make the quorum `{quorum}`", witnesses.len())]
    Quorum {
        /// Name of the quorum.
        quorum: String,
        /// Names of those that did.
        witnesses: Vec<String>,
    },
}

/// Who stands behind an accepted checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted<'p> {
    /// The log's key that signed.
    pub log: &'p VerifierKey,
    /// Witnesses that cosigned, and when, in seconds since 1970.
    pub witnesses: Vec<(&'p KnownWitness, u64)>,
}

impl Policy {
    /// A policy that accepts one log on its own word, without witnesses.
    pub fn trusting(log: VerifierKey) -> Self {
        let logs = vec![KnownLog { key: log, url: None }];
        Self { logs, witnesses: Vec::new(), groups: Vec::new(), quorum: None }
    }

    /// Accepts one more log, known from elsewhere. A log that is known already is not added again.
    #[must_use]
    pub fn with_log(mut self, key: VerifierKey) -> Self {
        if self.logs.iter().all(|log| log.key.material() != key.material()) {
            self.logs.push(KnownLog { key, url: None });
        }
        self
    }

    /// Reads a policy file.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        parse::parse(bytes)
    }

    /// Logs that are accepted.
    pub fn logs(&self) -> &[KnownLog] {
        &self.logs
    }

    /// Witnesses that can count.
    pub fn witnesses(&self) -> &[KnownWitness] {
        &self.witnesses
    }

    /// Groups, in the order in which they were defined.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The witness or group that must have seen a checkpoint; none means that the log's word is enough.
    pub fn quorum(&self) -> Option<&[u8]> {
        self.quorum.as_deref()
    }

    /// True if these witnesses, by their names in the policy, are enough.
    pub fn is_quorum<'n>(&self, witnesses: impl IntoIterator<Item = &'n [u8]>) -> bool {
        let Some(quorum) = &self.quorum else { return true };
        let known: BTreeSet<&[u8]> = self.witnesses.iter().map(|witness| witness.name.as_slice()).collect();
        let mut agreed: BTreeSet<&[u8]> = witnesses.into_iter().filter(|name| known.contains(name)).collect();
        // A group refers backwards only, so one pass in order is enough.
        for group in &self.groups {
            let members = group.members.iter().filter(|member| agreed.contains(member.as_slice())).count();
            if members >= group.threshold {
                agreed.insert(&group.name);
            }
        }
        agreed.contains(quorum.as_slice())
    }

    /// Judges a signed checkpoint: a known log signed it under its own origin, no known signature is wrong, and the quorum
    /// is made.
    pub fn check(&self, note: &Note) -> Result<Accepted<'_>, CheckError> {
        let checkpoint: Checkpoint = note.text().parse()?;
        let origin = checkpoint.origin();
        let logs: Vec<&VerifierKey> = self.logs.iter().map(|log| &log.key).filter(|key| key.name() == origin).collect();
        if logs.is_empty() {
            return Err(CheckError::UnknownLog { origin: origin.to_owned() });
        }
        let log = note.verify(logs)?.first().map(|verified| verified.key);
        let log = log.ok_or_else(|| CheckError::UnknownLog { origin: origin.to_owned() })?;
        let witnesses = self.cosigned(note)?;
        let names = witnesses.iter().map(|(witness, _)| witness.name.as_slice());
        if self.is_quorum(names.clone()) {
            return Ok(Accepted { log, witnesses });
        }
        let quorum = self.quorum.as_deref().map(text).unwrap_or_default();
        Err(CheckError::Quorum { quorum, witnesses: names.map(text).collect() })
    }

    /// Witnesses of the policy that cosigned, each once with its latest time.
    fn cosigned(&self, note: &Note) -> Result<Vec<(&KnownWitness, u64)>, VerifyError> {
        let verified = match note.verify(self.witnesses.iter().map(|witness| &witness.key)) {
            Err(VerifyError::NoTrustedSignature) => Vec::new(),
            other => other?,
        };
        let latest = |witness: &KnownWitness| {
            let own = verified.iter().filter(|line| *line.key == witness.key);
            own.filter_map(|line| line.timestamp_s).max()
        };
        Ok(self.witnesses.iter().filter_map(|witness| Some((witness, latest(witness)?))).collect())
    }
}

impl fmt::Display for Policy {
    /// A policy file. Names and addresses that are not UTF-8 are shown as well as can be; [`Policy::to_bytes`] keeps them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&text(&self.to_bytes()))
    }
}

impl Policy {
    /// A policy file that reads back as the same policy.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let mut line = |parts: &[&[u8]]| {
            bytes.extend_from_slice(&parts.join(&b' '));
            bytes.push(b'\n');
        };
        for KnownLog { key, url } in &self.logs {
            let key = key.to_string();
            let parts = [b"log".as_slice(), key.as_bytes()];
            line(&parts.into_iter().chain(url.as_deref()).collect::<Vec<_>>());
        }
        for KnownWitness { name, key, url } in &self.witnesses {
            let key = key.to_string();
            let parts = [b"witness".as_slice(), name, key.as_bytes()];
            line(&parts.into_iter().chain(url.as_deref()).collect::<Vec<_>>());
        }
        for Group { name, threshold, members } in &self.groups {
            let threshold = threshold.to_string();
            let parts = [b"group".as_slice(), name, threshold.as_bytes()];
            line(&parts.into_iter().chain(members.iter().map(Vec::as_slice)).collect::<Vec<_>>());
        }
        line(&[b"quorum", self.quorum.as_deref().unwrap_or(b"none")]);
        bytes
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[cfg(test)]
mod tests;
