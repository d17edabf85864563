//! The golden documents of `report`, set: same bytes, PDF/A-3B by its metadata, fonts embedded, attachments related.
#![cfg(feature = "typeset")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test may stop at the first thing that is not as it should be"
)]

use std::{env, fs, path::PathBuf, process::Command};

use serde_json::Value;

use flagstate_report_pdf::{Attachment, Relation, typeset};

/// The golden documents of `report`: made there, set here.
const DOCUMENTS: [(&str, &str); 3] = [
    ("en", include_str!("../../report/tests/golden/report.en.document.json")),
    ("fr", include_str!("../../report/tests/golden/report.fr.document.json")),
    ("de", include_str!("../../report/tests/golden/report.de.document.json")),
];

fn pdf(document: &str) -> Vec<u8> {
    let document: Value = serde_json::from_str(document).unwrap();
    let attachment = |name: &str, relation, bytes: &[u8]| Attachment {
        name: name.into(),
        relation,
        media_type: "application/json",
        description: "for the test".into(),
        bytes: bytes.to_vec(),
    };
    let attachments = [
        attachment("report.json", Relation::Source, b"{\"schema\": \"flagstate/report/1\"}\n"),
        attachment("plan.json", Relation::Data, b"{}\n"),
        attachment("report.proof.json", Relation::Supplement, b"{}\n"),
    ];
    typeset(&document, &attachments).unwrap()
}

/// Runs a program of the system on a report; none where it is missing, which CI does not accept.
fn said(program: &str, arguments: &[&str], language: &str) -> Option<String> {
    let document = DOCUMENTS.iter().find(|(l, _)| *l == language).unwrap().1;
    let path: PathBuf = env::temp_dir().join(format!("flagstate-{program}-{}-{language}.pdf", std::process::id()));
    fs::write(&path, pdf(document)).unwrap();
    let run = Command::new(program).args(arguments).arg(&path).output();
    fs::remove_file(&path).unwrap();
    match run {
        Ok(run) => Some(String::from_utf8_lossy(&run.stdout).into_owned()),
        Err(why) if env::var_os("CI").is_none() => {
            println!("skipped: {program}: {why}; run: sudo apt-get install -y poppler-utils qpdf");
            None
        }
        Err(why) => panic!("{program}: {why}"),
    }
}

#[test]
fn the_same_document_has_the_same_bytes_in_every_language() {
    for (language, document) in DOCUMENTS {
        let bytes = pdf(document);
        assert!(bytes.starts_with(b"%PDF-1."), "{language}");
        assert_eq!(bytes, pdf(document), "{language}");
    }
}

/// XMP says PDF/A-3B; it stands in the file as it is.
#[test]
fn the_metadata_name_the_standard() {
    let bytes = pdf(DOCUMENTS[0].1);
    let text = String::from_utf8_lossy(&bytes);
    assert!(
        text.contains("<pdfaid:part>3</pdfaid:part>") && text.contains("<pdfaid:conformance>B</pdfaid:conformance>")
    );
}

#[test]
fn every_font_is_embedded() {
    for (language, _) in DOCUMENTS {
        let Some(fonts) = said("pdffonts", &[], language) else { return };
        let rows: Vec<&str> = fonts.lines().skip(2).collect();
        assert!(!rows.is_empty(), "{language}");
        for row in rows {
            // Name, type, encoding, embedded, subset, unicode, object, generation: the last five are single words.
            let embedded = row.split_whitespace().rev().nth(4);
            assert_eq!(embedded, Some("yes"), "{language}: {row}");
        }
    }
}

#[test]
fn every_attachment_has_its_relation_and_colours_are_defined() {
    let Some(json) = said("qpdf", &["--json"], "fr") else { return };
    let value: Value = serde_json::from_str(&json).unwrap();
    let mut relations = Vec::new();
    let mut intents = 0;
    walk(&value, &mut |key, value| match key {
        "/AFRelationship" => relations.push(value.as_str().unwrap_or_default().to_owned()),
        "/OutputIntents" => intents += 1,
        _ => {}
    });
    relations.sort();
    assert_eq!(relations, ["/Data", "/Source", "/Supplement"]);
    assert_eq!(intents, 1);
}

fn walk(value: &Value, see: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| walk(v, see)),
        Value::Object(map) => {
            for (key, v) in map {
                see(key, v);
                walk(v, see);
            }
        }
        _ => {}
    }
}
