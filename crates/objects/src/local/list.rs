//! Walking a folder in the order of keys, page by page.
//!
//! A page takes up the walk where the last one left it, so that a folder is read once and not once per page. Memory is
//! the names of the folders on the way down to the current key.

use std::{collections::VecDeque, ffi::OsStr, fs, io, os::unix::ffi::OsStrExt as _, path::PathBuf, sync::PoisonError};

use super::{Inner, Local, read::entry};
use crate::{Cursor, Entry, Key, Kind, List, ListError, Page, limits::RESERVED};

/// Walks that are kept for their next page.
const KEPT: usize = 64;

/// A walk below a prefix.
#[derive(Debug)]
pub(super) struct Walk {
    prefix: Key,
    until: Option<Key>,
    delimiter: Option<Key>,
    /// Behind this key it goes on.
    behind: Option<Key>,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    /// The folder's key, with a slash at its end; empty for the root.
    key: Vec<u8>,
    /// Names in order; those of folders with a slash at their end.
    names: VecDeque<Vec<u8>>,
}

pub(super) async fn list(local: &Local, ask: &List) -> Result<Page, ListError> {
    let ask = ask.clone();
    local.blocking(move |i| i.page(&ask)).await?
}

impl Inner {
    fn page(&self, ask: &List) -> Result<Page, ListError> {
        let behind = match &ask.cursor {
            Some(Cursor::Key(key) | Cursor::Version(key, _) | Cursor::Token(_, key)) => Some(key.clone()),
            None => ask.after.clone(),
        };
        let mut walk = match self.kept(ask, behind.as_ref()) {
            Some(walk) => walk,
            None => self.walk(ask, behind)?,
        };
        let most = usize::try_from(ask.page.unwrap_or(1000)).unwrap_or(1000).max(1);
        let mut page = Page::default();
        while page.entries.len() + page.prefixes.len() < most {
            let Some((key, meta)) = self.next(&mut walk)? else { return Ok(page) };
            walk.behind = Some(key.clone());
            if let Some(fold) = fold(&key, ask) {
                walk.skip(&fold);
                walk.behind = Some(fold.clone());
                page.prefixes.push(fold);
                continue;
            }
            let found = if meta.is_file() {
                entry(&key, &meta)
            } else {
                Entry { key, kind: Kind::NotAFile, current: true, ..Entry::default() }
            };
            page.entries.push(found);
        }
        page.next = walk.behind.clone().map(Cursor::Key);
        let mut walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
        if walks.len() >= KEPT {
            walks.remove(0);
        }
        walks.push(walk);
        Ok(page)
    }

    /// The walk that ended its last page there.
    fn kept(&self, ask: &List, behind: Option<&Key>) -> Option<Walk> {
        let mut walks = self.walks.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |w: &Walk| {
            ask.cursor.is_some()
                && w.behind.as_ref() == behind
                && w.prefix == ask.prefix
                && w.until == ask.until
                && w.delimiter == ask.delimiter
        };
        let at = walks.iter().position(same)?;
        Some(walks.remove(at))
    }

    fn walk(&self, ask: &List, behind: Option<Key>) -> Result<Walk, ListError> {
        let mut walk = Walk {
            prefix: ask.prefix.clone(),
            until: ask.until.clone(),
            delimiter: ask.delimiter.clone(),
            behind,
            levels: Vec::new(),
        };
        // Begin in the deepest folder that holds everything below the prefix.
        let bytes = ask.prefix.as_bytes();
        let folder = bytes.iter().rposition(|b| *b == b'/').map_or(&[][..], |at| bytes.get(..=at).unwrap_or_default());
        let name = Key::new(folder.strip_suffix(b"/").unwrap_or(folder));
        // A folder that no path can hold has nothing in it.
        if folder.is_empty() || self.path(&name).is_some() {
            self.enter(&mut walk, folder.to_vec())?;
        }
        Ok(walk)
    }

    /// Reads a folder's names.
    fn enter(&self, walk: &mut Walk, key: Vec<u8>) -> Result<(), ListError> {
        let path: PathBuf = self.root.join(OsStr::from_bytes(&key));
        let disk = |e| ListError::from(self.disk("listing a folder", e));
        let found = match fs::read_dir(&path) {
            // Gone meanwhile, or never there: below the root that is nothing to tell.
            Err(e) if !key.is_empty() && matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(());
            }
            found => found.map_err(disk)?,
        };
        let mut names = Vec::new();
        for item in found {
            let item = item.map_err(disk)?;
            let mut name = item.file_name().as_bytes().to_vec();
            if key.is_empty() && name == RESERVED {
                continue;
            }
            if item.file_type().map_err(disk)?.is_dir() {
                name.push(b'/');
            }
            if walk.wants(&key, &name) {
                names.push(name);
            }
        }
        names.sort_unstable();
        walk.levels.push(Level { key, names: names.into() });
        Ok(())
    }

    fn next(&self, walk: &mut Walk) -> Result<Option<(Key, fs::Metadata)>, ListError> {
        loop {
            let Some(level) = walk.levels.last_mut() else { return Ok(None) };
            let Some(name) = level.names.pop_front() else {
                walk.levels.pop();
                continue;
            };
            let key = [level.key.as_slice(), &name].concat();
            if name.ends_with(b"/") {
                self.enter(walk, key)?;
                continue;
            }
            match fs::symlink_metadata(self.root.join(OsStr::from_bytes(&key))) {
                Ok(meta) => return Ok(Some((Key::new(key), meta))),
                // Deleted since its folder was read.
                Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                Err(e) => return Err(self.disk("looking at a file", e).into()),
            }
        }
    }
}

impl Walk {
    /// True when a name of a folder can hold or be a key of this walk.
    fn wants(&self, folder: &[u8], name: &[u8]) -> bool {
        let key = [folder, name].concat();
        let is_folder = name.ends_with(b"/");
        let prefix = self.prefix.as_bytes();
        let fits = key.starts_with(prefix) || (is_folder && prefix.starts_with(&key));
        let late = self.until.as_ref().is_some_and(|u| key.as_slice() >= u.as_bytes());
        let early = self.behind.as_ref().is_some_and(|b| {
            let b = b.as_bytes();
            // A folder is behind us when all of its keys are.
            key.as_slice() <= b && !(is_folder && b.starts_with(&key) && !self.folded(b))
        });
        fits && !late && !early
    }

    /// True when the mark is a folded prefix: everything in it has been said.
    fn folded(&self, mark: &[u8]) -> bool {
        self.delimiter.as_ref().is_some_and(|d| !d.is_empty() && mark.ends_with(d.as_bytes()))
    }

    /// Leaves everything below a folded prefix.
    fn skip(&mut self, fold: &Key) {
        let fold = fold.as_bytes();
        while self.levels.last().is_some_and(|l| l.key.starts_with(fold)) {
            self.levels.pop();
        }
        if let Some(level) = self.levels.last_mut() {
            let folder = level.key.clone();
            level.names.retain(|n| ![folder.as_slice(), n].concat().starts_with(fold));
        }
    }
}

/// What stands before the delimiter, behind the prefix.
fn fold(key: &Key, ask: &List) -> Option<Key> {
    let delimiter = ask.delimiter.as_ref().filter(|d| !d.is_empty())?;
    let rest = key.as_bytes().get(ask.prefix.len()..)?;
    let at = rest.windows(delimiter.len()).position(|w| w == delimiter.as_bytes())?;
    Some(Key::new(key.as_bytes().get(..ask.prefix.len() + at + delimiter.len())?))
}
