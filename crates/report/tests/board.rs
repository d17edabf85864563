//! The report for a board in every language: golden text (`UPDATE_GOLDEN=1` rewrites it), and what every page must keep.
#![expect(clippy::unwrap_used, reason = "a test may stop at the first thing that is not as it should be")]

mod common;

use std::{collections::BTreeSet, fs, path::Path};

use flagstate_catalog::Catalog;
use flagstate_exposure::Assessment;
use flagstate_frameworks::Library;
use flagstate_report::board::{self, Language, Material, Texts, html, markdown};
use serde_json::Value;

fn with_material<T>(run: impl FnOnce(&Material<'_>) -> T) -> T {
    let catalog: Catalog = common::catalog();
    let assessment: Assessment = common::judged(&catalog, &common::project(), Vec::new());
    let library = Library::embedded().unwrap();
    run(&Material {
        assessment: &assessment,
        catalog: &catalog,
        library: &library,
        readings: Vec::new(),
        placement: None,
    })
}

fn golden(name: &str, actual: &str) {
    let actual = &actual.replace(&common::catalog().digest(), "(digest)");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, actual).unwrap();
        return;
    }
    let expected = fs::read_to_string(&path).unwrap_or_default();
    let line = expected.lines().zip(actual.lines()).position(|(a, b)| a != b);
    assert!(expected == *actual, "{name} differs, first at line {line:?}; UPDATE_GOLDEN=1 rewrites it");
}

#[test]
fn golden_text_in_every_language() {
    with_material(|m| {
        for language in Language::ALL {
            let document = board::document(m, &Texts::of(language));
            let json = serde_json::to_string(&document).unwrap();
            golden(&format!("report.{}.document.json", language.code()), &json);
            golden(&format!("report.{}.md", language.code()), &markdown::text(&document));
        }
        golden("report.en.html", &html::page(&board::document(m, &Texts::of(Language::En))));
    });
}

/// Words marked as English, anywhere in a document.
fn english(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Array(list) => list.iter().for_each(|v| english(v, found)),
        Value::Object(map) => {
            if map.get("english") == Some(&Value::Bool(true)) {
                found.extend(map.get("text").and_then(Value::as_str).map(str::to_owned));
            }
            map.values().for_each(|v| english(v, found));
        }
        _ => {}
    }
}

/// In French and German only quotations stay in English: statements of facts with their notes, and titles of sources.
#[test]
fn only_quotations_stay_in_english() {
    with_material(|m| {
        let facts = m.catalog.facts.values().flat_map(|f| [Some(&f.statement), f.note.as_ref()]);
        let titles = m.catalog.sources.values().map(|s| Some(s.title.as_ref().unwrap_or(&s.id)));
        let quoted: BTreeSet<&str> = facts.chain(titles).flatten().map(|text| text.trim_end_matches('.')).collect();
        for language in [Language::Fr, Language::De] {
            let document = serde_json::to_value(board::document(m, &Texts::of(language))).unwrap();
            let mut found = BTreeSet::new();
            english(&document, &mut found);
            assert!(found.len() > 20, "{language:?}: the facts are quoted");
            let other: Vec<&String> = found.iter().filter(|t| !quoted.contains(t.trim_end_matches('.'))).collect();
            assert!(other.is_empty(), "{language:?}: {other:#?}");
        }
        let document = serde_json::to_value(board::document(m, &Texts::of(Language::En))).unwrap();
        let mut found = BTreeSet::new();
        english(&document, &mut found);
        assert!(found.is_empty(), "{found:?}");
    });
}

/// No key, no empty place, nothing loaded, no script; every link inside the page leads somewhere.
#[test]
fn pages_are_whole() {
    with_material(|m| {
        for language in Language::ALL {
            let page = html::page(&board::document(m, &Texts::of(language)));
            assert!(!page.contains("<script") && !page.contains("src=\"http"), "{language:?}");
            assert!(page.contains(&format!("<html lang=\"{}\">", language.code())));
            for link in page.split("href=\"#").skip(1) {
                let id = link.split('"').next().unwrap();
                assert!(page.contains(&format!("id=\"{id}\"")), "{language:?}: nothing is called {id}");
            }
            for id in page.split(" id=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
                let times = page.matches(&format!(" id=\"{id}\"")).count();
                assert!(times == 1, "{language:?}: {id} stands {times} times");
            }
            let words: String = page.split('<').filter_map(|rest| rest.split_once('>')).map(|(_, text)| text).collect();
            for place in ["{n}", "{who}", "{laws}", "{state}", "{law}", "{cost}"] {
                assert!(!words.contains(place), "{language:?}: {place}");
            }
        }
    });
}

#[test]
fn same_results_same_bytes() {
    let page = || with_material(|m| html::page(&board::document(m, &Texts::of(Language::De))));
    assert_eq!(page(), page());
}
