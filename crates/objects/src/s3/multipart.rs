//! Uploads in parts.

use std::{collections::BTreeMap, fmt::Write as _};

use http::Method;

use super::{
    S3,
    answer::{answer, is_good},
    object::{confirmed, describe, set_tags, source, under, with_md5, written},
    request::Ask,
};
use crate::{
    Algorithm, At, Begin, Checksum, Complete, ETag, Integrity, Key, ListError, OpenUpload, Part, PartDone, UploadId,
    WriteError, Written,
    clock::parse_time,
    key::percent_decode,
    xml::{self, Step, escape, walk},
};

pub(super) async fn begin(s3: &S3, begin: Begin<'_>) -> Result<UploadId, WriteError> {
    s3.inner.limits.key.check(begin.key, &s3.inner.place)?;
    let ask = Ask::new(Method::POST, Some(begin.key)).query("uploads", "");
    let mut ask = describe(ask, begin.properties, !s3.inner.dialect.tags_apart);
    if let Some(algorithm) = begin.algorithm.filter(|a| *a != Algorithm::Md5) {
        ask = ask.header("x-amz-checksum-algorithm", algorithm.name().to_ascii_uppercase());
        let kind = if algorithm.combines() { "FULL_OBJECT" } else { "COMPOSITE" };
        ask = ask.header("x-amz-checksum-type", kind);
    }
    let reply = s3.exchange(ask).await?;
    if !is_good(reply.status) {
        return Err(s3.write_refused(&reply, begin.key, None));
    }
    let id = xml::first(&reply.body, "UploadId").filter(|id| !id.is_empty());
    Ok(UploadId(id.ok_or_else(|| s3.nonsense("it names no upload"))?))
}

pub(super) async fn put_part(s3: &S3, part: Part<'_>) -> Result<PartDone, WriteError> {
    let size = part.payload.len();
    let ask = Ask::new(Method::PUT, Some(part.key))
        .query("partNumber", part.number.to_string())
        .query("uploadId", part.upload.0.as_bytes())
        .body(part.payload, part.integrity);
    let reply = s3.exchange(ask).await.map_err(|e| source(s3, part.key, e))?;
    if !is_good(reply.status) {
        return Err(s3.write_refused(&reply, part.key, None));
    }
    let written = written(&reply.headers);
    confirmed(s3, part.key, part.integrity, &written.checksums)?;
    let etag = written.etag.ok_or_else(|| s3.nonsense("a part has no etag"))?;
    let checksum = match part.integrity {
        Integrity::Known(sum) => Some(sum),
        _ => written.checksums.first().copied(),
    };
    Ok(PartDone { number: part.number, size, etag, checksum })
}

pub(super) async fn complete(s3: &S3, complete: Complete<'_>) -> Result<Written, WriteError> {
    let mut xml = String::from("<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    for part in complete.parts {
        let etag = escape(&part.etag.quoted());
        let _ = write!(xml, "<Part><PartNumber>{}</PartNumber><ETag>{etag}</ETag>", part.number);
        if let Some(sum) = part.checksum.filter(|s| s.algorithm != Algorithm::Md5) {
            let name = sum.algorithm.name().to_ascii_uppercase();
            let _ = write!(xml, "<Checksum{name}>{}</Checksum{name}>", sum.base64());
        }
        xml.push_str("</Part>");
    }
    xml.push_str("</CompleteMultipartUpload>");
    let mut ask = Ask::new(Method::POST, Some(complete.key)).query("uploadId", complete.upload.0.as_bytes());
    if let Some(sum) = complete.checksum.filter(|s| s.algorithm.combines()) {
        ask = ask
            .header(&format!("x-amz-checksum-{}", sum.algorithm.name()), sum.base64())
            .header("x-amz-checksum-type", "FULL_OBJECT");
        let size: u64 = complete.parts.iter().map(|p| p.size).sum();
        ask = ask.header("x-amz-mp-object-size", size.to_string());
    }
    let (ask, expected) = under(ask, complete.condition);
    let reply = s3.exchange(with_md5(ask, xml)).await?;
    // The answer begins before the work is done: a failure can come with status 200.
    let failed = xml::first(&reply.body, "Code").is_some() && xml::first(&reply.body, "ETag").is_none();
    if !is_good(reply.status) || failed {
        return Err(s3.write_refused(&reply, complete.key, expected));
    }
    let mut done = written(&reply.headers);
    done.etag = xml::first(&reply.body, "ETag").map(|t| ETag::new(&t)).or(done.etag);
    let kind = xml::first(&reply.body, "ChecksumType");
    for algorithm in Algorithm::ALL {
        let name = format!("Checksum{}", algorithm.name().to_ascii_uppercase());
        if let Some(mut sum) = xml::first(&reply.body, &name).and_then(|t| Checksum::from_base64(algorithm, &t)) {
            if kind.as_deref() == Some("COMPOSITE") {
                sum.scope = crate::Scope::Composite;
            }
            done.checksums.push(sum);
        }
    }
    let full: Vec<Checksum> = done.checksums.iter().filter(|c| c.scope == crate::Scope::Full).copied().collect();
    if let Some(sum) = complete.checksum {
        confirmed(s3, complete.key, Integrity::Known(sum), &full)?;
    }
    if s3.inner.dialect.tags_apart && !complete.properties.tags.is_empty() {
        let at = At { key: complete.key, version: done.version.as_ref(), if_match: None };
        set_tags(s3, at, &complete.properties.tags).await?;
    }
    Ok(done)
}

