//! Writing a package.
//!
//! What it deliberately does not do: it invents nothing. What goes in comes as an argument, the clock as a date. Before the
//! folder gets its name it is verified as a stranger would verify it, so that no package leaves that does not hold.

use std::{
    collections::BTreeSet,
    fmt, io,
    path::{Path, PathBuf},
};

use flagstate_tlog::{
    Checkpoint, Proof, Signer, TileId, TileReader, TileSource, VerifierKey,
    checkpoint::OpenError,
    inclusion_proof,
    note::Note,
    tile::{Bundle, Layer, TILE_WIDTH, TileError, all_tiles},
};
use jiff::civil::Date;

use super::{
    INSTRUCTIONS, PYTHON_VERIFIER, SPECIFICATION,
    bag::{Info, Writer},
    names,
    opened::Opened,
    verify::{self, Trust, VerifyError},
};
use crate::{
    commitment::{self, Opening},
    cose::{self, IssueError},
    log::{ReadError, store::TileStore},
};

/// Which entries go into the package.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Selection {
    /// All of them, as the log's own tree of tiles.
    Whole,
    /// These ones, each with a proof.
    Entries(BTreeSet<u64>),
}

/// A time stamp and the checkpoint that it is for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Stamped {
    /// The signed checkpoint, as it was stamped.
    pub checkpoint: Vec<u8>,
    /// The authority's answer.
    pub reply: Vec<u8>,
}

/// What goes into a package.
#[derive(Clone)]
pub struct Contents<'a> {
    /// The log's tiles and entries.
    pub store: &'a dyn TileStore,
    /// The signed checkpoint, with the cosignatures that it got.
    pub checkpoint: &'a [u8],
    /// The log's keys; the first one signed the checkpoint.
    pub log_keys: &'a [VerifierKey],
    /// The policy that says which witnesses must have cosigned.
    pub policy: Option<&'a [u8]>,
    /// Which entries.
    pub selection: Selection,
    /// Keys of those who sign statements.
    pub statement_keys: &'a [VerifierKey],
    /// Time stamps.
    pub stamps: &'a [Stamped],
    /// Roots of the authorities that made them, in PEM.
    pub stamp_roots: Option<&'a [u8]>,
    /// The log's key, when COSE receipts shall go with chosen entries.
    pub receipts: Option<&'a dyn Signer>,
    /// Openings of commitments: personal data, so only what was asked for.
    pub openings: &'a [Opening],
    /// The date for the label.
    pub made_on: Date,
    /// The organisation for the label.
    pub organisation: Option<&'a str>,
    /// The program for the label, with its version.
    pub software: &'a str,
}

/// What was written.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Exported {
    /// Payload files.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Entries.
    pub entries: u64,
    /// What the verification of the finished package said.
    pub report: verify::Report,
}

