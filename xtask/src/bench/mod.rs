//! `cargo xtask bench`: how fast Flagstate is beside its peers and beside the least possible work.
//!
//! Makes its own inputs from a seed, installs the peers below the build folder, alternates the runs, and writes its sections
//! into `docs/benchmarks.md` (moves of objects: `docs/benchmarks-move.md`). `--only NAME` measures one section and leaves the
//! others of the document as they are; `--quick` writes nothing. `--check` fails when a limit does not hold. On a busy machine only the ratios mean
//! anything.

pub(crate) mod baseline;
mod document;
pub(crate) mod focus;
mod log;
pub(crate) mod measure;
mod move_;
mod placement;
pub(crate) mod plan;
mod random;
mod relay;
mod report;
mod results;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use self::{
    focus::Size,
    measure::{Meter, Subject},
    results::Results,
};
use crate::{args::Args, out, process::Program, process::cargo, tools, workspace};

const DUCK: &str = include_str!("../../py/duck.py");
const DUCKDB: &str = "duckdb==2.0.0";
const CHECKOV: &str = "checkov==3.3.30";
/// What the importer of bills looks at; `DuckDB` groups by the same.
const GROUPED: &str = "ResourceId,ResourceName,ProviderName,InvoiceIssuerName,PublisherName,ServiceName,ResourceType,\
RegionId,RegionName,AvailabilityZone,SubAccountId,BillingAccountId,ChargeCategory,CommitmentDiscountId,Tags,BillingCurrency";
/// Distinct resources of the bills.
const RESOURCES: u64 = 200_000;
/// At the top of the document.
const HOW: &str = "Sections are measured one by one or together; each says when and on which machine. Moving objects is measured apart: [benchmarks-move.md](benchmarks-move.md).";

type Section = fn(&mut Bench) -> Result<(), String>;

/// What `--only` names, in the order of the document.
const SECTIONS: [(&str, Section); 7] = [
    ("focus", Bench::bills),
    ("plan", Bench::plan),
    ("judge", Bench::judge),
    ("log", |bench| log::run(&mut bench.results)),
    ("placement", |bench| placement::run(&mut bench.results)),
    ("report", report::run),
    ("start", Bench::start),
];

/// Resources of the plan: 28 MB.
const PLAN_RESOURCES: u64 = 14_000;

/// `cargo xtask generate focus|plan FILE`: the inputs alone.
pub(crate) fn generate(args: &Args) -> Result<(), String> {
    let done = match args.rest().as_slice() {
        ["focus", file, ..] => {
            let size = Size {
                rows: args.number("--rows", 1_000_000)?,
                resources: args.number("--resources", RESOURCES)?,
                seed: args.number("--seed", 1)?,
            };
            focus::write(Path::new(file), size)
        }
        ["plan", file, ..] => plan::write(Path::new(file), args.number("--resources", PLAN_RESOURCES)?),
        _ => {
            return Err(
                "generate focus FILE [--rows N] [--resources N] [--seed N] | plan FILE [--resources N]".to_owned()
            );
        }
    };
    done.map_err(|e| e.to_string())
}

struct Bench {
    flagstate: PathBuf,
    xtask: PathBuf,
    data: PathBuf,
    duckdb: PathBuf,
    meter: Meter,
    runs: usize,
    rows: u64,
    quick: bool,
    /// Leaves the generated bills where they are.
    keep: bool,
    /// Takes the programs as they are.
    built: bool,
    results: Results,
}

/// Runs the benchmarks that `--only` names, else all.
pub(crate) fn run(args: &Args) -> Result<(), String> {
    if cfg!(debug_assertions) {
        // The inputs are gigabytes and the baselines are measured: start again with optimisation.
        return cargo()
            .args(["run", "--quiet", "--release", "--package", "xtask", "--"])
            .args(env::args().skip(1))
            .run();
    }
    if !args.has("--no-build") {
        cargo().args(["build", "--quiet", "--release", "--locked"]).run()?;
    }
    let only = args.chosen("--only", &[&SECTIONS.map(|(name, _)| name)[..], &["move"]].concat())?;
    if only == ["move"] {
        return move_::run(args);
    }
    let mut bench = Bench::new(args)?;
    let wanted = |name: &str| only.is_empty() || only.contains(&name);
    let mut all = Results::default();
    for (name, section) in SECTIONS.iter().filter(|(name, _)| wanted(name)) {
        bench.results = Results::default();
        section(&mut bench)?;
        // These two say themselves how often they run.
        let runs = if matches!(*name, "log" | "placement") { None } else { Some(bench.runs) };
        let runs = runs.map_or_else(String::new, |n| format!("Medians of {n} alternated runs. "));
        bench.results.say(&format!("{runs}Measured {}", results::machine()));
        if !bench.quick {
            // At once: a later section that fails takes nothing away.
            document::replace(&workspace::root().join("docs/benchmarks.md"), HOW, &bench.results)?;
        }
        all.extend(&bench.results);
    }
    let held = all.check();
    let moved = if wanted("move") { move_::run(args) } else { Ok(()) };
    if args.has("--check") { held.and(moved) } else { moved }
}

