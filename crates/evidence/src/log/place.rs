//! Where a log keeps what is not public, and who it is.
//!
//! ```text
//! DIR/checkpoint, DIR/tile/...     public: a tlog-tiles tree, served as it is
//! DIR/.flagstate/identity          origin, public keys, the second place
//! DIR/.flagstate/key               the signing key, sealed or open, or where it is
//! DIR/.flagstate/lock              held while a writer runs
//! DIR/.flagstate/wal/              the write-ahead log
//! DIR/.flagstate/tmp/              files on their way into the tree
//! ```
//!
//! What it deliberately does not do: change. Origin and keys of a log are what verifiers know it by; another origin is
//! another log.

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use flagstate_tlog::{Hash, VerifierKey, note::Algorithm};
use sha2::{Digest as _, Sha256};

use super::{
    kept::{self, Audience, KeptError},
    wal::LogId,
};

/// The directory for everything that is not public.
pub const PRIVATE: &str = ".flagstate";
const TITLE: &str = "flagstate-log/v1";

/// The paths of one log.
#[derive(Clone, Debug)]
pub struct Place {
    root: PathBuf,
}

impl Place {
    /// The log in `root`.
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned() }
    }

    /// Its directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// What is not public.
    pub fn private(&self) -> PathBuf {
        self.root.join(PRIVATE)
    }

    /// Who the log is.
    pub fn identity(&self) -> PathBuf {
        self.private().join("identity")
    }

    /// Its signing key.
    pub fn key(&self) -> PathBuf {
        self.private().join("key")
    }

    pub(in crate::log) fn lock_file(&self) -> PathBuf {
        self.private().join("lock")
    }

    pub(in crate::log) fn wal(&self) -> PathBuf {
        self.private().join("wal")
    }

    pub(in crate::log) fn temporary(&self) -> PathBuf {
        self.private().join("tmp")
    }

    /// Removes what a writer that was killed left half written.
    pub(in crate::log) fn clear_temporary(&self) -> Result<(), KeptError> {
        let directory = self.temporary();
        let io = |verb, path: &Path| {
            let path = path.to_owned();
            move |source| KeptError::Io { verb, path, source }
        };
        fs::create_dir_all(&directory).map_err(io("create", &directory))?;
        for entry in fs::read_dir(&directory).map_err(io("list", &directory))? {
            let path = entry.map_err(io("list", &directory))?.path();
            fs::remove_file(&path).map_err(io("remove", &path))?;
        }
        Ok(())
    }
}

/// Who a log is: fixed when it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Its name, the first line of every checkpoint.
    pub origin: String,
    /// Its public keys; the first is the Ed25519 key that verifiers are given.
    pub keys: Vec<VerifierKey>,
    /// The second place of its last checkpoint.
    pub second: PathBuf,
}

impl Identity {
    /// The key that verifiers are given.
    pub fn vkey(&self) -> Option<&VerifierKey> {
        self.keys.first()
    }

    /// The digest by which private files know their log.
    pub(in crate::log) fn id(&self) -> LogId {
        log_id(self.vkey())
    }

    pub(in crate::log) fn write(&self, place: &Place) -> Result<(), KeptError> {
        let mut lines = vec![TITLE.to_owned(), format!("origin {}", self.origin)];
        lines.extend(self.keys.iter().map(|key| format!("key {key}")));
        lines.push(format!("second {}\n", self.second.display()));
        let text = lines.join("\n");
        kept::write(&place.identity(), &text, Audience::Anyone)
    }

    /// The identity of the log at `place`.
    pub fn read(place: &Place) -> Result<Self, KeptError> {
        let path = place.identity();
        let text = kept::read(&path)?;
        Self::parse(&text).ok_or(KeptError::Damaged { path, what: "it is not the identity of a log" })
    }

    fn parse(text: &str) -> Option<Self> {
        let mut lines = text.lines();
        lines.next().filter(|title| *title == TITLE)?;
        let origin = lines.next()?.strip_prefix("origin ")?.to_owned();
        let (mut keys, mut second) = (Vec::new(), None);
        for line in lines {
            match line.split_once(' ')? {
                ("key", key) => keys.push(key.parse().ok()?),
                ("second", path) if second.is_none() => second = Some(PathBuf::from(path)),
                _ => return None,
            }
        }
        let signs = keys.first().is_some_and(|key: &VerifierKey| key.algorithm() == Algorithm::Ed25519);
        Some(Self { origin, keys, second: second? }).filter(|_| signs)
    }
}

fn log_id(vkey: Option<&VerifierKey>) -> LogId {
    Sha256::digest(vkey.map(ToString::to_string).unwrap_or_default()).into()
}

/// Where the second place is when nobody says otherwise: `$XDG_STATE_HOME/flagstate/logs/`, else below
/// `$HOME/.local/state`, else beside the log; then the digest of the log's key, so that two logs never share it.
pub(in crate::log) fn default_second(root: &Path, vkey: &VerifierKey) -> PathBuf {
    let variable = |name| env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let state = variable("XDG_STATE_HOME").or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    let beside = || {
        let root = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
        root.parent().unwrap_or(&root).join(".flagstate-logs")
    };
    let base = state.map_or_else(beside, |state| state.join("flagstate/logs"));
    let name = format!("{:x}", Hash(log_id(Some(vkey))));
    base.join(name)
}
