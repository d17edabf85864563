//! Turns the reviewed YAML files under `data/` into JSON at build time, so that start-up does not parse YAML.
//! Two documents: `facts.json` (law, owners, offerings) and `services.json` (regions, services, resource types).

use std::{env, error::Error, fs, path::Path};

const SERVICE_FILES: [&str; 3] = ["regions", "services", "resource_types"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=data");
    let out = env::var("OUT_DIR")?;
    let mut facts = serde_json::Map::new();
    let mut services = serde_json::Map::new();
    let mut paths: Vec<_> =
        fs::read_dir("data")?.collect::<Result<Vec<_>, _>>()?.into_iter().map(|e| e.path()).collect();
    paths.sort();
    for path in paths {
        if path.extension().is_none_or(|e| e != "yaml") {
            continue;
        }
        let name = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
        let text = fs::read_to_string(&path)?;
        let value: serde_json::Value = serde_saphyr::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let target = if SERVICE_FILES.contains(&name.as_str()) { &mut services } else { &mut facts };
        target.insert(name, value);
    }
    fs::write(Path::new(&out).join("facts.json"), serde_json::to_vec(&facts)?)?;
    fs::write(Path::new(&out).join("services.json"), serde_json::to_vec(&services)?)?;
    Ok(())
}
