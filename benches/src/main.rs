//! The bench server as a program: `flagstate-bench-server [--s3 PORT] [--azure PORT] [--latency MS] [--bucket NAME=JSON]...`.
//!
//! Listens on loopback only and prints one line of JSON with both addresses. Ends with its standard input, so that it never
//! outlives whoever started it, unless `--stay` is given.

use std::{
    env,
    io::{Read as _, Write as _},
    net::SocketAddr,
    process::ExitCode,
};

use flagstate_bench_server::{Server, Setup};

struct Options {
    s3: u16,
    azure: u16,
    latency_ms: u64,
    stay: bool,
    buckets: Vec<(String, Setup)>,
}

fn options() -> Result<Options, String> {
    let mut options = Options { s3: 0, azure: 0, latency_ms: 0, stay: false, buckets: Vec::new() };
    let mut words = env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--stay" {
            options.stay = true;
            continue;
        }
        let value = words.next().ok_or_else(|| format!("`{word}` wants a value"))?;
        let number = |text: &str| text.parse::<u64>().map_err(|_| format!("`{word} {text}`: a number is expected"));
        let port = |text: &str| text.parse::<u16>().map_err(|_| format!("`{word} {text}`: a port is expected"));
        match word.as_str() {
            "--s3" => options.s3 = port(&value)?,
            "--azure" => options.azure = port(&value)?,
            "--latency" => options.latency_ms = number(&value)?,
            "--bucket" => {
                let (name, setup) = value.split_once('=').ok_or("--bucket wants NAME=JSON")?;
                let setup = serde_json::from_str(setup).map_err(|e| format!("--bucket {name}: {e}"))?;
                options.buckets.push((name.to_owned(), setup));
            }
            _ => return Err(format!("`{word}` is not an option")),
        }
    }
    Ok(options)
}

fn run() -> Result<(), String> {
    let options = options()?;
    let at = |port| SocketAddr::from(([127, 0, 0, 1], port));
    let server = Server::start_at(at(options.s3), at(options.azure)).map_err(|e| e.to_string())?;
    for (name, setup) in options.buckets {
        server.bucket(&name, setup)?;
    }
    server.latency_ms(options.latency_ms);
    let line = serde_json::json!({ "s3": server.s3_url(), "azure": server.azure_url() });
    let mut out = std::io::stdout();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(|e| e.to_string())?;
    if options.stay {
        server.wait();
    }
    let _ = std::io::stdin().read_to_end(&mut Vec::new());
    Ok(())
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = writeln!(std::io::stderr(), "flagstate-bench-server: {message}");
            ExitCode::FAILURE
        }
    }
}
