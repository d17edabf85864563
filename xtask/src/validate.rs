//! The binary's machine-readable output against schemas: public ones from the shared folder, our own from `docs/`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    bench::plan,
    out,
    process::{Program, tail},
    steps::{Count, Outcome},
    test::scratch,
    tools, workspace,
};

/// One output to check: the arguments that make it, and the schema that judges it.
struct Case {
    /// The file the output is kept in; its ending says how it is read.
    name: &'static str,
    /// `PLAN` stands for a generated Terraform plan.
    args: &'static [&'static str],
    /// Below the shared folder, or below the project when it starts with `docs/`; `rows` for a table.
    schema: &'static str,
}

const SARIF: &str = "schemas/sarif/oasis-tcs_sarif-spec__sarif-schema-2.1.0.json";
const JENKINS: &str = "schemas/junit/jenkins_junit-10.xsd";
const WINDYROAD: &str = "schemas/junit/windyroad_JUnit.xsd";
const OSCAL: &str = "schemas/oscal/v1.0.6_oscal_assessment-results_schema.json";
const PROJECT: &str = "docs/flagstate.schema.json";
const PLAN: &str = "PLAN";

const fn case(name: &'static str, schema: &'static str, args: &'static [&'static str]) -> Case {
    Case { name, args, schema }
}

/// Run in the folder that `demo` wrote, in this order: later ones read the plan and the matrix. Exit codes 0 and 1 (a
/// finding) are both answers.
const CASES: [Case; 33] = [
    case("assess.sarif", SARIF, &["assess", "--format", "sarif"]),
    case("assess.json", "docs/schemas/assessment.schema.json", &["assess", "--format", "json"]),
    case("assess.csv", "rows", &["assess", "--format", "csv"]),
    case("check.sarif", SARIF, &["check", PLAN, "--format", "sarif"]),
    case("check.xml", JENKINS, &["check", PLAN, "--format", "junit"]),
    case("check-strict.xml", WINDYROAD, &["check", PLAN, "--format", "junit"]),
    case("check.json", "docs/schemas/findings.schema.json", &["check", PLAN, "--format", "json"]),
    case(
        "explain.json",
        "docs/schemas/explain.schema.json",
        &["explain", "--offering", "aws-eusc", "--instrument", "us.*", "--format", "json"],
    ),
    case(
        "explain-unknown.json",
        "docs/schemas/explain.schema.json",
        &["explain", "--offering", "nobody-knows", "--instrument", "us.sca", "--format", "json"],
    ),
    case(
        "whatif.json",
        "docs/schemas/difference.schema.json",
        &["whatif", "--assume", "P-AGREEMENT=concluded", "--format", "json"],
    ),
    case("plan.json", "docs/schemas/plan.schema.json", &["plan", "--output", "plan.json"]),
    case("plan-printed.json", "docs/schemas/plan.schema.json", &["plan", "--no-triggers", "--format", "json"]),
    case(
        "plan-assumed.json",
        "docs/schemas/plan.schema.json",
        &["plan", "--no-triggers", "--assume", "P-LATOMBE=annulled", "--output", "plan-assumed.json"],
    ),
    case(
        "plan-difference.json",
        "docs/schemas/plan-difference.schema.json",
        &["plan", "diff", "plan.json", "plan-assumed.json", "--format", "json"],
    ),
    case(
        "plan-remarks.json",
        "docs/schemas/plan-remarks.schema.json",
        &["plan", "lint", "plan.json", "--format", "json"],
    ),
    case("matrix.json", "docs/schemas/matrix.schema.json", &["matrix", "--format", "json"]),
    case("report.json", "docs/schemas/report.schema.json", &["report", "--format", "json"]),
    case(
        "report-plan.json",
        "docs/schemas/report.schema.json",
        &["report", "--plan", "plan.json", "--matrix", "matrix.json", "--log", "log", "--format", "json"],
    ),
    case("frameworks.json", "docs/schemas/frameworks.schema.json", &["frameworks", "list", "--format", "json"]),
    case("framework.json", "docs/schemas/framework.schema.json", &["frameworks", "show", "csf", "--format", "json"]),
    case(
        "requirement.json",
        "docs/schemas/framework.schema.json",
        &["frameworks", "show", "R-TRANSFER", "--format", "json"],
    ),
    case(
        "classification.json",
        "docs/schemas/framework.schema.json",
        &["frameworks", "show", "health", "--format", "json"],
    ),
    case("readings.json", "docs/schemas/readings.schema.json", &["frameworks", "assess", "--format", "json"]),
    case(
        "clock.json",
        "docs/schemas/clock.schema.json",
        &["frameworks", "clock", "--notice", "2026-12-01", "--format", "json"],
    ),
    case(
        "transfer.json",
        "docs/schemas/transfer.schema.json",
        &["frameworks", "transfer", "staff-tools", "--language", "de", "--format", "json"],
    ),
    case("catalog-check.json", "docs/schemas/catalog-check.schema.json", &["catalog", "check", "--format", "json"]),
    case(
        "catalog-ids.json",
        "docs/schemas/catalog-ids.schema.json",
        &["catalog", "show", "offerings", "--format", "json"],
    ),
    case(
        "catalog-record.json",
        "docs/schemas/catalog-record.schema.json",
        &["catalog", "show", "us.sca", "--format", "json"],
    ),
    case("report.oscal.json", OSCAL, &["report", "--format", "oscal"]),
    case("report.sarif", SARIF, &["report", "--format", "sarif"]),
    case("flagstate.yaml", PROJECT, &[]),
    case("template.yaml", PROJECT, &["init", "--output", "template.yaml"]),
    case("schema.json", "https://json-schema.org/draft/2020-12/schema", &["schema"]),
];

