//! Calling others: one request, one answer, both of bounded size and time.

use std::{error::Error as _, fmt, io::Read as _, time::Duration};

use reqwest::{
    Certificate,
    blocking::{Client as Inner, RequestBuilder},
    header::CONTENT_TYPE,
    redirect,
};
use thiserror::Error;

use crate::Address;

/// Longest time to reach the other machine.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Makes calls.
pub struct Client {
    /// For this machine: never through a proxy.
    near: Inner,
    far: Inner,
    body_bytes_max: u64,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("body_bytes_max", &self.body_bytes_max).finish_non_exhaustive()
    }
}

/// What came back.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Media type as sent, empty where none was.
    pub content_type: String,
    /// Body.
    pub body: Vec<u8>,
}

/// Why there is no answer.
#[derive(Debug, Error)]
pub enum CallError {
    /// The client could not be made: no roots of trust on this machine, or a bad extra one.
    #[error("TLS cannot be set up: {0}")]
    Setup(String),
    /// The call did not get through.
    #[error("{address}: no answer: {why}")]
    NoAnswer {
        /// Who was called.
        address: Address,
        /// Why, down to the first cause.
        why: String,
    },
    /// The answer is longer than allowed.
    #[error("{address}: the answer is longer than {bytes_max} bytes")]
    TooLong {
        /// Who was called.
        address: Address,
        /// What is allowed.
        bytes_max: u64,
    },
}

impl Client {
    /// A client that waits `timeout` for a whole answer of at most `body_bytes_max`. `roots` are certificates in PEM
    /// that are trusted besides those of the system.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn new(timeout: Duration, body_bytes_max: u64, roots: &[Vec<u8>]) -> Result<Self, CallError> {
        let setup = |e: reqwest::Error| CallError::Setup(causes(&e));
        let mut trusted = Vec::new();
        for pem in roots {
            trusted.extend(Certificate::from_pem_bundle(pem).map_err(setup)?);
        }
        let make = |proxy: bool| {
            let mut builder = Inner::builder()
                .connect_timeout(CONNECT_TIMEOUT)
                .timeout(timeout)
                .redirect(redirect::Policy::none())
                .user_agent(concat!("flagstate/", env!("CARGO_PKG_VERSION")));
            if !trusted.is_empty() {
                builder = builder.tls_certs_merge(trusted.clone());
            }
            if proxy { builder } else { builder.no_proxy() }.build().map_err(setup)
        };
        Ok(Self { near: make(false)?, far: make(true)?, body_bytes_max })
    }

    /// GET.
    ///
    /// # Errors
    /// When no answer came within the limits. A status that tells of a failure is an answer.
    pub fn get(&self, address: &Address) -> Result<Answer, CallError> {
        self.send(address, self.of(address).get(address.url()))
    }

    /// POST.
    ///
    /// # Errors
    /// When no answer came within the limits. A status that tells of a failure is an answer.
    pub fn post(&self, address: &Address, content_type: &str, body: Vec<u8>) -> Result<Answer, CallError> {
        self.send(address, self.of(address).post(address.url()).header(CONTENT_TYPE, content_type).body(body))
    }

    fn of(&self, address: &Address) -> &Inner {
        if address.is_loopback() { &self.near } else { &self.far }
    }

    fn send(&self, address: &Address, request: RequestBuilder) -> Result<Answer, CallError> {
        let failed = |why: String| CallError::NoAnswer { address: address.clone(), why };
        let answer = request.send().map_err(|e| failed(causes(&e.without_url())))?;
        let status = answer.status().as_u16();
        let content_type = answer.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().into();
        let mut body = Vec::new();
        let bytes_max = self.body_bytes_max;
        answer.take(bytes_max.saturating_add(1)).read_to_end(&mut body).map_err(|e| failed(e.to_string()))?;
        if u64::try_from(body.len()).is_ok_and(|length| length > bytes_max) {
            return Err(CallError::TooLong { address: address.clone(), bytes_max });
        }
        Ok(Answer { status, content_type, body })
    }
}

/// An error with its causes, which is where the reason stands; what is repeated is said once.
fn causes(e: &reqwest::Error) -> String {
    let mut text = e.to_string();
    let mut next = e.source();
    while let Some(cause) = next {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        next = cause.source();
    }
    text
}
