//! From the records of one resource to the resource.
//!
//! Best rank first, then the smallest value; different values of the best rank are a contradiction.

use std::collections::{BTreeMap, BTreeSet};

use super::record::{Field, Pool, Record, Text, merge_tags};
use crate::{
    money::Money,
    name::Name,
    resource::{InputLedger, Rank, Resource, UnknownReason},
    tags::Tags,
};

/// What merging needs to look at.
pub(super) struct Merge<'a> {
    pub(super) inputs: &'a [InputLedger],
    pub(super) texts: &'a Pool,
}

impl Merge<'_> {
    /// The resource that the records are about; `id` is the smallest of their keys.
    pub(super) fn resource(&self, id: Name, parts: &mut [&mut Record]) -> Resource {
        let mut contradictions = BTreeMap::new();
        for (field, name) in
            [(Field::Region, "region"), (Field::Offering, "offering"), (Field::Contract, "contracting_entity")]
        {
            let seen = self.seen(parts, |r| r.text(field));
            if seen.len() > 1 {
                contradictions.insert(name.to_owned(), seen.iter().map(|t| self.texts.str(*t).to_owned()).collect());
            }
        }
        let custodies: BTreeSet<_> = self.seen(parts, |r| r.custody).into_iter().collect();
        if custodies.len() > 1 {
            contradictions.insert("custody".to_owned(), custodies.iter().map(|c| format!("{c:?}")).collect());
        }
        let (offering, capability) = (self.name(parts, Field::Offering), self.name(parts, Field::Capability));
        let unknown = still_unknown(parts, offering.is_some(), capability.is_some());
        let mut inputs: Vec<u32> = parts.iter().map(|r| r.input).collect();
        inputs.sort_unstable();
        inputs.dedup();
        let processing = self.seen(parts, |r| r.processing).into_iter().min();
        let data_kind = self.seen(parts, |r| r.data_kind).into_iter().min();
        let holds_data = self.seen(parts, |r| r.holds_data).into_iter().min();
        let (tags, cost, safeguards) = gathered(parts);
        Resource {
            id,
            name: self.name(parts, Field::Name),
            provider: self.name(parts, Field::Provider),
            offering,
            region: self.name(parts, Field::Region),
            service: self.name(parts, Field::Service),
            resource_type: self.name(parts, Field::Type),
            capability,
            account: self.name(parts, Field::Account),
            group: self.name(parts, Field::Group),
            namespace: self.name(parts, Field::Namespace),
            tags,
            contracting_entity: self.name(parts, Field::Contract),
            host_provider: self.name(parts, Field::Host),
            custody: custodies.first().copied(),
            processing,
            safeguards,
            data_kind,
            holds_data,
            cost,
            unknown,
            inputs,
            contradictions,
        }
    }

    fn rank(&self, record: &Record) -> Rank {
        self.inputs.get(record.input as usize).map_or(Rank::Bill, |l| l.rank)
    }

    /// The different values of the best rank.
    fn seen<T: Copy + Eq>(&self, parts: &[&mut Record], get: impl Fn(&Record) -> Option<T>) -> Vec<T> {
        let Some(best) = parts.iter().filter(|r| get(r).is_some()).map(|r| self.rank(r)).min() else {
            return Vec::new();
        };
        let mut values = Vec::new();
        for value in parts.iter().filter(|r| self.rank(r) == best).filter_map(|r| get(r)) {
            if !values.contains(&value) {
                values.push(value);
            }
        }
        values
    }

    /// The smallest text of the best rank.
    fn name(&self, parts: &[&mut Record], field: Field) -> Option<Name> {
        if let [only] = parts {
            return only.text(field).map(|t| self.texts.name(t));
        }
        let seen = self.seen(parts, |r| r.text(field));
        seen.into_iter().min_by(|a: &Text, b: &Text| self.texts.cmp(*a, *b)).map(|t| self.texts.name(t))
    }
}

/// What adds up over all records. It is taken out of them: they are not needed any more.
fn gathered(parts: &mut [&mut Record]) -> (Tags, Money, BTreeSet<String>) {
    let Some((first, rest)) = parts.split_first_mut() else {
        return (Tags::default(), Money::default(), BTreeSet::new());
    };
    let mut tags = std::mem::take(&mut first.tags);
    let mut cost = std::mem::take(&mut first.cost);
    let mut safeguards = std::mem::take(&mut first.safeguards);
    for record in rest {
        merge_tags(&mut tags, &record.tags);
        cost.add_all(&record.cost);
        safeguards.append(&mut record.safeguards);
    }
    (tags, cost, safeguards)
}

/// A reason stays only while no input resolves it.
fn still_unknown(parts: &[&mut Record], has_offering: bool, has_capability: bool) -> BTreeSet<UnknownReason> {
    use UnknownReason as U;
    let mut all: BTreeSet<U> = parts.iter().flat_map(|r| r.unknown.iter().copied()).collect();
    if has_offering {
        all.retain(|u| !matches!(u, U::Provider | U::Region | U::AmbiguousRegion | U::Offering));
    }
    if has_capability {
        all.retain(|u| !matches!(u, U::Type | U::Service));
    }
    all
}
