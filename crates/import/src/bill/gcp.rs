//! Google Cloud billing export from BigQuery (standard and detailed schema, 2024): flattened CSV or JSON lines.
//!
//! The resource is `resource.global_name` of the detailed export, else its name; rows of the standard export name a
//! project and a service only. Cost is `cost` plus its credits. `location.location` may be a multi-region (`eu`).
//!
//! Deliberately not done: Parquet of the nested schema (export it as JSON lines), `system_labels`.

use std::io::{BufRead, BufReader, Read};

use flagstate_estate::EstateBuilder;
use serde_json::Value;

use super::{
    amount, common,
    csv::{Amounts, Cells, Table},
    draft::Draft,
    finish::{self, Dialect, Lookup, Outcome, Row},
    groups::{Groups, Sum, push_value},
    plan::{Field as F, Names, Plan, fold},
    split::unquote,
};
use crate::{Context, Format, ImportError, Input};

/// Longest line of JSON.
const LONGEST: u64 = 16 << 20;

const NAMES: [Names; 12] = [
    (F::Resource, &["resource.globalname", "resourceglobalname"]),
    (F::ResourceName, &["resource.name", "resourcename"]),
    (F::Issuer, &["sellername"]),
    (F::Service, &["service.description", "servicedescription"]),
    (F::Region, &["location.region", "locationregion"]),
    (F::RegionName, &["location.location", "locationlocation"]),
    (F::Zone, &["location.zone", "locationzone"]),
    (F::Account, &["project.id", "projectid"]),
    (F::Payer, &["billingaccountid"]),
    (F::Category, &["costtype"]),
    (F::Tags, &["labels"]),
    (F::Currency, &["currency"]),
];
const AMOUNTS: [&[&str]; 2] = [&["cost"], &["credits"]];

/// The same columns as paths, for JSON.
const PATHS: [&str; 14] = [
    "resource.global_name", "resource.name", "seller_name", "service.description", "location.region",
    "location.location", "location.zone", "project.id", "billing_account_id", "cost_type", "labels", "currency",
    "cost", "credits",
];

/// Whether a header is this dialect.
pub(super) fn claims(header: &[String]) -> bool {
    let names: Vec<String> = header.iter().map(|h| fold(h)).collect();
    let has = |list: &[&str]| list.iter().any(|n| names.iter().any(|x| x == n));
    has(&["billingaccountid"]) && has(&["service.description", "servicedescription"]) && has(&["cost"])
}

/// Whether text starts with a JSON line of this dialect.
pub(super) fn claims_json(text: &str) -> bool {
    let line = text.trim_start().lines().next().unwrap_or_default();
    line.starts_with('{')
        && line.contains("\"billing_account_id\"")
        && line.contains("\"service\"")
        && line.contains("\"cost\"")
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let table = if input.head().text.trim_start().starts_with('{') {
        json_lines(input)?
    } else {
        let make_plan = |header: &[String]| {
            if !claims(header) {
                return Err(input.unusable("the header has no billing_account_id, service.description and cost: this is no Google Cloud billing export"));
            }
            Ok(Plan::new(header, &NAMES, &AMOUNTS, &|_| None))
        };
        super::read_table(input, context, &Gcp, &make_plan)?
    };
    finish::finish(input, Format::GcpBill, context, builder, &Gcp, table);
    Ok(())
}

