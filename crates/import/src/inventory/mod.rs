//! Inventories: what providers and people list.

pub(crate) mod azure;
pub(crate) mod aws_config;
pub(crate) mod aws_explorer;
pub(crate) mod gcp;
pub(crate) mod cyclonedx;
pub(crate) mod list;

use crate::{Format, Head, ImportError, Input};

/// Claims a file by its head.
pub(crate) fn detect(_input: &Input, _head: &Head<'_>) -> Result<Option<Format>, ImportError> {
    Ok(None)
}
