//! Bills, state files, inventories and ownership files into an estate and a catalog overlay.
//!
//! What it is for: all decoding I/O of the product. Every importer streams, holds memory bounded by resources (not
//! rows), and accounts for every row it reads. A file that cannot be read to its end is an error, never a partial
//! answer.
//!
//! What it deliberately does not do: no judgement, no guesses. What the catalog does not know is counted unknown.
//!
//! Sources: the format specifications named at the top of each module.

pub mod bill;
mod detect;
mod error;
pub(crate) mod identity;
pub mod inventory;
pub mod ownership;
mod resolve;
mod source;
pub mod terraform;

pub use detect::Format;
pub use error::ImportError;
pub use resolve::Resolver;
pub use source::{Head, Input, MAX_JSON_DEPTH};

use std::path::Path;

use flagstate_catalog::ServiceMap;
use flagstate_estate::EstateBuilder;

/// What importers share: the map of names, and where progress goes.
pub struct Context<'a> {
    /// Regions, services, types.
    pub services: &'a ServiceMap,
    /// Told now and then: bytes read so far of the current file.
    pub progress: &'a (dyn Fn(&Path, u64) + Sync),
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").finish_non_exhaustive()
    }
}

/// Reads one file into the builder. `format` overrides detection. A file that fails leaves nothing in the builder.
pub fn read_file(
    path: &Path,
    format: Option<Format>,
    context: &Context<'_>,
    builder: &mut EstateBuilder,
) -> Result<Format, ImportError> {
    let input = Input::open(path)?;
    let format = match format {
        Some(f) => f,
        None => detect::detect(&input)?,
    };
    let before = builder.opened();
    match read_as(&input, format, context, builder) {
        Ok(()) => Ok(format),
        Err(e) => {
            builder.forget_after(before);
            Err(e)
        }
    }
}

fn read_as(
    input: &Input,
    format: Format,
    context: &Context<'_>,
    builder: &mut EstateBuilder,
) -> Result<(), ImportError> {
    match format {
        Format::Focus => bill::focus::read(input, context, builder),
        Format::AwsCur => bill::aws_cur::read(input, context, builder),
        Format::AzureBill => bill::azure::read(input, context, builder),
        Format::GcpBill => bill::gcp::read(input, context, builder),
        Format::OciBill => bill::oci::read(input, context, builder),
        Format::TerraformState => terraform::state::read(input, context, builder),
        Format::TerraformPlan => terraform::plan::read(input, context, builder),
        Format::AzureResources => inventory::azure::read(input, context, builder),
        Format::AwsConfig => inventory::aws_config::read(input, context, builder),
        Format::AwsResourceExplorer => inventory::aws_explorer::read(input, context, builder),
        Format::GcpAssets => inventory::gcp::read(input, context, builder),
        Format::Pepin => inventory::pepin::read(input, context, builder),
        Format::CycloneDx => inventory::cyclonedx::read(input, context, builder),
        Format::DoraRegister => inventory::register::read(input, context, builder),
        Format::List => inventory::list::read(input, context, builder),
    }
}

/// Reads the state before a plan, as the plan carries it. `Ok(false)` when the file is not a plan or carries none.
pub fn read_prior_state(path: &Path, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<bool, ImportError> {
    terraform::read_prior(&Input::open(path)?, context, builder)
}

#[cfg(test)]
mod tests;
