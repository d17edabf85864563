//! The bench server as our own clients see it: the probe must find nothing wanting, the conformance suite must pass.
#![expect(clippy::unwrap_used, reason = "tests fail by panicking")]

use std::sync::Arc;

use flagstate_bench_server::{Fault, Keep, Plan, Recipe, Rule, Server, Setup};
use flagstate_objects::{
    Algorithm, At, Azure, AzureConfig, Capabilities, Checksum, Condition, Endpoint, Get, Http, HttpOptions, Integrity,
    Key, List, Payload, Properties, Put, ReadError, S3, S3Config, Store, SystemClock, WriteError, conformance,
    credentials::{AwsSource, AzureSource},
    probe,
};
use flagstate_sigv4::{Credentials, SecretKey};

fn http() -> Http {
    Http::new(&HttpOptions { proxy_from_environment: false, ..HttpOptions::default() }).unwrap()
}

fn s3(server: &Server, bucket: &str) -> S3 {
    let source = AwsSource::fixed(Credentials::new("bench", SecretKey::new("bench")));
    let config = S3Config::new(bucket, Endpoint::parse(&server.s3_url()).unwrap(), "us-east-1");
    S3::new(config, http(), source, Arc::new(SystemClock))
}

fn azure(server: &Server, container: &str) -> Azure {
    let endpoint = Endpoint::parse(&format!("{}/bench", server.azure_url())).unwrap();
    let source = AzureSource::key("YmVuY2g=").unwrap();
    Azure::new(AzureConfig::new("bench", container, endpoint), http(), source, Arc::new(SystemClock))
}

async fn conforms(store: Arc<dyn Store>) -> Capabilities {
    store.create_container().await.unwrap();
    let can = probe(&*store, &Key::from("flagstate-probe/")).await.unwrap();
    let left = conformance::all(&*store, List::default()).await.unwrap();
    assert!(left.is_empty(), "the probe left {left:?}");
    let store = can.apply(store);
    let outcomes = conformance::run(&*store, &Key::from("conformance/"), &can).await;
    let failed: Vec<String> =
        outcomes.iter().filter_map(|o| Some(format!("{}: {}", o.name, o.problem.as_ref()?))).collect();
    assert!(failed.is_empty(), "{} of {} checks fail:\n{}", failed.len(), outcomes.len(), failed.join("\n"));
    let refused: Vec<_> = can.keys.iter().filter(|k| k.problem.is_some()).collect();
    assert!(refused.is_empty(), "every key is held: {refused:?}");
    assert!(can.longest_key >= 1024, "{}", can.longest_key);
    can
}

fn kept(keep: Keep, mirror: Option<&str>, versioned: bool) -> Setup {
    Setup::Kept { keep, mirror: mirror.map(str::to_owned), versioned }
}

fn generated(count: u64, size: u64) -> Setup {
    Setup::Generated(Recipe { count, size, per_dir: 10, ..Recipe::default() })
}

#[tokio::test]
async fn s3_conforms() {
    let server = Server::start().unwrap();
    let can = conforms(Arc::new(s3(&server, "plain"))).await;
    assert!(can.tags && can.if_absent && can.if_match && can.if_match_delete && can.uploads && can.trailing);
    assert!(can.ascending && can.key_ranges && !can.versions && can.if_absent_complete && can.forgets_uploads);
    assert!(
        can.checks(Algorithm::Crc64Nvme) && can.returns_whole(Algorithm::Crc64Nvme) && can.checks(Algorithm::Sha256)
    );
}

#[tokio::test]
async fn s3_conforms_with_versions() {
    let server = Server::start().unwrap();
    server.bucket("versions", kept(Keep::Bytes, None, true)).unwrap();
    let can = conforms(Arc::new(s3(&server, "versions"))).await;
    assert!(can.versions && can.delete_markers);
}

#[tokio::test]
async fn azure_conforms() {
    let server = Server::start().unwrap();
    let store = Arc::new(azure(&server, "plain"));
    store.create_container().await.unwrap();
    let can = probe(&*store, &Key::from("flagstate-probe/")).await.unwrap();
    let outcomes = conformance::run(&*store, &Key::from("conformance/"), &can).await;
    let failed: Vec<_> = outcomes.iter().filter(|o| o.problem.is_some()).collect();
    assert!(failed.is_empty(), "{failed:?}");
    assert!(can.tags && can.if_absent && can.if_match && can.uploads && can.checks(Algorithm::Crc64Nvme));
    assert!(can.ascending && can.key_ranges && can.lists_parts && can.lists_uploads);
}

