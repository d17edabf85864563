//! What an organisation runs: resources collapse into classes, people decide about workloads.
//!
//! What it is for: one model that every importer fills and every judgement reads. Merging is commutative: the same
//! observations in any order give the same estate, byte for byte.
//!
//! What it deliberately does not do: no I/O, no parsing of foreign formats (that is `import`), no law, no verdicts.
//!
//! Source of the model: `ARCHITECTURE.md`, section "Estate".

pub mod builder;
pub mod class;
pub mod config;
pub mod money;
pub mod name;
pub mod resource;
pub mod tags;
pub mod workload;

pub use builder::{EstateBuilder, InputRef};
pub use class::{Class, ClassId};
pub use config::Project;
pub use money::Money;
pub use name::Name;
pub use resource::{Custody, Estate, InputLedger, Observation, Processing, Rank, Resource, UnknownReason};
pub use tags::Tags;
pub use workload::Workload;

#[cfg(test)]
mod tests;
