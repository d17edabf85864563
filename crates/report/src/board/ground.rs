//! The back of the report: what it does not show, how to read it, facts with their sources, rows read, how to repeat it.

use std::{collections::BTreeSet, fmt::Write as _};

use flagstate_catalog::Fact;
use flagstate_exposure::HarmVerdict;

use super::{
    Material,
    document::{Block, Section, Span, Table, cell, words},
    language::semicolon,
    pen::Pen,
};
use crate::{clean, view, words as english};

/// What this report does not show.
pub(super) fn limits(m: &Material<'_>, pen: Pen<'_>) -> Section {
    let a = m.assessment;
    let mut section = Section::new("limits", pen.texts.say("limits.title"));
    let mut items: Vec<Vec<Span>> = Vec::new();
    let mut add = |text: String| items.push(words(&text));
    add(pen.texts.say("limits.not_advice"));
    add(pen.texts.say("limits.inputs"));
    let (n, unknown): (u64, u64) =
        a.workloads.iter().fold((0, 0), |(n, k), w| (n + w.not_judged.0, k + u64::from(w.not_judged.0 > 0)));
    if unknown > 0 {
        let (n, workloads) = (pen.texts.count("n.resources", n), pen.texts.count("n.workloads", unknown));
        add(pen.texts.fill("limits.not_judged", &[("n", &n), ("workloads", &workloads)]));
    }
    for id in &a.outside_chains {
        add(pen.texts.fill("limits.outside", &[("law", &pen.law(id))]));
    }
    add(pen.texts.say("limits.absence"));
    add(pen.texts.say("limits.practice"));
    if !a.ground.weak_facts.is_empty() {
        let n = u64::try_from(a.ground.weak_facts.len()).unwrap_or(u64::MAX);
        add(pen.texts.count("limits.weak", n));
    }
    match m.placement {
        None => add(pen.texts.say("limits.no_plan")),
        Some(p) => p.plan.not_shown.iter().for_each(|s| add(super::placement::said(m, s, pen))),
    }
    if pen.texts.language != super::Language::En {
        add(pen.texts.say("limits.english"));
    }
    section.blocks.push(Block::List { items });
    section
}

/// Verdicts, harms, links.
pub(super) fn how_to_read(pen: Pen<'_>) -> Section {
    let mut section = Section::new("how-to-read", pen.texts.say("read.title"));
    section.back = true;
    section.blocks.push(Block::text(&pen.texts.say("read.lead")));
    let mut add = |caption: &str, rows: Vec<(Vec<Span>, String)>| {
        let head = vec![pen.texts.say("read.word"), pen.texts.say("read.meaning")];
        let mut table = Table::new(pen.texts.say(caption), head, &[32, 68]);
        table.rows = rows.into_iter().map(|(word, meaning)| vec![vec![word], cell(&meaning)]).collect();
        section.blocks.extend(table.block());
    };
    let verdicts = [HarmVerdict::Reached, HarmVerdict::Contested, HarmVerdict::Unknown, HarmVerdict::Cut];
    add(
        "read.verdicts",
        verdicts.map(|v| (vec![pen.verdict(v)], pen.texts.word("verdict.meaning", v.word()))).to_vec(),
    );
    let row = |kind: &str, id: &str, meaning: &str| {
        let name = vec![Span::soft(&format!("{id} ")), Span::text(&pen.texts.word(kind, id))];
        (name, pen.texts.word(meaning, id))
    };
    add("read.harms", english::HARMS.map(|h| row("harm.title", english::harm_id(h), "harm.meaning")).to_vec());
    add("read.links", english::LINKS.map(|l| row("link", english::link_id(l), "link.question")).to_vec());
    section
}

/// Facts with their sources.
pub(super) fn facts(m: &Material<'_>, ids: &BTreeSet<&str>, pen: Pen<'_>) -> Section {
    let mut section = Section::new("facts", pen.texts.say("facts.title"));
    section.back = true;
    section.new_page = true;
    if let Some((id, date)) = &m.assessment.ground.oldest_fact {
        let text = pen.texts.fill("facts.oldest", &[("id", &clean::name(id)), ("date", &pen.texts.date(*date))]);
        section.blocks.push(Block::text(&text));
    }
    let head = ["facts.fact", "facts.statement", "facts.sources"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("facts.caption"), head, &[22, 44, 34]);
    for f in ids.iter().filter_map(|id| m.catalog.facts.get(*id)) {
        table.anchors.push(format!("f-{}", f.id));
        table.rows.push(fact(m, f, pen));
    }
    section.blocks.extend(table.block());
    section
}

fn fact(m: &Material<'_>, f: &Fact, pen: Pen<'_>) -> Vec<Vec<Vec<Span>>> {
    let mut dates: Vec<String> = Vec::new();
    let mut date = |key: &str, date: Option<flagstate_catalog::Date>| {
        dates.extend(date.map(|d| pen.texts.fill(key, &[("date", &d.to_string())])));
    };
    date("facts.from", f.valid_from);
    date("facts.until", f.valid_to);
    date("facts.as_of", f.as_of);
    let mut name = vec![vec![Span::strong(&clean::name(&f.id))]];
    let mut notes = vec![pen.texts.word("status", english::status(f.status)), pen.texts.word("verification", grade(f))];
    notes.append(&mut dates);
    name.push(vec![Span::soft(&notes.join(semicolon(pen.texts.language)))]);
    let mut statement = vec![vec![pen.texts.foreign(&english::stop(&f.statement))]];
    if let Some(note) = &f.note {
        statement.push(vec![Span { style: super::document::Style::Soft, ..pen.texts.foreign(note) }]);
    }
    let sources = f.sources.iter().map(|id| {
        let Some(s) = m.catalog.sources.get(id) else { return words(&clean::name(id)) };
        let title = pen.texts.foreign(s.title.as_deref().unwrap_or(id));
        let title = match s.url.as_deref().and_then(clean::link) {
            Some(url) => title.to(&url),
            None => title,
        };
        let by: Vec<String> = [&s.publisher, &s.date].into_iter().flatten().map(|x| clean::name(x)).collect();
        let by = if by.is_empty() { String::new() } else { format!(", {}", by.join(", ")) };
        vec![title, Span::soft(&by)]
    });
    vec![name, statement, sources.collect()]
}

