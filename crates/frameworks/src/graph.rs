//! The ownership graph as frameworks read it: who holds how much, who lies outside a bloc, what is not recorded.
//!
//! It differs from the graph of `exposure` on purpose: there a hold is a way for an order to travel, here it is a share
//! that counts. Shares are multiplied along chains and summed over chains, for capital and for votes.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, ControlKind, Date, Edge, Entity, Jurisdiction, Status};

use crate::{
    answers::{Answers, EntityStatement},
    framework::Ceilings,
    share::Share,
};

/// Rounds of multiplication after which a circle of holdings is given up.
const MAX_ROUNDS: usize = 128;

/// Where an entity lies.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Place {
    Inside,
    Outside,
    /// Not recorded.
    Unknown,
}

/// What is counted.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Counted {
    Capital,
    Votes,
}

/// Which edges act.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Edges {
    /// Established ones only.
    Firm,
    /// Contested and untested ones as well.
    All,
}

/// One holding.
#[derive(Clone, Debug)]
pub(crate) struct Holding {
    pub(crate) holder: String,
    pub(crate) capital: Option<Share>,
    pub(crate) votes: Option<Share>,
    pub(crate) firm: bool,
    pub(crate) fact: String,
}

/// The graph on a date.
#[derive(Debug)]
pub(crate) struct Graph<'a> {
    pub(crate) catalog: &'a Catalog,
    answers: [&'a Answers; 2],
    bloc: &'a [String],
    rules: Option<&'a Ceilings>,
    holdings: BTreeMap<String, Vec<Holding>>,
}

/// Shares in one company, direct and through others.
#[derive(Clone, Debug, Default)]
pub(crate) struct Totals {
    /// Holders outside, with all they hold directly or through others.
    pub(crate) outside: BTreeMap<String, Share>,
    /// Held outside in all; what one outside company holds through another counts once.
    pub(crate) together: Share,
    /// Held by nobody who is recorded, in all.
    pub(crate) unknown: Share,
    /// Companies on the way of whose holders something is missing, with the share of theirs that is.
    pub(crate) gaps: BTreeMap<String, Share>,
    /// Holders whose seat is not recorded.
    pub(crate) no_seat: BTreeSet<String>,
    /// Holders (first) whose share in a company (second) is not recorded.
    pub(crate) no_share: BTreeSet<(String, String)>,
    /// Facts of the holdings on the way.
    pub(crate) facts: BTreeSet<String>,
    /// True when companies hold each other and the sum did not come to an end.
    pub(crate) circular: bool,
    /// Companies whose recorded shares add up to more than the whole.
    pub(crate) too_much: BTreeSet<String>,
}

impl<'a> Graph<'a> {
    /// Builds the graph. `user` goes before `shipped`. `rules` says which types of entities have no owners.
    pub(crate) fn new(
        catalog: &'a Catalog,
        shipped: &'a Answers,
        user: &'a Answers,
        bloc: &'a [String],
        rules: Option<&'a Ceilings>,
        date: Date,
    ) -> Self {
        let mut graph = Self { catalog, answers: [user, shipped], bloc, rules, holdings: BTreeMap::new() };
        let mut merged: BTreeMap<(String, String), Holding> = BTreeMap::new();
        let acting = |e: &&Edge| e.control_kind == ControlKind::Equity && e.acts_on(date) && e.owner != e.owned;
        for edge in catalog.edges.iter().filter(acting) {
            Self::merge(&mut merged, edge);
        }
        for (held, statement) in graph.statements() {
            for holder in statement.capital_percent.keys().chain(statement.votes_percent.keys()) {
                let slot = merged.entry((held.clone(), holder.clone()));
                let holding = slot.or_insert_with(|| Holding {
                    holder: holder.clone(),
                    capital: None,
                    votes: None,
                    firm: true,
                    fact: format!("answers:{held}"),
                });
                let read = |map: &BTreeMap<String, f64>| map.get(holder).and_then(|p| Share::from_number(*p));
                holding.capital = read(&statement.capital_percent).or(holding.capital);
                holding.votes = read(&statement.votes_percent).or(holding.votes);
            }
        }
        for ((held, _), holding) in merged {
            graph.holdings.entry(held).or_default().push(holding);
        }
        graph
    }

    /// Several records of one holding: the larger share counts, and it is as firm as its firmest record.
    fn merge(merged: &mut BTreeMap<(String, String), Holding>, edge: &Edge) {
        let firm = !matches!(edge.status, Status::Contested | Status::Untested);
        let capital = edge.percent.and_then(Share::from_number);
        let key = (edge.owned.clone(), edge.owner.clone());
        let slot = merged.entry(key).or_insert_with(|| Holding {
            holder: edge.owner.clone(),
            capital: None,
            votes: None,
            firm,
            fact: edge.id(),
        });
        slot.capital = slot.capital.max(capital);
        slot.firm |= firm;
    }

