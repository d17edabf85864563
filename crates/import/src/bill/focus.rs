//! FOCUS, the FinOps Open Cost and Usage Specification, versions 0.5 (2023) to 1.4 (2026): the Cost and Usage dataset.
//!
//! Since 1.3 the provider is split in three: `ServiceProviderName` sells, `HostProviderName` hosts and
//! `InvoiceIssuerName` issues the invoice; 1.4 drops `ProviderName` and `PublisherName`. Rows with an allocated
//! resource are about that one. The region is taken from `RegionId`, else the zone, else the resource id.
//!
//! Deliberately not done: no validation against the specification (the official sample fails it), no reading of the
//! other datasets (contract commitments, invoice details, billing periods): they list money, not what runs.

use flagstate_estate::{EstateBuilder, Observation};

use super::{
    common,
    csv::{Amounts, Cells, first_amount},
    draft::Draft,
    finish::{self, Dialect, Lookup, Outcome, Row},
    plan::{Field as F, Names, Plan, fold},
};
use crate::{Context, Format, ImportError, Input, identity};

const NAMES: [Names; 22] = [
    (F::Resource, &["resourceid"]),
    (F::ResourceName, &["resourcename"]),
    (F::Allocated, &["allocatedresourceid"]),
    (F::AllocatedTags, &["allocatedtags"]),
    (F::Seller, &["serviceprovidername"]),
    (F::Provider, &["providername", "provider"]),
    (F::Host, &["hostprovidername"]),
    (F::Issuer, &["invoiceissuername", "invoiceissuer"]),
    (F::Publisher, &["publishername", "publisher"]),
    (F::Service, &["servicename"]),
    (F::ServiceCode, &["xservicecode", "xskumetercategory"]),
    (F::ResourceType, &["xresourcetype", "resourcetype"]),
    (F::Region, &["regionid", "region"]),
    (F::RegionName, &["regionname"]),
    (F::Zone, &["availabilityzone"]),
    (F::Account, &["subaccountid"]),
    (F::Payer, &["billingaccountid"]),
    (F::Group, &["xresourcegroupname"]),
    (F::Category, &["chargecategory", "chargetype"]),
    (F::Commitment, &["commitmentdiscountid"]),
    (F::Tags, &["tags"]),
    (F::Currency, &["billingcurrency"]),
];
const AMOUNTS: [&[&str]; 2] = [&["effectivecost", "amortizedcost"], &["billedcost"]];

/// Whether a header is this dialect; an error when it is FOCUS but another dataset.
pub(super) fn claims(input: &Input, header: &[String]) -> Result<bool, ImportError> {
    let names: Vec<String> = header.iter().map(|h| fold(h)).collect();
    let has = |n: &str| names.iter().any(|x| x == n);
    let other = if has("chargecategory") || has("chargetype") {
        None
    } else if has("contractcommitmentid") {
        Some("contract commitments")
    } else if has("invoicedetailid") {
        Some("invoice details")
    } else if has("billingperiodstart") && has("billingperiodend") && has("billingperiodstatus") {
        Some("billing periods")
    } else {
        None
    };
    if let Some(dataset) = other {
        return Err(input.unusable(format!(
            "this is the FOCUS dataset of {dataset}, which lists money and not what runs; give the Cost and Usage dataset"
        )));
    }
    if has("metercategory") || has("consumedservice") {
        return Ok(false);
    }
    Ok((has("chargecategory") && (has("billedcost") || has("effectivecost")))
        || (has("chargetype") && (has("provider") || has("invoiceissuer") || has("publisher"))))
}

/// The columns in a header.
fn plan(input: &Input, header: &[String]) -> Result<Plan, ImportError> {
    if !claims(input, header)? {
        return Err(
            input.unusable("the header has no ChargeCategory with BilledCost or EffectiveCost: this is not FOCUS")
        );
    }
    Ok(Plan::new(header, &NAMES, &AMOUNTS, &|_| None))
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let make_plan = |header: &[String]| plan(input, header);
    let table = super::read_table(input, context, &Focus, &make_plan)?;
    finish::finish(input, Format::Focus, context, builder, &Focus, table);
    Ok(())
}

