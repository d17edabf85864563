//! A second judgement, written from the legal table and the design alone, to check the engine against.
//!
//! What it is for: verdicts of L1 to L7 and of the harms for one (offering, instrument, date, safeguards, processing,
//! control test), derived with Datalog rules. What it deliberately does not do: explain, list chains, or be fast.
//! It shares no code with the engine and must never: two programs that agree because they are one prove nothing.
//!
//! Source: `crates/catalog/data/rules.yaml` with its header, and the model in `crates/catalog/src`.

mod graph;
mod power;
#[expect(
    clippy::no_effect_underscore_binding,
    clippy::used_underscore_binding,
    reason = "the code that the Datalog macro writes"
)]
mod relations;
mod safeguards;
mod strength;

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, Date, Harm, Instrument, Link, Offering};

use graph::{Holder, Holders};
use safeguards::Acting;
use strength::Strength;

/// One question.
#[derive(Clone, Debug)]
pub(crate) struct Ask {
    pub(crate) offering: String,
    pub(crate) instrument: String,
    pub(crate) date: Date,
    /// `None`: those built in. A list: exactly those.
    pub(crate) safeguards: Option<Vec<String>>,
    pub(crate) in_clear: bool,
    pub(crate) legal_right: bool,
}

/// Verdicts in words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Answer {
    pub(crate) links: BTreeMap<Link, String>,
    pub(crate) harms: BTreeMap<Harm, String>,
}

/// The verdicts; `None` when offering or instrument is not in the catalog.
pub(crate) fn judge(catalog: &Catalog, ask: &Ask) -> Option<Answer> {
    let offering = catalog.offerings.get(&ask.offering)?;
    let instrument = catalog.instruments.get(&ask.instrument)?;
    let holders = graph::holders(catalog, offering, instrument, ask);
    let acting = Acting::new(catalog, offering, ask);
    let l1 = power::in_force(catalog, instrument, ask.date);
    let l2 = instrument.addressee.as_deref().map_or(Strength::Unknown, Strength::of_word);
    let l5 = acting.on(Link::L5, Strength::Holds);
    let (l3, l4) = rows(offering, &holders, &acting);
    let word = |w: &Option<String>| w.clone().unwrap_or_else(|| "unknown".to_owned());
    let links = BTreeMap::from([
        (Link::L1, l1.word()),
        (Link::L2, l2.word()),
        (Link::L3, l3.word()),
        (Link::L4, l4.word()),
        (Link::L5, l5.word()),
        (Link::L6, word(&instrument.notice_to_customer)),
        (Link::L7, word(&instrument.challenge_for_customer)),
    ]);
    Some(Answer { links, harms: harms(instrument, [l1, l2], l5, &holders, &acting) })
}

/// Answers of several instruments put together: per link and harm the strongest exposure.
pub(crate) fn together(answers: &[Answer]) -> Answer {
    let strongest = |words: Vec<&String>, order: &[&str]| -> String {
        let rank = |w: &&String| order.iter().position(|o| o == w).unwrap_or(0);
        words.into_iter().max_by_key(rank).cloned().unwrap_or_default()
    };
    let mut links = BTreeMap::new();
    for link in [Link::L1, Link::L2, Link::L3, Link::L4, Link::L5] {
        let best = answers.iter().filter_map(|a| a.links.get(&link)).map(|w| Strength::of_word(w)).max();
        links.insert(link, best.unwrap_or(Strength::Unknown).word());
    }
    for (link, order) in [
        (Link::L6, ["unknown", "visible", "may_be_gagged", "gagged"]),
        (Link::L7, ["unknown", "open", "friction", "closed"]),
    ] {
        links.insert(link, strongest(answers.iter().filter_map(|a| a.links.get(&link)).collect(), &order));
    }
    let mut harms = BTreeMap::new();
    for harm in [Harm::H1, Harm::H2, Harm::H3, Harm::H4, Harm::H5] {
        let words: Vec<&String> = answers.iter().filter_map(|a| a.harms.get(&harm)).collect();
        if !words.is_empty() {
            harms.insert(harm, strongest(words, &["cut", "unknown", "contested", "reached"]));
        }
    }
    Answer { links, harms }
}

/// What the printed rows for L3 and L4 say.
fn rows(offering: &Offering, holders: &Holders, acting: &Acting) -> (Strength, Strength) {
    if holders.operator_missing(offering) {
        return (Strength::Unknown, Strength::Unknown);
    }
    let above = holders.strongest_above();
    let l3 = above.iter().map(|h| acting.on(Link::L3, h.l3)).max().unwrap_or(Strength::Cut);
    let l4 = |h: &&Holder| acting.on(Link::L4, h.l4);
    let open: Vec<Strength> =
        holders.strongest().iter().filter(|h| acting.on(Link::L3, h.l3) != Strength::Cut).map(l4).collect();
    let l4 = if open.is_empty() { above.iter().map(l4).max() } else { open.into_iter().max() };
    (l3, l4.unwrap_or(Strength::Unknown))
}

/// What the chains can do.
fn harms(
    instrument: &Instrument,
    [l1, l2]: [Strength; 2],
    l5: Strength,
    holders: &Holders,
    acting: &Acting,
) -> BTreeMap<Harm, String> {
    let chains = holders.strongest();
    let worst = |content: bool| {
        chains
            .iter()
            .map(|h| {
                let mut links = vec![l1, l2, acting.on(Link::L3, h.l3), acting.on(Link::L4, h.l4)];
                if content {
                    links.push(l5);
                }
                strength::status(&links)
            })
            .max()
            .map_or_else(|| "unknown".to_owned(), |s| s.word().to_owned())
    };
    instrument.harms.iter().map(|h| (*h, worst(*h == Harm::H1))).collect()
}
