//! `flagstate log timestamp`: a third party vouches for the time of the checkpoint.

use std::process::ExitCode;

use flagstate_evidence::{
    predicates::upkeep::Timestamp3161,
    statement::{Statement, Subject},
};
use flagstate_net::Plain;
use flagstate_tlog::Checkpoint;
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::TimestampArgs},
    failure::Failure,
    log::{self, Home, Session},
    out,
};

/// Runs the command.
pub(super) fn run(args: &TimestampArgs) -> Result<ExitCode, Failure> {
    let home = Home::open(&args.place)?;
    let key = home.own()?.vkey().cloned().ok_or_else(|| Failure::Internal("the log has no key".into()))?;
    let configured = home.section.as_ref().and_then(|s| s.tsa.as_ref());
    let url = args.tsa.clone().or_else(|| configured.map(|tsa| tsa.url.clone())).ok_or_else(|| {
        Failure::Usage("which authority? Give --tsa URL, or `log: tsa: url:` in flagstate.yaml".into())
    })?;
    let trust = log::stamp_roots(&log::stamp_root_files(&home, &args.tsa_roots))?;
    if trust.is_empty() {
        return Err(Failure::Usage(
            "a token proves nothing without its root: give the authority's root certificate with --tsa-roots".into(),
        ));
    }
    let anywhere = args.plain_http || configured.is_some_and(|tsa| tsa.plain_http);
    let bytes = log::read_file(&home.dir.join("checkpoint"))?;
    let (checkpoint, _) = Checkpoint::open(&bytes, key.name(), [&key]).map_err(|e| Failure::input(&e, log::DAMAGED))?;
    let plain = if anywhere { Plain::Anywhere } else { Plain::Loopback };
    let (reply, stamp) = log::ask_for_stamp(&url, plain, &bytes, &trust)?;
    let side = home.side();
    let kept = |e: &dyn std::error::Error| Failure::input(e, None);
    side.put_file(&bytes, log::STAMPED).map_err(|e| kept(&e))?;
    let reply = side.put_file(&reply, log::REPLY).map_err(|e| kept(&e))?;
    let time = stamp.time_text.parse().map_err(|e| Failure::Internal(format!("time of a token: {e}")))?;
    let said = Timestamp3161 {
        origin: checkpoint.origin().to_owned(),
        size: checkpoint.size(),
        root: checkpoint.root().to_string(),
        time,
        serial: stamp.serial.clone(),
        policy: stamp.policy.clone(),
        authority: stamp.authority.clone(),
        reply,
    };
    let statement = Statement::new(vec![Subject::of("checkpoint", &bytes)], said);
    let (session, indexes) = Session::open(&home, &args.unlock, None, &mut |keys| {
        Ok(vec![statement.sign(&[keys.signer()]).map_err(|e| Failure::input(&e, None))?])
    })?;
    session.close()?.tell();
    let index = indexes.first().copied().unwrap_or_default();
    let text = match args.format {
        AnswerFormat::Text => format!(
            "{} vouches that the checkpoint of size {} existed at {}; recorded as entry {index}\n",
            stamp.authority,
            checkpoint.size(),
            stamp.time_text
        ),
        AnswerFormat::Json => pretty(&json!({
            "schema": "flagstate/log-timestamp/1",
            "index": index,
            "size": checkpoint.size(),
            "time": stamp.time_text,
            "authority": stamp.authority,
            "serial": stamp.serial,
            "policy": stamp.policy,
            "reply_sha256": reply.to_string(),
        })),
    };
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}
