//! Who has a hold over the operator of an offering: upward to owners, sideways to licensors, hosts and other suppliers.
//!
//! The walk is the one that the header of the legal table (`crates/catalog/data/rules.yaml`) describes. The strongest
//! standing of every holder is found by relaxation, so that cycles and dense graphs cost nothing; paths are listed
//! afterwards, bounded, for the reader.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use flagstate_catalog::{Catalog, ControlKind, Date, Edge, Offering, Rule, Status};
use flagstate_estate::config::ControlTest;

use crate::{answer::Step, verdict::Verdict};

/// Where a holder stands towards the operator.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub(crate) enum Place {
    /// The operator or the contracting entity.
    Operator,
    /// Above it through equity alone.
    Owner,
    /// Beside it, running machines or software.
    Host,
    /// Beside it by licence, staff or contract.
    Supplier,
    /// Owner of somebody beside it.
    OwnerBeside,
}

impl Place {
    fn of_next(self, kind: ControlKind) -> Option<Self> {
        match (self, kind) {
            (Self::Operator | Self::Owner, ControlKind::Equity) => Some(Self::Owner),
            (Self::Owner, _) => None,
            (Self::Operator | Self::Host, ControlKind::Technical) => Some(Self::Host),
            (_, ControlKind::Equity) => Some(Self::OwnerBeside),
            (Self::Operator | Self::Host, _) => Some(Self::Supplier),
            (Self::Supplier | Self::OwnerBeside, _) => None,
        }
    }

    /// True for the operator and its owners: the row of L3 speaks of them.
    pub(crate) fn is_upward(self) -> bool {
        matches!(self, Self::Operator | Self::Owner)
    }
}

/// A way from a holder down to the operator.
#[derive(Clone, Debug)]
pub(crate) struct Way {
    /// Steps, holder first.
    pub(crate) steps: Vec<Step>,
    /// Weakest standing on it.
    pub(crate) standing: Verdict,
    /// Rules of its edges.
    pub(crate) rules: BTreeSet<&'static str>,
}

/// An entity with a hold.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) entity: String,
    pub(crate) place: Place,
    /// The strongest way first, then others up to the bound.
    pub(crate) ways: Vec<Way>,
}

/// The holders of one offering on one date under one control test.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    pub(crate) holders: Vec<Holder>,
    /// Ways beyond the bound.
    pub(crate) ways_left_out: usize,
    /// False when the offering or its operator is not in the catalog.
    pub(crate) known: bool,
}

/// Ways listed over all holders of one scene.
const MAX_WAYS: usize = 400;

struct Walk<'a> {
    catalog: &'a Catalog,
    incoming: BTreeMap<&'a str, Vec<&'a Edge>>,
    test: ControlTest,
}

/// Verdict of a rule under a control test; a missing rule is unknown.
pub(crate) fn rule_verdict(catalog: &Catalog, id: &str, test: ControlTest) -> Verdict {
    catalog.rules.get(id).map_or(Verdict::Unknown, |r: &Rule| {
        let word = match (test, &r.verdict_legal_right) {
            (ControlTest::LegalRight, Some(word)) => word,
            _ => &r.verdict,
        };
        Verdict::parse(word)
    })
}

/// Rule that says what an edge gives.
fn edge_rule(edge: &Edge) -> &'static str {
    match edge.control_kind {
        ControlKind::Equity if edge.percent.is_some_and(|p| p < 50.0) => "L4-MINORITY",
        ControlKind::Equity => "L4-EQUITY",
        ControlKind::Licence => "L4-LICENCE",
        ControlKind::Technical => "L4-TECHNICAL",
        ControlKind::Staffing => "L4-STAFFING",
        ControlKind::Contract => "L4-CONTRACT",
    }
}

fn capped(verdict: Verdict, status: Status) -> Verdict {
    match status {
        Status::Contested => verdict.min(Verdict::Contested),
        Status::Untested => verdict.min(Verdict::Untested),
        _ => verdict,
    }
}

