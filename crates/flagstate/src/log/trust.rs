//! Whose word counts in a check: keys and policies that the user brings.

use flagstate_tlog::{VerifierKey, policy::Policy};

use super::{home::Home, policy};
use crate::{cli::log::Trust, failure::Failure, out};

/// A key as the user gave it: the key itself, or `@FILE`... a file may end with a line end.
pub(crate) fn parse_key(text: &str) -> Result<VerifierKey, Failure> {
    text.trim().parse().map_err(|e: flagstate_tlog::note::KeyError| Failure::Usage(format!("--vkey: {e}")))
}

/// The key of a log: from the flag, the policy, or the log's own identity, which is said.
pub(crate) fn log_key(home: &Home, trust: &Trust) -> Result<VerifierKey, Failure> {
    if let Some(text) = &trust.vkey {
        return parse_key(text);
    }
    if let Some(path) = &trust.policy
        && let Some(log) = policy::read(path)?.logs().first()
    {
        return Ok(log.key.clone());
    }
    if let Some(key) = home.identity.as_ref().and_then(|identity| identity.vkey()) {
        out::say("note: checked with the key in the log's own folder; give --vkey to check with one you got elsewhere");
        return Ok(key.clone());
    }
    Err(Failure::Usage("which key? Give the log's verifier key with --vkey, or a --policy that names it".into()))
}

/// The key of the one log in the policy, where there is no folder to ask.
pub(crate) fn policy_key(trust: &Trust) -> Result<VerifierKey, Failure> {
    let path = trust.policy.as_deref();
    let policy = path.map(policy::read).transpose()?;
    let key = policy.as_ref().and_then(|policy| policy.logs().first()).map(|log| log.key.clone());
    key.ok_or_else(|| {
        Failure::Usage("which key? Give the log's verifier key with --vkey, or a --policy that names it".into())
    })
}

/// The policy to judge checkpoints by: the flag's, with the log's key added; else the key alone.
pub(crate) fn trusted(trust: &Trust, key: &VerifierKey) -> Result<Policy, Failure> {
    Ok(match &trust.policy {
        Some(path) => policy::read(path)?.with_log(key.clone()),
        None => Policy::trusting(key.clone()),
    })
}
