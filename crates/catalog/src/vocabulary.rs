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
    /// Entity fields that carry ties (field name -> meaning).
    pub contact_fields: BTreeMap<String, ContactField>,
}

impl Vocabulary {
    /// Rank of an attribute value; unknown words rank lowest.
    pub fn rank(&self, value: &str) -> usize {
        self.attribute_order.iter().position(|v| v == value).unwrap_or(0)
    }
}
