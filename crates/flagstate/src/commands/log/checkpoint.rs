//! `flagstate log checkpoint`: the signed checkpoint, cosigned where witnesses are configured.

use std::process::ExitCode;

use flagstate_tlog::Note;
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::CheckpointArgs},
    failure::Failure,
    log::{Home, Session},
    out,
};

/// Runs the command: exit code 1 when the policy's quorum is not made.
pub(super) fn run(args: &CheckpointArgs) -> Result<ExitCode, Failure> {
    let home = Home::open(&args.place)?;
    home.own()?;
    let done = Session::plain(&home, &args.unlock, args.policy.as_deref())?.close()?;
    done.tell();
    let text = String::from_utf8_lossy(&done.published.note).into_owned();
    let text = match args.format {
        AnswerFormat::Text => text,
        AnswerFormat::Json => {
            let checkpoint = &done.published.checkpoint;
            let lines =
                Note::parse(&done.published.note).map(|n| n.signatures().iter().map(|s| s.name().to_owned()).collect());
            let signed: Vec<String> = lines.unwrap_or_default();
            pretty(&json!({
                "schema": "flagstate/log-checkpoint/1",
                "origin": checkpoint.origin(),
                "size": checkpoint.size(),
                "root": checkpoint.root().to_string(),
                "signed_by": signed,
                "quorum": done.quorum,
                "note": text,
            }))
        }
    };
    out::result(&text, None)?;
    Ok(ExitCode::from(u8::from(!done.quorum)))
}
