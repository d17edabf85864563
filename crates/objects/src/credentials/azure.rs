//! Credentials for Azure Blob Storage: account key, shared access signature, Entra token.

use std::{collections::BTreeMap, sync::Arc};

use base64ct::{Base64, Encoding as _};
use jiff::Timestamp;
use zeroize::Zeroizing;

use super::{CredentialError, Environment, Kept, Secret, token};
use crate::{Http, key::percent_decode};

/// Where credentials come from.
#[derive(Clone, Debug)]
pub struct AzureSource(Arc<Source>);

enum Source {
    Anonymous,
    Key(Zeroizing<Vec<u8>>),
    Sas(Secret),
    Token(Secret),
    Chain { environment: Environment, kept: Kept<Secret> },
}

impl std::fmt::Debug for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Anonymous => "Anonymous",
            Self::Key(_) => "Key(***)",
            Self::Sas(_) => "Sas(***)",
            Self::Token(_) => "Token(***)",
            Self::Chain { .. } => "Chain",
        })
    }
}

/// How one request is authorised.
#[derive(Clone)]
pub(crate) enum AzureAuth {
    Anonymous,
    Key(Zeroizing<Vec<u8>>),
    Sas(Secret),
    Token(Secret),
}

impl AzureSource {
    /// Requests are not signed: containers that anybody may read.
    pub fn anonymous() -> Self {
        Self(Arc::new(Source::Anonymous))
    }

    /// An account key, in base64.
    pub fn key(key: &str) -> Result<Self, CredentialError> {
        let decoded = Base64::decode_vec(key.trim()).map_err(|_| CredentialError::Malformed {
            what: "the account key".to_owned(),
            why: "base64 is expected",
        })?;
        Ok(Self(Arc::new(Source::Key(Zeroizing::new(decoded)))))
    }

    /// A shared access signature: the query of a URL, with or without `?`.
    pub fn sas(query: &str) -> Result<Self, CredentialError> {
        let query = query.trim().trim_start_matches('?');
        let valid = query.split('&').any(|p| p.starts_with("sig="));
        if !valid || format!("/?{query}").parse::<http::uri::PathAndQuery>().is_err() {
            let what = "the shared access signature".to_owned();
            return Err(CredentialError::Malformed { what, why: "a query with `sig=` is expected" });
        }
        Ok(Self(Arc::new(Source::Sas(Secret::new(query)))))
    }

    /// True for a shared access signature that says itself that its time is over: not every service says so.
    pub(crate) fn ended(&self, now: Timestamp) -> bool {
        let Source::Sas(sas) = &*self.0 else { return false };
        let end = sas.expose().split('&').find_map(|p| p.strip_prefix("se="));
        let end = end.and_then(|e| percent_decode(e.as_bytes(), false)).and_then(|e| String::from_utf8(e).ok());
        end.is_some_and(|e| e.parse::<Timestamp>().is_ok_and(|e| e < now))
    }

    /// A token that somebody else got, until it expires.
    pub fn token(token: Secret) -> Self {
        Self(Arc::new(Source::Token(token)))
    }

    /// The usual chain: connection string, key, shared access signature, then tokens.
    pub fn chain(environment: Environment) -> Result<Self, CredentialError> {
        if let Some(text) = environment.get("AZURE_STORAGE_CONNECTION_STRING") {
            let fields = connection_string(text);
            if let Some(key) = fields.get("accountkey") {
                return Self::key(key);
            }
            if let Some(sas) = fields.get("sharedaccesssignature") {
                return Self::sas(sas);
            }
        }
        if let Some(key) = environment.get("AZURE_STORAGE_KEY").or_else(|| environment.get("AZURE_STORAGE_ACCOUNT_KEY"))
        {
            return Self::key(key);
        }
        if let Some(sas) = environment.get("AZURE_STORAGE_SAS_TOKEN") {
            return Self::sas(sas);
        }
        Ok(Self(Arc::new(Source::Chain { environment, kept: Kept::new() })))
    }

    pub(crate) async fn auth(&self, http: &Http, at: Timestamp) -> Result<AzureAuth, CredentialError> {
        Ok(match &*self.0 {
            Source::Anonymous => AzureAuth::Anonymous,
            Source::Key(key) => AzureAuth::Key(key.clone()),
            Source::Sas(sas) => AzureAuth::Sas(sas.clone()),
            Source::Token(token) => AzureAuth::Token(token.clone()),
            Source::Chain { environment, kept } => {
                AzureAuth::Token(kept.get(at, token::chain_of(environment, http, at)).await?)
            }
        })
    }
}

/// `Name=value;Name=value`, names in lower case.
pub(crate) fn connection_string(text: &str) -> BTreeMap<String, String> {
    text.split(';')
        .filter_map(|p| p.split_once('='))
        .map(|(n, v)| (n.trim().to_ascii_lowercase(), v.trim().to_owned()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_do_not_print_and_rubbish_is_refused() {
        let sas = AzureSource::sas("?sv=2026&sig=hush%3D").unwrap();
        let key = AzureSource::key("aHVzaA==").unwrap();
        assert!(!format!("{sas:?}{key:?}").contains("hush"));
        assert!(AzureSource::key("!").is_err());
        assert!(AzureSource::sas("sv=1").is_err());
        let env = Environment::new([("AZURE_STORAGE_CONNECTION_STRING", "AccountName=a;AccountKey=aHVzaA==")], None);
        assert!(format!("{:?}", AzureSource::chain(env).unwrap()).contains("Key"));
    }
}
