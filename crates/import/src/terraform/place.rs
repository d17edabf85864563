//! Where a resource is and whose account it is in, as its attributes say.
//!
//! What it is for: region, partition, account and group from ids (ARN, ARM id, OCID, Google names) and from the
//! attributes of each provider, with the provider block of a plan behind them.
//!
//! What it deliberately does not do: guess. A variant of a name (a zone for its region) counts only where the catalog
//! knows it for this provider.
//!
//! Sources: AWS "Amazon Resource Names" (2024-11); Azure "Resource ID" (2024); Google "Full resource names" (2024);
//! OCI "Resource Identifiers" (2024); the providers' resource references.

use std::borrow::Cow;

use flagstate_catalog::{ServiceMap, services::RegionMatch};

use super::{attributes::Attributes, config::Defaults, row::Row, text::Node};
use crate::identity::{account_in, group_in, region_in};

/// What was found.
#[derive(Clone, Debug, Default)]
pub(super) struct Place {
    /// Region as the catalog or the file names it.
    pub(super) region: Option<String>,
    /// AWS partition, from the ARN.
    pub(super) partition: Option<String>,
    /// Account, subscription, project.
    pub(super) account: Option<String>,
    /// Resource group or compartment.
    pub(super) group: Option<String>,
    /// True for services that have no region.
    pub(super) global: bool,
}

/// Attributes that name a place, in the order in which they are asked.
const PLACES: &[&str] = &[
    "region", "location", "zone", "availability_zone", "availability_domain", "subregion_name", "datacenter",
    "home_location", "availability_zones", "zones",
];

/// Types of services without regions: the provider runs them everywhere.
const GLOBAL: &[&str] = &[
    "aws_account_",
    "aws_budgets_",
    "aws_ce_",
    "aws_cloudfront_",
    "aws_globalaccelerator_",
    "aws_iam_",
    "aws_organizations_",
    "aws_route53_",
    "aws_route53domains_",
    "aws_shield_",
    "aws_waf_",
    "azuread_",
    "azurerm_cdn_",
    "azurerm_dns_",
    "azurerm_frontdoor",
    "azurerm_management_group",
    "azurerm_policy_",
    "azurerm_private_dns_",
    "azurerm_role_",
    "azurerm_traffic_manager_",
    "google_billing_",
    "google_compute_backend_bucket",
    "google_compute_backend_service",
    "google_compute_firewall",
    "google_compute_global_",
    "google_compute_health_check",
    "google_compute_network",
    "google_compute_project_",
    "google_compute_route",
    "google_compute_target_http",
    "google_compute_url_map",
    "google_dns_",
    "google_folder",
    "google_organization_",
    "google_project",
    "google_service_account",
    "oci_identity_",
];

/// Types whose names start like those above and that have a region all the same.
const REGIONAL: &[&str] = &[
    "aws_route53_resolver_",
    "google_compute_network_endpoint",
    "google_compute_network_attachment",
    "google_compute_router",
];

/// True for a type of a service without regions.
pub(super) fn is_global(type_name: &str) -> bool {
    GLOBAL.iter().any(|p| type_name.starts_with(p)) && !REGIONAL.iter().any(|p| type_name.starts_with(p))
}

/// Reads place, account and group of a row.
pub(super) fn of(
    services: &ServiceMap,
    provider: &str,
    row: &Row<'_>,
    attributes: &Attributes<'_>,
    defaults: Option<&Defaults>,
    global: bool,
) -> Place {
    let ids: Vec<&str> = ["arn", "self_link", "id"].iter().filter_map(|n| attributes.text(n)).collect();
    let arn = ids.iter().copied().find(|i| i.starts_with("arn:"));
    let mut place = Place {
        partition: arn.and_then(|a| a.split(':').nth(1)).filter(|p| !p.is_empty()).map(str::to_owned),
        account: account(provider, &ids, attributes, defaults),
        group: group(provider, row, &ids, attributes),
        global,
        region: None,
    };
    let own = ids
        .iter()
        .filter_map(|i| in_id(i))
        .chain(PLACES.iter().flat_map(|n| texts(attributes.get(n))))
        .collect::<Vec<&str>>();
    let behind = || {
        let d = defaults.filter(|_| inherits(provider, row))?;
        d.region.clone().or_else(|| d.zone.clone())
    };
    place.region = choose(services, provider, &own);
    if place.region.is_none() && !place.global {
        place.region = behind().map(|r| known(services, provider, &r).unwrap_or(r));
    }
    if place.global && provider == "aws" && place.partition.is_none() {
        place.partition = behind().and_then(|r| partition_of(services, provider, &r));
    }
    place
}

/// Texts of an attribute: itself, or the elements of a list.
fn texts<'n>(node: Option<&'n Node<'_>>) -> impl Iterator<Item = &'n str> {
    let own = node.and_then(Node::text);
    own.into_iter().chain(node.map(Node::elements).unwrap_or_default().iter().filter_map(Node::text))
}

/// The first candidate that the catalog knows; else, where no candidate is known, the first as it stands.
fn choose(services: &ServiceMap, provider: &str, candidates: &[&str]) -> Option<String> {
    // "1", "2" are Azure's zones inside a region.
    let mut named = candidates.iter().copied().filter(|c| !c.is_empty() && c.parse::<u8>().is_err());
    let found = named.clone().find_map(|c| known(services, provider, c));
    found.or_else(|| named.next().map(|c| last_segment(c).to_owned()))
}

