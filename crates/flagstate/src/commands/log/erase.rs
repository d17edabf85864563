//! `flagstate log erase`: a person's openings go, every proof stays.

use std::{collections::BTreeSet, process::ExitCode};

use flagstate_evidence::{
    commitment::Commitment,
    predicates::upkeep::Redaction,
    statement::{Statement, Subject},
};
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::EraseArgs},
    failure::Failure,
    log::{self, Home, Session},
    out,
};

/// Runs the command.
pub(super) fn run(args: &EraseArgs) -> Result<ExitCode, Failure> {
    let home = Home::open(&args.place)?;
    home.own()?;
    let side = home.side();
    let failed = |e: &dyn std::error::Error| Failure::input(e, log::DAMAGED);
    let mut all: BTreeSet<Commitment> = BTreeSet::new();
    for text in &args.commitment {
        all.insert(
            text.parse().map_err(|e: flagstate_evidence::commitment::CommitmentError| Failure::Usage(e.to_string()))?,
        );
    }
    if let Some(person) = &args.person {
        all.extend(side.of_person(person).map_err(|e| failed(&e))?);
    }
    let all: Vec<Commitment> = all.into_iter().collect();
    if all.is_empty() {
        return Err(Failure::Input {
            message: format!("nothing is kept under the label `{}`", args.person.as_deref().unwrap_or_default()),
            help: Some("labels are compared as they are, letter by letter; nothing was changed".into()),
        });
    }
    // The record first: an erasure without a record would look like a loss.
    let list: String = super::lines(&all);
    let redaction = Redaction {
        commitments: all.clone(),
        lawful_basis: args.basis.clone(),
        erased_at: log::now(),
        decided_by: None,
    };
    let statement = Statement::new(vec![Subject::of("commitments", list.as_bytes())], redaction);
    let (session, index) = Session::recording(&home, &args.unlock, &statement)?;
    session.close()?.tell();
    let gone = side.erase(&all).map_err(|e| failed(&e))?;
    let erased = gone.iter().filter(|there| **there).count();
    let text = match args.format {
        AnswerFormat::Text => format!(
            "erased {erased} openings, recorded as entry {index}; every proof stays valid; copies in backups are yours to erase\n"
        ),
        AnswerFormat::Json => pretty(&json!({
            "schema": "flagstate/log-erase/1",
            "index": index,
            "erased": erased,
            "commitments": all.iter().map(ToString::to_string).collect::<Vec<_>>(),
        })),
    };
    out::result(&text, None)?;
    Ok(ExitCode::SUCCESS)
}