pub(super) async fn abort(s3: &S3, key: &Key, upload: &UploadId) -> Result<(), WriteError> {
    let ask = Ask::new(Method::DELETE, Some(key)).query("uploadId", upload.0.as_bytes());
    let reply = s3.exchange(ask).await?;
    let gone =
        answer(&reply).code == "NoSuchUpload" || (reply.status == http::StatusCode::NOT_FOUND && reply.body.is_empty());
    if is_good(reply.status) || gone { Ok(()) } else { Err(s3.write_refused(&reply, key, None)) }
}

pub(super) async fn uploads(s3: &S3, prefix: &Key) -> Result<Vec<OpenUpload>, ListError> {
    let mut all = Vec::new();
    let mut marker: Option<(Vec<u8>, String)> = None;
    loop {
        let mut ask = Ask::new(Method::GET, None).query("uploads", "").query("encoding-type", "url");
        if !prefix.is_empty() {
            ask = ask.query("prefix", prefix.as_bytes());
        }
        if let Some((key, id)) = &marker {
            ask = ask.query("key-marker", key.as_slice()).query("upload-id-marker", id.as_bytes());
        }
        let reply = s3.exchange(ask).await?;
        if !is_good(reply.status) {
            return Err(s3.list_refused(&reply));
        }
        let (found, next) = read_uploads(s3, &reply.body)?;
        // Some stores ignore the prefix here.
        all.extend(found.into_iter().filter(|u| u.key.as_bytes().starts_with(prefix.as_bytes())));
        if next.is_none() || next == marker {
            return Ok(all);
        }
        marker = next;
    }
}

type Next = Option<(Vec<u8>, String)>;

fn read_uploads(s3: &S3, body: &[u8]) -> Result<(Vec<OpenUpload>, Next), ListError> {
    let mut found: Vec<(String, String, Option<jiff::Timestamp>)> = Vec::new();
    let (mut url, mut truncated, mut next_key, mut next_id) = (false, false, String::new(), String::new());
    let mut now = (String::new(), String::new(), None);
    walk(body, |path, step| {
        match (path, step) {
            ([_, "Upload"], Step::Close { name: "Key", text, .. }) => text.clone_into(&mut now.0),
            ([_, "Upload"], Step::Close { name: "UploadId", text, .. }) => text.clone_into(&mut now.1),
            ([_, "Upload"], Step::Close { name: "Initiated", text, .. }) => now.2 = parse_time(text),
            ([_], Step::Close { name: "Upload", .. }) => found.push(std::mem::take(&mut now)),
            ([_], Step::Close { name: "EncodingType", text, .. }) => url = text == "url",
            ([_], Step::Close { name: "IsTruncated", text, .. }) => truncated = text == "true",
            ([_], Step::Close { name: "NextKeyMarker", text, .. }) => text.clone_into(&mut next_key),
            ([_], Step::Close { name: "NextUploadIdMarker", text, .. }) => text.clone_into(&mut next_id),
            _ => {}
        }
        Ok(())
    })
    .map_err(|e| s3.nonsense(e))?;
    let forms = s3.inner.dialect.plus == super::Plus::Space && !found.iter().any(|f| f.0.contains("%20"));
    let decode = |text: &str| {
        let unreadable = || ListError::UnreadableKey { place: s3.inner.place.clone(), text: text.to_owned() };
        if url { percent_decode(text.as_bytes(), forms).ok_or_else(unreadable) } else { Ok(text.into()) }
    };
    let mut all = Vec::new();
    for (key, id, started) in &found {
        all.push(OpenUpload { key: Key::new(decode(key)?), upload: UploadId(id.clone()), started: *started });
    }
    let next = if truncated { Some((decode(&next_key)?, next_id)) } else { None };
    Ok((all, next))
}

pub(super) async fn parts(s3: &S3, key: &Key, upload: &UploadId) -> Result<Vec<PartDone>, WriteError> {
    let mut all: BTreeMap<u32, PartDone> = BTreeMap::new();
    let mut marker: Option<u32> = None;
    loop {
        let mut ask = Ask::new(Method::GET, Some(key)).query("uploadId", upload.0.as_bytes());
        if let Some(marker) = marker {
            ask = ask.query("part-number-marker", marker.to_string());
        }
        let reply = s3.exchange(ask).await?;
        if !is_good(reply.status) {
            return Err(s3.write_refused(&reply, key, None));
        }
        let truncated = xml::first(&reply.body, "IsTruncated").as_deref() == Some("true");
        for part in read_parts(&reply.body).map_err(|e| s3.nonsense(e))? {
            all.insert(part.number, part);
        }
        let last = all.keys().next_back().copied();
        if !truncated || last == marker {
            return Ok(all.into_values().collect());
        }
        marker = last;
    }
}

fn read_parts(body: &[u8]) -> Result<Vec<PartDone>, String> {
    let empty = || PartDone { number: 0, size: 0, etag: ETag::new(""), checksum: None };
    let (mut all, mut part) = (Vec::new(), empty());
    walk(body, |path, step| {
        match (path, step) {
            ([_, "Part"], Step::Close { name, text, .. }) => match name {
                "PartNumber" => part.number = text.parse().map_err(|_| format!("`{text}` is no part number"))?,
                "Size" => part.size = text.parse().map_err(|_| format!("`{text}` is no size"))?,
                "ETag" => part.etag = ETag::new(text),
                other => {
                    let known = |a: &Algorithm| other == format!("Checksum{}", a.name().to_ascii_uppercase());
                    if let Some(algorithm) = Algorithm::ALL.iter().find(|a| known(a)) {
                        part.checksum = Checksum::from_base64(*algorithm, text);
                    }
                }
            },
            ([_], Step::Close { name: "Part", .. }) => all.push(std::mem::replace(&mut part, empty())),
            _ => {}
        }
        Ok(())
    })?;
    Ok(all)
}
