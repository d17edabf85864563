//! Classes: all resources that share everything the judgement depends on. Reasoning runs once per class.

use std::{
    collections::BTreeSet,
    hash::{Hash, Hasher},
};

use rustc_hash::FxHashMap;

use serde::{Deserialize, Serialize};

use crate::{
    money::Money,
    name::Name,
    resource::{Custody, DataKind, Estate, Processing, Resource},
    workload::Workload,
};

/// Position of a class in the list of classes.
pub type ClassId = usize;

/// Everything the judgement depends on, and nothing else.
#[derive(Clone, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Class {
    /// Offering id; `None` is judged unknown.
    pub offering: Option<String>,
    /// Provider, shown when the offering is not known.
    pub provider: Option<String>,
    /// Legal entity named on the bill.
    pub contracting_entity: Option<String>,
    /// Offering on whose machines it runs, where that is another provider's (the raw name when not known).
    pub host_provider: Option<String>,
    /// Capability id.
    pub capability: Option<String>,
    /// Key custody as known.
    pub custody: Option<Custody>,
    /// Processing as known.
    pub processing: Option<Processing>,
    /// Safeguards seen or stated to be in use.
    pub safeguards: BTreeSet<String>,
    /// Data kind.
    pub data_kind: Option<DataKind>,
}

/// A class with what it stands for.
#[derive(Clone, Debug, Serialize)]
pub struct ClassTotals {
    /// The class.
    pub class: Class,
    /// Number of resources.
    pub resources: u64,
    /// Of these, the ones that hold customers' data as far as the catalog knows.
    pub holding_data: u64,
    /// Their cost.
    pub cost: Money,
}

impl Class {
    /// The class of a resource.
    pub fn of(resource: &Resource) -> Self {
        Self {
            offering: owned(resource.offering.as_ref()),
            provider: owned(resource.provider.as_ref()),
            contracting_entity: owned(resource.contracting_entity.as_ref()),
            host_provider: owned(resource.host_provider.as_ref()),
            capability: owned(resource.capability.as_ref()),
            custody: resource.custody,
            processing: resource.processing,
            safeguards: resource.safeguards.clone(),
            data_kind: resource.data_kind,
        }
    }
}

fn owned(name: Option<&Name>) -> Option<String> {
    name.map(|n| n.as_str().to_owned())
}

/// Collapses the resources of each workload into classes, in class order. One pass in the order of the estate; a class
/// is built once, not once per resource.
pub fn collapse(estate: &Estate, workloads: &[Workload]) -> Vec<Vec<ClassTotals>> {
    let mut owner: Vec<u32> = vec![u32::MAX; estate.resources.len()];
    for (number, workload) in (0_u32..).zip(workloads) {
        for member in &workload.members {
            if let Some(slot) = owner.get_mut(*member) {
                *slot = number;
            }
        }
    }
    let mut place: Vec<FxHashMap<Alike<'_>, usize>> = vec![FxHashMap::default(); workloads.len()];
    let mut totals: Vec<Vec<ClassTotals>> = vec![Vec::new(); workloads.len()];
    for (resource, owner) in estate.resources.iter().zip(&owner) {
        let owner = *owner as usize;
        let (Some(place), Some(totals)) = (place.get_mut(owner), totals.get_mut(owner)) else { continue };
        let at = *place.entry(Alike(resource)).or_insert_with(|| {
            totals.push(ClassTotals {
                class: Class::of(resource),
                resources: 0,
                holding_data: 0,
                cost: Money::default(),
            });
            totals.len() - 1
        });
        if let Some(slot) = totals.get_mut(at) {
            slot.resources += 1;
            slot.holding_data += u64::from(resource.holds_data != Some(false));
            slot.cost.add_all(&resource.cost);
        }
    }
    for list in &mut totals {
        list.sort_by(|a, b| a.class.cmp(&b.class));
    }
    totals
}

/// A resource seen as its class: equal when [`Class::of`] is.
#[derive(Clone, Copy)]
struct Alike<'a>(&'a Resource);

impl<'a> Alike<'a> {
    fn texts(self) -> [&'a Option<Name>; 5] {
        let r = self.0;
        [&r.offering, &r.provider, &r.contracting_entity, &r.host_provider, &r.capability]
    }
}

impl PartialEq for Alike<'_> {
    fn eq(&self, other: &Self) -> bool {
        let (a, b) = (self.0, other.0);
        self.texts() == other.texts()
            && (a.custody, a.processing, a.data_kind) == (b.custody, b.processing, b.data_kind)
            && a.safeguards == b.safeguards
    }
}

impl Eq for Alike<'_> {}

impl Hash for Alike<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // What tells most classes apart; equality looks at the rest.
        let r = self.0;
        r.offering.hash(state);
        r.capability.hash(state);
        (r.custody, r.processing).hash(state);
    }
}
