//! Appending, publishing, closing and opening again.

use std::{fs, sync::Arc, thread};

use flagstate_tlog::{Checkpoint, Frontier, leaf_hash};

use super::help::{Scratch, copy, keys};
use crate::log::{
    Limits, OpenError, RecoverError, Setup, Writer,
    second::SecondError,
    store::{LocalFiles, conformance},
};

fn entry(number: u64) -> Vec<u8> {
    format!("entry number {number}").into_bytes()
}

fn root(size: u64) -> flagstate_tlog::Hash {
    (0..size).map(|n| leaf_hash(&entry(n))).collect::<Frontier>().root()
}

fn append(writer: &Writer, range: std::ops::Range<u64>) {
    let tickets: Vec<_> = range.clone().map(|n| writer.submit(&entry(n)).unwrap()).collect();
    for (ticket, expected) in tickets.into_iter().zip(range) {
        assert_eq!(ticket.wait().unwrap(), expected);
    }
}

fn published(scratch: &Scratch) -> Checkpoint {
    let text = fs::read_to_string(scratch.log().join("checkpoint")).unwrap();
    let (text, _) = text.split_once("\n\n").unwrap();
    format!("{text}\n").parse().unwrap()
}

#[test]
fn local_files_keep_the_promises_of_a_store() {
    let scratch = Scratch::new();
    let mut number = 0;
    conformance::all(|| {
        number += 1;
        let (root, temporary) = (scratch.join(number.to_string()), scratch.join(format!("{number}-tmp")));
        fs::create_dir_all(&root).unwrap();
        fs::create_dir_all(&temporary).unwrap();
        LocalFiles::open(&root, &temporary).unwrap()
    })
    .unwrap();
}

#[test]
fn grows_over_many_starts_and_ends() {
    let scratch = Scratch::new();
    scratch.make();
    let mut size = 0;
    for more in [1, 1, 253, 1, 1, 255, 0, 1, 700, 3000] {
        let writer = scratch.open();
        assert_eq!(writer.notes(), &[] as &[String], "tidy at size {size}");
        append(&writer, size..size + more);
        size += more;
        let last = writer.close().unwrap();
        assert_eq!((last.checkpoint.size(), *last.checkpoint.root()), (size, root(size)));
        assert_eq!(published(&scratch), last.checkpoint);
    }
}

#[test]
fn what_was_acknowledged_survives_an_abrupt_end() {
    let scratch = Scratch::new();
    scratch.make();
    let mut size = 0;
    for (round, more) in [5, 251, 1, 600, 300, 2].into_iter().enumerate() {
        let writer = scratch.open();
        assert_eq!(writer.durable(), size);
        append(&writer, size..size + more);
        size += more;
        if round % 2 == 0 {
            assert_eq!(writer.checkpoint().unwrap().checkpoint.size(), size);
        }
        drop(writer);
    }
    let last = scratch.open().close().unwrap();
    assert_eq!((last.checkpoint.size(), *last.checkpoint.root()), (size, root(size)));
}

#[test]
fn segments_rotate_and_go() {
    let scratch = Scratch::new();
    scratch.make();
    let limits = Limits { segment_bytes: 20_000, batch_entries: 50, ..Limits::default() };
    let writer = Writer::open(&scratch.log(), keys(), Setup::new(|| 0).limits(limits)).unwrap();
    append(&writer, 0..5000);
    writer.checkpoint().unwrap();
    let segments = fs::read_dir(scratch.log().join(".flagstate/wal")).unwrap().count();
    assert!(segments <= 3, "old segments go once tiles are durable: {segments}");
    drop(writer);
    let writer = scratch.open();
    assert_eq!(writer.durable(), 5000);
    append(&writer, 5000..5001);
    assert_eq!(*writer.close().unwrap().checkpoint.root(), root(5001));
}

#[test]
fn many_callers_share_batches() {
    let scratch = Scratch::new();
    scratch.make();
    let writer = Arc::new(scratch.open());
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let writer = Arc::clone(&writer);
            thread::spawn(move || (0..100).map(|_| writer.append(b"x").unwrap()).collect::<Vec<_>>())
        })
        .collect();
    let mut indexes: Vec<u64> = threads.into_iter().flat_map(|t| t.join().unwrap()).collect();
    indexes.sort_unstable();
    assert_eq!(indexes, (0..800).collect::<Vec<_>>());
}

#[test]
fn an_old_backup_is_refused() {
    let scratch = Scratch::new();
    scratch.make();
    let writer = scratch.open();
    append(&writer, 0..10);
    writer.close().unwrap();
    copy(&scratch.log(), &scratch.join("backup"));
    let writer = scratch.open();
    append(&writer, 10..300);
    writer.close().unwrap();
    // Once over what is there, once in its place.
    for wipe in [false, true] {
        if wipe {
            fs::remove_dir_all(scratch.log()).unwrap();
        }
        copy(&scratch.join("backup"), &scratch.log());
        let error = Writer::open(&scratch.log(), keys(), Setup::new(|| 0)).unwrap_err();
        let OpenError::Recover(RecoverError::RolledBack { have: 10, signed: 300, .. }) = &error else {
            panic!("{error:?}");
        };
        let text = error.to_string();
        assert!(text.contains("10 entries") && text.contains("300") && text.contains("Restore the newest"), "{text}");
    }
}

#[test]
fn a_second_writer_is_refused() {
    let scratch = Scratch::new();
    scratch.make();
    let first = scratch.open();
    let error = Writer::open(&scratch.log(), keys(), Setup::new(|| 0)).unwrap_err();
    assert!(matches!(error, OpenError::Locked { .. }), "{error:?}");
    // A copy of the directory has its own lock; the second place has not.
    copy(&scratch.log(), &scratch.join("copy"));
    let error = Writer::open(&scratch.join("copy"), keys(), Setup::new(|| 0)).unwrap_err();
    assert!(matches!(error, OpenError::Second(SecondError::Locked { .. })), "{error:?}");
    drop(first);
    scratch.open().close().unwrap();
}
