//! The attributes of one resource, as far as anything here looks at them.
//!
//! What it is for: one pass over the attributes keeps those of a fixed list (and those that the catalog's refinement
//! rules name) and skips the rest unread. What the file marks sensitive is dropped before anyone sees it.
//!
//! What it deliberately does not do: outlive the reading of its resource. Nothing of it is logged.
//!
//! Sources: `HashiCorp` "JSON Output Format" 1.2, `sensitive_values` (2024); state format 4, `sensitive_attributes`.

use std::borrow::Cow;

use flagstate_catalog::ServiceMap;
use rustc_hash::FxHashMap;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::text::{Key, Node};

/// Attributes that carry names, places, accounts, groups and tags.
const PLAIN: &[&str] = &[
    "account_id", "arn", "availability_domain", "availability_zone", "availability_zones", "bucket",
    "cluster_identifier", "compartment_id", "datacenter", "defined_tags", "display_name", "effective_labels",
    "freeform_tags", "function_name", "home_location", "id", "identifier", "labels", "location", "metadata", "name",
    "namespace", "organization_id", "owner_id", "placement", "project", "project_id", "region", "resource_group_name",
    "resource_labels", "self_link", "service_name", "subregion_name", "subscription_id", "tags", "tags_all",
    "terraform_labels", "user_labels", "zone", "zones",
];

/// Attributes that say who holds a key, and blocks in which such attributes stand.
const CUSTODY: &[&str] = &[
    "apply_server_side_encryption_by_default",
    "attached_disk",
    "boot_disk",
    "cmk_key_vault_key_id",
    "custom_key_store_id",
    "custom_key_store_type",
    "customer_managed_key",
    "customer_managed_key_id",
    "data_disk",
    "data_disks",
    "database_encryption",
    "default_encryption_configuration",
    "disk_encryption_key",
    "disk_encryption_set_id",
    "disk_encryption_type",
    "ebs_block_device",
    "encrypt_at_rest",
    "encryption",
    "encryption_at_rest",
    "encryption_configuration",
    "encryption_config",
    "encryption_info",
    "encryption_key",
    "encryption_key_name",
    "encryption_key_spec",
    "encryption_settings",
    "encryption_spec",
    "infrastructure_encryption",
    "key_id",
    "key_manager",
    "key_management_service",
    "key_vault_key_id",
    "kms_id",
    "kms_key",
    "kms_key_arn",
    "kms_key_id",
    "kms_key_name",
    "kms_key_self_link",
    "kms_key_version_name",
    "kms_master_key_id",
    "managed_hsm_key_id",
    "origin",
    "os_disk",
    "protection_level",
    "protection_mode",
    "root_block_device",
    "rule",
    "server_id",
    "server_side_encryption",
    "server_side_encryption_configuration",
    "storage_account_id",
    "target_key_arn",
    "target_key_id",
    "transparent_data_encryption_key_vault_key_id",
    "vault_id",
    "vault_type",
    "version_template",
    "xks_key_id",
];

/// Names of attributes that are read; `true` for those that say who holds a key.
#[derive(Debug)]
pub(super) struct Wanted(FxHashMap<String, bool>);

impl Wanted {
    /// The fixed list and what the refinement rules of the catalog look at.
    pub(super) fn new(services: &ServiceMap) -> Self {
        let mut names: FxHashMap<String, bool> = PLAIN.iter().map(|n| ((*n).to_owned(), false)).collect();
        names.extend(CUSTODY.iter().map(|n| ((*n).to_owned(), true)));
        for rule in &services.refine_rules {
            let conditions = rule.map.keys().filter_map(|k| k.split_once('=')).map(|(path, _)| path);
            for path in rule.attribute.split('|').chain(conditions) {
                names.entry(path.split('.').next().unwrap_or(path).to_owned()).or_insert(false);
            }
        }
        Self(names)
    }

    /// Keeps what was read. Null is left out, except of names of keys: there it is an answer.
    fn keep<'a>(attributes: &mut Attributes<'a>, custody: bool, name: Cow<'a, str>, node: Node<'a>) {
        if custody {
            attributes.custody.push((name, node));
        } else if !matches!(&node, Node::Null) {
            attributes.plain.push((name, node));
        }
    }

    /// Whether a name is wanted, and then whether it says who holds a key.
    fn custody(&self, name: &str) -> Option<bool> {
        self.0.get(name).copied()
    }
}

/// How a file marks what is sensitive.
#[derive(Clone, Copy, Debug, Default)]
pub(super) enum Sensitive<'a> {
    /// It does not.
    #[default]
    Unmarked,
    /// A tree of the same shape with `true` at sensitive places.
    Tree(&'a RawValue),
    /// A list of paths.
    Paths(&'a RawValue),
}

type Members<'a> = Vec<(Cow<'a, str>, Node<'a>)>;

/// Attributes by name, sorted by nothing: there are few.
#[derive(Clone, Debug, Default)]
pub(super) struct Attributes<'a> {
    plain: Members<'a>,
    custody: Members<'a>,
}

impl<'a> Attributes<'a> {
    /// Reads wanted attributes. A value that is no object gives none.
    pub(super) fn read(raw: &'a RawValue, wanted: &Wanted, sensitive: Sensitive<'a>) -> Self {
        let mut de = serde_json::Deserializer::from_str(raw.get());
        let mut found = Seed(wanted).deserialize(&mut de).unwrap_or_default();
        found.forget(sensitive, wanted);
        found
    }

