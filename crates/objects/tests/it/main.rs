//! Stores as a whole: the suite against real servers on loopback, and what can happen on the way to them.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on should stop")]

mod common;
mod faults;
mod interop;
mod local;
mod security;
mod servers;
