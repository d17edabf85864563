//! The durable log: one directory that is a plain tlog-tiles tree, and one writer that never loses an acknowledged entry.
//!
//! What it deliberately does not do: no network, no meaning of entries; they are bytes.
