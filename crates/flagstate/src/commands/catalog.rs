//! `flagstate catalog`: look at the facts and check them.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use flagstate_catalog::{
    Catalog, ServiceMap,
    check::{Finding, Severity, check},
    show,
};
use serde_json::Value;

use crate::{
    cli::{AnswerFormat, CatalogCommand},
    context,
    failure::Failure,
    out,
};

/// Runs the command.
pub(crate) fn run(command: &CatalogCommand) -> Result<ExitCode, Failure> {
    match command {
        CatalogCommand::Check { catalog, format } => lint(catalog.as_deref(), *format),
        CatalogCommand::Show { id, catalog, format } => shown(id, catalog.as_deref(), *format),
    }
}

/// Exit code 1 when a record must not be used as it is.
fn lint(dir: Option<&Path>, format: AnswerFormat) -> Result<ExitCode, Failure> {
    let overlays = context::overlays(dir)?;
    let catalog = Catalog::load(&overlays)?;
    let services = ServiceMap::load(&overlays)?;
    let findings = check(&catalog, &services);
    let errors = findings.iter().filter(|f| f.severity == Severity::Error).count();
    let text = match format {
        AnswerFormat::Json => pretty(&findings)?,
        AnswerFormat::Text => lint_text(&findings, errors, &catalog),
    };
    out::result(&text, None)?;
    Ok(ExitCode::from(u8::from(errors > 0)))
}

fn lint_text(findings: &[Finding], errors: usize, catalog: &Catalog) -> String {
    let mut text = String::new();
    for f in findings {
        let word = if f.severity == Severity::Error { "error" } else { "warning" };
        let _ = writeln!(text, "{word}: {}: {} [{}]\n  help: {}", f.subject, f.message, f.rule, f.help);
    }
    let _ = writeln!(
        text,
        "{} facts, {} instruments, {} entities, {} control edges, {} offerings, {} safeguards: {errors} errors, {} warnings",
        catalog.facts.len(),
        catalog.instruments.len(),
        catalog.entities.len(),
        catalog.edges.len(),
        catalog.offerings.len(),
        catalog.safeguards.len(),
        findings.len() - errors
    );
    text
}

fn shown(id: &str, dir: Option<&Path>, format: AnswerFormat) -> Result<ExitCode, Failure> {
    let catalog = Catalog::load(&context::overlays(dir)?)?;
    if let Some(list) = ids(&catalog, id) {
        let text = match format {
            AnswerFormat::Json => pretty(&list)?,
            AnswerFormat::Text => list.iter().fold(String::new(), |mut text, (id, name)| {
                let _ = writeln!(text, "{id:28} {name}");
                text
            }),
        };
        out::result(&text, None)?;
        return Ok(ExitCode::SUCCESS);
    }
    let Some(record) = show(&catalog, id) else {
        return Err(Failure::Usage(format!(
            "nothing in the catalog is called `{id}`; try a kind: offerings, instruments, entities, safeguards, pending, rules, facts, jurisdictions"
        )));
    };
    let text = match format {
        AnswerFormat::Json => pretty(&record)?,
        AnswerFormat::Text => record_text(&record),
    };
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}

/// Ids and names of a kind.
fn ids<'c>(c: &'c Catalog, kind: &str) -> Option<Vec<(&'c str, &'c str)>> {
    Some(match kind {
        "offerings" => c.offerings.values().map(|x| (x.id.as_str(), x.name.as_str())).collect(),
        "instruments" => c.instruments.values().map(|x| (x.id.as_str(), x.name.as_str())).collect(),
        "entities" => c.entities.values().map(|x| (x.id.as_str(), x.name.as_str())).collect(),
        "safeguards" => c.safeguards.values().map(|x| (x.id.as_str(), x.name.as_str())).collect(),
        "jurisdictions" => c.jurisdictions.values().map(|x| (x.id.as_str(), x.name.as_str())).collect(),
        "pending" => c.pending.values().map(|x| (x.id.as_str(), x.event.as_str())).collect(),
        "rules" => c.rules.values().map(|x| (x.id.as_str(), x.conclusion.as_str())).collect(),
        "facts" => c.facts.values().map(|x| (x.id.as_str(), x.statement.as_str())).collect(),
        _ => return None,
    })
}

fn record_text(r: &flagstate_catalog::Shown) -> String {
    let mut text = format!("{} ({})\n\n", r.id, r.kind);
    if let Value::Object(map) = &r.record {
        for (key, value) in map {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let _ = writeln!(text, "{key:24} {value}");
        }
    }
    if !r.facts.is_empty() {
        text.push_str("\nFacts\n");
    }
    for f in &r.facts {
        let day = |d: Option<flagstate_catalog::Date>| d.map_or_else(|| "undated".to_owned(), |d| d.to_string());
        let _ = writeln!(text, "  {}: {}", f.fact.id, f.fact.statement);
        let weak = if f.weak { " (weak: not settled)" } else { "" };
        let _ = writeln!(
            text,
            "    from {}, looked at {}; {:?}, {:?}{weak}",
            day(f.fact.valid_from),
            day(f.fact.as_of),
            f.fact.status,
            f.fact.verification
        );
        for s in &f.source_records {
            let title = s.title.as_deref().unwrap_or(&s.id);
            let _ =
                writeln!(text, "    {title}; {}", s.url.as_deref().or(s.publisher.as_deref()).unwrap_or("no address"));
        }
    }
    if !r.history.is_empty() {
        text.push_str("\nHistory and what may come\n");
    }
    for h in &r.history {
        let _ = writeln!(text, "  {} {}: {}", h.when.as_deref().unwrap_or("no date"), h.id, h.event);
        for (value, then) in &h.outcomes {
            let _ = writeln!(text, "    --assume {}={value}: {then}", h.id);
        }
    }
    if !r.rests_on_it.is_empty() {
        text.push_str("\nWhat rests on it\n");
    }
    for reference in &r.rests_on_it {
        let _ = writeln!(text, "  {}/{} ({})", reference.kind, reference.id, reference.field);
    }
    if !r.also.is_empty() {
        let _ = writeln!(text, "\nAlso: {}", r.also.join(", "));
    }
    text
}

fn pretty<T: serde::Serialize>(value: &T) -> Result<String, Failure> {
    serde_json::to_string_pretty(value).map(|t| format!("{t}\n")).map_err(|e| Failure::Internal(e.to_string()))
}
