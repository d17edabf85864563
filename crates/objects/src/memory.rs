//! A store in memory: holds every key, keeps versions, checks everything. The measure for the others, and a fast target
//! for tests.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    Algorithm, Answer, At, Begin, ByteStream, Checksum, Clock, Complete, Condition, ContainerFacts, Cursor,
    DeleteError, Details, ETag, Entry, Get, Got, Hasher, Integrity, Key, KeyRules, Kind, Limits, List, ListError,
    OpenUpload, Page, Part, PartDone, Payload, Properties, Put, ReadError, RequestError, Store, UploadId, Version,
    WriteError, Written,
};

/// A store in memory.
#[derive(Clone, Debug)]
pub struct Memory {
    place: String,
    limits: Limits,
    clock: Arc<dyn Clock>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    /// The latest state last.
    objects: BTreeMap<Key, Vec<Object>>,
    uploads: BTreeMap<UploadId, Upload>,
    next: u64,
}

#[derive(Clone, Debug)]
struct Object {
    id: u64,
    marker: bool,
    bytes: Bytes,
    properties: Properties,
    modified: Timestamp,
    sum: Option<Checksum>,
}

#[derive(Debug)]
struct Upload {
    key: Key,
    started: Timestamp,
    properties: Properties,
    parts: BTreeMap<u32, (Bytes, PartDone)>,
}

impl Object {
    fn etag(&self) -> ETag {
        ETag::new(&format!("m{}", self.id))
    }

    fn entry(&self, key: &Key, current: bool) -> Entry {
        Entry {
            key: key.clone(),
            size: self.bytes.len() as u64,
            etag: Some(self.etag()).filter(|_| !self.marker),
            modified: Some(self.modified),
            version: Some(Version::Id(self.id.to_string())),
            current,
            kind: if self.marker { Kind::DeleteMarker } else { Kind::Object },
            class: None,
            details: None,
        }
    }

    fn full(&self, key: &Key, current: bool) -> Entry {
        let details = Details {
            properties: self.properties.clone(),
            has_metadata: true,
            tag_count: u32::try_from(self.properties.tags.len()).ok(),
            checksums: self.sum.into_iter().collect(),
            created: Some(self.modified),
            ..Details::default()
        };
        Entry { details: Some(Box::new(details)), ..self.entry(key, current) }
    }
}

