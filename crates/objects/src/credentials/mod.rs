//! Who we are to a store: the usual chains, and nothing of our own.
//!
//! Secrets come from the environment, from files that other tools keep, from the machine's own identity or from the
//! provider's command line tool. None stands in a URL, none is printed, all are wiped. Chains say which steps they tried.

mod aws;
mod azure;
mod environment;
mod profile;
mod token;

use std::fmt;

use jiff::Timestamp;
use zeroize::Zeroizing;

pub use aws::AwsSource;
pub use azure::AzureSource;
pub use environment::Environment;

pub(crate) use azure::AzureAuth;

/// A secret text: wiped when dropped, printed as stars.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Takes a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Zeroizing::new(text.into()))
    }

    /// The secret itself, for the wire.
    pub(crate) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// Why there are no credentials.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialError {
    /// No step of the chain had any.
    #[error("none found: {}; set them in the environment or a profile", steps(.tried))]
    NotFound {
        /// What was looked at, and why it gave none.
        tried: Vec<String>,
    },
    /// A step that was chosen failed.
    #[error("{what}: {why}")]
    Failed {
        /// Which step.
        what: String,
        /// Why.
        why: String,
        /// It can succeed later.
        transient: bool,
    },
    /// What was given cannot be read.
    #[error("{what} cannot be read: {why}")]
    Malformed {
        /// Which setting.
        what: String,
        /// What it should be.
        why: &'static str,
    },
}

impl CredentialError {
    /// True when asking again can help.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Failed { transient: true, .. })
    }

    pub(crate) fn failed(what: &str, why: impl fmt::Display) -> Self {
        Self::Failed { what: what.to_owned(), why: why.to_string(), transient: false }
    }
}

fn steps(tried: &[String]) -> String {
    if tried.is_empty() { "nothing was tried".to_owned() } else { tried.join(", ") }
}

/// Something with an end, kept until shortly before it.
#[derive(Debug)]
pub(crate) struct Kept<T>(tokio::sync::Mutex<Option<(T, Option<Timestamp>)>>);

/// Renewed so long before the end.
const MARGIN_S: i64 = 300;

impl<T: Clone> Kept<T> {
    pub(crate) fn new() -> Self {
        Self(tokio::sync::Mutex::new(None))
    }

    /// What is kept, or fresh. One at a time asks; the others wait for the answer.
    pub(crate) async fn get<F, E>(&self, at: Timestamp, fresh: F) -> Result<T, E>
    where
        F: Future<Output = Result<(T, Option<Timestamp>), E>>,
    {
        let mut kept = self.0.lock().await;
        if let Some((value, until)) = &*kept
            && until.is_none_or(|u| u.as_second() - at.as_second() > MARGIN_S)
        {
            return Ok(value.clone());
        }
        match fresh.await {
            Ok((value, until)) => {
                *kept = Some((value.clone(), until));
                Ok(value)
            }
            // Still good for a while: better than stopping.
            Err(e) => match &*kept {
                Some((value, Some(until))) if *until > at => Ok(value.clone()),
                _ => Err(e),
            },
        }
    }
}
