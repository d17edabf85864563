//! Small numbers for the values of a row, so that a row that was seen before costs no look at its bytes.
//!
//! What it is for: most rows of a bill repeat what an earlier row of the same resource said. Each column has its own
//! numbers; the numbers of a row together lead to its entry.
//!
//! What it deliberately does not do: give a number a meaning; it only says "the same" or "new".

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// "Nothing known" in lists of positions.
const NONE: u32 = u32::MAX;

/// Numbers of rows: context and entry by the numbers of a row's values.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Numbers of the rows of a batch, one row after the other.
    rows: Vec<u32>,
    width: usize,
    /// Different rows, one after the other.
    kinds: Vec<u32>,
    /// Context and entry by kind of row.
    places: Vec<(u32, u32)>,
    /// Kind + 1 by hash, or 0; length is a power of two.
    slots: Vec<u32>,
    /// Kind of the latest row by the number of its first value, which is the resource: rows of a resource resemble one
    /// another.
    latest: Vec<u32>,
    /// Kind by row of the batch, as far as `latest` tells.
    found: Vec<u32>,
}

impl Names {
    /// Takes in a batch: the numbers of each column. Columns have `rows` numbers each.
    pub(super) fn batch(&mut self, columns: &[Vec<u32>], rows: usize) {
        self.width = columns.len();
        let width = self.width.max(1);
        self.rows.clear();
        self.rows.resize(rows * self.width, 0);
        for (at, column) in columns.iter().enumerate() {
            for (slot, number) in self.rows.iter_mut().skip(at).step_by(width).zip(column) {
                *slot = *number;
            }
        }
        // One look at memory a row and nothing else, so that the processor fetches for many rows at once.
        self.found.clear();
        let (rows, latest, kinds) = (&self.rows, &self.latest, &self.kinds);
        let first = |row: &[u32]| row.first().and_then(|f| latest.get(*f as usize)).copied().unwrap_or(NONE);
        self.found.extend(rows.chunks_exact(width).map(first));
        for (kind, row) in self.found.iter_mut().zip(rows.chunks_exact(width)) {
            if *kind != NONE && of(kinds, *kind, width) != row {
                *kind = NONE;
            }
        }
    }

    /// Context and entry of a row of the batch; `None` when it is new: [`Names::remember`] must follow.
    pub(super) fn place(&mut self, row: usize) -> Option<(u32, u32)> {
        let kind = match self.found.get(row) {
            Some(&known) if known != NONE => known,
            _ => self.look_up(row)?,
        };
        self.places.get(kind as usize).copied()
    }

    /// Remembers where the row that was new belongs.
    pub(super) fn remember(&mut self, context: u32, entry: u32) {
        self.places.push((context, entry));
    }

    /// The kind of a row by its numbers; a new one gets its place with [`Names::remember`].
    fn look_up(&mut self, row: usize) -> Option<u32> {
        if self.places.len() * 2 >= self.slots.len() {
            self.grow();
        }
        let numbers = self.rows.get(row * self.width..(row + 1) * self.width)?;
        let mask = self.slots.len() - 1;
        let mut at = hash(numbers) & mask;
        let kind = loop {
            match self.slots.get_mut(at) {
                Some(slot) if *slot == 0 => {
                    let kind = u32::try_from(self.places.len()).unwrap_or(NONE);
                    *slot = kind.wrapping_add(1);
                    self.kinds.extend_from_slice(numbers);
                    break kind;
                }
                Some(slot) if of(&self.kinds, *slot - 1, self.width) == numbers => break *slot - 1,
                _ => at = (at + 1) & mask,
            }
        };
        let first = numbers.first().map_or(0, |f| *f as usize);
        if self.latest.len() <= first {
            self.latest.resize(first + 1, NONE);
        }
        if let Some(slot) = self.latest.get_mut(first) {
            *slot = kind;
        }
        Some(kind)
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(1024);
        self.slots = vec![0; size];
        for (kind, numbers) in (1_u32..).zip(self.kinds.chunks_exact(self.width.max(1))) {
            let mut at = hash(numbers) & (size - 1);
            while self.slots.get(at).is_some_and(|slot| *slot != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = self.slots.get_mut(at) {
                *slot = kind;
            }
        }
    }
}

/// The numbers of a kind of row.
fn of(kinds: &[u32], kind: u32, width: usize) -> &[u32] {
    let from = kind as usize * width;
    kinds.get(from..from + width).unwrap_or_default()
}

fn hash(numbers: &[u32]) -> usize {
    let mut hasher = FxHasher::default();
    for number in numbers {
        hasher.write_u32(*number);
    }
    usize::try_from(hasher.finish()).unwrap_or_default()
}
