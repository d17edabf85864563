//! What bills of all providers have in common: tags in text, commitments, support plans.
//!
//! What it deliberately does not do: read the meaning of tags; workloads are found by selectors later.

use std::collections::BTreeMap;

use serde_json::Value;

/// Reason: taxes and the like.
pub(super) const MONEY_ONLY: &str = "tax, credit, refund or adjustment without a resource";
/// Reason: commitments.
pub(super) const COMMITMENT: &str = "purchase or unused part of a commitment: money, not something that runs";
/// Reason: support.
pub(super) const SUPPORT: &str = "support plan without a resource";
/// Reason: nothing named.
pub(super) const NOTHING: &str = "row names neither a resource nor a service";

/// Tags from a cell: a JSON object, its body without braces (Azure), a list of key/value pairs (GCP), or the same
/// with the quotes of Python. Text that is none of these gives no tags.
pub(super) fn tags(cell: &str) -> BTreeMap<String, String> {
    let cell = cell.trim();
    let value = match cell.chars().next() {
        None => return BTreeMap::new(),
        Some('{' | '[') => serde_json::from_str(cell).or_else(|_| serde_json::from_str(&python(cell))),
        Some(_) => serde_json::from_str(&format!("{{{cell}}}")),
    };
    let mut out = BTreeMap::new();
    match value {
        Ok(Value::Object(map)) => {
            for (key, value) in map {
                insert(&mut out, &key, &value);
            }
        }
        Ok(Value::Array(list)) => {
            for pair in &list {
                if let (Some(key), Some(value)) = (pair.get("key").and_then(Value::as_str), pair.get("value")) {
                    insert(&mut out, key, value);
                }
            }
        }
        _ => {}
    }
    out
}

/// A list as Python prints it, as JSON; good enough for what exports hold, and an error where it is not.
pub(super) fn python(text: &str) -> String {
    text.replace('\'', "\"").replace(": None", ": null")
}

fn insert(out: &mut BTreeMap<String, String>, key: &str, value: &Value) {
    let text = match value {
        Value::String(s) => s.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    out.insert(key.trim().to_owned(), text);
}

/// True when the id is a reservation, savings plan or committed use discount.
pub(super) fn is_commitment(id: &str) -> bool {
    let lower = id.to_ascii_lowercase();
    lower.contains(":reserved-instances/")
        || lower.contains(":savingsplans:")
        || lower.contains("microsoft.capacity/reservationorders")
        || lower.contains("microsoft.billingbenefits/")
        || (lower.starts_with("//compute.googleapis.com/") && lower.contains("/commitments/"))
}

/// True for names of support plans.
pub(super) fn is_support(service: &str) -> bool {
    let lower = service.to_ascii_lowercase();
    lower.starts_with("aws support")
        || lower.starts_with("awssupport")
        || lower.starts_with("ocbpremiumsupport")
        || matches!(lower.as_str(), "support" | "azure support" | "aws premium support" | "google cloud support")
}
