//! Later passes: what changed at the source since the manifest, and what at the target is not what was written.
//!
//! What it is for: listings against the manifest, shard by shard, side by side, without a question per object. What differs
//! becomes the work of its shard; copying does the rest. What is gone at the source is proposed for deletion, never deleted
//! here.
//!
//! What it deliberately does not do: it reads no object's content, and trusts no listing to be complete beyond what the store
//! says. An object that changes back and forth between two listings with the same state does not show.

mod compare;
mod leaves;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, atomic::Ordering},
};

use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use self::{compare::Compare, leaves::Leaves};
use crate::{
    ends::Work,
    folder::Folder,
    inventory::fresh_name,
    journal::{Journal, Shard, Stock},
    row::{Fate, Row},
    spool::Listing,
    table::{Rows, TableError, Writer},
    tree::{self, Growing, Summary},
    trouble::Trouble,
    walk::Walk,
};

/// How a pass is made.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Shards side by side.
    pub listers: usize,
    /// List the target too: objects that went away or were changed there show.
    pub target: bool,
    /// Deletions that were proposed before are wanted now.
    pub delete: bool,
    /// Compute the roots over both listings.
    pub roots: bool,
}

/// The roots over two listings.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Roots {
    /// The source's.
    pub source: Summary,
    /// The target's.
    pub target: Summary,
}

impl Default for Options {
    fn default() -> Self {
        Self { listers: LISTERS, target: true, delete: false, roots: false }
    }
}

/// What a pass found.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Delta {
    /// New at the source.
    pub new: u64,
    /// Changed at the source, or not moved before.
    pub changed: u64,
    /// Gone at the source, with an object at the target.
    pub gone: u64,
    /// Not at the target as it was written.
    pub damaged: u64,
    /// Bytes to be moved.
    pub bytes: u64,
    /// At the target, and not of this move.
    pub strangers: u64,
    /// The first keys of each kind.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub examples: Vec<String>,
}

impl Delta {
    /// True when nothing is to be moved or proposed.
    pub fn is_empty(&self) -> bool {
        self.new + self.changed + self.gone + self.damaged == 0
    }
}

/// Shards listed side by side: each takes about twelve MiB for its pages and its manifest.
pub const LISTERS: usize = 4;

/// Examples kept.
const EXAMPLES: usize = 10;

/// Lists everything again, or goes on with that. Every shard must be at rest.
pub async fn run(
    work: &Arc<Work>,
    folder: &Folder,
    journal: &Arc<Journal>,
    options: Options,
    kind: &str,
) -> Result<(Delta, Option<Roots>), Trouble> {
    let pass = match journal.last_pass()? {
        // Roots need everything in one pass.
        Some(pass) if pass.ended.is_none() && pass.kind == kind && !options.roots => pass.id,
        _ => journal.begin_pass(kind, &work.now().to_string())?,
    };
    folder.sweep(&journal.files()?)?;
    let shards = journal.shards()?;
    work.meter.reset(shards.iter().filter_map(|s| s.stock.as_ref()).map(|s| s.rows).sum(), 0);
    let sides = Arc::new(Sides {
        source: work.source_listing(folder, journal).await?,
        target: if options.target { Some(work.target_listing(folder).await?) } else { None },
    });
    let due = shards.into_iter().filter(|s| s.listed < pass && s.work.is_none()).collect();
    let seen = list_all(work, folder, journal, (due, sides), (pass, options)).await?;
    let delta = Delta { strangers: seen.strangers, ..count(folder, journal)? };
    journal.end_pass(pass, &work.now().to_string(), &serde_json::to_string(&delta).unwrap_or_default())?;
    let roots = options
        .roots
        .then(|| Roots { source: seen.source.summary(tree::LISTING), target: seen.target.summary(tree::LISTING) });
    Ok((delta, roots))
}

/// What was seen beside the work that was found.
#[derive(Default)]
struct Seen {
    strangers: u64,
    source: Growing,
    target: Growing,
}

