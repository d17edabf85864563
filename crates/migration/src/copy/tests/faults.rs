//! A store that fails in every way that networks and servers know, and the demand that nothing of it shows in the end.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use flagstate_objects::{
    Answer, Begin, ByteStream, Chance as _, Complete, ContainerFacts, DeleteError, Entry, Got, Limits, ListError,
    OpenUpload, Page, Part, PartDone, Payload, Put, ReadError, RequestError, Seeded, ServerAnswer, UploadId,
    WriteError, Written,
};

use super::*;

/// Faults by their share of requests, in thousandths.
#[derive(Debug)]
pub(super) struct Faulty {
    inner: Arc<Memory>,
    chance: Mutex<Seeded>,
    share: AtomicU64,
    parts: AtomicU64,
    parts_left: AtomicI64,
    met: Mutex<BTreeMap<&'static str, u64>>,
}

impl Faulty {
    pub(super) fn over(inner: Arc<Memory>) -> Self {
        Self {
            inner,
            chance: Mutex::new(Seeded(7)),
            share: AtomicU64::new(0),
            parts: AtomicU64::new(0),
            parts_left: AtomicI64::new(i64::MAX),
            met: Mutex::default(),
        }
    }

    fn with_faults(inner: Arc<Memory>, thousandths: u64, seed: u64) -> Self {
        let faulty = Self::over(inner);
        faulty.share.store(thousandths, Ordering::Relaxed);
        *faulty.chance.lock().unwrap() = Seeded(seed);
        faulty
    }

    pub(super) fn fail_parts_after(&self, parts: i64) {
        self.parts_left.store(parts, Ordering::Relaxed);
    }

    pub(super) fn heal(&self) {
        self.parts_left.store(i64::MAX, Ordering::Relaxed);
    }

    pub(super) fn parts_taken(&self) -> u64 {
        self.parts.load(Ordering::Relaxed)
    }

