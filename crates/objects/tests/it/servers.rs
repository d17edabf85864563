//! Every backend against real servers on loopback: the probe's findings are pinned, the conformance suite must pass.

use std::sync::Arc;

use crate::common::{azure, conforms, ready, s3};
use flagstate_objects::{Memory, SystemClock};
use flagstate_testbed::Server;

#[tokio::test]
async fn seaweedfs() {
    let Some(server) = Server::seaweedfs() else { return };
    let store = Arc::new(s3(&server.url, "conformance"));
    ready(&*store).await;
    let can = conforms(store, "seaweedfs").await;
    assert!(can.tags && can.if_absent && can.uploads);
}

#[tokio::test]
async fn azurite() {
    let Some(server) = Server::azurite() else { return };
    let store = Arc::new(azure(&server.url, "conformance"));
    ready(&*store).await;
    let can = conforms(store, "azurite").await;
    assert!(can.tags && can.if_absent && can.uploads);
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
