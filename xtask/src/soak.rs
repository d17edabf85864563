//! `cargo xtask soak`: hours of damaged input, files larger than memory, writers killed thousands of times, moves at full size.
//!
//! With cargo-fuzz installed, its targets run with coverage (the stable compiler is told to accept what they need);
//! without it, the mutations of `crates/import/tests/fuzz_smoke.rs` run for as long, from a new seed.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Write as _},
    path::{Path, PathBuf},
};

use crate::{
    args::Args,
    bench::{
        focus::{self, Size},
        measure::{Meter, Subject},
        plan,
    },
    out,
    process::{Program, cargo},
    steps::{Count, Outcome, Steps},
    tools, workspace,
};

/// Peak memory of any run here.
const PEAK_MIB: f64 = 400.0;

/// Runs all parts.
pub(crate) fn run(args: &Args) -> Result<(), String> {
    let minutes: u64 = args.number("--minutes", 60)?;
    let gigabytes: u64 = args.number("--gigabytes", 10)?;
    let mut steps = Steps::new(args.values("--only"));
    steps.step("fuzz", || fuzz(minutes));
    steps.step("big", || big(gigabytes));
    let kills: u64 = args.number("--kills", 20_000)?;
    steps.step("log", || log(kills));
    steps.step("move", moving);
    steps.finish()
}

fn fuzz(minutes: u64) -> Outcome {
    let cargo_fuzz = cargo().args(["fuzz", "--version"]).capture().is_ok_and(|run| run.code == 0);
    if cargo_fuzz { Ok(with_coverage(minutes)) } else { built_in(minutes) }
}

fn with_coverage(minutes: u64) -> Count {
    let dir = workspace::root().join("fuzz");
    let targets = workspace::files(&dir.join("fuzz_targets"), &|p| workspace::extension(p) == "rs");
    let seconds = minutes * 60 / u64::try_from(targets.len()).unwrap_or(1).max(1);
    let mut count = Count::default();
    for target in &targets {
        let name = target.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        out::line(&format!("{name}: {seconds} s"));
        let limit = format!("-max_total_time={}", seconds.max(1));
        let run = cargo()
            .args(["fuzz", "run", &name, "--", &limit, "-rss_limit_mb=2048", "-timeout=20"])
            .env("RUSTC_BOOTSTRAP", "1")
            .dir(&dir)
            .run();
        match run {
            Ok(()) => count.passed += 1,
            Err(message) => {
                out::error(&message);
                count.failed += 1;
            }
        }
    }
    count
}

fn built_in(minutes: u64) -> Outcome {
    let seed = Program::new("date").args(["+%s%N"]).capture()?.stdout.trim().to_owned();
    out::line(&format!("cargo-fuzz is not installed: built-in mutations for {minutes} minutes, seed {seed}"));
    let smoke = [("flagstate-import", "damaged"), ("flagstate-tlog", "")];
    let seconds = minutes * 60 / u64::try_from(smoke.len()).unwrap_or(1);
    for (package, tests) in smoke {
        cargo()
            .args(["test", "--release", "--package", package, "--test", "fuzz_smoke", "--", tests])
            .env("FLAGSTATE_FUZZ_SECONDS", seconds.to_string())
            .env("FLAGSTATE_FUZZ_ROUNDS", u64::MAX.to_string())
            .env("FLAGSTATE_FUZZ_SEED", &seed)
            .run()?;
    }
    Ok(Count { passed: u64::try_from(smoke.len()).unwrap_or(0), ..Count::default() })
}

/// Kills the log's writer far more often than the tests do, then fails each of its system calls.
fn log(kills: u64) -> Outcome {
    cargo()
        .args(["test", "--release", "--package", "flagstate-evidence", "--test", "log_crash", "--", "--nocapture"])
        .env("FLAGSTATE_KILLS", kills.to_string())
        .run()
        .map(|()| Count::PASSED)
}

