//! `assess` and `check` record what they answered, and their reports carry the proof.

use std::fs;

use super::Bench;

fn project(b: &Bench) -> String {
    b.ok(&["demo", "--as-of", "2026-11-21"]);
    let data = |name: &str| format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::copy(data("plan.json"), b.path("plan.json")).unwrap();
    fs::copy(data("gate.yaml"), b.path("gate.yaml")).unwrap();
    let vkey = b.init("evidence-log", "log.example/answers");
    for name in ["gate.yaml", "flagstate-demo/flagstate.yaml"] {
        let dir = if name == "gate.yaml" { "evidence-log" } else { "../evidence-log" };
        let text = fs::read_to_string(b.path(name)).unwrap();
        let text = format!("{text}\nlog:\n  dir: {dir}\n  origin: log.example/answers\n");
        fs::write(b.path(&name.replace(".yaml", ".log.yaml")), text).unwrap();
    }
    vkey
}

#[test]
fn reports_carry_their_proof() {
    let b = Bench::new("records");
    let vkey = project(&b);
    let config = "flagstate-demo/flagstate.log.yaml";
    for (index, format) in ["text", "json", "html"].into_iter().enumerate() {
        let args = ["assess", "--as-of", "2026-11-21", "--quiet", "--format", format, "--config"];
        let plain = b.ok(&[&args[..], &["flagstate-demo/flagstate.yaml"]].concat());
        let with = b.ok(&[&args[..], &[config]].concat());
        assert_ne!(plain, with, "{format}");
        b.write("report", &with);
        let found = b.json(&["log", "verify", "--report", "report", "--vkey", &vkey, "--format", "json"]);
        assert_eq!((&found["holds"], &found["kind"]), (&true.into(), &"assessment".into()), "{format}");
        assert_eq!(found["index"], index);
        // Without the proof it is, byte for byte, what a project without a log gets.
        let taken = flagstate_report::proof::take(&with).unwrap();
        assert_eq!(taken.report, plain, "{format}");
        // A changed word, and a proof taken from another report.
        b.write("report", with.replacen("staff-tools", "stuff-tools", 1));
        assert!(b.fails(1, &["log", "verify", "--report", "report", "--vkey", &vkey]).contains("FAILED"));
        b.write("report", &plain);
        b.fails(3, &["log", "verify", "--report", "report", "--vkey", &vkey]);
    }
    let args =
        ["assess", "--as-of", "2026-11-21", "--quiet", "--config", config, "--format", "csv", "--output", "a.csv"];
    b.ok(&args);
    b.ok(&["log", "verify", "a.csv.tlog-proof", "--entry", "a.csv.entry", "--vkey", &vkey]);
    b.ok(&["log", "verify", "--log", "evidence-log", "--vkey", &vkey]);
    b.ok(&["log", "fsck", "--log", "evidence-log", "--vkey", &vkey]);
}

#[test]
fn a_gate_is_recorded_whether_it_opens_or_not() {
    let b = Bench::new("gate");
    let vkey = project(&b);
    let args = ["check", "plan.json", "--as-of", "2026-11-21", "--config", "gate.log.yaml", "--format"];
    for (index, format) in ["text", "json"].into_iter().enumerate() {
        let report = b.run(&[&args[..], &[format]].concat());
        assert_eq!(report.status.code(), Some(1), "{}", super::text(&report.stderr));
        b.write("report", &report.stdout);
        let found = b.json(&["log", "verify", "--report", "report", "--vkey", &vkey, "--format", "json"]);
        assert_eq!((&found["kind"], &found["index"]), (&"check".into(), &index.into()));
    }
    let entry = b.path("entry");
    b.ok(&["log", "prove", "--log", "evidence-log", "--index", "1", "--entry-output", entry.to_str().unwrap()]);
    let statement = flagstate_evidence::statement::AnyStatement::read_unverified(&fs::read(entry).unwrap()).unwrap();
    assert_eq!(statement.predicate["passed"], false);
    assert_eq!(statement.predicate["by_workload"]["ledger"], statement.predicate["findings"]);
}

#[test]
fn a_project_whose_log_is_missing_is_told_so() {
    let b = Bench::new("missing");
    b.write("bill.csv", "");
    b.write("flagstate.yaml", "log:\n  dir: nowhere\ninventories: [flagstate-demo/inventories]\n");
    b.ok(&["demo"]);
    let said = b.fails(3, &["assess", "--quiet"]);
    assert!(said.contains("nowhere") && said.contains("log init"), "{said}");
    b.write("flagstate.yaml", "log:\n  dir: x\n  folder: y\n");
    assert!(b.fails(3, &["assess"]).contains("folder"));
}
