//! HTTP/1.1 for object stores: one pooled client, limits, and a watch for stalls. No redirects, no cookies, no retries.
//!
//! URLs are never parsed or normalised on their way out: the path of a request is put on the wire as it was built, since
//! `a/../b` names an object. A general URL type would resolve the dots.
//!
//! Specification: RFC 9110, RFC 9112. HTTP/2 is left out on purpose: stores speak it rarely, and many connections carry
//! bulk data better than one.

mod body;
mod connect;
mod endpoint;

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};

pub use connect::{ConnectError, Tls};
pub use endpoint::{Endpoint, EndpointError};

pub(crate) use body::{Outgoing, incoming};

use crate::{RequestError, limiter::Limiter};
use connect::Connector;

/// How long to wait, and how much to do at once.
#[derive(Clone, Debug)]
pub struct HttpOptions {
    /// For a connection.
    pub connect: Duration,
    /// While nothing moves in either direction.
    pub stall: Duration,
    /// Idle connections are kept so long.
    pub idle: Duration,
    /// Roots to trust and client certificate.
    pub tls: Tls,
    /// `http://proxy:3128`, with user and password if need be; else the environment (`HTTPS_PROXY`, `NO_PROXY` ...).
    pub proxy: Option<String>,
    /// False ignores the environment's proxies.
    pub proxy_from_environment: bool,
    /// Shared with other clients: bytes and requests per second.
    pub limiter: Arc<Limiter>,
}

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            stall: Duration::from_mins(1),
            idle: Duration::from_secs(15),
            tls: Tls::default(),
            proxy: None,
            proxy_from_environment: true,
            limiter: Arc::new(Limiter::unlimited()),
        }
    }
}

/// Largest answer that is read as a whole: a listing of 5 000 blobs with metadata and tags stays below.
const MAX_ANSWER: usize = 128 << 20;

/// The client.
#[derive(Clone)]
pub struct Http {
    client: Client<Connector, Outgoing>,
    stall: Duration,
    limiter: Arc<Limiter>,
    /// Answers that broke off, came too late, or said that the server is at fault or overloaded.
    disturbed: Arc<AtomicU64>,
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http").field("stall", &self.stall).finish_non_exhaustive()
    }
}

impl Http {
    /// Builds the client. Fails when roots or certificates cannot be read.
    pub fn new(options: &HttpOptions) -> Result<Self, ConnectError> {
        let connector = Connector::new(options)?;
        let client = Client::builder(TokioExecutor::new())
            .pool_idle_timeout(options.idle)
            .pool_timer(TokioTimer::new())
            .build(connector);
        Ok(Self { client, stall: options.stall, limiter: options.limiter.clone(), disturbed: Arc::default() })
    }

    /// How often something went wrong that says nothing about what was asked.
    pub(crate) fn disturbed(&self) -> u64 {
        self.disturbed.load(Ordering::Relaxed)
    }

    fn disturb(&self) {
        self.disturbed.fetch_add(1, Ordering::Relaxed);
    }

    /// The limiter, to be changed while work goes on.
    pub fn limiter(&self) -> &Arc<Limiter> {
        &self.limiter
    }

    /// Sends one request and waits for the head of the answer.
    pub(crate) async fn send(
        &self,
        place: &str,
        request: Request<Outgoing>,
    ) -> Result<Response<Incoming>, RequestError> {
        self.limiter.request().await;
        let progress = request.body().progress();
        let mut answer = self.client.request(request);
        loop {
            let before = progress.get();
            match tokio::time::timeout(self.stall, &mut answer).await {
                Ok(Ok(response)) => {
                    if matches!(response.status().as_u16(), 429 | 500 | 502..=599) {
                        self.disturb();
                    }
                    return Ok(response);
                }
                Ok(Err(e)) => {
                    self.disturb();
                    return Err(failed(place, e));
                }
                Err(_) if progress.get() == before => {
                    self.disturb();
                    return Err(RequestError::Stalled { place: place.to_owned(), after: self.stall });
                }
                Err(_) => {}
            }
        }
    }

    /// Reads an answer that belongs into memory.
    pub(crate) async fn read(&self, place: &str, response: Response<Incoming>) -> Result<Reply, RequestError> {
        let (head, body) = response.into_parts();
        let mut pieces = incoming(body, self.stall, self.limiter.clone());
        let mut all: Vec<u8> = Vec::new();
        while let Some(piece) = pieces.next().await {
            let piece = piece.map_err(|e| {
                self.disturb();
                e.into_request_error(place)
            })?;
            if all.len() + piece.len() > MAX_ANSWER {
                return Err(RequestError::Nonsense {
                    place: place.to_owned(),
                    what: format!("it is larger than {MAX_ANSWER} bytes"),
                });
            }
            all.extend_from_slice(&piece);
        }
        Ok(Reply { status: head.status, headers: head.headers, body: all.into() })
    }

    pub(crate) fn stream(&self, body: Incoming) -> body::Pieces {
        incoming(body, self.stall, self.limiter.clone())
    }

    pub(crate) fn outgoing(&self) -> body::Build {
        body::Build { limiter: self.limiter.clone() }
    }

    /// A small request with its whole answer, for token services.
    pub(crate) async fn exchange(
        &self,
        place: &str,
        (method, endpoint, target): (Method, &Endpoint, &str),
        headers: &[(&str, &str)],
        body: Bytes,
    ) -> Result<Reply, RequestError> {
        let mut request = Request::builder().method(method).uri(endpoint.uri(target));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(self.outgoing().bytes(body)).map_err(|e| RequestError::Nonsense {
            place: place.to_owned(),
            what: format!("the request for it is not valid ({e})"),
        })?;
        let response = self.send(place, request).await?;
        self.read(place, response).await
    }
}

/// An answer in memory.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// The text of a header.
pub(crate) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    // Values outside ASCII come as bytes; what is UTF-8 is taken.
    std::str::from_utf8(headers.get(name)?.as_bytes()).ok()
}

fn failed(place: &str, error: hyper_util::client::legacy::Error) -> RequestError {
    let place = place.to_owned();
    let cause = Box::new(error);
    if cause.is_connect() { RequestError::Connect { place, cause } } else { RequestError::Broken { place, cause } }
}
