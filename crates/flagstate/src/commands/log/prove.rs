//! `flagstate log prove`: the proof that an entry is in the log, to be carried away.

use std::process::ExitCode;

use flagstate_evidence::cose;
use flagstate_tlog::{Proof, inclusion_proof};

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
    let (checkpoint, note, mut tree) = log::open_tree(&home.dir, &key)?;
    let entry = log::entry_at(&mut tree, args.index)?;
    let hashes = inclusion_proof(&mut tree, args.index, checkpoint.size())
        .map_err(|e| Failure::input(&e, Some("`flagstate log fsck` names what is damaged")))?;
    let proof = Proof::new(args.index, hashes.clone(), note).map_err(|e| Failure::Internal(e.to_string()))?;
    if let Some(path) = &args.entry_output {
        out::write_file(path, &entry)?;
    }
    if let Some(path) = &args.receipt {
        let keys = log::read_keys(&home, &args.unlock)?;
        let receipt = cose::issue(keys.signer(), &checkpoint, &entry, args.index, &hashes)
            .map_err(|e| Failure::input(&e, None))?;
        out::write_file(path, &receipt)?;
    }
    out::result(&proof.to_string(), args.output.as_deref())?;
    Ok(ExitCode::SUCCESS)
}
