//! Limits on the whole estate: shares under one parent, groups that land together, the budget.
//!
//! Three views: technical (whose machines and software: the licensor's owner, the host), legal (who owns the operator in
//! the end), political (which foreign states' powers reach it). The organisation itself is no parent.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_exposure::HarmVerdict;

use crate::{
    choose::Weighed,
    cost::Amount,
    plan::{Concentration, Portfolio, Proof},
    portfolio::{Answer, Choice, Item, Problem},
    price, rank,
    sheet::LandingPoint,
    world::World,
};

const VIEWS: [&str; 3] = ["technical", "legal", "political"];
const MILLION: i64 = 1_000_000;

/// Weights, limits, groups.
pub(crate) struct Limits {
    /// `cost` or `resources`.
    measured_by: &'static str,
    weights_ppm: Vec<u32>,
    percent: [Option<u8>; 3],
    groups: Vec<BTreeSet<usize>>,
    budget: Option<Amount>,
}

impl Limits {
    pub(crate) fn of(world: &World<'_>, weighed: &[Weighed<'_>]) -> Self {
        let c = &world.section.concentration;
        let cost: Vec<i64> = weighed.iter().map(|w| bill(world, w)).collect();
        let count: Vec<i64> = weighed
            .iter()
            .map(|w| w.seen.classes.iter().map(|c| i64::try_from(c.resources).unwrap_or(i64::MAX)).sum())
            .collect();
        let by_cost = cost.iter().sum::<i64>() > 0;
        let values = if by_cost { cost } else { count };
        let total = values.iter().sum::<i64>().max(1);
        let ppm = |v: &i64| u32::try_from(i128::from(*v) * i128::from(MILLION) / i128::from(total)).unwrap_or_default();
        Self {
            measured_by: if by_cost { "cost" } else { "resources" },
            weights_ppm: values.iter().map(ppm).collect(),
            percent: [c.technical_percent, c.legal_percent, c.political_percent],
            groups: groups(weighed),
            budget: world.section.budget_month.as_deref().and_then(price::parse),
        }
    }

    /// The question for the solver.
    pub(crate) fn problem(&self, world: &World<'_>, weighed: &[Weighed<'_>], landing: &[usize]) -> Problem {
        let mut names: BTreeMap<(usize, String), u32> = BTreeMap::new();
        let mut limits_ppm = Vec::new();
        let mut places: BTreeMap<String, u32> = BTreeMap::new();
        let mut items = Vec::new();
        for at in landing {
            let Some(w) = weighed.get(*at) else { continue };
            let mut choices = Vec::new();
            for (point, criteria) in &w.passing {
                let mut holders = Vec::new();
                for (view, percent) in self.percent.iter().enumerate() {
                    let Some(percent) = percent else { continue };
                    for parent in parents(world, point, view) {
                        let next = u32::try_from(names.len()).unwrap_or(u32::MAX);
                        let id = *names.entry((view, parent)).or_insert_with(|| {
                            limits_ppm.push(u32::from(*percent) * 10_000);
                            next
                        });
                        holders.push(id);
                    }
                }
                let next = u32::try_from(places.len()).unwrap_or(u32::MAX);
                let place = *places.entry(point.candidate.offering.clone()).or_insert(next);
                let budget_cents = price::month_cents(world, &point.cost);
                choices.push(Choice { criteria: criteria.clone(), place, holders, budget_cents });
            }
            let group = self.groups.iter().position(|g| g.contains(at)).and_then(|g| u32::try_from(g).ok());
            items.push(Item { weight_ppm: self.weights_ppm.get(*at).copied().unwrap_or_default(), group, choices });
        }
        Problem {
            items,
            limits_ppm,
            budget_cents: self.budget.as_ref().map(|b| b.cents),
            criteria: rank::CRITERIA.len(),
        }
    }

    /// What the plan says of the question.
    pub(crate) fn portfolio(&self, world: &World<'_>, weighed: &[Weighed<'_>], problem: &Problem) -> Portfolio {
        let name = |i: &usize| weighed.get(*i).map(|w| w.seen.name.clone());
        let options: usize = problem.items.iter().map(|i| i.choices.len()).sum();
        let values = [("workloads", problem.items.len().to_string()), ("options", options.to_string())];
        Portfolio {
            measured_by: self.measured_by.to_owned(),
            groups: self.groups.iter().map(|g| g.iter().filter_map(name).collect()).collect(),
            budget: self.budget.clone(),
            solved_by: world.tell("solved_by", values).text,
            ..Portfolio::default()
        }
    }

    #[expect(clippy::unused_self, reason = "reads like its neighbours")]
    pub(crate) fn proof(&self, answer: &Answer) -> Vec<Proof> {
        let of = |(criterion, p): (&&str, &crate::portfolio::Proven)| Proof {
            criterion: (*criterion).to_owned(),
            value: p.value,
            bound: p.bound,
            optimal: p.value == p.bound,
        };
        rank::CRITERIA.iter().zip(&answer.proven).map(of).collect()
    }

    /// Shares today and under the plan.
    pub(crate) fn shares(
        &self,
        world: &World<'_>,
        weighed: &[Weighed<'_>],
        chosen: &[Option<usize>],
        portfolio: &mut Portfolio,
    ) {
        for (view, name) in VIEWS.iter().enumerate() {
            let mut shares: BTreeMap<String, (u64, u64)> = BTreeMap::new();
            for ((w, at), weight) in weighed.iter().zip(chosen).zip(&self.weights_ppm) {
                for parent in w.as_is.iter().flat_map(|p| parents(world, p, view)) {
                    shares.entry(parent).or_default().0 += u64::from(*weight);
                }
                let taken = at.and_then(|at| w.passing.get(at)).map(|(p, _)| p);
                for parent in taken.into_iter().flat_map(|p| parents(world, p, view)) {
                    shares.entry(parent).or_default().1 += u64::from(*weight);
                }
            }
            let points = |ppm: u64| u32::try_from((ppm + 50) / 100).unwrap_or(u32::MAX);
            for (parent, (today, planned)) in shares {
                portfolio.concentration.push(Concentration {
                    view: (*name).to_owned(),
                    name: world.catalog.entities.get(&parent).map_or_else(|| parent.clone(), |e| e.name.clone()),
                    parent,
                    today_basis_points: points(today),
                    planned_basis_points: points(planned),
                    limit_basis_points: self.percent.get(view).copied().flatten().map(|p| u32::from(p) * 100),
                });
            }
        }
    }
}

