//! What AWS Config and Resource Explorer share: ARNs, partitions, types, keys.
//!
//! What it deliberately does not do: take a key that encrypts something for the customer's. An AWS managed key and a
//! customer's key look the same in an ARN; only the key's own record or an alias says which it is.
//!
//! Sources: AWS "Amazon Resource Names" (2024-11), AWS KMS API Reference `KeyMetadata` (2024-11).

use flagstate_estate::{Custody, Observation};
use serde_json::Value;

use super::{
    aws_types,
    field::{dig, dig_text, kind, scalar},
};
use crate::{Resolver, identity};

/// What is known of where and whose a resource is.
#[derive(Debug, Default)]
pub(crate) struct Whose<'a> {
    /// ARN.
    pub(crate) arn: Option<&'a str>,
    /// Id without an ARN.
    pub(crate) id: Option<&'a str>,
    /// Type as the tool names it.
    pub(crate) type_name: Option<String>,
    /// Region as the tool names it.
    pub(crate) region: Option<&'a str>,
    /// Account as the tool names it.
    pub(crate) account: Option<&'a str>,
}

/// The observation for a resource; `configuration` refines what it is.
pub(crate) fn observe(resolver: Resolver<'_>, whose: &Whose<'_>, configuration: &Value) -> Observation {
    let region = whose.region.or_else(|| whose.arn.and_then(identity::region_in));
    let account = whose.account.or_else(|| whose.arn.and_then(identity::account_in));
    let provider = provider(resolver, whose.arn, region);
    let type_name = whose.type_name.clone().or_else(|| whose.arn.and_then(arn_type));
    let keys = match (whose.arn, whose.id) {
        (Some(arn), _) => identity::keys_for(provider, account, arn, type_name.as_deref()),
        (None, Some(id)) => {
            let bucket = type_name.as_deref() == Some("AWS::S3::Bucket");
            // Names are unique per region only; a bucket's is unique everywhere.
            let within = format!("{} {}", type_name.as_deref().unwrap_or_default(), region.unwrap_or_default());
            identity::keys_for(provider, account, id, Some(if bucket { "AWS::S3::Bucket" } else { within.trim() }))
        }
        (None, None) => Vec::new(),
    };
    let mut o = Observation { keys, rows: 1, account: account.map(str::to_owned), ..Observation::default() };
    resolver.place(&mut o, Some(provider), region, false);
    let terraform = type_name.as_deref().and_then(aws_types::terraform_type);
    let info = terraform.and_then(|t| resolver.services().terraform(t));
    let types: Vec<&str> = terraform.into_iter().collect();
    kind(resolver, &mut o, info, &types, &|path| {
        let path = if path == "load_balancer_type" { "type" } else { path };
        dig(configuration, path).and_then(scalar)
    });
    o.resource_type = type_name;
    o
}

/// Provider of a partition: the catalog says to whom its regions belong.
fn provider<'a>(resolver: Resolver<'a>, arn: Option<&str>, region: Option<&str>) -> &'a str {
    let partition = arn.and_then(|a| a.split(':').nth(1));
    let regions = &resolver.services().regions;
    let found =
        regions.iter().filter(|r| r.partition.as_deref().is_some_and(|p| p.starts_with("aws"))).find(
            |r| match partition {
                Some(p) => r.partition.as_deref() == Some(p),
                None => region == Some(r.code.as_str()),
            },
        );
    found.map_or("aws", |r| r.provider.as_str())
}

/// `service:kind` of an ARN, as Resource Explorer writes types.
pub(crate) fn arn_type(arn: &str) -> Option<String> {
    let mut fields = arn.splitn(6, ':');
    let (scheme, _, service) = (fields.next()?, fields.next()?, fields.next()?);
    let rest = fields.nth(2)?.trim_start_matches('/');
    if scheme != "arn" || service.is_empty() || rest.is_empty() {
        return None;
    }
    let kind = match (service, rest.split_once(['/', ':'])) {
        ("elasticloadbalancing", Some((kind @ ("loadbalancer" | "listener" | "listener-rule"), more))) => {
            match more.split('/').next() {
                Some(sort @ ("app" | "net" | "gwy")) => format!("{kind}/{sort}"),
                _ => kind.to_owned(),
            }
        }
        (_, Some((kind, _))) => kind.to_owned(),
        ("s3", None) => "bucket".to_owned(),
        ("sns", None) => "topic".to_owned(),
        ("sqs", None) => "queue".to_owned(),
        (_, None) => return None,
    };
    Some(format!("{service}:{kind}"))
}

