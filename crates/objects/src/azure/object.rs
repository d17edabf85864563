//! One blob in one request: head, get, put, tags, delete.

use std::{collections::BTreeMap, sync::atomic::Ordering};

use http::{HeaderMap, Method, StatusCode};

use super::{
    Azure,
    answer::{body, code},
    request::Ask,
};
use crate::{
    Algorithm, At, Checksum, DeleteError, Details, ETag, Entry, Get, Got, Hold, Integrity, Key, Kind, Payload,
    Properties, Put, ReadError, Version, WriteError, Written,
    clock::parse_time,
    http::text,
    read::{headers_of, metadata, range_of, source_error},
    xml::{tag_set, tags_of},
};

/// Largest range for which the service computes a CRC-64.
const CRC_RANGE: u64 = 4 << 20;

pub(super) async fn head(azure: &Azure, at: At<'_>) -> Result<Entry, ReadError> {
    let ask = Ask::new(Method::HEAD, Some(at.key)).version(at.version).if_match(at.if_match);
    let reply = azure.exchange(ask).await?;
    if !reply.status.is_success() {
        return Err(azure.read_refused(&reply, at.key));
    }
    let size = text(&reply.headers, "content-length").and_then(|t| t.parse().ok());
    let size = size.ok_or_else(|| azure.nonsense("it does not say how long the blob is"))?;
    Ok(entry(at, &reply.headers, size))
}

pub(super) async fn get(azure: &Azure, at: At<'_>, ask: Get) -> Result<Got, ReadError> {
    let crc = !azure.inner.no_crc.load(Ordering::Relaxed);
    let (request, asks_crc) = asked(at, &ask, crc);
    let mut response = azure.send(request).await?;
    let unknown = text(response.headers(), "x-ms-error-code") == Some("FeatureNotSupported");
    if asks_crc && (unknown || response.status() == StatusCode::NOT_IMPLEMENTED) {
        // Then the service's MD5 of the range has to do.
        azure.inner.no_crc.store(true, Ordering::Relaxed);
        response = azure.send(asked(at, &ask, false).0).await?;
    }
    if !response.status().is_success() {
        let reply = azure.inner.http.read(&azure.inner.place, response).await?;
        return Err(azure.read_refused(&reply, at.key));
    }
    let (head, incoming) = response.into_parts();
    let (range, size) = range_of(head.status, &head.headers, ask.range.as_ref())
        .map_err(|e| e.into_error(&azure.inner.place, at.key))?;
    let entry = entry(at, &head.headers, size);
    if let (Some(wanted), Some(found)) = (at.if_match, &entry.etag)
        && wanted != found
    {
        return Err(ReadError::Changed { place: azure.inner.place.clone(), key: at.key.clone() });
    }
    let pieces = azure.inner.http.stream(incoming).of_object(&azure.inner.place);
    let mut body = crate::ByteStream::new((&azure.inner.place, at.key), range.end - range.start, pieces);
    if ask.checksum {
        let sum = |name, algorithm| text(&head.headers, name).and_then(|t| Checksum::from_azure_base64(algorithm, t));
        let crc = sum("x-ms-content-crc64", Algorithm::Crc64Nvme);
        let whole = (range.end - range.start == size).then(|| stored_md5(&head.headers)).flatten();
        // With a range, this header speaks of the range.
        let part = || ask.range.as_ref().and_then(|_| sum("content-md5", Algorithm::Md5));
        if let Some(sum) = crc.or(whole).or_else(part) {
            body = body.verified(sum);
        }
    }
    Ok(Got { entry, range, body })
}

