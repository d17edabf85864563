//! Reading a Parquet bill into groups (Apache Parquet format 2.x): only the columns that matter, row group by row
//! group, over as many threads as help.
//!
//! Text may be a string or a MAP of strings (read as a JSON object); amounts may be decimals, doubles, integers or
//! text. Deliberately not read: nested records other than maps, encrypted files, Brotli.

mod map;
mod pages;

use std::{
    fs::File,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::atomic::{AtomicUsize, Ordering},
};

use parquet::{
    basic::{ConvertedType, LogicalType, Type as Physical},
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, ByteArrayType, DataType},
    errors::ParquetError,
    file::reader::{FileReader, RowGroupReader, SerializedFileReader},
    schema::types::ColumnDescPtr,
};

use self::{map::Map, pages::Paged};
use super::{
    csv::{Amounts, Cells, Table, available},
    groups::{Groups, Interner, Sum, push_value},
    names::Names,
    plan::Plan,
};
use crate::{Context, ImportError, Input};

/// Rows decoded at once.
const BATCH: usize = 4096;

/// True for the first bytes of a Parquet file.
pub(super) fn is_parquet(head: &[u8]) -> bool {
    head.starts_with(b"PAR1")
}

/// Names of the top-level columns.
pub(super) fn names(input: &Input) -> Result<Vec<String>, ImportError> {
    guarded(input, || {
        let reader = open(input)?;
        let fields = reader.metadata().file_metadata().schema().get_fields();
        Ok(fields.iter().map(|f| f.name().to_owned()).collect())
    })
}

/// Reads all rows.
pub(super) fn read(
    input: &Input,
    context: &Context<'_>,
    amounts: &dyn Amounts,
    make_plan: &dyn Fn(&[String]) -> Result<Plan, ImportError>,
) -> Result<Table, ImportError> {
    let plan = make_plan(&names(input)?)?;
    let count = guarded(input, || Ok(open(input)?.num_row_groups()))?;
    let job = Job { input, context, amounts, plan: &plan, next: AtomicUsize::new(0), count };
    let threads = available().min(count).max(1);
    let results: Vec<Result<(Groups, u64), ImportError>> = std::thread::scope(|scope| {
        let handles: Vec<_> = (1..threads).map(|_| scope.spawn(|| job.work())).collect();
        // This thread works too: memory that it frees can be used again for what follows.
        let own = catch_unwind(AssertUnwindSafe(|| job.work())).unwrap_or_else(|_| Err(damaged(input)));
        let others = handles.into_iter().map(|h| h.join().unwrap_or_else(|_| Err(damaged(input))));
        std::iter::once(own).chain(others).collect()
    });
    let mut groups = Groups::default();
    let mut rows = 0;
    for result in results {
        let (part, n) = result?;
        rows += n;
        if groups.contexts() == 0 { groups = part } else { groups.merge(&part) }
    }
    let notes = if rows == 0 { vec!["the file has no rows".to_owned()] } else { Vec::new() };
    Ok(Table { plan, groups, quoted: false, notes })
}

fn damaged(input: &Input) -> ImportError {
    input.malformed("Parquet", "the data is damaged; export the file again")
}

/// Runs in a thread of its own, so that a panic of the decoder on damaged bytes becomes an error.
fn guarded<T: Send>(input: &Input, work: impl FnOnce() -> Result<T, ImportError> + Send) -> Result<T, ImportError> {
    std::thread::scope(|scope| scope.spawn(work).join().unwrap_or_else(|_| Err(damaged(input))))
}

fn open(input: &Input) -> Result<SerializedFileReader<File>, ImportError> {
    if !input.is_plain() {
        return Err(
            input.unusable("a Parquet file inside another compression cannot be read in parts; decompress it first")
        );
    }
    let file = File::open(&input.path).map_err(|cause| ImportError::Io { path: input.path.clone(), cause })?;
    flagstate_columnar::open(file)
        .map_err(|e| input.malformed("footer", format!("{e}; the file is cut off or damaged")))
}

struct Job<'a> {
    input: &'a Input,
    context: &'a Context<'a>,
    amounts: &'a dyn Amounts,
    plan: &'a Plan,
    next: AtomicUsize,
    count: usize,
}

