//! Tests of tiles, bundles and their reader.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::{
    Frontier, Hash, inclusion_proof, leaf_hash,
    tree::{
        consistency_proof,
        tests::{entry, leaves, mth},
        verify_consistency, verify_inclusion,
    },
};

/// A log in memory, by path.
#[derive(Clone, Default)]
pub(crate) struct Files(pub(crate) BTreeMap<String, Vec<u8>>);

impl TileSource for Files {
    type Error = String;

    fn read(&self, id: TileId) -> Result<Vec<u8>, String> {
        self.0.get(&id.path()).cloned().ok_or_else(|| format!("no {id}"))
    }
}

impl Files {
    /// The log of the first `size` test entries, as a writer would leave it after one batch.
    pub(crate) fn of(size: u64) -> Self {
        let mut files = Self::default();
        let mut builder = TileBuilder::new();
        let mut bundle = Vec::new();
        for index in 0..size {
            push_entry(&mut bundle, &entry(index)).unwrap();
            builder.push(leaf_hash(&entry(index)), |id, bytes| {
                assert!(files.0.insert(id.path(), bytes.to_vec()).is_none(), "{id} twice");
            });
            if index % 256 == 255 || index + 1 == size {
                let id = TileId::at(Layer::Entries, index / 256, index + 1).unwrap();
                files.0.insert(id.path(), std::mem::take(&mut bundle));
            }
        }
        let partials: Vec<_> = builder.partials().map(|(id, bytes)| (id.path(), bytes.to_vec())).collect();
        files.0.extend(partials);
        files
    }
}

#[test]
fn paths() {
    let full = |layer, index| TileId::new(layer, index, 256).unwrap();
    let partial = |layer, index, width| TileId::new(layer, index, width).unwrap();
    for (id, path) in [
        (full(Layer::Level(0), 0), "tile/0/000"),
        (full(Layer::Level(0), 1_234_067), "tile/0/x001/x234/067"),
        (full(Layer::Level(63), 999), "tile/63/999"),
        (full(Layer::Entries, 1000), "tile/entries/x001/000"),
        (partial(Layer::Level(1), 0, 1), "tile/1/000.p/1"),
        (partial(Layer::Entries, 273, 112), "tile/entries/273.p/112"),
        (full(Layer::Level(0), u64::MAX), "tile/0/x018/x446/x744/x073/x709/x551/615"),
    ] {
        assert_eq!(id.path(), path);
        assert_eq!(path.parse(), Ok(id));
    }
    for wrong in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/+1/000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/ 00",
        "tile/0/+01",
        "tile/entries/1",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/8/0/000",
        "tile/0/X001/000",
        "tile/0/xx01/000",
        "tile/0/x999/x999/x999/x999/x999/x999/999",
        "tile/0/000\n",
        "tile//000",
    ] {
        assert!(wrong.parse::<TileId>().is_err(), "{wrong:?}");
    }
    assert_eq!(TileId::new(Layer::Level(64), 0, 1), None);
    assert_eq!(TileId::new(Layer::Level(0), 0, 0), None);
    assert_eq!(TileId::new(Layer::Level(0), 0, 257), None);
}

#[test]
fn tiles_of_a_size() {
    let names = |size| all_tiles(size).map(|id| id.path()).collect::<Vec<_>>();
    assert_eq!(names(0), Vec::<String>::new());
    assert_eq!(names(1), ["tile/entries/000.p/1", "tile/0/000.p/1"]);
    assert_eq!(names(256), ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]);
    // The example of the specification.
    let tiles: Vec<TileId> = all_tiles(70_000).filter(|id| id.layer() != Layer::Entries).collect();
    let count =
        |level, full| tiles.iter().filter(|id| id.layer() == Layer::Level(level) && id.is_full() == full).count();
    assert_eq!((count(0, true), count(0, false), count(1, true), count(1, false)), (273, 1, 1, 1));
    let edge: Vec<String> = edge_tiles(70_000).map(|id| id.path()).collect();
    assert_eq!(edge, ["tile/0/273.p/112", "tile/1/001.p/17", "tile/2/000.p/1"]);
    assert!(edge.iter().all(|path| tiles.contains(&path.parse().unwrap())));
    assert_eq!(tiles.len(), 277);
    assert_eq!(all_tiles(70_000).count(), 277 + 274);
}

