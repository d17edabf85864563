//! Azure: Resource Graph answers, `az resource list`, ARM lists.
//!
//! What it is for: every object of `data` (rows of objects, or a table of columns and rows), of `value`, or of a plain
//! list is one row. Recorded calls around such answers are opened. Ids are compared without case, as ARM does; names of
//! resource groups are written in lower case for the same reason.
//!
//! What it deliberately does not do: it keeps nothing of `properties` but what decides the verdict (who holds the key,
//! size and kind); it never follows a page link: an answer that says it goes on is marked INCOMPLETE.
//!
//! Spec: Microsoft.ResourceGraph/resources 2021-03-01 and 2019-04-01 (table), Azure Resource Manager "Resources - List"
//! 2021-04-01, `az graph query` and `az resource list` of Azure CLI 2.x.

use flagstate_estate::{Custody, EstateBuilder, InputRef, Observation, Rank};
use serde_json::Value;

use super::{
    field::{dig, dig_text, first, kind, scalar, tags, text},
    json::{self, Object, Records},
    pages::Pages,
};
use crate::{Context, Format, ImportError, Input, Resolver, identity};

/// Tag under which the parent of a managed resource is shown.
pub(crate) const MANAGED_BY: &str = "managedBy";

/// Tag under which an edge zone or a place of the customer's own is shown.
pub(crate) const EXTENDED: &str = "extendedLocation";

/// Types that hold other resources and no data.
const CONTAINERS: [&str; 4] = [
    "microsoft.resources/subscriptions",
    "microsoft.resources/subscriptions/resourcegroups",
    "microsoft.resources/resourcegroups",
    "microsoft.management/managementgroups",
];

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let to = builder.open_input(&input.display(), &Format::AzureResources.to_string(), Rank::Inventory);
    let mut sink = Azure { resolver: Resolver::new(context.services), builder, to, pages: Pages::default() };
    json::read(input, context, &mut sink)?;
    let Azure { builder, pages, .. } = sink;
    pages.note(builder, to);
    Ok(())
}

struct Azure<'a> {
    resolver: Resolver<'a>,
    builder: &'a mut EstateBuilder,
    to: InputRef,
    pages: Pages,
}

impl Records for Azure<'_> {
    const INSIDE: &'static [&'static str] = &["data", "value", "interactions", "response", "body"];

    fn record(&mut self, record: Object) {
        let Some(id) = first(&record, &["id", "resourceId", "ResourceId"]) else {
            self.builder.ignore(self.to, "row without a resource id", 1);
            return;
        };
        let type_name = text(&record, "type").map(str::to_ascii_lowercase).or_else(|| identity::arm_type_in(id));
        let container = match &type_name {
            Some(t) => CONTAINERS.contains(&t.as_str()),
            None => id.split('/').count() <= 5,
        };
        if container {
            self.builder.ignore(self.to, "subscription or group: holds resources, is none", 1);
            return;
        }
        let observation = observe(self.resolver, id, type_name, &record);
        self.builder.observe(self.to, observation);
    }

    fn text(&mut self, _: &str) {
        self.odd();
    }

    fn odd(&mut self) {
        self.builder.ignore(self.to, "row is not a resource record", 1);
    }

    fn envelope(&mut self, beside: &Object, records: u64) {
        self.pages.azure(beside, records);
    }
}

fn observe(resolver: Resolver<'_>, id: &str, type_name: Option<String>, record: &Object) -> Observation {
    let account = text(record, "subscriptionId").or_else(|| identity::account_in(id)).map(str::to_ascii_lowercase);
    let group = identity::group_in(id).or_else(|| text(record, "resourceGroup")).map(str::to_ascii_lowercase);
    let mut o = Observation {
        keys: identity::keys_for("azure", account.as_deref(), id, type_name.as_deref()),
        rows: 1,
        name: first(record, &["name"]).map(str::to_owned),
        account,
        group,
        tags: tags(record.get("tags")).into(),
        ..Observation::default()
    };
    if let Some(parent) = text(record, MANAGED_BY) {
        o.tags.entry(MANAGED_BY.to_owned()).or_insert_with(|| parent.to_ascii_lowercase());
    }
    if let Some(place) = record.get("extendedLocation").and_then(|l| dig_text(l, "name")) {
        o.tags.entry(EXTENDED.to_owned()).or_insert_with(|| place.to_ascii_lowercase());
    }
    resolver.place(&mut o, Some("azure"), text(record, "location"), false);
    let nothing = Value::Null;
    let properties = record.get("properties").unwrap_or(&nothing);
    let info = type_name.as_deref().and_then(|t| resolver.services().azure(t));
    let types: Vec<&str> = type_name.as_deref().into_iter().flat_map(also_known_as).collect();
    kind(resolver, &mut o, info, &types, &|path| attribute(record, properties, path));
    o.resource_type = type_name;
    o.custody = custody(properties);
    if dig_text(properties, "securityProfile.securityType").is_some_and(|t| t.eq_ignore_ascii_case("ConfidentialVM")) {
        o.safeguards.insert("confidential_computing".into());
    }
    if key_uris(properties).any(|uri| uri.contains(".managedhsm.")) {
        o.safeguards.insert("managed_hsm".into());
    }
    o
}

