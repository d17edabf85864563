//! A part of a move for another machine: one shard in a state folder of its own, and taking back what became of it.
//!
//! What it is for: a batch system runs `move shard --index K --part DIR` side by side on many machines. Each reads the
//! move's folder, changes nothing in it, and works in its own; `move gather` then takes the manifests over.
//!
//! What it deliberately does not do: it schedules nothing and talks to no other machine.
//!
//! ```text
//! PART/part.json        which shard of which move, by the digest of its list
//! PART/...              as in any folder of a move
//! ```

use std::{
    fs,
    io::Read as _,
    path::{Path, PathBuf},
};

use flagstate_evidence::hex::Digest;
use serde::{Deserialize, Serialize};

use crate::{
    copy::replace,
    folder::{Folder, FolderError, read_json, write_json},
    journal::{Journal, Shard, Stock},
    plan::PlannedShard,
    row::Row,
    settings::Settings,
    table::{Rows, TableError},
    trouble::Trouble,
};

/// Name and version of `part.json`.
pub const SCHEMA: &str = "flagstate-move-part/1";
const FILE: &str = "part.json";

/// Which shard of which move.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Part {
    /// [`SCHEMA`].
    pub schema: String,
    /// The move's name.
    #[serde(rename = "move")]
    pub id: String,
    /// The shard's number in the plan.
    pub index: u64,
    /// Its number in the journal.
    pub shard: i64,
    /// SHA-256 of its list.
    pub sha256: Digest,
}

/// A part cannot be given out or taken back.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PartError {
    /// Files.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// Another list than the plan's.
    #[error("shard {index} was listed again since the plan was made; make a new plan (`flagstate move plan`)")]
    ListedAgain {
        /// Its number in the plan.
        index: u64,
    },
    /// The probe's result is missing.
    #[error("{}: the target was not probed yet; make a plan first (`flagstate move plan`)", path.display())]
    NoProbe {
        /// The folder.
        path: PathBuf,
    },
    /// No part, or one of another move.
    #[error("{}: this is no part of the move in {}; name the folder that `flagstate move shard --part` made", path.display(), main.display())]
    Other {
        /// The part.
        path: PathBuf,
        /// The move.
        main: PathBuf,
    },
    /// Not done.
    #[error("{}: the shard is not done: {open} of its {rows} rows failed or were not reached; run `flagstate move shard` on it again", path.display())]
    Unfinished {
        /// The part.
        path: PathBuf,
        /// Rows without an outcome, or with a failure.
        open: u64,
        /// Rows.
        rows: u64,
    },
    /// Damaged on the way here.
    #[error("{}: the file is not what the part's journal says of it; copy the part here again", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// Not what the list says.
    #[error("{}: the manifest does not answer for `{key}` as it was listed; do this shard again in a fresh folder", path.display())]
    Missing {
        /// The part.
        path: PathBuf,
        /// The key.
        key: String,
    },
}

macro_rules! through {
    ($($error:ty),*) => { $(
        impl From<$error> for PartError {
            fn from(error: $error) -> Self {
                Self::Trouble(error.into())
            }
        }
    )* };
}
through!(FolderError, crate::journal::JournalError, TableError);

/// What becomes of a shard that is given out.
#[derive(Debug)]
pub enum Given {
    /// Its folder is ready.
    Ready(Folder),
    /// It was moved before: nothing to do.
    Done,
}

/// Makes the folder for a shard of a plan, or goes on with one that was made.
pub fn give_out(main: &Folder, planned: &PlannedShard, at: &Path) -> Result<Given, PartError> {
    let settings: Settings = read_json(&main.settings())?;
    let journal = Journal::read(&main.journal())?;
    let Some(shard) = journal.shard(planned.id)? else { return Err(PartError::ListedAgain { index: planned.index }) };
    let Some(work) = shard.work.clone() else { return Ok(Given::Done) };
    if work.digest != planned.sha256 {
        return Err(PartError::ListedAgain { index: planned.index });
    }
    let part = Part {
        schema: SCHEMA.to_owned(),
        id: settings.id.clone(),
        index: planned.index,
        shard: shard.id,
        sha256: work.digest,
    };
    let folder = Folder::create(at)?;
    let sign = folder.file(FILE);
    if sign.is_file() {
        let there: Part = read_json(&sign)?;
        if there != part {
            return Err(PartError::Other { path: at.to_owned(), main: main.root().to_owned() });
        }
    } else {
        fill(main, &folder, &journal, &shard)?;
        write_json(&folder.settings(), &settings)?;
        // Last: a folder without it was not made to the end, and is made again.
        write_json(&sign, &part)?;
    }
    // Acceptances can be added at any time.
    let own = Journal::open(&folder.journal())?;
    for acceptance in journal.accepted()? {
        own.accept(&acceptance)?;
    }
    Ok(Given::Ready(folder))
}

