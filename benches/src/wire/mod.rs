//! HTTP/1.1 on loopback, blocking, one thread per connection.
//!
//! What it deliberately does not do: TLS, HTTP/2, pipelining ahead of answers, limits against strangers. It is for programs
//! that are measured or tested on the same machine.

mod answer;
pub(crate) mod fast;
mod request;

pub(crate) use answer::{Answer, Body, Damage};
pub(crate) use request::{Conn, Incoming, Request};
