//! What states and plans give, on fixtures written for these tests.

use std::{io::Write as _, path::PathBuf};

use flagstate_catalog::ServiceMap;
use flagstate_estate::{Custody, Estate, EstateBuilder, Resource, UnknownReason};
use proptest::prelude::*;

use crate::{Context, Format, ImportError, read_file};

fn services() -> ServiceMap {
    ServiceMap::embedded().expect("the shipped map")
}

/// A file of its own per call, removed at the end.
struct File(PathBuf);

impl File {
    fn new(bytes: &[u8]) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let name = format!("flagstate-terraform-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::File::create(&path).and_then(|mut f| f.write_all(bytes)).expect("a writable temporary folder");
        Self(path)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

fn read_bytes(bytes: &[u8], format: Option<Format>, services: &ServiceMap) -> Result<(Format, Estate), ImportError> {
    let file = File::new(bytes);
    let context = Context { services, progress: &|_, _| {} };
    let mut builder = EstateBuilder::new();
    let format = read_file(&file.0, format, &context, &mut builder)?;
    Ok((format, builder.finish()))
}

fn read(text: &str) -> Estate {
    let (_, estate) = read_bytes(text.as_bytes(), None, &services()).expect("a readable file");
    for l in &estate.inputs {
        assert_eq!(l.rows, l.resources + l.merged + l.ignored.values().sum::<u64>() + l.unknown);
    }
    estate
}

fn refusal(text: &str) -> String {
    match read_bytes(text.as_bytes(), None, &services()) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("it was read"),
    }
}

fn of<'e>(estate: &'e Estate, kind: &str) -> &'e Resource {
    estate.resources.iter().find(|r| r.resource_type.as_deref() == Some(kind)).expect("a resource of the type")
}

/// A raw state of version 4: (type, name, provider, attributes, sensitive paths).
fn state(resources: &[(&str, &str, &str, &str)]) -> String {
    let list: Vec<String> = resources
        .iter()
        .map(|(kind, name, provider, attributes)| {
            format!(
                r#"{{"mode":"managed","type":"{kind}","name":"{name}","provider":"provider[\"registry.terraform.io/{provider}\"]",
                "instances":[{{"schema_version":0,"attributes":{attributes},"sensitive_attributes":[]}}]}}"#
            )
        })
        .collect();
    format!(
        r#"{{"version":4,"terraform_version":"1.9.0","serial":3,"lineage":"x","outputs":{{}},"resources":[{}]}}"#,
        list.join(",")
    )
}

/// A plan: planned resources (root module), configuration resources, rest of the configuration, further top-level keys.
fn plan(planned: &[(&str, &str, &str, &str)], configured: &str, providers: &str, more: &str) -> String {
    let list: Vec<String> = planned
        .iter()
        .map(|(kind, name, provider, values)| {
            format!(
                r#"{{"address":"{kind}.{name}","mode":"managed","type":"{kind}","name":"{name}",
                "provider_name":"registry.terraform.io/{provider}","values":{values},"sensitive_values":{{}}}}"#
            )
        })
        .collect();
    format!(
        r#"{{"format_version":"1.2","terraform_version":"1.9.0","planned_values":{{"root_module":{{"resources":[{}]}}}},
        "configuration":{{"provider_config":{{{providers}}},"root_module":{{"resources":[{configured}]}}}}{more}}}"#,
        list.join(",")
    )
}

const BUCKET: (&str, &str, &str, &str) = (
    "aws_s3_bucket",
    "data",
    "hashicorp/aws",
    r#"{"id":"records-2026","bucket":"records-2026","arn":"arn:aws:s3:::records-2026","region":"eu-central-1",
        "tags":{"app":"records"},"tags_all":{"app":"records","owner":"platform"}}"#,
);

