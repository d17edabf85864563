//! A proxy that breaks things on the way: for each request it passes on, a rule can act.
//!
//! It speaks enough HTTP/1.1 to tell requests and answers apart (lengths and chunked bodies), keeps connections, and
//! counts what it did, so that a test can demand that every fault was met.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

/// What to do to a request or its answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Fault {
    /// Answer with this status and body, and pass nothing on.
    Status(u16, String),
    /// The same, with headers.
    StatusWith(u16, Vec<(String, String)>, String),
    /// Close the connection before anything is passed on.
    Reset,
    /// Pass the request on, and close without the answer: nobody knows whether it was done.
    LoseAnswer,
    /// Pass on so many bytes of the answer's body, then close.
    Truncate(u64),
    /// Announce and send a body that is shorter by so many bytes: a whole answer with a part of the object.
    Shorten(u64),
    /// Flip a bit of the answer's body at this offset.
    CorruptAnswer(u64),
    /// Flip a bit of the request's body at this offset.
    CorruptRequest(u64),
    /// Replace the answer's `etag`.
    LieEtag(String),
    /// Say nothing for so long, then go on.
    Stall(Duration),
    /// Send the answer's head, then say nothing for so long.
    StallBody(Duration),
    /// Answer with the body of an earlier answer to the same path with another query.
    RepeatPage,
    /// Replace text in the answer's body (lengths are mended).
    Replace(String, String),
}

/// When a fault acts.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Only this method.
    pub method: Option<&'static str>,
    /// Only targets (path and query) that hold this.
    pub target: String,
    /// Leave the first so many matches alone.
    pub skip: u32,
    /// Act on so many, then never again.
    pub times: u32,
    /// What to do.
    pub fault: Fault,
}

impl Rule {
    /// Acts once, on the first request with this method and text in its target.
    pub fn once(method: &'static str, target: &str, fault: Fault) -> Self {
        Self { method: Some(method), target: target.to_owned(), skip: 0, times: 1, fault }
    }
}

/// One request that went through.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Its method.
    pub method: String,
    /// Path and query as they stood on the wire.
    pub target: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// The fault that acted.
    pub fault: Option<Fault>,
}

#[derive(Debug, Default)]
struct State {
    rules: Vec<Rule>,
    seen: Vec<Seen>,
    pages: Vec<(String, Vec<u8>)>,
}

/// The proxy. Ends when dropped.
#[derive(Debug)]
pub struct FaultProxy {
    /// `http://127.0.0.1:port`.
    pub url: String,
    port: u16,
    state: Arc<Mutex<State>>,
    over: Arc<AtomicBool>,
}

impl FaultProxy {
    /// Passes on to `http://127.0.0.1:port`.
    pub fn to(upstream: &str) -> std::io::Result<Self> {
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let port = listener.local_addr()?.port();
        let state = Arc::new(Mutex::new(State::default()));
        let over = Arc::new(AtomicBool::new(false));
        let (shared, ended) = (state.clone(), over.clone());
        thread::spawn(move || {
            for client in listener.incoming() {
                if ended.load(Ordering::Relaxed) {
                    return;
                }
                let (Ok(client), shared, upstream) = (client, shared.clone(), upstream.clone()) else { continue };
                // A connection that breaks is this program's purpose.
                thread::spawn(move || drop(serve(&client, &upstream, &shared)));
            }
        });
        Ok(Self { url: format!("http://127.0.0.1:{port}"), port, state, over })
    }

    /// Adds a rule; the first that fits acts.
    pub fn rule(&self, rule: Rule) {
        self.lock().rules.push(rule);
    }

    /// Removes all rules.
    pub fn clear(&self) {
        self.lock().rules.clear();
    }