/// The request for a blob or a range of it; true when the service is to compute a CRC-64.
fn asked<'a>(at: At<'a>, ask: &Get, crc: bool) -> (Ask<'a>, bool) {
    let request = Ask::new(Method::GET, Some(at.key)).version(at.version).if_match(at.if_match);
    let Some(range) = &ask.range else { return (request, false) };
    let request = request.header("x-ms-range", format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
    match ask.checksum && range.end.saturating_sub(range.start) <= CRC_RANGE {
        true if crc => (request.header("x-ms-range-get-content-crc64", "true"), true),
        true => (request.header("x-ms-range-get-content-md5", "true"), false),
        false => (request, false),
    }
}

/// The MD5 that the blob's writer left. With ranges it stands in a header of its own.
fn stored_md5(headers: &HeaderMap) -> Option<Checksum> {
    let value = text(headers, "x-ms-blob-content-md5").or_else(|| text(headers, "content-md5"))?;
    Checksum::from_azure_base64(Algorithm::Md5, value)
}

fn kind_of(headers: &HeaderMap) -> Kind {
    match (text(headers, "x-ms-resource-type"), text(headers, "x-ms-blob-type")) {
        (Some("directory"), _) => Kind::Directory,
        (_, Some("AppendBlob")) => Kind::AppendBlob,
        (_, Some("PageBlob")) => Kind::PageBlob,
        _ => Kind::Object,
    }
}

fn entry(at: At<'_>, headers: &HeaderMap, size: u64) -> Entry {
    let some = |name| text(headers, name).map(str::to_owned);
    let time = |name| text(headers, name).and_then(parse_time);
    let owner: Vec<String> = ["x-ms-owner", "x-ms-group", "x-ms-permissions", "x-ms-acl"]
        .into_iter()
        .filter_map(|n| Some(format!("{}={}", n.trim_start_matches("x-ms-"), text(headers, n)?)))
        .collect();
    let details = Details {
        properties: Properties {
            headers: headers_of(headers),
            metadata: metadata(headers, "x-ms-meta-"),
            tags: BTreeMap::new(),
            class: some("x-ms-access-tier"),
            hold: None,
        },
        has_metadata: true,
        tag_count: Some(text(headers, "x-ms-tag-count").and_then(|t| t.parse().ok()).unwrap_or(0)),
        checksums: stored_md5(headers).into_iter().collect(),
        created: time("x-ms-creation-time"),
        hold: Hold {
            mode: some("x-ms-immutability-policy-mode"),
            until: time("x-ms-immutability-policy-until-date"),
            legal: text(headers, "x-ms-legal-hold") == Some("true"),
        },
        archived: text(headers, "x-ms-access-tier") == Some("Archive"),
        encryption: some("x-ms-encryption-scope")
            .or_else(|| (text(headers, "x-ms-server-encrypted") == Some("true")).then(|| "service".to_owned())),
        posix: (!owner.is_empty()).then(|| owner.join(" ")),
        leased: text(headers, "x-ms-lease-state") == Some("leased"),
        parts: None,
    };
    let snapshot = matches!(at.version, Some(Version::Snapshot(_)));
    Entry {
        key: at.key.clone(),
        size,
        etag: text(headers, "etag").map(ETag::new),
        modified: time("last-modified"),
        version: if snapshot { at.version.cloned() } else { some("x-ms-version-id").map(Version::Id) },
        current: !snapshot && text(headers, "x-ms-is-current-version") != Some("false"),
        kind: kind_of(headers),
        class: some("x-ms-access-tier"),
        details: Some(Box::new(details)),
    }
}

pub(super) async fn put(azure: &Azure, put: Put<'_>) -> Result<Written, WriteError> {
    azure.inner.limits.key.check(put.key, &azure.inner.place)?;
    let integrity = put.integrity.ahead(&put.payload, &azure.inner.place)?;
    let ask = Ask::new(Method::PUT, Some(put.key)).header("x-ms-blob-type", "BlockBlob").describe(put.properties);
    let (ask, expected) = ask.under(put.condition);
    let reply = azure.exchange(ask.body(put.payload, integrity)).await;
    let reply = reply.map_err(|e| source_error(&azure.inner.place, put.key, e))?;
    if !reply.status.is_success() {
        return Err(azure.write_refused(&reply, put.key, expected));
    }
    let written = written(&reply.headers);
    azure.confirmed(put.key, integrity, &written)?;
    Ok(written)
}

impl Azure {
    /// The service's own checksum, where it says it, must be ours.
    pub(super) fn confirmed(&self, key: &Key, sent: Integrity, got: &Written) -> Result<(), WriteError> {
        let Integrity::Known(sent) = sent else { return Ok(()) };
        match got.checksum(sent.algorithm) {
            Some(found) if *found != sent => Err(WriteError::Damaged {
                place: self.inner.place.clone(),
                key: key.clone(),
                what: format!("{sent} was sent, and the store has {found}"),
            }),
            _ => Ok(()),
        }
    }
}

pub(super) fn written(headers: &HeaderMap) -> Written {
    let sums = [("x-ms-content-crc64", Algorithm::Crc64Nvme), ("content-md5", Algorithm::Md5)];
    Written {
        etag: text(headers, "etag").map(ETag::new),
        version: text(headers, "x-ms-version-id").map(|v| Version::Id(v.to_owned())),
        checksums: sums
            .into_iter()
            .filter_map(|(name, algorithm)| Checksum::from_azure_base64(algorithm, text(headers, name)?))
            .collect(),
    }
}

pub(super) async fn tags(azure: &Azure, at: At<'_>) -> Result<BTreeMap<String, String>, ReadError> {
    let reply = azure.exchange(Ask::new(Method::GET, Some(at.key)).query("comp", "tags").version(at.version)).await?;
    if !reply.status.is_success() {
        return Err(azure.read_refused(&reply, at.key));
    }
    tags_of(body(&reply)).map_err(|e| azure.nonsense(e).into())
}

pub(super) async fn set_tags(azure: &Azure, at: At<'_>, tags: &BTreeMap<String, String>) -> Result<(), WriteError> {
    let xml = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Tags>{}</Tags>", tag_set(tags));
    let sum = Checksum::of(Algorithm::Crc64Nvme, xml.as_bytes()).map_or(Integrity::Nothing, Integrity::Known);
    let ask = Ask::new(Method::PUT, Some(at.key)).query("comp", "tags").version(at.version);
    let ask = ask.header("content-type", "application/xml; charset=UTF-8").body(Payload::from(xml.into_bytes()), sum);
    let reply = azure.exchange(ask).await?;
    if reply.status.is_success() { Ok(()) } else { Err(azure.write_refused(&reply, at.key, None)) }
}

pub(super) async fn delete(azure: &Azure, at: At<'_>) -> Result<(), DeleteError> {
    let mut ask = Ask::new(Method::DELETE, Some(at.key)).version(at.version).if_match(at.if_match);
    if at.version.is_none() {
        // A blob with snapshots cannot be deleted alone.
        ask = ask.header("x-ms-delete-snapshots", "include");
    }
    let reply = azure.exchange(ask).await?;
    let gone = reply.status == StatusCode::NOT_FOUND && code(&reply) != "ContainerNotFound";
    if reply.status.is_success() || gone { Ok(()) } else { Err(azure.delete_refused(&reply, at.key)) }
}
