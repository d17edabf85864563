//! Google Cloud: Cloud Asset Inventory exports, lists, histories and searches.
//!
//! What it is for: every asset is one row: one per line (NDJSON), pretty-printed over many lines, in a list, or under
//! `assets` or `results`. Names of fields are read in both spellings (`asset_type`, `assetType`). The place is read
//! from `location`, then from the data, then from the name; a project by number and by id is one project where the
//! file lists it.
//!
//! What it deliberately does not do: it keeps nothing of `resource.data` but what decides the verdict; it leaves out
//! records of policies (they say nothing of a resource) and the objects inside a cluster, which go with the cluster.
//!
//! Spec: Cloud Asset API v1 `Asset`, `TemporalAsset`, `ResourceSearchResult`; "Resource name format" (2025-11).

use std::collections::HashMap;

use flagstate_catalog::services::RegionMatch;
use flagstate_estate::{Custody, EstateBuilder, InputRef, Observation, Rank};
use serde_json::Value;

use super::{
    collect::{Collector, Pending},
    field::{dig, dig_text, first, kind, scalar, tags, text},
    gcp_types,
    json::{self, Object, Records},
    pages::Pages,
};
use crate::{Context, Format, ImportError, Input, Resolver, identity};

/// Assets that hold other assets and no data.
const CONTAINERS: [&str; 5] = [
    "cloudresourcemanager.googleapis.com/Organization",
    "cloudresourcemanager.googleapis.com/Folder",
    "cloudresourcemanager.googleapis.com/Project",
    "compute.googleapis.com/Project",
    "cloudbilling.googleapis.com/BillingAccount",
];

/// Services without regions: older exports write no location for them, newer ones `global`.
const GLOBAL: [&str; 4] =
    ["iam.googleapis.com/", "dns.googleapis.com/", "pubsub.googleapis.com/", "serviceusage.googleapis.com/"];

const CRYPTO_KEY: &str = "cloudkms.googleapis.com/CryptoKey";

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let to = builder.open_input(&input.display(), &Format::GcpAssets.to_string(), Rank::Inventory);
    let mut sink = Assets {
        resolver: Resolver::new(context.services),
        builder,
        to,
        all: Collector::default(),
        keys: Vec::new(),
        projects: HashMap::new(),
        pages: Pages::default(),
    };
    json::read(input, context, &mut sink)?;
    sink.finish();
    Ok(())
}

struct Assets<'a> {
    resolver: Resolver<'a>,
    builder: &'a mut EstateBuilder,
    to: InputRef,
    all: Collector,
    /// Keys that the file lists, with who holds them.
    keys: Vec<(String, Custody)>,
    /// Project number -> project id.
    projects: HashMap<String, String>,
    pages: Pages,
}

impl Records for Assets<'_> {
    const INSIDE: &'static [&'static str] = &["assets", "results"];

    fn record(&mut self, mut record: Object) {
        // A history wraps each asset in the time it was so.
        let deleted = record.get("deleted") == Some(&Value::Bool(true));
        let start = record.get("window").and_then(|w| dig_text(w, "startTime")).and_then(moment);
        if let Some(Value::Object(inner)) = record.remove("asset") {
            record = inner;
        }
        let (Some(name), Some(asset_type)) = (text(&record, "name"), first(&record, &["asset_type", "assetType"]))
        else {
            self.builder.ignore(self.to, "row without name and asset type", 1);
            return;
        };
        let reason = left_out(asset_type, &record);
        let resource = record.get("resource").unwrap_or(&Value::Null);
        let data = resource.get("data").unwrap_or(&Value::Null);
        if asset_type == "cloudresourcemanager.googleapis.com/Project"
            && let Some((number, id)) = project_names(name, &record, data)
        {
            self.projects.insert(number, id);
        }
        if let Some(reason) = reason {
            self.builder.ignore(self.to, reason, 1);
            return;
        }
        if asset_type == CRYPTO_KEY {
            let level = dig_text(data, "versionTemplate.protectionLevel");
            if let Some(custody) = level.or_else(|| dig_text(data, "primary.protectionLevel")).and_then(protection) {
                self.keys.push((key_name(name), custody));
            }
        }
        let time = start.or_else(|| first(&record, &["update_time", "updateTime"]).and_then(moment));
        let pending = (!deleted).then(|| Pending {
            observation: observe(self.resolver, name, asset_type, &record, resource, data),
            keys: keys(name, asset_type, &record, data),
        });
        self.all.add(normal(name), time, pending);
    }

    fn text(&mut self, _: &str) {
        self.odd();
    }

    fn odd(&mut self) {
        self.builder.ignore(self.to, "row is not an asset", 1);
    }

    fn envelope(&mut self, beside: &Object, records: u64) {
        self.pages.tokens(beside, records);
    }
}

