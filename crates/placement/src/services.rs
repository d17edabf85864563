//! Service by service: what the landing point has, how it moves, what is given up.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::services::Capability;
use serde_json::Value;

use crate::{
    options::Option_,
    said::Said,
    takes::{Effort, Gap, Match, Service, Takes},
    world::{Seen, World},
};

/// What the catalog says of one service at one provider.
struct Offer {
    at: Match,
    product: Option<String>,
    said: Said,
}

/// What a move to an option takes.
pub(crate) fn takes(world: &World<'_>, seen: &Seen, option: &Option_) -> Takes {
    let mut by_capability: BTreeMap<Option<String>, (u64, bool, BTreeSet<String>)> = BTreeMap::new();
    for totals in &seen.classes {
        let slot = by_capability.entry(totals.class.capability.clone()).or_default();
        slot.0 += totals.resources;
        slot.1 |= totals.holding_data > 0;
        slot.2.extend(totals.class.offering.clone());
    }
    let mut takes = Takes::default();
    for (capability, (resources, holds_data, offerings)) in by_capability {
        let stays = option.candidate.today || (offerings.len() == 1 && offerings.contains(&option.candidate.offering));
        takes.services.push(service(world, option, capability.as_ref(), (resources, holds_data), stays));
    }
    takes.effort = takes.services.iter().map(|s| s.effort).max().unwrap_or_default();
    let sum = |f: fn(&(u32, u32)) -> u32| takes.services.iter().map(|s| f(&s.effort_days)).sum();
    takes.effort_days = (sum(|d| d.0), sum(|d| d.1));
    takes.exit_days = exit(world, seen, option);
    takes
}

fn service(
    world: &World<'_>,
    option: &Option_,
    id: Option<&String>,
    (resources, holds_data): (u64, bool),
    stays: bool,
) -> Service {
    let capability = id.and_then(|id| world.services.capabilities.get(id));
    let mut service = Service {
        name: capability.map_or_else(|| world.tell("service_not_known", []).text, |c| c.name.clone()),
        capability: id.cloned(),
        resources,
        holds_data,
        at_target: Match::Stays,
        product: None,
        evidence: None,
        moved_by_us: false,
        how: String::new(),
        tools: Vec::new(),
        effort: Effort::None,
        effort_days: (0, 0),
    };
    if stays {
        return service;
    }
    let Some(capability) = capability else {
        service.at_target = Match::Unknown;
        return service;
    };
    let offer = offer(world, option, capability);
    service.at_target = offer.at;
    service.product = offer.product;
    service.evidence = Some(offer.said);
    if let Some(way) = capability.route.as_ref().and_then(|w| world.data.ways.get(w)) {
        service.how.clone_from(&way.how);
        service.tools.clone_from(&way.tools);
        service.moved_by_us = way.ours && holds_data;
    }
    if service.how.is_empty() {
        service.how = capability.route.clone().unwrap_or_default().replace('_', " ");
    }
    service.effort = effort(capability, service.at_target);
    service.effort_days = days(world, service.effort);
    service
}

/// The catalog's word for lock-in, one band more where open source must be run, two where there is nothing.
fn effort(capability: &Capability, at: Match) -> Effort {
    let base = match capability.lock_in.as_deref() {
        Some("low") => Effort::Low,
        Some("high") => Effort::High,
        _ => Effort::Medium,
    };
    match (base, at) {
        (Effort::Low, Match::OpenSource) => Effort::Medium,
        (_, Match::OpenSource | Match::None) => Effort::High,
        (base, _) => base,
    }
}

/// The word of an effort in the data.
pub(crate) fn effort_word(effort: Effort) -> &'static str {
    match effort {
        Effort::None => "none",
        Effort::Low => "low",
        Effort::Medium => "medium",
        Effort::High => "high",
    }
}

fn days(world: &World<'_>, effort: Effort) -> (u32, u32) {
    world.data.bands.get(effort_word(effort)).map_or((0, 0), |b| b.days)
}