    /// Attributes of states before version 4: `root_block_device.0.kms_key_id` -> text.
    pub(super) fn read_flat(raw: &'a RawValue, wanted: &Wanted) -> Self {
        let mut de = serde_json::Deserializer::from_str(raw.get());
        let Ok(flat) = FlatSeed(wanted).deserialize(&mut de) else { return Self::default() };
        let mut blocks: FxHashMap<String, Members<'a>> = FxHashMap::default();
        let mut all = Vec::new();
        for (key, value) in flat {
            match key.split_once('.') {
                None => all.push((key, value)),
                Some((_, "%" | "#")) => {}
                Some((block, rest)) => {
                    // Tag names may hold dots; of blocks only the last name counts.
                    let tags = block.contains("tags") || block.contains("labels");
                    let leaf = if tags { rest } else { rest.rsplit('.').next().unwrap_or(rest) };
                    blocks.entry(block.to_owned()).or_default().push((Cow::Owned(leaf.to_owned()), value));
                }
            }
        }
        all.extend(blocks.into_iter().map(|(k, v)| (Cow::Owned(k), Node::Map(v))));
        let mut kept = Self::default();
        for (name, node) in all {
            if let Some(custody) = wanted.custody(&name) {
                Wanted::keep(&mut kept, custody, name, node);
            }
        }
        kept
    }

    /// An attribute.
    pub(super) fn get(&self, name: &str) -> Option<&Node<'a>> {
        self.plain.iter().chain(&self.custody).find(|(k, _)| k == name).map(|(_, v)| v)
    }

    /// Non-empty text of an attribute.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Node::text)
    }

    /// The first of several attributes that has a text.
    pub(super) fn first(&self, names: &[&str]) -> Option<&str> {
        names.iter().find_map(|n| self.text(n))
    }

    /// A dotted path, or the first of several separated by `|`, as text. A block or list that is not empty reads as
    /// `present`.
    pub(super) fn path(&self, path: &str) -> Option<String> {
        path.split('|').find_map(|path| {
            let (first, rest) = path.split_once('.').unwrap_or((path, ""));
            match self.get(first)?.path(rest)? {
                Node::Text(t) if !t.is_empty() => Some(t.clone().into_owned()),
                Node::List(l) if !l.is_empty() => Some("present".to_owned()),
                Node::Map(m) if !m.is_empty() => Some("present".to_owned()),
                _ => None,
            }
        })
    }

    /// Attributes that say who holds a key.
    pub(super) fn custody(&self) -> &[(Cow<'a, str>, Node<'a>)] {
        &self.custody
    }

    /// Drops what is marked sensitive: single tags where only they are marked, otherwise whole attributes.
    fn forget(&mut self, sensitive: Sensitive<'a>, wanted: &Wanted) {
        match sensitive {
            Sensitive::Unmarked => {}
            Sensitive::Tree(raw) => {
                if memchr::memmem::find(raw.get().as_bytes(), b"true").is_none() {
                    return;
                }
                if raw.get() == "true" {
                    self.clear();
                    return;
                }
                let marks = Self::read(raw, wanted, Sensitive::Unmarked);
                for (name, mark) in marks.plain.into_iter().chain(marks.custody) {
                    if mark.any_true() {
                        let inside = mark.members().iter().filter(|(_, m)| m.any_true()).map(|(k, _)| k.as_ref());
                        self.drop(&name, &inside.collect::<Vec<_>>());
                    }
                }
            }
            Sensitive::Paths(raw) => {
                if raw.get() == "[]" {
                    return;
                }
                let Ok(paths) = serde_json::from_str::<Node<'a>>(raw.get()) else {
                    self.clear();
                    return;
                };
                for path in paths.elements() {
                    // The value of a step is a name, or for an index `{"value": "key", "type": "string"}`.
                    let step = |s: &'_ Node<'a>| {
                        let value = s.get("value")?;
                        value.text().or_else(|| value.get("value")?.text()).map(str::to_owned)
                    };
                    let steps: Vec<String> = path.elements().iter().filter_map(step).collect();
                    let mut steps = steps.iter().map(String::as_str);
                    match (steps.next(), steps.next()) {
                        (Some(name), Some(member)) => self.drop(name, &[member]),
                        (Some(name), None) => self.drop(name, &[]),
                        (None, _) => self.clear(),
                    }
                }
            }
        }
    }

    fn clear(&mut self) {
        self.plain.clear();
        self.custody.clear();
    }

    fn drop(&mut self, name: &str, members: &[&str]) {
        let all = self.plain.iter_mut().chain(&mut self.custody);
        let Some((_, node)) = all.into_iter().find(|(k, _)| k == name) else { return };
        match node {
            Node::Map(m) if !members.is_empty() => m.retain(|(k, _)| !members.contains(&k.as_ref())),
            other => *other = Node::Null,
        }
    }
}

struct Seed<'w>(&'w Wanted);

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Attributes<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Attributes<'de>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("attributes")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kept = Attributes { plain: Vec::with_capacity(16), custody: Vec::new() };
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            match self.0.custody(&key) {
                Some(custody) => Wanted::keep(&mut kept, custody, key, map.next_value()?),
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(kept)
    }
}

struct FlatSeed<'w>(&'w Wanted);

impl<'de> DeserializeSeed<'de> for FlatSeed<'_> {
    type Value = Members<'de>;
    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for FlatSeed<'_> {
    type Value = Members<'de>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("attributes")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut kept = Vec::new();
        while let Some(Key(key)) = map.next_key::<Key<'de>>()? {
            if self.0.custody(key.split('.').next().unwrap_or(&key)).is_some() {
                kept.push((key, map.next_value()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(kept)
    }
}
