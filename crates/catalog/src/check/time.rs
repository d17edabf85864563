//! Dates: none runs backwards, nothing is said twice for the same days.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;
use serde_json::Value;

use super::Findings;
use crate::{Catalog, Edge, Status, walk};

pub(super) fn check(catalog: &Catalog, out: &mut Findings) {
    for (id, f) in &catalog.facts {
        order(out, &format!("facts/{id}"), "valid_from", f.valid_from, "valid_to", f.valid_to);
        if f.status == Status::Established && f.as_of.is_some_and(|seen| f.valid_from.is_some_and(|from| from > seen)) {
            let message = "it is established from a day after it was last looked at".to_owned();
            out.error("date-order", format!("facts/{id}"), message, "what lies ahead is `announced`, or set `as_of`");
        }
    }
    for (id, i) in &catalog.instruments {
        let subject = format!("instruments/{id}");
        order(out, &subject, "valid_from", i.valid_from, "valid_to", i.valid_to);
        order(out, &subject, "valid_to", i.valid_to, "effect_until", i.effect_until);
        if i.effect_until.is_some() && i.valid_to.is_none() {
            let message =
                "`effect_until` says how long orders bind after a lapse, but there is no `valid_to`".to_owned();
            out.error("date-order", subject, message, "set `valid_to` to the first day without force");
        }
    }
    for (id, o) in &catalog.offerings {
        for (safeguard, dates) in &o.safeguard_dates {
            let subject = format!("offerings/{id}");
            order(out, &subject, &format!("{safeguard} from"), dates.from, "until", dates.until);
            if !o.built_in.contains(safeguard) && !o.available.contains(safeguard) {
                let message = format!("dates for `{safeguard}`, which the offering does not list");
                out.warning("date-unused", subject, message, "add the safeguard or take the dates out");
            }
        }
    }
    edges(catalog, out);
    safeguards_twice(catalog, out);
    written(catalog, out);
}

fn order(out: &mut Findings, subject: &str, a: &str, from: Option<Date>, b: &str, to: Option<Date>) {
    if let (Some(from), Some(to)) = (from, to)
        && from >= to
    {
        let message = format!("`{a}` {from} is not before `{b}` {to}");
        out.error("date-order", subject, message, "the second date is the first day on which it no longer holds");
    }
}

fn edges(catalog: &Catalog, out: &mut Findings) {
    let mut groups: BTreeMap<_, Vec<&Edge>> = BTreeMap::new();
    for e in &catalog.edges {
        order(out, &format!("edges/{}", e.id()), "valid_from", e.valid_from, "valid_to", e.valid_to);
        if e.status == Status::Repealed && e.valid_to.is_none() {
            let message = "a hold that is over needs its last day".to_owned();
            out.error("date-order", format!("edges/{}", e.id()), message, "set `valid_to`");
        }
        groups.entry((&e.owner, &e.owned, e.control_kind, e.consolidation_only)).or_default().push(e);
    }
    for list in groups.values() {
        for (i, a) in list.iter().enumerate() {
            for b in list.iter().skip(i + 1).filter(|b| meet((a.valid_from, a.valid_to), (b.valid_from, b.valid_to))) {
                let message = format!("`{}` says the same hold for the same days", b.id());
                let help = "keep one edge, or give them dates that do not overlap";
                out.error("date-overlap", format!("edges/{}", a.id()), message, help);
            }
        }
    }
}

type Span = (Option<Date>, Option<Date>);

fn meet(a: Span, b: Span) -> bool {
    let before = |end: Option<Date>, start: Option<Date>| matches!((end, start), (Some(e), Some(s)) if e <= s);
    !before(a.1, b.0) && !before(b.1, a.0)
}

fn safeguards_twice(catalog: &Catalog, out: &mut Findings) {
    for (id, o) in &catalog.offerings {
        let mut seen = BTreeSet::new();
        for safeguard in o.built_in.iter().chain(&o.available) {
            if !seen.insert(safeguard) {
                let message = format!("the safeguard `{safeguard}` is listed twice");
                let help = "a safeguard is built in or available, once; dates go into `safeguard_dates`";
                out.error("date-overlap", format!("offerings/{id}"), message, help);
            }
        }
    }
}

/// Dates that are kept as text must still be days.
fn written(catalog: &Catalog, out: &mut Findings) {
    for (kind, field) in [("events", "date"), ("adequacy_decisions", "adopted"), ("adequacy_decisions", "valid_to")] {
        for record in walk::records(catalog, kind) {
            let Some(text) = record.get(field).and_then(Value::as_str) else { continue };
            if text.parse::<Date>().is_err() {
                let message = format!("`{field}` is `{text}`, which is not a day (YYYY-MM-DD)");
                out.error("date-form", walk::subject(kind, record), message, "write the day, quoted");
            }
        }
    }
    for record in walk::records(catalog, "adequacy_decisions") {
        let day = |field: &str| record.get(field).and_then(Value::as_str).and_then(|t| t.parse().ok());
        let subject = walk::subject("adequacy_decisions", record);
        order(out, &subject, "adopted", day("adopted"), "valid_to", day("valid_to"));
    }
}
