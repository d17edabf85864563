//! Terraform and `OpenTofu`: raw state (versions 1 to 4), `show -json` of a state, `show -json` of a plan.
//!
//! What it is for: every resource instance of such a file becomes an observation or is counted with a reason. What
//! decides the verdict (place, partition, account, key custody) is read from the attributes where it stands.
//!
//! What it deliberately does not do: run a tool, read modules or variables from anywhere else, keep a value that is
//! marked sensitive, or guess. A region that is nowhere in the file stays unknown.
//!
//! Sources: `HashiCorp` "JSON Output Format" 1.2 (2024), "State file" format 4 (internal/states/statefile, 2023);
//! `OpenTofu` "State and Plan Encryption" (1.7, 2024).

mod attributes;
mod config;
mod custody;
mod document;
mod head;
mod observe;
mod place;
pub(crate) mod plan;
mod row;
pub(crate) mod state;
mod text;

use flagstate_estate::EstateBuilder;

use crate::{Context, Format, Head, ImportError, Input};

/// Claims a file by its head. Errors for files that look like one of these formats and cannot be used.
pub(crate) fn detect(input: &Input, head: &Head<'_>) -> Result<Option<Format>, ImportError> {
    match head::kind(&head.text) {
        head::Kind::Other => Ok(None),
        head::Kind::State => Ok(Some(Format::TerraformState)),
        head::Kind::Plan => Ok(Some(Format::TerraformPlan)),
        head::Kind::Refused(why) => Err(input.unusable(why)),
    }
}

/// Reads what a plan says was there before: its prior state. `Ok(false)` when the file is not a plan or carries none.
pub(crate) fn read_prior(
    input: &Input,
    context: &Context<'_>,
    builder: &mut EstateBuilder,
) -> Result<bool, ImportError> {
    if !matches!(head::kind(&input.head().text), head::Kind::Plan) {
        return Ok(false);
    }
    let text = document::load(input)?;
    let (document, _) = document::parse(input, &text)?;
    Ok(plan::fill_prior(input, context, builder, &document))
}

/// Reads a state or a plan: the content decides, not the name that was given for it.
fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let text = document::load(input)?;
    (context.progress)(&input.path, input.size_bytes);
    let (document, notes) = document::parse(input, &text)?;
    match document.kind() {
        document::Kind::Plan => plan::fill(input, context, builder, &document, notes),
        document::Kind::State => state::fill(input, context, builder, &document, notes),
        document::Kind::Refused(why) => return Err(input.unusable(why)),
    }
    Ok(())
}

#[cfg(test)]
mod shared_inputs;
#[cfg(test)]
mod tests;