/// Both dialects show the same generated objects, and every checksum is true.
#[tokio::test]
async fn generated_objects_are_what_they_say() {
    let server = Server::start().unwrap();
    server.bucket("made", generated(1234, 5000)).unwrap();
    let stores: [Arc<dyn Store>; 2] = [Arc::new(s3(&server, "made")), Arc::new(azure(&server, "made"))];
    let mut listings = Vec::new();
    for store in &stores {
        let listed = conformance::all(&**store, List { page: Some(100), ..List::default() }).await.unwrap();
        assert_eq!(listed.len(), 1234);
        let names: Vec<Key> = listed.iter().map(|e| e.key.clone()).collect();
        assert!(names.is_sorted());
        for entry in listed.iter().step_by(200) {
            let got = store.get(At::entry(entry), Get { range: None, checksum: true }).await.unwrap();
            let bytes = got.body.bytes().await.unwrap();
            assert_eq!(bytes.len(), 5000);
            let md5 = Checksum::of(Algorithm::Md5, &bytes).unwrap();
            let etag = entry.etag.as_ref().unwrap().quoted();
            let hex: String = md5
                .value()
                .iter()
                .flat_map(|b| [b >> 4, b & 15])
                .filter_map(|d| char::from_digit(d.into(), 16))
                .collect();
            assert_eq!(String::from_utf8_lossy(etag.as_ref()).trim_matches('"'), hex);
            let part = store.get(At::entry(entry), Get { range: Some(10..300), checksum: false }).await.unwrap();
            assert_eq!(part.body.bytes().await.unwrap(), bytes.slice(10..300));
        }
        listings.push(names);
    }
    assert_eq!(listings[0], listings[1]);
    let folded = List { delimiter: Some(Key::from("/")), page: Some(7), ..List::default() };
    let mut ask = folded.clone();
    let mut prefixes = Vec::new();
    loop {
        let page = stores[0].list(&ask).await.unwrap();
        prefixes.extend(page.prefixes);
        match page.next {
            Some(next) => ask.cursor = Some(next),
            None => break,
        }
    }
    assert_eq!(prefixes.len(), 124, "ten keys below each prefix");
    let after = listings[0][1000].clone();
    let rest = conformance::all(&*stores[0], List { after: Some(after), ..List::default() }).await.unwrap();
    assert_eq!(rest.first().map(|e| &e.key), Some(&listings[0][1001]));
    assert_eq!(rest.len(), 233);
}

async fn write(store: &dyn Store, key: &Key, bytes: Vec<u8>, integrity: Integrity) -> Result<(), WriteError> {
    let none = Properties::default();
    let put = Put { key, payload: Payload::from(bytes), properties: &none, integrity, condition: Condition::Always };
    store.put(put).await.map(drop)
}

/// A copy that differs is counted, whether or not the client sent a checksum.
#[tokio::test]
async fn copies_are_compared_with_the_original() {
    let server = Server::start().unwrap();
    server.bucket("made", generated(20, 100_000)).unwrap();
    server.bucket("copy", kept(Keep::Checked, Some("made"), false)).unwrap();
    let (from, to) = (s3(&server, "made"), s3(&server, "copy"));
    let listed = conformance::all(&from, List::default()).await.unwrap();
    for (n, entry) in listed.iter().enumerate() {
        let got = from.get(At::entry(entry), Get::default()).await.unwrap();
        let mut bytes = got.body.bytes().await.unwrap().to_vec();
        match n {
            3 => bytes[50_000] ^= 1,
            4 => drop(bytes.pop()),
            _ => {}
        }
        let integrity = if n % 2 == 0 { Integrity::Nothing } else { Integrity::Trailing(Algorithm::Crc64Nvme) };
        write(&to, &entry.key, bytes, integrity).await.unwrap();
    }
    write(&to, &Key::from("more"), b"x".to_vec(), Integrity::Nothing).await.unwrap();
    let counters = server.counters();
    assert_eq!(counters["matches"], 18);
    let mismatches: Vec<&str> = counters["mismatches"].as_array().unwrap().iter().filter_map(|m| m.as_str()).collect();
    assert_eq!((mismatches.len(), counters["extra"].as_u64()), (2, Some(1)), "{mismatches:?}");
    assert!(mismatches[0].ends_with("other bytes") && mismatches[1].contains("99999 bytes instead of 100000"));
    let more = to.get(At::key(&Key::from("more")), Get::default()).await.unwrap();
    assert_eq!(more.body.bytes().await.unwrap(), b"x".as_slice(), "what the original does not have is kept");
    let copied = to.head(At::key(&listed[0].key)).await.unwrap();
    assert_eq!(copied.etag, listed[0].etag, "a true copy has the original's etag");
}

