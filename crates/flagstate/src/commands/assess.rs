//! `flagstate assess`: files in, assessment out.

use std::process::ExitCode;

use flagstate_report::{csv, html, json, sarif, text};

use crate::{
    cli::{AssessArgs, AssessFormat},
    context::{self, Judged},
    failure::Failure,
    log::{Home, record},
    out,
};

/// Runs the command.
pub(crate) fn run(args: &AssessArgs) -> Result<ExitCode, Failure> {
    let judged = context::judge(&args.inputs, &args.common)?;
    let report = render(&judged, args.format)?;
    let report = match record::home(&judged)? {
        None => report,
        Some(home) => recorded(&home, &judged, args, report)?,
    };
    out::result(&report, args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// The report with its proof; where the form cannot carry one, the proof goes beside the file.
fn recorded(home: &Home, judged: &Judged, args: &AssessArgs, report: String) -> Result<String, Failure> {
    let name = match args.format {
        AssessFormat::Text => "assessment.txt",
        AssessFormat::Json => "assessment.json",
        AssessFormat::Html => "assessment.html",
        AssessFormat::Sarif => "assessment.sarif",
        AssessFormat::Csv => "assessment.csv",
    };
    let proof = record::assessment(home, judged, record::Report { name, text: &report })?;
    match args.format {
        AssessFormat::Text if out::to_terminal(args.output.as_deref()) => Ok(proof.in_short_text(&report)),
        AssessFormat::Text => Ok(proof.in_text(&report)),
        AssessFormat::Json => Ok(proof.in_json(&report)),
        AssessFormat::Html => Ok(proof.in_html(&report)),
        AssessFormat::Sarif | AssessFormat::Csv => {
            record::beside(&proof, args.output.as_deref())?;
            Ok(report)
        }
    }
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
