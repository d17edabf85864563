//! Reading policy files.
//!
//! Specification: c2sp.org/tlog-policy, sections "Policy file syntax and structure" to "Implementation limits".

use std::collections::BTreeSet;

use super::{Group, KnownLog, KnownWitness, Name, Policy};
use crate::{
    note::{Algorithm, KeyError, VerifierKey},
    text::decimal,
};

/// The largest file that is read.
const MAX_BYTES: usize = 1_000_000;
/// The most logs, witnesses and groups, each.
const MAX_EACH: usize = 256;
/// The name that means: no witnesses needed.
const NONE: &[u8] = b"none";

/// What is wrong with a policy file, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the policy is wrong")]
pub struct PolicyError {
    /// Which line, from 1. One past the last where something is missing at the end.
    pub line: usize,
    /// What is wrong there.
    #[source]
    pub problem: PolicyProblem,
}

/// What can be wrong with a policy file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PolicyProblem {
    /// Over the limit.
    #[error("a policy has at most 1000000 bytes, and at most 256 logs, 256 witnesses and 256 groups")]
    TooLarge,
    /// No line end at the end of the file.
    #[error("the last line has no line end: the file may be cut off")]
    Unterminated,
    /// A control character.
    #[error("the only control characters allowed are tabs and line ends (files from Windows have others)")]
    Characters,
    /// Not a line of a policy.
    #[error("expected `log VKEY [URL]`, `witness NAME VKEY [URL]`, `group NAME all|any|K MEMBER...` or `quorum NAME`")]
    Form,
    /// The key cannot be used.
    #[error("the key is not usable")]
    Key(#[source] KeyError),
    /// A key that is not UTF-8, or that signs something else.
    #[error("a witness needs a key of type 0x04 or 0x06: keys of type 0x01 do not cosign")]
    WitnessKey,
    /// The same public key again.
    #[error("this public key is in the policy already, perhaps under another name")]
    DuplicateKey,
    /// The name again.
    #[error("the name `{name}` is taken")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A name that was not defined above.
    #[error("`{name}` is not defined above this line")]
    Undefined {
        /// The name.
        name: String,
    },
    /// A member of two groups, or twice of one.
    #[error("`{name}` is a member of a group already, and can be of one only")]
    MemberTwice {
        /// The name.
        name: String,
    },
    /// More than all, or none.
    #[error("the threshold of a group is `all`, `any`, or a number from 1 to {members}, its members")]
    Threshold {
        /// How many there are.
        members: usize,
    },
    /// A second quorum.
    #[error("a policy has one `quorum` line and this is the second")]
    SecondQuorum,
    /// No quorum.
    #[error("a policy needs a `quorum` line; `quorum none` asks for no witnesses")]
    NoQuorum,
}

/// Reads a policy file.
pub(super) fn parse(bytes: &[u8]) -> Result<Policy, PolicyError> {
    let at = |line: usize| move |problem| PolicyError { line, problem };
    if bytes.len() > MAX_BYTES {
        return Err(at(1)(PolicyProblem::TooLarge));
    }
    let mut reader = Reader::default();
    let mut last = 0;
    // Each piece is a line with its end.
    for (number, line) in (1..).zip(bytes.split_inclusive(|byte| *byte == b'\n')) {
        let line = line.strip_suffix(b"\n").ok_or(PolicyProblem::Unterminated).map_err(at(number))?;
        reader.line(line).map_err(at(number))?;
        last = number;
    }
    reader.finish().map_err(at(last + 1))
}

#[derive(Default)]
struct Reader {
    logs: Vec<KnownLog>,
    witnesses: Vec<KnownWitness>,
    groups: Vec<Group>,
    quorum: Option<Name>,
    names: BTreeSet<Name>,
    members: BTreeSet<Name>,
}

