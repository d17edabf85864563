//! Reports: text, JSON, HTML, SARIF, `JUnit` and CSV from judged results.
//!
//! What it is for: turning an assessment, an answer, a difference or findings into something a person or a tool can
//! read. Every function here is pure: data in, text out.
//!
//! What it deliberately does not do: no judgement, no I/O, no clock. The same data give the same bytes. Every name
//! comes from data and is made harmless for the format it goes into.
//!
//! Source: `ARCHITECTURE.md`, section "Reports"; schemas of our own formats in `docs/schemas/`.

pub mod board;
mod clean;
pub mod csv;
pub mod html;
pub mod json;
pub mod junit;
pub mod proof;
pub mod sarif;
pub mod svg;
pub mod text;
mod view;
mod words;

/// A report could not be written. The fault is ours (a template), never the reader's.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The template refused the data.
    #[error("the report template could not be filled: {0}")]
    Template(String),
}
