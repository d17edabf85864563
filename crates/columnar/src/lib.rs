//! Parquet files of strangers, looked at before the library opens them.
//!
//! What it is for: the library reads the schema in a footer by calling itself for each level, and makes room for as many
//! entries as a list says that it has. A damaged or hostile footer so ends the whole process (a stack overflow, which nothing
//! can catch) or reserves gigabytes. [`open`] walks over the footer first and refuses such files; [`caught`] turns what the library
//! still panics over into an error.
//!
//! What it deliberately does not do: it judges no content and decodes no column. A footer that is wrong in another way is
//! the library's to refuse.
//!
//! Specifications: Apache Parquet format 2.x, "File format" and `parquet.thrift` (`FileMetaData`, `SchemaElement`); Thrift
//! compact protocol. Read 2026-11.

mod footer;

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    panic::{AssertUnwindSafe, catch_unwind},
};

use parquet::{errors::ParquetError, file::reader::SerializedFileReader};

/// What stands at the end of a file whose footer is not encrypted.
const MAGIC: &[u8; 4] = b"PAR1";

/// Opens a file, whatever its bytes are. The file's position is not kept.
pub fn open(mut file: File) -> Result<SerializedFileReader<File>, ParquetError> {
    if let Some(footer) = footer_bytes(&mut file)? {
        footer::check(&footer).map_err(|damage| ParquetError::General(damage.to_string()))?;
    }
    caught(|| SerializedFileReader::new(file))
}

/// Runs what decodes; a panic of the library is a damaged file, and no more.
///
/// What a panic leaves behind must not be used again.
pub fn caught<T>(decode: impl FnOnce() -> Result<T, ParquetError>) -> Result<T, ParquetError> {
    catch_unwind(AssertUnwindSafe(decode)).unwrap_or_else(|_| Err(ParquetError::General("it is damaged".to_owned())))
}

/// The footer; `None` where the library finds none either and says so.
fn footer_bytes(file: &mut File) -> io::Result<Option<Vec<u8>>> {
    let size_bytes = file.seek(SeekFrom::End(0))?;
    if size_bytes < 12 {
        return Ok(None);
    }
    let mut end = [0; 8];
    file.seek(SeekFrom::End(-8))?;
    file.read_exact(&mut end)?;
    let ([a, b, c, d, ..], Some(magic)) = (end, end.get(4..)) else { return Ok(None) };
    let length = u64::from(u32::from_le_bytes([a, b, c, d]));
    if magic != MAGIC || length > size_bytes - 8 {
        return Ok(None);
    }
    file.seek(SeekFrom::Start(size_bytes - 8 - length))?;
    let mut footer = Vec::new();
    file.take(length).read_to_end(&mut footer)?;
    Ok(Some(footer))
}

#[cfg(test)]
mod tests;
