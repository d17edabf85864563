//! Who holds the keys: from attributes, and from the key resources that they name.
//!
//! What it is for: a customer's key in the provider's HSM, or a key in an external key store that the provider must
//! call. Keys are followed by ARN, id and name, and in plans by reference.
//!
//! What it deliberately does not do: call imported key material (`origin` EXTERNAL, `aws_kms_external_key`) or a
//! `CloudHSM` key store external: the provider has those keys. Where one of several disks has no customer key, nothing
//! is said about the machine.
//!
//! Sources: AWS KMS "External key stores" (2024); Google Cloud EKM "Protection levels" (2024); OCI "External KMS"
//! (2024); the providers' resource references.

use flagstate_estate::Custody;
use rustc_hash::FxHashMap;

use super::{
    attributes::{Attributes, Wanted},
    config::{Block, Config},
    row::Row,
    text::Node,
};

/// Names that hold the key of a customer, wherever they stand.
const KEY_NAMES: &[&str] = &[
    "cmk_key_vault_key_id",
    "customer_managed_key_id",
    "default_kms_key_name",
    "disk_encryption_set_id",
    "encryption_key_name",
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
    "provider_key_arn",
    "raw_key_link",
    "secure_vm_disk_encryption_set_id",
    "transparent_data_encryption_key_vault_key_id",
    "__system__cmkid",
];

/// Names that hold a key only inside these blocks.
const KEY_IN_BLOCK: &[(&str, &str)] = &[
    ("database_encryption", "key_name"),
    ("encryption_config", "key_arn"),
    ("encryption_info", "encryption_at_rest_kms_key_arn"),
    ("encryption_configuration", "kms_key"),
];

/// Blocks of disks: all of them need a key, or none counts.
const DISKS: &[&str] =
    &["attached_disk", "boot_disk", "data_disk", "data_disks", "ebs_block_device", "os_disk", "root_block_device"];

/// Key resources, by whatever names them.
const KEY_TYPES: &[&str] = &[
    "aws_kms_alias",
    "aws_kms_custom_key_store",
    "aws_kms_external_key",
    "aws_kms_key",
    "aws_kms_replica_key",
    "azurerm_disk_encryption_set",
    "google_kms_crypto_key",
    "google_kms_crypto_key_version",
    "oci_kms_key",
    "oci_kms_vault",
];

/// Resources that give another resource its key: the attribute that names the other, and its type where the
/// attribute holds a bare name.
const KEY_FOR: &[(&str, &[&str], &str)] = &[
    ("aws_s3_bucket_server_side_encryption_configuration", &["bucket"], "aws_s3_bucket"),
    ("azurerm_storage_account_customer_managed_key", &["storage_account_id"], "azurerm_storage_account"),
    ("azurerm_mssql_server_transparent_data_encryption", &["server_id"], "azurerm_mssql_server"),
    ("azurerm_postgresql_server_key", &["server_id"], "azurerm_postgresql_server"),
    ("azurerm_mysql_server_key", &["server_id"], "azurerm_mysql_server"),
];

fn is_key_name(name: &str) -> bool {
    KEY_NAMES.contains(&name) || KEY_IN_BLOCK.iter().any(|(_, n)| *n == name && *n != "key_name")
}

/// True for a block whose type is a key, or a set or alias of keys.
fn names_key(block: &str) -> bool {
    ["kms", "_key", "encryption_set", "managed_hsm"].iter().any(|part| block.contains(part))
}

