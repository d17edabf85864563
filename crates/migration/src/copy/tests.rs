//! Copying between stores in memory, and through faults.

mod faults;

use std::collections::BTreeMap;

use flagstate_objects::{
    At, Capabilities, Get, Headers, Key, List, Local, Memory, Properties, Store, conformance, probe,
};

use super::*;
use crate::{
    inventory::{self, ShardSize},
    row::{Fate, Row, Witness},
    table::Rows,
    testing::{Folder as Temporary, folder, memory, put, work_between},
};

/// A move under test.
struct Scene {
    dir: Temporary,
    work: Arc<Work>,
    folder: Folder,
    journal: Arc<Journal>,
}

impl Scene {
    async fn new(source: Arc<dyn Store>, target: Arc<dyn Store>) -> Self {
        let can = probe(&*target, &Key::from("probe/")).await.unwrap();
        Self::with(source, target, can)
    }

    fn with(source: Arc<dyn Store>, target: Arc<dyn Store>, can: Capabilities) -> Self {
        let dir = folder("copy");
        let work = work_between(source, target, can);
        let folder = Folder::create(&dir.path().join("state")).unwrap();
        let journal = Arc::new(Journal::open(&folder.journal()).unwrap());
        Self { dir, work, folder, journal }
    }

    async fn list(&self) {
        let options = inventory::Options { listers: 2, shard: ShardSize { rows: 40, bytes: u64::MAX } };
        inventory::run(&self.work, &self.folder, &self.journal, options).await.unwrap();
    }

    async fn copy(&self, options: Options) -> Result<Tally, crate::trouble::Trouble> {
        run(&self.work, &self.folder, &self.journal, options, None).await
    }

    fn manifest(&self) -> Vec<Row> {
        let shards = self.journal.shards().unwrap();
        let files = shards.into_iter().map(|s| s.stock.expect("settled").name);
        files.flat_map(|f| Rows::open(&self.folder.rows(&f)).unwrap()).map(Result::unwrap).collect()
    }
}

/// What stands in a store: bytes and properties by key.
async fn content(store: &dyn Store) -> BTreeMap<Key, (Vec<u8>, Properties)> {
    let mut all = BTreeMap::new();
    for entry in conformance::all(store, List::default()).await.unwrap() {
        let got = store.get(At::key(&entry.key), Get::default()).await.unwrap();
        let mut properties = got.entry.details.as_ref().map(|d| d.properties.clone()).unwrap_or_default();
        properties.tags = store.tags(At::key(&entry.key)).await.unwrap();
        all.insert(entry.key, (got.body.bytes().await.unwrap().to_vec(), properties));
    }
    all
}

fn pattern(len: usize, seed: usize) -> Vec<u8> {
    (0..len).map(|i| u8::try_from((i * 31 + seed + i / 997) % 251).unwrap()).collect()
}

fn properties(seed: usize) -> Properties {
    let pair = |n: &str, v: String| BTreeMap::from([(n.to_owned(), v)]);
    Properties {
        headers: Headers { content_type: Some("text/plain".to_owned()), ..Headers::default() },
        metadata: if seed.is_multiple_of(2) { pair("owner", format!("é{seed}")) } else { BTreeMap::new() },
        tags: if seed.is_multiple_of(3) { pair("class", format!("a b{seed}")) } else { BTreeMap::new() },
        class: None,
        hold: None,
    }
}

