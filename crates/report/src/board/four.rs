//! The four sentences of a workload: who can be compelled, what they would hand over, whether you would know, what stands in
//! the way. Long on its sheet, short on the summary page.

use flagstate_catalog::Harm;
use flagstate_exposure::{Challenge, HarmVerdict, Power, Visibility, WorkloadAnswer};

use super::{
    document::{Span, words},
    pen::Pen,
};
use crate::{
    clean,
    view::{self, grouped, is_open, sets_by_harm, worst},
    words as english,
};

/// Paragraphs of styled words.
pub(super) type Lines = Vec<Vec<Span>>;

/// The four answers in order, each a list of sentences.
pub(super) fn answers(w: &WorkloadAnswer, pen: Pen<'_>) -> [Lines; 4] {
    let open: Vec<&Power> = w.powers.iter().filter(|p| !p.home && is_open(p)).collect();
    [who(w, &open, pen), what(w, pen), know(w, &open, pen), way(w, &open, pen)]
}

/// The same in one line each.
pub(super) fn short(w: &WorkloadAnswer, pen: Pen<'_>) -> [Lines; 4] {
    let open: Vec<&Power> = w.powers.iter().filter(|p| !p.home && is_open(p)).collect();
    [short_who(w, &open, pen), short_what(w, pen), short_know(w, pen), short_way(w, &open, pen)]
}

fn not_judged(w: &WorkloadAnswer) -> bool {
    w.not_judged.0 > 0 || view::worst_foreign(w) == HarmVerdict::Unknown
}

fn short_who(w: &WorkloadAnswer, open: &[&Power], pen: Pen<'_>) -> Lines {
    let verdict = view::worst_foreign(w);
    if open.is_empty() {
        let key = if not_judged(w) { "short.who.unknown" } else { "short.who.nobody" };
        return vec![words(&pen.texts.say(key))];
    }
    let worst_ones = open.iter().copied().filter(|p| worst(p) == verdict);
    grouped(worst_ones, |p| (p.jurisdiction.clone(), p.addressees.clone()))
        .into_iter()
        .take(2)
        .map(|((state, addressees), powers)| {
            let names: Vec<String> = addressees.values().map(|n| clean::name(n)).collect();
            let key = if verdict == HarmVerdict::Reached { "short.who.reached" } else { "short.who.contested" };
            let n = u64::try_from(powers.len()).unwrap_or(u64::MAX);
            pen.texts.rich(
                key,
                &[
                    ("state", vec![Span::strong(&pen.state(&state))]),
                    ("who", words(&pen.texts.some(&names, 2))),
                    ("laws", words(&pen.texts.count("short.laws", n))),
                ],
            )
        })
        .collect()
}

fn short_what(w: &WorkloadAnswer, pen: Pen<'_>) -> Lines {
    let verdict = view::worst_foreign(w);
    let harms: Vec<Harm> =
        english::HARMS.into_iter().filter(|h| w.harms.get(h).is_some_and(|x| x.foreign == verdict)).collect();
    let shown: Vec<String> =
        harms.iter().filter(|h| **h != Harm::H2 || !harms.contains(&Harm::H1)).map(|h| phrase(*h, pen)).collect();
    let text = match verdict {
        HarmVerdict::Cut => pen.texts.say("what.nothing"),
        HarmVerdict::Unknown => pen.texts.say("what.not_known"),
        HarmVerdict::Contested => pen.texts.fill("what.contested", &[("what", &pen.texts.and(&shown))]),
        HarmVerdict::Reached => english::stop(&english::capital(&pen.texts.and(&shown))),
    };
    vec![words(&text)]
}

fn short_know(w: &WorkloadAnswer, pen: Pen<'_>) -> Lines {
    let text = match w.would_know {
        Some(v) => pen.texts.word("know.opening", v.word()),
        None if not_judged(w) => pen.texts.say("what.not_known"),
        None => pen.texts.say("short.know.nobody"),
    };
    vec![words(&text)]
}

fn short_way(w: &WorkloadAnswer, open: &[&Power], pen: Pen<'_>) -> Lines {
    if open.is_empty() {
        let key = if not_judged(w) { "what.not_known" } else { "short.way.nothing_needed" };
        return vec![words(&pen.texts.say(key))];
    }
    let acting: Vec<&String> = w.in_the_way.safeguards.keys().collect();
    let mut line = match acting.first() {
        None => words(&pen.texts.say("way.none")),
        Some(first) => {
            let n = u64::try_from(acting.len()).unwrap_or(u64::MAX);
            let mut spans = vec![pen.safeguard(first)];
            if n > 1 {
                spans.push(Span::text(&format!(" {}", pen.texts.count("list.more", n - 1))));
            }
            pen.texts.rich("short.way.acting", &[("safeguard", spans)])
        }
    };
    if let Some(c) = w.in_the_way.challenge {
        line.push(Span::text(&format!(" {}", pen.texts.word("short.challenge", c.word()))));
    }
    vec![line]
}

