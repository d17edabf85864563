//! TLS with an authority of one's own, and a proxy with a password: what a network of a company puts in the way.

use std::{
    io::{BufRead as _, BufReader},
    process::{Child, Command, Stdio},
    sync::mpsc,
    thread,
};

use flagstate_testbed::Server;

use super::{
    Bench, sample,
    servers::{content, ready, s3},
    text, tree,
};

/// The front and the proxy; gone when dropped.
struct Front {
    child: Child,
    tls: u16,
    proxy: u16,
    lines: mpsc::Receiver<String>,
}

impl Drop for Front {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Front {
    fn start(b: &Bench, target: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/moving/front.py");
        let mut child = Command::new("python3")
            .args([script, "server.pem", "server.key", target])
            .current_dir(&b.dir)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (send, lines) = mpsc::channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        thread::spawn(move || {
            for line in out.lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        let port = || lines.recv().unwrap().parse().unwrap();
        let (tls, proxy) = (port(), port());
        Self { child, tls, proxy, lines }
    }

    /// Tunnels since the last time somebody asked.
    fn tunnels(&self) -> usize {
        self.lines.try_iter().filter(|l| l.starts_with("tunnel to localhost:")).count()
    }
}

fn openssl(b: &Bench, args: &[&str]) {
    let output = Command::new("openssl").args(args).current_dir(&b.dir).output().unwrap();
    assert!(output.status.success(), "{args:?} {}", text(&output.stderr));
}

/// An authority, and a certificate for `localhost` alone.
fn certificates(b: &Bench) {
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
    let subject = ["-subj", "/CN=Our own authority", "-addext", "basicConstraints=critical,CA:TRUE"];
    let out = ["-days", "2", "-keyout", "ca.key", "-out", "ca.pem"];
    openssl(b, &[&["req", "-x509"][..], &key, &subject, &out].concat());
    let request = ["-subj", "/CN=localhost", "-keyout", "server.key", "-out", "server.csr"];
    openssl(b, &[&["req"][..], &key, &request].concat());
    b.write("names", b"subjectAltName=DNS:localhost\n");
    let sign =
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-days", "2", "-extfile", "names"];
    openssl(b, &[&sign[..], &["-out", "server.pem"]].concat());
}

#[tokio::test(flavor = "multi_thread")]
async fn through_tls_and_a_proxy_or_not_at_all() {
    let Some(weed) = Server::seaweedfs() else { return };
    let target = s3(&weed.url, "target");
    ready(&target).await;
    let b = Bench::new("network");
    certificates(&b);
    let front = Front::start(&b, weed.url.rsplit(':').next().unwrap());
    sample(&b, "from", 40);
    let from = b.place("from");
    let to = |host: &str| format!("s3://target?endpoint=https://{host}:{}&region=us-east-1", front.tls);
    // An authority that nobody trusts, and a name that the certificate does not have.
    let local = to("localhost");
    let plan = |to: &str, state: &str, ca: &[&str]| {
        let args = ["move", "plan", "--from", &from, "--to", to, "--state", state];
        b.ends(3, &[&args[..], ca].concat())
    };
    let said = plan(&local, "a", &[]);
    assert!(said.contains("certificate") && said.contains("UnknownIssuer"), "{said}");
    let said = plan(&to("127.0.0.1"), "b", &["--ca", "ca.pem"]);
    assert!(said.contains("certificate") && said.contains("127.0.0.1"), "{said}");
    // Through the proxy with the password alone.
    let run = |user: &str| {
        let args = ["move", "run", "--from", &from, "--to", &local, "--state", "m", "--ca", "ca.pem", "--quiet"];
        let mut command = b.command(&args);
        command.env("HTTPS_PROXY", format!("http://{user}@127.0.0.1:{}", front.proxy)).output().unwrap()
    };
    let refused = run("ada:wrong");
    let said = text(&refused.stderr);
    assert_eq!(refused.status.code(), Some(3), "{said}");
    assert!(said.contains("proxy") && !said.contains("wrong"), "{said}");
    assert_eq!(front.tunnels(), 0);
    let done = run("ada:lovelace");
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    assert!(front.tunnels() > 0, "nothing went through the proxy");
    let there = content(&target).await;
    let here = tree(&b.path("from"));
    assert_eq!(there.len(), here.len());
    assert!(there.iter().all(|(key, (bytes, _))| here.get(key.as_str().unwrap()) == Some(bytes)));
}
