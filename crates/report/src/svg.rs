//! The chain as a drawing: the state and its laws, the addressee, who holds whom, the operator, your data.
//!
//! One drawing stands for all powers of a state that take the same way. The layout is computed here, from left to
//! right, with measures of the text estimated from its length, so that the same chain gives the same bytes. Shapes
//! and words carry the verdicts; colour comes from the style sheet around the drawing, with plain grey without one.

use std::fmt::Write as _;

use flagstate_catalog::{Catalog, Link};
use flagstate_exposure::{Chain, HarmVerdict, Power, Verdict, WorkloadAnswer};

use crate::{
    clean,
    view::{self, Names},
    words,
};

mod layout;

/// A drawing and what it says in words.
#[derive(Debug)]
pub struct Drawing {
    /// Short title.
    pub title: String,
    /// The whole in words, for those who do not see it.
    pub description: String,
    /// Verdict of the chain.
    pub verdict: HarmVerdict,
    /// The `svg` element.
    pub svg: String,
    /// Instruments that take this way.
    pub instruments: Vec<String>,
}

/// One box: its name in bold, a line below it in small.
pub(crate) struct Node {
    pub(crate) lines: Vec<String>,
    pub(crate) role: Vec<String>,
}

/// What a link says under the drawing.
pub(crate) struct Mark {
    pub(crate) link: Link,
    pub(crate) word: String,
    pub(crate) verdict: Verdict,
}

/// Words of the drawing that come from no data.
pub(crate) struct Wording {
    /// Title of each link.
    pub(crate) links: [String; 7],
    /// On the arrow of the law where nothing holds, and elsewhere.
    pub(crate) order: [String; 2],
    /// On the last arrow where only ciphertext comes out.
    pub(crate) sealed: String,
    /// Between the addressee and its subsidiary.
    pub(crate) owns: String,
    /// Between a link and its verdict.
    pub(crate) colon: &'static str,
}

impl Wording {
    fn english() -> Self {
        Self {
            links: words::LINKS.map(|l| words::link_title(l).to_owned()),
            order: ["no hold".into(), "can order".into()],
            sealed: words::SEALED.into(),
            owns: "owns".into(),
            colon: ": ",
        }
    }

    fn link(&self, link: Link) -> &str {
        let found = words::LINKS.into_iter().zip(&self.links).find(|(l, _)| *l == link);
        found.map_or("", |(_, title)| title)
    }
}

/// Everything to draw.
pub(crate) struct Plan {
    pub(crate) wording: Wording,
    pub(crate) state: String,
    /// Laws: state of L1, lines of the name.
    pub(crate) laws: Vec<(Verdict, Vec<String>)>,
    /// Addressee, then everybody down to the operator.
    pub(crate) nodes: Vec<Node>,
    /// What stands on the arrow between two nodes.
    pub(crate) holds: Vec<Vec<String>>,
    /// A subsidiary through which the addressee is reached.
    pub(crate) below: Option<Node>,
    pub(crate) data: Node,
    pub(crate) marks: Vec<Mark>,
    /// Words for L6 and L7.
    pub(crate) notes: Vec<(Link, String)>,
    pub(crate) verdict: HarmVerdict,
}

/// Powers with their chains that take one way.
pub(crate) type Way<'w> = Vec<(&'w Power, &'w Chain)>;

/// Drawings of a workload: foreign powers that reach it or may reach it, or that are not known; one per way.
pub fn workload(w: &WorkloadAnswer, catalog: &Catalog, prefix: &str) -> Vec<Drawing> {
    let open = draw(w, catalog, prefix, false);
    if open.is_empty() { cut(w, catalog, prefix).into_iter().collect() } else { open }
}