/// Lists shards side by side; their hashes are put together in order.
async fn list_all(
    work: &Arc<Work>,
    folder: &Folder,
    journal: &Arc<Journal>,
    (shards, sides): (Vec<Shard>, Arc<Sides>),
    (pass, options): (u64, Options),
) -> Result<Seen, Trouble> {
    let listers = options.listers.max(1);
    let mut waiting: VecDeque<(usize, Shard)> = shards.into_iter().enumerate().collect();
    let mut flying = JoinSet::new();
    let mut ready: BTreeMap<usize, One> = BTreeMap::new();
    let (mut seen, mut next, mut trouble) = (Seen::default(), 0, None);
    loop {
        while trouble.is_none() && flying.len() < listers && ready.len() < 4 * listers {
            let Some((index, shard)) = waiting.pop_front() else { break };
            let (work, folder, journal) = (Arc::clone(work), folder.clone(), Arc::clone(journal));
            let sides = Arc::clone(&sides);
            flying.spawn(async move { (index, one(&work, &folder, &journal, (shard, &sides), (pass, options)).await) });
        }
        match flying.join_next().await {
            None if trouble.is_none() && !waiting.is_empty() => {}
            None => break,
            Some(Ok((index, Ok(one)))) => drop(ready.insert(index, one)),
            Some(Ok((_, Err(e)))) => trouble = trouble.or(Some(e)),
            Some(Err(_)) => trouble = trouble.or(Some(Trouble::Fault)),
        }
        while let Some(one) = ready.remove(&next) {
            next += 1;
            seen.strangers += one.strangers;
            if let Some(leaves) = one.leaves {
                leaves.source.grow(&mut seen.source)?;
                leaves.target.grow(&mut seen.target)?;
            }
        }
    }
    match trouble {
        Some(trouble) => Err(trouble),
        None => Ok(seen),
    }
}

/// How both sides are listed.
struct Sides {
    source: Listing,
    target: Option<Listing>,
}

/// What one shard showed.
struct One {
    strangers: u64,
    leaves: Option<compare::BothLeaves>,
}

/// Counts what shards have to do.
pub fn count(folder: &Folder, journal: &Journal) -> Result<Delta, Trouble> {
    let mut delta = Delta::default();
    for shard in journal.shards()? {
        let Some(work) = shard.work else { continue };
        for row in Rows::open(&folder.rows(&work.name))? {
            let row = row?;
            let (counter, word) = match row.fate() {
                None => (&mut delta.new, "new"),
                Some(Fate::Gone) => (&mut delta.gone, "gone"),
                Some(Fate::Damaged) => (&mut delta.damaged, "not as written at the target"),
                Some(_) => (&mut delta.changed, "changed"),
            };
            *counter += 1;
            if row.fate() != Some(Fate::Gone) {
                delta.bytes = delta.bytes.saturating_add(row.entry.size);
            }
            if delta.examples.len() < EXAMPLES {
                delta.examples.push(format!("{} ({word})", row.key()));
            }
        }
    }
    Ok(delta)
}

/// Lists one shard again and writes what is to be done.
async fn one(
    work: &Work,
    folder: &Folder,
    journal: &Journal,
    (shard, sides): (Shard, &Sides),
    (pass, options): (u64, Options),
) -> Result<One, Trouble> {
    let rows: Box<dyn Iterator<Item = Result<Row, TableError>> + Send> = match &shard.stock {
        Some(stock) => Box::new(Rows::open(&folder.rows(&stock.name))?),
        None => Box::new(std::iter::empty()),
    };
    let ends = &work.ends;
    let source = Walk::new(&sides.source, &work.retry, &ends.source_wish(), &shard.range).met_by(&work.meter);
    let range = ends.target_range(&shard.range);
    let target =
        sides.target.as_ref().map(|t| Walk::new(t, &work.retry, &ends.target_wish(), &range).met_by(&work.meter));
    let leaves = || Ok::<_, Trouble>(Leaves::create(folder, pass)?);
    let leaves = if options.roots { Some(compare::BothLeaves { source: leaves()?, target: leaves()? }) } else { None };
    let mut compare = Compare::new(ends, rows, source, target, options.delete).with_leaves(leaves);
    let mut writer: Option<Writer> = None;
    let mut listed = 0;
    while let Some(changes) = compare.next().await? {
        if work.meter.stopped() {
            return Err(Trouble::Stopped);
        }
        work.meter.listed.fetch_add(compare.listed() - listed, Ordering::Relaxed);
        listed = compare.listed();
        for row in changes {
            let writer = match &mut writer {
                Some(writer) => writer,
                None => writer.insert(Writer::create(&folder.rows(&fresh_name("delta", pass)))?),
            };
            writer.push(row)?;
        }
    }
    let finished = writer.map(Writer::finish).transpose()?;
    journal.relisted(shard.id, finished.as_ref().map(Stock::of).as_ref(), pass)?;
    Ok(One { strangers: compare.strangers(), leaves: compare.take_leaves() })
}

#[cfg(test)]
mod tests;
