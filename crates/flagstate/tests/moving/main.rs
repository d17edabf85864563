//! `flagstate move` as a user meets it: the whole way, killed at any moment, against real servers and through a network that
//! breaks everything.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test that cannot go on must stop"
)]

mod changes;
mod containers;
mod faults;
mod holds;
mod independent;
mod kills;
mod life;
mod names;
mod network;
mod parts;
mod refusals;
mod servers;
mod sources;
mod trouble;

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// A folder of its own for one test.
struct Bench {
    dir: PathBuf,
}

impl Bench {
    fn new(name: &str) -> Self {
        let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("move").join(name);
        let _ = fs::remove_dir_all(&dir);
        fs::create_dir_all(&dir).unwrap();
        Self { dir }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The place of a folder of the bench.
    fn place(&self, name: &str) -> String {
        format!("file://{}", self.path(name).display())
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_flagstate"));
        command.current_dir(&self.dir).args(args);
        command.env("XDG_STATE_HOME", self.path("state")).env("FLAGSTATE_IDENTITY_PASSPHRASE", "a passphrase");
        command.env("FLAGSTATE_MOVE_SHARD_ROWS", "100").env("NO_PROXY", "127.0.0.1").env("AWS_REGION", "us-east-1");
        command.env("AWS_ACCESS_KEY_ID", flagstate_testbed::ACCESS_KEY);
        command.env("AWS_SECRET_ACCESS_KEY", flagstate_testbed::SECRET_KEY);
        command.env("AZURE_STORAGE_ACCOUNT", flagstate_testbed::AZURE_ACCOUNT);
        command.env("AZURE_STORAGE_KEY", flagstate_testbed::AZURE_KEY);
        command
    }

    fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }

    /// Runs what must end with this code, and returns both outputs.
    fn ends(&self, code: i32, args: &[&str]) -> String {
        let output = self.run(args);
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "{args:?}\n{said}");
        said
    }

    /// Runs what must go well, and returns the last event of a kind.
    fn event(&self, kind: &str, args: &[&str]) -> Value {
        let args = [args, &["--format", "json", "--quiet"]].concat();
        let output = self.run(&args);
        let said = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{args:?}\n{said}\n{}", text(&output.stderr));
        let mut events = said.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
        events.rfind(|e| e["event"] == kind).unwrap_or_else(|| panic!("no event `{kind}` in {said}"))
    }
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Every file below a folder, without what a store keeps for itself.
fn tree(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut all = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.file_name().unwrap() == ".flagstate" {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
                all.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    all
}

/// Bytes that differ everywhere.
fn pattern(len: usize, seed: u64) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut bytes = Vec::with_capacity(len + 8);
    while bytes.len() < len {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.to_le_bytes());
    }
    bytes.truncate(len);
    bytes
}

/// Many small files and some large ones.
fn sample(bench: &Bench, folder: &str, small: u64) {
    for i in 0..small {
        let len = usize::try_from(i * 37 % 3000).unwrap();
        bench.write(&format!("{folder}/p{:02}/object {i:05}.bin", i % 10), &pattern(len, i));
    }
    bench.write(&format!("{folder}/large/a"), &pattern(40 << 20, 1));
    bench.write(&format!("{folder}/large/b"), &pattern((33 << 20) + 17, 2));
}
