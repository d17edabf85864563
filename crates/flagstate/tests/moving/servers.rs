//! Against real servers on loopback, and through a proxy that breaks what passes.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use flagstate_objects::{
    At, Azure, AzureConfig, Condition, Endpoint, Get, Headers, Http, HttpOptions, Integrity, Key, List, Payload,
    Properties, Put, S3, S3Config, Store, SystemClock, conformance,
    credentials::{AwsSource, AzureSource},
};
use flagstate_sigv4::{Credentials, SecretKey};
use flagstate_testbed::{ACCESS_KEY, AZURE_ACCOUNT, AZURE_KEY, Fault, FaultProxy, Rule, SECRET_KEY, Server};

use super::{Bench, kills, pattern, sample, tree};

pub(super) fn http() -> Http {
    Http::new(&HttpOptions { proxy_from_environment: false, ..HttpOptions::default() }).unwrap()
}

pub(super) fn s3(url: &str, bucket: &str) -> S3 {
    let config = S3Config::new(bucket, Endpoint::parse(url).unwrap(), "us-east-1");
    let source = AwsSource::fixed(Credentials::new(ACCESS_KEY, SecretKey::new(SECRET_KEY)));
    S3::new(config, http(), source, Arc::new(SystemClock))
}

/// Waits until the server takes a bucket and an object in it.
pub(super) async fn ready(store: &dyn Store) {
    for _ in 0..300 {
        let key = Key::from("ready");
        if store.create_container().await.is_ok() && put(store, &key, b"x", &Properties::default()).await {
            store.delete(At::key(&key)).await.unwrap();
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{} takes no object", store.place());
}

pub(super) async fn put(store: &dyn Store, key: &Key, bytes: &[u8], properties: &Properties) -> bool {
    let payload = Payload::from(bytes.to_vec());
    let put = Put { key, payload, properties, integrity: Integrity::Nothing, condition: Condition::Always };
    store.put(put).await.is_ok()
}

pub(super) type Content = BTreeMap<Key, (Vec<u8>, Properties)>;

pub(super) async fn content(store: &dyn Store) -> Content {
    let mut all = BTreeMap::new();
    for entry in conformance::all(store, List::default()).await.unwrap() {
        let got = store.get(At::key(&entry.key), Get::default()).await.unwrap();
        let mut properties = got.entry.details.as_ref().map(|d| d.properties.clone()).unwrap_or_default();
        properties.tags = store.tags(At::key(&entry.key)).await.unwrap();
        properties.class = None;
        all.insert(entry.key, (got.body.bytes().await.unwrap().to_vec(), properties));
    }
    all
}

fn properties(seed: usize) -> Properties {
    let pair = |n: &str, v: String| BTreeMap::from([(n.to_owned(), v)]);
    Properties {
        headers: Headers {
            content_type: Some("text/csv".to_owned()),
            cache_control: Some("max-age=60".to_owned()),
            ..Headers::default()
        },
        metadata: pair("owner", format!("team{seed}")),
        tags: if seed.is_multiple_of(3) { pair("class", format!("a{seed}")) } else { BTreeMap::new() },
        class: None,
        hold: None,
    }
}

async fn fill(store: &dyn Store, count: usize) {
    for i in 0..count {
        let key = Key::from(format!("dir {}/naïve-{i:04}.csv", i % 4).as_str());
        assert!(put(store, &key, &pattern(i * 50, i as u64), &properties(i)).await, "{key:?}");
    }
    assert!(put(store, &Key::from("large"), &pattern(40 << 20, 7), &properties(0)).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_to_s3() {
    let (Some(azurite), Some(weed)) = (Server::azurite(), Server::seaweedfs()) else { return };
    let endpoint = format!("{}/{AZURE_ACCOUNT}", azurite.url);
    let config = AzureConfig::new(AZURE_ACCOUNT, "source", Endpoint::parse(&endpoint).unwrap());
    let source = Azure::new(config, http(), AzureSource::key(AZURE_KEY).unwrap(), Arc::new(SystemClock));
    let target = s3(&weed.url, "target");
    ready(&source).await;
    ready(&target).await;
    fill(&source, 120).await;
    let b = Bench::new("azure");
    let from = format!("az://{AZURE_ACCOUNT}/source?endpoint={endpoint}");
    let to = format!("s3://target?endpoint={}&region=us-east-1", weed.url);
    let done = b.event("certificate", &["move", "run", "--from", &from, "--to", &to, "--state", "m"]);
    assert_eq!(done["objects"], 121);
    assert_eq!(content(&target).await, content(&source).await);
    b.ends(0, &["move", "verify-certificate", "m/certificate.json"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_to_s3_killed_and_through_a_broken_network() {
    let Some(weed) = Server::seaweedfs() else { return };
    let (source, target) = (s3(&weed.url, "source"), s3(&weed.url, "target"));
    ready(&source).await;
    ready(&target).await;
    fill(&source, 150).await;
    let expected = content(&source).await;
    let proxy = FaultProxy::to(&weed.url).unwrap();
    let rule =
        |method, target: &str, skip, times, fault| Rule { method, target: target.to_owned(), skip, times, fault };
    let xml = |code: &str| format!("<Error><Code>{code}</Code><Message>by the test</Message></Error>");
    let faults = [
        rule(Some("GET"), "naïve", 3, 2, Fault::Truncate(100)),
        rule(None, "csv", 9, 3, Fault::Status(503, xml("SlowDown"))),
        rule(None, "csv", 20, 2, Fault::Status(500, xml("InternalError"))),
        rule(None, "csv", 30, 2, Fault::Reset),
        rule(Some("PUT"), "csv", 10, 3, Fault::LoseAnswer),
        rule(Some("PUT"), "csv", 20, 3, Fault::CorruptRequest(20)),
        rule(Some("GET"), "csv", 30, 3, Fault::CorruptAnswer(20)),
        rule(Some("PUT"), "partNumber", 0, 1, Fault::CorruptRequest(1000)),
        rule(Some("PUT"), "partNumber", 1, 1, Fault::LoseAnswer),
        rule(Some("POST"), "uploadId", 0, 1, Fault::LoseAnswer),
        rule(Some("GET"), "list-type", 1, 1, Fault::Status(503, xml("SlowDown"))),
        rule(Some("PUT"), "csv", 60, 1, Fault::Stall(Duration::from_secs(2))),
    ];
    let b = Bench::new("s3-to-s3");
    let from = format!("s3://source?endpoint={}", proxy.url);
    let to = format!("s3://target?endpoint={}", proxy.url);
    let args = ["move", "run", "--from", &from, "--to", &to, "--state", "m", "--quiet", "--part-mib", "8"];
    let (mut met, mut round) = (0, 0);
    while met < kills::wanted() && round < 100 {
        let _ = std::fs::remove_dir_all(b.path("m"));
        for entry in conformance::all(&target, List::default()).await.unwrap() {
            target.delete(At::key(&entry.key)).await.unwrap();
        }
        proxy.clear();
        for fault in faults.clone() {
            proxy.rule(fault);
        }
        met += kills::run_and_kill(&b, &args, 5 + round, kills::wanted() - met);
        round += 1;
        proxy.clear();
        assert!(content(&target).await == expected, "after {met} kills in round {round}");
        assert!(target.uploads(&Key::default()).await.unwrap().is_empty(), "no upload stays behind");
    }
    assert!(met > 0, "nothing was killed");
    b.ends(0, &["move", "verify-certificate", "m/certificate.json"]);
}

/// Requests per small object: a read and a write; nothing per object when nothing changed.
#[tokio::test(flavor = "multi_thread")]
async fn two_requests_per_small_object() {
    let Some(weed) = Server::seaweedfs() else { return };
    let (source, target) = (s3(&weed.url, "few"), s3(&weed.url, "many"));
    ready(&source).await;
    ready(&target).await;
    for i in 0..60 {
        let key = Key::from(format!("object-{i:03}").as_str());
        assert!(put(&source, &key, &pattern(1000, i), &Properties::default()).await);
    }
    let proxy = FaultProxy::to(&weed.url).unwrap();
    let b = Bench::new("requests");
    let (from, to) = (format!("s3://few?endpoint={}", proxy.url), format!("s3://many?endpoint={}", proxy.url));
    b.ends(0, &["move", "plan", "--from", &from, "--to", &to, "--state", "m"]);
    let requests = || proxy.take_seen().into_iter().filter(|s| s.target.contains("/object-")).count();
    assert_eq!(requests(), 0, "a plan reads no object");
    b.ends(0, &["move", "copy", "--state", "m"]);
    assert_eq!(requests(), 120);
    b.ends(0, &["move", "sync", "--state", "m"]);
    assert_eq!(requests(), 0, "a later pass asks for no object");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_says_no_to() {
    let Some(weed) = Server::seaweedfs() else { return };
    ready(&s3(&weed.url, "there")).await;
    let b = Bench::new("no");
    sample(&b, "from", 5);
    let from = b.place("from");
    let to = format!("s3://not-there?endpoint={}", weed.url);
    let said = b.ends(3, &["move", "run", "--from", &from, "--to", &to, "--state", "a"]);
    assert!(said.contains("there is no s3://not-there"), "{said}");
    s3(&weed.url, "not-there").create_container().await.unwrap();
    b.ends(0, &["move", "run", "--state", "a"]);
    let to = format!("s3://there?endpoint={}", weed.url);
    let args = ["move", "run", "--from", &from, "--to", &to, "--state", "c"];
    let output = b.command(&args).env("AWS_SECRET_ACCESS_KEY", "wrong").output().unwrap();
    let said = super::text(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(said.contains("denies the request") && !said.contains("wrong"), "{said}");
    b.ends(0, &args);
    assert_eq!(content(&s3(&weed.url, "there")).await.len(), tree(&b.path("from")).len());
}