    /// One of the faults, now and then.
    fn fault(&self, faults: &[&'static str]) -> &'static str {
        let mut chance = self.chance.lock().unwrap();
        if chance.next() % 1000 >= self.share.load(Ordering::Relaxed) {
            return "";
        }
        let fault = faults[usize::try_from(chance.next()).unwrap_or(0) % faults.len()];
        *self.met.lock().unwrap().entry(fault).or_default() += 1;
        fault
    }

    fn place(&self) -> String {
        self.inner.place().to_owned()
    }

    /// Faults that every request can meet; nothing is done.
    fn request(&self, fault: &str) -> Result<(), RequestError> {
        let place = self.place();
        let answer =
            |status, code: &str| Box::new(ServerAnswer { status, code: code.to_owned(), ..ServerAnswer::default() });
        match fault {
            "500" => Err(RequestError::Server { place, answer: answer(500, "InternalError"), after: None }),
            "503" => Err(RequestError::Throttled { place, answer: answer(503, "SlowDown"), after: None }),
            "429" => Err(RequestError::Throttled { place, answer: answer(429, "TooManyRequests"), after: None }),
            "stall" => Err(RequestError::Stalled { place, after: Duration::ZERO }),
            "reset" => Err(self.broken()),
            _ => Ok(()),
        }
    }

    fn broken(&self) -> RequestError {
        RequestError::Broken { place: self.place(), cause: "reset by the test".into() }
    }
}

const ALWAYS: [&str; 5] = ["500", "503", "429", "stall", "reset"];
const READS: [&str; 9] = ["500", "503", "429", "stall", "reset", "cut", "flip", "short", "etag"];
const WRITES: [&str; 8] = ["500", "503", "429", "stall", "reset", "lost", "flip", "lost"];

impl Store for Faulty {
    fn place(&self) -> &str {
        self.inner.place()
    }

    fn limits(&self) -> &Limits {
        self.inner.limits()
    }

    fn list<'a>(&'a self, ask: &'a List) -> Answer<'a, Page, ListError> {
        Box::pin(async {
            let fault = self.fault(&["500", "503", "reset", "twice"]);
            self.request(fault)?;
            let page = self.inner.list(ask).await?;
            if let ("twice", Some(last)) = (fault, page.entries.last()) {
                // What a client says that watches the order.
                let (place, key) = (self.place(), last.key.clone());
                return Err(ListError::OutOfOrder { place, before: key.clone(), key });
            }
            Ok(page)
        })
    }

    fn head<'a>(&'a self, at: At<'a>) -> Answer<'a, Entry, ReadError> {
        Box::pin(async move {
            self.request(self.fault(&ALWAYS))?;
            self.inner.head(at).await
        })
    }

    fn get<'a>(&'a self, at: At<'a>, ask: Get) -> Answer<'a, Got, ReadError> {
        Box::pin(async move {
            let fault = self.fault(&READS);
            self.request(fault)?;
            let got = self.inner.get(at, ask.clone()).await?;
            if fault == "etag" && at.if_match.is_some() {
                return Err(ReadError::Changed { place: self.place(), key: at.key.clone() });
            }
            let Got { entry, range, body } = got;
            let len = body.left();
            let mut bytes = body.bytes().await?.to_vec();
            let middle = bytes.len() / 2;
            match fault {
                "cut" | "short" => bytes.truncate(middle),
                "flip" if !bytes.is_empty() => bytes[middle] ^= 4,
                _ => {}
            }
            let piece = Single(Some(Bytes::from(bytes)));
            let mut body = ByteStream::new((self.inner.place(), at.key), len, piece);
            let whole = range == (0..entry.size);
            let sum = entry.details.as_ref().and_then(|d| d.checksums.first().copied());
            if let Some(sum) = sum.filter(|_| ask.checksum && whole) {
                body = body.verified(sum);
            }
            Ok(Got { entry, range, body })
        })
    }

    fn put<'a>(&'a self, mut put: Put<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(async move {
            let fault = self.fault(&WRITES);
            self.request(fault)?;
            if fault == "flip" {
                put = Put { payload: flipped(put.payload), ..put };
            }
            let written = self.inner.put(put).await?;
            if fault == "lost" { Err(self.broken().into()) } else { Ok(written) }
        })
    }

    fn begin<'a>(&'a self, begin: Begin<'a>) -> Answer<'a, UploadId, WriteError> {
        Box::pin(async move {
            self.request(self.fault(&ALWAYS))?;
            self.inner.begin(begin).await
        })
    }

    fn put_part<'a>(&'a self, mut part: Part<'a>) -> Answer<'a, PartDone, WriteError> {
        Box::pin(async move {
            if self.parts_left.fetch_sub(1, Ordering::Relaxed) <= 0 {
                let answer = Box::new(ServerAnswer { status: 403, ..ServerAnswer::default() });
                return Err(RequestError::Denied { place: self.place(), answer }.into());
            }
            let fault = self.fault(&WRITES);
            self.request(fault)?;
            if fault == "flip" {
                part = Part { payload: flipped(part.payload), ..part };
            }
            let done = self.inner.put_part(part).await?;
            self.parts.fetch_add(1, Ordering::Relaxed);
            if fault == "lost" { Err(self.broken().into()) } else { Ok(done) }
        })
    }

    fn complete<'a>(&'a self, complete: Complete<'a>) -> Answer<'a, Written, WriteError> {
        Box::pin(async move {
            let fault = self.fault(&["500", "503", "reset", "lost"]);
            self.request(fault)?;
            let done = self.inner.complete(complete).await?;
            if fault == "lost" { Err(self.broken().into()) } else { Ok(done) }
        })
    }

    fn abort<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, (), WriteError> {
        self.inner.abort(key, upload)
    }

    fn uploads<'a>(&'a self, prefix: &'a Key) -> Answer<'a, Vec<OpenUpload>, ListError> {
        self.inner.uploads(prefix)
    }

    fn parts<'a>(&'a self, key: &'a Key, upload: &'a UploadId) -> Answer<'a, Vec<PartDone>, WriteError> {
        self.inner.parts(key, upload)
    }

    fn tags<'a>(&'a self, at: At<'a>) -> Answer<'a, BTreeMap<String, String>, ReadError> {
        Box::pin(async move {
            self.request(self.fault(&ALWAYS))?;
            self.inner.tags(at).await
        })
    }

    fn set_tags<'a>(&'a self, at: At<'a>, tags: &'a BTreeMap<String, String>) -> Answer<'a, (), WriteError> {
        self.inner.set_tags(at, tags)
    }

    fn delete<'a>(&'a self, at: At<'a>) -> Answer<'a, (), DeleteError> {
        Box::pin(async move {
            self.request(self.fault(&ALWAYS))?;
            self.inner.delete(at).await
        })
    }

    fn container(&self) -> Answer<'_, ContainerFacts, RequestError> {
        self.inner.container()
    }

    fn create_container(&self) -> Answer<'_, (), RequestError> {
        self.inner.create_container()
    }
}

