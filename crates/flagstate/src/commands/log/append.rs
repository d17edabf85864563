//! `flagstate log append`: entries in, indexes out.

use std::{
    collections::VecDeque,
    fmt::Write as _,
    fs::File,
    io::{self, BufRead, BufReader},
    path::Path,
    process::ExitCode,
};

use flagstate_evidence::log::Ticket;
use serde_json::json;

use super::pretty;
use crate::{
    cli::{AnswerFormat, log::AppendArgs},
    failure::Failure,
    log::{self, Home, Session},
    out,
    progress::Progress,
};

/// Entries that are handed over before the first of them must be durable.
const IN_FLIGHT: usize = 8192;
/// The longest line that is read: one byte more than an entry can have, so that the limit is named by the log.
const LINE_BYTES_MAX: usize = 1 << 16;

/// Runs the command.
pub(super) fn run(args: &AppendArgs) -> Result<ExitCode, Failure> {
    let home = Home::open(&args.place)?;
    // Everything is read before anything is appended, where that is possible: a wrong path appends nothing.
    let files = args.files.iter().map(|path| log::read_file(path)).collect::<Result<Vec<_>, _>>()?;
    let session = Session::plain(&home, &args.unlock, None)?;
    let mut appended = Appended { session: &session, flight: VecDeque::new(), indexes: Vec::new() };
    for (path, bytes) in args.files.iter().zip(&files) {
        appended.push(bytes).map_err(|e| named(path, None, &e))?;
    }
    let outcome = match &args.lines {
        Some(path) => lines(path, args.quiet, &mut appended),
        None => Ok(()),
    };
    // What was handed over before a bad line is durable, and is said.
    let settled = appended.settle();
    let indexes = appended.indexes;
    let done = session.close()?;
    print(args, &indexes, &done)?;
    settled.and(outcome)?;
    Ok(ExitCode::SUCCESS)
}

struct Appended<'a> {
    session: &'a Session<'a>,
    flight: VecDeque<Ticket>,
    indexes: Vec<u64>,
}

impl Appended<'_> {
    fn push(&mut self, entry: &[u8]) -> Result<(), Failure> {
        if self.flight.len() >= IN_FLIGHT
            && let Some(oldest) = self.flight.pop_front()
        {
            self.wait(oldest)?;
        }
        let ticket = self.session.writer().submit(entry).map_err(|e| Failure::input(&e, None))?;
        self.flight.push_back(ticket);
        Ok(())
    }

    fn wait(&mut self, ticket: Ticket) -> Result<(), Failure> {
        self.indexes.push(ticket.wait().map_err(|e| Failure::input(&e, None))?);
        Ok(())
    }

    fn settle(&mut self) -> Result<(), Failure> {
        while let Some(ticket) = self.flight.pop_front() {
            self.wait(ticket)?;
        }
        Ok(())
    }
}

/// One entry a line, without its line end; a last line without one counts.
fn lines(path: &Path, quiet: bool, appended: &mut Appended<'_>) -> Result<(), Failure> {
    let failed = |e: io::Error| Failure::Input {
        message: format!("{}: cannot be read: {e}", path.display()),
        help: Some("check the path and the permissions".into()),
    };
    let size_bytes = std::fs::metadata(path).map_or(0, |m| m.len());
    let progress = Progress::start(path, size_bytes, quiet);
    let mut reader: Box<dyn BufRead> = if path == Path::new("-") {
        Box::new(BufReader::new(io::stdin()))
    } else {
        Box::new(BufReader::with_capacity(1 << 18, File::open(path).map_err(failed)?))
    };
    let (mut line, mut number, mut bytes) = (Vec::new(), 0_u64, 0_u64);
    loop {
        line.clear();
        let limit = u64::try_from(LINE_BYTES_MAX).unwrap_or(u64::MAX);
        let read = io::Read::take(&mut reader, limit).read_until(b'\n', &mut line).map_err(failed)?;
        if read == 0 {
            break;
        }
        number += 1;
        bytes += u64::try_from(read).unwrap_or(0);
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        appended.push(&line).map_err(|e| named(path, Some(number), &e))?;
        if number.is_multiple_of(4096) {
            progress.at(path, bytes);
        }
    }
    progress.done();
    Ok(())
}

fn named(path: &Path, line: Option<u64>, failure: &Failure) -> Failure {
    let at = line.map(|n| format!(", line {n}")).unwrap_or_default();
    Failure::Input { message: format!("{}{at}: {failure}", path.display()), help: failure.help() }
}

fn print(args: &AppendArgs, indexes: &[u64], done: &log::Done) -> Result<(), Failure> {
    done.tell();
    let text = match args.format {
        AnswerFormat::Text => indexes.iter().fold(String::new(), |mut text, index| {
            let _ = writeln!(text, "{index}");
            text
        }),
        AnswerFormat::Json => {
            let checkpoint = &done.published.checkpoint;
            pretty(&json!({
                "schema": "flagstate/log-append/1",
                "origin": checkpoint.origin(),
                "first": indexes.first(),
                "count": indexes.len(),
                "size": checkpoint.size(),
                "root": checkpoint.root().to_string(),
                "cosigned": done.cosigned,
                "quorum": done.quorum,
            }))
        }
    };
    out::result(&text, None)
}
