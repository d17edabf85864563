//! Checks of single objects.

use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use super::{Bench, Check, by_version, ensure, map, pattern, why};
use crate::{
    Algorithm, At, Checksum, Condition, DeleteError, ETag, Get, Headers, Integrity, Kind, List, Payload, Properties,
    Put, ReadError, WriteError,
};

pub(super) async fn round_trip(bench: &Bench<'_>) -> Check {
    let key = bench.key("round trip.bin");
    let bytes = pattern(100_003, 1);
    let written = bench.write(&key, bytes.clone()).await?;
    ensure!(bench.read(At::key(&key)).await? == bytes, "other bytes came back");
    let entry = bench.store.head(At::key(&key)).await.map_err(why)?;
    ensure!(entry.size == 100_003, "head says {} bytes", entry.size);
    ensure!(entry.etag.is_some(), "head says no etag");
    ensure!(written.etag.is_none() || written.etag == entry.etag, "put and head disagree on the etag");
    ensure!(entry.modified.is_some(), "head says no time");
    let listed = bench.list(List { prefix: bench.base.clone(), ..List::default() }).await?;
    let [only] = listed.as_slice() else { return Err(format!("{} entries are listed", listed.len())) };
    ensure!(only.key == key && only.size == 100_003, "listed as {:?} with {} bytes", only.key, only.size);
    ensure!(
        only.etag.is_none() || only.etag == entry.etag,
        "list and head disagree on the etag: {:?}, {:?}",
        only.etag,
        entry.etag
    );
    ensure!(only.kind == Kind::Object && only.current, "listed as {:?}", only.kind);
    Ok(())
}

pub(super) async fn empty_object(bench: &Bench<'_>) -> Check {
    let key = bench.key("empty");
    let sum = Checksum::of(Algorithm::Crc64Nvme, b"").filter(|_| bench.can.checks(Algorithm::Crc64Nvme));
    let integrity = sum.map_or(Integrity::Nothing, Integrity::Known);
    bench.put(&key, [], &Properties::default(), Condition::Always, integrity).await?;
    let got = bench.store.get(At::key(&key), Get::default()).await.map_err(why)?;
    ensure!(got.entry.size == 0 && got.range == (0..0), "an empty object has {} bytes", got.entry.size);
    let bytes = got.body.bytes().await.map_err(why)?;
    ensure!(bytes.is_empty(), "an empty object came with {} bytes", bytes.len());
    Ok(())
}

pub(super) async fn missing_object(bench: &Bench<'_>) -> Check {
    let key = bench.key("not/there");
    let head = bench.store.head(At::key(&key)).await;
    ensure!(matches!(head, Err(ReadError::NotFound { .. })), "head of nothing: {head:?}");
    let get = bench.store.get(At::key(&key), Get::default()).await;
    ensure!(matches!(get, Err(ReadError::NotFound { .. })), "get of nothing: {get:?}");
    Ok(())
}

pub(super) async fn ranges(bench: &Bench<'_>) -> Check {
    let key = bench.key("ranges");
    let bytes = pattern(70_000, 2);
    bench.write(&key, bytes.clone()).await?;
    for range in [0..1_u64, 0..70_000, 1..2, 65_535..65_537, 69_999..70_000, 69_000..90_000] {
        let ask = Get { range: Some(range.clone()), checksum: false };
        let got = bench.store.get(At::key(&key), ask).await.map_err(why)?;
        let end = range.end.min(70_000);
        ensure!(got.range == (range.start..end), "{range:?} came back as {:?}", got.range);
        ensure!(got.entry.size == 70_000, "{range:?}: the whole is said to have {} bytes", got.entry.size);
        let part = got.body.bytes().await.map_err(why)?;
        let (from, to) = (usize::try_from(range.start).unwrap_or(0), usize::try_from(end).unwrap_or(0));
        ensure!(bytes.get(from..to) == Some(&part), "{range:?} has other bytes");
    }
    let beyond = bench.store.get(At::key(&key), Get { range: Some(70_000..70_001), checksum: false }).await;
    ensure!(matches!(beyond, Err(ReadError::OutOfRange { .. })), "a range beyond the end: {beyond:?}");
    Ok(())
}

