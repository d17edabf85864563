//! Everything that can happen on the way to a real server: each fault is met, named, and leaves nothing wrong behind.

use std::{sync::Arc, time::Duration};

use flagstate_objects::{
    Algorithm, At, Begin, Checksum, Class, Complete, Condition, Get, Http, HttpOptions, Integrity, Key, List,
    ListError, Part, Payload, Properties, Put, ReadError, RequestError, Retry, RetryPolicy, S3, S3Config, Seeded,
    Store, SystemClock, WriteError, conformance,
};
use flagstate_testbed::{Fault, FaultProxy, Rule, Server};

use crate::common::{aws, ready, s3};

/// A client that gives up quickly.
fn hasty(url: &str, bucket: &str) -> S3 {
    let options = HttpOptions {
        proxy_from_environment: false,
        stall: Duration::from_millis(400),
        connect: Duration::from_secs(2),
        ..HttpOptions::default()
    };
    let config = S3Config::new(bucket, flagstate_objects::Endpoint::parse(url).unwrap(), "us-east-1");
    S3::new(config, Http::new(&options).unwrap(), aws(), Arc::new(SystemClock))
}

struct Bench {
    proxy: FaultProxy,
    store: S3,
    direct: S3,
    _server: Server,
}

async fn bench() -> Option<Bench> {
    let server = Server::seaweedfs()?;
    let direct = s3(&server.url, "faults");
    ready(&direct).await;
    let proxy = FaultProxy::to(&server.url).unwrap();
    Some(Bench { store: hasty(&proxy.url, "faults"), proxy, direct, _server: server })
}

fn bytes() -> Vec<u8> {
    (0..200_000_u32).map(|n| u8::try_from(n % 251).unwrap()).collect()
}

impl Bench {
    async fn put(&self, key: &str, integrity: Integrity) -> Result<(), WriteError> {
        let (key, none) = (Key::from(key), Properties::default());
        let payload = Payload::from(bytes());
        let put = Put { key: &key, payload, properties: &none, integrity, condition: Condition::Always };
        self.store.put(put).await.map(drop)
    }

    async fn get(&self, key: &str) -> Result<Vec<u8>, ReadError> {
        let key = Key::from(key);
        let got = self.store.get(At::key(&key), Get { range: None, checksum: true }).await?;
        Ok(got.body.bytes().await?.to_vec())
    }

    async fn there(&self, key: &str) -> bool {
        self.direct.head(At::key(&Key::from(key))).await.is_ok()
    }

    /// Sets one fault, runs, and makes sure that it acted.
    fn fault(&self, method: &'static str, target: &str, fault: Fault) {
        self.proxy.clear();
        self.proxy.rule(Rule::once(method, target, fault));
    }

    fn acted(&self) {
        assert!(self.proxy.take_seen().iter().any(|s| s.fault.is_some()), "the fault did not act");
    }
}

fn crc() -> Integrity {
    Integrity::Known(Checksum::of(Algorithm::Crc64Nvme, &bytes()).unwrap())
}

#[tokio::test]
async fn reads() {
    let Some(bench) = bench().await else { return };
    bench.put("object", crc()).await.unwrap();
    let faults = [
        (Fault::Truncate(1000), "broken"),
        (Fault::Shorten(10), "damaged"),
        (Fault::CorruptAnswer(100_000), "damaged"),
        (Fault::Reset, "broken"),
        (Fault::LoseAnswer, "broken"),
        (Fault::Stall(Duration::from_millis(1500)), "stalled"),
        (Fault::StallBody(Duration::from_millis(1500)), "stalled"),
        (Fault::Status(500, "<Error><Code>InternalError</Code></Error>".to_owned()), "server"),
        (Fault::Status(503, "<Error><Code>SlowDown</Code></Error>".to_owned()), "throttled"),
        (Fault::Status(429, String::new()), "throttled"),
        (Fault::Status(403, "<Error><Code>AccessDenied</Code></Error>".to_owned()), "denied"),
        (Fault::Status(200, "<html>hello".to_owned()), "damaged or short"),
    ];
    for (fault, expected) in faults {
        bench.fault("GET", "/faults/object", fault.clone());
        let result = bench.get("object").await;
        bench.acted();
        let named = match &result {
            Err(ReadError::Request(RequestError::Broken { .. })) => "broken",
            Err(ReadError::Request(RequestError::Stalled { .. })) => "stalled",
            Err(ReadError::Request(RequestError::Server { .. })) => "server",
            Err(ReadError::Request(RequestError::Throttled { .. })) => "throttled",
            Err(ReadError::Request(RequestError::Denied { .. })) => "denied",
            Err(ReadError::Damaged { .. }) => "damaged",
            // A web page instead of the object is taken for one only by who does not ask for its state: see below.
            Ok(page) if page == b"<html>hello" => "damaged or short",
            other => panic!("{fault:?}: {other:?}"),
        };
        assert_eq!(named, expected, "{fault:?}");
        if let Err(e) = result {
            assert_eq!(e.class().is_transient(), expected != "denied", "{fault:?}: {e}");
        }
        // The next one is whole again, over a new connection or an old one.
        assert_eq!(bench.get("object").await.unwrap(), bytes());
    }
    // Pinned to its state, another page or a lying etag is refused.
    let key = Key::from("object");
    let entry = bench.direct.head(At::key(&key)).await.unwrap();
    bench.fault("GET", "/faults/object", Fault::LieEtag("\"0123\"".to_owned()));
    let lied = bench.store.get(At::entry(&entry), Get::default()).await;
    assert!(matches!(lied, Err(ReadError::Changed { .. })), "{lied:?}");
}

