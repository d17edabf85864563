//! L1: does the power exist on the date asked?

use flagstate_catalog::{Catalog, Date, Instrument};
use flagstate_estate::config::ControlTest;

use crate::{answer::Premise, graph::rule_verdict, verdict::Verdict};

/// L1 with its rule and, short of holds, its premise.
#[derive(Clone, Debug)]
pub(crate) struct Force {
    pub(crate) verdict: Verdict,
    pub(crate) rule: &'static str,
    pub(crate) premise: Option<Premise>,
    /// Asked about a day before the power was last looked at, without a first day on record.
    pub(crate) undated: bool,
}

/// Judges L1.
pub(crate) fn force(catalog: &Catalog, instrument: &Instrument, date: Date) -> Force {
    let rule = rule_for(catalog, instrument, date);
    let premise = match rule {
        "L1-UNDECIDED" => instrument.undecided.as_ref().map(|id| Premise {
            id: id.clone(),
            text: catalog
                .pending
                .get(id)
                .map_or_else(|| id.clone(), |p| format!("{} is not decided ({}).", p.event, id)),
        }),
        "L1-RESIDUAL" => Some(Premise {
            id: rule.to_owned(),
            text: match instrument.effect_until {
                Some(until) => format!("Lapsed; running orders bind until {until}."),
                None => "Lapsed; running orders still bind.".to_owned(),
            },
        }),
        "L1-FORCE" => None,
        _ => Some(Premise {
            id: rule.to_owned(),
            text: catalog.rules.get(rule).and_then(|r| r.text.get("en").cloned()).unwrap_or_default(),
        }),
    };
    Force {
        verdict: rule_verdict(catalog, rule, ControlTest::PracticalAbility),
        rule,
        premise,
        undated: instrument.valid_from.is_none() && instrument.valid_to.is_none(),
    }
}

fn rule_for(catalog: &Catalog, i: &Instrument, date: Date) -> &'static str {
    let without_force =
        i.state.as_ref().is_some_and(|s| catalog.vocabulary.states_without_force.iter().any(|w| w == s));
    if without_force {
        return "L1-NO-FORCE";
    }
    if i.valid_from.is_some_and(|from| date < from) {
        return "L1-NOT-YET";
    }
    if i.revived || i.valid_to.is_some_and(|to| date < to) {
        return "L1-FORCE";
    }
    // An assumed end acts from the recorded lapse on; a day before it keeps its answer.
    if i.ended {
        return "L1-ENDED";
    }
    if i.valid_to.is_none() {
        return "L1-FORCE";
    }
    if i.effect_until.is_some_and(|until| date < until) {
        return "L1-RESIDUAL";
    }
    // A pending event that is not on record still leaves it undecided: a missing record never makes an answer safe.
    if i.undecided.is_some() { "L1-UNDECIDED" } else { "L1-ENDED" }
}