/// Word of the grade of a fact.
fn grade(f: &Fact) -> &'static str {
    use flagstate_catalog::Verification as V;
    match f.verification {
        V::PrimarySeenOrCited => "primary",
        V::PrimaryCitedNotOpened => "primary_not_opened",
        V::Secondary => "secondary",
        V::EssayPlusPrimaryCitation => "essay_plus",
        V::EssayOnly => "essay",
        V::CommunityOnly => "community",
        V::BackgroundOnly => "background",
    }
}

/// The ledger of rows, and what is not known.
pub(super) fn inputs(m: &Material<'_>, pen: Pen<'_>) -> Section {
    let a = m.assessment;
    let mut section = Section::new("inputs", pen.texts.say("inputs.title"));
    section.back = true;
    section.blocks.push(Block::text(&pen.texts.say("inputs.lead")));
    let keys = ["input", "format", "rows", "resources", "merged", "ignored", "unknown"];
    let head = keys.map(|k| pen.texts.word("inputs", k)).to_vec();
    let mut table =
        Table::new(pen.texts.say("inputs.caption"), head, &[30, 18, 11, 11, 10, 10, 10]).numbers(&[2, 3, 4, 5, 6]);
    for i in &a.inputs {
        let mut row = vec![cell(&clean::name(&i.name)), cell(&clean::name(&i.format))];
        let numbers = [i.rows, i.resources, i.merged, i.ignored.values().sum(), i.unknown];
        row.extend(numbers.map(|n| cell(&pen.texts.whole(n))));
        table.rows.push(row);
    }
    section.blocks.extend(table.block());
    let head = ["unknowns.name", "unknowns.reason", "unknowns.resources", "unknowns.cost"];
    let mut table =
        Table::new(pen.texts.say("unknowns.caption"), head.map(|k| pen.texts.say(k)).to_vec(), &[36, 30, 15, 19])
            .numbers(&[2, 3]);
    for u in &a.unknowns {
        table.rows.push(vec![
            cell(&clean::name(&u.name)),
            vec![vec![pen.data(&u.reason)]],
            cell(&pen.texts.whole(u.resources)),
            cell(&pen.texts.money(&u.cost)),
        ]);
    }
    section.blocks.extend(table.block());
    section
}

/// How the same report is made again.
pub(super) fn repeat(m: &Material<'_>, pen: Pen<'_>) -> Section {
    let a = m.assessment;
    let mut section = Section::new("repeat", pen.texts.say("repeat.title"));
    section.back = true;
    section.blocks.push(Block::text(&pen.texts.say("repeat.lead")));
    let home: Vec<String> = a.home.iter().map(|h| pen.state(h)).collect();
    let mut rows: Vec<(String, Vec<Vec<Span>>)> = Vec::new();
    let mut add = |key: &str, span: Span| rows.push((pen.texts.say(key), vec![vec![span]]));
    add("repeat.date", Span::text(&pen.texts.date(a.as_of)));
    add(
        "repeat.home",
        Span::text(&if home.is_empty() { pen.texts.say("scope.no_home") } else { pen.texts.and(&home) }),
    );
    add("repeat.control_test", Span::text(&pen.texts.word("control_test", english::control_test_id(a.control_test))));
    for assumed in &a.assumed {
        add("repeat.assumed", Span::code(&clean::name(assumed)));
    }
    add("repeat.catalog", Span::code(&clean::name(&a.catalog_digest)));
    add("repeat.program", Span::text(concat!("Flagstate ", env!("CARGO_PKG_VERSION"))));
    add("repeat.command", Span::code(&command(m, pen)));
    section.blocks.push(Block::Pairs { large: false, rows });
    section
}

fn command(m: &Material<'_>, pen: Pen<'_>) -> String {
    let a = m.assessment;
    let mut text = format!("flagstate report --as-of {} --lang {} --format html", a.as_of, pen.texts.language.code());
    for assumed in &a.assumed {
        let _ = write!(text, " --assume '{}'", clean::name(assumed).replace('\'', "'\\''"));
    }
    if m.placement.is_some() {
        text.push_str(" --plan PLAN.json");
    }
    text
}

/// Ids of every fact on which an open chain of the report rests.
pub(super) fn fact_ids<'a>(m: &Material<'a>) -> BTreeSet<&'a str> {
    let a = m.assessment;
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    for p in a.workloads.iter().flat_map(|w| &w.powers).filter(|p| view::worst(p) != HarmVerdict::Cut) {
        ids.extend(p.chain.iter().flat_map(|c| c.because.iter().map(String::as_str)));
        ids.extend(p.harms.values().filter_map(|h| h.premise.as_ref()).map(|x| x.id.as_str()));
    }
    ids.extend(a.ground.oldest_fact.iter().map(|(id, _)| id.as_str()));
    ids.extend(a.ground.weak_facts.iter().chain(&a.ground.undated_facts).map(String::as_str));
    ids.retain(|id| m.catalog.facts.contains_key(*id));
    ids
}