async fn fill(store: &Memory) {
    for i in 0..150 {
        let key = Key::from(format!("d{}/k{i:03}", i % 7).as_str());
        put(store, &key, &pattern(i * 13, i), &properties(i)).await;
    }
    for (i, mebibytes) in [(0, 1_usize), (1, 3), (2, 9), (3, 18)] {
        let bytes = pattern(mebibytes * (1 << 20) + i * 333, i);
        put(store, &Key::from(format!("large/{i}").as_str()), &bytes, &properties(i)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_arrives_byte_for_byte() {
    let (source, target) = (memory("source"), memory("target"));
    fill(&source).await;
    let scene = Scene::new(source.clone(), target.clone()).await;
    scene.list().await;
    let options = Options { single_bytes: 4 << 20, part_bytes: Some(5 << 20), ..Options::default() };
    let tally = scene.copy(options.clone()).await.unwrap();
    assert_eq!((tally.moved, tally.failed, tally.failures), (154, 0, Vec::new()));
    assert_eq!(content(&*target).await, content(&*source).await);
    assert!(target.uploads(&Key::default()).await.unwrap().is_empty());
    let rows = scene.manifest();
    assert_eq!(rows.len(), 154);
    for row in &rows {
        let done = row.done.as_ref().unwrap();
        assert_eq!((done.fate, done.read, done.wrote), (Fate::Moved, Witness::Checksum, Witness::Checksum));
        let got = source.get(At::key(row.key()), Get::default()).await.unwrap();
        let bytes = got.body.bytes().await.unwrap();
        assert_eq!(done.sums.unwrap(), crate::hash::of(&bytes), "{:?}", row.key());
    }
    // A second run has nothing to do.
    assert_eq!(scene.copy(options).await.unwrap(), Tally::default());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn folders_to_folders() {
    let dir = folder("folders");
    let (from, to) = (dir.path().join("from"), dir.path().join("to"));
    std::fs::create_dir_all(from.join("sub")).unwrap();
    std::fs::create_dir_all(&to).unwrap();
    std::fs::write(from.join("a b.txt"), b"hello").unwrap();
    std::fs::write(from.join("sub/empty"), b"").unwrap();
    std::fs::write(from.join("sub/large"), pattern(12 << 20, 5)).unwrap();
    let target = Arc::new(Local::new(&to));
    let scene = Scene::new(Arc::new(Local::new(&from)), target).await;
    scene.list().await;
    let tally =
        scene.copy(Options { single_bytes: 8 << 20, part_bytes: Some(5 << 20), ..Options::default() }).await.unwrap();
    assert_eq!((tally.moved, tally.failures), (3, Vec::new()));
    for name in ["a b.txt", "sub/empty", "sub/large"] {
        assert!(std::fs::read(from.join(name)).unwrap() == std::fs::read(to.join(name)).unwrap(), "{name}");
    }
    assert!(scene.manifest().iter().all(|r| r.done.as_ref().unwrap().wrote == Witness::Durable));
}

/// A run that ends anywhere goes on: finished parts are not sent again, and what was written is recognised.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_large_object_goes_on_part_by_part() {
    let (source, target) = (memory("source"), memory("target"));
    let bytes = pattern(34 << 20, 3);
    put(&*source, &Key::from("large"), &bytes, &Properties::default()).await;
    let faulty = Arc::new(faults::Faulty::over(target.clone()));
    let scene = Scene::with(source.clone(), faulty.clone(), probe(&*target, &Key::from("probe/")).await.unwrap());
    scene.list().await;
    let options = Options { part_bytes: Some(5 << 20), ..Options::default() };
    faulty.fail_parts_after(4);
    let tally = scene.copy(options.clone()).await;
    assert!(tally.is_err() || tally.unwrap().failed == 1);
    let upload = scene.journal.uploads().unwrap();
    assert_eq!(upload.len(), 1);
    let known = scene.journal.parts(upload[0].shard, upload[0].seq).unwrap().len();
    assert_eq!(known, 4);
    faulty.heal();
    let before = faulty.parts_taken();
    let tally = scene.copy(options).await.unwrap();
    assert_eq!(tally.moved, 1);
    assert_eq!(faulty.parts_taken() - before, 7 - 4, "finished parts are not sent again");
    assert_eq!(content(&*target).await, content(&*source).await);
    assert!(target.uploads(&Key::default()).await.unwrap().is_empty());
    assert!(scene.journal.uploads().unwrap().is_empty());
    assert!(scene.dir.path().exists());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_wrote_is_not_overwritten() {
    let (source, target) = (memory("source"), memory("target"));
    for (key, bytes) in [("same", "x"), ("other", "x"), ("new", "x")] {
        put(&*source, &Key::from(key), bytes.as_bytes(), &Properties::default()).await;
    }
    put(&*target, &Key::from("same"), b"x", &Properties::default()).await;
    put(&*target, &Key::from("other"), b"precious", &Properties::default()).await;
    let scene = Scene::new(source, target.clone()).await;
    scene.list().await;
    let tally = scene.copy(Options::default()).await.unwrap();
    assert_eq!((tally.moved, tally.failed), (2, 1));
    assert!(tally.failures[0].contains("`other`"), "{:?}", tally.failures);
    assert_eq!(content(&*target).await[&Key::from("other")].0, b"precious");
    let tally = scene.copy(Options { overwrite: true, ..Options::default() }).await.unwrap();
    assert_eq!(tally.moved, 1);
}

/// Losses are accepted by name, or the object stays.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn losses_have_names() {
    let (source, target) = (memory("source"), memory("target"));
    put(&*source, &Key::from("tagged"), b"x", &properties(3)).await;
    put(&*source, &Key::from("k".repeat(1024).as_str()), b"x", &Properties::default()).await;
    let mut can = probe(&*target, &Key::from("probe/")).await.unwrap();
    can.tags = false;
    can.longest_key = 1000;
    let scene = Scene::with(source, target.clone(), can);
    scene.list().await;
    let tally = scene.copy(Options::default()).await.unwrap();
    assert_eq!((tally.moved, tally.failed, tally.refused), (0, 1, 1));
    assert!(tally.failures[0].contains("accept the loss `tags`"), "{:?}", tally.failures);
    let accepted = BTreeSet::from([Loss::Tags]);
    let tally = scene.copy(Options { accepted, ..Options::default() }).await.unwrap();
    assert_eq!(tally.moved, 1);
    let rows = scene.manifest();
    let note = |fate| rows.iter().find(|r| r.fate() == Some(fate)).and_then(|r| r.done.clone()?.note).unwrap();
    assert_eq!(note(Fate::Moved), "lost: tags");
    assert!(note(Fate::Refused).contains("1024"), "{}", note(Fate::Refused));
}

/// What is encrypted on the way is opened by the private key alone, and the manifest knows both sides.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn encrypted_on_the_way() {
    use std::io::Read as _;
    let (source, target) = (memory("source"), memory("target"));
    for (name, size) in [("empty", 0), ("small", 1000), ("middle", 9 << 20), ("large", (17 << 20) + 5)] {
        put(&*source, &Key::from(name), &pattern(size, size), &properties(2)).await;
    }
    let scene = Scene::new(source.clone(), target.clone()).await;
    scene.list().await;
    let identity = age::x25519::Identity::generate();
    let seal = Seal::new(&[identity.to_public().to_string()]).unwrap();
    let tally = scene.copy(Options { seal, ..Options::default() }).await.unwrap();
    assert_eq!((tally.moved, tally.failures), (4, Vec::new()));
    let (expected, there) = (content(&*source).await, content(&*target).await);
    for row in scene.manifest() {
        let (plain, kept) = &expected[row.key()];
        let (cipher, moved) = &there[row.key()];
        let done = row.done.as_ref().unwrap();
        let arrived = done.arrived.as_ref().unwrap();
        assert_eq!(done.sums.unwrap(), crate::hash::of(plain));
        assert_eq!((arrived.size, arrived.sums.unwrap()), (cipher.len() as u64, crate::hash::of(cipher)));
        assert_eq!(kept, moved);
        let mut back = Vec::new();
        let decryptor = age::Decryptor::new(cipher.as_slice()).unwrap();
        decryptor.decrypt(std::iter::once(&identity as &dyn age::Identity)).unwrap().read_to_end(&mut back).unwrap();
        assert!(&back == plain, "{:?}", row.key());
    }
    assert!(target.uploads(&Key::default()).await.unwrap().is_empty());
}
