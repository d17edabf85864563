//! Summing up a workload: powers, harms, the material of the four sentences, findings. No new judgement.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, EffectOn, Harm, Link};
use flagstate_estate::{Estate, Money, Workload, config::Project};

use crate::{
    answer::Answer,
    assess::{Classified, Judged, Key, Settings, acting_instruments},
    assessment::{InTheWay, Power, PowerHarm, WorkloadAnswer, WorkloadHarm},
    gate, safeguard,
    verdict::{HarmVerdict, Verdict},
};

/// Builds the answer of one workload from the judgements of its classes.
pub(crate) fn workload(
    catalog: &Catalog,
    estate: &Estate,
    w: &Workload,
    classes: &[Classified],
    judged: &BTreeMap<Key, Judged>,
    project: &Project,
    settings: &Settings,
) -> WorkloadAnswer {
    let mut cost = Money::default();
    let mut not_judged = (0, Money::default());
    let mut assumptions: BTreeMap<String, u64> = BTreeMap::new();
    let mut offerings: BTreeMap<String, u64> = BTreeMap::new();
    for c in classes {
        cost.add_all(&c.totals.cost);
        for text in &c.assumptions {
            *assumptions.entry(text.clone()).or_default() += c.totals.resources;
        }
        let known = judged.get(&c.key).is_some_and(|j| !j.answers.is_empty());
        if !known {
            not_judged.0 += c.totals.resources;
            not_judged.1.add_all(&c.totals.cost);
        }
        if let Some(o) = &c.key.offering {
            *offerings.entry(o.clone()).or_default() += c.totals.resources;
        }
    }
    let powers = powers(catalog, classes, judged, settings);
    let reaching: Vec<&Power> = powers.iter().filter(|p| !p.home && is_open(p)).collect();
    let would_know = reaching.iter().map(|p| p.visibility).max();
    let transfer: BTreeSet<_> = classes.iter().filter_map(|c| judged.get(&c.key)?.transfer.clone()).collect();
    let mut answer = WorkloadAnswer {
        name: w.name.clone(),
        classification: w.classification.clone(),
        resources: w.members.len() as u64,
        holding_data: classes.iter().map(|c| c.totals.holding_data).sum(),
        cost,
        harms: harms(catalog, classes, judged, &settings.home),
        would_know,
        in_the_way: in_the_way(catalog, classes, judged, &reaching),
        offerings,
        classes: Vec::new(),
        assumptions,
        not_judged,
        transfer: transfer.into_iter().collect(),
        findings: Vec::new(),
        powers,
    };
    answer.findings = gate::findings(&answer, w, estate, project, settings);
    answer
}

fn is_open(p: &Power) -> bool {
    p.harms.values().any(|h| matches!(h.verdict, HarmVerdict::Reached | HarmVerdict::Contested))
}

fn harms(
    catalog: &Catalog,
    classes: &[Classified],
    judged: &BTreeMap<Key, Judged>,
    home: &[String],
) -> BTreeMap<Harm, WorkloadHarm> {
    let mut harms: BTreeMap<Harm, WorkloadHarm> = BTreeMap::new();
    let blank = || WorkloadHarm {
        foreign: HarmVerdict::Cut,
        home: HarmVerdict::Cut,
        exposed_resources: 0,
        exposed_cost: Money::default(),
    };
    for c in classes {
        let judgement = judged.get(&c.key);
        for (harm, verdict) in judgement.iter().flat_map(|j| &j.foreign) {
            let (harm, verdict) = (*harm, *verdict);
            let slot = harms.entry(harm).or_insert_with(blank);
            slot.foreign = slot.foreign.max(verdict);
            if matches!(verdict, HarmVerdict::Reached | HarmVerdict::Contested) {
                slot.exposed_resources += c.totals.resources;
                slot.exposed_cost.add_all(&c.totals.cost);
            }
        }
        if judgement.is_none_or(|j| j.answers.is_empty()) {
            for i in acting_instruments(catalog).into_iter().filter(|i| home.contains(&i.issuing_jurisdiction)) {
                for harm in &i.harms {
                    let slot = harms.entry(*harm).or_insert_with(blank);
                    slot.home = slot.home.max(HarmVerdict::Unknown);
                }
            }
        }
        for answer in judgement.iter().flat_map(|j| &j.answers) {
            let at_home =
                catalog.instruments.get(&answer.instrument).is_some_and(|i| home.contains(&i.issuing_jurisdiction));
            if at_home {
                for (harm, h) in &answer.harms {
                    let slot = harms.entry(*harm).or_insert_with(blank);
                    slot.home = slot.home.max(h.verdict);
                }
            }
        }
    }
    harms
}