/// An edge as the reader sees it.
pub(crate) fn step(edge: &Edge) -> Step {
    Step {
        owner: edge.owner.clone(),
        owned: edge.owned.clone(),
        kind: edge.control_kind,
        percent: edge.percent.map(|p| p.to_string()),
        fact: edge.id(),
    }
}

/// Edges that the record of an offering states, and those of the offerings that host it: a host's own suppliers have
/// a hold too. A licence that `edges` records is not stated again, whatever its dates: the recorded one is the truth.
pub(crate) fn stated_edges(catalog: &Catalog, offering: &Offering, more_hosts: &[String]) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut seen: BTreeSet<&str> = BTreeSet::new();
    let mut next: Vec<(&Offering, &[String])> = vec![(offering, more_hosts)];
    while let Some((offering, more_hosts)) = next.pop() {
        let Some(operator) = offering.operator_entity.as_deref().filter(|_| seen.insert(&offering.id)) else {
            continue;
        };
        let mut push = |owner: &str, kind: ControlKind, field: &str| {
            edges.push(stated(owner, operator, kind, format!("offering.{}.{field}", offering.id)));
        };
        let licensed = |owner: &String| {
            let same = |e: &Edge| e.owner == *owner && e.owned == operator && e.control_kind == ControlKind::Licence;
            catalog.edges.iter().any(same)
        };
        if let Some(licensor) = offering.technology_licensor.as_ref().filter(|l| !licensed(l)) {
            push(licensor, ControlKind::Licence, "technology_licensor");
        }
        for id in offering.hosted_on.iter().chain(more_hosts) {
            // A host that is not recorded is still a host: an entity of that id, of which nothing is known.
            let host = catalog.offerings.get(id);
            push(host.and_then(|o| o.operator_entity.as_ref()).unwrap_or(id), ControlKind::Technical, "hosted_on");
            next.extend(host.map(|o| (o, <&[String]>::default())));
        }
        for entity in &offering.subprocessors {
            push(entity, ControlKind::Contract, "subprocessors");
        }
    }
    edges
}

fn stated(holder: &str, operator: &str, kind: ControlKind, field: String) -> Edge {
    Edge {
        owner: holder.to_owned(),
        owned: operator.to_owned(),
        control_kind: kind,
        percent: None,
        status: Status::Established,
        valid_from: None,
        valid_to: None,
        fact: Some(field),
        consolidation_only: false,
    }
}

impl Scene {
    /// Walks the graph. `stated` are the edges of the offering record, `contracting` an entity beside the operator.
    pub(crate) fn build(
        catalog: &Catalog,
        offering: Option<&Offering>,
        contracting: Option<&str>,
        stated: &[Edge],
        date: Date,
        test: ControlTest,
    ) -> Self {
        let mut roots: Vec<&str> = Vec::new();
        if let Some(o) = offering {
            roots.extend(o.operator_entity.as_deref());
            roots.extend(o.contracting_entity.as_deref());
        }
        roots.extend(contracting.filter(|c| catalog.entities.contains_key(*c)));
        roots.dedup();
        let known = offering
            .and_then(|o| o.operator_entity.as_deref())
            .is_some_and(|operator| catalog.entities.contains_key(operator));
        let mut incoming: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
        // Nobody holds itself.
        for edge in catalog.edges.iter().chain(stated).filter(|e| e.acts_on(date) && e.owner != e.owned) {
            incoming.entry(edge.owned.as_str()).or_default().push(edge);
        }
        for list in incoming.values_mut() {
            list.sort_by_key(|e| (e.owner.as_str(), e.control_kind, e.id()));
        }
        let walk = Walk { catalog, incoming, test };
        let best = walk.relax(&roots);
        let (mut holders, ways_left_out) = walk.list(&roots, &best);
        holders.sort_by_key(|h| (h.place, h.entity.clone()));
        Self { holders, ways_left_out, known }
    }
}

type State<'a> = (&'a str, Place);

/// Strongest standing per state, and the edge and state it came by.
type Best<'a> = BTreeMap<State<'a>, (Verdict, Option<(&'a Edge, State<'a>)>)>;

impl<'a> Walk<'a> {
    fn standing(&self, edge: &Edge) -> Verdict {
        capped(rule_verdict(self.catalog, edge_rule(edge), self.test), edge.status)
    }

