//! Killed at any moment, a move goes on and ends the same. `FLAGSTATE_KILLS` asks for more than the few of every day.

use std::{
    fs,
    process::Stdio,
    time::{Duration, Instant},
};

use super::{Bench, sample, tree};

/// A little chance, the same every time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// Runs and kills until one run ends by itself. Hands back how many were killed.
pub(super) fn run_and_kill(b: &Bench, args: &[&str], seed: u64, most: u32) -> u32 {
    let mut chance = Chance(seed);
    let mut kills = 0;
    loop {
        let mut command = b.command(args);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let limit = Duration::from_millis(20 + chance.below(1500));
        let started = Instant::now();
        while kills < most && started.elapsed() < limit && child.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(2));
        }
        if kills < most && child.try_wait().unwrap().is_none() {
            child.kill().unwrap();
            child.wait().unwrap();
            kills += 1;
            continue;
        }
        let output = child.wait_with_output().unwrap();
        let said = format!("{}{}", super::text(&output.stdout), super::text(&output.stderr));
        assert_eq!(output.status.code(), Some(0), "{said}");
        return kills;
    }
}

/// How many kills are wanted.
pub(super) fn wanted() -> u32 {
    std::env::var("FLAGSTATE_KILLS").ok().and_then(|t| t.parse().ok()).unwrap_or(6)
}

#[test]
fn folders_to_folders() {
    let b = Bench::new("kills");
    sample(&b, "from", 700);
    let expected = tree(&b.path("from"));
    let (from, to) = (b.place("from"), b.place("to"));
    let (mut kills, mut round) = (0, 0);
    while kills < wanted() {
        let _ = fs::remove_dir_all(b.path("to"));
        let _ = fs::remove_dir_all(b.path("m"));
        fs::create_dir_all(b.path("to")).unwrap();
        let args = ["move", "run", "--from", &from, "--to", &to, "--state", "m", "--quiet"];
        let met = run_and_kill(&b, &args, round, wanted() - kills);
        round += 1;
        kills += met.max(u32::from(round > 20));
        assert!(tree(&b.path("to")) == expected, "after {met} kills in round {round}");
        let left = b.path("to/.flagstate/uploads");
        let uploads = fs::read_dir(left).map_or(0, Iterator::count);
        assert_eq!(uploads, 0, "no upload stays behind");
        b.ends(0, &["move", "verify-certificate", "m/certificate.json"]);
    }
}

/// A first signal lets what is in flight finish; the same command goes on.
#[cfg(unix)]
#[test]
fn a_signal_pauses() {
    let b = Bench::new("pause");
    sample(&b, "from", 400);
    fs::create_dir_all(b.path("to")).unwrap();
    let (from, to) = (b.place("from"), b.place("to"));
    let args = ["move", "run", "--from", &from, "--to", &to, "--state", "m", "--quiet", "--bandwidth", "0"];
    let child = b.command(&args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    let killed = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
    let output = child.wait_with_output().unwrap();
    let said = super::text(&output.stderr);
    // The machine may have been quick.
    assert!(matches!(output.status.code(), Some(0 | 5)), "{:?} {said}", output.status);
    assert!(output.status.code() == Some(0) || said.contains("paused; the same command goes on"), "{said}");
    b.ends(0, &["move", "run", "--state", "m"]);
    assert!(tree(&b.path("to")) == tree(&b.path("from")));
}
