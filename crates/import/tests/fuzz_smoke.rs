//! Every importer on damaged input: no panic, and an error that names the file.
//!
//! A short, repeatable run on the stable compiler. `FLAGSTATE_FUZZ_SECONDS` makes it longer and `FLAGSTATE_FUZZ_SEED`
//! starts elsewhere (`cargo xtask soak` does both); the targets in `fuzz/` go deeper with coverage.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test stops at the first surprise; clippy's own allowance does not reach helpers of test crates"
)]

mod fuzz_seeds;

use std::{
    env, fs,
    panic::{AssertUnwindSafe, catch_unwind},
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use flagstate_catalog::ServiceMap;
use flagstate_estate::EstateBuilder;
use flagstate_import::{Context, Format, read_file};
use fuzz_seeds::Seed;

/// What is inserted: pieces that parsers of these formats care about.
const TOKENS: [&[u8]; 22] = [
    b"\"",
    b"\"\"",
    b",",
    b"\n",
    b"\r",
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b"null",
    b"true",
    b"-",
    b"1e999",
    b"\\u0000",
    b"\\ud800",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"\0",
    b"99999999999999999999999999999999999999",
    b"arn:aws:",
    b"/subscriptions/",
];

/// A small generator, so that a run can be repeated from its seed.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

/// Damages `bytes` in one to four places.
fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len() + 1);
        let end = (at + 1 + random.below(24)).min(bytes.len());
        let at = at.min(end);
        match random.below(9) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..end)),
            2 => bytes.splice(at..at, bytes[at..end].to_vec()).for_each(drop),
            3 => bytes.splice(at..end, TOKENS[random.below(TOKENS.len())].iter().copied()).for_each(drop),
            4 => bytes.splice(at..at, TOKENS[random.below(TOKENS.len())].iter().copied()).for_each(drop),
            5 => bytes.splice(at.., other[random.below(other.len())..].to_vec()).for_each(drop),
            6 => {
                let repeat = 1 + random.below(300);
                bytes.splice(at..at, TOKENS[random.below(TOKENS.len())].repeat(repeat)).for_each(drop);
            }
            _ => {
                for byte in &mut bytes[at..end] {
                    *byte ^= u8::try_from(random.below(256)).unwrap();
                }
            }
        }
    }
}

struct Bench {
    services: ServiceMap,
    dir: PathBuf,
}

impl Bench {
    fn new(name: &str) -> Self {
        let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&dir).unwrap();
        Self { services: ServiceMap::embedded().unwrap(), dir }
    }

    /// Reads `bytes` as `format`; what it says when it cannot.
    fn read(&self, format: Option<Format>, name: &str, bytes: &[u8]) -> Result<usize, String> {
        let path = self.dir.join(name);
        fs::write(&path, bytes).unwrap();
        let context = Context { services: &self.services, progress: &|_, _| {} };
        let attempt = catch_unwind(AssertUnwindSafe(|| {
            let mut builder = EstateBuilder::new();
            let read = read_file(&path, format, &context, &mut builder);
            read.map(|_| builder.finish().resources.len())
        }));
        let kept = || self.dir.join(format!("crash-{name}"));
        match attempt {
            Ok(Ok(count)) => Ok(count),
            Ok(Err(error)) => {
                let message = error.to_string();
                let clear = message.contains(name) && message.len() < 2_000;
                assert!(clear, "{format:?}: an error must name the file and stay short: {message}");
                Err(message)
            }
            Err(_) => {
                fs::write(kept(), bytes).unwrap();
                panic!("{format:?}: panicked on {}", kept().display());
            }
        }
    }
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn seeds_are_read_whole() {
    let bench = Bench::new("fuzz_seeds");
    let failed: Vec<String> = fuzz_seeds::all()
        .iter()
        .filter_map(|seed| match bench.read(Some(seed.format), seed.name, &seed.bytes) {
            Ok(0) => Some(format!("{}: no resources", seed.name)),
            Ok(_) => None,
            Err(message) => Some(message),
        })
        .collect();
    assert!(failed.is_empty(), "{failed:#?}");
}

#[test]
fn damaged_input_never_panics() {
    let bench = Bench::new("fuzz_smoke");
    let seeds = fuzz_seeds::all();
    let mut random = Random(number("FLAGSTATE_FUZZ_SEED", 0x9e37_79b9_7f4a_7c15) | 1);
    let end = Instant::now() + Duration::from_secs(number("FLAGSTATE_FUZZ_SECONDS", 120));
    // Rounds end the default run, not the clock: a fast machine and a slow one see the same inputs.
    let rounds = number("FLAGSTATE_FUZZ_ROUNDS", 200);
    for _ in 0..rounds {
        for Seed { format, name, bytes } in &seeds {
            if Instant::now() > end {
                return;
            }
            let mut input = bytes.clone();
            let other = seeds[random.below(seeds.len())].bytes.clone();
            damage(&mut input, &other, &mut random);
            let named = random.below(8) > 0;
            let _ = bench.read(named.then_some(*format), name, &input);
        }
    }
}

#[test]
fn deep_nesting_is_refused_by_every_format() {
    let bench = Bench::new("fuzz_deep");
    for (format, name) in Format::ALL {
        for (open, inner) in [("[", "1"), ("{\"a\":", "1"), ("{\"resources\":[{\"values\":", "[")] {
            let text = open.repeat(200_000) + inner;
            assert!(bench.read(Some(format), &format!("{name}.json"), text.as_bytes()).is_err(), "{name} {open}");
        }
    }
}
