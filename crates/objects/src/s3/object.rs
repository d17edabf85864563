//! One object in one request: head, get, put, tags, delete.

use std::collections::BTreeMap;

use http::{HeaderMap, Method, header::RANGE};

use super::{
    FRAMING, S3,
    answer::is_good,
    request::{Ask, checksum_header},
};
use crate::{
    Algorithm, At, Checksum, Condition, DeleteError, Details, ETag, Entry, Get, Got, Headers, Hold, Integrity, Key,
    Payload, Properties, Put, ReadError, RequestError, Version, WriteError, Written,
    clock::parse_time,
    http::text,
    read::{headers_of, range_of},
    xml::{tag_set, tags_of},
};

/// The object's own headers: an encoding of the transport that a server kept is none of them.
fn own_headers(headers: &HeaderMap) -> Headers {
    let mut found = headers_of(headers);
    found.content_encoding = found.content_encoding.and_then(|text| {
        if !text.contains(FRAMING) {
            return Some(text);
        }
        let own: Vec<&str> = text.split(',').map(str::trim).filter(|t| *t != FRAMING).collect();
        Some(own.join(",")).filter(|t| !t.is_empty())
    });
    found
}

pub(super) async fn head(s3: &S3, at: At<'_>) -> Result<Entry, ReadError> {
    let ask = with_match(Ask::new(Method::HEAD, Some(at.key)).version(at.version), at.if_match);
    let reply = s3.exchange(ask.header("x-amz-checksum-mode", "ENABLED")).await?;
    if !is_good(reply.status) {
        return Err(s3.read_refused(&reply, at.key));
    }
    let size = text(&reply.headers, "content-length").and_then(|t| t.parse().ok());
    let size = size.ok_or_else(|| s3.nonsense("it does not say how long the object is"))?;
    let entry = entry(at.key, &reply.headers, size);
    unchanged(s3, at, &entry)?;
    Ok(entry)
}

/// The size of the first part. A store that does not know the question answers with the whole object.
pub(super) async fn first_part(s3: &S3, at: At<'_>) -> Result<Option<u64>, ReadError> {
    let ask = with_match(Ask::new(Method::HEAD, Some(at.key)).version(at.version), at.if_match);
    let reply = s3.exchange(ask.query("partNumber", "1")).await?;
    let size = text(&reply.headers, "content-length").and_then(|t| t.parse().ok());
    Ok(size.filter(|_| is_good(reply.status)))
}

pub(super) async fn get(s3: &S3, at: At<'_>, ask: Get) -> Result<Got, ReadError> {
    let mut request = with_match(Ask::new(Method::GET, Some(at.key)).version(at.version), at.if_match);
    if let Some(range) = &ask.range {
        request = request.header(RANGE.as_str(), format!("bytes={}-{}", range.start, range.end.saturating_sub(1)));
    }
    if ask.checksum {
        request = request.header("x-amz-checksum-mode", "ENABLED");
    }
    let response = s3.send(request).await?;
    if !is_good(response.status()) {
        let reply = s3.inner.http.read(&s3.inner.place, response).await?;
        return Err(s3.read_refused(&reply, at.key));
    }
    let (head, body) = response.into_parts();
    let (range, size) =
        range_of(head.status, &head.headers, ask.range.as_ref()).map_err(|e| e.into_error(&s3.inner.place, at.key))?;
    let entry = entry(at.key, &head.headers, size);
    unchanged(s3, at, &entry)?;
    let len = range.end - range.start;
    let pieces = s3.inner.http.stream(body).of_object(&s3.inner.place);
    let mut body = crate::ByteStream::new((&s3.inner.place, at.key), len, pieces);
    let whole = len == size;
    if let Some(sum) = entry.details.as_ref().and_then(|d| full(&d.checksums)).filter(|_| ask.checksum && whole) {
        body = body.verified(sum);
    }
    Ok(Got { entry, range, body })
}

/// The cheapest full checksum of several.
fn full(sums: &[Checksum]) -> Option<Checksum> {
    let cost = |a: Algorithm| Algorithm::ALL.iter().position(|b| *b == a);
    sums.iter()
        .filter(|c| c.scope == crate::Scope::Full && c.algorithm != Algorithm::Sha1)
        .min_by_key(|c| cost(c.algorithm))
        .copied()
}

