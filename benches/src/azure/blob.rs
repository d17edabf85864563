//! Single blobs: read, written, described, deleted.

use std::{ops::Range, sync::Arc};

use crate::{
    hub::{Act, Hub, Received, Stop, receive, refuse},
    s3::{check_read, condition, range, tags_of, unquoted},
    store::{Bucket, Condition, Kept, New, Object, Properties, Refused},
    sums::{Kind, Sum, find},
    text::{http_date, percent_decode, push_element},
    wire::{Answer, Body, Incoming, Request},
};

/// Headers of a blob, and the request headers that set them.
const HEADERS: [(&str, &str); 5] = [
    ("content-type", "x-ms-blob-content-type"),
    ("content-encoding", "x-ms-blob-content-encoding"),
    ("content-language", "x-ms-blob-content-language"),
    ("content-disposition", "x-ms-blob-content-disposition"),
    ("cache-control", "x-ms-blob-cache-control"),
];
/// Largest range whose CRC-64 is computed.
const CRC_RANGE: u64 = 4 << 20;

/// A request at a blob.
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub(super) hub: &'a Hub,
    pub(super) request: &'a Request,
    pub(super) bucket: &'a Bucket,
    pub(super) key: &'a [u8],
    pub(super) act: &'a Act,
}

/// The headers that tell a blob's state.
fn state(answer: Answer, object: &Object) -> Answer {
    answer.etag(&object.etag).header("last-modified", http_date(object.modified_ms).as_bytes())
}

