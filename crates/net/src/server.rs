//! Answering others: one function from request to response, called on threads of its own, with limits on size, time
//! and the number of connections. It speaks plain HTTP; whoever needs TLS in front puts a proxy there.

use std::{
    convert::Infallible,
    fmt, io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
    time::Duration,
};

use http_body_util::{BodyExt as _, Full, Limited};
use hyper::{
    Request as HyperRequest, Response as HyperResponse,
    body::{Bytes, Incoming},
    header::{CONTENT_TYPE, HeaderValue},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use thiserror::Error;
use tokio::{
    runtime::Builder,
    sync::{Semaphore, watch},
    task::spawn_blocking,
    time::timeout,
};

/// Longest time for the head of a request, and again for its body.
const READ_TIMEOUT: Duration = Duration::from_secs(10);
/// Connections served at a time; further ones wait.
const CONNECTIONS_MAX: usize = 512;
/// How long a stop waits for calls that are being answered.
const STOP_WAIT: Duration = Duration::from_secs(5);

/// What was asked.
#[derive(Clone, Debug)]
pub struct Request {
    /// Method, for example `GET`.
    pub method: String,
    /// Path with its leading stroke, without a query.
    pub path: String,
    /// Body.
    pub body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug)]
pub struct Response {
    /// Status code.
    pub status: u16,
    /// Media type.
    pub content_type: &'static str,
    /// Body.
    pub body: Vec<u8>,
}

impl Response {
    /// A line of text.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: text.into().into_bytes() }
    }
}

/// Why a server cannot serve.
#[derive(Debug, Error)]
#[error("{address}: cannot be served: {cause}")]
pub struct ServeError {
    address: String,
    cause: io::Error,
}

/// A server that has its port and does not answer yet.
#[derive(Debug)]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    body_bytes_max: usize,
}

/// Ends a server from elsewhere.
#[derive(Clone)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// A stop that nobody has asked for yet.
    pub fn new() -> Self {
        Self(watch::Sender::new(false))
    }

    /// Ends the server: no new connections; calls that run are answered.
    pub fn stop(&self) {
        self.0.send_replace(true);
    }
}

impl Default for Stop {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stop")
    }
}

type Handler = Arc<dyn Fn(Request) -> Response + Send + Sync>;

impl Server {
    /// Takes the port. Port 0 stands for any free one.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub fn bind(address: &str, body_bytes_max: usize) -> Result<Self, ServeError> {
        let failed = |cause| ServeError { address: address.to_owned(), cause };
        let listener = TcpListener::bind(address).map_err(failed)?;
        listener.set_nonblocking(true).map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        Ok(Self { listener, address, body_bytes_max })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until stopped, by `stop` or by SIGINT or SIGTERM.
    ///
    /// # Errors
    /// When the threads cannot be started.
    pub fn run(
        self,
        handler: impl Fn(Request) -> Response + Send + Sync + 'static,
        stop: &Stop,
    ) -> Result<(), ServeError> {
        let address = self.address.to_string();
        let failed = |cause| ServeError { address: address.clone(), cause };
        let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().map_err(failed)?;
        let stopped = stop.0.subscribe();
        let done = runtime.block_on(accept(self, Arc::new(handler), stopped)).map_err(failed);
        runtime.shutdown_timeout(STOP_WAIT);
        done
    }
}

async fn accept(server: Server, handler: Handler, mut stopped: watch::Receiver<bool>) -> io::Result<()> {
    let listener = tokio::net::TcpListener::from_std(server.listener)?;
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let signal = signalled();
    tokio::pin!(signal);
    let serving = stopped.clone();
    loop {
        let Ok(place) = places.clone().acquire_owned().await else { break };
        let stream = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => stream,
                // Out of file handles or an aborted handshake: the next one may do.
                Err(_) => {
                    tokio::time::sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
            _ = stopped.wait_for(|stop| *stop) => break,
            () = &mut signal => break,
        };
        let (handler, stopping) = (handler.clone(), serving.clone());
        tokio::spawn(async move {
            serve(stream, handler, server.body_bytes_max, stopping).await;
            drop(place);
        });
    }
    // Those that are being answered hold a place each.
    let all = u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX);
    let _ = timeout(STOP_WAIT, places.acquire_many(all)).await;
    Ok(())
}

async fn signalled() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return std::future::pending().await };
        tokio::select! {
            _ = terminate.recv() => {}
            _ = tokio::signal::ctrl_c() => {}
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
}

async fn serve(
    stream: tokio::net::TcpStream,
    handler: Handler,
    body_bytes_max: usize,
    mut stopping: watch::Receiver<bool>,
) {
    let service = service_fn(move |request| answer(request, handler.clone(), body_bytes_max));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(READ_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    tokio::select! {
        _ = connection.as_mut() => return,
        _ = stopping.wait_for(|stop| *stop) => connection.as_mut().graceful_shutdown(),
    }
    let _ = connection.await;
}

async fn answer(
    request: HyperRequest<Incoming>,
    handler: Handler,
    body_bytes_max: usize,
) -> Result<HyperResponse<Full<Bytes>>, Infallible> {
    let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
    let body = timeout(READ_TIMEOUT, Limited::new(request.into_body(), body_bytes_max).collect()).await;
    let response = match body {
        Err(_) => Response::text(408, "the body did not come in time\n"),
        Ok(Err(e)) if e.is::<http_body_util::LengthLimitError>() => {
            Response::text(413, format!("the body is longer than {body_bytes_max} bytes\n"))
        }
        Ok(Err(_)) => Response::text(400, "the body cannot be read\n"),
        Ok(Ok(body)) => {
            let request = Request { method, path, body: body.to_bytes().to_vec() };
            // A panic of the handler ends this call, not the server.
            let called = spawn_blocking(move || handler(request)).await;
            called.unwrap_or_else(|_| Response::text(500, "an error of this server\n"))
        }
    };
    let mut built = HyperResponse::new(Full::new(Bytes::from(response.body)));
    *built.status_mut() = hyper::StatusCode::from_u16(response.status).unwrap_or_default();
    built.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(response.content_type));
    Ok(built)
}

#[cfg(test)]
mod tests;
