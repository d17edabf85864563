//! Uploads in parts.

use md5::{Digest as _, Md5};

use super::{
    list::push_sum,
    object::{At, unquoted},
};
use crate::{
    hub::{Stop, refuse},
    store::{Content, New, Part},
    sums::{Hashers, Kind, Sum, find},
    text::{elements, hex, push_element, push_percent, unhex},
    wire::{Answer, Incoming},
};

/// Parts listed on one page.
const MOST: usize = 1000;

/// A part as the client names it at the end.
#[derive(Default)]
struct Named {
    number: u32,
    etag: String,
    sums: Vec<Sum>,
}

impl At<'_> {
    fn upload_id(&self) -> Result<&str, Stop> {
        let id = self.request.query_text("uploadId").unwrap_or_default();
        if self.bucket.uploads.is_open(id, self.key) {
            return Ok(id);
        }
        refuse(404, "NoSuchUpload", "there is no such upload")
    }

    pub(super) fn begin(&self) -> Result<Answer, Stop> {
        self.kept()?;
        let kind = self.request.text("x-amz-checksum-algorithm").and_then(Kind::named);
        let full = match (self.request.text("x-amz-checksum-type"), kind) {
            (Some(kind), _) => kind == "FULL_OBJECT",
            (None, kind) => kind == Some(Kind::Crc64),
        };
        let id = self.bucket.uploads.begin(self.key, self.properties(), kind.map(|k| (k, full)));
        let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<InitiateMultipartUploadResult>".to_vec();
        let mut key = Vec::new();
        push_percent(&mut key, self.key);
        push_element(&mut xml, "Key", &key);
        push_element(&mut xml, "UploadId", id.as_bytes());
        xml.extend_from_slice(b"</InitiateMultipartUploadResult>");
        Ok(Answer::xml(200, xml))
    }

    pub(super) fn part(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let (kept, id) = (self.kept()?, self.upload_id()?.to_owned());
        if self.request.header("x-amz-copy-source").is_some() {
            return refuse(501, "NotImplemented", "parts cannot be copied here");
        }
        let number = self.request.query_text("partNumber").and_then(|t| t.parse().ok()).unwrap_or(0);
        if !(1..=10_000).contains(&number) {
            return refuse(400, "InvalidArgument", "part numbers are 1 to 10000");
        }
        let (answered, received) = self.take(kept, body)?;
        let etag = received.etag();
        let mut sums = answered.clone();
        if find(&sums, Kind::Crc64).is_none() {
            sums.extend(find(&received.sums, Kind::Crc64).cloned());
        }
        let part = Part { etag: etag.clone(), sums, content: received.content };
        if !self.bucket.uploads.put(&id, number, part) {
            return refuse(404, "NoSuchUpload", "the upload is gone");
        }
        let mut answer = Answer::new(200).etag(&etag);
        for sum in answered {
            answer = answer.header(&format!("x-amz-checksum-{}", sum.kind.name()), sum.base64().as_bytes());
        }
        Ok(answer)
    }

    pub(super) fn abort(&self) -> Result<Answer, Stop> {
        let id = self.upload_id()?;
        self.bucket.uploads.remove(id);
        Ok(Answer::new(204))
    }

    pub(super) fn parts(&self) -> Result<Answer, Stop> {
        let id = self.upload_id()?;
        let Some(upload) = self.bucket.uploads.get(id) else {
            return refuse(404, "NoSuchUpload", "the upload is gone");
        };
        let after = self.request.query_text("part-number-marker").and_then(|t| t.parse().ok()).unwrap_or(0);
        let left: Vec<_> = upload.parts.range(after + 1..).collect();
        let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListPartsResult>".to_vec();
        push_element(&mut xml, "UploadId", id.as_bytes());
        push_element(&mut xml, "IsTruncated", if left.len() > MOST { b"true" } else { b"false" });
        if let Some((number, _)) = left.get(MOST - 1) {
            push_element(&mut xml, "NextPartNumberMarker", number.to_string().as_bytes());
        }
        for (number, part) in left.into_iter().take(MOST) {
            xml.extend_from_slice(b"<Part>");
            push_element(&mut xml, "PartNumber", number.to_string().as_bytes());
            push_element(&mut xml, "ETag", format!("\"{}\"", part.etag).as_bytes());
            push_element(&mut xml, "Size", part.content.len().to_string().as_bytes());
            for sum in &part.sums {
                push_sum(&mut xml, sum.kind, &sum.base64());
            }
            xml.extend_from_slice(b"</Part>");
        }
        xml.extend_from_slice(b"</ListPartsResult>");
        Ok(Answer::xml(200, xml))
    }

    pub(super) fn complete(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let (kept, id) = (self.kept()?, self.upload_id()?.to_owned());
        let mut text = Vec::new();
        body.read(&mut |piece| text.extend_from_slice(piece))?;
        let Some(named) = named(&text) else { return refuse(400, "MalformedXML", "the parts cannot be read") };
        let Some(upload) = self.bucket.uploads.get(&id) else {
            return refuse(404, "NoSuchUpload", "the upload is gone");
        };
        let mut parts: Vec<&Part> = Vec::new();
        for (at, want) in named.iter().enumerate() {
            if at > 0 && named.get(at - 1).is_some_and(|before| before.number >= want.number) {
                return refuse(400, "InvalidPartOrder", "parts must ascend");
            }
            match upload.parts.get(&want.number) {
                Some(part) if part.etag == want.etag => parts.push(part),
                _ => return refuse(400, "InvalidPart", format!("part {} is another", want.number)),
            }
        }
        if parts.is_empty() {
            return refuse(400, "MalformedXML", "an upload has at least one part");
        }
        for (want, part) in named.iter().zip(&parts) {
            let differs = |s: &Sum| find(&part.sums, s.kind).is_some_and(|have| have.value != s.value);
            if want.sums.iter().any(differs) {
                return refuse(400, "InvalidPart", format!("part {} has another checksum", want.number));
            }
        }
        let (mut sums, crc) = (Vec::new(), whole(&parts, Kind::Crc64));
        let claimed = Kind::S3
            .into_iter()
            .find_map(|k| Sum::parse(k, self.request.text(&format!("x-amz-checksum-{}", k.name()))?));
        match upload.summed {
            Some((kind, true)) => sums.extend(whole(&parts, kind)),
            Some((kind, false)) => sums.extend(composite(&parts, kind)),
            None => sums.extend(crc.clone()),
        }
        if let Some(claim) = &claimed
            && whole(&parts, claim.kind).is_some_and(|found| found != *claim)
        {
            return refuse(400, "BadDigest", format!("the {} of the whole is another", claim.kind.name()));
        }
        let len = parts.iter().map(|p| p.content.len()).sum::<u64>();
        // The true `ETag` of a copy in parts depends on the parts: the original's is not answered.
        let original = self.hub.compare(self.bucket, self.key, len, crc.as_ref());
        let count = u32::try_from(parts.len()).unwrap_or(u32::MAX);
        let new = New {
            etag: etag(&parts),
            sums,
            parts: Some(count),
            properties: upload.properties.clone(),
            content: original.map_or_else(|| joined(&parts, len), |o| o.content.clone()),
        };
        let object = self.store(kept, new)?;
        self.bucket.uploads.remove(&id);
        let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<CompleteMultipartUploadResult>".to_vec();
        push_element(&mut xml, "ETag", format!("\"{}\"", object.etag).as_bytes());
        for sum in &object.sums {
            let value = if sum.composite { format!("{}-{count}", sum.base64()) } else { sum.base64() };
            push_sum(&mut xml, sum.kind, &value);
            push_element(&mut xml, "ChecksumType", if sum.composite { b"COMPOSITE" } else { b"FULL_OBJECT" });
        }
        xml.extend_from_slice(b"</CompleteMultipartUploadResult>");
        Ok(self.versioned(Answer::xml(200, xml), &object))
    }
}