#[test]
fn a_bucket_has_place_tags_and_identity() {
    let estate = read(&state(&[BUCKET]));
    let bucket = of(&estate, "aws_s3_bucket");
    assert_eq!(bucket.id, "arn:aws:s3:::records-2026");
    assert_eq!(bucket.region.as_deref(), Some("eu-central-1"));
    assert_eq!(bucket.offering.as_deref(), Some("aws-eu"));
    assert_eq!(bucket.capability.as_deref(), Some("object_storage"));
    assert_eq!(bucket.tags.len(), 2);
    assert_eq!(bucket.custody, None);
}

#[test]
fn the_partition_decides_where_no_region_stands() {
    let role = |arn: &str| {
        let attributes = format!(r#"{{"id":"r","name":"r","arn":"{arn}"}}"#);
        let estate = read(&state(&[("aws_iam_role", "r", "hashicorp/aws", &attributes)]));
        let role = of(&estate, "aws_iam_role").clone();
        assert_eq!(role.account.as_deref(), Some("123456789012"));
        (role.region, role.offering)
    };
    assert_eq!(role("arn:aws-eusc:iam::123456789012:role/r"), (Some("eusc-de-east-1".into()), Some("aws-eusc".into())));
    assert_eq!(role("arn:aws:iam::123456789012:role/r").0.as_deref(), Some("global"));
    assert_eq!(role("arn:aws-cn:iam::123456789012:role/r").1.as_deref(), Some("aws-china"));
}

#[test]
fn a_zone_names_its_region_and_siblings_lend_theirs() {
    let estate = read(&state(&[
        ("aws_ebs_volume", "v", "hashicorp/aws", r#"{"id":"vol-0123456789abcdef0","availability_zone":"eu-west-1b"}"#),
        ("aws_lb_listener_rule", "l", "hashicorp/aws", r#"{"id":"x"}"#),
        ("aws_security_group_rule", "s", "hashicorp/aws", r#"{"id":"sgrule-1"}"#),
    ]));
    assert_eq!(of(&estate, "aws_ebs_volume").region.as_deref(), Some("eu-west-1"));
    assert_eq!(of(&estate, "aws_security_group_rule").region.as_deref(), Some("eu-west-1"));
    assert_eq!(estate.inputs[0].notes.len(), 1);
}

#[test]
fn two_regions_lend_nothing() {
    let estate = read(&state(&[
        ("aws_ebs_volume", "v", "hashicorp/aws", r#"{"id":"vol-0123456789abcdef0","availability_zone":"eu-west-1b"}"#),
        ("aws_ebs_volume", "w", "hashicorp/aws", r#"{"id":"vol-0123456789abcdef1","availability_zone":"us-east-1b"}"#),
        ("aws_security_group_rule", "s", "hashicorp/aws", r#"{"id":"sgrule-1"}"#),
    ]));
    assert!(of(&estate, "aws_security_group_rule").unknown.contains(&UnknownReason::Region));
}

#[test]
fn azure_children_are_where_their_parent_is() {
    let base = "/subscriptions/0a/resourceGroups/Records/providers/Microsoft.Network/virtualNetworks/net";
    let estate = read(&state(&[
        (
            "azurerm_virtual_network",
            "n",
            "hashicorp/azurerm",
            &format!(r#"{{"id":"{base}","name":"net","location":"francecentral"}}"#),
        ),
        ("azurerm_subnet", "s", "hashicorp/azurerm", &format!(r#"{{"id":"{base}/subnets/a","name":"a"}}"#)),
    ]));
    let subnet = of(&estate, "azurerm_subnet");
    assert_eq!(subnet.region.as_deref(), Some("francecentral"));
    assert_eq!(subnet.account.as_deref(), Some("0a"));
    assert_eq!(subnet.group.as_deref(), Some("Records"));
    assert_eq!(subnet.id.as_str(), format!("{base}/subnets/a").to_lowercase());
}

#[test]
fn tags_of_every_shape() {
    let estate = read(&state(&[
        (
            "scaleway_instance_server",
            "s",
            "scaleway/scaleway",
            r#"{"id":"fr-par-1/8c2f3b52-0000-4000-8000-000000000001","zone":"fr-par-1","tags":["app=records","plain"]}"#,
        ),
        (
            "outscale_vm",
            "v",
            "outscale/outscale",
            r#"{"id":"i-12345678","placement_subregion_name":"eu-west-2a","tags":[{"key":"app","value":"x"}]}"#,
        ),
        (
            "google_storage_bucket",
            "g",
            "hashicorp/google",
            r#"{"id":"b-1","name":"b-1","location":"EU","labels":{"app":"y"},"effective_labels":{"app":"y","z":"1"},"project":"p1"}"#,
        ),
    ]));
    assert_eq!(of(&estate, "scaleway_instance_server").tags["app"], "records");
    assert_eq!(of(&estate, "scaleway_instance_server").region.as_deref(), Some("fr-par"));
    assert_eq!(of(&estate, "outscale_vm").tags["app"], "x");
    let bucket = of(&estate, "google_storage_bucket");
    assert_eq!(
        (bucket.tags.len(), bucket.account.as_deref(), bucket.offering.as_deref()),
        (2, Some("p1"), Some("gcp-eu"))
    );
    assert_eq!(bucket.id, "//storage.googleapis.com/b-1");
}

#[test]
fn keys_of_customers_and_keys_outside() {
    let key = "arn:aws:kms:eu-central-1:1:key/aa";
    let outside = "arn:aws:kms:eu-central-1:1:key/bb";
    let with = |k: &str| {
        format!(
            r#"{{"id":"q{}","arn":"arn:aws:sqs:eu-central-1:1:q{0}","kms_master_key_id":"{k}"}}"#,
            k.len() + usize::from(k == outside)
        )
    };
    let queue = |k: &str| {
        let attributes = with(k);
        let estate = read(&state(&[
            (
                "aws_kms_custom_key_store",
                "s",
                "hashicorp/aws",
                r#"{"id":"cks-1","custom_key_store_type":"EXTERNAL_KEY_STORE"}"#,
            ),
            (
                "aws_kms_custom_key_store",
                "h",
                "hashicorp/aws",
                r#"{"id":"cks-2","custom_key_store_type":"AWS_CLOUDHSM"}"#,
            ),
            (
                "aws_kms_key",
                "a",
                "hashicorp/aws",
                &format!(r#"{{"id":"aa","arn":"{key}","custom_key_store_id":"cks-2"}}"#),
            ),
            (
                "aws_kms_key",
                "b",
                "hashicorp/aws",
                &format!(r#"{{"id":"bb","arn":"{outside}","custom_key_store_id":"cks-1","xks_key_id":"k"}}"#),
            ),
            ("aws_sqs_queue", "q", "hashicorp/aws", &attributes),
        ]));
        of(&estate, "aws_sqs_queue").custody
    };
    assert_eq!(queue(key), Some(Custody::CustomerKeyInProviderHsm));
    assert_eq!(queue(outside), Some(Custody::ExternalKeyStore));
    assert_eq!(queue("bb"), Some(Custody::ExternalKeyStore));
    assert_eq!(queue("alias/aws/sqs"), Some(Custody::Provider));
}

#[test]
fn imported_key_material_is_not_outside() {
    let estate = read(&state(&[
        ("aws_kms_external_key", "k", "hashicorp/aws", r#"{"id":"aa","arn":"arn:aws:kms:eu-central-1:1:key/aa"}"#),
        (
            "google_kms_crypto_key",
            "g",
            "hashicorp/google",
            r#"{"id":"projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k","version_template":[{"protection_level":"EXTERNAL_VPC"}]}"#,
        ),
        (
            "google_sql_database_instance",
            "d",
            "hashicorp/google",
            r#"{"id":"d","name":"d","region":"europe-west3","database_version":"POSTGRES_16","encryption_key_name":"projects/p/locations/europe-west3/keyRings/r/cryptoKeys/k"}"#,
        ),
    ]));
    assert_eq!(of(&estate, "aws_kms_external_key").custody, Some(Custody::CustomerKeyInProviderHsm));
    let database = of(&estate, "google_sql_database_instance");
    assert_eq!(database.custody, Some(Custody::ExternalKeyStore));
    assert_eq!(database.capability.as_deref(), Some("db_postgresql"));
}

#[test]
fn a_machine_with_one_open_disk_claims_nothing() {
    let machine = |disks: &str| {
        let attributes = format!(
            r#"{{"id":"i-0123456789abcdef0","arn":"arn:aws:ec2:eu-west-1:1:instance/i-0123456789abcdef0","instance_type":"p4d.24xlarge",{disks}}}"#
        );
        let estate = read(&state(&[("aws_instance", "m", "hashicorp/aws", &attributes)]));
        let machine = of(&estate, "aws_instance");
        assert_eq!(machine.capability.as_deref(), Some("gpu_vm"));
        machine.custody
    };
    let closed = r#""root_block_device":[{"kms_key_id":"arn:aws:kms:eu-west-1:1:key/a"}]"#;
    assert_eq!(machine(closed), Some(Custody::CustomerKeyInProviderHsm));
    assert_eq!(machine(&format!(r#"{closed},"ebs_block_device":[{{"kms_key_id":""}}]"#)), None);
}

#[test]
fn a_bucket_gets_the_key_of_its_encryption_resource() {
    let estate = read(&state(&[
        BUCKET,
        (
            "aws_s3_bucket_server_side_encryption_configuration",
            "e",
            "hashicorp/aws",
            r#"{"id":"records-2026","bucket":"records-2026","rule":[{"apply_server_side_encryption_by_default":[{"kms_master_key_id":"arn:aws:kms:eu-central-1:1:key/a","sse_algorithm":"aws:kms"}]}]}"#,
        ),
    ]));
    assert_eq!(of(&estate, "aws_s3_bucket").custody, Some(Custody::CustomerKeyInProviderHsm));
    assert_eq!(estate.resources.len(), 2);
}

#[test]
fn borrowed_ids_merge_nothing() {
    let arn = "arn:aws:sns:eu-west-1:1:t";
    let estate = read(&state(&[
        ("aws_sns_topic", "t", "hashicorp/aws", &format!(r#"{{"id":"{arn}","arn":"{arn}"}}"#)),
        ("aws_sns_topic_policy", "p", "hashicorp/aws", &format!(r#"{{"id":"{arn}","arn":"{arn}"}}"#)),
        (
            "scaleway_rdb_instance",
            "d",
            "scaleway/scaleway",
            r#"{"id":"fr-par/8c2f3b52-0000-4000-8000-000000000001","region":"fr-par","engine":"PostgreSQL-15"}"#,
        ),
        (
            "scaleway_rdb_acl",
            "a",
            "scaleway/scaleway",
            r#"{"id":"fr-par/8c2f3b52-0000-4000-8000-000000000001","region":"fr-par"}"#,
        ),
    ]));
    assert_eq!(estate.resources.len(), 4);
    assert_eq!(of(&estate, "aws_sns_topic").id, arn);
}

#[test]
fn sensitive_values_are_not_kept() {
    let secret = "hunter2-Sx9";
    let raw = format!(
        r#"{{"version":4,"terraform_version":"1.9.0","lineage":"x","serial":1,"resources":[{{"mode":"managed","type":"aws_db_instance","name":"d",
        "provider":"provider[\"registry.terraform.io/hashicorp/aws\"]","instances":[{{"attributes":{{"id":"d","password":"{secret}","name":"{secret}",
        "arn":"arn:aws:rds:eu-west-1:1:db:d","tags":{{"app":"a","pin":"{secret}"}}}},
        "sensitive_attributes":[[{{"type":"get_attr","value":"name"}}],[{{"type":"get_attr","value":"tags"}},{{"type":"index","value":{{"value":"pin","type":"string"}}}}]]}}]}}]}}"#
    );
    let shown = format!(
        r#"{{"format_version":"1.0","terraform_version":"1.9.0","values":{{"root_module":{{"resources":[{{"address":"aws_db_instance.d","mode":"managed",
        "type":"aws_db_instance","name":"d","provider_name":"registry.terraform.io/hashicorp/aws","values":{{"id":"d","password":"{secret}",
        "name":"{secret}","arn":"arn:aws:rds:eu-west-1:1:db:d","tags":{{"app":"a","pin":"{secret}"}}}},
        "sensitive_values":{{"password":true,"name":true,"tags":{{"pin":true}}}}}}]}}}}}}"#
    );
    for text in [raw, shown] {
        let estate = read(&text);
        assert_eq!(of(&estate, "aws_db_instance").tags.len(), 1, "{:?}", of(&estate, "aws_db_instance").tags);
        assert!(!format!("{estate:?}").contains(secret));
        let broken = text.replace("\"root_module\"", "\"root_module\" 1").replace("\"instances\"", "\"instances\" 1");
        assert!(!refusal(&broken).contains(secret));
        let wrong = text.replace(r#""values":{"id""#, r#""values":{"root_module":"hunter2-Sx9","id""#);
        assert!(!format!("{:?}", read_bytes(wrong.as_bytes(), None, &services()).err()).contains(secret));
    }
}

#[test]
fn a_plan_takes_region_from_its_provider_block() {
    let providers = r#""aws":{"name":"aws","expressions":{"region":{"references":["var.region"]},"secret_key":{"constant_value":"s"}}},
        "aws.paris":{"name":"aws","alias":"paris","expressions":{"region":{"constant_value":"eu-west-3"}}}"#;
    let configured = r#"{"address":"aws_sqs_queue.a","provider_config_key":"aws"},{"address":"aws_sqs_queue.b","provider_config_key":"aws.paris"},
        {"address":"aws_sqs_queue.c","provider_config_key":"aws"}"#;
    let queue = |name, values| ("aws_sqs_queue", name, "hashicorp/aws", values);
    let estate = read(&plan(
        &[
            queue("a", r#"{"name":"a"}"#),
            queue("b", r#"{"name":"b"}"#),
            queue("c", r#"{"name":"c","region":"eu-north-1"}"#),
        ],
        configured,
        providers,
        r#","variables":{"region":{"value":"eu-central-1"}}"#,
    ));
    let mut regions: Vec<_> = estate.resources.iter().map(|r| (r.name.as_deref(), r.region.as_deref())).collect();
    regions.sort();
    assert_eq!(
        regions,
        [(Some("a"), Some("eu-central-1")), (Some("b"), Some("eu-west-3")), (Some("c"), Some("eu-north-1"))]
    );
}

#[test]
fn modules_pass_variables_and_inherit_only_what_is_certain() {
    let module = |providers: &str| {
        format!(
            r#"{{"format_version":"1.2","planned_values":{{"root_module":{{"child_modules":[{{"address":"module.pay[\"a.b]\"]","resources":[
            {{"address":"module.pay[\"a.b]\"].aws_sqs_queue.q[\"x.y\"]","mode":"managed","type":"aws_sqs_queue","name":"q",
            "provider_name":"registry.terraform.io/hashicorp/aws","values":{{"name":"q"}}}}]}}]}}}},
            "configuration":{{"provider_config":{{{providers}}},"root_module":{{"module_calls":{{"pay":{{"expressions":{{"place":{{"constant_value":"eu-west-3"}},
            "key":{{"references":["aws_kms_key.k.arn","aws_kms_key.k"]}}}},"module":{{"resources":[{{"address":"aws_sqs_queue.q",
            "provider_config_key":"pay:aws","expressions":{{"kms_master_key_id":{{"references":["var.key"]}}}}}}]}}}}}}}}}}}}"#
        )
    };
    let region = |providers: &str| {
        let estate = read(&module(providers));
        let queue = of(&estate, "aws_sqs_queue");
        assert_eq!(queue.group.as_deref(), Some("module.pay"));
        assert_eq!(queue.custody, Some(Custody::CustomerKeyInProviderHsm));
        queue.region.clone()
    };
    let root = r#""aws":{"name":"aws","expressions":{"region":{"constant_value":"eu-west-1"}}}"#;
    let other = r#""aws.x":{"name":"aws","alias":"x","expressions":{"region":{"constant_value":"us-east-1"}}}"#;
    let own = r#""module.pay:aws":{"name":"aws","module_address":"module.pay","expressions":{"region":{"references":["var.place"]}}}"#;
    assert_eq!(region(root).as_deref(), Some("eu-west-1"));
    assert_eq!(region(&format!("{root},{other}")), None);
    assert_eq!(region(&format!("{root},{own}")).as_deref(), Some("eu-west-3"));
}

