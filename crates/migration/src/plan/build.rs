//! Making a plan from the shards: one pass over the lists, with memory for a few examples only.

use std::collections::BTreeMap;

use flagstate_objects::{ContainerFacts, Key, Kind, Version};
use jiff::Timestamp;

use super::{Plan, PlannedLoss, PlannedShard, Price, Refusal, Requests, Requirement, SCHEMA, SizeClass, Speed};
use crate::{
    ends::Work,
    fit::{self, Loss},
    folder::Folder,
    journal::Journal,
    row::Row,
    settings::Settings,
    table::Rows,
    trouble::Trouble,
};

/// Examples kept of each loss.
const EXAMPLES: usize = 5;
/// Refused keys named.
const REFUSALS: usize = 100;
/// Bounds of size classes.
const CLASSES: [u64; 6] = [0, 16 << 10, 1 << 20, 32 << 20, 1 << 30, 100 << 30];

/// What a plan rests on besides the shards.
#[derive(Clone, Debug)]
pub struct Ask {
    /// What moves where.
    pub settings: Settings,
    /// The source's container.
    pub source: ContainerFacts,
    /// The judgement on the target.
    pub requirement: Option<Requirement>,
    /// The price of reading out.
    pub price: Option<Price>,
    /// What the way allows.
    pub speed: Speed,
    /// Objects up to this size go in one request.
    pub single_bytes: u64,
    /// Size of parts, where somebody wants one.
    pub part_bytes: Option<u64>,
    /// The plan before.
    pub parent: Option<flagstate_evidence::hex::Digest>,
    /// What makes it.
    pub tool: String,
    /// When.
    pub at: Timestamp,
}

struct Count {
    objects: u64,
    bytes: u64,
    largest: u64,
    classes: Vec<(u64, u64)>,
    losses: BTreeMap<Loss, PlannedLoss>,
    refusals: Vec<Refusal>,
    requests: Requests,
    rows: u64,
}

/// Makes the plan.
pub fn build(work: &Work, folder: &Folder, journal: &Journal, ask: Ask) -> Result<Plan, Trouble> {
    let mut count = Count {
        objects: 0,
        bytes: 0,
        largest: 0,
        classes: vec![(0, 0); CLASSES.len() + 1],
        losses: BTreeMap::new(),
        refusals: Vec::new(),
        requests: Requests::default(),
        rows: 0,
    };
    let mut shards = Vec::new();
    for (index, shard) in (0..).zip(journal.shards()?) {
        let Some(stock) = shard.work.as_ref() else { continue };
        for row in Rows::open(&folder.rows(&stock.name))? {
            count.row(work, &ask, &row?);
        }
        shards.push(PlannedShard {
            index,
            id: shard.id,
            after: shard.range.after.as_ref().map(Key::escaped),
            through: shard.range.through.as_ref().map(Key::escaped),
            objects: stock.rows,
            bytes: stock.bytes,
            sha256: stock.digest,
        });
    }
    let sizes = sizes(work, &ask, &count);
    count.requests.list = count.rows.div_ceil(u64::from(work.ends.source.store.limits().list_page.max(1))).max(1);
    let (blocks, notes) = remarks(work, &ask, &count);
    Ok(Plan {
        schema: SCHEMA.to_owned(),
        settings: ask.settings,
        parent: ask.parent,
        made_at: ask.at,
        tool: ask.tool,
        objects: count.objects,
        bytes: count.bytes,
        largest: count.largest,
        sizes,
        requests: count.requests,
        time: ask.speed.of(count.objects, count.bytes),
        cost: ask.price.map(|p| p.of(count.bytes)),
        requirement: ask.requirement,
        losses: count.losses.into_values().collect(),
        refusals: count.refusals,
        blocks,
        notes,
        source: ask.source,
        target: work.can.clone(),
        shards,
    })
}

impl Count {
    fn row(&mut self, work: &Work, ask: &Ask, row: &Row) {
        self.rows += 1;
        let (entry, limits) = (&row.entry, work.ends.target.store.limits());
        if let Some(loss) = stays(row, work.ends.versions) {
            self.lose(loss, row);
            return;
        }
        let key = work.ends.target_key(&entry.key);
        if let Some(why) = work.can.key_problem(&key, limits) {
            self.lose(Loss::Keys, row);
            if self.refusals.len() < REFUSALS {
                self.refusals.push(Refusal { key: entry.key.escaped(), why });
            }
            return;
        }
        let parts = if entry.size > ask.single_bytes { limits.part_size(entry.size, 32 << 20) } else { Some(0) };
        let Some(part) = parts else {
            self.lose(Loss::Size, row);
            return;
        };
        match entry.kind {
            Kind::AppendBlob => self.lose(Loss::AppendBlobs, row),
            Kind::PageBlob => self.lose(Loss::PageBlobs, row),
            _ => {}
        }
        if let Some(details) = entry.details.as_ref() {
            if details.archived {
                self.lose(Loss::Archived, row);
            }
            for loss in fit::fit(details.properties.clone(), Some(details), limits, &work.can, work.keep()).losses {
                self.lose(loss, row);
            }
        }
        self.objects += 1;
        self.bytes = self.bytes.saturating_add(entry.size);
        self.largest = self.largest.max(entry.size);
        let class = CLASSES.iter().position(|most| entry.size <= *most).unwrap_or(CLASSES.len());
        if let Some((objects, bytes)) = self.classes.get_mut(class) {
            *objects += 1;
            *bytes = bytes.saturating_add(entry.size);
        }
        let parts = if part == 0 { 0 } else { entry.size.div_ceil(part) };
        self.requests.read += if parts == 0 { 1 } else { parts + 1 } + u64::from(work.ends.object_acls);
        self.requests.write += if parts == 0 { 1 } else { parts + 2 };
    }

