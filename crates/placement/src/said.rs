//! Sentences: the key of a text, the values in it, the facts it rests on, and the English text.
//!
//! The key and the values are what counts; another language is made from them with [`crate::data::Data::say`].

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// One sentence.
#[derive(Clone, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Said {
    /// Key of the text.
    pub key: String,
    /// Values by the name of their place in the text; `@word` stands for a word of the data.
    #[serde(default)]
    pub values: BTreeMap<String, String>,
    /// Facts, edges, safeguards, rules, prices it rests on.
    #[serde(default)]
    pub facts: Vec<String>,
    /// The sentence in English.
    #[serde(default)]
    pub text: String,
}
