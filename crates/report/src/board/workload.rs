//! A workload's sheet: the four sentences, the drawn chain, harms, powers, what would end it, requirements, transfers.

use std::collections::BTreeSet;

use flagstate_exposure::{Finding, HarmVerdict, Power, Restricted, Transfer, WorkloadAnswer, WorkloadHarm};

use super::{
    Material,
    document::{Block, Section, Span, Table, cell, words},
    drawing, four,
    language::colon,
    matrix,
    pen::Pen,
    readings, route,
};
use crate::{
    clean,
    view::{grouped, sets_by_harm, worst},
    words as english,
};

/// The sheet of one workload.
pub(super) fn section(m: &Material<'_>, i: usize, w: &WorkloadAnswer, pen: Pen<'_>, facts: &BTreeSet<&str>) -> Section {
    let id = format!("w{}", i + 1);
    let mut section = Section::new(&id, clean::name(&w.name));
    section.verdict = Some(matrix::verdict_of(w, pen));
    section.new_page = true;
    section.blocks.push(meta(w, pen));
    let questions = ["four.who", "four.what", "four.know", "four.way"].map(|k| pen.texts.say(k));
    let rows = questions.into_iter().zip(four::answers(w, pen)).collect();
    section.blocks.push(Block::Pairs { large: true, rows });
    section.blocks.extend(drawing::workload(w, pen, &id, facts));
    section.blocks.extend(harms(w, pen));
    section.blocks.extend(powers(w, pen));
    section.blocks.extend(closed(w, pen));
    section.blocks.extend(home(w, pen));
    section.blocks.extend(endings(w, pen));
    section.blocks.extend(readings::requirements(m, w, pen));
    section.blocks.extend(findings(w, pen));
    section.blocks.extend(route::blocks(m, &w.name, pen));
    section.blocks.extend(transfers(w, pen));
    section.blocks.extend(assumptions(w, pen));
    section
}

fn meta(w: &WorkloadAnswer, pen: Pen<'_>) -> Block {
    let mut rows: Vec<(String, Vec<Vec<Span>>)> = Vec::new();
    let mut add = |key: &str, value: String| rows.push((pen.texts.say(key), cell(&value)));
    if let Some(c) = &w.classification {
        add("meta.classification", clean::name(c));
    }
    add("meta.resources", pen.texts.whole(w.resources));
    add("meta.holding_data", pen.texts.whole(w.holding_data));
    add("meta.cost", pen.texts.money(&w.cost));
    let on: Vec<String> =
        w.offerings.iter().map(|(o, n)| format!("{} ({})", pen.offering(o), pen.texts.whole(*n))).collect();
    add("meta.runs_on", if on.is_empty() { pen.texts.say("meta.nowhere") } else { pen.texts.and(&on) });
    Block::Pairs { large: false, rows }
}

fn harms(w: &WorkloadAnswer, pen: Pen<'_>) -> Option<Block> {
    let head = ["harms.harm", "harms.foreign", "harms.home", "harms.exposed", "harms.cost"].map(|k| pen.texts.say(k));
    let mut table = Table::new(pen.texts.say("harms.caption"), head.to_vec(), &[34, 16, 16, 17, 17]).numbers(&[3, 4]);
    for (h, v) in &w.harms {
        let id = english::harm_id(*h);
        let exposed = exposed(v, w, pen);
        table.rows.push(vec![
            vec![vec![Span::soft(&format!("{id} ")), Span::text(&pen.texts.word("harm.title", id))]],
            vec![vec![pen.verdict(v.foreign)]],
            vec![vec![pen.verdict(v.home)]],
            cell(&exposed.0),
            cell(&exposed.1),
        ]);
    }
    table.block()
}

fn exposed(v: &WorkloadHarm, w: &WorkloadAnswer, pen: Pen<'_>) -> (String, String) {
    if v.foreign < HarmVerdict::Contested {
        return ("\u{2013}".into(), "\u{2013}".into());
    }
    let (n, all) = (pen.texts.whole(v.exposed_resources), pen.texts.whole(w.resources));
    (pen.texts.fill("harms.of", &[("n", &n), ("all", &all)]), pen.texts.money(&v.exposed_cost))
}

fn powers(w: &WorkloadAnswer, pen: Pen<'_>) -> Option<Block> {
    let open = w.powers.iter().filter(|p| !p.home && worst(p) != HarmVerdict::Cut);
    power_table(open, "powers.caption", pen)
}