/// Some stores ignore `If-Match` on reads: what came back is compared here.
fn unchanged(s3: &S3, at: At<'_>, entry: &Entry) -> Result<(), ReadError> {
    match (at.if_match, &entry.etag) {
        (Some(wanted), Some(found)) if wanted != found => {
            Err(ReadError::Changed { place: s3.inner.place.clone(), key: at.key.clone() })
        }
        _ => Ok(()),
    }
}

fn with_match<'a>(ask: Ask<'a>, etag: Option<&ETag>) -> Ask<'a> {
    match etag {
        Some(etag) => ask.header("if-match", etag.quoted()),
        None => ask,
    }
}

/// What an answer's headers say of an object.
fn entry(key: &Key, headers: &HeaderMap, size: u64) -> Entry {
    let some = |name| text(headers, name).map(str::to_owned);
    let time = |name| text(headers, name).and_then(parse_time);
    let checksums = Algorithm::ALL
        .into_iter()
        .filter_map(|a| Checksum::from_base64(a, text(headers, &format!("x-amz-checksum-{}", a.name()))?))
        .map(|mut sum| {
            if text(headers, "x-amz-checksum-type") == Some("COMPOSITE") {
                sum.scope = crate::Scope::Composite;
            }
            sum
        })
        .collect();
    let class = some("x-amz-storage-class");
    let restored = text(headers, "x-amz-restore").is_some_and(|r| r.contains("ongoing-request=\"false\""));
    let archived = !restored
        && (matches!(class.as_deref(), Some("GLACIER" | "DEEP_ARCHIVE"))
            || headers.contains_key("x-amz-archive-status"));
    let details = Details {
        properties: Properties {
            headers: own_headers(headers),
            metadata: crate::read::metadata(headers, "x-amz-meta-"),
            tags: BTreeMap::new(),
            class: class.clone(),
            hold: None,
        },
        has_metadata: true,
        tag_count: Some(text(headers, "x-amz-tagging-count").and_then(|t| t.parse().ok()).unwrap_or(0)),
        checksums,
        hold: Hold {
            mode: some("x-amz-object-lock-mode"),
            until: time("x-amz-object-lock-retain-until-date"),
            legal: text(headers, "x-amz-object-lock-legal-hold") == Some("ON"),
        },
        archived,
        parts: text(headers, "x-amz-mp-parts-count").and_then(|t| t.parse().ok()),
        encryption: some("x-amz-server-side-encryption"),
        ..Details::default()
    };
    Entry {
        key: key.clone(),
        size,
        etag: text(headers, "etag").map(ETag::new),
        modified: time("last-modified"),
        version: some("x-amz-version-id").map(Version::Id),
        current: true,
        kind: crate::Kind::Object,
        class,
        details: Some(Box::new(details)),
    }
}

/// Headers that a write carries for its properties.
pub(super) fn describe<'a>(mut ask: Ask<'a>, properties: &Properties, tags: bool) -> Ask<'a> {
    for (name, value) in properties.headers.fields() {
        if let Some(value) = value {
            ask = ask.header(name, value);
        }
    }
    for (name, value) in &properties.metadata {
        ask = ask.header(&format!("x-amz-meta-{}", name.to_ascii_lowercase()), value.as_bytes());
    }
    if let Some(class) = &properties.class {
        ask = ask.header("x-amz-storage-class", class.as_bytes());
    }
    if let Some(hold) = &properties.hold {
        if let (Some(mode), Some(until)) = (&hold.mode, hold.until) {
            ask = ask.header("x-amz-object-lock-mode", mode.as_bytes());
            ask = ask.header("x-amz-object-lock-retain-until-date", until.to_string());
        }
        if hold.legal {
            ask = ask.header("x-amz-object-lock-legal-hold", "ON");
        }
    }
    if tags && !properties.tags.is_empty() {
        let pairs: Vec<(&[u8], &[u8])> = properties.tags.iter().map(|(n, v)| (n.as_bytes(), v.as_bytes())).collect();
        ask = ask.header("x-amz-tagging", flagstate_sigv4::canonical_query(&pairs));
    }
    ask
}

/// Headers for a condition, and the state that it expects.
pub(super) fn under<'a, 'c>(ask: Ask<'a>, condition: Condition<'c>) -> (Ask<'a>, Option<&'c ETag>) {
    match condition {
        Condition::Always => (ask, None),
        Condition::Absent => (ask.header("if-none-match", "*"), None),
        Condition::Matches(etag) => (ask.header("if-match", etag.quoted()), Some(etag)),
    }
}

