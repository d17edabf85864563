//! `flagstate move verify-certificate`: offline, with nothing but the files.

use std::{fmt::Write as _, process::ExitCode};

use flagstate_migration::certificate::{self, Checked};
use flagstate_tlog::VerifierKey;
use serde::Serialize;

use super::{certificate::text, event};
use crate::{
    cli::{AnswerFormat, move_::CheckArgs},
    failure::{Failure, chain},
    log, out,
};

#[derive(Serialize)]
struct Answer<'a> {
    holds: bool,
    why: Option<String>,
    certificate: Option<String>,
    objects: Option<u64>,
    bytes: Option<u64>,
    signers: &'a [String],
    keys_from_the_file: bool,
    log_entry: Option<u64>,
    log_key_from_the_file: bool,
    proofs: Vec<Proven>,
}

#[derive(Serialize)]
struct Proven {
    key: String,
    present: bool,
}

pub(super) fn run(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let mut trusted = Vec::new();
    for key in &args.key {
        trusted.extend(keys(key)?);
    }
    let bytes = log::read_file(&args.file)?;
    let outcome = certificate::check(&bytes, &trusted).map_err(|e| chain(&e)).and_then(|checked| {
        let mut proven = Vec::new();
        for path in &args.proof {
            let bytes = log::read_file(path).map_err(|e| e.to_string())?;
            let proof = certificate::check_proof(&checked, &bytes).map_err(|e| chain(&e))?;
            proven.push(Proven { key: proof.key, present: proof.present });
        }
        Ok((checked, proven))
    });
    match outcome {
        Ok((checked, proven)) => good(args, &checked, proven),
        Err(why) => {
            if args.format == AnswerFormat::Json {
                let none: [String; 0] = [];
                let answer = Answer {
                    holds: false,
                    why: Some(why),
                    certificate: None,
                    objects: None,
                    bytes: None,
                    signers: &none,
                    keys_from_the_file: trusted.is_empty(),
                    log_entry: None,
                    log_key_from_the_file: false,
                    proofs: Vec::new(),
                };
                event("checked", &answer)?;
            } else {
                out::result(&format!("does NOT hold: {why}\n"), None)?;
            }
            Ok(ExitCode::from(1))
        }
    }
}

fn good(args: &CheckArgs, checked: &Checked, proven: Vec<Proven>) -> Result<ExitCode, Failure> {
    if args.format == AnswerFormat::Json {
        let answer = Answer {
            holds: true,
            why: None,
            certificate: Some(checked.digest.to_string()),
            objects: Some(checked.document.objects),
            bytes: Some(checked.document.bytes),
            signers: &checked.signers,
            keys_from_the_file: checked.own_keys,
            log_entry: checked.logged.map(|(index, _)| index),
            log_key_from_the_file: checked.logged.is_some() && !checked.log_trusted,
            proofs: proven,
        };
        event("checked", &answer)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut text = String::from("holds\n");
    text.push_str(&text_without_hint(checked, args));
    for proof in &proven {
        let _ = writeln!(text, "{}: {}", proof.key, if proof.present { "moved" } else { "there was no such key" });
    }
    if checked.logged.is_some() && !checked.own_keys && !checked.log_trusted {
        text.push_str(
            "the log's key was taken from the file: name it with --key too to rest on its place in the log\n",
        );
    }
    if checked.own_keys {
        text.push_str(
            "the keys were taken from the file itself: compare them with what the signers tell you, or give --key\n",
        );
    }
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}

fn text_without_hint(checked: &Checked, args: &CheckArgs) -> String {
    let text = text(checked, &args.file);
    text.lines().filter(|l| !l.starts_with("anybody checks")).flat_map(|l| [l, "\n"]).collect()
}

/// A key, or a file with keys.
fn keys(text: &str) -> Result<Vec<VerifierKey>, Failure> {
    if let Ok(key) = text.parse() {
        return Ok(vec![key]);
    }
    let bytes = log::read_file(std::path::Path::new(text))?;
    let lines = String::from_utf8_lossy(&bytes).into_owned();
    let parsed: Vec<VerifierKey> = lines.lines().filter_map(|l| l.trim().parse().ok()).collect();
    if parsed.is_empty() {
        return Err(Failure::Usage(format!("`{text}` is neither a verifier key nor a file with such keys")));
    }
    Ok(parsed)
}
