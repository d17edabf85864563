//! `flagstate check`: a gate for pipelines.

use std::process::ExitCode;

use flagstate_exposure::gate;
use flagstate_report::{json, junit, sarif, text};

use crate::{
    cli::{CheckArgs, CheckFormat, Inputs},
    context,
    failure::Failure,
    out,
};

/// Runs the command: exit code 1 when something is newly broken or broken worse.
pub(crate) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let inputs =
        Inputs { paths: vec![args.plan.clone()], config: args.config.clone(), format_of: args.format_of.clone() };
    let judged = context::judge(&inputs, &args.common)?;
    if judged.project.workloads.iter().all(|w| w.forbid.is_empty()) {
        out::say("note: no workload in flagstate.yaml forbids anything, so nothing can fail");
    }
    let base = if args.base.is_empty() {
        let loaded = context::project(args.config.as_deref(), true)?;
        context::judge_prior(&args.plan, loaded, &args.common)?.map(|j| j.assessment)
    } else {
        let inputs = Inputs { paths: args.base.clone(), ..inputs };
        Some(context::judge(&inputs, &args.common)?.assessment)
    };
    let findings = gate::worsened(&judged.assessment, base.as_ref());
    let text = match args.format {
        CheckFormat::Text => text::findings(&findings, &judged.catalog),
        CheckFormat::Json => json::findings(&findings),
        CheckFormat::Sarif => sarif::findings(&findings, &judged.catalog),
        CheckFormat::Junit => junit::findings(&judged.assessment, &findings),
    };
    out::result(&text, args.output.as_deref())?;
    Ok(ExitCode::from(u8::from(!findings.is_empty())))
}
