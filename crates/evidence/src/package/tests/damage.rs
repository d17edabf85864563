//! Flipped bits in every file, files gone, files added.

use proptest::prelude::*;

use super::*;

/// Positions to flip: all of small files, a spread over large ones.
fn positions(length: usize) -> impl Iterator<Item = usize> {
    (0..length).step_by((length / 24).max(1))
}

fn flips(package: &Path, keys: &[VerifierKey]) {
    for name in files(package) {
        let path = package.join(&name);
        let good = fs::read(&path).unwrap();
        for at in positions(good.len()) {
            let mut bad = good.clone();
            bad[at] ^= 1 << (at % 8);
            fs::write(&path, bad).unwrap();
            let report = verify(package, &trusting(keys)).unwrap();
            let named = report.failures().any(|line| line.file.as_deref() == Some(&name));
            assert!(named, "{name} byte {at}: {:?}", report.lines);
            let others = report.failures().filter(|line| line.file.as_deref() != Some(&name)).count();
            // What a file states about others can only be seen by comparing; then both are named.
            assert!(others == 0 || name == "bag-info.txt", "{name} byte {at}: {:?}", report.lines);
        }
        fs::write(&path, good).unwrap();
    }
    assert!(verify(package, &trusting(keys)).unwrap().holds());
}

#[test]
fn a_flipped_bit_in_any_file_of_chosen_entries_is_found_and_named() {
    let log = Log::new(300).stamped();
    flips(&log.chosen(), &log.keys);
}

#[test]
fn a_flipped_bit_in_any_file_of_a_whole_log_is_found_and_named() {
    let log = Log::new(600);
    flips(&log.whole(), &log.keys);
}

#[test]
fn the_python_verifier_finds_and_names_it_too() {
    let log = Log::new(300).stamped();
    let package = log.chosen();
    // One entry stands for all: a run of Python takes its time.
    for name in files(&package).into_iter().filter(|name| !name.contains("/0.") && !name.contains("/5.")) {
        let path = package.join(&name);
        let good = fs::read(&path).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 2;
        bad[middle] ^= 1;
        fs::write(&path, bad).unwrap();
        let Some((holds, said)) = python(&[package.to_str().unwrap()]) else { return };
        assert!(!holds && said.contains(&name), "{name}: {said}");
        assert!(!said.contains("Traceback"), "{said}");
        fs::write(&path, good).unwrap();
    }
}

#[test]
fn files_gone_and_files_added_are_named() {
    let log = Log::new(300);
    let package = log.chosen();
    for name in files(&package) {
        let aside = log.room.0.join("aside");
        fs::rename(package.join(&name), &aside).unwrap();
        let report = verify(&package, &trusting(&log.keys)).unwrap();
        assert!(report.failures().any(|line| line.file.as_deref() == Some(&name)), "{name}: {:?}", report.lines);
        if ["data/checkpoint", "data/entries/0.entry", "bagit.txt"].contains(&name.as_str())
            && let Some((holds, said)) = python(&[package.to_str().unwrap()])
        {
            assert!(!holds, "{name}: {said}");
        }
        fs::rename(&aside, package.join(&name)).unwrap();
    }
    for name in ["data/extra", "extra", "data/entries/2.entry"] {
        fs::write(package.join(name), b"").unwrap();
        let report = verify(&package, &trusting(&log.keys)).unwrap();
        assert!(report.failures().any(|line| line.file.as_deref() == Some(name)), "{name}: {:?}", report.lines);
        fs::remove_file(package.join(name)).unwrap();
    }
    std::os::unix::fs::symlink("/etc/hostname", package.join("data/link")).unwrap();
    let report = verify(&package, &trusting(&log.keys)).unwrap();
    assert!(report.failures().any(|line| line.text == "is no regular file"), "{:?}", report.lines);
}

#[test]
fn a_folder_that_is_no_package_is_an_error_not_a_panic() {
    let room = Room::new();
    assert!(verify(&room.0.join("nowhere"), &Trust::default()).is_err());
    assert!(!verify(&room.0, &Trust::default()).unwrap().holds());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    /// Arbitrary bytes in any file, listed as a forger would list them: an answer, never a panic.
    #[test]
    fn arbitrary_files_never_panic(which in any::<prop::sample::Index>(), bytes in prop::collection::vec(any::<u8>(), 0..80)) {
        let log = Log::new(9);
        let package = log.chosen();
        let names = files(&package.join("data"));
        let name = which.get(&names).clone();
        reseal(&package, |data| fs::write(data.join(&name), &bytes).unwrap());
        let report = verify(&package, &trusting(&log.keys)).unwrap();
        let free = ["README.md", "SPEC.md", "verify_package.py", "log.vkey"];
        prop_assert!(!report.holds() || free.contains(&name.as_str()), "{name}: {:?}", report.lines);
        fs::write(package.join("manifest-sha256.txt"), &bytes).unwrap();
        prop_assert!(!verify(&package, &trusting(&log.keys)).unwrap().holds());
    }
}
