//! `cargo xtask bench --only move`: moving objects, beside the peers, against the bench server.
//!
//! Every real object server is slower than a good client, so a server of our own serves and takes the objects, in its own
//! process. What is compared is the clients: processor time, requests, memory, and only then the clock. Flagstate runs
//! with its end-to-end verification; the peers run as they come. Before the timed rounds each program moves the set once
//! into a target that compares every byte with the original.
//!
//! Writes `docs/benchmarks-move.md`.

mod cases;
mod crash;
mod many;
mod peers;
mod real;
mod runs;
mod server;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use self::{peers::Peers, server::Server};
use super::{
    document,
    measure::Meter,
    results::{Results, machine},
};
use crate::{args::Args, out, process::Program, workspace};

/// Sizes of the sets.
#[derive(Clone, Copy, Debug)]
struct Scale {
    small: u64,
    medium: u64,
    large_mib: u64,
    /// Objects of the copy with latency.
    late: u64,
    /// Keys of the listing that peers do too.
    listed: u64,
    /// Keys of the inventory that we do alone.
    inventory: u64,
    /// Objects of the copy that we do alone.
    many: u64,
}

const FULL: Scale = Scale {
    small: 20_000,
    medium: 200,
    large_mib: 2048,
    late: 2000,
    listed: 1_000_000,
    inventory: 100_000_000,
    many: 10_000_000,
};
const QUICK: Scale =
    Scale { small: 4000, medium: 50, large_mib: 512, late: 500, listed: 100_000, inventory: 10_000_000, many: 200_000 };

/// What stands above the figures; the versions of the peers follow.
const HOW: &str = "Medians of 5 alternated runs unless a section says otherwise, of the memory the largest; what is Flagstate's alone \
ran once. Data in memory. The column \"others\" is what other processes took of all processors during a run. Cases are measured one \
by one or together; each says when.";

type Case = fn(&mut Moves) -> Result<(), String>;

/// What all cases use.
struct Moves {
    server: Server,
    peers: Peers,
    meter: Meter,
    results: Results,
    /// A folder in memory.
    dir: PathBuf,
    xtask: PathBuf,
    /// Ours, where this build has `move`.
    flagstate: Option<PathBuf>,
    runs: usize,
    scale: Scale,
}

impl Drop for Moves {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// Runs the cases that `--case` names, else all.
pub(crate) fn run(args: &Args) -> Result<(), String> {
    let cases: [(&str, Case); 12] = [
        ("small", Moves::small),
        ("medium", Moves::medium),
        ("large", Moves::large),
        ("azure", Moves::azure),
        ("files", Moves::files),
        ("noop", Moves::noop),
        ("late", Moves::late),
        ("list", Moves::list),
        ("inventory", Moves::inventory),
        ("crash", Moves::crash),
        ("real", Moves::real),
        ("many", Moves::many),
    ];
    let only = args.chosen("--case", &cases.map(|(name, _)| name))?;
    let mut moves = Moves::new(args)?;
    let mut all = Results::default();
    for (name, case) in cases {
        if only.is_empty() || only.contains(&name) {
            moves.results = Results::default();
            case(&mut moves)?;
            moves.server.latency(0)?;
            moves.results.say_everywhere(&format!("Measured {} {}", taken(), machine()));
            if !args.has("--quick") {
                let how = format!("{HOW} {}.", moves.peers.versions());
                document::replace(&workspace::root().join("docs/benchmarks-move.md"), &how, &moves.results)?;
            }
            all.extend(&moves.results);
        }
    }
    moves.results = all;
    let held = moves.results.check();
    if args.has("--check") { held } else { Ok(()) }
}

impl Moves {
    fn new(args: &Args) -> Result<Self, String> {
        let quick = args.has("--quick");
        let usual = if quick { QUICK } else { FULL };
        let peers = Peers::install()?;
        let dir = in_memory();
        fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let flagstate = workspace::binary("release");
        let there = Program::new(&flagstate).args(["move", "run", "--help"]).capture().is_ok_and(|run| run.code == 0);
        if !there {
            out::line("skipped: Flagstate itself: this build has no `flagstate move`; only the peers are measured");
        }
        Ok(Self {
            server: Server::start()?,
            meter: Meter::new(peers.python.clone(), dir.clone()),
            results: Results::default(),
            dir,
            xtask: env::current_exe().map_err(|e| e.to_string())?,
            flagstate: there.then_some(flagstate),
            runs: args.number("--runs", if quick { 3 } else { 5 })?,
            scale: Scale { many: args.number("--objects", usual.many)?, ..usual },
            peers,
        })
    }

    /// An empty folder of this name.
    fn folder(&self, name: &str) -> Result<PathBuf, String> {
        let dir = self.dir.join(name);
        let _ = fs::remove_dir_all(&dir);
        let made = fs::create_dir_all(&dir).and_then(|()| private(&dir));
        made.map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(dir)
    }
}

/// Nobody else may read it: a folder that everybody may read is refused as a target.
fn private(dir: &Path) -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o700))?;
    }
    let _ = dir;
    Ok(())
}

/// A folder for us alone in memory, else below the build folder.
fn in_memory() -> PathBuf {
    let name = format!("flagstate-bench-move-{}", std::process::id());
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { memory.join(name) } else { workspace::target().join(name) }
}

/// When, and how busy the machine was.
fn taken() -> String {
    let now = Program::new("date").args(["-u", "+%Y-%m-%d %H:%M"]).capture().map(|run| run.stdout).unwrap_or_default();
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = text.split(' ').take(3).collect::<Vec<_>>().join(" ");
    format!("at {} UTC, load of the machine at the end {load};", now.trim())
}
