//! Over HTTP: our witness and somebody else's, asked by our client, with an honest log and a forked one.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::{self, JoinHandle},
    time::Duration,
};

use flagstate_evidence::log::Witnesses as _;
use flagstate_net::{Address, Client, Plain};
use flagstate_tlog::{
    Note, VerifierKey, consistency_proof,
    policy::Policy,
    witness::{MAX_REQUEST_BYTES, monitoring_path},
};

use super::*;
use crate::{
    Folder, Start, Witnesses, evidence,
    watch::tests::{Log, Memory, ORIGIN},
};

fn scratch(name: &str) -> PathBuf {
    let dir = std::env::temp_dir().join(format!("flagstate-serve-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    dir
}

fn client() -> Client {
    Client::new(Duration::from_secs(20), 1 << 20, &[]).unwrap()
}

/// Ours, on a free port.
struct Ours {
    dir: PathBuf,
    url: String,
    keys: Vec<VerifierKey>,
    stop: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Ours {
    fn start(name: &str) -> Self {
        let dir = scratch(name);
        let keys = Folder::init(&dir, "witness.example/ours").unwrap();
        Folder::open(&dir).unwrap().add(ORIGIN, &[Log::new(0, 0).vkey()], Start::default()).unwrap();
        let server = Server::bind("127.0.0.1:0", MAX_REQUEST_BYTES).unwrap();
        let url = format!("http://{}", server.address());
        let (watch, stop) = (Watch::open(&dir).unwrap(), Stop::new());
        let stopper = stop.clone();
        let thread = thread::spawn(move || serve(server, watch, || 1_900_000_000, |_| (), &stopper).unwrap());
        Self { dir, url, keys, stop, thread: Some(thread) }
    }
}

impl Drop for Ours {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The witness of the Python package aics-witness.
struct Theirs {
    dir: PathBuf,
    url: String,
    vkey: String,
    child: Child,
}

impl Theirs {
    fn start(name: &str) -> Option<Self> {
        let dir = scratch(name);
        let run = |args: &[&str]| {
            let mut command = flagstate_interop::python_program("aics-witness")?;
            let done = command.current_dir(&dir).args(args).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            Some(String::from_utf8(done.stdout).unwrap())
        };
        flagstate_interop::python_program("aics-witness")?;
        fs::create_dir_all(&dir).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let said = run(&["init", "--name", "witness.example/theirs", "--listen", &port.to_string()])?;
        let vkey = said.split_whitespace().find(|w| w.starts_with("witness.example/theirs+")).unwrap().to_owned();
        run(&["add-log", "--origin", ORIGIN, "--vkey", &Log::new(0, 0).vkey().to_string()])?;
        let child = flagstate_interop::python_program("aics-witness")?
            .current_dir(&dir)
            .args(["serve", "--log-level", "ERROR"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let theirs = Self { dir, url: format!("http://{port}"), vkey, child };
        for _ in 0..600 {
            if TcpStream::connect(port).is_ok() {
                return Some(theirs);
            }
            thread::sleep(Duration::from_millis(50));
        }
        panic!("aics-witness did not start");
    }

    fn evidence(&self) -> String {
        let mut command: Command = flagstate_interop::python_program("aics-witness").unwrap();
        String::from_utf8(command.current_dir(&self.dir).arg("evidence").output().unwrap().stdout).unwrap()
    }
}

impl Drop for Theirs {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

fn ask(policy: &str, log: &Log, size: u64) -> crate::Asked {
    let witnesses = Witnesses::new(&Policy::parse(policy.as_bytes()).unwrap(), client()).unwrap();
    let prove = |old| consistency_proof(&mut Memory(&log.leaves), old, size).map_err(|e| e.to_string());
    witnesses.cosign(&log.note(size), &prove)
}

#[test]
fn our_client_and_our_witness_speak_the_protocol() {
    let (ours, log) = (Ours::start("speak"), Log::new(300, 999));
    let policy = format!("witness w {} {}\nquorum w\n", ours.keys[0], ours.url);
    assert_eq!(ask(&policy, &log, 0).cosignatures.len(), 1, "the empty tree");
    assert_eq!(ask(&policy, &log, 100).cosignatures.len(), 1);
    // The client takes the size from the monitoring path, or from the answer 409.
    assert_eq!(ask(&policy, &log, 300).cosignatures.len(), 1);
    let behind = ask(&policy, &log, 200);
    assert!(behind.cosignatures.is_empty() && behind.problems[0].contradicted, "{:?}", behind.problems);
    let base = Address::parse(&ours.url, Plain::Loopback).unwrap();
    assert_eq!(client().get(&base.below("0123/checkpoint")).unwrap().status, 404);
    assert_eq!(client().get(&base.below("add-checkpoint")).unwrap().status, 404);
    let published = client().get(&base.below(&monitoring_path(ORIGIN))).unwrap();
    assert!(Note::parse(&published.body).unwrap().verify(&ours.keys).is_ok());
    // ML-DSA-44 by the same witness.
    let policy = format!("witness w {} {}\nquorum w\n", ours.keys[1], ours.url);
    assert_eq!(ask(&policy, &log, 300).cosignatures.len(), 1);
    let policy = Policy::parse(policy.as_bytes()).unwrap();
    let seen = Witnesses::new(&policy, client()).unwrap().latest(ORIGIN);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].as_ref().unwrap().size, 300);
}

#[test]
fn two_witnesses_refuse_a_fork_and_keep_it() {
    let ours = Ours::start("fork-ours");
    let Some(theirs) = Theirs::start("fork-theirs") else { return };
    let policy = format!(
        "log {}\nwitness ours {} {}\nwitness theirs {} {}\ngroup both all ours theirs\nquorum both\n",
        Log::new(0, 0).vkey(),
        ours.keys[0],
        ours.url,
        theirs.vkey,
        theirs.url
    );
    let (log, fork) = (Log::new(300, 999), Log::new(400, 5));
    let asked = ask(&policy, &log, 120);
    assert_eq!(asked.cosignatures.len(), 2, "{:?}", asked.problems);
    let mut note = log.note(120);
    for line in asked.cosignatures {
        note.add(line).unwrap();
    }
    let parsed = Policy::parse(policy.as_bytes()).unwrap();
    assert_eq!(parsed.check(&note).unwrap().witnesses.len(), 2);
    for size in [120, 400] {
        let asked = ask(&policy, &fork, size);
        assert!(asked.cosignatures.is_empty());
        assert_eq!(asked.problems.iter().filter(|p| p.contradicted).count(), 2, "{:?}", asked.problems);
        assert!(parsed.check(&fork.note(size)).is_err(), "the fork never makes the quorum");
    }
    // Both sides of the fork, signed by the log, in both witnesses' hands.
    let kept = evidence(&ours.dir).unwrap();
    assert_eq!(kept.len(), 2);
    for (dir, _) in &kept {
        convicts(dir, &log.vkey());
    }
    let theirs_kept = theirs.evidence();
    let lines: Vec<String> = fork.note(400).signatures().iter().map(ToString::to_string).collect();
    assert!(theirs_kept.contains(lines[0].rsplit(' ').next().unwrap()), "{theirs_kept}");
    // The honest log goes on.
    assert_eq!(ask(&policy, &log, 300).cosignatures.len(), 2);
}

fn convicts(dir: &Path, log: &VerifierKey) {
    let request = fs::read(dir.join("request")).unwrap();
    let request = flagstate_tlog::witness::AddCheckpoint::parse(&request).unwrap();
    let cosigned = Note::parse(&fs::read(dir.join("cosigned")).unwrap()).unwrap();
    request.note().verify([log]).unwrap();
    cosigned.verify([log]).unwrap();
    assert_ne!(request.note().text(), cosigned.text());
}

#[test]
fn a_hundred_submissions_over_http_are_one_history() {
    let (ours, log) = (Ours::start("hundred"), Log::new(200, 999));
    let target = Address::parse(&ours.url, Plain::Loopback).unwrap().below("add-checkpoint");
    let client = client();
    let post = |body: Vec<u8>| client.post(&target, "text/plain", body).unwrap().status;
    assert_eq!(post(log.request(0, 50)), 200);
    let post = &post;
    let answers: Vec<u16> = thread::scope(|scope| {
        let bodies: Vec<_> = (51..151).map(|size| log.request(50, size)).collect();
        let running: Vec<_> = bodies.into_iter().map(|body| scope.spawn(move || post(body))).collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    });
    let count = |status| answers.iter().filter(|s| **s == status).count();
    assert_eq!((count(200), count(409)), (1, 99), "{answers:?}");
}
