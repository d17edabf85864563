//! Where each workload should live: gates, ranking, capability gaps, cost, waves.
//!
//! What it is for: from an estate, its classifications and the catalog it makes a [`Plan`]: one sheet per workload with
//! the landing point chosen, every option that was rejected with the fact that rejected it, the questions to settle, what
//! remains, what is given up, what it costs and what it takes; then the waves. A [`Matrix`] compares offerings.
//!
//! What it deliberately does not do: no I/O, no clock, no chance; no judgement of law (that is `exposure`) and no reading of
//! clauses (that is `frameworks`). Law and money are never summed: options are compared criterion by criterion, in a
//! fixed order. Providers, prices and clauses are data under `data/`.
//!
//! Source: `docs/placement.md`.

pub mod board;
mod choose;
pub mod config;
pub mod cost;
pub mod data;
pub mod diff;
mod gates;
mod limits;
pub mod lint;
pub mod matrix;
mod matrix_cells;
pub mod options;
pub mod plan;
pub mod portfolio;
mod price;
mod questions;
pub mod rank;
pub mod said;
mod schedule;
mod services;
pub mod sheet;
pub mod takes;
pub mod watch;
pub mod waves;
pub mod world;

pub use board::{BoardQuestion, Trigger};
pub use choose::make;
pub use config::PlacementSection;
pub use cost::{Amount, Cost, PriceSeen, Range};
pub use data::{Data, DataError};
pub use matrix::Matrix;
pub use matrix_cells::matrix;
pub use plan::Plan;
pub use said::Said;
pub use sheet::{Candidate, GateReading, LandingPoint, Rejected, Sheet, Standing};
pub use takes::{Gap, Service, Takes};
pub use waves::Wave;
pub use world::{Head, Seen, World};

#[cfg(test)]
mod tests;
