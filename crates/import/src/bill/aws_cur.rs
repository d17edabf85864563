//! AWS Cost and Usage Report: legacy (`lineItem/ResourceId`, data dictionary of 2024) and CUR 2.0 of Data Exports
//! (`line_item_resource_id`, 2024), CSV and Parquet. The names differ only in `/`, `_` and case.
//!
//! The contracting entity is the invoicing entity, else the legal entity (the seller of record). The region is the
//! region code, else region, zone, resource id, location, and last the prefix of the usage type where the catalog
//! knows it; a usage type without prefix is not taken for us-east-1.
//!
//! Deliberately not done: cost categories; split cost allocation of containers.

use std::collections::BTreeMap;

use flagstate_catalog::services::Region;
use flagstate_estate::EstateBuilder;

use super::{
    common,
    csv::{Amounts, Cells, first_amount},
    draft::Draft,
    finish::{self, Dialect, Lookup, Outcome, Row, decode},
    plan::{Field as F, Names, Plan, fold},
};
use crate::{Context, Format, ImportError, Input, identity};

const NAMES: [Names; 17] = [
    (F::Resource, &["lineitemresourceid"]),
    (F::Issuer, &["billinvoicingentity"]),
    (F::Publisher, &["lineitemlegalentity"]),
    (F::Service, &["productproductname", "productservicename"]),
    (F::ServiceCode, &["lineitemproductcode"]),
    (F::ResourceType, &["productproductfamily"]),
    (F::Region, &["productregioncode"]),
    (F::RegionName, &["productregion"]),
    (F::Location, &["productlocation"]),
    (F::Zone, &["lineitemavailabilityzone"]),
    (F::UsageType, &["lineitemusagetype"]),
    (F::Account, &["lineitemusageaccountid"]),
    (F::Payer, &["billpayeraccountid"]),
    (F::Category, &["lineitemlineitemtype"]),
    (F::Commitment, &["savingsplansavingsplanarn"]),
    (F::Tags, &["resourcetags"]),
    (F::Currency, &["lineitemcurrencycode"]),
];
const AMOUNTS: [&[&str]; 3] =
    [&["lineitemunblendedcost"], &["reservationeffectivecost"], &["savingsplansavingsplaneffectivecost"]];

/// Whether a header is this dialect.
pub(super) fn claims(header: &[String]) -> bool {
    let names: Vec<String> = header.iter().map(|h| fold(h)).collect();
    let has = |n: &str| names.iter().any(|x| x == n);
    has("lineitemlineitemtype") && has("lineitemunblendedcost")
}

/// The key in a tag column's name.
fn tag(name: &str) -> Option<String> {
    let rest = name.strip_prefix("resourceTags/").or_else(|| name.strip_prefix("resource_tags_"))?;
    let key = rest.strip_prefix("user:").or_else(|| rest.strip_prefix("user_")).unwrap_or(rest);
    Some(key.trim().to_owned())
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let make_plan = |header: &[String]| {
        if !claims(header) {
            return Err(input.unusable("the header has no lineItem/LineItemType and lineItem/UnblendedCost: this is no AWS Cost and Usage Report"));
        }
        Ok(Plan::new(header, &NAMES, &AMOUNTS, &tag))
    };
    let table = super::read_table(input, context, &Cur, &make_plan)?;
    finish::finish(input, Format::AwsCur, context, builder, &Cur, table);
    Ok(())
}

struct Cur;

impl Amounts for Cur {
    fn rule(&self, plan: &Plan, context: &[u8], quoted: bool) -> u8 {
        let mut values = Vec::new();
        decode(context, quoted, &mut values);
        match Row::new(plan, &[], &values).get(F::Category) {
            "DiscountedUsage" => 1,
            "SavingsPlanCoveredUsage" => 2,
            _ => 0,
        }
    }

    fn amount(&self, rule: u8, cells: &dyn Cells) -> Result<i128, ()> {
        match rule {
            1 => first_amount(cells, &[1, 0]),
            2 => first_amount(cells, &[2, 0]),
            _ => first_amount(cells, &[0]),
        }
    }
}

impl Dialect for Cur {
    fn outcome(&self, row: &Row<'_>, lookup: &mut Lookup<'_>) -> Outcome {
        let resource = row.some(F::Resource);
        let service = row.first(&[F::Service, F::ServiceCode]);
        if let Some(reason) = ignored(row.get(F::Category), resource, service, row) {
            return Outcome::Ignored(reason);
        }
        let provider = resource.and_then(Lookup::arn_provider).unwrap_or("aws");
        let draft = Draft {
            provider: Some(provider),
            named: None,
            region: region(row, provider, lookup),
            resource,
            service,
            names: &[row.get(F::ServiceCode), row.get(F::Service)],
            arm_type: None,
            contract: row.first(&[F::Issuer, F::Publisher]),
        };
        let mut o = draft.observation(row, lookup);
        if o.tags.keys().any(|k| user_key(k).is_some()) {
            let old = std::mem::take(&mut o.tags);
            let renamed: BTreeMap<_, _> =
                old.iter().map(|(k, v)| (user_key(k).unwrap_or(k).to_owned(), v.clone())).collect();
            o.tags = renamed.into();
        }
        Outcome::Resource(Box::new(o))
    }
}

/// The customer's own key in the map of CUR 2.0.
fn user_key(key: &str) -> Option<&str> {
    key.strip_prefix("user_").or_else(|| key.strip_prefix("user:"))
}

/// Why a row says nothing about something that runs.
fn ignored(kind: &str, resource: Option<&str>, service: Option<&str>, row: &Row<'_>) -> Option<&'static str> {
    if matches!(kind, "RIFee" | "SavingsPlanRecurringFee" | "SavingsPlanUpfrontFee" | "SavingsPlanNegation")
        || resource.is_some_and(|r| common::is_commitment(r) || row.some(F::Commitment) == Some(r))
    {
        return Some(common::COMMITMENT);
    }
    if resource.is_some() {
        return None;
    }
    if matches!(kind, "Tax" | "Credit" | "Refund" | "EdpDiscount")
        || kind.contains("Discount") && kind != "DiscountedUsage"
    {
        return Some(common::MONEY_ONLY);
    }
    let support = common::is_support(row.get(F::ServiceCode)) || service.is_some_and(common::is_support);
    match service {
        None => Some(common::NOTHING),
        Some(_) if support => Some(common::SUPPORT),
        Some(_) => None,
    }
}

fn region(row: &Row<'_>, provider: &str, lookup: &Lookup<'_>) -> Option<String> {
    if let Some(stated) = row.first(&[F::Region, F::RegionName]) {
        return Some(stated.to_owned());
    }
    let zone = row.some(F::Zone).and_then(|z| lookup.region_of_zone(provider, z));
    let in_id = || identity::region_in(row.get(F::Resource)).map(str::to_owned);
    let location = || row.some(F::Location).filter(|l| lookup.knows(provider, l)).map(str::to_owned);
    zone.or_else(in_id).or_else(location).or_else(|| {
        let prefix = row.get(F::UsageType).split('-').next().filter(|p| !p.is_empty())?;
        let mine = |r: &&Region| r.provider == provider && r.usage_type_prefix.iter().any(|p| p == prefix);
        let mut found = lookup.regions().iter().filter(mine);
        match (found.next(), found.next()) {
            (Some(one), None) => Some(one.code.clone()),
            _ => None,
        }
    })
}

#[cfg(test)]
mod tests;
