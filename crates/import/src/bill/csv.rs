//! Reading a CSV bill into groups, over as many threads as help.
//!
//! One thread at a time reads (and decompresses) the next block under a lock and cuts it after its last record; then
//! it splits its block while the others read. Memory is bounded by blocks and distinct entries, never by rows.
//!
//! A file that stops in the middle of a record, has a quote that is never closed, or rows of different width is an
//! error with the row; nothing of it is used. One shape is tolerated and noted: all rows shorter than the header by
//! the same number of fields at the end.

use std::{
    io::Read,
    sync::{Mutex, PoisonError},
};

use super::{
    amount,
    groups::{Groups, Sum, push_value},
    plan::Plan,
    split::{self, End, Wanted},
};
use crate::{Context, ImportError, Input};

/// Bytes read at once.
const BLOCK: usize = 2 << 20;
/// Longest record; a longer one is taken for a quote that is not closed.
const LONGEST: usize = 16 << 20;
/// Most threads.
const THREADS: usize = 4;

/// How a dialect picks amounts; see [`super::Dialect`].
pub(super) trait Amounts: Sync {
    /// Which rule applies in a context, given its values.
    fn rule(&self, plan: &Plan, context: &[u8], quoted: bool) -> u8;
    /// The amount by a rule from the amount columns.
    fn amount(&self, rule: u8, cells: &dyn Cells) -> Result<i128, ()>;
}

/// The amount columns of one row.
pub(super) trait Cells {
    /// The number in an amount column; `Ok(None)` when there is none.
    fn number(&self, at: usize) -> Result<Option<i128>, ()>;
    /// Its raw text; empty where the file has no text.
    fn text(&self, at: usize) -> &[u8];
}

/// The first amount that is there, trying `columns` in order.
pub(super) fn first_amount(cells: &dyn Cells, columns: &[usize]) -> Result<i128, ()> {
    for at in columns {
        if let Some(value) = cells.number(*at)? {
            return Ok(value);
        }
    }
    Ok(0)
}

/// Raw fields of a row.
struct RawCells<'a> {
    bytes: &'a [u8],
    ranges: &'a [(usize, usize)],
}

impl Cells for RawCells<'_> {
    fn number(&self, at: usize) -> Result<Option<i128>, ()> {
        amount::parse(self.text(at))
    }

    fn text(&self, at: usize) -> &[u8] {
        self.ranges.get(at).and_then(|(from, to)| self.bytes.get(*from..*to)).unwrap_or_default()
    }
}

/// What was read.
#[derive(Debug)]
pub(super) struct Table {
    /// The columns.
    pub plan: Plan,
    /// The sums.
    pub groups: Groups,
    /// Values in `groups` are raw CSV fields.
    pub quoted: bool,
    /// Remarks.
    pub notes: Vec<String>,
}

/// Header of a CSV file from its first text: names and delimiter.
pub(super) fn header(text: &str) -> Option<(Vec<String>, u8)> {
    let text = text.trim_start_matches('\u{feff}');
    let start = text.len() - text.trim_start_matches(['\r', '\n']).len();
    let bytes = text.as_bytes();
    let mut best: Option<(Vec<String>, u8)> = None;
    for delimiter in [b',', b';', b'\t'] {
        let names = fields(bytes, start, delimiter)?;
        if best.as_ref().is_none_or(|(b, _)| names.len() > b.len()) {
            best = Some((names, delimiter));
        }
    }
    best
}

fn fields(bytes: &[u8], start: usize, delimiter: u8) -> Option<Vec<String>> {
    let most = 4096;
    let wanted = Wanted::new((0..most).map(|c| (c, c)));
    let mut ranges = vec![(0, 0); most];
    let End::Record { fields, .. } = split::record(bytes, start, delimiter, true, &wanted, &mut ranges) else {
        return None;
    };
    let text = |(from, to): &(usize, usize)| {
        String::from_utf8_lossy(&split::unquote(bytes.get(*from..*to).unwrap_or_default())).trim().to_owned()
    };
    (fields <= most).then(|| ranges.iter().take(fields).map(text).collect())
}