/// One thread's buffers.
#[derive(Default)]
struct Worker {
    groups: Groups,
    context: Vec<u8>,
    item: Vec<u8>,
    /// Numbers of texts, by column of the plan.
    texts: Vec<Interner>,
    /// The numbers of the batch at hand, by column of the plan.
    numbers: Vec<Vec<u32>>,
    /// Entry and amount by row of the batch.
    amounts: Vec<(u32, Result<i128, ()>)>,
    names: Names,
}

impl Job<'_> {
    fn work(&self) -> Result<(Groups, u64), ImportError> {
        let reader = open(self.input)?;
        let mut worker = Worker::default();
        let mut rows = 0;
        loop {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            if index >= self.count {
                return Ok((worker.groups, rows));
            }
            let fail = |e: ParquetError| self.input.malformed(format!("row group {}", index + 1), e.to_string());
            let group = reader.get_row_group(index).map_err(fail)?;
            let stated = u64::try_from(group.metadata().num_rows()).unwrap_or(0);
            let read = self.row_group(&mut worker, &*group).map_err(fail)?;
            if read != stated {
                let problem = format!("has {read} rows where its header says {stated}; the file is damaged");
                return Err(self.input.malformed(format!("row group {}", index + 1), problem));
            }
            rows += read;
            let (done, all) = (u64::try_from(index + 1).unwrap_or(0), u64::try_from(self.count).unwrap_or(1));
            (self.context.progress)(&self.input.path, self.input.size_bytes / all.max(1) * done);
        }
    }

    fn row_group(&self, worker: &mut Worker, group: &dyn RowGroupReader) -> Result<u64, ParquetError> {
        let mut texts = Vec::new();
        for slot in &self.plan.slots {
            texts.push(Texts::new(group, slot.column)?);
        }
        let mut numbers = Vec::new();
        for column in &self.plan.amounts {
            numbers.push(match column {
                Some(c) => Some(Numbers::new(group, *c)?),
                None => None,
            });
        }
        worker.texts.resize_with(texts.len(), Interner::default);
        worker.numbers.resize_with(texts.len(), Vec::new);
        let mut total: u64 = 0;
        loop {
            let mut rows = None;
            for ((text, known), into) in texts.iter_mut().zip(&mut worker.texts).zip(&mut worker.numbers) {
                text.fill(known, into)?;
                same(&mut rows, into.len())?;
            }
            for n in numbers.iter_mut().flatten() {
                same(&mut rows, n.fill()?)?;
            }
            let rows = rows.unwrap_or(0);
            if rows == 0 {
                return Ok(total);
            }
            worker.names.batch(&worker.numbers, rows);
            worker.add(self, &numbers, rows);
            total += u64::try_from(rows).unwrap_or(0);
        }
    }
}

fn same(rows: &mut Option<usize>, read: usize) -> Result<(), ParquetError> {
    if rows.is_some_and(|r| r != read) {
        return Err(ParquetError::General("columns have different numbers of rows".to_owned()));
    }
    *rows = Some(read);
    Ok(())
}

impl Worker {
    /// Adds the rows of the batch, in two passes: the second does nothing but reach for sums, many at a time.
    fn add(&mut self, job: &Job<'_>, numbers: &[Option<Numbers>], rows: usize) {
        self.amounts.clear();
        for row in 0..rows {
            let (context, entry) = match self.names.place(row) {
                Some(known) => known,
                None => self.enter(job, row),
            };
            let amount = job.amounts.amount(self.groups.rule(context), &NumberCells { numbers, row });
            self.amounts.push((entry, amount));
        }
        for (entry, amount) in &self.amounts {
            let sum = Sum { rows: 1, amount: amount.unwrap_or(0), unreadable: u32::from(amount.is_err()) };
            self.groups.bump(*entry, sum);
        }
    }

    /// Context and entry of a row that is new.
    fn enter(&mut self, job: &Job<'_>, row: usize) -> (u32, u32) {
        let items = job.plan.items();
        self.item.clear();
        self.context.clear();
        for (i, (known, numbers)) in self.texts.iter().zip(&self.numbers).enumerate() {
            let value = numbers.get(row).map_or(&[][..], |number| known.get(*number));
            push_value(if i < items { &mut self.item } else { &mut self.context }, value);
        }
        let id = self.groups.context(&self.context, || job.amounts.rule(job.plan, &self.context, false));
        let entry = self.groups.place(id, &self.item);
        self.names.remember(id, entry);
        (id, entry)
    }
}

