//! Recording what was answered: a signed statement in the project's log, and its proof for the report.
//!
//! The entry names the SHA-256 of the report as it is without its proof, because the proof can only be made once the entry is
//! in the log. It also names the answer as JSON, so that the same answer is recognised in any other form.
//!
//! What it deliberately does not do: keep the report. Whoever needs it later keeps the file.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{BufReader, Read},
    path::Path,
};

use flagstate_evidence::{
    hex::Digest,
    log::{Log, LogError},
    predicates::{
        Predicate,
        judgement::{self, Input, Tool, Verdicts},
    },
    statement::{AnyStatement, Statement, Subject},
};
use flagstate_exposure::{Finding, HarmVerdict};
use flagstate_report::{
    json,
    proof::{Parts, Proof},
};
use flagstate_tlog::VerifierKey;
use sha2::{Digest as _, Sha256};

use super::{
    DAMAGED,
    home::{Home, sibling},
    now,
    session::Session,
};
use crate::{cli::log::Unlock, context::Judged, failure::Failure, out};

/// A report without its proof, and what it is called.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Report<'a> {
    /// For example `assessment.html`.
    pub(crate) name: &'a str,
    /// Its text.
    pub(crate) text: &'a str,
}

/// The log of the project, when it has one.
pub(crate) fn home(judged: &Judged) -> Result<Option<Home>, Failure> {
    let source = &judged.source;
    let Some(section) = &source.log else { return Ok(None) };
    let dir = source.folder.join(&section.dir);
    let home = Home::at(dir, Some(section.clone()), source.folder.clone())?;
    home.own()?;
    Ok(Some(home))
}

/// Records an assessment, and answers with the proof for its report.
pub(crate) fn assessment(home: &Home, judged: &Judged, report: Report<'_>) -> Result<Proof, Failure> {
    let a = &judged.assessment;
    let mut workloads: BTreeMap<String, Verdicts> = BTreeMap::new();
    for workload in &a.workloads {
        for (harm, found) in &workload.harms {
            let count = workloads.entry(format!("{harm:?}")).or_default();
            match found.foreign {
                HarmVerdict::Reached => count.reached += 1,
                HarmVerdict::Contested => count.contested += 1,
                HarmVerdict::Unknown => count.unknown += 1,
                HarmVerdict::Cut => count.cut += 1,
            }
        }
    }
    let predicate = judgement::Assessment {
        as_of: a.as_of,
        made_at: now(),
        catalog: catalog(judged)?,
        control_test: words(&a.control_test)?,
        home: a.home.clone(),
        assumed: a.assumed.clone(),
        inputs: inputs(judged)?,
        resources: a.resources,
        workloads,
        tool: tool(),
        asked_by: None,
    };
    let answer = Subject::of("answer.json", json::assessment(a).as_bytes());
    append(home, report, &Statement::new(vec![subject(report), answer], predicate))
}

/// Records what a gate answered, and answers with the proof for its report.
pub(crate) fn check(home: &Home, judged: &Judged, findings: &[&Finding], report: Report<'_>) -> Result<Proof, Failure> {
    let mut by_workload: BTreeMap<String, u64> = BTreeMap::new();
    for finding in findings {
        *by_workload.entry(finding.workload.clone()).or_default() += 1;
    }
    let predicate = judgement::Check {
        as_of: judged.assessment.as_of,
        made_at: now(),
        catalog: catalog(judged)?,
        inputs: inputs(judged)?,
        passed: findings.is_empty(),
        findings: u64::try_from(findings.len()).unwrap_or(u64::MAX),
        by_workload,
        tool: tool(),
        asked_by: None,
    };
    let answer = Subject::of("answer.json", json::findings(findings).as_bytes());
    append(home, report, &Statement::new(vec![subject(report), answer], predicate))
}

/// The proof of the newest entry about this very report, when that is the log's last entry.
pub(crate) fn last(home: &Home, report: Report<'_>) -> Result<Option<Proof>, Failure> {
    let key = key(home)?;
    let store = home.store()?;
    let mut log = Log::open(&store, &key).map_err(damaged)?;
    let Some(index) = log.checkpoint().size().checked_sub(1) else { return Ok(None) };
    let entry = log.entry(index).map_err(damaged)?;
    let Ok(statement) = AnyStatement::read_unverified(&entry) else { return Ok(None) };
    if statement.subjects.first() != Some(&subject(report)) {
        return Ok(None);
    }
    prove(&mut log, &key, index, report).map(Some)
}

