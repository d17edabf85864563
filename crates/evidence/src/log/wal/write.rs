//! Writing a segment.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, IoSlice, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

use super::{
    WalError, file_name,
    frame::{Batch, Link, LogId, record_header, segment_header},
    read::Segment,
};

/// A segment that is being prepared. It counts only under its real name.
pub(super) const UNFINISHED: &str = "unfinished";

/// A segment while it grows.
///
/// After any error it must not be used again: what reached the disk is only known by reading it in a new process.
#[derive(Debug)]
pub(in crate::log) struct SegmentWriter {
    path: PathBuf,
    directory: PathBuf,
    file: File,
    chain: Link,
    first: u64,
}

impl SegmentWriter {
    /// Starts a segment at the entry `first`. It has no name yet: see [`SegmentWriter::publish`].
    pub(in crate::log) fn create(directory: &Path, first: u64, id: &LogId) -> Result<Self, WalError> {
        let path = directory.join(UNFINISHED);
        let mut file = File::create(&path).map_err(WalError::io("create", &path))?;
        let header = segment_header(first, id);
        file.write_all(&header).map_err(WalError::io("write", &path))?;
        Ok(Self { path, directory: directory.to_owned(), file, chain: Link::start(&header), first })
    }

    /// Goes on behind the last batch of a segment that was read to its end and ends well.
    pub(in crate::log) fn resume(directory: &Path, first: u64, read: &Segment) -> Result<Self, WalError> {
        let path = directory.join(file_name(first));
        let (bytes, chain) = read.position();
        let mut file = OpenOptions::new().write(true).open(&path).map_err(WalError::io("open", &path))?;
        file.seek(SeekFrom::Start(bytes)).map_err(WalError::io("position", &path))?;
        Ok(Self { path, directory: directory.to_owned(), file, chain, first })
    }

    /// Gives a prepared segment its name, durably and in one step.
    pub(in crate::log) fn publish(&mut self) -> Result<(), WalError> {
        self.file.sync_all().map_err(WalError::io("make durable", &self.path))?;
        let path = self.directory.join(file_name(self.first));
        fs::rename(&self.path, &path).map_err(WalError::io("rename into place", &path))?;
        self.path = path;
        sync_directory(&self.directory)
    }

    /// Writes a batch. It is not durable yet.
    pub(in crate::log) fn write(&mut self, batch: &Batch) -> Result<(), WalError> {
        let too_large = || WalError::io("write", &self.path)(io::ErrorKind::FileTooLarge.into());
        let header = record_header(batch, &self.chain).ok_or_else(too_large)?;
        self.chain = self.chain.next(&header, &batch.leaves);
        let parts = [header.as_slice(), &batch.bytes, self.chain.as_bytes()];
        write_parts(&mut self.file, &mut parts.map(IoSlice::new)).map_err(WalError::io("write", &self.path))
    }

    /// Makes what was written durable.
    pub(in crate::log) fn sync(&mut self) -> Result<(), WalError> {
        self.file.sync_data().map_err(WalError::io("make durable", &self.path))
    }

    /// Notes that the last batch is durable; to be called before anybody is told.
    pub(in crate::log) fn mark(&mut self) -> Result<(), WalError> {
        let mark = self.chain.mark();
        self.file.write_all(&mark).map_err(WalError::io("write", &self.path))
    }

    /// Notes that the log is closed here, and that everything before is in durable tiles.
    pub(in crate::log) fn mark_tidy(&mut self) -> Result<(), WalError> {
        let mark = self.chain.tidy_mark();
        self.file.write_all(&mark).map_err(WalError::io("write", &self.path))
    }

    /// The first entry.
    pub(in crate::log) const fn first(&self) -> u64 {
        self.first
    }
}

/// Writes all parts without putting them together first: a batch has half a megabyte.
fn write_parts(file: &mut File, mut parts: &mut [IoSlice<'_>]) -> io::Result<()> {
    while !parts.is_empty() {
        match file.write_vectored(parts) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(written) => IoSlice::advance_slices(&mut parts, written),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Makes the names in a directory durable.
pub(in crate::log) fn sync_directory(directory: &Path) -> Result<(), WalError> {
    File::open(directory).and_then(|d| d.sync_all()).map_err(WalError::io("make durable", directory))
}
