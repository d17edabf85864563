//! Every bundle and tile of a tree, hashed and compared, level by level.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    thread,
};

use flagstate_tlog::{
    Checkpoint, EMPTY_ROOT, Frontier, Hash, TileId, leaf_hash, node_hash,
    tile::{Bundle, Layer, TILE_WIDTH, tile_root},
};

use super::{
    super::{publish::sentence, store::TileStore},
    report::{Finding, Problem, Report},
};

const HASH_BYTES: usize = 32;
const WIDTH: u64 = TILE_WIDTH as u64;
/// Tiles of one level that are looked at before those above them: a bound for memory, a multiple of 256.
const GROUP: u64 = 4096;
/// Tiles that a thread takes at a time.
const BITE: u64 = 8;
/// Trees of 64-bit size have at most this many levels of tiles.
const LEVELS: u8 = 8;

/// One tile: what its file holds, and what is below it.
enum Verdict {
    /// They agree.
    Fine(Vec<u8>),
    /// They do not, or one of them is not to be had (and is named already).
    Odd(Box<Odd>),
}

struct Odd {
    below: Option<Vec<u8>>,
    file: Option<Vec<u8>>,
    /// Whom to name if the file is right.
    if_below_wrong: Vec<Finding>,
    /// Whom to name if what is below is right.
    if_file_wrong: Vec<Finding>,
}

/// What a full tile hands up: its root, or why that is not clear.
enum Child {
    Fine(Hash),
    Odd(Box<Odd>),
}

/// Checks the tree against the root of the checkpoint.
pub(super) fn check(store: &dyn TileStore, checkpoint: &Checkpoint, report: &mut Report) {
    let size = checkpoint.size();
    let mut walk = Walk { store, size, findings: Vec::new(), edges: Vec::new(), tally: Tally::default() };
    walk.leaves();
    walk.finish(checkpoint);
    report.entries += size;
    report.bytes += walk.tally.bytes;
    report.files += walk.tally.files;
    report.findings.append(&mut walk.findings);
}

#[derive(Clone, Copy, Default)]
struct Tally {
    files: u64,
    bytes: u64,
}

struct Walk<'a> {
    store: &'a dyn TileStore,
    size: u64,
    findings: Vec<Finding>,
    /// The unfinished tile of each level, lowest first.
    edges: Vec<Verdict>,
    tally: Tally,
}

