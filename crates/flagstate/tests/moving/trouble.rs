//! What goes wrong in one clear sentence, with the state intact; after the repair the same command goes on.

use std::{fs, process::Command};

use super::{Bench, sample, tree};

/// One line that says what is wrong, and one that says what to do.
fn sentence(said: &str) -> &str {
    let line = said.lines().find(|l| l.starts_with("error: ")).unwrap_or_else(|| panic!("no error in {said}"));
    assert!(line.len() < 400, "{line}");
    assert!(said.contains("help: "), "{said}");
    line
}

#[test]
fn a_missing_target() {
    let b = Bench::new("missing");
    sample(&b, "from", 20);
    let (from, to) = (b.place("from"), b.place("to"));
    let args = ["move", "run", "--from", &from, "--to", &to, "--state", "m"];
    let said = b.ends(3, &args);
    assert!(sentence(&said).contains("there is no file://"), "{said}");
    b.write("to", b"a file of this name");
    assert!(sentence(&b.ends(3, &args)).contains("there is no folder file://"));
    fs::remove_file(b.path("to")).unwrap();
    fs::create_dir_all(b.path("to")).unwrap();
    b.ends(0, &args);
    assert!(tree(&b.path("to")) == tree(&b.path("from")));
}

#[test]
fn a_target_that_goes_away_and_comes_back() {
    let b = Bench::new("away");
    sample(&b, "from", 50);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    b.ends(0, &["move", "plan", "--from", &from, "--to", &to, "--state", "m"]);
    fs::rename(b.path("to"), b.path("elsewhere")).unwrap();
    let said = b.ends(3, &["move", "copy", "--state", "m"]);
    assert!(sentence(&said).contains("there is no file://"), "{said}");
    fs::rename(b.path("elsewhere"), b.path("to")).unwrap();
    b.ends(0, &["move", "copy", "--state", "m"]);
    assert!(tree(&b.path("to")) == tree(&b.path("from")));
}

/// A full disk, where a small one can be mounted.
#[test]
fn a_full_disk() {
    let b = Bench::new("full");
    sample(&b, "from", 20);
    fs::create_dir_all(b.path("to")).unwrap();
    let to = b.path("to").display().to_string();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=20m", "tmpfs", &to]).output();
    if !mounted.is_ok_and(|m| m.status.success()) {
        return;
    }
    let end = |_: &str| drop(Command::new("umount").arg(&to).output());
    let (from, target) = (b.place("from"), b.place("to"));
    let output = b.run(&["move", "run", "--from", &from, "--to", &target, "--state", "m"]);
    let said = super::text(&output.stderr);
    let grown = Command::new("mount").args(["-o", "remount,size=200m", &to]).output();
    let grown = grown.is_ok_and(|m| m.status.success());
    let again = b.run(&["move", "run", "--state", "m"]);
    let same = tree(&b.path("to")) == tree(&b.path("from"));
    end(&to);
    assert_eq!(output.status.code(), Some(3), "{said}");
    assert!(sentence(&said).contains("is full"), "{said}");
    assert!(grown && again.status.code() == Some(0) && same, "{}", super::text(&again.stderr));
}

#[test]
fn two_commands_do_not_meet() {
    let b = Bench::new("busy");
    sample(&b, "from", 5);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    b.ends(0, &["move", "plan", "--from", &from, "--to", &to, "--state", "m"]);
    let lock = fs::File::options().write(true).open(b.path("m/lock")).unwrap();
    lock.lock().unwrap();
    let said = b.ends(3, &["move", "copy", "--state", "m"]);
    assert!(sentence(&said).contains("another command works on the move"), "{said}");
    b.ends(0, &["move", "status", "--state", "m"]);
}
