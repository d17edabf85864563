//! Listings: `List Blobs`, with metadata, tags, versions and snapshots in one pass.

use http::Method;

use super::{Azure, answer::body, request::Ask};
use crate::{
    Algorithm, Checksum, Cursor, Details, ETag, Entry, Key, Kind, List, ListError, Page, Version,
    clock::parse_time,
    key::percent_decode,
    xml::{Step, walk},
};

pub(super) async fn list(azure: &Azure, ask: &List) -> Result<Page, ListError> {
    let wanted = ask.page.unwrap_or(5000).min(5000).to_string();
    let mut request =
        Ask::new(Method::GET, None).query("restype", "container").query("comp", "list").query("maxresults", wanted);
    if !ask.prefix.is_empty() {
        request = request.query("prefix", ask.prefix.as_bytes());
    }
    if let Some(delimiter) = &ask.delimiter {
        request = request.query("delimiter", delimiter.as_bytes());
    }
    let include = include(ask);
    if !include.is_empty() {
        request = request.query("include", include.join(","));
    }
    request = match (&ask.cursor, &ask.after) {
        (Some(Cursor::Token(token, _)), _) => request.query("marker", token.as_bytes()),
        // Inclusive: the key itself is left out below.
        (Some(Cursor::Key(key) | Cursor::Version(key, _)), _) | (None, Some(key)) => {
            request.query("startFrom", key.as_bytes())
        }
        (None, None) => request,
    };
    let reply = azure.exchange(request).await?;
    if !reply.status.is_success() {
        return Err(azure.refused(&reply).into());
    }
    let raw = read(body(&reply)).map_err(|e| azure.nonsense(e))?;
    page(azure, ask, raw)
}

fn include(ask: &List) -> Vec<&'static str> {
    let mut all = Vec::new();
    if ask.versions {
        all.extend(["snapshots", "versions"]);
    }
    if ask.metadata {
        all.push("metadata");
    }
    if ask.tags {
        all.push("tags");
    }
    if ask.hidden {
        all.extend(["uncommittedblobs", "deleted"]);
    }
    all
}

#[derive(Default)]
struct Raw {
    entries: Vec<Entry>,
    prefixes: Vec<Key>,
    next: Option<String>,
}

/// One blob while it is read.
#[derive(Default)]
struct Blob {
    entry: Entry,
    details: Details,
    tag: String,
    deleted: bool,
    current: Option<bool>,
    has_etag: bool,
}

fn read(xml: &[u8]) -> Result<Raw, String> {
    let mut raw = Raw::default();
    let mut blob = Blob::default();
    walk(xml, |path, step| {
        match (path, step) {
            ([], Step::Open(name)) if name != "EnumerationResults" => return Err(format!("`{name}` is no listing")),
            ([_, "Blobs"], Step::Open("Blob")) => blob = Blob::default(),
            ([_, "Blobs"], Step::Close { name: "Blob", .. }) => raw.entries.push(finish(std::mem::take(&mut blob))),
            ([_, "Blobs", "BlobPrefix"], Step::Close { name: "Name", text, encoded }) => {
                raw.prefixes.push(key(text, encoded)?);
            }
            ([_, "Blobs", "Blob"], Step::Close { name, text, encoded }) => top(&mut blob, name, text, encoded)?,
            ([_, "Blobs", "Blob", "Properties"], Step::Close { name, text, .. }) => property(&mut blob, name, text)?,
            ([_, "Blobs", "Blob", "Metadata"], Step::Close { name, text, .. }) => {
                blob.details.properties.metadata.insert(name.to_owned(), text.to_owned());
            }
            ([_, "Blobs", "Blob", "Tags", "TagSet", "Tag"], Step::Close { name: "Key", text, .. }) => {
                text.clone_into(&mut blob.tag);
            }
            ([_, "Blobs", "Blob", "Tags", "TagSet", "Tag"], Step::Close { name: "Value", text, .. }) => {
                let tag = std::mem::take(&mut blob.tag);
                blob.details.properties.tags.insert(tag, text.to_owned());
            }
            ([_], Step::Close { name: "NextMarker", text, .. }) if !text.is_empty() => raw.next = Some(text.to_owned()),
            _ => {}
        }
        Ok(())
    })?;
    Ok(raw)
}

