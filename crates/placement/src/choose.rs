//! From options to sheets: every option held against every demand, then the choice over all workloads.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_frameworks::Verdict;

use crate::{
    config::WorkloadDemands,
    cost::Cost,
    gates::{self, Demands},
    limits::Limits,
    options::{self, Option_},
    plan::{Plan, Portfolio, SCHEMA, Totals},
    portfolio, price, rank, services,
    sheet::{GateReading, LandingPoint, OpenQuestion, Rejected, RunnerUp, Sheet, Standing, Today},
    takes::Match,
    world::{Head, Seen, World},
};

/// Runner-up options that a sheet shows.
const RUNNERS_UP: usize = 5;

/// A workload with its options, before the choice.
pub(crate) struct Weighed<'a> {
    pub(crate) seen: &'a Seen,
    pub(crate) demands: Demands<'a>,
    /// Options that pass, best first.
    pub(crate) passing: Vec<(LandingPoint, Vec<i64>)>,
    pub(crate) rejected: Vec<LandingPoint>,
    pub(crate) as_is: Option<LandingPoint>,
    /// The project's words for this workload alone.
    pub(crate) own: WorkloadDemands,
}

/// Makes the plan. Events to watch are left out: see [`crate::watch::triggers`].
pub fn make(world: &World<'_>, seen: &[Seen], head: Head) -> Plan {
    let candidates = options::all(world);
    let mut known = BTreeMap::new();
    let mut weighed: Vec<Weighed<'_>> = Vec::new();
    for s in seen {
        let today = options::today(world, s, &mut known);
        weighed.push(weigh(world, s, &candidates, today.as_ref()));
    }
    let limits = Limits::of(world, &weighed);
    let (chosen, portfolio) = choose(world, &weighed, &limits);
    let sheets: Vec<Sheet> = weighed.into_iter().zip(chosen).map(|(w, chosen)| sheet(world, w, chosen)).collect();
    let waves = crate::schedule::waves(world, &sheets, &portfolio.groups);
    let mut plan = Plan {
        schema: SCHEMA.to_owned(),
        made_by: head.made_by,
        parent: head.parent,
        as_of: world.setting.as_of,
        organisation: head.organisation,
        home: world.setting.home.clone(),
        control_test: world.setting.control_test,
        catalog_digest: head.catalog_digest,
        data_digest: crate::data::Data::digest(),
        assumed: head.assumed,
        inputs: head.inputs,
        totals: totals(&sheets),
        sheets,
        portfolio,
        waves,
        board: Vec::new(),
        triggers: Vec::new(),
        not_shown: ["not_shown_law", "not_shown_prices", "not_shown_usage", "not_shown_latency", "not_shown_effort"]
            .into_iter()
            .map(|key| world.tell(key, []))
            .collect(),
    };
    plan.board = crate::questions::of_plan(world, &plan);
    plan
}

fn weigh<'a>(world: &World<'a>, seen: &'a Seen, candidates: &[Option_], today: Option<&Option_>) -> Weighed<'a> {
    let demands = Demands::of(world, seen);
    let mut weighed = Weighed {
        seen,
        own: world.section.workloads.get(&seen.name).cloned().unwrap_or_default(),
        demands,
        passing: Vec::new(),
        rejected: Vec::new(),
        as_is: None,
    };
    for option in today.into_iter().chain(candidates) {
        let point = point(world, &weighed, option);
        if option.candidate.today {
            weighed.as_is = Some(point.clone());
        }
        if point.standing == Standing::Rejected {
            weighed.rejected.push(point);
        } else {
            let criteria = rank::criteria(world, &point);
            weighed.passing.push((point, criteria));
        }
    }
    weighed.passing.sort_by(|(a, x), (b, y)| x.cmp(y).then_with(|| a.candidate.id.cmp(&b.candidate.id)));
    weighed
}

/// One option held against one workload.
fn point(world: &World<'_>, weighed: &Weighed<'_>, option: &Option_) -> LandingPoint {
    let (seen, demands) = (weighed.seen, &weighed.demands);
    let takes = services::takes(world, seen, option);
    let demanded: BTreeSet<String> = demands.own.iter().flat_map(|d| d.capabilities.iter().cloned()).collect();
    let dispensable: BTreeSet<String> = demands.own.iter().flat_map(|d| d.dispensable.iter().cloned()).collect();
    let gaps = services::gaps(world, &demanded, &dispensable, option, &takes);
    let data_gb = demands.own.iter().rev().find_map(|d| d.data_gb);
    let cost = price::cost(world, seen, option, &takes, data_gb);
    let mut gates = gates::read(world, demands, option, &seen.name);
    gates.extend(gates::unusable(world, seen, option));
    gates.extend(not_known(world, seen, option));
    gates.extend(demanded_missing(world, demands, &gaps));
    gates.extend(over_budget(world, demands, &cost));
    let mut point = LandingPoint {
        candidate: option.candidate.clone(),
        standing: Standing::Fits,
        residual: gates::residual(world, demands, option),
        gates,
        gaps,
        cost,
        takes,
    };
    point.standing = rank::standing(&point);
    point
}

