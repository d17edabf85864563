//! `CycloneDX`: the services of a bill of materials (`SaaSBOM`), JSON and XML.
//!
//! What it is for: every service, nested ones too, is one row and one resource; every software component is one row,
//! left out with the reason. A service names its provider, endpoints and data flows, but no region: that comes from
//! properties named `flagstate:<column>` with the columns of the plain list (`flagstate:region`,
//! `flagstate:key_custody`, ...), and an endpoint at a cloud's own domain names the host.
//!
//! What it deliberately does not do: it reads no Protocol Buffers form, resolves no link to another bill of materials,
//! and keeps only the host of an address, because addresses can carry passwords.
//!
//! Spec: `CycloneDX` (ECMA-424) 1.4 (2022-01), 1.5 (2023-06), 1.6 (2024-04), 1.7 (2025-10): `services`.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_estate::{EstateBuilder, InputRef, Observation, Rank, UnknownReason};
use serde::Deserialize;
use serde_json::Value;

use super::{
    cyclonedx_xml,
    field::{dig_text, first, scalar, text},
    json::{self, Object},
    list,
};
use crate::{Context, Format, ImportError, Input, Resolver};

/// Versions read.
const VERSIONS: [&str; 4] = ["1.4", "1.5", "1.6", "1.7"];
/// Flows that the specification knows.
const FLOWS: [&str; 4] = ["inbound", "outbound", "bi-directional", "unknown"];

/// What a bill of materials holds for us; the rest is skipped while reading.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Bom {
    /// `specVersion`.
    #[serde(rename = "specVersion")]
    pub(crate) version: Option<String>,
    /// `serialNumber`.
    #[serde(rename = "serialNumber")]
    pub(crate) serial: Option<String>,
    /// Services in the JSON form.
    pub(crate) services: Vec<Object>,
    /// Software components.
    pub(crate) components: Vec<Component>,
}

/// A software component, of which only the number counts.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Component {
    components: Vec<Component>,
}

/// Why a file that looks like `CycloneDX` is not read, by its first bytes.
pub(crate) fn refuse(bytes: &[u8], text: &str) -> Option<&'static str> {
    let binary = matches!(bytes, [0x0a, 0x03, b'1', b'.', b'0'..=b'9', ..]);
    let written = text.starts_with("# proto-file:") || text.starts_with("spec_version:");
    (binary || written).then_some(
        "this is CycloneDX in Protocol Buffers form, which is not read; convert it to JSON \
         (cyclonedx convert --output-format json)",
    )
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let head = input.head();
    let start = head.text.trim_start();
    if let Some(reason) = refuse(head.bytes, start) {
        return Err(input.unusable(reason));
    }
    let bom = if start.starts_with('<') { cyclonedx_xml::read(input)? } else { json::document(input, context)? };
    let version = bom.version.as_deref().unwrap_or("(none)");
    if !VERSIONS.contains(&version) {
        return Err(input.unusable(format!("CycloneDX {version} is not read; versions {} are", VERSIONS.join(", "))));
    }
    let to = builder.open_input(&input.display(), &Format::CycloneDx.to_string(), Rank::Stated);
    // Without a serial number the file name keeps two bills of materials apart.
    let bom_id = bom.serial.clone().unwrap_or_else(|| head.name.clone());
    let mut rows = Services { resolver: Resolver::new(context.services), builder, to, bom: &bom_id, seen: 0 };
    for service in &bom.services {
        rows.service(service, None).map_err(|(place, problem)| input.malformed(place, problem))?;
    }
    if rows.seen == 0 {
        builder.note(to, "the bill of materials lists no services");
    }
    let components = count(&bom.components);
    if components > 0 {
        builder.ignore(to, "software component, no service", components);
    }
    Ok(())
}

fn count(components: &[Component]) -> u64 {
    components.iter().map(|c| 1 + count(&c.components)).sum()
}

struct Services<'a> {
    resolver: Resolver<'a>,
    builder: &'a mut EstateBuilder,
    to: InputRef,
    bom: &'a str,
    seen: u64,
}