fn properties() -> Properties {
    let some = |text: &str| Some(text.to_owned());
    Properties {
        headers: Headers {
            content_type: some("text/plain; charset=utf-8"),
            content_encoding: some("gzip"),
            content_language: some("fr"),
            content_disposition: some("attachment; filename=\"a b.txt\""),
            cache_control: some("max-age=60"),
            expires: None,
        },
        metadata: map(&[("one", "1"), ("two", "a, b = c"), ("three", "two  blanks")]),
        ..Properties::default()
    }
}

pub(super) async fn headers_and_metadata(bench: &Bench<'_>) -> Check {
    let key = bench.key("properties");
    let mut wanted = properties();
    if bench.can.underscores {
        wanted.metadata.insert("t_3".to_owned(), "x".to_owned());
    }
    bench.put(&key, b"x", &wanted, Condition::Always, Integrity::Nothing).await?;
    for entry in [
        bench.store.head(At::key(&key)).await.map_err(why)?,
        bench.store.get(At::key(&key), Get::default()).await.map_err(why)?.entry,
    ] {
        let found = entry.details.ok_or("no details")?.properties;
        ensure!(found.headers == wanted.headers, "headers came back as {:?}", found.headers);
        ensure!(found.metadata == wanted.metadata, "metadata came back as {:?}", found.metadata);
    }
    Ok(())
}

pub(super) async fn tags(bench: &Bench<'_>) -> Check {
    if !bench.can.tags {
        return Ok(());
    }
    let key = bench.key("tags");
    let tags = map(&[("class", "a b"), ("sum", "1+1=2"), ("empty", "")]);
    let properties = Properties { tags: tags.clone(), ..Properties::default() };
    bench.put(&key, b"x", &properties, Condition::Always, Integrity::Nothing).await?;
    let found = bench.store.tags(At::key(&key)).await.map_err(why)?;
    ensure!(found == tags, "tags came back as {found:?}");
    let count = bench.store.head(At::key(&key)).await.map_err(why)?.details.and_then(|d| d.tag_count);
    ensure!(count.is_none_or(|n| n == 3), "head counts {count:?} tags");
    let other = map(&[("only", "one")]);
    bench.store.set_tags(At::key(&key), &other).await.map_err(why)?;
    let found = bench.store.tags(At::key(&key)).await.map_err(why)?;
    ensure!(found == other, "replaced tags came back as {found:?}");
    bench.write(&bench.key("untagged"), b"x").await?;
    let found = bench.store.tags(At::key(&bench.key("untagged"))).await.map_err(why)?;
    ensure!(found.is_empty(), "an untagged object has {found:?}");
    Ok(())
}

pub(super) async fn reads_are_pinned(bench: &Bench<'_>) -> Check {
    let key = bench.key("pinned");
    bench.write(&key, b"one").await?;
    let old = bench.store.head(At::key(&key)).await.map_err(why)?;
    let at = At { key: &key, version: None, if_match: old.etag.as_ref() };
    ensure!(bench.read(at).await? == b"one", "the pinned state cannot be read");
    // Stores keep times in seconds at worst: a state of the same length must differ in it or in its bytes.
    tokio::time::sleep(Duration::from_millis(20)).await;
    bench.write(&key, b"two").await?;
    let get = bench.store.get(at, Get::default()).await;
    ensure!(matches!(get, Err(ReadError::Changed { .. })), "an overwritten object is read as before: {get:?}");
    let head = bench.store.head(at).await;
    ensure!(matches!(head, Err(ReadError::Changed { .. })), "an overwritten object has the old head: {head:?}");
    Ok(())
}

