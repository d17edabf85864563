//! From the catalog to relations, and from relations to holders with their L3 and L4 before safeguards.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, ContactKind, ControlKind, Edge, Instrument, Offering, Status};

use super::{
    Ask,
    relations::{Best, Ground, Program},
    strength::Strength,
};

/// One way of holding the operator.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) entity: String,
    pub(crate) l3: Strength,
    pub(crate) l4: Strength,
}

/// Everybody with a hold.
#[derive(Clone, Debug, Default)]
pub(crate) struct Holders {
    /// Operator and contracting entity.
    pub(crate) operating: Vec<Holder>,
    pub(crate) owners: Vec<Holder>,
    pub(crate) suppliers: Vec<Holder>,
    known: BTreeSet<String>,
}

impl Holders {
    pub(crate) fn operator_missing(&self, offering: &Offering) -> bool {
        offering.operator_entity.as_ref().is_none_or(|o| !self.known.contains(o))
    }

    /// A holder reached several ways counts once, by its strongest way.
    pub(crate) fn strongest(&self) -> Vec<&Holder> {
        once(self.operating.iter().chain(&self.owners).chain(&self.suppliers))
    }

    /// The same for the operator, the contracting entity and the owners alone.
    pub(crate) fn strongest_above(&self) -> Vec<&Holder> {
        once(self.operating.iter().chain(&self.owners))
    }
}

/// The strongest way of every entity: L3 first, then L4, both before safeguards.
fn once<'h>(ways: impl Iterator<Item = &'h Holder>) -> Vec<&'h Holder> {
    let mut best: BTreeMap<&str, &Holder> = BTreeMap::new();
    for h in ways {
        let slot = best.entry(&h.entity).or_insert(h);
        if (h.l3, h.l4) > (slot.l3, slot.l4) {
            *slot = h;
        }
    }
    best.into_values().collect()
}

pub(crate) fn holders(catalog: &Catalog, offering: &Offering, power: &Instrument, ask: &Ask) -> Holders {
    let mut program = program(catalog, offering, power, ask);
    program.run();
    let bound: BTreeMap<&String, Strength> = program.bound.iter().map(|(x, v)| (x, v.0)).collect();
    let rule = |id: &str| verdict(catalog, id, ask.legal_right);
    let l3 = |entity: &String| {
        let Some(record) = catalog.entities.get(entity) else { return rule("L3-UNKNOWN") };
        let unknown = record.seat().is_none() || record.is_customer();
        bound.get(entity).copied().unwrap_or_else(|| rule(if unknown { "L3-UNKNOWN" } else { "L3-ABSENT" }))
    };
    let mut holders = Holders { known: catalog.entities.keys().cloned().collect(), ..Holders::default() };
    let missing = holders.operator_missing(offering);
    match &offering.operator_entity {
        Some(o) => {
            let l4 = rule(if missing { "L4-UNKNOWN" } else { "L4-OPERATOR" });
            holders.operating.push(Holder { entity: o.clone(), l3: l3(o), l4 });
        }
        None => {
            holders.operating.push(Holder { entity: String::new(), l3: rule("L3-UNKNOWN"), l4: rule("L4-UNKNOWN") });
        }
    }
    if let Some(c) = &offering.contracting_entity {
        holders.operating.push(Holder { entity: c.clone(), l3: l3(c), l4: rule("L4-OPERATOR") });
    }
    for (x, path) in &program.owner {
        holders.owners.push(Holder { entity: x.clone(), l3: l3(x).min(path.0), l4: path.0 });
    }
    for (x, path) in &program.supplier {
        holders.suppliers.push(Holder { entity: x.clone(), l3: l3(x), l4: path.0 });
    }
    holders
}