impl Services<'_> {
    /// One service and those inside it; an error names the service and the problem.
    fn service(&mut self, service: &Object, parent: Option<&str>) -> Result<(), (String, String)> {
        self.seen += 1;
        let place = format!("service {}", self.seen);
        let Some(name) = text(service, "name") else {
            return Err((place, "the service has no name".into()));
        };
        let o = self.observe(service, name, parent).map_err(|problem| (place.clone(), problem))?;
        self.builder.observe(self.to, o);
        for inner in service.get("services").and_then(Value::as_array).into_iter().flatten() {
            match inner {
                Value::Object(inner) => self.service(inner, Some(name))?,
                _ => self.builder.ignore(self.to, "entry is no service", 1),
            }
        }
        Ok(())
    }

    fn observe(&self, service: &Object, name: &str, parent: Option<&str>) -> Result<Observation, String> {
        let mut entry = list::Entry::default();
        for (key, value) in properties(service) {
            if let Some(column) = key.strip_prefix("flagstate:")
                && !entry.set(column, &value)
            {
                return Err(format!("property `{key}` is not known; the columns are {}", list::COLUMNS.join(", ")));
            }
        }
        let provider = service.get("provider").and_then(|p| dig_text(p, "name"));
        let hosts = hosts(service);
        let host = hosts.iter().find_map(|h| host_of(h));
        let stated = entry.provider().or(provider).or(host.map(|(p, _)| p)).map(str::to_owned);
        entry.set("name", name);
        if let Some(p) = &stated {
            entry.set("provider", p);
        }
        if let Some((_, Some(region))) = host
            && !entry.has_region()
            && stated.as_deref().and_then(|p| self.resolver.provider(p)) == host.map(|(p, _)| p)
        {
            entry.set("region", region);
        }
        let has_id = entry.has_id();
        let mut o = entry.observe(self.resolver)?;
        if !has_id {
            o.keys = vec![self.key(service, name)];
        }
        o.group = o.group.or_else(|| text(service, "group").map(str::to_owned));
        if let Some((h, _)) = host
            && o.provider.as_deref() != Some(h)
        {
            o.host_provider = Some(h.to_owned());
        }
        if o.capability.is_none() && o.service.is_none() {
            let known = o.provider.as_deref().and_then(|p| self.resolver.services().service(p, name));
            self.resolver.kind(&mut o, known, UnknownReason::Service);
        }
        o.tags.extend(tags(service, parent, &hosts)?);
        Ok(o)
    }

    /// `bom-ref` is unique within a bill of materials, the serial number among them.
    fn key(&self, service: &Object, name: &str) -> String {
        let by_name = || {
            let of = |k: &str| text(service, k).unwrap_or_default();
            format!("{}/{name}@{}", of("group"), of("version"))
        };
        let within = text(service, "bom-ref").map_or_else(by_name, str::to_owned);
        format!("cyclonedx:{}:{within}", self.bom)
    }
}

/// What a service says about its data, as tags under `cyclonedx:`.
fn tags(service: &Object, parent: Option<&str>, hosts: &BTreeSet<String>) -> Result<BTreeMap<String, String>, String> {
    let mut flows = BTreeSet::new();
    let mut classes = BTreeSet::new();
    for data in service.get("data").and_then(Value::as_array).into_iter().flatten() {
        let flow = dig_text(data, "flow").ok_or("a data flow has no `flow`")?;
        if !FLOWS.contains(&flow) {
            return Err(format!("`flow` is `{flow}`; it is one of {}", FLOWS.join(", ")));
        }
        flows.insert(flow.to_owned());
        classes.insert(dig_text(data, "classification").ok_or("a data flow has no `classification`")?.to_owned());
    }
    let mut tags = BTreeMap::new();
    let mut tag = |name: &str, value: String| {
        if !value.is_empty() {
            tags.insert(format!("cyclonedx:{name}"), value);
        }
    };
    let joined = |set: &BTreeSet<String>| set.iter().cloned().collect::<Vec<_>>().join(",");
    tag("classification", joined(&classes));
    tag("flow", joined(&flows));
    tag("endpoints", joined(hosts));
    tag("x-trust-boundary", service.get("x-trust-boundary").and_then(scalar).unwrap_or_default());
    tag("authenticated", service.get("authenticated").and_then(scalar).unwrap_or_default());
    tag("trust-zone", first(service, &["trustZone"]).unwrap_or_default().to_owned());
    tag("parent", parent.unwrap_or_default().to_owned());
    for own in service.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        tag(&format!("tag:{own}"), "true".to_owned());
    }
    Ok(tags)
}

fn properties(service: &Object) -> impl Iterator<Item = (String, String)> {
    let list = service.get("properties").and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|p| Some((dig_text(p, "name")?.to_owned(), p.get("value").and_then(scalar)?)))
}

/// Hosts of the endpoints, without user, port, path and query.
fn hosts(service: &Object) -> BTreeSet<String> {
    let endpoints = service.get("endpoints").and_then(Value::as_array).into_iter().flatten();
    endpoints.filter_map(Value::as_str).filter_map(host).collect()
}

fn host(address: &str) -> Option<String> {
    let rest = address.split_once("://").map_or(address, |(_, r)| r);
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit('@').next()?;
    let host = if host.starts_with('[') { host.split(']').next()? } else { host.split(':').next()? };
    let host = host.trim_start_matches('[').trim().to_lowercase();
    (!host.is_empty()).then_some(host)
}

/// Provider of a cloud's own domain, and the region where the name has it.
fn host_of(host: &str) -> Option<(&'static str, Option<&str>)> {
    const DOMAINS: [(&str, &str); 9] = [
        ("amazonaws.com", "aws"),
        ("amazonaws.com.cn", "aws"),
        ("amazonaws.eu", "aws_esc"),
        ("windows.net", "azure"),
        ("azurewebsites.net", "azure"),
        ("azure.com", "azure"),
        ("googleapis.com", "gcp"),
        ("run.app", "gcp"),
        ("scw.cloud", "scaleway"),
    ];
    let (domain, provider) = DOMAINS
        .iter()
        .find(|(d, _)| host.strip_suffix(d).is_some_and(|rest| rest.is_empty() || rest.ends_with('.')))?;
    let before = host.strip_suffix(domain)?.trim_end_matches('.');
    let region = before.rsplit('.').next().filter(|r| r.contains('-') && provider.starts_with("aws"));
    let region = region.or_else(|| before.rsplit('.').next().filter(|r| r.contains('-') && *provider == "scaleway"));
    Some((provider, region))
}
