//! Who accepts, and who signs: a named person's key, or whoever runs the command.

use flagstate_evidence::{
    commitment::Opening,
    dsse::Envelope,
    log::{LogKeys, Passphrase},
    predicates::moving::Exception,
};
use flagstate_migration::{certificate, fit::Loss, journal::Acceptance};

use super::{failure, scene::Scene};
use crate::{
    cli::move_::{Accept, Signer},
    failure::Failure,
    log,
};

/// The variable that may hold the passphrase.
const VARIABLE: &str = "FLAGSTATE_IDENTITY_PASSPHRASE";

/// The passphrase of an identity.
pub(super) fn passphrase(file: Option<&std::path::Path>) -> Result<Option<Passphrase>, Failure> {
    let found = match file {
        Some(path) => Some(Passphrase::new(log::read_file(path)?)),
        None => std::env::var_os(VARIABLE).map(|text| Passphrase::new(text.into_encoded_bytes())),
    };
    Ok(found.filter(|p| !p.is_empty()))
}

/// Opens the key of the person who signs, if one was named.
pub(super) fn open(signer: &Signer) -> Result<Option<LogKeys>, Failure> {
    let Some(path) = &signer.identity else { return Ok(None) };
    let passphrase = passphrase(signer.identity_passphrase_file.as_deref())?;
    let help = format!("give --identity-passphrase-file FILE, or set {VARIABLE}");
    LogKeys::read(path, passphrase.as_ref()).map(Some).map_err(|e| Failure::input(&e, Some(&help)))
}

/// Whoever runs the command.
fn operator() -> String {
    ["USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_else(|| "operator".to_owned())
}

/// Keeps what is accepted by name, signed where an identity was given.
pub(super) fn accept(scene: &Scene, args: &Accept) -> Result<(), Failure> {
    if args.accept.is_empty() {
        return Ok(());
    }
    let keys = open(&args.signer)?;
    for name in &args.accept {
        if name != "all-losses" && name != "gaps" && Loss::of_name(name).is_none() {
            let names: Vec<&str> = Loss::ALL.iter().map(|l| l.name()).collect();
            return Err(Failure::Usage(format!("`{name}` is no loss; there are: all-losses, {}", names.join(", "))));
        }
        remember(scene, name, 0, keys.as_ref())?;
    }
    Ok(())
}

/// Keeps one acceptance.
pub(super) fn remember(scene: &Scene, name: &str, records: u64, keys: Option<&LogKeys>) -> Result<(), Failure> {
    let at = log::now();
    let who = keys.map_or_else(operator, |k| k.signer().name().to_owned());
    let envelope = match keys {
        None => None,
        Some(keys) => {
            let mut salt = [0; 32];
            getrandom::fill(&mut salt).map_err(|e| Failure::Internal(format!("no random numbers: {e}")))?;
            let commitment = Opening::new(salt, &who).commitment();
            let plan = scene.journal.get("plan").map_err(|e| failure(&e.into()))?.and_then(|d| d.parse().ok());
            let plan = plan.unwrap_or_else(|| flagstate_evidence::hex::Digest::of(scene.settings.id.as_bytes()));
            let exception = Exception { what: name.to_owned(), records, reason: "not-portable".to_owned() };
            let entry =
                certificate::acceptance(&scene.settings, plan, (commitment, at), vec![exception], &[keys.signer()]);
            let entry = entry.map_err(|e| Failure::input(&e, None))?;
            // Only to be sure that it can be read again.
            Envelope::parse(&entry).map_err(|e| Failure::Internal(e.to_string()))?;
            Some(String::from_utf8_lossy(&entry).into_owned())
        }
    };
    let acceptance = Acceptance { what: name.to_owned(), who, at: at.to_string(), records, envelope };
    scene.journal.accept(&acceptance).map_err(|e| failure(&e.into()))
}
