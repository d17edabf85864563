//! What an assessment rests on: unknowns, rows, contradictions, facts, reservations.

use flagstate_exposure::Assessment;

use super::layout::Page;
use crate::{clean, view::Names, words};

/// Everything after the workloads.
pub(super) fn rest(page: &mut Page, a: &Assessment, names: Names<'_>) {
    page.blank();
    page.rule('=');
    page.line("WHAT THIS RESTS ON");
    page.rule('=');
    unknowns(page, a);
    ledger(page, a);
    contradictions(page, a);
    ground(page, a, names);
}

fn unknowns(page: &mut Page, a: &Assessment) {
    if a.unknowns.is_empty() {
        return;
    }
    page.heading("Not known");
    let rows: Vec<Vec<String>> = a
        .unknowns
        .iter()
        .map(|u| {
            vec![
                clean::name(&u.reason),
                clean::name(&u.name),
                words::thousands(&u.resources.to_string()),
                clean::money(&u.cost),
                if u.blocks_verdict { "unknown" } else { "not affected" }.into(),
            ]
        })
        .collect();
    page.table(&["Reason", "Name", "Resources", "Cost", "Verdict"], &rows, 2);
}

fn ledger(page: &mut Page, a: &Assessment) {
    page.heading("Every row read: rows = resources + merged + ignored + unknown");
    let number = |n: u64| words::thousands(&n.to_string());
    let rows: Vec<Vec<String>> = a
        .inputs
        .iter()
        .map(|i| {
            vec![
                format!("{} ({})", clean::name(&i.name), clean::name(&i.format)),
                number(i.rows),
                number(i.resources),
                number(i.merged),
                number(i.ignored.values().sum()),
                number(i.unknown),
            ]
        })
        .collect();
    page.table(&["Input", "Rows", "Resources", "Merged", "Ignored", "Unknown"], &rows, 2);
    for i in &a.inputs {
        for (reason, n) in &i.ignored {
            page.item(&format!("{}: {} ignored: {}.", clean::name(&i.name), number(*n), clean::name(reason)), 2);
        }
        for note in &i.notes {
            page.item(&format!("{}: {}", clean::name(&i.name), words::stop(&clean::name(note))), 2);
        }
    }
    if a.in_several_inputs > 0 {
        let n = words::count(a.in_several_inputs, "resource stands", "resources stand");
        page.wrapped(&format!("{n} in more than one input and counted once."), 2, 2);
    }
}

fn contradictions(page: &mut Page, a: &Assessment) {
    if a.contradictions.is_empty() {
        return;
    }
    page.heading("Where inputs contradict each other");
    for c in &a.contradictions {
        let values: Vec<String> = c.values.iter().map(|v| clean::name(v)).collect();
        page.item(&format!("{}: {} is {}.", clean::name(&c.resource), clean::name(&c.field), words::or(&values)), 2);
    }
}

fn ground(page: &mut Page, a: &Assessment, names: Names<'_>) {
    page.heading("Ground");
    page.labelled("Date", &a.as_of.to_string(), 16);
    page.labelled("Control test", words::control_test(a.control_test), 16);
    page.labelled("Catalog SHA-256", &clean::name(&a.catalog_digest), 16);
    let assumed: Vec<String> = a.assumed.iter().map(|x| clean::name(x)).collect();
    if !assumed.is_empty() {
        page.labelled("Assumed", &assumed.join(", "), 16);
    }
    facts(page, &a.ground, a.as_of);
    if !a.outside_chains.is_empty() {
        let list: Vec<String> = a.outside_chains.iter().map(|id| names.instrument(id)).collect();
        let text = format!(
            "{}: collects without anybody's help, so no chain shows it and no provider can stop it.",
            words::and(&list)
        );
        page.labelled("Outside", &text, 16);
    }
    page.blank();
    page.line(words::NOT_ADVICE);
}

/// Age of the oldest fact, weak and undated facts.
pub(super) fn facts(page: &mut Page, ground: &flagstate_exposure::Ground, as_of: flagstate_catalog::Date) {
    if let Some((id, date)) = &ground.oldest_fact {
        page.labelled("Oldest fact", &format!("{}, looked at on {date} ({})", clean::name(id), age(*date, as_of)), 16);
    }
    for (label, list) in [("Weak facts", &ground.weak_facts), ("Undated facts", &ground.undated_facts)] {
        if !list.is_empty() {
            let ids: Vec<String> = list.iter().map(|x| clean::name(x)).collect();
            let why = if label == "Weak facts" {
                "background knowledge or community notes only; never settled"
            } else {
                "the date asked about is before they were looked at"
            };
            page.labelled(label, &format!("{} ({why})", ids.join(", ")), 16);
        }
    }
}

/// `67 days before the date of the judgement`.
pub(crate) fn age(date: flagstate_catalog::Date, as_of: flagstate_catalog::Date) -> String {
    let days = as_of.since(date).map(|s| s.get_days()).unwrap_or_default();
    match days {
        0 => "on the day of the judgement".into(),
        1 => "1 day before the judgement".into(),
        n if n > 0 => format!("{n} days before the judgement"),
        -1 => "1 day after the date judged".into(),
        n => format!("{} days after the date judged", -n),
    }
}