impl Walk<'_> {
    /// Bundles and leaf hashes, a group at a time, and everything above each group.
    fn leaves(&mut self) {
        let tiles = self.size.div_ceil(WIDTH);
        let mut above = Above((1..LEVELS).map(|_| Waiting::default()).collect());
        let mut start = 0;
        while start < tiles {
            let end = tiles.min(start + GROUP);
            let children = self.group(start, end);
            above.take(self, 0, children);
            start = end;
        }
        // Whatever did not fill a tile is the edge of its level.
        for (waiting, level) in above.0.into_iter().zip(1..) {
            let id = TileId::at(Layer::Level(level), waiting.index, self.size);
            if let Some(id) = id.filter(|_| !waiting.children.is_empty()) {
                let verdict = self.upper(id, waiting.children);
                self.edges.push(verdict);
            }
        }
    }

    /// The tiles of leaf hashes from `start` to `end`, on all cores.
    fn group(&mut self, start: u64, end: u64) -> Vec<Child> {
        let next = AtomicU64::new(start);
        let threads = thread::available_parallelism().map_or(1, |n| n.get().min(16));
        let (store, size) = (self.store, self.size);
        let work = || {
            let mut found = Found::default();
            loop {
                let from = next.fetch_add(BITE, Ordering::Relaxed);
                if from >= end {
                    return found;
                }
                for index in from..end.min(from + BITE) {
                    if let Some(verdict) = leaf_tile(store, index, size, &mut found) {
                        found.verdicts.push((index, verdict));
                    }
                }
            }
        };
        let mut parts = thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
            let mut parts = vec![work()];
            parts.extend(others.into_iter().filter_map(|thread| thread.join().ok()));
            parts
        });
        let mut verdicts = Vec::new();
        for part in &mut parts {
            self.findings.append(&mut part.findings);
            self.tally.files += part.tally.files;
            self.tally.bytes += part.tally.bytes;
            verdicts.append(&mut part.verdicts);
        }
        verdicts.sort_unstable_by_key(|(index, _)| *index);
        let mut children = Vec::with_capacity(verdicts.len());
        for (index, verdict) in verdicts {
            if (index + 1) * WIDTH <= size {
                children.push(child(verdict));
            } else {
                self.edges.push(verdict);
            }
        }
        children
    }

    /// A tile above the leaves, whose children are known.
    fn upper(&mut self, id: TileId, children: Vec<Child>) -> Verdict {
        let mut found = Found::default();
        let file = read_tile(self.store, id, &mut found);
        self.findings.append(&mut found.findings);
        self.tally.files += found.tally.files;
        self.tally.bytes += found.tally.bytes;
        let slots = |bytes: &Option<Vec<u8>>, slot: usize| -> Option<Hash> {
            Hash::from_slice(bytes.as_ref()?.get(slot * HASH_BYTES..(slot + 1) * HASH_BYTES)?)
        };
        let (mut below, mut wrong) = (Some(Vec::with_capacity(children.len() * HASH_BYTES)), Vec::new());
        let mut agree = file.is_some();
        for (slot, child) in children.into_iter().enumerate() {
            let stored = slots(&file, slot);
            let resolved = self.resolve(child, stored);
            if let (Some(stored), Some(hash)) = (stored, resolved)
                && stored != hash
            {
                agree = false;
                wrong.extend(below_of(id, slot, self.size));
            }
            match (resolved.or(stored), &mut below) {
                (Some(hash), Some(bytes)) => bytes.extend_from_slice(hash.as_bytes()),
                _ => below = None,
            }
        }
        match file {
            Some(bytes) if agree => Verdict::Fine(bytes),
            file => {
                let why = "it does not hold the hashes of the tiles below it";
                let if_file_wrong = vec![Finding::damaged(id.path(), why)];
                Verdict::Odd(Box::new(Odd { below, file, if_below_wrong: wrong, if_file_wrong }))
            }
        }
    }

    /// The root of a full tile, given what the tile above says about it.
    fn resolve(&mut self, child: Child, above: Option<Hash>) -> Option<Hash> {
        let odd = match child {
            Child::Fine(hash) => return Some(hash),
            Child::Odd(odd) => *odd,
        };
        let (below, file) = (odd.below.as_deref().map(tile_root), odd.file.as_deref().map(tile_root));
        match (below, file) {
            (Some(_), Some(file)) if above == Some(file) => {
                self.findings.extend(odd.if_below_wrong);
                Some(file)
            }
            (Some(below), Some(_)) if above == Some(below) => {
                self.findings.extend(odd.if_file_wrong);
                Some(below)
            }
            (Some(_), Some(_)) => {
                self.findings.extend(odd.if_below_wrong.into_iter().chain(odd.if_file_wrong));
                None
            }
            (one, other) => one.or(other),
        }
    }

    /// The edges against the checkpoint: the choice of files and what is below them that gives its root is the right one.
    fn finish(&mut self, checkpoint: &Checkpoint) {
        let edges = std::mem::take(&mut self.edges);
        let unclear = edges.iter().filter(|edge| edge.both().is_some()).count();
        let before = self.findings.len();
        for choice in 0..1_u32 << unclear.min(16) {
            let mut bit = 0;
            let parts: Vec<Option<&[u8]>> = edges
                .iter()
                .map(|edge| match edge.both() {
                    Some(both) => {
                        bit += 1;
                        Some(if choice >> (bit - 1) & 1 == 0 { both.0 } else { both.1 })
                    }
                    None => edge.one(),
                })
                .collect();
            if root(&parts) == Some(*checkpoint.root()) {
                let mut bit = 0;
                for edge in edges {
                    if let Verdict::Odd(odd) = edge
                        && odd.below.is_some()
                        && odd.file.is_some()
                    {
                        let file_is_right = choice >> bit & 1 == 0;
                        bit += 1;
                        self.findings.extend(if file_is_right { odd.if_below_wrong } else { odd.if_file_wrong });
                    }
                }
                return;
            }
        }
        for edge in edges {
            if let Verdict::Odd(odd) = edge {
                self.findings.extend(odd.if_below_wrong.into_iter().chain(odd.if_file_wrong));
            }
        }
        if before == 0 && self.findings.is_empty() {
            let why = "it is signed, and the entries and tiles, which agree with each other, are of another tree";
            self.findings.push(Finding::damaged(super::CHECKPOINT, why));
        }
    }
}