/// A name; what XML cannot carry is encoded.
fn key(text: &str, encoded: bool) -> Result<Key, String> {
    if !encoded {
        return Ok(Key::from(text));
    }
    percent_decode(text.as_bytes(), false).map(Key::new).ok_or_else(|| format!("the name `{text}` cannot be decoded"))
}

fn top(blob: &mut Blob, name: &str, text: &str, encoded: bool) -> Result<(), String> {
    match name {
        "Name" => blob.entry.key = key(text, encoded)?,
        "Snapshot" if !text.is_empty() => blob.entry.version = Some(Version::Snapshot(text.to_owned())),
        "VersionId" if !text.is_empty() && blob.entry.version.is_none() => {
            blob.entry.version = Some(Version::Id(text.to_owned()));
        }
        "IsCurrentVersion" => blob.current = Some(text == "true"),
        "Deleted" => blob.deleted = text == "true",
        "Metadata" => blob.details.has_metadata = true,
        _ => {}
    }
    Ok(())
}

fn property(blob: &mut Blob, name: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Ok(());
    }
    let some = || Some(text.to_owned());
    let (entry, details) = (&mut blob.entry, &mut blob.details);
    let headers = &mut details.properties.headers;
    match name {
        "Content-Length" => entry.size = text.parse().map_err(|_| format!("`{text}` is no size"))?,
        "Etag" => {
            entry.etag = Some(ETag::new(text));
            blob.has_etag = true;
        }
        "Last-Modified" => entry.modified = parse_time(text),
        "Creation-Time" => details.created = parse_time(text),
        "Content-Type" => headers.content_type = some(),
        "Content-Encoding" => headers.content_encoding = some(),
        "Content-Language" => headers.content_language = some(),
        "Content-Disposition" => headers.content_disposition = some(),
        "Cache-Control" => headers.cache_control = some(),
        "Content-MD5" => details.checksums.extend(Checksum::from_azure_base64(Algorithm::Md5, text)),
        "BlobType" => {
            entry.kind = match text {
                "AppendBlob" => Kind::AppendBlob,
                "PageBlob" => Kind::PageBlob,
                _ => entry.kind,
            };
        }
        "ResourceType" if text == "directory" => entry.kind = Kind::Directory,
        "AccessTier" => {
            details.archived = text == "Archive";
            details.properties.class = some();
            entry.class = some();
        }
        "LeaseState" => details.leased = text == "leased",
        "TagCount" => details.tag_count = text.parse().ok(),
        "ServerEncrypted" if text == "true" => details.encryption = Some("service".to_owned()),
        "EncryptionScope" => details.encryption = some(),
        "ImmutabilityPolicyUntilDate" => details.hold.until = parse_time(text),
        "ImmutabilityPolicyMode" => details.hold.mode = some(),
        "LegalHold" => details.hold.legal = text == "true",
        "Owner" | "Group" | "Permissions" | "Acl" => {
            let field = format!("{}={text}", name.to_ascii_lowercase());
            details.posix = Some(details.posix.take().map_or(field.clone(), |p| format!("{p} {field}")));
        }
        _ => {}
    }
    Ok(())
}

fn finish(blob: Blob) -> Entry {
    let Blob { mut entry, mut details, deleted, current, has_etag, .. } = blob;
    if deleted {
        entry.kind = Kind::Deleted;
    } else if !has_etag {
        entry.kind = Kind::Uncommitted;
    }
    let is_state = matches!(entry.kind, Kind::Deleted | Kind::Uncommitted);
    entry.current = !is_state
        && match (&entry.version, current) {
            (Some(Version::Id(_)) | None, Some(current)) => current,
            (None, None) => true,
            // A snapshot; and where versions are listed, those that are not current say nothing.
            _ => false,
        };
    if details.tag_count.is_none() {
        details.tag_count = u32::try_from(details.properties.tags.len()).ok();
    }
    entry.details = Some(Box::new(details));
    entry
}

