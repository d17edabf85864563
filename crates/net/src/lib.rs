//! HTTP, both ends, as blocking calls: TLS by default, with a limit on time and size of everything.
//!
//! What it is for: the few places that talk to other machines (witnesses, time-stamp authorities) and the witness that
//! answers others. It is the one crate that knows the HTTP stack, so that no other crate waits for it to compile.
//!
//! What it deliberately does not do: no redirects, no cookies, no retries, no content types of its own; callers see a
//! status and bytes. Plain `http` is for this machine alone unless the caller says otherwise.
//!
//! Specifications: RFC 9110 (HTTP semantics, June 2022) and RFC 9112 (HTTP/1.1), by way of hyper and reqwest.

mod address;
mod client;
mod server;

pub use address::{Address, AddressError, Plain};
pub use client::{Answer, CallError, Client};
pub use server::{Request, Response, ServeError, Server, Stop};
