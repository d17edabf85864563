//! Packages of a log made here, verified by us, by the Python verifier and by `bagit`, then damaged and forged.

mod damage;
mod forged;
mod whole;

use std::{
    collections::BTreeSet,
    env::temp_dir,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::atomic::{AtomicU32, Ordering},
};

use flagstate_interop::tsa::{Authority, STAMPING};
use flagstate_tlog::{
    Checkpoint, Note, Policy, Signer as _, SigningKey, TileBuilder, TileId, VerifierKey,
    cosignature::cosign,
    leaf_hash,
    note::Algorithm,
    tile::{Layer, push_entry},
};
use flagstate_tsp::{Nonce, Request};

use super::*;
use crate::{
    commitment::Opening,
    log::store::LocalFiles,
    predicates::upkeep::{KeyRotation, Redaction},
    statement::{Statement, Subject},
};

const ORIGIN: &str = "example.com/log";

/// A folder of its own that goes when the test ends.
struct Room(PathBuf);

impl Room {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let dir = temp_dir().join(format!("flagstate-package-{}-{number}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self(dir)
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn key(name: &str, algorithm: Algorithm, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, algorithm, &[seed; 32]).unwrap()
}

fn log_key() -> SigningKey {
    key(ORIGIN, Algorithm::Ed25519, 1)
}

/// The log's second signature, which Python and Go pass over.
fn second_key() -> SigningKey {
    key(ORIGIN, Algorithm::MlDsa44, 3)
}

fn witness(number: u8) -> SigningKey {
    key(&format!("w{number}.example"), Algorithm::CosignatureV1, 10 + number)
}

fn signer() -> SigningKey {
    key("signer.example", Algorithm::Ed25519, 2)
}

fn opening(number: u8) -> Opening {
    Opening::new([number; 32], &format!("person {number}"))
}

/// A statement that commits to a person.
fn statement(number: u8) -> Vec<u8> {
    let predicate = Redaction {
        commitments: Vec::new(),
        lawful_basis: "none".to_owned(),
        erased_at: jiff::Timestamp::UNIX_EPOCH,
        decided_by: Some(opening(number).commitment()),
    };
    Statement::new(vec![Subject::of("x", &[number])], predicate).sign(&[&signer()]).unwrap()
}

/// The statement that erases what [`statement`] committed to.
fn redaction(number: u8) -> Vec<u8> {
    let predicate = Redaction {
        commitments: vec![opening(number).commitment()],
        lawful_basis: "GDPR Art. 17(1)(b)".to_owned(),
        erased_at: jiff::Timestamp::UNIX_EPOCH,
        decided_by: None,
    };
    Statement::new(vec![Subject::of("x", &[number])], predicate).sign(&[&signer()]).unwrap()
}

/// Entries of a small log: statements among other lines.
fn entries(count: u64) -> Vec<Vec<u8>> {
    let one = |index: u64| match index {
        1 => statement(1),
        3 => statement(2),
        5 => redaction(2),
        7 => rotation(),
        _ => format!("entry {index}").into_bytes(),
    };
    (0..count).map(one).collect()
}

fn rotation() -> Vec<u8> {
    let predicate = KeyRotation {
        role: "log".to_owned(),
        old: None,
        new: Some(log_key().verifier().to_string()),
        effective_at: jiff::Timestamp::UNIX_EPOCH,
        reason: "planned".to_owned(),
    };
    Statement::new(vec![Subject::of("key", b"")], predicate).sign(&[&signer()]).unwrap()
}

/// Writes the tiles of a log and gives the root as a checkpoint without signatures.
fn tiles(dir: &Path, entries: &[Vec<u8>]) -> Checkpoint {
    let write = |id: TileId, bytes: &[u8]| {
        let path = dir.join(id.path());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    fs::create_dir_all(dir).unwrap();
    let mut builder = TileBuilder::default();
    for (number, part) in (0..).zip(entries.chunks(256)) {
        let mut bundle = Vec::new();
        for entry in part {
            push_entry(&mut bundle, entry).unwrap();
            builder.push(leaf_hash(entry), write);
        }
        let width = u16::try_from(part.len()).unwrap();
        write(TileId::new(Layer::Entries, number, width).unwrap(), &bundle);
    }
    builder.partials().for_each(|(id, bytes)| write(id, bytes));
    Checkpoint::new(ORIGIN, entries.len() as u64, builder.root()).unwrap()
}

/// The checkpoint signed by the log and cosigned by witnesses.
fn signed(checkpoint: &Checkpoint, witnesses: &[u8]) -> Vec<u8> {
    let mut note = checkpoint.to_note().unwrap();
    note.sign(&log_key()).unwrap();
    note.add(cosign(&second_key(), &note, 1_790_000_000).unwrap()).unwrap();
    for number in witnesses {
        let line = cosign(&witness(*number), &note, 1_790_000_000).unwrap();
        note.add(line).unwrap();
    }
    note.to_string().into_bytes()
}

/// Two of three witnesses.
fn policy() -> Vec<u8> {
    let witnesses = (1..=3).map(|n| format!("witness w{n} {}", witness(n).verifier()));
    let mut lines = vec![format!("log {}", log_key().verifier())];
    lines.extend(witnesses);
    lines.push("group enough 2 w1 w2 w3\nquorum enough\n".to_owned());
    lines.join("\n").into_bytes()
}

/// A log on disk with everything that can go into a package.
struct Log {
    room: Room,
    store: LocalFiles,
    checkpoint: Vec<u8>,
    keys: Vec<VerifierKey>,
    signers: Vec<VerifierKey>,
    policy: Vec<u8>,
    receipts: SigningKey,
    stamps: Vec<Stamped>,
    roots: Option<Vec<u8>>,
}

impl Log {
    fn new(count: u64) -> Self {
        Self::of(&entries(count))
    }

    fn of(entries: &[Vec<u8>]) -> Self {
        let room = Room::new();
        let dir = room.0.join("log");
        let checkpoint = signed(&tiles(&dir, entries), &[1, 3]);
        fs::write(dir.join("checkpoint"), &checkpoint).unwrap();
        Self {
            store: LocalFiles::read_only(&dir).unwrap(),
            room,
            checkpoint,
            keys: vec![log_key().verifier().clone(), second_key().verifier().clone()],
            signers: vec![signer().verifier().clone()],
            policy: policy(),
            receipts: log_key(),
            stamps: Vec::new(),
            roots: None,
        }
    }

    /// With a time stamp over the checkpoint, where OpenSSL is there.
    fn stamped(mut self) -> Self {
        let name = self.room.0.file_name().unwrap().to_string_lossy().into_owned();
        if let Some(authority) = Authority::new(&name) {
            authority.issue("tsa", "ca", "EC:P-256", STAMPING);
            let request = Request::new(&self.checkpoint, &Nonce::new([5; 16]));
            let reply = authority.answer("tsa", None, &request.der);
            self.stamps.push(Stamped { checkpoint: self.checkpoint.clone(), reply });
            self.roots = Some(authority.read("ca.pem"));
        }
        self
    }

    fn contents(&self, selection: Selection) -> Contents<'_> {
        Contents {
            store: &self.store,
            checkpoint: &self.checkpoint,
            log_keys: &self.keys,
            policy: Some(&self.policy),
            selection,
            statement_keys: &self.signers,
            stamps: &self.stamps,
            stamp_roots: self.roots.as_deref(),
            receipts: Some(&self.receipts),
            openings: &[],
            made_on: "2026-11-22".parse().unwrap(),
            organisation: Some("Example"),
            software: "flagstate 0.1.0",
        }
    }

    fn target(&self) -> PathBuf {
        self.room.0.join("package")
    }

    /// A package of a few entries with an opening.
    fn chosen(&self) -> PathBuf {
        let selection = Selection::Entries(BTreeSet::from([0, 1, 5, 7]));
        let openings = [opening(1)];
        export(&self.target(), &Contents { openings: &openings, ..self.contents(selection) }).unwrap();
        self.target()
    }

    /// A package of the whole log.
    fn whole(&self) -> PathBuf {
        let openings = [opening(1)];
        export(&self.target(), &Contents { openings: &openings, ..self.contents(Selection::Whole) }).unwrap();
        self.target()
    }
}

fn trusting(keys: &[VerifierKey]) -> Trust<'_> {
    Trust { log_keys: keys, ..Trust::default() }
}

/// Exit code and output of the Python verifier.
fn python(arguments: &[&str]) -> Option<(bool, String)> {
    let mut command = flagstate_interop::system("python3")?;
    command.arg("-B").arg(flagstate_interop::script("verify_package.py")).args(arguments);
    Some(run(&mut command))
}

fn run(command: &mut Command) -> (bool, String) {
    let output = command.output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8_lossy(&text).into_owned())
}

/// Every file below a folder, relative.
fn files(dir: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut left = vec![dir.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                left.push(path);
            } else {
                found.push(path.strip_prefix(dir).unwrap().to_string_lossy().into_owned());
            }
        }
    }
    found.sort();
    found
}

/// Changes payload files and lists them anew, as a forger would.
fn reseal(package: &Path, change: impl FnOnce(&Path)) {
    change(&package.join("data"));
    let work = package.with_extension("again");
    let mut bag = bag::Writer::start(&work).unwrap();
    for name in files(&package.join("data")) {
        bag.add(&name, &fs::read(package.join("data").join(&name)).unwrap()).unwrap();
    }
    let made_on = "2026-11-22".parse().unwrap();
    let info = bag::Info { origin: ORIGIN, organisation: None, made_on, software: "a forger" };
    bag.seal(&info).unwrap().finish().unwrap();
    fs::remove_dir_all(package).unwrap();
    fs::rename(work, package).unwrap();
}

fn note(bytes: &[u8]) -> Note {
    Note::parse(bytes).unwrap()
}