/// A harm as the object of a sentence.
pub(super) fn phrase(h: Harm, pen: Pen<'_>) -> String {
    pen.texts.word("harm.phrase", english::harm_id(h))
}

fn who(w: &WorkloadAnswer, open: &[&Power], pen: Pen<'_>) -> Lines {
    let mut out: Lines = Vec::new();
    for ((state, verdict), powers) in grouped(open.iter().copied(), |p| (p.jurisdiction.clone(), worst(p))) {
        for (addressees, powers) in grouped(powers.iter().copied(), |p| p.addressees.clone()) {
            let names: Vec<String> = addressees.values().map(|n| clean::name(n)).collect();
            let laws = pen.texts.and(&pen.laws(&powers));
            let values = [
                ("state", vec![Span::strong(&pen.state(&state))]),
                ("who", vec![Span::strong(&pen.texts.some(&names, 4))]),
                ("laws", words(&laws)),
            ];
            let form = if names.len() == 1 { "one" } else { "many" };
            let key = if verdict == HarmVerdict::Reached { "who.reached" } else { "who.contested" };
            out.push(pen.texts.rich(&format!("{key}.{form}"), &values));
            if verdict != HarmVerdict::Reached {
                out.extend(premises(&powers, verdict, pen));
            }
            if let Some(chain) = powers.iter().find_map(|p| p.chain.as_ref()).filter(|c| !c.path.is_empty()) {
                let line = words(&english::stop(&english::capital(&pen.way(chain))));
                if !out.contains(&line) {
                    out.push(line);
                }
            }
        }
    }
    if open.is_empty() && w.resources > w.not_judged.0 {
        out.push(words(&nobody(w, pen)));
    }
    out.extend(unknown(w, pen));
    out
}

/// Premises that decide, each once, as sentences.
fn premises(powers: &[&Power], verdict: HarmVerdict, pen: Pen<'_>) -> Lines {
    let mut seen: Vec<&str> = Vec::new();
    let mut out = Vec::new();
    for p in powers.iter().flat_map(|p| p.harms.values()).filter(|h| h.verdict == verdict) {
        let Some(premise) = &p.premise else { continue };
        if seen.contains(&premise.text.as_str()) {
            continue;
        }
        seen.push(&premise.text);
        let text = pen.premise(premise);
        let id = Span::soft(&format!(" [{}].", clean::name(&premise.id)));
        out.push(vec![Span { text: english::capital(&text.text), ..text }, id]);
    }
    out.truncate(4);
    out
}

/// Rule of the legal table that cuts because no link was found.
const ABSENCE: &str = "L3-ABSENT";

fn nobody(w: &WorkloadAnswer, pen: Pen<'_>) -> String {
    let foreign = w.powers.iter().filter(|p| !p.home);
    let absent = foreign.clone().filter_map(|p| p.chain.as_ref()?.premise.as_ref()).filter(|p| p.id == ABSENCE).count();
    let n = u64::try_from(foreign.count()).unwrap_or(u64::MAX);
    let text = pen.texts.count("who.nobody", n);
    match u64::try_from(absent).unwrap_or(u64::MAX) {
        0 => text,
        n => format!("{text} {}", pen.texts.count("who.absence", n)),
    }
}

fn unknown(w: &WorkloadAnswer, pen: Pen<'_>) -> Lines {
    let mut out = Vec::new();
    let list: Vec<&Power> = w.powers.iter().filter(|p| !p.home && worst(p) == HarmVerdict::Unknown).collect();
    if !list.is_empty() {
        let laws = pen.texts.some(&pen.laws(&list), 4);
        out.push(words(&pen.texts.fill("who.unknown", &[("laws", &laws)])));
        out.extend(premises(&list, HarmVerdict::Unknown, pen));
    }
    if w.not_judged.0 > 0 {
        let (n, cost) = &w.not_judged;
        let values = [("n", pen.texts.whole(*n)), ("cost", pen.texts.money(cost))];
        let values = values.each_ref().map(|(k, v)| (*k, v.as_str()));
        out.push(words(&pen.texts.plural("who.not_judged", *n, &values)));
    }
    out
}

