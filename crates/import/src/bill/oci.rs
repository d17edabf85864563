//! OCI cost report (Oracle Cloud Infrastructure, "Cost and Usage Reports", 2024): `product/resourceId`,
//! `cost/myCost`, one column per tag.
//!
//! Deliberately not done: usage reports, which have no cost; corrections (`lineItem/isCorrection`) are rows like any
//! other.

use flagstate_estate::EstateBuilder;

use super::{
    common,
    csv::{Amounts, Cells, first_amount},
    draft::Draft,
    finish::{self, Dialect, Lookup, Outcome, Row},
    plan::{Field as F, Names, Plan, fold},
};
use crate::{Context, Format, ImportError, Input, identity};

const NAMES: [Names; 8] = [
    (F::Resource, &["productresourceid"]),
    (F::Service, &["productservice"]),
    (F::Region, &["productregion"]),
    (F::Zone, &["productavailabilitydomain"]),
    (F::Account, &["lineitemtenantid"]),
    (F::Group, &["productcompartmentname", "productcompartmentid"]),
    (F::ResourceType, &["productresource"]),
    (F::Currency, &["costcurrencycode"]),
];
const AMOUNTS: [&[&str]; 1] = [&["costmycost", "costattributedcost"]];

/// Whether a header is this dialect.
pub(super) fn claims(header: &[String]) -> bool {
    let names: Vec<String> = header.iter().map(|h| fold(h)).collect();
    let has = |n: &str| names.iter().any(|x| x == n);
    has("lineitemtenantid") && has("productservice") && has("costmycost")
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let make_plan = |header: &[String]| {
        if !claims(header) {
            return Err(input.unusable(
                "the header has no lineItem/tenantId, product/service and cost/myCost: this is no OCI cost report",
            ));
        }
        let tag = |name: &str| name.strip_prefix("tags/").map(|t| t.trim().to_owned());
        Ok(Plan::new(header, &NAMES, &AMOUNTS, &tag))
    };
    let table = super::read_table(input, context, &Oci, &make_plan)?;
    finish::finish(input, Format::OciBill, context, builder, &Oci, table);
    Ok(())
}

struct Oci;

impl Amounts for Oci {
    fn rule(&self, _plan: &Plan, _context: &[u8], _quoted: bool) -> u8 {
        0
    }

    fn amount(&self, _rule: u8, cells: &dyn Cells) -> Result<i128, ()> {
        first_amount(cells, &[0])
    }
}

impl Dialect for Oci {
    fn outcome(&self, row: &Row<'_>, lookup: &mut Lookup<'_>) -> Outcome {
        let resource = row.some(F::Resource);
        let service = row.some(F::Service);
        if resource.is_none() && service.is_none() {
            return Outcome::Ignored(common::NOTHING);
        }
        let zone = || row.some(F::Zone).and_then(|z| lookup.region_of_zone("oci", z));
        let in_id = || identity::region_in(row.get(F::Resource)).map(str::to_owned);
        let region = row.some(F::Region).map(str::to_owned).or_else(zone).or_else(in_id);
        let draft = Draft {
            provider: Some("oci"),
            region,
            resource,
            service,
            names: &[row.get(F::Service)],
            ..Draft::default()
        };
        Outcome::Resource(Box::new(draft.observation(row, lookup)))
    }
}

#[cfg(test)]
mod tests;
