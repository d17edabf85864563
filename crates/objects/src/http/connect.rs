//! Connections: TCP, TLS with the roots that the operator chose, and proxies.

use std::{
    fmt,
    future::Future,
    path::PathBuf,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::Uri;
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_rustls::HttpsConnector;
use hyper_util::{
    client::{
        legacy::connect::{Connected, Connection, HttpConnector, proxy::Tunnel},
        proxy::matcher::Matcher,
    },
    rt::TokioIo,
};
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
};
use tokio::net::TcpStream;
use tower_service::Service;

use super::HttpOptions;

/// Whom to trust, and who we are.
#[derive(Clone, Debug, Default)]
pub struct Tls {
    /// Further roots, PEM. The system's stay.
    pub extra_roots: Vec<PathBuf>,
    /// Only `extra_roots`, not the system's.
    pub only_extra_roots: bool,
    /// Client certificate and key, PEM.
    pub identity: Option<(PathBuf, PathBuf)>,
}

/// Why there can be no connections at all.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// A file with certificates or a key.
    #[error("{path}: cannot be read as PEM; give a file of certificates (or a key)")]
    Pem {
        /// Which file.
        path: String,
        /// Why.
        #[source]
        cause: rustls::pki_types::pem::Error,
    },
    /// TLS itself.
    #[error("TLS cannot be set up with these roots and certificates")]
    Tls(#[source] rustls::Error),
    /// The proxy's address.
    #[error("the proxy's address is no URL; write `http://host:port`")]
    Proxy,
}

type Inner = HttpsConnector<Dialer>;

/// Makes connections for the pool.
#[derive(Clone)]
pub(crate) struct Connector(Inner);

impl Connector {
    pub(crate) fn new(options: &HttpOptions) -> Result<Self, ConnectError> {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(options.connect));
        tcp.set_keepalive(Some(options.stall));
        let proxies = match (&options.proxy, options.proxy_from_environment) {
            (Some(address), _) => {
                if address.parse::<Uri>().is_err() {
                    return Err(ConnectError::Proxy);
                }
                Some(Matcher::builder().all(address.clone()).build())
            }
            (None, true) => Some(Matcher::from_env()),
            (None, false) => None,
        };
        let dialer = Dialer { tcp, proxies: proxies.map(Arc::new) };
        Ok(Self(HttpsConnector::from((dialer, config(&options.tls)?))))
    }
}

fn config(tls: &Tls) -> Result<ClientConfig, ConnectError> {
    let mut roots = RootCertStore::empty();
    if !tls.only_extra_roots {
        // Unreadable ones are left out: the rest may be enough, and if not, the handshake says so.
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    }
    for path in &tls.extra_roots {
        roots.add_parsable_certificates(certificates(path)?);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(ConnectError::Tls)?
        .with_root_certificates(roots);
    match &tls.identity {
        None => Ok(builder.with_no_client_auth()),
        Some((chain, key)) => {
            let wrong = |cause| ConnectError::Pem { path: key.display().to_string(), cause };
            let secret = PrivateKeyDer::from_pem_file(key).map_err(wrong)?;
            builder.with_client_auth_cert(certificates(chain)?, secret).map_err(ConnectError::Tls)
        }
    }
}

fn certificates(path: &PathBuf) -> Result<Vec<CertificateDer<'static>>, ConnectError> {
    let wrong = |cause| ConnectError::Pem { path: path.display().to_string(), cause };
    let found: Vec<_> = CertificateDer::pem_file_iter(path).map_err(wrong)?.collect::<Result<_, _>>().map_err(wrong)?;
    if found.is_empty() {
        return Err(wrong(rustls::pki_types::pem::Error::NoItemsFound));
    }
    Ok(found)
}

type Dialing<T> = Pin<Box<dyn Future<Output = Result<T, crate::error::Cause>> + Send>>;

impl Service<Uri> for Connector {
    type Response = <Inner as Service<Uri>>::Response;
    type Error = <Inner as Service<Uri>>::Error;
    type Future = <Inner as Service<Uri>>::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        self.0.call(to)
    }
}

/// TCP, directly or through a proxy.
#[derive(Clone)]
pub(crate) struct Dialer {
    tcp: HttpConnector,
    proxies: Option<Arc<Matcher>>,
}

impl fmt::Debug for Dialer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dialer")
    }
}

impl Service<Uri> for Dialer {
    type Response = Wire;
    type Error = crate::error::Cause;
    type Future = Dialing<Wire>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(cx).map_err(Into::into)
    }

    fn call(&mut self, to: Uri) -> Self::Future {
        let mut tcp = self.tcp.clone();
        let proxy = self.proxies.as_ref().and_then(|p| p.intercept(&to));
        Box::pin(async move {
            let (stream, proxied) = match proxy {
                None => (tcp.call(to).await?, false),
                Some(proxy) if to.scheme_str() == Some("https") => {
                    let mut tunnel = Tunnel::new(proxy.uri().clone(), tcp);
                    if let Some(auth) = proxy.basic_auth() {
                        tunnel = tunnel.with_auth(auth.clone());
                    }
                    (tunnel.call(to).await?, false)
                }
                Some(proxy) => (tcp.call(proxy.uri().clone()).await?, true),
            };
            Ok(Wire { stream, proxied })
        })
    }
}

/// A TCP connection that knows whether it leads to a proxy.
#[derive(Debug)]
pub(crate) struct Wire {
    stream: TokioIo<TcpStream>,
    proxied: bool,
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        self.stream.connected().proxy(self.proxied)
    }
}

impl Read for Wire {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: ReadBufCursor<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl Write for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[std::io::IoSlice<'_>],
    ) -> Poll<std::io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, bufs)
    }
}
