//! The binary as a user meets it: exit codes, streams, messages, the demo, the gate, and the same bytes every time.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on must stop")]

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use serde_json::Value;

/// A folder of its own for one test, emptied first.
fn folder(name: &str) -> PathBuf {
    let dir = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&dir);
    fs::create_dir_all(&dir).unwrap();
    dir
}

fn run(dir: &Path, args: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_flagstate")).current_dir(dir).args(args).output().unwrap()
}

fn code(o: &Output) -> i32 {
    o.status.code().unwrap()
}

fn stdout(o: &Output) -> String {
    String::from_utf8(o.stdout.clone()).unwrap()
}

fn stderr(o: &Output) -> String {
    String::from_utf8(o.stderr.clone()).unwrap()
}

fn json(o: &Output) -> Value {
    assert_eq!(code(o), 0, "{}", stderr(o));
    serde_json::from_slice(&o.stdout).unwrap()
}

fn data(name: &str) -> String {
    format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn the_demo_answers_and_writes_a_report_that_stands_alone() {
    let dir = folder("demo");
    let first = run(&dir, &["demo", "--as-of", "2026-11-21"]);
    assert_eq!(code(&first), 0, "{}", stderr(&first));
    let report = fs::read_to_string(dir.join("flagstate-demo/report.html")).unwrap();
    for never in ["<script", "src=\"http", "url(http", "@import"] {
        assert!(!report.contains(never), "the report loads something: {never}");
    }
    for workload in ["health-data-warehouse", "warehouse-in-europe", "encrypted-archive", "staff-tools"] {
        assert!(stdout(&first).contains(workload) && report.contains(workload), "{workload}");
    }
    let again = run(&dir, &["demo", "--as-of", "2026-11-21"]);
    assert_eq!(stdout(&first), stdout(&again));
    assert_eq!(report, fs::read_to_string(dir.join("flagstate-demo/report.html")).unwrap());
}

#[test]
fn the_report_is_the_same_in_every_language_and_form() {
    let dir = folder("report");
    assert_eq!(code(&run(&dir, &["demo", "--as-of", "2026-11-21"])), 0);
    let demo = dir.join("flagstate-demo");
    let report = |more: &[&str]| {
        let run = run(&demo, &[&["report", "--as-of", "2026-11-21"], more].concat());
        assert_eq!(code(&run), 0, "{}", stderr(&run));
        stdout(&run)
    };
    for (lang, word) in [("en", "reached"), ("fr", "atteint"), ("de", "erreicht")] {
        let page = report(&["--lang", lang]);
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.contains(word), "{lang}");
        assert_eq!(page, report(&["--lang", lang]), "{lang}");
        assert!(report(&["--lang", lang, "--format", "md"]).contains("health-data-warehouse"));
    }
    let oscal: Value = serde_json::from_str(&report(&["--format", "oscal"])).unwrap();
    let result = oscal.pointer("/assessment-results/results/0").unwrap();
    assert!(result.pointer("/findings/0/target/status/state").is_some());
    let facts: Value = serde_json::from_str(&report(&["--format", "json"])).unwrap();
    assert!(facts.pointer("/assessment/workloads/0/name").is_some() && facts.pointer("/readings/0").is_some());
}

#[test]
fn the_demo_verdicts_are_what_the_catalog_says() {
    let dir = folder("demo-verdicts");
    assert_eq!(code(&run(&dir, &["demo", "--as-of", "2026-11-21"])), 0);
    let a = json(&run(&dir.join("flagstate-demo"), &["assess", "--as-of", "2026-11-21", "--format", "json"]));
    let verdict = |workload: &str, harm: &str| {
        let list = a["workloads"].as_array().unwrap();
        let w = list.iter().find(|w| w["name"] == workload).unwrap();
        w["harms"][harm]["foreign"].as_str().unwrap().to_owned()
    };
    assert_eq!(verdict("health-data-warehouse", "H1"), "reached");
    assert_eq!(verdict("warehouse-in-europe", "H1"), "cut");
    assert_eq!(verdict("encrypted-archive", "H1"), "cut");
    assert_eq!(verdict("encrypted-archive", "H3"), "contested");
    for input in a["inputs"].as_array().unwrap() {
        let n = |key: &str| input[key].as_u64().unwrap();
        let ignored: u64 = input["ignored"].as_object().unwrap().values().map(|v| v.as_u64().unwrap()).sum();
        assert_eq!(n("rows"), n("resources") + n("merged") + ignored + n("unknown"), "{input}");
    }
}

