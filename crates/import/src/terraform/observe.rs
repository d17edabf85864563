//! From rows to observations: the part that states and plans share.
//!
//! What it is for: provider, place, kind, custody, tags and identity of every row; then what only the whole file can
//! say (a region that all others of one provider block share, a parent's region, which of two types owns an id).
//!
//! What it deliberately does not do: open or parse files.
//!
//! Source: `HashiCorp` "JSON Output Format" 1.2 (2024) and the providers' resource references.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::ServiceMap;
use flagstate_estate::{EstateBuilder, InputRef, Observation, UnknownReason};
use rustc_hash::FxHashMap;

use super::{
    attributes::{Attributes, Wanted},
    config::Config,
    custody::Keys,
    place::{self, Place},
    row::Row,
    text::Node,
};
use crate::{Context, Resolver, identity};

/// Providers that make files, numbers and names on the machine where the tool runs.
const LOCAL: &[&str] =
    &["archive", "cloudinit", "external", "http", "local", "null", "random", "template", "terraform", "time", "tls"];

/// Reason for rows of data sources.
pub(super) const DATA: &str = "data source: read, not managed, by this configuration";
/// Reason for rows of local-only providers.
pub(super) const CONFIGURATION: &str = "configuration only: runs nowhere (null, random, tls and the like)";

/// Endings of types whose `arn` or id is that of the resource they belong to.
const BORROWS: &[&str] = &[
    "_association", "_attachment", "_data_protection_policy", "_event_target", "_secret_policy", "_secret_rotation",
    "_secret_version", "_topic_policy", "_validation", "_acl",
];

/// A row on its way.
struct Pending<'d> {
    observation: Box<Observation>,
    place: Place,
    provider: Option<&'d str>,
    /// Names one provider block; empty where the file does not tell.
    scope: &'d str,
    type_name: &'d str,
    /// ARM id, lower case.
    arm_id: Option<String>,
}

/// Turns rows into observations.
pub(super) struct Observer<'c> {
    resolver: Resolver<'c>,
    services: &'c ServiceMap,
    wanted: Wanted,
    providers: FxHashMap<String, Option<&'c str>>,
    refined: FxHashMap<String, Option<String>>,
    paths: FxHashMap<String, Vec<String>>,
    /// Per type: of a service without regions; shows the id of another.
    types: FxHashMap<String, (bool, bool)>,
}

impl<'c> Observer<'c> {
    /// One per file.
    pub(super) fn new(context: &Context<'c>) -> Self {
        let services = context.services;
        let mut paths: FxHashMap<String, Vec<String>> = FxHashMap::default();
        for rule in &services.refine_rules {
            let conditions = rule.map.keys().filter_map(|k| k.split_once('=')).map(|(p, _)| p.to_owned());
            let all: Vec<String> = std::iter::once(rule.attribute.clone()).chain(conditions).collect();
            for t in &rule.types {
                paths.entry(t.clone()).or_default().extend(all.iter().cloned());
            }
        }
        Self {
            resolver: Resolver::new(services),
            services,
            wanted: Wanted::new(services),
            providers: FxHashMap::default(),
            refined: FxHashMap::default(),
            paths,
            types: FxHashMap::default(),
        }
    }