fn project_gate(world: &World<'_>, id: &str, clause: Option<String>, verdict: Verdict) -> GateReading {
    GateReading {
        requirement: format!("project:{id}"),
        text: world.tell("own_demand", [("what", format!("@demand_{id}"))]),
        clause: clause.unwrap_or_else(|| "flagstate.yaml, placement".to_owned()),
        hard: true,
        verdict,
        because: Vec::new(),
        ask: Vec::new(),
    }
}

/// Staying where nobody knows where that is must not look safe.
fn not_known(world: &World<'_>, seen: &Seen, option: &Option_) -> Option<GateReading> {
    let unknown: u64 = seen.classes.iter().filter(|c| c.class.offering.is_none()).map(|c| c.resources).sum();
    if !option.candidate.today || unknown == 0 {
        return None;
    }
    let mut gate = project_gate(world, "known", Some(world.tell("clause_known", []).text), Verdict::Unknown);
    gate.ask.push(world.tell("ask_where", [("count", unknown.to_string())]));
    Some(gate)
}

fn demanded_missing(world: &World<'_>, demands: &Demands<'_>, gaps: &[crate::takes::Gap]) -> Option<GateReading> {
    let own = demands.own.iter().find(|d| !d.capabilities.is_empty())?;
    let hard: Vec<_> = gaps.iter().filter(|g| g.demanded && g.instead != Match::Partial).collect();
    let soft: Vec<_> = gaps.iter().filter(|g| g.demanded && g.instead == Match::Partial).collect();
    let verdict = match (hard.is_empty(), soft.is_empty()) {
        (false, _) => Verdict::NotMet,
        (true, false) => Verdict::Unknown,
        (true, true) => Verdict::Met,
    };
    let mut gate = project_gate(world, "capabilities", own.because.clone(), verdict);
    gate.because = hard.iter().map(|g| g.because.clone()).collect();
    gate.ask = soft.iter().map(|g| g.because.clone()).collect();
    Some(gate)
}

fn over_budget(world: &World<'_>, demands: &Demands<'_>, cost: &Cost) -> Option<GateReading> {
    let (own, budget) = demands.own.iter().rev().find_map(|d| Some((d, price::parse(d.budget_month.as_ref()?)?)))?;
    let in_currency = |r: &&crate::cost::Range| r.currency == budget.currency;
    let low: i64 = cost.target.iter().filter(in_currency).map(|r| r.low_cents).sum();
    let high: i64 = cost.target.iter().filter(in_currency).map(|r| r.high_cents).sum();
    let verdict = if low > budget.cents {
        Verdict::NotMet
    } else if high > budget.cents || !cost.not_priced.is_empty() {
        Verdict::Unknown
    } else {
        Verdict::Met
    };
    let mut gate = project_gate(world, "budget", own.because.clone(), verdict);
    let show = |cents: i64| flagstate_estate::money::cents(i128::from(cents) * 10_000_000_000);
    let said = world.tell(
        "budget_is",
        [
            ("low", show(low)),
            ("high", show(high)),
            ("budget", show(budget.cents)),
            ("currency", budget.currency.clone()),
        ],
    );
    if verdict == Verdict::Unknown {
        gate.ask.push(said);
    } else {
        gate.because.push(said);
    }
    Some(gate)
}

/// The choice: index into the passing options of every workload, none where there is none.
fn choose(world: &World<'_>, weighed: &[Weighed<'_>], limits: &Limits) -> (Vec<Option<usize>>, Portfolio) {
    let landing: Vec<usize> =
        (0..weighed.len()).filter(|i| weighed.get(*i).is_some_and(|w| !w.passing.is_empty())).collect();
    let problem = limits.problem(world, weighed, &landing);
    let effort = portfolio::Effort::for_size(&problem);
    let answer = portfolio::solve(&problem, effort);
    let mut chosen: Vec<Option<usize>> = vec![None; weighed.len()];
    for at in &landing {
        // Without a portfolio that keeps every limit each lands where it would alone, and the plan says so.
        if let Some(slot) = chosen.get_mut(*at) {
            *slot = Some(0);
        }
    }
    let mut portfolio = limits.portfolio(world, weighed, &problem);
    match answer {
        Ok(answer) => {
            for (at, option) in landing.iter().zip(&answer.chosen) {
                if let Some(slot) = chosen.get_mut(*at) {
                    *slot = Some(*option);
                }
            }
            portfolio.proof = limits.proof(&answer);
            portfolio.bent = bent(world, weighed, &chosen);
        }
        Err(why) => portfolio.infeasible.push(world.tell("no_portfolio", [("why", why.to_string())])),
    }
    limits.shares(world, weighed, &chosen, &mut portfolio);
    (chosen, portfolio)
}