#[test]
fn a_planned_key_outside_is_followed_by_reference() {
    let configured = r#"{"address":"aws_kms_custom_key_store.s","provider_config_key":"aws"},
        {"address":"aws_kms_key.k","provider_config_key":"aws","expressions":{"custom_key_store_id":{"references":["aws_kms_custom_key_store.s.id","aws_kms_custom_key_store.s"]}}},
        {"address":"aws_sqs_queue.q","provider_config_key":"aws","expressions":{"kms_master_key_id":{"references":["aws_kms_key.k.arn","aws_kms_key.k"]}}}"#;
    let estate = read(&plan(
        &[
            ("aws_kms_custom_key_store", "s", "hashicorp/aws", r#"{"custom_key_store_type":"EXTERNAL_KEY_STORE"}"#),
            ("aws_kms_key", "k", "hashicorp/aws", r#"{"description":"k"}"#),
            ("aws_sqs_queue", "q", "hashicorp/aws", r#"{"name":"q"}"#),
        ],
        configured,
        "",
        "",
    ));
    assert_eq!(of(&estate, "aws_sqs_queue").custody, Some(Custody::ExternalKeyStore));
}

#[test]
fn a_planned_key_that_may_be_nothing_is_not_claimed() {
    let custody = |references: &str| {
        let configured = format!(
            r#"{{"address":"aws_db_instance.d","provider_config_key":"aws","expressions":{{"kms_key_id":{{"references":[{references}]}}}}}}"#
        );
        let estate = read(&plan(
            &[("aws_db_instance", "d", "hashicorp/aws", r#"{"identifier":"d","engine":"mysql"}"#)],
            &configured,
            "",
            "",
        ));
        of(&estate, "aws_db_instance").custody
    };
    assert_eq!(custody(r#""var.kms_key_id""#), None);
    assert_eq!(custody(r#""var.encrypt","aws_kms_key.k.arn","aws_kms_key.k""#), None);
    assert_eq!(custody(r#""aws_db_subnet_group.k.name""#), None);
    assert_eq!(
        custody(r#""aws_kms_key.k[0].arn","aws_kms_key.k[0]","aws_kms_key.k""#),
        Some(Custody::CustomerKeyInProviderHsm)
    );
}

#[test]
fn a_plan_counts_what_it_deletes_reads_and_leaves_alone() {
    let more = r#","resource_changes":[
        {"address":"aws_sqs_queue.a","mode":"managed","change":{"actions":["no-op"]}},
        {"address":"aws_sqs_queue.gone","mode":"managed","change":{"actions":["delete"]}},
        {"address":"aws_sqs_queue.a","mode":"managed","deposed":"ab","change":{"actions":["delete"]}},
        {"address":"aws_sqs_queue.let_go","mode":"managed","change":{"actions":["forget"]}},
        {"address":"data.aws_ami.x","mode":"data","change":{"actions":["read"]}}],
        "prior_state":{"values":{"root_module":{"resources":[
        {"address":"aws_sqs_queue.a","mode":"managed","type":"aws_sqs_queue","name":"a","provider_name":"aws","values":{"id":"a"}},
        {"address":"aws_sqs_queue.gone","mode":"managed","type":"aws_sqs_queue","name":"gone","provider_name":"aws","values":{"id":"gone"}},
        {"address":"aws_sqs_queue.let_go","mode":"managed","type":"aws_sqs_queue","name":"let_go","provider_name":"aws","values":{"id":"let_go"}},
        {"address":"aws_sqs_queue.untargeted","mode":"managed","type":"aws_sqs_queue","name":"untargeted","provider_name":"aws","values":{"id":"untargeted"}},
        {"address":"data.aws_region.r","mode":"data","type":"aws_region","name":"r","provider_name":"aws"}]}}}"#;
    let providers = r#""aws":{"name":"aws","expressions":{"region":{"constant_value":"eu-west-1"}}}"#;
    let text = plan(
        &[("aws_sqs_queue", "a", "hashicorp/aws", r#"{"id":"a"}"#), ("random_id", "r", "hashicorp/random", "{}")],
        r#"{"address":"aws_sqs_queue.a","provider_config_key":"aws"}"#,
        providers,
        more,
    );
    let estate = read(&text);
    let ledger = &estate.inputs[0];
    assert_eq!(estate.resources.len(), 3);
    assert_eq!(ledger.rows, 8);
    assert_eq!(ledger.ignored[super::observe::DATA], 2);
    assert_eq!(ledger.ignored[super::observe::CONFIGURATION], 1);
    assert_eq!(ledger.ignored["deleted by the plan"], 2);
}

#[test]
fn the_same_address_without_id_is_one_resource_in_any_order() {
    let services = services();
    let planned = plan(&[("scaleway_vpc", "v", "scaleway/scaleway", r#"{"name":"v"}"#)], "", "", "");
    let known = state(&[("scaleway_vpc", "v", "scaleway/scaleway", r#"{"name":"v","region":"fr-par"}"#)]);
    let (one, two) = (File::new(planned.as_bytes()), File::new(known.as_bytes()));
    let context = Context { services: &services, progress: &|_, _| {} };
    let merged = |paths: [&PathBuf; 2]| {
        let mut builder = EstateBuilder::new();
        for path in paths {
            read_file(path, None, &context, &mut builder).expect("a readable file");
        }
        let estate = builder.finish();
        assert_eq!(estate.resources.len(), 1);
        format!("{estate:?}")
    };
    assert_eq!(merged([&one.0, &two.0]), merged([&two.0, &one.0]));
}

#[test]
fn old_states_are_read() {
    let text = r#"{"version":3,"terraform_version":"0.11.14","serial":1,"lineage":"x","modules":[{"path":["root","shop"],"resources":{
        "aws_instance.web.0":{"type":"aws_instance","provider":"provider.aws","primary":{"id":"i-0123456789abcdef0","attributes":{
        "id":"i-0123456789abcdef0","availability_zone":"eu-west-1a","tags.%":"1","tags.app.kubernetes.io/name":"shop",
        "root_block_device.#":"1","root_block_device.0.kms_key_id":"arn:aws:kms:eu-west-1:1:key/a"}}},
        "data.aws_ami.x":{"type":"aws_ami","primary":{"id":"ami"}}}}]}"#;
    let estate = read(text);
    let machine = of(&estate, "aws_instance");
    assert_eq!(machine.region.as_deref(), Some("eu-west-1"));
    assert_eq!(machine.group.as_deref(), Some("module.shop"));
    assert_eq!(machine.tags["app.kubernetes.io/name"], "shop");
    assert_eq!(estate.inputs[0].ignored.values().sum::<u64>(), 1);
}

#[test]
fn text_around_the_json_is_noted() {
    let text =
        format!("[command]terraform show -json\n{{\"@level\":\"info\"}}\n{}\n::debug::exit 0\n", state(&[BUCKET]));
    let estate = read(&text);
    assert_eq!((estate.resources.len(), estate.inputs[0].notes.len()), (1, 2));
    let utf16: Vec<u8> = std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    assert_eq!(read_bytes(&utf16, None, &services()).expect("UTF-16").1.resources.len(), 1);
    assert!(refusal(&format!("{}}}", state(&[BUCKET]))).contains("more text after the end"));
}

#[test]
fn what_only_looks_like_one_is_refused_with_what_to_do() {
    assert!(
        refusal(r#"{"plan_format_version":"1.2","provider_schemas":{},"resource_changes":[]}"#)
            .contains("terraform show -json")
    );
    assert!(
        refusal(r#"{"serial":1,"lineage":"x","meta":{},"encrypted_data":"AAAA","encryption_version":"v0"}"#)
            .contains("tofu state pull")
    );
    assert!(refusal(r#"{"format_version":"1.0","provider_schemas":{}}"#).contains("schemas"));
    assert!(
        refusal(r#"{"version":5,"terraform_version":"9","serial":1,"lineage":"x","resources":[]}"#)
            .contains("known are 1 to 4")
    );
    assert!(
        refusal(r#"{"format_version":"2.0","terraform_version":"9","planned_values":{}}"#)
            .contains("known are 0.1 to 1.x")
    );
    assert!(refusal(r#"{"format_version":"1.2","resource_changes":[]}"#).contains("planned_values"));
    let cut: String = state(&[BUCKET]).chars().take(300).collect();
    assert!(refusal(&cut).contains("cut off"));
    let deep = format!(r#"{{"version":4,"lineage":"x","terraform_version":"1.9.0","outputs":{}"#, "[".repeat(100_000));
    assert!(refusal(&deep).contains("nested deeper than 128"));
}

#[test]
fn the_content_decides_not_the_name() {
    let text = plan(&[BUCKET], "", "", "");
    let (_, estate) = read_bytes(text.as_bytes(), Some(Format::TerraformState), &services()).expect("a readable file");
    assert_eq!(estate.inputs[0].format, "terraform-plan");
    for empty in [
        r#"{"format_version":"1.0"}"#,
        r#"{"version":4,"terraform_version":"1.9.0","serial":1,"lineage":"x","outputs":{},"resources":[]}"#,
    ] {
        assert_eq!(read(empty).inputs[0].rows, 0);
    }
}

#[test]
fn a_plan_may_hold_attributes_of_any_shape() {
    let values = [
        r#"{"location":["europe-west3"],"tags":[1,{}],"labels":null,"id":7}"#,
        r#"{"location":null}"#,
        "[]",
        r#""x""#,
        "null",
    ];
    for v in values {
        assert_eq!(
            read(&plan(&[("google_storage_bucket", "b", "hashicorp/google", v)], "", "", "")).resources.len(),
            1
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = read_bytes(&bytes, Some(Format::TerraformPlan), &ServiceMap::default());
        let _ = read_bytes(&bytes, None, &ServiceMap::default());
    }

    #[test]
    fn no_damage_makes_it_panic(which in 0..3_usize, at in 0.0..1.0_f64, byte in any::<u8>(), cut in any::<bool>()) {
        let texts = [
            state(&[BUCKET, ("aws_kms_key", "k", "hashicorp/aws", r#"{"id":"k","xks_key_id":"x","tags":{"a":"ä"}}"#)]),
            plan(&[BUCKET], r#"{"address":"aws_s3_bucket.data","provider_config_key":"aws","expressions":{"kms_key_id":{"references":["var.x","module.a.b"]}}}"#,
                r#""aws":{"name":"aws","expressions":{"region":{"references":["var.x.y"]}}}"#, r#","variables":{"x":{"value":{"y":"eu-west-1"}}}"#),
            r#"{"version":3,"terraform_version":"0.11.1","modules":[{"path":["root"],"resources":{"aws_x.y":{"type":"aws_x","primary":{"id":"1","attributes":{"a.0.b":"c"}}}}}]}"#.to_owned(),
        ];
        let mut bytes = texts[which].clone().into_bytes();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss, reason = "an index in a short text")]
        let at = (at * bytes.len() as f64) as usize;
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        let _ = read_bytes(&bytes, None, &ServiceMap::default());
        let _ = read_bytes(&bytes, Some(Format::TerraformState), &ServiceMap::default());
    }
}