/// Reads all rows.
pub(super) fn read(
    input: &Input,
    context: &Context<'_>,
    amounts: &dyn Amounts,
    make_plan: &dyn Fn(&[String]) -> Result<Plan, ImportError>,
) -> Result<Table, ImportError> {
    let mut blocks = Blocks::open(input, context)?;
    let text = String::from_utf8_lossy(&blocks.carry).into_owned();
    let (names, delimiter) = header(&text).ok_or_else(|| input.malformed("row 0", "the header cannot be read"))?;
    let plan = make_plan(&names)?;
    let job = Job::new(input, amounts, &plan, delimiter, &names);
    blocks.skip_header(&job)?;
    let width = job.first_width(&blocks.carry, blocks.done);
    let job = Job { width: width.unwrap_or(plan.columns), ..job };
    let threads = if blocks.done { 1 } else { available() };
    let (groups, rows) = match job.run(blocks, threads, true)? {
        Some(done) => done,
        // A block was cut in the wrong place: once more, in one piece.
        None => {
            let mut blocks = Blocks::open(input, context)?;
            blocks.skip_header(&job)?;
            job.run(blocks, 1, false)?.ok_or_else(|| input.malformed("row 1", "the records cannot be told apart"))?
        }
    };
    let mut notes = Vec::new();
    if rows == 0 {
        notes.push("the file has a header and no rows".to_owned());
    }
    if job.width < plan.columns {
        notes.push(format!(
            "every row has {} fields and the header {}; the missing last ones are read as empty",
            job.width, plan.columns
        ));
    }
    Ok(Table { plan, groups, quoted: true, notes })
}

pub(super) fn available() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(THREADS)
}

/// The file in blocks that end after a record.
struct Blocks<'a> {
    input: &'a Input,
    context: &'a Context<'a>,
    reader: Box<dyn Read + Send>,
    carry: Vec<u8>,
    read: u64,
    index: usize,
    done: bool,
}

/// A block to split.
struct Block {
    index: usize,
    last: bool,
}

impl<'a> Blocks<'a> {
    fn open(input: &'a Input, context: &'a Context<'a>) -> Result<Self, ImportError> {
        let reader = input.text()?;
        let mut blocks = Self { input, context, reader, carry: Vec::new(), read: 0, index: 0, done: false };
        let mut first = Vec::new();
        blocks.fill(&mut first)?;
        blocks.carry = first;
        Ok(blocks)
    }

    /// Reads up to a block more.
    fn fill(&mut self, buffer: &mut Vec<u8>) -> Result<(), ImportError> {
        let limit = u64::try_from(BLOCK).unwrap_or(u64::MAX);
        let got = (&mut self.reader).take(limit).read_to_end(buffer).map_err(|e| self.failed(e))?;
        self.read += u64::try_from(got).unwrap_or(0);
        self.done = got < BLOCK;
        (self.context.progress)(&self.input.path, self.read);
        Ok(())
    }

    fn failed(&self, cause: std::io::Error) -> ImportError {
        use std::io::ErrorKind as K;
        if matches!(cause.kind(), K::UnexpectedEof | K::InvalidData | K::InvalidInput | K::Other) {
            let place = format!("after {} bytes", self.read);
            return self.input.malformed(place, format!("the compressed data is cut off or damaged ({cause})"));
        }
        ImportError::Io { path: self.input.path.clone(), cause }
    }

    fn skip_header(&mut self, job: &Job<'_>) -> Result<(), ImportError> {
        let mut at = 0;
        loop {
            match split::record(&self.carry, at, job.delimiter, self.done, &Wanted::default(), &mut []) {
                End::Record { next, .. } => {
                    self.carry.drain(..next);
                    return Ok(());
                }
                End::Blank { next } => at = next,
                End::Partial { .. } => return Err(self.input.malformed("row 0", "the header does not end")),
            }
        }
    }

