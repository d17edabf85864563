//! Reading a file of rows, in its order, one batch at a time.

use std::{
    fs::File,
    path::{Path, PathBuf},
};

use parquet::{
    column::reader::{ColumnReader, ColumnReaderImpl},
    data_type::{ByteArray, ByteArrayType, DataType, Int64Type},
    errors::ParquetError,
    file::reader::{FileReader, SerializedFileReader},
};

use super::{
    BATCH_ROWS, TableError,
    columns::{COUNT, Cell, row},
};
use crate::row::Row;

/// The rows of a file, in order.
pub struct Rows {
    path: PathBuf,
    file: SerializedFileReader<File>,
    group: usize,
    left: usize,
    columns: Vec<ColumnReader>,
    ready: std::vec::IntoIter<Row>,
    broken: bool,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rows").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Rows {
    /// Opens a file.
    pub fn open(path: &Path) -> Result<Self, TableError> {
        let opened = File::open(path);
        let file = opened.map_err(|source| TableError::Io { verb: "read", path: path.to_owned(), source })?;
        let wrong = |source| TableError::Parquet { path: path.to_owned(), source };
        let file = flagstate_columnar::open(file).map_err(wrong)?;
        let columns = file.metadata().file_metadata().schema_descr().num_columns();
        if columns != COUNT {
            let what = format!("it has {columns} columns instead of {COUNT}");
            return Err(TableError::Content { path: path.to_owned(), what });
        }
        let (columns, ready) = (Vec::new(), Vec::new().into_iter());
        Ok(Self { path: path.to_owned(), file, group: 0, left: 0, columns, ready, broken: false })
    }

    /// The next rows, at most a batch; empty at the end.
    pub fn batch(&mut self) -> Result<Vec<Row>, TableError> {
        let rest: Vec<Row> = self.ready.by_ref().collect();
        if rest.is_empty() { self.decode() } else { Ok(rest) }
    }

    fn decode(&mut self) -> Result<Vec<Row>, TableError> {
        let path = self.path.clone();
        let cells = flagstate_columnar::caught(|| self.cells());
        let cells = cells.map_err(|source| TableError::Parquet { path, source })?;
        let count = cells.first().map_or(0, Vec::len);
        let mut cells: Vec<_> = cells.into_iter().map(Vec::into_iter).collect();
        let content = |what| TableError::Content { path: self.path.clone(), what };
        let rows = (0..count).map(|_| row(&mut cells.iter_mut().filter_map(Iterator::next)).map_err(content));
        rows.collect()
    }

    /// A batch by columns, all of the same length; none at the end.
    fn cells(&mut self) -> Result<Vec<Vec<Cell>>, ParquetError> {
        while self.left == 0 {
            if self.group >= self.file.num_row_groups() {
                return Ok(Vec::new());
            }
            let group = self.file.get_row_group(self.group)?;
            self.left = usize::try_from(group.metadata().num_rows())?;
            let readers = (0..COUNT).map(|i| group.get_column_reader(i));
            self.columns = readers.collect::<Result<_, _>>()?;
            self.group += 1;
        }
        let count = self.left.min(BATCH_ROWS);
        let cells = self.columns.iter_mut().map(|c| read(c, count)).collect::<Result<_, _>>()?;
        self.left -= count;
        Ok(cells)
    }
}

impl Iterator for Rows {
    type Item = Result<Row, TableError>;

    fn next(&mut self) -> Option<Self::Item> {
        if let Some(row) = self.ready.next() {
            return Some(Ok(row));
        }
        if self.broken {
            return None;
        }
        match self.decode() {
            Ok(rows) => {
                self.ready = rows.into_iter();
                self.ready.next().map(Ok)
            }
            Err(e) => {
                self.broken = true;
                Some(Err(e))
            }
        }
    }
}

fn read(column: &mut ColumnReader, count: usize) -> Result<Vec<Cell>, ParquetError> {
    match column {
        ColumnReader::Int64ColumnReader(reader) => values::<Int64Type>(reader, count, Cell::Int),
        ColumnReader::ByteArrayColumnReader(reader) => {
            values::<ByteArrayType>(reader, count, |bytes: ByteArray| Cell::Bytes(bytes))
        }
        _ => Err(ParquetError::General("a column of another type".to_owned())),
    }
}

fn values<T: DataType>(
    reader: &mut ColumnReaderImpl<T>,
    count: usize,
    make: impl Fn(T::T) -> Cell,
) -> Result<Vec<Cell>, ParquetError> {
    let (mut levels, mut found) = (Vec::with_capacity(count), Vec::with_capacity(count));
    let mut cells = Vec::with_capacity(count);
    while cells.len() < count {
        levels.clear();
        found.clear();
        let (records, _, _) = reader.read_records(count - cells.len(), Some(&mut levels), None, &mut found)?;
        if records == 0 {
            return Err(ParquetError::EOF("a column ends before the others".to_owned()));
        }
        let mut found = found.drain(..);
        if levels.is_empty() {
            cells.extend(found.by_ref().map(&make));
        } else {
            cells.extend(
                levels.iter().map(|l| if *l > 0 { found.next().map_or(Cell::None, &make) } else { Cell::None }),
            );
        }
    }
    Ok(cells)
}
