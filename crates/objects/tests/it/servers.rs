//! Every backend against real servers on loopback: the probe's findings are pinned, the conformance suite must pass.

use std::sync::Arc;

use crate::common::{azure, conforms, ready, s3};
use flagstate_objects::{
    At, Condition, Get, Integrity, Key, List, Memory, Payload, Properties, Put, Store, SystemClock, Version,
    conformance,
};
use flagstate_testbed::Server;

#[tokio::test]
async fn seaweedfs() {
    let Some(server) = Server::seaweedfs() else { return };
    let store = Arc::new(s3(&server.url, "conformance"));
    ready(&*store).await;
    let can = conforms(store, "seaweedfs").await;
    assert!(can.tags && can.if_absent && can.uploads);
    let store = Arc::new(s3(&server.url, "versions"));
    ready(&*store).await;
    store.enable_versioning().await.unwrap();
    assert_eq!(store.container().await.unwrap().versioning, Some(true));
    let can = conforms(store, "seaweedfs-versions").await;
    assert!(can.versions && can.delete_markers);
}

#[tokio::test]
async fn azurite() {
    let Some(server) = Server::azurite() else { return };
    let store = Arc::new(azure(&server.url, "conformance"));
    ready(&*store).await;
    let can = conforms(store, "azurite").await;
    assert!(can.tags && can.if_absent && can.uploads);
}

/// Snapshots and metadata of a source, in one pass of the listing.
#[tokio::test]
async fn azure_snapshots_and_metadata() {
    let Some(server) = Server::azurite() else { return };
    let store = azure(&server.url, "snapshots");
    ready(&store).await;
    let key = Key::from("blob");
    let map = |n: &str, v: &str| [(n.to_owned(), v.to_owned())].into_iter().collect();
    let mut snapshots = Vec::new();
    for text in ["one", "two"] {
        let properties = Properties { metadata: map("state", text), tags: map("tag", text), ..Properties::default() };
        let payload = Payload::from(text.as_bytes().to_vec());
        let (integrity, condition) = (Integrity::Nothing, Condition::Always);
        store.put(Put { key: &key, payload, properties: &properties, integrity, condition }).await.unwrap();
        snapshots.push(store.snapshot(&key).await.unwrap());
    }
    let ask = List { versions: true, metadata: true, tags: true, ..List::default() };
    let listed = conformance::all(&store, ask).await.unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|e| (e.version.clone(), e.current, e.details.as_ref().unwrap().properties.metadata["state"].clone()))
        .collect();
    let state = |version: Option<&Version>, current, text: &str| (version.cloned(), current, text.to_owned());
    assert_eq!(shown.len(), 3, "{shown:?}");
    for wanted in
        [state(snapshots.first(), false, "one"), state(snapshots.get(1), false, "two"), state(None, true, "two")]
    {
        assert!(shown.contains(&wanted), "{wanted:?} in {shown:?}");
    }
    let current = listed.iter().find(|e| e.current).unwrap();
    assert_eq!(current.details.as_ref().unwrap().properties.tags["tag"], "two");
    let at = At { key: &key, version: snapshots.first(), if_match: None };
    let got = store.get(at, Get { range: Some(0..3), checksum: false }).await.unwrap();
    assert_eq!(got.body.bytes().await.unwrap(), "one");
}

#[tokio::test]
async fn memory() {
    let can = conforms(Arc::new(Memory::new("test", Arc::new(SystemClock))), "memory").await;
    assert!(can.keys.iter().all(|k| k.problem.is_none()), "memory holds every key: {:?}", can.keys);
    assert!(can.versions && can.delete_markers && can.if_absent && can.if_match && can.if_match_delete);
}

#[tokio::test]
async fn s3s_fs() {
    let Some(server) = Server::s3s_fs(&["conformance"]) else { return };
    let store = Arc::new(s3(&server.url, "conformance"));
    let can = conforms(store, "s3s-fs").await;
    assert!(can.uploads && !can.tags);
}

#[tokio::test]
async fn moto() {
    let Some(server) = Server::moto() else { return };
    let store = Arc::new(s3(&server.url, "conformance"));
    ready(&*store).await;
    let can = conforms(store, "moto").await;
    assert!(can.uploads && can.tags);
}