fn bent(world: &World<'_>, weighed: &[Weighed<'_>], chosen: &[Option<usize>]) -> Vec<crate::said::Said> {
    let mut list = Vec::new();
    for (w, at) in weighed.iter().zip(chosen) {
        let (Some(at), Some((alone, _))) = (at, w.passing.first()) else { continue };
        let Some((taken, _)) = w.passing.get(*at).filter(|_| *at > 0) else { continue };
        let values = [
            ("workload", w.seen.name.clone()),
            ("alone", alone.candidate.id.clone()),
            ("taken", taken.candidate.id.clone()),
        ];
        list.push(world.tell("bent", values));
    }
    list
}

fn sheet(world: &World<'_>, w: Weighed<'_>, chosen: Option<usize>) -> Sheet {
    let taken = chosen.and_then(|at| w.passing.get(at)).map(|(p, _)| p.clone());
    let others: Vec<&LandingPoint> =
        w.passing.iter().enumerate().filter(|(i, _)| Some(*i) != chosen).map(|(_, (p, _))| p).collect();
    let mut decided_by = Vec::new();
    let mut runners_up = Vec::new();
    if let Some(taken) = &taken {
        decided_by.extend(others.first().map(|next| rank::difference(world, taken, next)));
        runners_up = others
            .iter()
            .take(RUNNERS_UP)
            .map(|p| RunnerUp { point: (*p).clone(), lost_on: rank::difference(world, taken, p) })
            .collect();
    }
    let resources = w.seen.classes.iter().map(|c| c.resources).sum();
    let without =
        |c: &&flagstate_estate::class::ClassTotals| c.class.offering.is_none() || c.class.capability.is_none();
    Sheet {
        workload: w.seen.name.clone(),
        classification: w.seen.classification.clone(),
        requirements_of: w.demands.requirements_of.clone(),
        resources,
        not_known: w.seen.classes.iter().filter(without).map(|c| c.resources).sum(),
        today: today(world, w.seen),
        demands: w.demands.list(world),
        harms_that_count: w.demands.harms.iter().copied().collect(),
        questions: taken.as_ref().map(|t| questions(&w, t)).unwrap_or_default(),
        stays: taken.as_ref().is_some_and(|t| t.candidate.today),
        as_is: w.as_is,
        chosen: taken,
        decided_by,
        runners_up,
        rejected: w.rejected.into_iter().map(rejected).collect(),
    }
}

fn rejected(point: LandingPoint) -> Rejected {
    let failing = point.gates.into_iter().filter(|g| g.hard && g.verdict == Verdict::NotMet).collect();
    Rejected { candidate: point.candidate, failing }
}

/// What is open at the landing point, and where the workload goes when the answer is no: the best option that answers this
/// requirement already, else none.
fn questions(w: &Weighed<'_>, taken: &LandingPoint) -> Vec<OpenQuestion> {
    let mut list = Vec::new();
    for gate in taken.gates.iter().filter(|g| rank::is_open(g)) {
        let meets = |(p, _): &&(LandingPoint, Vec<i64>)| {
            p.gates.iter().any(|g| g.requirement == gate.requirement && g.verdict == Verdict::Met)
        };
        let otherwise = w.passing.iter().find(meets).map(|(p, _)| p.candidate.id.clone());
        let asked = if gate.ask.is_empty() { &gate.because } else { &gate.ask };
        list.extend(asked.iter().map(|ask| OpenQuestion {
            requirement: gate.requirement.clone(),
            clause: gate.clause.clone(),
            ask: ask.clone(),
            otherwise: otherwise.clone(),
        }));
    }
    list.sort();
    list.dedup();
    list
}

fn today(world: &World<'_>, seen: &Seen) -> Vec<Today> {
    let mut by: BTreeMap<Option<String>, (u64, flagstate_estate::Money)> = BTreeMap::new();
    for c in &seen.classes {
        let slot = by.entry(c.class.offering.clone()).or_default();
        slot.0 += c.resources;
        slot.1.add_all(&c.cost);
    }
    by.into_iter()
        .map(|(offering, (resources, money))| Today {
            name: offering.as_ref().map_or_else(|| "?".to_owned(), |id| world.offering_name(id)),
            offering,
            resources,
            cost: price::amounts(&money),
        })
        .collect()
}

fn totals(sheets: &[Sheet]) -> Totals {
    let mut totals = Totals::default();
    for c in sheets.iter().filter_map(|s| s.chosen.as_ref()).map(|p| &p.cost) {
        price::add(&mut totals.today, &c.today);
        price::add_ranges(&mut totals.target, &c.target);
        price::add(&mut totals.not_priced, &c.not_priced);
        price::add_ranges(&mut totals.double_running, &c.double_running);
        if let Some(e) = &c.egress {
            price::add_ranges(&mut totals.egress_before, std::slice::from_ref(&e.before));
            price::add_ranges(&mut totals.egress_after, std::slice::from_ref(&e.after));
        }
        totals.effort_days.0 += c.effort_days.0;
        totals.effort_days.1 += c.effort_days.1;
    }
    totals
}
