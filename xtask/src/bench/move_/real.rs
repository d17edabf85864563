//! Against real servers: `SeaweedFS` and Azurite, each in its own process, data in memory.
//!
//! What it deliberately does not do: it sets no limits. These servers are slower than any good client, so the clock shows
//! them and not the client; what a client needs of the processor is what can be compared. Whether what arrived is right is
//! for the tests to say.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use super::{
    Moves,
    peers::{ACCOUNT, ACCOUNT_KEY, KEY, SECRET, azure_url, local, ours, s3_url},
    server::Server,
};
use crate::{
    bench::measure::{Cost, Subject, median},
    out,
    process::Program,
    tools, workspace,
};

/// Small objects from `SeaweedFS`, blobs from Azurite.
const SMALL: (u64, u64) = (2000, 16 << 10);
const BLOBS: (u64, u64) = (300, 64 << 10);
const RUNS: usize = 3;
const PORTS: [(&str, u16); 4] = [("master", 21_333), ("volume", 21_080), ("filer", 21_888), ("s3", 21_334)];
const AZURITE: u16 = 21_000;

const FILL: &str = include_str!("../../../py/fill_real.py");

/// Ends with us.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The servers, and the script that fills them.
struct Real {
    server: Server,
    python: PathBuf,
    targets: u32,
    _weed: Running,
    _azurite: Running,
}

impl Real {
    fn start(dir: &Path) -> Result<Self, String> {
        tools::objects::servers(true)?;
        let bin = workspace::tools().join("objects/bin");
        let weed = Running(weed(&bin.join("weed"), dir)?);
        let azurite = Running(azurite(dir)?);
        let server = Server::at(weed.0.id(), &format!("127.0.0.1:{}", PORTS[3].1), &format!("127.0.0.1:{AZURITE}"));
        wait_for(&server.s3)?;
        wait_for(&server.azure)?;
        Ok(Self { server, python: bin.join("python"), targets: 0, _weed: weed, _azurite: azurite })
    }

    fn fill(&self, what: &str, name: &str, (count, size): (u64, u64)) -> Result<(), String> {
        let (s3, azure) = (format!("http://{}", self.server.s3), format!("http://{}/{ACCOUNT}", self.server.azure));
        let words = [what, &s3, &azure, KEY, SECRET, ACCOUNT, ACCOUNT_KEY, name];
        let numbers = [count.to_string(), size.to_string()];
        let run = Program::new(&self.python).args(["-c", FILL]).args(words).args(&numbers).capture()?;
        if run.code == 0 { Ok(()) } else { Err(format!("the servers were not filled:\n{}", run.stderr)) }
    }

    /// An empty bucket.
    fn fresh(&mut self) -> Result<String, String> {
        self.targets += 1;
        let name = format!("target{}", self.targets);
        self.fill("bucket", &name, (0, 0)).map(|()| name)
    }
}

/// What every program cost, by its name.
type Costs = Vec<(String, Vec<Cost>)>;

impl Moves {
    /// Both servers, every program in turn.
    pub(super) fn real(&mut self) -> Result<(), String> {
        let mut real = Real::start(&self.folder("real")?)?;
        real.fill("s3", "source", SMALL)?;
        real.fill("azure", "source", BLOBS)?;
        for (title, from_azure, (count, size)) in
            [("SeaweedFS to SeaweedFS", false, SMALL), ("Azurite to SeaweedFS", true, BLOBS)]
        {
            out::line(title);
            let limits = "No limit is set: the server is what takes the time.";
            self.results.section(title, &format!("{count} objects of {} KiB, {RUNS} runs. {limits}", size >> 10));
            let mut all = Costs::new();
            for _ in 0..RUNS {
                self.round(&mut real, from_azure, &mut all)?;
            }
            self.real_table(title, &all);
        }
        Ok(())
    }

