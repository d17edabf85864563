//! ORC files, by their library, after a look at their tree of types.
//!
//! The library follows the types of a file by calling itself. A type that is its own part (one wrong bit is enough), or
//! types inside types without end, overflow the stack, and nothing catches that. So [`refuse_endless_types`] reads the
//! footer first, with the library's own decompression and messages.
//!
//! Specification: Apache ORC v1, "File Tail" and "Type Information": types stand in the order of a walk over their tree,
//! each before its parts. Read 2026-11.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
};

use arrow::{
    array::{Array as _, ArrayRef, AsArray as _},
    compute::cast,
    datatypes::{DataType, Int64Type, TimeUnit, TimestampMillisecondType},
    error::ArrowError,
};
use bytes::Bytes;
use jiff::Timestamp;
use orc_rust::{
    ArrowReaderBuilder,
    compression::{Compression, Decompressor},
    proto::{CompressionKind, Footer, PostScript, Type, r#type::Kind},
    reader::metadata::read_metadata,
};
use prost::Message as _;

use crate::{InventoryError, decode::Wrong, rows::Rows, value::Value};

/// Types inside types. An inventory has one level, or two.
const MAX_LEVELS: usize = 50;
/// A footer, decompressed. Hundreds of kilobytes are much.
const MAX_FOOTER_BYTES: u64 = 64 << 20;
/// What a compressed block may become: its length is written with 23 bits.
const MAX_BLOCK_BYTES: u64 = 1 << 23;

/// Reads a file into `rows`.
pub(crate) fn orc(mut file: File, rows: &mut Rows<'_, '_>, unreadable: &Wrong<'_>) -> Result<(), InventoryError> {
    refuse_endless_types(&mut file).map_err(|e| unreadable(e.to_string()))?;
    let reader = ArrowReaderBuilder::try_new(file).map_err(|e| unreadable(e.to_string()))?;
    let reader = reader.with_batch_size(4096).build();
    let mut begun = false;
    for batch in reader {
        let batch = batch.map_err(|e| unreadable(e.to_string()))?;
        if !begun {
            let schema = batch.schema();
            rows.columns(schema.fields().iter().map(|f| f.name().as_str()))?;
            begun = true;
        }
        let columns: Vec<Vec<Value>> =
            batch.columns().iter().map(of_arrow).collect::<Result<_, _>>().map_err(|e| unreadable(e.to_string()))?;
        let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
        for _ in 0..batch.num_rows() {
            let values: Vec<Value> = columns.iter_mut().map(|c| c.next().unwrap_or_default()).collect();
            rows.row(&values)?;
        }
    }
    Ok(())
}

/// A column of ORC. Times there have no zone and mean UTC.
fn of_arrow(column: &ArrayRef) -> Result<Vec<Value>, ArrowError> {
    let all = 0..column.len();
    let data = column.data_type();
    if matches!(data, DataType::Boolean) {
        let flags = column.as_boolean();
        return Ok(all.map(|i| if flags.is_null(i) { Value::Nothing } else { Value::Flag(flags.value(i)) }).collect());
    }
    if data.is_integer() {
        let wide = cast(column, &DataType::Int64)?;
        let numbers = wide.as_primitive::<Int64Type>();
        return Ok(all
            .map(|i| if numbers.is_null(i) { Value::Nothing } else { Value::Number(numbers.value(i)) })
            .collect());
    }
    if matches!(data, DataType::Timestamp(..)) {
        let millis = cast(column, &DataType::Timestamp(TimeUnit::Millisecond, None))?;
        let times = millis.as_primitive::<TimestampMillisecondType>();
        let time = |i| Timestamp::from_millisecond(times.value(i)).map_or(Value::Nothing, Value::Time);
        return Ok(all.map(|i| if times.is_null(i) { Value::Nothing } else { time(i) }).collect());
    }
    if data.is_nested() {
        return Ok(vec![Value::Nothing; column.len()]);
    }
    let text = cast(column, &DataType::Utf8)?;
    let texts = text.as_string::<i32>();
    Ok(all.map(|i| if texts.is_null(i) { Value::Nothing } else { Value::of_text(texts.value(i)) }).collect())
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// An error where the types are no tree, or too deep a one.
fn refuse_endless_types(file: &mut File) -> io::Result<()> {
    let size_bytes = file.seek(SeekFrom::End(0))?;
    let cut = || wrong("it ends in the middle");
    let before = |end: u64, length: u64| end.checked_sub(length).ok_or_else(cut);
    let end = before(size_bytes, 1)?;
    let length = part(file, end, 1)?.first().copied().map(u64::from).ok_or_else(cut)?;
    let end = before(end, length)?;
    let postscript = PostScript::decode(part(file, end, length)?.as_slice())?;
    let length = postscript.footer_length.ok_or_else(|| wrong("it does not say how long its footer is"))?;
    if length > MAX_FOOTER_BYTES || postscript.compression_block_size() > MAX_BLOCK_BYTES {
        return Err(wrong("it says that its footer or its blocks are larger than the format has them"));
    }
    let stored = Bytes::from(part(file, before(end, length)?, length)?);
    let mut footer = Vec::new();
    let plain = Decompressor::new(stored, compression(&postscript)?, Vec::new());
    plain.take(MAX_FOOTER_BYTES).read_to_end(&mut footer)?;
    tree(&Footer::decode(footer.as_slice())?.types)
}

fn part(file: &mut File, at: u64, length: u64) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The library's decompression. It is handed out only by a file that was read: so here is one, empty but for that.
fn compression(of: &PostScript) -> io::Result<Option<Compression>> {
    let root = Type { kind: Some(Kind::Struct.into()), ..Type::default() };
    let footer = Footer { types: vec![root], ..Footer::default() }.encode_to_vec();
    let mut file = Vec::new();
    if of.compression() != CompressionKind::None {
        // A block's head: its length, and one bit for "not compressed".
        let head = u32::try_from(footer.len() << 1 | 1).unwrap_or(u32::MAX).to_le_bytes();
        file.extend(head.into_iter().take(3));
    }
    file.extend(footer);
    let footer_length = u64::try_from(file.len()).ok();
    let postscript = PostScript { footer_length, metadata_length: Some(0), ..of.clone() }.encode_to_vec();
    let length = u8::try_from(postscript.len()).map_err(|_| wrong("its last part is longer than the format has it"))?;
    file.extend(postscript);
    file.push(length);
    let read = read_metadata(&mut Bytes::from(file)).map_err(|e| wrong(&e.to_string()))?;
    Ok(read.compression())
}

/// Each type stands after the one that it is part of, is part of one only, and not too deep.
fn tree(types: &[Type]) -> io::Result<()> {
    let mut levels: Vec<Option<usize>> = vec![None; types.len()];
    for (at, part_of) in types.iter().enumerate() {
        let level = levels.get(at).copied().flatten().unwrap_or_default();
        for part in &part_of.subtypes {
            let part = usize::try_from(*part).unwrap_or(usize::MAX);
            match levels.get_mut(part) {
                Some(free @ None) if part > at => *free = Some(level + 1),
                _ => return Err(wrong("its types are no tree")),
            }
        }
        if level >= MAX_LEVELS {
            return Err(wrong("its types are too deep inside each other"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
