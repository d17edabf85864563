//! `flagstate init` and `flagstate schema`: the project file and what may stand in it.

use std::process::ExitCode;

use flagstate_estate::Project;
use flagstate_evidence::config::LogSection;
use flagstate_placement::PlacementSection;
use schemars::Schema;
use serde_json::{Value, json};

use crate::{cli::InitArgs, failure::Failure, out};

/// The commented project file.
const TEMPLATE: &str = include_str!("../../demo/template.yaml");

/// Writes the template; never over an existing file.
pub(crate) fn run(args: &InitArgs) -> Result<ExitCode, Failure> {
    if args.output.exists() {
        return Err(Failure::Input {
            message: format!("{}: exists already and is left as it is", args.output.display()),
            help: Some("name another file with --output".into()),
        });
    }
    out::write_file(&args.output, TEMPLATE.as_bytes())?;
    out::say(&format!("wrote {}; edit it, then run `flagstate assess`", args.output.display()));
    Ok(ExitCode::SUCCESS)
}

/// Prints the JSON Schema.
pub(crate) fn schema() -> Result<ExitCode, Failure> {
    out::result(&schema_text()?, None)?;
    Ok(ExitCode::SUCCESS)
}

/// The JSON Schema of the project file.
pub(crate) fn schema_text() -> Result<String, Failure> {
    let mut schema = schemars::schema_for!(Project);
    let log = schemars::schema_for!(LogSection);
    put(&mut schema, log, "log", "LogSection", "The log in which answers are recorded.");
    let placement = schemars::schema_for!(PlacementSection);
    let says = "What landing points must meet beyond the classification.";
    put(&mut schema, placement, "placement", "PlacementSection", says);
    let text = serde_json::to_string_pretty(&schema).map_err(|e| Failure::Internal(e.to_string()))?;
    Ok(format!("{text}\n"))
}

/// Puts a section that another crate owns into the project's schema.
fn put(project: &mut Schema, mut section: Schema, key: &str, name: &str, says: &str) {
    let definitions = section.remove("$defs");
    for key in ["$schema", "title"] {
        section.remove(key);
    }
    if let Some(all) = project.get_mut("$defs").and_then(Value::as_object_mut) {
        all.extend(definitions.and_then(|d| d.as_object().cloned()).unwrap_or_default());
        all.insert(name.to_owned(), section.to_value());
    }
    if let Some(properties) = project.get_mut("properties").and_then(Value::as_object_mut) {
        properties.insert(
            key.to_owned(),
            json!({
                "description": says,
                "anyOf": [{ "$ref": format!("#/$defs/{name}") }, { "type": "null" }],
                "default": null,
            }),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_is_a_valid_project() {
        let project: Project = serde_saphyr::from_str(TEMPLATE).unwrap();
        assert!(!project.workloads.is_empty());
    }

    /// The committed schema is what the code says. `UPDATE_GOLDEN=1` writes it.
    #[test]
    fn the_committed_schema_has_not_drifted() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/flagstate.schema.json");
        let now = schema_text().unwrap();
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(path, &now).unwrap();
        }
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            committed == now,
            "docs/flagstate.schema.json is not what the code says: run UPDATE_GOLDEN=1 cargo test -p flagstate"
        );
    }
}
