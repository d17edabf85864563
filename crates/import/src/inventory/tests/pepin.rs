//! pepin's inventories.

use flagstate_estate::UnknownReason;

use super::{map, named, read, sums};
use crate::Format::Pepin;

#[test]
fn an_inventory() {
    let text = r#"{"provider":"scaleway","resources":[
        {"provider":"scaleway","type":"object_storage_bucket","id":"b","name":"b","region":"fr-par",
         "attributes":{"tags":["env=prod"],"user_data":"hunter2"}},
        {"provider":"scaleway","type":"iam_policy","id":"p","name":"p","attributes":{}},
        {"provider":"nobody","type":"managed_database","id":"d","name":"d","region":"x","attributes":{}},
        {"provider":"scaleway","type":"k8s_namespace","id":"n","attributes":{}},{"id":"x"}]}"#;
    let estate = read("inventory.json", text, Pepin);
    assert_eq!(sums(&estate.inputs[0]), (5, 3, 0, 2));
    let bucket = named(&estate, "b");
    assert_eq!((bucket.capability.as_deref(), bucket.region.as_deref()), (Some("object_storage"), Some("fr-par")));
    assert_eq!(bucket.tags["env"], "prod");
    let database = named(&estate, "d");
    assert_eq!(database.provider.as_deref(), Some("nobody"));
    assert!([UnknownReason::Provider, UnknownReason::Type].iter().all(|u| database.unknown.contains(u)));
    assert!(!format!("{estate:?}").contains("hunter2"));
    assert!(super::super::pepin::TYPES.iter().all(|(_, t)| map().terraform(t).is_some()));
}
