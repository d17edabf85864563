//! Which premise decides a verdict that is not plainly reached: the reader sees it named.

use flagstate_catalog::{Harm, Link};

use crate::{
    answer::Premise,
    chains::{Draft, Setting},
    graph::Place,
    verdict::{HarmVerdict, Verdict},
};

/// The premise of a draft's verdict for a harm; none when it is reached without reservation.
pub(crate) fn of(s: &Setting<'_>, d: &Draft<'_>, harm: Harm, verdict: HarmVerdict) -> Option<Premise> {
    let [l1, l2, l3, l4, l5] = d.links;
    let wanted = |v: Verdict| match verdict {
        HarmVerdict::Cut => v == Verdict::Cut,
        HarmVerdict::Unknown => v == Verdict::Unknown,
        HarmVerdict::Contested => matches!(v, Verdict::Contested | Verdict::Untested),
        HarmVerdict::Reached => false,
    };
    if verdict == HarmVerdict::Reached {
        return reservation(s, d);
    }
    if wanted(l1) {
        return s.force.premise.clone();
    }
    if wanted(l2) {
        return Some(Premise { id: s.addressee.1.to_owned(), text: s.text(s.addressee.1, "", "", None) });
    }
    if wanted(l3) {
        return Some(jurisdiction(s, d, harm));
    }
    if wanted(l4) {
        return Some(control(s, d));
    }
    if harm == Harm::H1 && wanted(l5) {
        return by_safeguard(s, Link::L5);
    }
    None
}

/// For a reached chain: what is residual or weakened about it.
fn reservation(s: &Setting<'_>, d: &Draft<'_>) -> Option<Premise> {
    let [l1, _, l3, l4, l5] = d.links;
    if l1 == Verdict::Residual {
        return s.force.premise.clone();
    }
    [(Link::L3, l3), (Link::L4, l4), (Link::L5, l5)]
        .into_iter()
        .find(|(_, v)| *v == Verdict::Weakened)
        .and_then(|(link, _)| by_safeguard(s, link))
}

/// The safeguard with the strongest effect on a link.
fn by_safeguard(s: &Setting<'_>, link: Link) -> Option<Premise> {
    let id = s.applied.because(link).into_iter().next()?;
    let text = s.catalog.safeguards.get(&id).map(|g| match &g.reasoning {
        Some(r) => format!("{}: {r}", g.name),
        None => g.name.clone(),
    });
    Some(Premise { text: text.unwrap_or_else(|| id.clone()), id })
}

/// Premise of L3: a decision on this harm, the lack of one, a safeguard, a disputed holding, or the ground's rule.
pub(crate) fn jurisdiction(s: &Setting<'_>, d: &Draft<'_>, harm: Harm) -> Premise {
    let [_, _, l3, _, _] = d.links;
    if l3 != d.raw.0
        && let Some(p) = by_safeguard(s, Link::L3)
    {
        return p;
    }
    let entity = d.holder.entity.as_str();
    if d.holder.place == Place::Owner && d.way.standing < d.ground.verdict {
        return holding(s, d);
    }
    let mut decisions = s.precedents(d.ground.word).peekable();
    if decisions.peek().is_some() {
        return match decisions.find(|p| p.harms.contains(&harm)) {
            Some(p) => Premise {
                id: p.fact.clone(),
                text: s.catalog.facts.get(&p.fact).map_or_else(|| p.fact.clone(), |f| f.statement.clone()),
            },
            None => Premise { id: "H-NO-ORDER-YET".into(), text: s.text("H-NO-ORDER-YET", entity, entity, None) },
        };
    }
    let searched = d.ground.searched.map(|d| d.to_string());
    Premise { id: d.ground.rule.to_owned(), text: s.text(d.ground.rule, entity, entity, searched) }
}

/// Premise of L4: a safeguard, or the weakest edge of the way.
pub(crate) fn control(s: &Setting<'_>, d: &Draft<'_>) -> Premise {
    let [_, _, _, l4, _] = d.links;
    if l4 != d.raw.1
        && let Some(p) = by_safeguard(s, Link::L4)
    {
        return p;
    }
    holding(s, d)
}

/// The weakest part of the way: its fact where the catalog has one, else the rule.
fn holding(s: &Setting<'_>, d: &Draft<'_>) -> Premise {
    let weak_rule = d
        .way
        .rules
        .iter()
        .min_by_key(|r| crate::graph::rule_verdict(s.catalog, r, s.test))
        .copied()
        .unwrap_or("L4-UNKNOWN");
    let doubtful = d.way.steps.iter().find(|step| {
        s.catalog.facts.get(&step.fact).is_some_and(|f| f.status != flagstate_catalog::Status::Established)
    });
    if let Some(step) = doubtful {
        Premise {
            id: step.fact.clone(),
            text: s.catalog.facts.get(&step.fact).map(|f| f.statement.clone()).unwrap_or_default(),
        }
    } else {
        let step = d.way.steps.last();
        let (owner, owned) = step.map_or((d.holder.entity.as_str(), ""), |st| (&st.owner, &st.owned));
        Premise { id: weak_rule.to_owned(), text: s.text(weak_rule, owner, owned, None) }
    }
}
