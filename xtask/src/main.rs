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
  bench                time the release build beside its peers, write docs/benchmarks.md
      --check          fail when a limit does not hold
      --quick          one million rows, fewer runs, no checkov
      --rows N --runs N --only focus|plan|judge|log|placement|start|move --keep --case NAME --no-build
  soak                 long runs: damaged inputs, and files larger than memory
      --minutes N --gigabytes N --only fuzz|big
  generate             focus FILE [--rows N] [--resources N] [--seed N] | plan FILE [--resources N]
";

fn main() -> ExitCode {
    let args = Args::from_env();
    let result = match args.command() {
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
