//! Bills: FOCUS and the providers' own.
//!
//! What it is for: one pipeline for all of them. `plan` picks the columns that matter from the header, `csv` (and
//! `parquet`) split the rows over threads, `groups` sums them per distinct combination, `finish` decodes each
//! combination once and the dialect says what it means. Memory is bounded by resources, not by rows.
//!
//! What it deliberately does not do: rate cost; a bill is read for what runs where, under whose contract.

mod amount;
mod common;
mod csv;
mod finish;
mod groups;
mod plan;
mod split;

pub(crate) mod aws_cur;
pub(crate) mod azure;
pub(crate) mod focus;
pub(crate) mod gcp;
pub(crate) mod oci;

use crate::{Format, Head, ImportError, Input};

/// Claims a file by its head.
pub(crate) fn detect(input: &Input, head: &Head<'_>) -> Result<Option<Format>, ImportError> {
    let Some((names, _)) = csv::header(&head.text) else { return Ok(None) };
    if focus::claims(input, &names)? {
        return Ok(Some(Format::Focus));
    }
    Ok(None)
}

#[cfg(test)]
mod shared_inputs;
