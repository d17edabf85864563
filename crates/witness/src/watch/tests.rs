//! The witness against an honest log, a forked one, a rolled-back one, itself after a restart, and a hundred at a time.

use std::{
    cell::RefCell,
    fs,
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use flagstate_tlog::{
    Checkpoint, Frontier, Hash, HashReader, Note, VerifierKey, consistency_proof, leaf_hash, node_hash,
    note::Algorithm, witness::read_cosignatures,
};

use super::*;
use crate::folder::{Start, evidence};

pub(crate) const ORIGIN: &str = "log.example/a";

/// A log in memory; `fork` changes every entry from that index on.
pub(crate) struct Log {
    pub(crate) key: SigningKey,
    pub(crate) leaves: Vec<Hash>,
}

impl Log {
    pub(crate) fn new(size: u64, fork: u64) -> Self {
        let key = SigningKey::from_seed(ORIGIN, Algorithm::Ed25519, &[7; 32]).unwrap();
        let entry = |i: u64| if i < fork { format!("entry {i}") } else { format!("forked {i}") };
        Self { key, leaves: (0..size).map(|i| leaf_hash(entry(i).as_bytes())).collect() }
    }

    pub(crate) fn vkey(&self) -> VerifierKey {
        self.key.verifier().clone()
    }

    pub(crate) fn note(&self, size: u64) -> Note {
        let leaves = self.leaves.iter().take(usize::try_from(size).unwrap()).copied();
        let root = leaves.collect::<Frontier>().root();
        let mut note = Checkpoint::new(ORIGIN, size, root).unwrap().to_note().unwrap();
        note.sign(&self.key).unwrap();
        note
    }

    pub(crate) fn request(&self, old: u64, size: u64) -> Vec<u8> {
        let proof =
            if old == 0 { Vec::new() } else { consistency_proof(&mut Memory(&self.leaves), old, size).unwrap() };
        AddCheckpoint::new(old, proof, self.note(size)).unwrap().to_string().into_bytes()
    }
}

pub(crate) struct Memory<'a>(pub(crate) &'a [Hash]);

impl HashReader for Memory<'_> {
    type Error = std::convert::Infallible;

    fn node(&mut self, height: u32, index: u64) -> Result<Hash, Self::Error> {
        if height == 0 {
            return Ok(self.0[usize::try_from(index).unwrap()]);
        }
        Ok(node_hash(&self.node(height - 1, index * 2)?, &self.node(height - 1, index * 2 + 1)?))
    }
}

struct Bench {
    dir: PathBuf,
    watch: Watch,
    events: RefCell<Vec<Event>>,
    now_s: AtomicU64,
}

fn bench(name: &str) -> Bench {
    let dir = std::env::temp_dir().join(format!("flagstate-witness-{}-{name}", std::process::id()));
    let _ = fs::remove_dir_all(&dir);
    Folder::init(&dir, "witness.example/w").unwrap();
    let folder = Folder::open(&dir).unwrap();
    folder.add(ORIGIN, &[Log::new(0, 0).vkey()], Start::default()).unwrap();
    drop(folder);
    let watch = Watch::open(&dir).unwrap();
    Bench { dir, watch, events: RefCell::default(), now_s: AtomicU64::new(1_800_000_000) }
}

impl Bench {
    fn ask(&self, body: &[u8]) -> (u16, String) {
        let now = || self.now_s.fetch_add(1, Ordering::SeqCst);
        let answer = self.watch.add_checkpoint(body, &now, &|event| self.events.borrow_mut().push(event));
        (answer.status, answer.body)
    }

    fn status(&self, body: &[u8]) -> u16 {
        self.ask(body).0
    }

    fn reopen(self) -> Self {
        let Self { dir, watch, events, now_s } = self;
        drop(watch);
        let watch = Watch::open(&dir).unwrap();
        Self { dir, watch, events, now_s }
    }
}