/// The keys that encrypt a resource's data: `Err` where the configuration itself says who holds them.
pub(crate) fn encryption(
    type_name: Option<&str>,
    configuration: &Value,
    supplement: &Value,
) -> Result<Vec<String>, Custody> {
    // A function's key encrypts its environment, not the data it works on.
    if type_name.is_some_and(|t| t.starts_with("AWS::Lambda::")) {
        return Ok(Vec::new());
    }
    if let Some(bucket) = bucket_encryption(supplement) {
        return bucket;
    }
    let within = [
        "",
        "encryptionConfiguration.",
        "sseDescription.",
        "sseSpecification.",
        "encryptionInfo.encryptionAtRest.",
        "encryptionAtRestOptions.",
        "encryptionConfig.",
        "serverSideEncryptionConfiguration.",
    ];
    let names = [
        "kmsKeyId", "kmsKeyArn", "kmsMasterKeyId", "kmsMasterKeyArn", "kmsKey", "dataVolumeKMSKeyId",
        "dataVolumeKmsKeyId",
    ];
    let mut keys = Vec::new();
    for path in within.iter().flat_map(|w| names.iter().map(move |n| format!("{w}{n}"))) {
        if let Some(key) = dig_text(configuration, &path) {
            let key = key_name(key);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
    }
    if !keys.is_empty() {
        return managed(keys);
    }
    let off = ["encrypted", "storageEncrypted"].iter().any(|k| dig(configuration, k) == Some(&Value::Bool(false)));
    let own = dig_text(configuration, "encryptionConfiguration.encryptionType") == Some("AES256");
    if off || own { Err(Custody::Provider) } else { Ok(keys) }
}

/// S3 writes its encryption beside the configuration.
fn bucket_encryption(supplement: &Value) -> Option<Result<Vec<String>, Custody>> {
    let written = supplement.get("ServerSideEncryptionConfiguration")?;
    let parsed;
    let rules = match written {
        Value::String(text) => {
            parsed = serde_json::from_str::<Value>(text).ok()?;
            &parsed
        }
        other => other,
    };
    let first = dig(rules, "rules")?.as_array()?.first()?;
    let default = dig(first, "applyServerSideEncryptionByDefault")?;
    Some(match dig_text(default, "kmsMasterKeyID") {
        Some(key) => managed(vec![key_name(key)]),
        None => Err(Custody::Provider),
    })
}

/// Aliases under `alias/aws/` are AWS's own.
fn managed(keys: Vec<String>) -> Result<Vec<String>, Custody> {
    if keys.iter().any(|k| k.starts_with("alias/aws/")) { Err(Custody::Provider) } else { Ok(keys) }
}

/// A key id or alias without the ARN around it.
pub(crate) fn key_name(key: &str) -> String {
    let tail = key.splitn(6, ':').nth(5).unwrap_or(key);
    tail.strip_prefix("key/").unwrap_or(tail).to_owned()
}

/// What a key says that is named but not listed: only an alias of the customer's own is the customer's for certain.
pub(crate) fn unlisted(key: &str) -> Option<Custody> {
    let own = key.starts_with("alias/") && !key.starts_with("alias/aws/");
    own.then_some(Custody::CustomerKeyInProviderHsm)
}

/// Who holds a key, from its own record.
pub(crate) fn key_custody(configuration: &Value) -> Option<Custody> {
    if dig_text(configuration, "keyManager") == Some("AWS") {
        return Some(Custody::Provider);
    }
    match dig_text(configuration, "origin")? {
        "EXTERNAL_KEY_STORE" => Some(Custody::ExternalKeyStore),
        "AWS_KMS" | "EXTERNAL" | "AWS_CLOUDHSM" => Some(Custody::CustomerKeyInProviderHsm),
        _ => None,
    }
}
