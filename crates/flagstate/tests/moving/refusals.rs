//! What goes wrong, in the sentences that people read: who is at fault, what to do. The state stays intact: after the repair the same
//! command goes on. `UPDATE_GOLDEN=1` writes `refusals.txt` anew.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Output},
};

use flagstate_objects::Store as _;
use flagstate_testbed::{Fault, FaultProxy, READ_KEY, Rule, Server};

use super::{
    Bench,
    independent::judge,
    sample,
    servers::{content, ready, s3},
    text, tree,
};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moving/refusals.txt");

/// Everything that differs each time is replaced.
fn plain(b: &Bench, said: &str) -> String {
    let mut out = String::new();
    let said = said.replace(&b.dir.display().to_string(), "DIR");
    for word in said.split_inclusive(|c: char| c.is_whitespace() || "()[];,".contains(c)) {
        let core = word.trim_end_matches(|c: char| c.is_whitespace() || "()[];,".contains(c));
        let rest = &word[core.len()..];
        let probe = core.starts_with("`flagstate-probe-");
        let time = core.contains('T') && core.ends_with('Z') && core.starts_with("20");
        let id = core.len() >= 12 && core.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
        let id = id || core.strip_prefix("move-").is_some_and(|r| r.len() == 16);
        let new = match () {
            () if time => "TIME",
            () if probe => "`PROBE`",
            () if id => "ID",
            () => core,
        };
        out.push_str(new);
        out.push_str(rest);
    }
    out
}

struct Book {
    text: String,
}

impl Book {
    /// Keeps the sentence of a command that must fail.
    fn says(&mut self, b: &Bench, case: &str, output: &Output) {
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{case}: {said}{}", text(&output.stdout));
        let at = said.find("error: ").unwrap_or_else(|| panic!("{case}: no error in {said}"));
        let said = plain(b, &said[at..]);
        assert_eq!(said.lines().filter(|l| l.starts_with("error: ")).count(), 1, "{case}: {said}");
        assert!(said.contains("help: "), "{case}: {said}");
        writeln!(self.text, "# {case}\n{}\n", said.trim_end()).unwrap();
    }

