//! Listings: `ListObjects`, `ListObjectsV2`, `ListObjectVersions`, `ListMultipartUploads`.

use crate::{
    faults::Fault,
    hub::{Act, Stop, refuse},
    store::{
        Bucket, Kept, Object,
        listing::{Ask, End, From, Item, Line},
    },
    sums::Kind,
    text::{iso, push_element, push_number, push_percent, push_xml},
    wire::{Answer, Request},
};

/// Most lines of a page.
const MOST: usize = 1000;

#[derive(Clone, Copy, Eq, PartialEq)]
enum Form {
    V1,
    V2,
    Versions,
}

/// Pieces of a page that are put together at the end, so that lines can change places.
struct Page {
    lines: Vec<u8>,
    /// Where each line begins.
    starts: Vec<usize>,
    prefixes: Vec<u8>,
    url: bool,
}

impl Page {
    fn key(out: &mut Vec<u8>, key: &[u8], url: bool) {
        if url { push_percent(out, key) } else { push_xml(out, key) }
    }

    fn add(&mut self, item: Item<'_>, form: Form, versioned: bool) {
        match item {
            Item::Prefix(prefix) => {
                self.prefixes.extend_from_slice(b"<CommonPrefixes><Prefix>");
                Self::key(&mut self.prefixes, prefix, self.url);
                self.prefixes.extend_from_slice(b"</Prefix></CommonPrefixes>");
            }
            Item::Line(line) => {
                self.starts.push(self.lines.len());
                self.line(line, form, versioned);
            }
        }
    }

    fn line(&mut self, line: Line<'_>, form: Form, versioned: bool) {
        let out = &mut self.lines;
        let marker = line.object.is_some_and(|o| o.marker);
        let name: &[u8] = match (form, marker) {
            (Form::Versions, true) => b"DeleteMarker>",
            (Form::Versions, false) => b"Version>",
            _ => b"Contents>",
        };
        out.push(b'<');
        out.extend_from_slice(name);
        out.extend_from_slice(b"<Key>");
        Self::key(out, line.key, self.url);
        out.extend_from_slice(b"</Key>");
        if form == Form::Versions {
            let id = line.object.filter(|_| versioned).map_or_else(|| "null".to_owned(), Object::version);
            push_element(out, "VersionId", id.as_bytes());
            push_element(out, "IsLatest", if line.latest { b"true" } else { b"false" });
        }
        out.extend_from_slice(b"<LastModified>");
        out.extend_from_slice(line.modified.as_bytes());
        out.extend_from_slice(b"</LastModified>");
        if !marker {
            out.extend_from_slice(b"<ETag>&quot;");
            out.extend_from_slice(line.etag.as_bytes());
            out.extend_from_slice(b"&quot;</ETag><Size>");
            push_number(out, line.len);
            out.extend_from_slice(b"</Size><StorageClass>");
            let class = line.object.and_then(|o| o.properties.class.as_deref()).unwrap_or("STANDARD");
            push_xml(out, class.as_bytes());
            out.extend_from_slice(b"</StorageClass>");
        }
        out.extend_from_slice(b"</");
        out.extend_from_slice(name);
    }

    /// The first and the last line in each other's place; false where there is only one.
    fn shuffle(&mut self) -> bool {
        let (Some(second), Some(last)) = (self.starts.get(1).copied(), self.starts.last().copied()) else {
            return false;
        };
        let part = |range| self.lines.get(range).map(<[u8]>::to_vec).unwrap_or_default();
        let (first, middle, end) = (part(0..second), part(second..last), part(last..self.lines.len()));
        self.lines = [end, middle, first].concat();
        true
    }
}

fn ask(request: &Request, form: Form) -> Result<Ask, Stop> {
    let bytes = |name| request.query(name).map(<[u8]>::to_vec);
    let start = match form {
        Form::V1 => bytes("marker").filter(|m| !m.is_empty()).map(From::Behind),
        Form::V2 => match request.query("continuation-token").filter(|t| !t.is_empty()) {
            Some(token) => match From::parse(token) {
                Some(from) => Some(from),
                None => return refuse(400, "InvalidArgument", "the continuation token is not ours"),
            },
            None => bytes("start-after").filter(|m| !m.is_empty()).map(From::Behind),
        },
        Form::Versions => bytes("key-marker").filter(|m| !m.is_empty()).map(|key| {
            let id = request.query_text("version-id-marker").and_then(|v| v.strip_prefix('v')?.parse().ok());
            id.map_or_else(|| From::Behind(key.clone()), |id| From::BehindVersion(key.clone(), id))
        }),
    };
    let most = request.query_text("max-keys").and_then(|t| t.parse().ok()).unwrap_or(MOST);
    Ok(Ask {
        prefix: bytes("prefix").unwrap_or_default(),
        from: start.unwrap_or_default(),
        delimiter: bytes("delimiter").unwrap_or_default(),
        most: most.min(MOST),
        versions: form == Form::Versions,
    })
}