/// Where no foreign power reaches a workload: the way that most of them would have to take, and where it is cut.
fn cut(w: &WorkloadAnswer, catalog: &Catalog, prefix: &str) -> Option<Drawing> {
    let names = Names(catalog);
    let list = cut_way(w)?;
    let (_, chain) = *list.first()?;
    let powers: Vec<&Power> = list.iter().map(|(p, _)| *p).collect();
    let mut plan = plan(w, &powers, chain, names);
    let states = view::grouped(powers.iter(), |p| clean::name(&p.jurisdiction_name));
    plan.state = words::count(powers.len() as u64, "foreign power", "foreign powers");
    let list_of: Vec<String> = states.into_iter().map(|(s, _)| s).collect();
    plan.laws = vec![(Verdict::Holds, layout::lines(&list_of.join(", "), layout::LAW_CHARS, 8))];
    plan.notes.clear();
    for mark in &mut plan.marks {
        let words = list.iter().filter_map(|(_, c)| c.links.get(&mark.link)).map(|v| v.word());
        mark.word = distinct(words);
    }
    let who = clean::name(&chain.addressee_name);
    let title = format!("{}: cut before {who}", words::capital(&plan.state));
    let description = format!("No foreign power reaches {who}. {}", describe(&powers, chain, names));
    let svg = layout::svg(&plan, &format!("{prefix}-c"), &title, &description);
    let instruments = powers.iter().map(|p| p.instrument.clone()).collect();
    Some(Drawing { title, description, verdict: chain.verdict, svg, instruments })
}

/// The same for home powers.
pub fn home(w: &WorkloadAnswer, catalog: &Catalog, prefix: &str) -> Vec<Drawing> {
    draw(w, catalog, prefix, true)
}

fn draw(w: &WorkloadAnswer, catalog: &Catalog, prefix: &str, home: bool) -> Vec<Drawing> {
    let names = Names(catalog);
    ways(w, home)
        .iter()
        .enumerate()
        .filter_map(|(i, list)| {
            let (first, chain) = *list.first()?;
            let powers: Vec<&Power> = list.iter().map(|(p, _)| *p).collect();
            let plan = plan(w, &powers, chain, names);
            let id = format!("{prefix}-{}", i + 1);
            let who = clean::name(&chain.addressee_name);
            let title = format!("{}: from the law through {who} to your data", clean::name(&first.jurisdiction_name));
            let description = describe(&powers, chain, names);
            let svg = layout::svg(&plan, &id, &title, &description);
            let instruments = powers.iter().map(|p| p.instrument.clone()).collect();
            Some(Drawing { title, description, verdict: chain.verdict, svg, instruments })
        })
        .collect()
}

/// Open or unknown powers, those that take the same way together.
pub(crate) fn ways(w: &WorkloadAnswer, home: bool) -> Vec<Way<'_>> {
    let open = w.powers.iter().filter(|p| p.home == home && view::worst(p) != HarmVerdict::Cut);
    let with_chain = open.filter_map(|p| Some((p, p.chain.as_ref()?)));
    let ways = view::grouped(with_chain, |(p, c)| {
        let links: Vec<(Link, Verdict)> =
            c.links.iter().filter(|(l, _)| **l != Link::L1).map(|(l, v)| (*l, *v)).collect();
        (p.jurisdiction.clone(), c.addressee.clone(), c.path.clone(), c.ground_path.clone(), links, c.verdict)
    });
    ways.into_iter().map(|(_, list)| list).collect()
}

/// The way that most foreign powers would have to take where none gets through.
pub(crate) fn cut_way(w: &WorkloadAnswer) -> Option<Way<'_>> {
    let with_chain = w.powers.iter().filter(|p| !p.home).filter_map(|p| Some((p, p.chain.as_ref()?)));
    let ways =
        view::grouped(with_chain, |(_, c)| (c.addressee.clone(), c.path.clone(), c.links.get(&Link::L3).copied()));
    Some(ways.into_iter().rev().max_by_key(|(_, list)| list.len())?.1)
}

/// The drawing of a plan.
pub(crate) fn element(plan: &Plan, id: &str, title: &str, description: &str) -> String {
    layout::svg(plan, id, title, description)
}

/// A box: name and role, broken into lines.
pub(crate) fn node(name: &str, role: &str) -> Node {
    Node { lines: layout::lines(name, layout::NAME_CHARS, 4), role: layout::lines(role, layout::ROLE_CHARS, 3) }
}

