//! Identity keys: the names under which different inputs know one resource.
//!
//! What it is for: a bill, a state file and an inventory write the same bucket as `my-bucket`, as
//! `arn:aws:s3:::my-bucket` and as a Terraform id. Every importer asks here, so that they all arrive at one key.
//!
//! What it deliberately does not do: guess. Names that are unique only within a service keep the provider, account
//! and kind in the key, so that a queue and a function of the same name stay two resources.
//!
//! Sources: AWS "Amazon Resource Names" (2024-11), Azure "Resource ID" in the Resource Manager reference (2024),
//! Google Cloud "Full resource names" (Cloud Asset Inventory, 2024), OCI "Resource Identifiers" (2024).

/// Keys for `raw_id`, most specific first; empty when the id is empty or a literal `NULL`.
///
/// `provider` is the catalog's provider id (or the raw name where the catalog knows none). `account` is the account,
/// subscription, project or tenancy. `kind` is whatever the input says about what it is: a Terraform type, an ARM
/// type, a service name or a product code; it is used to recognise buckets and as a part of the last resort key.
///
/// | input | keys |
/// |---|---|
/// | ARN | the ARN; `aws:<account>:<id>` and, for long ids, `aws:<id>` where the ARN ends in `i-0abc...`, `vol-...` |
/// | bare AWS id `i-0abc...` | `aws:<account>:<id>` (with account), `aws:<id>` (long ids are unique everywhere) |
/// | S3 bucket name | `arn:<partition>:s3:::<name>` |
/// | ARM id | the id in lower case without a trailing slash |
/// | GCP full name, self link, `projects/...` of a known type | `//<service>.googleapis.com/projects/...` |
/// | GCS bucket name | `//storage.googleapis.com/<name>` |
/// | OCID | the OCID |
/// | anything whose last part is a UUID | `<provider>:<uuid>` |
/// | else | `<provider>:<account>:<kind>:<id>` |
pub(crate) fn keys_for(provider: &str, account: Option<&str>, raw_id: &str, kind: Option<&str>) -> Vec<String> {
    let id = raw_id.trim();
    if is_null(id) {
        return Vec::new();
    }
    let account = account.map(str::trim).filter(|a| !is_null(a));
    if let Some(keys) = global(provider, id) {
        return keys;
    }
    let kind = kind.map(str::trim).unwrap_or_default();
    match provider {
        "aws" | "aws_esc" => aws_bare(provider, account, id, kind),
        "gcp" => gcp(account, id, kind),
        _ => by_uuid(provider, id).unwrap_or_else(|| vec![last_resort(provider, account, kind, id)]),
    }
}

/// The key for "something of this service that runs here", where a bill row names no resource. It starts with `~`,
/// which no other key does.
pub(crate) fn service_key(provider: &str, account: Option<&str>, service: &str, region: Option<&str>) -> String {
    format!(
        "~{}:{}:{}:{}",
        part(provider),
        part(account.unwrap_or_default()),
        part(service),
        part(region.unwrap_or_default())
    )
}

/// Empty, or one of the ways in which exports write "no value".
pub(crate) fn is_null(text: &str) -> bool {
    matches!(text.len(), 0 | 3 | 4) && (text.is_empty() || text.eq_ignore_ascii_case("null") || text == "N/A")
}

/// The account in an ARN, ARM id or GCP full name.
pub(crate) fn account_in(id: &str) -> Option<&str> {
    if id.starts_with("arn:") {
        return id.split(':').nth(4).filter(|a| !a.is_empty());
    }
    let mut parts = id.split('/');
    while let Some(p) = parts.next() {
        if p.eq_ignore_ascii_case("subscriptions") || p == "projects" {
            return parts.next().filter(|a| !a.is_empty());
        }
    }
    None
}

