//! Torn ends are cut, damage is refused: every length and every bit of a segment.

use std::fs;

use flagstate_tlog::leaf_hash;

use super::{Batch, Segment, SegmentWriter, Tail, WalError, file_name, segments};
use crate::log::tests::help::Scratch;

const ID: [u8; 32] = [9; 32];

fn batch(first: u64, entries: &[&[u8]]) -> Batch {
    let mut batch = Batch::at(first);
    for entry in entries {
        batch.push(entry, leaf_hash(entry)).unwrap();
    }
    batch
}

/// A segment of three batches at 256, and the length of the file after each.
fn three(scratch: &Scratch) -> (Vec<Batch>, Vec<u64>, Vec<u8>) {
    let batches = vec![batch(256, &[b"one", b"", b"three"]), batch(259, &[b"four"]), batch(260, &[b"five", b"six"])];
    let mut writer = SegmentWriter::create(scratch, 256, &ID).unwrap();
    let path = scratch.join(file_name(256));
    writer.publish().unwrap();
    let mut lengths = Vec::new();
    for batch in &batches {
        writer.write(batch).unwrap();
        writer.sync().unwrap();
        lengths.push(fs::metadata(&path).unwrap().len());
        writer.mark().unwrap();
    }
    (batches, lengths, fs::read(path).unwrap())
}

fn read(scratch: &Scratch) -> Result<(Vec<Batch>, Tail), WalError> {
    let mut segment = Segment::open(&scratch.join(file_name(256)), 256, &ID)?;
    let mut batches = Vec::new();
    while let Some(batch) = segment.next()? {
        batches.push(batch);
    }
    Ok((batches, segment.tail()))
}

#[test]
fn reads_what_was_written_and_goes_on_behind_it() {
    let scratch = Scratch::new();
    let (mut batches, ..) = three(&scratch);
    assert_eq!(read(&scratch).unwrap(), (batches.clone(), Tail::Acknowledged));
    let mut segment = Segment::open(&scratch.join(file_name(256)), 256, &ID).unwrap();
    while segment.next().unwrap().is_some() {}
    let mut writer = SegmentWriter::resume(&scratch, 256, &segment).unwrap();
    writer.mark_tidy().unwrap();
    assert_eq!(read(&scratch).unwrap(), (batches.clone(), Tail::Tidy));
    let mut segment = Segment::open(&scratch.join(file_name(256)), 256, &ID).unwrap();
    while segment.next().unwrap().is_some() {}
    let mut writer = SegmentWriter::resume(&scratch, 256, &segment).unwrap();
    batches.push(batch(262, &[b"seven"]));
    writer.write(&batches[3]).unwrap();
    writer.mark().unwrap();
    assert_eq!(read(&scratch).unwrap(), (batches, Tail::Acknowledged));
    assert_eq!(segments(&scratch).unwrap().len(), 1);
}

#[test]
fn a_file_cut_at_any_length_gives_all_that_was_whole() {
    let scratch = Scratch::new();
    let (batches, lengths, bytes) = three(&scratch);
    for length in 64..=bytes.len() {
        fs::write(scratch.join(file_name(256)), &bytes[..length]).unwrap();
        let whole = lengths.iter().filter(|end| **end <= length as u64).count();
        let (got, tail) = read(&scratch).unwrap();
        assert_eq!(got, batches[..whole], "cut at {length}");
        let between = length == 64 || lengths.iter().any(|end| end + 16 == length as u64);
        assert_eq!(tail == Tail::Acknowledged, between, "cut at {length}");
        // A file that grew before its bytes arrived ends with zeros.
        let mut zeros = bytes[..length].to_vec();
        zeros.resize(length + 5000, 0);
        fs::write(scratch.join(file_name(256)), zeros).unwrap();
        if let Ok((got, tail)) = read(&scratch) {
            assert_eq!((got.as_slice(), tail), (&batches[..whole], Tail::Open), "zeros from {length}");
        } else {
            panic!("zeros from {length}: {:?}", read(&scratch));
        }
    }
    for length in 0..64 {
        fs::write(scratch.join(file_name(256)), &bytes[..length]).unwrap();
        assert!(matches!(read(&scratch), Err(WalError::Damaged { .. })), "a header is written in one step");
    }
}

#[test]
fn any_flipped_bit_of_what_was_acknowledged_is_refused() {
    let scratch = Scratch::new();
    let (_, _, bytes) = three(&scratch);
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        fs::write(scratch.join(file_name(256)), damaged).unwrap();
        match read(&scratch) {
            Err(WalError::Damaged { offset, .. }) => assert!(offset <= (bit / 8) as u64, "bit {bit}: {offset}"),
            // In the length of an entry, payload and link may fall out of the record's own frame, but never silently.
            other => panic!("bit {bit}: {other:?}"),
        }
    }
}

#[test]
fn strangers_and_nothing_are_refused() {
    let scratch = Scratch::new();
    assert!(matches!(segments(&scratch), Err(WalError::Missing { .. })));
    three(&scratch);
    fs::write(scratch.join("unfinished"), b"half").unwrap();
    assert_eq!(segments(&scratch).unwrap().len(), 1);
    fs::write(scratch.join("0256.wal"), b"").unwrap();
    assert!(matches!(segments(&scratch), Err(WalError::Stranger { .. })));
    let wrong = Segment::open(&scratch.join(file_name(256)), 256, &[1; 32]);
    assert!(matches!(wrong, Err(WalError::Damaged { offset: 0, .. })), "segments of another log");
}

#[test]
fn the_unfinished_bundle_slides_along() {
    let mut tail = Batch::at(0);
    let entries: Vec<Vec<u8>> = (0..1000_u32).map(|n| n.to_string().into_bytes()).collect();
    let mut next = 0;
    for step in [1, 254, 1, 1, 255, 300, 100] {
        let slices: Vec<&[u8]> = entries[next..next + step].iter().map(Vec::as_slice).collect();
        tail.slide(&batch(next as u64, &slices));
        next += step;
        let start = next / 256 * 256;
        let expected: Vec<&[u8]> = entries[start..next].iter().map(Vec::as_slice).collect();
        assert_eq!(tail, batch(start as u64, &expected));
    }
}