impl Bench {
    fn new(args: &Args) -> Result<Self, String> {
        let quick = args.has("--quick");
        let data = workspace::target().join("bench");
        fs::create_dir_all(&data).map_err(|e| format!("{}: {e}", data.display()))?;
        let duckdb = tools::venv("bench-venv", &[DUCKDB], true)?;
        Ok(Self {
            flagstate: workspace::binary("release"),
            xtask: env::current_exe().map_err(|e| e.to_string())?,
            meter: Meter::new(duckdb.clone(), data.clone()),
            data,
            duckdb,
            runs: args.number("--runs", if quick { 3 } else { 5 })?,
            rows: args.number("--rows", if quick { 1_000_000 } else { 10_000_000 })?,
            quick,
            keep: args.has("--keep"),
            built: args.has("--no-build"),
            results: Results::default(),
        })
    }

    fn flagstate<const N: usize>(&self, args: [&str; N]) -> Subject {
        Subject::new("Flagstate", &self.flagstate, args)
    }

    fn duck(&self, name: &str, verb: &str, file: &Path) -> Subject {
        Subject::new(name, &self.duckdb, ["-c", DUCK, verb, &file.display().to_string(), GROUPED])
    }

    /// Bills of 1 million and of `rows` rows, as CSV and as Parquet.
    fn bills(&mut self) -> Result<(), String> {
        self.results.section(
            "Bills",
            "A generated FOCUS bill over 200 000 resources; both programs use two threads. DuckDB groups by the columns that \
             Flagstate looks at and sums both costs; Flagstate also resolves names, merges, judges and writes JSON.",
        );
        let small = 1_000_000.min(self.rows);
        let mut peaks: Vec<(&str, u64, f64)> = Vec::new();
        for rows in if small == self.rows { vec![small] } else { vec![small, self.rows] } {
            let csv = self.bill(rows)?;
            let parquet = csv.with_extension("parquet");
            if !parquet.exists() {
                let args = ["-c", DUCK, "parquet", &csv.display().to_string(), &parquet.display().to_string()];
                Program::new(&self.duckdb).args(args).run()?;
            }
            for (kind, file) in [("CSV", &csv), ("Parquet", &parquet)] {
                let peak = self.bill_of(kind, rows, file)?;
                peaks.push((kind, rows, peak));
            }
            if !self.keep {
                let _ = fs::remove_file(&csv);
                let _ = fs::remove_file(&parquet);
            }
        }
        for (kind, _, few) in peaks.iter().filter(|p| p.1 == small && small < self.rows) {
            let many = peaks.iter().find(|p| p.0 == *kind && p.1 == self.rows).map_or(0.0, |p| p.2);
            self.results.limit(
                &format!("{kind}: peak of {} million rows to that of 1 million", self.rows / 1_000_000),
                many / few,
                1.25,
                "x",
            );
        }
        Ok(())
    }

    /// The generated bill, made when it is not there.
    fn bill(&self, rows: u64) -> Result<PathBuf, String> {
        let path = self.data.join(format!("bill-{rows}.csv"));
        if !path.exists() {
            out::line(&format!("writing {rows} rows"));
            let part = path.with_extension("part");
            let size = Size { rows, resources: RESOURCES, seed: 1 };
            focus::write(&part, size)
                .and_then(|()| fs::rename(&part, &path))
                .map_err(|e| format!("{}: {e}", path.display()))?;
        }
        Ok(path)
    }

    fn bill_of(&mut self, kind: &str, rows: u64, file: &Path) -> Result<f64, String> {
        let shown = file.display().to_string();
        let subjects = [
            self.flagstate(["assess", &shown, "--format", "json"]),
            self.duck("DuckDB, GROUP BY the same columns", "group", file),
            self.duck("DuckDB, decoding the same columns", "scan", file),
            Subject::new("reading the bytes", &self.xtask, ["baseline", "read", &shown]),
        ];
        let size = fs::metadata(file).map_or(0, |m| m.len() >> 20);
        let title = format!("{kind}, {} million rows, {size} MiB", rows / 1_000_000);
        out::line(&title);
        let costs = self.meter.compare(&subjects, self.runs)?;
        self.results.table(&title, &subjects, &costs);
        let [ours, group, ..] = costs.as_slice() else { return Ok(0.0) };
        // Below, what every resource costs once weighs more than the rows do.
        if rows >= 10_000_000 {
            self.results.limit(&format!("{title}: wall to DuckDB's"), ours.wall / group.wall, 1.5, "x");
        }
        self.results.limit(&format!("{title}: peak memory"), ours.peak_mib(), 400.0, "MiB");
        Ok(ours.peak_mib())
    }