struct NumberCells<'a> {
    numbers: &'a [Option<Numbers>],
    row: usize,
}

impl Cells for NumberCells<'_> {
    fn number(&self, at: usize) -> Result<Option<i128>, ()> {
        self.numbers.get(at).and_then(Option::as_ref).map_or(Ok(None), |n| n.get(self.row))
    }

    fn text(&self, _at: usize) -> &[u8] {
        &[]
    }
}

/// Leaf columns of a top-level column.
fn leaves(group: &dyn RowGroupReader, column: usize) -> Vec<usize> {
    let schema = group.metadata().schema_descr();
    (0..schema.num_columns()).filter(|leaf| schema.get_column_root_idx(*leaf) == column).collect()
}

fn descriptor(group: &dyn RowGroupReader, leaf: usize) -> ColumnDescPtr {
    group.metadata().schema_descr().column(leaf)
}

fn unsupported(what: &str) -> ParquetError {
    ParquetError::NYI(format!("{what} is not read"))
}

/// A column of text, a batch at a time, as numbers.
enum Texts {
    /// Strings in one of the usual encodings.
    Paged(Box<Paged>),
    /// Strings in any other encoding.
    Plain(Box<Primitive<ByteArrayType>>),
    /// Anything else, written out as text.
    Written { source: Source, bytes: Vec<u8>, ranges: Vec<(usize, usize)> },
}

/// What a written column is read from.
enum Source {
    Scalar(Box<Scalar>),
    Map(Box<Map>),
}

impl Texts {
    fn new(group: &dyn RowGroupReader, column: usize) -> Result<Self, ParquetError> {
        let source = match leaves(group, column).as_slice() {
            [leaf] => {
                let d = descriptor(group, *leaf);
                if d.max_rep_level() > 0 {
                    return Err(unsupported("a list"));
                }
                let chunk = group.metadata().column(*leaf);
                if Paged::fits(chunk) && !is_decimal(&d) {
                    return Ok(Self::Paged(Box::new(Paged::new(group.get_column_page_reader(*leaf)?, chunk))));
                }
                match group.get_column_reader(*leaf)? {
                    ColumnReader::ByteArrayColumnReader(reader) if !is_decimal(&d) => {
                        return Ok(Self::Plain(Box::new(Primitive::new(reader, &d))));
                    }
                    other => Source::Scalar(Box::new(Scalar::new(other, &d)?)),
                }
            }
            [key, value] => Source::Map(Box::new(Map::new(group, *key, *value)?)),
            _ => return Err(unsupported("a nested record")),
        };
        Ok(Self::Written { source, bytes: Vec::new(), ranges: Vec::new() })
    }

    /// The numbers of the next rows.
    fn fill(&mut self, known: &mut Interner, into: &mut Vec<u32>) -> Result<(), ParquetError> {
        match self {
            Self::Paged(pages) => return pages.fill(BATCH, known, into),
            Self::Plain(column) => {
                into.clear();
                let rows = column.fill()?;
                into.extend((0..rows).map(|row| known.intern(column.get(row).map_or(&[], ByteArray::data)).0));
            }
            Self::Written { source, bytes, ranges } => {
                bytes.clear();
                ranges.clear();
                into.clear();
                match source {
                    Source::Scalar(s) => s.write(bytes, ranges)?,
                    Source::Map(m) => m.write(BATCH, bytes, ranges)?,
                };
                known.intern_all(bytes, ranges, into);
            }
        }
        Ok(())
    }
}

/// A flat column, a batch at a time.
struct Primitive<T: DataType> {
    reader: ColumnReaderImpl<T>,
    max_def: i16,
    levels: Vec<i16>,
    values: Vec<T::T>,
    /// Place in `values` by row; `u32::MAX` for null. Empty when no row is null.
    places: Vec<u32>,
}

impl<T: DataType> Primitive<T> {
    fn new(reader: ColumnReaderImpl<T>, d: &ColumnDescPtr) -> Self {
        Self { reader, max_def: d.max_def_level(), levels: Vec::new(), values: Vec::new(), places: Vec::new() }
    }

