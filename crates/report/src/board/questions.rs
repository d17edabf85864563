//! Open legal questions: every premise on which a verdict hangs, with the workloads that hang on it; then what must be asked.

use std::collections::BTreeMap;

use flagstate_exposure::{HarmVerdict, Premise};

use super::{
    Material,
    document::{Block, Section, Span, Table, cell, words},
    pen::Pen,
    readings,
};
use crate::{clean, words as english};

/// What hangs on a premise.
#[derive(Default)]
struct Hanging<'a> {
    premise: Option<&'a Premise>,
    verdict: Option<HarmVerdict>,
    workloads: Vec<String>,
    laws: Vec<String>,
}

/// The section.
pub(super) fn section(m: &Material<'_>, pen: Pen<'_>) -> Section {
    let mut section = Section::new("questions", pen.texts.say("questions.title"));
    section.new_page = true;
    section.blocks.push(Block::text(&pen.texts.say("questions.lead")));
    match premises(m, pen) {
        Some(table) => section.blocks.push(table),
        None => section.blocks.push(Block::text(&pen.texts.say("questions.none"))),
    }
    let asked = readings::questions(m, pen);
    if !asked.is_empty() {
        section.blocks.push(Block::heading(&pen.texts.say("questions.ask")));
        let items = asked
            .into_iter()
            .map(|(text, workloads)| {
                vec![Span::text(&english::stop(&text)), Span::soft(&format!(" {}", pen.texts.some(&workloads, 4)))]
            })
            .collect();
        section.blocks.push(Block::List { items });
    }
    section
}

fn premises(m: &Material<'_>, pen: Pen<'_>) -> Option<Block> {
    let mut found: BTreeMap<(std::cmp::Reverse<HarmVerdict>, String), Hanging<'_>> = BTreeMap::new();
    for w in &m.assessment.workloads {
        for p in w.powers.iter().filter(|p| !p.home) {
            let open = p.harms.values().filter(|h| matches!(h.verdict, HarmVerdict::Contested | HarmVerdict::Unknown));
            for h in open {
                let Some(premise) = &h.premise else { continue };
                let slot = found.entry((std::cmp::Reverse(h.verdict), premise.text.clone())).or_default();
                slot.premise = Some(premise);
                slot.verdict = Some(h.verdict);
                add(&mut slot.workloads, clean::name(&w.name));
                add(&mut slot.laws, pen.law(&p.instrument));
            }
        }
    }
    let head = ["questions.question", "questions.verdict", "questions.laws", "questions.workloads"];
    let mut table =
        Table::new(pen.texts.say("questions.caption"), head.map(|k| pen.texts.say(k)).to_vec(), &[42, 13, 25, 20]);
    for hanging in found.into_values() {
        let (Some(premise), Some(verdict)) = (hanging.premise, hanging.verdict) else { continue };
        table.rows.push(vec![
            vec![vec![pen.premise(premise), Span::soft(&format!(" [{}]", clean::name(&premise.id)))]],
            vec![vec![pen.verdict(verdict)]],
            cell(&pen.texts.some(&hanging.laws, 4)),
            vec![words(&pen.texts.some(&hanging.workloads, 5))],
        ]);
    }
    table.block()
}

fn add(list: &mut Vec<String>, text: String) {
    if !list.contains(&text) {
        list.push(text);
    }
}
