//! Turns the reviewed YAML files under `data/` into one JSON document at build time, so that start-up parses no YAML.
//! Every file adds to the lists of its top-level keys. `placement` is built with this script, too.

use std::{env, error::Error, fs, path::Path};

use serde_json::{Map, Value};

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data");
    let mut all: Map<String, Value> = Map::new();
    let mut paths: Vec<_> =
        fs::read_dir("data")?.collect::<Result<Vec<_>, _>>()?.into_iter().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        let file: Map<String, Value> = serde_saphyr::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        for (key, value) in file {
            match (all.entry(key.clone()).or_insert_with(|| Value::Array(Vec::new())), value) {
                (Value::Array(list), Value::Array(more)) => list.extend(more),
                _ => return Err(format!("{}: `{key}` must be a list of records", path.display()).into()),
            }
        }
    }
    let out = env::var("OUT_DIR")?;
    fs::write(Path::new(&out).join("data.json"), serde_json::to_vec(&all)?)?;
    Ok(())
}
