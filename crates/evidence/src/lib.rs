//! What is recorded, and how anyone can check it offline, years later, without us.
//!
//! What it is for: the durable log, the typed statements that go into it, and the packages that leave it.
//!
//! What it deliberately does not do: no network, no async runtime, no judgement, no clock and no random numbers: times,
//! salts and nonces are arguments. Formats of public specifications that need no files live in `tlog` and `tsp`.

pub mod commitment;
pub mod config;
pub mod cose;
pub mod dsse;
pub mod hex;
pub mod jcs;
pub mod log;
pub mod package;
pub mod predicates;
pub mod side_store;
pub mod signing;
pub mod statement;
pub mod timestamp;
