//! `flagstate log fsck`: every byte, and which file is at fault.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_evidence::log::fsck::{FileClass, Report, fsck};
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::FsckArgs},
    failure::Failure,
    log::{self, Classes, Home},
    out,
};

/// Runs the command: exit code 1 when a file is damaged.
pub(super) fn run(args: &FsckArgs) -> Result<ExitCode, Failure> {
    let home = Home::open_for_check(&args.place)?;
    let key = log::log_key(&home, &args.trust)?;
    let roots = log::stamp_root_files(&home, &args.trust.tsa_roots);
    let classes = Classes::new(&home, key.clone(), log::stamp_roots(&roots)?);
    let all: [&dyn FileClass; 1] = [&classes];
    let report = fsck(&home.dir, &key, &all).map_err(|e| Failure::input(&e, None))?;
    print("log-fsck", &report, args.format, &[])?;
    Ok(ExitCode::from(u8::from(!report.is_sound())))
}

/// Prints what was found, and what else holds.
pub(super) fn print(kind: &str, report: &Report, format: AnswerFormat, also: &[String]) -> Result<(), Failure> {
    for note in &report.notes {
        out::say(&format!("note: {note}"));
    }
    let checkpoint = report.checkpoint.as_ref();
    let text = match format {
        AnswerFormat::Json => pretty(&json!({
            "schema": format!("flagstate/{kind}/1"),
            "holds": report.is_sound(),
            "origin": checkpoint.map(|c| c.origin().to_owned()),
            "size": checkpoint.map(flagstate_tlog::Checkpoint::size),
            "root": checkpoint.map(|c| c.root().to_string()),
            "entries": report.entries,
            "files": report.files,
            "bytes": report.bytes,
            "also": also,
            "findings": report.findings.iter().map(|f| json!({"file": f.path, "problem": f.problem.to_string()})).collect::<Vec<_>>(),
        })),
        AnswerFormat::Text => sentences(report, also),
    };
    out::result(&text, None)
}

fn sentences(report: &Report, also: &[String]) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        let _ = writeln!(text, "FAILED {finding}");
    }
    let Some(checkpoint) = report.checkpoint.as_ref().filter(|_| report.is_sound()) else {
        let _ = writeln!(text, "{} places do not hold", report.findings.len());
        return text;
    };
    let _ = writeln!(
        text,
        "ok: {} has {} entries, root {}; {} files with {} entries checked",
        checkpoint.origin(),
        checkpoint.size(),
        checkpoint.root(),
        report.files,
        report.entries
    );
    for line in also {
        let _ = writeln!(text, "ok: {line}");
    }
    text
}
