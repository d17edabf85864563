//! Moves between real servers, judged by other people's tools: the providers' SDKs compare listings, bytes, headers, metadata,
//! tags and versions; rclone reads both sides again. `FLAGSTATE_MOVE_FULL=1` takes the full sizes.

use std::{path::PathBuf, process::Command};

use flagstate_testbed::{ACCESS_KEY, AZURE_ACCOUNT, AZURE_KEY, SECRET_KEY, Server, tools};

use super::{
    Bench, sample,
    servers::{ready, s3},
    text,
};

fn full() -> bool {
    std::env::var_os("FLAGSTATE_MOVE_FULL").is_some()
}

/// One number every day, another in the soak.
fn size(small: u64, large: u64) -> String {
    if full() { large } else { small }.to_string()
}

/// Runs the judge; what it says.
pub(super) fn judge(args: &[&str]) -> String {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moving/judge.py");
    let mut command = Command::new(tools().join("objects/bin/python"));
    command.arg(script).args(args);
    command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{args:?}\n{}", text(&output.stderr));
    text(&output.stdout)
}

/// A side as rclone names it.
pub(super) enum Side<'a> {
    Azure(&'a str, &'a str),
    S3(&'a str, &'a str),
    File(PathBuf),
}

/// Both sides read again, byte for byte, by rclone.
pub(super) fn rclone(from: &Side<'_>, to: &Side<'_>) {
    let program = tools().join("objects/bin/rclone");
    if !program.exists() {
        assert!(std::env::var("CI").is_err(), "rclone is needed: cargo xtask test installs it");
        return;
    }
    let mut command = Command::new(program);
    let mut places = Vec::new();
    for (name, side) in [("FROM", from), ("TO", to)] {
        let mut set = |key: &str, value: &str| {
            command.env(format!("RCLONE_CONFIG_{name}_{key}"), value);
        };
        let path = match side {
            Side::Azure(url, container) => {
                set("TYPE", "azureblob");
                set("ACCOUNT", AZURE_ACCOUNT);
                set("KEY", AZURE_KEY);
                set("ENDPOINT", &format!("{url}/{AZURE_ACCOUNT}"));
                format!("{name}:{container}")
            }
            Side::S3(url, bucket) => {
                set("TYPE", "s3");
                set("PROVIDER", "Other");
                set("ACCESS_KEY_ID", ACCESS_KEY);
                set("SECRET_ACCESS_KEY", SECRET_KEY);
                set("ENDPOINT", url);
                set("REGION", "us-east-1");
                format!("{name}:{bucket}")
            }
            Side::File(path) => path.display().to_string(),
        };
        places.push(path);
    }
    command.args(["check", "--download", "--checkers", "8", "--exclude", ".flagstate/**"]).args(&places);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{places:?}\n{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("0 differences found"), "{}", text(&output.stderr));
}

