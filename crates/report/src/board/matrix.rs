//! The matrix: what foreign powers can do, workload by workload; and which states stand behind it.

use flagstate_exposure::{HarmVerdict, Power};

use super::{
    Material, chart,
    document::{Block, Section, Span, Table},
    language::colon,
    pen::Pen,
};
use crate::{
    clean,
    view::{self, grouped, is_open, worst},
    words as english,
};

/// The section.
pub(super) fn section(m: &Material<'_>, pen: Pen<'_>) -> Section {
    let mut section = Section::new("matrix", pen.texts.say("matrix.title"));
    section.new_page = true;
    section.blocks.push(Block::text(&pen.texts.say("matrix.lead")));
    section.blocks.extend(harms(m, pen));
    section.blocks.extend(states(m, pen));
    section.blocks.extend(super::placement::matrix(m, pen));
    section
}

fn harms(m: &Material<'_>, pen: Pen<'_>) -> Option<Block> {
    let mut head = vec![pen.texts.say("summary.workload")];
    head.extend(english::HARMS.map(|h| {
        let id = english::harm_id(h);
        format!("{id} {}", pen.texts.word("harm.title", id))
    }));
    let mut table = Table::new(pen.texts.say("matrix.harms"), head, &[20, 16, 16, 16, 16, 16]);
    for (i, w) in m.assessment.workloads.iter().enumerate() {
        let name = vec![vec![Span::strong(&clean::name(&w.name)).to(&format!("#w{}", i + 1))]];
        let cells = english::HARMS.map(|h| match w.harms.get(&h) {
            Some(x) => vec![vec![pen.verdict(x.foreign)]],
            None => vec![vec![pen.verdict(HarmVerdict::Unknown)]],
        });
        table.rows.push(std::iter::once(name).chain(cells).collect());
    }
    table.block()
}

/// How many workloads each foreign state reaches or may reach.
fn states(m: &Material<'_>, pen: Pen<'_>) -> Option<Block> {
    let mut seen: Vec<(String, HarmVerdict)> = Vec::new();
    for w in &m.assessment.workloads {
        let open: Vec<&Power> = w.powers.iter().filter(|p| !p.home && is_open(p)).collect();
        for (state, powers) in grouped(open, |p| p.jurisdiction.clone()) {
            seen.extend(powers.iter().map(|p| worst(p)).max().map(|v| (state, v)));
        }
    }
    let count = |list: &[(String, HarmVerdict)], v: HarmVerdict| -> u64 {
        u64::try_from(list.iter().filter(|(_, x)| *x == v).count()).unwrap_or(u64::MAX)
    };
    let mut bars: Vec<(u64, u64, String)> = grouped(seen, |(s, _)| s.clone())
        .into_iter()
        .map(|(state, list)| {
            (count(&list, HarmVerdict::Reached), count(&list, HarmVerdict::Contested), pen.state(&state))
        })
        .collect();
    bars.sort_by(|a, b| (b.0, b.1, &a.2).cmp(&(a.0, a.1, &b.2)));
    let part = |v: HarmVerdict, n: u64| chart::Part {
        fill: v.word(),
        label: format!("{} {}", pen.texts.whole(n), pen.verdict(v).text),
        number: n,
    };
    let bars: Vec<chart::Bar> = bars
        .into_iter()
        .take(10)
        .map(|(reached, contested, name)| chart::Bar {
            name,
            parts: vec![part(HarmVerdict::Reached, reached), part(HarmVerdict::Contested, contested)],
        })
        .collect();
    chart::bars(&bars, &pen.texts.say("matrix.states"), colon(pen.texts.language))
}

/// Worst verdict of a workload, for a heading.
pub(super) fn verdict_of(w: &flagstate_exposure::WorkloadAnswer, pen: Pen<'_>) -> (String, String) {
    let v = view::worst_foreign(w);
    (v.word().to_owned(), pen.verdict(v).text)
}