fn what(w: &WorkloadAnswer, pen: Pen<'_>) -> Lines {
    let with = |v: HarmVerdict| -> Vec<Harm> {
        english::HARMS.into_iter().filter(|h| w.harms.get(h).is_some_and(|x| x.foreign == v)).collect()
    };
    let list = |harms: &[Harm]| pen.texts.and(&harms.iter().map(|h| phrase(*h, pen)).collect::<Vec<_>>());
    let mut out: Vec<String> = Vec::new();
    let reached = with(HarmVerdict::Reached);
    let handed: Vec<Harm> = reached
        .iter()
        .copied()
        .filter(|h| matches!(h, Harm::H1 | Harm::H3) || (*h == Harm::H2 && !reached.contains(&Harm::H1)))
        .collect();
    if !handed.is_empty() {
        out.push(pen.texts.fill("what.handed", &[("what", &list(&handed))]));
    }
    for (harm, key) in [(Harm::H4, "what.cut_off"), (Harm::H5, "what.assist")] {
        if reached.contains(&harm) {
            out.push(pen.texts.say(key));
        }
    }
    for (verdict, key) in [(HarmVerdict::Contested, "what.contested"), (HarmVerdict::Unknown, "what.unknown")] {
        let harms = with(verdict);
        if !harms.is_empty() {
            out.push(pen.texts.fill(key, &[("what", &list(&harms))]));
        }
    }
    let cut = with(HarmVerdict::Cut);
    if cut.len() == w.harms.len() && !cut.is_empty() {
        out.push(pen.texts.say("what.nothing"));
    } else if !cut.is_empty() {
        out.push(pen.texts.fill("what.cut", &[("what", &list(&cut))]));
    }
    if w.harms.is_empty() {
        out.push(pen.texts.say("what.not_known"));
    }
    let open = w.harms.values().filter(|h| h.foreign >= HarmVerdict::Contested);
    if let Some(most) = open.max_by_key(|h| h.exposed_resources) {
        let (n, all) = (pen.texts.whole(most.exposed_resources), pen.texts.whole(w.resources));
        let cost = pen.texts.money(&most.exposed_cost);
        out.push(pen.texts.fill("what.exposed", &[("n", &n), ("all", &all), ("cost", &cost)]));
    }
    out.iter().map(|t| words(t)).collect()
}

fn know(w: &WorkloadAnswer, open: &[&Power], pen: Pen<'_>) -> Lines {
    let Some(worst) = w.would_know else {
        let key = if not_judged(w) { "what.not_known" } else { "know.nobody" };
        return vec![words(&pen.texts.say(key))];
    };
    let mut out = vec![vec![Span::strong(&pen.texts.word("know.opening", worst.word()))]];
    for v in [Visibility::Gagged, Visibility::MayBeGagged, Visibility::Unknown, Visibility::Visible] {
        let laws: Vec<String> = open.iter().filter(|p| p.visibility == v).map(|p| pen.law(&p.instrument)).collect();
        if !laws.is_empty() {
            let n = u64::try_from(laws.len()).unwrap_or(u64::MAX);
            let text = pen.texts.plural(&format!("know.{}", v.word()), n, &[("laws", &pen.texts.some(&laws, 4))]);
            out.push(words(&text));
        }
    }
    out
}

fn way(w: &WorkloadAnswer, open: &[&Power], pen: Pen<'_>) -> Lines {
    let mut out: Lines = Vec::new();
    if open.is_empty() {
        let key = if not_judged(w) { "what.not_known" } else { "way.nothing_needed" };
        out.push(words(&pen.texts.say(key)));
    }
    for (id, links) in &w.in_the_way.safeguards {
        let links: Vec<String> = links.iter().map(|l| format!("{l}\u{a0}({})", pen.texts.word("link", l))).collect();
        let key = if open.is_empty() { "way.acts" } else { "way.acts_not_enough" };
        let values = [("safeguard", vec![pen.safeguard(id)]), ("links", words(&pen.texts.and(&links)))];
        out.push(pen.texts.rich(key, &values));
    }
    if open.is_empty() {
        return out;
    }
    if out.is_empty() {
        out.push(words(&pen.texts.say("way.none")));
    }
    for c in [Challenge::Open, Challenge::Friction, Challenge::Closed, Challenge::Unknown] {
        let laws: Vec<String> = open.iter().filter(|p| p.challenge == c).map(|p| pen.law(&p.instrument)).collect();
        if !laws.is_empty() {
            let key = format!("challenge.sentence.{}", c.word());
            out.push(words(&pen.texts.fill(&key, &[("laws", &pen.texts.some(&laws, 4))])));
        }
    }
    for (harms, ending) in sets_by_harm(w) {
        let what = english::capital(&pen.texts.and(&harms.iter().map(|h| phrase(*h, pen)).collect::<Vec<_>>()));
        let (key, sets) = match (ending.own.is_empty(), ending.stored.is_empty()) {
            (false, _) => ("way.ends", &ending.own),
            (true, false) => ("way.ends_if_stored", &ending.stored),
            (true, true) => ("way.never_ends", &ending.own),
        };
        out.push(pen.texts.rich(key, &[("what", words(&what)), ("sets", pen.sets(sets))]));
    }
    out
}
