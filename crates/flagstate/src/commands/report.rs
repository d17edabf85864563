//! `flagstate report`: everything that was judged, for people who must sign.

use std::{path::Path, process::ExitCode};

use flagstate_frameworks::Library;
use flagstate_placement::{Data, Matrix, Plan};
use flagstate_report::{
    board::{self, Material, Placement, Texts, html, markdown},
    csv,
    proof::Proof,
    sarif,
};
use serde::de::DeserializeOwned;

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

/// Name under which the facts are recorded; the PDF carries them under it.
const FACTS: &str = "report.json";

/// Runs the command.
pub(crate) fn run(args: &ReportArgs) -> Result<ExitCode, Failure> {
    if args.format == ReportFormat::Pdf && !cfg!(feature = "pdf") {
        return Err(Failure::Usage(
            "this program was built without PDF; build it with `--features pdf`, or ask for --format html".into(),
        ));
    }
    let library = Library::embedded()?;
    let data = Data::embedded().map_err(|e| Failure::Internal(e.to_string()))?;
    let plan: Option<Plan> = args.plan.as_deref().map(|path| read(path, "`flagstate plan` writes it")).transpose()?;
    let matrix: Option<Matrix> =
        args.matrix.as_deref().map(|path| read(path, "`flagstate matrix --format json` writes it")).transpose()?;
    let placement = plan.as_ref().map(|plan| Placement { plan, data: &data, matrix: matrix.as_ref() });
    let (judged, readings) = frameworks::estate(&library, &args.inputs, &args.common, args.answers.as_deref())?;
    let readings = readings.into_iter().map(frameworks::Reading::into_board).collect();
    let material =
        Material { assessment: &judged.assessment, catalog: &judged.catalog, library: &library, readings, placement };
    if args.format == ReportFormat::Pdf {
        return pdf(args, &judged, &material);
    }
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

/// Reads a JSON file of a known shape.
fn read<T: DeserializeOwned>(path: &Path, help: &str) -> Result<T, Failure> {
    let bytes = crate::log::read_file(path)?;
    serde_json::from_slice(&bytes).map_err(|e| Failure::Input {
        message: format!("{}: is not of the expected shape: {e}", path.display()),
        help: Some(help.to_owned()),
    })
}

/// Name for the record, and the report.
fn text(args: &ReportArgs, judged: &Judged, material: &Material<'_>) -> (&'static str, String) {
    let document = || board::document(material, &Texts::of(language(args.lang)));
    match args.format {
        ReportFormat::Html => ("report.html", html::page(&document())),
        ReportFormat::Md => ("report.md", markdown::text(&document())),
        ReportFormat::Json | ReportFormat::Pdf => (FACTS, board::facts(material)),
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

#[cfg(not(feature = "pdf"))]
fn pdf(_: &ReportArgs, _: &Judged, _: &Material<'_>) -> Result<ExitCode, Failure> {
    Err(Failure::Internal("a report as PDF was asked of a program without it".into()))
}

#[cfg(feature = "pdf")]
fn pdf(args: &ReportArgs, judged: &Judged, material: &Material<'_>) -> Result<ExitCode, Failure> {
    use flagstate_report_pdf::{Attachment, Relation, typeset};

    let internal = |e: &dyn std::fmt::Display| Failure::Internal(e.to_string());
    if out::to_terminal(args.output.as_deref()) {
        return Err(Failure::Usage("a PDF does not go to a terminal; name a file with --output".into()));
    }
    let attach = |name: &str, relation: Relation, media_type: &'static str, description: String, bytes: Vec<u8>| {
        Attachment { name: name.to_owned(), relation, media_type, description, bytes }
    };
    let facts = board::facts(material);
    let json = "application/json";
    let mut attachments =
        vec![attach(FACTS, Relation::Source, json, "The facts of this report".into(), facts.clone().into_bytes())];
    if let Some(path) = &args.plan {
        attachments.push(attach("plan.json", Relation::Data, json, "The plan".into(), crate::log::read_file(path)?));
    }
    if let Some(home) = home(args, judged)? {
        let proof = recorded(&home, judged, record::Report { name: FACTS, text: &facts })?;
        let about = format!("Proof that {FACTS} is in the log {}", proof.origin);
        let whole = serde_json::to_vec_pretty(&proof).map_err(|e| internal(&e))?;
        let tlog = proof.tlog_proof.clone().into_bytes();
        attachments.push(attach("report.proof.json", Relation::Supplement, json, about.clone(), whole));
        attachments.push(attach("report.tlog-proof", Relation::Supplement, "text/plain", about, tlog));
    }
    let document = board::document(material, &Texts::of(language(args.lang)));
    let document = serde_json::to_value(&document).map_err(|e| internal(&e))?;
    let bytes = typeset(&document, &attachments).map_err(|e| internal(&e))?;
    out::bytes(&bytes, args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
