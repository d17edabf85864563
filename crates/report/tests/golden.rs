//! Golden files: `UPDATE_GOLDEN=1` rewrites them.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is not as it should be")]

mod common;

use std::{fs, path::Path};

use flagstate_exposure::Finding;
use flagstate_report::{csv, html, json, junit, sarif, svg, text};

/// The digest of the catalog changes with every fact; the rest of a report only with those it rests on.
fn golden(name: &str, actual: &str) {
    let actual = &actual.replace(&common::catalog().digest(), "(digest)");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let line = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    assert!(expected == *actual, "{name} differs, first at line {line:?}; UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn every_format() {
    let catalog = common::catalog();
    let a = common::judged(&catalog, &common::project(), Vec::new());
    let found: Vec<&Finding> = a.workloads.iter().flat_map(|w| &w.findings).collect();
    golden("assessment.txt", &text::assessment(&a, &catalog));
    golden("assessment.json", &json::assessment(&a));
    golden("assessment.html", &html::assessment(&a, &catalog).unwrap());
    golden("assessment.csv", &csv::assessment(&a, &catalog));
    golden("assessment.sarif", &sarif::assessment(&a, &catalog));
    golden("findings.txt", &text::findings(&found, &catalog));
    golden("findings.sarif", &sarif::findings(&found, &catalog));
    golden("findings.xml", &junit::findings(&a, &found));
    for (i, w) in a.workloads.iter().enumerate() {
        for (n, d) in svg::workload(w, &catalog, "w").iter().chain(&svg::home(w, &catalog, "h")).enumerate() {
            golden(&format!("chain-{}-{}.svg", i + 1, n + 1), &d.svg);
        }
    }
}

#[test]
fn one_question() {
    use flagstate_exposure::{Question, diff, explain};
    let catalog = common::catalog();
    let ask = |instrument: &str, date: &str| {
        explain(&catalog, &Question::new("bleu", instrument, date.parse().unwrap())).unwrap()
    };
    let a = ask("us.sca", "2026-11-21");
    golden("explain.txt", &text::answer(&a, &catalog));
    golden("explain.json", &json::answer(&a));
    let difference = diff::answers(&ask("us.fisa702", "2026-04-21"), &ask("us.fisa702", "2027-04-01"));
    golden("difference.txt", &text::difference(&difference, &catalog));
    golden("difference.json", &json::difference(&difference));
}
