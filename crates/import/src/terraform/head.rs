//! What a file is, from its first bytes.
//!
//! What it is for: claiming states and plans by the keys of their top level, also behind log lines, and saying what
//! to do about files that only look like them.
//!
//! What it deliberately does not do: look at the file name, or read beyond the head.
//!
//! Sources: `HashiCorp` "JSON Output Format" 1.2 (2024); `OpenTofu` "State and Plan Encryption" 1.7 (2024).

/// What the head says.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// Not of this family.
    Other,
    /// A state.
    State,
    /// A plan.
    Plan,
    /// Of this family, and of no use: what to do instead.
    Refused(&'static str),
}

/// A plan as HCP Terraform keeps it for its own pages.
pub(super) const RENDERED: &str = "this is the rendered form of a plan (`plan_format_version` with provider schemas): it \
     lacks the planned values; export the plan itself with `terraform show -json PLANFILE`";
/// `OpenTofu` encryption.
pub(super) const ENCRYPTED: &str = "this file is encrypted by OpenTofu; decrypt it where its key is, with \
     `tofu state pull` or `tofu show -json`, and read that output";
/// `terraform providers schema -json`.
pub(super) const SCHEMAS: &str = "these are provider schemas, not resources; export with `terraform show -json`";
const BINARY: &str = "this is a plan file in its binary form; export it with `terraform show -json PLANFILE`";

/// Most top-level keys looked at, and most starting points tried in a file that does not start with JSON.
const MOST: usize = 64;

/// Classifies a head. Log lines before the first `{` of a line are skipped.
pub(super) fn kind(text: &str) -> Kind {
    if text.starts_with("PK\u{3}\u{4}") && text.contains("tfplan") {
        return Kind::Refused(BINARY);
    }
    for start in starts(text).take(MOST) {
        let rest = text.get(start..).unwrap_or_default();
        match classify(&top_keys(rest), rest) {
            Kind::Other => {}
            found => return found,
        }
    }
    Kind::Other
}

/// True when the object at the start of the text has the keys of this family.
pub(super) fn starts_document(text: &str) -> bool {
    classify(&top_keys(text), text) != Kind::Other
}

/// Byte offsets at which a JSON object may start: the first character that is no blank, or the first of a line.
pub(super) fn starts(text: &str) -> impl Iterator<Item = usize> {
    let first = text.len() - text.trim_start().len();
    let bytes = text.as_bytes();
    let at_first = (bytes.get(first) == Some(&b'{')).then_some(first);
    let lines = memchr::memchr_iter(b'\n', bytes).map(|i| i + 1).filter(move |i| *i > first);
    at_first.into_iter().chain(lines.filter(|i| bytes.get(*i) == Some(&b'{')))
}

fn classify(keys: &[&str], text: &str) -> Kind {
    let has = |k: &str| keys.contains(&k);
    let versioned = has("format_version") || has("terraform_version");
    if has("plan_format_version") {
        return Kind::Refused(RENDERED);
    }
    if has("encrypted_data") && (has("encryption_version") || has("meta") || has("lineage")) {
        return Kind::Refused(ENCRYPTED);
    }
    if has("provider_schemas") && has("format_version") {
        return Kind::Refused(SCHEMAS);
    }
    let plan = ["planned_values", "resource_changes", "prior_state", "resource_drift", "relevant_attributes"];
    if has("planned_values") || (versioned && plan.iter().any(|k| has(k))) {
        return Kind::Plan;
    }
    if has("format_version") && ["variables", "configuration", "applyable", "errored"].iter().any(|k| has(k)) {
        return Kind::Plan;
    }
    // Keys in alphabetical order put a long `configuration` first.
    if has("configuration") && text.contains("\"provider_config") && text.contains("\"root_module\"") {
        return Kind::Plan;
    }
    if has("format_version") && (has("values") || keys.iter().all(|k| k.ends_with("_version"))) {
        return Kind::State;
    }
    let raw = has("lineage") || has("serial") || has("terraform_version");
    if raw && (has("version") || has("resources") || has("modules") || has("outputs")) {
        return Kind::State;
    }
    Kind::Other
}

/// Keys of the top-level object, as far as the text goes. Tolerant: broken text gives the keys before the break.
fn top_keys(text: &str) -> Vec<&str> {
    let bytes = text.as_bytes();
    let (mut depth, mut at, mut keys) = (0_usize, 0, Vec::new());
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth = depth.saturating_sub(1),
            b'"' => {
                let from = at + 1;
                at = string_end(bytes, from);
                let rest = text.get(at + 1..).unwrap_or_default();
                if depth == 1 && rest.trim_start().starts_with(':') {
                    keys.extend(text.get(from..at));
                }
            }
            _ => {}
        }
        at += 1;
        if depth == 0 || keys.len() >= MOST {
            break;
        }
    }
    keys
}

/// Index of the closing quote, or the end.
fn string_end(bytes: &[u8], from: usize) -> usize {
    let mut at = from;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' => return at,
            b'\\' => at += 2,
            _ => at += 1,
        }
    }
    bytes.len()
}