/// Moves between real servers at full size, with independent comparison, and killed two hundred times. The servers' data
/// lies below the build folder: it takes about 20 GB while it runs.
fn moving() -> Outcome {
    tools::objects::servers(true)?;
    let data = workspace::target().join("soak/servers");
    fs::create_dir_all(&data).map_err(|e| format!("{}: {e}", data.display()))?;
    cargo()
        .args([
            "test", "--release", "--package", "flagstate", "--test", "moving", "--", "--nocapture", "--test-threads=1",
        ])
        .args(["independent", "kills", "broken_network"])
        .env("FLAGSTATE_TOOLS", workspace::tools())
        .env("FLAGSTATE_TESTBED_DIR", &data)
        .env("FLAGSTATE_MOVE_FULL", "1")
        .env("FLAGSTATE_KILLS", "200")
        .run()
        .map(|()| Count::PASSED)
}

/// A file, and the exit codes that are right for it.
struct Big {
    name: &'static str,
    file: PathBuf,
    codes: &'static [i32],
}

/// Answered: with or without findings.
const ANSWERED: &[i32] = &[0, 1];
/// Refused as an input.
const REFUSED: &[i32] = &[3];

fn big(gigabytes: u64) -> Outcome {
    cargo().args(["build", "--quiet", "--release", "--locked"]).run()?;
    let dir = workspace::target().join("soak");
    fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    let files = make(&dir, gigabytes).map_err(|e| format!("{}: {e}", dir.display()))?;
    let meter = Meter::new(tools::python(true)?, dir.clone());
    let mut count = Count::default();
    for Big { name, file, codes } in files {
        let shown = file.display().to_string();
        let args = ["assess", &shown, "--format", "json"];
        let subject = Subject { codes, ..Subject::new(name, &workspace::binary("release"), args) };
        let bytes = fs::metadata(&file).map_or(0, |m| m.len());
        match meter.once(&subject) {
            Ok(cost) if cost.peak_mib() < PEAK_MIB => {
                count.passed += 1;
                let (wall, peak) = (cost.wall, cost.peak_mib());
                out::line(&format!("{name}: {} MiB, exit {}, {wall:.1} s, {peak:.0} MiB", bytes >> 20, cost.code));
            }
            Ok(cost) => {
                count.failed += 1;
                out::error(&format!("{name}: {:.0} MiB of memory, at most {PEAK_MIB}", cost.peak_mib()));
            }
            Err(message) => {
                count.failed += 1;
                out::error(&message);
            }
        }
        let _ = fs::remove_file(&file);
    }
    Ok(count)
}

fn make(dir: &Path, gigabytes: u64) -> io::Result<Vec<Big>> {
    let path = |name: &str| dir.join(name);
    out::line(&format!("writing {gigabytes} GB"));
    // A row of the generator has about 725 bytes.
    let size = Size { rows: gigabytes * 1_000_000_000 / 725, resources: 200_000, seed: 2 };
    let bill = path("bill.csv");
    focus::write(&bill, size)?;
    let cut = path("cut.csv");
    focus::write(&cut, Size { rows: 200_000, ..size })?;
    let file = OpenOptions::new().append(true).open(&cut)?;
    // Inside the quoted text of the last rows.
    file.set_len(fs::metadata(&cut)?.len() - 20)?;
    writeln!(&file, "\"")?;
    let (deep, long, zeros, plan_file) =
        (path("deep.json"), path("long.json"), path("zeros.csv"), path("cut-plan.json"));
    repeat(&deep, b"", b"[", 300_000_000)?;
    repeat(&long, b"{\"version\":4,\"resources\":\"", b"a", 1_000_000_000)?;
    File::create(&zeros)?.set_len(1_000_000_000)?;
    plan::write(&plan_file, 14_000)?;
    OpenOptions::new().write(true).open(&plan_file)?.set_len(20_000_000)?;
    Ok(vec![
        Big { name: "a bill", file: bill, codes: ANSWERED },
        Big { name: "a bill that ends within a quote", file: cut, codes: REFUSED },
        Big { name: "JSON nested without end", file: deep, codes: REFUSED },
        Big { name: "JSON with one endless string", file: long, codes: REFUSED },
        Big { name: "a gigabyte of zeros", file: zeros, codes: REFUSED },
        Big { name: "a plan cut in the middle", file: plan_file, codes: REFUSED },
    ])
}

fn repeat(path: &Path, start: &[u8], piece: &[u8], times: u64) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(1 << 20, File::create(path)?);
    out.write_all(start)?;
    for _ in 0..times {
        out.write_all(piece)?;
    }
    out.flush()
}
