//! Finding a log: by `--log`, or by the section `log` of the project file.

use std::{
    fs,
    io::Read,
    path::{Path, PathBuf},
};

use flagstate_evidence::{
    config::LogSection,
    log::{Identity, PRIVATE, Place, store::LocalFiles},
    side_store::SideStore,
};

use crate::{
    cli::log::Place as PlaceArgs,
    context::{self, Loaded},
    failure::Failure,
};

/// What to do about a log that does not hold together.
pub(crate) const DAMAGED: Option<&str> = Some("`flagstate log fsck` names what is damaged");
/// Folder of the side store below what is private.
const SIDE: &str = "side";

/// A log that is there.
#[derive(Debug)]
pub(crate) struct Home {
    /// Its folder.
    pub(crate) dir: PathBuf,
    /// The project's section, where it is about this log.
    pub(crate) section: Option<LogSection>,
    /// What the paths of the section are relative to.
    pub(crate) folder: PathBuf,
    /// Who the log is; none for a copy of the public files.
    pub(crate) identity: Option<Identity>,
}

/// Where a log is, or shall be.
pub(crate) fn find(args: &PlaceArgs) -> Result<(PathBuf, Option<LogSection>, PathBuf), Failure> {
    let Loaded { log, folder, .. } = context::project(args.config.as_deref(), true)?;
    let configured = log.as_ref().map(|section| folder.join(&section.dir));
    let dir = args.log.clone().or_else(|| configured.clone()).ok_or_else(|| {
        Failure::Usage("which log? Name its folder with --log, or under `log: dir:` in flagstate.yaml".into())
    })?;
    let same =
        |a: &Path, b: &Path| a == b || fs::canonicalize(a).ok().is_some_and(|a| fs::canonicalize(b).ok() == Some(a));
    let section = log.filter(|_| configured.is_some_and(|configured| same(&configured, &dir)));
    Ok((dir, section, folder))
}

impl Home {
    /// The log that the arguments name.
    pub(crate) fn open(args: &PlaceArgs) -> Result<Self, Failure> {
        let (dir, section, folder) = find(args)?;
        Self::at(dir, section, folder)
    }

    /// The same for a check, which must name a damaged identity rather than stop at it.
    pub(crate) fn open_for_check(args: &PlaceArgs) -> Result<Self, Failure> {
        let (dir, section, folder) = find(args)?;
        match Self::at(dir.clone(), section.clone(), folder.clone()) {
            Err(_) if Place::new(&dir).identity().exists() => Ok(Self { dir, section, folder, identity: None }),
            other => other,
        }
    }

    /// The log in a folder.
    pub(crate) fn at(dir: PathBuf, section: Option<LogSection>, folder: PathBuf) -> Result<Self, Failure> {
        if !dir.is_dir() {
            return Err(Failure::Input {
                message: format!("{}: there is no log", dir.display()),
                help: Some("`flagstate log init --log DIR --origin NAME` makes one".into()),
            });
        }
        let place = Place::new(&dir);
        let identity = if place.identity().exists() {
            Some(
                Identity::read(&place)
                    .map_err(|e| Failure::input(&e, Some("`flagstate log fsck` names what is damaged")))?,
            )
        } else {
            None
        };
        if let (Some(identity), Some(wanted)) = (&identity, section.as_ref().and_then(|s| s.origin.as_ref()))
            && identity.origin != *wanted
        {
            return Err(Failure::Input {
                message: format!("{}: holds the log `{}`, not `{wanted}`", dir.display(), identity.origin),
                help: Some("correct `log: dir:` or `log: origin:` in flagstate.yaml".into()),
            });
        }
        Ok(Self { dir, section, folder, identity })
    }

    /// Who the log is, for what only its owner can do.
    pub(crate) fn own(&self) -> Result<&Identity, Failure> {
        self.identity.as_ref().ok_or_else(|| Failure::Input {
            message: format!("{}: holds no log of yours: its identity and key are not there", self.dir.display()),
            help: Some("a copy of the public files can be verified, not written".into()),
        })
    }

    /// Private files.
    pub(crate) fn private(&self) -> PathBuf {
        self.dir.join(PRIVATE)
    }

    /// Openings and files beside the log.
    pub(crate) fn side(&self) -> SideStore {
        SideStore::new(self.private().join(SIDE))
    }

    /// The public files.
    pub(crate) fn store(&self) -> Result<LocalFiles, Failure> {
        LocalFiles::read_only(&self.dir).map_err(|e| Failure::input(&e, None))
    }

    /// A path of the project's section.
    pub(crate) fn configured(&self, path: &str) -> PathBuf {
        self.folder.join(path)
    }
}

/// The longest file that is read whole. None of ours comes near it: what is longer is the wrong file.
const LONGEST_FILE_BYTES: u64 = 1 << 30;

/// A file that the user named.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    let read = if path == Path::new("-") {
        within(std::io::stdin().lock(), 0)
    } else {
        fs::File::open(path).and_then(|file| file.metadata().and_then(|known| within(&file, known.len())))
    };
    let wrong = |message: String, help: &str| Failure::Input { message, help: Some(help.to_owned()) };
    match read {
        Ok(Some(bytes)) => Ok(bytes),
        Ok(None) => Err(wrong(
            format!("{}: is longer than 1 GiB, and no file that belongs here is", path.display()),
            "check that it is the file you meant",
        )),
        Err(e) => Err(wrong(format!("{}: cannot be read: {e}", path.display()), "check the path and the permissions")),
    }
}

/// All there is; `None` if that is too much. Where the length is known the room is made once: a secret leaves no copies
/// behind as the list grows.
fn within(from: impl Read, expected_bytes: u64) -> std::io::Result<Option<Vec<u8>>> {
    if expected_bytes > LONGEST_FILE_BYTES {
        return Ok(None);
    }
    let room = usize::try_from(expected_bytes + 1).unwrap_or_default();
    let mut bytes = Vec::with_capacity(room);
    from.take(LONGEST_FILE_BYTES + 1).read_to_end(&mut bytes)?;
    Ok((bytes.len() as u64 <= LONGEST_FILE_BYTES).then_some(bytes))
}

/// `path` with another ending after its name.
pub(crate) fn sibling(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    name.push(ending);
    path.with_file_name(name)
}