impl<'a> At<'a> {
    pub(super) fn kept(&self) -> Result<&'a Kept, Stop> {
        let denied = || refuse(403, "AuthorizationPermissionMismatch", "the container is generated");
        self.bucket.kept().map_or_else(denied, Ok)
    }

    fn find(&self) -> Result<Arc<Object>, Stop> {
        match self.bucket.get(self.key, self.request.query_text("snapshot")) {
            Some(object) if !object.marker => Ok(object),
            _ => refuse(404, "BlobNotFound", "there is no such blob"),
        }
    }

    fn readable(&self) -> Result<Arc<Object>, Stop> {
        let object = self.find()?;
        match check_read(self.request, &object) {
            Err(Stop::Refused(412, ..)) => refuse(412, "ConditionNotMet", "the blob is in another state"),
            Err(Stop::Refused(304, ..)) => refuse(304, "ConditionNotMet", "the blob is in that state"),
            other => other.map(|()| object),
        }
    }

    fn describe(object: &Object, status: u16, range: Option<&Range<u64>>) -> Answer {
        let properties = &object.properties;
        let mut answer = state(Answer::new(status), object)
            .header("accept-ranges", b"bytes")
            .header("x-ms-blob-type", b"BlockBlob")
            .header("x-ms-creation-time", http_date(object.modified_ms).as_bytes())
            .header("x-ms-access-tier", properties.class.as_deref().unwrap_or("Hot").as_bytes())
            .header("x-ms-lease-state", b"available")
            .header("x-ms-lease-status", b"unlocked")
            .header("x-ms-server-encrypted", b"true");
        for (name, value) in &properties.headers {
            answer = answer.header(name, value);
        }
        if properties.header("content-type").is_none() {
            answer = answer.header("content-type", b"application/octet-stream");
        }
        for (name, value) in &properties.metadata {
            answer = answer.header(&format!("x-ms-meta-{name}"), value);
        }
        if !properties.tags.is_empty() {
            answer = answer.header("x-ms-tag-count", properties.tags.len().to_string().as_bytes());
        }
        if let Some(md5) = find(&object.sums, Kind::Md5) {
            let name = if range.is_some() { "x-ms-blob-content-md5" } else { "content-md5" };
            answer = answer.header(name, md5.base64().as_bytes());
        }
        if let Some(range) = range {
            let text = format!("bytes {}-{}/{}", range.start, range.end - 1, object.len());
            answer = answer.header("content-range", text.as_bytes());
        }
        answer
    }

    pub(super) fn get(&self) -> Result<Answer, Stop> {
        let object = self.readable()?;
        if !object.content.is_there() {
            return refuse(410, "Dropped", "this container does not keep bytes");
        }
        let name = if self.request.header("x-ms-range").is_some() { "x-ms-range" } else { "range" };
        // An empty blob has no ranges, and clients ask for one all the same.
        let range = range(self.request, name, object.len())?;
        let mut answer = Self::describe(&object, if range.is_some() { 206 } else { 200 }, range.as_ref());
        let short = range.as_ref().filter(|r| r.end - r.start <= CRC_RANGE);
        if let (Some(range), Some("true")) = (short, self.request.text("x-ms-range-get-content-crc64")) {
            let mut bytes = Vec::new();
            object.content.append(&mut bytes, range.clone());
            let sum = crate::store::Content::bytes(bytes).crc64();
            answer = answer.header("x-ms-content-crc64", sum.map(|s| s.azure()).unwrap_or_default().as_bytes());
        }
        Ok(answer.with(Body::Object(object.content.clone(), range.unwrap_or(0..object.len()))))
    }

    pub(super) fn head(&self) -> Result<Answer, Stop> {
        let object = self.readable()?;
        Ok(Self::describe(&object, 200, None).with(Body::Length(object.len())))
    }

    /// Takes a body. What is answered are the sums that the client sent, else the CRC-64 where it is known.
    pub(super) fn take(&self, kept: &Kept, body: &mut Incoming<'_>) -> Result<(Vec<Sum>, Received), Stop> {
        let mut claims = Vec::new();
        for (name, kind) in [("content-md5", Kind::Md5), ("x-ms-content-crc64", Kind::Crc64)] {
            let Some(text) = self.request.text(name) else { continue };
            match Sum::parse_azure(kind, text) {
                Some(sum) => claims.push(sum),
                None => return refuse(400, "InvalidHeaderValue", "a checksum cannot be read"),
            }
        }
        match receive(self.hub, (kept, self.key), body, claims, &[], self.act)? {
            Ok(received) => {
                let mut answered = received.claims.clone();
                if answered.is_empty() {
                    answered.extend(find(&received.sums, Kind::Crc64).cloned());
                }
                Ok((answered, received))
            }
            Err(Kind::Md5) => refuse(400, "Md5Mismatch", "the MD5 of the body is another"),
            Err(_) => refuse(400, "Crc64Mismatch", "the CRC-64 of the body is another"),
        }
    }

    pub(super) fn properties(&self) -> Properties {
        let mut properties = Properties::default();
        for (name, sent) in HEADERS {
            if let Some(value) = self.request.header(sent).filter(|v| !v.is_empty()) {
                properties.headers.push((name.to_owned(), value.to_vec()));
            }
        }
        let metadata = self.request.headers_below("x-ms-meta-");
        properties.metadata = metadata.map(|(n, v)| (n.to_owned(), v.to_vec())).collect();
        properties.class = self.request.text("x-ms-access-tier").map(str::to_owned);
        for pair in self.request.text("x-ms-tags").unwrap_or_default().split('&').filter(|p| !p.is_empty()) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let text = |t: &str| String::from_utf8_lossy(&percent_decode(t.as_bytes(), true)).into_owned();
            properties.tags.push((text(name), text(value)));
        }
        properties
    }

    pub(super) fn store(&self, kept: &Kept, new: New) -> Result<Arc<Object>, Stop> {
        match kept.put(self.key, new, &condition(self.request)) {
            Ok(object) => Ok(object),
            Err(Refused::Exists) => refuse(409, "BlobAlreadyExists", "the blob is there"),
            Err(_) => refuse(412, "ConditionNotMet", "the blob is in another state"),
        }
    }

    pub(super) fn put(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let kept = self.kept()?;
        let (answered, received) = self.take(kept, body)?;
        let crc = find(&received.sums, Kind::Crc64);
        let original = self.hub.compare(self.bucket, self.key, received.content.len(), crc);
        let etag = original.as_ref().map_or_else(|| received.etag(), |o| o.etag.clone());
        let md5 = self.request.text("x-ms-blob-content-md5").and_then(|t| Sum::parse(Kind::Md5, t));
        let mut sums: Vec<Sum> = crc.cloned().into_iter().collect();
        sums.extend(find(&received.sums, Kind::Md5).cloned().or(md5));
        let content = original.map_or(received.content, |o| o.content.clone());
        let properties = self.properties().into();
        let object = self.store(kept, New { etag, sums, parts: None, properties, content })?;
        self.bucket.uploads.drop_blocks(self.key);
        Ok(with_sums(state(Answer::new(201), &object), &answered).header("x-ms-request-server-encrypted", b"true"))
    }

    pub(super) fn copy(&self) -> Result<Answer, Stop> {
        let kept = self.kept()?;
        let source = self.request.text("x-ms-copy-source").unwrap_or_default();
        let (path, query) = source.split_once('?').unwrap_or((source, ""));
        let snapshot = query.split('&').find_map(|p| p.strip_prefix("snapshot="));
        let snapshot = snapshot.map(|s| String::from_utf8_lossy(&percent_decode(s.as_bytes(), true)).into_owned());
        // `http://host/account/container/blob`
        let mut parts = path.splitn(6, '/').skip(4);
        let (name, key) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
        let key = percent_decode(key.as_bytes(), false);
        let found = self.hub.buckets.get(name).and_then(|b| b.get(&key, snapshot.as_deref()));
        let Some(original) = found else { return refuse(404, "BlobNotFound", "there is no such blob to copy") };
        let Object { etag, sums, parts, properties, content, .. } = (*original).clone();
        let object = self.store(kept, New { etag, sums, parts, properties, content })?;
        Ok(state(Answer::new(202), &object).header("x-ms-copy-id", b"bench").header("x-ms-copy-status", b"success"))
    }

    pub(super) fn delete(&self) -> Result<Answer, Stop> {
        let if_match = self.request.text("if-match").map(unquoted);
        match self.kept()?.delete(self.key, self.request.query_text("snapshot"), if_match) {
            Ok(_) => Ok(Answer::new(202).header("x-ms-delete-type-permanent", b"true")),
            Err(Refused::Missing) => refuse(404, "BlobNotFound", "there is no such blob"),
            Err(_) => refuse(412, "ConditionNotMet", "the blob is in another state"),
        }
    }

    pub(super) fn snapshot(&self) -> Result<Answer, Stop> {
        match self.kept()?.snapshot(self.key) {
            Some((time, object)) => Ok(state(Answer::new(201), &object).header("x-ms-snapshot", time.as_bytes())),
            None => refuse(404, "BlobNotFound", "there is no such blob"),
        }
    }

    pub(super) fn tags(&self) -> Result<Answer, Stop> {
        let object = self.find()?;
        let mut xml = b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Tags><TagSet>".to_vec();
        for (name, value) in &object.properties.tags {
            xml.extend_from_slice(b"<Tag>");
            push_element(&mut xml, "Key", name.as_bytes());
            push_element(&mut xml, "Value", value.as_bytes());
            xml.extend_from_slice(b"</Tag>");
        }
        xml.extend_from_slice(b"</TagSet></Tags>");
        Ok(Answer::xml(200, xml))
    }

    fn change(&self, status: u16, change: impl FnOnce(&mut Properties)) -> Result<Answer, Stop> {
        if !self.kept()?.describe(self.key, None, change) {
            return refuse(404, "BlobNotFound", "there is no such blob");
        }
        Ok(state(Answer::new(status), &*self.find()?))
    }

    pub(super) fn set_tags(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let mut text = Vec::new();
        body.read(&mut |piece| text.extend_from_slice(piece))?;
        let Some(tags) = tags_of(&text) else { return refuse(400, "InvalidXmlDocument", "the tags cannot be read") };
        self.change(204, |p| p.tags = tags)
    }

    pub(super) fn set_metadata(&self) -> Result<Answer, Stop> {
        let metadata = self.properties().metadata;
        self.change(200, |p| p.metadata = metadata)
    }

    pub(super) fn set_headers(&self) -> Result<Answer, Stop> {
        let headers = self.properties().headers;
        self.change(200, |p| p.headers = headers)
    }

    pub(super) fn set_tier(&self) -> Result<Answer, Stop> {
        let class = self.properties().class;
        self.change(200, |p| p.class = class)
    }

    /// True where the write must find nothing.
    pub(super) fn wants_absent(&self) -> bool {
        condition(self.request) == Condition::Absent
    }
}

/// Adds the headers of sums.
pub(super) fn with_sums(mut answer: Answer, sums: &[Sum]) -> Answer {
    for sum in sums {
        match sum.kind {
            Kind::Md5 => answer = answer.header("content-md5", sum.base64().as_bytes()),
            Kind::Crc64 => answer = answer.header("x-ms-content-crc64", sum.azure().as_bytes()),
            _ => {}
        }
    }
    answer
}
