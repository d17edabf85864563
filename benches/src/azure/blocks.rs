//! Blocks: put one by one, then committed as a list.

use super::blob::{At, with_sums};
use crate::{
    hub::{Stop, refuse},
    s3::{joined, whole},
    store::{New, Part},
    sums::{Kind, find},
    text::{elements, hex, http_date, push_element},
    wire::{Answer, Incoming},
};

impl At<'_> {
    pub(super) fn block(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let kept = self.kept()?;
        let id = self.request.query("blockid").unwrap_or_default().to_vec();
        let (answered, received) = self.take(kept, body)?;
        let sums = find(&received.sums, Kind::Crc64).cloned().into_iter().collect();
        let part = Part { etag: received.etag(), sums, content: received.content };
        self.bucket.uploads.put_block(self.key, &id, part);
        Ok(with_sums(Answer::new(201), &answered).header("x-ms-request-server-encrypted", b"true"))
    }

    pub(super) fn blocks(&self) -> Result<Answer, Stop> {
        let all = self.bucket.uploads.blocks_of(self.key);
        let object = self.bucket.get(self.key, None);
        if all.is_empty() && object.is_none() {
            return refuse(404, "BlobNotFound", "there is no such blob");
        }
        let kind = self.request.query_text("blocklisttype").unwrap_or("committed");
        let mut xml = b"<?xml version=\"1.0\" encoding=\"utf-8\"?><BlockList>".to_vec();
        if kind != "uncommitted" {
            xml.extend_from_slice(b"<CommittedBlocks/>");
        }
        if kind != "committed" {
            xml.extend_from_slice(b"<UncommittedBlocks>");
            for (id, part) in all {
                xml.extend_from_slice(b"<Block>");
                push_element(&mut xml, "Name", &id);
                push_element(&mut xml, "Size", part.content.len().to_string().as_bytes());
                xml.extend_from_slice(b"</Block>");
            }
            xml.extend_from_slice(b"</UncommittedBlocks>");
        }
        xml.extend_from_slice(b"</BlockList>");
        Ok(Answer::xml(200, xml))
    }

    pub(super) fn commit(&self, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
        let kept = self.kept()?;
        let mut text = Vec::new();
        body.read(&mut |piece| text.extend_from_slice(piece))?;
        let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
        let Some(listed) = elements(text) else {
            return refuse(400, "InvalidXmlDocument", "the list of blocks cannot be read");
        };
        if self.wants_absent() && self.bucket.get(self.key, None).is_some() {
            return refuse(409, "BlobAlreadyExists", "the blob is there");
        }
        let all = self.bucket.uploads.blocks_of(self.key);
        let mut parts: Vec<&Part> = Vec::new();
        for (path, id) in &listed {
            if !matches!(path.last().map(String::as_str), Some("Latest" | "Uncommitted" | "Committed")) {
                continue;
            }
            match all.iter().find(|(i, _)| i == id.trim().as_bytes()) {
                Some((_, part)) => parts.push(part),
                None => return refuse(400, "InvalidBlockList", "a block is not there"),
            }
        }
        let len = parts.iter().map(|p| p.content.len()).sum();
        let crc = whole(&parts, Kind::Crc64);
        let original = self.hub.compare(self.bucket, self.key, len, crc.as_ref());
        let number = crate::text::mix(crc.as_ref().map_or(0, crate::sums::Sum::number) ^ len);
        let new = New {
            etag: hex(&[number, !number].map(u64::to_be_bytes).concat()),
            sums: crc.into_iter().collect(),
            parts: None,
            properties: self.properties().into(),
            content: original.map_or_else(|| joined(&parts, len), |o| o.content.clone()),
        };
        let object = self.store(kept, new)?;
        self.bucket.uploads.drop_blocks(self.key);
        let answer = Answer::new(201).etag(&object.etag);
        Ok(answer.header("last-modified", http_date(object.modified_ms).as_bytes()))
    }
}