    /// Observes all rows of a file.
    pub(super) fn run(
        &mut self,
        rows: &[Row<'_>],
        config: Option<&Config<'_>>,
        input: InputRef,
        builder: &mut EstateBuilder,
    ) {
        let keys = Keys::learn(rows, &self.wanted, config);
        let mut pending = Vec::with_capacity(rows.len());
        for row in rows {
            if row.data {
                builder.ignore(input, DATA, 1);
            } else if LOCAL.contains(&provider_name(row)) {
                builder.ignore(input, CONFIGURATION, 1);
            } else {
                pending.push(self.row(row, &keys, config));
            }
        }
        let inferred = self.infer(&mut pending);
        if inferred > 0 {
            builder.note(
                input,
                format!("{inferred} resources were placed with others of the same provider block or parent"),
            );
        }
        own_keys(&mut pending);
        for p in pending {
            builder.observe(input, p.observation);
        }
    }

    fn row<'d>(&mut self, row: &Row<'d>, keys: &Keys, config: Option<&Config<'_>>) -> Pending<'d>
    where
        'c: 'd,
    {
        let attributes = row.attributes(&self.wanted);
        let info = self.services.terraform(row.type_name);
        let provider = info.and_then(|i| i.provider.as_deref()).or_else(|| self.provider(row));
        let defaults = config.and_then(|c| c.defaults(row));
        let (global, borrows) = self.of_type(row.type_name);
        let place = place::of(self.services, provider.unwrap_or_default(), row, &attributes, defaults, global);
        let mut o = Box::new(Observation {
            rows: 1,
            name: Some(place::display(&attributes, row).into_owned()),
            resource_type: Some(row.type_name.to_owned()),
            account: place.account.clone(),
            group: place.group.clone(),
            namespace: namespace(row, &attributes),
            tags: tags(&attributes).into(),
            custody: keys.of(row, &attributes, config),
            ..Observation::default()
        });
        self.resolver.kind(&mut o, info, UnknownReason::Type);
        if let Some(capability) = self.refine(row.type_name, &attributes) {
            o.capability = Some(capability);
        }
        self.locate(&mut o, provider, row, &place);
        o.keys = identity_keys(row, provider, &attributes, &place, borrows);
        let id = attributes.text("id").filter(|i| i.starts_with("/subscriptions/"));
        Pending {
            observation: o,
            provider,
            scope: if row.one_config { row.provider } else { "" },
            type_name: row.type_name,
            arm_id: id.map(str::to_ascii_lowercase),
            place,
        }
    }

    fn of_type(&mut self, type_name: &str) -> (bool, bool) {
        if let Some(found) = self.types.get(type_name) {
            return *found;
        }
        let found = (place::is_global(type_name), BORROWS.iter().any(|b| type_name.ends_with(b)));
        self.types.insert(type_name.to_owned(), found);
        found
    }

    fn locate(&self, o: &mut Observation, provider: Option<&str>, row: &Row<'_>, place: &Place) {
        let Some(provider) = provider else {
            let raw = provider_name(row);
            self.resolver.place(o, None, place.region.as_deref(), false);
            o.provider = Some(raw.to_owned()).filter(|r| !r.is_empty());
            return;
        };
        let known_partition = provider != "aws" || place.partition.is_some();
        let global = place.region.is_none() && (place.global || place.partition.is_some()) && known_partition;
        let region = match &place.region {
            Some(region) => Some(region.clone()),
            None if global => place::global_region(self.services, provider, place.partition.as_deref()),
            None => None,
        };
        self.resolver.place(o, Some(provider), region.as_deref(), false);
        if let (None, Some(partition)) = (&o.offering, &place.partition)
            && let Some(offering) = place::offering_of(self.services, provider, partition)
        {
            o.offering = Some(offering);
            o.unknown.remove(&UnknownReason::Region);
            o.unknown.remove(&UnknownReason::Offering);
        }
    }

    /// Provider id from the provider's address or, where that says nothing, from the type.
    fn provider(&mut self, row: &Row<'_>) -> Option<&'c str> {
        let name = provider_name(row);
        if let Some(found) = self.providers.get(name) {
            return *found;
        }
        let found = self.resolver.provider(name);
        self.providers.insert(name.to_owned(), found);
        found
    }

    /// Capability by engine, size or kind; remembered, because rules hold patterns.
    fn refine(&mut self, type_name: &str, attributes: &Attributes<'_>) -> Option<String> {
        let paths = self.paths.get(type_name)?;
        let mut memo = type_name.to_owned();
        for path in paths {
            memo.push('\u{1f}');
            memo.push_str(&attributes.path(path).unwrap_or_default());
        }
        if let Some(found) = self.refined.get(&memo) {
            return found.clone();
        }
        let found = self.services.refine(type_name, &|path| attributes.path(path));
        // A capability with a remark behind it counts as the capability.
        let found = found.map(|c| c.split([' ', ':']).next().unwrap_or_default().to_owned());
        let found = found.filter(|c| self.services.capabilities.contains_key(c));
        self.refined.insert(memo, found.clone());
        found
    }

    /// What only the whole file says. Returns how many rows it placed.
    fn infer(&self, pending: &mut [Pending<'_>]) -> u64 {
        let open =
            |p: &Pending<'_>| p.observation.region.is_none() && p.observation.unknown.contains(&UnknownReason::Region);
        if !pending.iter().any(open) {
            return 0;
        }
        let known = Known::of(pending, self.services);
        let found: Vec<(usize, String)> = pending
            .iter()
            .enumerate()
            .filter(|(_, p)| open(p))
            .filter_map(|(i, p)| Some((i, known.region(p, self.services)?)))
            .collect();
        let placed = found.len() as u64;
        for (i, region) in found {
            if let Some(p) = pending.get_mut(i) {
                p.observation.unknown.remove(&UnknownReason::Region);
                self.resolver.place(&mut p.observation, p.provider, Some(&region), false);
            }
        }
        placed
    }
}

/// Places that rows of one file show.
#[derive(Default)]
struct Known<'p> {
    /// Regions per AWS provider block.
    regions: BTreeMap<&'p str, BTreeSet<&'p str>>,
    /// AWS partitions.
    partitions: BTreeSet<String>,
    /// Regions by ARM id.
    arm: FxHashMap<&'p str, &'p str>,
}

impl<'p> Known<'p> {
    fn of(pending: &'p [Pending<'_>], services: &ServiceMap) -> Self {
        let mut known = Self::default();
        let mut asked: BTreeSet<&str> = BTreeSet::new();
        for p in pending {
            let region = p.observation.region.as_deref().filter(|_| p.observation.offering.is_some());
            if p.provider == Some("aws") {
                if let Some(region) = region.filter(|r| !p.place.global && *r != "global") {
                    if !p.scope.is_empty() {
                        known.regions.entry(p.scope).or_default().insert(region);
                    }
                    if asked.insert(region) {
                        known.partitions.extend(place::partition_of(services, "aws", region));
                    }
                }
                if let Some(partition) = p.place.partition.as_ref().filter(|x| !known.partitions.contains(*x)) {
                    known.partitions.insert(partition.clone());
                }
            }
            if let (Some(id), Some(region)) = (&p.arm_id, region) {
                known.arm.insert(id, region);
            }
        }
        known
    }

    fn region(&self, p: &Pending<'_>, services: &ServiceMap) -> Option<String> {
        match p.provider? {
            "aws" if p.place.global => {
                let partition = self.partitions.first().filter(|_| self.partitions.len() == 1)?;
                place::global_region(services, "aws", Some(partition))
            }
            "aws" => {
                let regions = self.regions.get(p.scope).filter(|r| r.len() == 1)?;
                regions.first().map(|r| (*r).to_owned())
            }
            "azure" => parent_region(p.arm_id.as_deref()?, &self.arm),
            _ => None,
        }
    }
}

/// The region of the nearest parent in an ARM id. A resource group is no parent: its location binds nobody.
fn parent_region(id: &str, arm: &FxHashMap<&str, &str>) -> Option<String> {
    let mut at = id;
    while let Some((up, _)) = at.rsplit_once('/') {
        if up.ends_with("/providers") || !up.contains("/providers/") {
            return None;
        }
        if let Some(region) = arm.get(up) {
            return Some((*region).to_owned());
        }
        at = up;
    }
    None
}

/// Two types of one file that show the same id are two resources: the one that the id belongs to keeps it.
fn own_keys(pending: &mut [Pending<'_>]) {
    let mut owners: FxHashMap<&str, &str> = FxHashMap::default();
    owners.reserve(pending.len() * 2);
    let mut shared = false;
    for p in pending.iter() {
        for key in &p.observation.keys {
            let owner = owners.entry(key).or_insert(p.type_name);
            shared |= *owner != p.type_name;
            if (p.type_name.len(), p.type_name) < (owner.len(), *owner) {
                *owner = p.type_name;
            }
        }
    }
    if !shared {
        return;
    }
    let lost: Vec<(usize, Vec<String>)> = pending
        .iter()
        .enumerate()
        .map(|(i, p)| {
            let others =
                p.observation.keys.iter().filter(|k| owners.get(k.as_str()).is_some_and(|t| *t != p.type_name));
            (i, others.cloned().collect())
        })
        .filter(|(_, lost): &(usize, Vec<String>)| !lost.is_empty())
        .collect();
    for (i, lost) in lost {
        let Some(p) = pending.get_mut(i) else { continue };
        p.observation.keys.retain(|k| !lost.contains(k));
        if let (true, Some(first)) = (p.observation.keys.is_empty(), lost.first()) {
            p.observation.keys.push(format!("{}:{first}", p.type_name));
        }
    }
}

/// Last part of a provider's address: `aws` of `provider["registry.terraform.io/hashicorp/aws"].west`,
/// `module.a.provider.aws.west` and `aws`.
pub(super) fn provider_name<'d>(row: &Row<'d>) -> &'d str {
    let address = row.provider;
    let quoted = address.split_once("provider[\"").and_then(|(_, rest)| rest.split_once("\"]")).map(|(a, _)| a);
    let bare = quoted.unwrap_or_else(|| match address.rsplit_once("provider.") {
        Some((_, rest)) => rest.split('.').next().unwrap_or(rest),
        None => address,
    });
    let last = bare.rsplit('/').next().unwrap_or(bare);
    if last.is_empty() { row.type_name.split('_').next().unwrap_or_default() } else { last }
}

