//! The journal keeps what it was told, and gives work out once.

use std::sync::Arc;

use flagstate_evidence::hex::Digest;
use flagstate_objects::{ETag, Key, UploadId};

use super::*;
use crate::{
    hash::PartHasher,
    row::{Arrived, Done, Fate, Sums, Witness},
    testing::folder,
};

fn stock(name: &str, rows: u64) -> Stock {
    Stock { name: name.to_owned(), rows, bytes: rows * 10, digest: Digest::of(name.as_bytes()) }
}

/// A bound of a range.
fn key<'a>(text: impl Into<Option<&'a str>>) -> Option<Key> {
    text.into().map(Key::from)
}

#[test]
fn ranges_become_shards_without_a_gap() {
    let dir = folder("journal");
    let journal = Journal::open(&dir.path().join("j")).unwrap();
    let first = journal.add_range(&Range::default()).unwrap();
    let (second, range) = journal.split_range(first, &Key::from("m")).unwrap();
    assert_eq!(range, Range { after: key("m"), through: None });
    journal.listed(second, &stock("c", 3), None, 1).unwrap();
    journal.listed(first, &stock("a", 5), Some(&Key::from("f")), 1).unwrap();
    assert_eq!(journal.ranges().unwrap(), [(first, Range { after: key("f"), through: key("m") })]);
    journal.listed(first, &stock("b", 1), None, 1).unwrap();
    assert!(journal.ranges().unwrap().is_empty());
    let shards = journal.shards().unwrap();
    let bounds: Vec<_> = shards.iter().map(|s| (s.range.after.clone(), s.range.through.clone())).collect();
    assert_eq!(bounds, [(None, key("f")), (key("f"), key("m")), (key("m"), None)]);
    let ids: Vec<_> = shards.iter().map(|s| s.id).collect();
    // A shard that grew is cut in two; the rest stays where it is.
    journal.settled(ids[1], &[(stock("b1", 2), key("h")), (stock("b2", 2), None)]).unwrap();
    let bounds: Vec<_> =
        journal.shards().unwrap().into_iter().map(|s| (s.range.through, s.stock.map(|s| s.name))).collect();
    let expected =
        [(key("f"), None), (key("h"), Some("b1".to_owned())), (key("m"), Some("b2".to_owned())), (None, None)];
    assert_eq!(bounds, expected);
    assert!(journal.files().unwrap().contains("b2") && !journal.files().unwrap().contains("b"));
}

#[test]
fn outcomes_and_uploads_survive() {
    let dir = folder("journal-outcomes");
    let path = dir.path().join("j");
    let done = Done {
        fate: Fate::Moved,
        sums: Some(Sums { crc64: u64::MAX, blake3: [7; 32] }),
        properties: Some(Digest::of(b"p")),
        arrived: Some(Arrived { etag: Some(ETag::new("e")), version: None, size: 9, sums: None }),
        read: Witness::Md5,
        wrote: Witness::Checksum,
        at: Some("2026-11-22T01:02:03Z".parse().unwrap()),
        note: Some("n".to_owned()),
    };
    let failed = Done::bare(Fate::Failed, done.at.unwrap(), "why".to_owned());
    let upload = Upload {
        shard: 1,
        seq: 4,
        key: Key::new(b"\xff\0".to_vec()),
        id: UploadId("u".to_owned()),
        part_bytes: 1 << 23,
        etag: None,
        size: 1 << 40,
    };
    let mut hasher = PartHasher::new(0, 2048, 5000);
    hasher.update(&[1; 2048]);
    let sums = hasher.finish();
    {
        let journal = Arc::new(Journal::open(&path).unwrap());
        journal.begin_upload(&upload).unwrap();
        journal.add_part(1, 4, 1, &ETag::new("p1"), &sums).unwrap();
        let recorder = Recorder::start(&journal);
        for seq in 0..3 {
            assert!(recorder.record(Outcome { shard: 1, seq, done: done.clone() }));
        }
        assert!(recorder.record(Outcome { shard: 1, seq: 4, done: failed.clone() }));
        recorder.finish().unwrap();
    }
    let journal = Journal::open(&path).unwrap();
    assert_eq!(journal.outcomes(1, 1, 10).unwrap(), [(1, done.clone()), (2, done.clone()), (4, failed)]);
    assert_eq!(journal.upload(1, 4).unwrap(), Some(upload), "a failure keeps the upload: the next try goes on with it");
    assert_eq!(journal.parts(1, 4).unwrap(), [(1, ETag::new("p1"), sums)]);
    assert_eq!(journal.forget_failures(1).unwrap(), 1);
    journal.record(&[Outcome { shard: 1, seq: 4, done }]).unwrap();
    assert_eq!((journal.upload(1, 4).unwrap(), journal.parts(1, 4).unwrap()), (None, Vec::new()));
    assert_eq!(journal.fates(1).unwrap().get(&Fate::Moved), Some(&4));
}
