//! A log from its first entry to its last: streams, exit codes, keys, time stamps, erasure, damage.

use std::{fs, sync::Mutex, thread};

use flagstate_evidence::{
    commitment::Opening,
    predicates::upkeep::KeyRotation,
    side_store::SideStore,
    statement::{Statement, Subject},
};
use flagstate_interop::tsa::{Authority, STAMPING};
use flagstate_net::{Response, Server, Stop};

use super::{Bench, copy, files};

#[test]
fn entries_go_in_and_proofs_come_out() {
    let b = Bench::new("life");
    let vkey = b.init("L", "log.example/life");
    assert!(
        b.fails(3, &["log", "init", "--log", "L", "--origin", "log.example/other"]).contains("already has the log")
    );
    b.ok(&["log", "verify", "--log", "L", "--vkey", &vkey]);
    b.write("a", [0, 1, 2, 255]);
    b.write("b", "");
    assert_eq!(b.ok(&["log", "append", "--log", "L", "a", "b"]), "0\n1\n");
    b.write("lines", "one\n\nthree");
    assert_eq!(b.ok(&["log", "append", "--log", "L", "--lines", "lines"]), "2\n3\n4\n");
    let found = b.json(&["log", "append", "--log", "L", "a", "--format", "json"]);
    assert_eq!((&found["first"], &found["count"], &found["size"]), (&5.into(), &1.into(), &6.into()));
    let note = b.ok(&["log", "checkpoint", "--log", "L"]);
    assert!(note.starts_with("log.example/life\n6\n"), "{note}");
    assert_eq!(note.as_bytes(), fs::read(b.path("L/checkpoint")).unwrap());
    let proof = b.ok(&["log", "prove", "--log", "L", "--index", "0"]);
    b.write("p", &proof);
    b.ok(&["log", "verify", "p", "--entry", "a", "--vkey", &vkey]);
    b.fails(1, &["log", "verify", "p", "--entry", "b", "--vkey", &vkey]);
    b.fails(2, &["log", "verify", "p", "--entry", "a"]);
    let other = b.init("M", "log.example/other");
    b.fails(1, &["log", "verify", "p", "--entry", "a", "--vkey", &other]);
    b.fails(1, &["log", "verify", "--log", "L", "--vkey", &other]);
    // A wrong path appends nothing; a line that is too long names itself, and what came before it stays.
    b.fails(3, &["log", "append", "--log", "L", "a", "absent"]);
    b.write("long", format!("short\n{}\n", "x".repeat(65_536)));
    assert!(b.fails(3, &["log", "append", "--log", "L", "--lines", "long"]).contains("long, line 2"));
    assert!(b.ok(&["log", "checkpoint", "--log", "L"]).starts_with("log.example/life\n7\n"));
    b.write("most", "y".repeat(65_535));
    assert_eq!(b.ok(&["log", "append", "--log", "L", "most"]), "7\n");
    b.ok(&["log", "fsck", "--log", "L", "--vkey", &vkey]);
    b.fails(2, &["log", "append", "--log", "L"]);
    b.fails(3, &["log", "verify", "--log", "nowhere", "--vkey", &vkey]);
}

