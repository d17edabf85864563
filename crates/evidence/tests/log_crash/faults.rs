//! System calls that fail, one after the other: every call of every kind that a writer makes on its files gets its turn to
//! fail with an I/O error, a full disk, or the death of the process. strace does it, from outside.
//!
//! strace counts calls per thread, so the first thread that reaches a number takes the fault. Several passes over different
//! files and starts give each thread its turn: recovery, the thread that writes ahead, the thread that publishes, the end.
//!
//! Afterwards a start must be automatic, no acknowledged entry may be lost, and the log must contain every checkpoint that
//! was ever published.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};

use crate::child::{Promised, Scratch, child_under, copy, make, open};

/// Calls that write, make durable or change names, and what happens to them.
const CALLS: [(&str, &[&str]); 11] = [
    ("openat", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("write", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("writev", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("fsync", &["error=EIO", "signal=KILL"]),
    ("fdatasync", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("syncfs", &["error=EIO", "signal=KILL"]),
    ("rename", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("unlink", &["error=EIO", "signal=KILL"]),
    ("rmdir", &["error=EIO", "signal=KILL"]),
    ("mkdir", &["error=EIO", "error=ENOSPC", "signal=KILL"]),
    ("flock", &["error=EIO", "signal=KILL"]),
];
/// Calls that would do the same. If the standard library chose them, the list above would test nothing.
const OTHERS: [&str; 10] = [
    "unlinkat", "pwrite64", "pwritev", "pwritev2", "renameat", "renameat2", "linkat", "mkdirat", "ftruncate",
    "fallocate",
];

/// A pass: what the log looks like at the start, what the child does, and which files are lied about.
struct Pass {
    name: &'static str,
    tidy: bool,
    role: &'static str,
    concerns: fn(&str) -> bool,
    /// Calls that this pass must see.
    sees: &'static [&'static str],
}

const PASSES: [Pass; 4] = [
    Pass {
        name: "recovery",
        tidy: false,
        role: "few",
        concerns: |_| true,
        sees: &["openat", "write", "fsync", "rename", "flock"],
    },
    Pass {
        name: "writing ahead",
        tidy: true,
        role: "few",
        concerns: |path| path.contains("/wal"),
        sees: &["write", "writev", "fdatasync", "fsync", "rename", "unlink"],
    },
    Pass {
        name: "publishing",
        tidy: true,
        role: "few",
        concerns: |path| !path.contains("/wal"),
        sees: &["openat", "write", "fsync", "rename", "mkdir", "unlink", "rmdir"],
    },
    Pass { name: "the end", tidy: true, role: "end", concerns: |_| true, sees: &["write", "fsync", "rename"] },
];

fn strace() -> Option<Command> {
    flagstate_interop::system("strace")
}

/// A log with almost a full bundle, closed or ended abruptly.
fn base(scene: &Path, tidy: bool) {
    make(scene);
    let writer = open(scene).unwrap();
    let tickets: Vec<_> = (0..253).map(|_| writer.submit(b"before").unwrap()).collect();
    for ticket in tickets {
        ticket.wait().unwrap();
    }
    writer.checkpoint().unwrap();
    if tidy {
        writer.close().unwrap();
    } else {
        writer.append(b"after").unwrap();
    }
}

/// The files below a scene that a sound run touches, and how often a thread makes each call on them, at most.
fn sound_run(base: &Path, scratch: &Path, pass: &Pass) -> (BTreeSet<String>, BTreeMap<String, usize>) {
    let (mut paths, mut counts) = (BTreeSet::new(), BTreeMap::new());
    for round in 0..2 {
        let scene = scratch.join(format!("sound-{round}"));
        copy(base, &scene);
        let trace = scratch.join("trace");
        let mut command = strace().unwrap();
        command.args(["-f", "-qq", "-s", "4096", "-o"]).arg(&trace);
        on(&mut command, &scene, &paths);
        let run = child_under(command, pass.role, &scene).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        assert!(run.success(), "{}", fs::read_to_string(scene.join("reason")).unwrap_or_default());
        let prefix = format!("{}/", scene.display());
        let text = fs::read_to_string(&trace).unwrap();
        if round == 0 {
            let quoted = text.split('"').filter_map(|text| text.strip_prefix(&prefix));
            let kept = ["acknowledged", "published", "reason"];
            paths =
                quoted.filter(|p| !kept.contains(p) && (pass.concerns)(&format!("/{p}"))).map(str::to_owned).collect();
            continue;
        }
        let mut threads: BTreeMap<(&str, &str), usize> = BTreeMap::new();
        for line in text.lines() {
            let Some((thread, rest)) = line.split_once(' ') else { continue };
            let Some((call, _)) = rest.trim_start().split_once('(') else { continue };
            *threads.entry((thread, call)).or_default() += 1;
        }
        for ((_, call), count) in threads {
            let most: &mut usize = counts.entry(call.to_owned()).or_default();
            *most = count.max(*most);
        }
    }
    (paths, counts)
}

/// Restricts strace to some files of a scene; to none in particular if there are none.
fn on(command: &mut Command, scene: &Path, paths: &BTreeSet<String>) {
    for path in paths {
        command.arg("-P").arg(scene.join(path));
    }
}

#[test]
fn every_call_of_the_write_path_may_fail() {
    if strace().is_none() {
        return;
    }
    for pass in &PASSES {
        let (start, scratch) = (Instant::now(), Scratch::new("faults"));
        let scene = scratch.join("base");
        base(&scene, pass.tidy);
        let (paths, counts) = sound_run(&scene, &scratch, pass);
        let calls = |call: &str| counts.get(call).copied().unwrap_or_default();
        for call in pass.sees {
            assert!(calls(call) > 0, "{}: {call} is not made: {counts:?}", pass.name);
        }
        for call in OTHERS {
            assert_eq!(calls(call), 0, "{}: {call} is made and not in the list", pass.name);
        }
        let mut faults = Vec::new();
        for (call, kinds) in CALLS {
            for number in 1..=calls(call) {
                faults.extend(kinds.iter().map(|kind| format!("{call}:{kind}:when={number}")));
            }
        }
        let (next, stopped) = (AtomicUsize::new(0), AtomicUsize::new(0));
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while let Some(fault) = faults.get(next.fetch_add(1, Ordering::Relaxed)) {
                        let run = Scratch::new("fault");
                        copy(&scene, &run);
                        let noticed = one(&run, pass, &paths, fault);
                        stopped.fetch_add(usize::from(noticed), Ordering::Relaxed);
                    }
                });
            }
        });
        let stopped = stopped.into_inner();
        println!("{}: {} faults, {stopped} stopped the writer, {:?}", pass.name, faults.len(), start.elapsed());
        assert!(stopped * 10 > faults.len() * 8, "{}: {stopped} of {} faults bite", pass.name, faults.len());
    }
}

