//! One question, one answer: every chain, link by link.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, Date, EffectOn, Harm, Instrument, InstrumentKind, Link, Offering};
use flagstate_estate::Processing;

use crate::{
    answer::{Answer, Chain, EndsWith, Ground, HarmAnswer, LinkAnswer, Question},
    chains::{Draft, Setting, addressee, unknown_premise},
    force::{Force, force},
    graph::{Scene, stated_edges},
    premise,
    reach::{Below, equity_below},
    safeguard::{self, Applied},
    sets,
    verdict::{Challenge, HarmVerdict, Verdict, Visibility},
};

/// Chains kept per harm for the reader.
const MAX_CHAINS: usize = 60;

/// The question names something that the catalog does not have. The fault is in the caller's words.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// No instrument of that id or pattern.
    #[error("no instrument in the catalog is called `{0}`; `flagstate catalog show instruments` lists them")]
    UnknownInstrument(String),
}

/// Instruments that an id or a `prefix.*` pattern names.
pub fn instruments<'c>(catalog: &'c Catalog, pattern: &str) -> Vec<&'c Instrument> {
    match pattern.strip_suffix('*') {
        Some(prefix) => catalog
            .instruments
            .values()
            .filter(|i| i.id.starts_with(prefix) && i.kind == InstrumentKind::Compulsion)
            .collect(),
        None => catalog.instruments.get(pattern).into_iter().collect(),
    }
}

/// Answers a question. An offering that the catalog lacks is answered `unknown`, never as safe.
pub fn explain(catalog: &Catalog, q: &Question) -> Result<Answer, ExplainError> {
    let list = instruments(catalog, &q.instrument);
    if list.is_empty() {
        return Err(ExplainError::UnknownInstrument(q.instrument.clone()));
    }
    let stage = Stage::new(catalog, q);
    let single: Vec<Single<'_>> = list.iter().map(|i| stage.judge(i, q)).collect();
    Ok(stage.merge(q, &single))
}

/// What does not depend on the instrument: built once per question.
pub(crate) struct Stage<'c> {
    pub(crate) catalog: &'c Catalog,
    offering: Option<&'c Offering>,
    scene: Scene,
    below: Below<'c>,
    applied: Applied,
}

/// The judgement of one instrument.
pub(crate) struct Single<'s> {
    instrument: &'s Instrument,
    force: Force,
    rows: BTreeMap<Link, (Verdict, Vec<String>, Option<String>, String)>,
    pub(crate) harms: BTreeMap<Harm, HarmAnswer>,
    pub(crate) visibility: Visibility,
    pub(crate) challenge: Challenge,
}

impl<'c> Stage<'c> {
    pub(crate) fn new(catalog: &'c Catalog, q: &Question) -> Self {
        let offering = catalog.offerings.get(&q.offering);
        let stated = offering.map(|o| stated_edges(catalog, o, &q.hosted_on)).unwrap_or_default();
        let contracting = q.contracting_entity.as_deref();
        let scene = Scene::build(catalog, offering, contracting, &stated, q.as_of, q.control_test);
        let ids = safeguard::acting(offering, q);
        let applied = safeguard::apply(catalog, &ids, q.processing);
        Self { catalog, offering, scene, below: equity_below(catalog, q.as_of), applied }
    }

    pub(crate) fn applied_ids(&self) -> &[String] {
        &self.applied.ids
    }

    /// The operator and everybody above it.
    pub(crate) fn upward(&self) -> BTreeSet<String> {
        self.scene.holders.iter().filter(|h| h.place.is_upward()).map(|h| h.entity.clone()).collect()
    }

    /// The answer about one instrument.
    pub(crate) fn answer_one(&self, instrument: &Instrument, q: &Question) -> Answer {
        let single = [self.judge(instrument, q)];
        self.merge(q, &single)
    }

