//! `flagstate report`: everything that was judged, for people who must sign.

use std::process::ExitCode;

use flagstate_frameworks::Library;
use flagstate_report::{
    board::{self, Material, Texts, html, markdown},
    csv,
    proof::Proof,
    sarif,
};

use super::frameworks;
use crate::{
    cli::{
        frameworks::Language,
        report::{ReportArgs, ReportFormat},
    },
    context::Judged,
    failure::Failure,
    log::{Home, record},
    out,
};

/// Name under which the facts are recorded.
const FACTS: &str = "report.json";

/// Runs the command.
pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode, Failure> {
    let library = Library::embedded()?;
    let (judged, readings) = frameworks::estate(&library, &args.inputs, &args.common, args.answers.as_deref())?;
    let readings = readings.into_iter().map(frameworks::Reading::into_board).collect();
    let material = Material {
        assessment: &judged.assessment,
        catalog: &judged.catalog,
        library: &library,
        readings,
        placement: None,
    };
    let (name, text) = text(args, &judged, &material);
    let text = match home(args, &judged)? {
        None => text,
        Some(home) => {
            let proof = recorded(&home, &judged, record::Report { name, text: &text })?;
            match args.format {
                ReportFormat::Html => proof.in_html(&text),
                ReportFormat::Json => proof.in_json(&text),
                _ => {
                    record::beside(&proof, args.output.as_deref())?;
                    text
                }
            }
        }
    };
    out::result(&text, args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}

/// Name for the record, and the report.
fn text(args: &ReportArgs, judged: &Judged, material: &Material<'_>) -> (&'static str, String) {
    let document = || board::document(material, &Texts::of(language(args.lang)));
    match args.format {
        ReportFormat::Html => ("report.html", html::page(&document())),
        ReportFormat::Md => ("report.md", markdown::text(&document())),
        ReportFormat::Json => (FACTS, board::facts(material)),
        ReportFormat::Csv => ("report.csv", csv::assessment(&judged.assessment, &judged.catalog)),
        ReportFormat::Sarif => ("report.sarif", sarif::assessment(&judged.assessment, &judged.catalog)),
        ReportFormat::Oscal => ("report.oscal.json", board::oscal::text(material)),
    }
}

fn language(lang: Language) -> board::Language {
    match lang {
        Language::En => board::Language::En,
        Language::Fr => board::Language::Fr,
        Language::De => board::Language::De,
    }
}

/// The log to record in: the one named, else the project's.
fn home(args: &ReportArgs, judged: &Judged) -> Result<Option<Home>, Failure> {
    let Some(dir) = &args.log else { return record::home(judged) };
    let home = Home::at(dir.clone(), None, std::path::PathBuf::new())?;
    home.own()?;
    Ok(Some(home))
}

/// Records a report, unless it is the log's last entry already: the same report then gives the same bytes.
fn recorded(home: &Home, judged: &Judged, report: record::Report<'_>) -> Result<Proof, Failure> {
    match record::last(home, report)? {
        Some(proof) => Ok(proof),
        None => record::assessment(home, judged, report),
    }
}