impl Assets<'_> {
    fn finish(self) {
        let Self { builder, to, mut all, keys, projects, pages, .. } = self;
        pages.note(builder, to);
        for (key, custody) in keys {
            all.hold_key(&rename(&key, &projects), custody);
        }
        all.each(&mut |p| {
            let o = &mut p.observation;
            let raw = std::mem::take(&mut o.keys);
            for name in &raw {
                let name = rename(&normal(name), &projects);
                o.keys.extend(identity::keys_for("gcp", None, &name, o.resource_type.as_deref()));
            }
            o.keys.extend(raw);
            let mut seen = std::collections::BTreeSet::new();
            o.keys.retain(|k| seen.insert(k.clone()));
            o.account = o.account.take().map(|a| projects.get(&a).cloned().unwrap_or(a));
            p.keys = p.keys.iter().map(|k| rename(k, &projects)).collect();
        });
        // A named key is always the customer's; one that the file does not list may also lie outside.
        all.finish(builder, to, &|_| Some(Custody::CustomerKeyInProviderHsm));
    }
}

/// Number and id of a project.
fn project_names(name: &str, record: &Object, data: &Value) -> Option<(String, String)> {
    let number = dig(data, "projectNumber").and_then(scalar).or_else(|| name.rsplit('/').next().map(str::to_owned))?;
    let searched = record.get("additionalAttributes").and_then(|a| dig_text(a, "projectId"));
    let id = dig_text(data, "projectId").or(searched)?;
    Some((number, id.to_owned()))
}

/// Why an asset is no resource of its own.
fn left_out(asset_type: &str, record: &Object) -> Option<&'static str> {
    let has = |keys: &[&str]| keys.iter().any(|k| record.get(*k).is_some_and(|v| !v.is_null()));
    if CONTAINERS.contains(&asset_type) {
        Some("organisation, folder, project or billing account: holds resources, is none")
    } else if asset_type.starts_with("k8s.io/") || asset_type.contains(".k8s.io/") {
        Some("Kubernetes object: goes with its cluster")
    } else if !has(&["resource", "location", "project"])
        && has(&["iam_policy", "iamPolicy", "org_policy", "orgPolicy", "access_policy", "os_inventory", "osInventory"])
    {
        Some("policy or software record without the resource")
    } else {
        None
    }
}

fn observe(
    resolver: Resolver<'_>,
    name: &str,
    asset_type: &str,
    record: &Object,
    resource: &Value,
    data: &Value,
) -> Observation {
    let mut o = Observation { keys: vec![name.to_owned()], rows: 1, ..Observation::default() };
    o.account = project(name, record, resource, data);
    let tail = name.rsplit('/').next().filter(|t| !t.is_empty());
    o.name = first(record, &["displayName", "display_name"]).or(tail).map(str::to_owned);
    o.tags = tags(record.get("labels")).into();
    o.tags.extend(tags(dig(data, "labels").or_else(|| dig(data, "settings.userLabels"))));
    o.tags.extend(tags(dig(data, "resourceLabels")));
    let region = region(resolver, name, record, resource, data)
        .or_else(|| GLOBAL.iter().any(|s| asset_type.starts_with(s)).then(|| "global".to_owned()));
    resolver.place(&mut o, Some("gcp"), region.as_deref(), false);
    let terraform = gcp_types::terraform_type(asset_type);
    let info = terraform.and_then(|t| resolver.services().terraform(t));
    let types: Vec<&str> = terraform.into_iter().collect();
    kind(resolver, &mut o, info, &types, &|path| attribute(data, path));
    if dig(data, "confidentialInstanceConfig.enableConfidentialCompute") == Some(&Value::Bool(true)) {
        o.safeguards.insert("confidential_computing".into());
    }
    o.resource_type = Some(asset_type.to_owned());
    o
}

/// An attribute by the name that a refinement uses; addresses are cut to their last part.
fn attribute(data: &Value, path: &str) -> Option<String> {
    let value = match path {
        "guest_accelerator" => {
            let first = dig(data, "guestAccelerators")?.as_array()?.first()?;
            dig(first, "acceleratorType").and_then(scalar)?
        }
        _ => dig(data, path).and_then(scalar)?,
    };
    Some(value.rsplit('/').next().unwrap_or_default().to_owned())
}

/// The project by id where the record has it, else by number.
fn project(name: &str, record: &Object, resource: &Value, data: &Value) -> Option<String> {
    let after = |text: &str| text.rsplit_once("projects/").map(|(_, p)| p.to_owned());
    let own = ["projectId", "project", "datasetReference.projectId", "tableReference.projectId"];
    let parents = record.get("ancestors").and_then(Value::as_array).into_iter().flatten();
    let found = identity::account_in(name)
        .map(str::to_owned)
        .or_else(|| own.iter().find_map(|p| dig_text(data, p)).map(str::to_owned))
        .or_else(|| dig(data, "projectNumber").and_then(scalar))
        .or_else(|| text(record, "project").map(str::to_owned))
        .or_else(|| dig_text(resource, "parent").and_then(after))
        .or_else(|| parents.filter_map(Value::as_str).find_map(after))?;
    let bare = found.rsplit("projects/").next().unwrap_or_default().split('/').next().unwrap_or_default();
    (!bare.is_empty()).then(|| bare.to_owned())
}

