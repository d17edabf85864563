//! Cloud Asset Inventory.

use flagstate_estate::Custody;

use super::{has_note, map, named, read, refusal, sums};
use crate::Format::GcpAssets;

fn asset(kind: &str, name: &str, location: &str, data: &str) -> String {
    format!(r#"{{"name":"//{name}","asset_type":"{kind}","resource":{{"location":{location},"data":{data}}}}}"#)
}

fn assets() -> Vec<String> {
    vec![
        asset("cloudresourcemanager.googleapis.com/Project", "cloudresourcemanager.googleapis.com/projects/77", "null", r#"{"projectId":"health","projectNumber":"77"}"#),
        asset("storage.googleapis.com/Bucket", "storage.googleapis.com/patients", r#""EUROPE-WEST9""#,
            r#"{"projectNumber":"77","labels":{"env":"prod"},"encryption":{"defaultKmsKeyName":"projects/health/locations/europe-west9/keyRings/r/cryptoKeys/out"},"secret":"hunter2"}"#),
        asset("bigquery.googleapis.com/Dataset", "bigquery.googleapis.com/projects/77/datasets/d", "null",
            r#"{"location":"EU","defaultEncryptionConfiguration":{"kmsKeyName":"projects/77/locations/eu/keyRings/r/cryptoKeys/elsewhere"}}"#),
        asset("cloudkms.googleapis.com/CryptoKey", "cloudkms.googleapis.com/projects/77/locations/europe-west9/keyRings/r/cryptoKeys/out", "null",
            r#"{"versionTemplate":{"protectionLevel":"EXTERNAL"}}"#),
        asset("compute.googleapis.com/Instance", "compute.googleapis.com/projects/health/zones/europe-west9-b/instances/gpu", "null",
            r#"{"zone":"https://www.googleapis.com/compute/v1/projects/health/zones/europe-west9-b","machineType":"x/machineTypes/a2-highgpu-1g",
                "disks":[{"diskEncryptionKey":{"kmsKeyName":"projects/health/locations/l/keyRings/r/cryptoKeys/k/cryptoKeyVersions/1"}},{}],
                "confidentialInstanceConfig":{"enableConfidentialCompute":true}}"#),
        asset("sqladmin.googleapis.com/Instance", "cloudsql.googleapis.com/projects/health/instances/db", "null",
            r#"{"databaseVersion":"POSTGRES_16","region":"europe-west9","gceZone":"europe-west9-a"}"#),
        asset("dataproc.googleapis.com/Cluster", "dataproc.googleapis.com/projects/health/regions/global/clusters/c", "null",
            r#"{"config":{"gceClusterConfig":{"zoneUri":"https://x/zones/europe-north1-c"}}}"#),
        asset("container.googleapis.com/Cluster", "container.googleapis.com/v1/projects/77/locations/europe-west9-a/clusters/k8s", "null", "{}"),
        asset("k8s.io/Pod", "container.googleapis.com/projects/health/zones/z/clusters/c/k8s/namespaces/n/pods/p", "null", "{}"),
        asset("rare.googleapis.com/Thing", "rare.googleapis.com/projects/health/locations/global/things/t", "null", "{}"),
        r#"{"name":"//storage.googleapis.com/patients","asset_type":"storage.googleapis.com/Bucket","iam_policy":{"bindings":[]}}"#.into(),
        r#"{"assetType":"storage.googleapis.com/Bucket"}"#.into(),
    ]
}

#[test]
fn lines_pretty_print_lists_and_wrappers_agree() {
    let pretty: String = assets()
        .iter()
        .map(|a| serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(a).unwrap()).unwrap() + "\n")
        .collect();
    let mut shuffled = assets();
    shuffled.reverse();
    let first = read("cai.dump", &assets().join("\n"), GcpAssets);
    assert_eq!(sums(&first.inputs[0]), (12, 8, 0, 4));
    let history = assets()
        .iter()
        .map(|a| format!(r#"{{"window":{{"startTime":"2026-01-01T00:00:00Z"}},"asset":{a}}}"#))
        .collect::<Vec<_>>();
    for text in [
        pretty,
        format!("[{}]", assets().join(",")),
        format!(r#"{{"assets":[{}],"readTime":"2026-01-01T00:00:00Z"}}"#, shuffled.join(",")),
        format!(r#"{{"assets":[{}]}}"#, history.join(",")),
    ] {
        let other = read("cai.dump", &text, GcpAssets);
        assert_eq!(sums(&other.inputs[0]), (12, 8, 0, 4));
        assert_eq!(format!("{:?}", other.resources), format!("{:?}", first.resources));
    }
}

#[test]
fn what_decides_is_read_where_it_stands() {
    let estate = read("cai.ndjson", &assets().join("\n"), GcpAssets);
    let bucket = named(&estate, "patients");
    assert_eq!(bucket.region.as_deref(), Some("europe-west9"));
    assert_eq!(bucket.account.as_deref(), Some("health"), "a project by number is the project by id");
    assert_eq!(bucket.custody, Some(Custody::ExternalKeyStore), "the key's own record says that it lies outside");
    assert_eq!((bucket.capability.as_deref(), bucket.tags["env"].as_str()), (Some("object_storage"), "prod"));
    let dataset = named(&estate, "d");
    assert_eq!(dataset.region.as_deref(), Some("eu"));
    assert_eq!(dataset.id, "//bigquery.googleapis.com/projects/77/datasets/d");
    assert_eq!(dataset.custody, Some(Custody::CustomerKeyInProviderHsm));
    let gpu = named(&estate, "gpu");
    assert_eq!(
        (gpu.region.as_deref(), gpu.custody),
        (Some("europe-west9"), None),
        "one disk has no key of the customer"
    );
    assert!(gpu.safeguards.contains("confidential_computing"));
    assert_eq!(named(&estate, "db").capability.as_deref(), Some("db_postgresql"));
    assert_eq!(named(&estate, "c").region.as_deref(), Some("europe-north1"), "reached globally, run in a zone");
    assert_eq!(named(&estate, "k8s").region.as_deref(), Some("europe-west9"));
    assert_eq!(named(&estate, "t").region.as_deref(), Some("global"));
    assert!(!format!("{estate:?}").contains("hunter2"));
}

#[test]
fn searches_and_histories() {
    let search = r#"{"results":[{"name":"//compute.googleapis.com/projects/p/zones/europe-west1-b/disks/d","assetType":"compute.googleapis.com/Disk",
        "project":"projects/9","location":"europe-west1-b","displayName":"the disk","labels":{"a":"b"},
        "kmsKeys":["projects/p/locations/l/keyRings/r/cryptoKeys/k"]}],"nextPageToken":"more"}"#;
    let estate = read("search.json", search, GcpAssets);
    let disk = named(&estate, "the disk");
    assert_eq!((disk.region.as_deref(), disk.custody), (Some("europe-west1"), Some(Custody::CustomerKeyInProviderHsm)));
    assert!(has_note(&estate, "INCOMPLETE:"));
    let old = assets()[1].replace("prod", "older");
    let history = format!(
        r#"{{"assets":[{{"window":{{"startTime":"2026-02-01T00:00:00Z"}},"asset":{}}},
            {{"window":{{"startTime":"2026-01-01T00:00:00Z"}},"asset":{old}}},
            {{"window":{{"startTime":"2026-03-01T00:00:00Z"}},"deleted":true,"asset":{}}}]}}"#,
        assets()[1],
        assets()[5]
    );
    let estate = read("history.json", &history, GcpAssets);
    assert_eq!(sums(&estate.inputs[0]), (3, 1, 1, 1));
    assert_eq!(named(&estate, "patients").tags["env"], "prod");
}

#[test]
fn every_type_of_the_table_is_in_the_catalog_once() {
    let mut seen = std::collections::BTreeSet::new();
    for (asset, terraform) in super::super::gcp_types::GCP_TYPES {
        assert!(map().terraform(terraform).is_some(), "{terraform}");
        assert!(seen.insert(asset), "{asset} twice");
    }
}

#[test]
fn a_dump_cut_inside_a_record_is_refused() {
    let whole = assets().join("\n");
    let cut = whole.get(..whole.len() - 5).unwrap();
    assert_eq!(
        refusal("c.dump", cut.as_bytes(), None),
        "14:40: the file ends in the middle of a record; it is cut off"
    );
}
