//! Chains: every holder, by every ground and every way, with its links and its verdict for a harm.

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, Harm, Instrument, Link};
use flagstate_estate::config::ControlTest;

use crate::{
    answer::{Chain, Premise},
    force::Force,
    graph::{Holder, Place, Scene, Way, rule_verdict},
    premise,
    reach::{Below, Grounded, grounds},
    safeguard::Applied,
    verdict::{HarmVerdict, Verdict, chain_status, readable},
};

/// Everything that chains of one instrument are made of.
pub(crate) struct Setting<'a> {
    pub(crate) catalog: &'a Catalog,
    pub(crate) scene: &'a Scene,
    pub(crate) below: &'a Below<'a>,
    pub(crate) instrument: &'a Instrument,
    pub(crate) force: Force,
    pub(crate) addressee: (Verdict, &'static str),
    pub(crate) applied: &'a Applied,
    pub(crate) home: &'a [String],
    pub(crate) test: ControlTest,
}

/// A holder bound by a ground, holding by a way: links before any harm is asked.
#[derive(Clone, Debug)]
pub(crate) struct Draft<'s> {
    pub(crate) holder: &'s Holder,
    pub(crate) ground: Grounded,
    pub(crate) way: Way,
    /// L1..L5 after the safeguards.
    pub(crate) links: [Verdict; 5],
    /// L3 and L4 before the safeguards.
    pub(crate) raw: (Verdict, Verdict),
}

impl Draft<'_> {
    /// What this derivation needs that others may not: its edges, and the seat or contact that is the ground.
    pub(crate) fn needs(&self) -> std::collections::BTreeSet<String> {
        let edges = self.way.steps.iter().chain(&self.ground.path);
        let mut needs: std::collections::BTreeSet<String> =
            edges.map(|s| format!("{} {} {:?}", s.owner, s.owned, s.kind)).collect();
        let bound = self.ground.path.last().map_or(self.holder.entity.as_str(), |s| s.owned.as_str());
        needs.insert(format!("{} {bound}", if self.ground.path.is_empty() { self.ground.word } else { "seat" }));
        needs
    }

    pub(crate) fn status(&self) -> HarmVerdict {
        let [l1, l2, l3, l4, _] = self.links;
        chain_status([l1, l2, l3, l4])
    }

    pub(crate) fn verdict(&self, harm: Harm) -> HarmVerdict {
        let [.., l5] = self.links;
        if harm == Harm::H1 { readable(self.status(), l5) } else { self.status() }
    }
}

/// L2 with its rule.
pub(crate) fn addressee(catalog: &Catalog, instrument: &Instrument) -> (Verdict, &'static str) {
    let rule = match instrument.addressee.as_deref() {
        Some("holds") => "L2-FITS",
        Some("contested") => "L2-CONTESTED",
        Some("cut") => "L2-NOT-FIT",
        _ => "L2-UNKNOWN",
    };
    (rule_verdict(catalog, rule, ControlTest::PracticalAbility), rule)
}

