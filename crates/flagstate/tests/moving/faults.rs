//! A way that breaks everything: whatever is done to requests and answers, the same objects arrive, and what was done to bytes is
//! named with its object.

use std::{fs, process::Command, time::Duration};

use flagstate_bench_server::Server as BenchServer;
use flagstate_objects::{
    Algorithm, At, Begin, Checksum, Complete, Condition, Integrity, Key, List, Part, Payload, Properties, Put, Store,
    conformance,
};
use flagstate_testbed::{Fault, FaultProxy, Rule, Server};

use super::{
    Bench, pattern,
    servers::{Content, content, put, ready, s3},
};

/// An object whose checksum the store keeps.
async fn vouched(store: &dyn Store, key: &str, bytes: Vec<u8>) {
    let (key, properties) = (Key::from(key), Properties::default());
    let integrity = Integrity::Known(Checksum::of(Algorithm::Crc64Nvme, &bytes).unwrap());
    let payload = Payload::from(bytes);
    store
        .put(Put { key: &key, payload, properties: &properties, integrity, condition: Condition::Always })
        .await
        .unwrap();
}

/// Says which object differs, not all bytes of both.
fn same(found: &Content, expected: &Content, about: &str) {
    assert_eq!(found.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>(), "{about}");
    for (key, (bytes, properties)) in expected {
        let (other, others) = &found[key];
        assert_eq!(others, properties, "{about}: {key:?}");
        assert!(bytes == other, "{about}: the bytes of {key:?} differ");
    }
}

async fn empty(store: &dyn Store) {
    for entry in conformance::all(store, List::default()).await.unwrap() {
        store.delete(At::key(&entry.key)).await.unwrap();
    }
}

fn error(code: &str) -> String {
    format!("<Error><Code>{code}</Code><Message>by the test</Message></Error>")
}

/// Name, method, text in the target, times, fault, word in the output.
type Case = (&'static str, Option<&'static str>, &'static str, u32, Fault, &'static str);

