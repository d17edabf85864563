//! L3: by which ground can the issuing state bind an entity?

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use flagstate_catalog::{Catalog, ContactKind, ControlKind, Date, Edge, Instrument};
use flagstate_estate::config::ControlTest;

use crate::{
    answer::Step,
    graph::{rule_verdict, step},
    verdict::Verdict,
};

/// A ground of jurisdiction over one entity.
#[derive(Clone, Debug)]
pub(crate) struct Grounded {
    /// Rule id.
    pub(crate) rule: &'static str,
    /// Word of the ground (`seat`, `subsidiary`, ...), empty for absence and ignorance.
    pub(crate) word: &'static str,
    pub(crate) verdict: Verdict,
    /// Steps down to the subsidiary.
    pub(crate) path: Vec<Step>,
    /// Facts and contact facts.
    pub(crate) facts: Vec<String>,
    /// Day of the search, for absence.
    pub(crate) searched: Option<Date>,
}

/// Equity edges by owner, for the walk down.
pub(crate) type Below<'a> = BTreeMap<&'a str, Vec<&'a Edge>>;

/// Index of acting equity edges by owner.
pub(crate) fn equity_below(catalog: &Catalog, date: Date) -> Below<'_> {
    let mut below: Below<'_> = BTreeMap::new();
    for e in catalog.edges.iter().filter(|e| e.control_kind == ControlKind::Equity && e.acts_on(date)) {
        below.entry(e.owner.as_str()).or_default().push(e);
    }
    for list in below.values_mut() {
        list.sort_by_key(|e| (e.owned.as_str(), e.id()));
    }
    below
}

/// True when `country` is the jurisdiction or a member of it.
pub(crate) fn lies_in(catalog: &Catalog, country: &str, jurisdiction: &str) -> bool {
    country == jurisdiction
        || catalog.jurisdictions.get(country).is_some_and(|j| j.memberships.iter().any(|m| m == jurisdiction))
}

/// All grounds on which `instrument`'s state can bind `entity`, strongest first; never empty.
pub(crate) fn grounds(
    catalog: &Catalog,
    below: &Below<'_>,
    instrument: &Instrument,
    entity: &str,
    home: &[String],
    test: ControlTest,
) -> Vec<Grounded> {
    let state = instrument.issuing_jurisdiction.as_str();
    let ground = |rule: &'static str, word: &'static str| Grounded {
        rule,
        word,
        verdict: instrument.grounds.get(word).map_or_else(|| rule_verdict(catalog, rule, test), |w| Verdict::parse(w)),
        path: Vec::new(),
        facts: Vec::new(),
        searched: None,
    };
    let Some(record) = catalog.entities.get(entity) else { return vec![ground("L3-UNKNOWN", "")] };
    let mut found = Vec::new();
    let at_home = record.is_customer() && home.iter().any(|h| lies_in(catalog, h, state));
    if at_home || record.seat().is_some_and(|c| lies_in(catalog, c, state)) {
        found.push(ground("L3-SEAT", "seat"));
    }
    for path in subsidiaries(catalog, below, entity, state) {
        let facts = path.iter().map(|s| s.fact.clone()).collect();
        found.push(Grounded { path, facts, ..ground("L3-SUBSIDIARY", "subsidiary") });
    }
    for contact in record.contacts.iter().filter(|c| lies_in(catalog, &c.jurisdiction, state)) {
        let facts: Vec<String> = contact.fact.iter().cloned().collect();
        match contact.kind {
            ContactKind::Business => found.push(Grounded { facts, ..ground("L3-BUSINESS", "business") }),
            ContactKind::Subsidiary => found.push(Grounded { facts, ..ground("L3-SUBSIDIARY", "subsidiary") }),
            ContactKind::Staff => found.push(Grounded { facts, ..ground("L3-STAFF", "staff") }),
            ContactKind::None | ContactKind::Customer => {}
        }
    }
    if found.is_empty() {
        let searched = record
            .contacts
            .iter()
            .find(|c| c.kind == ContactKind::None && lies_in(catalog, &c.jurisdiction, state))
            .and_then(|c| c.as_of);
        // Of the organisation that asks nothing is known beyond what it says itself.
        found.push(if record.seat().is_none() || record.is_customer() {
            ground("L3-UNKNOWN", "")
        } else {
            Grounded { searched, ..ground("L3-ABSENT", "") }
        });
    }
    found.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.path.len().cmp(&b.path.len())));
    found
}

/// Shortest equity path down to every subsidiary that sits in `state`.
fn subsidiaries(catalog: &Catalog, below: &Below<'_>, entity: &str, state: &str) -> Vec<Vec<Step>> {
    let mut paths = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::from([entity]);
    let mut queue: VecDeque<(&str, Vec<&Edge>)> = VecDeque::from([(entity, Vec::new())]);
    while let Some((at, trail)) = queue.pop_front() {
        for edge in below.get(at).into_iter().flatten() {
            if !seen.insert(edge.owned.as_str()) {
                continue;
            }
            let mut next = trail.clone();
            next.push(edge);
            let inside =
                catalog.entities.get(&edge.owned).and_then(|e| e.seat()).is_some_and(|c| lies_in(catalog, c, state));
            if inside {
                paths.push(next.iter().map(|e| step(e)).collect());
            }
            queue.push_back((edge.owned.as_str(), next));
        }
    }
    paths
}