    /// The next block in `buffer`; with `cut`, cut after its last record. `None` at the end.
    fn next(&mut self, buffer: &mut Vec<u8>, cut: bool) -> Result<Option<Block>, ImportError> {
        buffer.clear();
        buffer.append(&mut self.carry);
        loop {
            if !self.done {
                self.fill(buffer)?;
            }
            if buffer.is_empty() && self.done {
                return Ok(None);
            }
            if self.done || !cut {
                break;
            }
            if let Some(at) = split::boundary(buffer) {
                self.carry.extend_from_slice(buffer.get(at..).unwrap_or_default());
                buffer.truncate(at);
                break;
            }
            if buffer.len() > LONGEST {
                break;
            }
        }
        self.index += 1;
        Ok(Some(Block { index: self.index - 1, last: self.done }))
    }
}

/// A problem in a block: rows read before it there, and what.
enum Trouble {
    Row(u64, String),
    /// The block does not end where a record ends.
    Cut,
    Input(ImportError),
}

/// What all threads share.
struct Job<'a> {
    input: &'a Input,
    amounts: &'a dyn Amounts,
    plan: &'a Plan,
    delimiter: u8,
    wanted: Wanted,
    width: usize,
    /// Folded header, to recognise a header that is repeated between joined files.
    header: &'a [String],
}

/// One thread's state.
struct Worker {
    groups: Groups,
    ranges: Vec<(usize, usize)>,
    context: Vec<u8>,
    item: Vec<u8>,
}

/// Rows per block, and the first trouble by block.
type Log = Mutex<(Vec<(usize, u64)>, Option<(usize, Trouble)>)>;

impl<'a> Job<'a> {
    fn new(input: &'a Input, amounts: &'a dyn Amounts, plan: &'a Plan, delimiter: u8, header: &'a [String]) -> Self {
        let slots = plan.slots.iter().enumerate().map(|(place, s)| (s.column, place));
        let first = plan.slots.len();
        let amount_columns = plan.amounts.iter().enumerate().filter_map(|(i, c)| c.map(|c| (c, first + i)));
        let wanted = Wanted::new(slots.chain(amount_columns));
        Self { input, amounts, plan, delimiter, wanted, width: plan.columns, header }
    }

    fn worker(&self) -> Worker {
        Worker {
            groups: Groups::default(),
            ranges: vec![(0, 0); self.plan.slots.len() + self.plan.amounts.len()],
            context: Vec::new(),
            item: Vec::new(),
        }
    }

    /// Fields of the first row, when it is shorter than the header.
    fn first_width(&self, bytes: &[u8], last: bool) -> Option<usize> {
        let mut at = 0;
        loop {
            match split::record(bytes, at, self.delimiter, last, &Wanted::default(), &mut []) {
                End::Record { fields, .. } => {
                    let least = self.plan.columns.div_ceil(2).max(2);
                    return (least..self.plan.columns).contains(&fields).then_some(fields);
                }
                End::Blank { next } => at = next,
                End::Partial { .. } => return None,
            }
        }
    }

    /// Splits all blocks. `Ok(None)`: a block was cut in the wrong place.
    fn run(&self, blocks: Blocks<'_>, threads: usize, cut: bool) -> Result<Option<(Groups, u64)>, ImportError> {
        let log: Log = Mutex::default();
        let blocks = Mutex::new(blocks);
        let mut all: Vec<Groups> = std::thread::scope(|scope| {
            let handles: Vec<_> = (1..threads).map(|_| scope.spawn(|| self.work(&blocks, &log, cut))).collect();
            let mut all = vec![self.work(&blocks, &log, cut)];
            all.extend(handles.into_iter().filter_map(|h| h.join().ok()));
            all
        });
        let (counts, trouble) = log.into_inner().unwrap_or_else(PoisonError::into_inner);
        match trouble {
            None if all.len() == threads => {}
            None => return Err(self.input.unusable("reading stopped for an internal reason; please report this")),
            Some((_, Trouble::Cut)) if cut => return Ok(None),
            Some((_, Trouble::Cut)) => return Err(self.input.malformed("row 1", "the records cannot be told apart")),
            Some((_, Trouble::Input(e))) => return Err(e),
            Some((block, Trouble::Row(row, problem))) => {
                let before: u64 = counts.iter().filter(|(b, _)| *b < block).map(|(_, n)| n).sum();
                return Err(self.input.malformed(format!("row {}", before + row + 1), problem));
            }
        }
        // Into those of this thread: what the others leave behind stays theirs and cannot be used again here.
        all.reverse();
        let mut groups = all.pop().unwrap_or_default();
        while let Some(other) = all.pop() {
            groups.merge(&other);
        }
        Ok(Some((groups, counts.iter().map(|(_, n)| n).sum())))
    }

