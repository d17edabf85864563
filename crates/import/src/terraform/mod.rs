//! Terraform and OpenTofu: state and plan.

pub(crate) mod state;
pub(crate) mod plan;

use crate::{Format, Head, ImportError, Input};

/// Claims a file by its head.
pub(crate) fn detect(_input: &Input, _head: &Head<'_>) -> Result<Option<Format>, ImportError> {
    Ok(None)
}
