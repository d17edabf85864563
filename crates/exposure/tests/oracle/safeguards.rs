//! Which safeguards act, and what they leave of a link.

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, EffectOn, Link, Offering, Safeguard, Status};

use super::{Ask, strength::Strength};

/// Strongest effect per link.
pub(crate) struct Acting(BTreeMap<Link, EffectOn>);

impl Acting {
    pub(crate) fn new(catalog: &Catalog, offering: &Offering, ask: &Ask) -> Self {
        let built_in = || {
            let acts = |id: &&String| offering.safeguard_dates.get(*id).is_none_or(|d| d.contain(ask.date));
            offering.built_in.iter().filter(acts).cloned().collect()
        };
        let applied: Vec<String> = ask.safeguards.clone().unwrap_or_else(built_in);
        let mut strongest = BTreeMap::new();
        for safeguard in applied.iter().filter_map(|id| catalog.safeguards.get(id)).filter(|s| !s.undisclosed) {
            for (link, effect) in effects(safeguard, ask.in_clear) {
                let slot = strongest.entry(link).or_insert(EffectOn::LeavesAlone);
                *slot = (*slot).max(effect);
            }
        }
        Self(strongest)
    }

    /// What is left of `verdict` on `link`.
    pub(crate) fn on(&self, link: Link, verdict: Strength) -> Strength {
        let open = if link == Link::L5 { Strength::Contested } else { Strength::Untested };
        match self.0.get(&link).copied().unwrap_or_default() {
            EffectOn::Cuts => Strength::Cut,
            EffectOn::Untested if verdict >= Strength::Weakened => open,
            EffectOn::Weakens if verdict == Strength::Holds => Strength::Weakened,
            _ => verdict,
        }
    }
}

/// A safeguard that is itself untested does not merely weaken L3 or L4: whether it acts there is open.
fn effects(safeguard: &Safeguard, in_clear: bool) -> Vec<(Link, EffectOn)> {
    let own = if in_clear { safeguard.effects_in_clear.as_ref() } else { None };
    own.unwrap_or(&safeguard.effects)
        .iter()
        .map(|(link, effect)| {
            let open = safeguard.status == Status::Untested && *effect == EffectOn::Weakens && *link != Link::L5;
            (*link, if open { EffectOn::Untested } else { *effect })
        })
        .collect()
}
