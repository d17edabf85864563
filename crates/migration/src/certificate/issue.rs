//! Making a certificate: the document, the statement about it, the file that holds both.

use flagstate_evidence::{
    commitment::Commitment,
    dsse::Envelope,
    hex::Digest,
    jcs::{self, JcsError},
    predicates::{
        judgement::Tool,
        moving::{Certificate, Exception, Manifest, Place, TransferAcceptance, Window},
    },
    statement::{RecordError, Statement, Subject},
};
use flagstate_tlog::Signer;
use jiff::Timestamp;

use super::{AcceptedLoss, BUNDLE, Bundle, DOCUMENT, Document, Gathered, Logged, PassDone, by_name};
use crate::{
    cutover::Cutover,
    journal::{Acceptance, Journal, JournalError},
    row::Fate,
    settings::Settings,
    tree::{OBJECTS, Summary},
    verify,
};

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum IssueError {
    /// Something did not arrive, and nobody accepted that.
    #[error("{records} objects did not arrive ({fates}); copy them, or accept the gaps by name")]
    Gaps {
        /// How many.
        records: u64,
        /// What became of them.
        fates: String,
    },
    /// A loss that nobody accepted.
    #[error("the loss `{0}` was not accepted by anybody")]
    Loss(&'static str),
    /// The manifest and the last look disagree.
    #[error("the manifest has {manifest} records, and the last look saw {listed}; run the cutover again")]
    Disagree {
        /// Records of the manifest.
        manifest: u64,
        /// Records of the listings.
        listed: u64,
    },
    /// The journal.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// No canonical form.
    #[error(transparent)]
    Canonical(#[from] JcsError),
    /// The statement.
    #[error(transparent)]
    Record(#[from] RecordError),
    /// JSON.
    #[error("the certificate cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// What no certificate of a move can show.
const NOT_SHOWN: [&str; 5] = [
    "objects that were deleted at the source before the first pass",
    "objects that the source's listings did not show",
    "copies, backups and replicas that a provider keeps",
    "whether applications read the target rightly",
    "that the source's bytes were right before they were read",
];

/// Makes the document. Gaps and losses must have been accepted by somebody.
pub fn document(
    settings: Settings,
    gathered: &Gathered,
    cutover: Cutover,
    journal: &Journal,
    (tool, made_at): (&str, Timestamp),
) -> Result<Document, IssueError> {
    let accepted = journal.accepted()?;
    let names = by_name(&accepted);
    let open: Vec<_> = gathered.gaps.iter().filter(|(fate, _)| **fate != Fate::Refused).collect();
    if !open.is_empty() && !names.contains_key("gaps") {
        let records = open.iter().map(|(_, g)| g.records).sum();
        let fates: Vec<&str> = open.iter().map(|(fate, _)| fate.word()).collect();
        return Err(IssueError::Gaps { records, fates: fates.join(", ") });
    }
    let losses = losses(gathered, &accepted)?;
    let (source, target) = (gathered.source.summary(OBJECTS), gathered.target.summary(OBJECTS));
    if source.records != cutover.roots.source.records {
        let (manifest, listed) = (source.records, cutover.roots.source.records);
        return Err(IssueError::Disagree { manifest, listed });
    }
    let passes: Vec<PassDone> = journal
        .passes()?
        .into_iter()
        .map(|p| PassDone {
            kind: p.kind,
            started: p.started,
            ended: p.ended,
            found: p.found.and_then(|f| serde_json::from_str(&f).ok()),
        })
        .collect();
    Ok(Document {
        format: DOCUMENT.to_owned(),
        from: settings.began,
        to: cutover.to,
        objects: gathered.objects,
        bytes: gathered.bytes,
        marks: gathered.marks,
        source,
        target,
        transform: if settings.recipients.is_empty() { "none".to_owned() } else { "age".to_owned() },
        cutover,
        read_checked_by: gathered.read.clone(),
        write_checked_by: gathered.wrote.clone(),
        verified: verify::remembered(journal)?,
        losses,
        gaps: gathered.gaps.clone(),
        gaps_accepted_by: names.get("gaps").map(|a| a.who.clone()),
        passes,
        manifest: gathered.manifest.clone(),
        not_shown: NOT_SHOWN.iter().map(|s| (*s).to_owned()).collect(),
        tool: tool.to_owned(),
        made_at,
        settings,
    })
}

fn losses(gathered: &Gathered, accepted: &[Acceptance]) -> Result<Vec<AcceptedLoss>, IssueError> {
    let names = by_name(accepted);
    let mut losses = Vec::new();
    for (loss, group) in &gathered.losses {
        let acceptance = names.get(loss.name()).or_else(|| names.get("all-losses"));
        let acceptance = acceptance.ok_or(IssueError::Loss(loss.name()))?;
        losses.push(AcceptedLoss {
            name: *loss,
            means: loss.means().to_owned(),
            group: group.clone(),
            accepted_by: Some(acceptance.who.clone()),
            accepted_at: Some(acceptance.at.clone()),
        });
    }
    Ok(losses)
}

/// The canonical bytes of the document: what the statement names.
fn canonical(document: &Document) -> Result<Vec<u8>, IssueError> {
    Ok(jcs::to_vec(document)?)
}

fn manifest(summary: &Summary) -> Manifest {
    Manifest { records: summary.records, bytes: summary.bytes, root: summary.root, format: summary.format.clone() }
}

fn exceptions(document: &Document) -> Vec<Exception> {
    let gaps = document.gaps.iter().map(|(fate, group)| Exception {
        what: fate.word().to_owned(),
        records: group.records,
        reason: if *fate == Fate::Refused { "not-portable" } else { "unreadable" }.to_owned(),
    });
    let losses = document.losses.iter().map(|loss| Exception {
        what: loss.name.name().to_owned(),
        records: loss.group.records,
        reason: "not-portable".to_owned(),
    });
    gaps.chain(losses).collect()
}

/// The bytes of the log's entry: the statement about the document, signed.
pub fn statement(
    document: &Document,
    signers: &[&dyn Signer],
    entries: [u64; 2],
    tool: &Tool,
) -> Result<Vec<u8>, IssueError> {
    let place = |container: &str, offering: &Option<String>| Place {
        offering: offering.clone().unwrap_or_else(|| "unknown".to_owned()),
        region: None,
        container: container.to_owned(),
    };
    let settings = &document.settings;
    let predicate = Certificate {
        transfer_id: settings.id.clone(),
        source: place(&settings.from, &settings.from_offering),
        target: place(&settings.to, &settings.to_offering),
        window: Window { from: document.from, to: document.to },
        read: manifest(&document.source),
        arrived: manifest(&document.target),
        entries,
        exceptions: exceptions(document),
        not_shown: document.not_shown.clone(),
        tool: tool.clone(),
    };
    let subject = Subject::with_digest("certificate", Digest::of(&canonical(document)?));
    Ok(Statement::new(vec![subject], predicate).sign(signers)?)
}

/// The statement by which somebody accepts losses or gaps.
pub fn acceptance(
    settings: &Settings,
    plan: Digest,
    (who, at): (Commitment, Timestamp),
    exceptions: Vec<Exception>,
    signers: &[&dyn Signer],
) -> Result<Vec<u8>, IssueError> {
    let predicate =
        TransferAcceptance { transfer_id: settings.id.clone(), accepted_at: at, accepted_by: vec![who], exceptions };
    Ok(Statement::new(vec![Subject::with_digest("plan", plan)], predicate).sign(signers)?)
}

/// The file: document, statement, acceptances, keys, and the place in the log.
pub fn bundle(
    document: &Document,
    entry: &[u8],
    accepted: &[Acceptance],
    keys: Vec<String>,
    log: Option<Logged>,
) -> Result<Bundle, IssueError> {
    // What is not an envelope never gets here; parsing keeps only what an envelope has.
    let envelope: Envelope = serde_json::from_slice(entry)?;
    let acceptances = accepted.iter().filter_map(|a| serde_json::from_str(a.envelope.as_deref()?).ok()).collect();
    Ok(Bundle {
        format: BUNDLE.to_owned(),
        document: serde_json::to_value(document)?,
        envelope: serde_json::to_value(&envelope)?,
        acceptances,
        keys,
        log,
    })
}