    fn relax(&self, roots: &[&'a str]) -> Best<'a> {
        let mut best: Best<'a> = BTreeMap::new();
        let mut queue: VecDeque<State<'a>> = VecDeque::new();
        for root in roots {
            let start = rule_verdict(self.catalog, "L4-OPERATOR", self.test);
            best.insert((root, Place::Operator), (start, None));
            queue.push_back((root, Place::Operator));
        }
        while let Some(state) = queue.pop_front() {
            let Some((value, _)) = best.get(&state).copied() else { continue };
            for edge in self.incoming.get(state.0).into_iter().flatten().copied() {
                let Some(place) = state.1.of_next(edge.control_kind) else { continue };
                let next = (edge.owner.as_str(), place);
                let reached = value.min(self.standing(edge));
                if best.get(&next).is_none_or(|(old, _)| reached > *old) {
                    best.insert(next, (reached, Some((edge, state))));
                    queue.push_back(next);
                }
            }
        }
        // A root that holds another root is the operator all the same.
        best.retain(|(entity, place), _| *place == Place::Operator || !roots.contains(entity));
        best
    }

    fn list(&self, roots: &[&'a str], best: &Best<'a>) -> (Vec<Holder>, usize) {
        let mut holders: BTreeMap<State<'a>, Holder> = BTreeMap::new();
        for (entity, place) in best.keys() {
            let way = self.strongest_way(best, (entity, *place));
            holders.insert((entity, *place), Holder { entity: (*entity).to_owned(), place: *place, ways: vec![way] });
        }
        let mut lister = Lister { walk: self, holders: &mut holders, budget: MAX_WAYS, left_out: 0 };
        for root in roots {
            let mut trail = Vec::new();
            let mut visited: BTreeSet<&str> = roots.iter().copied().collect();
            lister.go((root, Place::Operator), &mut trail, &mut visited);
        }
        let left_out = lister.left_out;
        (holders.into_values().collect(), left_out)
    }

    fn strongest_way(&self, best: &Best<'a>, state: State<'a>) -> Way {
        let mut edges = Vec::new();
        let mut at = state;
        while let Some((_, Some((edge, from)))) = best.get(&at) {
            edges.push(*edge);
            at = *from;
            if edges.len() > best.len() {
                break;
            }
        }
        self.way(&edges)
    }

    fn way(&self, edges: &[&Edge]) -> Way {
        let start = rule_verdict(self.catalog, "L4-OPERATOR", self.test);
        Way {
            steps: edges.iter().map(|e| step(e)).collect(),
            standing: edges.iter().map(|e| self.standing(e)).fold(start, Verdict::min),
            rules: if edges.is_empty() {
                BTreeSet::from(["L4-OPERATOR"])
            } else {
                edges.iter().map(|e| edge_rule(e)).collect()
            },
        }
    }
}

/// Lists simple ways, depth first, up to a bound on steps taken.
struct Lister<'w, 'a> {
    walk: &'w Walk<'a>,
    holders: &'w mut BTreeMap<State<'a>, Holder>,
    budget: usize,
    left_out: usize,
}

impl<'a> Lister<'_, 'a> {
    fn go(&mut self, state: State<'a>, trail: &mut Vec<&'a Edge>, visited: &mut BTreeSet<&'a str>) {
        let edges: Vec<&'a Edge> = self.walk.incoming.get(state.0).into_iter().flatten().copied().collect();
        for edge in edges {
            let Some(place) = state.1.of_next(edge.control_kind) else { continue };
            let owner = edge.owner.as_str();
            if visited.contains(owner) {
                continue;
            }
            if self.budget == 0 {
                self.left_out += 1;
                continue;
            }
            self.budget -= 1;
            trail.insert(0, edge);
            let way = self.walk.way(trail);
            if let Some(holder) = self.holders.get_mut(&(owner, place))
                && holder.ways.iter().all(|w| w.steps != way.steps)
            {
                holder.ways.push(way);
            }
            visited.insert(owner);
            self.go((owner, place), trail, visited);
            visited.remove(owner);
            trail.remove(0);
        }
    }
}