#[test]
fn what_growth_writes() {
    let names = |old, new| grown_tiles(old, new).map(|id| id.path()).collect::<Vec<_>>();
    assert_eq!(names(5, 5), Vec::<String>::new());
    assert_eq!(names(9, 5), Vec::<String>::new());
    assert_eq!(names(5, 6), ["tile/entries/000.p/6", "tile/0/000.p/6"]);
    assert_eq!(
        names(255, 257),
        ["tile/entries/000", "tile/entries/001.p/1", "tile/0/000", "tile/0/001.p/1", "tile/1/000.p/1",]
    );
    // What was there, and what was added, is what is there.
    for (old, new) in [(0, 300), (100, 256), (256, 512), (65_535, 65_537), (65_536, 70_000)] {
        let before: BTreeSet<TileId> = all_tiles(old).collect();
        let added: BTreeSet<TileId> = grown_tiles(old, new).collect();
        let after: BTreeSet<TileId> = all_tiles(new).collect();
        assert!(after.iter().all(|id| before.contains(id) || added.contains(id)), "{old} to {new}");
        assert!(added.iter().all(|id| after.contains(id) && !before.contains(id)), "{old} to {new}");
    }
}

#[test]
fn built_files_are_those_of_the_size() {
    for size in [0, 1, 2, 255, 256, 257, 511, 512, 1000, 65_535, 65_536, 65_537] {
        let files = Files::of(size);
        let expected: BTreeSet<String> = all_tiles(size).map(|id| id.path()).collect();
        assert_eq!(files.0.keys().cloned().collect::<BTreeSet<_>>(), expected, "size {size}");
        let resumed = TileBuilder::resume(&files, size).unwrap();
        let all = leaves(size);
        assert_eq!((resumed.root(), resumed.size()), (mth(&all), size));
        assert_eq!(all.iter().copied().collect::<Frontier>().root(), resumed.root());
    }
}

#[test]
fn proofs_from_tiles() {
    let size = 66_000;
    let (files, all) = (Files::of(size), leaves(size));
    let root = mth(&all);
    let mut reader = TileReader::open(&files, size, &root).unwrap();
    for index in (0..size).step_by(997).chain([0, 255, 256, 65_535, 65_536, 65_999]) {
        let proof = inclusion_proof(&mut reader, index, size).unwrap();
        verify_inclusion(&all[usize::try_from(index).unwrap()], index, size, &proof, &root).unwrap();
    }
    for old in (1..size).step_by(1999).chain([1, 255, 256, 257, 65_535, 65_536, 65_537]) {
        let proof = consistency_proof(&mut reader, old, size).unwrap();
        let old_root = mth(&all[..usize::try_from(old).unwrap()]);
        verify_consistency(old, &old_root, size, &root, &proof).unwrap();
    }
    assert!(matches!(inclusion_proof(&mut reader, 0, size + 1), Err(crate::tree::ProveError::Read(_))));
}

#[test]
fn a_full_tile_replaces_a_partial_one() {
    let (mut files, all) = (Files::of(256), leaves(256));
    files.0.retain(|path, _| !path.contains(".p/"));
    let root = mth(&all[..200]);
    let mut reader = TileReader::open(&files, 200, &root).unwrap();
    let (id, bytes) = reader.bundle(0).unwrap();
    assert_eq!(Bundle::parse(&bytes, id.width()).unwrap().entries().count(), 200);
    inclusion_proof(&mut reader, 199, 200).unwrap();
}

/// Reads one file, checked.
fn read_one(files: &Files, size: u64, root: &Hash, id: TileId) -> Result<(), TileError<String>> {
    let mut reader = TileReader::open(files, size, root)?;
    match id.layer() {
        Layer::Entries => reader.bundle(id.index()).map(drop),
        Layer::Level(level) => reader.tile(level, id.index()).map(drop),
    }
}