pub(super) async fn conditional_writes(bench: &Bench<'_>) -> Check {
    let key = bench.key("conditional");
    let none = Properties::default();
    let put = |bytes: &'static [u8], condition| Put {
        key: &key,
        payload: Payload::from(Bytes::from_static(bytes)),
        properties: &none,
        integrity: Integrity::Nothing,
        condition,
    };
    if bench.can.if_absent {
        bench.store.put(put(b"first", Condition::Absent)).await.map_err(why)?;
        let second = bench.store.put(put(b"second", Condition::Absent)).await;
        ensure!(matches!(second, Err(WriteError::Exists { .. })), "a second write where nothing must be: {second:?}");
        ensure!(bench.read(At::key(&key)).await? == b"first", "a refused write was done");
    }
    if bench.can.if_match {
        bench.write(&key, b"first").await?;
        let state = bench.store.head(At::key(&key)).await.map_err(why)?.etag.ok_or("no etag")?;
        bench.store.put(put(b"third", Condition::Matches(&state))).await.map_err(why)?;
        let late = bench.store.put(put(b"fourth", Condition::Matches(&state))).await;
        ensure!(matches!(late, Err(WriteError::Changed { .. })), "a write over another state: {late:?}");
        ensure!(bench.read(At::key(&key)).await? == b"third", "a refused write was done");
        let absent = bench.key("conditional-absent");
        let none = bench.store.put(Put { key: &absent, ..put(b"x", Condition::Matches(&state)) }).await;
        ensure!(none.is_err(), "a write over a state of nothing was done");
    }
    Ok(())
}

pub(super) async fn checksums_are_checked(bench: &Bench<'_>) -> Check {
    let (bytes, none) = (pattern(5000, 3), Properties::default());
    for algorithm in Algorithm::ALL.into_iter().filter(|a| bench.can.checks(*a)) {
        let key = bench.key(format!("sum-{}", algorithm.name()));
        let right = Checksum::of(algorithm, &bytes).ok_or("no such checksum")?;
        let written = bench.put(&key, bytes.clone(), &none, Condition::Always, Integrity::Known(right)).await?;
        if bench.can.returns(algorithm) {
            let entry = bench.store.get(At::key(&key), Get { range: None, checksum: true }).await.map_err(why)?;
            let sums = entry.entry.details.as_ref().map(|d| d.checksums.clone()).unwrap_or_default();
            let found = sums.iter().chain(&written.checksums).find(|c| c.algorithm == algorithm);
            ensure!(found == Some(&right), "{algorithm:?}: kept as {found:?}");
            entry.body.bytes().await.map_err(why)?;
        }
        let key = bench.key(format!("wrong-{}", algorithm.name()));
        let wrong = Checksum::of(algorithm, b"other").ok_or("no such checksum")?;
        let payload = Payload::from(bytes.clone());
        let put = Put {
            key: &key,
            payload,
            properties: &none,
            integrity: Integrity::Known(wrong),
            condition: Condition::Always,
        };
        let refused = bench.store.put(put).await;
        ensure!(matches!(refused, Err(WriteError::Damaged { .. })), "{algorithm:?}: a wrong checksum: {refused:?}");
        let head = bench.store.head(At::key(&key)).await;
        ensure!(matches!(head, Err(ReadError::NotFound { .. })), "{algorithm:?}: damaged bytes were kept");
    }
    Ok(())
}

/// A body in pieces.
struct Pieces(Vec<Bytes>);

impl Stream for Pieces {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.pop().map(Ok))
    }
}

fn pieces(bytes: &[u8], size: usize) -> Pieces {
    let mut all: Vec<Bytes> = bytes.chunks(size).map(Bytes::copy_from_slice).collect();
    all.reverse();
    Pieces(all)
}

pub(super) async fn streamed_body(bench: &Bench<'_>) -> Check {
    let (bytes, none) = (pattern(700_001, 4), Properties::default());
    let mut kinds = vec![Integrity::Nothing];
    if bench.can.trailing {
        kinds.push(Integrity::Trailing(Algorithm::Crc64Nvme));
    }
    for (n, integrity) in kinds.into_iter().enumerate() {
        let key = bench.key(format!("streamed-{n}"));
        let payload = Payload::stream(700_001, pieces(&bytes, 9_999));
        let put = Put { key: &key, payload, properties: &none, integrity, condition: Condition::Always };
        bench.store.put(put).await.map_err(why)?;
        ensure!(bench.read(At::key(&key)).await? == bytes, "{integrity:?}: other bytes came back");
        // From one object to another without keeping it.
        let got = bench.store.get(At::key(&key), Get::default()).await.map_err(why)?;
        let copy = bench.key(format!("piped-{n}"));
        let put = Put {
            key: &copy,
            payload: Payload::from_body(got.body),
            properties: &none,
            integrity,
            condition: Condition::Always,
        };
        bench.store.put(put).await.map_err(why)?;
        ensure!(bench.read(At::key(&copy)).await? == bytes, "{integrity:?}: a piped object has other bytes");
    }
    Ok(())
}

