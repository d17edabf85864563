//! `flagstate log init`: a new log; its verifier key on standard output and nothing else there.

use std::{path::Path, process::ExitCode};

use flagstate_evidence::log::{Identity, InitError, LogKeys, NewLog, OpenError, Seal, Setup, init};

use crate::{
    cli::log::{InitArgs, Unlock},
    failure::Failure,
    log::{self, Home, Session},
    out,
};

/// Runs the command.
pub(super) fn run(args: &InitArgs) -> Result<ExitCode, Failure> {
    let (dir, section, folder) = log::find(&args.place)?;
    let origin = args.origin.clone().or_else(|| section.as_ref().and_then(|s| s.origin.clone())).ok_or_else(|| {
        Failure::Usage(
            "how shall the log be called? Give --origin NAME, a URL without its scheme that you control".into(),
        )
    })?;
    let second = args.second.as_deref();
    let identity = match &args.token {
        None => make(&dir, &origin, Some(&args.unlock), second, args.classic_only)?.0,
        Some(token) => {
            let keys = log::new_token_keys(&origin, token, args.token_key.as_deref(), &args.unlock)?;
            // The file says where the key is; there is nothing to seal.
            make_with(&dir, &origin, keys, Seal::Open, second)?
        }
    };
    out::say(&format!(
        "made the log {origin} in {}; its last checkpoint is also kept in {}, which belongs on another disk and into no backup of \
         the log",
        dir.display(),
        identity.second.display()
    ));
    let home = Home::at(dir, section, folder)?;
    if args.policy.is_some() || home.section.as_ref().is_some_and(|s| s.policy.is_some()) {
        Session::plain(&home, &args.unlock, args.policy.as_deref())?.close()?.tell();
    }
    for key in identity.keys.iter().skip(1) {
        out::say(&format!(
            "it also signs with the ML-DSA-44 key {}+{:08x}, which stands in its identity file",
            key.name(),
            key.key_id()
        ));
    }
    let vkey = identity.vkey().map(ToString::to_string).unwrap_or_default();
    out::result(&format!("{vkey}\n"), None)?;
    Ok(ExitCode::SUCCESS)
}

/// Makes a log; its keys come along. Without `unlock` a passphrase is made and kept in the second place.
pub(in crate::commands) fn make(
    dir: &Path,
    origin: &str,
    unlock: Option<&Unlock>,
    second: Option<&Path>,
    classic_only: bool,
) -> Result<(Identity, Option<LogKeys>), Failure> {
    let keys = LogKeys::generate(origin, classic_only).map_err(|e| {
        Failure::Usage(format!("`{origin}` cannot be the name of a log: {}", crate::failure::chain(&e)))
    })?;
    let (seal, made) = log::new_seal(unlock)?;
    let again = keys.again();
    let identity = make_with(dir, origin, keys, seal, second)?;
    if let Some(passphrase) = made {
        log::remember(&identity, &passphrase)?;
    }
    Ok((identity, again))
}

fn make_with(dir: &Path, origin: &str, keys: LogKeys, seal: Seal, second: Option<&Path>) -> Result<Identity, Failure> {
    let new = NewLog { origin: origin.to_owned(), keys, seal, second: second.map(Path::to_owned) };
    Ok(init(dir, new, Setup::new(log::now_s)).map_err(|e| cannot_make(&e))?.0)
}

fn cannot_make(error: &InitError) -> Failure {
    let help = match error {
        InitError::Open(OpenError::Second(_)) | InitError::SecondInside { .. } => {
            Some("--second DIR chooses another second place for the last checkpoint")
        }
        _ => None,
    };
    Failure::input(error, help)
}