#[test]
fn every_answer_of_the_protocol() {
    let (b, log, fork) = (bench("answers"), Log::new(20, 99), Log::new(20, 5));
    assert_eq!(b.status(b"nonsense"), 400);
    assert_eq!(b.watch.published(&monitoring_path(ORIGIN)), None);
    let (status, body) = b.ask(&log.request(0, 6));
    assert_eq!(status, 200);
    let keys = Folder::keys(&b.dir).unwrap();
    let verifiers: Vec<_> = keys.iter().map(|k| k.verifier().clone()).collect();
    assert_eq!(read_cosignatures(body.as_bytes(), &log.note(6), &verifiers).unwrap().len(), 2);
    assert_eq!(b.status(&fork.request(6, 15)), 422, "a fork that grows");
    assert_eq!(b.status(&fork.request(6, 6)), 422, "a fork of the same size");
    assert_eq!(b.status(&log.request(6, 15)), 200);
    assert_eq!(b.ask(&log.request(4, 15)), (409, "15\n".to_owned()));
    assert_eq!(b.status(&log.request(15, 15)), 200, "the same once more");
    let mut unsigned = log.request(15, 16);
    let at = unsigned.len() - 10;
    unsigned[at] ^= 1;
    assert!(matches!(b.status(&unsigned), 400 | 403));
    let published = b.watch.published(&monitoring_path(ORIGIN)).unwrap();
    let note = Note::parse(published.as_bytes()).unwrap();
    assert_eq!(note.verify(&[log.vkey(), verifiers[0].clone(), verifiers[1].clone()]).unwrap().len(), 3);
    assert_eq!(note.text(), log.note(15).text());
    let _ = fs::remove_dir_all(&b.dir);
}

/// What a court would want: both checkpoints, signed by the log, that no one tree contains.
#[test]
fn both_sides_of_a_fork_are_kept() {
    let (b, log, fork) = (bench("fork"), Log::new(20, 99), Log::new(20, 5));
    assert_eq!(b.status(&log.request(0, 12)), 200);
    for request in [fork.request(12, 12), fork.request(12, 20), fork.request(12, 20)] {
        assert_eq!(b.status(&request), 422);
    }
    let kept = evidence(&b.dir).unwrap();
    assert_eq!(kept.len(), 2, "each request once: {kept:?}");
    for (dir, _) in kept {
        let request = AddCheckpoint::parse(&fs::read(dir.join("request")).unwrap()).unwrap();
        let cosigned = Note::parse(&fs::read(dir.join("cosigned")).unwrap()).unwrap();
        for note in [request.note(), &cosigned] {
            note.verify(&[log.vkey()]).unwrap();
        }
        let before: Checkpoint = cosigned.text().parse().unwrap();
        assert_ne!(before.root(), request.checkpoint().root());
    }
    let told = b.events.borrow();
    assert!(told.iter().any(|e| matches!(e, Event::Refused { status: 422, evidence: Some(_), .. })), "{told:?}");
    let _ = fs::remove_dir_all(&b.dir);
}

#[test]
fn a_restart_forgets_nothing() {
    let log = Log::new(20, 99);
    let b = bench("restart");
    assert_eq!(b.status(&log.request(0, 12)), 200);
    let b = b.reopen();
    assert_eq!(b.ask(&log.request(0, 5)), (409, "12\n".to_owned()));
    assert_eq!(b.status(&log.request(12, 20)), 200);
    assert!(matches!(Watch::open(&b.dir), Err(FolderError::Locked(_))));
    let state = b.dir.join("logs").join(monitoring_path(ORIGIN).split('/').next().unwrap()).join("state");
    let Bench { dir, watch, .. } = b;
    drop(watch);
    let good = fs::read(&state).unwrap();
    let mut bad = good.clone();
    bad[30] ^= 1;
    fs::write(&state, bad).unwrap();
    assert!(matches!(Watch::open(&dir), Err(FolderError::Kept(_))), "damaged state is not believed");
    fs::remove_file(&state).unwrap();
    assert!(matches!(Watch::open(&dir), Err(FolderError::StateLost(_))), "lost state is not started anew");
    let _ = fs::remove_dir_all(&dir);
}