fn power_table<'p>(list: impl Iterator<Item = &'p Power>, caption: &str, pen: Pen<'_>) -> Option<Block> {
    let mut head = vec![pen.texts.say("powers.power")];
    head.extend(english::HARMS.map(|h| english::harm_id(h).to_owned()));
    head.extend(["powers.know", "powers.challenge"].map(|k| pen.texts.say(k)));
    let mut table = Table::new(pen.texts.say(caption), head, &[32, 11, 11, 11, 11, 11, 12, 12]);
    for p in list {
        let mut small = vec![Span::soft(&clean::name(&p.instrument))];
        if let Some(c) = &p.citation {
            small.push(Span::soft(&format!(", {}", clean::name(c))));
        }
        let name = format!("{}{}{}", pen.state(&p.jurisdiction), colon(pen.texts.language), pen.laws(&[p]).concat());
        let mut row = vec![vec![vec![Span::strong(&name)], small]];
        row.extend(english::HARMS.map(|h| match p.harms.get(&h) {
            Some(x) => vec![vec![pen.verdict(x.verdict)]],
            None => cell("\u{2013}"),
        }));
        row.push(cell(&pen.texts.word("know.short", p.visibility.word())));
        row.push(cell(&pen.texts.word("challenge.short", p.challenge.word())));
        table.rows.push(row);
    }
    table.block()
}

/// Powers that reach nothing, by reason.
fn closed(w: &WorkloadAnswer, pen: Pen<'_>) -> Option<Block> {
    let closed: Vec<&Power> = w.powers.iter().filter(|p| !p.home && worst(p) == HarmVerdict::Cut).collect();
    if closed.is_empty() {
        return None;
    }
    let n = u64::try_from(closed.len()).unwrap_or(u64::MAX);
    let reason =
        |p: &&Power| p.chain.as_ref().and_then(|c| c.premise.as_ref()).map(|x| x.id.clone()).unwrap_or_default();
    let items = grouped(closed, reason)
        .into_iter()
        .map(|(id, list)| {
            let mut line = match list.first().and_then(|p| p.chain.as_ref()?.premise.as_ref()) {
                Some(p) if list.len() == 1 => vec![pen.premise(p)],
                Some(_) => vec![pen.meaning(&id)],
                None => words(&pen.texts.say("closed.no_premise")),
            };
            line.push(Span::soft(&format!(" [{}] ", clean::name(&id))));
            let laws: Vec<String> =
                list.iter().map(|p| format!("{} ({})", pen.law(&p.instrument), pen.state(&p.jurisdiction))).collect();
            line.push(Span::text(&pen.texts.and(&laws)));
            line
        })
        .collect();
    Some(Block::Details { summary: pen.texts.count("closed.summary", n), blocks: vec![Block::List { items }] })
}

/// Powers of the home states, accepted.
fn home(w: &WorkloadAnswer, pen: Pen<'_>) -> Option<Block> {
    let home = w.powers.iter().filter(|p| p.home && worst(p) != HarmVerdict::Cut);
    let table = power_table(home, "home.caption", pen)?;
    Some(Block::Details { summary: pen.texts.say("home.summary"), blocks: vec![table] })
}

fn endings(w: &WorkloadAnswer, pen: Pen<'_>) -> Option<Block> {
    let head = ["harms.harm", "ends.own", "ends.stored"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("ends.caption"), head, &[30, 35, 35]);
    for (harms, ending) in sets_by_harm(w) {
        let names: Vec<String> = harms.iter().map(|h| english::harm_id(*h).to_owned()).collect();
        let titles: Vec<String> = harms.iter().map(|h| pen.texts.word("harm.title", english::harm_id(*h))).collect();
        let sets = |list: &[Vec<String>]| {
            if list.is_empty() { words(&pen.texts.say("ends.nothing")) } else { pen.sets(list) }
        };
        table.rows.push(vec![
            vec![vec![Span::soft(&format!("{} ", names.join(", "))), Span::text(&titles.join("; "))]],
            vec![sets(&ending.own)],
            vec![sets(&ending.stored)],
        ]);
    }
    table.block()
}

