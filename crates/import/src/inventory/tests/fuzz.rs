//! Whatever comes in, no importer panics, and what is read is accounted for.

use proptest::prelude::*;

use super::{Format, try_read};

/// One small whole file per shape.
const SEEDS: [&str; 8] = [
    r#"{"data":{"columns":[{"name":"id"},{"name":"type"}],"rows":[["/subscriptions/a/resourceGroups/g/providers/m.s/t/n","m.s/t"]]},"resultTruncated":"true","totalRecords":3}"#,
    r#"[{"id":"/subscriptions/a/resourceGroups/g/providers/microsoft.compute/disks/d","type":"microsoft.compute/disks","location":null,"tags":{"a":1},"properties":{"encryption":{"type":"x"}}}]"#,
    r#"{"configurationItems":[{"resourceType":"AWS::KMS::Key","resourceId":"k","ARN":"arn:aws:kms:r:1:key/k","configuration":"{\"origin\":\"AWS_KMS\"}","configurationItemCaptureTime":{"year":2026,"month":2,"day":30}}]}"#,
    r#"{"Resources":[{"Arn":"arn:aws:s3:::b","OwningAccountId":"1","Properties":[{"Name":"tags","Data":[{"Key":"k","Value":"v"}]}]}],"Count":{"Complete":false}}"#,
    r#"{"name":"//storage.googleapis.com/b","asset_type":"storage.googleapis.com/Bucket","resource":{"data":{"location":"EU","disks":[{}],"projectNumber":"1"}}} {"assets":[]}"#,
    r#"{"bomFormat":"CycloneDX","specVersion":"1.6","services":[{"name":"n","endpoints":["https://[::1]:80/","a@b:c"],"data":[{"flow":"inbound","classification":"c"}],"services":[{"name":"m"}]}]}"#,
    "<bom xmlns=\"http://cyclonedx.org/schema/bom/1.6\"><services><service bom-ref=\"a\"><name>n&#65;</name><data><classification flow=\"inbound\">c</classification></data></service></services></bom>",
    "name,provider,region,cost,currency,tags\na,aws,eu-west-3,1.5,EUR,k=v; w\n",
];

fn formats() -> [Option<Format>; 7] {
    [
        None,
        Some(Format::AzureResources),
        Some(Format::AwsConfig),
        Some(Format::AwsResourceExplorer),
        Some(Format::GcpAssets),
        Some(Format::CycloneDx),
        Some(Format::List),
    ]
}

fn survives(bytes: &[u8]) {
    for format in formats() {
        for name in ["f.json", "f.yaml"] {
            if let Ok((estate, _)) = try_read(name, bytes, format) {
                for l in &estate.inputs {
                    let ignored: u64 = l.ignored.values().sum();
                    assert_eq!(l.rows, l.resources + l.merged + ignored + l.unknown);
                }
            }
        }
    }
}

#[test]
fn the_seeds_are_read() {
    for seed in SEEDS {
        assert!(try_read("seed.json", seed.as_bytes(), None).is_ok(), "{seed}");
        survives(seed.as_bytes());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        survives(&bytes);
    }

    #[test]
    fn truncated_and_mutated_files(
        which in 0..SEEDS.len(),
        cut in any::<prop::sample::Index>(),
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        snip in any::<(prop::sample::Index, prop::sample::Index)>(),
    ) {
        let whole = SEEDS[which].as_bytes().to_vec();
        survives(&whole[..cut.index(whole.len())]);
        let mut edited = whole.clone();
        for (at, byte) in edits {
            let at = at.index(edited.len());
            edited[at] = byte;
        }
        survives(&edited);
        let (a, b) = (snip.0.index(whole.len()), snip.1.index(whole.len()));
        let mut without = whole;
        without.drain(a.min(b)..a.max(b));
        survives(&without);
    }
}
