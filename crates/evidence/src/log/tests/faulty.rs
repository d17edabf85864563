//! A store that lies, and a second place that changes under the writer.

use std::{
    fs, io,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use flagstate_tlog::{Frontier, leaf_hash};
use proptest::prelude::*;

use super::help::{Scratch, keys};
use crate::log::{
    AppendError, Limits, OpenError, Place, PublishError, RecoverError, SecondError, SecondPlace, Setup, Writer,
    fsck::fsck,
    store::{LocalFiles, StoreError, TileStore},
};

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lie {
    /// A bit flips on its way into the store.
    Write,
    /// A bit flips on its way out.
    Read,
    /// The call fails, and has done nothing.
    Fail,
    /// The call fails, and was done all the same.
    FailAfter,
}

/// Local files that lie once, at the call with this number.
struct Liar {
    files: LocalFiles,
    calls: AtomicU64,
    at: u64,
    lie: Lie,
    /// The path that was lied about, once that happened.
    lied: AtomicU64,
}

impl Liar {
    fn new(dir: &Path, lie: Lie, at: u64) -> Self {
        let files = LocalFiles::open(dir, &Place::new(dir).temporary()).unwrap();
        Self { files, calls: AtomicU64::new(0), at, lie, lied: AtomicU64::new(0) }
    }

    fn now(&self, kinds: &[Lie]) -> bool {
        if !kinds.contains(&self.lie) {
            return false;
        }
        let now = self.calls.fetch_add(1, Ordering::Relaxed) + 1 == self.at;
        self.lied.fetch_add(u64::from(now), Ordering::Relaxed);
        now
    }

    fn write(
        &self,
        path: &str,
        bytes: &[u8],
        put: impl FnOnce(&[u8]) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        if !self.now(&[Lie::Write, Lie::Fail, Lie::FailAfter]) || bytes.is_empty() {
            return put(bytes);
        }
        let failed = || StoreError::Io { verb: "write", path: path.to_owned(), source: io::Error::other("a lie") };
        match self.lie {
            Lie::Fail => Err(failed()),
            Lie::FailAfter => put(bytes).and(Err(failed())),
            Lie::Write | Lie::Read => put(&flip(bytes, self.at)),
        }
    }
}

fn flip(bytes: &[u8], seed: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = usize::try_from(seed * 31).unwrap() % bytes.len();
    bytes[at] ^= 1 << (seed % 8);
    bytes
}

impl TileStore for Liar {
    fn read(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let read = self.files.read(path)?;
        let lie =
            path != "checkpoint" && read.as_ref().is_some_and(|bytes| !bytes.is_empty()) && self.now(&[Lie::Read]);
        Ok(if lie { read.map(|bytes| flip(&bytes, self.at)) } else { read })
    }

    fn put_immutable(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(path, bytes, |bytes| self.files.put_immutable(path, bytes))
    }

    fn replace(&self, path: &str, bytes: &[u8]) -> Result<(), StoreError> {
        self.write(path, bytes, |bytes| self.files.replace(path, bytes))
    }

    fn sync(&self) -> Result<(), StoreError> {
        self.files.sync()
    }

    fn put_checkpoint(&self, bytes: &[u8]) -> Result<(), StoreError> {
        if self.lie == Lie::Write {
            self.files.put_checkpoint(bytes)
        } else {
            self.write("checkpoint", bytes, |b| self.files.put_checkpoint(b))
        }
    }

    fn remove_partials(&self, path: &str, wider_than: u16) -> Result<(), StoreError> {
        self.files.remove_partials(path, wider_than)
    }

    fn list(&self, each: &mut dyn FnMut(&str)) -> Result<(), StoreError> {
        self.files.list(each)
    }
}

fn with(scratch: &Scratch, store: &Arc<Liar>) -> Result<Writer, OpenError> {
    let limits = Limits { batch_entries: 20, segment_bytes: 10_000, ..Limits::default() };
    let store: Arc<dyn TileStore> = Arc::<Liar>::clone(store);
    Writer::open(&scratch.log(), keys(), Setup::new(|| 0).limits(limits).store(store))
}

/// Appends and publishes; the answer is how many entries were acknowledged, and whether all went well.
fn work(writer: Writer) -> (u64, Result<(), String>) {
    let mut acknowledged = writer.durable();
    for part in 0..3_u64 {
        let from = acknowledged;
        let tickets: Vec<_> = (from..from + 130).map(|n| writer.submit(&n.to_be_bytes())).collect();
        for ticket in tickets {
            match ticket.and_then(super::super::Ticket::wait) {
                Ok(index) => acknowledged = index + 1,
                Err(AppendError::Stopped { reason }) => return (acknowledged, Err(reason)),
                Err(error) => panic!("{error}"),
            }
        }
        if let Err(error) = writer.checkpoint() {
            return (acknowledged, Err(format!("{error:?} in part {part}")));
        }
    }
    (acknowledged, writer.close().map(drop).map_err(|error| format!("{error:?}")))
}

/// A start without lies finds every acknowledged entry, and ends as a sound log.
fn recovers(scratch: &Scratch, acknowledged: u64, about: &str) {
    let writer = scratch.open();
    assert!(writer.durable() >= acknowledged, "{about}: {} of {acknowledged}", writer.durable());
    let last = writer.close().unwrap().checkpoint;
    let root = (0..last.size()).map(|n| leaf_hash(&n.to_be_bytes())).collect::<Frontier>().root();
    assert_eq!(*last.root(), root, "{about}");
    let report = fsck(&scratch.log(), &keys().verifiers()[0], &[]).unwrap();
    assert_eq!(report.findings, [], "{about}");
}

/// Lies at every call until there are no more; returns how many lies there were.
fn everywhere(lie: Lie, step: usize, check: impl Fn(&Scratch, u64, &Result<(), String>, &str)) -> u64 {
    let mut lies = 0;
    for at in (1..).step_by(step) {
        let scratch = Scratch::new();
        scratch.make();
        let store = Arc::new(Liar::new(&scratch.log(), lie, at));
        let (acknowledged, done) = match with(&scratch, &store) {
            Ok(writer) => work(writer),
            Err(error) => (0, Err(format!("{error:?}"))),
        };
        if store.lied.load(Ordering::Relaxed) == 0 {
            assert_eq!(done, Ok(()), "without a lie all is well");
            break;
        }
        lies += 1;
        check(&scratch, acknowledged, &done, &format!("{lie:?} at call {at}"));
    }
    lies
}

#[test]
fn a_bit_that_flips_on_its_way_into_the_store_is_never_signed() {
    let lies = everywhere(Lie::Write, 1, |scratch, acknowledged, done, about| {
        let reason = done.clone().unwrap_err();
        assert!(
            reason.contains("Differs") || reason.contains("nothing was signed") || reason.contains("must never change"),
            "{about}: {reason}"
        );
        recovers(scratch, acknowledged, about);
    });
    assert!(lies > 10, "{lies}");
}

#[test]
fn a_bit_that_flips_on_its_way_out_of_the_store_is_never_signed() {
    let noticed = std::cell::Cell::new(0);
    let lies = everywhere(Lie::Read, 1, |scratch, acknowledged, done, about| {
        // A flip in what an earlier checkpoint covers does not matter to the next one.
        noticed.set(noticed.get() + u64::from(done.is_err()));
        recovers(scratch, acknowledged, about);
    });
    assert!(noticed.get() * 2 > lies && lies > 10, "{} of {lies}", noticed.get());
}

#[test]
fn a_store_that_fails_once_stops_the_writer_and_loses_nothing() {
    for lie in [Lie::Fail, Lie::FailAfter] {
        let lies = everywhere(lie, 1, |scratch, acknowledged, done, about| {
            let reason = done.clone().unwrap_err();
            assert!(reason.contains("a lie"), "{about}: {reason}");
            recovers(scratch, acknowledged, about);
        });
        assert!(lies > 10, "{lies}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_history_of_starts_and_ends_gives_the_same_log(
        steps in prop::collection::vec((0_u64..400, any::<bool>(), any::<bool>(), 0_u64..60), 1..6)
    ) {
        let scratch = Scratch::new();
        scratch.make();
        let mut size = 0;
        for (more, publish, close, fail) in steps {
            let store = Arc::new(Liar::new(&scratch.log(), Lie::Fail, fail + 1));
            let Ok(writer) = with(&scratch, &store) else { continue };
            prop_assert!(writer.durable() >= size);
            size = writer.durable();
            let tickets: Vec<_> = (size..size + more).map(|n| writer.submit(&n.to_be_bytes())).collect();
            for ticket in tickets {
                if let Ok(index) = ticket.and_then(super::super::Ticket::wait) {
                    prop_assert_eq!(index, size);
                    size += 1;
                }
            }
            if publish {
                let _ = writer.checkpoint();
            }
            if close {
                let _ = writer.close();
            }
        }
        recovers(&scratch, size, "any history");
    }
}

/// A second place in which somebody else writes.
struct Contested {
    held: Option<Vec<u8>>,
    swaps: u64,
}

impl SecondPlace for Contested {
    fn latest(&self) -> Result<Option<Vec<u8>>, SecondError> {
        Ok(self.held.clone())
    }

    fn swap(&mut self, expected: Option<&[u8]>, new: &[u8]) -> Result<(), SecondError> {
        self.swaps += 1;
        if self.swaps > 1 || self.held.as_deref() != expected {
            return Err(SecondError::Changed);
        }
        self.held = Some(new.to_vec());
        Ok(())
    }
}

#[test]
fn a_checkpoint_that_loses_the_swap_is_not_published() {
    let scratch = Scratch::new();
    scratch.make();
    let held = fs::read(scratch.second().join("checkpoint")).unwrap();
    let second = Contested { held: Some(held), swaps: 0 };
    let writer = Writer::open(&scratch.log(), keys(), Setup::new(|| 0).second_place(Box::new(second))).unwrap();
    writer.append(b"one").unwrap();
    let first = writer.checkpoint().unwrap();
    writer.append(b"two").unwrap();
    let error = writer.checkpoint().unwrap_err();
    assert!(
        matches!(&error, PublishError::Stopped { reason } if reason.contains("another writer has signed")),
        "{error}"
    );
    assert!(writer.append(b"three").is_err(), "the writer has stopped");
    assert_eq!(fs::read(scratch.log().join("checkpoint")).unwrap(), first.note);
}

#[test]
fn a_damaged_write_ahead_log_is_refused_and_nothing_is_cut() {
    let scratch = Scratch::new();
    scratch.make();
    let writer = scratch.open();
    for number in 0..5_u64 {
        writer.append(&number.to_be_bytes()).unwrap();
    }
    drop(writer);
    let segment = Place::new(&scratch.log()).private().join("wal/00000000000000000000.wal");
    let sound = fs::read(&segment).unwrap();
    for at in [100, sound.len() / 2, sound.len() - 40, sound.len() - 3] {
        let mut damaged = sound.clone();
        damaged[at] ^= 16;
        fs::write(&segment, &damaged).unwrap();
        let error = Writer::open(&scratch.log(), keys(), Setup::new(|| 0)).unwrap_err();
        assert!(matches!(error, OpenError::Recover(RecoverError::Wal(_))), "byte {at}: {error:?}");
        assert!(error.to_string().contains("00000000000000000000.wal"), "{error}");
        assert_eq!(fs::read(&segment).unwrap(), damaged, "left as it was");
    }
    fs::write(&segment, &sound).unwrap();
    recovers(&scratch, 5, "restored");
}
