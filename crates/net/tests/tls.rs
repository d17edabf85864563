//! TLS against a server that is not ours: a certificate from a trusted root is accepted, any other is not.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Stdio},
    time::Duration,
};

use flagstate_interop::tsa::Authority;
use flagstate_net::{Address, CallError, Client, Plain};

const SERVER: &str = "basicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\n\
                      extendedKeyUsage=serverAuth\nsubjectAltName=DNS:localhost,IP:127.0.0.1\n";
/// Python's own TLS and HTTP.
const PROGRAM: &str = "
import http.server, ssl, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers['Content-Length']))
        self.send_response(200); self.send_header('Content-Length', str(len(body))); self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
server = http.server.HTTPServer(('127.0.0.1', 0), Answer)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(sys.argv[1] + '.pem', sys.argv[1] + '.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
print(server.server_address[1], flush=True)
server.serve_forever()
";

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(authority: &Authority, certificate: &str) -> Option<(Running, u16)> {
    let mut python = flagstate_interop::python()?;
    let command = python.current_dir(authority.dir()).args(["-c", PROGRAM, certificate]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    Some((Running(child), line.trim().parse().unwrap()))
}

#[test]
fn only_trusted_certificates_are_accepted() {
    let Some(authority) = Authority::new("tls") else { return };
    authority.root("other");
    authority.issue("good", "ca", "EC:P-256", SERVER);
    authority.issue("foreign", "other", "EC:P-256", SERVER);
    authority.issue("elsewhere", "ca", "EC:P-256", &SERVER.replace("DNS:localhost,IP:127.0.0.1", "DNS:a.example"));
    let timeout = Duration::from_secs(20);
    let trusting = Client::new(timeout, 1000, &[authority.read("ca.pem")]).unwrap();
    let plain = Client::new(timeout, 1000, &[]);
    for (certificate, accepted) in [("good", true), ("foreign", false), ("elsewhere", false)] {
        let Some((running, port)) = start(&authority, certificate) else { return };
        let address = Address::parse(&format!("https://127.0.0.1:{port}/"), Plain::Loopback).unwrap();
        let answer = trusting.post(&address, "text/plain", b"hello".to_vec());
        match answer {
            Ok(answer) => assert!(accepted && answer.body == b"hello", "{certificate}"),
            Err(CallError::NoAnswer { why, .. }) => {
                assert!(!accepted && why.contains("ertificate"), "{certificate}: {why}");
            }
            Err(other) => assert!(!accepted, "{certificate}: {other}"),
        }
        drop(running);
    }
    // A machine without any roots of its own says so when the client is made; one with roots does not know ours.
    if let Ok(plain) = plain {
        let Some((_running, port)) = start(&authority, "good") else { return };
        let address = Address::parse(&format!("https://localhost:{port}/"), Plain::Loopback).unwrap();
        assert!(matches!(plain.post(&address, "text/plain", Vec::new()), Err(CallError::NoAnswer { .. })));
    }
}
