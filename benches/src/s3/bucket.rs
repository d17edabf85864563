//! Requests to a bucket as a whole, and the list of buckets.

use super::{list, refusal};
use crate::{
    hub::{Act, Hub, Stop, refuse},
    store::{Bucket, Keep, Kept, Objects, Refused},
    text::{elements, iso, push_element},
    wire::{Answer, Incoming, Request},
};

const NS: &str = "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"";

fn document(name: &str, fill: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    let mut xml = format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{name} {NS}>").into_bytes();
    fill(&mut xml);
    xml.extend_from_slice(format!("</{name}>").as_bytes());
    xml
}

/// The list of buckets.
pub(super) fn all(hub: &Hub) -> Answer {
    let xml = document("ListAllMyBucketsResult", |xml| {
        xml.extend_from_slice(b"<Owner><ID>bench</ID></Owner><Buckets>");
        for (name, bucket) in hub.buckets.all() {
            xml.extend_from_slice(b"<Bucket>");
            push_element(xml, "Name", name.as_bytes());
            push_element(xml, "CreationDate", iso(bucket.created_ms).as_bytes());
            xml.extend_from_slice(b"</Bucket>");
        }
        xml.extend_from_slice(b"</Buckets>");
    });
    Answer::xml(200, xml)
}

pub(super) fn answer(
    hub: &Hub,
    request: &Request,
    name: &str,
    body: &mut Incoming<'_>,
    act: &Act,
) -> Result<Answer, Stop> {
    let Some(bucket) = hub.buckets.get(name) else {
        if request.method == "PUT" && !request.target.contains(&b'?') {
            body.skip()?;
            let made = Bucket::new(Objects::Kept(Kept::new(Keep::Bytes, None, false)));
            // Two clients may create it at once.
            hub.buckets.add(name, made);
            return Ok(Answer::new(200).header("location", format!("/{name}").as_bytes()));
        }
        return refuse(404, "NoSuchBucket", format!("there is no bucket {name}"));
    };
    match request.method.as_str() {
        "HEAD" => Ok(Answer::new(200).header("x-amz-bucket-region", b"us-east-1")),
        "GET" => get(&bucket, request, name, act),
        "PUT" if request.asks("versioning") => set_versioning(&bucket, body),
        "PUT" if request.target.contains(&b'?') => refuse(501, "NotImplemented", "not here"),
        "PUT" => refuse(409, "BucketAlreadyOwnedByYou", "the bucket is there"),
        "POST" if request.asks("delete") => delete_many(&bucket, body),
        "DELETE" if bucket.count() > 0 => refuse(409, "BucketNotEmpty", "the bucket is not empty"),
        "DELETE" => {
            hub.buckets.remove(name);
            Ok(Answer::new(204))
        }
        _ => refuse(405, "MethodNotAllowed", "not on a bucket"),
    }
}

fn get(bucket: &Bucket, request: &Request, name: &str, act: &Act) -> Result<Answer, Stop> {
    let asks = |what| request.asks(what);
    if asks("location") {
        return Ok(Answer::xml(200, document("LocationConstraint", |_| {})));
    }
    if asks("versioning") {
        let on = bucket.kept().is_some_and(Kept::is_versioned);
        let fill = |xml: &mut Vec<u8>| {
            if on {
                push_element(xml, "Status", b"Enabled");
            }
        };
        return Ok(Answer::xml(200, document("VersioningConfiguration", fill)));
    }
    if asks("acl") {
        let fill = |xml: &mut Vec<u8>| {
            xml.extend_from_slice(b"<Owner><ID>bench</ID></Owner><AccessControlList></AccessControlList>");
        };
        return Ok(Answer::xml(200, document("AccessControlPolicy", fill)));
    }
    let missing = [
        ("policy", "NoSuchBucketPolicy"),
        ("object-lock", "ObjectLockConfigurationNotFoundError"),
        ("encryption", "ServerSideEncryptionConfigurationNotFoundError"),
        ("tagging", "NoSuchTagSet"),
        ("lifecycle", "NoSuchLifecycleConfiguration"),
        ("cors", "NoSuchCORSConfiguration"),
        ("replication", "ReplicationConfigurationNotFoundError"),
    ];
    if let Some((_, code)) = missing.iter().find(|(what, _)| asks(what)) {
        return Ok(refusal(404, code, "the bucket has none"));
    }
    if asks("uploads") {
        return Ok(list::uploads(bucket, request, name));
    }
    list::keys(bucket, request, name, act)
}

fn set_versioning(bucket: &Bucket, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
    let mut xml = Vec::new();
    body.read(&mut |piece| xml.extend_from_slice(piece))?;
    let on = elements(&xml).unwrap_or_default().iter().any(|(_, text)| text == "Enabled");
    match bucket.kept() {
        Some(kept) => kept.set_versioned(on),
        None => return refuse(403, "AccessDenied", "the bucket is generated"),
    }
    Ok(Answer::new(200))
}

fn delete_many(bucket: &Bucket, body: &mut Incoming<'_>) -> Result<Answer, Stop> {
    let mut text = Vec::new();
    body.read(&mut |piece| text.extend_from_slice(piece))?;
    let Some(kept) = bucket.kept() else { return refuse(403, "AccessDenied", "the bucket is generated") };
    let Some(all) = elements(&text) else { return refuse(400, "MalformedXML", "the list cannot be read") };
    let (mut asked, mut key, mut version) = (Vec::new(), None, None);
    for (path, text) in all {
        match path.last().map(String::as_str) {
            Some("Key") => key = Some(text),
            Some("VersionId") => version = Some(text),
            Some("Object") => asked.extend(key.take().map(|k| (k, version.take()))),
            _ => {}
        }
    }
    let xml = document("DeleteResult", |xml| {
        for (key, version) in asked {
            let version = version.filter(|v| v != "null");
            match kept.delete(key.as_bytes(), version.as_deref(), None) {
                Ok(_) | Err(Refused::Missing) => {
                    xml.extend_from_slice(b"<Deleted>");
                    push_element(xml, "Key", key.as_bytes());
                    xml.extend_from_slice(b"</Deleted>");
                }
                Err(_) => {}
            }
        }
    });
    Ok(Answer::xml(200, xml))
}
