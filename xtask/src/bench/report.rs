//! The report: the example estate with its plan and its decision matrix, as PDF, HTML and Markdown; and what the typesetter
//! adds to the program.
//!
//! The program with the feature `pdf` is built into the usual release folder, so that both programs share their crates; both
//! are then kept in `bench/` below the build folder, and the plain one is put back in its place.

use std::{
    fs,
    path::{Path, PathBuf},
};

use super::{
    Bench,
    measure::{Meter, Subject, mib},
};
use crate::{
    process::{Program, cargo, tail},
    test::scratch,
    tools, workspace,
};

/// A report with fewer pages proves nothing.
const PAGES: u32 = 40;
/// Date of the judgement: the same report on every day.
const DAY: &str = "2026-11-21";

/// Measures, and records the figures and their limits.
pub(super) fn run(bench: &mut Bench) -> Result<(), String> {
    bench.results.section(
        "Report",
        "The report of the example estate with its plan and the decision matrix, read, judged and written by one start of the \
         program with the feature `pdf`. The PDF carries the facts and the plan.",
    );
    let (plain, pdf) = programs(bench)?;
    let estate = estate(&pdf)?;
    let subject = |form: &str, file: &str| {
        let args = [
            "report", "--as-of", DAY, "--plan", "plan.json", "--matrix", "matrix.json", "--format", form, "--output",
            file,
        ];
        Subject::new(form, &pdf, args)
    };
    let files = ["report.pdf", "report.html", "report.md"];
    let subjects = [("pdf", files[0]), ("html", files[1]), ("md", files[2])].map(|(form, file)| subject(form, file));
    let meter = Meter::new(tools::python(true)?, estate.clone());
    let costs = meter.compare(&subjects, bench.runs)?;
    let pages = pages(&estate.join(files[0]))?;
    if pages < PAGES {
        return Err(format!("the report has {pages} pages; at least {PAGES} are measured"));
    }
    let mut rows = Vec::new();
    for ((name, file), cost) in ["PDF", "HTML", "Markdown"].iter().zip(files).zip(&costs) {
        let size = fs::metadata(estate.join(file)).map_err(|e| format!("{file}: {e}"))?.len() >> 10;
        let figures = [format!("{:.3}", cost.wall), format!("{:.3}", cost.cpu()), format!("{:.0}", cost.peak_mib())];
        rows.push([vec![(*name).to_owned()], figures.to_vec(), vec![size.to_string()]].concat());
    }
    let columns = ["wall s", "CPU s", "peak MiB", "size KiB"];
    bench.results.rows(&format!("{pages} pages on paper"), &columns, &rows);
    let [without, with] = [mib(&plain)?, mib(&pdf)?];
    bench
        .results
        .say(&format!("The program has {without:.1} MiB without the feature `pdf` and {with:.1} MiB with it."));
    bench.results.limit("report: PDF, wall", costs.first().map_or(f64::MAX, |c| c.wall), 3.0, "s");
    Ok(())
}

/// The program without PDF and the one with it.
fn programs(bench: &Bench) -> Result<(PathBuf, PathBuf), String> {
    let kept = |name: &str| workspace::target().join("bench").join(name);
    let (plain, pdf) = (kept("flagstate-plain"), kept("flagstate-pdf"));
    if bench.built {
        let missing = [&plain, &pdf].into_iter().find(|p| !p.is_file()).map(|p| p.display().to_string());
        return missing.map_or(Ok((plain, pdf)), |name| Err(format!("no {name}; run without --no-build")));
    }
    let keep = |to: &Path| {
        fs::copy(&bench.flagstate, to).map(|_| ()).map_err(|e| format!("{}: {e}", bench.flagstate.display()))
    };
    let build = ["build", "--quiet", "--release", "--locked", "--package", "flagstate"];
    cargo().args(build).args(["--features", "pdf"]).run()?;
    keep(&pdf)?;
    cargo().args(build).run()?;
    keep(&plain)?;
    Ok((plain, pdf))
}

/// The folder of the example with a plan and a matrix.
fn estate(flagstate: &Path) -> Result<PathBuf, String> {
    let dir = scratch("bench-report")?;
    let estate = dir.join("flagstate-demo");
    let make = |dir: &Path, args: &[&str]| {
        let run = Program::new(flagstate).args(args).dir(dir).capture()?;
        let done = if matches!(run.code, 0 | 1) { Ok(()) } else { Err(tail(&run.stderr, 10)) };
        done.map_err(|said| format!("flagstate {}: {said}", args.join(" ")))
    };
    make(&dir, &["demo", "--as-of", DAY])?;
    make(&estate, &["plan", "--as-of", DAY, "--output", "plan.json"])?;
    make(&estate, &["matrix", "--as-of", DAY, "--format", "json", "--output", "matrix.json"])?;
    Ok(estate)
}

/// Pages of a PDF.
fn pages(file: &Path) -> Result<u32, String> {
    let shown = file.display().to_string();
    let run = Program::new("qpdf").args(["--show-npages", &shown]).capture();
    let run = run.map_err(|e| format!("{e}; sudo apt-get install -y qpdf"))?;
    run.stdout.trim().parse().map_err(|_| format!("{shown}: qpdf counted no pages:\n{}", tail(&run.stderr, 5)))
}
