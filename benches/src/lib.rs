//! An object server for measurements and fault tests. S3 and Azure Blob over plain HTTP, on loopback.
//!
//! What it is for: every real server is slower than a good client, so that a client measured against one shows the
//! server. This one computes listings of any number of keys from a seed, cuts objects out of one pool (sent from the page
//! cache), drops what is written in the kernel or checks it, keeps bytes of objects under any key, counts requests, and
//! breaks things on purpose.
//!
//! What it deliberately does not do: authorise anybody, encrypt, survive its end. It must never listen to a network.
//!
//! Specification: S3 API reference (2006-03-01), Azure Blob service REST API (2026-02-06), RFC 9110 and 9112, each as far
//! as clients of object stores use them.

mod azure;
mod control;
mod counters;
mod faults;
mod hub;
mod s3;
mod serve;
mod store;
mod sums;
mod text;
mod wire;

use std::{
    collections::HashMap,
    io,
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
};

pub use control::Setup;
pub use counters::Op;
pub use faults::{Fault, Injected, Plan, Rule};
pub use store::{Keep, Recipe};

use hub::Hub;
use serve::{Dialect, serve};

/// Open connections by number, to be closed at the end.
type Open = Arc<Mutex<HashMap<u64, TcpStream>>>;

/// A running server. Ends when dropped.
#[derive(Debug)]
pub struct Server {
    hub: Arc<Hub>,
    s3: SocketAddr,
    azure: SocketAddr,
    over: Arc<AtomicBool>,
    open: Open,
}

impl Server {
    /// Starts on two free ports.
    pub fn start() -> io::Result<Self> {
        Self::start_at(([127, 0, 0, 1], 0).into(), ([127, 0, 0, 1], 0).into())
    }

    /// Starts on these addresses.
    pub fn start_at(s3: SocketAddr, azure: SocketAddr) -> io::Result<Self> {
        let hub = Arc::new(Hub {
            buckets: store::Buckets::default(),
            counters: counters::Counters::default(),
            faults: faults::Faults::default(),
            latency_ms: AtomicU64::new(0),
            pool: store::Pool::new(1),
        });
        let (over, open) = (Arc::new(AtomicBool::new(false)), Open::default());
        let listen = |address, dialect| {
            let listener = TcpListener::bind(address)?;
            let address = listener.local_addr()?;
            let (hub, over, open) = (hub.clone(), over.clone(), open.clone());
            thread::Builder::new().spawn(move || accept(&listener, &hub, dialect, &over, &open))?;
            Ok::<_, io::Error>(address)
        };
        let (s3, azure) = (listen(s3, Dialect::S3)?, listen(azure, Dialect::Azure)?);
        Ok(Self { hub, s3, azure, over, open })
    }

    /// Where S3 is spoken: `http://127.0.0.1:port`.
    pub fn s3_url(&self) -> String {
        format!("http://{}", self.s3)
    }

    /// Where Azure Blob is spoken, without the account: `http://127.0.0.1:port`.
    pub fn azure_url(&self) -> String {
        format!("http://{}", self.azure)
    }

    /// Adds or replaces a bucket. Both dialects see it.
    pub fn bucket(&self, name: &str, setup: Setup) -> Result<(), String> {
        control::set_up(&self.hub, name, setup)
    }

    /// Replaces the faults.
    pub fn faults(&self, plan: Plan) {
        self.hub.faults.set(plan);
    }

    /// The faults that acted since the last call.
    pub fn injected(&self) -> Vec<Injected> {
        self.hub.faults.take_log()
    }

    /// Waits so long before every answer.
    pub fn latency_ms(&self, ms: u64) {
        self.hub.latency_ms.store(ms, Ordering::Relaxed);
    }

    /// Everything that was counted, as `GET /-/counters` answers it.
    pub fn counters(&self) -> serde_json::Value {
        control::counters(&self.hub)
    }

    /// Counts from zero.
    pub fn reset(&self) {
        self.hub.counters.reset();
        self.hub.faults.take_log();
    }

    /// Waits until the process ends.
    pub fn wait(&self) {
        while !self.over.load(Ordering::Relaxed) {
            thread::park();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        // Accepting ends with the next connection.
        for address in [self.s3, self.azure] {
            let _ = TcpStream::connect(address);
        }
        for (_, stream) in self.open.lock().unwrap_or_else(PoisonError::into_inner).drain() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

fn accept(listener: &TcpListener, hub: &Arc<Hub>, dialect: Dialect, over: &AtomicBool, open: &Open) {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    for stream in listener.incoming() {
        if over.load(Ordering::Relaxed) {
            return;
        }
        let Ok(stream) = stream else { continue };
        let (hub, open, number) = (hub.clone(), open.clone(), NEXT.fetch_add(1, Ordering::Relaxed));
        if let Ok(copy) = stream.try_clone() {
            open.lock().unwrap_or_else(PoisonError::into_inner).insert(number, copy);
        }
        let serving = thread::Builder::new().stack_size(512 << 10).spawn(move || {
            // A connection that breaks concerns nobody else.
            let _ = serve(&hub, stream, dialect);
            open.lock().unwrap_or_else(PoisonError::into_inner).remove(&number);
        });
        drop(serving);
    }
}
