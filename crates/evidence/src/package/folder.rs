//! A folder that appears whole or not at all.
//!
//! What it is for: files are written below a temporary name beside the target; when all are durable the folder gets its
//! name. Who finds the target finds all of it.
//!
//! What it deliberately does not do: it never writes over anything that is there.

use std::{
    collections::BTreeSet,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// What the temporary name ends in.
const UNFINISHED: &str = ".unfinished";

/// A folder on its way. Dropped before [`Folder::finish`], it is removed.
#[derive(Debug)]
pub(super) struct Folder {
    target: PathBuf,
    work: PathBuf,
    dirs: BTreeSet<PathBuf>,
    done: bool,
}

impl Folder {
    /// Starts a folder that shall be named `target`. What an earlier run left unfinished is removed first.
    pub(super) fn start(target: &Path) -> io::Result<Self> {
        let name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        if fs::exists(target)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        let mut work_name = name.to_owned();
        work_name.push(UNFINISHED);
        let work = target.with_file_name(work_name);
        if fs::exists(&work)? {
            fs::remove_dir_all(&work)?;
        }
        fs::create_dir(&work)?;
        Ok(Self { target: target.to_owned(), dirs: BTreeSet::from([work.clone()]), work, done: false })
    }

    /// Where the files are until the end.
    pub(super) fn path(&self) -> &Path {
        &self.work
    }

    /// Writes a new file, durably.
    pub(super) fn write(&mut self, relative: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.work.join(relative);
        for dir in path.ancestors().skip(1).take_while(|dir| dir.starts_with(&self.work)) {
            self.dirs.insert(dir.to_owned());
        }
        path.parent().map_or(Ok(()), fs::create_dir_all)?;
        let mut file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        file.write_all(bytes)?;
        file.sync_all()
    }

    /// Gives the folder its name.
    pub(super) fn finish(mut self) -> io::Result<()> {
        for dir in &self.dirs {
            File::open(dir)?.sync_all()?;
        }
        if fs::exists(&self.target)? {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        fs::rename(&self.work, &self.target)?;
        self.done = true;
        let parent = self.target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        File::open(parent)?.sync_all()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !self.done {
            let _ = fs::remove_dir_all(&self.work);
        }
    }
}
