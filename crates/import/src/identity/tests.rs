//! Tests of identity keys: the same thing under different names, and different things under similar names.
use super::{account_in, arm_type_in, group_in, keys_for, region_in, service_key};

fn shared(a: &[String], b: &[String]) -> bool {
    a.iter().any(|k| b.contains(k))
}

#[test]
fn one_instance_in_bill_and_state() {
    let bill = keys_for("aws", Some("123456789012"), "i-0123456789abcdef0", Some("AmazonEC2"));
    let state = keys_for("aws", None, "arn:aws:ec2:eu-west-1:123456789012:instance/i-0123456789abcdef0", None);
    assert_eq!(bill, ["aws:123456789012:i-0123456789abcdef0", "aws:i-0123456789abcdef0"]);
    assert!(shared(&bill, &state), "{bill:?} {state:?}");
}

#[test]
fn short_ids_need_their_account() {
    let a = keys_for("aws", Some("1"), "i-16847552", None);
    let b = keys_for("aws", Some("2"), "i-16847552", None);
    assert!(!shared(&a, &b));
}

#[test]
fn buckets_join_by_arn_in_their_partition() {
    let bill = keys_for("aws", Some("1"), "my-bucket", Some("AmazonS3"));
    assert_eq!(bill, ["arn:aws:s3:::my-bucket"]);
    assert_eq!(bill, keys_for("aws", None, "my-bucket", Some("aws_s3_bucket")));
    assert_eq!(keys_for("aws_esc", None, "my-bucket", Some("AmazonS3")), ["arn:aws-eusc:s3:::my-bucket"]);
}

#[test]
fn a_queue_and_a_function_of_one_name_stay_two() {
    let a = keys_for("aws", None, "arn:aws:sqs:eu-west-1:1:orders", None);
    let b = keys_for("aws", None, "arn:aws:lambda:eu-west-1:1:function:orders", None);
    assert!(!shared(&a, &b));
    let a = keys_for("aws", Some("1"), "orders", Some("AmazonSQS"));
    let b = keys_for("aws", Some("1"), "orders", Some("AWSLambda"));
    assert!(!shared(&a, &b));
}

#[test]
fn arm_ids_ignore_case() {
    let a = keys_for(
        "azure",
        None,
        "/subscriptions/X/resourceGroups/RG/providers/Microsoft.Sql/servers/s/databases/D/",
        None,
    );
    let b = keys_for(
        "azure",
        None,
        "/SUBSCRIPTIONS/x/resourcegroups/rg/providers/microsoft.sql/servers/S/databases/d",
        None,
    );
    assert_eq!(a, b);
    let id = "/subscriptions/X/resourceGroups/RG/providers/Microsoft.Sql/servers/s/databases/D";
    assert_eq!(arm_type_in(id).as_deref(), Some("microsoft.sql/servers/databases"));
    assert_eq!(group_in(id), Some("RG"));
    assert_eq!(account_in(id), Some("X"));
}

#[test]
fn gcp_names_links_and_ids() {
    let full = keys_for("gcp", None, "//compute.googleapis.com/projects/p/zones/z/instances/n", None);
    for (id, kind) in [
        ("https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/n", None),
        ("https://compute.googleapis.com/compute/v1/projects/p/zones/z/instances/n", None),
        ("projects/p/zones/z/instances/n", Some("google_compute_instance")),
        ("projects/p/zones/z/instances/n", Some("compute.googleapis.com/Instance")),
    ] {
        assert_eq!(keys_for("gcp", None, id, kind), full, "{id}");
    }
    assert_eq!(keys_for("gcp", None, "b-1", Some("google_storage_bucket")), ["//storage.googleapis.com/b-1"]);
}

#[test]
fn uuids_with_and_without_zone() {
    let a =
        keys_for("scaleway", None, "fr-par-1/11111111-2222-3333-4444-555555555555", Some("scaleway_instance_server"));
    let b = keys_for("scaleway", Some("org"), "11111111-2222-3333-4444-555555555555", None);
    assert_eq!(a, b);
}

#[test]
fn nothing_from_nothing() {
    for id in ["", "  ", "NULL", "null", "N/A"] {
        assert!(keys_for("aws", Some("1"), id, None).is_empty(), "{id:?}");
    }
}

#[test]
fn service_keys_never_look_like_ids() {
    let service = service_key("aws", Some("1"), "Amazon S3", Some("eu-west-1"));
    assert_eq!(service, "~aws:1:Amazon S3:eu-west-1");
    assert_eq!(keys_for("~aws", Some("1"), "eu-west-1", Some("Amazon S3")), ["%7Eaws:1:Amazon S3:eu-west-1"]);
    assert_ne!(service_key("a:b", None, "c", None), service_key("a", None, "b:c", None));
}

#[test]
fn regions_stand_in_ids() {
    assert_eq!(region_in("arn:aws:sqs:eu-west-1:1:q"), Some("eu-west-1"));
    assert_eq!(region_in("arn:aws:s3:::b"), None);
    assert_eq!(region_in("ocid1.instance.oc1.eu-frankfurt-1.abc"), Some("eu-frankfurt-1"));
    assert_eq!(
        region_in("//compute.googleapis.com/projects/p/zones/europe-west1-b/instances/n"),
        Some("europe-west1-b")
    );
}
