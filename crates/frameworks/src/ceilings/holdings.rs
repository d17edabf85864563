//! Shares of capital and votes held outside, against the two ceilings.

use std::collections::BTreeSet;

use super::{Draft, Holder};
use crate::{
    framework::Ceilings,
    graph::{Counted, Edges, Graph, Totals},
    share::Share,
    verdict::{Message, Verdict},
};

/// What is held outside, counted in each way that can decide.
#[derive(Debug)]
pub(super) struct Shares {
    /// Capital, all edges, multiplied.
    pub(super) capital: Totals,
    /// Votes, all edges, multiplied.
    pub(super) votes: Totals,
    firm: [Totals; 2],
    /// Holdings through controlled companies counted in full.
    in_full: [Totals; 2],
}

/// On which footing a ceiling is exceeded.
#[derive(Clone, Copy)]
enum Footing {
    Firm,
    Contested,
    InFull,
}

/// What exceeds a ceiling.
enum Excess {
    One { holder: String, share: Share },
    Together(Share),
}

impl Shares {
    pub(super) fn of(graph: &Graph<'_>, rules: &Ceilings, entity: &str) -> Self {
        let control = Share::from_percent(&rules.control_percent).unwrap_or(Share::WHOLE);
        let both = [Counted::Capital, Counted::Votes];
        let count = |edges: Edges| both.map(|c| graph.totals(entity, c, edges, None));
        let [capital, votes] = count(Edges::All);
        let in_full = both.map(|c| {
            let controlled: BTreeSet<String> = graph.controlled_from_outside(control, c, Edges::All);
            graph.totals(entity, c, Edges::All, Some((&controlled, control)))
        });
        Self { capital, votes, firm: count(Edges::Firm), in_full }
    }

    pub(super) fn judge(&self, graph: &Graph<'_>, rules: &Ceilings, entity: &str, draft: &mut Draft) {
        let one = Share::from_percent(&rules.individual_percent).unwrap_or_default();
        let all = Share::from_percent(&rules.collective_percent).unwrap_or_default();
        let excess = |t: &Totals| excess(t, one, all);
        let totals = [&self.capital, &self.votes];
        for (i, total) in totals.into_iter().enumerate() {
            let kind = if i == 0 { "@capital" } else { "@votes" };
            let firm = self.firm.get(i).map(excess).unwrap_or_default();
            let found = excess(total);
            let in_full = self.in_full.get(i).map(excess).unwrap_or_default();
            for e in &firm {
                draft.say(Verdict::NotMet, e.message(Footing::Firm, graph, kind, rules).on(total.facts.clone()));
            }
            if firm.is_empty() {
                for e in &found {
                    draft.say(Verdict::Contested, e.message(Footing::Contested, graph, kind, rules));
                }
            }
            if found.is_empty() {
                for e in &in_full {
                    draft.say(Verdict::Contested, e.message(Footing::InFull, graph, kind, rules));
                }
            }
            if found.is_empty() && in_full.is_empty() {
                within(total, one, all, kind, draft);
            }
            if found.is_empty() && could_exceed(total, one, all) {
                ask(graph, total, entity, draft);
            }
        }
        // Both counts ask the same; a question is put once.
        let mut seen = BTreeSet::new();
        draft.ask.retain(|m| seen.insert(m.clone()));
    }

    pub(super) fn holders(&self, graph: &Graph<'_>) -> Vec<Holder> {
        let ids: BTreeSet<&String> = self.capital.outside.keys().chain(self.votes.outside.keys()).collect();
        let mut list: Vec<Holder> = ids
            .into_iter()
            .map(|id| Holder {
                entity: id.clone(),
                name: graph.name(id),
                seat: graph.entity(id).and_then(|e| e.seat()).map(str::to_owned),
                capital_percent: self.capital.outside.get(id).copied().unwrap_or_default(),
                votes_percent: self.votes.outside.get(id).copied().unwrap_or_default(),
            })
            .collect();
        list.sort_by(|a, b| b.capital_percent.cmp(&a.capital_percent).then_with(|| a.entity.cmp(&b.entity)));
        list
    }
}

fn excess(t: &Totals, one: Share, all: Share) -> Vec<Excess> {
    let mut found: Vec<Excess> = t
        .outside
        .iter()
        .filter(|(_, share)| **share > one)
        .map(|(holder, share)| Excess::One { holder: holder.clone(), share: *share })
        .collect();
    if t.together > all {
        found.push(Excess::Together(t.together));
    }
    found
}

impl Excess {
    fn message(&self, footing: Footing, graph: &Graph<'_>, kind: &str, rules: &Ceilings) -> Message {
        // One key per case, so that every language can put the sentence as it needs to.
        match self {
            Self::One { holder, share } => {
                let key = match footing {
                    Footing::Firm => "exceeds_one",
                    Footing::Contested => "exceeds_one_contested",
                    Footing::InFull => "exceeds_one_in_full",
                };
                Message::new(key)
                    .with("holder", graph.name(holder))
                    .with("share", share)
                    .with("ceiling", &rules.individual_percent)
                    .with("kind", kind)
            }
            Self::Together(share) => {
                let key = match footing {
                    Footing::Firm => "exceeds_together",
                    Footing::Contested => "exceeds_together_contested",
                    Footing::InFull => "exceeds_together_in_full",
                };
                Message::new(key).with("share", share).with("ceiling", &rules.collective_percent).with("kind", kind)
            }
        }
    }
}

fn within(t: &Totals, one: Share, all: Share, kind: &str, draft: &mut Draft) {
    let largest = t.outside.values().copied().max().unwrap_or_default();
    let message = Message::new("within")
        .with("largest", largest)
        .with("together", t.together)
        .with("unrecorded", t.unknown)
        .with("one", one)
        .with("all", all)
        .with("kind", kind)
        .on(t.facts.clone());
    draft.say(Verdict::Met, message);
}

/// True when what is not recorded could lie with one holder outside and carry a total over a ceiling.
fn could_exceed(t: &Totals, one: Share, all: Share) -> bool {
    let largest = t.outside.values().copied().max().unwrap_or_default();
    let unknown = if t.circular || !t.too_much.is_empty() { Share::WHOLE } else { t.unknown };
    largest.plus(unknown) > one || t.together.plus(unknown) > all
}

fn ask(graph: &Graph<'_>, t: &Totals, entity: &str, draft: &mut Draft) {
    for (held, rest) in &t.gaps {
        let key = if graph.is_listed(held) { "ask_declared_holders" } else { "ask_holders" };
        draft.ask(Message::new(key).with("entity", graph.name(held)).with("share", rest));
    }
    for (holder, held) in &t.no_share {
        let names = (graph.name(holder), graph.name(held));
        draft.ask(Message::new("ask_share").with("holder", names.0).with("entity", names.1));
    }
    for holder in &t.no_seat {
        draft.ask(Message::new("ask_seat").with("entity", graph.name(holder)));
    }
    for held in &t.too_much {
        draft.ask(Message::new("ask_too_much").with("entity", graph.name(held)));
    }
    if t.circular {
        draft.ask(Message::new("ask_circular").with("entity", graph.name(entity)));
    }
}
