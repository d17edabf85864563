//! Stores as a whole: the suite against real servers on loopback, and what can happen on the way to them.

mod common;
mod local;
mod servers;