    fn setting<'s>(&'s self, instrument: &'s Instrument, q: &'s Question) -> Setting<'s> {
        Setting {
            catalog: self.catalog,
            scene: &self.scene,
            below: &self.below,
            instrument,
            force: force(self.catalog, instrument, q.as_of),
            addressee: addressee(self.catalog, instrument),
            applied: &self.applied,
            home: &q.home,
            test: q.control_test,
        }
    }

    pub(crate) fn judge<'s>(&'s self, instrument: &'s Instrument, q: &'s Question) -> Single<'s> {
        let setting = self.setting(instrument, q);
        let drafts = setting.drafts();
        let rows = self.rows(&setting, &drafts);
        let mut harms = BTreeMap::new();
        for harm in &instrument.harms {
            harms.insert(*harm, self.harm(&setting, &drafts, *harm, q));
        }
        Single {
            instrument,
            force: setting.force.clone(),
            rows,
            harms,
            visibility: Visibility::parse(instrument.notice_to_customer.as_deref()),
            challenge: Challenge::parse(instrument.challenge_for_customer.as_deref()),
        }
    }

    fn harm(&self, s: &Setting<'_>, drafts: &[Draft<'_>], harm: Harm, q: &Question) -> HarmAnswer {
        let mut order: Vec<&Draft<'_>> = drafts.iter().collect();
        order.sort_by_key(|d| {
            let path: Vec<&str> = d.way.steps.iter().map(|s| s.fact.as_str()).collect();
            (std::cmp::Reverse(d.verdict(harm)), d.holder.place, d.way.steps.len(), d.holder.entity.as_str(), path)
        });
        // Holders beside the operator that no ground binds are no news.
        order.retain(|d| d.ground.verdict != Verdict::Cut || d.holder.place.is_upward());
        let shown = minimal(order, harm);
        let chains: Vec<Chain> = shown.iter().take(MAX_CHAINS).map(|d| s.chain(d, harm)).collect();
        let found = drafts.iter().map(|d| d.verdict(harm)).max();
        // Who is not recorded holds the data all the same: a chain of which two links are unknown.
        let unrecorded = (!self.scene.known).then(|| s.unrecorded(harm));
        let verdict = found.max(unrecorded).unwrap_or(HarmVerdict::Cut);
        let premise = if unrecorded > found {
            Some(unknown_premise(self.catalog))
        } else {
            chains.first().and_then(|c| c.premise.clone())
        };
        HarmAnswer {
            verdict,
            premise,
            chains_left_out: shown.len().saturating_sub(MAX_CHAINS) + self.scene.ways_left_out,
            ends_with: if matches!(verdict, HarmVerdict::Reached | HarmVerdict::Contested) {
                self.ends_with(drafts, harm, q)
            } else {
                EndsWith::default()
            },
            chains,
        }
    }

    /// Which safeguard ends which open chain, found by judging each chain with it.
    fn ends_with(&self, drafts: &[Draft<'_>], harm: Harm, q: &Question) -> EndsWith {
        let open: Vec<&Draft<'_>> = drafts.iter().filter(|d| d.verdict(harm) > HarmVerdict::Cut).collect();
        let hits = |ids: &mut dyn Iterator<Item = &String>, processing: Processing| {
            let list: Vec<(String, BTreeSet<usize>)> = ids
                .filter_map(|id| self.catalog.safeguards.get(id))
                .map(|g| {
                    let cuts = |link| safeguard::effect(g, link, processing) == EffectOn::Cuts;
                    let status = [Link::L1, Link::L2, Link::L3, Link::L4].into_iter().any(cuts);
                    let all = status || (harm == Harm::H1 && cuts(Link::L5));
                    let chains = if all { (0..open.len()).collect() } else { BTreeSet::new() };
                    (g.id.clone(), chains)
                })
                .collect();
            sets::minimal_hitting_sets(open.len(), &list)
        };
        let mut offered: BTreeSet<String> = BTreeSet::new();
        if let Some(o) = self.offering {
            offered.extend(o.available.iter().chain(&o.built_in).cloned());
        }
        EndsWith {
            available: hits(&mut offered.iter(), q.processing),
            any: hits(&mut self.catalog.safeguards.keys(), q.processing),
            if_stored_only: if q.processing == Processing::InClear {
                hits(&mut self.catalog.safeguards.keys(), Processing::AtRest)
            } else {
                Vec::new()
            },
        }
    }

    /// The summary row L1..L5.
    fn rows(
        &self,
        s: &Setting<'_>,
        drafts: &[Draft<'_>],
    ) -> BTreeMap<Link, (Verdict, Vec<String>, Option<String>, String)> {
        let mut rows = BTreeMap::new();
        let l1 = self.applied.on(Link::L1, s.force.verdict);
        let mut because = vec![s.force.rule.to_owned()];
        because.extend(s.instrument.facts.iter().cloned());
        let premise = s.force.premise.as_ref().map(|p| p.id.clone());
        let text = s.force.premise.as_ref().map_or_else(|| s.text(s.force.rule, "", "", None), |p| p.text.clone());
        rows.insert(Link::L1, (l1, because, premise, text));
        let l2 = self.applied.on(Link::L2, s.addressee.0);
        let rule = s.addressee.1.to_owned();
        let premise = (l2 != Verdict::Holds).then(|| rule.clone());
        rows.insert(Link::L2, (l2, vec![rule.clone()], premise, s.text(&rule, "", "", None)));
        if self.scene.known {
            rows.insert(Link::L3, row_l3(s, drafts));
            rows.insert(Link::L4, row_l4(s, drafts));
        } else {
            let p = unknown_premise(self.catalog);
            for (link, rule) in [(Link::L3, "L3-UNKNOWN"), (Link::L4, "L4-UNKNOWN")] {
                rows.insert(link, (Verdict::Unknown, vec![rule.into()], Some(rule.into()), p.text.clone()));
            }
        }
        let l5 = self.applied.on(Link::L5, s.l5());
        let mut because = vec!["L5-CLEAR".to_owned()];
        because.extend(self.applied.because(Link::L5));
        let premise = if l5 == Verdict::Holds { None } else { self.applied.because(Link::L5).into_iter().next() };
        let rule = if l5 == Verdict::Cut { "L5-CIPHERTEXT" } else { "L5-CLEAR" };
        let text = match (&premise, l5) {
            (Some(id), v) if v != Verdict::Cut => {
                let name = self.catalog.safeguards.get(id).map_or(id.as_str(), |g| g.name.as_str());
                format!("{name} makes it harder; it does not stop it.")
            }
            _ => s.text(rule, "", "", None),
        };
        rows.insert(Link::L5, (l5, because, premise, text));
        rows
    }

    /// Combines the judgements of all named instruments: the strongest exposure per link, the worst harm.
    fn merge(&self, q: &Question, single: &[Single<'_>]) -> Answer {
        let mut links: BTreeMap<Link, LinkAnswer> = BTreeMap::new();
        for link in [Link::L1, Link::L2, Link::L3, Link::L4, Link::L5] {
            let mut rows: Vec<_> = single.iter().filter_map(|s| s.rows.get(&link)).collect();
            rows.sort_by_key(|r| std::cmp::Reverse(r.0));
            if let Some((verdict, because, premise, text)) = rows.first().map(|r| (*r).clone()) {
                links.insert(link, LinkAnswer { verdict: verdict.word(), because, premise, text });
            }
        }
        links.insert(Link::L6, self.row_l6(single));
        links.insert(Link::L7, self.row_l7(single));
        let mut harms: BTreeMap<Harm, HarmAnswer> = BTreeMap::new();
        for (harm, answer) in single.iter().flat_map(|s| s.harms.iter()) {
            match harms.get_mut(harm) {
                Some(old) => merge_harm(old, answer),
                None => {
                    harms.insert(*harm, answer.clone());
                }
            }
        }
        let ground = self.ground(single, &harms, q.as_of);
        Answer {
            as_of: q.as_of,
            offering: q.offering.clone(),
            instrument: q.instrument.clone(),
            instruments: single.iter().map(|s| s.instrument.id.clone()).collect(),
            control_test: q.control_test,
            processing: q.processing,
            safeguards: self.applied.ids.clone(),
            not_credited: self.applied.not_credited.clone(),
            assumptions: Vec::new(),
            links,
            attributes: safeguard::attributes(self.catalog, &self.applied.ids, q.service.as_deref(), q.as_of),
            harms,
            ground,
        }
    }

    fn row_l6(&self, single: &[Single<'_>]) -> LinkAnswer {
        let live = |s: &&Single<'_>| s.force.verdict != Verdict::Cut || single.len() == 1;
        let worst = single.iter().filter(live).max_by_key(|s| s.visibility);
        let word = worst.map_or("unknown", |s| s.visibility.word());
        let mut because: Vec<String> = worst.iter().map(|s| s.instrument.id.clone()).collect();
        because.extend(self.applied.because(Link::L6));
        let text = match worst.map(|s| s.visibility) {
            Some(Visibility::Gagged) => "Whoever is served may not tell you.",
            Some(Visibility::MayBeGagged) => "Whoever is served may be forbidden to tell you.",
            Some(Visibility::Visible) => "You would see it.",
            _ => "Whether you would learn of it is not recorded.",
        };
        LinkAnswer { verdict: word, because, premise: None, text: text.into() }
    }

    fn row_l7(&self, single: &[Single<'_>]) -> LinkAnswer {
        let live = |s: &&Single<'_>| s.force.verdict != Verdict::Cut || single.len() == 1;
        let worst = single.iter().filter(live).max_by_key(|s| s.challenge);
        let word = worst.map_or("unknown", |s| s.challenge.word());
        let mut because: Vec<String> = worst.iter().map(|s| s.instrument.id.clone()).collect();
        because.extend(worst.iter().flat_map(|s| s.instrument.blocked_or_limited_by.iter().cloned()));
        because.extend(self.applied.because(Link::L7));
        let route = worst.and_then(|s| s.instrument.challenge_route.clone());
        let text = match (worst.map(|s| s.challenge), route) {
            (Some(Challenge::Closed), _) => "No route of yours can stop it.".to_owned(),
            (Some(Challenge::Friction), Some(r)) => format!("A route exists that is slow and may fail: {r}."),
            (Some(Challenge::Friction), None) => "A route exists that is slow and may fail.".to_owned(),
            (Some(Challenge::Open), Some(r)) => format!("A route is open: {r}."),
            (Some(Challenge::Open), None) => "A route is open.".to_owned(),
            _ => "No route is recorded.".to_owned(),
        };
        LinkAnswer { verdict: word, because, premise: None, text }
    }

    fn ground(&self, single: &[Single<'_>], harms: &BTreeMap<Harm, HarmAnswer>, date: Date) -> Ground {
        let mut ids: BTreeSet<&str> = BTreeSet::new();
        for harm in harms.values() {
            ids.extend(harm.chains.iter().take(1).flat_map(|c| c.because.iter().map(String::as_str)));
        }
        let facts: Vec<_> = ids.iter().filter_map(|id| self.catalog.facts.get(*id)).collect();
        let undated: BTreeSet<String> = single
            .iter()
            .filter(|s| s.force.undated)
            .flat_map(|s| s.instrument.facts.iter())
            .filter(|id| self.catalog.facts.get(*id).is_some_and(|f| f.as_of.is_some_and(|d| date < d)))
            .cloned()
            .collect();
        Ground {
            oldest_fact: facts.iter().filter_map(|f| Some((f.as_of?, f.id.clone()))).min().map(|(d, id)| (id, d)),
            weak_facts: facts.iter().filter(|f| f.verification.is_weak()).map(|f| f.id.clone()).collect(),
            undated_facts: undated.into_iter().collect(),
        }
    }
}

fn merge_harm(old: &mut HarmAnswer, new: &HarmAnswer) {
    if new.verdict > old.verdict {
        old.premise.clone_from(&new.premise);
        old.ends_with = new.ends_with.clone();
    }
    old.verdict = old.verdict.max(new.verdict);
    old.chains.extend(new.chains.iter().cloned());
    old.chains.sort_by_key(|c| std::cmp::Reverse(c.verdict));
    old.chains_left_out += new.chains_left_out;
}

type Row = (Verdict, Vec<String>, Option<String>, String);

/// Drafts compared with one another; more are shown as they are.
const MAX_COMPARED: usize = 200;

/// Leaves out derivations that need everything another open one needs, and more, without saying anything worse.
fn minimal<'d, 's>(order: Vec<&'d Draft<'s>>, harm: Harm) -> Vec<&'d Draft<'s>> {
    if order.len() > MAX_COMPARED {
        return order;
    }
    let needs: Vec<BTreeSet<String>> = order.iter().map(|d| d.needs()).collect();
    let mut kept = Vec::new();
    for (d, need) in order.iter().zip(&needs) {
        let verdict = d.verdict(harm);
        let spared = verdict > HarmVerdict::Cut
            && order
                .iter()
                .zip(&needs)
                .any(|(other, less)| other.verdict(harm) >= verdict && less.len() < need.len() && less.is_subset(need));
        if !spared {
            kept.push(*d);
        }
    }
    kept
}

/// L3 over the operator and its owners.
fn row_l3(s: &Setting<'_>, drafts: &[Draft<'_>]) -> Row {
    let best = strongest(&once(drafts.iter().filter(|d| d.holder.place.is_upward())), 2);
    best.map_or((Verdict::Unknown, vec!["L3-UNKNOWN".into()], Some("L3-UNKNOWN".into()), String::new()), |d| {
        let verdict = link(d, 2);
        let p = premise::jurisdiction(s, d, Harm::H3);
        let entity = d.holder.entity.as_str();
        let searched = d.ground.searched.map(|x| x.to_string());
        if verdict == Verdict::Holds {
            (verdict, s.ground_because(d), None, s.text(d.ground.rule, entity, entity, searched))
        } else {
            (verdict, s.ground_because(d), Some(p.id), p.text)
        }
    })
}

/// L4 over the chains whose L3 is not cut; over the operator and its owners when all are.
fn row_l4(s: &Setting<'_>, drafts: &[Draft<'_>]) -> Row {
    let mut reachable = once(drafts.iter());
    reachable.retain(|d| link(d, 2) != Verdict::Cut);
    let upward = || once(drafts.iter().filter(|d| d.holder.place.is_upward()));
    let best = strongest(&reachable, 3).or_else(|| strongest(&upward(), 3));
    best.map_or((Verdict::Unknown, vec!["L4-UNKNOWN".into()], Some("L4-UNKNOWN".into()), String::new()), |d| {
        let verdict = link(d, 3);
        let p = premise::control(s, d);
        let premise = (verdict != Verdict::Holds).then_some(p.id);
        (verdict, s.control_because(d), premise, p.text)
    })
}

fn link(d: &Draft<'_>, index: usize) -> Verdict {
    d.links.get(index).copied().unwrap_or(Verdict::Unknown)
}

/// One draft per entity: its strongest ground and way before the safeguards. A weaker one beside it must not speak in its
/// place only because a safeguard leaves `contested` alone and turns `holds` into `untested`.
fn once<'d, 's>(drafts: impl Iterator<Item = &'d Draft<'s>>) -> Vec<&'d Draft<'s>> {
    let mut best: BTreeMap<&str, &Draft<'_>> = BTreeMap::new();
    for d in drafts {
        let slot = best.entry(d.holder.entity.as_str()).or_insert(d);
        if d.raw > slot.raw {
            *slot = d;
        }
    }
    best.into_values().collect()
}

/// Strongest by one link; ties go to the shortest way, then the name.
fn strongest<'d, 's>(drafts: &[&'d Draft<'s>], index: usize) -> Option<&'d Draft<'s>> {
    drafts
        .iter()
        .copied()
        .min_by_key(|d| (std::cmp::Reverse(link(d, index)), d.holder.place, d.way.steps.len(), d.holder.entity.clone()))
}
