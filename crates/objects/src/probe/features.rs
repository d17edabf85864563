//! Probing features: checksums, conditions, tags, versions, uploads.

use bytes::Bytes;

use super::{Capabilities, ProbeError, tag};
use crate::{
    Algorithm, At, Begin, Checksum, Complete, Condition, Dialect, ETag, Get, Hasher, Integrity, Key, Kind, List, Part,
    PartDone, Payload, Properties, Put, Store, UploadId, WriteError, Written,
};

pub(super) struct Probe<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) base: &'a Key,
}

const BODY: &[u8] = b"a probe of flagstate; it can be deleted";
/// The smallest part that every store takes.
const PART: usize = 5 << 20;

impl Probe<'_> {
    fn key(&self, name: &str) -> Key {
        Key::new([self.base.as_bytes(), name.as_bytes()].concat())
    }

    async fn put(
        &self,
        name: &str,
        integrity: Integrity,
        condition: Condition<'_>,
        properties: &Properties,
    ) -> Result<Written, WriteError> {
        let key = self.key(name);
        let payload = match integrity {
            // A body that can be sent only once.
            Integrity::Trailing(_) => Payload::stream(BODY.len() as u64, Single(Some(Bytes::from_static(BODY)))),
            _ => Payload::from(Bytes::from_static(BODY)),
        };
        self.store.put(Put { key: &key, payload, properties, integrity, condition }).await
    }

    async fn plain(&self, name: &str) -> Option<Written> {
        self.put(name, Integrity::Nothing, Condition::Always, &Properties::default()).await.ok()
    }

    async fn read(&self, name: &str) -> Option<Vec<u8>> {
        let key = self.key(name);
        let got = self.store.get(At::key(&key), Get::default()).await.ok()?;
        Some(got.body.bytes().await.ok()?.to_vec())
    }

    /// True when the object is exactly these pieces. Nothing is gathered: parts are large.
    async fn holds(&self, name: &str, pieces: &[Bytes]) -> bool {
        let key = self.key(name);
        let Ok(mut got) = self.store.get(At::key(&key), Get::default()).await else { return false };
        let mut wanted = pieces.iter().flat_map(|p| p.iter());
        while let Some(piece) = got.body.next().await {
            let Ok(piece) = piece else { return false };
            if !piece.iter().all(|b| wanted.next() == Some(b)) {
                return false;
            }
        }
        wanted.next().is_none()
    }

    pub(super) async fn can_write(&self) -> Result<(), ProbeError> {
        let written = self.put("first", Integrity::Nothing, Condition::Always, &Properties::default()).await;
        let wrong = |cause| ProbeError::Write { place: self.store.place().to_owned(), base: self.base.clone(), cause };
        written.map(drop).map_err(wrong)
    }

    /// Everything but listings and keys, side by side: each part writes names of its own.
    pub(super) async fn features(&self, dialect: Option<Dialect>) -> Capabilities {
        let mut parts = [(); 4].map(|()| Capabilities { dialect, ..Capabilities::default() });
        let [sums, conditions, tags, uploads] = &mut parts;
        tokio::join!(
            self.checksums(sums),
            self.conditions(conditions),
            self.tags_and_versions(tags),
            self.uploads(uploads)
        );
        let mut seen = Capabilities::default();
        let mut notes = Vec::new();
        for mut part in parts {
            notes.append(&mut part.notes);
            seen.learn(part);
        }
        Capabilities { notes, ..seen }
    }

    async fn checksums(&self, can: &mut Capabilities) {
        let none = Properties::default();
        for algorithm in Algorithm::ALL {
            let (Some(right), Some(wrong)) = (Checksum::of(algorithm, BODY), Checksum::of(algorithm, b"x")) else {
                continue;
            };
            let name = format!("sum-{}", algorithm.name());
            let mut put = self.put(&name, Integrity::Known(right), Condition::Always, &none).await;
            if matches!(put, Err(WriteError::Damaged { .. })) {
                // A bit that flipped on the way, or a store that counts otherwise: the second time tells.
                put = self.put(&name, Integrity::Known(right), Condition::Always, &none).await;
            }
            let Ok(written) = put else { continue };
            let md5 = Checksum::of(Algorithm::Md5, BODY);
            can.md5_states = md5.is_some()
                && written.etag.as_ref().and_then(|e| Checksum::from_hex(Algorithm::Md5, e.as_str())) == md5;
            let name_wrong = format!("wrong-{}", algorithm.name());
            let refused = self.put(&name_wrong, Integrity::Known(wrong), Condition::Always, &none).await;
            if matches!(refused, Err(WriteError::Damaged { .. })) && self.read(&name_wrong).await.is_none() {
                can.checked.insert(algorithm);
            }
            let key = self.key(&name);
            let head = self.store.head(At::key(&key)).await.ok();
            let kept = head.and_then(|e| e.details).map(|d| d.checksums).unwrap_or_default();
            if kept.iter().chain(&written.checksums).any(|c| *c == right) {
                can.returned.insert(algorithm);
            }
        }
        let (key, range) = (self.key("sum-crc64nvme"), Some(0..4));
        let part = self.store.get(At::key(&key), Get { range, checksum: true }).await;
        can.ranged = part.is_ok_and(|got| got.body.is_verified());
        let trailing = Integrity::Trailing(Algorithm::Crc64Nvme);
        let sent = self.put("trailing", trailing, Condition::Always, &none).await;
        // A store that does not understand the framing keeps it as a part of the object.
        can.trailing = sent.is_ok()
            && can.dialect.is_some_and(|d| !d.no_trailers)
            && self.read("trailing").await.as_deref() == Some(BODY);
    }

    async fn conditions(&self, can: &mut Capabilities) {
        let none = Properties::default();
        let put = |name, condition| self.put(name, Integrity::Nothing, condition, &none);
        let first = put("absent", Condition::Absent).await;
        let second = put("absent", Condition::Absent).await;
        can.if_absent = first.is_ok() && matches!(second, Err(WriteError::Exists { .. }));
        let other = ETag::new("0123456789abcdef0123456789abcdef");
        if self.plain("match").await.is_some() {
            let key = self.key("match");
            let state = self.store.head(At::key(&key)).await.ok().and_then(|e| e.etag);
            let wrong = put("match", Condition::Matches(&other)).await;
            let right = match &state {
                Some(state) => put("match", Condition::Matches(state)).await.is_ok(),
                None => false,
            };
            can.if_match = right && matches!(wrong, Err(WriteError::Changed { .. }));
            let refused = self.store.delete(At { key: &key, version: None, if_match: Some(&other) }).await;
            can.if_match_delete = refused.is_err() && self.read("match").await.is_some();
        }
    }

    async fn tags_and_versions(&self, can: &mut Capabilities) {
        let tagged = Properties { tags: tag(), ..Properties::default() };
        let key = self.key("tagged");
        let sent = self.put("tagged", Integrity::Nothing, Condition::Always, &tagged).await;
        can.tags = sent.is_ok() && self.store.tags(At::key(&key)).await.is_ok_and(|t| t == tagged.tags);
        let metadata = [("with_underscore".to_owned(), "kept".to_owned())].into_iter().collect();
        let named = Properties { metadata, ..Properties::default() };
        let key = self.key("underscore");
        let sent = self.put("underscore", Integrity::Nothing, Condition::Always, &named).await;
        let found = self.store.head(At::key(&key)).await.ok().and_then(|e| e.details);
        can.underscores = sent.is_ok() && found.is_some_and(|d| d.properties.metadata == named.metadata);
        let key = self.key("versions");
        let (first, second) = (self.plain("versions").await, self.plain("versions").await);
        let version = |w: &Option<Written>| w.as_ref().and_then(|w| w.version.clone());
        let differ = version(&first).is_some() && version(&first) != version(&second);
        let deleted = self.store.delete(At::key(&key)).await.is_ok();
        let ask = List { prefix: key.clone(), versions: true, ..List::default() };
        let Ok(listed) = crate::conformance::all(self.store, ask).await else { return };
        can.versions = differ && listed.iter().filter(|e| e.kind == Kind::Object).count() >= 2;
        can.delete_markers = can.versions && deleted && listed.iter().any(|e| e.kind == Kind::DeleteMarker);
    }

    async fn part(&self, key: &Key, upload: &UploadId, number: u32, bytes: &Bytes, wrong: bool) -> Option<PartDone> {
        let algorithm = Algorithm::Crc64Nvme;
        let sum = Checksum::of(algorithm, if wrong { b"x" } else { bytes })?;
        let offset = if number == 1 { 0 } else { PART as u64 };
        let integrity = Integrity::Known(sum);
        for _ in 0..3 {
            let part = Part { key, upload, number, offset, payload: Payload::from(bytes.clone()), integrity };
            match self.store.put_part(part).await {
                Ok(done) => return Some(done),
                Err(WriteError::Damaged { .. }) if wrong => return None,
                Err(e) if !e.class().is_transient() => return None,
                Err(_) => {}
            }
        }
        None
    }

    async fn uploads(&self, can: &mut Capabilities) {
        let (algorithm, none) = (Algorithm::Crc64Nvme, Properties::default());
        let key = self.key("upload");
        let begin = Begin { key: &key, properties: &none, algorithm: Some(algorithm) };
        let plain = Begin { algorithm: None, ..begin };
        let (upload, sums) = match self.store.begin(begin).await {
            Ok(upload) => (upload, true),
            Err(_) => match self.store.begin(plain).await {
                Ok(upload) => (upload, false),
                Err(e) => {
                    can.notes.push(format!("uploads in parts: {e}"));
                    return;
                }
            },
        };
        let (one, two) = (Bytes::from(vec![b'p'; PART]), Bytes::from_static(b"the end"));
        if sums && self.part(&key, &upload, 2, &two, true).await.is_none() {
            can.checked_parts.insert(algorithm);
        }
        let parts =
            match (self.part(&key, &upload, 1, &one, false).await, self.part(&key, &upload, 2, &two, false).await) {
                (Some(one), Some(two)) => [one, two],
                _ => {
                    can.notes.push("parts are not taken".to_owned());
                    return;
                }
            };
        can.lists_parts = self.store.parts(&key, &upload).await.is_ok_and(|p| p.len() == 2);
        can.lists_uploads = self.store.uploads(self.base).await.is_ok_and(|u| u.iter().any(|u| u.upload == upload));
        let whole = of_both(algorithm, &one, &two);
        let checksum = whole.filter(|_| can.checks_parts(algorithm));
        let complete = Complete {
            key: &key,
            upload: &upload,
            parts: &parts,
            properties: &none,
            checksum,
            condition: Condition::Always,
        };
        let Ok(written) = self.store.complete(complete).await else {
            can.notes.push("uploads cannot be completed".to_owned());
            return;
        };
        can.uploads = true;
        can.md5_parts = written.etag.is_some() && written.etag == md5_of_parts(&one, &two);
        let head = self.store.head(At::key(&key)).await.ok();
        let kept = head.and_then(|e| e.details).map(|d| d.checksums).unwrap_or_default();
        if kept.iter().chain(&written.checksums).any(|c| Some(*c) == whole) {
            can.returned_whole.insert(algorithm);
        }
        self.uploads_again(can, &key, &two).await;
        can.replaces_parts = self.replaces(can, &key).await;
    }

    /// Sends a part twice and completes with the checksum of the second.
    async fn replaces(&self, can: &Capabilities, key: &Key) -> bool {
        let none = Properties::default();
        let algorithm = Some(Algorithm::Crc64Nvme).filter(|a| can.checks_parts(*a));
        let Ok(upload) = self.store.begin(Begin { key, properties: &none, algorithm }).await else { return false };
        let end = Bytes::from_static(b"the end");
        let _ = self.part(key, &upload, 1, &Bytes::from(vec![b'o'; PART]), false).await;
        let new = Bytes::from(vec![b'n'; PART]);
        let first = self.part(key, &upload, 1, &new, false).await;
        let (Some(first), Some(second)) = (first, self.part(key, &upload, 2, &end, false).await) else { return false };
        let parts = [first, second];
        let checksum = algorithm.and_then(|a| of_both(a, &new, &end));
        let complete =
            Complete { key, upload: &upload, parts: &parts, properties: &none, checksum, condition: Condition::Always };
        let done = self.store.complete(complete).await.is_ok();
        done && self.holds("upload", &[new, end]).await
    }

    /// Condition on completing, and whether an aborted upload is gone.
    async fn uploads_again(&self, can: &mut Capabilities, key: &Key, bytes: &Bytes) {
        let none = Properties::default();
        let algorithm = Some(Algorithm::Crc64Nvme).filter(|a| can.checks_parts(*a));
        let begin = Begin { key, properties: &none, algorithm };
        let Ok(upload) = self.store.begin(begin).await else { return };
        let Some(part) = self.part(key, &upload, 1, bytes, false).await else { return };
        let parts = [part];
        let checksum = parts.first().and_then(|p| p.checksum).filter(|_| algorithm.is_some());
        let complete =
            Complete { key, upload: &upload, parts: &parts, properties: &none, checksum, condition: Condition::Absent };
        let refused = self.store.complete(complete).await;
        can.if_absent_complete = matches!(refused, Err(WriteError::Exists { .. }));
        let Ok(upload) = self.store.begin(begin).await else { return };
        let aborted = self.store.abort(key, &upload).await.is_ok();
        let payload = Payload::from(bytes.clone());
        let late = Part { key, upload: &upload, number: 1, offset: 0, payload, integrity: Integrity::Nothing };
        can.forgets_uploads = aborted && matches!(self.store.put_part(late).await, Err(WriteError::NoUpload { .. }));
    }
}

/// The state that most stores give an object of two parts.
fn md5_of_parts(one: &[u8], two: &[u8]) -> Option<ETag> {
    let sums = [Checksum::of(Algorithm::Md5, one)?, Checksum::of(Algorithm::Md5, two)?];
    let whole = Checksum::of(Algorithm::Md5, &sums.each_ref().map(Checksum::value).concat())?;
    let digits = flagstate_sigv4::hex(whole.value());
    Some(ETag::new(&format!("{digits}-2")))
}

/// The checksum of two parts behind each other.
fn of_both(algorithm: Algorithm, one: &[u8], two: &[u8]) -> Option<Checksum> {
    let mut hasher = Hasher::new(algorithm)?;
    hasher.update(one);
    hasher.update(two);
    Some(hasher.finish())
}

struct Single(Option<Bytes>);

impl futures_core::Stream for Single {
    type Item = Result<Bytes, std::io::Error>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().map(Ok))
    }
}