/// Same estate, shuffled files and rows: identical bytes.
#[test]
fn order_of_files_and_rows_never_shows() {
    let dir = folder("order");
    assert_eq!(code(&run(&dir, &["demo", "--as-of", "2026-11-21"])), 0);
    let demo = dir.join("flagstate-demo");
    let bill = demo.join("inventories/azure-bill-2026-10.focus.csv");
    let text = fs::read_to_string(&bill).unwrap();
    let names =
        ["azure-bill-2026-10.focus.csv", "azure-resource-graph.json", "europe.tfstate", "software-services.csv"];
    let paths: Vec<String> = names.iter().map(|n| format!("inventories/{n}")).collect();
    for format in ["json", "text", "html", "csv", "sarif"] {
        fs::write(&bill, &text).unwrap();
        let mut args = vec!["assess", "--as-of", "2026-11-21", "--format", format];
        args.extend(paths.iter().map(String::as_str));
        let straight = stdout(&run(&demo, &args));
        let (head, body) = text.split_once('\n').unwrap();
        let mut rows: Vec<&str> = body.lines().collect();
        rows.reverse();
        let middle = rows.len() / 2;
        rows.rotate_left(middle);
        fs::write(&bill, format!("{head}\n{}\n", rows.join("\n"))).unwrap();
        let mut args = vec!["assess", "--as-of", "2026-11-21", "--format", format];
        args.extend(paths.iter().rev().map(String::as_str));
        let shuffled = stdout(&run(&demo, &args));
        assert!(!straight.is_empty() && straight == shuffled, "{format} differs when rows and files are shuffled");
    }
}

#[test]
fn a_lapsed_power_is_answered_by_date_and_assumption() {
    let dir = folder("lapse");
    let l1 = |date: &str, assume: &[&str]| {
        let mut args = vec!["explain", "--offering", "aws-eu", "--instrument", "us.fisa702", "--format", "json"];
        args.extend(["--as-of", date]);
        args.extend(assume);
        let a = json(&run(&dir, &args));
        (a["links"]["L1"]["verdict"].as_str().unwrap().to_owned(), a["links"]["L1"]["premise"].clone())
    };
    assert_eq!(l1("2026-04-21", &[]).0, "holds");
    assert_eq!(l1("2026-06-20", &[]).0, "residual");
    assert_eq!(l1("2027-04-01", &[]), ("unknown".into(), Value::from("P-702")));
    assert_eq!(l1("2027-04-01", &["--assume", "P-702=expired"]).0, "cut");
    assert_eq!(l1("2027-04-01", &["--assume", "P-702=revived"]).0, "holds");
}

#[test]
fn an_order_for_metadata_is_not_an_order_for_content() {
    let dir = folder("order-below");
    let a = json(&run(&dir, &["explain", "--offering", "ovh-public", "--instrument", "ca.cc487", "--format", "json"]));
    assert_eq!(a["harms"]["H3"]["verdict"], "contested");
    assert_eq!(a["harms"]["H3"]["premise"]["id"], "J-CA-01");
    assert_eq!(a["harms"]["H1"]["verdict"], "contested");
    assert_ne!(a["harms"]["H1"]["premise"]["id"], "J-CA-01");
}

#[test]
fn a_host_shows_in_the_chain() {
    let dir = folder("host");
    let args =
        ["explain", "--offering", "scaleway", "--instrument", "us.sca", "--hosted-on", "aws-eu", "--format", "json"];
    let a = json(&run(&dir, &args));
    assert_eq!(a["harms"]["H1"]["verdict"], "reached");
    let path = a["harms"]["H1"]["chains"][0]["path"].as_array().unwrap();
    assert_eq!(path.last().unwrap()["kind"], "technical");
    assert_eq!(path.last().unwrap()["owned"], "scaleway");
}

#[test]
fn the_gate_fails_only_on_what_the_plan_makes_worse() {
    let dir = folder("gate");
    fs::copy(data("gate.yaml"), dir.join("flagstate.yaml")).unwrap();
    fs::copy(data("plan.json"), dir.join("plan.json")).unwrap();
    let args = ["check", "plan.json", "--as-of", "2026-11-21", "--format", "json"];
    let o = run(&dir, &args);
    assert_eq!(code(&o), 1, "{}", stderr(&o));
    let text = stdout(&o);
    assert!(text.contains("\"ledger\""), "{text}");
    assert!(!text.contains("\"payments\""), "what was there before is not the plan's doing: {text}");
    for format in ["text", "sarif", "junit"] {
        assert_eq!(code(&run(&dir, &["check", "plan.json", "--as-of", "2026-11-21", "--format", format])), 1);
    }
    let accepted =
        "accepted_risks: [{workload: ledger, harm: H1, owner: A. Person, reason: pilot, until: 2026-12-31}]\n";
    let project = fs::read_to_string(dir.join("flagstate.yaml")).unwrap();
    fs::write(dir.join("flagstate.yaml"), format!("{project}{accepted}")).unwrap();
    assert_eq!(code(&run(&dir, &args)), 0);
    let late = run(&dir, &["check", "plan.json", "--as-of", "2026-12-31", "--format", "json"]);
    assert_eq!(code(&late), 1, "an acceptance ends on its date");
}

