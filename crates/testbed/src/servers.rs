//! Starting SeaweedFS, s3s-fs, Azurite and moto, and ending them.

use std::{
    env, fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use crate::ports;

/// The access key that all S3 servers here know.
pub const ACCESS_KEY: &str = "flagstatetest";
/// An access key of SeaweedFS that may only read, with the same secret.
pub const READ_KEY: &str = "flagstatereader";
/// Its secret.
pub const SECRET_KEY: &str = "flagstatetestsecret";
/// Azurite's only account: published, not secret.
pub const AZURE_ACCOUNT: &str = "devstoreaccount1";
/// Its key: published, not secret.
pub const AZURE_KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

/// A running server. Ends with its folder when dropped.
#[derive(Debug)]
pub struct Server {
    /// `http://127.0.0.1:port`.
    pub url: String,
    child: Child,
    dir: PathBuf,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = fs::remove_dir_all(&self.dir);
    }
}

/// The folder of installed tools: `FLAGSTATE_TOOLS`, else beside the folder of this test's binary.
pub fn tools() -> PathBuf {
    let exe = env::current_exe().unwrap_or_default();
    let beside = || exe.ancestors().map(|dir| dir.join("tools")).find(|dir| dir.is_dir());
    env::var_os("FLAGSTATE_TOOLS").map(PathBuf::from).or_else(beside).unwrap_or_default()
}

/// What is missing; fails in continuous integration.
#[expect(clippy::print_stderr, reason = "a test that cannot run must say so, and must not pass in CI")]
fn skip<T>(what: &str) -> Option<T> {
    let ci = env::var("CI").is_ok_and(|v| v == "true" || v == "1");
    assert!(!ci, "{what}: run `cargo xtask test`, which installs it");
    eprintln!("skipped: {what}");
    None
}

impl Server {
    /// SeaweedFS with S3: tags, versions, locks, checksums, conditions. `/dev/shm` holds its data where it exists, or
    /// the folder that `FLAGSTATE_TESTBED_DIR` names.
    pub fn seaweedfs() -> Option<Self> {
        let program = tools().join("objects/bin/weed");
        if !program.exists() {
            return skip("SeaweedFS is not installed");
        }
        let dir = folder("seaweedfs");
        let mut taken = Vec::new();
        let mut port = || ports::free(&mut taken, Some(10_000));
        let (master, volume, filer, s3) = (port(), port(), port(), port());
        let config = format!(
            r#"{{"identities":[{{"name":"test","credentials":[{{"accessKey":"{ACCESS_KEY}","secretKey":"{SECRET_KEY}"}}],"actions":["Admin","Read","Write","List","Tagging"]}},{{"name":"reader","credentials":[{{"accessKey":"{READ_KEY}","secretKey":"{SECRET_KEY}"}}],"actions":["Read","List"]}}]}}"#
        );
        let file = dir.join("s3.json");
        fs::write(&file, config).ok()?;
        let mut command = Command::new(program);
        command.args(["-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]);
        command.args(["-master.telemetry=false", "-master.volumeSizeLimitMB=1024", "-volume.max=200"]);
        command.args(["-s3.port.iceberg=0", "-s3.port.lance=0", "-volume.fileSizeLimitMB=1024"]);
        command.arg(format!("-dir={}", dir.display())).arg(format!("-s3.config={}", file.display()));
        for (name, port) in [("master", master), ("volume", volume), ("filer", filer), ("s3", s3)] {
            command.arg(format!("-{name}.port={port}")).arg(format!("-{name}.port.grpc={}", port + 10_000));
        }
        start(command, dir, s3, "SeaweedFS")
    }

    /// s3s-fs: a small S3 server over a folder; for writing to.
    pub fn s3s_fs(buckets: &[&str]) -> Option<Self> {
        let program = tools().join("bin/s3s-fs");
        if !program.exists() {
            return skip("s3s-fs is not installed");
        }
        let dir = folder("s3s-fs");
        for bucket in buckets {
            fs::create_dir_all(dir.join(bucket)).ok()?;
        }
        let port = ports::free(&mut Vec::new(), None);
        let mut command = Command::new(program);
        command.args(["--host", "127.0.0.1", "--port", &port.to_string()]);
        command.args(["--access-key", ACCESS_KEY, "--secret-key", SECRET_KEY]).arg(&dir);
        start(command, dir, port, "s3s-fs")
    }

    /// Azurite's blob service.
    pub fn azurite() -> Option<Self> {
        let program = tools().join("node/node_modules/azurite/dist/src/blob/main.js");
        if !program.exists() {
            return skip("Azurite is not installed");
        }
        let dir = folder("azurite");
        let port = ports::free(&mut Vec::new(), None);
        let mut command = Command::new("node");
        command
            .arg(program)
            .args(["--silent", "--disableTelemetry", "--disableProductStyleUrl", "--skipApiVersionCheck"]);
        command.args(["--blobHost", "127.0.0.1", "--blobPort", &port.to_string(), "--location"]).arg(&dir);
        start(command, dir, port, "Azurite")
    }

    /// moto's S3: slow, and a third opinion.
    pub fn moto() -> Option<Self> {
        let program = tools().join("objects/bin/moto_server");
        if !program.exists() {
            return skip("moto is not installed");
        }
        let dir = folder("moto");
        let port = ports::free(&mut Vec::new(), None);
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &port.to_string()]);
        start(command, dir, port, "moto")
    }

    /// The folder with the server's data and log.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The number of its process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }
}

fn folder(name: &str) -> PathBuf {
    use std::sync::atomic::{AtomicU32, Ordering};
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let memory = Path::new("/dev/shm");
    let base = match env::var_os("FLAGSTATE_TESTBED_DIR") {
        Some(dir) => PathBuf::from(dir),
        None if memory.is_dir() => memory.to_owned(),
        None => env::temp_dir(),
    };
    let dir = base.join(format!("flagstate-{name}-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    let _ = fs::create_dir_all(&dir);
    dir
}

fn start(mut command: Command, dir: PathBuf, port: u16, name: &str) -> Option<Server> {
    let log = fs::File::create(dir.join("server.log")).ok()?;
    let errors = log.try_clone().ok()?;
    command.stdin(Stdio::null()).stdout(log).stderr(errors).current_dir(&dir);
    let Ok(child) = command.spawn() else {
        let _ = fs::remove_dir_all(&dir);
        return skip(&format!("{name} does not start"));
    };
    let mut server = Server { url: format!("http://127.0.0.1:{port}"), child, dir };
    for _ in 0..600 {
        if answers(port) {
            return Some(server);
        }
        if let Ok(Some(status)) = server.child.try_wait() {
            let log = fs::read_to_string(server.dir.join("server.log")).unwrap_or_default();
            let tail: Vec<&str> = log.lines().rev().take(5).collect();
            return skip(&format!("{name} ended with {status}: {tail:?}"));
        }
        thread::sleep(Duration::from_millis(100));
    }
    skip(&format!("{name} did not answer within a minute"))
}

/// True when something speaks HTTP there.
fn answers(port: u16) -> bool {
    let Ok(mut stream) = TcpStream::connect(("127.0.0.1", port)) else { return false };
    let _ = stream.set_read_timeout(Some(Duration::from_secs(2)));
    let request = format!("GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let mut head = [0; 5];
    stream.write_all(request.as_bytes()).is_ok() && stream.read_exact(&mut head).is_ok() && &head == b"HTTP/"
}