#[test]
fn time_never_goes_back() {
    let (b, log) = (bench("clock"), Log::new(20, 99));
    assert_eq!(b.status(&log.request(0, 12)), 200);
    b.now_s.store(1_700_000_000, Ordering::SeqCst);
    assert_eq!(b.status(&log.request(12, 20)), 503);
    b.now_s.store(1_900_000_000, Ordering::SeqCst);
    assert_eq!(b.status(&log.request(12, 20)), 200);
    let _ = fs::remove_dir_all(&b.dir);
}

#[test]
fn a_pinned_start_is_not_trust_on_first_use() {
    let (b, log) = (bench("pin"), Log::new(20, 99));
    let Bench { dir, watch, .. } = b;
    drop(watch);
    let _ = fs::remove_dir_all(dir.join("logs"));
    fs::create_dir_all(dir.join("logs")).unwrap();
    let folder = Folder::open(&dir).unwrap();
    let known: Checkpoint = log.note(10).text().parse().unwrap();
    folder.add(ORIGIN, &[log.vkey()], Start { size: 10, root: Some(*known.root()) }).unwrap();
    assert!(matches!(folder.add(ORIGIN, &[log.vkey()], Start::default()), Err(FolderError::Known(_))));
    drop(folder);
    let watch = Watch::open(&dir).unwrap();
    let ask = |body: &[u8]| watch.add_checkpoint(body, &|| 5, &|_| ()).status;
    assert_eq!(ask(&log.request(0, 20)), 409);
    assert_eq!(ask(&Log::new(20, 3).request(10, 20)), 422);
    assert_eq!(ask(&log.request(10, 20)), 200);
    let _ = fs::remove_dir_all(&dir);
}

/// The race that the specification spells out: of a hundred requests from the same size, each to another size, exactly
/// one is cosigned, and what is published is that one.
#[test]
fn one_of_a_hundred_at_a_time_wins() {
    let (b, log) = (bench("race"), Log::new(200, 999));
    assert_eq!(b.status(&log.request(0, 50)), 200);
    let requests: Vec<_> = (51..151).map(|size| log.request(50, size)).collect();
    let watch = &b.watch;
    let answers: Vec<u16> = thread::scope(|scope| {
        let running: Vec<_> = requests
            .iter()
            .map(|body| scope.spawn(move || watch.add_checkpoint(body, &|| 1_900_000_000, &|_| ()).status))
            .collect();
        running.into_iter().map(|t| t.join().unwrap()).collect()
    });
    assert_eq!(answers.iter().filter(|status| **status == 200).count(), 1);
    assert_eq!(answers.iter().filter(|status| **status == 409).count(), 99);
    let winner = 51 + u64::try_from(answers.iter().position(|status| *status == 200).unwrap()).unwrap();
    let published = b.watch.published(&monitoring_path(ORIGIN)).unwrap();
    assert_eq!(Note::parse(published.as_bytes()).unwrap().text(), log.note(winner).text());
    let _ = fs::remove_dir_all(&b.dir);
}

#[cfg(unix)]
#[test]
fn what_cannot_be_stored_is_not_answered() {
    use std::os::unix::fs::PermissionsExt as _;
    let (b, log) = (bench("disk"), Log::new(20, 99));
    assert_eq!(b.status(&log.request(0, 12)), 200);
    let dir = b.dir.join("logs").join(monitoring_path(ORIGIN).split('/').next().unwrap());
    // A folder in the way of the temporary file works for root too, where permissions do not.
    fs::create_dir(dir.join("state.new")).unwrap();
    fs::set_permissions(&dir, fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(b.status(&log.request(12, 20)), 503);
    fs::remove_dir(dir.join("state.new")).unwrap();
    let b = b.reopen();
    assert_eq!(b.ask(&log.request(0, 20)), (409, "12\n".to_owned()));
    let _ = fs::remove_dir_all(&b.dir);
}
