//! The SDKs of the two big providers, from the Python index, read what we wrote and write what we read.

use std::{collections::BTreeMap, process::Command, sync::Arc};

use flagstate_objects::{
    Algorithm, At, Begin, Checksum, Complete, Condition, Get, Headers, Integrity, Key, List, Part, Payload, Properties,
    Put, Store, conformance,
};
use flagstate_testbed::{Server, tools};

use crate::common::{azure, ready, s3};

/// Names that both sides can say; dot segments are left out, since the other side's HTTP library resolves them.
const KEYS: [&str; 9] = [
    "plain",
    "a b+c&d=e?f#g%h;i:j@k!l$m,n'o(p)q*r~s",
    "percent%2Fencoded%41",
    "\u{e9}t\u{e9}/stra\u{df}e",
    "nfc-e\u{301}",
    "\u{65e5}\u{672c}\u{8a9e}/\u{1f680}",
    "CaSe",
    " blanks ",
    ".hidden/...",
];

fn properties(n: usize) -> Properties {
    let map = |name: &str| BTreeMap::from([(name.to_owned(), format!("value {n}"))]);
    Properties {
        headers: Headers {
            content_type: Some(format!("text/x-{n}; charset=utf-8")),
            cache_control: Some(format!("max-age={n}")),
            content_disposition: Some("attachment".to_owned()),
            content_language: Some("fr".to_owned()),
            ..Headers::default()
        },
        metadata: map("meta"),
        tags: map("tag"),
        ..Properties::default()
    }
}

fn content(n: usize) -> Vec<u8> {
    format!("content {n} ").repeat(n * 1000 + 1).into_bytes()
}

async fn write(store: &dyn Store) {
    for (n, name) in KEYS.iter().enumerate() {
        let (key, bytes, properties) = (Key::from(format!("ours/{name}").as_str()), content(n), properties(n));
        let integrity = Integrity::Known(Checksum::of(Algorithm::Crc64Nvme, &bytes).unwrap());
        let payload = Payload::from(bytes);
        let put = Put { key: &key, payload, properties: &properties, integrity, condition: Condition::Always };
        store.put(put).await.unwrap();
    }
    let (key, properties) = (Key::from("ours/large"), properties(99));
    let algorithm = Algorithm::Crc64Nvme;
    let begin = Begin { key: &key, properties: &properties, algorithm: Some(algorithm) };
    let upload = store.begin(begin).await.unwrap();
    let (mut parts, mut whole) = (Vec::new(), None::<Checksum>);
    for (number, bytes) in [(1, vec![b'1'; 5 << 20]), (2, b"the end".to_vec())] {
        let sum = Checksum::of(algorithm, &bytes).unwrap();
        whole = Some(whole.map_or(sum, |w| w.then(&sum, bytes.len() as u64).unwrap()));
        let offset = if number == 1 { 0 } else { 5 << 20 };
        let payload = Payload::from(bytes);
        let part = Part { key: &key, upload: &upload, number, offset, payload, integrity: Integrity::Known(sum) };
        parts.push(store.put_part(part).await.unwrap());
    }
    let condition = Condition::Absent;
    let complete =
        Complete { key: &key, upload: &upload, parts: &parts, properties: &properties, checksum: whole, condition };
    store.complete(complete).await.unwrap();
}

/// Reads what the other side wrote below `theirs/`.
async fn read(store: &dyn Store) {
    let listed = conformance::all(store, List { prefix: Key::from("theirs/"), ..List::default() }).await.unwrap();
    let mut expected: Vec<Key> = KEYS.iter().map(|name| Key::from(format!("theirs/{name}").as_str())).collect();
    expected.sort();
    assert_eq!(listed.iter().map(|e| e.key.clone()).collect::<Vec<_>>(), expected);
    for (n, name) in KEYS.iter().enumerate() {
        let key = Key::from(format!("theirs/{name}").as_str());
        let got = store.get(At::key(&key), Get { range: None, checksum: true }).await.unwrap();
        let mut found = got.entry.details.clone().unwrap().properties;
        assert_eq!(got.body.bytes().await.unwrap(), content(n), "{key:?}");
        found.tags = store.tags(At::key(&key)).await.unwrap();
        found.class = None;
        assert_eq!(found, properties(n), "{key:?}");
    }
}

/// Runs the other side's script; nothing where it is not installed.
fn theirs(script: &str, arguments: &[&str]) -> bool {
    let python = tools().join("objects/bin/python");
    assert!(python.exists(), "the servers are installed and the SDKs are not");
    let script = format!("{}/tests/it/{script}", env!("CARGO_MANIFEST_DIR"));
    let keys = serde_json::to_string(&KEYS).unwrap();
    let run = Command::new(python).arg(script).args(arguments).arg(keys).output().unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert!(run.status.success(), "{said}{}", String::from_utf8_lossy(&run.stdout));
    true
}

#[tokio::test]
async fn boto3() {
    let Some(server) = Server::seaweedfs() else { return };
    let store = Arc::new(s3(&server.url, "interop"));
    ready(&*store).await;
    write(&*store).await;
    assert!(theirs("boto3_side.py", &[&server.url, "interop"]));
    read(&*store).await;
}

#[tokio::test]
async fn azure_storage_blob() {
    let Some(server) = Server::azurite() else { return };
    let store = Arc::new(azure(&server.url, "interop"));
    ready(&*store).await;
    write(&*store).await;
    assert!(theirs("azure_side.py", &[&server.url, "interop"]));
    read(&*store).await;
}
