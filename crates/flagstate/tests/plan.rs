//! `flagstate plan`, `matrix` and the placements of `whatif`, as a user meets them, on the example estate.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

const DAY: &str = "2026-11-21";

fn folder(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("plan-{name}"));
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(dir.join("inventories")).unwrap();
    let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("demo");
    fs::copy(demo.join("flagstate.yaml"), dir.join("flagstate.yaml")).unwrap();
    for entry in fs::read_dir(demo.join("inventories")).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, dir.join("inventories").join(path.file_name().unwrap())).unwrap();
    }
    dir
}

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flagstate")).args(args).current_dir(dir).output().unwrap()
}

fn text(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn json(output: &Output) -> Value {
    serde_json::from_str(&text(output)).unwrap()
}

/// Three workloads of different sensitivity, three landing points, each with rejected options and the facts. The sheets are
/// golden text: `UPDATE_GOLDEN=1` writes them.
#[test]
fn three_sheets_are_what_a_sceptical_reader_follows() {
    let dir = folder("sheets");
    for workload in ["health-data-warehouse", "encrypted-archive", "public-catalogue"] {
        let sheet = text(&run(&dir, &["plan", "--as-of", DAY, "--quiet", "--no-triggers", "--workload", workload]));
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/data/plan-{workload}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            fs::write(&path, &sheet).unwrap();
        }
        let golden = fs::read_to_string(&path).unwrap_or_default();
        assert!(sheet == golden, "{workload}: UPDATE_GOLDEN=1 writes this:\n{sheet}");
    }
    let plan = json(&run(&dir, &["plan", "--as-of", DAY, "--quiet", "--no-triggers", "--format", "json"]));
    let mut landing = std::collections::BTreeSet::new();
    for sheet in plan["sheets"].as_array().unwrap() {
        let name = sheet["workload"].as_str().unwrap();
        if ["health-data-warehouse", "encrypted-archive", "public-catalogue"].contains(&name) {
            landing.insert(sheet["chosen"]["candidate"]["offering"].as_str().unwrap().to_owned());
            let rejected = sheet["rejected"].as_array().unwrap();
            assert!(rejected.len() >= 2, "{name}");
            for r in rejected {
                let facts = r["failing"].as_array().unwrap().iter().flat_map(|g| g["because"].as_array().unwrap());
                assert!(facts.count() > 0, "{name}: {}", r["candidate"]["id"]);
            }
        }
    }
    assert_eq!(landing.len(), 3, "{landing:?}");
}

#[test]
fn a_plan_is_written_once_names_its_parent_and_is_looked_over() {
    let dir = folder("file");
    let plan = ["plan", "--as-of", DAY, "--quiet", "--no-triggers", "--output", "a.json"];
    text(&run(&dir, &plan));
    let first = fs::read(dir.join("a.json")).unwrap();
    text(&run(&dir, &plan));
    assert_eq!(fs::read(dir.join("a.json")).unwrap(), first, "the same again");

    let other = ["plan", "--as-of", "2026-11-22", "--quiet", "--no-triggers"];
    let refused = run(&dir, &[&other[..], &["--output", "a.json"]].concat());
    assert_eq!(refused.status.code(), Some(2));
    text(&run(&dir, &[&other[..], &["--parent", "a.json", "--output", "b.json"]].concat()));
    let b: Value = serde_json::from_slice(&fs::read(dir.join("b.json")).unwrap()).unwrap();
    assert_eq!(b["parent"].as_str().map(str::len), Some(64));
    assert!(text(&run(&dir, &["plan", "diff", "a.json", "b.json"])).contains("flip"));

    let edited = String::from_utf8(first).unwrap().replacen("\"stays\":true", "\"stays\":false", 1);
    fs::write(dir.join("edited.json"), edited).unwrap();
    let lint = run(&dir, &["plan", "lint", "edited.json", "--format", "json"]);
    assert_eq!(lint.status.code(), Some(1), "a plan that nobody should sign");
}

#[test]
fn the_matrix_has_a_cell_for_everything() {
    let dir = folder("matrix");
    let matrix = json(&run(&dir, &["matrix", "--as-of", DAY, "--format", "json"]));
    let count = |key: &str| matrix[key].as_array().unwrap().len();
    assert_eq!(count("dimensions"), 10);
    assert_eq!(count("cells"), 10 * count("offerings"));
    assert!(matrix["cells"].as_array().unwrap().iter().all(|c| c["facts"].is_array() && c["as_of"].is_string()));
    assert!(text(&run(&dir, &["matrix", "--as-of", DAY])).contains("Five questions for the board"));
}

/// One fact of law changes: which placements flip is said, and why.
#[test]
fn an_assumed_change_of_law_says_which_placements_flip() {
    let dir = folder("whatif");
    for assume in ["P-LATOMBE=annulled", "P-AGREEMENT=concluded", "P-702=expired"] {
        let args = ["whatif", "--as-of", DAY, "--assume", assume];
        let said = text(&run(&dir, &args));
        assert!(said.contains("Placements that flip"), "{said}");
        let value = json(&run(&dir, &[&args[..], &["--format", "json"]].concat()));
        assert_eq!(value["placements"]["assumed"][0], assume);
        let flips = value["placements"]["flips"].as_array().unwrap();
        // The other two end or slow one power among several: what was chosen stays, and what shifts is said.
        let flipped: Vec<_> = flips.iter().map(|f| f["workload"].as_str().unwrap()).collect();
        assert_eq!(flipped, if assume == "P-LATOMBE=annulled" { vec!["staff-tools"] } else { vec![] }, "{assume}");
        let stays = value["placements"]["stays"].as_array().unwrap();
        assert_eq!(flips.len() + stays.len(), 6);
        for placement in flips.iter().chain(stays) {
            assert!(!placement["because"].as_array().unwrap().is_empty(), "{placement}");
        }
        // Another power reaches the warehouse where it runs today, whichever of these changes.
        assert!(said.contains("since H1 by us."), "{said}");
    }
}
