//! Uploads in parts: one file into which parts are written at their offset, and a small record per part.
//!
//! A part's record is written when its bytes are on the disk, so that after a crash the records tell what is there.

use std::{
    fs::{self, OpenOptions},
    io,
    os::unix::fs::FileExt as _,
    path::PathBuf,
    sync::atomic::Ordering,
};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    Inner, Local, modified,
    properties::Record,
    write::{Owned, Sink},
};
use crate::{
    Begin, Checksum, Complete, ETag, Key, ListError, OpenUpload, Part, PartDone, Properties, UploadId, WriteError,
    Written,
};

#[derive(Debug, Deserialize, Serialize)]
struct Started {
    key: Key,
    properties: Properties,
}

#[derive(Debug, Deserialize, Serialize)]
struct Kept {
    offset: u64,
    done: PartDone,
}

impl Inner {
    fn upload(&self, upload: &UploadId) -> Option<PathBuf> {
        // The id becomes a name: only what we gave out.
        let valid = !upload.0.is_empty() && upload.0.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
        valid.then(|| self.own("uploads").join(&upload.0))
    }

    fn known(&self, key: &Key, upload: &UploadId) -> Result<(PathBuf, Started), WriteError> {
        let gone = || WriteError::NoUpload { place: self.place.clone(), key: key.clone() };
        let folder = self.upload(upload).ok_or_else(gone)?;
        let text = fs::read(folder.join("upload.json")).map_err(|_| gone())?;
        let started: Started = serde_json::from_slice(&text).map_err(|_| gone())?;
        if started.key == *key { Ok((folder, started)) } else { Err(gone()) }
    }

    fn begin(&self, key: Key, properties: Properties) -> Result<UploadId, WriteError> {
        let disk = |e| WriteError::from(self.disk("beginning an upload", e));
        if !self.root.is_dir() {
            return Err(crate::RequestError::NoContainer { place: self.place.clone() }.into());
        }
        loop {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            let upload = UploadId(format!("{}-{n}", std::process::id()));
            let folder = self.own("uploads").join(&upload.0);
            fs::create_dir_all(self.own("uploads")).map_err(disk)?;
            match fs::create_dir(&folder) {
                // An earlier process had the same number.
                Err(e) if e.kind() == io::ErrorKind::AlreadyExists => continue,
                made => made.map_err(disk)?,
            }
            fs::write(folder.join("data"), b"").map_err(disk)?;
            let text = serde_json::to_vec(&Started { key, properties }).map_err(io::Error::other).map_err(disk)?;
            fs::write(folder.join("upload.json"), text).map_err(disk)?;
            return Ok(upload);
        }
    }

    fn write_at(&self, folder: &std::path::Path, offset: u64, pieces: &[Bytes], sync: bool) -> Result<(), WriteError> {
        let disk = |e| WriteError::from(self.disk("writing a part", e));
        let file = OpenOptions::new().write(true).open(folder.join("data")).map_err(disk)?;
        let mut at = offset;
        for piece in pieces {
            file.write_all_at(piece, at).map_err(disk)?;
            at += piece.len() as u64;
        }
        if sync { file.sync_data().map_err(disk) } else { Ok(()) }
    }

    fn finish_part(&self, folder: &std::path::Path, part: &Kept) -> Result<(), WriteError> {
        let disk = |e| WriteError::from(self.disk("recording a part", e));
        let text = serde_json::to_vec(part).map_err(io::Error::other).map_err(disk)?;
        let beside = folder.join(format!("{}.new", part.done.number));
        fs::write(&beside, text).map_err(disk)?;
        fs::rename(beside, folder.join(format!("{}.part", part.done.number))).map_err(disk)
    }

    fn parts(&self, key: &Key, upload: &UploadId) -> Result<Vec<Kept>, WriteError> {
        let (folder, _) = self.known(key, upload)?;
        let disk = |e| WriteError::from(self.disk("listing parts", e));
        let mut all = Vec::new();
        for file in fs::read_dir(folder).map_err(disk)? {
            let path = file.map_err(disk)?.path();
            if path.extension().is_some_and(|e| e == "part") {
                let text = fs::read(path).map_err(disk)?;
                // A record that is not whole is none: the part is sent again.
                all.extend(serde_json::from_slice::<Kept>(&text).ok());
            }
        }
        all.sort_by_key(|p| p.done.number);
        Ok(all)
    }

