//! Triggers to watch: what is pending, when, what each outcome would change; and the days on which powers begin or end.

use std::collections::BTreeSet;

use flagstate_catalog::{Date, Pending};

use super::{
    Material, chart,
    document::{Block, Section, Span, Table, words},
    language::colon,
    pen::Pen,
    placement::option_of,
};
use crate::clean;

/// The section.
pub(super) fn section(m: &Material<'_>, pen: Pen<'_>) -> Section {
    let mut section = Section::new("triggers", pen.texts.say("triggers.title"));
    section.new_page = true;
    section.blocks.push(Block::text(&pen.texts.say("triggers.lead")));
    section.blocks.extend(line(m, pen));
    section.blocks.extend(pending(m, pen));
    section
}

/// Days to come that the catalog has as days.
fn line(m: &Material<'_>, pen: Pen<'_>) -> Option<Block> {
    let today = m.assessment.as_of;
    let mut days: BTreeSet<(Date, String)> = BTreeSet::new();
    for p in m.catalog.pending.values() {
        if let Some(date) = p.expected.as_deref().and_then(day_in) {
            days.insert((date, event(p, pen).text));
        }
    }
    for i in m.catalog.instruments.values() {
        for (date, key) in
            [(i.valid_from, "triggers.begins"), (i.valid_to, "triggers.ends"), (i.effect_until, "triggers.effect_ends")]
        {
            if let Some(date) = date {
                days.insert((date, pen.texts.fill(key, &[("law", &pen.law(&i.id))])));
            }
        }
    }
    for w in &m.assessment.workloads {
        for risk in w.findings.iter().filter_map(|f| f.accepted.as_ref()) {
            let text = pen.texts.fill("triggers.acceptance_ends", &[("workload", &clean::name(&w.name))]);
            days.insert((risk.until, text));
        }
    }
    let moments: Vec<chart::Moment> = days
        .into_iter()
        .filter(|(date, _)| *date > today)
        .take(12)
        .map(|(date, what)| chart::Moment { days: days_between(today, date), when: pen.texts.date(date), what })
        .collect();
    chart::line_of_time(&moments, &pen.texts.date(today), &pen.texts.say("triggers.chart"), colon(pen.texts.language))
}

fn days_between(from: Date, to: Date) -> i32 {
    from.until((jiff::Unit::Day, to)).map_or(0, |span| span.get_days())
}

/// The first ISO date in a text.
fn day_in(text: &str) -> Option<Date> {
    text.split(|c: char| !(c.is_ascii_digit() || c == '-')).find_map(|word| word.parse().ok())
}

fn event(p: &Pending, pen: Pen<'_>) -> Span {
    let key = format!("pending.{}", p.id);
    if pen.texts.has(&key) { Span::text(&pen.texts.say(&key)) } else { pen.data(&p.event) }
}

/// Every pending event: those that this report rests on first.
fn pending(m: &Material<'_>, pen: Pen<'_>) -> Option<Block> {
    let facts = super::fact_ids(m);
    let head = ["triggers.event", "triggers.when", "triggers.outcomes"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("triggers.caption"), head, &[30, 20, 50]);
    let touches = |p: &Pending| p.facts.iter().any(|f| facts.contains(f.as_str()));
    let mut list: Vec<&Pending> = m.catalog.pending.values().collect();
    list.sort_by_key(|p| !touches(p));
    for p in list {
        let mut name = vec![vec![event(p, pen).styled(super::document::Style::Strong)], vec![Span::code(&p.id)]];
        if touches(p) {
            name.push(words(&pen.texts.say("triggers.touches")));
        }
        let mut outcomes: Vec<Vec<Span>> = p
            .branches
            .iter()
            .map(|b| {
                let mut line = vec![pen.data(&b.outcome), Span::text(colon(pen.texts.language)), pen.data(&b.then)];
                if let Some(value) = b.value.as_ref().filter(|_| !b.effects.is_empty()) {
                    line.push(Span::text(" "));
                    line.push(Span::code(&format!("--assume {}={}", p.id, clean::name(value))));
                }
                line
            })
            .collect();
        outcomes.extend(flips(m, p, pen));
        let when =
            p.expected.as_deref().map_or_else(|| words(&pen.texts.say("triggers.open")), |t| expected(p, t, pen));
        table.rows.push(vec![name, vec![when], outcomes]);
    }
    table.block()
}

fn expected(p: &Pending, text: &str, pen: Pen<'_>) -> Vec<Span> {
    let key = format!("expected.{}", p.id);
    if text == "open" || text == "no date" {
        return words(&pen.texts.say("triggers.open"));
    }
    if let Ok(date) = text.parse::<Date>() {
        return words(&pen.texts.date(date));
    }
    vec![if pen.texts.has(&key) { Span::text(&pen.texts.say(&key)) } else { pen.data(text) }]
}

/// Placements that an outcome would flip, where a plan says so.
fn flips(m: &Material<'_>, p: &Pending, pen: Pen<'_>) -> Vec<Vec<Span>> {
    let Some(placement) = m.placement else { return Vec::new() };
    let triggers = placement.plan.triggers.iter().filter(|t| t.id == p.id);
    let flips = triggers.flat_map(|t| &t.outcomes).flat_map(|o| o.flips.iter().map(move |f| (o, f)));
    flips
        .map(|(o, f)| {
            let named = |id: &String| option_of(m, id, pen).unwrap_or_else(|| clean::name(id));
            let name = |id: &Option<String>| id.as_ref().map_or_else(|| pen.texts.say("route.nowhere"), named);
            let (workload, from, to) = (clean::name(&f.workload), name(&f.from), name(&f.to));
            let values = [("workload", workload.as_str()), ("from", &from), ("to", &to)];
            vec![
                Span::code(&clean::name(&o.assume)),
                Span::text(&format!(" {}", pen.texts.fill("triggers.flip", &values))),
            ]
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_found_in_words() {
        let day = |text: &str| day_in(text).map(|d| d.to_string());
        assert_eq!(day("any day; certifications run out about 2027-03-17").as_deref(), Some("2027-03-17"));
        assert_eq!(day("2027 or later"), None);
        assert_eq!(days_between("2026-11-22".parse().unwrap(), "2027-01-12".parse().unwrap()), 51);
    }
}
