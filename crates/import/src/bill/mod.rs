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
mod draft;
mod finish;
mod groups;
mod names;
mod parquet;
mod plan;
mod split;

pub(crate) mod aws_cur;
pub(crate) mod azure;
pub(crate) mod focus;
pub(crate) mod gcp;
pub(crate) mod oci;

use crate::{Context, Format, Head, ImportError, Input};

/// Claims a file by its head.
pub(crate) fn detect(input: &Input, head: &Head<'_>) -> Result<Option<Format>, ImportError> {
    if gcp::claims_json(&head.text) {
        return Ok(Some(Format::GcpBill));
    }
    let names = if parquet::is_parquet(head.bytes) {
        parquet::names(input)?
    } else {
        match csv::header(&head.text) {
            Some((names, _)) => names,
            None => return Ok(None),
        }
    };
    let native = [
        (Format::AwsCur, aws_cur::claims(&names)),
        (Format::AzureBill, azure::claims(&names)),
        (Format::GcpBill, gcp::claims(&names)),
        (Format::OciBill, oci::claims(&names)),
    ];
    if let Some((format, _)) = native.iter().find(|(_, yes)| *yes) {
        return Ok(Some(*format));
    }
    Ok(focus::claims(input, &names)?.then_some(Format::Focus))
}

/// Reads a table of either kind.
fn read_table(
    input: &Input,
    context: &Context<'_>,
    amounts: &dyn csv::Amounts,
    make_plan: &dyn Fn(&[String]) -> Result<plan::Plan, ImportError>,
) -> Result<csv::Table, ImportError> {
    if parquet::is_parquet(input.head().bytes) {
        parquet::read(input, context, amounts, make_plan)
    } else {
        csv::read(input, context, amounts, make_plan)
    }
}

#[cfg(test)]
mod shared_inputs;