impl<'a> Setting<'a> {
    /// One draft per holder, ground and way. The first draft of each holder is its strongest.
    pub(crate) fn drafts(&self) -> Vec<Draft<'a>> {
        let mut drafts = Vec::new();
        for holder in &self.scene.holders {
            let found = grounds(self.catalog, self.below, self.instrument, &holder.entity, self.home, self.test);
            for (i, ground) in found.into_iter().enumerate() {
                let dead = ground.verdict == Verdict::Cut;
                for (j, way) in holder.ways.iter().enumerate() {
                    // A cut ground needs no second way, and further grounds over further ways say nothing new.
                    if j > 0 && (dead || i > 0) {
                        break;
                    }
                    drafts.push(self.draft(holder, ground.clone(), way.clone()));
                }
            }
        }
        drafts
    }

    fn draft(&self, holder: &'a Holder, ground: Grounded, way: Way) -> Draft<'a> {
        let (l3, l4) = match holder.place {
            Place::Owner => (ground.verdict.min(way.standing), way.standing),
            Place::Operator | Place::Host | Place::Supplier | Place::OwnerBeside => (ground.verdict, way.standing),
        };
        let on = |link, verdict| self.applied.on(link, verdict);
        let links = [
            on(Link::L1, self.force.verdict),
            on(Link::L2, self.addressee.0),
            on(Link::L3, l3),
            on(Link::L4, l4),
            on(Link::L5, self.l5()),
        ];
        Draft { holder, ground, way, links, raw: (l3, l4) }
    }

    /// What an operator that is not in the catalog can be made to do: L3 and L4 are unknown, the rest is as ever.
    pub(crate) fn unrecorded(&self, harm: Harm) -> HarmVerdict {
        let on = |link, verdict| self.applied.on(link, verdict);
        let status = chain_status([
            on(Link::L1, self.force.verdict),
            on(Link::L2, self.addressee.0),
            on(Link::L3, Verdict::Unknown),
            on(Link::L4, Verdict::Unknown),
        ]);
        if harm == Harm::H1 { readable(status, on(Link::L5, self.l5())) } else { status }
    }

    /// L5 before the safeguards.
    pub(crate) fn l5(&self) -> Verdict {
        rule_verdict(self.catalog, "L5-CLEAR", self.test)
    }

    /// The chain of a draft for one harm.
    pub(crate) fn chain(&self, draft: &Draft<'_>, harm: Harm) -> Chain {
        let name = |id: &str| self.catalog.entities.get(id).map_or_else(|| id.to_owned(), |e| e.name.clone());
        let verdict = draft.verdict(harm);
        let links: BTreeMap<Link, Verdict> =
            [Link::L1, Link::L2, Link::L3, Link::L4, Link::L5].into_iter().zip(draft.links).collect();
        Chain {
            instrument: self.instrument.id.clone(),
            addressee: draft.holder.entity.clone(),
            addressee_name: name(&draft.holder.entity),
            ground: draft.ground.rule.to_owned(),
            path: draft.way.steps.clone(),
            ground_path: draft.ground.path.clone(),
            links,
            verdict,
            because: self.because(draft),
            premise: premise::of(self, draft, harm, verdict),
        }
    }

    /// Rules, facts and safeguards of a draft, without repetition, in order of the links.
    fn because(&self, draft: &Draft<'_>) -> Vec<String> {
        let mut ids: Vec<String> = vec![self.force.rule.to_owned()];
        ids.extend(self.instrument.facts.iter().cloned());
        ids.push(self.addressee.1.to_owned());
        ids.extend(self.ground_because(draft));
        ids.extend(self.control_because(draft));
        ids.extend(self.applied.because(Link::L5));
        let mut seen = std::collections::BTreeSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        ids
    }

    /// Because of L3.
    pub(crate) fn ground_because(&self, draft: &Draft<'_>) -> Vec<String> {
        let mut ids = vec![draft.ground.rule.to_owned()];
        ids.extend(draft.ground.facts.iter().cloned());
        ids.extend(self.precedents(draft.ground.word).map(|p| p.fact.clone()));
        if draft.holder.place == Place::Owner {
            ids.extend(draft.way.steps.iter().map(|s| s.fact.clone()));
        }
        ids.extend(self.applied.because(Link::L3));
        ids
    }

    /// Because of L4.
    pub(crate) fn control_because(&self, draft: &Draft<'_>) -> Vec<String> {
        let mut ids: Vec<String> = draft.way.rules.iter().map(|r| (*r).to_owned()).collect();
        ids.extend(draft.way.steps.iter().map(|s| s.fact.clone()));
        ids.extend(self.applied.because(Link::L4));
        ids
    }

    /// Decisions that speak to a ground.
    pub(crate) fn precedents(&self, word: &str) -> impl Iterator<Item = &'a flagstate_catalog::Precedent> {
        let word = word.to_owned();
        self.instrument.precedents.iter().filter(move |p| p.grounds.contains(&word))
    }

    /// The day the catalog was last looked at, for an absence that nobody searched for by name.
    fn catalog_date(&self) -> String {
        let latest = self.catalog.facts.values().filter_map(|f| f.as_of).max();
        latest.map_or_else(|| "without a date".into(), |d| format!("in the catalog of {d}"))
    }

    /// A rule's English text with names in place.
    pub(crate) fn text(&self, rule: &str, entity: &str, owned: &str, searched: Option<String>) -> String {
        let name = |id: &str| self.catalog.entities.get(id).map_or_else(|| id.to_owned(), |e| e.name.clone());
        let state = &self.instrument.issuing_jurisdiction;
        let state = self.catalog.jurisdictions.get(state).map_or(state, |j| &j.name);
        let text = self.catalog.rules.get(rule).and_then(|r| r.text.get("en"));
        text.map_or_else(
            || rule.to_owned(),
            |t| {
                t.replace("{entity}", &name(entity))
                    .replace("{owned}", &name(owned))
                    .replace("{jurisdiction}", state)
                    .replace("{date}", &searched.unwrap_or_else(|| self.catalog_date()))
            },
        )
    }
}

/// The operator as draft source when nothing about it is known.
pub(crate) fn unknown_premise(catalog: &Catalog) -> Premise {
    Premise {
        id: "L4-UNKNOWN".into(),
        text: catalog
            .rules
            .get("L4-UNKNOWN")
            .and_then(|r| r.text.get("en").cloned())
            .unwrap_or_else(|| "Who controls the data is not recorded.".into()),
    }
}
