//! AWS Config and Resource Explorer.

use flagstate_estate::{Custody, UnknownReason};

use super::{has_note, map, named, read, refusal, sums, try_read};
use crate::Format::{AwsConfig, AwsResourceExplorer};

fn item(kind: &str, name: &str, more: &str) -> String {
    let service = kind.split("::").nth(1).unwrap().to_lowercase();
    format!(
        r#"{{"resourceType":"{kind}","resourceId":"{name}","resourceName":"{name}","awsRegion":"eu-west-3",
           "ARN":"arn:aws:{service}:eu-west-3:123456789012:x/{name}","awsAccountId":"123456789012",
           "configurationItemStatus":"OK","configurationItemCaptureTime":"2026-01-02T03:04:05.678Z",
           "tags":{{"env":"prod"}}{more}}}"#
    )
}

fn snapshot(items: &[String]) -> String {
    format!(r#"{{"fileVersion":"1.0","configSnapshotId":"s","configurationItems":[{}]}}"#, items.join(","))
}

#[test]
fn who_holds_the_key_is_read_from_the_key() {
    let key = |id: &str, manager: &str, origin: &str| {
        let more = format!(r#","configuration":{{"keyId":"{id}","keyManager":"{manager}","origin":"{origin}"}}"#);
        item("AWS::KMS::Key", id, &more)
    };
    let volume = |name: &str, key: &str| {
        item("AWS::EC2::Volume", name, &format!(r#","configuration":{{"encrypted":true,"kmsKeyId":"{key}"}}"#))
    };
    let arn = |id: &str| format!("arn:aws:kms:eu-west-3:123456789012:key/{id}");
    let estate = read(
        "snapshot.json",
        &snapshot(&[
            volume("by-us", &arn("k-own")),
            volume("by-aws", &arn("k-aws")),
            volume("outside", "alias/outside"),
            volume("unsaid", &arn("k-elsewhere")),
            volume("named-aws", "alias/aws/ebs"),
            volume("named-own", "alias/our-own"),
            item("AWS::EC2::Volume", "open", r#","configuration":{"encrypted":false}"#),
            key("k-own", "CUSTOMER", "AWS_KMS"),
            key("k-aws", "AWS", "AWS_KMS"),
            key("k-out", "CUSTOMER", "EXTERNAL_KEY_STORE"),
            item(
                "AWS::KMS::Alias",
                "alias/outside",
                r#","configuration":{"aliasName":"alias/outside","targetKeyId":"k-out"}"#,
            ),
        ]),
        AwsConfig,
    );
    assert_eq!(sums(&estate.inputs[0]), (11, 11, 0, 0));
    for (name, wanted) in [
        ("by-us", Some(Custody::CustomerKeyInProviderHsm)),
        ("by-aws", Some(Custody::Provider)),
        ("outside", Some(Custody::ExternalKeyStore)),
        ("unsaid", None),
        ("named-aws", Some(Custody::Provider)),
        ("named-own", Some(Custody::CustomerKeyInProviderHsm)),
        ("open", Some(Custody::Provider)),
        ("k-out", Some(Custody::ExternalKeyStore)),
    ] {
        assert_eq!(named(&estate, name).custody, wanted, "{name}");
    }
    assert!(has_note(&estate, "1 resource(s) name a KMS key"));
}

#[test]
fn what_decides_is_read_where_it_stands() {
    let bucket = r#","configuration":"{\"name\":\"b\"}","supplementaryConfiguration":{"ServerSideEncryptionConfiguration":
        "{\"rules\":[{\"applyServerSideEncryptionByDefault\":{\"sseAlgorithm\":\"AES256\",\"kmsMasterKeyID\":null}}]}"}"#;
    let gpu = r#","configuration":{"instanceType":"p4d.24xlarge","userData":"hunter2-secret"}"#;
    let database = r#","configuration":"{\"engine\":\"mysql\",\"masterUserSecret\":{\"kmsKeyId\":\"alias/x\"}}""#;
    let estate = read(
        "AWSConfig.json",
        &snapshot(&[
            item("AWS::S3::Bucket", "bucket", bucket),
            item("AWS::EC2::Instance", "gpu", gpu),
            item("AWS::RDS::DBInstance", "database", database),
            item("AWS::Rare::Thing", "rare", r#","configuration":"not json""#),
        ]),
        AwsConfig,
    );
    assert_eq!(named(&estate, "bucket").custody, Some(Custody::Provider));
    assert_eq!(named(&estate, "bucket").capability.as_deref(), Some("object_storage"));
    assert_eq!(named(&estate, "bucket").tags["env"], "prod");
    assert_eq!(named(&estate, "gpu").capability.as_deref(), Some("gpu_vm"));
    assert_eq!(named(&estate, "database").capability.as_deref(), Some("db_mysql"));
    assert_eq!(named(&estate, "database").custody, None, "the key of the password is not the key of the data");
    let rare = named(&estate, "rare");
    assert!(rare.unknown.contains(&UnknownReason::Type));
    assert_eq!((rare.provider.as_deref(), rare.region.as_deref()), (Some("aws"), Some("eu-west-3")));
    assert!(has_note(&estate, "1 configuration(s) are no JSON"));
    assert!(!format!("{estate:?}").contains("hunter2"), "secrets of configurations are not kept");
}

#[test]
fn the_latest_item_counts() {
    let at = |name: &str, time: &str, status: &str, env: &str| {
        item("AWS::S3::Bucket", name, "")
            .replace("2026-01-02T03:04:05.678Z", time)
            .replace(r#""OK""#, &format!(r#""{status}""#))
            .replace(r#""prod""#, &format!(r#""{env}""#))
    };
    let mut items = vec![
        at("back", "2026-01-01T00:00:00Z", "ResourceDeleted", "a"),
        at("back", "2026-01-02T00:00:00Z", "ResourceDiscovered", "b"),
        at("back", "2025-01-02T00:00:00Z", "OK", "0"),
        at("gone", "2026-01-01T00:00:00Z", "OK", "a"),
        at("gone", "2026-01-02T00:00:00Z", "ResourceDeleted", "b"),
    ];
    let forward = read("h.json", &snapshot(&items), AwsConfig);
    let ledger = &forward.inputs[0];
    assert_eq!(sums(ledger), (5, 1, 1, 3));
    assert_eq!(ledger.ignored["ResourceDeleted"], 2);
    assert_eq!(ledger.ignored["earlier record of a deleted resource"], 1);
    assert_eq!(named(&forward, "back").tags["env"], "b", "the latest, not the smallest");
    items.reverse();
    let backward = read("h.json", &snapshot(&items), AwsConfig);
    assert_eq!(format!("{:?}", backward.resources), format!("{:?}", forward.resources));
    assert_eq!(format!("{:?}", backward.inputs[0].ignored), format!("{:?}", ledger.ignored));
}

#[test]
fn query_results_say_what_they_select() {
    let text = r#"{"Results":[
        "{\"resourceId\":\"r\",\"configuration\":{\"Arn\":\"arn:aws:ecr:us-east-1:1:repository/r\",\"EncryptionConfiguration\":{\"EncryptionType\":\"AES256\"}}}",
        "{\"resourceId\":\"c\",\"configuration\":{\"dbclusterArn\":\"arn:aws:rds:us-east-2:1:cluster:c1\",\"dbclusterIdentifier\":\"c1\",\"roleArn\":\"arn:aws:iam::1:role/x\"}}",
        "{\"resourceId\":\"plain\"}","{\"COUNT(*)\":3}","oops",7],
        "QueryInfo":{"SelectFields":[]},"NextToken":"more"}"#;
    let estate = read("select.json", text, AwsConfig);
    assert_eq!(sums(&estate.inputs[0]), (6, 3, 0, 3));
    let r = named(&estate, "r");
    assert_eq!(r.region.as_deref(), Some("us-east-1"));
    assert_eq!((r.capability.as_deref(), r.custody), (Some("container_registry"), Some(Custody::Provider)));
    assert_eq!(named(&estate, "c").region.as_deref(), Some("us-east-2"));
    assert!(named(&estate, "plain").unknown.contains(&UnknownReason::Type));
    assert!(has_note(&estate, "INCOMPLETE:"));
    let batch = format!(
        r#"{{"baseConfigurationItems":[{}],"unprocessedResourceKeys":[{{"resourceId":"x"}}]}}"#,
        item("AWS::S3::Bucket", "b", "")
    );
    assert!(has_note(&read("batch.json", &batch, AwsConfig), "INCOMPLETE:"));
}

#[test]
fn the_partition_names_the_provider() {
    let sovereign = item("AWS::S3::Bucket", "s", "")
        .replace("arn:aws:s3:eu-west-3", "arn:aws-eusc:s3:eusc-de-east-1")
        .replace("eu-west-3", "eusc-de-east-1");
    let china = item("AWS::S3::Bucket", "c", "").replace("arn:aws:", "arn:aws-cn:").replace("eu-west-3", "cn-north-1");
    let estate = read("p.json", &snapshot(&[sovereign, china]), AwsConfig);
    assert_eq!(named(&estate, "s").provider.as_deref(), Some("aws_esc"));
    assert_eq!(named(&estate, "c").region.as_deref(), Some("cn-north-1"));
}

#[test]
fn the_explorer() {
    let row = |arn: &str, kind: &str, region: &str| {
        format!(
            r#"{{"Arn":"{arn}","OwningAccountId":"123456789012","Region":"{region}","ResourceType":"{kind}","Service":"x",
            "Properties":[{{"Name":"tags","Data":[{{"Key":"env","Value":"prod"}}]}}]}}"#
        )
    };
    let rows = [
        row("arn:aws:s3:::patients", "s3:bucket", "eu-west-3"),
        row(
            "arn:aws:elasticloadbalancing:eu-west-3:123456789012:loadbalancer/net/n/1",
            "elasticloadbalancing:loadbalancer/net",
            "eu-west-3",
        ),
        row("arn:aws:iam::123456789012:role/r", "iam:role", "global"),
    ];
    let page = |tail: &str| format!(r#"{{"Resources":[{}]{tail}}}"#, rows.join(","));
    let estate = read("re.json", &page(r#","Count":{"Complete":true,"TotalResources":3}"#), AwsResourceExplorer);
    assert_eq!(sums(&estate.inputs[0]), (3, 3, 0, 0));
    assert!(!has_note(&estate, "INCOMPLETE:"));
    let bucket = named(&estate, "patients");
    assert_eq!((bucket.id.as_str(), bucket.tags["env"].as_str()), ("arn:aws:s3:::patients", "prod"));
    assert_eq!(bucket.capability.as_deref(), Some("object_storage"));
    for tail in [
        r#","NextToken":"x""#,
        r#","Count":{"Complete":false,"TotalResources":3}"#,
        r#","Count":{"Complete":true,"TotalResources":4}"#,
    ] {
        assert!(has_note(&read("re.json", &page(tail), AwsResourceExplorer), "INCOMPLETE:"), "{tail}");
    }
}

#[test]
fn every_type_of_the_table_is_in_the_catalog_once() {
    let mut seen = std::collections::BTreeSet::new();
    for (config, explorer, terraform) in super::super::aws_types::AWS_TYPES {
        assert!(map().terraform(terraform).is_some(), "{terraform}");
        for name in [config, explorer] {
            assert!(name.is_empty() || seen.insert(name.to_lowercase()), "{name} twice");
        }
    }
}

#[test]
fn a_cut_or_deep_snapshot_is_refused() {
    let whole = snapshot(&[item("AWS::S3::Bucket", "a", ""), item("AWS::S3::Bucket", "b", "")]);
    let cut = whole.get(..whole.len() - 9).unwrap();
    assert!(
        refusal("s.json", cut.as_bytes(), None).ends_with("the file ends in the middle of a record; it is cut off")
    );
    let deep = item("AWS::S3::Bucket", "a", &format!(r#","configuration":{}{}"#, "[".repeat(200), "]".repeat(200)));
    assert!(refusal("s.json", snapshot(&[deep]).as_bytes(), None).contains("nested more than 128 levels"));
    assert!(try_read("s.json", whole.as_bytes(), None).is_ok());
}
