//! A witness's folder: its keys, the logs it knows, what it cosigned last, and what it refused and kept.
//!
//! ```text
//! key                            private keys, one a line, mode 0600
//! lock                           held while a witness runs
//! logs/<hex>/log                 origin and keys of a log; <hex> is the SHA-256 of the origin
//! logs/<hex>/state               the largest tree cosigned, and the checkpoint as it was published
//! logs/<hex>/evidence/<hex>/     a refused request that the log had signed: `request`, `cosigned`, `about`
//! ```
//!
//! What it deliberately does not do: start anew where state is missing. A witness that forgot what it cosigned would sign a
//! rolled-back log; so a log whose state is gone is an error, and a restored backup of this folder must never be used.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
};

use flagstate_evidence::log::kept::{self, Audience, KeptError};
use flagstate_tlog::{
    EMPTY_ROOT, Hash, SigningKey, VerifierKey,
    note::{Algorithm, KeyError, Note},
    witness::{Latest, monitoring_path},
};
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

const KEY_TITLE: &str = "flagstate-witness-key/v1";
const LOG_TITLE: &str = "flagstate-witness-log/v1";
const STATE_TITLE: &str = "flagstate-witness-state/v1";
/// Refused requests kept for one log. Only the log's own key can make them; further ones are dropped.
const EVIDENCE_MAX: usize = 1000;

/// Why a witness's folder cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FolderError {
    /// A file of it.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The disk.
    #[error("could not {verb} `{}`: {source}", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// The file says something else than it should.
    #[error("`{}` is not understood: {what}", path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
    /// There is a key already.
    #[error("`{}` holds a witness already; a new identity needs a new folder", .0.display())]
    Exists(PathBuf),
    /// Another process runs on it.
    #[error("another witness is running on `{}`: stop it first", .0.display())]
    Locked(PathBuf),
    /// State was lost.
    #[error("`{}` is missing: what was cosigned for this log is lost, and cosigning again could help it to roll back", .0.display())]
    StateLost(PathBuf),
    /// The log is known already, with other keys or another start.
    #[error("the log `{0}` is known already")]
    Known(String),
    /// The name or a key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// No source of chance.
    #[error("the system gives no random numbers: {0}")]
    Chance(getrandom::Error),
}

/// Where a witness starts with a log.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
pub struct Start {
    /// Leaves.
    pub size: u64,
    /// Root; none for the empty tree.
    pub root: Option<Hash>,
}

/// A log that the witness knows.
#[derive(Clone, Debug)]
pub struct Known {
    /// Its name.
    pub origin: String,
    /// Its keys.
    pub keys: Vec<VerifierKey>,
    /// What was cosigned last.
    pub latest: Latest,
    /// When, in seconds since 1970; 0 if never.
    pub time_s: u64,
    /// The checkpoint as published; none if nothing was cosigned yet.
    pub published: Option<Note>,
}

