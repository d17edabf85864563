//! What the tests against real servers share.

use std::{fmt::Write as _, sync::Arc};

use flagstate_objects::{
    Azure, AzureConfig, Capabilities, Endpoint, Http, HttpOptions, Key, S3, S3Config, Store, SystemClock, conformance,
    credentials::{AwsSource, AzureSource},
    probe,
};
use flagstate_sigv4::{Credentials, SecretKey};
use flagstate_testbed::{ACCESS_KEY, AZURE_ACCOUNT, AZURE_KEY, SECRET_KEY};

/// A client without the environment's proxies.
pub(crate) fn http() -> Http {
    Http::new(&HttpOptions { proxy_from_environment: false, ..HttpOptions::default() }).unwrap()
}

pub(crate) fn aws() -> AwsSource {
    AwsSource::fixed(Credentials::new(ACCESS_KEY, SecretKey::new(SECRET_KEY)))
}

/// A bucket of a server on loopback.
pub(crate) fn s3(url: &str, bucket: &str) -> S3 {
    let config = S3Config::new(bucket, Endpoint::parse(url).unwrap(), "us-east-1");
    S3::new(config, http(), aws(), Arc::new(SystemClock))
}

/// A container of the emulator on loopback.
pub(crate) fn azure(url: &str, container: &str) -> Azure {
    let endpoint = Endpoint::parse(&format!("{url}/{AZURE_ACCOUNT}")).unwrap();
    let config = AzureConfig::new(AZURE_ACCOUNT, container, endpoint);
    Azure::new(config, http(), AzureSource::key(AZURE_KEY).unwrap(), Arc::new(SystemClock))
}

/// Waits until the server takes a bucket, as some answer long before.
pub(crate) async fn ready(store: &dyn Store) {
    for _ in 0..300 {
        if store.create_container().await.is_ok() && probe_write(store).await {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{} takes no bucket: {:?}", store.place(), store.create_container().await);
}

async fn probe_write(store: &dyn Store) -> bool {
    use flagstate_objects::{At, Condition, Integrity, Payload, Properties, Put};
    let key = Key::from("ready");
    let none = Properties::default();
    let put = Put {
        key: &key,
        payload: Payload::from(b"x".to_vec()),
        properties: &none,
        integrity: Integrity::Nothing,
        condition: Condition::Always,
    };
    store.put(put).await.is_ok() && store.delete(At::key(&key)).await.is_ok()
}

/// Probes, pins what was found in `golden/NAME.txt`, runs every check, and demands that all pass.
pub(crate) async fn conforms(store: Arc<dyn Store>, name: &str) -> Capabilities {
    let can = probe(&*store, &Key::from("flagstate-probe/")).await.unwrap();
    let left = conformance::all(&*store, flagstate_objects::List::default()).await.unwrap();
    assert!(left.is_empty(), "the probe left {left:?}");
    pinned(name, &summary(&can));
    let store = can.apply(store);
    let outcomes = conformance::run(&*store, &Key::from("conformance/"), &can).await;
    let failed: Vec<String> =
        outcomes.iter().filter_map(|o| Some(format!("{}: {}", o.name, o.problem.as_ref()?))).collect();
    assert!(failed.is_empty(), "{} of {} checks fail:\n{}", failed.len(), outcomes.len(), failed.join("\n"));
    can
}

/// Compares with the file; `UPDATE_GOLDEN=1` writes it anew.
fn pinned(name: &str, text: &str) {
    let path = format!("{}/tests/it/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "{path}; UPDATE_GOLDEN=1 writes it anew");
}

/// What a probe found, for people.
fn summary(can: &Capabilities) -> String {
    let json = serde_json::to_value(can).unwrap();
    let mut text = String::new();
    for (name, value) in json.as_object().unwrap() {
        match (name.as_str(), value) {
            // Every second time, on one server: see the field `replaces_parts`.
            ("place" | "container" | "keys" | "replaces_parts", _) => {}
            (_, value) => writeln!(text, "{name}: {value}").unwrap(),
        }
    }
    for key in can.keys.iter().filter(|k| k.problem.is_some()) {
        // Numbers of requests differ each time.
        let problem = key.problem.as_deref().unwrap_or_default();
        let problem = problem.split(" [request").next().unwrap_or_default();
        let problem = if problem.contains("answered") || problem.contains("refuses") {
            problem.split_once("status").map_or("refused".to_owned(), |(_, rest)| format!("refused: status{rest}"))
        } else {
            problem.split(": ").last().unwrap_or_default().to_owned()
        };
        writeln!(text, "key {:?}: {problem}", key.name).unwrap();
    }
    text
}
