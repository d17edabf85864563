//! Every backend against real servers on loopback: the probe's findings are pinned, the conformance suite must pass.

mod common;

use std::sync::Arc;

use common::{conforms, ready, s3};
use flagstate_testbed::Server;

#[tokio::test]
async fn seaweedfs() {
    let Some(server) = Server::seaweedfs() else { return };
    let store = Arc::new(s3(&server.url, "conformance"));
    ready(&*store).await;
    let can = conforms(store).await;
    assert!(can.tags && can.if_absent && can.uploads);
}