/// Children of one level that wait until their tile is full.
#[derive(Default)]
struct Waiting {
    children: Vec<Child>,
    /// Index of the tile that they fill.
    index: u64,
}

/// The levels above the leaves, lowest first.
struct Above(Vec<Waiting>);

impl Above {
    /// Takes children for the tiles of the level at `position`, and hands up the tiles that they fill.
    fn take(&mut self, walk: &mut Walk<'_>, position: usize, children: Vec<Child>) {
        let (Some(waiting), Ok(level)) = (self.0.get_mut(position), u8::try_from(position + 1)) else { return };
        let mut full = Vec::new();
        for child_below in children {
            waiting.children.push(child_below);
            if waiting.children.len() < usize::from(TILE_WIDTH) {
                continue;
            }
            if let Some(id) = TileId::new(Layer::Level(level), waiting.index, TILE_WIDTH) {
                full.push(child(walk.upper(id, std::mem::take(&mut waiting.children))));
            }
            waiting.index += 1;
        }
        if !full.is_empty() {
            self.take(walk, position + 1, full);
        }
    }
}

impl Verdict {
    /// What is below and what the file holds, if that is unclear: the file first.
    fn both(&self) -> Option<(&[u8], &[u8])> {
        match self {
            Self::Odd(odd) => Some((odd.file.as_deref()?, odd.below.as_deref()?)),
            Self::Fine(_) => None,
        }
    }

    /// What there is, if there is no choice.
    fn one(&self) -> Option<&[u8]> {
        match self {
            Self::Fine(bytes) => Some(bytes),
            Self::Odd(odd) => odd.file.as_deref().or(odd.below.as_deref()),
        }
    }
}

fn child(verdict: Verdict) -> Child {
    match verdict {
        Verdict::Fine(bytes) => Child::Fine(tile_root(&bytes)),
        Verdict::Odd(odd) => Child::Odd(odd),
    }
}

/// The root of a tree from the hashes of its unfinished tiles, lowest level first.
fn root(parts: &[Option<&[u8]>]) -> Option<Hash> {
    let mut root: Option<Hash> = None;
    for part in parts {
        let hashes = (*part)?.as_chunks::<HASH_BYTES>().0.iter().map(|chunk| Hash(*chunk));
        for peak in hashes.collect::<Frontier>().peaks().iter().rev() {
            root = Some(root.map_or(*peak, |right| node_hash(peak, &right)));
        }
    }
    Some(root.unwrap_or(EMPTY_ROOT))
}

/// What one thread found.
#[derive(Default)]
struct Found {
    verdicts: Vec<(u64, Verdict)>,
    findings: Vec<Finding>,
    tally: Tally,
}

