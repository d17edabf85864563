//! `flagstate assess`: files in, assessment out.

use std::process::ExitCode;

use flagstate_report::{csv, html, json, sarif, text};

use crate::{
    cli::{AssessArgs, AssessFormat},
    context::{self, Judged},
    failure::Failure,
    out,
};

/// Runs the command.
pub(crate) fn run(args: &AssessArgs) -> Result<ExitCode, Failure> {
    let judged = context::judge(&args.inputs, &args.common)?;
    out::result(&render(&judged, args.format)?, args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Renders an assessment.
pub(crate) fn render(judged: &Judged, format: AssessFormat) -> Result<String, Failure> {
    let (a, c) = (&judged.assessment, &judged.catalog);
    Ok(match format {
        AssessFormat::Text => text::assessment(a, c),
        AssessFormat::Json => json::assessment(a),
        AssessFormat::Html => html::assessment(a, c).map_err(|e| Failure::Internal(e.to_string()))?,
        AssessFormat::Sarif => sarif::assessment(a, c),
        AssessFormat::Csv => csv::assessment(a, c),
    })
}
