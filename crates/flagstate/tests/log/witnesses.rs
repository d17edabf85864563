//! Writers and witnesses as processes: cosigned checkpoints, a rolled-back writer, a fork.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
};

use super::{Bench, copy, files, text};

struct Witness {
    child: Child,
    url: String,
    keys: Vec<String>,
}

impl Witness {
    fn start(b: &Bench, dir: &str, vkey: &str) -> Self {
        let keys = b.ok(&["log", "witness", "init", "--dir", dir, "--name", &format!("witness.example/{dir}")]);
        b.ok(&["log", "witness", "add", "--dir", dir, "--vkey", vkey]);
        Self::serve(b, dir, keys.lines().map(str::to_owned).collect())
    }

    fn serve(b: &Bench, dir: &str, keys: Vec<String>) -> Self {
        let mut child = b
            .command(&["log", "witness", "serve", "--dir", dir, "--listen", "127.0.0.1:0", "--quiet"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut url = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut url).unwrap();
        Self { child, url: url.trim().to_owned(), keys }
    }
}

impl Drop for Witness {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn checkpoints_are_cosigned_and_a_rolled_back_writer_is_refused() {
    let b = Bench::new("witnesses");
    let vkey = b.init("L", "log.example/witnessed");
    let (one, two) = (Witness::start(&b, "one", &vkey), Witness::start(&b, "two", &vkey));
    let policy = format!(
        "log {vkey}\nwitness one {} {}\nwitness two {} {}\ngroup both all one two\nquorum both\n",
        one.keys[0], one.url, two.keys[1], two.url
    );
    b.write("policy", &policy);
    // Adopting a policy is itself an entry; from then on the log goes by it.
    let note = b.ok(&["log", "checkpoint", "--log", "L", "--policy", "policy"]);
    assert!(note.contains("witness.example/one") && note.contains("witness.example/two"), "{note}");
    b.write("lines", "a\nb\nc\n");
    b.ok(&["log", "append", "--log", "L", "--lines", "lines"]);
    let said = b.ok(&["log", "verify", "--log", "L", "--policy", "policy"]);
    assert!(said.contains("cosigned by one at") && said.contains("two at"), "{said}");
    b.ok(&["log", "fsck", "--log", "L", "--vkey", &vkey]);
    // One flipped bit in each of the files that the policy and the key brought along.
    let mut beside = files(&b.path("L/.flagstate/side"));
    beside.push(b.path("L/.flagstate/policy"));
    beside.extend(files(&b.path("state")).into_iter().filter(|path| path.ends_with("passphrase")));
    assert_eq!(beside.len(), 3, "{beside:?}");
    for path in beside {
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        bad[good.len() / 3] ^= 2;
        fs::write(&path, bad).unwrap();
        let said = b.fails(1, &["log", "fsck", "--log", "L", "--vkey", &vkey]);
        assert!(said.contains(path.file_name().unwrap().to_str().unwrap()), "{said}");
        fs::write(&path, good).unwrap();
    }
    if let Some(mut checker) = flagstate_interop::tlogcheck() {
        let command = checker.current_dir(&b.dir).args(["-vkey", &vkey, "-cosigner", &one.keys[0]]);
        let output = command.args(["-cosigner", &two.keys[1], "L"]).output().unwrap();
        assert!(output.status.success(), "Ed25519 and ML-DSA-44: {}", text(&output.stderr));
    }
    copy(&b.path("L"), &b.path("old"));
    copy(&b.path("state"), &b.path("old-state"));
    b.ok(&["log", "append", "--log", "L", "--lines", "lines"]);
    // Everything of the writer is put back to an old state, the second place included: only the witnesses know better.
    for (from, to) in [("old", "L"), ("old-state", "state")] {
        fs::remove_dir_all(b.path(to)).unwrap();
        copy(&b.path(from), &b.path(to));
    }
    let said = b.fails(3, &["log", "append", "--log", "L", "--lines", "lines"]);
    assert!(said.contains("one") || said.contains("two"), "{said}");
}

#[test]
fn a_fork_is_refused_and_kept_as_evidence() {
    let b = Bench::new("fork");
    let vkey = b.init("L", "log.example/forked");
    let witness = Witness::start(&b, "one", &vkey);
    b.write("policy", format!("log {vkey}\nwitness one {} {}\nquorum one\n", witness.keys[0], witness.url));
    b.write("lines", "a\nb\nc\n");
    b.write("others", "x\ny\nz\n");
    // Two copies of one writer, second places and all: the classic way to a fork.
    copy(&b.path("L"), &b.path("before"));
    copy(&b.path("state"), &b.path("before-state"));
    b.ok(&["log", "append", "--log", "L", "--lines", "lines"]);
    b.ok(&["log", "checkpoint", "--log", "L", "--policy", "policy"]);
    fs::copy(b.path("L/checkpoint"), b.path("honest")).unwrap();
    for (from, to) in [("before", "L"), ("before-state", "state")] {
        fs::remove_dir_all(b.path(to)).unwrap();
        copy(&b.path(from), &b.path(to));
    }
    b.ok(&["log", "append", "--log", "L", "--lines", "others"]);
    b.ok(&["log", "append", "--log", "L", "--lines", "others"]);
    // The forked writer meets the witness: it may not even start, because it lacks what the witness saw.
    let said = b.fails(3, &["log", "checkpoint", "--log", "L", "--policy", "policy"]);
    assert!(said.contains("one"), "{said}");
    // A writer that does not ask, and sends its fork all the same.
    let fork = fs::read_to_string(b.path("L/checkpoint")).unwrap();
    let client = flagstate_net::Client::new(std::time::Duration::from_secs(20), 1 << 20, &[]).unwrap();
    let address = flagstate_net::Address::parse(&witness.url, flagstate_net::Plain::Loopback).unwrap();
    let body = format!("old 4\n{}\n\n{fork}", "A".repeat(43) + "=");
    let answer = client.post(&address.below("add-checkpoint"), "text/plain", body.into_bytes()).unwrap();
    assert_eq!(answer.status, 422, "{}", text(&answer.body));
    let found = b.json(&["log", "witness", "status", "--dir", "one", "--format", "json"]);
    let kept = found["evidence"].as_array().unwrap();
    assert_eq!(kept.len(), 1, "{found}");
    let folder = b.path(kept[0]["folder"].as_str().unwrap());
    assert!(fs::read_to_string(folder.join("request")).unwrap().ends_with(&fork));
    let cosigned = fs::read_to_string(folder.join("cosigned")).unwrap();
    let honest = fs::read_to_string(b.path("honest")).unwrap();
    assert_eq!(cosigned.split("\n\n").next(), honest.split("\n\n").next());
    // What was cosigned survives the end of the witness.
    let keys = witness.keys.clone();
    drop(witness);
    let witness = Witness::serve(&b, "one", keys);
    assert_eq!(b.json(&["log", "witness", "status", "--dir", "one", "--format", "json"])["logs"][0]["size"], 4);
    drop(witness);
}
