//! Azure listings.

use flagstate_estate::Custody;

use super::{has_note, named, read, refusal, sums, try_read};
use crate::Format::AzureResources;

const SUB: &str = "/subscriptions/11111111-2222-3333-4444-555555555555";

fn rows() -> String {
    format!(
        r#"{{"id":"{SUB}/resourceGroups/RG-Patients/providers/Microsoft.Storage/storageAccounts/patients",
             "name":"patients","type":"microsoft.storage/storageaccounts","location":"francecentral","kind":"StorageV2",
             "resourceGroup":"rg-patients","subscriptionId":"11111111-2222-3333-4444-555555555555",
             "tags":{{"env":"prod","n":3,"none":null}},
             "properties":{{"encryption":{{"keySource":"Microsoft.Keyvault"}},"primaryKey":"hunter2-secret"}}}},
           {{"id":"{SUB}/resourcegroups/rg-patients/providers/Microsoft.Compute/virtualMachines/front","name":"front",
             "type":"Microsoft.Compute/virtualMachines","location":"France Central","tags":null,
             "managedBy":"{SUB}/resourceGroups/Parent/providers/Microsoft.ContainerService/managedClusters/aks",
             "properties":{{"hardwareProfile":{{"vmSize":"Standard_NC6s_v3"}},
               "osProfile":{{"adminPassword":"hunter2-secret"}},
               "securityProfile":{{"securityType":"ConfidentialVM"}},
               "storageProfile":{{"osDisk":{{"managedDisk":{{"diskEncryptionSet":{{"id":"x"}}}}}},
                                  "dataDisks":[{{"managedDisk":{{}}}}]}}}}}},
           {{"id":"{SUB}/resourceGroups/rg-net","name":"rg-net","type":"microsoft.resources/resourcegroups",
             "location":"westeurope"}},
           {{"count_":7}},
           {{"id":"{SUB}/resourceGroups/rg-net/providers/Contoso.Rare/things/one","name":"one",
             "type":"contoso.rare/things","location":null,
             "extendedLocation":{{"type":"EdgeZone","name":"Paris-1"}}}}"#
    )
}

