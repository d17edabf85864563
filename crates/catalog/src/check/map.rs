//! The service map: offerings, providers and capabilities it names, and names that mean two things.

use std::collections::{BTreeMap, BTreeSet};

use super::Findings;
use crate::{
    Catalog, Jurisdiction, ServiceMap,
    services::{Region, fold},
};

pub(super) fn check(catalog: &Catalog, services: &ServiceMap, out: &mut Findings) {
    regions(catalog, services, out);
    ambiguous(services, out);
    providers(services, out);
    capabilities(services, out);
}

fn name_of(r: &Region) -> String {
    format!("regions/{}:{}", r.provider, r.code)
}

fn regions(catalog: &Catalog, services: &ServiceMap, out: &mut Findings) {
    let mut codes = BTreeSet::new();
    for r in &services.regions {
        if !codes.insert((r.provider.as_str(), fold(&r.code))) {
            let message = "the provider has this code twice".to_owned();
            out.error("duplicate-id", name_of(r), message, "one row per region");
        }
        if !services.providers.contains_key(&r.provider) {
            let message = format!("the provider `{}` is not listed", r.provider);
            out.error("dangling-reference", name_of(r), message, "add it to `providers`");
        }
        match &r.offering {
            None => {
                let message = "no offering: resources here are answered unknown".to_owned();
                out.warning("missing-offering", name_of(r), message, "name the offering");
            }
            Some(o) if !catalog.offerings.contains_key(o) => {
                let message = format!("`offering` names `{o}`, which is not in the catalog");
                let help = "correct the id, or add the offering";
                out.error("dangling-reference", name_of(r), message, help);
            }
            Some(_) => {}
        }
        if r.eu == Some(true) && r.eea != Some(true) {
            let message = "in the Union but not in the Economic Area".to_owned();
            out.error("region-place", name_of(r), message, "correct `eu` or `eea`");
        }
        let member = r.country.as_ref().and_then(|c| catalog.jurisdictions.get(c));
        let union = |bloc: &String| catalog.jurisdictions.get(bloc).is_some_and(Jurisdiction::is_union);
        if let (Some(state), Some(eu)) = (member, r.eu)
            && state.memberships.iter().any(union) != eu
        {
            let message = "`eu` contradicts the memberships of its country".to_owned();
            out.error("region-place", name_of(r), message, "a name with `eu` in it is not a place in the Union");
        }
    }
}

fn ambiguous(services: &ServiceMap, out: &mut Findings) {
    let plain = |n: &String| n.trim().to_lowercase();
    for (subject, list) in meanings(services, &plain) {
        let message = format!("the name means several regions: {}", codes(&list));
        if offerings(&list).len() > 1 {
            let help = "they lead to different offerings: take the name from all but one";
            out.error("ambiguous-region", subject, message, help);
        } else {
            out.warning("ambiguous-region", subject, message, "they lead to the same offering, so answers stand");
        }
    }
    for (subject, list) in meanings(services, &|n| fold(n)) {
        if offerings(&list).len() > 1 {
            let message = format!("only blanks and dashes tell several regions apart: {}", codes(&list));
            let help = "the name as written decides; any other spelling is answered ambiguous";
            out.warning("ambiguous-region", subject, message, help);
        }
    }
}

/// Names that mean more than one region of their provider.
fn meanings<'a>(services: &'a ServiceMap, key: &dyn Fn(&String) -> String) -> BTreeMap<String, Vec<&'a Region>> {
    let mut names: BTreeMap<String, Vec<&Region>> = BTreeMap::new();
    for r in &services.regions {
        for name in r.bill_names.iter().chain(r.name.iter()).map(key).collect::<BTreeSet<_>>() {
            names.entry(format!("regions/{}:{name}", r.provider)).or_default().push(r);
        }
    }
    names.retain(|_, list| list.len() > 1);
    names
}

fn codes(list: &[&Region]) -> String {
    list.iter().map(|r| r.code.as_str()).collect::<Vec<_>>().join(", ")
}

fn offerings<'a>(list: &[&'a Region]) -> BTreeSet<&'a Option<String>> {
    list.iter().map(|r| &r.offering).collect()
}

fn providers(services: &ServiceMap, out: &mut Findings) {
    let mut names: BTreeMap<String, &str> = BTreeMap::new();
    for (id, list) in &services.provider_names {
        if !services.providers.contains_key(id) {
            let message = "names for a provider that is not listed".to_owned();
            out.error("dangling-reference", format!("provider_names/{id}"), message, "add it to `providers`");
        }
        for name in list.iter().map(|n| fold(n)).chain([fold(id)]).collect::<BTreeSet<_>>() {
            if let Some(other) = names.insert(name.clone(), id) {
                let message = format!("the name `{name}` also means `{other}`");
                let help = "a name leads to one provider";
                out.error("ambiguous-provider", format!("provider_names/{id}"), message, help);
            }
        }
    }
    for id in services.providers.keys().filter(|id| !services.provider_names.contains_key(*id)) {
        let message = "no names: bills and tools cannot lead to it".to_owned();
        out.warning("missing-name", format!("providers/{id}"), message, "add it to `provider_names`");
    }
}

fn capabilities(services: &ServiceMap, out: &mut Findings) {
    let mut named = |subject: String, capability: &str| {
        if !services.capabilities.contains_key(capability) {
            let message = format!("the capability `{capability}` is not listed");
            out.error("dangling-reference", subject, message, "correct the id, or add the capability");
        }
    };
    let types = services.types();
    for (subject, info) in &types {
        named(subject.clone(), &info.capability);
    }
    for rule in &services.refine_rules {
        for capability in rule.map.values() {
            named(format!("refine_rules/{}", rule.types.join("+")), capability);
        }
    }
    for (subject, info) in types {
        if let Some(p) = info.provider.as_ref().filter(|p| !services.providers.contains_key(*p)) {
            let message = format!("the provider `{p}` is not listed");
            out.error("dangling-reference", subject, message, "add it to `providers`");
        }
    }
    for (id, c) in &services.capabilities {
        for p in c.offers.as_object().into_iter().flat_map(serde_json::Map::keys) {
            if !services.providers.contains_key(p) {
                let message = format!("`offers` names the provider `{p}`, which is not listed");
                out.error("dangling-reference", format!("capabilities/{id}"), message, "add it to `providers`");
            }
        }
    }
}