fn powers(
    catalog: &Catalog,
    classes: &[Classified],
    judged: &BTreeMap<Key, Judged>,
    settings: &Settings,
) -> Vec<Power> {
    let mut powers = Vec::new();
    let found: Vec<(&Classified, &Judged)> = classes.iter().filter_map(|c| Some((c, judged.get(&c.key)?))).collect();
    // Answers stand in the order of the instruments.
    for (position, instrument) in acting_instruments(catalog).into_iter().enumerate() {
        let home = settings.home.contains(&instrument.issuing_jurisdiction);
        let jurisdiction = catalog.jurisdictions.get(&instrument.issuing_jurisdiction);
        let mut power = Power {
            instrument: instrument.id.clone(),
            name: instrument.name.clone(),
            citation: instrument.citation.clone(),
            jurisdiction: instrument.issuing_jurisdiction.clone(),
            jurisdiction_name: jurisdiction.map_or_else(|| instrument.issuing_jurisdiction.clone(), |j| j.name.clone()),
            home,
            in_force: Verdict::Unknown,
            harms: BTreeMap::new(),
            visibility: crate::verdict::Visibility::parse(instrument.notice_to_customer.as_deref()),
            challenge: crate::verdict::Challenge::parse(instrument.challenge_for_customer.as_deref()),
            addressees: BTreeMap::new(),
            resources: 0,
            cost: Money::default(),
            chain: None,
            offerings: BTreeSet::new(),
        };
        for (c, j) in &found {
            if let Some(answer) = j.answers.get(position).filter(|a| a.instrument == instrument.id) {
                add(&mut power, answer, c);
            }
        }
        if !power.harms.is_empty() {
            powers.push(power);
        }
    }
    powers.sort_by_key(|p| {
        let worst = p.harms.values().map(|h| h.verdict).max();
        let reached: Vec<Harm> =
            p.harms.iter().filter(|(_, h)| Some(h.verdict) == worst).map(|(harm, _)| *harm).collect();
        (p.home, std::cmp::Reverse(worst), reached, std::cmp::Reverse(p.resources), p.instrument.clone())
    });
    powers
}

fn add(power: &mut Power, answer: &Answer, c: &Classified) {
    if let Some(l1) = answer.links.get(&Link::L1) {
        power.in_force = Verdict::parse(l1.verdict);
    }
    let mut open = false;
    for (harm, h) in &answer.harms {
        if power.harms.get(harm).is_none_or(|old| old.verdict < h.verdict) {
            let better =
                h.chains.first().filter(|chain| power.chain.as_ref().is_none_or(|old| chain.verdict > old.verdict));
            if let Some(chain) = better {
                power.chain = Some(chain.clone());
            }
            power.harms.insert(*harm, PowerHarm { verdict: h.verdict, premise: h.premise.clone() });
        }
        if matches!(h.verdict, HarmVerdict::Reached | HarmVerdict::Contested) {
            open = true;
            for chain in h.chains.iter().filter(|x| x.verdict == h.verdict) {
                if !power.addressees.contains_key(&chain.addressee) {
                    power.addressees.insert(chain.addressee.clone(), chain.addressee_name.clone());
                }
            }
        }
    }
    if open {
        power.resources += c.totals.resources;
        power.cost.add_all(&c.totals.cost);
        power
            .offerings
            .extend(c.key.offering.iter().filter(|o| !power.offerings.contains(*o)).cloned().collect::<Vec<_>>());
    }
}

fn in_the_way(
    catalog: &Catalog,
    classes: &[Classified],
    judged: &BTreeMap<Key, Judged>,
    reaching: &[&Power],
) -> InTheWay {
    let mut safeguards: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for c in classes {
        let Some(j) = judged.get(&c.key) else { continue };
        for s in j.acting.iter().filter_map(|id| catalog.safeguards.get(id)) {
            for link in [Link::L3, Link::L4, Link::L5] {
                let effect = safeguard::effect(s, link, c.key.processing);
                if matches!(effect, EffectOn::Cuts | EffectOn::Untested | EffectOn::Weakens) {
                    safeguards.entry(s.id.clone()).or_default().insert(format!("{link:?}"));
                }
            }
        }
    }
    InTheWay {
        safeguards,
        challenge: reaching.iter().map(|p| p.challenge).min(),
        ends_with: common_sets(classes, judged, reaching, |e| &e.available),
        ends_if_stored_only: common_sets(classes, judged, reaching, |e| &e.if_stored_only),
    }
}

/// Sets that end a harm of every reaching power in every class: what all of them have in common.
fn common_sets(
    classes: &[Classified],
    judged: &BTreeMap<Key, Judged>,
    reaching: &[&Power],
    pick: impl Fn(&crate::answer::EndsWith) -> &Vec<Vec<String>>,
) -> BTreeMap<Harm, Vec<Vec<String>>> {
    let mut common: BTreeMap<Harm, Option<BTreeSet<Vec<String>>>> = BTreeMap::new();
    for c in classes {
        let answers = judged.get(&c.key).map(|j| j.answers.as_slice()).unwrap_or_default();
        for answer in answers.iter().filter(|a| reaching.iter().any(|p| p.instrument == a.instrument)) {
            for (harm, h) in answer.harms.iter().filter(|(_, h)| h.verdict >= HarmVerdict::Contested) {
                let sets: BTreeSet<Vec<String>> = pick(&h.ends_with).iter().cloned().collect();
                let slot = common.entry(*harm).or_insert(None);
                *slot = Some(match slot.take() {
                    Some(old) => old.intersection(&sets).cloned().collect(),
                    None => sets,
                });
            }
        }
    }
    common
        .into_iter()
        .filter_map(|(h, sets)| Some((h, sets?.into_iter().collect::<Vec<_>>())))
        .filter(|(_, sets)| !sets.is_empty())
        .collect()
}
