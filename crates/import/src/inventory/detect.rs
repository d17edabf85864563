//! Which inventory a file is, by its first bytes.
//!
//! What it deliberately does not do: read further. A file whose head does not say what it is must be named by its user.

use super::{cyclonedx, list, register};
use crate::{Format, Head, ImportError, Input};

/// Claims a file by its head.
pub(crate) fn detect(input: &Input, head: &Head<'_>) -> Result<Option<Format>, ImportError> {
    let text = head.text.trim_start();
    if register::looks_like_register(head) {
        return Ok(Some(Format::DoraRegister));
    }
    if text.starts_with(['{', '[']) {
        if has_key(text, "schema_version") && has_key(text, "history") && text.contains("pepin-inventory/") {
            return Err(input.unusable("this describes the format of pepin's inventories; it is no inventory"));
        }
        return Ok(json(text));
    }
    if let Some(reason) = cyclonedx::refuse(head.bytes, text) {
        return Err(input.unusable(reason));
    }
    if text.starts_with('<') && text.contains("http://cyclonedx.org/schema/bom") {
        return Ok(Some(Format::CycloneDx));
    }
    if list::looks_like_csv(text) || list::looks_like_yaml(&head.name, text) {
        return Ok(Some(Format::List));
    }
    Ok(None)
}

fn json(text: &str) -> Option<Format> {
    let key = |name: &str| has_key(text, name);
    if key("terraform_version") || key("format_version") {
        return None;
    }
    if key("bomFormat") {
        return Some(Format::CycloneDx);
    }
    let config = ["configurationItems", "baseConfigurationItems", "configurationItemStatus"].iter().any(|k| key(k));
    let selected = key("Results") && (key("QueryInfo") || text.contains("configuration"));
    if config || selected {
        return Some(Format::AwsConfig);
    }
    if key("Resources") && key("OwningAccountId") {
        return Some(Format::AwsResourceExplorer);
    }
    if key("resources") && key("provider") && key("attributes") && key("type") {
        return Some(Format::Pepin);
    }
    if (key("asset_type") || key("assetType")) && text.contains(".googleapis.com/") {
        return Some(Format::GcpAssets);
    }
    let arm = text.contains("/subscriptions/") || text.contains("/Subscriptions/");
    if arm && key("id") && (key("type") || key("data") || key("value")) {
        return Some(Format::AzureResources);
    }
    let graph = key("resultTruncated") || key("skip_token") || key("totalRecords") || key("total_records");
    let table = arm && key("columns") && key("rows");
    if table || (graph && key("data")) {
        return Some(Format::AzureResources);
    }
    None
}

/// True when `"name"` stands before a colon somewhere in the text.
fn has_key(text: &str, name: &str) -> bool {
    let quoted = format!("\"{name}\"");
    text.match_indices(&quoted)
        .any(|(at, found)| text.get(at + found.len()..).is_some_and(|rest| rest.trim_start().starts_with(':')))
}
