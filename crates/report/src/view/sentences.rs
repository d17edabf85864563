//! The four sentences of a workload.

use flagstate_catalog::{EffectOn, Harm, Link};
use flagstate_exposure::{Assessment, HarmVerdict, Power, Visibility, WorkloadAnswer, safeguard_effect};

use super::{Names, by_value, carried, grouped, is_open, power_name, worst};
use crate::{clean, words};

/// Four answers; each a list of sentences, the first the most important.
#[derive(Debug)]
pub(crate) struct Sentences {
    pub(crate) who: Vec<String>,
    pub(crate) what: Vec<String>,
    pub(crate) know: Vec<String>,
    pub(crate) way: Vec<String>,
}

impl Sentences {
    /// Question and answer, in order.
    pub(crate) fn pairs(&self) -> [(&'static str, &[String]); 4] {
        let [who, what, know, way] = words::QUESTIONS;
        [(who, &self.who), (what, &self.what), (know, &self.know), (way, &self.way)]
    }
}

/// Writes the four sentences.
pub(crate) fn sentences(a: &Assessment, w: &WorkloadAnswer, names: Names<'_>) -> Sentences {
    let open: Vec<&Power> = w.powers.iter().filter(|p| !p.home && is_open(p)).collect();
    Sentences { who: who(w, &open, names), what: what(w), know: know(w, &open), way: way(a, w, &open, names) }
}

fn who(w: &WorkloadAnswer, open: &[&Power], names: Names<'_>) -> Vec<String> {
    let mut out = Vec::new();
    let mut carriers: Vec<String> = Vec::new();
    for ((_, verdict), powers) in grouped(open.iter().copied(), |p| (p.jurisdiction.clone(), worst(p))) {
        let Some(first) = powers.first() else { continue };
        let state = clean::name(&first.jurisdiction_name);
        for (addressees, powers) in grouped(powers.iter().copied(), |p| p.addressees.clone()) {
            let who: Vec<String> = addressees.values().map(|n| clean::name(n)).collect();
            let laws: Vec<String> = powers.iter().map(|p| power_name(p)).collect();
            let (who, laws) = (words::some(&who, 4), words::and(&laws));
            if verdict == HarmVerdict::Reached {
                out.push(format!("{state}: {who} can be compelled, under {laws}."));
            } else {
                out.push(format!("{state}: whether {who} can be compelled under {laws} is contested."));
                let reasons: Vec<String> = powers.iter().filter_map(|p| premise(p)).collect();
                for (reason, _) in grouped(reasons, Clone::clone) {
                    out.push(words::stop(&reason));
                }
            }
            for chain in powers.iter().filter_map(|p| Some((p.chain.as_ref()?, &p.offerings))) {
                let text = carried(chain.0, chain.1, names);
                if !carriers.contains(&text) {
                    carriers.push(text.clone());
                    out.push(text);
                }
            }
        }
    }
    if open.is_empty() && w.resources > w.not_judged.0 {
        out.push(no_power(w));
    }
    out.extend(not_known(w));
    out.extend(at_home(w));
    out
}

/// Premise of the worst harm of a power.
fn premise(p: &Power) -> Option<String> {
    let worst = worst(p);
    p.harms
        .values()
        .filter(|h| h.verdict == worst)
        .find_map(|h| h.premise.as_ref())
        .map(|p| format!("{} [{}]", clean::name(p.text.trim_end_matches('.')), clean::name(&p.id)))
}

/// Rule of the legal table that cuts because no link was found.
const ABSENCE: &str = "L3-ABSENT";

pub(super) fn no_power(w: &WorkloadAnswer) -> String {
    let foreign = w.powers.iter().filter(|p| !p.home).count();
    let premises = w.powers.iter().filter(|p| !p.home).filter_map(|p| p.chain.as_ref()?.premise.as_ref());
    let absent = premises.filter(|p| p.id == ABSENCE).count();
    let what = if w.not_judged.0 > 0 { "what could be judged" } else { "this workload" };
    let text = format!("None of the {foreign} foreign powers in the catalog reaches {what}.");
    match absent {
        0 => text,
        n => format!(
            "{text} For {n} of them the ground is only that no link to the state was found, not proof that there is none."
        ),
    }
}

fn not_known(w: &WorkloadAnswer) -> Vec<String> {
    let mut out = Vec::new();
    let unknown: Vec<&Power> = w.powers.iter().filter(|p| !p.home && worst(p) == HarmVerdict::Unknown).collect();
    if !unknown.is_empty() {
        let laws: Vec<String> = unknown.iter().map(|p| power_name(p)).collect();
        let reasons = grouped(unknown.iter().filter_map(|p| premise(p)), Clone::clone);
        let reasons: Vec<String> = reasons.into_iter().map(|(r, _)| r).collect();
        let why =
            if reasons.is_empty() { String::new() } else { format!(" {}", words::stop(&words::some(&reasons, 3))) };
        out.push(format!(
            "Whether {} {} is not known.{why}",
            words::some(&laws, 4),
            words::verb(laws.len() > 1, "reaches it", "reach it")
        ));
    }
    if w.not_judged.0 > 0 {
        let (n, cost) = &w.not_judged;
        out.push(format!(
            "For {} (cost {}) the answer is not known: the catalog does not know where {}. Unknown is not safe.",
            words::count(*n, "resource", "resources"),
            clean::money(cost),
            words::verb(*n > 1, "it runs", "they run"),
        ));
    }
    out
}

fn at_home(w: &WorkloadAnswer) -> Option<String> {
    let home: Vec<&Power> = w.powers.iter().filter(|p| p.home && is_open(p)).collect();
    let states = grouped(home, |p| clean::name(&p.jurisdiction_name));
    let states: Vec<String> = states.into_iter().map(|(s, _)| s).collect();
    if states.is_empty() {
        return None;
    }
    let verb = words::verb(states.len() > 1, "has powers", "have powers");
    Some(format!(
        "At home, {} {verb} of {} own; you accept them, and they stand in a section apart.",
        words::and(&states),
        words::verb(states.len() > 1, "its", "their")
    ))
}

fn what(w: &WorkloadAnswer) -> Vec<String> {
    let with = |v: HarmVerdict| -> Vec<Harm> {
        words::HARMS.into_iter().filter(|h| w.harms.get(h).is_some_and(|x| x.foreign == v)).collect()
    };
    let mut out = Vec::new();
    let reached = with(HarmVerdict::Reached);
    let handed: Vec<String> = reached
        .iter()
        .filter(|h| matches!(h, Harm::H1 | Harm::H3) || (**h == Harm::H2 && !reached.contains(&Harm::H1)))
        .map(|h| words::harm_phrase(*h).to_owned())
        .collect();
    if !handed.is_empty() {
        out.push(format!("They would hand over {}.", words::and(&handed)));
    }
    if reached.contains(&Harm::H4) {
        out.push("They could be made to cut the service off or degrade it.".into());
    }
    if reached.contains(&Harm::H5) {
        out.push("They could be forced to assist, or to change something silently.".into());
    }
    let phrases = |list: &[Harm]| -> Vec<String> { list.iter().map(|h| words::harm_phrase(*h).to_owned()).collect() };
    let contested = with(HarmVerdict::Contested);
    if !contested.is_empty() {
        out.push(format!("Contested: {}.", words::and(&phrases(&contested))));
    }
    let unknown = with(HarmVerdict::Unknown);
    if !unknown.is_empty() {
        out.push(format!("Not known: {}.", words::and(&phrases(&unknown))));
    }
    let cut = with(HarmVerdict::Cut);
    if cut.len() == w.harms.len() && !cut.is_empty() {
        out.push("Nothing, as far as the catalog knows.".into());
    } else if !cut.is_empty() {
        out.push(format!("Cut: {}.", words::and(&phrases(&cut))));
    }
    if let Some(most) =
        w.harms.values().filter(|h| h.foreign >= HarmVerdict::Contested).max_by_key(|h| h.exposed_resources)
    {
        out.push(format!(
            "Exposed: {} of {}; cost of what is exposed: {}.",
            words::thousands(&most.exposed_resources.to_string()),
            words::count(w.resources, "resource", "resources"),
            clean::money(&most.exposed_cost)
        ));
    }
    out
}

fn know(w: &WorkloadAnswer, open: &[&Power]) -> Vec<String> {
    let Some(worst) = w.would_know else {
        let nobody = "The question does not arise: no foreign power is known to reach it.";
        return vec![if w.not_judged.0 > 0 { "Not known.".into() } else { nobody.into() }];
    };
    let mut out = vec![words::visibility_opening(worst).to_owned()];
    for v in [Visibility::Gagged, Visibility::MayBeGagged, Visibility::Unknown, Visibility::Visible] {
        let laws: Vec<String> = open.iter().filter(|p| p.visibility == v).map(|p| clean::name(&p.name)).collect();
        if !laws.is_empty() {
            out.push(words::visibility_sentence(v, &words::some(&laws, 4), laws.len() > 1));
        }
    }
    out
}

fn way(a: &Assessment, w: &WorkloadAnswer, open: &[&Power], names: Names<'_>) -> Vec<String> {
    let mut out = acting(a, w, open, names);
    if open.is_empty() {
        let first = match (w.not_judged.0 > 0, super::worst_foreign(w)) {
            (true, _) | (_, HarmVerdict::Unknown) => "Not known.",
            _ => "Nothing has to: no chain of a foreign power is open.",
        };
        out.insert(0, first.into());
        return out;
    }
    if out.is_empty() {
        out.push("No safeguard in use acts on these chains.".into());
    }
    for (challenge, powers) in grouped(open.iter().copied(), |p| p.challenge) {
        let laws: Vec<String> = powers.iter().map(|p| clean::name(&p.name)).collect();
        out.push(words::challenge_sentence(challenge, &words::some(&laws, 4)));
    }
    out.extend(endings(w, names));
    out
}

/// Safeguards that act, what they do, and why that is not enough.
fn acting(a: &Assessment, w: &WorkloadAnswer, open: &[&Power], names: Names<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for id in w.in_the_way.safeguards.keys() {
        let Some(s) = names.0.safeguards.get(id) else { continue };
        let mut effects: Vec<(EffectOn, String)> = Vec::new();
        let mut resources = 0;
        for class in w.classes.iter().filter_map(|i| a.classes.get(*i)).filter(|c| c.safeguards.contains(id)) {
            resources += 1;
            for link in words::LINKS {
                let effect = safeguard_effect(s, link, class.processing);
                let text = format!("{} ({})", words::link_id(link), words::link_title(link));
                if effect >= EffectOn::Weakens && !effects.contains(&(effect, text.clone())) {
                    effects.push((effect, text));
                }
            }
        }
        let sealed = effects.iter().any(|(e, l)| *e == EffectOn::Cuts && l.starts_with(words::link_id(Link::L5)));
        effects.sort();
        effects.reverse();
        let acts: Vec<String> = grouped(effects, |e| e.0)
            .into_iter()
            .map(|(e, l)| {
                format!("{} {}", words::effect(e), words::and(&l.into_iter().map(|x| x.1).collect::<Vec<_>>()))
            })
            .collect();
        let part = if resources < w.classes.len() { ", for a part of the workload" } else { "" };
        let mut text = format!("{} {}{part}", names.safeguard(id), words::and(&acts));
        if !open.is_empty() {
            text.push_str(if sealed { "; it ends readable content only" } else { "; that does not end it" });
        }
        let mut text = words::stop(&text);
        if let Some(why) = s.reasoning.as_ref().filter(|_| !open.is_empty()) {
            text.push(' ');
            text.push_str(&words::stop(&clean::name(why)));
        }
        out.push(text);
    }
    out
}

/// Sets of safeguards that end harms, harms with the same answer together.
pub(crate) fn sets_by_harm(w: &WorkloadAnswer) -> Vec<(Vec<Harm>, Ending)> {
    let endings = w
        .harms
        .iter()
        .filter(|(_, h)| h.foreign >= HarmVerdict::Contested)
        .map(|(harm, _)| {
            let own = w.in_the_way.ends_with.get(harm).cloned().unwrap_or_default();
            let stored = w.in_the_way.ends_if_stored_only.get(harm).cloned().unwrap_or_default();
            (*harm, Ending { own, stored })
        })
        .collect();
    by_value(&endings)
}

/// What would end a harm.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ending {
    /// From what the offerings have.
    pub(crate) own: Vec<Vec<String>>,
    /// From all safeguards, were the data only stored.
    pub(crate) stored: Vec<Vec<String>>,
}

fn endings(w: &WorkloadAnswer, names: Names<'_>) -> Vec<String> {
    let mut out = Vec::new();
    for (harms, ending) in sets_by_harm(w) {
        let what: Vec<String> = harms.iter().map(|h| words::harm_phrase(*h).to_owned()).collect();
        let what = words::capital(&words::and(&what));
        let sets = |list: &[Vec<String>]| words::or(&list.iter().map(|s| names.set(s)).collect::<Vec<_>>());
        if !ending.own.is_empty() {
            out.push(format!("{what} would be ended by {}.", sets(&ending.own)));
        } else if !ending.stored.is_empty() {
            out.push(format!(
                "{what}: nothing that these offerings have ends it; if the data were only stored, {} would.",
                sets(&ending.stored)
            ));
        } else {
            out.push(format!("{what}: nothing in the catalog ends it."));
        }
    }
    out
}