#[tokio::test]
async fn writes() {
    let Some(bench) = bench().await else { return };
    // Damaged on the way: the server compares the checksum and keeps nothing.
    bench.fault("PUT", "/faults/damaged", Fault::CorruptRequest(77_777));
    let damaged = bench.put("damaged", crc()).await;
    assert!(matches!(damaged, Err(WriteError::Damaged { .. })), "{damaged:?}");
    bench.acted();
    assert!(!bench.there("damaged").await);
    // With the checksum behind the body too.
    bench.fault("PUT", "/faults/trailed", Fault::CorruptRequest(77_777));
    let trailed = bench.put("trailed", Integrity::Trailing(Algorithm::Crc64Nvme)).await;
    assert!(trailed.is_err(), "{trailed:?}");
    bench.acted();
    assert!(!bench.there("trailed").await);
    // Nobody knows whether it was done: it was, and doing it again is fine.
    bench.fault("PUT", "/faults/lost", Fault::LoseAnswer);
    let lost = bench.put("lost", crc()).await;
    assert!(matches!(lost, Err(WriteError::Request(RequestError::Broken { .. }))), "{lost:?}");
    assert!(bench.there("lost").await);
    bench.put("lost", crc()).await.unwrap();
    // Retried as the caller's policy says, until it is there.
    bench.proxy.clear();
    let busy = Fault::StatusWith(503, vec![("Retry-After".to_owned(), "0".to_owned())], String::new());
    bench.proxy.rule(Rule { times: 3, ..Rule::once("PUT", "/faults/busy", busy) });
    let policy = RetryPolicy { base: Duration::from_millis(1), ..RetryPolicy::default() };
    let retry = Retry::new(policy, Seeded(7));
    retry.run(|_| bench.put("busy", crc())).await.unwrap();
    assert_eq!((retry.retries(), retry.throttled()), (3, 3));
    assert_eq!(bench.get("busy").await.unwrap(), bytes());
}

/// A body that is read from one store and sent to another: damage at the source leaves nothing at the target.
#[tokio::test]
async fn damage_at_the_source_is_not_copied() {
    let Some(bench) = bench().await else { return };
    bench.put("source", crc()).await.unwrap();
    let (from, none) = (Key::from("source"), Properties::default());
    for (n, fault) in
        [Fault::CorruptAnswer(199_999), Fault::Shorten(1), Fault::Truncate(150_000)].into_iter().enumerate()
    {
        bench.fault("GET", "/faults/source", fault.clone());
        let got = bench.store.get(At::key(&from), Get { range: None, checksum: true }).await.unwrap();
        let name = format!("copy-{n}");
        let key = Key::from(name.as_str());
        let payload = Payload::from_body(got.body);
        let put =
            Put { key: &key, payload, properties: &none, integrity: Integrity::Nothing, condition: Condition::Always };
        let copied = bench.direct.put(put).await;
        bench.acted();
        match fault {
            // The announced length fits what came: only the sender knew better, and the checksum tells.
            Fault::Shorten(_) | Fault::CorruptAnswer(_) | Fault::Truncate(_) => {
                assert!(matches!(copied, Err(WriteError::Source { .. })), "{fault:?}: {copied:?}");
            }
            _ => unreachable!(),
        }
        assert!(!bench.there(&name).await, "{fault:?} left an object");
    }
}