    fn complete(&self, upload: &UploadId, ask: &Ask, condition: &Owned) -> Result<Written, WriteError> {
        let (folder, started) = self.known(&ask.key, upload)?;
        let limit = |what: String| WriteError::Limit { place: self.place.clone(), key: ask.key.clone(), what };
        let there = self.parts(&ask.key, upload)?;
        let (mut end, mut whole): (u64, Option<Checksum>) = (0, None);
        for wanted in &ask.parts {
            let found = there.iter().find(|p| p.done.number == wanted.number && p.done.etag == wanted.etag);
            let part = found.ok_or_else(|| limit(format!("part {} is missing or another", wanted.number)))?;
            if part.offset != end {
                return Err(limit(format!("part {} begins at {} and not at {end}", wanted.number, part.offset)));
            }
            end += part.done.size;
            let sum = part.done.checksum;
            whole = match whole {
                None => sum,
                Some(before) => sum.and_then(|s| before.then(&s, part.done.size)),
            };
        }
        if let (Some(wanted), Some(found)) = (ask.checksum, whole)
            && wanted != found
        {
            let what = format!("{wanted} was announced, the parts have {found}");
            return Err(WriteError::Damaged { place: self.place.clone(), key: ask.key.clone(), what });
        }
        let data = folder.join("data");
        let disk = |e| WriteError::from(self.disk("completing an upload", e));
        let file = OpenOptions::new().write(true).open(&data).map_err(disk)?;
        file.set_len(end).map_err(disk)?;
        if self.durable {
            file.sync_all().map_err(disk)?;
        }
        let done = self.place(&data, Record::new(ask.key.clone(), started.properties, whole), condition)?;
        let _ = fs::remove_dir_all(folder);
        Ok(done)
    }

    fn open_uploads(&self, prefix: &Key) -> Result<Vec<OpenUpload>, ListError> {
        let folders = match fs::read_dir(self.own("uploads")) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            found => found.map_err(|e| self.disk("listing uploads", e))?,
        };
        let mut all = Vec::new();
        for folder in folders.flatten() {
            let file = folder.path().join("upload.json");
            let started: Option<Timestamp> = fs::metadata(&file).ok().as_ref().and_then(modified);
            let Ok(text) = fs::read(file) else { continue };
            let Ok(found) = serde_json::from_slice::<Started>(&text) else { continue };
            if found.key.as_bytes().starts_with(prefix.as_bytes()) {
                let upload = UploadId(folder.file_name().to_string_lossy().into_owned());
                all.push(OpenUpload { key: found.key, upload, started });
            }
        }
        all.sort_by(|a, b| (&a.key, &a.upload).cmp(&(&b.key, &b.upload)));
        Ok(all)
    }
}

/// What is to be completed, owned.
struct Ask {
    key: Key,
    parts: Vec<PartDone>,
    checksum: Option<Checksum>,
}

pub(super) async fn begin(local: &Local, begin: Begin<'_>) -> Result<UploadId, WriteError> {
    local.inner.limits.key.check(begin.key, &local.inner.place)?;
    let (key, properties) = (begin.key.clone(), begin.properties.clone());
    local.blocking(move |i| i.begin(key, properties)).await?
}

pub(super) async fn put_part(local: &Local, mut part: Part<'_>) -> Result<PartDone, WriteError> {
    let (key, upload) = (part.key.clone(), part.upload.clone());
    let (folder, _) = local.blocking(move |i| i.known(&key, &upload)).await??;
    let mut sink = Sink::new(local, part.key, part.payload.len(), part.integrity);
    let mut at = part.offset;
    while let Some(piece) = part.payload.next().await {
        let piece = piece.map_err(|cause| sink.source(cause))?;
        if let Some(pieces) = sink.take(piece)? {
            let (folder, offset) = (folder.clone(), at);
            at += pieces.iter().map(|p| p.len() as u64).sum::<u64>();
            local.blocking(move |i| i.write_at(&folder, offset, &pieces, false)).await??;
        }
    }
    let size = part.payload.len();
    let (pieces, sum) = sink.end()?;
    let etag = ETag::new(&format!("{}-{sum}", part.number));
    let done = PartDone { number: part.number, size, etag, checksum: Some(sum) };
    let record = Kept { offset: part.offset, done: done.clone() };
    let durable = local.inner.durable;
    local
        .blocking(move |i| {
            i.write_at(&folder, at, &pieces, durable)?;
            i.finish_part(&folder, &record)
        })
        .await??;
    Ok(done)
}

pub(super) async fn complete(local: &Local, complete: Complete<'_>) -> Result<Written, WriteError> {
    let (upload, condition) = (complete.upload.clone(), Owned::from(complete.condition));
    let ask = Ask { key: complete.key.clone(), parts: complete.parts.to_vec(), checksum: complete.checksum };
    local.blocking(move |i| i.complete(&upload, &ask, &condition)).await?
}

pub(super) async fn abort(local: &Local, key: &Key, upload: &UploadId) -> Result<(), WriteError> {
    let (key, upload) = (key.clone(), upload.clone());
    local
        .blocking(move |i| match i.known(&key, &upload) {
            Ok((folder, _)) => {
                fs::remove_dir_all(folder).map_err(|e| WriteError::from(i.disk("removing an upload", e)))
            }
            Err(_) => Ok(()),
        })
        .await?
}

pub(super) async fn open(local: &Local, prefix: &Key) -> Result<Vec<OpenUpload>, ListError> {
    let prefix = prefix.clone();
    local.blocking(move |i| i.open_uploads(&prefix)).await?
}

pub(super) async fn parts(local: &Local, key: &Key, upload: &UploadId) -> Result<Vec<PartDone>, WriteError> {
    let (key, upload) = (key.clone(), upload.clone());
    let found = local.blocking(move |i| i.parts(&key, &upload)).await??;
    Ok(found.into_iter().map(|p| p.done).collect())
}
