//! A column of texts read page by page into numbers (Apache Parquet format 2.x, "Encodings": `PLAIN`, `RLE` and
//! `RLE_DICTIONARY`; data pages of both versions).
//!
//! What it is for: speed. A column of a bill repeats few values, and its pages hold positions in a dictionary. Taking
//! those positions costs a fraction of making a text of every value, and a value's bytes are looked at once.
//!
//! What it deliberately does not do: other encodings, lists, levels deeper than "null or not"; the library's reader
//! serves those ([`Paged::fits`] says which). Decompression and page headers stay with the library.

use parquet::{
    basic::{Encoding, Type as Physical},
    column::page::{Page, PageReader},
    errors::ParquetError,
    file::metadata::ColumnChunkMetaData,
};

use super::super::groups::Interner;

/// One column chunk.
pub(in super::super) struct Paged {
    pages: Box<dyn PageReader>,
    nullable: bool,
    /// Number by position in the chunk's dictionary.
    dictionary: Vec<u32>,
    current: Option<Current>,
    /// Places of values within a page; kept for its memory.
    ranges: Vec<(usize, usize)>,
    present: Vec<u32>,
}

struct Current {
    page: Page,
    left: usize,
    levels: Levels,
    values: Values,
}

enum Levels {
    AllPresent,
    Runs(Runs),
    /// The old way: one bit a value, highest bit first; at this bit.
    Bits(usize),
}

enum Values {
    /// Length, bytes, length, bytes; the next starts here.
    Plain(usize),
    Positions(Runs),
}

fn damaged(what: &str) -> ParquetError {
    ParquetError::General(format!("{what}; the file is damaged"))
}

impl Paged {
    /// True for a column chunk that can be read this way.
    pub(in super::super) fn fits(chunk: &ColumnChunkMetaData) -> bool {
        let d = chunk.column_descr();
        let known = |e: Encoding| {
            matches!(e, Encoding::PLAIN | Encoding::RLE | Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY)
                || format!("{e:?}") == "BIT_PACKED"
        };
        d.physical_type() == Physical::BYTE_ARRAY
            && d.max_rep_level() == 0
            && d.max_def_level() <= 1
            && chunk.encodings().all(known)
    }

    /// Starts a chunk.
    pub(in super::super) fn new(pages: Box<dyn PageReader>, chunk: &ColumnChunkMetaData) -> Self {
        Self {
            pages,
            nullable: chunk.column_descr().max_def_level() == 1,
            dictionary: Vec::new(),
            current: None,
            ranges: Vec::new(),
            present: Vec::new(),
        }
    }

    /// Numbers of the next rows, `want` of them unless the chunk ends before; null has the number of the empty text.
    pub(in super::super) fn fill(
        &mut self,
        want: usize,
        texts: &mut Interner,
        out: &mut Vec<u32>,
    ) -> Result<(), ParquetError> {
        out.clear();
        let null = texts.intern(b"").0;
        while out.len() < want {
            let Some(current) = self.current.as_mut().filter(|c| c.left > 0) else {
                if !self.next_page(texts)? {
                    return Ok(());
                }
                continue;
            };
            let rows = current.left.min(want - out.len());
            current.left -= rows;
            let bytes = current.page.buffer().as_ref();
            self.present.clear();
            let values = current.levels.read(bytes, rows, &mut self.present)?;
            let from = out.len();
            match &mut current.values {
                Values::Positions(runs) => {
                    runs.read(bytes, values, out)?;
                    for number in out.iter_mut().skip(from) {
                        let position = *number as usize;
                        *number = *self
                            .dictionary
                            .get(position)
                            .ok_or_else(|| damaged("a value is not in its dictionary"))?;
                    }
                }
                Values::Plain(at) => {
                    self.ranges.clear();
                    *at = plain(bytes, *at, values, &mut self.ranges)?;
                    texts.intern_all(bytes, &self.ranges, out);
                }
            }
            if values < rows {
                spread(out, from, &self.present, null);
            }
        }
        Ok(())
    }

