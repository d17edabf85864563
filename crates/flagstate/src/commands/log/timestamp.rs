//! `flagstate log timestamp`: a third party vouches for the time of the checkpoint.

use std::process::ExitCode;

use flagstate_evidence::timestamp::ENDING;
use flagstate_net::Plain;
use flagstate_tlog::Checkpoint;
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::TimestampArgs},
    failure::Failure,
    log::{self, Answered, Home, Session},
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
    let Answered { reply, stamp, statement } = log::ask_for_stamp(&url, plain, &bytes, &trust)?;
    let side = home.side();
    side.put_file(&bytes, log::STAMPED).map_err(|e| Failure::input(&e, None))?;
    let reply = side.put_file(&reply, ENDING).map_err(|e| Failure::input(&e, None))?;
    let (session, index) = Session::recording(&home, &args.unlock, &statement)?;
    session.close()?.tell();
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