struct Focus;

impl Amounts for Focus {
    fn rule(&self, _plan: &Plan, _context: &[u8], _quoted: bool) -> u8 {
        0
    }

    fn amount(&self, _rule: u8, cells: &dyn Cells) -> Result<i128, ()> {
        first_amount(cells, &[0, 1])
    }
}

impl Dialect for Focus {
    fn outcome(&self, row: &Row<'_>, lookup: &mut Lookup<'_>) -> Outcome {
        let resource = row.first(&[F::Allocated, F::Resource]);
        if let Some(reason) = ignored(row, resource) {
            return Outcome::Ignored(reason);
        }
        let named = row.first(&[F::Seller, F::Provider]);
        let provider = provider(named, resource.unwrap_or_default(), lookup);
        let draft = Draft {
            provider,
            named,
            region: region(row, provider, lookup),
            resource,
            service: row.some(F::Service),
            names: &[row.get(F::Service), row.get(F::ServiceCode)],
            arm_type: row.some(F::ResourceType),
            contract: row.first(&[F::Issuer, F::Publisher]),
        };
        let mut o = draft.observation(row, lookup);
        o.host_provider = row.some(F::Host).map(|h| lookup.provider(h).unwrap_or(h).to_owned());
        if let Some(allocated) = row.some(F::Allocated) {
            o.name = None;
            o.tags.extend(common::tags(row.get(F::AllocatedTags)));
            o.namespace = namespace(allocated, &o).map(str::to_owned);
        }
        Outcome::Resource(Box::new(o))
    }
}

/// Why a row says nothing about something that runs.
fn ignored(row: &Row<'_>, resource: Option<&str>) -> Option<&'static str> {
    let category = row.get(F::Category).to_ascii_lowercase();
    let commitment = row.some(F::Commitment);
    if let Some(id) = resource {
        return (commitment == Some(id) || common::is_commitment(id)).then_some(common::COMMITMENT);
    }
    if matches!(category.as_str(), "tax" | "credit" | "adjustment" | "refund") {
        return Some(common::MONEY_ONLY);
    }
    if category == "purchase" && (commitment.is_some() || row.some(F::Service).is_none()) {
        return Some(common::COMMITMENT);
    }
    let service = row.some(F::Service).map(common::is_support);
    match service {
        None => Some(common::NOTHING),
        Some(true) => Some(common::SUPPORT),
        Some(false) => None,
    }
}

/// The provider's catalog id, from the name or, where there is none, from an ARN; the partition of an ARN decides
/// between AWS and its sovereign cloud.
fn provider<'a>(named: Option<&str>, id: &str, lookup: &mut Lookup<'a>) -> Option<&'a str> {
    let by_name = named.and_then(|n| lookup.provider(n));
    match (by_name, Lookup::arn_provider(id)) {
        (Some("aws"), Some(partition)) => Some(partition),
        (None, Some(partition)) if named.is_none() => Some(partition),
        _ => by_name,
    }
}

fn region(row: &Row<'_>, provider: Option<&str>, lookup: &Lookup<'_>) -> Option<String> {
    if let Some(stated) = row.first(&[F::Region, F::RegionName]) {
        return Some(stated.to_owned());
    }
    let provider = provider?;
    let zone = row.some(F::Zone).and_then(|z| lookup.region_of_zone(provider, z));
    zone.or_else(|| {
        let stated = identity::region_in(row.get(F::Resource))?;
        if lookup.knows(provider, stated) { Some(stated.to_owned()) } else { lookup.region_of_zone(provider, stated) }
    })
}

/// The Kubernetes namespace in an allocated resource id or its tags.
fn namespace<'a>(id: &'a str, o: &'a Observation) -> Option<&'a str> {
    let mut parts = id.split('/');
    let in_id = parts.find(|p| *p == "namespaces" || *p == "namespace").and_then(|_| parts.next());
    in_id.or_else(|| {
        ["namespace", "k8s-namespace", "kubernetes.io/namespace"]
            .iter()
            .find_map(|k| o.tags.get(*k))
            .map(String::as_str)
    })
}

#[cfg(test)]
pub(in crate::bill) mod tests;
