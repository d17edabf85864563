//! gcp.

use flagstate_estate::EstateBuilder;

use crate::{Context, ImportError, Input};

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, _context: &Context<'_>, _builder: &mut EstateBuilder) -> Result<(), ImportError> {
    Err(input.unusable("this format is not read yet"))
}