impl Reader {
    fn line(&mut self, line: &[u8]) -> Result<(), PolicyProblem> {
        if line.iter().any(|byte| (*byte < b' ' && *byte != b'\t') || *byte == 0x7f) {
            return Err(PolicyProblem::Characters);
        }
        let words = line.split(|byte| matches!(byte, b' ' | b'\t'));
        let words: Vec<&[u8]> = words.filter(|word| !word.is_empty()).collect();
        match words.as_slice() {
            [] => Ok(()),
            [first, ..] if first.starts_with(b"#") => Ok(()),
            [b"log", key] => self.log(key, None),
            [b"log", key, url] => self.log(key, Some(url)),
            [b"witness", name, key] => self.witness(name, key, None),
            [b"witness", name, key, url] => self.witness(name, key, Some(url)),
            [b"group", name, threshold, members @ ..] if !members.is_empty() => self.group(name, threshold, members),
            [b"quorum", name] => self.quorum(name),
            _ => Err(PolicyProblem::Form),
        }
    }

    fn log(&mut self, key: &[u8], url: Option<&[u8]>) -> Result<(), PolicyProblem> {
        let key = parse_key(key)?;
        room(self.logs.len())?;
        if self.logs.iter().any(|other| other.key.material() == key.material()) {
            return Err(PolicyProblem::DuplicateKey);
        }
        self.logs.push(KnownLog { key, url: url.map(<[u8]>::to_vec) });
        Ok(())
    }

    fn witness(&mut self, name: &[u8], key: &[u8], url: Option<&[u8]>) -> Result<(), PolicyProblem> {
        let key = parse_key(key)?;
        room(self.witnesses.len())?;
        if key.algorithm() == Algorithm::Ed25519 {
            return Err(PolicyProblem::WitnessKey);
        }
        if self.witnesses.iter().any(|other| other.key.material() == key.material()) {
            return Err(PolicyProblem::DuplicateKey);
        }
        let name = self.define(name)?;
        self.witnesses.push(KnownWitness { name, key, url: url.map(<[u8]>::to_vec) });
        Ok(())
    }

    fn group(&mut self, name: &[u8], threshold: &[u8], members: &[&[u8]]) -> Result<(), PolicyProblem> {
        room(self.groups.len())?;
        let count = members.len();
        let threshold = match threshold {
            b"all" => Some(count),
            b"any" => Some(1),
            number => std::str::from_utf8(number).ok().and_then(decimal).and_then(|k| usize::try_from(k).ok()),
        };
        let in_range = threshold.filter(|k| (1..=count).contains(k));
        let threshold = in_range.ok_or(PolicyProblem::Threshold { members: count })?;
        for member in members {
            if !self.names.contains(*member) {
                return Err(PolicyProblem::Undefined { name: shown(member) });
            }
            if !self.members.insert(member.to_vec()) {
                return Err(PolicyProblem::MemberTwice { name: shown(member) });
            }
        }
        let name = self.define(name)?;
        let members = members.iter().map(|member| member.to_vec()).collect();
        self.groups.push(Group { name, threshold, members });
        Ok(())
    }

    fn quorum(&mut self, name: &[u8]) -> Result<(), PolicyProblem> {
        if self.quorum.is_some() {
            return Err(PolicyProblem::SecondQuorum);
        }
        if name != NONE && !self.names.contains(name) {
            return Err(PolicyProblem::Undefined { name: shown(name) });
        }
        self.quorum = Some(name.to_vec());
        Ok(())
    }

    /// Takes a name. `none` has a meaning of its own.
    fn define(&mut self, name: &[u8]) -> Result<Name, PolicyProblem> {
        if name == NONE || !self.names.insert(name.to_vec()) {
            return Err(PolicyProblem::DuplicateName { name: shown(name) });
        }
        Ok(name.to_vec())
    }

    fn finish(self) -> Result<Policy, PolicyProblem> {
        let quorum = Some(self.quorum.ok_or(PolicyProblem::NoQuorum)?).filter(|name| name != NONE);
        Ok(Policy { logs: self.logs, witnesses: self.witnesses, groups: self.groups, quorum })
    }
}

fn parse_key(word: &[u8]) -> Result<VerifierKey, PolicyProblem> {
    let text = std::str::from_utf8(word).map_err(|_| PolicyProblem::Key(KeyError::Form))?;
    text.parse().map_err(PolicyProblem::Key)
}

fn room(count: usize) -> Result<(), PolicyProblem> {
    if count < MAX_EACH { Ok(()) } else { Err(PolicyProblem::TooLarge) }
}

fn shown(name: &[u8]) -> String {
    String::from_utf8_lossy(name).chars().take(80).collect()
}
