//! Listings: `ListObjectsV2` and `ListObjectVersions`. Keys come back as the bytes that were put.

use http::Method;

use super::{Plus, S3, answer::is_good, request::Ask};
use crate::{
    Cursor, ETag, Entry, Key, Kind, List, ListError, Page, Version,
    clock::parse_time,
    key::percent_decode,
    xml::{Step, walk},
};

pub(super) async fn list(s3: &S3, ask: &List) -> Result<Page, ListError> {
    let wanted = ask.page.unwrap_or(1000).min(1000).to_string();
    let mut request = Ask::new(Method::GET, None).query("encoding-type", "url").query("max-keys", wanted);
    if !ask.prefix.is_empty() {
        request = request.query("prefix", ask.prefix.as_bytes());
    }
    if let Some(delimiter) = &ask.delimiter {
        request = request.query("delimiter", delimiter.as_bytes());
    }
    request = if ask.versions { versions_from(request, ask) } else { keys_from(request, ask) };
    let reply = s3.exchange(request).await?;
    if !is_good(reply.status) {
        return Err(s3.list_refused(&reply));
    }
    let raw = read(&reply.body, ask.versions).map_err(|e| s3.nonsense(e))?;
    page(s3, ask, raw)
}

fn keys_from<'a>(request: Ask<'a>, ask: &List) -> Ask<'a> {
    let request = request.query("list-type", "2");
    match (&ask.cursor, &ask.after) {
        (Some(Cursor::Token(token, _)), _) => request.query("continuation-token", token.as_bytes()),
        (Some(Cursor::Key(key) | Cursor::Version(key, _)), _) | (None, Some(key)) => {
            request.query("start-after", key.as_bytes())
        }
        (None, None) => request,
    }
}

fn versions_from<'a>(request: Ask<'a>, ask: &List) -> Ask<'a> {
    let request = request.query("versions", "");
    match (&ask.cursor, &ask.after) {
        (Some(Cursor::Version(key, version)), _) => {
            request.query("key-marker", key.as_bytes()).query("version-id-marker", version.as_bytes())
        }
        (Some(Cursor::Key(key) | Cursor::Token(_, key)), _) | (None, Some(key)) => {
            request.query("key-marker", key.as_bytes())
        }
        (None, None) => request,
    }
}

/// An answer with its keys as they stand there.
#[derive(Default)]
struct Raw {
    entries: Vec<Entry>,
    keys: Vec<String>,
    prefixes: Vec<String>,
    url: bool,
    truncated: bool,
    token: Option<String>,
    next_key: Option<String>,
    next_version: Option<String>,
}

fn read(body: &[u8], versions: bool) -> Result<Raw, String> {
    let mut raw = Raw::default();
    let mut entry = Entry::default();
    let mut key = String::new();
    let root = if versions { "ListVersionsResult" } else { "ListBucketResult" };
    walk(body, |path, step| {
        match (path, step) {
            ([], Step::Open(name)) if name != root => return Err(format!("`{name}` instead of `{root}`")),
            ([_], Step::Open("Contents" | "Version" | "DeleteMarker")) => {
                entry = Entry { current: !versions, ..Entry::default() };
                key.clear();
            }
            ([_], Step::Close { name: name @ ("Contents" | "Version" | "DeleteMarker"), .. }) => {
                if name == "DeleteMarker" {
                    entry.kind = Kind::DeleteMarker;
                }
                raw.entries.push(std::mem::take(&mut entry));
                raw.keys.push(std::mem::take(&mut key));
            }
            ([_, "Contents" | "Version" | "DeleteMarker"], Step::Close { name: "Key", text, .. }) => {
                text.clone_into(&mut key);
            }
            ([_, "Contents" | "Version" | "DeleteMarker"], Step::Close { name, text, .. }) => {
                field(&mut entry, name, text)?;
            }
            ([_, "CommonPrefixes"], Step::Close { name: "Prefix", text, .. }) => raw.prefixes.push(text.to_owned()),
            ([_], Step::Close { name, text, .. }) => head(&mut raw, name, text),
            _ => {}
        }
        Ok(())
    })?;
    Ok(raw)
}

