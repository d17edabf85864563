//! The only place that prints.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command line tool talks to its terminal")]

use std::io::Write as _;

/// One line to standard output, shown at once.
pub(crate) fn line(text: &str) {
    println!("{text}");
    // A closed pipe is the reader's choice, not a failure of the run.
    let _ = std::io::stdout().flush();
}

/// A message about what went wrong.
pub(crate) fn error(text: &str) {
    eprintln!("xtask: {text}");
}
