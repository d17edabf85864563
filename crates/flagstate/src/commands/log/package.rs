//! `flagstate log verify PACKAGE`: an exported package, on a machine that has nothing else.

use std::path::Path;

use flagstate_evidence::package::{Outcome, Trust, verify as verify_package};
use flagstate_tlog::{VerifierKey, policy::Policy};
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::VerifyArgs},
    failure::Failure,
    log, out,
};

/// True when everything in the package holds.
pub(super) fn verify(path: &Path, args: &VerifyArgs) -> Result<bool, Failure> {
    let trust = &args.trust;
    let keys: Vec<VerifierKey> = trust.vkey.iter().map(|text| log::parse_key(text)).collect::<Result<_, _>>()?;
    let policy: Option<Policy> = match (&trust.policy, keys.first()) {
        (Some(_), Some(key)) => Some(log::trusted(trust, key)?),
        (Some(_), None) => Some(log::trusted(trust, &log::policy_key(trust)?)?),
        (None, _) => None,
    };
    let roots = log::stamp_roots(&trust.tsa_roots)?;
    let brought = Trust {
        log_keys: &keys,
        policy: policy.as_ref(),
        statement_keys: &keys,
        stamp_roots: (!roots.is_empty()).then_some(&roots),
    };
    let report = verify_package(path, &brought).map_err(|e| Failure::input(&e, None))?;
    let text = match args.format {
        AnswerFormat::Text => super::lines(&report.lines),
        AnswerFormat::Json => pretty(&json!({
            "schema": "flagstate/log-verify-package/1",
            "holds": report.holds(),
            "lines": report.lines.iter().map(|line| json!({
                "outcome": match line.outcome { Outcome::Holds => "ok", Outcome::Fails => "failed", Outcome::Note => "note" },
                "check": line.check,
                "file": line.file,
                "text": line.text,
            })).collect::<Vec<_>>(),
        })),
    };
    out::result(&text, None)?;
    Ok(report.holds())
}
