//! Starting programs: with their output shown, or captured, or both.

use std::{
    ffi::OsStr,
    fmt,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use crate::{out, workspace};

/// A program to start in the project's root.
pub(crate) struct Program {
    command: Command,
    shown: String,
}

/// What a captured run left.
#[derive(Debug)]
pub(crate) struct Finished {
    /// Exit code; -1 after a signal.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl fmt::Debug for Program {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// The cargo that runs us.
pub(crate) fn cargo() -> Program {
    let name = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let cargo = Program::new(name);
    // In continuous integration nothing is built twice: what would be kept for that only costs time.
    if workspace::in_ci() { cargo.env("CARGO_INCREMENTAL", "0") } else { cargo }
}

impl Program {
    /// `name` in the root, without the variables that cargo sets for this very process.
    pub(crate) fn new(name: impl AsRef<OsStr>) -> Self {
        let mut command = Command::new(&name);
        command.current_dir(workspace::root()).stdin(Stdio::null());
        for (key, _) in std::env::vars_os() {
            let text = key.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text == "CARGO_MANIFEST_DIR" || text == "CARGO_MANIFEST_PATH" {
                command.env_remove(&key);
            }
        }
        let shown = Path::new(name.as_ref()).file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        Self { command, shown }
    }

    /// Adds arguments.
    pub(crate) fn args<I: IntoIterator<Item = S>, S: AsRef<OsStr>>(mut self, args: I) -> Self {
        for arg in args {
            self.shown.push(' ');
            self.shown.push_str(&arg.as_ref().to_string_lossy());
            self.command.arg(arg);
        }
        self
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, key: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(key, value);
        self
    }

    /// Runs in another folder.
    pub(crate) fn dir(mut self, dir: &Path) -> Self {
        self.command.current_dir(dir);
        self
    }

    /// Runs with output shown; an exit code other than 0 is an error.
    pub(crate) fn run(mut self) -> Result<(), String> {
        let status = self.command.status().map_err(|e| format!("`{}` cannot start: {e}", self.shown))?;
        if status.success() { Ok(()) } else { Err(format!("`{}` failed ({status})", self.shown)) }
    }

    /// Runs and keeps what it wrote.
    pub(crate) fn capture(mut self) -> Result<Finished, String> {
        let output = self.command.output().map_err(|e| format!("`{}` cannot start: {e}", self.shown))?;
        Ok(Finished {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        })
    }

    /// Runs with standard output shown line by line and handed to `each`; returns whether it ended well.
    pub(crate) fn watch(mut self, each: &mut dyn FnMut(&str)) -> Result<bool, String> {
        let failed = |e| format!("`{}` cannot run: {e}", self.shown);
        let mut child = self.command.stdout(Stdio::piped()).spawn().map_err(failed)?;
        if let Some(stdout) = child.stdout.take() {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                out::line(&line);
                each(&line);
            }
        }
        Ok(child.wait().map_err(failed)?.success())
    }
}

/// The last lines of a long text, for messages.
pub(crate) fn tail(text: &str, lines: usize) -> String {
    let all: Vec<&str> = text.lines().collect();
    all.get(all.len().saturating_sub(lines)..).unwrap_or_default().join("\n")
}
