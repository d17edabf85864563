//! `flagstate identity`: the key of a named person, sealed with a passphrase.

use std::process::ExitCode;

use flagstate_evidence::log::{LogKeys, Seal};

use super::signer;
use crate::{cli::move_::IdentityCommand, failure::Failure, out};

/// Runs the command.
pub(crate) fn run(command: &IdentityCommand) -> Result<ExitCode, Failure> {
    let key = match command {
        IdentityCommand::Create { name, output, passphrase_file } => {
            if output.exists() {
                return Err(Failure::Usage(format!("{} exists and is not overwritten", output.display())));
            }
            let Some(passphrase) = signer::passphrase(passphrase_file.as_deref())? else {
                return Err(Failure::Usage(
                    "a person's key is sealed: give --passphrase-file FILE, or set FLAGSTATE_IDENTITY_PASSPHRASE"
                        .to_owned(),
                ));
            };
            let keys = LogKeys::generate(name, true)
                .map_err(|e| Failure::Usage(format!("`{name}` cannot name a key: {}", crate::failure::chain(&e))))?;
            keys.write(output, &Seal::Passphrase(passphrase)).map_err(|e| Failure::input(&e, None))?;
            keys
        }
        IdentityCommand::Show { file, passphrase_file } => {
            let passphrase = signer::passphrase(passphrase_file.as_deref())?;
            LogKeys::read(file, passphrase.as_ref()).map_err(|e| Failure::input(&e, None))?
        }
    };
    out::result(&format!("{}\n", key.signer().verifier()), None)?;
    Ok(ExitCode::SUCCESS)
}