/// Puts the proof of a report that cannot carry it beside the report's file: `FILE.tlog-proof` and `FILE.entry`.
pub(crate) fn beside(proof: &Proof, output: Option<&Path>) -> Result<(), Failure> {
    let Some(path) = output else {
        out::say(&format!("note: this form carries no proof; `flagstate log prove --index {}` writes it", proof.index));
        return Ok(());
    };
    out::write_file(&sibling(path, ".tlog-proof"), proof.tlog_proof.as_bytes())?;
    out::write_file(&sibling(path, ".entry"), &proof.entry().unwrap_or_default())
}

fn append<P: Predicate>(home: &Home, report: Report<'_>, statement: &Statement<P>) -> Result<Proof, Failure> {
    let (session, index) = Session::recording(home, &Unlock::default(), statement)?;
    session.close()?.tell();
    out::say(&format!("recorded as entry {index} of the log in {}", home.dir.display()));
    let key = key(home)?;
    let store = home.store()?;
    let mut log = Log::open(&store, &key).map_err(damaged)?;
    prove(&mut log, &key, index, report)
}

fn prove(log: &mut Log<'_>, key: &VerifierKey, index: u64, report: Report<'_>) -> Result<Proof, Failure> {
    let entry = log.entry(index).map_err(damaged)?;
    let tlog = log.prove(index).map_err(damaged)?;
    Ok(Proof::new(Parts {
        origin: key.name(),
        verifier_key: &key.to_string(),
        index,
        size: tlog.checkpoint().size(),
        report_sha256: &Digest::of(report.text.as_bytes()).to_string(),
        entry: &entry,
        tlog_proof: &tlog.to_string(),
    }))
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err wants")]
fn damaged(e: LogError) -> Failure {
    Failure::input(&e, DAMAGED)
}

fn key(home: &Home) -> Result<VerifierKey, Failure> {
    home.own()?.vkey().cloned().ok_or_else(|| Failure::Internal("the log has no key".into()))
}

fn subject(report: Report<'_>) -> Subject {
    Subject::of(report.name, report.text.as_bytes())
}

fn tool() -> Tool {
    Tool { name: "flagstate".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned(), sha256: None }
}

fn catalog(judged: &Judged) -> Result<Digest, Failure> {
    let text = &judged.assessment.catalog_digest;
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    digits.parse().map_err(|_| Failure::Internal(format!("the catalog's digest `{text}` is none")))
}

/// The word that JSON has for a value.
fn words(value: &impl serde::Serialize) -> Result<String, Failure> {
    let value = serde_json::to_value(value).map_err(|e| Failure::Internal(e.to_string()))?;
    Ok(value.as_str().unwrap_or_default().to_owned())
}

/// Every file that was read, by digest and format; no names, which may speak of people.
fn inputs(judged: &Judged) -> Result<Vec<Input>, Failure> {
    let formats: BTreeMap<&str, &str> =
        judged.assessment.inputs.iter().map(|input| (input.name.as_str(), input.format.as_str())).collect();
    let mut found = Vec::new();
    for path in &judged.source.files {
        let shown = path.display().to_string();
        let kind = formats.get(shown.as_str()).copied().unwrap_or("file").to_owned();
        found.push(Input { kind, sha256: digest_of(path)? });
    }
    found.sort_by_key(|input| (input.kind.clone(), input.sha256));
    found.extend(judged.source.project.map(|sha256| Input { kind: "flagstate.yaml".to_owned(), sha256 }));
    Ok(found)
}

fn digest_of(path: &Path) -> Result<Digest, Failure> {
    let failed = |e: std::io::Error| Failure::Input {
        message: format!("{}: cannot be read again for the record: {e}", path.display()),
        help: None,
    };
    let mut reader = BufReader::new(File::open(path).map_err(failed)?);
    let (mut sha, mut block) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        let read = reader.read(&mut block).map_err(failed)?;
        if read == 0 {
            return Ok(Digest(sha.finalize().into()));
        }
        sha.update(block.get(..read).unwrap_or_default());
    }
}
