//! The table against its public map, and rows that must not be written.

use std::{collections::BTreeSet, path::Path};

use super::*;
use crate::Library;

fn row() -> Assessed {
    Assessed {
        contract: "C-2".into(),
        provider: "5299001LCH8Y6YJLT055".into(),
        provider_code_type: "eba_qCO:qx2000".into(),
        service_type: "eba_TA:S17".into(),
        substitutability: Substitutability::HighlyComplex,
        reason: Some(Reason::Migration),
        last_audit: Some("2026-03-01".parse().unwrap()),
        exit_plan: true,
        reintegration: Reintegration::Difficult,
        impact: Impact::High,
        alternatives: Some(vec!["Alt, one".into(), "Alt \"two\"".into()]),
    }
}

#[test]
fn the_table_has_the_columns_and_codes_of_the_register() {
    let library = Library::embedded().unwrap();
    let framework = library.framework("dora").unwrap();
    let easy = Assessed {
        contract: "C-1".into(),
        substitutability: Substitutability::Easily,
        reason: Some(Reason::Both),
        last_audit: None,
        exit_plan: false,
        alternatives: None,
        impact: Impact::NotAssessed,
        ..row()
    };
    let text = csv(framework, &[row(), easy]).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "c0010,c0020,c0040,c0030,c0050,c0060,c0070,c0080,c0090,c0100,c0110,c0120",
            "C-1,5299001LCH8Y6YJLT055,eba_TA:S17,eba_qCO:qx2000,eba_ZZ:x962,,,eba_BT:x29,eba_ZZ:x966,eba_ZZ:x799,eba_BT:x21,",
            "C-2,5299001LCH8Y6YJLT055,eba_TA:S17,eba_qCO:qx2000,eba_ZZ:x960,eba_ZZ:x964,2026-03-01,eba_BT:x28,eba_ZZ:x966,eba_ZZ:x793,eba_BT:x28,\"Alt, one; Alt \"\"two\"\"\"",
        ]
    );
}

#[test]
fn a_hard_case_without_a_reason_is_refused() {
    let library = Library::embedded().unwrap();
    let framework = library.framework("dora").unwrap();
    let bare = Assessed { reason: None, ..row() };
    assert_eq!(csv(framework, &[bare]), Err(RegisterError::NoReason("C-2".into())));
    let other = library.framework("gdpr").unwrap();
    assert_eq!(csv(other, &[row()]), Err(RegisterError::NoCode("assessment_columns".into())));
}

/// The public map of the table, where the shared inputs stand beside the project.
#[test]
fn the_columns_are_those_of_the_public_map() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let roots = ["../shared", "../../shared"].map(|p| repository.join(p).join("schemas/dora/dora_dora_4.0.json"));
    let Some(text) = roots.iter().find_map(|p| std::fs::read_to_string(p).ok()) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the shared inputs beside the project");
        println!("skipped: no shared inputs");
        return;
    };
    let map: serde_json::Value = serde_json::from_str(&text).unwrap();
    let table = map["tables"].as_array().unwrap().iter().find(|t| t["code"] == "B_07-01").unwrap();
    let named = table["columns"].as_array().unwrap().iter().map(|c| c["code"].as_str().unwrap().to_owned());
    let keys = table["open_keys_mapping"].as_object().unwrap().values().map(|k| format!("c{}", k.as_str().unwrap()));
    let wanted: BTreeSet<String> = named.chain(keys).collect();
    let library = Library::embedded().unwrap();
    let columns = library.framework("dora").unwrap().values.get("assessment_columns").unwrap();
    assert_eq!(columns.split(' ').map(str::to_owned).collect::<BTreeSet<String>>(), wanted);
}
