//! Files that nobody asked for: partial tiles of earlier sizes, tiles ahead of the checkpoint, strangers.

use std::{collections::BTreeMap, fs, path::Path};

use flagstate_tlog::{
    Checkpoint, TileId,
    tile::{Bundle, Layer},
};

use super::{
    super::{
        place::PRIVATE,
        publish::sentence,
        store::{CHECKPOINT, StoreError, TileStore},
    },
    FileClass, is_private,
    private::Ahead,
    report::{Finding, Problem, Report},
};

/// Looks at every file below `tile/` that the tree itself does not have.
pub(super) fn check(
    store: &dyn TileStore,
    checkpoint: &Checkpoint,
    ahead: &Ahead,
    running: bool,
    report: &mut Report,
) -> Result<(), StoreError> {
    let size = checkpoint.size();
    // The partial files beside each tile, so that the tile is read once.
    let mut partial: BTreeMap<TileId, Vec<TileId>> = BTreeMap::new();
    store.list(&mut |path| match path.parse::<TileId>() {
        Ok(id) => {
            let now = TileId::at(id.layer(), id.index(), size);
            match now {
                Some(now) if now == id => {}
                Some(now) if id.width() < now.width() => partial.entry(now).or_default().push(id),
                _ if running || ahead.has(id) => {}
                _ => report.found(Finding::new(path, Problem::Extra)),
            }
        }
        Err(_) => report.found(Finding::new(path, Problem::Extra)),
    })?;
    for (now, olds) in partial {
        if report.findings.iter().any(|finding| finding.path == now.path()) {
            // Named already, and nothing to compare with.
            continue;
        }
        let Ok(Some(bytes)) = store.read(&now.path()) else { continue };
        for old in olds {
            report.files += 1;
            if let Some(finding) = older(store, now, &bytes, old, running) {
                report.found(finding);
            }
        }
    }
    Ok(())
}

/// A partial file of an earlier size must be the beginning of what followed.
fn older(store: &dyn TileStore, now: TileId, bytes: &[u8], old: TileId, running: bool) -> Option<Finding> {
    let begin = match old.layer() {
        // If the bundle cannot be taken apart, it was named already.
        Layer::Entries => Bundle::parse(bytes, now.width()).ok()?.first(old.width())?,
        Layer::Level(_) => bytes.get(..usize::from(old.width()) * 32)?,
    };
    match store.read(&old.path()) {
        Ok(Some(there)) if there == begin => None,
        Ok(None) if running => None,
        Ok(None) => Some(Finding::new(old.path(), Problem::Missing)),
        Ok(Some(_)) => Some(Finding::damaged(old.path(), format!("it is not the beginning of {now}"))),
        Err(error) => Some(Finding::new(old.path(), Problem::Unreadable(sentence(&error)))),
    }
}

/// Names files outside `tile/` that belong neither to the log nor to a class.
pub(super) fn strangers(dir: &Path, classes: &[&dyn FileClass], report: &mut Report) {
    let mut open = vec![(dir.to_owned(), String::new())];
    while let Some((directory, prefix)) = open.pop() {
        let entries = match fs::read_dir(&directory) {
            Ok(entries) => entries,
            Err(error) => {
                report.found(Finding::new(prefix, Problem::Unreadable(sentence(&error))));
                continue;
            }
        };
        for entry in entries.flatten() {
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                if path != "tile" {
                    open.push((entry.path(), format!("{path}/")));
                }
            } else if half_written(&path) {
                report.notes.push(format!("{path}: left by a writer that was killed; the next one removes it"));
            } else if path != CHECKPOINT && !is_private(&path) && !classes.iter().any(|class| class.owns(&path)) {
                report.found(Finding::new(path, Problem::Extra));
            }
        }
    }
}

/// Files on their way.
fn half_written(path: &str) -> bool {
    let name = path.strip_prefix(PRIVATE).and_then(|p| p.strip_prefix('/')).unwrap_or_default();
    name.starts_with("tmp/") || name == "wal/unfinished" || Path::new(name).extension().is_some_and(|e| e == "new")
}
