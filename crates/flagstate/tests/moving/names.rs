//! Keys as years of use leave them: against a server that stores bytes they arrive unchanged; a real server's refusals are in the
//! plan before anything moves.

use std::sync::Arc;

use flagstate_bench_server::Server as BenchServer;
use flagstate_objects::{At, Capabilities, Get, Key, KeyRules, List, ODD_KEYS, Properties, Store, conformance, probe};
use flagstate_testbed::Server;

use super::{
    Bench, pattern,
    servers::{put, ready, s3},
};

/// Every odd name of the probe, and the ones that people fear most.
fn keys() -> Vec<Key> {
    let mut all: Vec<Key> = ODD_KEYS.iter().map(|(_, name)| Key::new(*name)).collect();
    all.extend(
        ["a//b", "/a", " a ", "./x", "a/../b", "trail/", "//", "a\u{301}\u{202e}b", "\u{1f469}\u{200d}\u{1f4bb}"]
            .map(Key::from),
    );
    all.push(Key::new(vec![b'k'; 1024]));
    all.push(Key::from("\u{e9}".repeat(512).as_str()));
    all.extend((1..32_u8).map(|c| Key::new([b"control-", &[c][..], b"-"].concat())));
    all.sort();
    all.dedup();
    all
}

async fn fill(store: &dyn Store, keys: &[Key]) {
    for (n, key) in keys.iter().enumerate() {
        assert!(put(store, key, &pattern(n * 7, n as u64), &Properties::default()).await, "{key:?}");
    }
}

async fn check(store: &dyn Store, keys: &[Key], except: &dyn Fn(&Key) -> bool) {
    let listed = conformance::all(store, List::default()).await.unwrap();
    let mut found: Vec<Key> = listed.into_iter().map(|e| e.key).collect();
    found.sort();
    let expected: Vec<Key> = keys.iter().filter(|k| !except(k)).cloned().collect();
    assert_eq!(found, expected);
    for (n, key) in keys.iter().enumerate().filter(|(_, k)| !except(k)) {
        let got = store.get(At::key(key), Get::default()).await.unwrap();
        assert_eq!(got.body.bytes().await.unwrap(), pattern(n * 7, n as u64), "{key:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn arrive_unchanged() {
    let server = BenchServer::start().unwrap();
    let (source, target) = (s3(&server.s3_url(), "source"), s3(&server.s3_url(), "target"));
    ready(&source).await;
    ready(&target).await;
    let keys = keys();
    fill(&source, &keys).await;
    let b = Bench::new("names");
    let (from, to) =
        (format!("s3://source?endpoint={}", server.s3_url()), format!("s3://target?endpoint={}", server.s3_url()));
    let done = b.event("certificate", &["move", "run", "--from", &from, "--to", &to, "--state", "m"]);
    assert_eq!(done["objects"].as_u64(), Some(keys.len() as u64), "{done}");
    check(&target, &keys, &|_| false).await;
    // Each can be proven by its name.
    for name in ["a/../b", "trail/", "control-%01-"] {
        b.ends(0, &["move", "certificate", "--state", "m", "--prove", name, "--output", "p.json"]);
        let said = b.ends(0, &["move", "verify-certificate", "m/certificate.json", "--proof", "p.json"]);
        assert!(said.contains(&format!("{name}: moved")), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_refuses_is_in_the_plan() {
    let Some(weed) = Server::seaweedfs() else { return };
    let server = BenchServer::start().unwrap();
    let (source, target) = (s3(&server.s3_url(), "source"), s3(&weed.url, "target"));
    ready(&source).await;
    ready(&target).await;
    let keys = keys();
    fill(&source, &keys).await;
    let b = Bench::new("names-real");
    let from = format!("s3://source?endpoint={}", server.s3_url());
    let to = format!("s3://target?endpoint={}", weed.url);
    let args = ["move", "run", "--from", &from, "--to", &to, "--state", "m"];
    let said = b.ends(1, &args);
    assert!(said.contains("loss `keys` (to accept)"), "{said}");
    for refused in ["refused key ./x: ", "refused key a/../b: ", "refused key trail/: "] {
        assert!(said.contains(refused), "{refused} {said}");
    }
    assert!(conformance::all(&target, List::default()).await.unwrap().is_empty(), "nothing moved before that");
    let done = b.event("certificate", &[&args[..], &["--accept", "keys"]].concat());
    let can: Capabilities = probe(&target, &Key::from("probe/")).await.unwrap();
    let target: Arc<dyn Store> = can.apply(Arc::new(target));
    let rules: &KeyRules = &target.limits().key.clone();
    let refused = |k: &Key| can.key_problem(k, target.limits()).is_some() || rules.refuses(k).is_some();
    let left = keys.iter().filter(|k| refused(k)).count() as u64;
    assert!(left > 0 && left < keys.len() as u64);
    assert_eq!(done["gaps"]["refused"]["records"].as_u64(), Some(left), "{done}");
    check(&*target, &keys, &refused).await;
}