fn findings(w: &WorkloadAnswer, pen: Pen<'_>) -> Vec<Block> {
    if w.findings.is_empty() {
        return Vec::new();
    }
    let items = w.findings.iter().map(|f| finding(f, pen)).collect();
    vec![Block::heading(&pen.texts.say("findings.title")), Block::List { items }]
}

fn finding(f: &Finding, pen: Pen<'_>) -> Vec<Span> {
    let id = english::harm_id(f.harm);
    let known = pen.catalog.instruments.contains_key(&f.instrument);
    let key = if known { "findings.broken" } else { "findings.not_judged" };
    let mut line = pen.texts.rich(
        key,
        &[
            ("harm", words(&format!("{id} ({})", four::phrase(f.harm, pen)))),
            ("verdict", vec![pen.verdict(f.verdict)]),
            ("state", words(&pen.state(&f.jurisdiction))),
            ("law", words(&pen.law(&f.instrument))),
            ("allowed", words(&pen.verdict(f.allowed).text)),
        ],
    );
    if let Some(because) = &f.requirement.because {
        line.push(Span::soft(&format!(" {}", pen.texts.fill("findings.because", &[("text", &clean::name(because))]))));
    }
    for (risk, key) in [(&f.accepted, "findings.accepted"), (&f.acceptance_expired, "findings.expired")] {
        let Some(r) = risk else { continue };
        let values =
            [("who", clean::name(&r.owner)), ("until", pen.texts.date(r.until)), ("why", clean::name(&r.reason))];
        let text = pen.texts.fill(key, &values.each_ref().map(|(k, v)| (*k, v.as_str())));
        line.push(Span::text(&format!(" {text}")));
    }
    line
}

fn transfers(w: &WorkloadAnswer, pen: Pen<'_>) -> Option<Block> {
    let head = ["transfer.offering", "transfer.restricted", "transfer.countries", "transfer.basis", "transfer.cases"];
    let mut table =
        Table::new(pen.texts.say("transfer.caption"), head.map(|k| pen.texts.say(k)).to_vec(), &[26, 16, 20, 22, 16]);
    let same = |t: &&Transfer| (t.offering.clone(), t.restricted, t.countries.clone(), t.basis.clone());
    for ((offering, restricted, countries, basis), list) in grouped(&w.transfer, same) {
        let countries: Vec<String> = countries.iter().map(|c| pen.state(c)).collect();
        let mut cases: Vec<String> =
            list.iter().flat_map(|t| t.edpb_use_cases.iter().map(|c| clean::name(c))).collect();
        cases.sort();
        cases.dedup();
        let or_dash = |text: String| if text.is_empty() { "\u{2013}".to_owned() } else { text };
        table.rows.push(vec![
            cell(&pen.offering(&offering)),
            cell(&pen.texts.word("restricted", restricted_id(restricted))),
            cell(&or_dash(countries.join(", "))),
            vec![vec![basis_of(&basis, pen)]],
            cell(&or_dash(pen.texts.or(&cases))),
        ]);
    }
    table.block()
}

fn restricted_id(r: Restricted) -> &'static str {
    match r {
        Restricted::NotSeen => "not_seen",
        Restricted::Possible => "possible",
        Restricted::Yes => "yes",
        Restricted::Unknown => "unknown",
    }
}

fn basis_of(basis: &str, pen: Pen<'_>) -> Span {
    let key = format!("basis.{}", if basis.is_empty() { "none" } else { basis });
    if pen.texts.has(&key) { Span::text(&pen.texts.say(&key)) } else { pen.data(&english::basis(basis)) }
}

fn assumptions(w: &WorkloadAnswer, pen: Pen<'_>) -> Vec<Block> {
    if w.assumptions.is_empty() {
        return Vec::new();
    }
    let items = w
        .assumptions
        .iter()
        .map(|(text, n)| {
            let key = format!("assumption.{}", slug(text));
            let said = if pen.texts.has(&key) { Span::text(&pen.texts.say(&key)) } else { pen.data(text) };
            vec![Span::strong(&pen.texts.count("n.resources", *n)), Span::text(" – "), said]
        })
        .collect();
    vec![Block::heading(&pen.texts.say("assumptions.title")), Block::List { items }]
}

/// Letters and digits of a sentence, for a key.
fn slug(text: &str) -> String {
    let words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|w| !w.is_empty())
        .take(6)
        .map(str::to_ascii_lowercase)
        .collect();
    words.join("_")
}
