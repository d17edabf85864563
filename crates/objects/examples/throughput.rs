//! How fast the clients are: many small objects, one large one, against a server that stands somewhere.
//!
//! `throughput s3://bucket?endpoint=http://127.0.0.1:8333 small 10000 4096 16` writes, lists, reads and deletes;
//! `throughput ... large 2048 64 4` writes and reads MiB in parts of MiB with so many at once. Figures are wall seconds
//! and this process's CPU seconds; bodies carry a CRC-64 that both sides check.
#![expect(clippy::print_stdout, reason = "the figures are its output")]

use std::{error::Error, sync::Arc, time::Instant};

use bytes::Bytes;
use flagstate_objects::{
    Algorithm, At, Begin, Checksum, Complete, Condition, Get, Hasher, HttpOptions, Integrity, Key, List, Location,
    Opener, Part, Payload, Properties, Put, Store, SystemClock, conformance, credentials::Environment,
};
use tokio::{sync::Semaphore, task::JoinSet};

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [place, kind, a, b, c] = arguments.as_slice() else { return Err("five arguments: see the source".into()) };
    let (a, b, c): (u64, u64, usize) = (a.parse()?, b.parse()?, c.parse()?);
    let opener = Opener {
        environment: Environment::of_process(),
        http: HttpOptions { proxy_from_environment: false, ..HttpOptions::default() },
        clock: Arc::new(SystemClock),
        pace_files: false,
    };
    let store = opener.open(&Location::parse(place)?)?;
    store.create_container().await?;
    if kind == "small" { small(store, a, b, c).await } else { large(store, a << 20, b << 20, c).await }
}

/// User and system seconds of this process.
fn cpu() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks: u32 = text.split_whitespace().skip(13).take(2).filter_map(|t| t.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

struct Timer(&'static str, Instant, f64);

impl Timer {
    fn start(name: &'static str) -> Self {
        Self(name, Instant::now(), cpu())
    }

    fn stop(self) {
        println!("{:12} wall {:7.2} s   cpu {:7.2} s", self.0, self.1.elapsed().as_secs_f64(), cpu() - self.2);
    }
}

/// Runs `count` tasks, `limit` at a time.
async fn each<F>(count: u64, limit: usize, task: impl Fn(u64) -> F) -> Result<(), Failure>
where
    F: Future<Output = Result<(), Failure>> + Send + 'static,
{
    let permits = Arc::new(Semaphore::new(limit));
    let mut running = JoinSet::new();
    for n in 0..count {
        let permit = permits.clone().acquire_owned().await?;
        let work = task(n);
        running.spawn(async move {
            let done = work.await;
            drop(permit);
            done
        });
        while let Some(done) = running.try_join_next() {
            done??;
        }
    }
    while let Some(done) = running.join_next().await {
        done??;
    }
    Ok(())
}

async fn small(store: Arc<dyn Store>, count: u64, size: u64, limit: usize) -> Result<(), Failure> {
    let bytes: Bytes = (0..size).map(|n| u8::try_from(n % 251).unwrap_or(0)).collect::<Vec<u8>>().into();
    let sum = Checksum::of(Algorithm::Crc64Nvme, &bytes).ok_or("no checksum")?;
    let key = |n: u64| Key::from(format!("small/{:03}/{n:07}", n % 100).as_str());
    let timer = Timer::start("put");
    each(count, limit, |n| {
        let (store, bytes, key) = (store.clone(), bytes.clone(), key(n));
        async move {
            let (payload, properties) = (Payload::from(bytes), Properties::default());
            let (integrity, condition) = (Integrity::Known(sum), Condition::Always);
            store.put(Put { key: &key, payload, properties: &properties, integrity, condition }).await?;
            Ok(())
        }
    })
    .await?;
    timer.stop();
    let timer = Timer::start("list");
    let listed = conformance::all(&*store, List { prefix: Key::from("small/"), ..List::default() }).await;
    println!("listed {:?}", listed.map(|l| l.len()));
    timer.stop();
    let timer = Timer::start("get");
    each(count, limit, |n| {
        let (store, key) = (store.clone(), key(n));
        async move {
            let got = store.get(At::key(&key), Get { range: None, checksum: true }).await?;
            got.body.bytes().await?;
            Ok(())
        }
    })
    .await?;
    timer.stop();
    let timer = Timer::start("delete");
    each(count, limit, |n| {
        let (store, key) = (store.clone(), key(n));
        async move { Ok(store.delete(At::key(&key)).await?) }
    })
    .await?;
    timer.stop();
    Ok(())
}

async fn large(store: Arc<dyn Store>, size: u64, part: u64, limit: usize) -> Result<(), Failure> {
    let piece: Bytes = (0..1 << 20).map(|n: u32| u8::try_from(n % 251).unwrap_or(0)).collect::<Vec<u8>>().into();
    let pieces = usize::try_from(part >> 20)?;
    let key = Arc::new(Key::from("large"));
    let properties = Properties::default();
    let timer = Timer::start("put");
    let begin = Begin { key: &key, properties: &properties, algorithm: Some(Algorithm::Crc64Nvme) };
    let upload = Arc::new(store.begin(begin).await?);
    let done = Arc::new(std::sync::Mutex::new(Vec::new()));
    each(size / part, limit, |n| {
        let (store, piece, key, upload, done) =
            (store.clone(), piece.clone(), key.clone(), upload.clone(), done.clone());
        async move {
            let mut hasher = Hasher::new(Algorithm::Crc64Nvme).ok_or("no checksum")?;
            let all = vec![piece; pieces];
            for piece in &all {
                hasher.update(piece);
            }
            let integrity = Integrity::Known(hasher.finish());
            let (number, payload) = (u32::try_from(n + 1)?, Payload::segments(all));
            let part = Part { key: &key, upload: &upload, number, offset: n * part, payload, integrity };
            let part = store.put_part(part).await?;
            done.lock().map_err(|_| "poisoned")?.push(part);
            Ok(())
        }
    })
    .await?;
    let mut parts = done.lock().map_err(|_| "poisoned")?.clone();
    parts.sort_by_key(|p| p.number);
    let sums = parts.iter().map(|p| Some((p.checksum?, p.size)));
    let whole = sums.reduce(|a, b| {
        let ((a, n), (b, m)) = (a?, b?);
        Some((a.then(&b, m)?, n + m))
    });
    let checksum = whole.flatten().map(|(sum, _)| sum);
    let condition = Condition::Always;
    let complete = Complete { key: &key, upload: &upload, parts: &parts, properties: &properties, checksum, condition };
    store.complete(complete).await?;
    timer.stop();
    let timer = Timer::start("get");
    each(size / part, limit, |n| {
        let (store, key) = (store.clone(), key.clone());
        async move {
            let range = Some(n * part..(n + 1) * part);
            let mut got = store.get(At::key(&key), Get { range, checksum: false }).await?;
            let mut hasher = Hasher::new(Algorithm::Crc64Nvme).ok_or("no checksum")?;
            while let Some(piece) = got.body.next().await {
                hasher.update(&piece?);
            }
            Ok(())
        }
    })
    .await?;
    timer.stop();
    store.delete(At::key(&key)).await?;
    Ok(())
}
