//! The kinds of statement: what can be said in the log, each with a name, a version and a JSON Schema.
//!
//! What it is for: one struct per kind; `docs/evidence.md` explains each, `docs/schemas/evidence/` holds the schemas made
//! from these structs. A change that old readers would misread gets a new version; fields may be added as optional ones.
//!
//! What it deliberately does not do: no personal data in clear. A person, a ticket or free text about people is a
//! [`Commitment`](crate::commitment::Commitment). One statement covers a batch, never a single object.
//!
//! The names start with `https://flagstate.eu/evidence/`. They are names, not addresses: nothing is fetched from there.

pub mod access;
pub mod judgement;
pub mod moving;
pub mod upkeep;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;

/// What all names start with. A name, not an address.
pub const BASE: &str = "https://flagstate.eu/evidence/";

/// What can be said in a statement.
pub trait Predicate: Serialize + DeserializeOwned + JsonSchema {
    /// The kind, as in its name.
    const KIND: &'static str;
    /// The version.
    const VERSION: u32 = 1;

    /// The predicate type of the statement.
    fn name() -> String {
        format!("{BASE}{}/v{}", Self::KIND, Self::VERSION)
    }
}

macro_rules! kinds {
    ($($kind:literal => $type:ty),+ $(,)?) => {
        $(impl Predicate for $type {
            const KIND: &'static str = $kind;
        })+

        /// Every kind with its version and its JSON Schema.
        pub fn schemas() -> Vec<(&'static str, u32, Schema)> {
            vec![$((<$type>::KIND, <$type>::VERSION, schema::<$type>())),+]
        }
    };
}

kinds! {
    "assessment" => judgement::Assessment,
    "check" => judgement::Check,
    "plan" => judgement::Plan,
    "inventory" => moving::Inventory,
    "transfer" => moving::Transfer,
    "transfer-acceptance" => moving::TransferAcceptance,
    "certificate" => moving::Certificate,
    "erasure" => moving::Erasure,
    "key-use" => access::KeyUse,
    "access-request" => access::AccessRequest,
    "access-decision" => access::AccessDecision,
    "redaction" => upkeep::Redaction,
    "key-rotation" => upkeep::KeyRotation,
    "policy" => upkeep::Policy,
    "timestamp" => upkeep::Timestamp3161,
    "software" => upkeep::Software,
}

fn schema<P: Predicate>() -> Schema {
    let mut schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<P>();
    schema.insert("$id".to_owned(), json!(P::name()));
    schema.insert("title".to_owned(), json!(format!("Predicate {} version {}", P::KIND, P::VERSION)));
    schema
}

#[cfg(test)]
mod tests;
