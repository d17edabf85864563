//! Checks of uploads in parts.

use super::{Bench, Check, ensure, map, pattern, why};
use crate::{
    Algorithm, At, Begin, Checksum, Complete, Condition, Get, Headers, Integrity, Key, Part, PartDone, Payload,
    Properties, UploadId, WriteError, Written,
};

/// The smallest part that every store takes, and a little.
const PART: usize = (5 << 20) + 1;

struct Upload<'a> {
    bench: &'a Bench<'a>,
    key: Key,
    properties: Properties,
    id: UploadId,
    algorithm: Option<Algorithm>,
}

impl<'a> Upload<'a> {
    async fn begin(bench: &'a Bench<'a>, name: &str, properties: Properties) -> Result<Self, String> {
        let key = bench.key(name);
        let algorithm = Some(Algorithm::Crc64Nvme).filter(|a| bench.can.checks_parts(*a));
        let begin = Begin { key: &key, properties: &properties, algorithm };
        let id = bench.store.begin(begin).await.map_err(why)?;
        Ok(Self { bench, key, properties, id, algorithm })
    }

    async fn part(&self, number: u32, bytes: &[u8]) -> Result<PartDone, WriteError> {
        let integrity =
            self.algorithm.and_then(|a| Checksum::of(a, bytes)).map_or(Integrity::Nothing, Integrity::Known);
        let payload = Payload::from(bytes.to_vec());
        let offset = u64::from(number - 1) * PART as u64;
        let part = Part { key: &self.key, upload: &self.id, number, offset, payload, integrity };
        self.bench.store.put_part(part).await
    }

    async fn complete(&self, parts: &[PartDone], condition: Condition<'_>) -> Result<Written, WriteError> {
        let sums = parts.iter().map(|p| Some((p.checksum?, p.size)));
        let whole = sums.reduce(|a, b| {
            let ((a, n), (b, m)) = (a?, b?);
            Some((a.then(&b, m)?, n + m))
        });
        let checksum = whole.flatten().map(|(sum, _)| sum);
        let complete =
            Complete { key: &self.key, upload: &self.id, parts, properties: &self.properties, checksum, condition };
        self.bench.store.complete(complete).await
    }
}

pub(super) async fn parts(bench: &Bench<'_>) -> Check {
    let properties = Properties {
        headers: Headers { content_type: Some("video/mp4".to_owned()), ..Headers::default() },
        metadata: map(&[("origin", "camera 1")]),
        tags: if bench.can.tags { map(&[("kind", "large")]) } else { map(&[]) },
        ..Properties::default()
    };
    let upload = Upload::begin(bench, "parts.bin", properties.clone()).await?;
    let (one, two) = (pattern(PART, 11), pattern(4321, 12));
    // The later part first: nothing says that parts come in order.
    let second = upload.part(2, &two).await.map_err(why)?;
    let first = upload.part(1, &one).await.map_err(why)?;
    let missing = bench.store.head(At::key(&upload.key)).await;
    ensure!(missing.is_err(), "the object is there before it is complete");
    upload.complete(&[first, second], Condition::Always).await.map_err(why)?;
    let got = bench.store.get(At::key(&upload.key), Get::default()).await.map_err(why)?;
    let found = got.entry.details.clone().ok_or("no details")?.properties;
    ensure!(found.headers.content_type == properties.headers.content_type, "content type {:?}", found.headers);
    ensure!(found.metadata == properties.metadata, "metadata {:?}", found.metadata);
    let bytes = got.body.bytes().await.map_err(why)?;
    ensure!(bytes.len() == PART + 4321, "{} bytes came back", bytes.len());
    ensure!(bytes == [one, two].concat(), "other bytes came back");
    if bench.can.tags {
        let tags = bench.store.tags(At::key(&upload.key)).await.map_err(why)?;
        ensure!(tags == properties.tags, "tags {tags:?}");
    }
    Ok(())
}

