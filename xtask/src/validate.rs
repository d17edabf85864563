//! The binary's machine-readable output against schemas: public ones from the shared folder, our own from `docs/`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use crate::{
    out,
    process::{Program, tail},
    steps::{Count, Outcome},
    test::scratch,
    tools, workspace,
};

/// One output to check: the arguments that make it, and the schema that judges it.
struct Case {
    name: &'static str,
    args: &'static [&'static str],
    /// Below the shared folder, or below the project when it starts with `docs/`.
    schema: &'static str,
}

const SARIF: &str = "schemas/sarif/oasis-tcs_sarif-spec__sarif-schema-2.1.0.json";

/// Run in the folder that `demo` wrote. Exit codes 0 and 1 (a finding) are both answers.
const CASES: [Case; 2] = [
    Case { name: "assess.sarif", args: &["assess", "--format", "sarif"], schema: SARIF },
    Case { name: "assess.json", args: &["assess", "--format", "json"], schema: "docs/assess.schema.json" },
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
    let mut count = Count::default();
    let mut list = Vec::new();
    for case in &CASES {
        let Some(schema) = schema(case.schema) else {
            if workspace::in_ci() {
                return Err(format!("{}: no schema at {}", case.name, case.schema));
            }
            out::line(&format!("{}: skipped: no shared inputs", case.name));
            continue;
        };
        match produce(case, &estate, &dir) {
            Ok(file) => list.push(format!("{}\t{}", file.display(), schema.display())),
            Err(message) => {
                out::error(&message);
                count.failed += 1;
            }
        }
    }
    let jobs = dir.join("jobs.tsv");
    fs::write(&jobs, list.join("\n")).map_err(|e| format!("{}: {e}", jobs.display()))?;
    Program::new(python).args(["-c", VALIDATE]).args([&jobs]).watch(&mut |line| {
        count.passed += u64::from(line.starts_with("valid "));
        count.failed += u64::from(line.starts_with("INVALID "));
    })?;
    Ok(count)
}

fn schema(name: &str) -> Option<PathBuf> {
    let base = if name.starts_with("docs/") { Some(workspace::root()) } else { workspace::shared() };
    base.map(|b| b.join(name)).filter(|p| p.is_file())
}

fn produce(case: &Case, estate: &Path, dir: &Path) -> Result<PathBuf, String> {
    let run = Program::new(workspace::binary("release")).args(case.args).dir(estate).capture()?;
    if !matches!(run.code, 0 | 1) {
        return Err(format!("{}: ended with {}:\n{}", case.name, run.code, tail(&run.stderr, 10)));
    }
    let file = dir.join(case.name);
    fs::write(&file, run.stdout).map_err(|e| format!("{}: {e}", file.display()))?;
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
