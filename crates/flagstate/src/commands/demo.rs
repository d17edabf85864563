//! `flagstate demo`: the example estate in real formats, judged, with its report.

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
};

use flagstate_report::{html, text};

use crate::{
    cli::{Common, DemoArgs, Inputs},
    context::{self, PROJECT_FILE},
    failure::Failure,
    out,
};

const FOLDER: &str = "flagstate-demo";

/// The example estate: path below the folder, content.
const FILES: [(&str, &str); 5] = [
    ("flagstate.yaml", include_str!("../../demo/flagstate.yaml")),
    ("inventories/azure-bill-2026-10.focus.csv", include_str!("../../demo/inventories/azure-bill-2026-10.focus.csv")),
    ("inventories/azure-resource-graph.json", include_str!("../../demo/inventories/azure-resource-graph.json")),
    ("inventories/europe.tfstate", include_str!("../../demo/inventories/europe.tfstate")),
    ("inventories/software-services.csv", include_str!("../../demo/inventories/software-services.csv")),
];

/// Writes the example, judges it, prints the verdicts and writes the report.
pub(crate) fn run(args: &DemoArgs) -> Result<ExitCode, Failure> {
    let folder = PathBuf::from(FOLDER);
    for (name, content) in FILES {
        write(&folder.join(name), content)?;
    }
    let common = Common { as_of: args.as_of, ..Common::default() };
    let inputs = Inputs { config: Some(folder.join(PROJECT_FILE)), ..Inputs::default() };
    let judged = context::judge(&inputs, &common)?;
    out::result(&text::brief(&judged.assessment, &judged.catalog), None)?;
    let report = html::assessment(&judged.assessment, &judged.catalog).map_err(|e| Failure::Internal(e.to_string()))?;
    let path = folder.join("report.html");
    out::write_file(&path, report.as_bytes())?;
    out::say(&format!(
        "\nWrote {} with the inputs beside it. Open it in a browser; it needs no network.",
        path.display()
    ));
    out::say(&format!(
        "Next: cd {FOLDER} && flagstate assess (the whole answer), or flagstate explain health-data-warehouse --instrument us.sca"
    ));
    Ok(ExitCode::SUCCESS)
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
