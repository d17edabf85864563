//! Checking a package on a machine that has nothing but the package.
//!
//! What it deliberately does not do: it believes nothing that a package says about whom to trust. Where the caller brings no
//! key, policy or root, the package's own is used and the report says so.

use std::{
    collections::BTreeSet,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use flagstate_tlog::{
    Checkpoint, Hash, Note, Policy, Proof, TileId, TileReader, TileSource, VerifierKey, leaf_hash,
    tile::{Bundle, Layer, TileError, all_tiles},
    tree::range_root,
};

use super::{
    bag::{self, PAYLOAD},
    inspect::Inspection,
    names,
    opened::Opened,
};
use crate::cose;

/// Whom the reader trusts. What is empty is taken from the package, and the report says so.
#[derive(Clone, Copy, Debug, Default)]
pub struct Trust<'a> {
    /// Keys of the log.
    pub log_keys: &'a [VerifierKey],
    /// Which witnesses must have cosigned.
    pub policy: Option<&'a Policy>,
    /// Keys of those who sign statements.
    pub statement_keys: &'a [VerifierKey],
    /// Roots of time stamping authorities.
    pub stamp_roots: Option<&'a flagstate_tsp::Trust>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Outcome {
    /// It holds.
    Holds,
    /// It does not.
    Fails,
    /// Something to know.
    Note,
}

/// One line of a report.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Line {
    /// How it ended.
    pub outcome: Outcome,
    /// What was checked: `bag`, `checkpoint`, `witnesses`, `tree`, `entry` ...
    pub check: &'static str,
    /// The file at fault.
    pub file: Option<String>,
    /// What was found.
    pub text: String,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.outcome {
            Outcome::Holds => "ok",
            Outcome::Fails => "FAILED",
            Outcome::Note => "note",
        };
        write!(f, "{word} {}: ", self.check)?;
        if let Some(file) = &self.file {
            write!(f, "{file}: ")?;
        }
        f.write_str(&self.text)
    }
}

/// What a package shows.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Report {
    /// One line per check.
    pub lines: Vec<Line>,
}

impl Report {
    /// True when nothing failed.
    pub fn holds(&self) -> bool {
        self.failures().next().is_none()
    }

    /// What failed.
    pub fn failures(&self) -> impl Iterator<Item = &Line> {
        self.lines.iter().filter(|line| line.outcome == Outcome::Fails)
    }

    fn push(&mut self, outcome: Outcome, check: &'static str, text: impl Into<String>) {
        self.lines.push(Line { outcome, check, file: None, text: text.into() });
    }

    fn fail(&mut self, check: &'static str, file: &str, text: impl Into<String>) {
        let file = Some(format!("{PAYLOAD}{file}"));
        self.lines.push(Line { outcome: Outcome::Fails, check, file, text: text.into() });
    }
}

/// The folder could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the package {path} cannot be read: {source}")]
pub struct VerifyError {
    path: PathBuf,
    source: io::Error,
}

/// Checks everything in a package, and reports one line per check.
pub fn verify(dir: &Path, trust: &Trust<'_>) -> Result<Report, VerifyError> {
    let at = |source| VerifyError { path: dir.to_owned(), source };
    let bag = bag::check(dir).map_err(at)?;
    let mut report = Report::default();
    for (file, what) in &bag.findings {
        let line = Line { outcome: Outcome::Fails, check: "bag", file: Some(file.clone()), text: (*what).to_owned() };
        report.lines.push(line);
    }
    if !report.holds() {
        return Ok(report);
    }
    let files: BTreeSet<String> = bag.files.iter().filter_map(|f| f.strip_prefix(PAYLOAD)).map(str::to_owned).collect();
    report.push(Outcome::Holds, "bag", format!("{} files, {} bytes, each as listed", files.len(), bag.payload_bytes));
    let mut job = Job { payload: dir.join(PAYLOAD), files, trust, report, inspection: Inspection::default() };
    job.run().map_err(at)?;
    Ok(job.report)
}