/// The same bytes with one bit changed.
fn flipped(payload: Payload) -> Payload {
    let Some(pieces) = payload.as_segments() else { return payload };
    let mut bytes: Vec<u8> = pieces.concat();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    bytes.into()
}

struct Single(Option<Bytes>);

impl futures_core::Stream for Single {
    type Item = Result<Bytes, ReadError>;

    fn poll_next(
        mut self: std::pin::Pin<&mut Self>,
        _: &mut std::task::Context<'_>,
    ) -> std::task::Poll<Option<Self::Item>> {
        std::task::Poll::Ready(self.0.take().filter(|b| !b.is_empty()).map(Ok))
    }
}

/// Whatever goes wrong on both sides, the end is the same, and every kind of trouble was met.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn faults_leave_no_trace() {
    let (source, target) = (memory("source"), memory("target"));
    fill(&source).await;
    let can = probe(&*target, &Key::from("probe/")).await.unwrap();
    // What the store in memory does, minus streaming: then bodies are at hand and can be damaged.
    let can = Capabilities { trailing: false, ..can };
    let from = Arc::new(Faulty::with_faults(source.clone(), 250, 1));
    let to = Arc::new(Faulty::with_faults(target.clone(), 250, 2));
    let scene = Scene::with(from.clone(), to.clone(), can);
    scene.list().await;
    let options = Options { single_bytes: 2 << 20, ..Options::default() };
    let mut tally = scene.copy(options.clone()).await.unwrap();
    for _ in 0..10 {
        if tally.failed == 0 {
            break;
        }
        tally = scene.copy(options.clone()).await.unwrap();
    }
    assert_eq!(tally.failures, Vec::<String>::new());
    let rows = scene.manifest();
    let changed = rows.iter().filter(|r| r.fate() == Some(Fate::Changed)).count() as u64;
    let met = from.met.lock().unwrap().clone();
    assert_eq!(changed, met.get("etag").copied().unwrap_or(0), "a state that a server lies about is named: {met:?}");
    let there = content(&*target).await;
    let expected = content(&*source).await;
    for row in rows.iter().filter(|r| r.fate() == Some(Fate::Moved)) {
        assert!(there[row.key()] == expected[row.key()], "{:?}", row.key());
    }
    assert!(there.len() as u64 + changed >= expected.len() as u64);
    for fault in READS {
        assert!(met.contains_key(fault), "{fault} was not met: {met:?}");
    }
    let met = to.met.lock().unwrap().clone();
    for fault in WRITES {
        assert!(met.contains_key(fault), "{fault} was not met: {met:?}");
    }
    assert!(target.uploads(&Key::default()).await.unwrap().is_empty());
    // What a server lied about is seen to by the next pass.
    from.share.store(0, Ordering::Relaxed);
    to.share.store(0, Ordering::Relaxed);
    let pass = crate::sync::Options::default();
    let (delta, _) = crate::sync::run(&scene.work, &scene.folder, &scene.journal, pass, "sync").await.unwrap();
    assert_eq!((delta.changed, delta.new, delta.gone, delta.damaged), (changed, 0, 0, 0), "{delta:?}");
    assert_eq!(scene.copy(options).await.unwrap().moved, changed);
    assert!(content(&*target).await == content(&*source).await);
}