/// The certificate holds for our verifier and for the one in plain Python, without any network.
pub(super) fn certificate(b: &Bench) {
    b.ends(0, &["move", "verify-certificate", "m/certificate.json"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../interop/verify_certificate.py");
    let mut command = Command::new("unshare");
    command.args(["-rn", "python3", script, "m/certificate.json"]).current_dir(&b.dir);
    let mut output = command.output();
    if output.as_ref().map_or(true, |o| text(&o.stderr).contains("unshare")) {
        output = Command::new("python3").args([script, "m/certificate.json"]).current_dir(&b.dir).output();
    }
    let output = output.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}{}", text(&output.stdout), text(&output.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn azure_with_snapshots_to_s3() {
    let (Some(azurite), Some(weed)) = (Server::azurite(), Server::seaweedfs()) else { return };
    judge(&["fill-azure", &azurite.url, "source", &size(60, 2000)]);
    let (current, all) = (s3(&weed.url, "current"), s3(&weed.url, "all"));
    ready(&current).await;
    ready(&all).await;
    let b = Bench::new("independent-azure");
    let from = format!("az://{AZURE_ACCOUNT}/source?endpoint={}/{AZURE_ACCOUNT}", azurite.url);
    let to = format!("s3://current?endpoint={}&region=us-east-1", weed.url);
    // Snapshots are not dropped in silence: nothing moves before somebody accepts that by name.
    let args = ["move", "run", "--from", &from, "--to", &to, "--state", "m"];
    let said = b.ends(1, &args);
    assert!(said.contains("loss `snapshots` (to accept): ") && said.contains("--accept NAME"), "{said}");
    assert!(judge_count(&weed.url, "current").is_empty(), "a refused plan moves nothing");
    let done = b.event("certificate", &[&args[..], &["--accept", "snapshots"]].concat());
    let snapshots: u64 = size(6, 200).parse().unwrap();
    assert_eq!(done["losses"][0]["name"], "snapshots", "{done}");
    assert_eq!(done["losses"][0]["records"].as_u64(), Some(snapshots), "{done}");
    let (azure, bucket) = (format!("azure|{}|source", azurite.url), |name: &str| format!("s3|{}|{name}", weed.url));
    judge(&["same", &azure, &bucket("current"), "1", "0"]);
    rclone(&Side::Azure(&azurite.url, "source"), &Side::S3(&weed.url, "current"));
    certificate(&b);

    // With versions the snapshots move too, oldest first.
    all.enable_versioning().await.unwrap();
    let b = Bench::new("independent-azure-all");
    let to = format!("s3://all?endpoint={}&region=us-east-1", weed.url);
    let done = b.event("certificate", &["move", "run", "--from", &from, "--to", &to, "--state", "m", "--versions"]);
    assert_eq!(done["losses"], serde_json::json!([]), "{done}");
    judge(&["same", &azure, &bucket("all"), "1", "1"]);
    certificate(&b);
}

/// Names in a bucket, by the SDK.
fn judge_count(url: &str, bucket: &str) -> Vec<String> {
    let script = format!(
        "import boto3\nc=boto3.client('s3',endpoint_url='{url}',region_name='us-east-1')\nfor p in c.get_paginator('list_objects_v2').paginate(Bucket='{bucket}'):\n  for e in p.get('Contents',[]): print(e['Key'])"
    );
    let mut command = Command::new(tools().join("objects/bin/python"));
    command.args(["-c", &script]);
    command.env("AWS_ACCESS_KEY_ID", ACCESS_KEY).env("AWS_SECRET_ACCESS_KEY", SECRET_KEY);
    text(&command.output().unwrap().stdout).lines().map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn s3_to_s3_with_everything() {
    let Some(weed) = Server::seaweedfs() else { return };
    for bucket in ["source", "target"] {
        ready(&s3(&weed.url, bucket)).await;
    }
    let large = size(40, 5 << 10);
    judge(&["fill-s3", &weed.url, "source", &size(200, 20_000), &size(2, 200), &large, "0"]);
    let b = Bench::new("independent-s3");
    let (from, to) = (format!("s3://source?endpoint={}", weed.url), format!("s3://target?endpoint={}", weed.url));
    let done = b.event("certificate", &["move", "run", "--from", &from, "--to", &to, "--state", "m"]);
    assert_eq!(done["gaps"], serde_json::json!({}));
    // rclone reads every byte; the SDK reads headers, metadata and tags, in the soak of every 20th.
    rclone(&Side::S3(&weed.url, "source"), &Side::S3(&weed.url, "target"));
    let place = |bucket: &str| format!("s3|{}|{bucket}", weed.url);
    judge(&["same", &place("source"), &place("target"), &size(1, 20), "0"]);
    certificate(&b);
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_to_versions() {
    let Some(weed) = Server::seaweedfs() else { return };
    let (source, target) = (s3(&weed.url, "source"), s3(&weed.url, "target"));
    ready(&source).await;
    ready(&target).await;
    target.enable_versioning().await.unwrap();
    judge(&["fill-s3", &weed.url, "source", &size(64, 1000), "0", "0", "1"]);
    let b = Bench::new("independent-versions");
    let (from, to) = (format!("s3://source?endpoint={}", weed.url), format!("s3://target?endpoint={}", weed.url));
    // Without being asked for, versions stay behind only by name.
    let said = b.ends(1, &["move", "run", "--from", &from, "--to", &to, "--state", "n"]);
    assert!(said.contains("loss `versions` (to accept)") && said.contains("loss `delete-markers`"), "{said}");
    b.event("certificate", &["move", "run", "--from", &from, "--to", &to, "--state", "m", "--versions"]);
    let place = |bucket: &str| format!("s3|{}|{bucket}", weed.url);
    judge(&["same", &place("source"), &place("target"), "1", "1"]);
    certificate(&b);
}

#[tokio::test(flavor = "multi_thread")]
async fn folders_to_s3() {
    let (Some(weed), Some(small)) = (Server::seaweedfs(), Server::s3s_fs(&["target"])) else { return };
    ready(&s3(&weed.url, "target")).await;
    ready(&s3(&small.url, "target")).await;
    let b = Bench::new("independent-folders");
    sample(&b, "from", if full() { 5000 } else { 120 });
    let from = b.place("from");
    for (name, url) in [("m", &weed.url), ("s", &small.url)] {
        let to = format!("s3://target?endpoint={url}");
        let done = b.event("certificate", &["move", "run", "--from", &from, "--to", &to, "--state", name]);
        assert_eq!(done["gaps"], serde_json::json!({}));
        rclone(&Side::File(b.path("from")), &Side::S3(url, "target"));
        let files = format!("file|{}", b.path("from").display());
        judge(&["same", &files, &format!("s3|{url}|target"), "1", "0"]);
    }
    certificate(&b);
}
