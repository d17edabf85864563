//! The first page: how many workloads stand how, the four sentences for each, and where each should live.

use flagstate_exposure::{HarmVerdict, WorkloadAnswer};

use super::{
    Material, chart,
    document::{Block, Section, Span, Table, cell, words},
    four,
    language::colon,
    pen::Pen,
    placement,
};
use crate::{
    clean,
    view::{self, grouped},
};

const ORDER: [HarmVerdict; 4] = [HarmVerdict::Reached, HarmVerdict::Contested, HarmVerdict::Unknown, HarmVerdict::Cut];
/// Rows that fit the page; more stand on the sheets.
const MOST_ROWS: usize = 7;

/// The section.
pub(super) fn section(m: &Material<'_>, pen: Pen<'_>) -> Section {
    let mut section = Section::new("summary", pen.texts.say("summary.title"));
    let a = m.assessment;
    let counts = ORDER.map(|v| {
        let n = a.workloads.iter().filter(|w| view::worst_foreign(w) == v).count();
        (v, u64::try_from(n).unwrap_or(u64::MAX))
    });
    let parts = counts.map(|(v, n)| chart::Part {
        fill: v.word(),
        label: format!("{} {}", pen.texts.whole(n), pen.verdict(v).text),
        number: n,
    });
    let bar = chart::Bar { name: String::new(), parts: parts.into_iter().collect() };
    section.blocks.extend(chart::bars(&[bar], &pen.texts.say("summary.chart"), colon(pen.texts.language)));
    section.blocks.extend(table(m, pen));
    section.blocks.push(Block::soft(&pen.texts.say("summary.note")));
    section
}

fn table(m: &Material<'_>, pen: Pen<'_>) -> Option<Block> {
    let say = |key: &str| pen.texts.say(key);
    let head = ["summary.workload", "four.who", "four.what", "four.know", "four.way"].map(say).to_vec();
    let mut table = Table::new(say("summary.table"), head, &[18, 26, 20, 15, 21]);
    let mut workloads: Vec<(usize, &WorkloadAnswer)> = m.assessment.workloads.iter().enumerate().collect();
    workloads.sort_by_key(|(i, w)| (std::cmp::Reverse(view::worst_foreign(w)), *i));
    let lands = |w: &WorkloadAnswer| placement::sheet(m, &w.name).map(|s| placement::landing(s, pen));
    let rows = grouped(workloads, |(_, w)| (view::worst_foreign(w), four::short(w, pen), lands(w)));
    let left_out: usize = rows.iter().skip(MOST_ROWS).map(|(_, list)| list.len()).sum();
    for ((verdict, answers, lands), list) in rows.into_iter().take(MOST_ROWS) {
        let mut names: Vec<Vec<Span>> = list
            .iter()
            .take(4)
            .map(|(i, w)| vec![Span::strong(&clean::name(&w.name)).to(&format!("#w{}", i + 1))])
            .collect();
        if list.len() > 4 {
            let more = u64::try_from(list.len() - 4).unwrap_or(u64::MAX);
            names.push(words(&pen.texts.count("list.more", more)));
        }
        names.push(vec![pen.verdict(verdict)]);
        names.extend(lands.map(|option| words(&pen.texts.fill("summary.lands", &[("option", &option)]))));
        table.rows.push(std::iter::once(names).chain(answers).collect());
    }
    if left_out > 0 {
        let n = u64::try_from(left_out).unwrap_or(u64::MAX);
        let mut row = vec![cell(&pen.texts.count("summary.left_out", n))];
        row.extend((0..4).map(|_| cell("")));
        table.rows.push(row);
    }
    table.block()
}
