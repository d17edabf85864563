//! The committed schemas are what the types say, and each kind is explained.

use std::{env, fs, path::Path};

use super::*;

/// `UPDATE_GOLDEN=1` writes the schemas.
#[test]
fn the_committed_schemas_have_not_drifted() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas/evidence");
    for (kind, version, schema) in schemas() {
        let path = dir.join(format!("{kind}.v{version}.schema.json"));
        let now = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if env::var_os("UPDATE_GOLDEN").is_some() {
            fs::create_dir_all(&dir).unwrap();
            fs::write(&path, &now).unwrap();
        }
        let committed = fs::read_to_string(&path).unwrap_or_default();
        assert!(
            committed == now,
            "{} is not what the code says: run UPDATE_GOLDEN=1 cargo test -p flagstate-evidence",
            path.display()
        );
    }
    assert_eq!(fs::read_dir(&dir).unwrap().count(), schemas().len(), "a schema without a kind");
}

#[test]
fn each_kind_is_explained() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/evidence.md")).unwrap();
    for (kind, version, _) in schemas() {
        let row = format!("| `{kind}/v{version}` |");
        assert!(text.contains(&row), "docs/evidence.md has no row for {kind}");
    }
}