/// What the package's signatures stand on.
struct Ground {
    checkpoint: Checkpoint,
    log_keys: Vec<VerifierKey>,
    statement_keys: Vec<VerifierKey>,
}

struct Job<'a> {
    payload: PathBuf,
    files: BTreeSet<String>,
    trust: &'a Trust<'a>,
    report: Report,
    inspection: Inspection,
}

/// The tiles of the package.
struct Tiles(PathBuf);

impl TileSource for Tiles {
    type Error = io::Error;

    fn read(&self, id: TileId) -> io::Result<Vec<u8>> {
        fs::read(self.0.join(id.path()))
    }
}

impl Job<'_> {
    fn run(&mut self) -> io::Result<()> {
        let Some(ground) = self.ground()? else { return Ok(()) };
        self.witnesses(&ground)?;
        let mut tree = self.tree(&ground);
        self.entries(&ground)?;
        self.statements(&ground);
        self.stamps(&ground, tree.as_mut())?;
        self.openings()
    }

    fn read(&self, name: &str) -> io::Result<Vec<u8>> {
        fs::read(self.payload.join(name))
    }

    /// Files below a folder of the payload with this ending, without folder and ending.
    fn stems(&self, folder: &str, ending: &str) -> Vec<String> {
        let stem = |name: &String| name.strip_prefix(folder)?.strip_suffix(ending).map(str::to_owned);
        self.files.iter().filter_map(stem).collect()
    }

    fn keys(&mut self, name: &'static str) -> io::Result<Vec<VerifierKey>> {
        if !self.files.contains(name) {
            return Ok(Vec::new());
        }
        let text = String::from_utf8_lossy(&self.read(name)?).into_owned();
        let keys: Result<Vec<_>, _> = text.lines().map(str::parse).collect();
        Ok(keys.unwrap_or_else(|_| {
            self.report.fail("keys", name, "a line is no verifier key");
            Vec::new()
        }))
    }

    /// The checkpoint under the log's key, and all keys.
    fn ground(&mut self) -> io::Result<Option<Ground>> {
        let mut log_keys = self.trust.log_keys.to_vec();
        if log_keys.is_empty() {
            log_keys = self.keys(names::LOG_KEYS)?;
            if let Some(key) = log_keys.first() {
                let text = format!("the log's key is the package's own word; compare it with the one you know: {key}");
                self.report.push(Outcome::Note, "checkpoint", text);
            }
        }
        let origin = log_keys.first().map(|key| key.name().to_owned()).unwrap_or_default();
        let checkpoint = match Checkpoint::open(&self.read(names::CHECKPOINT)?, &origin, &log_keys) {
            Ok((checkpoint, _)) => checkpoint,
            Err(error) => {
                self.report.fail("checkpoint", names::CHECKPOINT, with_cause(&error));
                return Ok(None);
            }
        };
        let text = format!("{} of size {}, root {}, signed by the log", origin, checkpoint.size(), checkpoint.root());
        self.report.push(Outcome::Holds, "checkpoint", text);
        let mut statement_keys = self.trust.statement_keys.to_vec();
        if statement_keys.is_empty() {
            statement_keys = self.keys(names::STATEMENT_KEYS)?;
            for key in &statement_keys {
                let text = format!("a signer's key is the package's own word; compare it with the one you know: {key}");
                self.report.push(Outcome::Note, "statements", text);
            }
        }
        Ok(Some(Ground { checkpoint, log_keys, statement_keys }))
    }

    fn witnesses(&mut self, ground: &Ground) -> io::Result<()> {
        let packaged = if self.files.contains(names::POLICY) { Some(self.read(names::POLICY)?) } else { None };
        let parsed = packaged.map(|bytes| Policy::parse(&bytes));
        let policy = match (self.trust.policy, parsed) {
            (Some(own), _) => own.clone(),
            (None, Some(Ok(policy))) => {
                self.report.push(Outcome::Note, "witnesses", "the policy is the package's own word");
                policy
            }
            (None, Some(Err(error))) => {
                self.report.fail("witnesses", names::POLICY, with_cause(&error));
                return Ok(());
            }
            (None, None) => {
                self.report.push(Outcome::Note, "witnesses", "no policy asks for any: the log's word stands alone");
                return Ok(());
            }
        };
        // The log's own signature was checked above; here the quorum counts.
        let policy = ground.log_keys.iter().cloned().fold(policy, Policy::with_log);
        let note = Note::parse(&self.read(names::CHECKPOINT)?).map_err(io::Error::other)?;
        match policy.check(&note) {
            Ok(accepted) => {
                let seen = accepted.witnesses.iter();
                let names: Vec<_> = seen.map(|(w, time)| format!("{} at {}", w.key.name(), moment(*time))).collect();
                let text = if names.is_empty() { "the policy asks for none".to_owned() } else { names.join(", ") };
                self.report.push(Outcome::Holds, "witnesses", text);
            }
            Err(error) => self.report.fail("witnesses", names::CHECKPOINT, with_cause(&error)),
        }
        Ok(())
    }

    /// The whole tree, if the package has it: every entry and every tile is hashed.
    fn tree(&mut self, ground: &Ground) -> Option<TileReader<Tiles>> {
        let there: BTreeSet<&String> = self.files.iter().filter(|name| name.starts_with(names::TILES)).collect();
        let (size, root) = (ground.checkpoint.size(), ground.checkpoint.root());
        if there.is_empty() && size > 0 {
            return None;
        }
        let wanted: BTreeSet<String> = all_tiles(size).map(|id| id.path()).collect();
        let stray = there.iter().find(|name| !wanted.contains(**name)).map(|name| (*name).clone());
        if let Some(stray) = stray {
            self.report.fail("tree", &stray, "is no tile of this tree");
        }
        let source = Tiles(self.payload.clone());
        match self.hash_all(source, size, root, ground) {
            Ok(reader) => {
                let text = format!("{size} entries and all tiles hash to the root");
                self.report.push(Outcome::Holds, "tree", text);
                Some(reader)
            }
            Err(error) => {
                let file = tile_of(&error).map_or_else(|| names::TILES.to_owned(), |id| id.path());
                self.report.fail("tree", &file, with_cause(&error));
                None
            }
        }
    }

    fn hash_all(
        &mut self,
        source: Tiles,
        size: u64,
        root: &Hash,
        ground: &Ground,
    ) -> Result<TileReader<Tiles>, TileError<io::Error>> {
        let mut reader = TileReader::open(source, size, root)?;
        for id in all_tiles(size) {
            match id.layer() {
                Layer::Level(level) => drop(reader.tile(level, id.index())?.len()),
                Layer::Entries => {
                    let (id, bytes) = reader.bundle(id.index())?;
                    let parsed = Bundle::parse(&bytes, id.width());
                    let parsed = parsed.map_err(|source| TileError::Bundle { tile: id, source })?;
                    let file = id.path();
                    for (entry, index) in parsed.entries().zip(id.index() * 256..) {
                        self.inspection.entry(index, &file, entry, &ground.statement_keys);
                    }
                }
            }
        }
        Ok(reader)
    }

    /// Chosen entries, each with its proof and perhaps a receipt.
    fn entries(&mut self, ground: &Ground) -> io::Result<()> {
        let stems: BTreeSet<String> = self.stems(names::ENTRIES, ".entry").into_iter().collect();
        let mut receipts = 0_u64;
        for stem in &stems {
            let file = |ending: &str| format!("{}{stem}{ending}", names::ENTRIES);
            let entry = self.read(&file(".entry"))?;
            if !self.files.contains(&file(".tlog-proof")) {
                self.report.fail("entry", &file(".entry"), "has no proof");
                continue;
            }
            let index = match included(stem, &entry, &self.read(&file(".tlog-proof"))?, ground) {
                Ok(index) => index,
                Err(what) => {
                    self.report.fail("entry", &file(".tlog-proof"), what);
                    continue;
                }
            };
            if self.files.contains(&file(".cose")) {
                match received(&entry, index, &self.read(&file(".cose"))?, ground) {
                    Ok(()) => receipts += 1,
                    Err(what) => self.report.fail("receipt", &file(".cose"), what),
                }
            }
            self.inspection.entry(index, &file(".entry"), &entry, &ground.statement_keys);
        }
        for name in self.files.clone().iter().filter(|name| name.starts_with(names::ENTRIES)) {
            let known =
                name.strip_prefix(names::ENTRIES).and_then(|n| n.split_once('.')).is_some_and(|(stem, ending)| {
                    stems.contains(stem) && matches!(ending, "entry" | "tlog-proof" | "cose")
                });
            if !known {
                self.report.fail("entry", name, "belongs to no entry");
            }
        }
        if !stems.is_empty() && self.report.failures().all(|line| line.check != "entry") {
            self.report.push(Outcome::Holds, "entry", format!("{} entries are in the tree", stems.len()));
        }
        if receipts > 0 {
            self.report.push(Outcome::Holds, "receipt", format!("{receipts} COSE receipts lead to the same root"));
        }
        Ok(())
    }

    fn statements(&mut self, ground: &Ground) {
        let found = &self.inspection;
        let signed = found.kinds.values().sum::<u64>();
        let summary = found.summary();
        if signed > 0 && ground.statement_keys.is_empty() {
            self.report.push(Outcome::Note, "statements", format!("{summary}; no key to check their signatures with"));
            return;
        }
        let unsigned = found.unsigned.clone();
        for (index, file) in &unsigned {
            let text = format!("entry {index} is a statement that none of the trusted keys signed");
            self.report.fail("statements", file, text);
        }
        if unsigned.is_empty() && !summary.is_empty() {
            self.report.push(Outcome::Holds, "statements", summary);
        }
    }

    fn stamps(&mut self, ground: &Ground, mut tree: Option<&mut TileReader<Tiles>>) -> io::Result<()> {
        let stems = self.stems(names::STAMPS, ".tsr");
        if stems.is_empty() {
            return Ok(());
        }
        let mut own = flagstate_tsp::Trust::default();
        let roots = match self.trust.stamp_roots {
            Some(roots) => roots,
            None => {
                if self.files.contains(names::STAMP_ROOTS)
                    && let Err(error) = own.add_roots(&self.read(names::STAMP_ROOTS)?)
                {
                    self.report.fail("time stamp", names::STAMP_ROOTS, error.to_string());
                }
                self.report.push(Outcome::Note, "time stamp", "the authorities' roots are the package's own word");
                &own
            }
        };
        for stem in stems {
            let file = |ending: &str| format!("{}{stem}{ending}", names::STAMPS);
            let stamped = self.read(&file(".checkpoint")).unwrap_or_default();
            if let Err(what) = same_tree(&stamped, ground, tree.as_deref_mut()) {
                self.report.fail("time stamp", &file(".checkpoint"), what);
                continue;
            }
            let token = flagstate_tsp::token(&self.read(&file(".tsr"))?).map_err(|error| error.to_string());
            let checked = token.and_then(|token| {
                flagstate_tsp::verify(&token, &stamped, None, roots).map_err(|error| error.to_string())
            });
            match checked {
                Ok(stamp) => {
                    let text = format!("the checkpoint existed at {}, says {}", stamp.time_text, stamp.authority);
                    self.report.push(Outcome::Holds, "time stamp", text);
                }
                Err(what) => self.report.fail("time stamp", &file(".tsr"), what),
            }
        }
        Ok(())
    }

    /// Openings open what entries committed to; what was erased is named.
    fn openings(&mut self) -> io::Result<()> {
        let stems = self.stems(names::OPENINGS, ".json");
        let mut opened = BTreeSet::new();
        for stem in &stems {
            let file = format!("{}{stem}.json", names::OPENINGS);
            let found = Opened::read(&self.read(&file)?).map(|opening| opening.commitment());
            match found {
                Some(commitment) if commitment.hex() != *stem => {
                    self.report.fail("opening", &file, "opens another commitment than its name says");
                }
                Some(commitment) if !self.inspection.commitments.contains(&commitment) => {
                    self.report.fail("opening", &file, "opens a commitment of no entry here");
                }
                Some(commitment) if self.inspection.erased.contains_key(&commitment) => {
                    self.report.fail("opening", &file, "opens what an entry says was erased: it must not be passed on");
                }
                Some(commitment) => drop(opened.insert(commitment)),
                None => self.report.fail("opening", &file, "does not open the commitment that it names"),
            }
        }
        if !opened.is_empty() {
            self.report.push(Outcome::Holds, "opening", format!("{} commitments are opened", opened.len()));
        }
        for (commitment, (index, basis)) in &self.inspection.erased {
            let text = format!("[erased {}, {basis}, recorded in entry {index}]", commitment.hex());
            self.report.push(Outcome::Note, "opening", text);
        }
        Ok(())
    }
}

