//! Transfer legality (GDPR chapter V): judged beside the exposure and never mixed with it.
//!
//! It says whether a restricted transfer is likely, on which basis, and which use case of the EDPB Recommendations
//! 01/2020 (version 2.0, 18 June 2021, annex 2) describes the measures. It is not a transfer impact assessment.

use std::collections::BTreeSet;

use flagstate_catalog::Catalog;
use flagstate_estate::Processing;
use serde::Serialize;

use crate::answer::Question;

/// Whether data leave for a third country.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Restricted {
    /// Operator and owners sit in the Union.
    NotSeen,
    /// Somebody in a third country stands in the chain: access from there would be a transfer.
    Possible,
    /// The operator itself sits in a third country.
    Yes,
    /// Not known.
    Unknown,
}

/// Transfer judgement of one offering.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Transfer {
    /// Offering id.
    pub offering: String,
    /// Whether there is one.
    pub restricted: Restricted,
    /// Third countries concerned.
    pub countries: BTreeSet<String>,
    /// Value of A6.
    pub basis: String,
    /// What the basis rests on.
    pub because: Vec<String>,
    /// EDPB use cases that the safeguards name, or 6 where the provider processes clear text.
    pub edpb_use_cases: BTreeSet<String>,
}

/// Judges one offering; `holders` are the operator and everybody above it.
pub(crate) fn judge(
    catalog: &Catalog,
    q: &Question,
    operator: Option<&str>,
    holders: &BTreeSet<String>,
    basis: (String, Vec<String>),
    acting: &[String],
) -> Transfer {
    let third = |entity: &str| -> Option<Option<String>> {
        let seat = catalog.entities.get(entity)?.seat()?;
        let inside = catalog.jurisdictions.get(seat).is_some_and(flagstate_catalog::Jurisdiction::is_in_the_union);
        Some((!inside).then(|| seat.to_owned()))
    };
    let countries: BTreeSet<String> = holders.iter().filter_map(|h| third(h).flatten()).collect();
    let restricted = match operator.map(third) {
        Some(Some(Some(_))) => Restricted::Yes,
        Some(Some(None)) if countries.is_empty() => Restricted::NotSeen,
        Some(Some(None)) => Restricted::Possible,
        _ => Restricted::Unknown,
    };
    let mut use_cases: BTreeSet<String> =
        acting.iter().filter_map(|id| catalog.safeguards.get(id)?.edpb_use_case.clone()).collect();
    if q.processing == Processing::InClear && restricted != Restricted::NotSeen {
        use_cases.insert("6".into());
    }
    Transfer {
        offering: q.offering.clone(),
        restricted,
        countries,
        basis: basis.0,
        because: basis.1,
        edpb_use_cases: use_cases,
    }
}