#[test]
fn rows_of_objects() {
    let text = format!(r#"{{"totalRecords":5,"count":5,"resultTruncated":"false","data":[{}]}}"#, rows());
    let estate = read("graph.json", &text, AzureResources);
    assert_eq!(sums(&estate.inputs[0]), (5, 3, 0, 2));
    assert!(!has_note(&estate, "INCOMPLETE:"));
    let patients = named(&estate, "patients");
    assert_eq!(patients.region.as_deref(), Some("francecentral"));
    assert_eq!(patients.provider.as_deref(), Some("azure"));
    assert_eq!(patients.group.as_deref(), Some("rg-patients"));
    assert_eq!(patients.account.as_deref(), Some("11111111-2222-3333-4444-555555555555"));
    assert_eq!(patients.capability.as_deref(), Some("object_storage"));
    assert_eq!(patients.custody, Some(Custody::CustomerKeyInProviderHsm));
    assert_eq!(patients.tags["env"], "prod");
    assert_eq!(patients.tags["n"], "3");
    let front = named(&estate, "front");
    assert_eq!(front.region.as_deref(), Some("francecentral"), "display names are understood");
    assert_eq!(front.capability.as_deref(), Some("gpu_vm"));
    assert_eq!(front.custody, Some(Custody::Provider), "one disk has no key of the customer");
    assert!(front.safeguards.contains("confidential_computing"));
    assert!(front.tags["managedBy"].ends_with("/managedclusters/aks"));
    let one = named(&estate, "one");
    assert_eq!(one.tags["extendedLocation"], "paris-1");
    assert_eq!((one.region.as_deref(), one.offering.as_deref()), (None, None), "no place is not any place");
    assert!(!format!("{estate:?}").contains("hunter2"), "secrets of properties are not kept");
}

#[test]
fn the_ways_to_wrap_agree() {
    let plain = format!("[{}]", rows());
    let arm = format!(r#"{{"value":[{}]}}"#, rows());
    let call =
        format!(r#"{{"interactions":[{{"response":{{"body":{{"data":{{"value":[{}]}}}}}}}}],"version":1}}"#, rows());
    let pages = format!(r#"[{{"data":[{}],"skip_token":"next"}},{{"data":[{}],"count":5}}]"#, rows(), rows());
    let first = read("a.json", &plain, AzureResources);
    for text in [arm, call] {
        let other = read("a.json", &text, AzureResources);
        assert_eq!(sums(&other.inputs[0]), (5, 3, 0, 2));
        assert_eq!(format!("{:?}", other.resources), format!("{:?}", first.resources));
    }
    let twice = read("a.json", &pages, AzureResources);
    assert_eq!(sums(&twice.inputs[0]).0, 10);
    assert!(!has_note(&twice, "INCOMPLETE:"), "the last page names no next one");
}

#[test]
fn a_table() {
    let head = r#"{"name":"id"},{"name":"name"},{"name":"type"},{"name":"location"},{"name":"properties"}"#;
    let row = format!(
        r#"["{SUB}/resourceGroups/g/providers/microsoft.compute/disks/d","d","microsoft.compute/disks","westeurope",
            {{"encryption":{{"type":"EncryptionAtRestWithCustomerKey"}}}}],["short"]"#
    );
    let early = format!(r#"{{"data":{{"columns":[{head}],"rows":[{row}]}},"count":2}}"#);
    let late = format!(r#"{{"count":2,"data":{{"rows":[{row}],"columns":[{head}]}}}}"#);
    for text in [early, late] {
        let estate = read("table.json", &text, AzureResources);
        assert_eq!(sums(&estate.inputs[0]), (2, 1, 0, 1));
        assert_eq!(named(&estate, "d").custody, Some(Custody::CustomerKeyInProviderHsm));
    }
}

#[test]
fn a_part_is_no_whole() {
    for (tail, incomplete) in [
        (r#","resultTruncated":"true""#, true),
        (r#","resultTruncated":true"#, true),
        (r#","$skipToken":"abc""#, true),
        (r#","nextLink":"https://management.azure.com/x""#, true),
        (r#","nextLink":null,"resultTruncated":"false""#, false),
        (r#","totalRecords":900"#, true),
        (r#","totalRecords":5"#, false),
    ] {
        let text = format!(r#"{{"data":[{}]{tail}}}"#, rows());
        let estate = read("part.json", &text, AzureResources);
        assert_eq!(has_note(&estate, "INCOMPLETE:"), incomplete, "{tail}");
    }
}

#[test]
fn broken_files_are_refused_without_their_content() {
    let whole = format!("[{}]", rows());
    let cut = whole.get(..whole.len() - 30).unwrap();
    assert_eq!(
        refusal("cut.json", cut.as_bytes(), None),
        "19:40: the file ends in the middle of a record; it is cut off"
    );
    let deep = format!(r#"[{{"id":"{SUB}","type":"x","p":{}1{}}}]"#, "[".repeat(200), "]".repeat(200));
    let message = refusal("deep.json", deep.as_bytes(), None);
    assert!(message.ends_with("the JSON is nested more than 128 levels deep"), "{message}");
    let bad = format!(r#"[{{"id":"{SUB}/x","type":"t","password":"hunter2" oops}}]"#);
    let message = refusal("bad.json", bad.as_bytes(), None);
    assert!(message.contains("this is not JSON") && !message.contains("hunter2"), "{message}");
    assert!(try_read("w.json", b"  \n ", Some(AzureResources)).is_err());
}

#[test]
fn utf16_with_a_mark_is_read() {
    let text = format!("\u{feff}[{}]", rows());
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (estate, format) = try_read("wide.json", &bytes, None).unwrap();
    assert_eq!(format, AzureResources);
    assert_eq!(sums(&estate.inputs[0]), (5, 3, 0, 2));
}