    fn statements(&self) -> BTreeMap<String, &'a EntityStatement> {
        let mut all = BTreeMap::new();
        for answers in self.answers {
            for (id, statement) in &answers.entities {
                all.entry(id.clone()).or_insert(statement);
            }
        }
        all
    }

    /// What is stated of an entity.
    pub(crate) fn statement(&self, id: &str) -> Option<&'a EntityStatement> {
        self.answers.iter().find_map(|a| a.entity(id))
    }

    /// The record of an entity.
    pub(crate) fn entity(&self, id: &str) -> Option<&'a Entity> {
        self.catalog.entities.get(id)
    }

    /// Name for readers.
    pub(crate) fn name(&self, id: &str) -> String {
        self.entity(id).map(|e| e.name.clone()).filter(|n| !n.is_empty()).unwrap_or_else(|| id.to_owned())
    }

    /// Whether a state lies in the bloc.
    pub(crate) fn place_of_state(&self, state: &str) -> Place {
        let is = |id: &String| id == state;
        let member = |j: &Jurisdiction| j.memberships.iter().any(|m| self.bloc.contains(m));
        match self.catalog.jurisdictions.get(state) {
            _ if self.bloc.iter().any(is) => Place::Inside,
            Some(j) if member(j) => Place::Inside,
            _ => Place::Outside,
        }
    }

    /// Where an entity lies: outside when any of its seats is.
    pub(crate) fn place(&self, id: &str) -> Place {
        let mut seats: Vec<&str> = Vec::new();
        if let Some(s) = self.statement(id) {
            let stated = [&s.registered_office, &s.central_administration, &s.principal_establishment];
            seats.extend(stated.into_iter().flatten().map(String::as_str));
        }
        seats.extend(self.entity(id).and_then(Entity::seat));
        if seats.is_empty() {
            Place::Unknown
        } else if seats.iter().all(|s| self.place_of_state(s) == Place::Inside) {
            Place::Inside
        } else {
            Place::Outside
        }
    }

    /// Holdings in a company.
    pub(crate) fn holders(&self, held: &str, edges: Edges) -> impl Iterator<Item = &Holding> {
        self.holdings.get(held).into_iter().flatten().filter(move |h| h.firm || edges == Edges::All)
    }

    /// A share of a holding. Votes follow the capital where nothing else is recorded.
    pub(crate) fn share(holding: &Holding, counted: Counted) -> Option<Share> {
        match counted {
            Counted::Capital => holding.capital,
            Counted::Votes => holding.votes.or(holding.capital),
        }
    }

    /// True when a company's owners cannot count: it is a person, a state, a foundation.
    pub(crate) fn has_no_owners(&self, id: &str) -> bool {
        let kind = self.entity(id).and_then(|e| e.kind.as_deref());
        kind.is_some_and(|k| self.rules.is_some_and(|r| r.types_without_owners.iter().any(|t| t == k)))
    }

    /// True for a listed company.
    pub(crate) fn is_listed(&self, id: &str) -> bool {
        let kind = self.entity(id).and_then(|e| e.kind.as_deref());
        kind.is_some_and(|k| self.rules.is_some_and(|r| r.types_listed.iter().any(|t| t == k)))
    }

    fn is_complete(&self, id: &str) -> bool {
        self.statement(id).is_some_and(|s| s.holders_complete)
    }

    /// True when the company lies inside and so does everybody above it, all of them recorded.
    fn is_closed(&self, id: &str, seen: &mut BTreeSet<String>) -> bool {
        if self.place(id) != Place::Inside {
            return false;
        }
        if !seen.insert(id.to_owned()) || self.has_no_owners(id) {
            return true;
        }
        let holders: Vec<&Holding> = self.holders(id, Edges::All).collect();
        let named = Counted::Capital;
        let sum = holders.iter().filter_map(|h| Self::share(h, named)).fold(Share::NONE, Share::plus);
        (self.is_complete(id) || sum >= Share::WHOLE) && holders.iter().all(|h| self.is_closed(&h.holder, seen))
    }

    /// Companies inside that somebody outside controls, directly or through others: more than `limit`.
    pub(crate) fn controlled_from_outside(&self, limit: Share, counted: Counted, edges: Edges) -> BTreeSet<String> {
        let mut found: BTreeSet<String> = BTreeSet::new();
        loop {
            let before = found.len();
            for (held, holdings) in &self.holdings {
                let controls = |h: &Holding| {
                    (h.firm || edges == Edges::All)
                        && Self::share(h, counted).is_some_and(|s| s > limit)
                        && (self.place(&h.holder) == Place::Outside || found.contains(&h.holder))
                };
                if !found.contains(held) && holdings.iter().any(controls) {
                    found.insert(held.clone());
                }
            }
            if found.len() == before {
                return found;
            }
        }
    }

    /// What is held outside of `subject`. `whole`: companies through which a holding counts in full.
    pub(crate) fn totals(
        &self,
        subject: &str,
        counted: Counted,
        edges: Edges,
        whole: Option<(&BTreeSet<String>, Share)>,
    ) -> Totals {
        let mut totals = Totals::default();
        self.each(subject, counted, edges, whole, &mut totals);
        self.together(subject, counted, edges, whole.map(|(set, _)| set), &mut totals);
        totals
    }

    /// Every holder's own total, through everybody.
    fn each(
        &self,
        subject: &str,
        counted: Counted,
        edges: Edges,
        whole: Option<(&BTreeSet<String>, Share)>,
        totals: &mut Totals,
    ) {
        let mut wave: BTreeMap<String, Share> = BTreeMap::from([(subject.to_owned(), Share::WHOLE)]);
        for _ in 0..MAX_ROUNDS {
            let mut next: BTreeMap<String, Share> = BTreeMap::new();
            for (held, part) in &wave {
                for h in self.holders(held, edges) {
                    let Some(share) = Self::share(h, counted) else { continue };
                    let full = whole.is_some_and(|(_, limit)| held != subject && share > limit);
                    let gained = if full { *part } else { share.of(*part) };
                    if gained.is_none() {
                        continue;
                    }
                    totals.facts.insert(h.fact.clone());
                    let slot = next.entry(h.holder.clone()).or_default();
                    *slot = slot.plus(gained);
                    if self.place(&h.holder) == Place::Outside {
                        let slot = totals.outside.entry(h.holder.clone()).or_default();
                        *slot = slot.plus(gained);
                    }
                }
            }
            if next.is_empty() {
                return;
            }
            wave = next;
        }
        totals.circular = true;
    }

    /// The sum over holders outside: a way up ends at the first of them, so that nothing counts twice.
    fn together(
        &self,
        subject: &str,
        counted: Counted,
        edges: Edges,
        whole: Option<&BTreeSet<String>>,
        totals: &mut Totals,
    ) {
        let mut wave: BTreeMap<String, Share> = BTreeMap::from([(subject.to_owned(), Share::WHOLE)]);
        for _ in 0..MAX_ROUNDS {
            let mut next: BTreeMap<String, Share> = BTreeMap::new();
            for (held, part) in &wave {
                self.missing(held, *part, counted, totals);
                for h in self.holders(held, edges) {
                    let Some(share) = Self::share(h, counted) else { continue };
                    let gained = share.of(*part);
                    let outside = |id: &str| whole.is_some_and(|set| set.contains(id));
                    match self.place(&h.holder) {
                        Place::Outside => totals.together = totals.together.plus(gained),
                        Place::Inside if outside(&h.holder) => totals.together = totals.together.plus(gained),
                        Place::Inside => {
                            let slot = next.entry(h.holder.clone()).or_default();
                            *slot = slot.plus(gained);
                        }
                        Place::Unknown => {
                            totals.unknown = totals.unknown.plus(gained);
                            totals.no_seat.insert(h.holder.clone());
                        }
                    }
                }
            }
            next.retain(|_, part| !part.is_none());
            if next.is_empty() {
                return;
            }
            wave = next;
        }
        totals.circular = true;
    }

    /// Adds what is not recorded of the holders of `held`.
    fn missing(&self, held: &str, part: Share, counted: Counted, totals: &mut Totals) {
        if self.has_no_owners(held) {
            return;
        }
        let holders: Vec<&Holding> = self.holders(held, Edges::All).collect();
        let sum = holders.iter().filter_map(|h| Self::share(h, counted)).fold(Share::NONE, Share::plus);
        if sum > Share::WHOLE {
            totals.too_much.insert(held.to_owned());
        }
        let rest = sum.rest();
        if rest.is_none() {
            return;
        }
        let mut unsized_ = holders.iter().filter(|h| Self::share(h, counted).is_none());
        let closed = |h: &&Holding| self.is_closed(&h.holder, &mut BTreeSet::new());
        if self.is_complete(held) && unsized_.all(closed) {
            return;
        }
        totals.unknown = totals.unknown.plus(rest.of(part));
        self.gaps(held, counted, &mut BTreeSet::new(), totals);
    }

    /// What to ask about the holders of `held`. Where they are all named, the question goes up to whoever is not closed.
    fn gaps(&self, held: &str, counted: Counted, seen: &mut BTreeSet<String>, totals: &mut Totals) {
        if !seen.insert(held.to_owned()) || self.has_no_owners(held) {
            return;
        }
        let holders: Vec<&Holding> = self.holders(held, Edges::All).collect();
        let sum = holders.iter().filter_map(|h| Self::share(h, counted)).fold(Share::NONE, Share::plus);
        let complete = self.is_complete(held);
        if !complete && !sum.rest().is_none() {
            totals.gaps.insert(held.to_owned(), sum.rest());
        }
        for h in holders.iter().filter(|h| Self::share(h, counted).is_none()) {
            match self.place(&h.holder) {
                Place::Unknown => {
                    totals.no_seat.insert(h.holder.clone());
                }
                Place::Inside if complete => self.gaps(&h.holder, counted, seen, totals),
                Place::Inside | Place::Outside => {
                    totals.no_share.insert((h.holder.clone(), held.to_owned()));
                }
            }
        }
    }
}