/// Why there is no package.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The folder cannot be written.
    #[error("the package cannot be written to {path}: {source}")]
    Write {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The checkpoint is not the log's.
    #[error("the log's checkpoint cannot be exported")]
    Checkpoint(#[from] OpenError),
    /// No key to check anything with.
    #[error("a package needs the log's key")]
    NoKey,
    /// The log is damaged.
    #[error("the log is damaged, so nothing is exported; run `log fsck`")]
    Log(#[from] TileError<ReadError>),
    /// No such entry.
    #[error("entry {index} is not in the checkpoint, which has {size} entries")]
    NoEntry {
        /// The entry.
        index: u64,
        /// The size.
        size: u64,
    },
    /// A label with a line break.
    #[error("the {0} has a line break or another control character, which a label cannot have")]
    Label(&'static str),
    /// An opening of something else.
    #[error("an opening belongs to no entry of the package ({0}): leave it out")]
    Opening(String),
    /// No receipt.
    #[error(transparent)]
    Receipt(#[from] IssueError),
    /// The finished package does not hold.
    #[error("the package does not verify, so it was not kept: {0}")]
    Refused(String),
    /// The finished package cannot be read.
    #[error(transparent)]
    Verify(#[from] VerifyError),
}

impl fmt::Debug for Contents<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents").field("selection", &self.selection).finish_non_exhaustive()
    }
}

/// Reads tiles of a store for the code that checks them.
struct Tiles<'a>(&'a dyn TileStore);

impl TileSource for Tiles<'_> {
    type Error = ReadError;

    fn read(&self, id: TileId) -> Result<Vec<u8>, ReadError> {
        self.0.read(&id.path())?.ok_or(ReadError::Missing)
    }
}

/// Writes a package to the folder `target`, which must not exist. It appears when it is whole, durable and verified.
pub fn export(target: &Path, contents: &Contents<'_>) -> Result<Exported, ExportError> {
    let io = |source| ExportError::Write { path: target.to_owned(), source };
    let key = contents.log_keys.first().ok_or(ExportError::NoKey)?;
    let (checkpoint, note) = Checkpoint::open(contents.checkpoint, key.name(), contents.log_keys)?;
    labels(contents)?;
    let mut bag = Writer::start(target).map_err(io)?;
    for (name, bytes) in fixed(contents) {
        bag.add(name, &bytes).map_err(io)?;
    }
    for (number, stamp) in contents.stamps.iter().enumerate() {
        bag.add(&format!("{}{number}.checkpoint", names::STAMPS), &stamp.checkpoint).map_err(io)?;
        bag.add(&format!("{}{number}.tsr", names::STAMPS), &stamp.reply).map_err(io)?;
    }
    let mut job =
        Job { bag: &mut bag, contents, checkpoint: &checkpoint, note: &note, wanted: openings(contents), last: None };
    let entries = job.run(target)?;
    if let Some(left) = job.wanted.first() {
        return Err(ExportError::Opening(left.to_string()));
    }
    for opening in contents.openings {
        let name = format!("{}{}.json", names::OPENINGS, opening.commitment().hex());
        bag.add(&name, &Opened::new(opening).to_bytes()).map_err(io)?;
    }
    let (files, bytes) = bag.size();
    let info = Info {
        origin: checkpoint.origin(),
        organisation: contents.organisation,
        made_on: contents.made_on,
        software: contents.software,
    };
    let folder = bag.seal(&info).map_err(io)?;
    let report = verify::verify(folder.path(), &Trust { log_keys: contents.log_keys, ..Trust::default() })?;
    if let Some(line) = report.failures().next() {
        return Err(ExportError::Refused(line.to_string()));
    }
    folder.finish().map_err(io)?;
    Ok(Exported { files, bytes, entries, report })
}

/// Files that every package has, and those that stand for themselves.
fn fixed(contents: &Contents<'_>) -> Vec<(&'static str, Vec<u8>)> {
    let keys = |all: &[VerifierKey]| {
        let lines: Vec<String> = all.iter().map(VerifierKey::to_string).collect();
        (lines.join("\n") + "\n").into_bytes()
    };
    let mut files = vec![
        (names::INSTRUCTIONS, INSTRUCTIONS.into()),
        (names::SPECIFICATION, SPECIFICATION.into()),
        (names::PYTHON_VERIFIER, PYTHON_VERIFIER.into()),
        (names::CHECKPOINT, contents.checkpoint.to_vec()),
        (names::LOG_KEYS, keys(contents.log_keys)),
    ];
    if !contents.statement_keys.is_empty() {
        files.push((names::STATEMENT_KEYS, keys(contents.statement_keys)));
    }
    files.extend(contents.policy.map(|policy| (names::POLICY, policy.to_vec())));
    files.extend(contents.stamp_roots.map(|roots| (names::STAMP_ROOTS, roots.to_vec())));
    files
}

fn labels(contents: &Contents<'_>) -> Result<(), ExportError> {
    let bad = |text: &str| text.chars().any(char::is_control);
    if contents.organisation.is_some_and(bad) {
        return Err(ExportError::Label("organisation"));
    }
    if bad(contents.software) { Err(ExportError::Label("program")) } else { Ok(()) }
}

fn openings(contents: &Contents<'_>) -> BTreeSet<commitment::Commitment> {
    contents.openings.iter().map(Opening::commitment).collect()
}

/// Copies entries into the bag.
struct Job<'a> {
    bag: &'a mut Writer,
    contents: &'a Contents<'a>,
    checkpoint: &'a Checkpoint,
    note: &'a Note,
    /// Commitments with an opening that no entry had so far.
    wanted: BTreeSet<commitment::Commitment>,
    /// The bundle that was read last: neighbours share it.
    last: Option<(TileId, Vec<u8>)>,
}

