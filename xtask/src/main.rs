//! Project chores: `cargo xtask test`, `tidy`, `bench`, `soak`.
//!
//! What it is for: everything that needs more than `cargo test`, in one place and in Rust, so that a clean clone and
//! the continuous integration run the same steps.
//!
//! What it deliberately does not do: no product code. It starts the built binary as a user would and never links it.

mod args;
mod bench;
mod out;
mod process;
mod soak;
mod steps;
mod test;
mod tidy;
mod tools;
mod validate;
mod workspace;

use std::process::ExitCode;

use args::Args;

const HELP: &str = "\
cargo xtask COMMAND

  test                 install what tests need, then run every check (what .ci/run calls)
      --no-install     do not install anything; a missing tool is a failure
      --only STEP      run the named steps only (repeatable; see the step names of a full run)
  tidy                 the rules of the source tree that are too local for clippy
  bench                time the release build beside its peers, write docs/benchmarks.md and docs/benchmarks-move.md
      --only NAME      one section: focus, plan, judge, log, placement, report, start, move (repeatable)
      --case NAME      of `move`: small, medium, large, azure, files, noop, late, list, inventory, crash, many,
                       real (repeatable)
      --check          fail when a limit does not hold
      --quick          smaller sets, fewer runs, no checkov; writes nothing
      --rows N --runs N --objects N --keep --no-build
  soak                 long runs: damaged inputs, files larger than memory, writers killed, moves at full size
      --only STEP      fuzz, big, log or move (repeatable)
      --minutes N --gigabytes N --kills N
  generate             focus FILE [--rows N] [--resources N] [--seed N] | plan FILE [--resources N]
";

fn main() -> ExitCode {
    let args = Args::from_env();
    let command = if args.has("--help") || args.has("-h") { "help" } else { args.command() };
    let (flags, valued) = options(command);
    if let Some(option) = args.unknown(flags, valued).filter(|_| command != "help") {
        out::error(&format!("`{option}` is no option of `{command}`\n\n{HELP}"));
        return ExitCode::FAILURE;
    }
    let result = match command {
        "test" => test::run(&args),
        "tidy" => tidy::run(),
        "bench" => bench::run(&args),
        "soak" => soak::run(&args),
        "generate" => bench::generate(&args),
        "baseline" => bench::baseline::run(&args.rest()),
        "help" | "" => {
            out::line(HELP);
            Ok(())
        }
        other => Err(format!("`{other}` is not a command\n\n{HELP}")),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            out::error(&message);
            ExitCode::FAILURE
        }
    }
}

/// The options of a command: those that stand alone, and those with a value.
fn options(command: &str) -> (&'static [&'static str], &'static [&'static str]) {
    match command {
        "test" => (&["--no-install"], &["--only"]),
        "bench" => {
            (&["--check", "--quick", "--keep", "--no-build"], &["--only", "--case", "--rows", "--runs", "--objects"])
        }
        "soak" => (&[], &["--only", "--minutes", "--gigabytes", "--kills"]),
        "generate" => (&[], &["--rows", "--resources", "--seed"]),
        _ => (&[], &[]),
    }
}
