//! Regions, services and resource types: what a name in an inventory means, and which offering it belongs to.
//!
//! A region name means nothing without its provider: every look-up takes both. Nothing here guesses; what is not in
//! the data is `None` and the caller counts it as unknown.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::load::{LoadError, Overlay};

static EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/services.json"));

/// Top-level keys of the files that this map is read from.
pub(crate) const KEYS: [&str; 12] = [
    "providers", "provider_names", "regions", "capabilities", "terraform_types", "azure_resource_types",
    "focus_service_names", "refine_rules", "ambiguous_names", "endpoints", "focus_quirks", "sovereignty_notes",
];

/// A region of a provider.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Region {
    /// Provider id (`aws`, `azure`, `gcp`, `scaleway`, ...).
    pub provider: String,
    /// Code as the provider's interfaces use it.
    pub code: String,
    /// Display name.
    pub name: Option<String>,
    /// Country, ISO 3166.
    pub country: Option<String>,
    /// City.
    pub city: Option<String>,
    /// In the European Union.
    pub eu: Option<bool>,
    /// In the European Economic Area.
    pub eea: Option<bool>,
    /// Names under which bills of this provider know it (compared without case, blanks and punctuation).
    pub bill_names: Vec<String>,
    /// Partition or realm.
    pub partition: Option<String>,
    /// Prefixes of usage types in bills.
    pub usage_type_prefix: Vec<String>,
    /// The offering that resources here belong to.
    pub offering: Option<String>,
    /// Not a place (`global`, `edge`, ...).
    pub pseudo: Option<Value>,
    /// Reservation.
    pub note: Option<String>,
}

/// What kind of data a resource type holds.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DataKind {
    /// Customer content.
    #[default]
    Content,
    /// Configuration, names, topology.
    Metadata,
    /// People, roles, grants.
    Identity,
    /// Keys, secrets, certificates.
    Key,
    /// None.
    None,
}

/// What a resource type or service name is.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct TypeInfo {
    /// Capability id (`object_storage`, ...).
    pub capability: String,
    /// Provider id, for Terraform types.
    pub provider: Option<String>,
    /// True when deleting it loses customers' bytes, identities or keys.
    pub holds_data: Option<bool>,
    /// What it holds.
    pub data_kind: Option<DataKind>,
    /// The name was not checked.
    pub unverified: bool,
}

/// Splits one type by an attribute (engine, size, kind).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct RefineRule {
    /// Types it applies to.
    pub types: Vec<String>,
    /// Dotted attribute path.
    pub attribute: String,
    /// Pattern (alternatives separated by `|`, `*` as wildcard, or a regular expression starting with `^`) -> capability.
    pub map: BTreeMap<String, String>,
}

/// A capability: what services of different providers have in common.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct Capability {
    /// Group (`storage`, `compute`, ...).
    pub group: Option<String>,
    /// Name.
    pub name: String,
    /// `storage_only` or `in_clear`: whether the service sees clear text when it does its work.
    pub processing: Option<String>,
    /// How it moves (word of the migration guide).
    #[serde(rename = "move")]
    pub route: Option<String>,
    /// Lock-in in words.
    pub lock_in: Option<String>,
    /// Offers by provider; shape as in the data.
    pub offers: Value,
}

/// The whole map.
#[derive(Clone, Debug, Default)]
pub struct ServiceMap {
    /// Provider id -> display name.
    pub providers: BTreeMap<String, String>,
    /// Provider id -> names under which bills and tools know it (compared folded).
    pub provider_names: BTreeMap<String, Vec<String>>,
    /// All regions.
    pub regions: Vec<Region>,
    /// Capabilities by id.
    pub capabilities: BTreeMap<String, Capability>,
    /// Terraform types.
    pub terraform_types: HashMap<String, TypeInfo>,
    /// ARM types, lower case.
    pub azure_types: HashMap<String, TypeInfo>,
    /// Service names in bills: (provider, folded name).
    pub service_names: HashMap<(String, String), TypeInfo>,
    /// Refinements.
    pub refine_rules: Vec<RefineRule>,
    by_code: HashMap<(String, String), usize>,
    by_bill: HashMap<(String, String), Vec<usize>>,
    by_exact: HashMap<(String, String), Vec<usize>>,
}

