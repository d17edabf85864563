//! Inventory files that object stores write of themselves, read as listings.
//!
//! What it is for: a bucket with billions of keys is listed by its own provider once a day, into files. Reading those costs
//! minutes where a listing costs hours and a request for every thousand keys. A [`Manifest`] names the files; [`read`]
//! turns each of their rows into the [`Entry`](flagstate_objects::Entry) that a listing would have given.
//!
//! Specifications: Amazon S3 User Guide, "Amazon S3 Inventory" (manifest version 2016-11-30; CSV without a header and with
//! encoded keys, ORC, Apache Parquet); Azure Storage, "Azure Storage blob inventory" (2025-01; CSV with a header, Parquet).
//! Both read 2026-11.
//!
//! What it deliberately does not do: it fetches nothing (the caller does, and compares what [`ListedFile`] says), it sorts
//! nothing, and it guesses nothing: a row that cannot be understood ends the reading, since a skipped row is a lost object.
//! An inventory is old when it is read. That is why every row carries its `ETag`, and why an inventory without that field
//! is refused.

mod check;
mod decode;
mod manifest;
#[cfg(feature = "orc")]
mod orc;
mod rows;
mod value;

use std::path::Path;

use flagstate_objects::{Entry, Key};

pub use check::check;
pub use manifest::{Format, ListedFile, Manifest, Writer};

/// Which rows are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wish {
    /// The bucket or container that is moved: rows of others are left out (Azure), or a mistake (S3).
    pub container: String,
    /// Only keys that begin so.
    pub prefix: Key,
    /// Old versions, snapshots and delete markers too.
    pub versions: bool,
}

/// Why an inventory cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InventoryError {
    /// The manifest.
    #[error("{file}: not a manifest of S3 Inventory or Azure Blob Inventory: {what}")]
    Manifest {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
    /// Another bucket's.
    #[error("{file}: the inventory is of `{found}`, and the move is from `{wanted}`; name the inventory of that one")]
    OtherContainer {
        /// The file.
        file: String,
        /// Whose it is.
        found: String,
        /// What is moved.
        wanted: String,
    },
    /// A field that the move cannot do without.
    #[error(
        "{file}: the inventory has no field {field}, {why}; add the field to the inventory's configuration and wait for the next one, or leave out --inventory"
    )]
    NoField {
        /// The file.
        file: String,
        /// The field, as the provider calls it.
        field: &'static str,
        /// What it is needed for.
        why: &'static str,
    },
    /// A row.
    #[error(
        "{file}, row {row}: {what}; the file is damaged or of another version: fetch it again, or leave out --inventory"
    )]
    Row {
        /// The file.
        file: String,
        /// From 1.
        row: u64,
        /// What is wrong.
        what: String,
    },
    /// The whole file.
    #[error("{file}: cannot be read as {format}; fetch it again, or leave out --inventory: {what}")]
    Unreadable {
        /// The file.
        file: String,
        /// Which format.
        format: &'static str,
        /// What the reader says.
        what: String,
    },
    /// Other bytes than the manifest says.
    #[error("{file}: {what}; the copy is damaged: fetch it again, or leave out --inventory")]
    Damaged {
        /// The file.
        file: String,
        /// What differs.
        what: String,
    },
    /// Not where the manifest says.
    #[error(
        "{file}: not found, though the manifest names it; keep the folders as the inventory was written, or name the manifest in its bucket"
    )]
    Missing {
        /// The file.
        file: String,
    },
    /// A format that this build leaves out.
    #[error(
        "{file}: this build of flagstate reads no ORC; build it with the feature `orc`, or let the inventory be written as Parquet or CSV"
    )]
    NoOrc {
        /// The file.
        file: String,
    },
    /// The taker of entries gave up.
    #[error("stopped by whoever takes the rows")]
    Taker(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What takes entries, in the order of the file.
pub type Taker<'a> = dyn FnMut(Entry) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;

/// Reads one data file of an inventory from a local copy, and hands over every entry that is wished for. Returns how many rows the
/// file has. Memory does not grow with the file, except that of one stripe or row group of ORC and Parquet.
pub fn read(
    path: &Path,
    file: &ListedFile,
    manifest: &Manifest,
    wish: &Wish,
    take: &mut Taker<'_>,
) -> Result<u64, InventoryError> {
    let mut rows = rows::Rows::new(file, manifest, wish, take);
    decode::decode(path, file, manifest, &mut rows)?;
    Ok(rows.count())
}

#[cfg(test)]
mod tests;
