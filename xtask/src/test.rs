//! `cargo xtask test`: install what is missing, then every check, each timed.

use std::{fs, path::PathBuf};

use crate::{
    args::Args,
    out,
    process::{Program, cargo, tail},
    steps::{Count, Outcome, Steps},
    tidy, tools, validate, workspace,
};

/// Runs all steps.
pub(crate) fn run(args: &Args) -> Result<(), String> {
    let install = !args.has("--no-install");
    let mut steps = Steps::new(args.values("--only"));
    steps.step("tools", || install_all(install));
    steps.step("fmt", || pass(cargo().args(["fmt", "--all", "--check"]).run()));
    steps.step("clippy", || {
        pass(
            cargo()
                .args(["clippy", "--quiet", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"])
                .run(),
        )
    });
    steps.step("test", tests);
    steps.step("pdf", pdf);
    steps.step("tidy", || pass(tidy::run()));
    steps.step("deny", || deny(install));
    steps.step("release", || pass(cargo().args(["build", "--quiet", "--release", "--locked"]).run()));
    steps.step("demo", demo);
    steps.step("schemas", || validate::run(install));
    steps.finish()
}

fn pass(result: Result<(), String>) -> Outcome {
    result.map(|()| Count::PASSED)
}

fn install_all(install: bool) -> Outcome {
    let python = tools::python(install)?;
    let deny = tools::cargo_deny(install)?;
    let interop = tools::interop::python(install)?;
    let checker = tools::interop::tlogcheck(install)?;
    tools::interop::system_programs(install)?;
    let servers = tools::objects::servers(install)?;
    for tool in [python, deny, interop, checker] {
        out::line(&tool.display().to_string());
    }
    Ok(Count { passed: 5 + servers, failed: 0 })
}

/// `cargo test`, with its own results summed.
fn tests() -> Outcome {
    counted(&["--workspace"])
}

/// The report as PDF, whose typesetter nothing else builds: its crate, and the program with it, built and tried once. Of the
/// whole workspace, since a part of it would build common crates anew, with fewer features.
fn pdf() -> Outcome {
    counted(&["--workspace", "--test", "pdf", "--features", "flagstate/pdf,flagstate-report-pdf/typeset"])
}

fn counted(what: &[&str]) -> Outcome {
    let mut count = Count::default();
    let run = cargo()
        .args(["test", "--quiet", "--locked", "--no-fail-fast"])
        .args(what)
        .env("FLAGSTATE_TOOLS", workspace::tools());
    let ended_well = run.watch(&mut |line| {
        if let Some(found) = summary(line) {
            count.passed += found.passed;
            count.failed += found.failed;
        }
    })?;
    if !ended_well && count.failed == 0 {
        return Err("cargo test failed before or after its tests".to_owned());
    }
    Ok(count)
}

/// `test result: ok. 3 passed; 0 failed; ...`
fn summary(line: &str) -> Option<Count> {
    let rest = line.trim_start().strip_prefix("test result: ")?;
    let number = |word: &str| -> Option<u64> { rest.split(word).next()?.split_whitespace().next_back()?.parse().ok() };
    Some(Count { passed: number(" passed")?, failed: number(" failed")? })
}

/// Bans, licences and sources; advisories need a database from the network and are not part of the run.
fn deny(install: bool) -> Outcome {
    let program = tools::cargo_deny(install)?;
    // All targets' crates are needed to read their licences; afterwards nothing asks the network.
    cargo().args(["fetch", "--quiet", "--locked"]).run()?;
    let run =
        Program::new(program).args(["--offline", "--locked", "check", "bans", "licenses", "sources"]).capture()?;
    let said = format!("{}{}", run.stdout, run.stderr);
    if run.code == 0 {
        out::line(said.lines().find(|l| l.contains("licenses ok")).unwrap_or("bans, licenses and sources hold"));
        return Ok(Count { passed: 3, failed: 0 });
    }
    Err(tail(&said, 60))
}

/// An empty folder below the build folder.
pub(crate) fn scratch(name: &str) -> Result<PathBuf, String> {
    let dir = workspace::target().join("xtask").join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    Ok(dir)
}

/// `flagstate demo` as a newcomer runs it: it ends well and leaves one page that loads nothing.
fn demo() -> Outcome {
    let dir = scratch("demo")?;
    let run = Program::new(workspace::binary("release")).args(["demo"]).dir(&dir).capture()?;
    if run.code != 0 {
        return Err(format!("demo ended with {}:\n{}", run.code, tail(&run.stderr, 20)));
    }
    let mut count = Count::PASSED;
    let pages = workspace::files(&dir.join("flagstate-demo"), &|p| workspace::extension(p) == "html");
    if pages.is_empty() {
        return Err("demo wrote no HTML report".to_owned());
    }
    for page in pages {
        let html = fs::read_to_string(&page).map_err(|e| format!("{}: {e}", page.display()))?;
        let found = validate::resources_loaded(&html);
        if found.is_empty() && html.contains("<svg") {
            count.passed += 1;
        } else {
            count.failed += 1;
            out::error(&format!("{}: must carry its chain as SVG and load nothing: {found:?}", page.display()));
        }
    }
    Ok(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_are_read() {
        let line = "test result: FAILED. 12 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.00s";
        assert_eq!(summary(line), Some(Count { passed: 12, failed: 3 }));
        assert_eq!(summary("test a ... ok"), None);
    }
}