/// The region in an ARN (field 4) or an OCID (field 4); a zone or region in a GCP full name.
pub(crate) fn region_in(id: &str) -> Option<&str> {
    let found = if id.starts_with("arn:") {
        id.split(':').nth(3)
    } else if id.starts_with("ocid1.") {
        id.split('.').nth(3)
    } else if id.starts_with("//") {
        let mut parts = id.split('/');
        parts.find(|p| matches!(*p, "zones" | "regions" | "locations")).and_then(|_| parts.next())
    } else {
        None
    };
    found.filter(|r| !r.is_empty())
}

/// The resource group in an ARM id.
pub(crate) fn group_in(id: &str) -> Option<&str> {
    let mut parts = id.split('/');
    parts.find(|p| p.eq_ignore_ascii_case("resourceGroups")).and_then(|_| parts.next()).filter(|g| !g.is_empty())
}

/// The ARM type in an ARM id, lower case: `microsoft.compute/virtualmachines`, `microsoft.sql/servers/databases`.
pub(crate) fn arm_type_in(id: &str) -> Option<String> {
    let lower = id.to_ascii_lowercase();
    let (_, tail) = lower.rsplit_once("/providers/")?;
    let mut parts = tail.split('/').filter(|p| !p.is_empty());
    let mut name = parts.next()?.to_owned();
    let mut levels = 0;
    while let Some(level) = parts.next() {
        name.push('/');
        name.push_str(level);
        levels += 1;
        parts.next();
    }
    (levels > 0).then_some(name)
}

/// Ids that carry their whole identity, whatever the provider column says.
fn global(provider: &str, id: &str) -> Option<Vec<String>> {
    if id.starts_with("arn:") && id.matches(':').count() >= 5 {
        return Some(arn(id));
    }
    if starts_with_fold(id, "/subscriptions/") || (provider == "azure" && starts_with_fold(id, "/providers/")) {
        return Some(vec![id.trim_end_matches('/').to_ascii_lowercase()]);
    }
    if id.starts_with("//") && id.contains(".googleapis.com/") {
        return Some(vec![id.to_owned()]);
    }
    id.starts_with("ocid1.").then(|| vec![id.to_owned()])
}

fn arn(id: &str) -> Vec<String> {
    let mut keys = vec![id.to_owned()];
    let last = id.rsplit([':', '/']).next().unwrap_or_default();
    // Only EC2-style ids are unique without their service; a name such as `orders` is not.
    if let Some(long) = numbered_id(last) {
        if let Some(account) = id.split(':').nth(4).filter(|a| !a.is_empty()) {
            keys.push(format!("aws:{}:{last}", part(account)));
        }
        if long {
            keys.push(format!("aws:{last}"));
        }
    }
    keys
}

fn aws_bare(provider: &str, account: Option<&str>, id: &str, kind: &str) -> Vec<String> {
    if let Some(long) = numbered_id(id) {
        let mut keys = Vec::new();
        if let Some(account) = account {
            keys.push(format!("aws:{}:{id}", part(account)));
        }
        if long {
            keys.push(format!("aws:{id}"));
        }
        if keys.is_empty() {
            keys.push(last_resort(provider, None, kind, id));
        }
        return keys;
    }
    let is_s3 = matches!(
        kind,
        "AmazonS3" | "Amazon Simple Storage Service" | "Amazon S3" | "aws_s3_bucket" | "AWS::S3::Bucket" | "s3" | "S3"
    );
    if is_s3 && bucket_name(id) {
        let partition = if provider == "aws_esc" { "aws-eusc" } else { "aws" };
        return vec![format!("arn:{partition}:s3:::{id}")];
    }
    vec![last_resort(provider, account, kind, id)]
}

/// `i-0123456789abcdef0`: letters, a dash, hexadecimal digits. `Some(true)` for the long form, unique everywhere.
fn numbered_id(id: &str) -> Option<bool> {
    let (prefix, digits) = id.rsplit_once('-')?;
    let prefix_ok =
        !prefix.is_empty() && prefix.len() <= 24 && prefix.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
    let digits_ok = digits.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b));
    match digits.len() {
        8 if prefix_ok && digits_ok => Some(false),
        17 if prefix_ok && digits_ok => Some(true),
        _ => None,
    }
}

