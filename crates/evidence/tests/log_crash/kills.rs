//! Writers that are killed under load, and writers whose disk fills up.
//!
//! 500 kills in all; `FLAGSTATE_KILLS` changes the number. Kills come at any time: while the writer starts and recovers,
//! while it appends, publishes and changes segments.

use std::{
    env, fs,
    os::unix::process::ExitStatusExt as _,
    path::Path,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::child::{Promised, Scratch, child, make};

/// Logs that are worked on side by side: most of the time goes into waiting for the disk.
const LANES: u64 = 4;

#[test]
fn five_hundred_kills_lose_nothing() {
    let kills: u64 = env::var("FLAGSTATE_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(500);
    let start = Instant::now();
    let lanes: Vec<_> = (0..LANES).map(|lane| thread::spawn(move || kill(lane, kills / LANES))).collect();
    let (mut entries, mut checkpoints) = (0, 0);
    for lane in lanes {
        let counts = lane.join().unwrap();
        entries += counts.0;
        checkpoints += counts.1;
    }
    println!("{kills} kills: {entries} entries, {checkpoints} checkpoints, {:?}", start.elapsed());
    assert!(entries as u64 > kills, "the writers got to do something between the kills");
    assert!(checkpoints as u64 > kills / 4);
}

fn kill(lane: u64, kills: u64) -> (usize, usize) {
    let scene = Scratch::new("kills");
    make(&scene);
    let mut promised = Promised::default();
    let mut random = 0x9e37_79b9_7f4a_7c15 ^ (lane + 1);
    for round in 0..kills {
        let mut running = child("load", &scene).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        thread::sleep(Duration::from_micros(random % 90_000));
        running.kill().unwrap();
        let status = running.wait().unwrap();
        let reason = fs::read_to_string(scene.join("reason")).unwrap_or_default();
        assert_eq!(status.signal(), Some(9), "round {round}: a start must be automatic: {reason}");
        promised.read(&scene, &scene.join("log"));
        if round % 10 == 9 || round + 1 == kills {
            promised.check(&scene, &format!("after round {round}"));
            promised.read(&scene, &scene.join("log"));
        }
    }
    promised.counts()
}

/// Unmounts whatever happens.
struct Unmount<'a>(&'a Path);

impl Drop for Unmount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_loses_nothing() {
    let scene = Scratch::new("full");
    let disk = scene.join("disk");
    fs::create_dir_all(&disk).unwrap();
    let mount = |options: &str| {
        let run = Command::new("mount").args(["-t", "tmpfs", "-o", options, "tmpfs"]).arg(&disk).output();
        run.is_ok_and(|run| run.status.success())
    };
    if !mount("size=600k") {
        println!("skipped: no right to mount a small disk");
        return;
    }
    let _unmount = Unmount(&disk);
    make(&disk);
    let mut promised = Promised::default();
    for (round, size) in ["900k", "1200k", "8m"].into_iter().enumerate() {
        let status = child("fill", &scene).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert_eq!(status.code(), Some(9), "the disk is full");
        let reason = fs::read_to_string(scene.join("reason")).unwrap();
        assert!(reason.contains("No space left"), "the reason reaches the caller: {reason}");
        promised.read(&scene, &disk.join("log"));
        assert!(mount(&format!("remount,size={size}")), "more space");
        if round != 1 {
            promised.check(&disk, &format!("with {size}"));
        }
    }
    assert!(promised.counts().0 > 50, "{:?}", promised.counts());
}