pub(super) async fn put(s3: &S3, put: Put<'_>) -> Result<Written, WriteError> {
    s3.inner.limits.key.check(put.key, &s3.inner.place)?;
    let apart = s3.inner.dialect.tags_apart;
    let ask = describe(Ask::new(Method::PUT, Some(put.key)), put.properties, !apart);
    let (ask, expected) = under(ask, put.condition);
    let reply = s3.exchange(ask.body(put.payload, put.integrity)).await.map_err(|e| source(s3, put.key, e))?;
    if !is_good(reply.status) {
        return Err(s3.write_refused(&reply, put.key, expected));
    }
    let written = written(&reply.headers);
    confirmed(s3, put.key, put.integrity, &written.checksums)?;
    if apart && !put.properties.tags.is_empty() {
        let at = At { key: put.key, version: written.version.as_ref(), if_match: None };
        set_tags(s3, at, &put.properties.tags).await?;
    }
    Ok(written)
}

/// A body that could not be read is not the network's fault.
pub(super) fn source(s3: &S3, key: &Key, error: RequestError) -> WriteError {
    crate::read::source_error(&s3.inner.place, key, error)
}

/// The store's own checksum, where it says it, must be ours.
pub(super) fn confirmed(s3: &S3, key: &Key, sent: Integrity, got: &[Checksum]) -> Result<(), WriteError> {
    let Integrity::Known(sent) = sent else { return Ok(()) };
    let other = got.iter().find(|c| c.algorithm == sent.algorithm && c.value() != sent.value());
    match other {
        None => Ok(()),
        Some(found) => Err(WriteError::Damaged {
            place: s3.inner.place.clone(),
            key: key.clone(),
            what: format!("{sent} was sent, and the store has {found}"),
        }),
    }
}

pub(super) fn written(headers: &HeaderMap) -> Written {
    let checksums = Algorithm::ALL
        .into_iter()
        .filter_map(|a| Checksum::from_base64(a, text(headers, &format!("x-amz-checksum-{}", a.name()))?))
        .collect();
    Written {
        etag: text(headers, "etag").map(ETag::new),
        version: text(headers, "x-amz-version-id").map(|v| Version::Id(v.to_owned())),
        checksums,
    }
}

pub(super) async fn tags(s3: &S3, at: At<'_>) -> Result<BTreeMap<String, String>, ReadError> {
    let ask = Ask::new(Method::GET, Some(at.key)).query("tagging", "").version(at.version);
    let reply = s3.exchange(ask).await?;
    if !is_good(reply.status) {
        return Err(s3.read_refused(&reply, at.key));
    }
    tags_of(&reply.body).map_err(|e| s3.nonsense(e).into())
}

pub(super) async fn set_tags(s3: &S3, at: At<'_>, tags: &BTreeMap<String, String>) -> Result<(), WriteError> {
    let xml = format!("<Tagging>{}</Tagging>", tag_set(tags));
    let ask = Ask::new(Method::PUT, Some(at.key)).query("tagging", "").version(at.version);
    let reply = s3.exchange(with_md5(ask, xml)).await?;
    if is_good(reply.status) { Ok(()) } else { Err(s3.write_refused(&reply, at.key, None)) }
}

/// A small document as a body. S3 wants a checksum with these; MD5 is the one that every store takes.
pub(super) fn with_md5(ask: Ask<'_>, xml: String) -> Ask<'_> {
    let sum = Checksum::of(Algorithm::Md5, xml.as_bytes());
    let ask = match sum {
        Some(sum) => {
            let (name, value) = checksum_header(&sum);
            ask.header(&name, value)
        }
        None => ask,
    };
    ask.header("content-type", "application/xml").body(Payload::from(xml.into_bytes()), Integrity::Nothing)
}

pub(super) async fn delete(s3: &S3, at: At<'_>) -> Result<(), DeleteError> {
    let ask = with_match(Ask::new(Method::DELETE, Some(at.key)).version(at.version), at.if_match);
    let reply = s3.exchange(ask).await?;
    let code = crate::xml::first(&reply.body, "Code");
    let gone = reply.status == http::StatusCode::NOT_FOUND && code.as_deref() != Some("NoSuchBucket");
    if is_good(reply.status) || gone { Ok(()) } else { Err(s3.delete_refused(&reply, at.key)) }
}
