//! A MAP of strings, written out as a JSON object (Apache Parquet "Logical types", MAP).
//!
//! Deliberately not read: maps of anything else.

use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, ByteArrayType},
    errors::ParquetError,
    file::reader::RowGroupReader,
};

use super::{descriptor, unsupported};

/// A MAP of strings, written as a JSON object.
pub(in super::super) struct Map {
    key: Side,
    value: Side,
}

struct Side {
    reader: ColumnReaderImpl<ByteArrayType>,
    max_def: i16,
    definition: Vec<i16>,
    repetition: Vec<i16>,
    values: Vec<ByteArray>,
}

impl Side {
    fn new(group: &dyn RowGroupReader, leaf: usize) -> Result<Self, ParquetError> {
        let d = descriptor(group, leaf);
        match group.get_column_reader(leaf)? {
            ColumnReader::ByteArrayColumnReader(reader) if d.max_rep_level() == 1 => Ok(Self {
                reader,
                max_def: d.max_def_level(),
                definition: Vec::new(),
                repetition: Vec::new(),
                values: Vec::new(),
            }),
            _ => Err(unsupported("a nested record other than a map of strings")),
        }
    }

    fn fill(&mut self, want: usize) -> Result<usize, ParquetError> {
        self.definition.clear();
        self.repetition.clear();
        self.values.clear();
        let (d, r) = (Some(&mut self.definition), Some(&mut self.repetition));
        Ok(self.reader.read_records(want, d, r, &mut self.values)?.0)
    }

    /// One entry per level: the start of a row or not, and the value.
    fn entries(&self) -> impl Iterator<Item = (bool, Option<&ByteArray>)> {
        let mut values = self.values.iter();
        self.repetition
            .iter()
            .zip(&self.definition)
            .map(move |(r, d)| (*r == 0, if *d == self.max_def { values.next() } else { None }))
    }
}

impl Map {
    pub(super) fn new(group: &dyn RowGroupReader, key: usize, value: usize) -> Result<Self, ParquetError> {
        Ok(Self { key: Side::new(group, key)?, value: Side::new(group, value)? })
    }

    pub(super) fn write(
        &mut self,
        want: usize,
        bytes: &mut Vec<u8>,
        ranges: &mut Vec<(usize, usize)>,
    ) -> Result<usize, ParquetError> {
        let rows = self.key.fill(want)?;
        if self.value.fill(want)? != rows || self.key.repetition != self.value.repetition {
            return Err(ParquetError::General("the keys and values of a map do not match".to_owned()));
        }
        let mut from = None;
        for ((start, key), (_, value)) in self.key.entries().zip(self.value.entries()) {
            if start {
                if let Some(from) = from {
                    close(bytes, ranges, from);
                }
                from = Some(bytes.len());
            }
            let Some(key) = key else { continue };
            bytes.push(if from == Some(bytes.len()) { b'{' } else { b',' });
            push_json(bytes, key.data());
            bytes.push(b':');
            push_json(bytes, value.map_or(&[], |v| v.data()));
        }
        if let Some(from) = from {
            close(bytes, ranges, from);
        }
        Ok(rows)
    }
}

fn close(bytes: &mut Vec<u8>, ranges: &mut Vec<(usize, usize)>, from: usize) {
    if bytes.len() > from {
        bytes.push(b'}');
    }
    ranges.push((from, bytes.len()));
}

fn push_json(bytes: &mut Vec<u8>, text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    bytes.extend_from_slice(serde_json::Value::from(text).to_string().as_bytes());
}
