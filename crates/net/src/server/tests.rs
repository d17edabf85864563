//! The server and the client against each other, and against bytes that no client sends.

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use super::*;
use crate::{Address, CallError, Client, Plain};

struct Running {
    base: Address,
    port: SocketAddr,
    stop: Stop,
    thread: Option<thread::JoinHandle<()>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take() {
            thread.join().unwrap();
        }
    }
}

fn start(handler: impl Fn(Request) -> Response + Send + Sync + 'static) -> Running {
    let server = Server::bind("127.0.0.1:0", 1000).unwrap();
    let port = server.address();
    let base = Address::parse(&format!("http://{port}"), Plain::Loopback).unwrap();
    let stop = Stop::new();
    let stopper = stop.clone();
    let thread = thread::spawn(move || server.run(handler, &stopper).unwrap());
    Running { base, port, stop, thread: Some(thread) }
}

fn client() -> Client {
    Client::new(Duration::from_secs(20), 100, &[]).unwrap()
}

#[test]
fn requests_come_through_whole() {
    let running = start(|request| Response {
        status: 418,
        content_type: "text/x.own",
        body: format!("{} {} {}", request.method, request.path, request.body.len()).into_bytes(),
    });
    let answer = client().post(&running.base.below("a/b"), "text/plain", vec![7; 1000]).unwrap();
    assert_eq!((answer.status, answer.content_type.as_str()), (418, "text/x.own"));
    assert_eq!(answer.body, b"POST /a/b 1000");
    assert_eq!(client().get(&running.base.below("c")).unwrap().body, b"GET /c 0");
}

#[test]
fn too_much_is_refused_at_both_ends() {
    let running = start(|_| Response::text(200, "x".repeat(101)));
    assert!(matches!(client().get(&running.base), Err(CallError::TooLong { bytes_max: 100, .. })));
    assert_eq!(client().post(&running.base, "text/plain", vec![7; 1001]).unwrap().status, 413);
}

#[test]
fn redirects_are_not_followed_and_a_panic_ends_one_call_only() {
    let running = start(|request| {
        assert!(request.path != "/panic", "asked to");
        Response::text(302, "elsewhere\n")
    });
    assert_eq!(client().get(&running.base.below("panic")).unwrap().status, 500);
    assert_eq!(client().get(&running.base).unwrap().status, 302);
}

#[test]
fn nonsense_is_answered_and_does_not_stop_the_rest() {
    let running = start(|_| Response::text(200, "fine"));
    for nonsense in [
        &b"\x00\x01\x02\r\n\r\n"[..],
        b"GET / HTTP/9.9\r\n\r\n",
        b"\r\n\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(running.port).unwrap();
        stream.write_all(nonsense).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 200"), "{nonsense:?}");
    }
    assert_eq!(client().get(&running.base).unwrap().body, b"fine");
}

#[test]
fn a_hundred_callers_are_all_answered() {
    let seen = Arc::new(AtomicUsize::new(0));
    let counter = seen.clone();
    let running = start(move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
        Response::text(200, "fine")
    });
    let client = client();
    thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| assert_eq!(client.get(&running.base).unwrap().status, 200));
        }
    });
    assert_eq!(seen.load(Ordering::SeqCst), 100);
}

#[test]
fn nobody_there_is_said_with_the_reason() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = Address::parse(&format!("http://user:secret@{port}/"), Plain::Loopback).unwrap();
    let said = client().get(&address).unwrap_err().to_string();
    assert!(said.contains(&port.to_string()) && said.to_lowercase().contains("refused"), "{said}");
    assert!(!said.contains("secret"), "{said}");
}