pub(super) fn keys(bucket: &Bucket, request: &Request, name: &str, act: &Act) -> Result<Answer, Stop> {
    let form = match (request.asks("versions"), request.query_text("list-type")) {
        (true, _) => Form::Versions,
        (false, Some("2")) => Form::V2,
        (false, _) => Form::V1,
    };
    let mut ask = ask(request, form)?;
    if act.is(Fault::RepeatPage) && matches!(form, Form::V2) && request.asks("continuation-token") {
        ask.from = From::Start;
        act.done();
    }
    let url = request.query_text("encoding-type") == Some("url");
    let mut page = Page { lines: Vec::with_capacity(320 << 10), starts: Vec::new(), prefixes: Vec::new(), url };
    let versioned = bucket.kept().is_some_and(Kept::is_versioned);
    let end = bucket.list(&ask, false, &mut |item| page.add(item, form, versioned));
    if act.is(Fault::ShufflePage) && page.shuffle() {
        act.done();
    }
    Ok(Answer::xml(200, assemble(&ask, form, name, &page, &end)))
}

fn assemble(ask: &Ask, form: Form, name: &str, page: &Page, end: &End) -> Vec<u8> {
    let root = if form == Form::Versions { "ListVersionsResult" } else { "ListBucketResult" };
    let mut xml = Vec::with_capacity(page.lines.len() + page.prefixes.len() + 1024);
    xml.extend_from_slice(
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root} xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
        )
        .as_bytes(),
    );
    push_element(&mut xml, "Name", name.as_bytes());
    let keyed = |xml: &mut Vec<u8>, name: &str, key: &[u8]| {
        xml.extend_from_slice(format!("<{name}>").as_bytes());
        Page::key(xml, key, page.url);
        xml.extend_from_slice(format!("</{name}>").as_bytes());
    };
    keyed(&mut xml, "Prefix", &ask.prefix);
    if !ask.delimiter.is_empty() {
        keyed(&mut xml, "Delimiter", &ask.delimiter);
    }
    push_element(&mut xml, "MaxKeys", ask.most.to_string().as_bytes());
    if page.url {
        push_element(&mut xml, "EncodingType", b"url");
    }
    push_element(&mut xml, "IsTruncated", if end.next.is_some() { b"true" } else { b"false" });
    if form == Form::V2 {
        push_element(&mut xml, "KeyCount", end.count.to_string().as_bytes());
    }
    if let Some(next) = &end.next {
        match (form, next) {
            (Form::V2, _) => push_element(&mut xml, "NextContinuationToken", next.token().as_bytes()),
            (Form::V1, _) => keyed(&mut xml, "NextMarker", &next.marker()),
            (Form::Versions, _) => {
                keyed(&mut xml, "NextKeyMarker", &next.marker());
                if let From::BehindVersion(_, id) = next {
                    push_element(&mut xml, "NextVersionIdMarker", format!("v{id:016}").as_bytes());
                }
            }
        }
    }
    xml.extend_from_slice(&page.lines);
    xml.extend_from_slice(&page.prefixes);
    xml.extend_from_slice(format!("</{root}>").as_bytes());
    xml
}

/// Uploads under way, in one page.
pub(super) fn uploads(bucket: &Bucket, request: &Request, name: &str) -> Answer {
    let url = request.query_text("encoding-type") == Some("url");
    let prefix = request.query("prefix").unwrap_or_default();
    let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListMultipartUploadsResult>".to_vec();
    push_element(&mut xml, "Bucket", name.as_bytes());
    if url {
        push_element(&mut xml, "EncodingType", b"url");
    }
    push_element(&mut xml, "IsTruncated", b"false");
    for (id, upload) in bucket.uploads.all().into_iter().filter(|(_, u)| u.key.starts_with(prefix)) {
        xml.extend_from_slice(b"<Upload><Key>");
        Page::key(&mut xml, &upload.key, url);
        xml.extend_from_slice(b"</Key>");
        push_element(&mut xml, "UploadId", id.as_bytes());
        push_element(&mut xml, "Initiated", iso(upload.started_ms).as_bytes());
        xml.extend_from_slice(b"</Upload>");
    }
    xml.extend_from_slice(b"</ListMultipartUploadsResult>");
    Answer::xml(200, xml)
}

/// The element of a sum.
pub(super) fn push_sum(xml: &mut Vec<u8>, kind: Kind, value: &str) {
    push_element(xml, kind.element(), value.as_bytes());
}
