//! Every parser on damaged input: no panic, no second spelling, and nothing verified that was not signed.
//!
//! A short, repeatable run on the stable compiler. `FLAGSTATE_FUZZ_SECONDS`, `FLAGSTATE_FUZZ_ROUNDS` and
//! `FLAGSTATE_FUZZ_SEED` make it longer or start it elsewhere; the targets `tlog_*` in `fuzz/` go deeper with coverage.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise; clippy's own allowance does not reach helpers of test crates"
)]

use std::{
    env,
    time::{Duration, Instant},
};

use flagstate_tlog::{
    Checkpoint, Frontier, Hash, Note, Policy, Proof, Signer as _, SigningKey, TileId, VerifierKey,
    cosignature::cosign,
    leaf_hash,
    note::Algorithm,
    tile::{Bundle, push_entry},
    witness::{AddCheckpoint, Decision, Latest, WatchedLog, decide, read_size},
};

/// What is inserted: pieces that these formats care about.
const TOKENS: [&[u8]; 18] = [
    b"\n",
    b"\n\n",
    "\u{2014} ".as_bytes(),
    b" ",
    b"+",
    b"=",
    b"0",
    b"00",
    b"18446744073709551615",
    b"\0",
    b"\xff",
    b"old ",
    b"index ",
    b"extra ",
    b"quorum none\n",
    b"group g all w\n",
    b"tile/",
    b"/x000",
];
const ORIGIN: &str = "example.com/log";

/// A small generator, so that a run can be repeated from its seed.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }
}

/// Damages `bytes` in one to three places.
fn damage(bytes: &mut Vec<u8>, other: &[u8], random: &mut Random) {
    for _ in 0..=random.below(3) {
        let at = random.below(bytes.len() + 1);
        let end = (at + 1 + random.below(9)).min(bytes.len());
        let token = TOKENS[random.below(TOKENS.len())];
        match random.below(8) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at.min(end)..end)),
            2 => drop(bytes.splice(at..at, bytes[at.min(end)..end].to_vec())),
            3 => drop(bytes.splice(at.min(end)..end, token.iter().copied())),
            4 => drop(bytes.splice(at..at, token.iter().copied())),
            5 => drop(bytes.splice(at.., other[random.below(other.len())..].to_vec())),
            _ => {
                for byte in &mut bytes[at.min(end)..end] {
                    *byte ^= 1 << random.below(8);
                }
            }
        }
    }
}

/// A log of five entries, and everything that is ever written about it.
struct Seeds {
    log: SigningKey,
    witness: SigningKey,
    policy: Policy,
    leaf: Hash,
    all: Vec<Vec<u8>>,
}

impl Seeds {
    fn new() -> Self {
        let key = |name, algorithm, seed| SigningKey::from_seed(name, algorithm, &[seed; 32]).unwrap();
        let (log, witness) = (key(ORIGIN, Algorithm::Ed25519, 1), key("w", Algorithm::CosignatureV1, 2));
        let leaves: Vec<Hash> = [b"a", b"b", b"c", b"d", b"e"].iter().map(|entry| leaf_hash(*entry)).collect();
        let tree: Frontier = leaves.iter().copied().collect();
        let mut note = Checkpoint::new(ORIGIN, 5, tree.root()).unwrap().to_note().unwrap();
        note.sign(&log).unwrap();
        let unwitnessed = note.clone();
        note.add(cosign(&witness, &note, 1).unwrap()).unwrap();
        // The last leaf hangs directly below the root.
        let proof = Proof::new(4, vec![tree.peaks()[0]], note.clone()).unwrap().with_extra(b"extra".to_vec());
        let policy = format!("log {}\nwitness w {}\ngroup g any w\nquorum g\n", log.verifier(), witness.verifier());
        let request = AddCheckpoint::new(0, Vec::new(), unwitnessed).unwrap();
        let mut bundle = Vec::new();
        for entry in [&b"a"[..], b"", b"ccc"] {
            push_entry(&mut bundle, entry).unwrap();
        }
        let texts = [
            note.to_string(),
            note.text().to_owned(),
            proof.to_string(),
            policy.clone(),
            request.to_string(),
            log.verifier().to_string(),
            witness.to_private_text().to_string(),
            "tile/3/x001/234.p/5".to_owned(),
        ];
        let mut all: Vec<Vec<u8>> = texts.into_iter().map(String::into_bytes).collect();
        all.push(bundle);
        Self { log, witness, policy: Policy::parse(policy.as_bytes()).unwrap(), leaf: leaves[4], all }
    }

