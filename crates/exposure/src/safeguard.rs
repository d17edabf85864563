//! Which safeguards act, what they do to the links, and the attributes that follow.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, Date, EffectOn, Link, Offering, Safeguard, Status};
use flagstate_estate::Processing;

use crate::{
    answer::{AttributeAnswer, Question},
    verdict::Verdict,
};

/// The safeguards that act on one question.
#[derive(Clone, Debug, Default)]
pub(crate) struct Applied {
    pub(crate) ids: Vec<String>,
    /// Strongest effect per link, with the safeguards that have it.
    pub(crate) effects: BTreeMap<Link, (EffectOn, Vec<String>)>,
    /// Named but not credited: id -> why.
    pub(crate) not_credited: BTreeMap<String, String>,
}

/// Ids that act: exactly the named ones, or the built-in ones on their dates with what the estate says is in use.
pub(crate) fn acting(offering: Option<&Offering>, q: &Question) -> Vec<String> {
    if let Some(named) = &q.safeguards {
        return named.clone();
    }
    let mut ids: BTreeSet<String> = q.also.iter().cloned().collect();
    if let Some(o) = offering {
        ids.extend(o.built_in.iter().chain(&o.transfer_basis).cloned());
        ids.retain(|id| o.safeguard_dates.get(id).is_none_or(|d| d.contain(q.as_of)));
    }
    ids.into_iter().collect()
}

/// Effect of one safeguard on one link.
pub fn effect(s: &Safeguard, link: Link, processing: Processing) -> EffectOn {
    if s.undisclosed {
        return EffectOn::LeavesAlone;
    }
    let effects = match (processing, &s.effects_in_clear) {
        (Processing::InClear, Some(in_clear)) => in_clear,
        _ => &s.effects,
    };
    let effect = effects.get(&link).copied().unwrap_or_default();
    let undecided = s.status == Status::Untested && matches!(link, Link::L3 | Link::L4);
    if undecided && effect == EffectOn::Weakens { EffectOn::Untested } else { effect }
}

/// Combines the effects of `ids`.
pub(crate) fn apply(catalog: &Catalog, ids: &[String], processing: Processing) -> Applied {
    let mut applied = Applied { ids: ids.to_vec(), ..Applied::default() };
    for id in ids {
        let Some(s) = catalog.safeguards.get(id) else {
            applied.not_credited.insert(id.clone(), "not in the catalog".into());
            continue;
        };
        if s.undisclosed {
            applied.not_credited.insert(id.clone(), "what it does was never published".into());
        }
        for link in [Link::L1, Link::L2, Link::L3, Link::L4, Link::L5, Link::L6, Link::L7] {
            let effect = effect(s, link, processing);
            if effect == EffectOn::LeavesAlone {
                continue;
            }
            let slot = applied.effects.entry(link).or_insert((EffectOn::LeavesAlone, Vec::new()));
            match effect.cmp(&slot.0) {
                std::cmp::Ordering::Greater => *slot = (effect, vec![id.clone()]),
                std::cmp::Ordering::Equal => slot.1.push(id.clone()),
                std::cmp::Ordering::Less => {}
            }
        }
    }
    applied
}

impl Applied {
    /// A link's verdict after the safeguards. L5 has no word for untested: there it is contested.
    pub(crate) fn on(&self, link: Link, verdict: Verdict) -> Verdict {
        match self.effects.get(&link).map_or(EffectOn::LeavesAlone, |(e, _)| *e) {
            EffectOn::Cuts => Verdict::Cut,
            EffectOn::Untested => match verdict {
                Verdict::Holds | Verdict::Residual | Verdict::Weakened if link == Link::L5 => Verdict::Contested,
                Verdict::Holds | Verdict::Residual | Verdict::Weakened => Verdict::Untested,
                other => other,
            },
            EffectOn::Weakens if verdict == Verdict::Holds => Verdict::Weakened,
            _ => verdict,
        }
    }

    /// Safeguards with an effect on the link.
    pub(crate) fn because(&self, link: Link) -> Vec<String> {
        self.effects.get(&link).map(|(_, ids)| ids.clone()).unwrap_or_default()
    }
}

/// A1..A6: the lowest value among the safeguards that speak to it (the highest for those the vocabulary names).
pub(crate) fn attributes(
    catalog: &Catalog,
    ids: &[String],
    service: Option<&str>,
    date: Date,
) -> BTreeMap<String, AttributeAnswer> {
    let vocabulary = &catalog.vocabulary;
    let lowest_word = vocabulary.attribute_order.first().cloned().unwrap_or_else(|| "no".into());
    let mut answers = BTreeMap::new();
    for name in vocabulary.attributes.keys() {
        let highest = vocabulary.attributes_highest.iter().any(|a| a == name);
        let mut spoken: Vec<(usize, String, String)> = Vec::new();
        for s in ids.iter().filter_map(|id| catalog.safeguards.get(id)) {
            let value = for_service(s, name, service, date).or_else(|| s.attributes.get(name).cloned());
            if let Some(value) = value.filter(|v| vocabulary.attribute_order.contains(v)) {
                spoken.push((vocabulary.rank(&value), value, s.id.clone()));
            }
        }
        let best = if highest { spoken.iter().max() } else { spoken.iter().min() };
        let value = best.map_or_else(|| lowest_word.clone(), |(_, v, _)| v.clone());
        let because = spoken.iter().filter(|(_, v, _)| *v == value).map(|(_, _, id)| id.clone()).collect();
        answers.insert(name.clone(), AttributeAnswer { value, because });
    }
    answers
}

/// A value for one service that has begun on the date.
fn for_service(s: &Safeguard, name: &str, service: Option<&str>, date: Date) -> Option<String> {
    let values = s.attributes_by_service.get(service?)?;
    let begun = values.get("from").and_then(|d| d.parse::<Date>().ok()).is_none_or(|from| from <= date);
    values.get(name).filter(|_| begun).cloned()
}