/// What is known about keys in one file. Silent about a key means that it is a customer's key with the provider.
#[derive(Debug, Default)]
pub(super) struct Keys {
    by_name: FxHashMap<String, Custody>,
    by_block: FxHashMap<(String, String), Custody>,
    /// Keys given to others: (type, id or name), and by block.
    given: FxHashMap<(&'static str, String), Custody>,
    given_block: FxHashMap<(String, String), Custody>,
}

impl Keys {
    /// Learns from all rows of a file. Stores first, then keys, then aliases and what points on.
    pub(super) fn learn(rows: &[Row<'_>], wanted: &Wanted, config: Option<&Config<'_>>) -> Self {
        let mut keys = Self::default();
        let mut found: Vec<(&Row<'_>, Attributes<'_>)> =
            rows.iter().filter(|r| KEY_TYPES.contains(&r.type_name)).map(|r| (r, r.attributes(wanted))).collect();
        found.sort_by_key(|(r, _)| match r.type_name {
            "aws_kms_custom_key_store" | "oci_kms_vault" => 0,
            "aws_kms_alias" | "azurerm_disk_encryption_set" | "google_kms_crypto_key_version" => 2,
            _ => 1,
        });
        for (row, attributes) in &found {
            let custody = keys.of_key(row, attributes, config);
            keys.add(row, attributes, custody);
        }
        for row in rows.iter().filter(|r| !r.data) {
            if let Some((_, names, target)) = KEY_FOR.iter().find(|(t, _, _)| *t == row.type_name) {
                keys.give(row, &row.attributes(wanted), names, target, config);
            }
        }
        keys
    }

    fn add(&mut self, row: &Row<'_>, attributes: &Attributes<'_>, custody: Custody) {
        if custody != Custody::CustomerKeyInProviderHsm {
            for name in ["arn", "id", "key_id", "name"] {
                let general = name == "name" && !row.type_name.ends_with("_alias");
                if let Some(value) = attributes.text(name).filter(|_| !general) {
                    self.by_name.insert(value.to_owned(), custody);
                }
            }
        }
        let block = if row.data { format!("data.{}", row.block()) } else { row.block() };
        let slot = self.by_block.entry((row.module.to_string(), block)).or_insert(custody);
        *slot = (*slot).min(custody);
    }

    fn of_key(&self, row: &Row<'_>, a: &Attributes<'_>, config: Option<&Config<'_>>) -> Custody {
        let external = |yes: bool| if yes { Custody::ExternalKeyStore } else { Custody::CustomerKeyInProviderHsm };
        let is = |name: &str, value: &str| a.text(name).is_some_and(|v| v.eq_ignore_ascii_case(value));
        let refers = |name: &'static str| {
            let all = config.map(|c| c.references(row, &|n| n == name)).unwrap_or_default();
            all.into_iter().flat_map(|(_, blocks)| blocks).find_map(|b| self.by_block.get(&b).copied())
        };
        match row.type_name {
            "aws_kms_custom_key_store" => external(is("custom_key_store_type", "EXTERNAL_KEY_STORE")),
            "aws_kms_key" | "aws_kms_replica_key" => {
                if is("key_manager", "AWS") {
                    return Custody::Provider;
                }
                let store = a.text("custom_key_store_id").and_then(|id| self.by_name.get(id).copied());
                let store = store.or_else(|| refers("custom_key_store_id"));
                external(
                    a.text("xks_key_id").is_some()
                        || is("origin", "EXTERNAL_KEY_STORE")
                        || store == Some(Custody::ExternalKeyStore),
                )
            }
            "google_kms_crypto_key" | "google_kms_crypto_key_version" => {
                let level = a
                    .text("protection_level")
                    .or_else(|| a.get("version_template").and_then(|t| t.get("protection_level")).and_then(Node::text));
                external(level.is_some_and(|l| matches!(l, "EXTERNAL" | "EXTERNAL_VPC")))
            }
            "oci_kms_vault" => external(is("vault_type", "EXTERNAL")),
            "oci_kms_key" => external(is("protection_mode", "EXTERNAL")),
            "aws_kms_alias" => {
                if a.text("name").is_some_and(|n| n.starts_with("alias/aws/")) {
                    return Custody::Provider;
                }
                let target = a.first(&["target_key_arn", "target_key_id"]).and_then(|t| self.by_name.get(t).copied());
                target.or_else(|| refers("target_key_id")).unwrap_or(Custody::CustomerKeyInProviderHsm)
            }
            _ => Custody::CustomerKeyInProviderHsm,
        }
    }

    fn give(
        &mut self,
        row: &Row<'_>,
        attributes: &Attributes<'_>,
        names: &[&str],
        target: &'static str,
        config: Option<&Config<'_>>,
    ) {
        let Some(custody) = self.of_attributes(row, attributes, config) else { return };
        if let Some(id) = attributes.first(names) {
            self.given.insert((target, id.to_owned()), custody);
        }
        for (_, blocks) in config.map(|c| c.references(row, &|n| names.contains(&n))).unwrap_or_default() {
            for block in blocks.into_iter().filter(|(_, b)| b.starts_with(target)) {
                self.given_block.insert(block, custody);
            }
        }
    }

