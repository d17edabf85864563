//! Options: every candidate offering in every configuration that it has, judged once.

use std::collections::BTreeMap;

use flagstate_catalog::Offering;
use flagstate_estate::{Custody, Processing};
use flagstate_frameworks::{Configuration, Facts};

use crate::{sheet::Candidate, world::World};

/// Id of what runs today, as it is.
pub const TODAY: &str = "(today)";

/// An option with what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Option_ {
    pub(crate) candidate: Candidate,
    /// Column of the catalog's services; none where what runs today is not of one candidate.
    pub(crate) column: Option<String>,
    /// True where the column is its own.
    pub(crate) own: bool,
    /// One part for a candidate; every part of what runs today.
    pub(crate) parts: Vec<Facts>,
}

/// All candidates, in the order of the data, weakest key custody first.
pub(crate) fn all(world: &World<'_>) -> Vec<Option_> {
    let wanted = |id: &String| {
        let s = world.section;
        (s.offerings.is_empty() || s.offerings.contains(id)) && !s.without.contains(id)
    };
    let mut options = Vec::new();
    for c in world.data.candidates.iter().filter(|c| wanted(&c.offering)) {
        let Some(offering) = world.catalog.offerings.get(&c.offering) else { continue };
        for custody in custodies(world, offering) {
            let configuration = Configuration::of(c.offering.clone()).with_custody(world.catalog, custody);
            let candidate = Candidate {
                id: format!("{}/{}", c.offering, word(custody)),
                offering: c.offering.clone(),
                name: world.offering_name(&c.offering),
                spectrum: offering.spectrum_position,
                custody,
                processing: configuration.processing,
                safeguards: configuration.also.clone(),
                today: false,
            };
            let facts = world.frameworks().facts(&configuration);
            options.push(Option_ { candidate, column: Some(c.column.clone()), own: c.own, parts: vec![facts] });
        }
    }
    options
}

/// Ways to hold keys that an offering has; encryption before upload needs nothing from it.
fn custodies(world: &World<'_>, offering: &Offering) -> Vec<Custody> {
    let has = |custody: Custody| {
        let words = offering.built_in.iter().chain(&offering.available);
        words.filter_map(|id| world.catalog.safeguards.get(id)).any(|s| s.custody.as_deref() == Some(word(custody)))
    };
    let all = [Custody::Provider, Custody::CustomerKeyInProviderHsm, Custody::ExternalKeyStore, Custody::ClientSide];
    all.into_iter().filter(|c| matches!(c, Custody::Provider | Custody::ClientSide) || has(*c)).collect()
}

/// The word of the data.
pub(crate) fn word(custody: Custody) -> &'static str {
    match custody {
        Custody::Provider => "provider",
        Custody::CustomerKeyInProviderHsm => "customer_key_in_provider_hsm",
        Custody::ExternalKeyStore => "external_key_store",
        Custody::ClientSide => "client_side",
    }
}

/// What runs today, as it is; none where nothing of it is known.
pub(crate) fn today(
    world: &World<'_>,
    seen: &crate::world::Seen,
    known: &mut BTreeMap<Configuration, Facts>,
) -> Option<Option_> {
    let mut parts: BTreeMap<Configuration, Facts> = BTreeMap::new();
    let mut custody: Option<Custody> = None;
    let mut processing = Processing::AtRest;
    for totals in &seen.classes {
        let capability = totals.class.capability.as_ref().and_then(|id| world.services.capabilities.get(id));
        let lock_in = capability.and_then(|c| c.lock_in.as_deref());
        let Some(configuration) = Configuration::of_class(world.catalog, &totals.class, lock_in) else { continue };
        let mine = configuration.custody.unwrap_or(Custody::Provider);
        custody = Some(custody.map_or(mine, |c| c.min(mine)));
        if configuration.processing == Processing::InClear {
            processing = Processing::InClear;
        }
        let facts = known.entry(configuration.clone()).or_insert_with_key(|c| world.frameworks().facts(c));
        parts.insert(configuration, facts.clone());
    }
    let first = parts.keys().next()?.offering.clone();
    let alone = parts.keys().all(|c| c.offering == first);
    let mut ids: Vec<&str> = parts.keys().map(|c| c.offering.as_str()).collect();
    ids.dedup();
    let names: Vec<String> = ids.iter().map(|id| world.offering_name(id)).collect();
    let data = alone.then(|| world.data.candidates.iter().find(|c| c.offering == first)).flatten();
    let candidate = Candidate {
        id: TODAY.to_owned(),
        offering: ids.join("+"),
        name: names.join(" + "),
        spectrum: alone.then(|| world.catalog.offerings.get(&first)?.spectrum_position).flatten(),
        custody: custody.unwrap_or(Custody::Provider),
        processing,
        safeguards: Vec::new(),
        today: true,
    };
    Some(Option_ {
        candidate,
        column: data.map(|d| d.column.clone()),
        own: data.is_none_or(|d| d.own),
        parts: parts.into_values().collect(),
    })
}
