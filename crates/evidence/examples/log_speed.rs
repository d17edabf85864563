//! How fast the log is beside the least that durability costs; prints what it measured as JSON.
//!
//! Run by `cargo xtask bench`. The baseline writes the same bytes to one file with one `fdatasync` for each batch, and does
//! nothing else: no hashes, no tiles, no checkpoint. Both alternate in one directory, so that they see the same disk.
#![expect(clippy::print_stdout, reason = "the answer goes to standard output")]

use std::{
    collections::VecDeque,
    env,
    error::Error,
    fs::{self, File},
    io::Write as _,
    path::Path,
    time::Instant,
};

use flagstate_evidence::log::{
    LogKeys, NewLog, Seal, Setup, Writer,
    fsck::{fsck, verify},
    init,
    store::LocalFiles,
};
use flagstate_tlog::VerifierKey;

const ENTRY_BYTES: usize = 512;
const BATCH: usize = 1024;
/// Entries that callers have handed over and not heard of yet.
const IN_FLIGHT: usize = 4 * BATCH;
const ENTRIES: u64 = 200_000;
const SINGLE: u32 = 200;
const ROUNDS: usize = 5;
const MILLION: u64 = 1_000_000;

type Answer<T> = Result<T, Box<dyn Error>>;

fn main() -> Answer<()> {
    let dir = env::args().nth(1).ok_or("give a directory to work in")?;
    let dir = Path::new(&dir);
    let (mut bare, mut durable, mut published) = (Vec::new(), Vec::new(), Vec::new());
    let (mut bare_single, mut single) = (Vec::new(), Vec::new());
    // Nothing is deleted before the end: ext4 is slow to make files for some seconds after many were deleted.
    for round in 0..ROUNDS {
        let dir = dir.join(round.to_string());
        bare.push(write_bare(&dir.join("bare"))?);
        let (until_durable, until_published) = append(&dir.join("batches"), ENTRIES)?;
        durable.push(until_durable);
        published.push(until_published);
        bare_single.push(one_by_one_bare(&dir.join("bare-single"))?);
        single.push(one_by_one(&dir.join("single"))?);
    }
    let (_, build) = append(&dir.join("million"), MILLION)?;
    let log = dir.join("million/log");
    let key = LogKeys::read(&log.join(".flagstate/key"), None)?.verifiers().remove(0);
    let (verified, checked) = (check(&log, &key, false)?, check(&log, &key, true)?);
    fs::remove_dir_all(dir)?;
    let rate = |seconds: f64| 200_000.0 / seconds;
    // Of each round by itself: what others do to the disk changes from round to round.
    let mut ratios: Vec<f64> = durable.iter().zip(&bare).map(|(ours, theirs)| ours / theirs).collect();
    let numbers = [
        ("ratio", median(&mut ratios)),
        ("bare_per_s", rate(median(&mut bare))),
        ("durable_per_s", rate(median(&mut durable))),
        ("published_per_s", rate(median(&mut published))),
        ("bare_single_ms", median(&mut bare_single)),
        ("single_ms", median(&mut single)),
        ("build_million_s", build),
        ("verify_million_s", verified),
        ("fsck_million_s", checked),
    ];
    let fields: Vec<String> = numbers.iter().map(|(name, value)| format!("\"{name}\":{value:.4}")).collect();
    println!("{{{}}}", fields.join(","));
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::MAX)
}

/// Different bytes for each entry, as real ones are.
fn entry(number: u64) -> [u8; ENTRY_BYTES] {
    let mut bytes = [0; ENTRY_BYTES];
    let mut state = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    for chunk in bytes.chunks_mut(8) {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        chunk.copy_from_slice(&state.to_le_bytes());
    }
    bytes
}

fn create(path: &Path) -> Answer<File> {
    fs::create_dir_all(path.parent().ok_or("a file has a directory")?)?;
    Ok(File::create(path)?)
}

fn write_bare(path: &Path) -> Answer<f64> {
    let mut file = create(path)?;
    let start = Instant::now();
    let mut buffer = Vec::with_capacity(BATCH * (ENTRY_BYTES + 2));
    for number in 0..ENTRIES {
        buffer.extend_from_slice(&512_u16.to_be_bytes());
        buffer.extend_from_slice(&entry(number));
        if buffer.len() >= BATCH * (ENTRY_BYTES + 2) || number + 1 == ENTRIES {
            file.write_all(&buffer)?;
            file.sync_data()?;
            buffer.clear();
        }
    }
    Ok(start.elapsed().as_secs_f64())
}

fn fresh(dir: &Path) -> Answer<Writer> {
    let origin = "example.org/bench";
    let keys = LogKeys::generate(origin, false)?;
    let second = Some(dir.join("second"));
    init(&dir.join("log"), NewLog { origin: origin.into(), keys, seal: Seal::Open, second }, Setup::new(|| 0))?;
    let keys = LogKeys::read(&dir.join("log/.flagstate/key"), None)?;
    Ok(Writer::open(&dir.join("log"), keys, Setup::new(|| 0))?)
}

/// Seconds until all entries are durable, and until a checkpoint covers them.
fn append(dir: &Path, entries: u64) -> Answer<(f64, f64)> {
    let writer = fresh(dir)?;
    let start = Instant::now();
    let mut waiting = VecDeque::new();
    for number in 0..entries {
        waiting.push_back(writer.submit(&entry(number))?);
        if waiting.len() >= IN_FLIGHT
            && let Some(ticket) = waiting.pop_front()
        {
            ticket.wait()?;
        }
    }
    for ticket in waiting {
        ticket.wait()?;
    }
    let durable = start.elapsed().as_secs_f64();
    let size = writer.checkpoint()?.checkpoint.size();
    let published = start.elapsed().as_secs_f64();
    writer.close()?;
    if size == entries { Ok((durable, published)) } else { Err("entries are missing".into()) }
}

/// Milliseconds of one append that nobody shares, the median.
fn one_by_one(dir: &Path) -> Answer<f64> {
    let writer = fresh(dir)?;
    let mut times = Vec::new();
    for number in 0..SINGLE {
        let start = Instant::now();
        writer.append(&entry(u64::from(number)))?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    writer.close()?;
    Ok(median(&mut times))
}

fn one_by_one_bare(path: &Path) -> Answer<f64> {
    let mut file = create(path)?;
    let mut times = Vec::new();
    for number in 0..SINGLE {
        let start = Instant::now();
        file.write_all(&entry(u64::from(number)))?;
        file.sync_data()?;
        times.push(start.elapsed().as_secs_f64() * 1000.0);
    }
    Ok(median(&mut times))
}

/// Seconds to check everything in the log, or everything public.
fn check(log: &Path, key: &VerifierKey, private: bool) -> Answer<f64> {
    let start = Instant::now();
    let report = if private { fsck(log, key, &[])? } else { verify(&LocalFiles::read_only(log)?, key)? };
    let seconds = start.elapsed().as_secs_f64();
    if report.is_sound() && report.entries == MILLION { Ok(seconds) } else { Err(format!("{report:?}").into()) }
}