fn identity_keys(
    row: &Row<'_>,
    provider: Option<&str>,
    attributes: &Attributes<'_>,
    place: &Place,
    borrows: bool,
) -> Vec<String> {
    let provider = provider.unwrap_or_else(|| provider_name(row));
    let account = place.account.as_deref();
    let own = |name: &str| attributes.text(name).filter(|_| !borrows);
    let mut keys = Vec::new();
    for id in [own("arn"), own("self_link"), own("id")].into_iter().flatten() {
        for key in identity::keys_for(provider, account, id, Some(row.type_name)) {
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        // One name is enough unless it is only a part of one.
        if !keys.is_empty() {
            break;
        }
    }
    if keys.is_empty()
        && let Some(id) = attributes.text("id")
    {
        keys.push(format!("{}:{provider}:{id}", row.type_name));
    }
    if keys.is_empty() {
        // Nothing exists yet, or it has no id: the address and the name, the same in a plan and a state of one project.
        let name = attributes.first(&["name", "bucket", "identifier"]).unwrap_or_default();
        keys.push(format!("tfplan:{}:{name}", row.address));
        if let Some(bucket) = attributes.first(&["bucket", "name"]).filter(|_| is_bucket(row.type_name)) {
            keys = identity::keys_for(provider, account, bucket, Some(row.type_name));
        }
    }
    keys
}

/// Buckets are named by their users, so that a planned bucket has its identity already.
fn is_bucket(type_name: &str) -> bool {
    matches!(type_name, "aws_s3_bucket" | "google_storage_bucket")
}

/// Namespace of Kubernetes objects and releases.
fn namespace(row: &Row<'_>, attributes: &Attributes<'_>) -> Option<String> {
    if !row.type_name.starts_with("kubernetes_") && row.type_name != "helm_release" {
        return None;
    }
    let own = attributes.text("namespace");
    own.or_else(|| attributes.get("metadata")?.get("namespace")?.text()).map(str::to_owned)
}

/// Tags and labels of every provider's shape: objects, `["a=b"]`, `[{key, value}]`. Later names win.
fn tags(attributes: &Attributes<'_>) -> BTreeMap<String, String> {
    const NAMES: &[&str] = &[
        "defined_tags", "freeform_tags", "terraform_labels", "effective_labels", "resource_labels", "user_labels",
        "labels", "tags_all", "tags",
    ];
    let mut tags = BTreeMap::new();
    for name in NAMES {
        match attributes.get(name) {
            Some(Node::Map(members)) => {
                for (key, value) in members {
                    if let Some(value) = value.text() {
                        tags.insert(key.to_string(), value.to_owned());
                    }
                }
            }
            Some(Node::List(list)) => {
                for element in list {
                    let pair = match element.text() {
                        Some(text) => Some(text.split_once(['=', ':']).unwrap_or((text, ""))),
                        None => element.get("key").and_then(Node::text).zip(element.get("value").and_then(Node::text)),
                    };
                    if let Some((key, value)) = pair {
                        tags.insert(key.to_owned(), value.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    tags
}