/// A folder that this process has for itself.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes a new witness: an Ed25519 key and an ML-DSA-44 key under one name. The public keys are returned.
    ///
    /// # Errors
    /// When the folder holds one already, or cannot be written.
    pub fn init(root: &Path, name: &str) -> Result<Vec<VerifierKey>, FolderError> {
        fs::create_dir_all(root.join("logs")).map_err(io("create", root))?;
        let path = root.join("key");
        if path.exists() {
            return Err(FolderError::Exists(root.to_owned()));
        }
        let keys = [fresh(name, Algorithm::CosignatureV1)?, fresh(name, Algorithm::MlDsa44)?];
        let lines: Vec<_> = keys.iter().map(SigningKey::to_private_text).collect();
        let mut text =
            Zeroizing::new(String::with_capacity(lines.iter().map(|line| line.len() + 1).sum::<usize>() + 40));
        text.push_str(KEY_TITLE);
        for line in &lines {
            text.push('\n');
            text.push_str(line);
        }
        text.push('\n');
        kept::write(&path, &text, Audience::Owner)?;
        Ok(keys.iter().map(|key| flagstate_tlog::Signer::verifier(key).clone()).collect())
    }

    /// Takes the folder.
    ///
    /// # Errors
    /// When it holds no witness, or another process has it.
    pub fn open(root: &Path) -> Result<Self, FolderError> {
        let path = root.join("lock");
        let lock = File::create(&path).map_err(io("open", &path))?;
        match lock.try_lock() {
            Ok(()) => Ok(Self { root: root.to_owned(), _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(FolderError::Locked(root.to_owned())),
            Err(TryLockError::Error(source)) => Err(FolderError::Io { verb: "lock", path, source }),
        }
    }

    /// The private keys of a witness's folder.
    ///
    /// # Errors
    /// When the file is missing or damaged.
    pub fn keys(root: &Path) -> Result<Vec<SigningKey>, FolderError> {
        let path = root.join("key");
        let text = Zeroizing::new(kept::read(&path)?);
        let mut lines = text.lines();
        if lines.next() != Some(KEY_TITLE) {
            return Err(FolderError::Form { path, what: "its first line is unknown" });
        }
        let keys = lines.map(str::parse).collect::<Result<Vec<SigningKey>, _>>()?;
        if keys.is_empty() { Err(FolderError::Form { path, what: "it holds no key" }) } else { Ok(keys) }
    }

    /// Adds a log, from a tree known out of band or from the empty one.
    ///
    /// # Errors
    /// When the log is known already, or the folder cannot be written.
    pub fn add(&self, origin: &str, keys: &[VerifierKey], start: Start) -> Result<(), FolderError> {
        let dir = self.log_dir(origin);
        let path = dir.join("log");
        if path.exists() {
            return Err(FolderError::Known(origin.to_owned()));
        }
        fs::create_dir_all(&dir).map_err(io("create", &dir))?;
        let latest = Latest { size: start.size, root: start.root.unwrap_or(EMPTY_ROOT) };
        self.store(origin, latest, 0, None)?;
        let keys: String = keys.iter().fold(String::new(), |mut text, key| {
            let _ = writeln!(text, "key {key}");
            text
        });
        Ok(kept::write(&path, &format!("{LOG_TITLE}\norigin {origin}\n{keys}"), Audience::Anyone)?)
    }

    /// Every log with its state, by origin.
    ///
    /// # Errors
    /// When a file is missing or damaged.
    pub fn logs(root: &Path) -> Result<BTreeMap<String, Known>, FolderError> {
        let dir = root.join("logs");
        let mut found = BTreeMap::new();
        for entry in fs::read_dir(&dir).map_err(io("list", &dir))? {
            let dir = entry.map_err(io("list", &dir))?.path();
            // A log that was being added when the power went has a state and no `log` yet.
            if dir.join("log").exists() {
                let known = read_log(&dir)?;
                found.insert(known.origin.clone(), known);
            }
        }
        Ok(found)
    }

    /// Keeps what was cosigned, durably.
    ///
    /// # Errors
    /// When it cannot be written; then nothing may be answered.
    pub fn store(
        &self,
        origin: &str,
        latest: Latest,
        time_s: u64,
        published: Option<&Note>,
    ) -> Result<(), FolderError> {
        let note = published.map(ToString::to_string).unwrap_or_default();
        let text = format!("{STATE_TITLE}\nsize {}\nroot {}\ntime {time_s}\n{note}", latest.size, latest.root);
        Ok(kept::write(&self.log_dir(origin).join("state"), &text, Audience::Anyone)?)
    }

    /// Keeps a refused request that the log had signed, beside the checkpoint that it does not fit. The same request is
    /// kept once. The answer is the folder, none when there are too many already.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn keep(&self, known: &Known, request: &[u8], about: &str) -> Result<Option<PathBuf>, FolderError> {
        let all = self.log_dir(&known.origin).join("evidence");
        let dir = all.join(hex(&Sha256::digest(request)));
        if dir.exists() {
            return Ok(Some(dir));
        }
        let count = fs::read_dir(&all).map_or(0, Iterator::count);
        if count >= EVIDENCE_MAX {
            return Ok(None);
        }
        let beside = dir.with_extension("new");
        fs::create_dir_all(&beside).map_err(io("create", &beside))?;
        let cosigned = known.published.as_ref().map(ToString::to_string).unwrap_or_default();
        for (name, bytes) in [("request", request), ("cosigned", cosigned.as_bytes()), ("about", about.as_bytes())] {
            let path = beside.join(name);
            durable(&path, bytes).map_err(io("write", &path))?;
        }
        fs::rename(&beside, &dir).map_err(io("rename into place", &dir))?;
        File::open(&all).and_then(|d| d.sync_all()).map_err(io("make durable", &all))?;
        Ok(Some(dir))
    }

    fn log_dir(&self, origin: &str) -> PathBuf {
        self.root.join("logs").join(log_name(origin))
    }
}

