//! Makes a large Terraform plan in the form of `show -json`, as a stream: modules within modules, every resource in
//! `planned_values` and in `resource_changes`, the configuration once.

use std::{
    fs::File,
    io::{self, BufWriter, Write},
    path::Path,
};

/// Type, provider, and the values that differ from type to type. `N` is the resource's number.
const SHAPES: [(&str, &str, &str); 10] = [
    (
        "aws_s3_bucket",
        "aws",
        r#""arn":null,"bucket":"records-N","bucket_prefix":null,"force_destroy":false,"object_lock_enabled":false,"region":"eu-central-1","request_payer":null,"timeouts":null"#,
    ),
    (
        "aws_instance",
        "aws",
        r#""ami":"ami-0N","associate_public_ip_address":null,"availability_zone":"eu-central-1a","ebs_optimized":true,"instance_type":"m7i.large","key_name":null,"monitoring":true,"root_block_device":[{"delete_on_termination":true,"encrypted":true,"kms_key_id":"arn:aws:kms:eu-central-1:200000000001:key/k-N","volume_size":64,"volume_type":"gp3"}],"subnet_id":"subnet-N","user_data_replace_on_change":false,"vpc_security_group_ids":["sg-1","sg-2"]"#,
    ),
    (
        "aws_db_instance",
        "aws",
        r#""allocated_storage":200,"availability_zone":"eu-central-1b","backup_retention_period":14,"db_name":"care","deletion_protection":true,"engine":"postgres","engine_version":"16.4","identifier":"db-N","instance_class":"db.r7g.large","kms_key_id":null,"multi_az":true,"publicly_accessible":false,"storage_encrypted":true,"username":"app""#,
    ),
    (
        "aws_security_group_rule",
        "aws",
        r#""cidr_blocks":["10.0.0.0/8"],"description":"from the inside","from_port":443,"ipv6_cidr_blocks":null,"prefix_list_ids":null,"protocol":"tcp","security_group_id":"sg-N","self":false,"to_port":443,"type":"ingress""#,
    ),
    (
        "aws_iam_role",
        "aws",
        r#""assume_role_policy":"{\"Version\":\"2012-10-17\",\"Statement\":[{\"Action\":\"sts:AssumeRole\",\"Effect\":\"Allow\",\"Principal\":{\"Service\":\"ec2.amazonaws.com\"}}]}","description":null,"force_detach_policies":false,"max_session_duration":3600,"name":"role-N","path":"/","permissions_boundary":null"#,
    ),
    (
        "azurerm_storage_account",
        "azurerm",
        r#""access_tier":"Hot","account_kind":"StorageV2","account_replication_type":"ZRS","account_tier":"Standard","customer_managed_key":[],"infrastructure_encryption_enabled":true,"location":"francecentral","min_tls_version":"TLS1_2","name":"stN","network_rules":[{"bypass":["AzureServices"],"default_action":"Deny","ip_rules":[],"virtual_network_subnet_ids":[]}],"resource_group_name":"rg-care""#,
    ),
    (
        "azurerm_linux_virtual_machine",
        "azurerm",
        r#""admin_username":"care","allow_extension_operations":true,"disable_password_authentication":true,"location":"westeurope","name":"vm-N","network_interface_ids":["/subscriptions/3f0e0000-0000-4000-8000-000000000001/resourceGroups/rg-care/providers/Microsoft.Network/networkInterfaces/nic-N"],"os_disk":[{"caching":"ReadWrite","disk_encryption_set_id":null,"storage_account_type":"Premium_LRS"}],"resource_group_name":"rg-care","size":"Standard_D4s_v5","zone":"1""#,
    ),
    (
        "google_compute_instance",
        "google",
        r#""boot_disk":[{"auto_delete":true,"disk_encryption_key_raw":null,"initialize_params":[{"image":"debian-12","size":50}],"kms_key_self_link":"projects/care/locations/europe-west3/keyRings/r/cryptoKeys/k"}],"can_ip_forward":false,"deletion_protection":false,"machine_type":"n2-standard-4","name":"vm-N","project":"care","zone":"europe-west3-a""#,
    ),
    (
        "scaleway_instance_server",
        "scaleway",
        r#""boot_type":"local","enable_ipv6":false,"image":"debian_bookworm","name":"srv-N","project_id":"5f0e0000-0000-4000-8000-000000000001","root_volume":[{"size_in_gb":40,"volume_type":"l_ssd"}],"state":"started","type":"PRO2-S","zone":"fr-par-1""#,
    ),
    (
        "ovh_cloud_project_kube",
        "ovh",
        r#""customization":null,"kube_proxy_mode":"iptables","name":"kube-N","private_network_configuration":[],"region":"GRA11","service_name":"5f0e0000000040008000000000000001","update_policy":"MINIMAL_DOWNTIME","version":"1.31""#,
    ),
];
const SOURCE: [(&str, &str); 5] = [
    ("aws", "registry.terraform.io/hashicorp/aws"),
    ("azurerm", "registry.terraform.io/hashicorp/azurerm"),
    ("google", "registry.terraform.io/hashicorp/google"),
    ("scaleway", "registry.terraform.io/scaleway/scaleway"),
    ("ovh", "registry.terraform.io/ovh/ovh"),
];
/// Resources of one inner module.
const PER_MODULE: u64 = 50;

