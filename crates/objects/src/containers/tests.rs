//! Several containers as one store: order, pages, probe, conformance.

use std::collections::BTreeMap;

use super::*;
use crate::{Condition, Integrity, Memory, Payload, Properties, SystemClock, conformance, probe};

fn three() -> Containers {
    // In the order of keys `a-b/` comes before `a/`.
    let names = ["a", "a-b", "c"];
    let each = names.iter().map(|name| {
        let store: Arc<dyn Store> = Arc::new(Memory::new(name, Arc::new(SystemClock)));
        ((*name).to_owned(), store)
    });
    Containers::new(each.collect::<BTreeMap<_, _>>()).unwrap()
}

async fn put(store: &dyn Store, key: &str) {
    let key = Key::from(key);
    let (payload, properties) = (Payload::from(key.as_bytes().to_vec()), &Properties::default());
    let put = Put { key: &key, payload, properties, integrity: Integrity::Nothing, condition: Condition::Always };
    store.put(put).await.unwrap();
}

#[tokio::test]
async fn keys_of_all_containers_stand_in_the_order_of_bytes_whatever_the_page() {
    let store = three();
    let keys = ["a-b/x", "a-b/y", "a//z", "a/1", "a/2", "c/only"];
    for key in keys {
        put(&store, key).await;
    }
    for page in [1, 2, 3, 100] {
        let all = conformance::all(&store, List { page: Some(page), ..List::default() }).await.unwrap();
        assert_eq!(all.iter().map(|e| e.key.as_str().unwrap()).collect::<Vec<_>>(), keys, "{page}");
    }
    let some = |ask: List| async {
        let all = conformance::all(&store, ask).await.unwrap();
        all.into_iter().map(|e| e.key.as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let key = |text: &str| Some(Key::from(text));
    assert_eq!(some(List { after: key("a-b/y"), ..List::default() }).await, keys[2..]);
    assert_eq!(some(List { after: key("a-c"), until: key("a/2"), ..List::default() }).await, keys[2..4]);
    assert_eq!(some(List { prefix: Key::from("a"), ..List::default() }).await, keys[..5]);
    assert_eq!(some(List { prefix: Key::from("a/"), ..List::default() }).await, keys[2..5]);
    assert_eq!(some(List { until: key("a-b/"), ..List::default() }).await, Vec::<String>::new());
    let folded = store.list(&List { delimiter: key("/"), ..List::default() }).await.unwrap();
    assert_eq!(folded.prefixes, ["a-b/", "a/", "c/"].map(Key::from));
}

#[tokio::test]
async fn a_key_of_no_container_is_refused_and_says_so() {
    let store = three();
    let key = Key::from("b/x");
    let said = store.head(At::key(&key)).await.unwrap_err().to_string();
    assert!(said.contains("no container of the move"), "{said}");
}

#[tokio::test]
async fn every_container_is_a_store_like_any_other() {
    let store = three();
    let can = probe(&store, &Key::from("probe/")).await.unwrap();
    assert_eq!(can.each.len(), 3);
    assert!(can.uploads && can.if_absent && !can.checked.is_empty());
    assert_eq!(conformance::all(&store, List::default()).await.unwrap(), [], "the probe cleans up");
    let refused = |key: &str| can.key_problem(&Key::from(key), store.limits());
    assert_eq!(refused("a/x"), None);
    assert!(refused("elsewhere/x").is_some());
    assert!(refused(&format!("c/{}", "x".repeat(1025))).is_some());
    let outcomes = conformance::run(&store, &Key::from("a-b/conformance/"), &can).await;
    let failed: Vec<_> = outcomes.iter().filter(|o| o.problem.is_some()).collect();
    assert!(failed.is_empty(), "{failed:?}");
}

#[tokio::test]
async fn what_one_container_says_is_told_by_its_name() {
    let facts = |public, encryption: &str| ContainerFacts {
        public_read: Some(public),
        encryption: Some(encryption.to_owned()),
        versioning: Some(false),
        ..ContainerFacts::default()
    };
    let each = [("a", facts(false, "AES256")), ("b", facts(true, "none"))].map(|(n, f)| (n.to_owned(), f));
    let all = all_facts(each.into());
    assert_eq!((all.public_read, all.versioning), (Some(true), Some(false)));
    assert_eq!(all.encryption.as_deref(), Some("a: AES256; b: none"));
    assert_eq!(all.each.len(), 2);
}