    /// Custody of a resource, where the file says anything about it.
    pub(super) fn of(
        &self,
        row: &Row<'_>,
        attributes: &Attributes<'_>,
        config: Option<&Config<'_>>,
    ) -> Option<Custody> {
        let block = (row.module.to_string(), row.block());
        if KEY_TYPES.contains(&row.type_name) {
            return self.by_block.get(&block).map(|_| self.of_key(row, attributes, config));
        }
        let given = KEY_FOR.iter().find(|(_, _, target)| *target == row.type_name).and_then(|(_, _, target)| {
            let by_id = attributes.first(&["id", "bucket"]).and_then(|id| self.given.get(&(*target, id.to_owned())));
            by_id.or_else(|| self.given_block.get(&block)).copied()
        });
        given.or_else(|| self.of_attributes(row, attributes, config))
    }

    fn of_attributes(
        &self,
        row: &Row<'_>,
        attributes: &Attributes<'_>,
        config: Option<&Config<'_>>,
    ) -> Option<Custody> {
        let mut seen = Seen::default();
        for (name, node) in attributes.custody() {
            seen.attribute(name, node, self);
        }
        if seen.custody.is_some() {
            return seen.custody.filter(|_| !seen.disk_without);
        }
        // Not known before apply: the configuration says that there will be a key, and which.
        let wanted = |n: &str| is_key_name(n) && !seen.known_null.iter().any(|k| k == n);
        let mut references = config.map(|c| c.references(row, &wanted)).unwrap_or_default();
        references.retain(|(_, blocks)| blocks.iter().all(|(_, b)| names_key(b)));
        if references.is_empty() {
            return seen.provider.then_some(Custody::Provider);
        }
        let custody = |blocks: &[Block]| {
            let named = blocks.iter().filter_map(|b| self.by_block.get(b).copied()).min();
            named.unwrap_or(Custody::CustomerKeyInProviderHsm)
        };
        references.iter().map(|(_, blocks)| custody(blocks)).min().filter(|_| seen.disks <= references.len())
    }

    fn named(&self, value: &str) -> Custody {
        if value.starts_with("alias/aws/") || value.contains(":alias/aws/") {
            return Custody::Provider;
        }
        let whole = self.by_name.get(value);
        let versioned = || value.split_once("/cryptoKeyVersions/").and_then(|(key, _)| self.by_name.get(key));
        let last = || value.rsplit_once(":key/").and_then(|(_, id)| self.by_name.get(id));
        whole.or_else(versioned).or_else(last).copied().unwrap_or(Custody::CustomerKeyInProviderHsm)
    }
}

/// What the attributes of one resource say.
#[derive(Debug, Default)]
struct Seen {
    custody: Option<Custody>,
    /// The provider's own key is named as such.
    provider: bool,
    /// A disk without customer key.
    disk_without: bool,
    /// Disks seen.
    disks: usize,
    /// Key attributes that are known to be empty.
    known_null: Vec<String>,
}

impl Seen {
    fn attribute(&mut self, name: &str, node: &Node<'_>, keys: &Keys) {
        if DISKS.contains(&name) {
            for disk in node.elements() {
                let before = self.custody.take();
                disk.each(&mut |n, v| self.member(name, n, v, keys));
                self.disk_without |= self.custody.is_none();
                self.disks += 1;
                self.custody = match (before, self.custody) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            }
            return;
        }
        self.member(name, name, node, keys);
        node.each(&mut |n, v| self.member(name, n, v, keys));
    }

    fn member(&mut self, top: &str, name: &str, node: &Node<'_>, keys: &Keys) {
        let in_block = KEY_IN_BLOCK.iter().any(|(block, n)| *block == top && *n == name);
        if KEY_NAMES.contains(&name) || in_block {
            match node.text() {
                Some(value) => {
                    let custody = keys.named(value);
                    self.custody = Some(self.custody.map_or(custody, |c| c.min(custody)));
                }
                None if !matches!(node, Node::List(_) | Node::Map(_)) => self.known_null.push(name.to_owned()),
                None => {}
            }
        } else if matches!(name, "sse_algorithm" | "key_source" | "encryption_type") {
            self.provider |= matches!(node.text(), Some("AES256" | "Microsoft.Storage" | "SSE_S3"));
        }
    }
}