/// The index of an entry that its proof puts under the checkpoint.
fn included(stem: &str, entry: &[u8], proof: &[u8], ground: &Ground) -> Result<u64, String> {
    let proof = Proof::parse(proof).map_err(|error| with_cause(&error))?;
    if proof.index().to_string() != stem {
        return Err(format!("is the proof of entry {}", proof.index()));
    }
    if proof.checkpoint() != &ground.checkpoint {
        return Err("leads to another checkpoint than the package's".to_owned());
    }
    proof.note().verify(&ground.log_keys).map_err(|error| error.to_string())?;
    let hashes = proof.hashes();
    let (size, root) = (ground.checkpoint.size(), ground.checkpoint.root());
    flagstate_tlog::verify_inclusion(&leaf_hash(entry), proof.index(), size, hashes, root)
        .map_err(|error| error.to_string())?;
    Ok(proof.index())
}

/// A receipt shows the same entry in the same tree.
fn received(entry: &[u8], index: u64, receipt: &[u8], ground: &Ground) -> Result<(), String> {
    let found = cose::verify(receipt, entry, &ground.log_keys).map_err(|error| error.to_string())?;
    let (size, root) = (ground.checkpoint.size(), *ground.checkpoint.root());
    let same = (found.index, found.size, found.root) == (index, size, root)
        && found.issuer == ground.checkpoint.origin()
        && found.subject == cose::subject(entry);
    if same { Ok(()) } else { Err("is about another entry or another checkpoint".to_owned()) }
}

