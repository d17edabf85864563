//! Single objects: read, written, copied, tagged, deleted.

use std::ops::Range;

use super::list::push_sum;
use crate::{
    hub::{Act, Hub, Received, Stop, receive, refuse},
    store::{Bucket, Condition, Keep, Kept, New, Object, Properties, Refused},
    sums::{Kind, Sum, find},
    text::{elements, http_date, iso, percent_decode, push_element, push_number, unhex},
    wire::{Answer, Body, Incoming, Request},
};

/// Headers that come back as they were sent.
const HEADERS: [&str; 6] =
    ["content-type", "content-encoding", "content-language", "content-disposition", "cache-control", "expires"];

/// A request at an object.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) hub: &'a Hub,
    pub(super) request: &'a Request,
    pub(super) bucket: &'a Bucket,
    pub(super) key: &'a [u8],
    pub(super) act: &'a Act,
}

/// The range that a request asks for: nothing for the whole.
pub(crate) fn range(request: &Request, name: &str, len: u64) -> Result<Option<Range<u64>>, Stop> {
    let Some(text) = request.text(name).and_then(|t| t.strip_prefix("bytes=")) else { return Ok(None) };
    let Some((from, to)) = text.split_once('-') else { return Ok(None) };
    let range = match (from.parse::<u64>(), to.parse::<u64>()) {
        (Ok(from), Ok(to)) if to >= from => from..to.saturating_add(1).min(len),
        (Ok(from), Err(_)) if to.is_empty() => from..len,
        (Err(_), Ok(last)) if from.is_empty() => len.saturating_sub(last)..len,
        _ => return Ok(None),
    };
    if range.start >= range.end {
        return refuse(416, "InvalidRange", "the object is shorter");
    }
    Ok(Some(range))
}

/// An `ETag` of a condition, without quotes.
pub(crate) fn unquoted(text: &str) -> &str {
    let text = text.trim().trim_start_matches("W/");
    text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text)
}

/// The condition on a write.
pub(crate) fn condition(request: &Request) -> Condition {
    match (request.text("if-match"), request.text("if-none-match")) {
        (Some(etag), _) => Condition::Matches(unquoted(etag).to_owned()),
        (None, Some("*")) => Condition::Absent,
        _ => Condition::Always,
    }
}

/// The condition on a read.
pub(crate) fn check_read(request: &Request, object: &Object) -> Result<(), Stop> {
    let fits = |text: &str| text.split(',').any(|t| t.trim() == "*" || unquoted(t) == object.etag);
    if request.text("if-match").is_some_and(|t| !fits(t)) {
        return refuse(412, "PreconditionFailed", "the object is in another state");
    }
    if request.text("if-none-match").is_some_and(fits) {
        return refuse(304, "NotModified", "the object is in that state");
    }
    Ok(())
}

