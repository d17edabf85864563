//! Drawings of chains with the words of the report's language. The layout is that of [`crate::svg`].

use std::collections::BTreeSet;

use flagstate_catalog::Link;
use flagstate_exposure::{Chain, Power, Verdict, WorkloadAnswer};

use super::{
    document::{Block, Figure, Span},
    language::colon,
    pen::{Pen, control},
};
use crate::{
    clean,
    svg::{self, Mark, Node, Plan, Wording},
    view, words as english,
};

/// Drawings of a workload: one per way of a foreign power, or where it is cut.
pub(super) fn workload(w: &WorkloadAnswer, pen: Pen<'_>, prefix: &str, facts: &BTreeSet<&str>) -> Vec<Block> {
    let ways = svg::ways(w, false);
    if ways.is_empty() {
        return svg::cut_way(w).and_then(|way| cut(w, &way, pen, prefix)).into_iter().collect();
    }
    ways.iter().enumerate().filter_map(|(i, way)| open(w, way, pen, &format!("{prefix}-{}", i + 1), facts)).collect()
}

fn wording(pen: Pen<'_>) -> Wording {
    Wording {
        links: english::LINKS.map(|l| pen.texts.word("link", english::link_id(l))),
        order: [pen.texts.say("drawing.no_hold"), pen.texts.say("drawing.can_order")],
        sealed: pen.texts.say("drawing.sealed"),
        owns: pen.texts.word("control", "equity"),
        colon: colon(pen.texts.language),
    }
}

fn open(w: &WorkloadAnswer, way: &svg::Way<'_>, pen: Pen<'_>, id: &str, facts: &BTreeSet<&str>) -> Option<Block> {
    let (first, chain) = *way.first()?;
    let powers: Vec<&Power> = way.iter().map(|(p, _)| *p).collect();
    let state = pen.state(&first.jurisdiction);
    let mut plan = plan(w, &powers, chain, pen);
    plan.state.clone_from(&state);
    plan.laws = powers.iter().map(|p| (p.in_force, svg::law_lines(&pen.law(&p.instrument), 3))).collect();
    let who = clean::name(&chain.addressee_name);
    let title = pen.texts.fill("drawing.title", &[("state", &state), ("who", &who)]);
    let alternative = describe(&powers, chain, pen);
    let svg = svg::element(&plan, id, &title, &alternative);
    Some(figure(svg, &title, alternative, chain, rests(&powers, pen, facts), pen))
}

fn cut(w: &WorkloadAnswer, way: &svg::Way<'_>, pen: Pen<'_>, prefix: &str) -> Option<Block> {
    let (_, chain) = *way.first()?;
    let powers: Vec<&Power> = way.iter().map(|(p, _)| *p).collect();
    let mut plan = plan(w, &powers, chain, pen);
    let states = view::grouped(powers.iter(), |p| pen.state(&p.jurisdiction));
    let states: Vec<String> = states.into_iter().map(|(s, _)| s).collect();
    let n = u64::try_from(powers.len()).unwrap_or(u64::MAX);
    plan.state = pen.texts.count("drawing.foreign_powers", n);
    plan.laws = vec![(Verdict::Holds, svg::law_lines(&states.join(", "), 8))];
    plan.notes.clear();
    for mark in &mut plan.marks {
        let said: Vec<String> = way
            .iter()
            .filter_map(|(_, c)| c.links.get(&mark.link))
            .map(|v| pen.texts.word("link_verdict", v.word()))
            .collect();
        mark.word = svg::distinct(said.iter().map(String::as_str));
    }
    let who = clean::name(&chain.addressee_name);
    let title = pen.texts.fill("drawing.cut_title", &[("powers", &plan.state), ("who", &who)]);
    let alternative = describe(&powers, chain, pen);
    let svg = svg::element(&plan, &format!("{prefix}-c"), &title, &alternative);
    Some(figure(svg, &title, alternative, chain, Vec::new(), pen))
}

fn figure(svg: String, title: &str, alternative: String, chain: &Chain, words: Vec<Block>, pen: Pen<'_>) -> Block {
    let caption = vec![Span::text(&format!("{title}. ")), pen.verdict(chain.verdict)];
    Block::Figure(Figure { svg, alternative, caption, words })
}