fn named(xml: &[u8]) -> Option<Vec<Named>> {
    let (mut all, mut part) = (Vec::new(), Named::default());
    for (path, text) in elements(xml)? {
        match path.last().map(String::as_str) {
            Some("PartNumber") => part.number = text.trim().parse().ok()?,
            Some("ETag") => unquoted(&text).clone_into(&mut part.etag),
            Some("Part") => all.push(std::mem::take(&mut part)),
            Some(name) => {
                if let Some(kind) = Kind::S3.into_iter().find(|k| k.element() == name) {
                    part.sums.extend(Sum::parse(kind, &text));
                }
            }
            None => {}
        }
    }
    Some(all)
}

/// The sum of the whole from those of the parts.
pub(crate) fn whole(parts: &[&Part], kind: Kind) -> Option<Sum> {
    let mut all = parts.iter().map(|p| Some((find(&p.sums, kind)?.clone(), p.content.len())));
    let (first, _) = all.next()??;
    all.try_fold(first, |sum, next| {
        let (next, len) = next?;
        sum.then(&next, len)
    })
}

/// The sum of the parts' sums.
fn composite(parts: &[&Part], kind: Kind) -> Option<Sum> {
    let mut hashers = Hashers::new(&[kind]);
    for part in parts {
        hashers.update(&find(&part.sums, kind)?.value);
    }
    hashers.finish().into_iter().next().map(|sum| Sum { composite: true, ..sum })
}

/// `md5-of-md5s-N`.
fn etag(parts: &[&Part]) -> String {
    let mut md5 = Md5::new();
    for part in parts {
        md5.update(unhex(part.etag.as_bytes()).unwrap_or_default());
    }
    format!("{}-{}", hex(&md5.finalize()), parts.len())
}

/// The bytes of all parts, or their number where they are gone.
pub(crate) fn joined(parts: &[&Part], len: u64) -> Content {
    let mut pieces = Vec::new();
    for part in parts {
        match &part.content {
            Content::Kept { pieces: more, .. } => pieces.extend(more.iter().cloned()),
            _ => return Content::Dropped { len },
        }
    }
    Content::pieces(pieces)
}