fn page(azure: &Azure, ask: &List, raw: Raw) -> Result<Page, ListError> {
    let behind = match &ask.cursor {
        Some(Cursor::Key(key) | Cursor::Version(key, _) | Cursor::Token(_, key)) => Some(key),
        None => None,
    };
    let mut page = Page { prefixes: raw.prefixes, ..Page::default() };
    // States of one blob can be spread over two pages.
    let mut last = behind.cloned();
    let many = ask.versions || ask.hidden;
    let mut over = false;
    for entry in raw.entries {
        if ask.after.as_ref().is_some_and(|after| entry.key <= *after) {
            continue;
        }
        let back = |l: &Key| if many { entry.key < *l } else { entry.key <= *l };
        if last.as_ref().is_some_and(back) {
            let before = last.unwrap_or_default();
            return Err(ListError::OutOfOrder { place: azure.inner.place.clone(), key: entry.key, before });
        }
        if ask.until.as_ref().is_some_and(|until| entry.key >= *until) {
            over = true;
            break;
        }
        last = Some(entry.key.clone());
        page.entries.push(entry);
    }
    if let (Some(token), false) = (raw.next, over) {
        let end = page.prefixes.last().max(last.as_ref()).cloned().unwrap_or_default();
        page.next = Some(Cursor::Token(token, end));
        let stuck = match (&page.next, &ask.cursor) {
            (Some(Cursor::Token(now, _)), Some(Cursor::Token(before, _))) => now == before,
            _ => false,
        };
        if stuck {
            return Err(azure.nonsense("the listing does not get on").into());
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Tags = std::collections::BTreeMap<String, String>;

    #[test]
    fn everything_that_a_listing_says_is_kept() {
        let xml = br#"<?xml version="1.0" encoding="utf-8"?><EnumerationResults ContainerName="c"><Prefix/><Blobs>
<Blob><Name>a</Name><Snapshot>2026-01-01T00:00:00.0000000Z</Snapshot><Properties><Etag>0x1</Etag><Content-Length>3</Content-Length></Properties></Blob>
<Blob><Name>a</Name><VersionId>v2</VersionId><IsCurrentVersion>true</IsCurrentVersion><Properties>
<Creation-Time>Sun, 22 Nov 2026 02:00:00 GMT</Creation-Time><Last-Modified>Sun, 22 Nov 2026 02:03:04 GMT</Last-Modified><Etag>0x2</Etag>
<Content-Length>5</Content-Length><Content-Type>text/plain</Content-Type><Content-MD5>JfnnlDI7RTiF9RgfG2JNCw==</Content-MD5><BlobType>BlockBlob</BlobType>
<AccessTier>Archive</AccessTier><LeaseState>leased</LeaseState><TagCount>1</TagCount><LegalHold>true</LegalHold></Properties>
<Metadata><Camera>7</Camera></Metadata><Tags><TagSet><Tag><Key>k</Key><Value>v&amp;w</Value></Tag></TagSet></Tags></Blob>
<Blob><Name Encoded="true">last%EF%BF%BF</Name><Properties><Content-Length>0</Content-Length><BlobType>BlockBlob</BlobType></Properties></Blob>
<BlobPrefix><Name>p/</Name></BlobPrefix></Blobs><NextMarker>m</NextMarker></EnumerationResults>"#;
        let raw = read(xml).unwrap();
        assert_eq!((raw.prefixes, raw.next.as_deref()), (vec![Key::from("p/")], Some("m")));
        let [snapshot, blob, uncommitted] = raw.entries.as_slice() else { panic!("{} entries", raw.entries.len()) };
        assert!(matches!(snapshot.version, Some(Version::Snapshot(_))) && !snapshot.current);
        assert_eq!((blob.size, blob.current, blob.class.as_deref()), (5, true, Some("Archive")));
        let details = blob.details.as_ref().unwrap();
        assert!(details.archived && details.leased && details.hold.legal && details.has_metadata);
        assert_eq!(details.properties.metadata, Tags::from([("Camera".to_owned(), "7".to_owned())]));
        assert_eq!(details.properties.tags, Tags::from([("k".to_owned(), "v&w".to_owned())]));
        assert_eq!(details.checksums, [Checksum::of(Algorithm::Md5, b"123456789").unwrap()]);
        assert_eq!(uncommitted.kind, Kind::Uncommitted);
        assert_eq!(uncommitted.key.as_bytes(), "last\u{ffff}".as_bytes());
    }
}
