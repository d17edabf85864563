//! Words that the data uses and what they mean to the engine: order of attribute values, states without force,
//! and words of older files for ties to a state.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::owner::ContactKind;

/// A field of entity records that says in one word how it is tied to one state.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct ContactField {
    /// The state.
    pub jurisdiction: String,
    /// Word -> tie; words that only repeat what the graph says are absent or null.
    pub words: BTreeMap<String, Option<ContactKind>>,
}

/// The vocabulary file.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Vocabulary {
    /// Attribute values, lowest first.
    pub attribute_order: Vec<String>,
    /// Attributes that take the highest value of all safeguards (the others take the lowest).
    pub attributes_highest: Vec<String>,
    /// Attribute ids and names.
    pub attributes: BTreeMap<String, String>,
    /// States of an instrument in which it has no force (`proposal`, ...).
    pub states_without_force: Vec<String>,
    /// Words that a field takes: `kind.path` -> words. For the linter.
    pub allowed: BTreeMap<String, Vec<String>>,
    /// Fields that records of a kind may have, typed or prose. For the linter.
    pub fields: BTreeMap<String, Vec<String>>,
    /// Names of words for readers: group (`harm`, `link`, `attribute`) -> word -> language -> name.
    pub words: BTreeMap<String, BTreeMap<String, BTreeMap<String, String>>>,
    /// Entity fields that carry ties (field name -> meaning).
    pub contact_fields: BTreeMap<String, ContactField>,
}

impl Vocabulary {
    /// Name of a word in a language, else in English, else the word itself.
    pub fn name<'a>(&'a self, group: &str, word: &'a str, language: &str) -> &'a str {
        let names = self.words.get(group).and_then(|g| g.get(word));
        names.and_then(|n| n.get(language).or_else(|| n.get("en"))).map_or(word, String::as_str)
    }

    /// Rank of an attribute value; unknown words rank lowest.
    pub fn rank(&self, value: &str) -> usize {
        self.attribute_order.iter().position(|v| v == value).unwrap_or(0)
    }
}
