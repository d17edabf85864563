//! Errors that are known from other public tools and texts, as data: what the linter refuses, and why.

use serde::{Deserialize, Serialize};

/// One wrong statement that must not come back.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct KnownError {
    /// Id, `KE-...`.
    pub id: String,
    /// What is wrong, in a few words.
    pub title: String,
    /// Any of these lists, all patterns of which match one sentence (regular expressions without regard to case).
    pub matches: Vec<Vec<String>>,
    /// Patterns that show that the sentence says something else.
    pub unless: Vec<String>,
    /// Fields of records that must have one value.
    pub fixed: Vec<Fixed>,
    /// Why it is wrong.
    pub reason: String,
    /// What is right.
    pub instead: String,
    /// Where it was seen, in words.
    pub seen_in: String,
    /// Facts that say what is right.
    pub facts: Vec<String>,
    /// Sources that say what is right.
    pub sources: Vec<String>,
}

/// A field of one record that has one right value.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Fixed {
    /// Kind of the record.
    pub kind: String,
    /// Its id.
    pub id: String,
    /// Dotted path of the field.
    pub path: String,
    /// The value, in its written form.
    pub value: String,
}
