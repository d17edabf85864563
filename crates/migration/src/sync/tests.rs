//! Later passes find what changed and nothing else.

use std::collections::BTreeMap;

use flagstate_objects::{At, Get, Key, List, Memory, Properties, Store, conformance, probe};

use super::*;
use crate::{
    copy, inventory,
    testing::{Folder as Temporary, folder, memory, put, work_between},
};

struct Scene {
    _dir: Temporary,
    work: Arc<Work>,
    folder: Folder,
    journal: Arc<Journal>,
    source: Arc<Memory>,
    target: Arc<Memory>,
}

impl Scene {
    async fn moved(names: &[&str], versions: bool) -> Self {
        let (source, target) = (memory("source"), memory("target"));
        let can = probe(&*target, &Key::from("probe/")).await.unwrap();
        let plain = work_between(source.clone(), target.clone(), can.clone());
        let mut ends = plain.ends.clone();
        ends.versions = versions;
        let work = Arc::new(Work {
            ends,
            can,
            retry: crate::testing::retry(),
            clock: Arc::clone(&plain.clock),
            meter: Arc::default(),
        });
        for name in names {
            put(&*source, &Key::from(*name), name.as_bytes(), &Properties::default()).await;
        }
        let dir = folder("sync");
        let folder = Folder::create(dir.path()).unwrap();
        let journal = Arc::new(Journal::open(&folder.journal()).unwrap());
        let shard = inventory::ShardSize { rows: 3, bytes: u64::MAX };
        let options = inventory::Options { listers: 2, shard };
        inventory::run(&work, &folder, &journal, options).await.unwrap();
        let scene = Self { _dir: dir, work, folder, journal, source, target };
        scene.copy(false).await;
        scene
    }

    async fn copy(&self, delete: bool) -> copy::Tally {
        let shard = inventory::ShardSize { rows: 3, bytes: u64::MAX };
        let options = copy::Options { delete, shard, ..copy::Options::default() };
        copy::run(&self.work, &self.folder, &self.journal, options, None).await.unwrap()
    }

    async fn sync(&self, delete: bool) -> Delta {
        let options = Options { delete, ..Options::default() };
        run(&self.work, &self.folder, &self.journal, options, "sync").await.unwrap().0
    }

    async fn put(&self, key: &str, bytes: &[u8]) {
        put(&*self.source, &Key::from(key), bytes, &Properties::default()).await;
    }
}

async fn content(store: &Memory) -> BTreeMap<Key, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in conformance::all(store, List::default()).await.unwrap() {
        let got = store.get(At::key(&entry.key), Get::default()).await.unwrap();
        all.insert(entry.key, got.body.bytes().await.unwrap().to_vec());
    }
    all
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_changed_moves_again() {
    let scene = Scene::moved(&["a", "b", "c", "d", "e", "f", "g"], false).await;
    assert!(scene.sync(false).await.is_empty(), "nothing changed");
    assert_eq!(scene.copy(false).await, copy::Tally::default());

    scene.put("0 new", b"new").await;
    scene.put("c", b"other").await;
    scene.put("z new", b"new").await;
    scene.source.delete(At::key(&Key::from("e"))).await.unwrap();
    scene.target.delete(At::key(&Key::from("f"))).await.unwrap();
    let delta = scene.sync(false).await;
    assert_eq!((delta.new, delta.changed, delta.gone, delta.damaged), (2, 1, 1, 1), "{delta:?}");
    let tally = scene.copy(false).await;
    assert_eq!((tally.moved, tally.proposed, tally.deleted), (4, 1, 0));
    let mut expected = content(&scene.source).await;
    expected.insert(Key::from("e"), b"e".to_vec());
    assert_eq!(content(&scene.target).await, expected, "a deletion is proposed and not done");

    assert!(scene.sync(false).await.is_empty(), "a proposal is made once");
    let delta = scene.sync(true).await;
    assert_eq!(delta.gone, 1);
    assert_eq!(scene.copy(true).await.deleted, 1);
    assert_eq!(content(&scene.target).await, content(&scene.source).await);
    assert!(scene.sync(true).await.is_empty());
    // What was deleted can come back.
    scene.put("e", b"again").await;
    scene.sync(true).await;
    assert_eq!(scene.copy(true).await.moved, 1);
    assert_eq!(content(&scene.target).await, content(&scene.source).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_others_changed_at_the_target_is_named() {
    let scene = Scene::moved(&["a", "b"], false).await;
    put(&*scene.target, &Key::from("a"), b"foreign", &Properties::default()).await;
    put(&*scene.target, &Key::from("stranger"), b"x", &Properties::default()).await;
    let delta = scene.sync(false).await;
    assert_eq!((delta.damaged, delta.strangers), (1, 1));
    let tally = scene.copy(false).await;
    assert_eq!((tally.moved, tally.failed), (0, 1));
    assert!(tally.failures[0].contains("another object of that name"), "{:?}", tally.failures);
    assert_eq!(content(&scene.target).await[&Key::from("a")], b"foreign");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn versions_arrive_in_order() {
    let scene = Scene::moved(&["a"], true).await;
    scene.put("a", b"second").await;
    scene.source.delete(At::key(&Key::from("a"))).await.unwrap();
    scene.put("a", b"third").await;
    let delta = scene.sync(false).await;
    assert_eq!((delta.new, delta.changed, delta.gone, delta.damaged), (3, 0, 0, 0), "{delta:?}");
    let tally = scene.copy(false).await;
    assert_eq!((tally.moved, tally.marked), (2, 1));
    let kinds = |entries: Vec<flagstate_objects::Entry>| {
        entries.iter().map(|e| (e.kind, e.size, e.current)).collect::<Vec<_>>()
    };
    let ask = || List { versions: true, ..List::default() };
    let there = conformance::all(&*scene.target, ask()).await.unwrap();
    let there: Vec<_> = there.into_iter().filter(|e| e.key == Key::from("a")).collect();
    assert_eq!(kinds(there), kinds(conformance::all(&*scene.source, ask()).await.unwrap()));
    assert!(scene.sync(false).await.is_empty());
}
