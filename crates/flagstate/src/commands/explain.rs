//! `flagstate explain`: every chain, link by link.

use std::process::ExitCode;

use flagstate_catalog::{Catalog, Date};
use flagstate_estate::{Processing, config::ControlTest};
use flagstate_exposure::{Answer, HarmVerdict, Question, explain};
use flagstate_report::{json, text};

use crate::{
    cli::{AnswerFormat, Ask, ExplainArgs, Inputs, ProcessingArg},
    context,
    failure::Failure,
    out,
};

/// Runs the command.
pub(crate) fn run(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    match (&args.workload, &args.ask.offering) {
        (Some(name), None) => workload(name, args),
        (None, Some(_)) => offering(args),
        (Some(_), Some(_)) => Err(Failure::Usage("name a workload or an --offering, not both".into())),
        (None, None) => Err(Failure::Usage("name a workload, or --offering with --instrument".into())),
    }
}

fn offering(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let common = &args.common;
    let catalog = context::catalog(common.catalog.as_deref(), &common.ownership, &common.assume)?;
    let loaded = context::project(args.config.as_deref(), false)?;
    let date = common.as_of.unwrap_or_else(context::today);
    let test = context::control_test(common.control_test, &loaded.project);
    let mut answer = ask(&catalog, &args.ask, date, test, &common.home)?;
    answer.assumptions.clone_from(&common.assume);
    let text = match args.format {
        AnswerFormat::Text => text::answer(&answer, &catalog),
        AnswerFormat::Json => json::answer(&answer),
    };
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}

/// Answers one question as the flags put it.
pub(crate) fn ask(
    catalog: &Catalog,
    ask: &Ask,
    date: Date,
    control_test: ControlTest,
    home: &[String],
) -> Result<Answer, Failure> {
    let offering = ask.offering.clone().unwrap_or_default();
    let instrument = ask
        .instrument
        .clone()
        .ok_or_else(|| Failure::Usage("--offering needs --instrument (an id, or a pattern such as us.*)".into()))?;
    if !catalog.offerings.contains_key(&offering) {
        out::say(&format!(
            "note: the catalog has no offering `{offering}`: the answer is unknown, not safe (see `flagstate catalog show offerings`)"
        ));
    }
    if let Some(entity) = ask.contracting_entity.as_ref().filter(|e| !catalog.entities.contains_key(*e)) {
        return Err(Failure::Usage(format!(
            "no entity in the catalog is called `{entity}`; `flagstate catalog show entities` lists them"
        )));
    }
    if let Some(id) = ask.safeguard.iter().find(|s| !catalog.safeguards.contains_key(*s)) {
        return Err(Failure::Usage(format!(
            "no safeguard in the catalog is called `{id}`; `flagstate catalog show safeguards` lists them"
        )));
    }
    let question = Question {
        safeguards: (!ask.safeguard.is_empty()).then(|| ask.safeguard.clone()),
        processing: match ask.processing {
            Some(ProcessingArg::AtRest) => Processing::AtRest,
            _ => Processing::InClear,
        },
        service: ask.service.clone(),
        control_test,
        home: home.to_vec(),
        contracting_entity: ask.contracting_entity.clone(),
        hosted_on: ask.hosted_on.clone(),
        ..Question::new(offering, instrument, date)
    };
    Ok(explain(catalog, &question)?)
}

fn workload(name: &str, args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let inputs = Inputs { config: args.config.clone(), ..Inputs::default() };
    let judged = context::judge(&inputs, &args.common)?;
    let Some(w) = judged.assessment.workloads.iter().find(|w| w.name == name) else {
        let names: Vec<&str> = judged.assessment.workloads.iter().map(|w| w.name.as_str()).collect();
        return Err(Failure::Usage(format!("no workload is called `{name}`; there are: {}", names.join(", "))));
    };
    let patterns: Vec<String> = match &args.ask.instrument {
        Some(i) => vec![i.clone()],
        None => w
            .powers
            .iter()
            .filter(|p| !p.home && p.harms.values().any(|h| h.verdict > HarmVerdict::Cut))
            .map(|p| p.instrument.clone())
            .collect(),
    };
    let mut answers: Vec<Answer> = Vec::new();
    for class in w.classes.iter().filter_map(|i| judged.assessment.classes.get(*i)) {
        for pattern in &patterns {
            let question = Question {
                safeguards: Some(class.safeguards.clone()),
                processing: class.processing,
                control_test: judged.project.control_test,
                home: judged.settings.home.clone(),
                contracting_entity: class.contracting_entity.clone(),
                ..Question::new(
                    class.offering.clone().or_else(|| class.provider.clone()).unwrap_or_default(),
                    pattern.clone(),
                    judged.settings.as_of,
                )
            };
            let mut answer = explain(&judged.catalog, &question)?;
            answer.assumptions.clone_from(&args.common.assume);
            let same = |a: &Answer| {
                a.offering == answer.offering
                    && a.instrument == answer.instrument
                    && a.safeguards == answer.safeguards
                    && a.processing == answer.processing
            };
            if !answers.iter().any(same) {
                answers.push(answer);
            }
        }
    }
    let text = match args.format {
        AnswerFormat::Text => answers.iter().map(|a| text::answer(a, &judged.catalog)).collect::<Vec<_>>().join("\n"),
        AnswerFormat::Json => {
            let list: Vec<serde_json::Value> =
                answers.iter().filter_map(|a| serde_json::from_str(&json::answer(a)).ok()).collect();
            format!("{}\n", serde_json::Value::Array(list))
        }
    };
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}
