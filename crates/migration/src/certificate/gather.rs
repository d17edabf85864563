//! One pass over the manifest: trees, counts, losses, gaps.

use std::collections::BTreeMap;

use super::{Group, ManifestFile};
use crate::{
    fit::Loss,
    folder::Folder,
    journal::Journal,
    row::{Done, Fate, Row, Witness},
    table::Rows,
    tree::{self, Growing, Side},
    trouble::Trouble,
};

/// Examples kept of each kind.
const EXAMPLES: usize = 10;

/// What the manifest says, summed up.
#[derive(Debug, Default)]
pub struct Gathered {
    /// Records of what was read.
    pub source: Growing,
    /// Records of what arrived.
    pub target: Growing,
    /// Objects that moved.
    pub objects: u64,
    /// Their bytes at the source.
    pub bytes: u64,
    /// Marks of deletion.
    pub marks: u64,
    /// Who vouched for what was read.
    pub read: BTreeMap<Witness, u64>,
    /// Who vouched for what arrived.
    pub wrote: BTreeMap<Witness, u64>,
    /// Losses.
    pub losses: BTreeMap<Loss, Group>,
    /// Gaps.
    pub gaps: BTreeMap<Fate, Group>,
    /// Files.
    pub manifest: Vec<ManifestFile>,
}

/// Reads the whole manifest. Shards with work still to do are read as they were before it.
pub fn gather(folder: &Folder, journal: &Journal) -> Result<Gathered, Trouble> {
    let mut all = Gathered::default();
    for shard in journal.shards()? {
        let Some(stock) = shard.stock else { continue };
        let before = all.source.len();
        for row in Rows::open(&folder.rows(&stock.name))? {
            all.row(&row?);
        }
        let records = all.source.len() - before;
        all.manifest.push(ManifestFile { name: stock.name, rows: stock.rows, records, sha256: stock.digest });
    }
    Ok(all)
}

/// True for rows that are records of the trees.
pub(super) fn is_record(row: &Row) -> bool {
    matches!(row.fate(), Some(Fate::Moved | Fate::Marked))
}

impl Gathered {
    fn row(&mut self, row: &Row) {
        let Some(done) = &row.done else {
            self.gap(Fate::Failed, row, None);
            return;
        };
        if is_record(row) {
            if let Some(record) = tree::record(row, Side::Source) {
                self.source.push(&record, row.entry.size);
            }
            if let Some(record) = tree::record(row, Side::Target) {
                self.target.push(&record, done.arrived.as_ref().map_or(row.entry.size, |a| a.size));
            }
        }
        match done.fate {
            Fate::Moved => self.moved(row, done),
            Fate::Marked => self.marks += 1,
            Fate::Deleted => {}
            Fate::Left => match named(done) {
                Some(loss) => add(self.losses.entry(loss).or_default(), row, None),
                None => self.gap(Fate::Left, row, Some(done)),
            },
            Fate::Refused => {
                let loss = if done.note.as_deref().is_some_and(|n| n.contains("cannot hold the key")) {
                    Loss::Keys
                } else {
                    Loss::Size
                };
                add(self.losses.entry(loss).or_default(), row, done.note.as_deref());
                self.gap(Fate::Refused, row, Some(done));
            }
            fate => self.gap(fate, row, Some(done)),
        }
    }

    fn moved(&mut self, row: &Row, done: &Done) {
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(row.entry.size);
        *self.read.entry(done.read).or_default() += 1;
        *self.wrote.entry(done.wrote).or_default() += 1;
        let lost = done.note.as_deref().and_then(|n| n.strip_prefix("lost: "));
        let (names, more) =
            lost.map(|l| l.split_once("; ").map_or((l, None), |(n, m)| (n, Some(m)))).unwrap_or_default();
        for loss in names.split(", ").filter_map(Loss::of_name) {
            add(self.losses.entry(loss).or_default(), row, more.filter(|_| loss == Loss::ObjectAcl));
        }
    }

    fn gap(&mut self, fate: Fate, row: &Row, done: Option<&Done>) {
        add(self.gaps.entry(fate).or_default(), row, done.and_then(|d| d.note.as_deref()));
    }
}

/// The loss that a row's note begins with.
fn named(done: &Done) -> Option<Loss> {
    Loss::of_name(done.note.as_deref()?.split(':').next()?)
}

fn add(group: &mut Group, row: &Row, why: Option<&str>) {
    group.records += 1;
    group.bytes = group.bytes.saturating_add(row.entry.size);
    if group.examples.len() < EXAMPLES {
        let key = row.entry.key.escaped();
        group.examples.push(match why {
            Some(why) => format!("{key}: {why}"),
            None => key,
        });
    }
}
