//! Listings side by side give every key once, in order.

use std::collections::BTreeSet;

use super::*;
use crate::{
    row::Row,
    table::Rows,
    testing::{folder, keys, work_on},
};

fn rows(folder: &Folder, journal: &Journal) -> Vec<Row> {
    let shards = journal.shards().unwrap();
    let mut all = Vec::new();
    let mut end: Option<Key> = None;
    for (index, shard) in shards.iter().enumerate() {
        assert_eq!(shard.range.after, end, "shards touch");
        assert_eq!(index == 0, shard.range.after.is_none());
        end = shard.range.through.clone();
        let path = folder.rows(&shard.work.as_ref().unwrap().name);
        for row in Rows::open(&path).unwrap() {
            let row = row.unwrap();
            assert!(shard.range.holds(row.key()), "{:?} in {:?}", row.key(), shard.range);
            all.push(row);
        }
    }
    assert_eq!(end, None, "the last shard has no end");
    all
}

/// Whatever keys look like, ranges side by side find each once and in order.
#[tokio::test]
async fn every_key_is_listed_once() {
    let dates: Vec<String> =
        (0..9000).map(|i| format!("logs/2026/{:02}/{:02}/{i}.gz", i % 12 + 1, i % 28 + 1)).collect();
    let numbers: Vec<String> = (0..9000).map(|i| format!("object-{i:08}")).collect();
    let odd: Vec<String> = (0..9000).map(|i| format!("{}//\u{1}é{i}", i * 7919 % 997)).collect();
    for names in [dates, numbers, odd, vec!["one".to_owned()], Vec::new()] {
        let dir = folder("inventory");
        let (work, source) = work_on(&dir);
        keys(&source, &names).await;
        let place = Folder::create(dir.path()).unwrap();
        let journal = Arc::new(Journal::open(&place.journal()).unwrap());
        let options = Options { listers: 5, shard: ShardSize { rows: 700, bytes: u64::MAX } };
        let found = run(&work, &place, &journal, options).await.unwrap();
        let expected: BTreeSet<Key> = names.iter().map(|n| Key::from(n.as_str())).collect();
        let got: Vec<Key> = rows(&place, &journal).into_iter().map(|r| r.entry.key).collect();
        assert!(got.is_sorted());
        assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), expected);
        assert_eq!(found.rows, expected.len() as u64);
        // A finished inventory is not made again.
        assert_eq!(run(&work, &place, &journal, options).await.unwrap(), found);
    }
}

/// An inventory that was cut off goes on behind what it has.
#[tokio::test]
async fn an_inventory_goes_on() {
    let dir = folder("inventory-on");
    let (work, source) = work_on(&dir);
    let names: Vec<String> = (0..5000).map(|i| format!("k{i:05}")).collect();
    keys(&source, &names).await;
    let place = Folder::create(dir.path()).unwrap();
    let journal = Arc::new(Journal::open(&place.journal()).unwrap());
    let options = Options { listers: 1, shard: ShardSize { rows: 1000, bytes: u64::MAX } };
    journal.begin_pass("inventory", "x").unwrap();
    let id = journal.add_range(&Range::default()).unwrap();
    let listing = Listing::Direct(source.clone());
    let scene = Scene {
        work: Arc::clone(&work),
        folder: place.clone(),
        journal: Arc::clone(&journal),
        listing,
        pass: 1,
        options,
    };
    let mut gather = Gather::new();
    gather.push(&scene, vec![(0, Entry { key: Key::from("k00000"), ..Entry::default() })]).unwrap();
    let stock = gather.finish(&scene).unwrap();
    journal.listed(id, &stock, Some(&Key::from("k02000")), 1).unwrap();
    std::fs::write(place.rows("source-1-left.parquet.part"), b"half").unwrap();
    run(&work, &place, &journal, options).await.unwrap();
    let got: Vec<Key> = rows(&place, &journal).into_iter().map(|r| r.entry.key).collect();
    assert_eq!(got.len(), 1 + 2999, "what a shard covers is not listed again");
    assert!(!place.rows("source-1-left.parquet.part").exists());
}
