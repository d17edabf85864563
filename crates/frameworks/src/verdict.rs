//! The word of a reading, and sentences as keys with their values: the sentences themselves are data, in three languages.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Serialize};

/// How a clause or requirement is answered, best first; `max` is the worst.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It holds.
    Met,
    /// Something that decides it is not known; what to ask stands beside it.
    Unknown,
    /// It hangs on a disputed premise or on how the text is read.
    Contested,
    /// It does not hold.
    NotMet,
}

impl Verdict {
    /// The word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Unknown => "unknown",
            Self::Contested => "contested",
            Self::NotMet => "not_met",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

/// A sentence: the key of its text in `data/messages.yaml`, the values in it, and the facts it rests on.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Message {
    /// Key of the text.
    pub key: &'static str,
    /// Values by the name of their place in the text.
    pub values: BTreeMap<&'static str, String>,
    /// Facts, edges, safeguards, rules it rests on.
    pub facts: Vec<String>,
}

impl Message {
    /// A sentence without values.
    pub fn new(key: &'static str) -> Self {
        Self { key, values: BTreeMap::new(), facts: Vec::new() }
    }

    /// With a value.
    #[must_use]
    #[expect(clippy::needless_pass_by_value, reason = "values and references read alike at the call")]
    pub fn with(mut self, name: &'static str, value: impl ToString) -> Self {
        self.values.insert(name, value.to_string());
        self
    }

    /// Resting on a fact.
    #[must_use]
    pub fn on(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.facts.extend(facts);
        self
    }
}