fn fill(main: &Folder, folder: &Folder, journal: &Journal, shard: &Shard) -> Result<(), PartError> {
    let probe = main.file("probe.json");
    if !probe.is_file() {
        return Err(PartError::NoProbe { path: main.root().to_owned() });
    }
    copy_file(&probe, &folder.file("probe.json"))?;
    for stock in [&shard.stock, &shard.work].into_iter().flatten() {
        copy_file(&main.rows(&stock.name), &folder.rows(&stock.name))?;
    }
    let own = Journal::open(&folder.journal())?;
    own.adopt(shard)?;
    for pass in journal.passes()? {
        own.adopt_pass(&pass)?;
    }
    Ok(())
}

fn copy_file(from: &Path, to: &Path) -> Result<(), FolderError> {
    let done = fs::copy(from, to).and_then(|_| fs::File::open(to)?.sync_all());
    done.map_err(|source| FolderError::Io { verb: "copied", path: from.to_owned(), source })
}

/// What a part brought.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Taken {
    /// The shard's number in the plan.
    pub index: u64,
    /// Rows of its list that have an outcome now; nothing where it had been taken before.
    pub rows: Option<u64>,
}

/// Takes over what became of a part's shard: every row of the list must be answered for, and every file be what was written.
pub fn take_back(main: &Folder, journal: &Journal, at: &Path) -> Result<Taken, PartError> {
    let other = || PartError::Other { path: at.to_owned(), main: main.root().to_owned() };
    let folder = Folder::open(at)?;
    let part: Part = read_json(&folder.file(FILE)).map_err(|_| other())?;
    let settings: Settings = read_json(&main.settings())?;
    if part.schema != SCHEMA || part.id != settings.id {
        return Err(other());
    }
    let Some(shard) = journal.shard(part.shard)? else { return Err(other()) };
    let Some(work) = &shard.work else { return Ok(Taken { index: part.index, rows: None }) };
    if work.digest != part.sha256 {
        return Err(PartError::ListedAgain { index: part.index });
    }
    let theirs = Journal::read(&folder.journal())?;
    let mut stocks: Vec<(Stock, Option<flagstate_objects::Key>)> = Vec::new();
    for done in theirs.shards()? {
        let Some(stock) = done.stock.filter(|_| done.work.is_none()) else {
            let settled: u64 =
                theirs.fates(part.shard)?.iter().filter(|(f, _)| **f != crate::row::Fate::Failed).map(|(_, n)| n).sum();
            return Err(PartError::Unfinished {
                path: at.to_owned(),
                open: work.rows.saturating_sub(settled),
                rows: work.rows,
            });
        };
        stocks.push((stock, done.range.through));
    }
    for (stock, _) in &stocks {
        if digest(&folder.rows(&stock.name))? != stock.digest {
            return Err(PartError::Damaged { path: folder.rows(&stock.name) });
        }
    }
    answered(main, &folder, &shard, work, &stocks)?;
    for (stock, _) in &stocks {
        copy_file(&folder.rows(&stock.name), &main.rows(&stock.name))?;
    }
    replace(main, journal, &shard, &stocks)?;
    Ok(Taken { index: part.index, rows: Some(work.rows) })
}

/// Every row of the list stands in the manifest, in the state that was listed, with an outcome; and nothing stands there
/// that is not of this shard.
fn answered(
    main: &Folder,
    part: &Folder,
    shard: &Shard,
    work: &Stock,
    stocks: &[(Stock, Option<flagstate_objects::Key>)],
) -> Result<(), PartError> {
    let missing = |row: &Row| PartError::Missing { path: part.root().to_owned(), key: row.key().escaped() };
    let mut asked = Rows::open(&main.rows(&work.name))?;
    let mut next = asked.next().transpose()?;
    for (stock, _) in stocks {
        for found in Rows::open(&part.rows(&stock.name))? {
            let found = found?;
            if !shard.range.holds(found.key()) {
                return Err(missing(&found));
            }
            let Some(row) = &next else { continue };
            match found.order(row) {
                std::cmp::Ordering::Less => {}
                std::cmp::Ordering::Equal if found.done.is_some() && found.same_source(&row.entry) => {
                    next = asked.next().transpose()?;
                }
                _ => return Err(missing(row)),
            }
        }
    }
    match next {
        Some(row) => Err(missing(&row)),
        None => Ok(()),
    }
}

fn digest(path: &Path) -> Result<Digest, FolderError> {
    use sha2::Digest as _;
    let io = |source| FolderError::Io { verb: "read", path: path.to_owned(), source };
    let mut file = fs::File::open(path).map_err(io)?;
    let (mut hasher, mut piece) = (sha2::Sha256::default(), vec![0; 1 << 16]);
    loop {
        let n = file.read(&mut piece).map_err(io)?;
        if n == 0 {
            return Ok(Digest(hasher.finalize().into()));
        }
        hasher.update(piece.get(..n).unwrap_or_default());
    }
}
