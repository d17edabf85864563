//! The signing key: its passphrase, and opening it.
//!
//! What it is for: a key is always sealed. Whoever gives no passphrase gets one made, which is kept in the log's second
//! place: then nobody can sign with a copy or a backup of the log's folder alone.
//!
//! What it deliberately does not do: ask on a terminal, or take a passphrase as an argument, where others could read it.

use std::{env, path::PathBuf};

use base64ct::{Base64, Encoding as _};
use flagstate_evidence::log::{
    Identity, KeyError, LogKeys, Passphrase, Place, Seal,
    kept::{self, Audience},
};
use zeroize::Zeroizing;

use super::{
    home::{Home, read_file},
    token,
};
use crate::{cli::log::Unlock, failure::Failure};

/// The variable that may hold the passphrase.
const VARIABLE: &str = "FLAGSTATE_LOG_PASSPHRASE";
/// The file in the second place.
const KEPT: &str = "passphrase";

/// A file and what stands in it.
type Named = (PathBuf, Zeroizing<Vec<u8>>);

/// A passphrase from a file that the user named.
fn from_file(unlock: &Unlock, home: Option<&Home>) -> Result<Option<Passphrase>, Failure> {
    let Some((path, bytes)) = file(unlock, home)? else { return Ok(None) };
    let passphrase = Passphrase::new(bytes.to_vec());
    if passphrase.is_empty() {
        return Err(Failure::Input {
            message: format!("{}: holds no passphrase", path.display()),
            help: Some("write one line into it".into()),
        });
    }
    Ok(Some(passphrase))
}

/// The PIN of a token, given in the same ways as a passphrase.
pub(crate) fn pin(unlock: &Unlock, home: Option<&Home>) -> Result<Zeroizing<String>, Failure> {
    let bytes = match file(unlock, home)? {
        Some((_, bytes)) => bytes,
        None => Zeroizing::new(env::var_os(VARIABLE).map(std::ffi::OsString::into_encoded_bytes).unwrap_or_default()),
    };
    let text = String::from_utf8_lossy(&bytes).trim_end_matches(['\n', '\r']).to_owned();
    if text.is_empty() {
        return Err(Failure::Usage(format!("the token needs its PIN: give --passphrase-file FILE, or set {VARIABLE}")));
    }
    Ok(Zeroizing::new(text))
}

fn file(unlock: &Unlock, home: Option<&Home>) -> Result<Option<Named>, Failure> {
    let configured = home.and_then(|home| {
        let file = home.section.as_ref()?.key.passphrase_file.as_ref()?;
        Some(home.configured(file))
    });
    let Some(path) = unlock.passphrase_file.clone().or(configured) else { return Ok(None) };
    let bytes = Zeroizing::new(read_file(&path)?);
    Ok(Some((path, bytes)))
}

/// A passphrase from the environment.
fn from_variable() -> Option<Passphrase> {
    env::var_os(VARIABLE).map(|text| Passphrase::new(text.into_encoded_bytes())).filter(|p| !p.is_empty())
}

/// How a new key is sealed, and the passphrase to remember when none was given. Without `unlock` nobody is asked.
pub(crate) fn new_seal(unlock: Option<&Unlock>) -> Result<(Seal, Option<Zeroizing<String>>), Failure> {
    if let Some(unlock) = unlock
        && let Some(passphrase) = from_file(unlock, None)?.or_else(from_variable)
    {
        return Ok((Seal::Passphrase(passphrase), None));
    }
    let mut bytes = Zeroizing::new([0_u8; 32]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|e| Failure::Internal(format!("no random numbers: {e}")))?;
    let text = Zeroizing::new(Base64::encode_string(bytes.as_slice()) + "\n");
    Ok((Seal::Passphrase(Passphrase::from_chance(&bytes)), Some(text)))
}

/// Keeps the passphrase of a new key in the second place.
pub(crate) fn remember(identity: &Identity, text: &str) -> Result<(), Failure> {
    std::fs::create_dir_all(&identity.second)
        .map_err(|cause| Failure::Output { path: identity.second.clone(), cause })?;
    let path = kept_path(identity);
    kept::write(&path, text, Audience::Owner).map_err(|e| Failure::input(&e, None))
}

fn kept_passphrase(identity: &Identity) -> Result<Option<Passphrase>, Failure> {
    let path = kept_path(identity);
    if !path.exists() {
        return Ok(None);
    }
    let text = kept::read(&path).map_err(|e| Failure::input(&e, None))?;
    Ok(Some(Passphrase::new(text.into_bytes())))
}

/// Where the passphrase is that was made for a log, if one was.
pub(super) fn kept_path(identity: &Identity) -> PathBuf {
    identity.second.join(KEPT)
}

/// Opens the signing keys of a log.
pub(crate) fn read(home: &Home, unlock: &Unlock) -> Result<LogKeys, Failure> {
    let identity = home.own()?;
    // What was made for this log fits this log; the variable may be meant for another.
    let passphrase = match from_file(unlock, Some(home))? {
        Some(passphrase) => Some(passphrase),
        None => kept_passphrase(identity)?.or_else(from_variable),
    };
    let keys = match LogKeys::read(&Place::new(&home.dir).key(), passphrase.as_ref()) {
        Err(KeyError::Elsewhere { at }) => return token::open(home, unlock, &identity.origin, &at),
        other => other,
    };
    keys.map_err(|e| {
        let help = match e {
            KeyError::Sealed | KeyError::Passphrase => Some(format!(
                "give --passphrase-file FILE, or set {VARIABLE}, or restore the second place {}",
                identity.second.display()
            )),
            _ => None,
        };
        Failure::input(&e, help.as_deref())
    })
}