fn head(raw: &mut Raw, name: &str, text: &str) {
    let some = || Some(text.to_owned()).filter(|t| !t.is_empty());
    match name {
        "EncodingType" => raw.url = text == "url",
        "IsTruncated" => raw.truncated = text == "true",
        "NextContinuationToken" => raw.token = some(),
        "NextKeyMarker" => raw.next_key = some(),
        "NextVersionIdMarker" => raw.next_version = some(),
        _ => {}
    }
}

fn field(entry: &mut Entry, name: &str, text: &str) -> Result<(), String> {
    match name {
        "Size" => entry.size = text.parse().map_err(|_| format!("`{text}` is no size"))?,
        "ETag" if !text.is_empty() => entry.etag = Some(ETag::new(text)),
        "LastModified" => entry.modified = parse_time(text),
        "StorageClass" if !text.is_empty() => entry.class = Some(text.to_owned()),
        "VersionId" if !text.is_empty() => entry.version = Some(Version::Id(text.to_owned())),
        "IsLatest" => entry.current = text == "true",
        _ => {}
    }
    Ok(())
}

/// Decodes the keys and finds out where to go on.
fn page(s3: &S3, ask: &List, raw: Raw) -> Result<Page, ListError> {
    // A page that writes a space as `%20` cannot mean one by `+`.
    let forms = s3.inner.dialect.plus == Plus::Space && !raw.keys.iter().any(|k| k.contains("%20"));
    let decode = |text: &str| -> Result<Key, ListError> {
        if !raw.url {
            return Ok(Key::from(text));
        }
        let unreadable = || ListError::UnreadableKey { place: s3.inner.place.clone(), text: text.to_owned() };
        percent_decode(text.as_bytes(), forms).map(Key::new).ok_or_else(unreadable)
    };
    let mut page = Page::default();
    let behind = match &ask.cursor {
        Some(Cursor::Key(key) | Cursor::Version(key, _) | Cursor::Token(_, key)) => Some(key),
        None => ask.after.as_ref(),
    };
    let mut last = behind.cloned();
    let mut over = false;
    for (mut entry, key) in raw.entries.into_iter().zip(&raw.keys) {
        entry.key = decode(key)?;
        // Versions of one key follow each other; keys ascend strictly.
        let back = |l: &Key| if ask.versions { entry.key < *l } else { entry.key <= *l };
        let twice = |l: &Key| !ask.versions && entry.key == *l;
        let wrong = last.as_ref().is_some_and(|l| if s3.inner.dialect.unordered { twice(l) } else { back(l) });
        if wrong {
            let before = last.unwrap_or_default();
            return Err(ListError::OutOfOrder { place: s3.inner.place.clone(), key: entry.key, before });
        }
        if ask.until.as_ref().is_some_and(|until| entry.key >= *until) {
            over = true;
            break;
        }
        last = Some(entry.key.clone());
        page.entries.push(entry);
    }
    for prefix in &raw.prefixes {
        page.prefixes.push(decode(prefix)?);
    }
    if raw.truncated && !over {
        let end = page.prefixes.last().max(last.as_ref()).cloned().unwrap_or_default();
        page.next = match (raw.token, raw.next_key, raw.next_version) {
            (Some(token), ..) => Some(Cursor::Token(token, end)),
            (None, Some(key), Some(version)) => Some(Cursor::Version(decode(&key)?, version)),
            (None, Some(key), None) => Some(Cursor::Key(decode(&key)?)),
            (None, None, _) if !end.is_empty() => Some(Cursor::Key(end)),
            _ => return Err(s3.nonsense("the listing goes on, and does not say where").into()),
        };
        if page.next == ask.cursor {
            return Err(s3.nonsense("the listing does not get on").into());
        }
    }
    Ok(page)
}
