//! `flagstate demo`: the example estate in real formats, judged, with its report; then sample objects, moved, with their
//! certificate.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use flagstate_report::{html, text};

use super::{
    log, move_,
    plan::{self, Ground},
};
use crate::{
    cli::{Common, DemoArgs, Inputs},
    context::{Judged, PROJECT_FILE},
    failure::Failure,
    log::{Home, record},
    out,
};

const FOLDER: &str = "flagstate-demo";
/// The log of the demo, its name, and where its last checkpoint is kept a second time.
const LOG: &str = "log";
const ORIGIN: &str = "demo.flagstate.example/log";
const SECOND: &str = "log-second-place";

/// The example estate: path below the folder, content.
const FILES: [(&str, &str); 5] = [
    ("flagstate.yaml", include_str!("../../demo/flagstate.yaml")),
    ("inventories/azure-bill-2026-10.focus.csv", include_str!("../../demo/inventories/azure-bill-2026-10.focus.csv")),
    ("inventories/azure-resource-graph.json", include_str!("../../demo/inventories/azure-resource-graph.json")),
    ("inventories/europe.tfstate", include_str!("../../demo/inventories/europe.tfstate")),
    ("inventories/software-services.csv", include_str!("../../demo/inventories/software-services.csv")),
];

/// Writes the example, judges it, prints the verdicts, writes the report and moves the sample.
pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let folder = PathBuf::from(FOLDER);
    for (name, content) in FILES {
        write(&folder.join(name), content)?;
    }
    let common = Common { as_of: args.as_of, ..Common::default() };
    let inputs = Inputs { config: Some(folder.join(PROJECT_FILE)), ..Inputs::default() };
    let ground = Ground::read(&inputs, &common, None)?;
    let judged = ground.judged();
    out::result(&text::brief(&judged.assessment, &judged.catalog), None)?;
    let report = html::assessment(&judged.assessment, &judged.catalog).map_err(|e| Failure::Internal(e.to_string()))?;
    let path = folder.join("report.html");
    let (report, index) = record(&folder.join(LOG), judged, &report)?;
    out::write_file(&path, report.as_bytes())?;
    out::say(&format!(
        "\nWrote {} with the inputs beside it. Open it in a browser; it needs no network.",
        path.display()
    ));
    out::say(&format!(
        "It is entry {index} of the tamper-evident log in {FOLDER}/{LOG} and carries its proof. To check it: flagstate log verify \
         --report {} --log {FOLDER}/{LOG}",
        path.display()
    ));
    out::say(&format!("\nWhere each workload should live (flagstate plan says why):\n{}", plan::landings(&ground)));
    move_::demo::run(&folder)?;
    out::say(&format!(
        "Next: cd {FOLDER} && flagstate assess (the whole answer), or flagstate explain health-data-warehouse --instrument us.sca"
    ));
    Ok(ExitCode::SUCCESS)
}

/// Records the report in the demo's own log, unless it is the log's last entry already: the same demo gives the same page.
fn record(dir: &Path, judged: &Judged, page: &str) -> Result<(String, u64), Failure> {
    if !dir.exists() {
        log::init::make(dir, ORIGIN, None, Some(&dir.with_file_name(SECOND)), false)?;
    }
    let home = Home::at(dir.to_owned(), None, PathBuf::new())?;
    let report = record::Report { name: "assessment.html", text: page };
    let proof = match record::last(&home, report)? {
        Some(proof) => proof,
        None => record::assessment(&home, judged, report)?,
    };
    Ok((proof.in_html(page), proof.index))
}

/// Writes one file of the example; an edited one is left as it is.
fn write(path: &Path, content: &str) -> Result<(), Failure> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|cause| Failure::Output { path: parent.to_owned(), cause })?;
    }
    if path.exists() {
        let old = fs::read_to_string(path).unwrap_or_default();
        if old != content {
            out::say(&format!("note: {} differs from the example and is left as it is", path.display()));
        }
        return Ok(());
    }
    out::write_file(path, content.as_bytes())
}
