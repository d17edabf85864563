//! Small private text files that carry their own digest in the last line.
//!
//! What it is for: the log's identity, its key and its policies, written in one step and checked at every reading, so that
//! a flipped bit is named instead of believed. The digest line is a comment in `tlog-policy` files too.
//!
//! What it deliberately does not do: secrecy. See [`super::key`] for that.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use flagstate_tlog::Hash;
use sha2::{Digest as _, Sha256};

/// Before the digest, in hex, of all lines above.
const DIGEST: &str = "# sha256 ";

/// Why a private file could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeptError {
    /// The disk failed, is full, or the file is not there.
    #[error("could not {verb} `{}`", path.display())]
    Io {
        /// What was tried.
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// The content is not what was written.
    #[error("`{}` is damaged: {what}; restore it from a backup", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        what: &'static str,
    },
}

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Whoever may read the directory.
    Anyone,
    /// The owner alone (mode 0600).
    Owner,
}

/// Writes lines and their digest, durably and in one step. `text` ends with a line end.
pub fn write(path: &Path, text: &str, audience: Audience) -> Result<(), KeptError> {
    let io = |verb| move |source| KeptError::Io { verb, path: path.to_owned(), source };
    let beside = path.with_extension("new");
    let mut file = create(&beside, audience).map_err(io("create"))?;
    let written = writeln!(file, "{text}{DIGEST}{}", digest(text)).and_then(|()| file.sync_all());
    written.map_err(io("write"))?;
    fs::rename(&beside, path).map_err(io("rename into place"))?;
    // A bare name stands in the current directory.
    let directory = path.parent().filter(|d| !d.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(directory).and_then(|d| d.sync_all()).map_err(io("make durable"))
}

/// The lines of a file, without the digest, after the digest was checked.
pub fn read(path: &Path) -> Result<String, KeptError> {
    let damaged = |what| KeptError::Damaged { path: path.to_owned(), what };
    let bytes = fs::read(path).map_err(|source| KeptError::Io { verb: "read", path: path.to_owned(), source })?;
    let text = String::from_utf8(bytes).map_err(|_| damaged("it is not text"))?;
    let cut = text.strip_suffix('\n').and_then(|t| t.rfind('\n')).map_or(0, |at| at + 1);
    let (body, last) = text.split_at_checked(cut).ok_or_else(|| damaged("it has no lines"))?;
    let said = last.strip_prefix(DIGEST).and_then(|l| l.strip_suffix('\n'));
    let said = said.ok_or_else(|| damaged("its last line is not a digest"))?;
    if said == digest(body) {
        Ok(body.to_owned())
    } else {
        Err(damaged("it does not match the digest in its last line"))
    }
}

fn create(path: &Path, audience: Audience) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    if audience == Audience::Owner {
        use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
        // A file left behind keeps its mode when it is opened again, so the mode is set on the open file as well.
        let file = options.mode(0o600).open(path)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        return Ok(file);
    }
    options.open(path)
}

fn digest(text: &str) -> String {
    format!("{:x}", Hash(Sha256::digest(text).into()))
}
