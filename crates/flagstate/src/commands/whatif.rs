//! `flagstate whatif`: only what changes, with why.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_catalog::{Catalog, Date};
use flagstate_exposure::diff;
use flagstate_placement::diff::PlanDifference;
use flagstate_report::{json, text};

use crate::{
    cli::{AnswerFormat, Common, WhatifArgs},
    commands::{
        explain,
        plan::{self, Ground},
    },
    context,
    failure::Failure,
    out,
};

/// Runs the command.
pub(crate) fn run(args: &WhatifArgs) -> Result<ExitCode, Failure> {
    let plain = context::catalog(args.catalog.as_deref(), &[], &[])?;
    if args.list {
        out::result(&list(&plain, args.format), None)?;
        return Ok(ExitCode::SUCCESS);
    }
    let (before, after) = dates(args)?;
    if args.assume.is_empty() && before == after {
        return Err(Failure::Usage("nothing changes: give --assume, or two dates".into()));
    }
    let changed = context::catalog(args.catalog.as_deref(), &[], &args.assume)?;
    let mut placements = None;
    let difference = if args.ask.offering.is_some() {
        let loaded = context::project(None, false)?;
        let test = context::control_test(args.control_test, &loaded.project);
        let a = explain::ask(&plain, &args.ask, before, test, &args.home)?;
        let mut b = explain::ask(&changed, &args.ask, after, test, &args.home)?;
        b.assumptions.clone_from(&args.assume);
        diff::answers(&a, &b)
    } else {
        let common = |date: Date, assume: &[String]| Common {
            as_of: Some(date),
            assume: assume.to_vec(),
            catalog: args.catalog.clone(),
            control_test: args.control_test,
            home: args.home.clone(),
            ..Common::default()
        };
        let (before, after) = (common(before, &[]), Common { quiet: true, ..common(after, &args.assume) });
        let a = Ground::read(&args.inputs, &before, None)?;
        let b = Ground::read(&args.inputs, &after, None)?;
        placements = Some(plan::placements(&a, &b));
        diff::assessments(&a.judged().assessment, &b.judged().assessment)
    };
    let mut text = match args.format {
        AnswerFormat::Text => text::difference(&difference, &changed),
        AnswerFormat::Json => json::difference(&difference),
    };
    if let Some(placements) = placements {
        text = with_placements(text, &placements, args.format)?;
    }
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}

/// The difference with the placements that flip.
fn with_placements(mut text: String, placements: &PlanDifference, format: AnswerFormat) -> Result<String, Failure> {
    if format == AnswerFormat::Text {
        text.push('\n');
        text.push_str(&plan::placements_text(placements));
        return Ok(text);
    }
    let failed = |e: serde_json::Error| Failure::Internal(e.to_string());
    let mut value: serde_json::Value = serde_json::from_str(&text).map_err(failed)?;
    if let Some(map) = value.as_object_mut() {
        map.insert("placements".into(), serde_json::to_value(placements).map_err(failed)?);
    }
    serde_json::to_string_pretty(&value).map(|t| format!("{t}\n")).map_err(failed)
}

fn dates(args: &WhatifArgs) -> Result<(Date, Date), Failure> {
    match (args.from, args.as_of.as_slice()) {
        (Some(a), [b]) => Ok((a, *b)),
        (None, [a, b]) => Ok((*a, *b)),
        (None, [a]) => Ok((*a, *a)),
        (None, []) => {
            let today = context::today();
            Ok((today, today))
        }
        (Some(a), []) => Ok((a, context::today())),
        _ => Err(Failure::Usage("give at most two dates: --from A --as-of B, or --as-of A --as-of B".into())),
    }
}

fn list(catalog: &Catalog, format: AnswerFormat) -> String {
    if format == AnswerFormat::Json {
        let list: Vec<_> = catalog.pending.values().collect();
        return format!("{}\n", serde_json::to_string_pretty(&list).unwrap_or_default());
    }
    let mut text = String::from("Pending events and what can be assumed of them:\n");
    for p in catalog.pending.values() {
        let expected = p.expected.as_deref().unwrap_or("no date");
        let _ = write!(text, "\n{}: {} ({expected})\n", p.id, p.event);
        for b in &p.branches {
            let Some(value) = &b.value else { continue };
            let effect = if b.effects.is_empty() { " [changes no verdict by itself]" } else { "" };
            let _ = writeln!(text, "  --assume {}={value}{effect}\n      {}; then: {}", p.id, b.outcome, b.then);
        }
    }
    text.push_str(
        "\nOr any fact by its path: instrument.ID.FIELD=VALUE, offering.ID.safeguards+=ID, safeguard.ID.effects.L4=cuts,\nedge.FACT.status=established, entity.ID.country=FR, rule.ID.verdict=holds.\n",
    );
    text
}