    /// A Terraform plan of 28 MB.
    fn plan(&mut self) -> Result<(), String> {
        self.results.section(
            "Terraform plan",
            "A generated plan of 14 000 resources in nested modules. The reader is `serde_json` into borrowed structs with the \
             fields that an importer needs at least. checkov checks policies, which is different work; one run.",
        );
        let file = self.data.join("plan.json");
        plan::write(&file, PLAN_RESOURCES).map_err(|e| format!("{}: {e}", file.display()))?;
        let shown = file.display().to_string();
        let mut subjects = vec![
            self.flagstate(["assess", &shown, "--format", "json"]),
            Subject::new("serde_json, borrowed structs", &self.xtask, ["baseline", "plan", &shown]),
            Subject::new("reading the bytes", &self.xtask, ["baseline", "read", &shown]),
        ];
        let mut costs = self.meter.compare(&subjects, self.runs)?;
        let [ours, reader, ..] = costs.as_slice() else { return Ok(()) };
        self.results.limit("plan: CPU", ours.cpu(), 0.5, "s");
        self.results.limit("plan: CPU to the reader's", ours.cpu() / reader.cpu().max(1e-3), 3.0, "x");
        self.results.limit("plan: peak memory", ours.peak_mib(), 100.0, "MiB");
        if !self.quick {
            let python = tools::venv("checkov-venv", &[CHECKOV], true)?;
            let checkov = python.with_file_name("checkov");
            let args = [
                "-f", &shown, "--framework", "terraform_plan", "--quiet", "--compact", "--skip-download", "-o", "json",
            ];
            let subject = Subject::new("checkov 3.3.30", &checkov, args);
            costs.push(self.meter.compare(std::slice::from_ref(&subject), 1)?.first().copied().unwrap_or_default());
            subjects.push(subject);
        }
        let size = fs::metadata(&file).map_or(0, |m| m.len() / 1_000_000);
        self.results.table(&format!("Plan, {size} MB"), &subjects, &costs);
        Ok(())
    }

    /// Judgement alone, of a million resources in 500 classes.
    fn judge(&mut self) -> Result<(), String> {
        self.results.section(
            "Judgement",
            "A million resources in 500 classes and 200 workloads, after import: assignment and judgement.",
        );
        let args =
            ["--quiet", "--release", "--locked", "--package", "flagstate-exposure", "--example", "judge_million"];
        let mut seconds = Vec::new();
        for _ in 0..self.runs {
            let run = cargo().args(["run"]).args(args).capture()?;
            let answer: serde_json::Value =
                serde_json::from_str(run.stdout.trim()).map_err(|e| format!("judge_million: {e}\n{}", run.stderr))?;
            out::line(&format!("  {answer}"));
            seconds.push(answer.get("seconds").and_then(serde_json::Value::as_f64).unwrap_or(f64::MAX));
        }
        seconds.sort_by(f64::total_cmp);
        let median = seconds.get(seconds.len() / 2).copied().unwrap_or(f64::MAX);
        self.results.say(&format!("{median:.2} s of CPU."));
        self.results.limit("judgement: CPU", median, 1.0, "s");
        Ok(())
    }

    /// Start-up and size of the binary.
    fn start(&mut self) -> Result<(), String> {
        self.results.section("Start-up and size", "The catalog is embedded and read at every start that needs it.");
        let explain = ["explain", "--offering", "scaleway", "--instrument", "us.sca", "--format", "json"];
        let mut subjects = [self.flagstate(["--version"]), self.flagstate(explain)];
        for (subject, name) in subjects.iter_mut().zip(["`flagstate --version`", "`flagstate explain`"]) {
            name.clone_into(&mut subject.name);
        }
        let costs = self.meter.compare(&subjects, self.runs)?;
        self.results.table("Start-up", &subjects, &costs);
        for (subject, cost) in subjects.iter().zip(&costs) {
            self.results.limit(&format!("{}: wall", subject.name), cost.wall, 0.05, "s");
        }
        let mib = measure::mib(&self.flagstate)?;
        self.results.say(&format!("The binary has {mib:.1} MiB."));
        self.results.limit("binary size", mib, 60.0, "MiB");
        Ok(())
    }
}
