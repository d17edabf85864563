//! Signing keys in PKCS#11 tokens.
//!
//! The log's key file says which token and which key, as a URI without the module: a module is code that is loaded into this
//! process, so its path comes from the command line, the project file or the environment, never from the log's folder.
//!
//! Specification: the form of the line is that of RFC 7512 (April 2015), attributes `token` and `object`.

use std::{env, path::PathBuf};

use flagstate_evidence::log::LogKeys;
use flagstate_token::{Place, TokenError, TokenKey};

use super::{home::Home, keys};
use crate::{cli::log::Unlock, failure::Failure};

/// The variable that may name the module.
const VARIABLE: &str = "FLAGSTATE_PKCS11_MODULE";

/// A key pair in a token for a new log: the one with this label, else a fresh one.
pub(crate) fn new_keys(origin: &str, token: &str, key: Option<&str>, unlock: &Unlock) -> Result<LogKeys, Failure> {
    let key = key.unwrap_or(origin).to_owned();
    let place = Place { module: module(unlock, None)?, token: token.to_owned(), key };
    let pin = keys::pin(unlock, None)?;
    let opened = match TokenKey::open(&place, origin, &pin) {
        Err(TokenError::NoKey { .. }) => TokenKey::create(&place, origin, &pin),
        other => other,
    };
    let opened = opened.map_err(|e| failed(&e))?;
    let at = format!("pkcs11:token={};object={}", encode(&place.token), encode(&place.key));
    LogKeys::elsewhere(vec![Box::new(opened)], &at).map_err(|e| Failure::input(&e, None))
}

/// The key that a log's key file points to.
pub(super) fn open(home: &Home, unlock: &Unlock, origin: &str, at: &str) -> Result<LogKeys, Failure> {
    let attribute = |name: &str| {
        let found = at.strip_prefix("pkcs11:")?.split(';').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
        decode(found?)
    };
    let (Some(token), Some(key)) = (attribute("token"), attribute("object")) else {
        return Err(Failure::Input {
            message: format!("the signing key is not in a file but here: {at}"),
            help: Some("this program opens keys at `pkcs11:token=...;object=...`".into()),
        });
    };
    let place = Place { module: module(unlock, Some(home))?, token, key };
    let opened = TokenKey::open(&place, origin, &keys::pin(unlock, Some(home))?).map_err(|e| failed(&e))?;
    LogKeys::elsewhere(vec![Box::new(opened)], at).map_err(|e| Failure::input(&e, None))
}

fn module(unlock: &Unlock, home: Option<&Home>) -> Result<PathBuf, Failure> {
    let configured = home.and_then(|home| {
        let file = home.section.as_ref()?.key.pkcs11_module.as_ref()?;
        Some(home.configured(file))
    });
    let named = unlock.pkcs11_module.clone().or(configured);
    named.or_else(|| env::var_os(VARIABLE).map(PathBuf::from)).ok_or_else(|| {
        Failure::Usage(format!(
            "the signing key is in a token: name its PKCS#11 module with --pkcs11-module or {VARIABLE}"
        ))
    })
}

fn failed(error: &TokenError) -> Failure {
    Failure::input(error, None)
}

/// Everything but plain characters as `%` and two digits.
fn encode(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut parts = text.split('%');
    bytes.extend_from_slice(parts.next()?.as_bytes());
    for part in parts {
        let (digits, rest) = part.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(rest.as_bytes());
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_any_kind_come_back() {
        for label in ["evidence", "a;b=c%d", "Schl\u{fc}ssel 1", "log.example/x", ""] {
            let encoded = encode(label);
            assert!(!encoded.contains(';') && decode(&encoded).as_deref() == Some(label), "{encoded}");
        }
        for bad in ["%", "%4", "%zz", "%ff"] {
            assert_eq!(decode(bad), None);
        }
    }
}
