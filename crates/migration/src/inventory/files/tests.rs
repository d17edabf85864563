//! Inventories lead to the same rows as listings.

use std::fmt::Write as _;

use flagstate_objects::{At, ETag, Get};

use super::*;
use crate::{
    inventory::{self, Options},
    journal::Journal,
    table::Rows,
    testing::{folder, memory, put, work_between},
};

const SCHEMA: &str = "Bucket, Key, Size, LastModifiedDate, ETag";

async fn csv(store: &dyn Store, keys: &[String]) -> String {
    let mut text = String::new();
    for key in keys {
        let name = Key::from(key.as_str());
        let entry = store.get(At::key(&name), Get::default()).await.unwrap().entry;
        let etag = entry.etag.as_ref().map_or("", ETag::as_str);
        let _ = writeln!(
            text,
            "\"source\",\"{}\",\"{}\",\"2026-11-02T03:04:05.678Z\",\"{etag}\"",
            key.replace(' ', "+"),
            entry.size
        );
    }
    text
}

fn manifest(files: &[(&str, usize)]) -> String {
    let files: Vec<String> = files.iter().map(|(k, size)| format!(r#"{{"key":"{k}","size":{size}}}"#)).collect();
    format!(r#"{{"sourceBucket":"source","fileFormat":"CSV","fileSchema":"{SCHEMA}","files":[{}]}}"#, files.join(","))
}

#[tokio::test]
async fn an_inventory_is_a_listing() {
    let dir = folder("inventory-files");
    let source = memory("source");
    let keys: Vec<String> = (0..5000).map(|i| format!("a b/{:05}", i * 7919 % 5000)).collect();
    for key in &keys {
        put(&*source, &Key::from(key.as_str()), key.as_bytes(), &flagstate_objects::Properties::default()).await;
    }
    // Two files, in no order, in a bucket of their own and on disk.
    let (one, two) = (csv(&*source, &keys[..3000]).await, csv(&*source, &keys[3000..]).await);
    let lists = memory("lists");
    let manifest = manifest(&[("p/source/daily/data/1.csv", one.len()), ("p/source/daily/data/2.csv", two.len())]);
    let day = "p/source/daily/2026-11-02T00-00Z/manifest.json";
    let disk = dir.path().join("disk");
    for (key, text) in [(day, &manifest), ("p/source/daily/data/1.csv", &one), ("p/source/daily/data/2.csv", &two)] {
        put(&*lists, &Key::from(key), text.as_bytes(), &flagstate_objects::Properties::default()).await;
        let path = disk.join(key);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let mut results = Vec::new();
    for place in [None, Some(Place::Store(lists.clone(), Key::from(day))), Some(Place::Disk(disk.join(day)))] {
        let dir = folder("inventory-state");
        let state = Folder::create(dir.path()).unwrap();
        let journal = Arc::new(Journal::open(&state.journal()).unwrap());
        let work = work_between(source.clone(), memory("target"), flagstate_objects::Capabilities::default());
        let inventory = place.map(|place| Inventory { place, container: "source".to_owned() });
        let found = inventory::run_from(&work, &state, &journal, Options::default(), inventory.as_ref()).await.unwrap();
        let mut rows = Vec::new();
        for shard in journal.shards().unwrap() {
            for row in Rows::open(&state.rows(&shard.work.unwrap().name)).unwrap() {
                let entry = row.unwrap().entry;
                rows.push((entry.key, entry.size, entry.etag));
            }
        }
        assert!(!state.file("inventory-listing.tmp").exists() && !state.file("inventory-file.tmp").exists());
        results.push((found.rows, rows));
    }
    assert_eq!(results[0].0, 5000);
    assert_eq!(results[0], results[1]);
    assert_eq!(results[0], results[2]);
}

#[tokio::test]
async fn a_damaged_or_foreign_inventory_is_refused() {
    let dir = folder("inventory-bad");
    let path = dir.path().join("manifest.json");
    let state = Folder::create(&dir.path().join("state")).unwrap();
    let work = work_between(memory("source"), memory("target"), flagstate_objects::Capabilities::default());
    let said = async |text: &str, container: &str| {
        std::fs::write(&path, text).unwrap();
        let inventory = Inventory { place: Place::Disk(path.clone()), container: container.to_owned() };
        inventory.fill(&work, &state).await.map(drop).unwrap_err().to_string()
    };
    std::fs::write(dir.path().join("1.csv"), "x").unwrap();
    let text = manifest(&[("data/1.csv", 7)]);
    assert!(said(&text, "source").await.starts_with("data/1.csv: it has 1 bytes, the manifest says 7"));
    let named = text.replace(r#""size":7"#, r#""size":1,"MD5checksum":"9dd4e461268c8034f5c8564e155c67a6""#);
    assert!(!named.contains(r#""size":7"#));
    let other = said(&named, "source").await;
    assert!(!other.contains("MD5"), "the MD5 is that of `x`: {other}");
    let wrong = said(&named.replace("9dd4", "9dd5"), "source").await;
    assert!(wrong.starts_with("data/1.csv: its MD5 is not what the manifest says"), "{wrong}");
    assert!(said(&text, "mine").await.contains("is of `source`, and the move is from `mine`"));
    let gone = said(&manifest(&[("../../etc/passwd", 7)]), "source").await;
    assert!(gone.starts_with("../../etc/passwd: not found"), "{gone}");
}
