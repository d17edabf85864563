//! Blocks: an upload in parts.
//!
//! Block ids begin with the upload's id and end with the part's number, so that after a crash the service itself tells
//! which parts of which upload it has.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use base64ct::{Base64, Encoding as _};
use http::Method;
use sha2::{Digest as _, Sha256};

use super::{
    Azure,
    answer::{body, code},
    object::written,
    request::Ask,
};
use crate::{
    Algorithm, At, Begin, Checksum, Complete, Condition, ETag, Integrity, Key, Kind, List, ListError, OpenUpload, Part,
    PartDone, Payload, Properties, ReadError, UploadId, Version, WriteError, Written,
    read::source_error,
    xml::{Step, walk},
};

/// Length of an upload's id.
const ID: usize = 16;

pub(super) fn begin(azure: &Azure, begin: Begin<'_>) -> Result<UploadId, WriteError> {
    azure.inner.limits.key.check(begin.key, &azure.inner.place)?;
    // No request: the service knows nothing of uploads. The id must differ from any other of this blob.
    let mut digest = Sha256::new();
    digest.update(begin.key.as_bytes());
    digest.update(azure.inner.clock.now().as_nanosecond().to_le_bytes());
    digest.update(azure.inner.uploads.fetch_add(1, Ordering::Relaxed).to_le_bytes());
    digest.update(std::process::id().to_le_bytes());
    let mut id = flagstate_sigv4::hex(&digest.finalize());
    id.truncate(ID);
    Ok(UploadId(id))
}

fn block_id(upload: &UploadId, number: u32) -> String {
    Base64::encode_string(format!("{}-{number:06}", upload.0).as_bytes())
}

/// Upload and number of a block, if it is one of ours.
fn parse_block(id: &str) -> Option<(UploadId, u32)> {
    let text = String::from_utf8(Base64::decode_vec(id).ok()?).ok()?;
    let (upload, number) = text.split_once('-')?;
    (upload.len() == ID).then_some(())?;
    Some((UploadId(upload.to_owned()), number.parse().ok()?))
}

pub(super) async fn put_part(azure: &Azure, part: Part<'_>) -> Result<PartDone, WriteError> {
    let (size, id) = (part.payload.len(), block_id(part.upload, part.number));
    let integrity = part.integrity.ahead(&part.payload, &azure.inner.place)?;
    let ask = Ask::new(Method::PUT, Some(part.key))
        .query("comp", "block")
        .query("blockid", id.as_bytes())
        .body(part.payload, integrity);
    let reply = azure.exchange(ask).await.map_err(|e| source_error(&azure.inner.place, part.key, e))?;
    if !reply.status.is_success() {
        return Err(azure.write_refused(&reply, part.key, None));
    }
    let written = written(&reply.headers);
    azure.confirmed(part.key, integrity, &written)?;
    let checksum = match integrity {
        Integrity::Known(sum) => Some(sum),
        _ => written.checksum(Algorithm::Crc64Nvme).copied(),
    };
    Ok(PartDone { number: part.number, size, etag: ETag::new(&id), checksum })
}

pub(super) async fn complete(azure: &Azure, complete: Complete<'_>) -> Result<Written, WriteError> {
    let ids: Vec<String> = complete.parts.iter().map(|p| block_id(complete.upload, p.number)).collect();
    let ask = Ask::new(Method::PUT, Some(complete.key)).describe(complete.properties);
    let (ask, expected) = ask.under(complete.condition);
    let reply = azure.exchange(block_list(ask, &ids)).await?;
    if !reply.status.is_success() {
        return Err(azure.write_refused(&reply, complete.key, expected));
    }
    let mut done = written(&reply.headers);
    // What the answer's checksums cover is the list of blocks and not the blob.
    done.checksums.clear();
    Ok(done)
}

fn block_list<'a>(ask: Ask<'a>, ids: &[String]) -> Ask<'a> {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>");
    for id in ids {
        for part in ["<Latest>", id, "</Latest>"] {
            xml.push_str(part);
        }
    }
    xml.push_str("</BlockList>");
    let sum = Checksum::of(Algorithm::Crc64Nvme, xml.as_bytes()).map_or(Integrity::Nothing, Integrity::Known);
    ask.query("comp", "blocklist").body(Payload::from(xml.into_bytes()), sum)
}