    fn lose(&mut self, loss: Loss, row: &Row) {
        let entry = self.losses.entry(loss).or_insert_with(|| PlannedLoss {
            name: loss,
            means: loss.means().to_owned(),
            records: 0,
            bytes: 0,
            examples: Vec::new(),
        });
        entry.records += 1;
        entry.bytes = entry.bytes.saturating_add(row.entry.size);
        if entry.examples.len() < EXAMPLES {
            entry.examples.push(row.entry.key.escaped());
        }
    }
}

/// The loss by which a state of an object stays behind.
pub(crate) fn stays(row: &Row, versions: bool) -> Option<Loss> {
    let entry = &row.entry;
    match entry.kind {
        Kind::Directory => Some(Loss::Directories),
        Kind::Uncommitted => Some(Loss::Uncommitted),
        Kind::Deleted => Some(Loss::SoftDeleted),
        Kind::DeleteMarker if !versions => Some(Loss::DeleteMarkers),
        _ if matches!(entry.version, Some(Version::Snapshot(_))) && !versions => Some(Loss::Snapshots),
        _ if !entry.current && !versions => Some(Loss::Versions),
        _ => None,
    }
}

fn sizes(work: &Work, ask: &Ask, count: &Count) -> Vec<SizeClass> {
    let limits = work.ends.target.store.limits();
    let bounds = CLASSES.iter().copied().map(Some).chain([None]);
    let classes = bounds.zip(&count.classes).filter(|(_, (objects, _))| *objects > 0);
    classes
        .map(|(up_to, (objects, bytes))| {
            let largest = up_to.unwrap_or(count.largest).min(count.largest);
            let wanted = ask.part_bytes.unwrap_or(32 << 20);
            let part_bytes = if largest > ask.single_bytes { limits.part_size(largest, wanted) } else { None };
            SizeClass { up_to, objects: *objects, bytes: *bytes, part_bytes }
        })
        .collect()
}

/// What forbids the plan, and what should be known.
fn remarks(work: &Work, ask: &Ask, count: &Count) -> (Vec<String>, Vec<String>) {
    let (mut blocks, mut notes) = (Vec::new(), work.can.notes.clone());
    if let Some(requirement) = ask.requirement.as_ref().filter(|r| !r.holds) {
        let why = requirement.findings.first().map_or("it was judged so", String::as_str);
        blocks.push(format!(
            "the requirement of `{}` would not hold on {} as of {}: {why}",
            requirement.workload, requirement.offering, requirement.as_of
        ));
    }
    if ask.settings.from == ask.settings.to {
        blocks.push("source and target are the same place".to_owned());
    }
    if work.ends.versions && !work.can.versions {
        blocks.push("all versions are to move, and the target keeps none; switch versioning on there".to_owned());
    }
    if work.ends.keep_holds {
        if work.can.container.object_lock == Some(true) {
            notes.push(
                "retention is set at the target as the source has it: what is locked in compliance mode can be removed there by \
                 nobody before its day, not even to go back"
                    .to_owned(),
            );
        } else {
            blocks.push(
                "retention and legal holds are to be kept, and the target's container locks no objects; create it with Object \
                 Lock, or begin the move without --keep-holds"
                    .to_owned(),
            );
        }
    }
    if count.largest > ask.single_bytes && !work.can.uploads {
        blocks.push("the largest objects must go in parts, and the target takes none".to_owned());
    }
    if !work.can.if_absent {
        notes.push("the target cannot be asked to write only where nothing is: an object of another writer could be overwritten".to_owned());
    }
    if work.can.checked.is_empty() && work.ends.target.store.limits().id != "file" {
        notes.push("the target compares no checksum: every object is read back after it was written".to_owned());
    }
    if work.ends.object_acls {
        notes.push(
            "objects at the source may have access lists of their own: each is asked for, and who else had rights is a loss to \
             accept (`object-acl`)"
                .to_owned(),
        );
    }
    for (name, source, target) in crate::access::pairs(&ask.source, &work.can.container) {
        let named = |text: String| if name.is_empty() { text } else { format!("{name}: {text}") };
        match (source.public_read, target.public_read) {
            (Some(false), Some(true)) => {
                let text = "anybody may read at the target, and nobody at the source: close it first";
                blocks.push(named(text.to_owned()));
            }
            (Some(true), Some(false)) => {
                notes.push(named("anybody may read at the source, and nobody at the target".to_owned()));
            }
            _ => {}
        }
        notes.extend(crate::access::weaker_encryption(source, target).map(named));
    }
    (blocks, notes)
}
