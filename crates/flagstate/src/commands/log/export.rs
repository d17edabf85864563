//! `flagstate log export`: a package that can be checked without us.

use std::process::ExitCode;

use flagstate_evidence::{
    log::{Log, LogKeys},
    package::{Contents, Selection, Stamped, export},
};

use crate::{
    cli::log::{ExportArgs, Trust},
    context,
    failure::Failure,
    log::{self, Home},
    out,
};

/// The program for the label.
const SOFTWARE: &str = concat!("flagstate ", env!("CARGO_PKG_VERSION"));

/// Runs the command.
pub(super) fn run(args: &ExportArgs) -> Result<ExitCode, Failure> {
    let home = Home::open(&args.place)?;
    let keys = match &home.identity {
        Some(identity) => identity.keys.clone(),
        None => vec![log::log_key(&home, &Trust { vkey: args.vkey.clone(), ..Trust::default() })?],
    };
    let first = keys.first().ok_or_else(|| Failure::Internal("the log has no key".into()))?;
    let store = home.store()?;
    let mut reader = Log::open(&store, first).map_err(|e| Failure::input(&e, log::DAMAGED))?;
    let stamps = stamps(&home, &mut reader)?;
    let roots = root_text(&home, args)?;
    let checkpoint = log::read_file(&home.dir.join("checkpoint"))?;
    let policy = log::policy_text(&home, args.policy.as_deref())?;
    let signing: Option<LogKeys> = if args.receipts { Some(log::read_keys(&home, &args.unlock)?) } else { None };
    let project = context::project(args.place.config.as_deref(), true)?.project;
    let contents = Contents {
        store: &store,
        checkpoint: &checkpoint,
        log_keys: &keys,
        policy: policy.as_deref(),
        selection: if args.index.is_empty() {
            Selection::Whole
        } else {
            Selection::Entries(args.index.iter().copied().collect())
        },
        statement_keys: std::slice::from_ref(first),
        stamps: &stamps,
        stamp_roots: roots.as_deref(),
        receipts: signing.as_ref().map(LogKeys::signer),
        openings: &[],
        made_on: context::today(),
        organisation: project.organisation.name.as_deref(),
        software: SOFTWARE,
    };
    let exported = export(&args.output, &contents).map_err(|e| Failure::input(&e, log::DAMAGED))?;
    out::say(&format!(
        "wrote {} with {} entries in {} files ({} bytes), and verified it",
        args.output.display(),
        exported.entries,
        exported.files,
        exported.bytes
    ));
    let dir = args.output.display();
    out::say(&format!(
        "next: flagstate log verify {dir} --vkey KEY, or python3 {dir}/data/verify_package.py {dir} --vkey KEY"
    ));
    Ok(ExitCode::SUCCESS)
}

fn stamps(home: &Home, reader: &mut Log<'_>) -> Result<Vec<Stamped>, Failure> {
    if home.identity.is_none() {
        return Ok(Vec::new());
    }
    let recorded = log::recorded_stamps(reader).map_err(|e| Failure::input(&e, log::DAMAGED))?;
    log::stamp_files(&recorded, &home.side())
}

/// Roots of the authorities as one file.
fn root_text(home: &Home, args: &ExportArgs) -> Result<Option<Vec<u8>>, Failure> {
    let mut text = Vec::new();
    for path in log::stamp_root_files(home, &args.tsa_roots) {
        text.extend(log::read_file(&path)?);
        if text.last().is_some_and(|byte| *byte != b'\n') {
            text.push(b'\n');
        }
    }
    Ok((!text.is_empty()).then_some(text))
}
