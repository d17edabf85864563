//! `List Blobs`: metadata, tags, snapshots and uncommitted blobs when asked for.

use std::collections::BTreeSet;

use crate::{
    faults::Fault,
    hub::{Act, Stop, refuse},
    store::{
        Bucket, Properties,
        listing::{Ask, End, From, Item, Line},
    },
    text::{base64, fits_xml, push_element, push_number, push_percent, push_xml},
    wire::{Answer, Request},
};

/// Most lines of a page.
const MOST: usize = 5000;

#[derive(Clone, Copy, Default)]
struct Include {
    metadata: bool,
    tags: bool,
    snapshots: bool,
    uncommitted: bool,
}

fn include(request: &Request) -> Include {
    let mut include = Include::default();
    for word in request.query_text("include").unwrap_or_default().split(',') {
        match word {
            "metadata" => include.metadata = true,
            "tags" => include.tags = true,
            "snapshots" => include.snapshots = true,
            "uncommittedblobs" => include.uncommitted = true,
            _ => {}
        }
    }
    include
}

fn ask(request: &Request, include: Include) -> Result<Ask, Stop> {
    let bytes = |name| request.query(name).map(<[u8]>::to_vec);
    let marker = request.query("marker").filter(|m| !m.is_empty());
    let from = match marker.map(From::parse) {
        Some(Some(from)) => from,
        Some(None) => return refuse(400, "OutOfRangeInput", "the marker is not ours"),
        None => bytes("startFrom").map_or(From::Start, From::At),
    };
    let most = request.query_text("maxresults").and_then(|t| t.parse().ok()).unwrap_or(MOST);
    Ok(Ask {
        prefix: bytes("prefix").unwrap_or_default(),
        from,
        delimiter: bytes("delimiter").unwrap_or_default(),
        most: most.min(MOST),
        versions: include.snapshots,
    })
}

/// Lines by key, so that blobs without a commit can be put between the others.
#[derive(Default)]
struct Page {
    lines: Vec<(Vec<u8>, Vec<u8>)>,
    /// Where nothing must be put between: one buffer.
    plain: Vec<u8>,
    starts: Vec<usize>,
    prefixes: Vec<u8>,
}

fn push_name(out: &mut Vec<u8>, key: &[u8]) {
    if fits_xml(key) {
        out.extend_from_slice(b"<Name>");
        push_xml(out, key);
    } else {
        out.extend_from_slice(b"<Name Encoded=\"true\">");
        push_percent(out, key);
    }
    out.extend_from_slice(b"</Name>");
}

fn push_blob(out: &mut Vec<u8>, line: Line<'_>, include: Include, generated: Option<&Properties>) {
    out.extend_from_slice(b"<Blob>");
    push_name(out, line.key);
    if let Some(time) = line.snapshot {
        push_element(out, "Snapshot", time.as_bytes());
    }
    out.extend_from_slice(b"<Properties><Creation-Time>");
    out.extend_from_slice(line.modified.as_bytes());
    out.extend_from_slice(b"</Creation-Time><Last-Modified>");
    out.extend_from_slice(line.modified.as_bytes());
    out.extend_from_slice(b"</Last-Modified><Etag>");
    out.extend_from_slice(line.etag.as_bytes());
    out.extend_from_slice(b"</Etag><Content-Length>");
    push_number(out, line.len);
    out.extend_from_slice(b"</Content-Length>");
    let properties = line.object.map(|o| &*o.properties).or(generated);
    for (header, name) in [
        ("content-type", "Content-Type"),
        ("content-encoding", "Content-Encoding"),
        ("content-language", "Content-Language"),
        ("content-disposition", "Content-Disposition"),
        ("cache-control", "Cache-Control"),
    ] {
        push_element(out, name, properties.and_then(|p| p.header(header)).unwrap_or_default());
    }
    push_element(out, "Content-MD5", line.md5.map(base64).unwrap_or_default().as_bytes());
    out.extend_from_slice(b"<BlobType>BlockBlob</BlobType>");
    let tier = properties.and_then(|p| p.class.as_deref()).unwrap_or("Hot");
    push_element(out, "AccessTier", tier.as_bytes());
    out.extend_from_slice(b"<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState>");
    let tags = properties.map(|p| p.tags.as_slice()).unwrap_or_default();
    if !tags.is_empty() {
        push_element(out, "TagCount", tags.len().to_string().as_bytes());
    }
    out.extend_from_slice(b"</Properties>");
    if include.metadata {
        out.extend_from_slice(b"<Metadata>");
        for (name, value) in properties.map(|p| p.metadata.as_slice()).unwrap_or_default() {
            push_element(out, name, value);
        }
        out.extend_from_slice(b"</Metadata>");
    }
    if include.tags && !tags.is_empty() {
        out.extend_from_slice(b"<Tags><TagSet>");
        for (name, value) in tags {
            out.extend_from_slice(b"<Tag>");
            push_element(out, "Key", name.as_bytes());
            push_element(out, "Value", value.as_bytes());
            out.extend_from_slice(b"</Tag>");
        }
        out.extend_from_slice(b"</TagSet></Tags>");
    }
    out.extend_from_slice(b"</Blob>");
}

