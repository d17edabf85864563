//! Sums per distinct row: the rows of a bill collapse into one entry per combination of the columns that matter.
//!
//! What it is for: speed and bounded memory. A row costs two look-ups of raw bytes; nothing is decoded and nothing is
//! allocated unless the combination is new. What many resources share (provider, account, service, region, tags) is
//! stored once as a context; an entry is a context and the resource's own name.
//!
//! What it deliberately does not do: understand the bytes; that happens once per entry, in `finish`.

use std::hash::Hasher;

use rustc_hash::FxHasher;

/// Keys looked up together.
const MANY: usize = 64;

/// The id that a key probably has.
#[derive(Clone, Copy, Default)]
struct Guess {
    hash: u64,
    id: u32,
    from: usize,
    to: usize,
    first: u8,
    last: u8,
}

/// Byte strings with dense ids.
#[derive(Debug, Default)]
pub(super) struct Interner {
    bytes: Vec<u8>,
    /// End in `bytes` by id.
    ends: Vec<usize>,
    /// Upper half of the hash and id + 1, or 0; length is a power of two. The half hash spares a look at the bytes.
    slots: Vec<u64>,
}

impl Interner {
    /// The id of `key`, and whether it is new.
    pub(super) fn intern(&mut self, key: &[u8]) -> (u32, bool) {
        if self.ends.len() * 8 >= self.slots.len() * 5 {
            self.grow();
        }
        let hash = hash(key);
        let tag = hash >> 32;
        let mask = self.slots.len() - 1;
        let mut at = usize::try_from(hash).unwrap_or_default() & mask;
        while let Some(slot) = self.slots.get(at).copied().filter(|s| *s != 0) {
            if slot >> 32 == tag {
                let id = id_of(slot);
                if self.get(id) == key {
                    return (id, false);
                }
            }
            at = (at + 1) & mask;
        }
        self.bytes.extend_from_slice(key);
        self.ends.push(self.bytes.len());
        let id = self.len() - 1;
        self.place(at, tag, id);
        (id, true)
    }

    /// The ids of many keys, appended to `ids`. Each step looks at memory once per key and waits for nothing else, so
    /// that the processor fetches for many keys at once.
    pub(super) fn intern_all(&mut self, bytes: &[u8], ranges: &[(usize, usize)], ids: &mut Vec<u32>) {
        let mut guesses = [Guess::default(); MANY];
        for part in ranges.chunks(MANY) {
            if self.slots.is_empty() {
                self.grow();
            }
            let key = |(from, to): &(usize, usize)| bytes.get(*from..*to).unwrap_or_default();
            let guesses = guesses.get_mut(..part.len()).unwrap_or_default();
            for (guess, range) in guesses.iter_mut().zip(part) {
                guess.hash = hash(key(range));
            }
            let mask = self.slots.len() - 1;
            for guess in guesses.iter_mut() {
                let mut at = usize::try_from(guess.hash).unwrap_or_default() & mask;
                guess.id = u32::MAX;
                while let Some(slot) = self.slots.get(at).copied().filter(|s| *s != 0) {
                    if slot >> 32 == guess.hash >> 32 {
                        guess.id = id_of(slot);
                        break;
                    }
                    at = (at + 1) & mask;
                }
            }
            for guess in guesses.iter_mut() {
                (guess.from, guess.to) = self.range(guess.id);
            }
            for guess in guesses.iter_mut() {
                guess.first = self.bytes.get(guess.from).copied().unwrap_or(0);
                guess.last = guess.to.checked_sub(1).and_then(|at| self.bytes.get(at)).copied().unwrap_or(0);
            }
            for (guess, range) in guesses.iter().zip(part) {
                let key = key(range);
                let same = guess.id != u32::MAX
                    && key.first().is_none_or(|first| *first == guess.first)
                    && key.last().is_none_or(|last| *last == guess.last)
                    && self.bytes.get(guess.from..guess.to) == Some(key);
                ids.push(if same { guess.id } else { self.intern(key).0 });
            }
        }
    }

    /// The bytes of an id.
    pub(super) fn get(&self, id: u32) -> &[u8] {
        let (start, end) = self.range(id);
        self.bytes.get(start..end).unwrap_or_default()
    }

    fn range(&self, id: u32) -> (usize, usize) {
        let id = id as usize;
        let start = id.checked_sub(1).and_then(|p| self.ends.get(p)).copied().unwrap_or(0);
        (start, self.ends.get(id).copied().unwrap_or(start))
    }

    /// Number of ids.
    pub(super) fn len(&self) -> u32 {
        u32::try_from(self.ends.len()).unwrap_or(u32::MAX)
    }

