//! The only place that prints.
#![expect(clippy::print_stderr, reason = "a command line tool talks to its terminal")]

use std::io::Write as _;

/// One line to standard output, shown at once.
pub(crate) fn line(text: &str) {
    let mut stdout = std::io::stdout().lock();
    // A closed pipe is the reader's choice, not a failure of the run.
    let _ = writeln!(stdout, "{text}").and_then(|()| stdout.flush());
}

/// A message about what went wrong.
pub(crate) fn error(text: &str) {
    eprintln!("xtask: {text}");
}