/// What is done, to how many requests, and the words in which the output must name it.
fn faults() -> Vec<Case> {
    vec![
        ("500", None, "plain", 5, Fault::Status(500, error("InternalError")), "server error"),
        ("503", None, "plain", 5, Fault::Status(503, error("SlowDown")), "throttled"),
        ("429", None, "plain", 3, Fault::Status(429, String::new()), "throttled"),
        ("cut before", None, "plain", 4, Fault::Reset, "connection broken"),
        ("answer lost", Some("PUT"), "plain", 4, Fault::LoseAnswer, "connection broken"),
        ("body cut", Some("GET"), "plain", 4, Fault::Truncate(100), "connection broken"),
        ("body shorter", Some("GET"), "plain", 3, Fault::Shorten(10), "changed at the source"),
        ("bit at the source", Some("GET"), "plain", 4, Fault::CorruptAnswer(50), "damaged"),
        ("bit at the target", Some("PUT"), "plain", 4, Fault::CorruptRequest(50), "damaged"),
        ("bit in a middle one", Some("GET"), "source/middle", 1, Fault::CorruptAnswer(2_000_000), "damaged"),
        ("bit in a middle one sent", Some("PUT"), "target/middle", 1, Fault::CorruptRequest(2_000_000), "damaged"),
        ("bit in a part read", Some("GET"), "large", 1, Fault::CorruptAnswer(1_000_000), "damaged"),
        ("bit in a part sent", Some("PUT"), "partNumber", 1, Fault::CorruptRequest(1_000_000), "damaged"),
        ("part's answer lost", Some("PUT"), "partNumber", 1, Fault::LoseAnswer, "connection broken"),
        ("end's answer lost", Some("POST"), "uploadId", 1, Fault::LoseAnswer, "connection broken"),
        (
            "etag lie at the source",
            Some("GET"),
            "plain",
            2,
            Fault::LieEtag("\"0123\"".to_owned()),
            "changed at the source",
        ),
        (
            "etag lie at the target",
            Some("PUT"),
            "plain",
            2,
            Fault::LieEtag("\"0123\"".to_owned()),
            "not as written at the target",
        ),
        ("listing cut", Some("GET"), "list-type", 2, Fault::Truncate(300), "list again: met"),
        ("listing shorter", Some("GET"), "list-type", 2, Fault::Shorten(40), "listing damaged"),
        (
            "listing out of order",
            Some("GET"),
            "list-type",
            2,
            Fault::Replace("plain-0004".to_owned(), "plain-0009".to_owned()),
            "listing out of order",
        ),
        ("stall", None, "plain", 2, Fault::Stall(Duration::from_secs(1)), ""),
        ("body stalls", Some("GET"), "plain", 2, Fault::StallBody(Duration::from_secs(1)), ""),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_made_good_and_named() {
    let Some(weed) = Server::seaweedfs() else { return };
    let (source, target) = (s3(&weed.url, "source"), s3(&weed.url, "target"));
    ready(&source).await;
    ready(&target).await;
    for n in 0..30 {
        vouched(&source, &format!("plain-{n:04}"), pattern(200 + n * 30, n as u64)).await;
    }
    vouched(&source, "middle", pattern(3 << 20, 77)).await;
    vouched(&source, "large", pattern(34 << 20, 78)).await;
    let expected = content(&source).await;
    let proxy = FaultProxy::to(&weed.url).unwrap();
    let b = Bench::new("faults");
    let (from, to) = (format!("s3://source?endpoint={}", proxy.url), format!("s3://target?endpoint={}", proxy.url));
    b.ends(0, &["move", "plan", "--from", &from, "--to", &to, "--state", "base", "--part-mib", "8"]);
    for (n, (name, method, at, times, fault, word)) in faults().into_iter().enumerate() {
        empty(&target).await;
        let state = format!("m{n}");
        let copied = Command::new("cp").args(["-r", "base", &state]).current_dir(&b.dir).status().unwrap();
        assert!(copied.success());
        proxy.clear();
        proxy.take_seen();
        // One object of its kind: then its first request.
        let skip = u32::from(!at.contains("middle") && !at.contains("uploadId"));
        proxy.rule(Rule { method, target: at.to_owned(), skip, times, fault: fault.clone() });
        let args = ["move", "run", "--state", &state, "--part-mib", "8", "--verify", "server"];
        let said = b.ends(0, &args);
        let acted: Vec<_> = proxy.take_seen().into_iter().filter(|s| s.fault.is_some()).collect();
        assert!(!acted.is_empty(), "{name}: the fault did not act\n{said}");
        assert!(said.contains(word), "{name}: nothing about `{word}` in\n{said}");
        if word == "damaged" {
            for seen in &acted {
                let key = seen.target.trim_start_matches("/source/").trim_start_matches("/target/");
                let key = key.split('?').next().unwrap();
                assert!(said.contains(&format!("`{key}`")), "{name}: {key} is not named in\n{said}");
            }
        }
        proxy.clear();
        same(&content(&target).await, &expected, name);
        assert!(target.uploads(&Key::default()).await.unwrap().is_empty(), "{name}: no upload stays behind");
        b.ends(0, &["move", "verify-certificate", &format!("{state}/certificate.json")]);
        let _ = fs::remove_dir_all(b.path(&state));
    }
}

/// A first listing whose pages come twice, and that names an object which is not there: what it left out is found.
#[tokio::test(flavor = "multi_thread")]
async fn listings_that_lie() {
    let server = BenchServer::start().unwrap();
    let (source, target) = (s3(&server.s3_url(), "source"), s3(&server.s3_url(), "target"));
    ready(&source).await;
    ready(&target).await;
    for n in 0..1100 {
        assert!(put(&source, &Key::from(format!("k-{n:05}").as_str()), &pattern(20, n), &Properties::default()).await);
    }
    let expected = content(&source).await;
    let proxy = FaultProxy::to(&server.s3_url()).unwrap();
    let from = format!("s3://source?endpoint={}", proxy.url);
    let to = format!("s3://target?endpoint={}", server.s3_url());
    let b = Bench::new("listings");
    let list = |skip, fault| Rule { skip, ..Rule::once("GET", "list-type=2", fault) };
    for (n, (word, rules)) in [
        ("listing out of order", vec![list(1, Fault::RepeatPage)]),
        ("(new)", vec![list(1, Fault::Replace("k-01050".to_owned(), "k-01050x".to_owned()))]),
    ]
    .into_iter()
    .enumerate()
    {
        empty(&target).await;
        proxy.clear();
        proxy.take_seen();
        for rule in rules {
            proxy.rule(rule);
        }
        let said = b.ends(0, &["move", "run", "--from", &from, "--to", &to, "--state", &format!("m{n}")]);
        assert!(proxy.take_seen().iter().any(|s| s.fault.is_some()), "the fault did not act");
        assert!(said.contains(word), "{word}: {said}");
        assert!(content(&target).await == expected, "{said}");
    }
}

/// Writes an object in parts of 8 MiB, without a checksum.
async fn in_parts(store: &dyn Store, key: &str, bytes: &[u8]) {
    let (key, properties) = (Key::from(key), Properties::default());
    let upload = store.begin(Begin { key: &key, properties: &properties, algorithm: None }).await.unwrap();
    let mut parts = Vec::new();
    for (number, piece) in (1..).zip(bytes.chunks(8 << 20)) {
        let (payload, offset) = (Payload::from(piece.to_vec()), u64::from(number - 1) << 23);
        let integrity = Integrity::Nothing;
        let part = Part { key: &key, upload: &upload, number, offset, payload, integrity };
        parts.push(store.put_part(part).await.unwrap());
    }
    let (parts, properties, condition) = (&parts[..], &properties, Condition::Always);
    let complete = Complete { key: &key, upload: &upload, parts, properties, checksum: None, condition };
    store.complete(complete).await.unwrap();
}

/// An object of which the source knows no checksum but an MD5. Read with `--strict-source` it is held to that; else the
/// target's own MD5 of what arrived must be the source's.
#[tokio::test(flavor = "multi_thread")]
async fn held_to_the_sources_md5() {
    let Some(weed) = Server::seaweedfs() else { return };
    let (source, target) = (s3(&weed.url, "source"), s3(&weed.url, "target"));
    ready(&source).await;
    ready(&target).await;
    assert!(put(&source, &Key::from("middle"), &pattern(3 << 20, 5), &Properties::default()).await);
    in_parts(&source, "parts", &pattern((45 << 20) + 17, 6)).await;
    let proxy = FaultProxy::to(&weed.url).unwrap();
    let b = Bench::new("strict");
    let (from, to) = (format!("s3://source?endpoint={}", proxy.url), format!("s3://target?endpoint={}", weed.url));
    for (state, more) in [("m", &[][..]), ("strict", &["--strict-source"])] {
        empty(&target).await;
        proxy.rule(Rule::once("GET", "/source/middle", Fault::CorruptAnswer(1_000_000)));
        proxy.rule(Rule::once("GET", "/source/parts", Fault::CorruptAnswer(2_000_000)));
        let args = ["move", "run", "--from", &from, "--to", &to, "--state", state];
        let said = b.ends(0, &[&args[..], more].concat());
        assert!(said.contains("`middle`: ") && said.contains("damaged"), "{said}");
        assert!(said.contains("`parts`: ") && said.contains("2 by md5"), "{said}");
        assert!(content(&target).await == content(&source).await);
    }
}