/// The box of the data.
pub(crate) fn data_node(yours: &str, workload: &str, amount: &str) -> Node {
    let name = layout::lines(&clean::short(workload, 34), layout::DATA_CHARS, 2);
    Node {
        lines: layout::lines(yours, layout::DATA_CHARS, 2),
        role: [name, layout::lines(amount, layout::DATA_CHARS, 2)].concat(),
    }
}

/// Lines of a law's name.
pub(crate) fn law_lines(name: &str, most: usize) -> Vec<String> {
    layout::lines(name, layout::LAW_CHARS, most)
}

/// Lines on an arrow.
pub(crate) fn hold_lines(text: &str) -> Vec<String> {
    layout::lines(text, layout::HOLD_CHARS, 3)
}

fn describe(powers: &[&Power], chain: &Chain, names: Names<'_>) -> String {
    let laws: Vec<String> = powers.iter().map(|p| view::power_name(p)).collect();
    let offerings = powers.iter().flat_map(|p| p.offerings.iter().cloned()).collect();
    let mut text = format!("Under {}: {}", words::and(&laws), view::carried(chain, &offerings, names));
    for (link, verdict) in &chain.links {
        let _ = write!(text, " {} {}: {verdict}.", words::link_id(*link), words::link_title(*link));
    }
    let _ = write!(text, " Verdict: {}.", chain.verdict);
    text
}

fn plan(w: &WorkloadAnswer, powers: &[&Power], chain: &Chain, names: Names<'_>) -> Plan {
    let state = powers.first().map(|p| clean::name(&p.jurisdiction_name)).unwrap_or_default();
    let laws =
        powers.iter().map(|p| (p.in_force, layout::lines(&clean::name(&p.name), layout::LAW_CHARS, 3))).collect();
    let offerings: Vec<String> =
        powers.iter().flat_map(|p| &p.offerings).map(|o| names.offering(o)).fold(Vec::new(), |mut seen, o| {
            if !seen.contains(&o) {
                seen.push(o);
            }
            seen
        });
    let operates = if offerings.is_empty() { String::new() } else { format!("runs {}", words::some(&offerings, 1)) };
    let last = chain.path.len();
    let mut nodes =
        vec![node(&clean::name(&chain.addressee_name), if last == 0 { &operates } else { "would be served" })];
    for (i, step) in chain.path.iter().enumerate() {
        nodes.push(node(&names.entity(&step.owned), if i + 1 == last { &operates } else { "" }));
    }
    let holds = chain
        .path
        .iter()
        .map(|s| {
            let share = s.percent.as_ref().map(|p| format!("{} %", clean::name(p)));
            let mut lines = layout::lines(words::control(s.kind), layout::HOLD_CHARS, 3);
            lines.extend(share);
            lines
        })
        .collect();
    let below = chain.ground_path.last().map(|s| node(&names.entity(&s.owned), "its presence there"));
    let marks = chain
        .links
        .iter()
        .map(|(link, verdict)| {
            let word = if *link == Link::L1 {
                distinct(powers.iter().map(|p| p.in_force.word()))
            } else {
                verdict.word().into()
            };
            Mark { link: *link, word, verdict: *verdict }
        })
        .collect();
    let said = vec![
        (Link::L6, distinct(powers.iter().map(|p| words::visibility_word(p.visibility)))),
        (Link::L7, distinct(powers.iter().map(|p| words::challenge_word(p.challenge)))),
    ];
    let resources = powers.iter().map(|p| p.resources).max().unwrap_or_default();
    let amount = words::count(if resources == 0 { w.resources } else { resources }, "resource", "resources");
    let data = Node {
        lines: vec!["Your data".into()],
        role: [layout::lines(&clean::short(&w.name, 34), layout::DATA_CHARS, 2), vec![amount]].concat(),
    };
    Plan {
        wording: Wording::english(),
        state,
        laws,
        nodes,
        holds,
        below,
        data,
        marks,
        notes: said,
        verdict: chain.verdict,
    }
}

/// Words, each once, in the order of the first appearance.
pub(crate) fn distinct<'w>(words: impl Iterator<Item = &'w str>) -> String {
    let mut seen: Vec<&str> = Vec::new();
    for word in words {
        if !seen.contains(&word) {
            seen.push(word);
        }
    }
    seen.join(" / ")
}