/// The stamped checkpoint is one of the same tree, earlier or equal.
fn same_tree(stamped: &[u8], ground: &Ground, tree: Option<&mut TileReader<Tiles>>) -> Result<(), String> {
    let origin = ground.checkpoint.origin();
    let (old, _) = Checkpoint::open(stamped, origin, &ground.log_keys).map_err(|error| with_cause(&error))?;
    if old == ground.checkpoint {
        return Ok(());
    }
    let Some(tree) = tree.filter(|tree| old.size() <= tree.size()) else {
        return Err("is another checkpoint than the package's, and only a whole log can connect them".to_owned());
    };
    let root = range_root(tree, 0..old.size()).map_err(|error| with_cause(&error))?;
    if root == *old.root() {
        Ok(())
    } else {
        Err("is a checkpoint of another tree: keep it, it convicts the log".to_owned())
    }
}

fn tile_of<E>(error: &TileError<E>) -> Option<TileId> {
    match error {
        TileError::Read { tile, .. }
        | TileError::Length { tile, .. }
        | TileError::Tile { tile }
        | TileError::Bundle { tile, .. }
        | TileError::Entry { tile, .. } => Some(*tile),
        _ => None,
    }
}

/// Seconds since 1970 as people write them.
fn moment(seconds: u64) -> String {
    let moment = i64::try_from(seconds).ok().and_then(|s| jiff::Timestamp::from_second(s).ok());
    moment.map_or_else(|| format!("second {seconds}"), |moment| moment.to_string())
}

/// An error and what caused it, in one line.
fn with_cause(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