/// Bodies that are shorter or longer than they said leave no object.
pub(super) async fn bodies_that_lie(bench: &Bench<'_>) -> Check {
    let (bytes, none) = (pattern(50_000, 5), Properties::default());
    for (n, said) in [49_000_u64, 51_000].into_iter().enumerate() {
        let key = bench.key(format!("lie-{n}"));
        let payload = Payload::stream(said, pieces(&bytes, 1000));
        let put =
            Put { key: &key, payload, properties: &none, integrity: Integrity::Nothing, condition: Condition::Always };
        let refused = bench.store.put(put).await;
        ensure!(matches!(refused, Err(WriteError::Source { .. })), "{said} were said, 50000 came: {refused:?}");
        let head = bench.store.head(At::key(&key)).await;
        ensure!(matches!(head, Err(ReadError::NotFound { .. })), "half an object was kept: {head:?}");
    }
    Ok(())
}

pub(super) async fn delete_is_idempotent(bench: &Bench<'_>) -> Check {
    let key = bench.key("deleted");
    bench.write(&key, b"x").await?;
    for _ in 0..2 {
        bench.store.delete(At::key(&key)).await.map_err(why)?;
    }
    let head = bench.store.head(At::key(&key)).await;
    ensure!(matches!(head, Err(ReadError::NotFound { .. })), "a deleted object is there: {head:?}");
    if bench.can.if_match_delete {
        bench.write(&key, b"y").await?;
        let wrong = ETag::new("0123456789abcdef0123456789abcdef");
        let refused = bench.store.delete(At { key: &key, version: None, if_match: Some(&wrong) }).await;
        ensure!(matches!(refused, Err(DeleteError::Changed { .. })), "deleted in another state: {refused:?}");
        ensure!(bench.read(At::key(&key)).await? == b"y", "a refused deletion was done");
    }
    Ok(())
}

pub(super) async fn versions(bench: &Bench<'_>) -> Check {
    if !bench.can.versions {
        return Ok(());
    }
    let key = bench.key("versions");
    for text in ["one", "two", "three"] {
        bench.write(&key, text).await?;
    }
    bench.store.delete(At::key(&key)).await.map_err(why)?;
    let listed = bench.list(List { prefix: key.clone(), versions: true, page: Some(2), ..List::default() }).await?;
    let (marks, states): (Vec<_>, Vec<_>) = listed.iter().partition(|e| e.kind == Kind::DeleteMarker);
    ensure!(states.len() == 3, "{} versions are listed", states.len());
    ensure!(marks.len() == usize::from(bench.can.delete_markers), "{} delete markers are listed", marks.len());
    let mut seen = Vec::new();
    for entry in &states {
        let at = At { key: &key, version: entry.version.as_ref(), if_match: None };
        let bytes = bench.read(at).await.map_err(|e| format!("{}: {e}", by_version(entry.version.as_ref())))?;
        seen.push(String::from_utf8_lossy(&bytes).into_owned());
    }
    seen.sort();
    ensure!(seen == ["one", "three", "two"], "versions hold {seen:?}");
    let first = states.first().ok_or("no version")?;
    let at = At { key: &key, version: first.version.as_ref(), if_match: None };
    bench.store.delete(at).await.map_err(why)?;
    let gone = bench.store.get(at, Get::default()).await;
    ensure!(matches!(gone, Err(ReadError::NotFound { .. })), "a deleted version is there: {gone:?}");
    Ok(())
}