/// Premises, then every id the chain rests on.
fn rests(powers: &[&Power], pen: Pen<'_>, facts: &BTreeSet<&str>) -> Vec<Block> {
    let mut items: Vec<Vec<Span>> = Vec::new();
    let mut because: Vec<&str> = Vec::new();
    for power in powers {
        let chain = power.chain.as_ref();
        let premises = power.harms.values().filter_map(|h| h.premise.as_ref());
        for p in premises.chain(chain.and_then(|c| c.premise.as_ref())) {
            let line = vec![pen.premise(p), Span::soft(&format!(" [{}]", clean::name(&p.id)))];
            if !items.contains(&line) {
                items.push(line);
            }
        }
        for id in chain.iter().flat_map(|c| &c.because) {
            if !because.contains(&id.as_str()) {
                because.push(id);
            }
        }
    }
    let mut line = vec![Span::text(&pen.texts.say("drawing.because"))];
    for (i, id) in because.iter().enumerate() {
        line.push(Span::text(if i == 0 { " " } else { ", " }));
        let name = Span::text(&clean::name(id));
        line.push(if facts.contains(id) { name.to(&format!("#f-{id}")) } else { name });
    }
    let mut out = Vec::new();
    if !items.is_empty() {
        out.push(Block::text(&pen.texts.say("drawing.premises")));
        out.push(Block::List { items });
    }
    if !because.is_empty() {
        out.push(Block::Text { spans: line, soft: true });
    }
    out
}

fn describe(powers: &[&Power], chain: &Chain, pen: Pen<'_>) -> String {
    let laws = pen.texts.some(&pen.laws(powers), 6);
    let way = pen.way(chain);
    let services = services(powers, pen);
    let mut text = pen.texts.fill("drawing.words", &[("laws", &laws), ("way", &way), ("services", &services)]);
    for (link, verdict) in &chain.links {
        let id = english::link_id(*link);
        let values = [
            ("id", id.to_owned()),
            ("link", pen.texts.word("link", id)),
            ("verdict", pen.texts.word("link_verdict", verdict.word())),
        ];
        text.push(' ');
        text.push_str(&pen.texts.fill("drawing.link", &values.each_ref().map(|(k, v)| (*k, v.as_str()))));
    }
    text.push(' ');
    text.push_str(&pen.texts.fill("drawing.verdict", &[("verdict", &pen.verdict(chain.verdict).text)]));
    text
}

fn services(powers: &[&Power], pen: Pen<'_>) -> String {
    let mut names: Vec<String> = Vec::new();
    for id in powers.iter().flat_map(|p| &p.offerings) {
        let name = pen.offering(id);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    pen.texts.some(&names, 2)
}

fn plan(w: &WorkloadAnswer, powers: &[&Power], chain: &Chain, pen: Pen<'_>) -> Plan {
    let services = services(powers, pen);
    let runs =
        if services.is_empty() { String::new() } else { pen.texts.fill("drawing.runs", &[("services", &services)]) };
    let last = chain.path.len();
    let served = pen.texts.say("drawing.served");
    let mut nodes: Vec<Node> =
        vec![svg::node(&clean::name(&chain.addressee_name), if last == 0 { &runs } else { &served })];
    for (i, step) in chain.path.iter().enumerate() {
        nodes.push(svg::node(&pen.names().entity(&step.owned), if i + 1 == last { &runs } else { "" }));
    }
    let holds = chain.path.iter().map(|s| {
        let mut lines = svg::hold_lines(&pen.texts.word("control", control(s.kind)));
        let share = view::share(s);
        if !share.is_empty() {
            lines.push(share);
        }
        lines
    });
    let below = chain.ground_path.last();
    let below = below.map(|s| svg::node(&pen.names().entity(&s.owned), &pen.texts.say("drawing.presence")));
    let marks = chain.links.iter().map(|(link, verdict)| {
        let words: Vec<String> = if *link == Link::L1 {
            powers.iter().map(|p| pen.texts.word("link_verdict", p.in_force.word())).collect()
        } else {
            vec![pen.texts.word("link_verdict", verdict.word())]
        };
        Mark { link: *link, word: svg::distinct(words.iter().map(String::as_str)), verdict: *verdict }
    });
    let told: Vec<String> = powers.iter().map(|p| pen.texts.word("know.short", p.visibility.word())).collect();
    let fought: Vec<String> = powers.iter().map(|p| pen.texts.word("challenge.short", p.challenge.word())).collect();
    let resources = powers.iter().map(|p| p.resources).max().unwrap_or_default();
    let amount = pen.texts.count("n.resources", if resources == 0 { w.resources } else { resources });
    Plan {
        wording: wording(pen),
        state: String::new(),
        laws: Vec::new(),
        nodes,
        holds: holds.collect(),
        below,
        data: svg::data_node(&pen.texts.say("drawing.your_data"), &w.name, &amount),
        marks: marks.collect(),
        notes: vec![
            (Link::L6, svg::distinct(told.iter().map(String::as_str))),
            (Link::L7, svg::distinct(fought.iter().map(String::as_str))),
        ],
        verdict: chain.verdict,
    }
}
