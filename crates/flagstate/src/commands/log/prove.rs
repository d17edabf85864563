//! `flagstate log prove`: the proof that an entry is in the log, to be carried away.

use std::process::ExitCode;

use flagstate_evidence::{
    cose,
    log::{Log, LogError},
};

use crate::{
    cli::log::{ProveArgs, Trust},
    failure::Failure,
    log::{self, Home},
    out,
};

/// Runs the command.
pub(super) fn run(args: &ProveArgs) -> Result<ExitCode, Failure> {
    let home = Home::open(&args.place)?;
    let key = match home.identity.as_ref().and_then(|identity| identity.vkey()) {
        Some(key) => key.clone(),
        None => log::log_key(&home, &Trust { vkey: args.vkey.clone(), ..Trust::default() })?,
    };
    let store = home.store()?;
    let failed = |e: LogError| Failure::input(&e, log::DAMAGED);
    let mut reader = Log::open(&store, &key).map_err(failed)?;
    let entry = reader.entry(args.index).map_err(failed)?;
    let proof = reader.prove(args.index).map_err(failed)?;
    if let Some(path) = &args.entry_output {
        out::write_file(path, &entry)?;
    }
    if let Some(path) = &args.receipt {
        let keys = log::read_keys(&home, &args.unlock)?;
        let receipt = cose::issue(keys.signer(), reader.checkpoint(), &entry, args.index, proof.hashes())
            .map_err(|e| Failure::input(&e, None))?;
        out::write_file(path, &receipt)?;
    }
    out::result(&proof.to_string(), args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
