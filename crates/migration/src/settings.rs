//! What moves where: fixed when a move begins, so that every later command means the same move.

use flagstate_objects::{Capabilities, ContainerFacts};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::select::Selection;

/// Name and version of the format.
pub const SCHEMA: &str = "flagstate-move/1";

/// What moves where.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Settings {
    /// [`SCHEMA`].
    pub schema: String,
    /// The move's name in the log.
    pub id: String,
    /// From where, as typed; without credentials.
    pub from: String,
    /// To where.
    pub to: String,
    /// The containers that `from` meant when the move began, where it names several: keys begin with their names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub containers: Vec<String>,
    /// Patterns.
    #[serde(default)]
    pub selection: Selection,
    /// All versions move.
    #[serde(default)]
    pub versions: bool,
    /// Retention and legal holds are written at the target too.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub keep_holds: bool,
    /// Recipients (`age1...`) for whom objects are encrypted on the way; nothing for no encryption.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recipients: Vec<String>,
    /// The offering at the source, by its id in the catalog.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_offering: Option<String>,
    /// The offering at the target.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_offering: Option<String>,
    /// The manifest of the provider's own inventory that the first listing is read from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub inventory: Option<String>,
    /// When the move began.
    pub began: Timestamp,
}

/// What the probe found out, kept with the move.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct Probed {
    /// When.
    pub at: Timestamp,
    /// What the source's container says of itself.
    pub source: ContainerFacts,
    /// What the target was seen to do.
    pub target: Capabilities,
}

/// A name for a move.
pub fn fresh_id() -> String {
    let mut chance = [0; 8];
    // Without chance the name is not unique; it only tells people which move is meant.
    let _ = getrandom::fill(&mut chance);
    format!("move-{:016x}", u64::from_be_bytes(chance))
}
