//! Azure cost and usage details: Enterprise Agreement, Microsoft Customer Agreement and pay-as-you-go, actual or
//! amortised (schema pages "Cost and usage details file", 2024).
//!
//! Headers come in many spellings and in the customer's language with the English name in parentheses
//! (`Ressourcenstandort (ResourceLocation)`): they are matched on that name without case. Tags come as JSON or as its
//! body without braces. `EU` as a location is East US: regions are looked up as a bill names them.
//!
//! Deliberately not done: dates (their order depends on the language); marketplace details beyond the publisher.

use flagstate_estate::EstateBuilder;

use super::{
    common,
    csv::{Amounts, Cells, first_amount},
    draft::Draft,
    finish::{self, Dialect, Lookup, Outcome, Row},
    plan::{Field as F, Names, Plan, fold},
};
use crate::{Context, Format, ImportError, Input};

const NAMES: [Names; 15] = [
    (F::Resource, &["resourceid", "instanceid"]),
    (F::ResourceName, &["resourcename"]),
    (F::Publisher, &["publishername"]),
    (F::Service, &["metercategory", "servicename"]),
    (F::ServiceCode, &["consumedservice"]),
    (F::ResourceType, &["resourcetype"]),
    (F::Region, &["resourcelocation", "resourcelocationnormalized"]),
    (F::RegionName, &["location"]),
    (F::Location, &["meterregion"]),
    (F::Account, &["subscriptionid", "subscriptionguid"]),
    (F::Payer, &["billingaccountid"]),
    (F::Group, &["resourcegroup", "resourcegroupname"]),
    (F::Category, &["chargetype"]),
    (F::Tags, &["tags"]),
    (F::Currency, &["billingcurrencycode", "billingcurrency", "currency", "currencycode"]),
];
const AMOUNTS: [&[&str]; 1] = [&["costinbillingcurrency", "cost", "pretaxcost", "extendedcost"]];

/// Whether a header is this dialect.
pub(super) fn claims(header: &[String]) -> bool {
    let names: Vec<String> = header.iter().map(|h| fold(h)).collect();
    let has = |list: &[&str]| list.iter().any(|n| names.iter().any(|x| x == n));
    has(&["metercategory", "consumedservice"])
        && has(&["subscriptionid", "subscriptionguid", "instanceid"])
        && has(AMOUNTS[0])
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let make_plan = |header: &[String]| {
        if !claims(header) {
            return Err(input.unusable(
                "the header has no MeterCategory, subscription and cost: this is no Azure usage details file",
            ));
        }
        Ok(Plan::new(header, &NAMES, &AMOUNTS, &|_| None))
    };
    let table = super::read_table(input, context, &Azure, &make_plan)?;
    finish::finish(input, Format::AzureBill, context, builder, &Azure, table);
    Ok(())
}

struct Azure;

impl Amounts for Azure {
    fn rule(&self, _plan: &Plan, _context: &[u8], _quoted: bool) -> u8 {
        0
    }

    fn amount(&self, _rule: u8, cells: &dyn Cells) -> Result<i128, ()> {
        first_amount(cells, &[0])
    }
}

impl Dialect for Azure {
    fn outcome(&self, row: &Row<'_>, lookup: &mut Lookup<'_>) -> Outcome {
        let resource = row.some(F::Resource);
        let service = row.first(&[F::Service, F::ServiceCode]).filter(|s| stated(s));
        if let Some(reason) = ignored(row.get(F::Category), resource, service) {
            return Outcome::Ignored(reason);
        }
        let arm_type = row.some(F::ResourceType);
        let draft = Draft {
            provider: Some("azure"),
            named: None,
            region: region(row, lookup),
            resource,
            service,
            names: &[row.get(F::Service), row.get(F::ServiceCode)],
            arm_type,
            contract: row.some(F::Publisher),
        };
        Outcome::Resource(Box::new(draft.observation(row, lookup)))
    }
}

/// Azure writes `Unassigned` for no value.
fn stated(text: &str) -> bool {
    !text.eq_ignore_ascii_case("unassigned")
}

/// Why a row says nothing about something that runs.
fn ignored(kind: &str, resource: Option<&str>, service: Option<&str>) -> Option<&'static str> {
    let kind = kind.to_ascii_lowercase();
    if resource.is_some_and(common::is_commitment) || matches!(kind.as_str(), "unusedreservation" | "unusedsavingsplan")
    {
        return Some(common::COMMITMENT);
    }
    if resource.is_some() {
        return None;
    }
    if matches!(kind.as_str(), "refund" | "tax" | "credit" | "roundingadjustment" | "adjustment") {
        return Some(common::MONEY_ONLY);
    }
    match service {
        None if kind == "purchase" => Some("purchase without a resource or a service"),
        None => Some(common::NOTHING),
        Some(s) if common::is_support(s) => Some(common::SUPPORT),
        Some(_) => None,
    }
}

/// The resource's location as stated; the meter's only when the catalog knows it, because it is often a price zone.
fn region(row: &Row<'_>, lookup: &Lookup<'_>) -> Option<String> {
    let resource = [F::Region, F::RegionName].iter().filter_map(|f| row.some(*f)).find(|r| stated(r));
    resource.or_else(|| row.some(F::Location).filter(|m| lookup.knows("azure", m))).map(str::to_owned)
}

#[cfg(test)]
mod tests;
