//! Sources that change while they are moved, on servers: nothing is lost, and no cutover while it changes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use flagstate_objects::{
    At, Azure, AzureConfig, Endpoint, Key, Properties, Store, SystemClock, credentials::AzureSource,
};
use flagstate_testbed::{AZURE_ACCOUNT, AZURE_KEY, Server};

use super::{
    Bench, pattern,
    servers::{content, http, put, ready, s3},
};

async fn write(store: &dyn Store, key: &str, bytes: &[u8]) {
    assert!(put(store, &Key::from(key), bytes, &Properties::default()).await, "{key}");
}

/// Overwritten, deleted, grown and new between the listing and the copy, and again after it.
async fn changes(b: &Bench, source: &dyn Store, target: &dyn Store, begin: &[&str], versions: bool) {
    for n in 0..40 {
        write(source, &format!("object-{n:03}"), &pattern(100 + n, n as u64)).await;
    }
    b.ends(0, &[&["move", "inventory", "--state", "m"], begin].concat());
    write(source, "object-001", b"overwritten").await;
    source.delete(At::key(&Key::from("object-002"))).await.unwrap();
    write(source, "object-003", &pattern(5000, 3)).await;
    write(source, "new", b"new").await;
    // Where old versions stay behind, they do so by name.
    let accept: &[&str] = if versions { &["--accept", "versions", "--accept", "delete-markers"] } else { &[] };
    let said = b.ends(0, &[&["move", "copy", "--state", "m"], accept].concat());
    assert!(said.contains("3 changed at the source meanwhile"), "{said}");
    let said = b.ends(1, &["move", "cutover", "--state", "m"]);
    assert!(said.contains("the source is not frozen") && said.contains("new (new)"), "{said}");
    assert!(said.contains("object-001 (changed)") && said.contains("object-003 (changed)"), "{said}");
    b.ends(3, &["move", "certificate", "--state", "m"]);
    b.ends(0, &["move", "sync", "--state", "m"]);
    assert!(content(target).await == content(source).await);
    // After the move: again, and a deletion that is only proposed.
    write(source, "object-010", b"again").await;
    source.delete(At::key(&Key::from("object-011"))).await.unwrap();
    let said = b.ends(1, &["move", "cutover", "--state", "m"]);
    assert!(said.contains("object-010 (changed)") && said.contains("object-011 (gone)"), "{said}");
    let said = b.ends(0, &["move", "sync", "--state", "m"]);
    assert!(said.contains("deletion proposed"), "{said}");
    assert!(target.head(At::key(&Key::from("object-011"))).await.is_ok(), "nothing is deleted unasked");
    b.ends(0, &["move", "sync", "--state", "m", "--delete"]);
    assert!(content(target).await == content(source).await);
    b.ends(0, &["move", "cutover", "--state", "m", "--final-delta", "2"]);
    let done = b.event("certificate", &["move", "certificate", "--state", "m"]);
    assert_eq!((done["objects"].as_u64(), &done["gaps"]), (Some(39), &serde_json::json!({})), "{done}");
    assert!(done["passes"].as_array().unwrap().len() >= 5, "it says what was moved when: {done}");
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_with_and_without_versions() {
    let Some(weed) = Server::seaweedfs() else { return };
    for versions in [false, true] {
        let name = |what: &str| format!("{what}-{versions}");
        let (source, target) = (s3(&weed.url, &name("source")), s3(&weed.url, &name("target")));
        ready(&source).await;
        ready(&target).await;
        if versions {
            source.enable_versioning().await.unwrap();
        }
        let b = Bench::new(&name("changing-s3"));
        let from = format!("s3://{}?endpoint={}", name("source"), weed.url);
        let to = format!("s3://{}?endpoint={}", name("target"), weed.url);
        changes(&b, &source, &target, &["--from", &from, "--to", &to], versions).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn azure() {
    let (Some(azurite), Some(weed)) = (Server::azurite(), Server::seaweedfs()) else { return };
    let endpoint = format!("{}/{AZURE_ACCOUNT}", azurite.url);
    let config = AzureConfig::new(AZURE_ACCOUNT, "source", Endpoint::parse(&endpoint).unwrap());
    let source = Azure::new(config, http(), AzureSource::key(AZURE_KEY).unwrap(), Arc::new(SystemClock));
    let target = s3(&weed.url, "target");
    ready(&source).await;
    ready(&target).await;
    let b = Bench::new("changing-azure");
    let from = format!("az://{AZURE_ACCOUNT}/source?endpoint={endpoint}");
    let to = format!("s3://target?endpoint={}", weed.url);
    changes(&b, &source, &target, &["--from", &from, "--to", &to], false).await;
}

/// Somebody writes all the time: no certificate; somebody stops: the same command ends the move.
#[tokio::test(flavor = "multi_thread")]
async fn a_writer_that_does_not_stop() {
    let Some(weed) = Server::seaweedfs() else { return };
    let (source, target) = (s3(&weed.url, "source"), s3(&weed.url, "target"));
    ready(&source).await;
    ready(&target).await;
    for n in 0..50 {
        write(&source, &format!("object-{n:03}"), &pattern(1000, n)).await;
    }
    let over = Arc::new(AtomicBool::new(false));
    let (ended, writer) = (Arc::clone(&over), s3(&weed.url, "source"));
    let writing = tokio::spawn(async move {
        let mut n = 0_u64;
        while !ended.load(Ordering::Relaxed) {
            n += 1;
            write(&writer, &format!("object-{:03}", n % 50), &pattern(1000, 1000 + n)).await;
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    let b = Bench::new("changing-always");
    let (from, to) = (format!("s3://source?endpoint={}", weed.url), format!("s3://target?endpoint={}", weed.url));
    let args = ["move", "run", "--from", &from, "--to", &to, "--state", "m", "--passes", "2"];
    let said = tokio::task::block_in_place(|| b.ends(1, &args));
    assert!(said.contains("the source is not frozen"), "{said}");
    assert!(!b.path("m/certificate.json").exists());
    over.store(true, Ordering::Relaxed);
    writing.await.unwrap();
    tokio::task::block_in_place(|| b.ends(0, &args));
    assert!(content(&target).await == content(&source).await);
}
