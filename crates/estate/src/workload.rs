//! Workloads: selecting resources, applying what people state, and the default grouping.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde::Serialize;

use crate::{
    config::{Forbidden, Project, Selector, WorkloadSpec},
    name::Name,
    resource::{Estate, Resource},
};

/// Name of the workload that takes what no selector fits.
pub const REST: &str = "(not assigned)";

/// A named set of resources.
#[derive(Clone, Debug, Serialize)]
pub struct Workload {
    /// Name.
    pub name: String,
    /// Classification in the project's words.
    pub classification: Option<String>,
    /// Requirements.
    pub forbid: Vec<Forbidden>,
    /// Indexes into [`Estate::resources`].
    pub members: Vec<usize>,
}

/// Applies assertions and workload-level statements to the estate, then assigns every resource to one workload.
/// Workloads come in the order of the project file, then the rest; without a project they are grouped and sorted.
pub fn assign(estate: &mut Estate, project: &Project) -> Vec<Workload> {
    for assertion in &project.assertions {
        for r in estate.resources.iter_mut().filter(|r| assertion.select.iter().any(|s| s.fits(r))) {
            if let Some(offering) = &assertion.offering {
                r.offering = Some(offering.as_str().into());
                r.unknown.clear();
            }
            set(&mut r.region, assertion.region.as_ref());
            set(&mut r.contracting_entity, assertion.contracting_entity.as_ref());
            r.custody = assertion.key_custody.or(r.custody);
            r.processing = assertion.processing.or(r.processing);
            r.safeguards.extend(assertion.safeguards.iter().cloned());
        }
    }
    if project.workloads.is_empty() { grouped(estate) } else { selected(estate, &project.workloads) }
}

fn set(slot: &mut Option<Name>, value: Option<&String>) {
    if let Some(v) = value {
        *slot = Some(v.as_str().into());
    }
}

fn selected(estate: &mut Estate, specs: &[WorkloadSpec]) -> Vec<Workload> {
    let mut workloads: Vec<Workload> = specs
        .iter()
        .map(|s| Workload {
            name: s.name.clone(),
            classification: s.classification.clone(),
            forbid: s.forbid.clone(),
            members: Vec::new(),
        })
        .collect();
    let mut rest = Vec::new();
    for (i, r) in estate.resources.iter_mut().enumerate() {
        let home = specs.iter().position(|s| s.select.iter().any(|sel| sel.fits(r)));
        match home.and_then(|h| Some((specs.get(h)?, workloads.get_mut(h)?))) {
            Some((spec, workload)) => {
                r.custody = r.custody.or(spec.key_custody);
                r.processing = r.processing.or(spec.processing);
                r.safeguards.extend(spec.safeguards.iter().cloned());
                workload.members.push(i);
            }
            None => rest.push(i),
        }
    }
    if !rest.is_empty() {
        workloads.push(Workload { name: REST.into(), classification: None, forbid: Vec::new(), members: rest });
    }
    workloads
}

fn grouped(estate: &Estate) -> Vec<Workload> {
    // Providers compare these names without case, and inputs spell them differently.
    let mut spelled: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
    for (i, r) in estate.resources.iter().enumerate() {
        let name = r.namespace.as_ref().or(r.group.as_ref()).or(r.account.as_ref()).or(r.provider.as_ref());
        spelled.entry(name.map_or(REST, Name::as_str)).or_default().push(i);
    }
    let mut groups: BTreeMap<String, (String, Vec<usize>)> = BTreeMap::new();
    for (name, mut members) in spelled {
        let slot = groups.entry(name.to_lowercase()).or_insert_with(|| (name.to_owned(), Vec::new()));
        slot.0 = slot.0.clone().min(name.to_owned());
        slot.1.append(&mut members);
    }
    for (_, members) in groups.values_mut() {
        members.sort_unstable();
    }
    groups
        .into_values()
        .map(|(name, members)| Workload { name, classification: None, forbid: Vec::new(), members })
        .collect()
}

impl Selector {
    /// True when every given part fits; an empty selector fits nothing.
    pub fn fits(&self, r: &Resource) -> bool {
        let mut given = false;
        for (key, pattern) in &self.tags {
            given = true;
            let hit = r.tags.iter().any(|(k, v)| k.trim().eq_ignore_ascii_case(key) && matches(pattern, v));
            if !hit {
                return false;
            }
        }
        let parts = [
            (&self.account, vec![&r.account]),
            (&self.group, vec![&r.group]),
            (&self.namespace, vec![&r.namespace]),
            (&self.service, vec![&r.service, &r.resource_type, &r.capability]),
            (&self.provider, vec![&r.provider]),
            (&self.region, vec![&r.region]),
        ];
        for (pattern, values) in parts {
            if let Some(p) = pattern {
                given = true;
                if !values.iter().any(|v| v.as_ref().is_some_and(|v| matches(p, v))) {
                    return false;
                }
            }
        }
        if let Some(p) = &self.id {
            given = true;
            if !(matches(p, &r.id) || r.name.as_ref().is_some_and(|n| matches(p, n))) {
                return false;
            }
        }
        given
    }
}

/// `*` stands for any text; comparison ignores case.
pub fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.to_lowercase());
    let mut parts = pattern.split('*');
    let Some(first) = parts.next() else { return text.is_empty() };
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut last = None;
    for part in parts {
        if let Some(middle) = last.replace(part) {
            match rest.split_once(middle) {
                Some((_, after)) => rest = after,
                None => return false,
            }
        }
    }
    match last {
        None => rest.is_empty(),
        Some(end) => rest.ends_with(end),
    }
}