#[tokio::test]
async fn dropped_bytes_are_counted() {
    let server = Server::start().unwrap();
    server.bucket("nothing", kept(Keep::Nothing, None, false)).unwrap();
    let store = s3(&server, "nothing");
    for n in 0..5_u32 {
        let sum = Checksum::of(Algorithm::Crc64Nvme, &vec![1; 300_000]).unwrap();
        let integrity = if n == 0 { Integrity::Trailing(Algorithm::Crc64Nvme) } else { Integrity::Known(sum) };
        write(&store, &Key::from(format!("k{n}").as_str()), vec![1; 300_000], integrity).await.unwrap();
    }
    let listed = conformance::all(&store, List::default()).await.unwrap();
    assert_eq!(listed.iter().map(|e| e.size).collect::<Vec<_>>(), [300_000; 5]);
    assert_eq!(server.counters()["bytes_in"], 1_500_000);
    assert_eq!(server.counters()["requests"]["put"], 5);
    assert!(store.get(At::key(&listed[0].key), Get::default()).await.is_err(), "what was dropped is not invented");
}

/// Every kind of fault acts, is written down, and can be told from a good answer.
#[tokio::test]
async fn faults_act() {
    let server = Server::start().unwrap();
    server.bucket("made", generated(50, 100_000)).unwrap();
    server.bucket("kept", kept(Keep::Bytes, None, false)).unwrap();
    let (from, to) = (s3(&server, "made"), s3(&server, "kept"));
    let listed = conformance::all(&from, List::default()).await.unwrap();
    let (key, entry) = (&listed[0].key, &listed[0]);
    let checked = Get { range: None, checksum: true };
    let bodies = [Fault::Truncate, Fault::Flip, Fault::LieEtag, Fault::Reset, Fault::LoseAnswer];
    for fault in [Fault::Status500, Fault::Status503, Fault::Status429, Fault::Status403].into_iter().chain(bodies) {
        server.faults(Plan { seed: 1, rules: vec![Rule { times: Some(1), ..Rule::new(fault, 1000) }] });
        let outcome = match from.get(At::entry(entry), checked.clone()).await {
            Ok(got) => got.body.bytes().await,
            Err(e) => Err(e),
        };
        assert!(outcome.is_err(), "{fault:?} went unseen");
        let acted: Vec<Fault> = server.injected().into_iter().map(|i| i.fault).collect();
        assert_eq!(acted, [fault]);
        let got = from.get(At::entry(entry), checked.clone()).await.unwrap();
        got.body.bytes().await.unwrap();
    }
    for fault in [Fault::RepeatPage, Fault::ShufflePage] {
        server.faults(Plan { seed: 1, rules: vec![Rule { times: Some(1), ..Rule::new(fault, 1000) }] });
        let mut ask = List { page: Some(10), ..List::default() };
        if fault == Fault::RepeatPage {
            ask.cursor = from.list(&List { page: Some(10), ..List::default() }).await.unwrap().next;
            server.faults(Plan { seed: 1, rules: vec![Rule { times: Some(1), ..Rule::new(fault, 1000) }] });
        }
        assert!(from.list(&ask).await.is_err(), "{fault:?} went unseen");
        assert_eq!(server.injected().len(), 1);
    }
    for fault in [Fault::FlipUpload, Fault::CutUpload] {
        server.faults(Plan { seed: 1, rules: vec![Rule { times: Some(1), ..Rule::new(fault, 1000) }] });
        let sum = Checksum::of(Algorithm::Crc64Nvme, &vec![1; 900_000]).unwrap();
        let refused = write(&to, key, vec![1; 900_000], Integrity::Known(sum)).await;
        assert!(refused.is_err(), "{fault:?} went unseen");
        if fault == Fault::FlipUpload {
            assert!(matches!(refused, Err(WriteError::Damaged { .. })), "{refused:?}");
        }
        assert_eq!(server.injected().len(), 1);
        assert!(to.head(At::key(key)).await.is_err(), "{fault:?} left an object");
    }
}

#[tokio::test]
async fn the_same_seed_hits_the_same_requests() {
    let hits = |seed| async move {
        let server = Server::start().unwrap();
        server.bucket("made", generated(100, 10)).unwrap();
        server.faults(Plan { seed, rules: vec![Rule::new(Fault::Status500, 300)] });
        let store = s3(&server, "made");
        let mut hit = Vec::new();
        for n in 0..100_u32 {
            let answer = store.head(At::key(&Key::from(format!("{n}").as_str()))).await;
            hit.push(!matches!(answer, Err(ReadError::NotFound { .. })));
        }
        hit
    };
    let (first, again, other) = (hits(7).await, hits(7).await, hits(8).await);
    assert!((10..60).contains(&first.iter().filter(|h| **h).count()), "about three of ten");
    assert_eq!(first, again);
    assert_ne!(first, other);
}

#[tokio::test]
async fn latency_is_waited() {
    let server = Server::start().unwrap();
    let store = s3(&server, "late");
    store.create_container().await.unwrap();
    server.latency_ms(30);
    let started = std::time::Instant::now();
    for _ in 0..5 {
        store.container().await.unwrap();
    }
    assert!(started.elapsed().as_millis() >= 150);
}