pub(super) async fn parts_are_replaced_and_listed(bench: &Bench<'_>) -> Check {
    if !bench.can.lists_parts {
        return Ok(());
    }
    let upload = Upload::begin(bench, "replaced.bin", Properties::default()).await?;
    upload.part(1, &pattern(PART, 21)).await.map_err(why)?;
    let one = pattern(PART, 22);
    upload.part(1, &one).await.map_err(why)?;
    let two = pattern(10, 23);
    upload.part(2, &two).await.map_err(why)?;
    // As after a crash: what is there is asked, not remembered.
    let mut there = bench.store.parts(&upload.key, &upload.id).await.map_err(why)?;
    let sizes: Vec<(u32, u64)> = there.iter().map(|p| (p.number, p.size)).collect();
    ensure!(sizes == [(1, PART as u64), (2, 10)], "parts are listed as {sizes:?}");
    if bench.can.lists_uploads {
        let open = bench.store.uploads(&bench.base).await.map_err(why)?;
        ensure!(open.iter().any(|u| u.key == upload.key), "the upload is not listed: {open:?}");
    }
    for (part, bytes) in there.iter_mut().zip([&one, &two]) {
        let sum = upload.algorithm.and_then(|a| Checksum::of(a, bytes));
        ensure!(part.checksum.is_none() || part.checksum == sum, "part {} is kept as {:?}", part.number, part.checksum);
        part.checksum = sum;
    }
    match upload.complete(&there, Condition::Always).await {
        // Some stores keep the first of two parts now and then. The checksum must tell; what must not be is silence.
        Err(WriteError::Damaged { .. }) => return Ok(()),
        other => drop(other.map_err(why)?),
    }
    let bytes = bench.read(At::key(&upload.key)).await?;
    ensure!(bytes == [one, two].concat(), "other bytes came back, and nothing told");
    Ok(())
}

pub(super) async fn abort_leaves_nothing(bench: &Bench<'_>) -> Check {
    let upload = Upload::begin(bench, "aborted.bin", Properties::default()).await?;
    upload.part(1, &pattern(1000, 31)).await.map_err(why)?;
    bench.store.abort(&upload.key, &upload.id).await.map_err(why)?;
    if bench.can.forgets_uploads {
        bench.store.abort(&upload.key, &upload.id).await.map_err(|e| format!("again: {}", why(e)))?;
    }
    if bench.can.lists_uploads {
        let open = bench.store.uploads(&bench.base).await.map_err(why)?;
        ensure!(open.is_empty(), "an aborted upload is listed: {open:?}");
    }
    if bench.can.forgets_uploads {
        let late = upload.part(2, b"late").await;
        ensure!(matches!(late, Err(WriteError::NoUpload { .. })), "a part of an aborted upload: {late:?}");
    }
    let head = bench.store.head(At::key(&upload.key)).await;
    ensure!(head.is_err(), "an aborted upload left an object");
    Ok(())
}

pub(super) async fn whole_checksum(bench: &Bench<'_>) -> Check {
    let algorithm = Algorithm::Crc64Nvme;
    if !bench.can.returns_whole(algorithm) {
        return Ok(());
    }
    let upload = Upload::begin(bench, "whole.bin", Properties::default()).await?;
    let (one, two) = (pattern(PART, 41), pattern(99, 42));
    let parts = [upload.part(1, &one).await.map_err(why)?, upload.part(2, &two).await.map_err(why)?];
    let written = upload.complete(&parts, Condition::Always).await.map_err(why)?;
    let expected = Checksum::of(algorithm, &[one, two].concat());
    let head = bench.store.head(At::key(&upload.key)).await.map_err(why)?;
    let kept = head.details.map(|d| d.checksums).unwrap_or_default();
    let found = kept.iter().chain(&written.checksums).find(|c| c.algorithm == algorithm).copied();
    ensure!(found == expected, "the whole is kept as {found:?}, and is {expected:?}");
    Ok(())
}

pub(super) async fn complete_is_conditional(bench: &Bench<'_>) -> Check {
    if !bench.can.if_absent_complete {
        return Ok(());
    }
    let upload = Upload::begin(bench, "taken.bin", Properties::default()).await?;
    let part = upload.part(1, b"from the upload").await.map_err(why)?;
    bench.write(&upload.key, b"written meanwhile").await?;
    let refused = upload.complete(&[part], Condition::Absent).await;
    ensure!(matches!(refused, Err(WriteError::Exists { .. })), "completed over another object: {refused:?}");
    ensure!(bench.read(At::key(&upload.key)).await? == b"written meanwhile", "a refused upload was done");
    Ok(())
}
