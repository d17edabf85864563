//! The side store on a real disk: erasing, damage to every bit, and interrupted work.

use std::env::temp_dir;

use super::*;

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let dir = temp_dir().join(format!("flagstate-side-{}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&dir);
        Self(dir)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn filled(folder: &Folder) -> (SideStore, Vec<Commitment>, Digest) {
    let store = SideStore::new(&folder.0);
    let put = |person, salt, value| store.put(person, &Opening::new([salt; 32], value)).unwrap();
    let all = vec![put("ana", 1, "ana@example.eu"), put("ana", 2, "ticket 7"), put("ben", 3, "ben@example.eu")];
    let file = store.put_file(b"a token", "tsr").unwrap();
    (store, all, file)
}

#[test]
fn what_is_put_is_found_by_commitment_and_by_person() {
    let folder = Folder::new("found");
    let (store, all, file) = filled(&folder);
    assert_eq!(store.get(&all[0]).unwrap().unwrap().value(), "ana@example.eu");
    let mut of_ana = store.of_person("ana").unwrap();
    of_ana.sort_unstable();
    let mut wanted = vec![all[0], all[1]];
    wanted.sort_unstable();
    assert_eq!(of_ana, wanted);
    assert_eq!(store.file(&file, "tsr").unwrap().unwrap(), b"a token");
    assert_eq!(store.file(&file, "policy").unwrap(), None);
    let checked = store.check().unwrap();
    assert_eq!(checked.damaged, []);
    assert_eq!(checked.openings.len(), 3);
    assert_eq!(checked.files.len(), 1);
}

#[cfg(unix)]
#[test]
fn only_the_owner_may_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = Folder::new("mode");
    let (store, all, _) = filled(&folder);
    let mode = fs::metadata(store.opening_path(&all[0])).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_empty_store_is_whole() {
    let folder = Folder::new("empty");
    let store = SideStore::new(&folder.0);
    assert_eq!(store.check().unwrap(), Checked::default());
    assert_eq!(store.of_person("ana").unwrap(), []);
    assert!(!folder.0.exists(), "reading makes no folder");
}

#[test]
fn erasing_a_person_leaves_the_others_and_is_shown() {
    let folder = Folder::new("erase");
    let (store, all, _) = filled(&folder);
    let of_ana = store.of_person("ana").unwrap();
    assert_eq!(store.erase(&of_ana).unwrap(), [true, true]);
    assert_eq!(store.erase(&of_ana).unwrap(), [false, false]);
    assert_eq!(store.get(&all[0]).unwrap(), None);
    assert_eq!(store.shown(&all[0]).unwrap(), format!("[erased {}]", all[0].hex()));
    assert_eq!(store.shown(&all[2]).unwrap(), "ben@example.eu");
    let checked = store.check().unwrap();
    assert_eq!(checked.damaged, []);
    assert_eq!(checked.openings, BTreeSet::from([all[2]]));
}

#[test]
fn every_flipped_bit_of_every_file_is_found_and_the_file_named() {
    let folder = Folder::new("flips");
    let (store, ..) = filled(&folder);
    let mut files = files::below(&folder.0.join("openings")).unwrap();
    files.extend(files::below(&folder.0.join("files")).unwrap());
    assert_eq!(files.len(), 4);
    for path in files {
        let good = fs::read(&path).unwrap();
        for index in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[index] ^= 1 << bit;
                fs::write(&path, bad).unwrap();
                let damaged = store.check().unwrap().damaged;
                assert_eq!(damaged.len(), 1, "{} byte {index} bit {bit}", path.display());
                assert_eq!(damaged[0].path, path);
            }
        }
        fs::write(&path, good).unwrap();
    }
    assert_eq!(store.check().unwrap().damaged, []);
}

#[test]
fn a_file_under_another_name_is_found() {
    let folder = Folder::new("renamed");
    let (store, all, _) = filled(&folder);
    fs::copy(store.opening_path(&all[0]), store.opening_path(&all[1])).unwrap();
    assert_eq!(store.check().unwrap().damaged[0].path, store.opening_path(&all[1]));
    let text = store.get(&all[1]).unwrap_err().to_string();
    assert!(text.contains("opens another commitment") && !text.contains("ana"), "{text}");
    fs::write(folder.0.join("openings/stray"), b"").unwrap();
    assert_eq!(store.check().unwrap().damaged.len(), 2);
}

#[test]
fn an_interrupted_write_leaves_nothing_to_trip_over() {
    let folder = Folder::new("part");
    let (store, all, _) = filled(&folder);
    fs::write(store.opening_path(&all[0]).with_extension("part"), b"half").unwrap();
    assert_eq!(store.check().unwrap().damaged, []);
    assert_eq!(store.put("ana", &Opening::new([1; 32], "ana@example.eu")).unwrap(), all[0]);
    assert!(!store.opening_path(&all[0]).with_extension("part").exists());
}

#[test]
fn the_log_tells_lost_from_erased() {
    let folder = Folder::new("compare");
    let (store, all, _) = filled(&folder);
    store.erase(&all[..2]).unwrap();
    let checked = store.check().unwrap();
    let recorded = BTreeSet::from([all[0], all[1]]);
    let redacted = BTreeSet::from([all[0], all[2]]);
    let compared = checked.compare(&recorded, &redacted);
    assert_eq!(compared.lost, [all[1]]);
    assert_eq!(compared.still_there, [all[2]]);
    assert_eq!(compared.unrecorded, [all[2]]);
}
