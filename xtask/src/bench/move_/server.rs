//! The bench server as a process of its own, and its control address.

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

use serde_json::{Value, json};

use crate::{process::cargo, workspace};

/// A running bench server. Ends when dropped.
#[derive(Debug)]
pub(crate) struct Server {
    child: Option<Child>,
    id: u32,
    /// `127.0.0.1:port`, S3.
    pub(crate) s3: String,
    /// `127.0.0.1:port`, Azure Blob.
    pub(crate) azure: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Requests and bytes since the last reset.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counted(Value);

impl Counted {
    /// All requests.
    pub(crate) fn total(&self) -> f64 {
        self.0.get("total").and_then(Value::as_f64).unwrap_or_default()
    }

    /// Requests of one kind.
    pub(crate) fn of(&self, kind: &str) -> f64 {
        self.0.pointer(&format!("/requests/{kind}")).and_then(Value::as_f64).unwrap_or_default()
    }

    /// Another figure.
    pub(crate) fn figure(&self, name: &str) -> f64 {
        self.0.get(name).and_then(Value::as_f64).unwrap_or_default()
    }

    /// Objects in a bucket.
    pub(crate) fn objects(&self, bucket: &str) -> f64 {
        self.0.pointer(&format!("/objects/{bucket}")).and_then(Value::as_f64).unwrap_or_default()
    }

    /// Copies that differ from the original.
    pub(crate) fn mismatches(&self) -> Vec<String> {
        let all = self.0.get("mismatches").and_then(Value::as_array).cloned().unwrap_or_default();
        all.iter().filter_map(|m| m.as_str().map(str::to_owned)).collect()
    }

    /// Kinds and numbers, for people.
    pub(crate) fn shown(&self) -> String {
        let requests = self.0.get("requests").and_then(Value::as_object).cloned().unwrap_or_default();
        requests.iter().map(|(kind, n)| format!("{kind} {n}")).collect::<Vec<_>>().join(", ")
    }
}

impl Server {
    /// Builds it in release and starts it on free ports.
    pub(crate) fn start() -> Result<Self, String> {
        cargo().args(["build", "--quiet", "--release", "--locked", "--package", "flagstate-bench-server"]).run()?;
        let program = workspace::target().join("release/flagstate-bench-server");
        // It ends with its standard input: it cannot outlive us.
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|e| format!("{}: {e}", program.display()))?;
        let mut line = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut line).map_err(|e| format!("bench server: {e}"))?;
        }
        let said: Value = serde_json::from_str(&line).map_err(|e| format!("bench server: {e}: {line}"))?;
        let at =
            |name| said.get(name).and_then(Value::as_str).unwrap_or_default().trim_start_matches("http://").to_owned();
        let (s3, azure, id) = (at("s3"), at("azure"), child.id());
        Ok(Self { s3, azure, id, child: Some(child) })
    }

    /// Other servers, which somebody else started and ends.
    pub(crate) fn at(id: u32, s3: &str, azure: &str) -> Self {
        Self { child: None, id, s3: s3.to_owned(), azure: azure.to_owned() }
    }

    /// Processor seconds that it has used.
    pub(crate) fn cpu(&self) -> f64 {
        cpu_of(self.id)
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> Result<Value, String> {
        let failed = |e: std::io::Error| format!("bench server, {method} {path}: {e}");
        let mut stream = TcpStream::connect(&self.s3).map_err(failed)?;
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: bench\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
            body.len()
        );
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut reader = BufReader::new(stream);
        let (mut len, mut status) = (0, String::new());
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).map_err(failed)?;
            if status.is_empty() {
                line.split(' ').nth(1).unwrap_or_default().clone_into(&mut status);
            }
            if let Some(text) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                len = text.trim().parse().unwrap_or(0);
            }
            if line.trim().is_empty() {
                break;
            }
        }
        let mut text = vec![0; len];
        reader.read_exact(&mut text).map_err(failed)?;
        let value: Value = serde_json::from_slice(&text).map_err(|e| format!("bench server: {e}"))?;
        if status == "200" { Ok(value) } else { Err(format!("bench server, {method} {path}: {value}")) }
    }

    /// A bucket of computed objects.
    pub(crate) fn generated(&self, name: &str, count: u64, size: u64) -> Result<(), String> {
        // About as many objects below one prefix as below the others, whatever their number.
        let per_dir = if count > 1_000_000 { 1000 } else { 200 };
        let setup = json!({ "generated": { "count": count, "size": size, "per_dir": per_dir } });
        self.ask("POST", &format!("/-/buckets/{name}"), &setup.to_string()).map(drop)
    }

    /// An empty bucket to write to. `checked`: every byte is compared with `mirror`; else dropped unread.
    pub(crate) fn target(&self, name: &str, mirror: Option<&str>, checked: bool) -> Result<(), String> {
        let keep = if checked { "checked" } else { "nothing" };
        let setup = json!({ "kept": { "keep": keep, "mirror": mirror } });
        self.ask("POST", &format!("/-/buckets/{name}"), &setup.to_string()).map(drop)
    }

    /// An empty bucket that keeps every byte.
    pub(crate) fn kept(&self, name: &str) -> Result<(), String> {
        self.ask("POST", &format!("/-/buckets/{name}"), &json!({ "kept": {} }).to_string()).map(drop)
    }

    /// Waits so long before every answer.
    pub(crate) fn latency(&self, ms: u64) -> Result<(), String> {
        self.ask("POST", &format!("/-/latency?ms={ms}"), "").map(drop)
    }

    /// Counts from zero.
    pub(crate) fn reset(&self) -> Result<(), String> {
        self.ask("POST", "/-/reset", "").map(drop)
    }

    /// What was counted.
    pub(crate) fn counters(&self) -> Result<Counted, String> {
        self.ask("GET", "/-/counters", "").map(Counted)
    }
}

/// Processor seconds of a process, from the kernel, in hundredths.
fn cpu_of(id: u32) -> f64 {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).unwrap_or_default();
    // The name may hold blanks: fields are counted behind it.
    let fields = text.rsplit_once(") ").map(|(_, rest)| rest.split(' ')).into_iter().flatten();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|t| t.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}

/// Processor seconds that the whole machine has used, all processors together.
pub(crate) fn cpu_of_machine() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let fields: Vec<u32> = text
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .skip(1)
        .map(|f| f.parse::<u64>().map_or(0, |n| u32::try_from(n % (1 << 31)).unwrap_or(0)))
        .collect();
    // user, nice, system; behind them idle and waiting; then interrupts and what the host took.
    let busy = [0, 1, 2, 5, 6, 7].iter().filter_map(|i| fields.get(*i)).map(|f| f64::from(*f)).sum::<f64>();
    busy / 100.0
}