/// Kept requests of all logs, oldest name first: folder and what it is about.
///
/// # Errors
/// When a folder cannot be listed.
pub fn evidence(root: &Path) -> Result<Vec<(PathBuf, String)>, FolderError> {
    let logs = root.join("logs");
    let mut found = Vec::new();
    for log in fs::read_dir(&logs).map_err(io("list", &logs))? {
        let all = log.map_err(io("list", &logs))?.path().join("evidence");
        let Ok(entries) = fs::read_dir(&all) else { continue };
        for entry in entries {
            let dir = entry.map_err(io("list", &all))?.path();
            if let Ok(about) = fs::read_to_string(dir.join("about")) {
                found.push((dir, about));
            }
        }
    }
    found.sort();
    Ok(found)
}

fn read_log(dir: &Path) -> Result<Known, FolderError> {
    let path = dir.join("log");
    let form = |what| FolderError::Form { path: path.clone(), what };
    let text = kept::read(&path)?;
    let mut lines = text.lines();
    if lines.next() != Some(LOG_TITLE) {
        return Err(form("its first line is unknown"));
    }
    let origin = lines.next().and_then(|l| l.strip_prefix("origin ")).ok_or_else(|| form("it names no origin"))?;
    let keys = lines.map(|l| l.strip_prefix("key ").unwrap_or(l).parse()).collect::<Result<Vec<VerifierKey>, _>>()?;
    let path = dir.join("state");
    if !path.exists() {
        return Err(FolderError::StateLost(path));
    }
    let state = read_state(&kept::read(&path)?);
    let (latest, time_s, published) = state.ok_or(FolderError::Form { path, what: "it is not a state" })?;
    Ok(Known { origin: origin.to_owned(), keys, latest, time_s, published })
}

fn read_state(text: &str) -> Option<(Latest, u64, Option<Note>)> {
    let mut parts = text.splitn(5, '\n');
    parts.next().filter(|title| *title == STATE_TITLE)?;
    let size = parts.next()?.strip_prefix("size ")?.parse().ok()?;
    let root = parts.next()?.strip_prefix("root ")?.parse().ok()?;
    let time_s = parts.next()?.strip_prefix("time ")?.parse().ok()?;
    let note = parts.next()?;
    let published = if note.is_empty() { None } else { Some(Note::parse(note.as_bytes()).ok()?) };
    Some((Latest { size, root }, time_s, published))
}

fn fresh(name: &str, algorithm: Algorithm) -> Result<SigningKey, FolderError> {
    let mut seed = Zeroizing::new([0; 32]);
    getrandom::fill(seed.as_mut_slice()).map_err(FolderError::Chance)?;
    Ok(SigningKey::from_seed(name, algorithm, &seed)?)
}

/// The folder of a log is named as its monitoring path.
fn log_name(origin: &str) -> String {
    let path = monitoring_path(origin);
    path.split('/').next().unwrap_or_default().to_owned()
}

fn durable(path: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write as _;
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn io(verb: &'static str, path: &Path) -> impl FnOnce(io::Error) -> FolderError {
    move |source| FolderError::Io { verb, path: path.to_owned(), source }
}
