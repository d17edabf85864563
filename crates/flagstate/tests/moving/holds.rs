//! Retention and legal holds, kept where somebody asks for it; judged by the provider's SDK.

use flagstate_objects::{At, Key, Properties, Store as _};
use flagstate_testbed::Server;

use super::{
    Bench,
    independent::{certificate, judge},
    servers::{put, ready, s3},
};

#[tokio::test(flavor = "multi_thread")]
async fn holds_arrive_or_the_object_is_named() {
    let Some(weed) = Server::seaweedfs() else { return };
    let open = s3(&weed.url, "open");
    ready(&open).await;
    for bucket in ["source", "target"] {
        judge(&["lockable", &weed.url, bucket]);
    }
    judge(&["fill-locked", &weed.url, "source"]);
    let expected = judge(&["holds", &weed.url, "source"]);
    assert!(
        expected.contains("COMPLIANCE") && expected.contains("GOVERNANCE") && expected.contains("ON"),
        "{expected}"
    );
    let place = |bucket: &str| format!("s3://{bucket}?endpoint={}&region=us-east-1", weed.url);
    let (from, open, target) = (place("source"), place("open"), place("target"));
    let b = Bench::new("holds");

    // Not asked for: a loss, by name. Asked for, and the target cannot: no move at all.
    let said = b.ends(1, &["move", "run", "--from", &from, "--to", &open, "--state", "lost"]);
    assert!(said.contains("accept the loss `holds`") && said.contains("--keep-holds"), "{said}");
    let said = b.ends(1, &["move", "run", "--from", &from, "--to", &open, "--state", "no", "--keep-holds"]);
    assert!(said.contains("the target's container locks no objects"), "{said}");
    assert_eq!(judge(&["holds", &weed.url, "open"]).lines().count(), 1, "only what may go without has gone");

    // Somebody put one of them there before, without its protection.
    let target_store = s3(&weed.url, "target");
    assert!(put(&target_store, &Key::from("soft"), b"", &Properties::default()).await);
    let args = ["move", "run", "--from", &from, "--to", &target, "--state", "m", "--keep-holds", "--part-mib", "8"];
    let said = b.ends(1, &args);
    assert!(said.contains("soft") && said.contains("without the retention or legal hold of its source"), "{said}");
    target_store.delete(At::key(&Key::from("soft"))).await.unwrap();

    let done = b.event("certificate", &args);
    assert_eq!(done["objects"], 5);
    assert_eq!(judge(&["holds", &weed.url, "target"]), expected);
    certificate(&b);

    // A container that protects everything for a year: `legal` has its hold and more, which is no failure.
    judge(&["lockable", &weed.url, "strict", "365"]);
    let strict = place("strict");
    let b = Bench::new("strict-holds");
    let args = ["move", "run", "--from", &from, "--to", &strict, "--state", "m", "--keep-holds", "--part-mib", "8"];
    assert_eq!(b.event("certificate", &args)["objects"], 5);
    let found = judge(&["holds", &weed.url, "strict"]);
    let of = |key: &str| found.lines().find(|l| l.contains(key)).unwrap_or_default().to_owned();
    assert!(of("legal").contains("ON") && of("legal").contains("COMPLIANCE"), "{found}");
}
