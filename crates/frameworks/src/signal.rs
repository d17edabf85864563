//! Signals: words computed from the graph, the chains and the estate, which the data map to answers.
//!
//! A signal that cannot be computed is absent; then the question is asked. No signal guesses.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, EffectOn, Harm, Link};
use flagstate_exposure::{HarmVerdict, Visibility};
use serde::Serialize;

use crate::{
    answers::Answers,
    ceilings,
    facts::{Facts, Reach, custody_word},
    framework::Framework,
    graph::{Counted, Edges, Graph, Place},
    library::Library,
    share::Share,
    verdict::Message,
};

/// A word and why.
#[derive(Clone, Debug, Serialize)]
pub struct Signal {
    /// The word.
    pub word: &'static str,
    /// Why.
    pub because: Vec<Message>,
}

/// All signals of one configuration, seen from one bloc.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Signals(pub BTreeMap<&'static str, Signal>);

/// Harms that hand something over.
const DISCLOSURE: [Harm; 3] = [Harm::H1, Harm::H2, Harm::H3];

impl Signals {
    /// Computes the signals for a framework, whose bloc says what lies inside.
    pub fn of(catalog: &Catalog, library: &Library, user: &Answers, framework: &Framework, facts: &Facts) -> Self {
        let mut signals = Self::default();
        let rules = library.frameworks.values().find_map(|f| f.ceilings.as_ref());
        let graph = Graph::new(catalog, &library.answers, user, &framework.bloc, rules, facts.as_of);
        if let Some(operator) = facts.operator.as_deref() {
            signals.of_owners(&graph, operator, facts);
            signals.of_powers(&graph, operator, facts);
        }
        signals.of_attributes(facts);
        signals.of_use(facts);
        signals.of_ceilings(catalog, library, user, facts);
        signals
    }