/// Names under which the catalog's refinements know a type.
fn also_known_as(type_name: &str) -> Vec<&str> {
    match type_name {
        "microsoft.compute/virtualmachines" => vec![type_name, "azurerm_linux_virtual_machine"],
        "microsoft.compute/virtualmachinescalesets" => vec![type_name, "azurerm_linux_virtual_machine_scale_set"],
        _ => vec![type_name],
    }
}

/// An attribute by the name that a refinement uses.
fn attribute(record: &Object, properties: &Value, path: &str) -> Option<String> {
    let at = |p: &str| dig(properties, p).and_then(scalar);
    match path {
        "size" | "vm_size" => at("hardwareProfile.vmSize"),
        "sku" => record.get("sku").and_then(|s| dig(s, "name")).and_then(scalar),
        _ => record.get(path).and_then(scalar).or_else(|| at(path)),
    }
}

/// Who holds the key, where the record says so.
fn custody(properties: &Value) -> Option<Custody> {
    const CUSTOMER: Custody = Custody::CustomerKeyInProviderHsm;
    if let Some(source) = dig_text(properties, "encryption.keySource")
        .or_else(|| dig_text(properties, "parameters.encryption.value.keySource"))
        .or_else(|| dig_text(properties, "encryption.entities.managedDisk.keySource"))
    {
        return match source.to_ascii_lowercase().as_str() {
            "microsoft.keyvault" => Some(CUSTOMER),
            "microsoft.storage" | "default" => Some(Custody::Provider),
            _ => None,
        };
    }
    if let Some(how) = dig_text(properties, "encryption.type").or_else(|| dig_text(properties, "dataEncryption.type")) {
        return match how.to_ascii_lowercase().as_str() {
            "encryptionatrestwithcustomerkey" | "encryptionatrestwithplatformandcustomerkeys" | "azurekeyvault" => {
                Some(CUSTOMER)
            }
            "encryptionatrestwithplatformkey" | "systemmanaged" => Some(Custody::Provider),
            _ => None,
        };
    }
    if let Some(disks) = disks(properties) {
        return Some(disks);
    }
    let named = ["encryption.diskEncryptionSetId", "diskEncryptionSetID"];
    let set = named.iter().any(|path| dig_text(properties, path).is_some());
    (set || key_uris(properties).next().is_some()).then_some(CUSTOMER)
}

/// A machine is as strong as its weakest disk; nothing is said where no disk names a key.
fn disks(properties: &Value) -> Option<Custody> {
    let profile =
        dig(properties, "storageProfile").or_else(|| dig(properties, "virtualMachineProfile.storageProfile"))?;
    let data = dig(profile, "dataDisks").and_then(Value::as_array).into_iter().flatten();
    let all: Vec<&Value> = dig(profile, "osDisk").into_iter().chain(data).collect();
    let with_key = |d: &&&Value| {
        dig_text(d, "managedDisk.diskEncryptionSet.id")
            .or_else(|| dig_text(d, "managedDisk.securityProfile.diskEncryptionSet.id"))
            .is_some()
    };
    match all.iter().filter(with_key).count() {
        0 => None,
        n if n == all.len() => Some(Custody::CustomerKeyInProviderHsm),
        _ => Some(Custody::Provider),
    }
}

/// Addresses of the keys that encrypt this resource's data.
fn key_uris(properties: &Value) -> impl Iterator<Item = &str> {
    const PLACES: [&str; 10] = [
        "encryption.keyVaultProperties.keyVaultUri",
        "encryption.keyVaultProperties.keyIdentifier",
        "encryption.keyVaultProperties.identity.keyVaultUri",
        "encryption.vaultBaseUrl",
        "keyVaultProperties.keyVaultUri",
        "keyVaultProperties.keyUri",
        "keyVaultKeyUri",
        "keyId",
        "dataEncryption.primaryKeyURI",
        "encryption.customerManagedKeyEncryption.keyEncryptionKeyUrl",
    ];
    PLACES.iter().filter_map(|p| dig_text(properties, p)).filter(|t| t.contains("://"))
}
