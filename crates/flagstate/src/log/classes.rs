//! The files beside a log that `fsck` checks besides the log's own: openings, time stamps, the policy.

use std::{collections::BTreeSet, path::PathBuf};

use flagstate_evidence::{
    commitment::{self, Commitment},
    log::{
        Log, LogError, PRIVATE,
        fsck::{Checked, FileClass, Finding, Problem},
        kept,
    },
    predicates::upkeep::Redaction,
    side_store::SideStore,
    statement::AnyStatement,
};
use flagstate_tlog::{VerifierKey, policy::Policy};
use flagstate_tsp::Trust;

use super::{home::Home, keys, policy, stamps};

/// Everything that we keep beside a log.
pub(crate) struct Classes {
    side: SideStore,
    key: VerifierKey,
    trust: Option<Trust>,
    /// The passphrase in the second place.
    passphrase: Option<PathBuf>,
}

/// What the entries say about the files beside the log.
#[derive(Default)]
struct Said {
    recorded: BTreeSet<Commitment>,
    redacted: BTreeSet<Commitment>,
    stamps: Vec<stamps::Recorded>,
}

impl Classes {
    /// For the log of this key. Without roots, time stamps are compared with their digests only.
    pub(crate) fn new(home: &Home, key: VerifierKey, trust: Trust) -> Self {
        let passphrase = home.identity.as_ref().map(keys::kept_path).filter(|path| path.exists());
        Self { side: home.side(), key, trust: (!trust.is_empty()).then_some(trust), passphrase }
    }

    fn side_files(&self, log: &Checked<'_>, found: &mut dyn FnMut(Finding)) {
        let shown = |path: &std::path::Path| path.strip_prefix(log.dir).unwrap_or(path).display().to_string();
        let side = format!("{PRIVATE}/side");
        let checked = match self.side.check() {
            Ok(checked) => checked,
            Err(e) => return found(Finding::new(side, Problem::Unreadable(e.to_string()))),
        };
        for damage in &checked.damaged {
            found(Finding::damaged(shown(&damage.path), format!("it {}", damage.what)));
        }
        // Where this fails the tree itself is at fault, and that is reported.
        let Ok(said) = said(log, &self.key) else { return };
        let compared = checked.compare(&said.recorded, &said.redacted);
        for lost in compared.lost {
            found(Finding::new(format!("{side}/openings ({lost})"), Problem::Missing));
        }
        for there in compared.still_there {
            let why = "its erasure is recorded: run `flagstate log erase` again";
            found(Finding::damaged(format!("{side}/openings ({there})"), why));
        }
        for stamp in &said.stamps {
            if let Some(why) = stamps::problem(stamp, &self.side, self.trust.as_ref()) {
                found(Finding::damaged(format!("{side}/files (time stamp of entry {})", stamp.index), why));
            }
        }
    }

    fn policy(log: &Checked<'_>, found: &mut dyn FnMut(Finding)) {
        let path = log.dir.join(PRIVATE).join(policy::FILE);
        let name = format!("{PRIVATE}/{}", policy::FILE);
        if !path.exists() {
            return;
        }
        match kept::read(&path) {
            Err(e) => found(Finding::damaged(name, crate::failure::chain(&e))),
            Ok(text) => {
                if let Err(e) = Policy::parse(text.as_bytes()) {
                    found(Finding::damaged(name, crate::failure::chain(&e)));
                }
            }
        }
    }
}

impl FileClass for Classes {
    fn owns(&self, path: &str) -> bool {
        let Some(name) = path.strip_prefix(PRIVATE).and_then(|p| p.strip_prefix('/')) else { return false };
        name == policy::FILE || name.starts_with("side/openings/") || name.starts_with("side/files/")
    }

    fn check(&self, log: &Checked<'_>, found: &mut dyn FnMut(Finding)) {
        self.side_files(log, found);
        Self::policy(log, found);
        if let Some(path) = &self.passphrase
            && let Err(e) = kept::read(path)
        {
            found(Finding::damaged(path.display().to_string(), crate::failure::chain(&e)));
        }
    }
}

fn said(checked: &Checked<'_>, key: &VerifierKey) -> Result<Said, LogError> {
    let mut said = Said::default();
    let mut log = Log::at(checked.store, key, checked.note.to_string().as_bytes())?;
    log.entries(0, |index, entry| {
        // Only statements speak of files; most entries of a large log may be something else.
        if entry.first() != Some(&b'{') {
            return Ok(());
        }
        said.stamps.extend(stamps::read(index, entry));
        let redaction = redaction(entry);
        said.redacted.extend(redaction.iter().flatten());
        if redaction.is_none() {
            said.recorded.extend(commitment::in_entry(entry));
        }
        Ok::<(), LogError>(())
    })?;
    Ok(said)
}

/// What an entry says was erased, when it says that.
fn redaction(entry: &[u8]) -> Option<Vec<Commitment>> {
    let statement = AnyStatement::read_unverified(entry).ok()?;
    if statement.kind() != Some("redaction") {
        return None;
    }
    Some(serde_json::from_value::<Redaction>(statement.predicate).ok()?.commitments)
}
