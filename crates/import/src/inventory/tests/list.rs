//! Plain lists.

use flagstate_estate::{Custody, Processing, Rank, UnknownReason};

use super::{named, read, refusal, sums};
use crate::Format::List;

const CSV: &str = "\
# what no tool lists
name,provider,offering,region,service,account,group,tags,contracting_entity,key_custody,processing,safeguards,cost,currency
Archive,scaleway,,fr-par,object_storage,org-1,records,env=prod; app=archive,Scaleway SAS,client_side,at-rest,client_side_encryption,120.50,EUR
Payroll,Paychex of Nowhere,,,,,hr,,,,,,9.99,usd
";

const YAML: &str = "\
# the same
resources:
  - name: Archive
    provider: scaleway
    region: fr-par
    service: object_storage
    account: org-1
    group: records
    tags: {env: prod, app: archive}
    contracting_entity: Scaleway SAS
    key_custody: client-side
    processing: at_rest
    safeguards: [client_side_encryption]
    cost: 120.50
    currency: EUR
  - name: Payroll
    provider: Paychex of Nowhere
    group: hr
    cost: 9.99
    currency: USD
";

#[test]
fn csv_and_yaml_say_the_same() {
    let csv = read("list.csv", CSV, List);
    let semicolons = CSV
        .replace("; ", "\u{1}")
        .replace(',', ";")
        .replace('\u{1}', "; ")
        .replace("env=prod; app=archive", "\"env=prod; app=archive\"");
    let french = read("liste.csv", &semicolons, List);
    let yaml = read("list.yaml", YAML, List);
    for other in [&french, &yaml] {
        assert_eq!(format!("{:?}", csv.resources), format!("{:?}", other.resources));
    }
    assert_eq!(sums(&csv.inputs[0]), (2, 2, 0, 0));
    assert_eq!(csv.inputs[0].rank, Rank::Stated);
    let archive = named(&csv, "Archive");
    assert_eq!(archive.region.as_deref(), Some("fr-par"));
    assert_eq!(archive.capability.as_deref(), Some("object_storage"));
    assert_eq!(archive.custody, Some(Custody::ClientSide));
    assert_eq!(archive.processing, Some(Processing::AtRest));
    assert_eq!(archive.tags["app"], "archive");
    assert_eq!(archive.cost.display(), "120.50 EUR");
    let payroll = named(&csv, "Payroll");
    assert_eq!(payroll.provider.as_deref(), Some("Paychex of Nowhere"));
    assert!(payroll.unknown.contains(&UnknownReason::Provider), "never guessed");
}

#[test]
fn a_stated_offering_settles_the_place_and_a_stated_id_the_identity() {
    let text = "name,provider,offering,id\nHR,Workday,some_offering,\nBucket,aws,,arn:aws:s3:::b\nNumber,aws,,0012\n";
    let estate = read("l.csv", text, List);
    let hr = named(&estate, "HR");
    assert_eq!(hr.offering.as_deref(), Some("some_offering"));
    assert!(hr.unknown.is_empty());
    assert_eq!(named(&estate, "Bucket").id, "arn:aws:s3:::b");
    let yaml = read("l.yml", "- name: HR\n  offering: some_offering\n  account: 0012\n", List);
    assert_eq!(named(&yaml, "HR").account.as_deref(), Some("0012"), "leading zeros of account numbers stay");
}

#[test]
fn mistakes_are_named_with_their_line() {
    let head = "name,provider,key_custody,processing,cost,currency\n";
    for (row, message) in [
        (
            "a,aws,provder,,,",
            "2: `key_custody` is `provder`; it is one of provider, customer_key_in_provider_hsm, external_key_store, client_side",
        ),
        ("a,aws,,cold,,", "2: `processing` is `cold`; it is one of in-clear, at-rest"),
        ("a,aws,,,12\u{20ac},EUR", "2: `cost` is no number: `12\u{20ac}`"),
        ("a,aws,,,12,", "2: `cost` needs a `currency`"),
        ("a,aws,,,12,Euro", "2: `currency` is no ISO 4217 code: `EURO`"),
        (",aws,,,,", "2: `name` is empty"),
        ("a,aws,,", "2: the row has 4 fields, the header has 6"),
    ] {
        assert_eq!(refusal("l.csv", format!("{head}{row}\n").as_bytes(), None), message);
    }
    let message = refusal("l.csv", b"name,provider,keycustody\na,aws,client_side\n", None);
    assert!(
        message.starts_with("1: column `keycustody` is not known; the columns are name, id, provider"),
        "{message}"
    );
    let message = refusal("l.yaml", b"resources:\n  - name: a\n    provider: aws\n    custody: x\n", None);
    assert!(message.starts_with("4:5: ") && message.contains("custody"), "{message}");
}

#[test]
fn the_examples_of_the_documentation_hold_and_name_every_column() {
    let text = include_str!("../../../../../docs/list-format.md");
    let block = |kind: &str| text.split(&format!("```{kind}\n")).nth(1).unwrap().split("```").next().unwrap();
    let (csv, yaml) = (read("a.csv", block("csv"), List), read("a.yaml", block("yaml"), List));
    assert_eq!(format!("{:?}", csv.resources), format!("{:?}", yaml.resources));
    assert_eq!(csv.resources.len(), 2);
    for column in super::super::list::COLUMNS {
        assert!(text.contains(&format!("`{column}`")), "{column}");
    }
}