impl Memory {
    /// An empty store.
    pub fn new(name: &str, clock: Arc<dyn Clock>) -> Self {
        let s3 = Limits::of("s3");
        let key = KeyRules { max_bytes: Some(1024), ..KeyRules::default() };
        let limits = Limits { id: "memory".to_owned(), title: "memory".to_owned(), key, ..s3 };
        Self { place: format!("memory:{name}"), limits, clock, state: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn find(&self, at: At<'_>) -> Result<(Object, bool), ReadError> {
        let state = self.lock();
        let states = state.objects.get(at.key).map_or(&[][..], Vec::as_slice);
        let found = match at.version {
            None => states.last(),
            Some(Version::Id(id)) => states.iter().find(|o| o.id.to_string() == *id),
            Some(Version::Snapshot(_)) => None,
        };
        let missing = || ReadError::NotFound { place: self.place.clone(), key: at.key.clone() };
        let object = found.filter(|o| !o.marker).ok_or_else(missing)?;
        if at.if_match.is_some_and(|e| *e != object.etag()) {
            return Err(ReadError::Changed { place: self.place.clone(), key: at.key.clone() });
        }
        Ok((object.clone(), states.last().is_some_and(|l| l.id == object.id)))
    }

    /// Reads a body and checks it.
    async fn take(
        &self,
        key: &Key,
        mut payload: Payload,
        integrity: Integrity,
    ) -> Result<(Bytes, Option<Checksum>), WriteError> {
        let (len, mut all) = (payload.len(), Vec::new());
        let source = |cause| WriteError::Source { place: self.place.clone(), key: key.clone(), cause };
        while let Some(piece) = payload.next().await {
            all.extend_from_slice(&piece.map_err(source)?);
        }
        let got = all.len() as u64;
        if got != len {
            return Err(source(crate::stream::WrongLength { expected: len, got }.into()));
        }
        let algorithm = match integrity {
            Integrity::Known(sum) => sum.algorithm,
            Integrity::Trailing(algorithm) => algorithm,
            Integrity::Nothing => Algorithm::Crc64Nvme,
        };
        let found = Hasher::new(algorithm).map(|mut h| {
            h.update(&all);
            h.finish()
        });
        if let (Integrity::Known(wanted), Some(found)) = (integrity, found)
            && wanted != found
        {
            let what = format!("{wanted} was announced, {found} arrived");
            return Err(WriteError::Damaged { place: self.place.clone(), key: key.clone(), what });
        }
        Ok((all.into(), found))
    }

    fn store(
        &self,
        (key, bytes, properties): (&Key, Bytes, &Properties),
        sum: Option<Checksum>,
        condition: Condition<'_>,
    ) -> Result<Written, WriteError> {
        let modified = self.clock.now();
        let mut state = self.lock();
        let place = || self.place.clone();
        let now = state.objects.get(key).and_then(|s| s.last()).filter(|o| !o.marker).map(Object::etag);
        match (condition, now) {
            (Condition::Absent, Some(_)) => return Err(WriteError::Exists { place: place(), key: key.clone() }),
            (Condition::Matches(wanted), now) if now.as_ref() != Some(wanted) => {
                return Err(WriteError::Changed { place: place(), key: key.clone(), expected: wanted.clone() });
            }
            _ => {}
        }
        state.next += 1;
        let id = state.next;
        let object = Object { id, marker: false, bytes, properties: properties.clone(), modified, sum };
        let written = Written {
            etag: Some(object.etag()),
            version: Some(Version::Id(id.to_string())),
            checksums: sum.into_iter().collect(),
        };
        state.objects.entry(key.clone()).or_default().push(object);
        Ok(written)
    }

    fn page(&self, ask: &List) -> Page {
        let state = self.lock();
        let behind = match &ask.cursor {
            Some(Cursor::Key(key) | Cursor::Version(key, _) | Cursor::Token(_, key)) => Some(key.clone()),
            None => ask.after.clone(),
        };
        let most = usize::try_from(ask.page.unwrap_or(1000)).unwrap_or(1000).max(1);
        let mut page = Page::default();
        let mut count = 0;
        for (key, states) in state.objects.range(ask.prefix.clone()..) {
            if !key.as_bytes().starts_with(ask.prefix.as_bytes()) || ask.until.as_ref().is_some_and(|u| key >= u) {
                break;
            }
            let fold = ask.delimiter.as_ref().and_then(|d| {
                let rest = key.as_bytes().get(ask.prefix.len()..)?;
                let at = rest.windows(d.len().max(1)).position(|w| w == d.as_bytes())?;
                Some(Key::new(key.as_bytes().get(..ask.prefix.len() + at + d.len())?))
            });
            let skip = behind.as_ref().is_some_and(|b| key <= b || fold.as_ref() == Some(b));
            if skip || fold.is_some() && page.prefixes.last() == fold.as_ref() {
                continue;
            }
            let last = states.last().map(|o| o.id);
            let shown: Vec<Entry> = states
                .iter()
                .rev()
                .filter(|o| ask.versions || (Some(o.id) == last && !o.marker))
                .map(|o| o.entry(key, Some(o.id) == last))
                .collect();
            if shown.is_empty() {
                continue;
            }
            if count >= most {
                let end = page.entries.last().map(|e: &Entry| &e.key).max(page.prefixes.last()).cloned();
                page.next = end.map(Cursor::Key);
                return page;
            }
            count += 1;
            match fold {
                Some(fold) => page.prefixes.push(fold),
                None => page.entries.extend(shown),
            }
        }
        page
    }

    async fn complete_upload(&self, complete: Complete<'_>) -> Result<Written, WriteError> {
        let gone = || WriteError::NoUpload { place: self.place.clone(), key: complete.key.clone() };
        let (bytes, properties) = {
            let state = self.lock();
            let upload = state.uploads.get(complete.upload).ok_or_else(gone)?;
            let mut bytes = Vec::new();
            for part in complete.parts {
                let (piece, done) = upload.parts.get(&part.number).ok_or_else(gone)?;
                if done.etag != part.etag {
                    let what = format!("part {} is another", part.number);
                    return Err(WriteError::Limit { place: self.place.clone(), key: complete.key.clone(), what });
                }
                bytes.extend_from_slice(piece);
            }
            (bytes, upload.properties.clone())
        };
        let integrity = complete.checksum.map_or(Integrity::Nothing, Integrity::Known);
        let (bytes, sum) = self.take(complete.key, Payload::from(bytes), integrity).await?;
        let written = self.store((complete.key, bytes, &properties), sum, complete.condition)?;
        self.lock().uploads.remove(complete.upload);
        Ok(written)
    }
}

impl Store for Memory {
    fn place(&self) -> &str {
        &self.place
    }

    fn limits(&self) -> &Limits {
        &self.limits
    }

    fn list<'a>(&'a self, ask: &'a List) -> Answer<'a, Page, ListError> {
        Box::pin(async { Ok(self.page(ask)) })
    }

    fn head<'a>(&'a self, at: At<'a>) -> Answer<'a, Entry, ReadError> {
        Box::pin(async move { self.find(at).map(|(object, current)| object.full(at.key, current)) })
    }

    fn get<'a>(&'a self, at: At<'a>, ask: Get) -> Answer<'a, Got, ReadError> {
        Box::pin(async move {
            let (object, current) = self.find(at)?;
            let size = object.bytes.len() as u64;
            let range = ask.range.clone().map_or(0..size, |r| r.start..r.end.min(size));
            if ask.range.is_some() && range.start >= range.end {
                return Err(ReadError::OutOfRange { place: self.place.clone(), key: at.key.clone() });
            }
            let index = |n: u64| usize::try_from(n).unwrap_or(usize::MAX);
            let bytes = object.bytes.slice(index(range.start)..index(range.end));
            let mut body = ByteStream::ready((&self.place, at.key), bytes);
            if let Some(sum) = object.sum.filter(|_| ask.checksum && range == (0..size)) {
                body = body.verified(sum);
            }
            Ok(Got { entry: object.full(at.key, current), range, body })
        })
    }

    fn put<'a>(&'a self, put: Put<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(async move {
            self.limits.key.check(put.key, &self.place)?;
            let (bytes, sum) = self.take(put.key, put.payload, put.integrity).await?;
            self.store((put.key, bytes, put.properties), sum, put.condition)
        })
    }

    fn begin<'a>(&'a self, begin: Begin<'a>) -> Answer<'a, UploadId, WriteError> {
        Box::pin(async move {
            self.limits.key.check(begin.key, &self.place)?;
            let started = self.clock.now();
            let mut state = self.lock();
            state.next += 1;
            let id = UploadId(format!("u{}", state.next));
            let (key, properties) = (begin.key.clone(), begin.properties.clone());
            state.uploads.insert(id.clone(), Upload { key, started, properties, parts: BTreeMap::new() });
            Ok(id)
        })
    }

    fn put_part<'a>(&'a self, part: Part<'a>) -> Answer<'a, PartDone, WriteError> {
        Box::pin(async move {
            let (bytes, checksum) = self.take(part.key, part.payload, part.integrity).await?;
            let mut state = self.lock();
            state.next += 1;
            let etag = ETag::new(&format!("p{}", state.next));
            let done = PartDone { number: part.number, size: bytes.len() as u64, etag, checksum };
            let gone = || WriteError::NoUpload { place: self.place.clone(), key: part.key.clone() };
            let upload = state.uploads.get_mut(part.upload).ok_or_else(gone)?;
            upload.parts.insert(part.number, (bytes, done.clone()));
            Ok(done)
        })
    }

    fn complete<'a>(&'a self, complete: Complete<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(self.complete_upload(complete))
    }

