//! What is recorded, and how anyone can check it offline, years later, without us.
//!
//! What it is for: the durable log, the typed statements that go into it, and the packages that leave it.
//!
//! What it deliberately does not do: no network, no async runtime, no judgement. Formats of public specifications that
//! need no files live in `tlog`.

pub mod log;
