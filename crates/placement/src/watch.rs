//! Events to watch: for each way a pending event may go, the placements that it would flip.

use crate::{
    board::{Outcome, Trigger},
    choose, diff,
    plan::Plan,
    world::{Head, Seen, World},
};

/// Makes the plan again under every assumption that changes a fact, and keeps the flips.
pub fn triggers(world: &World<'_>, seen: &[Seen], plan: &Plan) -> Vec<Trigger> {
    let mut list = Vec::new();
    for p in world.catalog.pending.values() {
        let mut outcomes = Vec::new();
        for b in p.branches.iter().filter(|b| !b.effects.is_empty()) {
            let Some(value) = &b.value else { continue };
            let assume = format!("{}={value}", p.id);
            let mut catalog = world.catalog.clone();
            if catalog.assume(&assume).is_err() {
                continue;
            }
            let other = choose::make(&World { catalog: &catalog, ..*world }, seen, Head::default());
            outcomes.push(Outcome { assume, outcome: b.outcome.clone(), flips: diff::plans(plan, &other).flips });
        }
        if !outcomes.is_empty() {
            let (id, event, expected) = (p.id.clone(), p.event.clone(), p.expected.clone());
            list.push(Trigger { id, event, expected, outcomes });
        }
    }
    list
}