    fn abort<'a>(&'a self, _: &'a Key, upload: &'a UploadId) -> Answer<'a, (), WriteError> {
        Box::pin(async {
            self.lock().uploads.remove(upload);
            Ok(())
        })
    }

    fn uploads<'a>(&'a self, prefix: &'a Key) -> Answer<'a, Vec<OpenUpload>, ListError> {
        Box::pin(async {
            let open = |(id, u): (&UploadId, &Upload)| OpenUpload {
                key: u.key.clone(),
                upload: id.clone(),
                started: Some(u.started),
            };
            let state = self.lock();
            Ok(state
                .uploads
                .iter()
                .filter(|(_, u)| u.key.as_bytes().starts_with(prefix.as_bytes()))
                .map(open)
                .collect())
        })
    }

    fn parts<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, Vec<PartDone>, WriteError> {
        Box::pin(async {
            let gone = || WriteError::NoUpload { place: self.place.clone(), key: key.clone() };
            let state = self.lock();
            let upload = state.uploads.get(upload).ok_or_else(gone)?;
            Ok(upload.parts.values().map(|(_, done)| done.clone()).collect())
        })
    }

    fn tags<'a>(&'a self, at: At<'a>) -> Answer<'a, BTreeMap<String, String>, ReadError> {
        Box::pin(async move { Ok(self.find(at)?.0.properties.tags) })
    }

    fn set_tags<'a>(&'a self, at: At<'a>, tags: &'a BTreeMap<String, String>) -> Answer<'a, (), WriteError> {
        Box::pin(async move {
            let missing = || WriteError::Limit {
                place: self.place.clone(),
                key: at.key.clone(),
                what: "there is no such object".to_owned(),
            };
            let id = self.find(at).map_err(|_| missing())?.0.id;
            let mut state = self.lock();
            let states = state.objects.get_mut(at.key).ok_or_else(missing)?;
            let object = states.iter_mut().find(|o| o.id == id).ok_or_else(missing)?;
            object.properties.tags.clone_from(tags);
            Ok(())
        })
    }

    fn delete<'a>(&'a self, at: At<'a>) -> Answer<'a, (), DeleteError> {
        Box::pin(async move {
            let modified = self.clock.now();
            let mut state = self.lock();
            state.next += 1;
            let id = state.next;
            let Some(states) = state.objects.get_mut(at.key) else { return Ok(()) };
            if let (Some(wanted), Some(last)) = (at.if_match, states.last())
                && *wanted != last.etag()
            {
                return Err(DeleteError::Changed { place: self.place.clone(), key: at.key.clone() });
            }
            match at.version {
                Some(version) => states.retain(|o| Version::Id(o.id.to_string()) != *version),
                None if states.last().is_some_and(|o| o.marker) => {}
                None => {
                    let (bytes, properties) = (Bytes::new(), Properties::default());
                    states.push(Object { id, marker: true, bytes, properties, modified, sum: None });
                }
            }
            if states.is_empty() {
                state.objects.remove(at.key);
            }
            Ok(())
        })
    }

    fn container(&self) -> Answer<'_, ContainerFacts, RequestError> {
        let facts = ContainerFacts {
            versioning: Some(true),
            object_lock: Some(false),
            public_read: Some(false),
            ..ContainerFacts::default()
        };
        Box::pin(async { Ok(facts) })
    }

    fn create_container(&self) -> Answer<'_, (), RequestError> {
        Box::pin(async { Ok(()) })
    }
}
