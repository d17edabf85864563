//! Files of rows: Parquet, so that anybody's tools read inventories and manifests.
//!
//! What it is for: writing rows in order with memory bounded by one row group, and reading them again in the same order.
//! A file is written beside its name, made durable, and then given its name: it is whole or not there.
//!
//! What it deliberately does not do: sorting. Whoever writes hands rows over in order; a row out of order is refused.
//!
//! Specification: Apache Parquet format 2.x; two physical types only, `BYTE_ARRAY` and `INT64`.

mod columns;
mod read;
mod write;

use std::path::PathBuf;

pub(crate) use columns::{kind_word, version_of, version_text};
pub use read::Rows;
pub use write::{Finished, Writer};

/// Rows in a row group: bounds the memory of readers and writers.
const GROUP_ROWS: usize = 8192;
/// Rows decoded at once.
const BATCH_ROWS: usize = 1024;

/// A file of rows cannot be written or read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TableError {
    /// The file system.
    #[error("{}: cannot be {verb}", path.display())]
    Io {
        /// `written`, `read`.
        verb: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The format.
    #[error("{}: is no file of rows, or is damaged", path.display())]
    Parquet {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: parquet::errors::ParquetError,
    },
    /// What stands in it.
    #[error("{}: {what}; take the file from a backup, or begin the move anew", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: String,
    },
}

#[cfg(test)]
mod tests;