/// Runs the child with one fault, and checks what it left; true if the child did not end well.
fn one(scene: &Path, pass: &Pass, paths: &BTreeSet<String>, fault: &str) -> bool {
    let mut command = strace().unwrap();
    command.args(["-f", "-qq", "-o", "/dev/null", "-e", &format!("inject={fault}")]);
    on(&mut command, scene, paths);
    let mut running =
        child_under(command, pass.role, scene).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    let status = loop {
        if let Some(status) = running.try_wait().unwrap() {
            break status;
        }
        assert!(start.elapsed() < Duration::from_mins(1), "{}: {fault}: the writer hangs", pass.name);
        thread::sleep(Duration::from_millis(2));
    };
    let mut promised = Promised::default();
    promised.read(scene, &scene.join("log"));
    promised.check(scene, &format!("{}: {fault}", pass.name));
    !status.success()
}

#[test]
fn each_batch_is_made_durable_once_before_it_is_acknowledged() {
    let Some(mut command) = strace() else { return };
    let scene = Scratch::new("durable");
    make(&scene);
    let trace = scene.join("trace");
    command.args(["-f", "-qq", "-e", "trace=write,writev,fdatasync", "-s", "4", "-o"]).arg(&trace);
    let status = child_under(command, "batches", &scene).stdout(Stdio::null()).status().unwrap();
    assert!(status.success());
    let wal = scene.join("log/.flagstate/wal");
    let segments: Vec<_> = fs::read_dir(wal).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect();
    let records: usize = segments.iter().map(|bytes| bytes.windows(4).filter(|w| *w == b"rec1").count()).sum();
    assert!((21..=1020).contains(&records), "{records} batches");
    // Of the thread that writes: each record, then fdatasync, then the mark.
    let text = fs::read_to_string(&trace).unwrap();
    let thread = text.lines().find(|line| line.contains("fdatasync(")).unwrap().split_whitespace().next().unwrap();
    let mut steps = Vec::new();
    for line in text.lines().filter(|line| line.starts_with(thread)) {
        let step = if line.contains("fdatasync(") {
            'd'
        } else if line.contains("\"rec1\"") {
            'r'
        } else if line.contains("\"ack1\"") {
            'a'
        } else {
            continue;
        };
        steps.push(step);
    }
    let sequence: String = steps.iter().collect();
    let durable = steps.iter().filter(|step| **step == 'd').count();
    assert_eq!(sequence, "rda".repeat(durable), "record, fdatasync, mark");
    assert_eq!(durable, records, "one fdatasync for each batch, and no other");
    assert_eq!(text.lines().filter(|line| line.contains("fdatasync(")).count(), durable, "no thread makes any other");
}