    fn fill(&mut self) -> Result<usize, ParquetError> {
        self.levels.clear();
        self.values.clear();
        self.places.clear();
        let (rows, values, _) = self.reader.read_records(BATCH, Some(&mut self.levels), None, &mut self.values)?;
        if values != rows {
            let mut next = 0;
            for level in &self.levels {
                let present = *level == self.max_def;
                self.places.push(if present { next } else { u32::MAX });
                next += u32::from(present);
            }
        }
        Ok(rows)
    }

    fn get(&self, row: usize) -> Option<&T::T> {
        match self.places.get(row) {
            None => self.values.get(row),
            Some(&u32::MAX) => None,
            Some(place) => self.values.get(*place as usize),
        }
    }
}

fn is_decimal(d: &ColumnDescPtr) -> bool {
    matches!(d.logical_type_ref(), Some(LogicalType::Decimal { .. })) || d.converted_type() == ConvertedType::DECIMAL
}

/// A flat column of any scalar type.
enum Scalar {
    Bool(Primitive<parquet::data_type::BoolType>),
    I32(Primitive<parquet::data_type::Int32Type>, Option<u32>),
    I64(Primitive<parquet::data_type::Int64Type>, Option<u32>),
    F32(Primitive<parquet::data_type::FloatType>),
    F64(Primitive<parquet::data_type::DoubleType>),
    Bytes(Primitive<ByteArrayType>, Option<u32>),
    Fixed(Primitive<parquet::data_type::FixedLenByteArrayType>, Option<u32>),
}

impl Scalar {
    fn new(reader: ColumnReader, d: &ColumnDescPtr) -> Result<Self, ParquetError> {
        let scale = is_decimal(d).then(|| u32::try_from(d.type_scale()).unwrap_or(0));
        Ok(match reader {
            ColumnReader::BoolColumnReader(r) => Self::Bool(Primitive::new(r, d)),
            ColumnReader::Int32ColumnReader(r) => Self::I32(Primitive::new(r, d), scale),
            ColumnReader::Int64ColumnReader(r) => Self::I64(Primitive::new(r, d), scale),
            ColumnReader::FloatColumnReader(r) => Self::F32(Primitive::new(r, d)),
            ColumnReader::DoubleColumnReader(r) => Self::F64(Primitive::new(r, d)),
            ColumnReader::ByteArrayColumnReader(r) => Self::Bytes(Primitive::new(r, d), scale),
            ColumnReader::FixedLenByteArrayColumnReader(r) => Self::Fixed(Primitive::new(r, d), scale),
            ColumnReader::Int96ColumnReader(_) => return Err(unsupported("an INT96 time in a column of text")),
        })
    }

    fn fill(&mut self) -> Result<usize, ParquetError> {
        match self {
            Self::Bool(p) => p.fill(),
            Self::I32(p, _) => p.fill(),
            Self::I64(p, _) => p.fill(),
            Self::F32(p) => p.fill(),
            Self::F64(p) => p.fill(),
            Self::Bytes(p, _) => p.fill(),
            Self::Fixed(p, _) => p.fill(),
        }
    }

    /// The value of a row as text, for columns that are numbers where text is expected (account ids).
    fn text(&self, row: usize) -> Option<String> {
        match self {
            Self::Bool(p) => p.get(row).map(bool::to_string),
            Self::I32(p, None) => p.get(row).map(i32::to_string),
            Self::I64(p, None) => p.get(row).map(i64::to_string),
            Self::F32(p) => p.get(row).map(f32::to_string),
            Self::F64(p) => p.get(row).map(f64::to_string),
            Self::Bytes(p, None) => p.get(row).map(|b| String::from_utf8_lossy(b.data()).into_owned()),
            Self::Fixed(p, None) => p.get(row).map(|b| String::from_utf8_lossy(b.data()).into_owned()),
            Self::I32(_, Some(s)) | Self::I64(_, Some(s)) | Self::Bytes(_, Some(s)) | Self::Fixed(_, Some(s)) => {
                let value = self.decimal(row)?;
                let scale = 10_i128.checked_pow(*s)?;
                Some((value / scale).to_string())
            }
        }
    }

