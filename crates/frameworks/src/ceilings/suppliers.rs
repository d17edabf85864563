//! Suppliers from outside: can they get at data, and can the provider run on without them?

use std::collections::BTreeSet;

use flagstate_catalog::{ControlKind, Offering};

use super::{Draft, Question};
use crate::{
    framework::Ceilings,
    graph::{Counted, Edges, Graph, Place},
    share::Share,
    verdict::{Message, Verdict},
};

/// The two clauses on suppliers.
pub(super) struct Parts {
    pub(super) access: Draft,
    pub(super) autonomy: Draft,
}

pub(super) fn of(graph: &Graph<'_>, rules: &Ceilings, q: &Question<'_>, offering: Option<&Offering>) -> Parts {
    let mut parts = Parts { access: Draft::new(), autonomy: Draft::new() };
    let control = Share::from_percent(&rules.control_percent).unwrap_or(Share::WHOLE);
    let controlled = graph.controlled_from_outside(control, Counted::Votes, Edges::All);
    let statement = graph.statement(q.entity);
    let provider = graph.name(q.entity);
    let mut some = false;
    for id in suppliers(q, offering) {
        let outside = match graph.place(&id) {
            Place::Outside => true,
            Place::Inside => controlled.contains(&id),
            Place::Unknown => {
                parts.access.ask(Message::new("ask_seat").with("entity", graph.name(&id)));
                continue;
            }
        };
        if !outside {
            continue;
        }
        some = true;
        let known = statement.and_then(|s| s.suppliers.get(&id)).cloned().unwrap_or_default();
        let say = |key| Message::new(key).with("supplier", graph.name(&id)).with("entity", &provider);
        match known.technical_access {
            Some(true) => parts.access.say(Verdict::NotMet, say("supplier_access")),
            Some(false) => parts.access.say(Verdict::Met, say("supplier_no_access")),
            None => parts.access.ask(say("ask_supplier_access")),
        }
        let enough = known.alternatives.map(|n| n >= rules.alternatives);
        if known.qualified == Some(true) || known.own_skills == Some(true) || enough == Some(true) {
            parts.autonomy.say(Verdict::Met, say("supplier_autonomy"));
        } else if known.own_skills == Some(false) && enough == Some(false) {
            parts.autonomy.say(Verdict::NotMet, say("supplier_no_autonomy").with("needed", rules.alternatives));
        } else {
            parts.autonomy.ask(say("ask_supplier_autonomy").with("needed", rules.alternatives));
        }
    }
    if statement.is_some_and(|s| s.suppliers_complete) {
        if !some {
            let nobody = Message::new("no_supplier_outside").with("entity", &provider);
            parts.access.say(Verdict::Met, nobody.clone());
            parts.autonomy.say(Verdict::Met, nobody);
        }
    } else {
        let question = Message::new("ask_suppliers").with("entity", &provider);
        parts.access.ask(question.clone());
        parts.autonomy.ask(question);
    }
    parts
}

/// Everybody with a part in the service: from the offering's record, from the edges, from statements.
fn suppliers(q: &Question<'_>, offering: Option<&Offering>) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    if let Some(o) = offering {
        ids.extend(o.technology_licensor.iter().chain(&o.subprocessors).cloned());
        for host in &o.hosted_on {
            let operator = q.catalog.offerings.get(host).and_then(|h| h.operator_entity.clone());
            ids.insert(operator.unwrap_or_else(|| host.clone()));
        }
    }
    let beside = |kind| kind != ControlKind::Equity;
    let edges = q.catalog.edges.iter().filter(|e| e.owned == q.entity && beside(e.control_kind) && e.acts_on(q.as_of));
    ids.extend(edges.map(|e| e.owner.clone()));
    for answers in [q.answers, &q.library.answers] {
        ids.extend(answers.entity(q.entity).into_iter().flat_map(|s| s.suppliers.keys().cloned()));
    }
    ids.remove(q.entity);
    ids
}