    fn work(&self, blocks: &Mutex<Blocks<'_>>, log: &Log, cut: bool) -> Groups {
        let mut worker = self.worker();
        let mut buffer = Vec::new();
        loop {
            let next = {
                let mut blocks = blocks.lock().unwrap_or_else(PoisonError::into_inner);
                let stop = log.lock().unwrap_or_else(PoisonError::into_inner).1.is_some();
                if stop {
                    return worker.groups;
                }
                let index = blocks.index;
                blocks.next(&mut buffer, cut).map_err(|e| (index, e))
            };
            let (index, result) = match next {
                Ok(None) => return worker.groups,
                Err((index, e)) => (index, Err(Trouble::Input(e))),
                Ok(Some(block)) => (block.index, self.block(&mut worker, &buffer, &block, cut, blocks)),
            };
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            match result {
                Ok(rows) => log.0.push((index, rows)),
                Err(trouble) => {
                    if log.1.as_ref().is_none_or(|(first, _)| index < *first) {
                        log.1 = Some((index, trouble));
                    }
                    return worker.groups;
                }
            }
        }
    }

    /// Splits one block; the number of rows.
    fn block(
        &self,
        worker: &mut Worker,
        bytes: &[u8],
        block: &Block,
        cut: bool,
        blocks: &Mutex<Blocks<'_>>,
    ) -> Result<u64, Trouble> {
        let (mut at, mut rows) = (0, 0);
        while at < bytes.len() {
            match split::record(bytes, at, self.delimiter, block.last, &self.wanted, &mut worker.ranges) {
                End::Blank { next } => at = next,
                End::Record { next, fields } => {
                    if fields != self.width {
                        return Err(Trouble::Row(rows, self.ragged(fields)));
                    }
                    worker.row(self, bytes);
                    rows += 1;
                    at = next;
                }
                End::Partial { quoted } if block.last || (!cut && bytes.len() - at > LONGEST) => {
                    let problem =
                        if quoted { "a quote that opens in this row is never closed" } else { "the row does not end" };
                    return Err(Trouble::Row(rows, problem.to_owned()));
                }
                End::Partial { .. } if cut => return Err(Trouble::Cut),
                End::Partial { .. } => {
                    let rest = bytes.get(at..).unwrap_or_default();
                    blocks.lock().unwrap_or_else(PoisonError::into_inner).carry.extend_from_slice(rest);
                    break;
                }
            }
        }
        Ok(rows)
    }

    fn ragged(&self, fields: usize) -> String {
        let header = self.header.len();
        if self.width < header {
            return format!("has {fields} fields where the rows before it have {} and the header {header}", self.width);
        }
        format!("has {fields} fields where the header has {header}; the file is cut off or its quoting is broken")
    }
}

impl Worker {
    fn row(&mut self, job: &Job<'_>, bytes: &[u8]) {
        let value = |place: &(usize, usize)| bytes.get(place.0..place.1).unwrap_or_default();
        let items = job.plan.items();
        self.item.clear();
        self.context.clear();
        for (i, range) in self.ranges.iter().take(job.plan.slots.len()).enumerate() {
            push_value(if i < items { &mut self.item } else { &mut self.context }, value(range));
        }
        let id = self.groups.context(&self.context, || job.amounts.rule(job.plan, &self.context, true));
        let cells = RawCells { bytes, ranges: self.ranges.get(job.plan.slots.len()..).unwrap_or_default() };
        let amount = job.amounts.amount(self.groups.rule(id), &cells);
        let sum = Sum { rows: 1, amount: amount.unwrap_or(0), unreadable: u32::from(amount.is_err()) };
        self.groups.add(id, &self.item, sum);
    }
}