    /// A signal's word.
    pub fn word(&self, signal: &str) -> Option<&'static str> {
        self.0.get(signal).map(|s| s.word)
    }

    fn put(&mut self, name: &'static str, word: &'static str, because: Message) {
        self.0.insert(name, Signal { word, because: vec![because] });
    }

    fn of_owners(&mut self, graph: &Graph<'_>, operator: &str, facts: &Facts) {
        let name = graph.name(operator);
        let seat = graph.place(operator);
        let state = graph.entity(operator).and_then(|e| e.seat()).unwrap_or_default().to_owned();
        match seat {
            Place::Inside => self.put("head_office", "inside", seat_message("seat_inside", &name, &state)),
            Place::Outside => self.put("head_office", "outside", seat_message("seat_outside", &name, &state)),
            // Who controls it can be known all the same.
            Place::Unknown => {}
        }
        if let Some((word, because)) = controller(graph, operator) {
            self.put("controller", word, because.clone());
            let law = match (seat, word) {
                (Place::Outside, _) => "outside",
                (Place::Unknown, _) => "",
                (_, "outside" | "shared") => "mixed",
                _ => "inside",
            };
            if !law.is_empty() {
                self.put("home_law", law, because);
            }
        }
        self.technology(graph, facts, operator);
    }

    fn technology(&mut self, graph: &Graph<'_>, facts: &Facts, operator: &str) {
        let offering = graph.catalog.offerings.get(&facts.configuration.offering);
        let controlled = matches!(self.word("controller"), Some("outside" | "shared"));
        match offering.and_then(|o| o.technology_licensor.as_deref()) {
            Some(licensor) if graph.place(licensor) == Place::Outside => {
                let message = Message::new("technology_licensed").with("entity", graph.name(licensor));
                self.put("technology", "outside", message);
            }
            Some(licensor) if graph.place(licensor) == Place::Unknown => {}
            _ if controlled => {
                self.put(
                    "technology",
                    "outside",
                    Message::new("technology_of_controller").with("entity", graph.name(operator)),
                );
            }
            _ if self.0.contains_key("controller") => {
                self.put(
                    "technology",
                    "inside",
                    Message::new("technology_no_licensor").with("entity", graph.name(operator)),
                );
            }
            _ => {}
        }
    }

    fn of_powers(&mut self, graph: &Graph<'_>, operator: &str, facts: &Facts) {
        let outside = |r: &&Reach| graph.place_of_state(&r.jurisdiction) == Place::Outside;
        let of = |harms: &[Harm]| -> Vec<&Reach> {
            harms.iter().filter_map(|h| facts.harms.get(h)).flatten().filter(outside).collect()
        };
        let mut orders = of(&DISCLOSURE);
        orders.retain(|r| r.compels);
        self.reach(graph, operator, facts, &orders);
        if let Some((word, because)) = notice(&orders) {
            self.put("notice", word, because);
        }
        for (name, harm) in [("content_reach", Harm::H1), ("cutoff_reach", Harm::H4)] {
            let list = of(&[harm]);
            let Some(worst) = list.iter().max_by_key(|r| r.verdict) else { continue };
            let word = match worst.verdict {
                HarmVerdict::Reached => "reached",
                HarmVerdict::Contested => "contested",
                HarmVerdict::Cut => "cut",
                HarmVerdict::Unknown => continue,
            };
            self.put(name, word, powers_message(&list, worst.verdict));
        }
    }

    fn reach(&mut self, graph: &Graph<'_>, operator: &str, facts: &Facts, orders: &[&Reach]) {
        let Some(worst) = orders.iter().max_by_key(|r| r.verdict) else { return };
        // A promise to challenge orders is known by what it does: it makes the route of challenge easier.
        let promises = |id: &String| {
            let effect = graph.catalog.safeguards.get(id).and_then(|s| s.effects.get(&Link::L7));
            effect.is_some_and(|e| *e >= EffectOn::Weakens)
        };
        let clauses = facts.safeguards.iter().any(promises);
        let inside = graph.place(operator) == Place::Inside;
        let word = match worst.verdict {
            HarmVerdict::Unknown => return,
            HarmVerdict::Reached if !inside => "reached_outside",
            HarmVerdict::Reached if clauses && matches!(self.word("controller"), Some("outside" | "shared")) => {
                "reached_inside_with_clauses"
            }
            HarmVerdict::Reached if clauses => "reached_with_clauses",
            HarmVerdict::Reached => "reached_inside",
            HarmVerdict::Contested if matches!(self.word("controller"), Some("outside" | "shared")) => {
                "contested_under_control"
            }
            HarmVerdict::Contested => "contested",
            HarmVerdict::Cut if orders.iter().any(|r| r.by_absence) => "cut_by_absence",
            HarmVerdict::Cut => "cut",
        };
        self.put("foreign_reach", word, powers_message(orders, worst.verdict));
    }

    fn of_attributes(&mut self, facts: &Facts) {
        let said = |name: &str| facts.attributes.get(name).filter(|a| !a.because.is_empty());
        let message = |name: &str, value: &str, because: &[String]| {
            Message::new("attribute_is").with("attribute", name).with("value", value).on(because.to_vec())
        };
        for (signal, name) in [("continuity", "A5"), ("staff", "A3")] {
            let Some(a) = said(name) else { continue };
            let word = match a.value.as_str() {
                "no" => "no",
                "partial" => "partial",
                v if v.starts_with("yes") => "yes",
                _ => continue,
            };
            self.put(signal, word, message(name, &a.value, &a.because));
        }
        let Some(content) = said("A1") else { return };
        let yes = |value: &str| value.starts_with("yes");
        let word = match content.value.as_str() {
            "no" => "outside",
            "partial" => "partial",
            v if yes(v) => match said("A2") {
                None => "content_inside",
                Some(a) if yes(&a.value) => "inside",
                Some(_) => "content_only",
            },
            _ => return,
        };
        self.put("data_place", word, message("A1", &content.value, &content.because));
    }

    fn of_use(&mut self, facts: &Facts) {
        if let Some(custody) = facts.configuration.custody {
            let word = custody_word(custody);
            self.put("key_custody", word, Message::new("custody_is").with("word", format!("@{word}")));
        }
        let word = match facts.configuration.lock_in.as_deref() {
            Some("low") => "low",
            Some("medium") => "medium",
            Some("high") => "high",
            _ => return,
        };
        self.put("lock_in", word, Message::new("lock_in_is").with("word", format!("@{word}")));
    }

    fn of_ceilings(&mut self, catalog: &Catalog, library: &Library, user: &Answers, facts: &Facts) {
        let Some(operator) = facts.operator.as_deref() else { return };
        for framework in library.frameworks.values().filter(|f| f.ceilings.is_some()) {
            let q = ceilings::Question {
                catalog,
                library,
                answers: user,
                entity: operator,
                offering: Some(&facts.configuration.offering),
                as_of: facts.as_of,
            };
            if let Some(reading) = ceilings::read(framework, &q) {
                let word = reading.verdict.word();
                self.put("ceilings", word, Message::new("ceilings_are").with("word", format!("@{word}")));
            }
        }
    }
}

