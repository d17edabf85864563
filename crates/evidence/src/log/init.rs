//! Making a new log.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    kept::KeptError,
    key::{KeyError, LogKeys, Seal},
    place::{Identity, Place, default_second},
    publish::{PublishError, Published},
    wal::{SegmentWriter, WalError},
    writer::{OpenError, Setup, Writer},
};

/// Why a log was not made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// One is there.
    #[error("`{dir}` already has the log `{origin}`: a log is made once and never renamed; choose another directory")]
    Exists {
        /// The directory.
        dir: String,
        /// The origin of the log in it.
        origin: String,
    },
    /// Something else is there.
    #[error("`{dir}` has a checkpoint or tiles of somebody else's log: choose another directory")]
    NotEmpty {
        /// The directory.
        dir: String,
    },
    /// The origin cannot be one.
    #[error(
        "`{origin}` cannot be the origin of a log: it needs 1 to 255 bytes without spaces, `+` or control characters, best a \
         host name and a path such as `example.org/log`"
    )]
    Origin {
        /// What was given.
        origin: String,
    },
    /// The disk.
    #[error("could not create `{}`", path.display())]
    Io {
        /// The directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The second place is inside the log, where a backup would take it along.
    #[error("the second place `{}` lies inside the log: choose a directory elsewhere, best on another disk", path.display())]
    SecondInside {
        /// The second place.
        path: PathBuf,
    },
    /// A private file.
    #[error(transparent)]
    Kept(#[from] KeptError),
    /// The key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The write-ahead log.
    #[error(transparent)]
    Wal(#[from] WalError),
    /// Opening it for the first time.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The first checkpoint.
    #[error(transparent)]
    Publish(#[from] PublishError),
}

/// A log that is to be made.
#[derive(Debug)]
pub struct NewLog {
    /// Its name for ever: the first line of each checkpoint and the name of its keys.
    pub origin: String,
    /// Its keys, named as the origin.
    pub keys: LogKeys,
    /// How they are kept.
    pub seal: Seal,
    /// Where the last checkpoint is kept a second time; by default below the user's state directory.
    pub second: Option<PathBuf>,
}

/// True if `origin` can name a log.
pub fn is_origin(origin: &str) -> bool {
    let fits = (1..=255).contains(&origin.len());
    fits && !origin.chars().any(|c| c.is_whitespace() || c.is_control() || c == '+')
}

/// Makes the log in `dir` and publishes its first checkpoint, of size 0.
pub fn init(dir: &Path, new: NewLog, setup: Setup) -> Result<(Identity, Published), InitError> {
    let NewLog { origin, keys, seal, second } = new;
    let verifiers = keys.verifiers();
    if !is_origin(&origin) || verifiers.iter().any(|key| key.name() != origin) {
        return Err(InitError::Origin { origin });
    }
    let place = Place::new(dir);
    let shown = || dir.display().to_string();
    if place.identity().exists() {
        return Err(InitError::Exists { dir: shown(), origin: Identity::read(&place)?.origin });
    }
    if dir.join("checkpoint").exists() || dir.join("tile").exists() {
        return Err(InitError::NotEmpty { dir: shown() });
    }
    for path in [place.wal(), place.temporary()] {
        fs::create_dir_all(&path).map_err(|source| InitError::Io { path, source })?;
    }
    let second = match (second, verifiers.first()) {
        (Some(second), _) => std::path::absolute(&second).unwrap_or(second),
        (None, Some(key)) => default_second(dir, key),
        (None, None) => return Err(InitError::Origin { origin }),
    };
    if std::path::absolute(dir).is_ok_and(|dir| second.starts_with(dir)) {
        return Err(InitError::SecondInside { path: second });
    }
    // Whoever reads the directory must not read the key or write the identity.
    private(&place.private())?;
    keys.write(&place.key(), &seal)?;
    let identity = Identity { origin, keys: verifiers, second };
    SegmentWriter::create(&place.wal(), 0, &identity.id())?.publish()?;
    // Last, because it is what makes a directory a log: an interrupted `init` can be run again.
    identity.write(&place)?;
    let published = Writer::open(dir, keys, setup)?.close()?;
    Ok((identity, published))
}

#[cfg(unix)]
fn private(path: &Path) -> Result<(), InitError> {
    use std::os::unix::fs::PermissionsExt as _;
    let done = fs::set_permissions(path, fs::Permissions::from_mode(0o700));
    done.map_err(|source| InitError::Io { path: path.to_owned(), source })
}

#[cfg(not(unix))]
fn private(_: &Path) -> Result<(), InitError> {
    Ok(())
}