const VALIDATE: &str = include_str!("../py/validate.py");

/// Produces every output and validates it.
pub(crate) fn run(install: bool) -> Outcome {
    let python = tools::python(install)?;
    let dir = scratch("schemas")?;
    let demo = Program::new(workspace::binary("release")).args(["demo"]).dir(&dir).capture()?;
    if demo.code != 0 {
        return Err(format!("demo ended with {}:\n{}", demo.code, tail(&demo.stderr, 20)));
    }
    let estate = dir.join("flagstate-demo");
    let plan_file = dir.join("plan.json");
    plan::write(&plan_file, 60).map_err(|e| format!("{}: {e}", plan_file.display()))?;
    let mut count = Count::default();
    let mut list = Vec::new();
    for case in &CASES {
        let Some(schema) = schema(case.schema) else {
            if workspace::in_ci() || case.schema.starts_with("docs/") {
                return Err(format!("{}: no schema at {}", case.name, case.schema));
            }
            out::line(&format!("{}: skipped: no shared inputs", case.name));
            continue;
        };
        match produce(case, &estate, &plan_file) {
            Ok(file) => list.push(format!("{}\t{schema}", file.display())),
            Err(message) => {
                out::error(&message);
                count.failed += 1;
            }
        }
    }
    let jobs = dir.join("jobs.tsv");
    fs::write(&jobs, list.join("\n")).map_err(|e| format!("{}: {e}", jobs.display()))?;
    Program::new(python).args(["-c", VALIDATE]).args([&jobs, &workspace::root().join("docs/schemas")]).watch(
        &mut |line| {
            count.passed += u64::from(line.starts_with("valid "));
            count.failed += u64::from(line.starts_with("INVALID "));
        },
    )?;
    Ok(count)
}

/// Where a schema is; what is no file is passed on as it is.
fn schema(name: &str) -> Option<String> {
    let base = match name.split('/').next() {
        Some("docs") => workspace::root(),
        Some("schemas") => workspace::shared()?,
        _ => return Some(name.to_owned()),
    };
    let path = base.join(name);
    path.is_file().then(|| path.display().to_string())
}

/// The file with the output: standard output, or what the command wrote.
fn produce(case: &Case, estate: &Path, plan_file: &Path) -> Result<PathBuf, String> {
    let file = estate.join(case.name);
    if case.args.is_empty() {
        return Ok(file);
    }
    let plan_file = plan_file.display().to_string();
    let args = case.args.iter().map(|a| if *a == PLAN { plan_file.as_str() } else { a });
    let run = Program::new(workspace::binary("release")).args(args).dir(estate).capture()?;
    if !matches!(run.code, 0 | 1) {
        return Err(format!("{}: ended with {}:\n{}", case.name, run.code, tail(&run.stderr, 10)));
    }
    if !file.exists() {
        fs::write(&file, run.stdout).map_err(|e| format!("{}: {e}", file.display()))?;
    }
    Ok(file)
}

/// Places where a page would load something: scripts, and sources or style sheets that are not inside it.
pub(crate) fn resources_loaded(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in html.split('<').skip(1).filter_map(|rest| rest.split('>').next()) {
        let lower = tag.to_lowercase();
        let name = lower.split_whitespace().next().unwrap_or_default();
        let is_link = matches!(name, "a" | "area");
        let attribute = |key: &str| {
            let value = lower.split(&format!(" {key}=")).nth(1)?;
            Some(value.trim_start_matches(['"', '\'']).to_owned())
        };
        let outside = |value: &String| !value.starts_with("data:") && !value.starts_with('#');
        let loads = ["src", "srcset", "href", "xlink:href", "poster", "data"]
            .iter()
            .any(|key| attribute(key).as_ref().is_some_and(outside));
        if loads && !is_link || name == "script" && attribute("src").is_some() || name == "iframe" {
            found.push(tag.chars().take(120).collect());
        }
    }
    if html.contains("@import")
        || html.contains("url(http")
        || html.contains("url(\"http")
        || html.contains("url('http")
    {
        found.push("a style sheet that loads another".to_owned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_loads_something_is_seen() {
        assert_eq!(
            resources_loaded("<a href=\"https://x\">x</a><svg><use href=\"#a\"/></svg><img src='data:a'>"),
            [""; 0]
        );
        for bad in [
            "<script src=\"a.js\"></script>",
            "<link rel=s href='https://x/a.css'>",
            "<img src=\"a.png\">",
            "<style>@import 'a'</style>",
        ] {
            assert_eq!(resources_loaded(bad).len(), 1, "{bad}");
        }
    }
}