    /// Reads `bytes` in every way. True if they were read as anything.
    fn read(&self, bytes: &[u8]) -> bool {
        let same = |written: String| assert_eq!(written.as_bytes(), bytes, "written otherwise than it was read");
        let mut read = false;
        if let Ok(note) = Note::parse(bytes) {
            same(note.to_string());
            if note.verify([self.log.verifier(), self.witness.verifier()]).is_ok() {
                assert_eq!(note.text(), Note::parse(&self.all[0]).unwrap().text(), "verified what was never signed");
            }
            read = true;
        }
        if let Ok(proof) = Proof::parse(bytes) {
            same(proof.to_string());
            if proof.verify(&self.leaf, &self.policy).is_ok() {
                let text = |proof: &Proof| proof.note().text().to_owned();
                assert_eq!(text(&proof), text(&Proof::parse(&self.all[2]).unwrap()));
                assert_eq!(proof.index(), 4);
            }
            read = true;
        }
        if let Ok(policy) = Policy::parse(bytes) {
            assert_eq!(Policy::parse(&policy.to_bytes()), Ok(policy));
            read = true;
        }
        if let Ok(request) = AddCheckpoint::parse(bytes) {
            same(request.to_string());
            self.ask(&request);
            read = true;
        }
        for width in [1, 2, 3, 256] {
            if let Ok(bundle) = Bundle::parse(bytes, width) {
                assert_eq!(bundle.entries().count(), usize::from(width));
                read = true;
            }
        }
        let _ = read_size(bytes);
        std::str::from_utf8(bytes).is_ok_and(read_text) || read
    }

    fn ask(&self, request: &AddCheckpoint) {
        let keys = [self.log.verifier().clone()];
        let log = WatchedLog { keys: &keys, latest: Latest::default() };
        if let Ok(Decision::Cosigned { latest, .. }) = decide(Some(log), request, &[&self.witness], 1) {
            assert_eq!(latest.size, 5, "cosigned what the log never signed");
        }
    }
}

fn read_text(text: &str) -> bool {
    let mut written = Vec::new();
    written.extend(text.parse::<Checkpoint>().map(|read| read.to_string()));
    written.extend(text.parse::<VerifierKey>().map(|read| read.to_string()));
    written.extend(text.parse::<SigningKey>().map(|read| read.to_private_text().to_string()));
    written.extend(text.parse::<TileId>().map(|read| read.to_string()));
    assert!(written.iter().all(|again| again == text), "written otherwise than it was read");
    !written.is_empty()
}

fn number(name: &str, default: u64) -> u64 {
    env::var(name).ok().and_then(|v| v.parse().ok()).unwrap_or(default)
}

#[test]
fn seeds_are_read() {
    let seeds = Seeds::new();
    for seed in &seeds.all {
        assert!(seeds.read(seed), "{}", String::from_utf8_lossy(seed));
    }
    let proof = Proof::parse(&seeds.all[2]).unwrap();
    proof.verify(&seeds.leaf, &seeds.policy).unwrap();
}

#[test]
fn damaged_input_is_never_believed() {
    let seeds = Seeds::new();
    let mut random = Random(number("FLAGSTATE_FUZZ_SEED", 0x9e37_79b9_7f4a_7c15) | 1);
    let end = Instant::now() + Duration::from_secs(number("FLAGSTATE_FUZZ_SECONDS", 120));
    // Rounds end the default run, not the clock: a fast machine and a slow one see the same inputs.
    for _ in 0..number("FLAGSTATE_FUZZ_ROUNDS", 10_000) {
        if Instant::now() > end {
            return;
        }
        for seed in &seeds.all {
            let mut input = seed.clone();
            let other = &seeds.all[random.below(seeds.all.len())];
            damage(&mut input, other, &mut random);
            seeds.read(&input);
        }
    }
}