#[test]
fn one_bit_in_any_file_is_seen() {
    let size = 65_536 + 256 + 7;
    let (mut files, root) = (Files::of(size), mth(&leaves(size)));
    // All of them: bundles and tiles of every level, full and partial.
    for id in all_tiles(size) {
        let path = id.path();
        read_one(&files, size, &root, id).unwrap();
        let good = files.0[&path].clone();
        let mut bytes = good.clone();
        // Another place in every file, the first and the last byte among them.
        let place = usize::try_from(id.index()).unwrap() * 37 % bytes.len();
        for (at, bit) in [(place, id.index() % 8), (0, 7), (bytes.len() - 1, 0)] {
            bytes[at] ^= 1 << bit;
            files.0.insert(path.clone(), bytes.clone());
            let error = read_one(&files, size, &root, id).unwrap_err();
            let named = error.to_string().contains(&format!("`{path}`")) || matches!(error, TileError::Edge { .. });
            assert!(named, "{path}, byte {at}: {error}");
            bytes[at] ^= 1 << bit;
        }
        bytes.pop();
        files.0.insert(path.clone(), bytes);
        assert!(read_one(&files, size, &root, id).unwrap_err().to_string().contains(&path), "{path} cut short");
        files.0.remove(&path);
        assert!(read_one(&files, size, &root, id).unwrap_err().to_string().contains(&path), "{path} missing");
        files.0.insert(path, good);
    }
}

#[test]
fn bundles() {
    let mut bytes = Vec::new();
    let long = vec![7; MAX_ENTRY_BYTES];
    for entry in [&b""[..], b"a", &long] {
        push_entry(&mut bytes, entry).unwrap();
    }
    assert_eq!(push_entry(&mut bytes, &vec![0; 65_536]).unwrap_err(), EntryTooLong { bytes: 65_536 });
    let bundle = Bundle::parse(&bytes, 3).unwrap();
    assert_eq!(bundle.entries().collect::<Vec<_>>(), [&b""[..], b"a", &long]);
    assert_eq!(bundle.first(2), Some(&[0, 0, 0, 1, b'a'][..]));
    assert_eq!(bundle.first(4), None);
    assert_eq!(Bundle::parse(&bytes, 4), Err(BundleError::Truncated { position: 3 }));
    assert_eq!(Bundle::parse(&bytes, 2), Err(BundleError::Trailing { bytes: 65_537, width: 2 }));
    assert_eq!(Bundle::parse(&bytes[..bytes.len() - 1], 3), Err(BundleError::Truncated { position: 2 }));
    assert_eq!(Bundle::parse(&[], 0), Err(BundleError::Width { width: 0 }));
    assert_eq!(Bundle::parse(&bytes, 257), Err(BundleError::Width { width: 257 }));
}

proptest! {
    #[test]
    fn a_path_has_one_spelling(index: u64, level in 0u8..=63, width in 1u16..=256, entries: bool) {
        let layer = if entries { Layer::Entries } else { Layer::Level(level) };
        let id = TileId::new(layer, index, width).unwrap();
        prop_assert_eq!(id.path().parse(), Ok(id));
    }

    #[test]
    fn what_is_parsed_is_written_the_same(path in "(tile/)?[0-9a-z/x.]{0,20}(\\.p/[0-9]{0,4})?") {
        if let Ok(id) = path.parse::<TileId>() {
            prop_assert_eq!(id.path(), path);
        }
    }

    #[test]
    fn any_bytes_as_a_bundle(bytes: Vec<u8>, width in 0u16..300) {
        if let Ok(bundle) = Bundle::parse(&bytes, width) {
            let mut again = Vec::new();
            bundle.entries().for_each(|entry| push_entry(&mut again, entry).unwrap());
            prop_assert_eq!(again, bytes);
        }
    }

    #[test]
    fn resuming_and_growing_is_growing(old in 0u64..1500, more in 0u64..700) {
        let all = leaves(old + more);
        let (before, after) = all.split_at(usize::try_from(old).unwrap());
        let mut files = Files::default();
        let mut builder = TileBuilder::new();
        for leaf in before {
            builder.push(*leaf, |_, _| ());
        }
        files.0.extend(builder.partials().map(|(id, bytes)| (id.path(), bytes.to_vec())));
        let mut resumed = TileBuilder::resume(&files, old).unwrap();
        prop_assert_eq!(&resumed, &builder);
        let (mut one, mut other) = (Vec::new(), Vec::new());
        for leaf in after {
            builder.push(*leaf, |id, bytes| one.push((id, bytes.to_vec())));
            resumed.push(*leaf, |id, bytes| other.push((id, bytes.to_vec())));
        }
        prop_assert_eq!(one, other);
        prop_assert_eq!(resumed.root(), mth(&all));
        let tiles: Vec<TileId> = grown_tiles(old, old + more).filter(|id| id.layer() != Layer::Entries).collect();
        let partial: Vec<TileId> = resumed.partials().map(|(id, _)| id).collect();
        prop_assert!(partial.iter().all(|id| tiles.contains(id) || edge_tiles(old).any(|e| e == *id)));
    }
}
