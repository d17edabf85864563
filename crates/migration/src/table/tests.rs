//! Tables come back as they were written; damaged ones are refused.

use flagstate_evidence::hex::Digest;
use flagstate_objects::{ETag, Entry, Key, Kind, Version};
use proptest::prelude::*;

use super::*;
use crate::{
    row::{Arrived, Done, Fate, Row, Sums, Witness},
    testing::folder,
};

fn sums() -> impl Strategy<Value = Sums> {
    (any::<u64>(), any::<[u8; 32]>()).prop_map(|(crc64, blake3)| Sums { crc64, blake3 })
}

fn time() -> impl Strategy<Value = Option<jiff::Timestamp>> {
    proptest::option::of((0_i64..4_000_000_000).prop_map(|s| jiff::Timestamp::from_second(s).unwrap()))
}

fn done() -> impl Strategy<Value = Done> {
    let arrived = (proptest::option::of("[a-z]{0,9}"), 0_u64..1 << 60, proptest::option::of(sums()))
        .prop_map(|(etag, size, sums)| Arrived { etag: etag.map(|e| ETag::new(&e)), version: None, size, sums });
    let hashes = (proptest::option::of(sums()), proptest::option::of(any::<[u8; 32]>()));
    (0..Fate::ALL.len(), hashes, proptest::option::of(arrived), time(), proptest::option::of(".{0,20}")).prop_map(
        |(fate, (sums, properties), arrived, at, note)| Done {
            fate: Fate::ALL[fate],
            sums,
            properties: properties.map(Digest),
            arrived,
            read: Witness::Checksum,
            wrote: Witness::Durable,
            at,
            note,
        },
    )
}

fn row() -> impl Strategy<Value = Row> {
    let entry =
        (proptest::collection::vec(any::<u8>(), 0..30), 0_u64..1 << 60, time(), proptest::option::of("[0-9]{3}"));
    (entry, 0_u32..3, proptest::option::of(done())).prop_map(|((key, size, modified, version), rank, done)| Row {
        entry: Entry {
            key: Key::new(key),
            size,
            modified,
            version: version.map(Version::Id),
            current: rank == 0,
            kind: Kind::PageBlob,
            etag: Some(ETag::new("x\u{1}y")),
            ..Entry::default()
        },
        rank,
        done,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn rows_come_back(mut rows in proptest::collection::vec(row(), 0..60)) {
        rows.sort_by(Row::order);
        rows.dedup_by(|a, b| a.order(b).is_eq());
        let dir = folder("table");
        let path = dir.path().join("a.parquet");
        let mut writer = Writer::create(&path).unwrap();
        for row in &rows {
            writer.push(row.clone()).unwrap();
        }
        let finished = writer.finish().unwrap();
        prop_assert_eq!(finished.rows, rows.len() as u64);
        prop_assert_eq!(finished.digest, Digest::of(&std::fs::read(&path).unwrap()));
        let back: Result<Vec<Row>, _> = Rows::open(&path).unwrap().collect();
        prop_assert_eq!(back.unwrap(), rows);
    }

    /// Whatever is damaged: rows or an error, never a panic.
    #[test]
    fn damaged_files_never_panic(rows in proptest::collection::vec(row(), 1..20), at in any::<prop::sample::Index>(), flip in 1_u8..) {
        let mut rows = rows;
        rows.sort_by(Row::order);
        rows.dedup_by(|a, b| a.order(b).is_eq());
        let dir = folder("table-damaged");
        let path = dir.path().join("a.parquet");
        let mut writer = Writer::create(&path).unwrap();
        for row in rows {
            writer.push(row).unwrap();
        }
        writer.finish().unwrap();
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        std::fs::write(&path, bytes).unwrap();
        if let Ok(rows) = Rows::open(&path) {
            let _ = rows.take(1000).count();
        }
    }
}

#[test]
fn more_than_a_row_group_and_never_out_of_order() {
    let dir = folder("table-many");
    let path = dir.path().join("a.parquet");
    let mut writer = Writer::create(&path).unwrap();
    let entry = |i: u32| Entry { key: Key::from(format!("{i:08}").as_str()), size: 2, ..Entry::default() };
    for i in 0..20_000 {
        writer.push(Row::listed(entry(i))).unwrap();
    }
    assert!(writer.push(Row::listed(entry(19_999))).is_err(), "the same row again");
    assert!(!path.exists(), "a file has its name only when it is whole");
    let finished = writer.finish().unwrap();
    assert_eq!((finished.rows, finished.bytes), (20_000, 40_000));
    assert_eq!(Rows::open(&path).unwrap().map(Result::unwrap).filter(|r| r.entry.size == 2).count(), 20_000);
}

#[test]
fn rubbish_is_an_error() {
    let dir = folder("table-rubbish");
    let path = dir.path().join("a.parquet");
    std::fs::write(&path, b"PAR1 no PAR1").unwrap();
    assert!(matches!(Rows::open(&path), Err(TableError::Parquet { .. })));
    assert!(matches!(Rows::open(&dir.path().join("b")), Err(TableError::Io { .. })));
}
