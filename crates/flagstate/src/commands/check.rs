//! `flagstate check`: a gate for pipelines.

use std::process::ExitCode;

use flagstate_exposure::gate;
use flagstate_report::{json, junit, sarif, text};

use crate::{
    cli::{CheckArgs, CheckFormat, Inputs},
    context,
    failure::Failure,
    log::record,
    out,
};

/// Runs the command: exit code 1 when something is newly broken or broken worse.
pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let inputs =
        Inputs { paths: vec![args.plan.clone()], config: args.config.clone(), format_of: args.format_of.clone() };
    let mut judged = context::judge(&inputs, &args.common)?;
    if judged.project.workloads.iter().all(|w| w.forbid.is_empty()) {
        out::say("note: no workload in flagstate.yaml forbids anything, so nothing can fail");
    }
    let base = if args.base.is_empty() {
        let loaded = context::project(args.config.as_deref(), true)?;
        context::judge_prior(&args.plan, loaded, &args.common)?.map(|j| j.assessment)
    } else {
        let inputs = Inputs { paths: args.base.clone(), ..inputs };
        let base = context::judge(&inputs, &args.common)?;
        judged.source.files.extend(base.source.files);
        Some(base.assessment)
    };
    let findings = gate::worsened(&judged.assessment, base.as_ref());
    let text = match args.format {
        CheckFormat::Text => text::findings(&findings, &judged.catalog),
        CheckFormat::Json => json::findings(&findings),
        CheckFormat::Sarif => sarif::findings(&findings, &judged.catalog),
        CheckFormat::Junit => junit::findings(&judged.assessment, &findings),
    };
    let text = match record::home(&judged)? {
        None => text,
        Some(home) => {
            let name = match args.format {
                CheckFormat::Text => "findings.txt",
                CheckFormat::Json => "findings.json",
                CheckFormat::Sarif => "findings.sarif",
                CheckFormat::Junit => "findings.xml",
            };
            let proof = record::check(&home, &judged, &findings, record::Report { name, text: &text })?;
            match args.format {
                CheckFormat::Text if out::to_terminal(args.output.as_deref()) => proof.in_short_text(&text),
                CheckFormat::Text => proof.in_text(&text),
                CheckFormat::Json => proof.in_json(&text),
                CheckFormat::Sarif | CheckFormat::Junit => {
                    record::beside(&proof, args.output.as_deref())?;
                    text
                }
            }
        }
    };
    out::result(&text, args.output.as_deref())?;
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}
