//! Owners: LEI check digits, shares, rings, offerings without operator.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::Date;

use super::Findings;
use crate::{Catalog, ControlKind, Edge, Status, walk};

pub(super) fn check(catalog: &Catalog, out: &mut Findings) {
    leis(catalog, out);
    shares(catalog, out);
    rings(catalog, out);
    offerings(catalog, out);
}

fn leis(catalog: &Catalog, out: &mut Findings) {
    let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
    for (id, entity) in &catalog.entities {
        let Some(lei) = entity.lei.as_deref() else { continue };
        if !valid_lei(lei) {
            let message = format!("the check digits of LEI `{lei}` do not fit (ISO 17442, modulo 97)");
            out.error("lei-check-digits", format!("entities/{id}"), message, "copy it again from the register");
        }
        if let Some(other) = seen.insert(lei, id) {
            let message = format!("`{other}` has the same LEI `{lei}`");
            out.error("duplicate-id", format!("entities/{id}"), message, "one legal person, one record");
        }
    }
}

/// ISO 17442: 18 letters or digits and two check digits; letters count 10 to 35; the whole number modulo 97 is 1.
pub(crate) fn valid_lei(lei: &str) -> bool {
    let upper = |b: u8| b.is_ascii_digit() || b.is_ascii_uppercase();
    if lei.len() != 20 || !lei.bytes().all(upper) || !lei.bytes().skip(18).all(|b| b.is_ascii_digit()) {
        return false;
    }
    let rest = lei.chars().filter_map(|c| c.to_digit(36)).fold(0u32, |acc, digit| {
        let shifted = if digit > 9 { acc * 100 } else { acc * 10 };
        (shifted + digit) % 97
    });
    rest == 1
}

fn shares(catalog: &Catalog, out: &mut Findings) {
    let mut owned: BTreeMap<&str, Vec<&Edge>> = BTreeMap::new();
    for e in catalog.edges.iter().filter(|e| e.control_kind == ControlKind::Equity && !e.consolidation_only) {
        if e.percent.is_some_and(|p| !(0.0..=100.0).contains(&p)) {
            let message = format!("a share of {} per cent", e.percent.unwrap_or_default());
            out.error("percent-sum", format!("edges/{}", e.id()), message, "shares lie between 0 and 100");
        }
        if !matches!(e.status, Status::Announced | Status::Repealed) {
            owned.entry(&e.owned).or_default().push(e);
        }
    }
    for (id, list) in owned {
        // The sum can only change on a day on which a share begins.
        let days: BTreeSet<Option<Date>> = list.iter().map(|e| e.valid_from).collect();
        let sum_on = |day: Option<Date>| -> f64 {
            let begun = |e: &&&Edge| e.valid_from.is_none() || (day.is_some() && e.valid_from <= day);
            let over = |e: &&&Edge| matches!((e.valid_to, day), (Some(end), Some(day)) if end <= day);
            list.iter().filter(begun).filter(|e| !over(e)).filter_map(|e| e.percent).sum()
        };
        if let Some(sum) = days.into_iter().map(sum_on).find(|sum| *sum > 100.001) {
            let message = format!("the recorded shares in it add up to {sum} per cent");
            out.error("percent-sum", format!("entities/{id}"), message, "one of the shares or its dates is wrong");
        }
    }
}

fn rings(catalog: &Catalog, out: &mut Findings) {
    let mut above: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for e in catalog.edges.iter().filter(|e| e.control_kind == ControlKind::Equity) {
        if e.owner == e.owned {
            let message = "an entity cannot own itself".to_owned();
            out.error("ownership-ring", format!("entities/{}", e.owned), message, "correct the edge");
        }
        above.entry(&e.owned).or_default().insert(&e.owner);
    }
    for id in above.keys() {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut stack: Vec<&str> = above.get(id).into_iter().flatten().copied().collect();
        while let Some(next) = stack.pop() {
            if next != *id && seen.insert(next) {
                stack.extend(above.get(next).into_iter().flatten());
            }
            if next == *id {
                let message = "it owns itself through others".to_owned();
                let help = "cross-holdings exist, but look twice";
                out.warning("ownership-ring", format!("entities/{id}"), message, help);
                break;
            }
        }
    }
}

fn offerings(catalog: &Catalog, out: &mut Findings) {
    for record in walk::records(catalog, "offerings") {
        let subject = walk::subject("offerings", record);
        let empty = |path: &str| walk::texts(record, path).is_empty();
        if empty("operator_entity") && empty("note") {
            let message = "nobody is named as operator and no note says why".to_owned();
            out.warning("missing-operator", subject.clone(), message, "name the operator, or say what is not known");
        }
        if empty("facts") {
            let help = "list the facts that its summary rests on";
            out.warning("missing-source", subject.clone(), "the offering rests on no fact".into(), help);
        }
        if empty("as_of") {
            out.warning("missing-date", subject, "nobody says when it was looked at".into(), "set `as_of`");
        }
    }
}
