//! Many containers in one move: one plan, one certificate, and each container where it belongs; access lists of objects.

use std::process::Command;

use flagstate_objects::{At, Key, Properties, Store as _};
use flagstate_testbed::{ACCESS_KEY, AZURE_ACCOUNT, SECRET_KEY, Server, tools};

use super::{
    Bench,
    independent::{Side, certificate, judge, rclone},
    servers::{content, put, ready, s3},
    text,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_account_moves_as_one() {
    let (Some(azurite), Some(weed)) = (Server::azurite(), Server::seaweedfs()) else { return };
    for (container, count) in [("logs", "30"), ("media-eu", "21"), ("media", "12")] {
        judge(&["fill-azure", &azurite.url, container, count]);
    }
    ready(&s3(&weed.url, "new-logs")).await;
    ready(&s3(&weed.url, "new-media")).await;
    let b = Bench::new("containers-account");
    let from = format!("az://{AZURE_ACCOUNT}/*?endpoint={}/{AZURE_ACCOUNT}", azurite.url);
    let to = format!("s3://new-{{container}}?endpoint={}", weed.url);
    let run = ["move", "run", "--from", &from, "--to", &to, "--state", "m", "--accept", "snapshots"];
    // A container that is not there is named before anything is sent.
    let said = b.ends(3, &run);
    assert!(said.contains("s3://new-media-eu") && !said.contains("s3://new-logs"), "{said}");
    ready(&s3(&weed.url, "new-media-eu")).await;
    let done = b.event("certificate", &run);
    assert_eq!(done["move"]["containers"], serde_json::json!(["logs", "media", "media-eu"]), "{done}");
    assert_eq!((done["objects"].as_u64(), &done["gaps"]), (Some(63), &serde_json::json!({})), "{done}");
    for container in ["logs", "media", "media-eu"] {
        let new = format!("new-{container}");
        judge(&["same", &format!("azure|{}|{container}", azurite.url), &format!("s3|{}|{new}", weed.url), "1", "0"]);
        rclone(&Side::Azure(&azurite.url, container), &Side::S3(&weed.url, &new));
    }
    certificate(&b);
    // One object's proof, and one's that never was.
    for (key, exists) in [("media-eu/dir 0/naïve+00000.csv", true), ("media/dir 0/naïve+00029.csv", false)] {
        let proof = b.run(&["move", "certificate", "--state", "m", "--prove", key]).stdout;
        std::fs::write(b.path("proof.json"), &proof).unwrap();
        let said = b.ends(0, &["move", "verify-certificate", "m/certificate.json", "--proof", "proof.json"]);
        assert_eq!(said.contains("there was no such key"), !exists, "{said}");
    }
    // What came later is no part of it, and that is said.
    judge(&["fill-azure", &azurite.url, "late", "3"]);
    let said = b.ends(0, &["move", "cutover", "--state", "m"]);
    assert!(said.contains("not part of this move, since they came after it began: late"), "{said}");
    // The same containers as folders of one.
    ready(&s3(&weed.url, "all")).await;
    let b = Bench::new("containers-folders");
    let from = format!("az://{AZURE_ACCOUNT}/logs,media?endpoint={}/{AZURE_ACCOUNT}", azurite.url);
    let to = format!("s3://all/old/?endpoint={}", weed.url);
    let said = b.ends(1, &["move", "run", "--from", &from, "--to", &to, "--state", "m"]);
    assert!(said.contains("loss `snapshots` (to accept): 5 records"), "{said}");
    b.ends(0, &["move", "run", "--state", "m", "--accept", "snapshots"]);
    rclone(&Side::Azure(&azurite.url, "logs"), &Side::S3(&weed.url, "all/old/logs"));
    rclone(&Side::Azure(&azurite.url, "media"), &Side::S3(&weed.url, "all/old/media"));
    certificate(&b);
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_with_versions_change_and_are_moved_again() {
    let Some(weed) = Server::seaweedfs() else { return };
    let names = ["a", "a-b", "c"];
    for name in names {
        ready(&s3(&weed.url, &format!("from-{name}"))).await;
        ready(&s3(&weed.url, &format!("to-from-{name}"))).await;
        for n in 0..130 {
            let key = Key::from(format!("{n:03}/{name}/x").as_str());
            assert!(put(&s3(&weed.url, &format!("from-{name}")), &key, &[n; 50], &Properties::default()).await);
        }
    }
    let b = Bench::new("containers-buckets");
    let from = format!("s3://from-*?endpoint={}", weed.url);
    let to = format!("s3://to-{{container}}?endpoint={}", weed.url);
    b.event("certificate", &["move", "run", "--from", &from, "--to", &to, "--state", "m"]);
    let (one, other) = (s3(&weed.url, "from-a-b"), s3(&weed.url, "from-c"));
    assert!(put(&one, &Key::from("005/a-b/x"), b"changed", &Properties::default()).await);
    assert!(put(&other, &Key::from("zzz"), b"new", &Properties::default()).await);
    other.delete(At::key(&Key::from("009/c/x"))).await.unwrap();
    let said = b.ends(1, &["move", "cutover", "--state", "m"]);
    assert!(said.contains("from-a-b/005/a-b/x (changed)") && said.contains("from-c/zzz (new)"), "{said}");
    b.ends(0, &["move", "sync", "--state", "m", "--delete"]);
    for name in names {
        let (from, to) = (s3(&weed.url, &format!("from-{name}")), s3(&weed.url, &format!("to-from-{name}")));
        assert!(content(&from).await == content(&to).await, "{name}");
    }
    b.ends(0, &["move", "cutover", "--state", "m", "--final-delta", "1"]);
    b.ends(0, &["move", "certificate", "--state", "m"]);
    certificate(&b);
}

#[test]
fn what_cannot_be_meant_is_refused_at_the_beginning() {
    let b = Bench::new("containers-refused");
    let refused = |from: &str, to: &str, why: &str| {
        let said = b.ends(2, &["move", "plan", "--from", from, "--to", to, "--state", "m"]);
        assert!(said.contains(why), "{said}");
    };
    refused("s3://a,b?endpoint=http://127.0.0.1:1", "s3://c,d", "names several targets");
    refused("s3://a?endpoint=http://127.0.0.1:1", "s3://to-{container}", "name several there");
    refused("s3://a,b?endpoint=http://127.0.0.1:1", "s3://{container}/old/", "leave out the prefix");
    assert!(!b.path("m/move.json").exists(), "nothing began");
}

#[tokio::test(flavor = "multi_thread")]
async fn access_lists_of_objects_are_a_loss_with_a_name() {
    let Some(moto) = Server::moto() else { return };
    for bucket in ["source", "target"] {
        ready(&s3(&moto.url, bucket)).await;
    }
    let script = format!(
        "import boto3\nc=boto3.client('s3',endpoint_url='{}',region_name='us-east-1')\nc.put_object(Bucket='source',Key='private',Body=b'1')\nc.put_object(Bucket='source',Key='open',Body=b'2',ACL='public-read')",
        moto.url
    );
    let mut command = Command::new(tools().join("objects/bin/python"));
    command.args(["-c", &script]).env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let b = Bench::new("containers-acl");
    let (from, to) = (format!("s3://source?endpoint={}", moto.url), format!("s3://target?endpoint={}", moto.url));
    let run = ["move", "run", "--from", &from, "--to", &to, "--state", "m"];
    let said = b.ends(1, &run);
    assert!(said.contains("accept the loss `object-acl`") && said.contains("1 failed"), "{said}");
    let done = b.event("certificate", &["move", "run", "--state", "m", "--accept", "object-acl"]);
    let loss = &done["losses"][0];
    assert_eq!((&loss["name"], &loss["records"]), (&"object-acl".into(), &1.into()), "{done}");
    let told = loss["examples"][0].as_str().unwrap();
    assert!(told.starts_with("open: access list: READ: ") && told.contains("AllUsers"), "{told}");
}
