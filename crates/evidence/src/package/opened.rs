//! Openings in a package: only those that somebody asked for, without the label of the person.

use serde::{Deserialize, Serialize};

use crate::{
    commitment::{Commitment, Opening},
    hex, jcs,
};

/// The file `openings/<64 digits>.json`.
#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Opened {
    commitment: Commitment,
    salt: String,
    value: String,
}

impl Opened {
    pub(super) fn new(opening: &Opening) -> Self {
        let salt = hex::encode(opening.salt());
        Self { commitment: opening.commitment(), salt, value: opening.value().to_owned() }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        // Texts only: they always have a canonical form.
        jcs::to_vec(self).unwrap_or_default()
    }

    /// The opening; nothing when it does not open what it says.
    pub(super) fn read(bytes: &[u8]) -> Option<Opening> {
        let found: Self = serde_json::from_slice(bytes).ok()?;
        let opening = Opening::new(hex::decode(&found.salt)?.try_into().ok()?, &found.value);
        (opening.commitment() == found.commitment).then_some(opening)
    }
}