fn json_lines(input: &Input) -> Result<Table, ImportError> {
    let header: Vec<String> = PATHS.iter().map(|p| (*p).to_owned()).collect();
    let plan = Plan::new(&header, &NAMES, &AMOUNTS, &|_| None);
    let mut groups = Groups::default();
    let mut reader = BufReader::new(input.text()?);
    let (mut line, mut rows) = (Vec::new(), 0_u64);
    loop {
        line.clear();
        let place = || format!("row {}", rows + 1);
        let got = (&mut reader)
            .take(LONGEST)
            .read_until(b'\n', &mut line)
            .map_err(|e| input.malformed(place(), format!("the data is cut off or damaged ({e})")))?;
        if got == 0 {
            break;
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let value: Value =
            serde_json::from_slice(&line).map_err(|e| input.malformed(place(), format!("is not JSON: {e}")))?;
        if !value.is_object() {
            return Err(input.malformed(place(), "is not a JSON object"));
        }
        add(&mut groups, &plan, &value);
        rows += 1;
    }
    let notes = if rows == 0 { vec!["the file has no rows".to_owned()] } else { Vec::new() };
    Ok(Table { plan, groups, quoted: false, notes })
}

fn add(groups: &mut Groups, plan: &Plan, value: &Value) {
    let texts: Vec<String> = PATHS.iter().map(|p| text_at(value, p)).collect();
    let (mut item, mut shared) = (Vec::new(), Vec::new());
    for (i, slot) in plan.slots.iter().enumerate() {
        let text = texts.get(slot.column).map_or(&[][..], |t| t.as_bytes());
        push_value(if i < plan.items() { &mut item } else { &mut shared }, text);
    }
    let id = groups.context(&shared, || 0);
    let cells =
        TextCells(plan.amounts.iter().map(|c| c.and_then(|c| texts.get(c)).map_or("", String::as_str)).collect());
    let amount = Gcp.amount(0, &cells);
    groups.add(id, &item, Sum { rows: 1, amount: amount.unwrap_or(0), unreadable: u32::from(amount.is_err()) });
}

fn text_at(value: &Value, path: &str) -> String {
    let found = path.split('.').try_fold(value, |v, key| v.get(key));
    match found {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(s)) => s.clone(),
        Some(other) => other.to_string(),
    }
}

struct TextCells<'a>(Vec<&'a str>);

impl Cells for TextCells<'_> {
    fn number(&self, at: usize) -> Result<Option<i128>, ()> {
        amount::parse(self.text(at))
    }

    fn text(&self, at: usize) -> &[u8] {
        self.0.get(at).map_or(&[], |t| t.as_bytes())
    }
}

struct Gcp;

impl Amounts for Gcp {
    fn rule(&self, _plan: &Plan, _context: &[u8], _quoted: bool) -> u8 {
        0
    }

    fn amount(&self, _rule: u8, cells: &dyn Cells) -> Result<i128, ()> {
        let cost = cells.number(0)?.unwrap_or(0);
        Ok(cost.saturating_add(credits(cells.text(1))?))
    }
}

/// Sum of `amount` over a list of credits.
fn credits(raw: &[u8]) -> Result<i128, ()> {
    if matches!(raw, b"" | b"[]" | b"\"[]\"") {
        return Ok(0);
    }
    let text = String::from_utf8(unquote(raw)).map_err(drop)?;
    if crate::identity::is_null(text.trim()) {
        return Ok(0);
    }
    let list: Vec<Value> =
        serde_json::from_str(&text).or_else(|_| serde_json::from_str(&common::python(&text))).map_err(drop)?;
    let mut sum: i128 = 0;
    for credit in &list {
        let text = match credit.get("amount") {
            Some(Value::String(s)) => s.clone(),
            Some(Value::Number(n)) => n.to_string(),
            _ => continue,
        };
        sum = sum.saturating_add(amount::parse(text.as_bytes())?.unwrap_or(0));
    }
    Ok(sum)
}

impl Dialect for Gcp {
    fn outcome(&self, row: &Row<'_>, lookup: &mut Lookup<'_>) -> Outcome {
        let resource = row.first(&[F::Resource, F::ResourceName]);
        let service = row.some(F::Service);
        let kind = row.get(F::Category);
        if resource.is_none() && matches!(kind, "tax" | "adjustment" | "rounding_error" | "rounding error") {
            return Outcome::Ignored(common::MONEY_ONLY);
        }
        match (resource, service) {
            (None, None) => return Outcome::Ignored(common::NOTHING),
            (Some(id), _) if common::is_commitment(id) => return Outcome::Ignored(common::COMMITMENT),
            (None, Some(s)) if common::is_support(s) => return Outcome::Ignored(common::SUPPORT),
            _ => {}
        }
        let zone = || row.some(F::Zone).and_then(|z| lookup.region_of_zone("gcp", z));
        let region = row.first(&[F::Region, F::RegionName]).map(str::to_owned).or_else(zone);
        let draft = Draft {
            provider: Some("gcp"),
            region,
            resource,
            service,
            names: &[row.get(F::Service)],
            contract: row.some(F::Issuer),
            ..Draft::default()
        };
        let mut o = draft.observation(row, lookup);
        o.namespace = o.tags.get("k8s-namespace").cloned();
        Outcome::Resource(Box::new(o))
    }
}

#[cfg(test)]
mod tests;