fn program(catalog: &Catalog, offering: &Offering, power: &Instrument, ask: &Ask) -> Program {
    let mut p = Program::default();
    let roots = offering.operator_entity.iter().chain(&offering.contracting_entity);
    p.operator.extend(roots.map(|o| (o.clone(),)));
    p.issuer.push((power.issuing_jurisdiction.clone(),));
    for j in catalog.jurisdictions.values() {
        p.member.extend(j.memberships.iter().map(|bloc| (j.id.clone(), bloc.clone())));
    }
    for e in catalog.entities.values() {
        p.seat.extend(e.seat().map(|s| (e.id.clone(), s.to_owned())));
        for c in &e.contacts {
            let ground = match c.kind {
                ContactKind::Business => Ground::Business,
                ContactKind::Subsidiary => Ground::Subsidiary,
                ContactKind::Staff => Ground::Staff,
                ContactKind::None | ContactKind::Customer => continue,
            };
            p.contact.push((e.id.clone(), c.jurisdiction.clone(), ground));
        }
    }
    for (ground, key, id) in [
        (Ground::Seat, "seat", "L3-SEAT"),
        (Ground::Subsidiary, "subsidiary", "L3-SUBSIDIARY"),
        (Ground::Business, "business", "L3-BUSINESS"),
        (Ground::Staff, "staff", "L3-STAFF"),
    ] {
        let own = power.grounds.get(key).map(|w| Strength::of_word(w));
        p.verdict_of.push((ground, Best(own.unwrap_or_else(|| verdict(catalog, id, ask.legal_right)))));
    }
    let edges = catalog.edges.iter().filter(|e| e.acts_on(ask.date)).cloned();
    // Nobody holds itself.
    for edge in edges.chain(implied(catalog, offering)).filter(|e| e.owner != e.owned) {
        put(&mut p, &edge, strength(catalog, &edge, ask.legal_right));
    }
    p
}

fn put(p: &mut Program, edge: &Edge, strength: Strength) {
    let row = (edge.owner.clone(), edge.owned.clone(), Best(strength));
    match edge.control_kind {
        ControlKind::Equity => p.equity.push(row),
        ControlKind::Technical => {
            p.technical.push(row.clone());
            p.sideways.push(row);
        }
        ControlKind::Licence | ControlKind::Staffing | ControlKind::Contract => p.sideways.push(row),
    }
}

/// What one edge is worth: its rule, capped by how settled the edge itself is.
fn strength(catalog: &Catalog, edge: &Edge, legal_right: bool) -> Strength {
    let minority = edge.percent.is_some_and(|p| p < 50.0);
    let id = match edge.control_kind {
        ControlKind::Equity if minority => "L4-MINORITY",
        ControlKind::Equity => "L4-EQUITY",
        ControlKind::Licence => "L4-LICENCE",
        ControlKind::Staffing => "L4-STAFFING",
        ControlKind::Technical => "L4-TECHNICAL",
        ControlKind::Contract => "L4-CONTRACT",
    };
    let cap = match edge.status {
        Status::Contested => Strength::Contested,
        Status::Untested => Strength::Untested,
        Status::Established | Status::Announced | Status::Repealed => Strength::Holds,
    };
    verdict(catalog, id, legal_right).min(cap)
}

/// Edges that the offering's own record implies, and those of the offerings that host it.
fn implied(catalog: &Catalog, offering: &Offering) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut next = vec![offering];
    while let Some(o) = next.pop() {
        let Some(operator) = o.operator_entity.as_ref().filter(|_| seen.insert(&o.id)) else { continue };
        let edge = |owner: &String, kind| Edge {
            owner: owner.clone(),
            owned: operator.clone(),
            control_kind: kind,
            percent: None,
            status: Status::Established,
            valid_from: None,
            valid_to: None,
            fact: None,
            consolidation_only: false,
        };
        let recorded = |owner: &String| {
            let same = |e: &&Edge| e.owner == *owner && e.owned == *operator && e.control_kind == ControlKind::Licence;
            catalog.edges.iter().any(|e| same(&e))
        };
        edges.extend(o.technology_licensor.iter().filter(|l| !recorded(l)).map(|l| edge(l, ControlKind::Licence)));
        edges.extend(o.subprocessors.iter().map(|s| edge(s, ControlKind::Contract)));
        // A host that no record has is still a host: an entity of that id, of which nothing is known.
        for id in &o.hosted_on {
            let host = catalog.offerings.get(id);
            edges.push(edge(host.and_then(|h| h.operator_entity.as_ref()).unwrap_or(id), ControlKind::Technical));
            next.extend(host);
        }
    }
    edges
}

/// A rule's verdict under the control test.
fn verdict(catalog: &Catalog, id: &str, legal_right: bool) -> Strength {
    let Some(rule) = catalog.rules.get(id) else { return Strength::Unknown };
    let word = rule.verdict_legal_right.as_ref().filter(|_| legal_right).unwrap_or(&rule.verdict);
    Strength::of_word(word)
}
