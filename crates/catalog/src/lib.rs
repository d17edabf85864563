//! Facts and legal rules as data: dated, sourced, graded, loaded and looked up.
//!
//! What it is for: every other crate asks this one what the law, the owners and the offerings are on a date.
//! Facts live in `crates/catalog/data/*.yaml`, one file per kind; the files are embedded in the binary and can be
//! replaced kind by kind with files of the same shape (see [`Catalog::load`]).
//!
//! What it deliberately does not do: no file or network I/O (the caller hands over texts), no clock, no judgement.
//! A verdict is never stored here; only what verdicts follow from.
//!
//! Source of the model: `docs/adr/0002-catalog-as-data.md`.

pub mod check;
pub mod edit;
pub mod fact;
pub mod known;
pub mod law;
pub mod load;
pub mod offering;
pub mod owner;
pub mod services;
pub mod show;
pub mod vocabulary;
mod walk;

pub use check::{Finding, Severity, check};
pub use edit::AssumeError;
pub use fact::{Fact, Source, Status, Verification};
pub use known::KnownError;
pub use law::{
    Branch, Effect, Event, Harm, Instrument, InstrumentKind, Jurisdiction, Link, Pending, Precedent, Rule, UseCase,
};
pub use load::{Catalog, LoadError, Overlay};
pub use offering::{AttributeName, Dates, EffectOn, Offering, Safeguard};
pub use owner::{Contact, ContactKind, ControlKind, Edge, Entity};
pub use services::ServiceMap;
pub use show::{Shown, show};
pub use vocabulary::Vocabulary;

/// A civil date: the only time this product's judgement knows.
pub use jiff::civil::Date;

#[cfg(test)]
mod tests;