#[test]
fn whatif_prints_differences_only() {
    let dir = folder("whatif");
    let args = ["whatif", "--offering", "azure-eu", "--instrument", "us.sca", "--assume", "P-LATOMBE=annulled"];
    let mut with_format = args.to_vec();
    with_format.extend(["--as-of", "2026-11-21", "--format", "json"]);
    let d = json(&run(&dir, &with_format));
    let changes = d["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 1, "{d}");
    assert_eq!((changes[0]["part"].as_str(), changes[0]["to"].as_str()), (Some("A6"), Some("no")));
    let bleu =
        ["whatif", "--offering", "bleu", "--instrument", "us.sca", "--assume", "offering.bleu.safeguards+=secnumcloud"];
    let o = run(&dir, &bleu);
    assert_eq!(code(&o), 0, "{}", stderr(&o));
    assert_eq!(code(&run(&dir, &["whatif", "--offering", "bleu", "--instrument", "us.sca"])), 2);
    assert_eq!(code(&run(&dir, &["whatif", "--list"])), 0);
}

#[test]
fn failures_name_the_fault_and_the_next_step() {
    let dir = folder("failures");
    fs::write(dir.join("empty.csv"), "").unwrap();
    fs::write(dir.join("noise.bin"), [0_u8, 1, 2, 3, 255, 254]).unwrap();
    fs::write(dir.join("deep.json"), "[".repeat(100_000)).unwrap();
    fs::write(dir.join("cut.json"), "{\"version\": 4, \"terraform_version\": \"1.9\", \"resources\": [{\"mode\": ")
        .unwrap();
    let cases: [(&[&str], i32, &str); 9] = [
        (&["assess", "absent.csv"], 3, "absent.csv"),
        (&["assess", "empty.csv"], 3, "empty.csv"),
        (&["assess", "noise.bin"], 3, "noise.bin"),
        (&["assess", "deep.json"], 3, "deep.json"),
        (&["assess", "cut.json"], 3, "cut.json"),
        (&["assess"], 2, "nothing to read"),
        (&["explain", "--offering", "bleu"], 2, "--instrument"),
        (&["explain", "--offering", "bleu", "--instrument", "no.such"], 2, "no.such"),
        (&["explain", "--offering", "bleu", "--instrument", "us.sca", "--assume", "P-702=maybe"], 2, "P-702"),
    ];
    for (args, wanted, named) in cases {
        let o = run(&dir, args);
        assert_eq!(code(&o), wanted, "{args:?}: {}", stderr(&o));
        assert!(stdout(&o).is_empty(), "{args:?} wrote a partial answer");
        let text = stderr(&o);
        assert!(text.contains(named) && text.contains("error:"), "{args:?}: {text}");
    }
}

#[test]
fn nothing_partial_is_left_behind() {
    let dir = folder("partial");
    let o = run(&dir, &["explain", "--offering", "bleu", "--instrument", "us.sca"]);
    assert_eq!(code(&o), 0);
    assert_eq!(code(&run(&dir, &["init"])), 0);
    assert_eq!(code(&run(&dir, &["init"])), 3, "an existing project file is never overwritten");
    let names: Vec<_> = fs::read_dir(&dir).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(names, ["flagstate.yaml"]);
}

#[test]
fn help_completions_and_manual_are_generated() {
    let dir = folder("help");
    for command in
        ["assess", "explain", "whatif", "check", "demo", "init", "catalog", "log", "schema", "completions", "man"]
    {
        assert_eq!(code(&run(&dir, &[command, "--help"])), 0, "{command}");
    }
    assert!(stdout(&run(&dir, &["--help"])).contains("Examples:"));
    assert!(stdout(&run(&dir, &["completions", "bash"])).contains("flagstate"));
    assert_eq!(code(&run(&dir, &["man", "man"])), 0);
    assert!(dir.join("man/flagstate-assess.1").exists());
}

#[test]
fn the_shipped_catalog_passes_its_own_check() {
    let dir = folder("catalog");
    let o = run(&dir, &["catalog", "check"]);
    assert_eq!(code(&o), 0, "{}", stdout(&o));
    assert!(stdout(&run(&dir, &["catalog", "show", "J-CA-01"])).contains("What rests on it"));
    assert_eq!(code(&run(&dir, &["catalog", "show", "no-such-id"])), 2);
    fs::create_dir_all(dir.join("bad")).unwrap();
    fs::write(dir.join("bad/offerings.yaml"), "offerings: [{id: x, operator_entity: nobody}]\n").unwrap();
    let o = run(&dir, &["catalog", "check", "--catalog", "bad"]);
    assert_eq!(code(&o), 1);
    assert!(stdout(&o).contains("nobody"));
    fs::write(dir.join("bad/offerings.yaml"), "offerings: {id: [\n").unwrap();
    let o = run(&dir, &["catalog", "check", "--catalog", "bad"]);
    assert_eq!(code(&o), 3);
    assert!(stderr(&o).contains("offerings.yaml"));
}

/// Frameworks as a user meets them: the ceilings computed, the proposal marked, answers that say too much refused.
#[test]
fn frameworks_are_read_for_offerings_and_workloads() {
    let dir = folder("frameworks");
    let list = run(&dir, &["frameworks", "list"]);
    assert_eq!(code(&list), 0, "{}", stderr(&list));
    assert!(stdout(&list).contains("PROPOSAL, decides nothing") && stdout(&list).contains("DRAFT, decides nothing"));
    let read = |args: &[&str]| {
        let mut all = vec!["frameworks", "assess", "--as-of", "2026-11-21", "--home", "FR,EU", "--format", "json"];
        all.extend(args);
        json(&run(&dir, &all))
    };
    let akenes = read(&["--offering", "exoscale", "--framework", "secnumcloud"]);
    let ceilings = &akenes[0]["frameworks"][0]["ceilings"][0];
    assert_eq!(ceilings["verdict"], "not_met");
    assert_eq!(ceilings["together_capital_percent"], "56.55");
    let said = ceilings["clauses"][1]["because"][0]["text"].as_str().unwrap();
    assert!(said.contains("56.55 %") && said.contains("more than 24 %"), "{said}");
    let csf = read(&["--offering", "aws-eusc", "--framework", "csf"]);
    let sheet = &csf[0]["frameworks"][0]["sheet"];
    assert_eq!(sheet["level_at_most"].as_u64().map(|l| l <= 1), Some(true));
    assert_eq!(sheet["totals"].as_array().unwrap().len(), 2);

    fs::write(dir.join("answers.yaml"), "offerings: {aws-eusc: {criteria: {csf: {'1.1': {option: 4}}}}}\n").unwrap();
    let claimed = read(&["--offering", "aws-eusc", "--framework", "csf", "--answers", "answers.yaml"]);
    assert_eq!(claimed[0]["frameworks"][0]["sheet"]["contradictions"][0]["criterion"], "1.1");
    fs::write(dir.join("wrong.yaml"), "offerings: {aws-eusk: {}}\n").unwrap();
    let wrong = run(&dir, &["frameworks", "assess", "--offering", "aws-eusc", "--answers", "wrong.yaml"]);
    assert_eq!(code(&wrong), 3);
    assert!(stderr(&wrong).contains("`aws-eusk`"), "{}", stderr(&wrong));
    fs::write(dir.join("empty.yaml"), "\n").unwrap();
    let empty = run(&dir, &["frameworks", "assess", "--offering", "aws-eusc", "--answers", "empty.yaml"]);
    assert_eq!(code(&empty), 3);
    assert!(stderr(&empty).contains("empty.yaml: the file is empty"), "{}", stderr(&empty));

    assert_eq!(code(&run(&dir, &["demo", "--as-of", "2026-11-21"])), 0);
    let demo = dir.join("flagstate-demo");
    let estate = run(&demo, &["frameworks", "assess", "--as-of", "2026-11-21", "--format", "json"]);
    let estate = json(&estate);
    let health = estate.as_array().unwrap().iter().find(|w| w["workload"] == "health-data-warehouse").unwrap();
    let special = health["requirements"].as_array().unwrap().iter().find(|r| r["requirement"] == "R-SPECIAL").unwrap();
    assert_eq!((special["verdict"].as_str(), special["gate"].as_bool()), (Some("not_met"), Some(true)));
    assert_eq!(special["clause"]["ref"], "Article 9");
    let text = run(&demo, &["frameworks", "assess", "--as-of", "2026-11-21", "--language", "fr"]);
    assert_eq!(code(&text), 0, "{}", stderr(&text));
    let draft =
        run(&demo, &["frameworks", "transfer", "health-data-warehouse", "--as-of", "2026-11-21", "--language", "de"]);
    assert!(stdout(&draft).contains("1. Die Übermittlungen"), "{}", stderr(&draft));
    let clock = json(&run(&dir, &["frameworks", "clock", "--notice", "2026-10-13", "--format", "json"]));
    assert_eq!((clock["charges"].as_str(), clock["transition_ends"].as_str()), (Some("none"), Some("2027-01-12")));
    assert_eq!(code(&run(&dir, &["frameworks", "clock", "--notice", "2026-10-13", "--extended", "9"])), 2);
}