fn bucket_name(id: &str) -> bool {
    (3..=255).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_'))
}

fn gcp(account: Option<&str>, id: &str, kind: &str) -> Vec<String> {
    let link =
        id.strip_prefix("https://www.googleapis.com/").or_else(|| id.strip_prefix("https://content.googleapis.com/"));
    if let Some((service, path)) = link.and_then(|l| l.split_once('/')) {
        let path = path.split_once("/projects/").map_or(path, |(_, p)| p);
        return vec![format!("//{service}.googleapis.com/projects/{path}")];
    }
    if let Some((host, path)) = id.strip_prefix("https://").and_then(|l| l.split_once(".googleapis.com/"))
        && let Some((_, path)) = path.split_once("/projects/")
    {
        return vec![format!("//{host}.googleapis.com/projects/{path}")];
    }
    if matches!(kind, "google_storage_bucket" | "storage.googleapis.com/Bucket" | "Cloud Storage") && bucket_name(id) {
        return vec![format!("//storage.googleapis.com/{id}")];
    }
    if id.starts_with("projects/")
        && let Some(service) = gcp_service(kind)
    {
        return vec![format!("//{service}.googleapis.com/{id}")];
    }
    vec![last_resort("gcp", account, kind, id)]
}

/// Terraform type prefix -> service in full resource names.
const TERRAFORM: [(&str, &str); 20] = [
    ("google_alloydb_", "alloydb"),
    ("google_artifact_registry_", "artifactregistry"),
    ("google_bigquery_", "bigquery"),
    ("google_bigtable_", "bigtableadmin"),
    ("google_cloud_run_", "run"),
    ("google_cloudfunctions", "cloudfunctions"),
    ("google_compute_", "compute"),
    ("google_container_", "container"),
    ("google_dataflow_", "dataflow"),
    ("google_dataproc_", "dataproc"),
    ("google_dns_", "dns"),
    ("google_filestore_", "file"),
    ("google_firestore_", "firestore"),
    ("google_kms_", "cloudkms"),
    ("google_logging_", "logging"),
    ("google_pubsub_", "pubsub"),
    ("google_redis_", "redis"),
    ("google_secret_manager_", "secretmanager"),
    ("google_spanner_", "spanner"),
    ("google_sql_", "cloudsql"),
];

/// Service of a Terraform type or of an asset type (`compute.googleapis.com/Instance`).
fn gcp_service(kind: &str) -> Option<&str> {
    if let Some((service, _)) = kind.split_once(".googleapis.com/") {
        return Some(service);
    }
    TERRAFORM.iter().find(|(prefix, _)| kind.starts_with(prefix)).map(|(_, service)| *service)
}

/// `fr-par/6f3c...` and the bare UUID are one resource of the provider.
fn by_uuid(provider: &str, id: &str) -> Option<Vec<String>> {
    let last = id.rsplit(['/', ':']).next()?;
    let groups: Vec<usize> = last.split('-').map(str::len).collect();
    let is_uuid = groups == [8, 4, 4, 4, 12] && last.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-');
    is_uuid.then(|| vec![format!("{}:{}", part(provider), last.to_ascii_lowercase())])
}

fn last_resort(provider: &str, account: Option<&str>, kind: &str, id: &str) -> String {
    format!("{}:{}:{}:{id}", part(provider), part(account.unwrap_or_default()), part(kind))
}

/// One part of a composed key: `:` and a leading `~` are escaped, so that two different tuples never look the same.
fn part(text: &str) -> String {
    let text = text.trim();
    if text.contains(['%', ':', '~']) {
        return text.replace('%', "%25").replace(':', "%3A").replace('~', "%7E");
    }
    text.to_owned()
}

fn starts_with_fold(text: &str, prefix: &str) -> bool {
    text.get(..prefix.len()).is_some_and(|t| t.eq_ignore_ascii_case(prefix))
}

#[cfg(test)]
mod tests;
