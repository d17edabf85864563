//! `flagstate log verify --report`: a report that carries its proof, against itself and a key from elsewhere.

use std::path::Path;

use flagstate_evidence::{
    dsse::Envelope,
    hex::Digest,
    statement::{AnyStatement, Subject},
};
use flagstate_report::proof::{self, Carried};
use flagstate_tlog::{Proof, VerifierKey, leaf_hash, policy::Policy};
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::VerifyArgs},
    failure::{Failure, chain},
    log::{self, Home},
    out,
};

/// What a good report shows.
struct Shown {
    index: u64,
    size: u64,
    kind: String,
    also: Option<String>,
}

/// True when the report, the entry, its signature and the proof fit together.
pub(super) fn verify(path: &Path, args: &VerifyArgs) -> Result<bool, Failure> {
    let bytes = log::read_file(path)?;
    let not_there = || Failure::Input {
        message: format!("{}: carries no proof", path.display()),
        help: Some("a report carries one when the project has a log (`log:` in flagstate.yaml)".into()),
    };
    let carried = std::str::from_utf8(&bytes).ok().and_then(proof::take).ok_or_else(not_there)?;
    let key = match &args.trust.vkey {
        Some(text) => log::parse_key(text)?,
        None if args.trust.policy.is_some() => log::policy_key(&args.trust)?,
        None if args.place.log.is_some() => log::log_key(&Home::open(&args.place)?, &args.trust)?,
        None => {
            out::say(
                "note: checked with the key that stands in the report; give --vkey to check with one you got elsewhere",
            );
            log::parse_key(&carried.proof.verifier_key)?
        }
    };
    let policy = log::trusted(&args.trust, &key)?;
    let outcome = check(&carried, &key, &policy);
    let text = match (args.format, &outcome) {
        (AnswerFormat::Text, Ok(shown)) => {
            let also = shown.also.as_ref().map(|line| format!("ok: {line}\n")).unwrap_or_default();
            format!(
                "ok: the report is what entry {} ({}) of {} says, under its checkpoint of size {}\n{also}",
                shown.index,
                shown.kind,
                key.name(),
                shown.size
            )
        }
        (AnswerFormat::Text, Err(why)) => format!("FAILED {}: {why}\n", path.display()),
        (AnswerFormat::Json, outcome) => pretty(&json!({
            "schema": "flagstate/log-verify-report/1",
            "holds": outcome.is_ok(),
            "origin": key.name(),
            "index": outcome.as_ref().ok().map(|s| s.index),
            "size": outcome.as_ref().ok().map(|s| s.size),
            "kind": outcome.as_ref().ok().map(|s| s.kind.clone()),
            "problem": outcome.as_ref().err(),
        })),
    };
    out::result(&text, None)?;
    Ok(outcome.is_ok())
}

fn check(carried: &Carried, key: &VerifierKey, policy: &Policy) -> Result<Shown, String> {
    let entry = carried.proof.entry().ok_or("the entry in it is not base64")?;
    let tlog = Proof::parse(carried.proof.tlog_proof.as_bytes()).map_err(|e| chain(&e))?;
    let accepted = tlog.verify(&leaf_hash(&entry), policy).map_err(|e| chain(&e))?;
    let envelope = Envelope::parse(&entry).map_err(|e| chain(&e))?;
    let verified = envelope.verify(std::slice::from_ref(key), 1).map_err(|e| chain(&e))?;
    let statement = AnyStatement::read(&verified).map_err(|e| chain(&e))?;
    let digest = Digest::of(carried.report.as_bytes()).to_string();
    let named = |subject: &Subject| subject.digest.get("sha256").is_some_and(|d| *d == digest);
    if !statement.subjects.iter().any(named) {
        return Err("the report was changed: the entry is about another one".to_owned());
    }
    if carried.proof.index != tlog.index() || carried.proof.report_sha256 != digest {
        return Err("what the report says about its proof is not what the proof says".to_owned());
    }
    Ok(Shown {
        index: tlog.index(),
        size: tlog.checkpoint().size(),
        kind: statement.kind().unwrap_or("another statement").to_owned(),
        also: super::verify::witnessed(&accepted),
    })
}