/// Pipelines run side by side: each waits for the others, and no entry is lost or doubled.
#[test]
fn writers_wait_for_each_other() {
    let b = Bench::new("parallel");
    let vkey = b.init("L", "log.example/parallel");
    b.write("a", "x");
    let mut indexes: Vec<u64> = thread::scope(|scope| {
        let one = || b.ok(&["log", "append", "--log", "L", "a"]).trim().parse().unwrap();
        let running: Vec<_> = (0..6).map(|_| scope.spawn(one)).collect();
        running.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    indexes.sort_unstable();
    assert_eq!(indexes, [0, 1, 2, 3, 4, 5]);
    b.ok(&["log", "verify", "--log", "L", "--vkey", &vkey]);
}

#[test]
fn the_key_is_sealed_and_the_folder_alone_cannot_sign() {
    let b = Bench::new("key");
    b.init("L", "log.example/key");
    let key = fs::read_to_string(b.path("L/.flagstate/key")).unwrap();
    assert!(key.contains("sealed") && !key.contains("PRIVATE"), "{key}");
    b.write("a", "x");
    // The folder without the second place: a thief's copy.
    fs::rename(b.path("state"), b.path("state.away")).unwrap();
    let said = b.fails(3, &["log", "append", "--log", "L", "a"]);
    assert!(said.contains("sealed") && said.contains("--passphrase-file"), "{said}");
    fs::rename(b.path("state.away"), b.path("state")).unwrap();
    b.ok(&["log", "append", "--log", "L", "a"]);
    // A passphrase of one's own, from a file or from the environment.
    b.write("pass", "open sesame\n");
    b.write("wrong", "open barley\n");
    b.ok(&["log", "init", "--log", "M", "--origin", "log.example/own", "--passphrase-file", "pass"]);
    b.ok(&["log", "append", "--log", "M", "--passphrase-file", "pass", "a"]);
    b.fails(3, &["log", "append", "--log", "M", "a"]);
    let said = b.fails(3, &["log", "append", "--log", "M", "--passphrase-file", "wrong", "a"]);
    assert!(said.contains("does not open") && !said.contains("barley"), "{said}");
    let mut command = b.command(&["log", "append", "--log", "M", "a"]);
    assert!(command.env("FLAGSTATE_LOG_PASSPHRASE", "open sesame").status().unwrap().success());
}

#[test]
fn a_key_can_live_in_a_token() {
    let b = Bench::new("token");
    let Some(mut tool) = flagstate_interop::system("softhsm2-util") else { return };
    let libraries = ["/usr/lib/softhsm/libsofthsm2.so", "/usr/local/lib/softhsm/libsofthsm2.so"];
    let Some(module) = libraries.iter().find(|path| std::path::Path::new(path).exists()) else {
        return flagstate_interop::missing("libsofthsm2.so").unwrap_or_default();
    };
    fs::create_dir_all(b.path("tokens")).unwrap();
    let conf = b.path("softhsm2.conf");
    fs::write(&conf, format!("directories.tokendir = {}\nlog.level = ERROR\n", b.path("tokens").display())).unwrap();
    let made =
        tool.env("SOFTHSM2_CONF", &conf).args(["--init-token", "--free", "--label", "my token", "--pin", "1234"]);
    assert!(made.args(["--so-pin", "5678"]).output().unwrap().status.success());
    b.write("pin", "1234\n");
    b.write("wrong", "4321\n");
    b.write("a", "x");
    let run = |code: i32, args: &[&str]| {
        let output = b.command(args).env("SOFTHSM2_CONF", &conf).output().unwrap();
        let said = format!("{}{}", super::text(&output.stdout), super::text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}: {said}");
        super::text(&output.stdout) + &super::text(&output.stderr)
    };
    let open = ["--pkcs11-module", module, "--passphrase-file", "pin"];
    let init = ["log", "init", "--log", "L", "--origin", "log.example/token", "--token", "my token"];
    let vkey = run(0, &[&init[..], &open].concat()).lines().next().unwrap().to_owned();
    let kept = fs::read_to_string(b.path("L/.flagstate/key")).unwrap();
    assert!(kept.contains("pkcs11:token=my%20token;object=log.example/token") && !kept.contains("1234"), "{kept}");
    run(0, &[&["log", "append", "--log", "L", "a"], &open[..]].concat());
    run(0, &["log", "verify", "--log", "L", "--vkey", &vkey]);
    run(0, &["log", "fsck", "--log", "L", "--vkey", &vkey]);
    if let Some(mut checker) = flagstate_interop::tlogcheck() {
        assert!(checker.current_dir(&b.dir).args(["-vkey", &vkey, "L"]).status().unwrap().success());
    }
    let append = ["log", "append", "--log", "L", "a", "--passphrase-file", "wrong", "--pkcs11-module", module];
    let said = run(3, &append);
    assert!(said.contains("PIN") && !said.contains("4321"), "{said}");
    let said = run(2, &["log", "append", "--log", "L", "a", "--passphrase-file", "pin"]);
    assert!(said.contains("--pkcs11-module"), "{said}");
    // The same key again for another log of the same name elsewhere; a token that is not there.
    let again = ["log", "init", "--log", "M", "--origin", "log.example/token", "--token", "my token"];
    let same = run(0, &[&again[..], &["--second", "elsewhere"], &open].concat());
    assert_eq!(same.lines().next(), Some(vkey.as_str()));
    let none = ["log", "init", "--log", "N", "--origin", "log.example/none", "--token", "absent"];
    assert!(run(3, &[&none[..], &open].concat()).contains("absent"));
}

#[test]
fn an_old_copy_is_refused() {
    let b = Bench::new("rollback");
    let vkey = b.init("L", "log.example/rollback");
    b.write("lines", "one\ntwo\nthree\n");
    b.ok(&["log", "append", "--log", "L", "--lines", "lines"]);
    copy(&b.path("L"), &b.path("old"));
    b.ok(&["log", "append", "--log", "L", "--lines", "lines"]);
    fs::copy(b.path("L/checkpoint"), b.path("newest")).unwrap();
    fs::remove_dir_all(b.path("L")).unwrap();
    copy(&b.path("old"), &b.path("L"));
    let said = b.fails(3, &["log", "append", "--log", "L", "--lines", "lines"]);
    assert!(said.contains("old"), "{said}");
    let said = b.fails(1, &["log", "verify", "--log", "L", "--vkey", &vkey, "--old", "newest"]);
    assert!(said.contains("rolled back"), "{said}");
}

/// OpenSSL as an authority behind HTTP.
struct Tsa {
    root: Vec<u8>,
    url: String,
    stop: Stop,
    thread: thread::JoinHandle<()>,
}

fn tsa(name: &str) -> Option<Tsa> {
    let authority = Authority::new(name)?;
    authority.issue("tsa", "ca", "EC:P-256", STAMPING);
    let root = authority.read("ca.pem");
    let server = Server::bind("127.0.0.1:0", 1 << 16).unwrap();
    let (url, stop) = (format!("http://{}/tsa", server.address()), Stop::new());
    let (stopper, authority) = (stop.clone(), Mutex::new(authority));
    let thread = thread::spawn(move || {
        let answer = move |request: flagstate_net::Request| Response {
            status: 200,
            content_type: "application/timestamp-reply",
            body: authority.lock().unwrap().answer("tsa", None, &request.body),
        };
        server.run(answer, &stopper).unwrap();
    });
    Some(Tsa { root, url, stop, thread })
}

#[test]
fn a_time_stamp_is_kept_recorded_and_checked_again() {
    let b = Bench::new("timestamp");
    let Some(Tsa { root, url, stop, thread }) = tsa("cli") else { return };
    b.write("ca.pem", root);
    let vkey = b.init("L", "log.example/time");
    b.write("a", "x");
    b.ok(&["log", "append", "--log", "L", "a"]);
    b.fails(2, &["log", "timestamp", "--log", "L", "--tsa", &url]);
    let found = b.json(&["log", "timestamp", "--log", "L", "--tsa", &url, "--tsa-roots", "ca.pem", "--format", "json"]);
    assert_eq!((&found["index"], &found["size"]), (&1.into(), &1.into()));
    stop.stop();
    thread.join().unwrap();
    // Later, offline, with and without the authority's root.
    let said = b.ok(&["log", "verify", "--log", "L", "--vkey", &vkey, "--tsa-roots", "ca.pem"]);
    assert!(said.contains("stamped size 1"), "{said}");
    let fsck = ["log", "fsck", "--log", "L", "--vkey", &vkey, "--tsa-roots", "ca.pem"];
    b.ok(&fsck);
    // One flipped bit in each file beside the log.
    let side = files(&b.path("L/.flagstate/side"));
    assert_eq!(side.len(), 2, "{side:?}");
    for path in side {
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 4;
        fs::write(&path, bad).unwrap();
        let said = b.fails(1, &fsck);
        assert!(said.contains(path.file_name().unwrap().to_str().unwrap()), "{said}");
        fs::remove_file(&path).unwrap();
        b.fails(1, &fsck);
        fs::write(&path, good).unwrap();
    }
    b.ok(&fsck);
    // The package carries the stamp.
    b.ok(&["log", "export", "--log", "L", "--output", "package", "--tsa-roots", "ca.pem"]);
    let said = b.ok(&["log", "verify", "package", "--vkey", &vkey, "--tsa-roots", "ca.pem"]);
    assert!(said.to_lowercase().contains("stamp"), "{said}");
    b.fails(3, &["log", "timestamp", "--log", "L", "--tsa", "http://tsa.invalid/", "--tsa-roots", "ca.pem"]);
}

#[test]
fn erasing_a_person_leaves_every_proof_valid() {
    let b = Bench::new("erase");
    let vkey = b.init("L", "log.example/people");
    // What another part of the program does when it records something about a person.
    let side = SideStore::new(b.path("L/.flagstate/side"));
    let opening = Opening::new([7; 32], "Jane Doe");
    let commitment = side.put("jane", &opening).unwrap();
    let statement = Statement::new(
        vec![Subject::of("x", b"x")],
        KeyRotation {
            role: "statements".to_owned(),
            old: None,
            new: Some(commitment.to_string()),
            effective_at: "2026-01-01T00:00:00Z".parse().unwrap(),
            reason: "planned".to_owned(),
        },
    );
    b.write("entry", statement.to_bytes().unwrap());
    // Unsigned here: only the commitment in it matters. An envelope is what is looked into.
    let envelope = serde_json::json!({
        "payload": base64(&fs::read(b.path("entry")).unwrap()),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [],
    });
    b.write("entry", envelope.to_string());
    b.ok(&["log", "append", "--log", "L", "entry"]);
    let fsck = ["log", "fsck", "--log", "L", "--vkey", &vkey];
    b.ok(&fsck);
    b.ok(&["log", "prove", "--log", "L", "--index", "0", "--output", "before"]);
    assert_eq!(files(&b.path("L/.flagstate/side")).len(), 1);
    // Lost without a record: noticed.
    let path = files(&b.path("L/.flagstate/side")).remove(0);
    let kept = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert!(b.fails(1, &fsck).contains(&commitment.to_string()));
    fs::write(&path, kept).unwrap();
    b.fails(3, &["log", "erase", "--log", "L", "--person", "nobody", "--basis", "GDPR Art. 17(1)(b)"]);
    let found = b
        .json(&["log", "erase", "--log", "L", "--person", "jane", "--basis", "GDPR Art. 17(1)(b)", "--format", "json"]);
    assert_eq!((&found["erased"], &found["index"]), (&1.into(), &1.into()));
    assert!(files(&b.path("L/.flagstate/side")).is_empty());
    b.ok(&fsck);
    b.ok(&["log", "prove", "--log", "L", "--index", "0", "--output", "after"]);
    for proof in ["before", "after"] {
        b.ok(&["log", "verify", proof, "--entry", "entry", "--vkey", &vkey]);
    }
    b.ok(&["log", "verify", "--log", "L", "--vkey", &vkey]);
}

fn base64(bytes: &[u8]) -> String {
    use base64ct::{Base64, Encoding as _};
    Base64::encode_string(bytes)
}