    /// Every program once, each into a bucket of its own.
    fn round(&self, real: &mut Real, from_azure: bool, all: &mut Costs) -> Result<(), String> {
        for number in 0.. {
            let to = real.fresh()?;
            let state = self.folder("state")?;
            let server = &real.server;
            let from = if from_azure { azure_url(&server.azure, "source") } else { s3_url(&server.s3, "source") };
            let (place, target) = (state.join("ours").display().to_string(), s3_url(&local(&server.s3), &to));
            let args = ["--from", &from, "--to", &target, "--state", &place, "--verify", "none", "--quiet"];
            let args = args.map(str::to_owned);
            let mut subjects: Vec<Subject> = self.flagstate.iter().map(|p| ours(server, p, "run", &args)).collect();
            subjects.extend(if from_azure {
                self.peers.azure_to_s3(server, "source", &to, &state)
            } else {
                self.peers.s3_to_s3(server, "source", &to, &state)
            });
            let Some(subject) = subjects.get(number) else { break };
            match self.meter.once(subject) {
                Ok(cost) => {
                    let (name, wall, cpu) = (&subject.name, cost.wall, cost.cpu());
                    out::line(&format!("  {name:<14} wall {wall:>7.2} s  cpu {cpu:>6.2} s"));
                    match all.iter_mut().find(|(known, _)| known == name) {
                        Some((_, costs)) => costs.push(cost),
                        None => all.push((name.clone(), vec![cost])),
                    }
                }
                Err(why) => out::line(&format!("  failed: {why}")),
            }
        }
        Ok(())
    }

    fn real_table(&mut self, title: &str, all: &[(String, Vec<Cost>)]) {
        let row = |(name, costs): &(String, Vec<Cost>)| {
            vec![
                name.clone(),
                format!("{:.2}", median(costs, |c| c.wall)),
                format!("{:.2}", median(costs, Cost::cpu)),
                format!("{:.0}", costs.iter().map(Cost::peak_mib).fold(0.0, f64::max)),
                costs.len().to_string(),
            ]
        };
        let rows: Vec<Vec<String>> = all.iter().map(row).collect();
        self.results.rows(title, &["wall s", "CPU s", "peak MiB", "runs"], &rows);
    }
}

fn weed(program: &Path, dir: &Path) -> Result<Child, String> {
    let config = format!(
        r#"{{"identities":[{{"name":"bench","credentials":[{{"accessKey":"{KEY}","secretKey":"{SECRET}"}}],"actions":["Admin","Read","Write","List","Tagging"]}}]}}"#
    );
    let file = dir.join("s3.json");
    fs::write(&file, config).map_err(|e| format!("{}: {e}", file.display()))?;
    let mut command = Command::new(program);
    command.args(["-logtostderr=true", "server", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]);
    command.args(["-master.telemetry=false", "-master.volumeSizeLimitMB=1024", "-volume.max=200"]);
    command.args(["-s3.port.iceberg=0", "-s3.port.lance=0"]);
    command.arg(format!("-dir={}", dir.display())).arg(format!("-s3.config={}", file.display()));
    for (name, port) in PORTS {
        command.arg(format!("-{name}.port={port}")).arg(format!("-{name}.port.grpc={}", port + 10_000));
    }
    start(command)
}

fn azurite(dir: &Path) -> Result<Child, String> {
    let mut command = Command::new("node");
    command.arg(workspace::tools().join("node/node_modules/azurite/dist/src/blob/main.js"));
    command.args(["--silent", "--disableTelemetry", "--disableProductStyleUrl", "--skipApiVersionCheck"]);
    command
        .args(["--blobHost", "127.0.0.1", "--blobPort", &AZURITE.to_string(), "--location"])
        .arg(dir.join("azurite"));
    command.env("AZURITE_ACCOUNTS", format!("{ACCOUNT}:{ACCOUNT_KEY}"));
    start(command)
}

fn start(mut command: Command) -> Result<Child, String> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().map_err(|e| format!("{}: {e}", command.get_program().display()))
}

/// Until it answers anything at all.
fn wait_for(address: &str) -> Result<(), String> {
    for _ in 0..600 {
        if let Ok(mut stream) = TcpStream::connect(address) {
            let asked = stream.write_all(b"GET / HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n");
            if asked.is_ok() && stream.read(&mut [0; 16]).is_ok_and(|n| n > 0) {
                return Ok(());
            }
        }
        sleep(Duration::from_millis(100));
    }
    Err(format!("no server at {address} after a minute"))
}
