//! The S3 dialect (S3 API reference, 2006-03-01), path-style, with whatever authorisation the client likes.
//!
//! What it deliberately does not do: signatures, policies, locks, encryption. Listings write keys percent-encoded when asked
//! (`encoding-type=url`), a space as `%20`.

mod bucket;
mod list;
mod multipart;
mod object;

pub(crate) use multipart::{joined, whole};
pub(crate) use object::{check_read, condition, range, tags_of, unquoted};

use crate::{
    counters::Op,
    hub::{Act, Hub, Stop, refuse},
    text::{percent_decode, push_element},
    wire::{Answer, Incoming, Request},
};

/// Where a request goes: bucket and key, both decoded.
struct Place {
    bucket: String,
    key: Vec<u8>,
}

fn place(request: &Request) -> Place {
    let path = request.path();
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let cut = path.iter().position(|b| *b == b'/').unwrap_or(path.len());
    let (bucket, key) = path.split_at(cut);
    Place {
        bucket: String::from_utf8_lossy(&percent_decode(bucket, false)).into_owned(),
        key: percent_decode(key.get(1..).unwrap_or_default(), false),
    }
}

/// Questions about a bucket that are no listings.
const ABOUT: [&str; 12] = [
    "location", "versioning", "acl", "policy", "object-lock", "encryption", "tagging", "lifecycle", "cors",
    "replication", "notification", "publicAccessBlock",
];

/// What kind of request it is.
pub(crate) fn op(request: &Request) -> Op {
    let Place { bucket, key } = place(request);
    let in_bucket = key.is_empty();
    let asks = |name| request.asks(name);
    match (request.method.as_str(), in_bucket) {
        ("GET", true) if asks("uploads") => Op::Uploads,
        ("GET", true) if !bucket.is_empty() && !ABOUT.iter().any(|n| asks(n)) => Op::List,
        ("POST", true) if asks("delete") => Op::Delete,
        (_, true) => Op::Bucket,
        ("GET", false) if asks("tagging") => Op::Tags,
        ("GET", false) if asks("uploadId") => Op::Uploads,
        ("GET", false) if asks("acl") || asks("attributes") => Op::Head,
        ("GET", false) => Op::Get,
        ("HEAD", false) => Op::Head,
        ("PUT", false) if asks("tagging") || asks("acl") => Op::Describe,
        ("PUT", false) if asks("partNumber") => Op::Part,
        ("PUT", false) if request.header("x-amz-copy-source").is_some() => Op::Copy,
        ("PUT", false) => Op::Put,
        ("POST", false) if asks("uploads") => Op::Begin,
        ("POST", false) if asks("uploadId") => Op::Complete,
        ("DELETE", false) if asks("uploadId") => Op::Abort,
        ("DELETE", false) if asks("tagging") => Op::Describe,
        ("DELETE", false) => Op::Delete,
        _ => Op::Other,
    }
}

/// Answers a request.
pub(crate) fn answer(hub: &Hub, request: &Request, body: &mut Incoming<'_>, act: &Act) -> Result<Answer, Stop> {
    let Place { bucket: name, key } = place(request);
    if name.is_empty() {
        return Ok(bucket::all(hub));
    }
    if key.is_empty() {
        return bucket::answer(hub, request, &name, body, act);
    }
    let Some(bucket) = hub.buckets.get(&name) else {
        return refuse(404, "NoSuchBucket", format!("there is no bucket {name}"));
    };
    let at = object::At { hub, request, bucket: &bucket, key: &key, act };
    match op(request) {
        Op::Get => at.get(),
        Op::Head if request.method == "HEAD" => at.head(),
        Op::Head if request.asks("attributes") => at.attributes(),
        Op::Put => at.put(body),
        Op::Copy => at.copy(),
        Op::Delete => at.delete(),
        Op::Tags => at.tags(),
        Op::Describe if request.asks("tagging") => at.set_tags(body),
        Op::Begin => at.begin(),
        Op::Part => at.part(body),
        Op::Complete => at.complete(body),
        Op::Abort => at.abort(),
        Op::Uploads => at.parts(),
        _ => refuse(501, "NotImplemented", "the bench server does not know this request"),
    }
}

/// An error document.
pub(crate) fn refusal(status: u16, code: &str, words: &str) -> Answer {
    let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>".to_vec();
    push_element(&mut xml, "Code", code.as_bytes());
    push_element(&mut xml, "Message", words.as_bytes());
    xml.extend_from_slice(b"</Error>");
    Answer::xml(status, xml).header("x-amz-request-id", b"bench")
}