/// The region of the catalog that a region, a zone or a link to one names.
fn known(services: &ServiceMap, provider: &str, name: &str) -> Option<String> {
    let name = last_segment(name.trim());
    let is_known = |n: &str| !n.is_empty() && !matches!(services.region(provider, n), RegionMatch::Unknown);
    let without = |n: &str| is_known(n).then(|| n.to_owned());
    if is_known(name) {
        return Some(name.to_owned());
    }
    match provider {
        "aws" | "aws_esc" | "outscale" => {
            let base = name.trim_end_matches(|c: char| c.is_ascii_lowercase());
            without(base).or_else(|| local_zone(name).and_then(without))
        }
        "gcp" => name.rsplit_once('-').and_then(|(r, zone)| without(r).filter(|_| zone.len() == 1)),
        "scaleway" | "otc" | "exoscale" => name.rsplit_once('-').and_then(|(r, _)| without(r)),
        "ovhcloud" | "openstack" => without(name.trim_end_matches(|c: char| c.is_ascii_digit())),
        "hetzner" => name.split_once("-dc").and_then(|(r, _)| without(r)),
        "oci" => {
            let name = name.rsplit(':').next().unwrap_or(name).to_ascii_lowercase();
            name.rsplit_once("-ad-").and_then(|(r, _)| without(r))
        }
        _ => None,
    }
}

/// `us-west-2-lax-1a` is a local zone of `us-west-2`.
fn local_zone(name: &str) -> Option<&str> {
    let number = name.find(|c: char| c.is_ascii_digit())?;
    name.get(..=number)
}

fn last_segment(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or(name)
}

/// A region inside an id. Google ids and Scaleway ids carry it as a segment.
fn in_id(id: &str) -> Option<&str> {
    if let Some(found) = region_in(id) {
        return Some(found);
    }
    let mut parts = id.split('/');
    let segment = |p: &&str| matches!(*p, "zones" | "regions" | "locations");
    if id.contains("projects/") {
        if id.contains("/global/") {
            return Some("global");
        }
        return parts.find(segment).and_then(|_| parts.next());
    }
    None
}

/// True where a provider block's region is the region of a resource that names none.
fn inherits(provider: &str, row: &Row<'_>) -> bool {
    match provider {
        // Only for attributes that the plan says will be filled in.
        "gcp" => row.unknown.is_some_and(|raw| {
            let node: Option<Node<'_>> = serde_json::from_str(raw.get()).ok();
            node.is_some_and(|n| ["region", "zone", "location"].iter().any(|a| n.get(a).is_some_and(Node::any_true)))
        }),
        "azure" => false,
        _ => true,
    }
}

fn account(provider: &str, ids: &[&str], attributes: &Attributes<'_>, defaults: Option<&Defaults>) -> Option<String> {
    let in_ids = ids.iter().find_map(|i| account_in(i));
    let names: &[&str] = match provider {
        "aws" | "aws_esc" | "outscale" => &["owner_id", "account_id"],
        "azure" => &["subscription_id"],
        "gcp" => &["project"],
        "ovhcloud" => &["service_name"],
        "oci" => &[],
        _ => &["project_id", "organization_id", "project"],
    };
    let found = in_ids.or_else(|| attributes.first(names));
    let found = found.or_else(|| defaults.and_then(|d| d.account.as_deref()).filter(|_| provider != "aws"))?;
    Some(found.strip_prefix("projects/").unwrap_or(found).to_owned())
}

fn group(provider: &str, row: &Row<'_>, ids: &[&str], attributes: &Attributes<'_>) -> Option<String> {
    let native = match provider {
        "azure" if row.type_name == "azurerm_resource_group" => attributes.text("name"),
        "azure" => attributes.text("resource_group_name").or_else(|| ids.iter().find_map(|i| group_in(i))),
        "oci" => attributes.text("compartment_id"),
        _ => None,
    };
    native.map(str::to_owned).or_else(|| Some(row.module.to_string()).filter(|m| !m.is_empty()))
}

/// Partition of a region.
pub(super) fn partition_of(services: &ServiceMap, provider: &str, region: &str) -> Option<String> {
    match services.region(provider, region) {
        RegionMatch::One(r) => r.partition.clone(),
        _ => None,
    }
}

/// The region that stands for a service without regions: the provider's `global`, or in another partition than the
/// public one, its only region.
pub(super) fn global_region(services: &ServiceMap, provider: &str, partition: Option<&str>) -> Option<String> {
    let Some(partition) = partition else {
        return known(services, provider, "global");
    };
    let all =
        || services.regions.iter().filter(|r| r.provider == provider && r.partition.as_deref() == Some(partition));
    if all().any(|r| r.code == "global") {
        return Some("global".to_owned());
    }
    let mut all = all();
    let first = all.next()?;
    all.next().is_none().then(|| first.code.clone())
}

/// The offering that all regions of a partition belong to.
pub(super) fn offering_of(services: &ServiceMap, provider: &str, partition: &str) -> Option<String> {
    let mut all = services
        .regions
        .iter()
        .filter(|r| r.provider == provider && r.partition.as_deref() == Some(partition))
        .map(|r| r.offering.as_ref());
    let first = all.next()??;
    all.all(|o| o == Some(first)).then(|| first.clone())
}

/// Name without what a display does not need.
pub(super) fn display<'n>(attributes: &'n Attributes<'_>, row: &'n Row<'_>) -> Cow<'n, str> {
    let names = ["name", "bucket", "identifier", "cluster_identifier", "function_name", "display_name"];
    let tagged = || attributes.get("tags").and_then(|t| t.get("Name")).and_then(Node::text);
    match attributes.first(&names).or_else(tagged) {
        Some(name) => Cow::Borrowed(name),
        None => Cow::Borrowed(row.address.as_ref()),
    }
}