/// Blocks cannot be deleted, only superseded: where there is no blob, an empty one is written and deleted again, which
/// frees them at once. Beside an existing blob they are left to the service, which drops them after a week.
pub(super) async fn abort(azure: &Azure, key: &Key, upload: &UploadId) -> Result<(), WriteError> {
    let blocks = blocks(azure, key).await?;
    if blocks.is_empty() || !blocks.iter().any(|(id, _)| parse_block(id).is_some_and(|(u, _)| u == *upload)) {
        return Ok(());
    }
    let others = blocks.iter().any(|(id, _)| parse_block(id).is_none_or(|(u, _)| u != *upload));
    match super::object::head(azure, At::key(key)).await {
        Err(ReadError::NotFound { .. }) => {}
        Err(ReadError::Request(e)) => return Err(e.into()),
        _ => return Ok(()),
    }
    if others {
        return Ok(());
    }
    let (ask, _) = Ask::new(Method::PUT, Some(key)).describe(&Properties::default()).under(Condition::Absent);
    let reply = azure.exchange(block_list(ask, &[])).await?;
    if !reply.status.is_success() {
        // Somebody wrote the blob meanwhile: it superseded the blocks.
        let there = reply.status.as_u16() == 412 || code(&reply) == "BlobAlreadyExists";
        return if there { Ok(()) } else { Err(azure.write_refused(&reply, key, None)) };
    }
    let done = written(&reply.headers);
    let at = At { key, version: None, if_match: done.etag.as_ref() };
    match super::object::delete(azure, at).await {
        Err(crate::DeleteError::Request(e)) => Err(e.into()),
        _ => {
            // Where versions are kept, the empty one goes too.
            if let Some(version @ Version::Id(_)) = &done.version {
                let _ = super::object::delete(azure, At { key, version: Some(version), if_match: None }).await;
            }
            Ok(())
        }
    }
}

/// Blocks that wait below a name, with their sizes.
async fn blocks(azure: &Azure, key: &Key) -> Result<Vec<(String, u64)>, WriteError> {
    let ask = Ask::new(Method::GET, Some(key)).query("comp", "blocklist").query("blocklisttype", "uncommitted");
    let reply = azure.exchange(ask).await?;
    if reply.status == http::StatusCode::NOT_FOUND && code(&reply) != "ContainerNotFound" {
        return Ok(Vec::new());
    }
    if !reply.status.is_success() {
        return Err(azure.write_refused(&reply, key, None));
    }
    let (mut all, mut name, mut size) = (Vec::new(), String::new(), 0);
    walk(body(&reply), |path, step| {
        match (path, step) {
            ([.., "UncommittedBlocks", "Block"], Step::Close { name: "Name", text, .. }) => text.clone_into(&mut name),
            ([.., "UncommittedBlocks", "Block"], Step::Close { name: "Size", text, .. }) => {
                size = text.parse().map_err(|_| format!("`{text}` is no size"))?;
            }
            ([.., "UncommittedBlocks"], Step::Close { name: "Block", .. }) => {
                all.push((std::mem::take(&mut name), size));
            }
            _ => {}
        }
        Ok(())
    })
    .map_err(|e| azure.nonsense(e))?;
    Ok(all)
}

pub(super) async fn parts(azure: &Azure, key: &Key, upload: &UploadId) -> Result<Vec<PartDone>, WriteError> {
    let mut all: BTreeMap<u32, PartDone> = BTreeMap::new();
    for (id, size) in blocks(azure, key).await? {
        if let Some((found, number)) = parse_block(&id)
            && found == *upload
        {
            all.insert(number, PartDone { number, size, etag: ETag::new(&id), checksum: None });
        }
    }
    Ok(all.into_values().collect())
}

pub(super) async fn uploads(azure: &Azure, prefix: &Key) -> Result<Vec<OpenUpload>, ListError> {
    let mut ask = List { prefix: prefix.clone(), hidden: true, ..List::default() };
    let mut all = Vec::new();
    loop {
        let page = super::list::list(azure, &ask).await?;
        // Not every service marks them: what has no bytes can have blocks.
        for entry in page.entries.into_iter().filter(|e| e.kind == Kind::Uncommitted || e.size == 0) {
            let blocks = blocks(azure, &entry.key).await.map_err(|e| match e {
                WriteError::Request(e) => e,
                other => azure.nonsense(other.to_string()),
            })?;
            let mut ids: Vec<UploadId> = blocks.iter().filter_map(|(id, _)| Some(parse_block(id)?.0)).collect();
            ids.dedup();
            all.extend(ids.into_iter().map(|upload| OpenUpload {
                key: entry.key.clone(),
                upload,
                started: entry.modified,
            }));
        }
        match page.next {
            Some(next) => ask.cursor = Some(next),
            None => return Ok(all),
        }
    }
}