impl Page {
    fn add(&mut self, item: Item<'_>, include: Include, generated: Option<&Properties>) {
        match item {
            Item::Prefix(prefix) => {
                self.prefixes.extend_from_slice(b"<BlobPrefix>");
                push_name(&mut self.prefixes, prefix);
                self.prefixes.extend_from_slice(b"</BlobPrefix>");
            }
            Item::Line(line) if include.uncommitted => {
                let mut xml = Vec::new();
                push_blob(&mut xml, line, include, generated);
                self.lines.push((line.key.to_vec(), xml));
            }
            Item::Line(line) => {
                self.starts.push(self.plain.len());
                push_blob(&mut self.plain, line, include, generated);
            }
        }
    }

    /// Blobs that have blocks and were never committed.
    fn add_uncommitted(&mut self, bucket: &Bucket, ask: &Ask, end: &End) {
        let shown: BTreeSet<Vec<u8>> = self.lines.iter().map(|(key, _)| key.clone()).collect();
        for key in bucket.uploads.keys_with_blocks() {
            let here = key.starts_with(&ask.prefix)
                && key.as_slice() >= ask.least()
                && !matches!(&ask.from, From::Behind(b) | From::BehindVersion(b, _) if *b == key)
                && end.next.as_ref().is_none_or(|n| key.as_slice() <= n.least());
            if here && !shown.contains(&key) && bucket.get(&key, None).is_none() {
                let mut xml = b"<Blob>".to_vec();
                push_name(&mut xml, &key);
                xml.extend_from_slice(
                    b"<Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>",
                );
                self.lines.push((key, xml));
            }
        }
        self.lines.sort_by(|a, b| a.0.cmp(&b.0));
    }

    fn shuffle(&mut self) -> bool {
        let (Some(second), Some(last)) = (self.starts.get(1).copied(), self.starts.last().copied()) else {
            return false;
        };
        let part = |range| self.plain.get(range).map(<[u8]>::to_vec).unwrap_or_default();
        let (first, middle, end) = (part(0..second), part(second..last), part(last..self.plain.len()));
        self.plain = [end, middle, first].concat();
        true
    }
}

pub(super) fn blobs(bucket: &Bucket, request: &Request, name: &str, act: &Act) -> Result<Answer, Stop> {
    let include = include(request);
    let mut ask = ask(request, include)?;
    if act.is(Fault::RepeatPage) && request.query("marker").is_some_and(|m| !m.is_empty()) {
        ask.from = From::Start;
        act.done();
    }
    let mut page = Page::default();
    let generated = bucket.properties();
    let end = bucket.list(&ask, true, &mut |item| page.add(item, include, generated));
    if include.uncommitted {
        page.add_uncommitted(bucket, &ask, &end);
    } else if act.is(Fault::ShufflePage) && page.shuffle() {
        act.done();
    }
    let mut xml = Vec::with_capacity(page.plain.len() + 4096);
    xml.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"");
    push_xml(&mut xml, name.as_bytes());
    xml.extend_from_slice(b"\">");
    if fits_xml(&ask.prefix) {
        push_element(&mut xml, "Prefix", &ask.prefix);
    }
    push_element(&mut xml, "MaxResults", ask.most.to_string().as_bytes());
    if !ask.delimiter.is_empty() {
        push_element(&mut xml, "Delimiter", &ask.delimiter);
    }
    xml.extend_from_slice(b"<Blobs>");
    xml.extend_from_slice(&page.plain);
    for (_, line) in &page.lines {
        xml.extend_from_slice(line);
    }
    xml.extend_from_slice(&page.prefixes);
    xml.extend_from_slice(b"</Blobs>");
    push_element(&mut xml, "NextMarker", end.next.map(|n| n.token()).unwrap_or_default().as_bytes());
    xml.extend_from_slice(b"</EnumerationResults>");
    Ok(Answer::xml(200, xml))
}