    fn place(&mut self, at: usize, tag: u64, id: u32) {
        if let Some(slot) = self.slots.get_mut(at) {
            *slot = (tag << 32) | (u64::from(id) + 1);
        }
    }

    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(1024);
        self.slots = vec![0; size];
        for id in 0..self.len() {
            let hash = hash(self.get(id));
            let mut at = usize::try_from(hash).unwrap_or_default() & (size - 1);
            while self.slots.get(at).is_some_and(|s| *s != 0) {
                at = (at + 1) & (size - 1);
            }
            self.place(at, hash >> 32, id);
        }
    }
}

fn hash(key: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(key);
    hasher.finish()
}

/// The id in a slot that is not empty.
fn id_of(slot: u64) -> u32 {
    u32::try_from(slot & u64::from(u32::MAX)).unwrap_or(1).wrapping_sub(1)
}

/// What was summed for one entry.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sum {
    /// Rows.
    pub rows: u64,
    /// Amount in 10^-12 units.
    pub amount: i128,
    /// Rows whose amount is not a number.
    pub unreadable: u32,
}

/// All entries.
#[derive(Debug, Default)]
pub(super) struct Groups {
    contexts: Interner,
    /// How the amount of a row in this context is chosen; the dialect says.
    rules: Vec<u8>,
    entries: Interner,
    sums: Vec<Sum>,
    scratch: Vec<u8>,
}

impl Groups {
    /// The id of a context; `rule` is asked when it is new.
    pub(super) fn context(&mut self, bytes: &[u8], rule: impl FnOnce() -> u8) -> u32 {
        let (id, new) = self.contexts.intern(bytes);
        if new {
            self.rules.push(rule());
        }
        id
    }

    /// How amounts are chosen in a context.
    pub(super) fn rule(&self, context: u32) -> u8 {
        self.rules.get(context as usize).copied().unwrap_or_default()
    }

    /// Adds to the entry of a context and an item.
    pub(super) fn add(&mut self, context: u32, item: &[u8], add: Sum) {
        let id = self.place(context, item);
        self.bump(id, add);
    }

    /// The entry of a context and an item, with nothing summed when it is new.
    pub(super) fn place(&mut self, context: u32, item: &[u8]) -> u32 {
        self.scratch.clear();
        self.scratch.extend_from_slice(&context.to_le_bytes());
        self.scratch.extend_from_slice(item);
        let (id, new) = self.entries.intern(&self.scratch);
        if new {
            self.sums.push(Sum::default());
        }
        id
    }

    /// Adds to an entry.
    pub(super) fn bump(&mut self, entry: u32, add: Sum) {
        if let Some(sum) = self.sums.get_mut(entry as usize) {
            sum.rows += add.rows;
            sum.amount = sum.amount.saturating_add(add.amount);
            sum.unreadable = sum.unreadable.saturating_add(add.unreadable);
        }
    }

    /// Takes in another thread's entries.
    pub(super) fn merge(&mut self, other: &Self) {
        let map: Vec<u32> =
            (0..other.contexts.len()).map(|id| self.context(other.contexts.get(id), || other.rule(id))).collect();
        for (context, item, sum) in other.iter() {
            self.add(map.get(context as usize).copied().unwrap_or_default(), item, sum);
        }
    }

    /// Context id, item and sum of every entry.
    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &[u8], Sum)> {
        self.sums.iter().enumerate().map(|(id, sum)| {
            let bytes = self.entries.get(u32::try_from(id).unwrap_or(u32::MAX));
            let (context, item) = bytes.split_first_chunk::<4>().unwrap_or((&[0; 4], &[]));
            (u32::from_le_bytes(*context), item, *sum)
        })
    }

    /// Item and sum of an entry.
    pub(super) fn entry(&self, id: u32) -> (&[u8], Sum) {
        let item = self.entries.get(id).get(4..).unwrap_or_default();
        (item, self.sums.get(id as usize).copied().unwrap_or_default())
    }

    /// The bytes of a context.
    pub(super) fn context_bytes(&self, id: u32) -> &[u8] {
        self.contexts.get(id)
    }

    /// Number of contexts.
    pub(super) fn contexts(&self) -> u32 {
        self.contexts.len()
    }
}

/// Appends one value to a tuple: its length, then its bytes.
pub(super) fn push_value(tuple: &mut Vec<u8>, value: &[u8]) {
    let len = u32::try_from(value.len()).unwrap_or(u32::MAX);
    if len < 0xff {
        tuple.push(len.to_le_bytes()[0]);
    } else {
        tuple.push(0xff);
        tuple.extend_from_slice(&len.to_le_bytes());
    }
    tuple.extend_from_slice(value);
}

/// The values of a tuple.
pub(super) fn values(mut tuple: &[u8]) -> impl Iterator<Item = &[u8]> {
    std::iter::from_fn(move || {
        let (first, rest) = tuple.split_first()?;
        let (len, rest) = match *first {
            0xff => rest.split_first_chunk::<4>().map(|(l, r)| (u32::from_le_bytes(*l) as usize, r))?,
            short => (usize::from(short), rest),
        };
        let (value, rest) = rest.split_at_checked(len)?;
        tuple = rest;
        Some(value)
    })
}