/// Whether the customer would learn of an order that reaches; where orders only may reach, that is open as well.
fn notice(orders: &[&Reach]) -> Option<(&'static str, Message)> {
    let say = |word: &'static str, r: Option<&&Reach>| {
        let power = r.map(|r| r.instrument.clone());
        Some((word, Message::new("powers_notice").with("word", format!("@{word}")).on(power)))
    };
    let reaching = |verdict: HarmVerdict| orders.iter().filter(move |r| r.verdict == verdict);
    if let Some(worst) = reaching(HarmVerdict::Reached).max_by_key(|r| r.visibility) {
        return match worst.visibility {
            Visibility::Gagged => say("gagged", Some(worst)),
            Visibility::MayBeGagged => say("may_be_gagged", Some(worst)),
            Visibility::Visible => say("visible", Some(worst)),
            Visibility::Unknown => None,
        };
    }
    if reaching(HarmVerdict::Unknown).next().is_some() {
        return None;
    }
    match reaching(HarmVerdict::Contested).max_by_key(|r| r.visibility) {
        Some(worst) => say("contested", Some(worst)),
        None => say("none", None),
    }
}

fn seat_message(key: &'static str, name: &str, state: &str) -> Message {
    Message::new(key).with("entity", name).with("state", state)
}

/// The powers with this verdict, and the premises they hang on.
fn powers_message(list: &[&Reach], verdict: HarmVerdict) -> Message {
    let strongest = || list.iter().filter(|r| r.verdict == verdict);
    let powers: BTreeSet<&str> = strongest().map(|r| r.instrument.as_str()).collect();
    let premises: BTreeSet<String> = strongest().filter_map(|r| Some(r.premise.as_ref()?.id.clone())).collect();
    Message::new("powers_reach")
        .with("powers", powers.iter().copied().collect::<Vec<_>>().join(", "))
        .with("word", format!("@{}", verdict.word()))
        .on(premises)
        .on(powers.iter().map(|p| (*p).to_owned()))
}

/// Who controls in the end, and whether anybody outside holds a part.
fn controller(graph: &Graph<'_>, operator: &str) -> Option<(&'static str, Message)> {
    let mut last = BTreeSet::new();
    let mut way = BTreeSet::new();
    climb(graph, operator, &mut way, &mut last);
    let places: Vec<Place> = last.iter().map(|id| graph.place(id)).collect();
    if places.contains(&Place::Unknown) {
        return None;
    }
    let outside = places.iter().filter(|p| **p == Place::Outside).count();
    let names: Vec<String> = last
        .iter()
        .map(|id| {
            let seat = graph.entity(id).and_then(|e| e.seat()).unwrap_or_default();
            format!("{} ({seat})", graph.name(id))
        })
        .collect();
    let seat = graph.place(operator);
    if seat == Place::Unknown && outside < places.len() {
        return None;
    }
    let word = if seat == Place::Outside && outside < places.len() {
        "shared"
    } else if outside == places.len() {
        "outside"
    } else if outside > 0 {
        "shared"
    } else {
        let totals = graph.totals(operator, Counted::Capital, Edges::All, None);
        let mut above = BTreeSet::new();
        everybody_above(graph, operator, &mut above);
        if above.iter().any(|id| graph.place(id) == Place::Outside) {
            "inside_with_outside_holders"
        } else if !totals.unknown.is_none() || totals.circular {
            "inside_incomplete"
        } else {
            "inside"
        }
    };
    let message = Message::new("controller_is")
        .with("entity", graph.name(operator))
        .with("controllers", names.join(", "))
        .on(way);
    Some((word, message))
}

/// Up through whoever has the majority, else through everybody whose share is not recorded.
fn climb(graph: &Graph<'_>, id: &str, way: &mut BTreeSet<String>, last: &mut BTreeSet<String>) {
    let mut seen = BTreeSet::new();
    let mut next = vec![id.to_owned()];
    let half = Share::from_percent("50").unwrap_or_default();
    while let Some(at) = next.pop() {
        if !seen.insert(at.clone()) {
            continue;
        }
        let holders: Vec<_> = graph.holders(&at, Edges::Firm).collect();
        let share = |h: &&&crate::graph::Holding| Graph::share(h, Counted::Votes);
        let majority = holders.iter().find(|h| share(h).is_some_and(|s| s > half));
        let above: Vec<_> = match majority {
            Some(h) => vec![*h],
            None => holders.iter().filter(|h| share(h).is_none()).copied().collect(),
        };
        if graph.has_no_owners(&at) || above.is_empty() {
            last.insert(at);
            continue;
        }
        for h in above {
            way.insert(h.fact.clone());
            next.push(h.holder.clone());
        }
    }
    if last.is_empty() {
        // A circle: everybody in it.
        last.extend(seen);
    }
}

fn everybody_above(graph: &Graph<'_>, id: &str, found: &mut BTreeSet<String>) {
    let mut next = vec![id.to_owned()];
    while let Some(at) = next.pop() {
        for h in graph.holders(&at, Edges::All) {
            if found.insert(h.holder.clone()) {
                next.push(h.holder.clone());
            }
        }
    }
}
