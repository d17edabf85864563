//! The part of an observation that all dialects fill in the same way.
//!
//! What it deliberately does not do: decide which columns mean provider, region or resource; the dialect says.

use flagstate_estate::Observation;

use super::{
    finish::{Lookup, Row},
    plan::Field as F,
};
use crate::identity;

/// What a dialect found out about a row.
#[derive(Debug, Default)]
pub(super) struct Draft<'a> {
    /// Provider id of the catalog.
    pub provider: Option<&'a str>,
    /// Provider as the bill names it.
    pub named: Option<&'a str>,
    /// Region as the bill names it.
    pub region: Option<String>,
    /// Resource id; none where the row names a service only.
    pub resource: Option<&'a str>,
    /// Service shown to readers.
    pub service: Option<&'a str>,
    /// Names under which the catalog may know the service, best first.
    pub names: &'a [&'a str],
    /// ARM type, where it does not stand in the id.
    pub arm_type: Option<&'a str>,
    /// Legal entity that sells or issues the invoice.
    pub contract: Option<&'a str>,
}

impl Draft<'_> {
    /// The observation, with its keys.
    pub(super) fn observation(self, row: &Row<'_>, lookup: &mut Lookup<'_>) -> Observation {
        let id = self.resource.unwrap_or_default();
        let mut o = Observation {
            provider: self.provider.or(self.named).map(str::to_owned),
            account: row.first(&[F::Account, F::Payer]).or_else(|| identity::account_in(id)).map(str::to_owned),
            service: self.service.map(str::to_owned),
            resource_type: row.some(F::ResourceType).map(str::to_owned),
            group: row.some(F::Group).or_else(|| identity::group_in(id)).map(str::to_owned),
            contracting_entity: self.contract.map(str::to_owned),
            name: row.some(F::ResourceName).map(str::to_owned),
            tags: lookup.tags(row.get(F::Tags)),
            ..Observation::default()
        };
        lookup.place(&mut o, self.provider, self.region.as_deref());
        let in_id = identity::arm_type_in(id);
        lookup.kind(&mut o, self.provider, in_id.as_deref().or(self.arm_type), self.names);
        for (key, value) in row.tag_columns() {
            o.tags.insert(key.to_owned(), value.to_owned());
        }
        let provider = o.provider.as_deref().unwrap_or_default();
        o.keys = match self.resource {
            Some(id) => identity::keys_for(
                provider,
                o.account.as_deref(),
                id,
                self.names.iter().find(|n| !n.is_empty()).copied(),
            ),
            None => {
                let service = self.service.unwrap_or_default();
                vec![identity::service_key(provider, o.account.as_deref(), service, o.region.as_deref())]
            }
        };
        o
    }
}