    /// Everything that went through so far; forgets it.
    pub fn take_seen(&self) -> Vec<Seen> {
        std::mem::take(&mut self.lock().seen)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

struct Head {
    first: String,
    fields: Vec<(String, String)>,
}

impl Head {
    fn read(from: &mut impl BufRead) -> std::io::Result<Option<Self>> {
        let mut lines = Vec::new();
        loop {
            let mut line = Vec::new();
            if from.read_until(b'\n', &mut line)? == 0 {
                return Ok(None);
            }
            // Header values may be any bytes: Latin-1 keeps them.
            let text: String = line.iter().map(|b| char::from(*b)).collect();
            let text = text.trim_end_matches(['\r', '\n']).to_owned();
            if text.is_empty() {
                break;
            }
            lines.push(text);
        }
        let mut lines = lines.into_iter();
        let first = lines.next().unwrap_or_default();
        let split = |l: String| l.split_once(':').map(|(n, v)| (n.to_owned(), v.trim().to_owned()));
        Ok(Some(Self { first, fields: lines.filter_map(split).collect() }))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    fn set(&mut self, name: &str, value: String) {
        self.fields.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.fields.push((name.to_owned(), value));
    }

    fn write(&self, to: &mut impl Write) -> std::io::Result<()> {
        let mut text = format!("{}\r\n", self.first);
        for (name, value) in &self.fields {
            for part in [name, ": ", value, "\r\n"] {
                text.push_str(part);
            }
        }
        text.push_str("\r\n");
        let bytes: Vec<u8> = text.chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect();
        to.write_all(&bytes)
    }
}

/// Reads a body as a whole: tests send megabytes, not gigabytes.
fn body(head: &Head, from: &mut impl BufRead, bare: bool) -> std::io::Result<Vec<u8>> {
    let mut all = Vec::new();
    if bare {
        return Ok(all);
    }
    if head.get("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut line = String::new();
            from.read_line(&mut line)?;
            let size = u64::from_str_radix(line.trim().split(';').next().unwrap_or_default(), 16).unwrap_or(0);
            from.by_ref().take(size).read_to_end(&mut all)?;
            let mut end = String::new();
            from.read_line(&mut end)?;
            if size == 0 {
                return Ok(all);
            }
        }
    }
    let len = head.get("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
    from.take(len).read_to_end(&mut all)?;
    Ok(all)
}

fn flip(bytes: &mut [u8], offset: u64) {
    let at = usize::try_from(offset).unwrap_or(usize::MAX).min(bytes.len().saturating_sub(1));
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1;
    }
}

fn chosen(state: &Mutex<State>, head: &Head) -> Option<Fault> {
    let mut words = head.first.split(' ');
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let fits = |r: &&mut Rule| r.times > 0 && r.method.is_none_or(|m| m == method) && target.contains(&r.target);
    let fault = state.rules.iter_mut().find(fits).and_then(|rule| {
        if rule.skip > 0 {
            rule.skip -= 1;
            return None;
        }
        rule.times -= 1;
        Some(rule.fault.clone())
    });
    let headers = head.fields.iter().map(|(n, v)| (n.to_ascii_lowercase(), v.clone())).collect();
    state.seen.push(Seen { method: method.to_owned(), target: target.to_owned(), headers, fault: fault.clone() });
    fault
}

fn serve(client: &TcpStream, upstream: &str, state: &Mutex<State>) -> std::io::Result<()> {
    let mut from_client = BufReader::new(client.try_clone()?);
    let mut to_client = client;
    // Connected when something is passed on: a proxy that answers by itself needs nobody behind it.
    let mut server: Option<(TcpStream, BufReader<TcpStream>)> = None;
    let _ = client.set_nodelay(true);
    while let Some(head) = Head::read(&mut from_client)? {
        let fault = chosen(state, &head);
        if fault == Some(Fault::Reset) {
            return client.shutdown(Shutdown::Both);
        }
        if head.get("expect").is_some() {
            to_client.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
        }
        let mut sent = body(&head, &mut from_client, false)?;
        if let Some((status, fields, text)) = instead(fault.as_ref()) {
            let head = Head { first: format!("HTTP/1.1 {status} Fault"), fields };
            respond(&mut to_client, head, text.as_bytes())?;
            continue;
        }
        if let Some(Fault::CorruptRequest(at)) = fault {
            flip(&mut sent, at);
        }
        if let Some(Fault::Stall(time)) = fault {
            thread::sleep(time);
        }
        let mut on = Head { first: head.first.clone(), fields: head.fields.clone() };
        on.fields.retain(|(n, _)| !n.eq_ignore_ascii_case("expect"));
        if on.get("transfer-encoding").is_some() {
            on.fields.retain(|(n, _)| !n.eq_ignore_ascii_case("transfer-encoding"));
            on.set("content-length", sent.len().to_string());
        }
        let (to_server, from_server) = match &mut server {
            Some(server) => server,
            None => {
                let stream = TcpStream::connect(upstream)?;
                let reader = BufReader::new(stream.try_clone()?);
                server.insert((stream, reader))
            }
        };
        on.write(to_server)?;
        to_server.write_all(&sent)?;
        let Some(mut answer) = Head::read(from_server)? else { return Ok(()) };
        while answer.first.contains(" 100 ") {
            let Some(next) = Head::read(from_server)? else { return Ok(()) };
            answer = next;
        }
        let is_head = head.first.starts_with("HEAD ");
        let bare = is_head || answer.first.contains(" 204 ") || answer.first.contains(" 304 ");
        let got = body(&answer, from_server, bare)?;
        if !pass_back(client, state, &head, (answer, got, bare), fault)? {
            return client.shutdown(Shutdown::Both);
        }
    }
    Ok(())
}

type Instead = (u16, Vec<(String, String)>, String);

fn instead(fault: Option<&Fault>) -> Option<Instead> {
    match fault? {
        Fault::Status(status, text) => Some((*status, Vec::new(), text.clone())),
        Fault::StatusWith(status, fields, text) => Some((*status, fields.clone(), text.clone())),
        _ => None,
    }
}

fn respond(to: &mut impl Write, mut head: Head, body: &[u8]) -> std::io::Result<()> {
    head.fields.retain(|(n, _)| !n.eq_ignore_ascii_case("transfer-encoding"));
    head.set("content-length", body.len().to_string());
    head.write(to)?;
    to.write_all(body)
}

/// Sends the answer on, changed or not. False where the connection must end.
fn pass_back(
    mut client: &TcpStream,
    state: &Mutex<State>,
    request: &Head,
    (mut answer, mut body, bare): (Head, Vec<u8>, bool),
    fault: Option<Fault>,
) -> std::io::Result<bool> {
    let path = request.first.split(['?', ' ']).nth(1).unwrap_or_default().to_owned();
    match fault {
        Some(Fault::LoseAnswer) => return Ok(false),
        Some(Fault::LieEtag(etag)) => answer.set("ETag", etag),
        Some(Fault::CorruptAnswer(at)) => flip(&mut body, at),
        Some(Fault::Shorten(by)) => {
            body.truncate(body.len().saturating_sub(usize::try_from(by).unwrap_or(usize::MAX)));
        }
        Some(Fault::Replace(old, new)) => body = String::from_utf8_lossy(&body).replace(&old, &new).into_bytes(),
        Some(Fault::RepeatPage) => {
            let state = state.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some((_, page)) = state.pages.iter().find(|(p, _)| *p == path) {
                page.clone_into(&mut body);
            }
        }
        Some(Fault::Truncate(after)) => {
            answer.fields.retain(|(n, _)| !n.eq_ignore_ascii_case("transfer-encoding"));
            answer.set("content-length", body.len().to_string());
            answer.write(&mut client)?;
            let end = usize::try_from(after).unwrap_or(usize::MAX).min(body.len());
            client.write_all(body.get(..end).unwrap_or_default())?;
            return Ok(false);
        }
        Some(Fault::StallBody(time)) => {
            answer.fields.retain(|(n, _)| !n.eq_ignore_ascii_case("transfer-encoding"));
            answer.set("content-length", body.len().to_string());
            answer.write(&mut client)?;
            thread::sleep(time);
            client.write_all(&body)?;
            return Ok(true);
        }
        _ => {}
    }
    let listing = ["list-type=", "comp=list"].iter().any(|w| request.first.contains(w));
    if request.first.starts_with("GET ") && listing && body.len() < 1 << 20 {
        let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
        if !state.pages.iter().any(|(p, _)| *p == path) {
            state.pages.push((path, body.clone()));
        }
    }
    if bare {
        // The length of what is not sent stays as the server said it.
        answer.write(&mut client)?;
    } else {
        respond(&mut client, answer, &body)?;
    }
    Ok(true)
}
