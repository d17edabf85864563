//! stdout is for results, stderr for talk. A closed pipe is not an error.
#![expect(clippy::print_stderr, reason = "this is the one module that talks to the user on stderr")]

use std::{
    fs,
    io::{self, Write},
    path::Path,
};

use crate::failure::Failure;

/// Writes a result to stdout, or to a file through a temporary name so that nothing partial is left.
pub(crate) fn result(text: &str, output: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = output {
        write_file(path, text.as_bytes())
    } else {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
                Err(Failure::Output { path: "(standard output)".into(), cause: e })
            }
            _ => Ok(()),
        }
    }
}

/// The same for a result that is no text.
#[cfg(feature = "pdf")]
pub(crate) fn bytes(bytes: &[u8], output: Option<&Path>) -> Result<(), Failure> {
    if let Some(path) = output {
        return write_file(path, bytes);
    }
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != io::ErrorKind::BrokenPipe => {
            Err(Failure::Output { path: "(standard output)".into(), cause: e })
        }
        _ => Ok(()),
    }
}

/// True when a result goes to a person's screen.
pub(crate) fn to_terminal(output: Option<&Path>) -> bool {
    output.is_none() && io::IsTerminal::is_terminal(&io::stdout())
}

/// Writes a whole file or nothing.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |cause| Failure::Output { path: path.to_owned(), cause };
    let mut name = path.file_name().map(std::ffi::OsStr::to_owned).unwrap_or_default();
    name.push(".part");
    let part = path.with_file_name(name);
    fs::write(&part, bytes).map_err(failed)?;
    fs::rename(&part, path).map_err(failed)
}

/// A line of talk.
pub(crate) fn say(text: &str) {
    eprintln!("{text}");
}

/// A failure with its help.
pub(crate) fn error(failure: &Failure) {
    eprintln!("error: {failure}");
    if let Some(help) = failure.help() {
        eprintln!("help: {help}");
    }
}

/// `1 object`, `2 objects`.
pub(crate) fn count(n: u64, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
