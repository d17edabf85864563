//! One opening as a file: canonical JSON with a checksum over all of it, the label included.
//!
//! What it deliberately does not do: no encryption. The disk is the operator's to encrypt; erasing is removing the file.

use serde::{Deserialize, Serialize};

use crate::{
    commitment::Opening,
    hex::{self, Digest},
    jcs,
};

pub(super) const NOT_AN_OPENING: &str = "is not an opening as it was written";

/// The file. `check` is the SHA-256 of the same JSON without it.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Stored {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<Digest>,
    person: String,
    salt: String,
    value: String,
}

impl Stored {
    pub(super) fn new(person: &str, opening: &Opening) -> Self {
        let mut stored = Self {
            check: None,
            person: person.to_owned(),
            salt: hex::encode(opening.salt()),
            value: opening.value().to_owned(),
        };
        stored.check = Some(Digest::of(&stored.to_bytes()));
        stored
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Texts only: they always have a canonical form.
        jcs::to_vec(self).unwrap_or_default()
    }

    /// The label and the opening; nothing when any bit differs from what was written.
    pub(super) fn read(bytes: &[u8]) -> Option<(String, Opening)> {
        let found: Self = serde_json::from_slice(bytes).ok()?;
        let opening = Opening::new(hex::decode(&found.salt)?.try_into().ok()?, &found.value);
        let again = Self::new(&found.person, &opening).to_bytes();
        (again == bytes).then_some((found.person, opening))
    }
}
