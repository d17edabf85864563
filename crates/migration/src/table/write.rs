//! Writing a file of rows.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use flagstate_evidence::hex::Digest;
use parquet::{
    basic::{Compression, ZstdLevel},
    data_type::{ByteArray, ByteArrayType, Int64Type},
    errors::ParquetError,
    file::{
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::parser::parse_message_type,
};

use super::{
    GROUP_ROWS, TableError,
    columns::{COUNT, Cell, SCHEMA, cells},
};
use crate::row::Row;

/// A finished file.
#[derive(Clone, Debug, PartialEq)]
pub struct Finished {
    /// Its name.
    pub path: PathBuf,
    /// Rows.
    pub rows: u64,
    /// Sum of the sizes.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub digest: Digest,
}

/// Writes rows in order.
pub struct Writer {
    path: PathBuf,
    part: PathBuf,
    file: SerializedFileWriter<Hashing>,
    state: Arc<Mutex<Sum>>,
    columns: Vec<Column>,
    waiting: usize,
    rows: u64,
    bytes: u64,
    last: Option<Row>,
}

impl std::fmt::Debug for Writer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Writer").field("path", &self.path).field("rows", &self.rows).finish_non_exhaustive()
    }
}

#[derive(Default)]
struct Column {
    levels: Vec<i16>,
    texts: Vec<ByteArray>,
    ints: Vec<i64>,
}

impl Writer {
    /// Begins a file that will have this name.
    pub fn create(path: &Path) -> Result<Self, TableError> {
        let mut name = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
        name.push(".part");
        let part = path.with_file_name(name);
        let io = |source| TableError::Io { verb: "written", path: part.clone(), source };
        let file = File::create(&part).map_err(io)?;
        let state = Arc::new(Mutex::new(Sum::default()));
        let sink = Hashing { file, state: Arc::clone(&state) };
        let wrong = |source| TableError::Parquet { path: path.to_owned(), source };
        let schema = Arc::new(parse_message_type(SCHEMA).map_err(wrong)?);
        let level = ZstdLevel::try_new(1).map_err(wrong)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_statistics_enabled(EnabledStatistics::None)
            .set_dictionary_enabled(false)
            .set_created_by("flagstate".to_owned())
            .build();
        let file = SerializedFileWriter::new(sink, schema, Arc::new(properties)).map_err(wrong)?;
        let columns = std::iter::repeat_with(Column::default).take(COUNT).collect();
        Ok(Self { path: path.to_owned(), part, file, state, columns, waiting: 0, rows: 0, bytes: 0, last: None })
    }

    /// Rows so far.
    pub fn rows(&self) -> u64 {
        self.rows
    }

    /// The last row, if any.
    pub fn last(&self) -> Option<&Row> {
        self.last.as_ref()
    }

    /// Takes the next row.
    pub fn push(&mut self, row: Row) -> Result<(), TableError> {
        if self.last.as_ref().is_some_and(|last| last.order(&row).is_ge()) {
            let what = format!("the row of {:?} comes out of order", row.entry.key);
            return Err(TableError::Content { path: self.path.clone(), what });
        }
        for (column, cell) in self.columns.iter_mut().zip(cells(&row)) {
            match cell {
                Cell::Bytes(bytes) => column.texts.push(bytes),
                Cell::Int(int) => column.ints.push(int),
                Cell::None => {
                    column.levels.push(0);
                    continue;
                }
            }
            column.levels.push(1);
        }
        self.rows += 1;
        self.bytes = self.bytes.saturating_add(row.entry.size);
        self.waiting += 1;
        self.last = Some(row);
        if self.waiting >= GROUP_ROWS { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), TableError> {
        self.write_group().map_err(|source| match source {
            ParquetError::External(e) => match e.downcast::<io::Error>() {
                Ok(source) => TableError::Io { verb: "written", path: self.part.clone(), source: *source },
                Err(e) => TableError::Parquet { path: self.part.clone(), source: ParquetError::External(e) },
            },
            source => TableError::Parquet { path: self.part.clone(), source },
        })
    }

    fn write_group(&mut self) -> Result<(), ParquetError> {
        if self.waiting == 0 {
            return Ok(());
        }
        let mut group = self.file.next_row_group()?;
        let mut columns = self.columns.iter_mut();
        while let (Some(mut writer), Some(column)) = (group.next_column()?, columns.next()) {
            // Only the required columns have no levels of their own.
            let optional = writer_is_optional(&mut writer);
            let levels = optional.then_some(column.levels.as_slice());
            match writer.untyped() {
                parquet::column::writer::ColumnWriter::Int64ColumnWriter(_) => {
                    writer.typed::<Int64Type>().write_batch(&column.ints, levels, None)?;
                }
                _ => {
                    writer.typed::<ByteArrayType>().write_batch(&column.texts, levels, None)?;
                }
            }
            writer.close()?;
            column.levels.clear();
            column.texts.clear();
            column.ints.clear();
        }
        group.close()?;
        self.waiting = 0;
        Ok(())
    }

    /// Makes the file durable and gives it its name.
    pub fn finish(mut self) -> Result<Finished, TableError> {
        self.flush()?;
        let Self { path, part, file, state, rows, bytes, .. } = self;
        let wrong = |source| TableError::Parquet { path: part.clone(), source };
        let sink = file.into_inner().map_err(wrong)?;
        let io = |source| TableError::Io { verb: "written", path: part.clone(), source };
        sink.file.sync_all().map_err(io)?;
        drop(sink);
        fs::rename(&part, &path).map_err(io)?;
        let digest = state.lock().unwrap_or_else(PoisonError::into_inner).finish();
        Ok(Finished { path, rows, bytes, digest })
    }
}

fn writer_is_optional(writer: &mut parquet::file::writer::SerializedColumnWriter<'_>) -> bool {
    use parquet::column::writer::ColumnWriter;
    match writer.untyped() {
        ColumnWriter::Int64ColumnWriter(w) => w.get_descriptor().max_def_level() > 0,
        ColumnWriter::ByteArrayColumnWriter(w) => w.get_descriptor().max_def_level() > 0,
        _ => false,
    }
}

/// Hashes what goes into the file.
struct Hashing {
    file: File,
    state: Arc<Mutex<Sum>>,
}

#[derive(Default)]
struct Sum(sha2::Sha256);

impl Sum {
    fn finish(&self) -> Digest {
        use sha2::Digest as _;
        Digest(self.0.clone().finalize().into())
    }
}

impl Write for Hashing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        use sha2::Digest as _;
        let written = self.file.write(bytes)?;
        if let Some(done) = bytes.get(..written) {
            self.state.lock().unwrap_or_else(PoisonError::into_inner).0.update(done);
        }
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
