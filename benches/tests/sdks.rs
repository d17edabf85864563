//! The bench server as the providers' own SDKs see it.

use std::process::Command;

use flagstate_bench_server::Server;

#[test]
fn boto3_and_the_azure_sdk_find_nothing_odd() {
    let python = flagstate_testbed::tools().join("objects/bin/python");
    if !python.exists() {
        let ci = std::env::var("CI").is_ok_and(|v| v == "true" || v == "1");
        assert!(!ci, "the SDKs are not installed: run `cargo xtask test`, which installs them");
        eprintln!("skipped: the SDKs are not installed");
        return;
    }
    let server = Server::start().unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sdks.py");
    let run = Command::new(python).args([script, &server.s3_url(), &server.azure_url()]).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
}
