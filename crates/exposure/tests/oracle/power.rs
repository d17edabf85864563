//! L1: does the power exist on the date? Rules `L1-*`.

use flagstate_catalog::{Catalog, Date, Instrument};

use super::strength::Strength;

pub(crate) fn in_force(catalog: &Catalog, power: &Instrument, date: Date) -> Strength {
    let rule = |id: &str| catalog.rules.get(id).map_or(Strength::Unknown, |r| Strength::of_word(&r.verdict));
    let without_force = power.state.as_ref().is_some_and(|s| catalog.vocabulary.states_without_force.contains(s));
    let lapsed = power.valid_to.is_some_and(|end| end <= date);
    if without_force {
        return rule("L1-NO-FORCE");
    }
    if power.valid_from.is_some_and(|first| date < first) {
        return rule("L1-NOT-YET");
    }
    if power.revived {
        return rule("L1-FORCE");
    }
    // An end without a recorded lapse ends it now; with one, from the lapse on.
    if power.ended && (lapsed || power.valid_to.is_none()) {
        return rule("L1-ENDED");
    }
    match (lapsed, power.effect_until.is_some_and(|end| date < end), &power.undecided) {
        (false, _, _) => rule("L1-FORCE"),
        (true, true, _) => rule("L1-RESIDUAL"),
        (true, false, Some(_)) => rule("L1-UNDECIDED"),
        (true, false, None) => rule("L1-ENDED"),
    }
}
