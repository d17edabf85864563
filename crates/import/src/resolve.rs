//! From names in an input to ids of the catalog: provider, region, offering, capability. Never guesses.

use std::collections::BTreeSet;

use flagstate_catalog::{
    ServiceMap,
    services::{RegionMatch, TypeInfo},
};
use flagstate_estate::{Estate, Observation, UnknownReason};

/// Looks names up and fills observations.
#[derive(Clone, Copy, Debug)]
pub struct Resolver<'a> {
    services: &'a ServiceMap,
}

impl<'a> Resolver<'a> {
    /// A resolver over the map.
    pub fn new(services: &'a ServiceMap) -> Self {
        Self { services }
    }

    /// Provider id for a name; `None` when the catalog does not know it.
    pub fn provider(&self, name: &str) -> Option<&'a str> {
        self.services.provider(name)
    }

    /// Fills provider, region and offering. `in_bill` decides which of two meanings of a name wins.
    pub fn place(&self, o: &mut Observation, provider: Option<&str>, region: Option<&str>, in_bill: bool) {
        let Some(provider) = provider else {
            o.unknown.insert(UnknownReason::Provider);
            o.region = region.map(str::to_owned);
            return;
        };
        o.provider = Some(provider.to_owned());
        let region = region.map(str::trim).filter(|r| !r.is_empty());
        let found = match region {
            None => RegionMatch::Unknown,
            Some(r) if in_bill => self.services.region_in_bill(provider, r),
            Some(r) => self.services.region(provider, r),
        };
        match found {
            RegionMatch::One(r) => {
                o.region = Some(r.code.clone());
                o.offering.clone_from(&r.offering);
                if o.offering.is_none() {
                    o.unknown.insert(UnknownReason::Offering);
                }
            }
            RegionMatch::Ambiguous(list) => {
                o.region = region.map(str::to_owned);
                let offerings: BTreeSet<_> = list.iter().map(|r| r.offering.clone()).collect();
                match offerings.into_iter().collect::<Vec<_>>().as_slice() {
                    [Some(one)] => o.offering = Some(one.clone()),
                    _ => {
                        o.unknown.insert(UnknownReason::AmbiguousRegion);
                    }
                }
            }
            RegionMatch::Unknown => {
                o.region = region.map(str::to_owned);
                match self.only_offering(provider) {
                    Some(one) => o.offering = Some(one),
                    None => {
                        o.unknown.insert(UnknownReason::Region);
                    }
                }
            }
        }
    }

    /// The offering on which something runs whose host is `provider`: by region, else the provider's global one.
    fn host_offering(self, provider: &str, region: Option<&str>) -> Option<String> {
        [region, Some("global")]
            .into_iter()
            .flatten()
            .find_map(|name| match self.services.region(provider, name) {
                RegionMatch::One(r) => r.offering.clone(),
                _ => None,
            })
            .or_else(|| self.only_offering(provider))
    }

    /// Names the hosts of an estate by offering. A host that is the provider itself says nothing new.
    pub fn hosts(&self, estate: &mut Estate) {
        for r in &mut estate.resources {
            let Some(host) = r.host_provider.take() else { continue };
            if r.provider.as_deref() != Some(host.as_str()) {
                r.host_provider = Some(self.host_offering(&host, r.region.as_deref()).map_or(host, Into::into));
            }
        }
    }

    /// The offering of a provider that has just one, so that a missing region does not matter.
    fn only_offering(self, provider: &str) -> Option<String> {
        let all: BTreeSet<Option<&String>> =
            self.services.regions.iter().filter(|r| r.provider == provider).map(|r| r.offering.as_ref()).collect();
        match all.into_iter().collect::<Vec<_>>().as_slice() {
            [Some(one)] => Some((*one).clone()),
            _ => None,
        }
    }

    /// Fills capability, data kind and whether it holds data; counts an unknown type or service.
    pub fn kind(&self, o: &mut Observation, info: Option<&TypeInfo>, missing: UnknownReason) {
        match info {
            Some(info) => {
                o.capability = Some(info.capability.clone());
                o.data_kind = info.data_kind;
                o.holds_data = info.holds_data;
            }
            None => {
                o.unknown.insert(missing);
            }
        }
    }

    /// The map itself.
    pub fn services(&self) -> &'a ServiceMap {
        self.services
    }
}