/// The region: what the record says, then the data, then the name. A zone lies in its region.
fn region(resolver: Resolver<'_>, name: &str, record: &Object, resource: &Value, data: &Value) -> Option<String> {
    let tail = |t: &str| t.trim_end_matches('/').rsplit('/').next().unwrap_or_default().to_owned();
    let said = text(record, "location")
        .or_else(|| dig_text(resource, "location"))
        .or_else(|| ["location", "region", "zone", "gceZone", "locationId"].iter().find_map(|p| dig_text(data, p)))
        .map(tail)
        .or_else(|| dig_text(data, "config").map(tail).and_then(|c| c.strip_prefix("regional-").map(str::to_owned)))
        .or_else(|| identity::region_in(name).map(str::to_owned))
        .or_else(|| name.contains("/global/").then(|| "global".to_owned()));
    // Some services are reached globally and run in a zone all the same.
    let said = match said.as_deref() {
        Some("global") | None => dig_text(data, "config.gceClusterConfig.zoneUri").map(tail).or(said),
        _ => said,
    }?;
    // App Engine calls two regions by older names.
    let said = match said.as_str() {
        "us-central" => "us-central1".to_owned(),
        "europe-west" => "europe-west1".to_owned(),
        _ => said,
    };
    if matches!(resolver.services().region("gcp", &said), RegionMatch::Unknown)
        && let Some((within, zone)) = said.rsplit_once('-')
        && zone.len() == 1
        && matches!(resolver.services().region("gcp", within), RegionMatch::One(_))
    {
        return Some(within.to_owned());
    }
    Some(said)
}

/// The keys that encrypt an asset's data.
fn keys(name: &str, asset_type: &str, record: &Object, data: &Value) -> Vec<String> {
    const PLACES: [&str; 15] = [
        "kmsKeyName",
        "kmsKey",
        "customerManagedKey",
        "encryption.defaultKmsKeyName",
        "encryption.kmsKeyName",
        "defaultEncryptionConfiguration.kmsKeyName",
        "encryptionConfiguration.kmsKeyName",
        "diskEncryptionConfiguration.kmsKeyName",
        "diskEncryptionKey.kmsKeyName",
        "snapshotEncryptionKey.kmsKeyName",
        "imageEncryptionKey.kmsKeyName",
        "encryptionConfig.kmsKeyName",
        "config.encryptionConfig.gcePdKmsKeyName",
        "encryptionSpec.kmsKeyName",
        "template.encryptionKey",
    ];
    // A machine is encrypted by the customer's keys only where each of its disks is.
    if let Some(disks) = dig(data, "disks").and_then(Value::as_array) {
        let found: Option<Vec<String>> =
            disks.iter().map(|d| dig_text(d, "diskEncryptionKey.kmsKeyName").map(key_name)).collect();
        return found.unwrap_or_default();
    }
    // A key is held as its own record says.
    if asset_type == CRYPTO_KEY {
        return vec![key_name(name)];
    }
    let mut found: Vec<String> = PLACES.iter().filter_map(|p| dig_text(data, p)).map(key_name).collect();
    found.extend(first(record, &["kmsKey", "kms_key"]).map(key_name));
    let several = record.get("kmsKeys").or_else(|| record.get("kms_keys")).and_then(Value::as_array);
    found.extend(several.into_iter().flatten().filter_map(Value::as_str).map(key_name));
    found.sort();
    found.dedup();
    found
}

/// A key without version and service.
fn key_name(name: &str) -> String {
    let name = name.split("/cryptoKeyVersions/").next().unwrap_or_default();
    let path = name.split_once("googleapis.com/").map_or(name, |(_, p)| p);
    format!("//cloudkms.googleapis.com/{path}")
}

/// Who holds a key of a protection level.
fn protection(level: &str) -> Option<Custody> {
    match level {
        "EXTERNAL" | "EXTERNAL_VPC" => Some(Custody::ExternalKeyStore),
        "SOFTWARE" | "HSM" | "HSM_SINGLE_TENANT" => Some(Custody::CustomerKeyInProviderHsm),
        _ => None,
    }
}

/// A full resource name without the version of the interface that some services put into it.
fn normal(name: &str) -> String {
    ["v1", "v1beta1", "v1beta4", "v2"]
        .iter()
        .find_map(|v| name.split_once(&format!(".googleapis.com/{v}/")))
        .map_or_else(|| name.to_owned(), |(host, path)| format!("{host}.googleapis.com/{path}"))
}

/// The name with the project's id in place of its number, where the file says which it is.
fn rename(name: &str, projects: &HashMap<String, String>) -> String {
    let Some((before, rest)) = name.split_once("/projects/") else { return name.to_owned() };
    let (project, path) = rest.split_once('/').unwrap_or((rest, ""));
    match projects.get(project) {
        Some(id) if path.is_empty() => format!("{before}/projects/{id}"),
        Some(id) => format!("{before}/projects/{id}/{path}"),
        None => name.to_owned(),
    }
}

fn moment(text: &str) -> Option<i64> {
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_microsecond)
}
