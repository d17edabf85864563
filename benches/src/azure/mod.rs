//! The Azure Blob dialect (Blob service REST API, version 2026-02-06), with the account in the path, as emulators have it.
//!
//! What it deliberately does not do: signatures, leases, tiers with effect, page and append blobs, versions. Snapshots,
//! tags, metadata and blocks are there.

mod blob;
mod blocks;
mod list;

use crate::{
    counters::Op,
    hub::{Act, Hub, Stop, refuse},
    store::{Bucket, Keep, Kept, Objects},
    text::{http_date, percent_decode, push_element},
    wire::{Answer, Incoming, Request},
};

/// Where a request goes, decoded.
struct Place {
    container: String,
    key: Vec<u8>,
}

fn place(request: &Request) -> Place {
    let path = request.path();
    let path = path.strip_prefix(b"/").unwrap_or(path);
    let mut parts = path.splitn(3, |b| *b == b'/');
    parts.next();
    let container = percent_decode(parts.next().unwrap_or_default(), false);
    let key = percent_decode(parts.next().unwrap_or_default(), false);
    Place { container: String::from_utf8_lossy(&container).into_owned(), key }
}

/// What kind of request it is.
pub(crate) fn op(request: &Request) -> Op {
    let Place { container, key } = place(request);
    let comp = request.query_text("comp").unwrap_or_default();
    match (request.method.as_str(), comp) {
        ("GET", "list") if key.is_empty() && !container.is_empty() => Op::List,
        _ if key.is_empty() => Op::Bucket,
        ("GET", "blocklist") => Op::Uploads,
        ("GET", "tags") => Op::Tags,
        ("GET", "metadata") | ("HEAD", _) => Op::Head,
        ("GET", _) => Op::Get,
        ("PUT", "block") => Op::Part,
        ("PUT", "blocklist") => Op::Complete,
        ("PUT", "tags" | "metadata" | "properties" | "tier") => Op::Describe,
        ("PUT", "") if request.header("x-ms-copy-source").is_some() => Op::Copy,
        ("PUT", "") => Op::Put,
        ("DELETE", _) => Op::Delete,
        _ => Op::Other,
    }
}

/// Answers a request.
pub(crate) fn answer(hub: &Hub, request: &Request, body: &mut Incoming<'_>, act: &Act) -> Result<Answer, Stop> {
    let Place { container: name, key } = place(request);
    let answered = if name.is_empty() {
        Ok(account(hub, request))
    } else if key.is_empty() {
        container(hub, request, &name, act)
    } else {
        let Some(bucket) = hub.buckets.get(&name) else {
            return refuse(404, "ContainerNotFound", format!("there is no container {name}"));
        };
        let at = blob::At { hub, request, bucket: &bucket, key: &key, act };
        match (op(request), request.query_text("comp").unwrap_or_default()) {
            (Op::Get, _) => at.get(),
            (Op::Head, _) => at.head(),
            (Op::Put, _) => at.put(body),
            (Op::Part, _) => at.block(body),
            (Op::Complete, _) => at.commit(body),
            (Op::Uploads, _) => at.blocks(),
            (Op::Tags, _) => at.tags(),
            (Op::Describe, "tags") => at.set_tags(body),
            (Op::Describe, "metadata") => at.set_metadata(),
            (Op::Describe, "properties") => at.set_headers(),
            (Op::Describe, _) => at.set_tier(),
            (Op::Copy, _) => at.copy(),
            (Op::Delete, _) => at.delete(),
            (_, "snapshot") => at.snapshot(),
            _ => refuse(501, "NotImplemented", "the bench server does not know this request"),
        }
    };
    answered.map(with_service)
}

/// Headers that every answer carries.
fn with_service(answer: Answer) -> Answer {
    answer.header("x-ms-version", b"2026-02-06").header("x-ms-request-id", b"bench").header("server", b"bench")
}

fn account(hub: &Hub, request: &Request) -> Answer {
    if request.query_text("comp") == Some("properties") && request.query_text("restype") == Some("account") {
        let answer = Answer::new(200).header("x-ms-sku-name", b"Standard_LRS");
        return answer.header("x-ms-account-kind", b"StorageV2");
    }
    if request.query_text("comp") == Some("properties") {
        return Answer::xml(200, b"<?xml version=\"1.0\" encoding=\"utf-8\"?><StorageServiceProperties/>".to_vec());
    }
    let mut xml = b"<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults><Containers>".to_vec();
    for (name, bucket) in hub.buckets.all() {
        xml.extend_from_slice(b"<Container>");
        push_element(&mut xml, "Name", name.as_bytes());
        xml.extend_from_slice(b"<Properties>");
        push_element(&mut xml, "Last-Modified", http_date(bucket.created_ms).as_bytes());
        push_element(&mut xml, "Etag", b"0x1");
        xml.extend_from_slice(b"</Properties></Container>");
    }
    xml.extend_from_slice(b"</Containers><NextMarker/></EnumerationResults>");
    Answer::xml(200, xml)
}

fn container(hub: &Hub, request: &Request, name: &str, act: &Act) -> Result<Answer, Stop> {
    let found = hub.buckets.get(name);
    let Some(bucket) = found else {
        if request.method == "PUT" && request.query_text("restype") == Some("container") {
            let made = Bucket::new(Objects::Kept(Kept::new(Keep::Bytes, None, false)));
            // Two clients may create it at once.
            hub.buckets.add(name, made);
            return Ok(Answer::new(201)
                .etag("0x1")
                .header("last-modified", http_date(crate::text::now_ms()).as_bytes()));
        }
        return refuse(404, "ContainerNotFound", format!("there is no container {name}"));
    };
    let facts = || Answer::new(200).etag("0x1").header("last-modified", http_date(bucket.created_ms).as_bytes());
    match (request.method.as_str(), request.query_text("comp").unwrap_or_default()) {
        ("GET", "list") => list::blobs(&bucket, request, name, act),
        ("GET", "acl") => {
            let xml = b"<?xml version=\"1.0\" encoding=\"utf-8\"?><SignedIdentifiers/>".to_vec();
            Ok(Answer::xml(200, xml))
        }
        ("GET" | "HEAD", "" | "metadata") => Ok(facts()),
        ("PUT", "") => refuse(409, "ContainerAlreadyExists", "the container is there"),
        ("DELETE", "") => {
            hub.buckets.remove(name);
            Ok(Answer::new(202))
        }
        _ => refuse(501, "NotImplemented", "not on a container"),
    }
}

/// An error document.
pub(crate) fn refusal(status: u16, code: &str, words: &str) -> Answer {
    let mut xml = b"<?xml version=\"1.0\" encoding=\"utf-8\"?><Error>".to_vec();
    push_element(&mut xml, "Code", code.as_bytes());
    push_element(&mut xml, "Message", words.as_bytes());
    xml.extend_from_slice(b"</Error>");
    with_service(Answer::xml(status, xml).header("x-ms-error-code", code.as_bytes()))
}