/// A bundle and the tile of its leaf hashes.
fn leaf_tile(store: &dyn TileStore, index: u64, size: u64, found: &mut Found) -> Option<Verdict> {
    let bundle = TileId::at(Layer::Entries, index, size)?;
    let id = TileId::at(Layer::Level(0), index, size)?;
    let below = leaves(store, bundle, found);
    let file = read_tile(store, id, found);
    let (below, file) = match (below, file) {
        (Some(below), Some(file)) if below == file => return Some(Verdict::Fine(file)),
        other => other,
    };
    let (mut if_below_wrong, mut if_file_wrong) = (Vec::new(), Vec::new());
    if let (Some(below), Some(file)) = (&below, &file) {
        let pairs = below.chunks(HASH_BYTES).zip(file.chunks(HASH_BYTES));
        let at = pairs.take_while(|(a, b)| a == b).count() as u64 + index * WIDTH;
        if_below_wrong.push(Finding::damaged(bundle.path(), format!("entry {at} does not hash to its leaf")));
        if_file_wrong.push(Finding::damaged(id.path(), format!("it does not hold the hash of entry {at}")));
    }
    Some(Verdict::Odd(Box::new(Odd { below, file, if_below_wrong, if_file_wrong })))
}

/// The leaf hashes of a bundle's entries. What cannot be read is named.
fn leaves(store: &dyn TileStore, id: TileId, found: &mut Found) -> Option<Vec<u8>> {
    let bytes = read(store, id, found)?;
    match Bundle::parse(&bytes, id.width()) {
        Ok(bundle) => {
            let mut hashes = Vec::with_capacity(usize::from(id.width()) * HASH_BYTES);
            bundle.entries().for_each(|entry| hashes.extend_from_slice(leaf_hash(entry).as_bytes()));
            Some(hashes)
        }
        Err(error) => {
            found.findings.push(Finding::damaged(id.path(), sentence(&error)));
            None
        }
    }
}

/// The hashes of a tile, as bytes. What cannot be read is named.
fn read_tile(store: &dyn TileStore, id: TileId, found: &mut Found) -> Option<Vec<u8>> {
    let bytes = read(store, id, found)?;
    let expected = usize::from(id.width()) * HASH_BYTES;
    if bytes.len() == expected {
        return Some(bytes);
    }
    let why = format!("it has {} bytes and must have {expected}", bytes.len());
    found.findings.push(Finding::damaged(id.path(), why));
    None
}

fn read(store: &dyn TileStore, id: TileId, found: &mut Found) -> Option<Vec<u8>> {
    let path = id.path();
    found.tally.files += 1;
    let problem = match store.read(&path) {
        Ok(Some(bytes)) => {
            found.tally.bytes += bytes.len() as u64;
            return Some(bytes);
        }
        // A writer may have replaced a partial tile by the full one while we read.
        Ok(None) => match beginning_of_full(store, id) {
            Some(bytes) => return Some(bytes),
            None => Problem::Missing,
        },
        Err(error) => Problem::Unreadable(sentence(&error)),
    };
    found.findings.push(Finding::new(path, problem));
    None
}

/// The part of a full tile or bundle that its partial predecessor had.
fn beginning_of_full(store: &dyn TileStore, id: TileId) -> Option<Vec<u8>> {
    let mut full = store.read(&id.to_full().path()).ok()?.filter(|_| !id.is_full())?;
    let length = match id.layer() {
        Layer::Entries => Bundle::parse(&full, TILE_WIDTH).ok()?.first(id.width())?.len(),
        Layer::Level(_) => usize::from(id.width()) * HASH_BYTES,
    };
    full.truncate(length);
    Some(full)
}

/// The files that the hash in a slot of a tile stands for.
fn below_of(id: TileId, slot: usize, size: u64) -> Vec<Finding> {
    let Layer::Level(level) = id.layer() else { return Vec::new() };
    let index = id.index() * WIDTH + slot as u64;
    let why = || format!("the hash of it in {id} is another one");
    let mut layers = vec![Layer::Level(level.saturating_sub(1))];
    layers.extend((level == 1).then_some(Layer::Entries));
    let ids = layers.into_iter().filter_map(|layer| TileId::at(layer, index, size));
    ids.map(|id| Finding::damaged(id.path(), why())).collect()
}