impl<'a> At<'a> {
    fn version(&self) -> Option<&'a str> {
        self.request.query_text("versionId").filter(|v| *v != "null")
    }

    pub(super) fn kept(&self) -> Result<&'a Kept, Stop> {
        self.bucket.kept().map_or_else(|| refuse(403, "AccessDenied", "the bucket is generated"), Ok)
    }

    fn find(&self) -> Result<std::sync::Arc<Object>, Stop> {
        match self.bucket.get(self.key, self.version()) {
            Some(object) if object.marker => refuse(405, "MethodNotAllowed", "a delete marker"),
            Some(object) => Ok(object),
            None if self.version().is_some() => refuse(404, "NoSuchVersion", "there is no such version"),
            None => refuse(404, "NoSuchKey", "there is no such object"),
        }
    }

    pub(super) fn versioned(&self, answer: Answer, object: &Object) -> Answer {
        if self.bucket.kept().is_some_and(Kept::is_versioned) {
            return answer.header("x-amz-version-id", object.version().as_bytes());
        }
        answer
    }

    fn describe(&self, object: &Object, status: u16, whole: bool) -> Answer {
        let properties = &object.properties;
        let mut answer = Answer::new(status)
            .etag(&object.etag)
            .header("last-modified", http_date(object.modified_ms).as_bytes())
            .header("accept-ranges", b"bytes");
        for (name, value) in &properties.headers {
            answer = answer.header(name, value);
        }
        if properties.header("content-type").is_none() {
            answer = answer.header("content-type", b"binary/octet-stream");
        }
        for (name, value) in &properties.metadata {
            answer = answer.header(&format!("x-amz-meta-{name}"), value);
        }
        if !properties.tags.is_empty() {
            answer = answer.header("x-amz-tagging-count", properties.tags.len().to_string().as_bytes());
        }
        if let Some(class) = properties.class.as_deref().filter(|c| *c != "STANDARD") {
            answer = answer.header("x-amz-storage-class", class.as_bytes());
        }
        if whole && self.request.text("x-amz-checksum-mode").is_some_and(|m| m.eq_ignore_ascii_case("enabled")) {
            for sum in object.sums.iter().filter(|s| s.kind != Kind::Md5) {
                let name = format!("x-amz-checksum-{}", sum.kind.name());
                match object.parts.filter(|_| sum.composite) {
                    Some(parts) => {
                        answer = answer.header(&name, format!("{}-{parts}", sum.base64()).as_bytes());
                        answer = answer.header("x-amz-checksum-type", b"COMPOSITE");
                    }
                    None => {
                        answer = answer.header(&name, sum.base64().as_bytes());
                        answer = answer.header("x-amz-checksum-type", b"FULL_OBJECT");
                    }
                }
            }
        }
        self.versioned(answer, object)
    }

    pub(super) fn get(&self) -> Result<Answer, Stop> {
        let object = self.find()?;
        check_read(self.request, &object)?;
        if !object.content.is_there() {
            return refuse(410, "Dropped", "this bucket does not keep bytes");
        }
        let len = object.len();
        let range = range(self.request, "range", len)?;
        let mut answer = self.describe(&object, if range.is_some() { 206 } else { 200 }, range.is_none());
        if let Some(range) = &range {
            let text = format!("bytes {}-{}/{len}", range.start, range.end - 1);
            answer = answer.header("content-range", text.as_bytes());
        }
        Ok(answer.with(Body::Object(object.content.clone(), range.unwrap_or(0..len))))
    }

    pub(super) fn head(&self) -> Result<Answer, Stop> {
        let object = self.find()?;
        check_read(self.request, &object)?;
        let mut answer = self.describe(&object, 200, true);
        if let Some(parts) = object.parts.filter(|_| self.request.asks("partNumber")) {
            answer = answer.header("x-amz-mp-parts-count", parts.to_string().as_bytes());
        }
        Ok(answer.with(Body::Length(object.len())))
    }

    pub(super) fn attributes(&self) -> Result<Answer, Stop> {
        let object = self.find()?;
        let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<GetObjectAttributesResponse>".to_vec();
        push_element(&mut xml, "ETag", object.etag.as_bytes());
        xml.extend_from_slice(b"<Checksum>");
        for sum in object.sums.iter().filter(|s| s.kind != Kind::Md5) {
            push_sum(&mut xml, sum.kind, &sum.base64());
        }
        xml.extend_from_slice(b"</Checksum><ObjectSize>");
        push_number(&mut xml, object.len());
        xml.extend_from_slice(b"</ObjectSize></GetObjectAttributesResponse>");
        Ok(Answer::xml(200, xml).header("last-modified", http_date(object.modified_ms).as_bytes()))
    }

    /// The sums that come along with a body, and the kinds that follow behind it.
    fn claims(&self, keep: Keep) -> Result<(Vec<Sum>, Vec<Kind>), Stop> {
        let mut claims = Vec::new();
        let mut add = |sum: Option<Sum>| match sum {
            Some(sum) => {
                claims.push(sum);
                Ok(())
            }
            None => refuse(400, "InvalidDigest", "a checksum cannot be read"),
        };
        if let Some(text) = self.request.text("content-md5") {
            add(Sum::parse(Kind::Md5, text))?;
        }
        for kind in Kind::S3 {
            if let Some(text) = self.request.text(&format!("x-amz-checksum-{}", kind.name())) {
                add(Sum::parse(kind, text))?;
            }
        }
        let hash = self.request.text("x-amz-content-sha256").filter(|h| h.len() == 64 && keep == Keep::Bytes);
        if let Some(value) = hash.and_then(|h| unhex(h.as_bytes()))
            && find(&claims, Kind::Sha256).is_none()
        {
            claims.push(Sum { kind: Kind::Sha256, value, composite: false });
        }
        let trailer = self.request.text("x-amz-trailer").unwrap_or_default().to_ascii_lowercase();
        let behind = trailer.split(',').filter_map(|t| Kind::named(t.trim().strip_prefix("x-amz-checksum-")?));
        Ok((claims, behind.collect()))
    }

    /// Takes a body; the sums to answer come first.
    pub(super) fn take(&self, kept: &Kept, body: &mut Incoming<'_>) -> Result<(Vec<Sum>, Received), Stop> {
        let (claims, behind) = self.claims(kept.keep_of(self.key))?;
        match receive(self.hub, (kept, self.key), body, claims, &behind, self.act)? {
            Ok(received) => {
                let named = |s: &&Sum| {
                    s.kind != Kind::Md5
                        && (s.kind != Kind::Sha256 || self.request.header("x-amz-checksum-sha256").is_some())
                };
                let answered = received.claims.iter().filter(named).cloned().collect();
                Ok((answered, received))
            }
            Err(kind) => refuse(400, "BadDigest", format!("the {} of the body is another", kind.name())),
        }
    }

    pub(super) fn properties(&self) -> Properties {
        let mut properties = Properties::default();
        for name in HEADERS {
            let Some(value) = self.request.header(name) else { continue };
            let mut value = value.to_vec();
            if name == "content-encoding" {
                let text = String::from_utf8_lossy(&value).into_owned();
                let kept: Vec<&str> = text.split(',').map(str::trim).filter(|t| *t != "aws-chunked").collect();
                value = kept.join(",").into_bytes();
            }
            if !value.is_empty() {
                properties.headers.push((name.to_owned(), value));
            }
        }
        let metadata = self.request.headers_below("x-amz-meta-");
        properties.metadata = metadata.map(|(n, v)| (n.to_owned(), v.to_vec())).collect();
        properties.class = self.request.text("x-amz-storage-class").map(str::to_owned);
        for pair in self.request.text("x-amz-tagging").unwrap_or_default().split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let text = |t: &str| String::from_utf8_lossy(&percent_decode(t.as_bytes(), true)).into_owned();
            properties.tags.push((text(name), text(value)));
        }
        properties
    }

    /// Writes a state and answers what it is called.
    pub(super) fn store(&self, kept: &Kept, new: New) -> Result<std::sync::Arc<Object>, Stop> {
        match kept.put(self.key, new, &condition(self.request)) {
            Ok(object) => Ok(object),
            Err(Refused::Missing) => refuse(404, "NoSuchKey", "there is no such object"),
            Err(Refused::Exists | Refused::Changed) => {
                refuse(412, "PreconditionFailed", "the object is in another state")
            }
        }
    }

    pub(super) fn put(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let kept = self.kept()?;
        let (answered, received) = self.take(kept, body)?;
        let crc = find(&received.sums, Kind::Crc64).cloned();
        let original = self.hub.compare(self.bucket, self.key, received.content.len(), crc.as_ref());
        let etag = original.as_ref().map_or_else(|| received.etag(), |o| o.etag.clone());
        let content = original.map_or(received.content, |o| o.content.clone());
        let sums = if answered.is_empty() { crc.into_iter().collect() } else { answered.clone() };
        let properties = self.properties().into();
        let object = self.store(kept, New { etag, sums, parts: None, properties, content })?;
        let mut answer = Answer::new(200).etag(&object.etag);
        for sum in answered {
            answer = answer.header(&format!("x-amz-checksum-{}", sum.kind.name()), sum.base64().as_bytes());
        }
        Ok(self.versioned(answer, &object))
    }

    pub(super) fn copy(&self) -> Result<Answer, Stop> {
        let kept = self.kept()?;
        let source = self.request.header("x-amz-copy-source").unwrap_or_default();
        let mut halves = source.splitn(2, |b| *b == b'?');
        let path = percent_decode(halves.next().unwrap_or_default(), false);
        let version = halves.next().and_then(|q| q.strip_prefix(b"versionId=")).map(String::from_utf8_lossy);
        let path = path.strip_prefix(b"/").unwrap_or(&path);
        let (name, key) = path.split_at(path.iter().position(|b| *b == b'/').unwrap_or(path.len()));
        let from = self.hub.buckets.get(&String::from_utf8_lossy(name));
        let found = from.and_then(|b| b.get(key.get(1..).unwrap_or_default(), version.as_deref()));
        let Some(original) = found.filter(|o| !o.marker) else {
            return refuse(404, "NoSuchKey", "there is no such object to copy");
        };
        let replaced = |name| self.request.text(name).is_some_and(|d| d.eq_ignore_ascii_case("replace"));
        let mut properties = (*original.properties).clone();
        if replaced("x-amz-metadata-directive") {
            properties = Properties { tags: properties.tags, ..self.properties() };
        }
        if replaced("x-amz-tagging-directive") {
            properties.tags = self.properties().tags;
        }
        let Object { etag, sums, parts, content, .. } = (*original).clone();
        let object = self.store(kept, New { etag, sums, parts, properties: properties.into(), content })?;
        let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CopyObjectResult>".to_vec();
        push_element(&mut xml, "ETag", format!("\"{}\"", object.etag).as_bytes());
        push_element(&mut xml, "LastModified", iso(object.modified_ms).as_bytes());
        xml.extend_from_slice(b"</CopyObjectResult>");
        Ok(self.versioned(Answer::xml(200, xml), &object))
    }

    pub(super) fn delete(&self) -> Result<Answer, Stop> {
        let if_match = self.request.text("if-match").map(unquoted);
        match self.kept()?.delete(self.key, self.version(), if_match) {
            Ok(Some(marker)) => Ok(self.versioned(Answer::new(204).header("x-amz-delete-marker", b"true"), &marker)),
            Ok(None) | Err(Refused::Missing) => Ok(Answer::new(204)),
            Err(_) => refuse(412, "PreconditionFailed", "the object is in another state"),
        }
    }

    pub(super) fn tags(&self) -> Result<Answer, Stop> {
        let object = self.find()?;
        let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Tagging><TagSet>".to_vec();
        for (name, value) in &object.properties.tags {
            xml.extend_from_slice(b"<Tag>");
            push_element(&mut xml, "Key", name.as_bytes());
            push_element(&mut xml, "Value", value.as_bytes());
            xml.extend_from_slice(b"</Tag>");
        }
        xml.extend_from_slice(b"</TagSet></Tagging>");
        Ok(Answer::xml(200, xml))
    }

    pub(super) fn set_tags(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let kept = self.kept()?;
        let mut text = Vec::new();
        body.read(&mut |piece| text.extend_from_slice(piece))?;
        let Some(tags) = tags_of(&text) else { return refuse(400, "MalformedXML", "the tags cannot be read") };
        if kept.describe(self.key, self.version(), |p| p.tags = tags) {
            return Ok(Answer::new(if self.request.method == "DELETE" { 204 } else { 200 }));
        }
        refuse(404, "NoSuchKey", "there is no such object")
    }
}

/// Tags of a `Tagging` or `Tags` document; none for no document.
pub(crate) fn tags_of(xml: &[u8]) -> Option<Vec<(String, String)>> {
    if xml.is_empty() {
        return Some(Vec::new());
    }
    let xml = xml.strip_prefix(b"\xef\xbb\xbf").unwrap_or(xml);
    let (mut tags, mut name) = (Vec::new(), String::new());
    for (path, text) in elements(xml)? {
        match path.last().map(String::as_str) {
            Some("Key") => name = text,
            Some("Value") => tags.push((std::mem::take(&mut name), text)),
            _ => {}
        }
    }
    Some(tags)
}