/// Bill of a month, in the currency of most of it as the ranking counts it.
fn bill(world: &World<'_>, w: &Weighed<'_>) -> i64 {
    w.as_is.as_ref().map_or(0, |p| price::month_cents(world, &p.cost)).max(0)
}

/// Workloads that must land together, as sets without overlap.
fn groups(weighed: &[Weighed<'_>]) -> Vec<BTreeSet<usize>> {
    let at = |name: &String| weighed.iter().position(|w| w.seen.name == *name);
    let mut groups: Vec<BTreeSet<usize>> = Vec::new();
    for (index, w) in weighed.iter().enumerate() {
        let mut group: BTreeSet<usize> = w.own.together_with.iter().filter_map(at).collect();
        if group.is_empty() {
            continue;
        }
        group.insert(index);
        let (same, other): (Vec<_>, Vec<_>) = groups.into_iter().partition(|g| !g.is_disjoint(&group));
        groups = other;
        group.extend(same.into_iter().flatten());
        groups.push(group);
    }
    groups
}

/// Parents of an option in a view.
fn parents(world: &World<'_>, point: &LandingPoint, view: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if view == 2 {
        let reached = point.residual.iter().filter(|r| r.verdict >= HarmVerdict::Contested);
        found.extend(reached.flat_map(|r| r.jurisdictions.iter().cloned()));
        return found;
    }
    for id in point.candidate.offering.split('+') {
        let Some(o) = world.catalog.offerings.get(id) else { continue };
        let operator = o.operator_entity.as_ref();
        let customer =
            operator.and_then(|e| world.catalog.entities.get(e)).is_some_and(flagstate_catalog::Entity::is_customer);
        if customer {
            continue;
        }
        match (view, &o.technology_licensor) {
            (0, Some(licensor)) => found.extend(top(world, licensor)),
            _ if !o.ultimate_parents.is_empty() => found.extend(o.ultimate_parents.iter().cloned()),
            _ => found.extend(operator.into_iter().flat_map(|e| top(world, e))),
        }
    }
    found
}

/// Owners at the top of the graph; the entity itself where nobody is recorded above it.
fn top(world: &World<'_>, entity: &str) -> BTreeSet<String> {
    let date = world.setting.as_of;
    let mut seen = BTreeSet::new();
    let mut found = BTreeSet::new();
    let mut next = vec![entity.to_owned()];
    while let Some(at) = next.pop() {
        if !seen.insert(at.clone()) {
            continue;
        }
        let owners: Vec<String> = world
            .catalog
            .edges
            .iter()
            .filter(|e| e.owned == at && e.control_kind == flagstate_catalog::ControlKind::Equity && e.acts_on(date))
            .map(|e| e.owner.clone())
            .collect();
        if owners.is_empty() {
            found.insert(at);
        }
        next.extend(owners);
    }
    found
}