impl Job<'_> {
    fn run(&mut self, target: &Path) -> Result<u64, ExportError> {
        let io = |source| ExportError::Write { path: target.to_owned(), source };
        let (size, root) = (self.checkpoint.size(), self.checkpoint.root());
        let mut reader = TileReader::open(Tiles(self.contents.store), size, root)?;
        match &self.contents.selection {
            Selection::Whole => {
                for id in all_tiles(size) {
                    let bytes = match id.layer() {
                        Layer::Entries => self.bundle(&mut reader, id)?,
                        Layer::Level(level) => reader.tile(level, id.index())?.to_vec(),
                    };
                    self.bag.add(&id.path(), &bytes).map_err(io)?;
                }
                Ok(size)
            }
            Selection::Entries(chosen) => {
                for index in chosen {
                    for (name, bytes) in self.entry(&mut reader, *index)? {
                        self.bag.add(&name, &bytes).map_err(io)?;
                    }
                }
                Ok(chosen.len() as u64)
            }
        }
    }

    fn bundle(&mut self, reader: &mut TileReader<Tiles<'_>>, id: TileId) -> Result<Vec<u8>, ExportError> {
        let (_, bytes) = reader.bundle(id.index())?;
        if !self.wanted.is_empty() {
            let parsed = Bundle::parse(&bytes, id.width()).map_err(|source| TileError::Bundle { tile: id, source })?;
            for entry in parsed.entries() {
                self.found(entry);
            }
        }
        Ok(bytes)
    }

    /// The files of one entry: itself, its proof, and its receipt.
    fn entry(&mut self, reader: &mut TileReader<Tiles<'_>>, index: u64) -> Result<Vec<(String, Vec<u8>)>, ExportError> {
        let size = self.checkpoint.size();
        let missing = || ExportError::NoEntry { index, size };
        if index >= size {
            return Err(missing());
        }
        let (number, width) = (index / u64::from(TILE_WIDTH), u64::from(TILE_WIDTH));
        let (id, bytes) = match self.last.take() {
            Some((id, bytes)) if id.index() == number => (id, bytes),
            _ => reader.bundle(number)?,
        };
        let parsed = Bundle::parse(&bytes, id.width()).map_err(|source| TileError::Bundle { tile: id, source })?;
        let slot = usize::try_from(index % width).map_err(|_| missing())?;
        let entry = parsed.entries().nth(slot).ok_or_else(missing)?.to_vec();
        self.last = Some((id, bytes));
        self.found(&entry);
        let path = inclusion_proof(reader, index, size).map_err(|error| match error {
            flagstate_tlog::tree::ProveError::Read(source) => ExportError::Log(source),
            _ => missing(),
        })?;
        let stem = format!("{}{index}", names::ENTRIES);
        let mut files = Vec::new();
        if let Some(signer) = self.contents.receipts {
            let receipt = cose::issue(signer, self.checkpoint, &entry, index, &path)?;
            files.push((format!("{stem}.cose"), receipt));
        }
        let proof = Proof::new(index, path, self.note.clone()).map_err(|_| missing())?;
        files.push((format!("{stem}.tlog-proof"), proof.to_string().into_bytes()));
        files.push((format!("{stem}.entry"), entry));
        Ok(files)
    }

    fn found(&mut self, entry: &[u8]) {
        if !self.wanted.is_empty() {
            for commitment in commitment::in_entry(entry) {
                self.wanted.remove(&commitment);
            }
        }
    }
}