#[tokio::test]
async fn listings() {
    let Some(bench) = bench().await else { return };
    for n in 0..9 {
        bench.put(&format!("list/{n}"), Integrity::Nothing).await.unwrap();
    }
    let ask = || List { prefix: Key::from("list/"), page: Some(3), ..List::default() };
    // A page that comes twice, or goes back, would lose keys or never end.
    bench.proxy.clear();
    bench.proxy.rule(Rule { skip: 1, ..Rule::once("GET", "list-type=2", Fault::RepeatPage) });
    let twice = conformance::all(&bench.store, ask()).await;
    assert!(matches!(twice, Err(ListError::OutOfOrder { .. })), "{twice:?}");
    bench.fault("GET", "list-type=2", Fault::Replace("list/1".to_owned(), "list/4".to_owned()));
    let swapped = conformance::all(&bench.store, ask()).await;
    assert!(matches!(swapped, Err(ListError::OutOfOrder { .. })), "{swapped:?}");
    for fault in [Fault::Truncate(300), Fault::Shorten(40), Fault::Status(200, "<html/>".to_owned()), Fault::Reset] {
        bench.fault("GET", "list-type=2", fault.clone());
        let broken = conformance::all(&bench.store, ask()).await;
        let error = broken.unwrap_err();
        assert!(error.class().is_transient(), "{fault:?}: {error}");
    }
    bench.proxy.clear();
    assert_eq!(conformance::all(&bench.store, ask()).await.unwrap().len(), 9);
}

#[tokio::test]
async fn uploads() {
    let Some(bench) = bench().await else { return };
    let (key, none) = (Key::from("upload"), Properties::default());
    let algorithm = Algorithm::Crc64Nvme;
    let begin = Begin { key: &key, properties: &none, algorithm: Some(algorithm) };
    let upload = bench.store.begin(begin).await.unwrap();
    let (one, two) = (vec![1; 5 << 20], b"end".to_vec());
    let part = |number, bytes: &Vec<u8>| Part {
        key: &key,
        upload: &upload,
        number,
        offset: if number == 1 { 0 } else { 5 << 20 },
        payload: Payload::from(bytes.clone()),
        integrity: Integrity::Known(Checksum::of(algorithm, bytes).unwrap()),
    };
    bench.fault("PUT", "partNumber=1", Fault::CorruptRequest(4_000_000));
    let damaged = bench.store.put_part(part(1, &one)).await;
    assert!(matches!(damaged, Err(WriteError::Damaged { .. })), "{damaged:?}");
    bench.acted();
    bench.fault("PUT", "partNumber=1", Fault::LoseAnswer);
    assert!(bench.store.put_part(part(1, &one)).await.is_err());
    let parts =
        [bench.store.put_part(part(1, &one)).await.unwrap(), bench.store.put_part(part(2, &two)).await.unwrap()];
    let whole = [one.as_slice(), &two].concat();
    let sum = Checksum::of(algorithm, &whole);
    let complete = |checksum| Complete {
        key: &key,
        upload: &upload,
        parts: &parts,
        properties: &none,
        checksum,
        condition: Condition::Always,
    };
    // A failure that comes with status 200.
    let text = "<?xml version=\"1.0\"?><Error><Code>InternalError</Code><Message>try again</Message></Error>";
    bench.fault("POST", "uploadId", Fault::Status(200, text.to_owned()));
    let failed = bench.store.complete(complete(sum)).await.unwrap_err();
    assert!(matches!(failed, WriteError::Request(RequestError::Server { .. })), "{failed:?}");
    assert_eq!(failed.class(), Class::Retryable { after: None });
    let wrong = bench.store.complete(complete(Checksum::of(algorithm, b"other"))).await;
    assert!(matches!(wrong, Err(WriteError::Damaged { .. })), "{wrong:?}");
    bench.store.complete(complete(sum)).await.unwrap();
    assert_eq!(bench.get("upload").await.unwrap(), whole);
}

/// Everything that went over the wire, byte for byte as it was built.
#[tokio::test]
async fn nothing_normalises_a_path() {
    let proxy = FaultProxy::to("http://127.0.0.1:9").unwrap();
    proxy.rule(Rule { times: 1000, method: None, ..Rule::once("GET", "", Fault::Status(404, String::new())) });
    let store = hasty(&proxy.url, "bucket");
    for (key, target) in [
        ("a/../b", "/bucket/a/../b"),
        ("./x", "/bucket/./x"),
        ("..", "/bucket/.."),
        ("//a//", "/bucket///a//"),
        ("a%2Fb", "/bucket/a%252Fb"),
        ("a b+c?d#e", "/bucket/a%20b%2Bc%3Fd%23e"),
        ("tab\tnul\0", "/bucket/tab%09nul%00"),
        ("\u{e9}", "/bucket/%C3%A9"),
    ] {
        let key = Key::from(key);
        assert!(store.head(At::key(&key)).await.is_err());
        let seen = proxy.take_seen();
        assert_eq!(seen.iter().map(|s| s.target.as_str()).collect::<Vec<_>>(), [target]);
    }
}
