//! A writer in a process of its own, which the tests kill, starve and lie to, and what must hold afterwards.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fs::{self, File, OpenOptions},
    io::Write as _,
    path::{Path, PathBuf},
    process::{self, Command},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Duration,
};

use flagstate_evidence::log::{
    Limits, Log, LogKeys, NewLog, Published, Seal, SecondDirectory, Setup, Writer, fsck::fsck, init, store::LocalFiles,
};
use flagstate_tlog::{SigningKey, VerifierKey, note::Algorithm};

pub(crate) const ORIGIN: &str = "example.org/log";
/// Says to the test program that it is the child, and which one.
const ROLE: &str = "FLAGSTATE_LOG_CHILD";
const DIR: &str = "FLAGSTATE_LOG_CHILD_DIR";

/// A fresh directory below the system's temporary one, removed when dropped.
pub(crate) struct Scratch(PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = env::temp_dir().join(format!("flagstate-{name}-{}-{number}", process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl std::ops::Deref for Scratch {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn keys() -> LogKeys {
    LogKeys::from_keys(vec![SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, &[7; 32]).unwrap()]).unwrap()
}

pub(crate) fn vkey() -> VerifierKey {
    keys().verifiers().remove(0)
}

/// A scene is a directory with the log, its second place and what the child wrote down.
pub(crate) fn make(scene: &Path) {
    let new = NewLog { origin: ORIGIN.into(), keys: keys(), seal: Seal::Open, second: Some(scene.join("second")) };
    init(&scene.join("log"), new, Setup::new(|| 0)).unwrap();
}

/// Opens the log of a scene, wherever the scene was copied to. Segments are small, so that they change often.
pub(crate) fn open(scene: &Path) -> Result<Writer, String> {
    open_with(scene, Limits { batch_entries: 64, segment_bytes: 32 << 10, ..Limits::default() })
}

fn open_with(scene: &Path, limits: Limits) -> Result<Writer, String> {
    let second = SecondDirectory::take(&scene.join("second")).map_err(|e| e.to_string())?;
    let setup = Setup::new(|| 0).limits(limits).second_place(Box::new(second));
    Writer::open(&scene.join("log"), keys(), setup).map_err(|error| {
        let cause = std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default();
        format!("{error}: {cause}")
    })
}

/// This program again, as a child with a role.
pub(crate) fn child(role: &str, scene: &Path) -> Command {
    as_child(Command::new(env::current_exe().unwrap()), role, scene)
}

/// The same behind a program that starts others. The tests use strace.
pub(crate) fn child_under(mut command: Command, role: &str, scene: &Path) -> Command {
    command.arg(env::current_exe().unwrap());
    as_child(command, role, scene)
}

fn as_child(mut command: Command, role: &str, scene: &Path) -> Command {
    command.args(["child::the_child", "--exact", "--ignored", "--nocapture", "--test-threads=1"]);
    command.env(ROLE, role).env(DIR, scene).env("RUST_BACKTRACE", "0");
    command
}

/// What the child does. Its exit code is 0 if everything went well, else 9.
#[test]
#[ignore = "the other tests start it"]
fn the_child() {
    let (Ok(role), Some(scene)) = (env::var(ROLE), env::var_os(DIR)) else { return };
    let scene = PathBuf::from(scene);
    let done = match role.as_str() {
        "load" => load(&scene),
        "few" => few(&scene),
        "end" => open(&scene).and_then(|writer| writer.close().map(drop).map_err(|e| e.to_string())),
        "fill" => fill(&scene),
        "batches" => batches(&scene),
        other => Err(format!("no role {other}")),
    };
    if let Err(reason) = done {
        let _ = fs::write(scene.join("reason"), reason);
        process::exit(9);
    }
    process::exit(0);
}

/// Where the child writes down what it was promised. A plain write survives the death of the process.
struct Promises {
    acknowledged: Mutex<File>,
    published: Mutex<File>,
}

impl Promises {
    fn open(scene: &Path) -> Self {
        let file = |name| Mutex::new(OpenOptions::new().create(true).append(true).open(scene.join(name)).unwrap());
        Self { acknowledged: file("acknowledged"), published: file("published") }
    }

    fn acknowledged(&self, index: u64, entry: &str) {
        let line = format!("{index} {entry}\n");
        let _ = self.acknowledged.lock().unwrap().write_all(line.as_bytes());
    }

    fn published(&self, published: &Published) {
        let text = [&published.note[..], b"\x00"].concat();
        let _ = self.published.lock().unwrap().write_all(&text);
    }
}

/// Appends from several threads and publishes all the time, until it is killed.
fn load(scene: &Path) -> Result<(), String> {
    let writer = Arc::new(open(scene)?);
    let promises = Arc::new(Promises::open(scene));
    for thread in 0..3 {
        let (writer, promises) = (Arc::clone(&writer), Arc::clone(&promises));
        thread::spawn(move || {
            for number in 0.. {
                let entry = format!("{}-{thread}-{number}", process::id());
                match writer.append(entry.as_bytes()) {
                    Ok(index) => promises.acknowledged(index, &entry),
                    Err(_) => break,
                }
            }
        });
    }
    loop {
        let published = writer.checkpoint().map_err(|e| e.to_string())?;
        promises.published(&published);
        thread::sleep(Duration::from_millis(3));
    }
}

/// Everything that a writer ever does, once: some batches, a full bundle, a new segment, two checkpoints, an orderly end.
fn few(scene: &Path) -> Result<(), String> {
    let promises = Promises::open(scene);
    let writer = open(scene)?;
    for part in 0..2 {
        for number in 0..3 {
            let entry = format!("few-{part}-{number}-{}", "x".repeat(7000));
            let index = writer.append(entry.as_bytes()).map_err(|e| e.to_string())?;
            promises.acknowledged(index, &entry);
        }
        promises.published(&writer.checkpoint().map_err(|e| e.to_string())?);
    }
    promises.published(&writer.close().map_err(|e| e.to_string())?);
    Ok(())
}

/// Appends until the disk is full.
fn fill(scene: &Path) -> Result<(), String> {
    // What is promised is written elsewhere: the disk of the log is the one that fills.
    let promises = Promises::open(scene);
    let writer = open(&scene.join("disk"))?;
    for number in 0_u64.. {
        let entry = format!("fill-{number}-{}", "x".repeat(3000));
        let index = writer.append(entry.as_bytes()).map_err(|e| e.to_string())?;
        promises.acknowledged(index, &entry);
        if number % 10 == 9 {
            promises.published(&writer.checkpoint().map_err(|e| e.to_string())?);
        }
    }
    Ok(())
}

/// 20 entries one by one, then 1000 at once; the writer then ends abruptly, so that the write-ahead log stays.
fn batches(scene: &Path) -> Result<(), String> {
    let writer = open_with(scene, Limits::default())?;
    for _ in 0..20 {
        writer.append(&[0; 10]).map_err(|e| e.to_string())?;
    }
    let tickets: Vec<_> = (0..1000).map(|_| writer.submit(&[0; 10]).map_err(|e| e.to_string())).collect();
    for ticket in tickets {
        ticket?.wait().map_err(|e| e.to_string())?;
    }
    Ok(())
}

/// What a scene's children were promised, read back as far as it was written.
#[derive(Default)]
pub(crate) struct Promised {
    entries: BTreeMap<u64, String>,
    published: BTreeSet<Vec<u8>>,
    read: (usize, usize),
}

impl Promised {
    /// Reads what was written since the last time, and the checkpoint that lies in the log.
    pub(crate) fn read(&mut self, scene: &Path, log: &Path) {
        let text = fs::read(scene.join("acknowledged")).unwrap_or_default();
        let fresh = text.get(self.read.0..).unwrap();
        let whole = fresh.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        for line in std::str::from_utf8(&fresh[..whole]).unwrap().lines() {
            let (index, entry) = line.split_once(' ').unwrap();
            let before = self.entries.insert(index.parse().unwrap(), entry.to_owned());
            assert_eq!(before, None, "no index is given twice");
        }
        self.read.0 += whole;
        let notes = fs::read(scene.join("published")).unwrap_or_default();
        let fresh = notes.get(self.read.1..).unwrap();
        let whole = fresh.iter().rposition(|byte| *byte == 0).map_or(0, |at| at + 1);
        for note in fresh[..whole].split(|byte| *byte == 0).filter(|note| !note.is_empty()) {
            self.published.insert(note.to_vec());
        }
        self.read.1 += whole;
        if let Ok(note) = fs::read(log.join("checkpoint")) {
            self.published.insert(note);
        }
    }

    /// Starts the writer again, and checks that every promise was kept.
    pub(crate) fn check(&self, log_scene: &Path, about: &str) {
        let log = log_scene.join("log");
        open(log_scene).unwrap_or_else(|e| panic!("{about}: {e}")).close().unwrap_or_else(|e| panic!("{about}: {e}"));
        let report = fsck(&log, &vkey(), &[]).unwrap();
        let second = log_scene.join("second").display().to_string();
        let elsewhere = |path: &str| path.starts_with('/') && !path.starts_with(&second);
        let findings: Vec<_> = report.findings.iter().filter(|finding| !elsewhere(&finding.path)).collect();
        assert!(findings.is_empty(), "{about}: {findings:?}");
        let store = LocalFiles::read_only(&log).unwrap();
        let mut log = Log::open(&store, &vkey()).unwrap();
        for note in &self.published {
            log.consistency(note).unwrap_or_else(|e| panic!("{about}: {e}"));
        }
        let mut promised = self.entries.iter().peekable();
        log.entries(0, |index, entry| {
            if let Some((_, expected)) = promised.next_if(|(next, _)| **next == index) {
                assert_eq!(entry, expected.as_bytes(), "{about}: entry {index}");
            }
            Ok::<(), flagstate_evidence::log::LogError>(())
        })
        .unwrap();
        assert_eq!(promised.next(), None, "{about}: an acknowledged entry was lost");
    }

    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.entries.len(), self.published.len())
    }
}

pub(crate) fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}