    /// The unscaled value of a decimal.
    fn decimal(&self, row: usize) -> Option<i128> {
        match self {
            Self::I32(p, _) => p.get(row).map(|v| i128::from(*v)),
            Self::I64(p, _) => p.get(row).map(|v| i128::from(*v)),
            Self::Bytes(p, _) => p.get(row).and_then(|b| big_endian(b.data())),
            Self::Fixed(p, _) => p.get(row).and_then(|b| big_endian(b.data())),
            _ => None,
        }
    }

    fn write(&mut self, bytes: &mut Vec<u8>, ranges: &mut Vec<(usize, usize)>) -> Result<usize, ParquetError> {
        let rows = self.fill()?;
        for row in 0..rows {
            let from = bytes.len();
            if let Some(text) = self.text(row) {
                bytes.extend_from_slice(text.as_bytes());
            }
            ranges.push((from, bytes.len()));
        }
        Ok(rows)
    }
}

/// Two's complement, most significant byte first.
fn big_endian(bytes: &[u8]) -> Option<i128> {
    let negative = bytes.first().is_some_and(|b| *b >= 0x80);
    let mut value: i128 = if negative { -1 } else { 0 };
    for b in bytes {
        value = value.checked_mul(256)? + i128::from(*b);
    }
    Some(value)
}

/// A column of amounts, a batch at a time, in 10^-12 units.
struct Numbers {
    source: Scalar,
}

impl Numbers {
    fn new(group: &dyn RowGroupReader, column: usize) -> Result<Self, ParquetError> {
        let leaves = leaves(group, column);
        let [leaf] = leaves.as_slice() else { return Err(unsupported("a nested amount")) };
        let d = descriptor(group, *leaf);
        if d.max_rep_level() > 0 || d.physical_type() == Physical::INT96 {
            return Err(unsupported("a list of amounts"));
        }
        Ok(Self { source: Scalar::new(group.get_column_reader(*leaf)?, &d)? })
    }

    fn fill(&mut self) -> Result<usize, ParquetError> {
        self.source.fill()
    }

    /// The amount in a row of the batch.
    fn get(&self, row: usize) -> Result<Option<i128>, ()> {
        match &self.source {
            Scalar::F64(p) => p.get(row).map_or(Ok(None), |v| double(*v)),
            Scalar::F32(p) => p.get(row).map_or(Ok(None), |v| parse(&v.to_string())),
            Scalar::Bool(_) => Err(()),
            Scalar::I32(_, scale) | Scalar::I64(_, scale) => self.scaled(row, scale.unwrap_or(0)),
            Scalar::Bytes(_, Some(scale)) | Scalar::Fixed(_, Some(scale)) => self.scaled(row, *scale),
            Scalar::Bytes(p, None) => p.get(row).map_or(Ok(None), |b| super::amount::parse(b.data())),
            Scalar::Fixed(p, None) => p.get(row).map_or(Ok(None), |b| super::amount::parse(b.data())),
        }
    }

    fn scaled(&self, row: usize, scale: u32) -> Result<Option<i128>, ()> {
        let Some(value) = self.source.decimal(row) else { return Ok(None) };
        let kept = flagstate_estate::money::DECIMALS;
        let power = 10_i128.checked_pow(kept.abs_diff(scale)).ok_or(())?;
        if scale <= kept { value.checked_mul(power).map(Some).ok_or(()) } else { Ok(Some(value / power)) }
    }
}

/// The shortest decimal that reads back as the same double is what the exporter meant.
fn double(value: f64) -> Result<Option<i128>, ()> {
    // A decimal of at most 15 digits that reads back as the same double is the only such one, so it is the shortest.
    // Both operands of the division are exact, so it gives what reading the decimal would give.
    let units = (value * 1e12).round();
    if units.abs() < 1e15 && (units / 1e12).to_bits() == value.to_bits() {
        #[expect(clippy::cast_possible_truncation, reason = "a whole number below 10^15")]
        return Ok(Some(i128::from(units as i64)));
    }
    parse(&value.to_string())
}

fn parse(text: &str) -> Result<Option<i128>, ()> {
    flagstate_estate::money::parse_decimal(text).map(Some).ok_or(())
}

#[cfg(test)]
mod tests;
