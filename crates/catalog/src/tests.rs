//! Tests of loading and assuming.
use crate::{Catalog, Overlay};

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
