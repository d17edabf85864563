//! Tests of loading and assuming.
use crate::{Catalog, Overlay, ServiceMap, services::RegionMatch};

#[test]
fn the_shipped_catalog_loads() {
    let c = Catalog::embedded().unwrap();
    assert!(c.offerings.len() >= 32);
    assert!(c.unknown_keys.is_empty(), "{:?}", c.unknown_keys);
}

#[test]
fn an_overlay_replaces_its_kind_only() {
    let text = "entities: [{id: a, name: A, country: XX}]\nedges: []\n".to_owned();
    let c = Catalog::load(&[Overlay { name: "o.yaml".into(), text }]).unwrap();
    assert_eq!(c.entities.len(), 1);
    assert!(c.edges.is_empty());
    assert!(c.instruments.len() > 10);
}

fn offering(map: &ServiceMap, provider: &str, region: &str) -> Option<String> {
    match map.region(provider, region) {
        RegionMatch::One(r) => r.offering.clone(),
        _ => None,
    }
}

#[test]
fn every_region_leads_to_a_catalogued_offering() {
    let catalog = Catalog::embedded().unwrap();
    let map = ServiceMap::embedded().unwrap();
    for r in &map.regions {
        let id = r.offering.as_deref().unwrap_or_else(|| panic!("{}:{} has no offering", r.provider, r.code));
        assert!(catalog.offerings.contains_key(id), "{id}");
    }
    for id in catalog.offerings.keys() {
        assert!(map.regions.iter().any(|r| r.offering.as_ref() == Some(id)), "{id} has no region");
    }
}

#[test]
fn a_region_name_means_nothing_without_its_provider() {
    let map = ServiceMap::embedded().unwrap();
    for (provider, region, expected) in [
        ("aws", "eusc-de-east-1", "aws-eusc"),
        ("aws", "eu-west-2", "aws-global"),
        ("outscale", "eu-west-2", "outscale"),
        ("aws", "eu-central-2", "aws-global"),
        ("aws", "eu-central-1", "aws-eu"),
        ("aws", "global", "aws-global"),
        ("aws", "cn-north-1", "aws-china"),
        ("aws", "eu-isoe-west-1", "aws-govcloud"),
        ("azure", "westeurope", "azure-eu"),
        ("azure", "switzerlandnorth", "azure-global"),
        ("oci", "eu-frankfurt-1", "oci-commercial"),
        ("oci", "eu-frankfurt-2", "oracle-eu-sovereign"),
        ("oci", "eu-zurich-1", "oci-global"),
        ("ovhcloud", "BHS5", "ovh-ca"),
        ("ovhcloud", "GRA", "ovh-public"),
        ("gcp", "u-france-east1", "s3ns"),
        ("exoscale", "ch-gva-2", "exoscale"),
    ] {
        assert_eq!(offering(&map, provider, region).as_deref(), Some(expected), "{provider}:{region}");
    }
    match map.region_in_bill("azure", "EU") {
        RegionMatch::One(r) => assert_eq!(r.offering.as_deref(), Some("azure-global")),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_blank_may_tell_two_states_apart() {
    let map = ServiceMap::embedded().unwrap();
    for (name, expected) in [("CH North", "azure-global"), ("chnorth", "azure-china")] {
        match map.region_in_bill("azure", name) {
            RegionMatch::One(r) => assert_eq!(r.offering.as_deref(), Some(expected), "{name}"),
            other => panic!("{name}: {other:?}"),
        }
    }
    assert!(matches!(map.region_in_bill("azure", "CH-North"), RegionMatch::Ambiguous(_)));
}

#[test]
fn names_of_bills_and_tools_lead_to_a_provider() {
    let map = ServiceMap::embedded().unwrap();
    for (name, id) in [
        ("AWS", "aws"),
        ("Amazon Web Services, Inc.", "aws"),
        ("registry.terraform.io/hashicorp/azurerm", "azure"),
        ("hashicorp/google-beta", "gcp"),
        ("Google Cloud Platform", "gcp"),
        ("hcloud", "hetzner"),
        ("T Cloud Public", "otc"),
        ("microsoft 365", "microsoft_365"),
        ("Okta, Inc.", "okta"),
        ("onprem", "onprem"),
    ] {
        assert_eq!(map.provider(name), Some(id), "{name}");
    }
    assert_eq!(map.provider("Nobody knows them"), None);
}

#[test]
fn readers_get_names_in_their_language() {
    let c = Catalog::embedded().unwrap();
    for i in c.instruments.values() {
        assert!(i.about.as_deref().is_some_and(|a| a.ends_with('.') && a.len() < 260), "{}", i.id);
        assert!(i.names.contains_key("fr") && i.names.contains_key("de"), "{}", i.id);
    }
    assert_eq!(c.jurisdictions.get("DE").unwrap().name_in("fr"), "Allemagne");
    assert_eq!(c.vocabulary.name("harm", "H1", "de"), "Inhalt lesbar");
    assert_eq!(c.vocabulary.name("harm", "H1", "it"), "content readable");
    assert_eq!(c.vocabulary.name("harm", "H9", "fr"), "H9");
    for (group, words) in
        [("harm", &["H1", "H5"][..]), ("link", &["L1", "L7"]), ("attribute", &["A1", "A6"]), ("verdict", &["reached"])]
    {
        for word in words {
            assert!(c.vocabulary.words.get(group).is_some_and(|g| g.contains_key(*word)), "{group}.{word}");
        }
    }
    for value in &c.vocabulary.attribute_order {
        assert!(c.vocabulary.words["attribute_value"].contains_key(value) || value == "contested", "{value}");
    }
}

#[test]
fn use_cases_one_to_five_can_work_and_six_and_seven_cannot() {
    let c = Catalog::embedded().unwrap();
    for case in c.use_cases.values() {
        assert_eq!(case.effective, case.number <= 5, "{}", case.id);
    }
    assert_eq!(c.use_cases.len(), 7);
}

#[test]
fn an_older_timeline_keeps_the_outcomes_of_the_same_words() {
    for word in ["if", "if_"] {
        let text = format!(
            "pending: [{{id: P-702, event: x, branches: [{{{word}: 'not revived and certifications expire'}}]}}]"
        );
        let mut c = Catalog::load(&[Overlay { name: "o.yaml".into(), text }]).unwrap();
        c.assume("P-702=expired").unwrap();
        assert!(c.instruments.get("us.fisa702").unwrap().ended);
    }
}