/// What a region name turned out to be.
#[derive(Clone, Debug)]
pub enum RegionMatch<'a> {
    /// Exactly one region.
    One(&'a Region),
    /// More than one region of this provider has the name.
    Ambiguous(Vec<&'a Region>),
    /// Not in the catalog.
    Unknown,
}

/// Lower case without blanks, dashes, underscores and dots: how names are compared.
pub fn fold(text: &str) -> String {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '_' | '.')).flat_map(char::to_lowercase).collect()
}

impl ServiceMap {
    /// The shipped map.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::load(&[])
    }

    /// The shipped map with overlays in place of the keys they bring.
    pub fn load(overlays: &[Overlay]) -> Result<Self, LoadError> {
        let syntax = |file: &str, cause: String| LoadError::Syntax { file: file.to_owned(), cause };
        let shipped: BTreeMap<String, BTreeMap<String, Value>> =
            serde_json::from_str(EMBEDDED).map_err(|e| syntax("(embedded)", e.to_string()))?;
        let mut keys: BTreeMap<String, (String, Value)> = BTreeMap::new();
        for (file, doc) in shipped {
            for (k, v) in doc {
                keys.insert(k, (file.clone(), v));
            }
        }
        for overlay in overlays {
            let doc: Value = serde_saphyr::from_str(&overlay.text).map_err(|e| syntax(&overlay.name, e.to_string()))?;
            if let Value::Object(map) = doc {
                for (k, v) in map {
                    if let Some(slot) = keys.get_mut(&k) {
                        *slot = (overlay.name.clone(), v);
                    }
                }
            }
        }
        let mut map = Self::default();
        map.fill(&mut keys)?;
        map.index();
        Ok(map)
    }

    fn fill(&mut self, keys: &mut BTreeMap<String, (String, Value)>) -> Result<(), LoadError> {
        self.providers = take(keys, "providers")?;
        self.provider_names = take(keys, "provider_names")?;
        self.regions = take(keys, "regions")?;
        self.capabilities = take(keys, "capabilities")?;
        self.terraform_types = take(keys, "terraform_types")?;
        self.azure_types = take(keys, "azure_resource_types")?;
        let names: BTreeMap<String, BTreeMap<String, TypeInfo>> = take(keys, "focus_service_names")?;
        for (provider, list) in names {
            for (name, info) in list {
                self.service_names.insert((provider.clone(), fold(&name)), info);
            }
        }
        self.refine_rules = take(keys, "refine_rules")?;
        Ok(())
    }

    fn index(&mut self) {
        for (i, r) in self.regions.iter().enumerate() {
            self.by_code.insert((r.provider.clone(), fold(&r.code)), i);
            for name in r.bill_names.iter().chain(r.name.iter()) {
                for slot in [
                    self.by_bill.entry((r.provider.clone(), fold(name))).or_default(),
                    self.by_exact.entry((r.provider.clone(), name.trim().to_lowercase())).or_default(),
                ] {
                    if !slot.contains(&i) {
                        slot.push(i);
                    }
                }
            }
        }
    }

    /// A region as a provider's own interface (state file, inventory) names it: the code wins over bill names.
    pub fn region(&self, provider: &str, name: &str) -> RegionMatch<'_> {
        self.region_by_code(provider, name).map_or_else(|| self.bill_names_only(provider, name), RegionMatch::One)
    }

    /// A region as a bill names it: bill names win over codes.
    pub fn region_in_bill(&self, provider: &str, name: &str) -> RegionMatch<'_> {
        match self.bill_names_only(provider, name) {
            RegionMatch::Unknown => self.region_by_code(provider, name).map_or(RegionMatch::Unknown, RegionMatch::One),
            found => found,
        }
    }

    fn region_by_code(&self, provider: &str, name: &str) -> Option<&Region> {
        self.by_code.get(&(provider.to_owned(), fold(name))).and_then(|i| self.regions.get(*i))
    }

    /// The name as written first, then folded: in one provider's bills a blank may be all that tells two states apart.
    fn bill_names_only(&self, provider: &str, name: &str) -> RegionMatch<'_> {
        let exact = self.by_exact.get(&(provider.to_owned(), name.trim().to_lowercase()));
        let indexes = exact.or_else(|| self.by_bill.get(&(provider.to_owned(), fold(name))));
        let found: Vec<&Region> = indexes.into_iter().flatten().filter_map(|i| self.regions.get(*i)).collect();
        match found.as_slice() {
            [] => RegionMatch::Unknown,
            [one] => RegionMatch::One(one),
            _ => RegionMatch::Ambiguous(found),
        }
    }

    /// Provider id for a name in a bill or tool (`Microsoft`, `AWS`, `hashicorp/azurerm`). A registry host before
    /// `namespace/type` is left out.
    pub fn provider(&self, name: &str) -> Option<&str> {
        let name = match name.split('/').collect::<Vec<_>>().as_slice() {
            [_, namespace, kind] => format!("{namespace}/{kind}"),
            _ => name.to_owned(),
        };
        let folded = fold(&name);
        self.provider_names
            .iter()
            .find(|(id, names)| fold(id) == folded || names.iter().any(|n| fold(n) == folded))
            .map(|(id, _)| id.as_str())
    }

    /// Every type and service name with what it is, under `table/name`, in order.
    pub fn types(&self) -> BTreeMap<String, &TypeInfo> {
        let terraform = self.terraform_types.iter().map(|(k, v)| (format!("terraform_types/{k}"), v));
        let azure = self.azure_types.iter().map(|(k, v)| (format!("azure_resource_types/{k}"), v));
        let bills = self.service_names.iter().map(|((p, n), v)| (format!("focus_service_names/{p}:{n}"), v));
        terraform.chain(azure).chain(bills).collect()
    }

    /// What a Terraform type is, before refinement.
    pub fn terraform(&self, type_name: &str) -> Option<&TypeInfo> {
        self.terraform_types.get(type_name)
    }

    /// What an ARM type is.
    pub fn azure(&self, type_name: &str) -> Option<&TypeInfo> {
        self.azure_types.get(&type_name.to_ascii_lowercase())
    }

    /// What a service name in a bill of this provider is.
    pub fn service(&self, provider: &str, name: &str) -> Option<&TypeInfo> {
        self.service_names.get(&(provider.to_owned(), fold(name)))
    }

    /// Capability of `type_name` after refinement; `attribute` reads a dotted path of the resource.
    pub fn refine(&self, type_name: &str, attribute: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        for rule in self.refine_rules.iter().filter(|r| r.types.iter().any(|t| t == type_name)) {
            let value = attribute(&rule.attribute);
            for (pattern, capability) in &rule.map {
                let hit = match pattern.split_once('=') {
                    Some((path, wanted)) if !pattern.starts_with('^') => {
                        attribute(path).is_some_and(|v| matches_pattern(wanted, &v))
                    }
                    _ => value.as_deref().is_some_and(|v| matches_pattern(pattern, v)),
                };
                if hit {
                    return Some(capability.clone());
                }
            }
        }
        None
    }
}

fn take<T: serde::de::DeserializeOwned + Default>(
    keys: &mut BTreeMap<String, (String, Value)>,
    key: &'static str,
) -> Result<T, LoadError> {
    let Some((file, value)) = keys.remove(key) else { return Ok(T::default()) };
    serde_json::from_value(value).map_err(|e| LoadError::Record {
        file,
        kind: key,
        index: 1,
        id: key.to_owned(),
        cause: e.to_string(),
    })
}

fn matches_pattern(pattern: &str, value: &str) -> bool {
    if pattern.starts_with('^') || pattern.starts_with(".*") {
        return regex_lite::Regex::new(pattern).is_ok_and(|r| r.is_match(value));
    }
    pattern.split('|').any(|p| wildcard(p, value))
}

/// `*` at the end matches any rest; otherwise equality without case.
fn wildcard(pattern: &str, value: &str) -> bool {
    let value = value.to_ascii_lowercase();
    let pattern = pattern.to_ascii_lowercase();
    match pattern.strip_suffix('*') {
        Some(prefix) => value.starts_with(prefix),
        None => value == pattern,
    }
}