    /// Steps to the next page with values; false at the end of the chunk.
    fn next_page(&mut self, texts: &mut Interner) -> Result<bool, ParquetError> {
        self.current = None;
        while let Some(page) = self.pages.get_next_page()? {
            match &page {
                Page::DictionaryPage { num_values, .. } => {
                    let (bytes, count) = (page.buffer().as_ref(), *num_values as usize);
                    self.ranges.clear();
                    plain(bytes, 0, count, &mut self.ranges)?;
                    self.dictionary.clear();
                    texts.intern_all(bytes, &self.ranges, &mut self.dictionary);
                }
                Page::DataPage { .. } | Page::DataPageV2 { .. } => {
                    self.current = Some(Current::new(page, self.nullable)?);
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }
}

impl Current {
    fn new(page: Page, nullable: bool) -> Result<Self, ParquetError> {
        let bytes = page.buffer().as_ref();
        let left = page.num_values() as usize;
        let (levels, start) = match &page {
            Page::DataPageV2 { rep_levels_byte_len, def_levels_byte_len, num_nulls, .. } => {
                let from = *rep_levels_byte_len as usize;
                let start = from.saturating_add(*def_levels_byte_len as usize);
                let levels = if nullable && *num_nulls > 0 {
                    Levels::Runs(Runs::new(from, start, 1))
                } else {
                    Levels::AllPresent
                };
                (levels, start)
            }
            _ if !nullable => (Levels::AllPresent, 0),
            Page::DataPage { def_level_encoding: Encoding::RLE, .. } => {
                let length = length(bytes, 0).ok_or_else(|| damaged("a page is cut off"))?;
                let start = length.saturating_add(4);
                (Levels::Runs(Runs::new(4, start, 1)), start)
            }
            _ => (Levels::Bits(0), left.div_ceil(8)),
        };
        let values = match page.encoding() {
            Encoding::PLAIN => Values::Plain(start),
            Encoding::PLAIN_DICTIONARY | Encoding::RLE_DICTIONARY => match bytes.get(start) {
                Some(width) if *width <= 32 => Values::Positions(Runs::new(start + 1, bytes.len(), *width)),
                // A page of nulls only may end here.
                None => Values::Positions(Runs::new(start, start, 0)),
                Some(_) => return Err(damaged("positions in a dictionary are too wide")),
            },
            other => return Err(damaged(&format!("a page is in {other}, which its header does not name"))),
        };
        Ok(Self { page, left, levels, values })
    }
}

impl Levels {
    /// How many of the next rows have a value; which ones goes to `present` (1 or 0) unless all have.
    fn read(&mut self, bytes: &[u8], rows: usize, present: &mut Vec<u32>) -> Result<usize, ParquetError> {
        match self {
            Self::AllPresent => return Ok(rows),
            Self::Runs(runs) => runs.read(bytes, rows, present)?,
            Self::Bits(at) => {
                for bit in *at..*at + rows {
                    let byte = bytes.get(bit / 8).ok_or_else(|| damaged("a page is cut off"))?;
                    present.push(u32::from(byte >> (7 - bit % 8)) & 1);
                }
                *at += rows;
            }
        }
        Ok(present.iter().filter(|p| **p == 1).count())
    }
}

/// Moves the values from `from` on to the rows that have one; the others become `null`.
fn spread(out: &mut Vec<u32>, from: usize, present: &[u32], null: u32) {
    let mut source = out.len();
    out.resize(from + present.len(), null);
    // From the end, so that no value is overwritten before it was moved.
    for (row, present) in present.iter().enumerate().rev() {
        let mut value = null;
        if *present == 1 {
            source = source.saturating_sub(1);
            value = out.get(source).copied().unwrap_or(null);
        }
        if let Some(slot) = out.get_mut(from + row) {
            *slot = value;
        }
    }
}

fn length(bytes: &[u8], at: usize) -> Option<usize> {
    let (length, _) = bytes.get(at..)?.split_first_chunk::<4>()?;
    Some(u32::from_le_bytes(*length) as usize)
}

/// Places of `count` values that each stand behind their length; returns where the next one starts.
fn plain(bytes: &[u8], mut at: usize, count: usize, ranges: &mut Vec<(usize, usize)>) -> Result<usize, ParquetError> {
    for _ in 0..count {
        let length = length(bytes, at).ok_or_else(|| damaged("a page is cut off"))?;
        let (from, to) = (at + 4, (at + 4).saturating_add(length));
        if to > bytes.len() {
            return Err(damaged("a text is longer than its page"));
        }
        ranges.push((from, to));
        at = to;
    }
    Ok(at)
}

/// The RLE and bit-packing hybrid: runs of one value and groups of eight packed values.
struct Runs {
    at: usize,
    end: usize,
    width: u8,
    run: Run,
}

enum Run {
    Same { value: u32, left: usize },
    Packed { group: [u32; 8], used: usize, left: usize },
}

impl Runs {
    /// Over `bytes[at..end]` of the page, values of `width` bits.
    fn new(at: usize, end: usize, width: u8) -> Self {
        Self { at, end, width, run: Run::Same { value: 0, left: 0 } }
    }

    /// Appends the next `count` values.
    fn read(&mut self, bytes: &[u8], count: usize, out: &mut Vec<u32>) -> Result<(), ParquetError> {
        let bytes = bytes.get(..self.end).ok_or_else(|| damaged("a page is cut off"))?;
        let mut missing = count;
        while missing > 0 {
            match &mut self.run {
                Run::Same { value, left } if *left > 0 => {
                    let take = missing.min(*left);
                    out.resize(out.len() + take, *value);
                    *left -= take;
                    missing -= take;
                }
                Run::Packed { group, used, left } if *used < 8 => {
                    let take = missing.min(8 - *used);
                    out.extend(group.iter().skip(*used).take(take));
                    *used += take;
                    missing -= take;
                    if *used == 8 && *left > 0 {
                        *group = unpack(bytes, self.at, self.width).ok_or_else(|| damaged("a page is cut off"))?;
                        self.at += usize::from(self.width);
                        (*used, *left) = (0, *left - 1);
                    }
                }
                _ => self.next_run(bytes)?,
            }
        }
        Ok(())
    }

    fn next_run(&mut self, bytes: &[u8]) -> Result<(), ParquetError> {
        let header = self.varint(bytes).ok_or_else(|| damaged("a page is cut off"))?;
        let count = header >> 1;
        if count == 0 {
            return Err(damaged("a run of values is empty"));
        }
        if header & 1 == 0 {
            let width = usize::from(self.width.div_ceil(8));
            let mut value = [0; 4];
            let stated = bytes.get(self.at..self.at + width).ok_or_else(|| damaged("a page is cut off"))?;
            for (slot, byte) in value.iter_mut().zip(stated) {
                *slot = *byte;
            }
            self.at += width;
            self.run = Run::Same { value: u32::from_le_bytes(value), left: count };
        } else {
            let group = unpack(bytes, self.at, self.width).ok_or_else(|| damaged("a page is cut off"))?;
            self.at += usize::from(self.width);
            self.run = Run::Packed { group, used: 0, left: count - 1 };
        }
        Ok(())
    }

    fn varint(&mut self, bytes: &[u8]) -> Option<usize> {
        let mut value: u64 = 0;
        for shift in [0, 7, 14, 21, 28] {
            let byte = *bytes.get(self.at)?;
            self.at += 1;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return usize::try_from(value).ok();
            }
        }
        None
    }
}

/// Eight values of `width` bits from `at`, lowest bit first. Writers may leave out the unused end of the last group.
fn unpack(bytes: &[u8], at: usize, width: u8) -> Option<[u32; 8]> {
    let wide = usize::from(width);
    let stated = bytes.get(at..)?;
    if stated.is_empty() && wide > 0 {
        return None;
    }
    let mut padded = [0_u8; 40];
    for (slot, byte) in padded.iter_mut().zip(stated.iter().take(wide)) {
        *slot = *byte;
    }
    let mask = (1_u64 << wide) - 1;
    let mut group = [0; 8];
    for (i, slot) in group.iter_mut().enumerate() {
        let bit = i * wide;
        let (word, _) = padded.get(bit / 8..)?.split_first_chunk::<8>()?;
        *slot = u32::try_from((u64::from_le_bytes(*word) >> (bit % 8)) & mask).ok()?;
    }
    Some(group)
}