fn field<'v>(cell: &'v Value, name: &str) -> Option<&'v str> {
    cell.get(name).and_then(Value::as_str)
}

fn offer(world: &World<'_>, option: &Option_, capability: &Capability) -> Offer {
    let Some(column) = &option.column else {
        return Offer { at: Match::Unknown, product: None, said: world.tell("offer_unknown", []) };
    };
    let cell = capability.offers.get(column);
    let status = cell.and_then(|c| field(c, "status")).unwrap_or("unknown");
    let counts = world.data.offers.get(status).map(String::as_str);
    let at = match counts {
        Some("equivalent") if option.own => Match::Equivalent,
        Some(_) => Match::Partial,
        None => Match::None,
    };
    let evidence = cell.and_then(|c| field(c, "evidence")).unwrap_or("none");
    let values = [("status", status.replace('_', " ")), ("evidence", format!("@evidence_{evidence}"))];
    let said = if option.own { world.tell("offer", values) } else { world.tell("offer_of_licensor", values) };
    let product = cell.and_then(|c| field(c, "product")).map(str::to_owned);
    if at == Match::None
        && let Some(open) = world.data.open_source.as_ref().and_then(|column| capability.offers.get(column))
        && field(open, "status") == Some("available")
    {
        return Offer { at: Match::OpenSource, product: field(open, "product").map(str::to_owned), said };
    }
    Offer { at, product, said }
}

/// Days until out again: notice, transition, and the work where it takes longer.
fn exit(world: &World<'_>, seen: &Seen, option: &Option_) -> (u32, u32) {
    let e = &world.data.exit;
    let own = option.parts.iter().all(|p| {
        let operator = p.operator.as_ref().and_then(|id| world.catalog.entities.get(id));
        operator.is_some_and(flagstate_catalog::Entity::is_customer)
    });
    let work: u32 = seen
        .classes
        .iter()
        .filter_map(|t| t.class.capability.clone())
        .collect::<BTreeSet<_>>()
        .iter()
        .filter_map(|id| world.services.capabilities.get(id))
        .map(|c| days(world, effort(c, Match::Equivalent)).1)
        .sum();
    if own { (work, work) } else { (e.transition_days, (e.notice_days + e.transition_days).max(work)) }
}

/// What is given up: services in use without an equivalent, and demanded capabilities that are missing.
pub(crate) fn gaps(
    world: &World<'_>,
    demanded: &BTreeSet<String>,
    dispensable: &BTreeSet<String>,
    option: &Option_,
    takes: &Takes,
) -> Vec<Gap> {
    let mut gaps = Vec::new();
    for s in &takes.services {
        let Some(id) = s.capability.clone() else { continue };
        if matches!(s.at_target, Match::Stays | Match::Equivalent)
            || (dispensable.contains(&id) && !demanded.contains(&id))
        {
            continue;
        }
        gaps.push(gap(world, &id, s, demanded.contains(&id)));
    }
    for id in demanded.iter().filter(|id| !takes.services.iter().any(|s| s.capability.as_ref() == Some(id))) {
        if option.candidate.today && option.column.is_none() {
            continue;
        }
        let s = service(world, option, Some(id), (0, false), false);
        if s.at_target != Match::Equivalent {
            gaps.push(gap(world, id, &s, true));
        }
    }
    gaps
}

fn gap(world: &World<'_>, id: &str, s: &Service, demanded: bool) -> Gap {
    let key = match s.at_target {
        Match::OpenSource => "gap_open_source",
        Match::Partial => "gap_partial",
        Match::Unknown => "gap_unknown",
        _ => "gap_none",
    };
    let product = s.product.clone().unwrap_or_else(|| "-".to_owned());
    let status = s.evidence.as_ref().map(|e| e.text.clone()).unwrap_or_default();
    let because = world.tell(key, [("service", s.name.clone()), ("product", product), ("status", status)]);
    Gap { capability: id.to_owned(), name: s.name.clone(), instead: s.at_target, demanded, because }
}