/// Writes a plan that creates `resources` resources.
pub(crate) fn write(path: &Path, resources: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    write!(out, r#"{{"format_version":"1.2","terraform_version":"1.9.8","variables":{{"env":{{"value":"prod"}}}},"#)?;
    write!(
        out,
        r#""planned_values":{{"outputs":{{}},"root_module":{{"resources":[],"child_modules":[{{"address":"module.env","child_modules":["#
    )?;
    let modules = resources.div_ceil(PER_MODULE);
    for module in 0..modules {
        let comma = if module > 0 { "," } else { "" };
        write!(out, r#"{comma}{{"address":"{}","resources":["#, module_address(module))?;
        let first = module * PER_MODULE;
        for number in first..(first + PER_MODULE).min(resources) {
            let Some(r) = Resource::new(number) else { continue };
            let comma = if number > first { "," } else { "" };
            write!(
                out,
                r#"{comma}{{{},"schema_version":0,"values":{},"sensitive_values":{{"tags":{{}},"tags_all":{{}}}}}}"#,
                r.head, r.values
            )?;
        }
        write!(out, "]}}")?;
    }
    write!(out, r#"]}}]}}}},"resource_drift":[],"resource_changes":["#)?;
    for number in 0..resources {
        let Some(r) = Resource::new(number) else { continue };
        let comma = if number > 0 { "," } else { "" };
        let module = module_address(number / PER_MODULE);
        write!(
            out,
            r#"{comma}{{{},"module_address":"{module}","change":{{"actions":["create"],"before":null,"after":{},"#,
            r.head, r.values
        )?;
        write!(
            out,
            r#""after_unknown":{{"arn":true,"id":true,"tags":{{}},"tags_all":{{}},"timeouts":false}},"before_sensitive":false,"after_sensitive":{{"tags":{{}},"tags_all":{{}}}}}}}}"#
        )?;
    }
    write!(out, "],")?;
    configuration(&mut out)?;
    writeln!(out, r#","timestamp":"2026-09-01T00:00:00Z","applyable":true,"complete":true,"errored":false}}"#)?;
    out.flush()
}

fn module_address(module: u64) -> String {
    format!("module.env.module.service[\\\"s{module}\\\"]")
}

struct Resource {
    head: String,
    values: String,
}

impl Resource {
    fn new(number: u64) -> Option<Self> {
        let (kind, provider, own) = SHAPES.get(usize::try_from(number % 10).ok()?)?;
        let source = SOURCE.iter().find(|(name, _)| name == provider)?.1;
        let address = format!("{}.{kind}.this[{}]", module_address(number / PER_MODULE), number % PER_MODULE);
        let head = format!(
            r#""address":"{address}","mode":"managed","type":"{kind}","name":"this","index":{},"provider_name":"{source}""#,
            number % PER_MODULE
        );
        let own = own
            .replace("-N", &format!("-{number:08}"))
            .replace("0N", &format!("0{number:08}"))
            .replace("stN", &format!("st{number:08}"));
        let tags = format!(
            r#"{{"application":"care-{}","workload":"warehouse-eu","environment":"prod","cost-center":"cc-{}","owner":"team-{}@hospital.example","managed-by":"terraform"}}"#,
            number % 200,
            1000 + number % 97,
            number % 31
        );
        let values = format!(r#"{{{own},"tags":{tags},"tags_all":{tags}}}"#);
        Some(Self { head, values })
    }
}

fn configuration(out: &mut impl Write) -> io::Result<()> {
    write!(out, r#""configuration":{{"provider_config":{{"#)?;
    for (at, (name, source)) in SOURCE.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        let region = if *name == "aws" { r#","expressions":{"region":{"constant_value":"eu-central-1"}}"# } else { "" };
        write!(out, r#"{comma}"{name}":{{"name":"{name}","full_name":"{source}"{region}}}"#)?;
    }
    write!(
        out,
        r#"}},"root_module":{{"module_calls":{{"env":{{"source":"./env","module":{{"module_calls":{{"service":{{"source":"./service","for_each_expression":{{"references":["var.services"]}},"module":{{"resources":["#
    )?;
    for (at, (kind, provider, _)) in SHAPES.iter().enumerate() {
        let comma = if at > 0 { "," } else { "" };
        write!(
            out,
            r#"{comma}{{"address":"{kind}.this","mode":"managed","type":"{kind}","name":"this","provider_config_key":"{provider}","expressions":{{"tags":{{"references":["var.tags"]}}}},"schema_version":0,"count_expression":{{"references":["var.n"]}}}}"#
        )?;
    }
    out.write_all(b"]}}}}}}}}")
}