    fn compare(&self, part: &str) {
        let path = GOLDEN.replace("refusals.txt", &format!("refusals-{part}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &self.text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap_or_default(), self.text, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_s3_server() {
    let Some(weed) = Server::seaweedfs() else { return };
    let there = s3(&weed.url, "there");
    ready(&there).await;
    let b = Bench::new("refusals-s3");
    sample(&b, "from", 200);
    let from = b.place("from");
    let mut book = Book { text: String::new() };
    let to = |bucket: &str| format!("s3://{bucket}?endpoint={}", weed.url);
    let run = |state: &str, to: &str, set: &[(&str, &str)]| {
        let mut command = b.command(&["move", "run", "--from", &from, "--to", to, "--state", state]);
        for (name, value) in set {
            command.env(name, value);
        }
        command.output().unwrap()
    };
    book.says(&b, "no bucket", &run("a", &to("not-there"), &[]));
    book.says(&b, "a wrong secret", &run("b", &to("there"), &[("AWS_SECRET_ACCESS_KEY", "wrong")]));
    book.says(&b, "an unknown key", &run("c", &to("there"), &[("AWS_ACCESS_KEY_ID", "nobody")]));
    book.says(&b, "a key that may only read", &run("d", &to("there"), &[("AWS_ACCESS_KEY_ID", READ_KEY)]));
    let none = [("AWS_ACCESS_KEY_ID", ""), ("AWS_SECRET_ACCESS_KEY", ""), ("AWS_EC2_METADATA_DISABLED", "true")];
    let home = b.dir.display().to_string();
    book.says(&b, "no credentials", &run("e", &to("there"), &[&none[..], &[("HOME", &home)]].concat()));
    // In the middle of a move.
    let proxy = FaultProxy::to(&weed.url).unwrap();
    let through = format!("s3://there?endpoint={}", proxy.url);
    b.ends(0, &["move", "plan", "--from", &from, "--to", &through, "--state", "f"]);
    let answer = |code: &str| format!("<Error><Code>{code}</Code><Message>by the test</Message></Error>");
    let date = vec![("Date".to_owned(), "Sun, 22 Nov 2020 06:00:00 GMT".to_owned())];
    for (case, fault) in [
        ("credentials revoked on the way", Fault::Status(403, answer("InvalidAccessKeyId"))),
        ("a session that expired on the way", Fault::Status(400, answer("ExpiredToken"))),
        ("the clock is wrong", Fault::StatusWith(403, date, answer("RequestTimeTooSkewed"))),
        ("the bucket went away on the way", Fault::Status(404, answer("NoSuchBucket"))),
        ("no space at the server", Fault::Status(507, answer("XMinioStorageFull"))),
    ] {
        proxy.clear();
        proxy.rule(Rule { method: None, target: "/there".to_owned(), skip: 6, times: u32::MAX, fault });
        book.says(&b, case, &b.run(&["move", "copy", "--state", "f"]));
    }
    proxy.clear();
    b.ends(0, &["move", "run", "--state", "f"]);
    assert_eq!(content(&there).await.len(), tree(&b.path("from")).len());
    // After the repair.
    s3(&weed.url, "not-there").create_container().await.unwrap();
    b.ends(0, &["move", "run", "--state", "a"]);
    assert_eq!(content(&s3(&weed.url, "not-there")).await.len(), tree(&b.path("from")).len());
    book.compare("s3");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_azure() {
    let (Some(azurite), Some(weed)) = (Server::azurite(), Server::seaweedfs()) else { return };
    judge(&["fill-azure", &azurite.url, "source", "12"]);
    let target = s3(&weed.url, "target");
    ready(&target).await;
    let b = Bench::new("refusals-azure");
    let place = |name: &str| format!("az://devstoreaccount1/{name}?endpoint={}/devstoreaccount1", azurite.url);
    let to = format!("s3://target?endpoint={}", weed.url);
    let run = |state: &str, from: &str, sas: Option<&str>, key: Option<&str>| {
        let args = ["move", "run", "--from", from, "--to", &to, "--state", state, "--accept", "snapshots"];
        let mut command = b.command(&args);
        if let Some(sas) = sas {
            command.env_remove("AZURE_STORAGE_KEY").env("AZURE_STORAGE_SAS_TOKEN", sas.trim());
        }
        if let Some(key) = key {
            command.env("AZURE_STORAGE_KEY", key);
        }
        command.output().unwrap()
    };
    let mut book = Book { text: String::new() };
    book.says(&b, "no container", &run("a", &place("nowhere"), None, None));
    book.says(&b, "an expired SAS", &run("b", &place("source"), Some(&judge(&["sas", "2020-01-01T00:00:00Z"])), None));
    book.says(&b, "a wrong account key", &run("c", &place("source"), None, Some("aHVzaC1odXNoLWh1c2g=")));
    let renewed = run("b", &place("source"), Some(&judge(&["sas", "2035-01-01T00:00:00Z"])), None);
    assert_eq!(renewed.status.code(), Some(0), "{}", text(&renewed.stderr));
    assert_eq!(content(&target).await.len(), 12);
    book.compare("azure");
}

/// A small file system of its own; nothing where it cannot be mounted.
struct Mount(String);

impl Mount {
    fn new(path: &std::path::Path, options: &str) -> Option<Self> {
        fs::create_dir_all(path).unwrap();
        let path = path.display().to_string();
        let done = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs", &path]).output();
        done.is_ok_and(|m| m.status.success()).then_some(Self(path))
    }

    fn again(&self, options: &str) {
        let options = format!("remount,{options}");
        assert!(Command::new("mount").args(["-o", &options, &self.0]).status().unwrap().success());
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["-l", &self.0]).output();
    }
}

#[test]
fn of_file_systems() {
    let b = Bench::new("refusals-files");
    sample(&b, "from", 30);
    let mut book = Book { text: String::new() };
    let (from, to) = (b.place("from"), b.place("to"));
    let run = |state: &str| b.run(&["move", "run", "--from", &from, "--to", &to, "--state", state]);
    book.says(&b, "no folder", &run("a"));
    let Some(mount) = Mount::new(&b.path("to"), "size=300m") else { return };
    mount.again("ro");
    book.says(&b, "a read-only file system", &run("a"));
    mount.again("rw,size=20m");
    book.says(&b, "a full disk", &run("a"));
    mount.again("rw,size=300m");
    let done = run("a");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(tree(&b.path("to")) == tree(&b.path("from")));
    // The folder of the move itself has no room.
    let Some(state) = Mount::new(&b.path("s"), "size=40k") else { return };
    book.says(&b, "no room for the state", &run("s"));
    state.again("size=50m");
    let done = run("s");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    book.compare("files");
}
