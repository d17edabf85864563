//! One document in every language: golden texts, and no key without a text.

use std::{collections::BTreeSet, fs, path::Path};

use super::{
    language::{Language, Texts},
    *,
};

/// Names of the data: a language has them where it needs them, English has them from the catalog.
const NAMES: [&str; 3] = ["safeguard.", "pending.", "expected."];

fn keys(language: Language) -> BTreeSet<&'static str> {
    Texts::of(language).sentences.into_keys().filter(|k| !NAMES.iter().any(|n| k.starts_with(n))).collect()
}

fn places(text: &str) -> BTreeSet<String> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name.to_owned()).collect()
}

#[test]
fn every_language_has_every_key_and_every_place() {
    let english = Texts::of(Language::En);
    for language in Language::ALL {
        let texts = Texts::of(language);
        assert_eq!(keys(language), keys(Language::En), "{language:?}");
        for (key, text) in texts.sentences.iter().filter(|(k, _)| english.sentences.contains_key(*k)) {
            assert!(!text.is_empty(), "{language:?} {key}");
            assert_eq!(places(text), places(english.sentences.get(key).unwrap()), "{language:?} {key}");
        }
    }
    assert_eq!(Texts::of(Language::Fr).sentences.len(), Texts::of(Language::De).sentences.len());
}

/// Every name that the catalog has in English alone has one in French and German.
#[test]
fn safeguards_and_events_have_names() {
    let catalog = Catalog::embedded().unwrap();
    for language in [Language::Fr, Language::De] {
        let texts = Texts::of(language);
        for id in catalog.safeguards.keys() {
            assert!(texts.has(&format!("safeguard.{id}")), "{language:?} {id}");
        }
        for id in catalog.pending.keys() {
            assert!(texts.has(&format!("pending.{id}")), "{language:?} {id}");
        }
    }
}

/// Keys that code makes from a vocabulary: their words are held together by the golden texts and by the languages' equality.
const MADE: [&str; 28] = [
    "assumption.", "basis.", "challenge.", "control.", "control_test.", "force.", "harm.", "inputs.", "know.", "link.",
    "link_verdict.", "month.", "n.", "reading.", "restricted.", "short.challenge.", "standing.", "status.", "verdict.",
    "verification.", "who.reached", "who.contested", "standing_of.", "match.", "custody.", "view.", "grade.",
    "matrix_word.",
];

#[test]
fn every_key_of_the_code_has_a_sentence_and_every_sentence_a_key_in_the_code() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/board");
    let mut code = String::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            code.push_str(&fs::read_to_string(path).unwrap());
        }
    }
    let named: BTreeSet<&str> = code.split('"').skip(1).step_by(2).collect();
    for key in keys(Language::En) {
        let stem = key.trim_end_matches(".one").trim_end_matches(".many");
        let made = MADE.iter().any(|m| key.starts_with(m));
        assert!(made || named.contains(key) || named.contains(stem), "nobody says `{key}`");
    }
    let english = Texts::of(Language::En);
    for call in ["say(\"", "fill(\"", "rich(\"", "count(\"", "plural(\""] {
        for rest in code.split(call).skip(1) {
            let key = rest.split('"').next().unwrap();
            assert!(english.has(key) || english.has(&format!("{key}.one")), "no sentence for `{key}`");
        }
    }
}

#[test]
fn typography() {
    let french = Texts::of(Language::Fr);
    assert_eq!(french.say("four.who"), "Qui peut être contraint\u{202f}?");
    assert_eq!(french.number("1234567.5"), "1\u{202f}234\u{202f}567,5");
    assert_eq!(french.date("2026-11-01".parse().unwrap()), "1er\u{a0}novembre\u{a0}2026");
    assert_eq!(Texts::of(Language::De).number("-1234.50"), "\u{2212}1.234,50");
    assert_eq!(Texts::of(Language::De).date("2026-03-02".parse().unwrap()), "2.\u{a0}März\u{a0}2026");
    assert_eq!(Texts::of(Language::En).number("1234"), "1,234");
    for text in french.sentences.values() {
        for c in [':', ';', '?', '!', '»'] {
            assert!(!text.contains(&format!(" {c}")), "{text}");
        }
        assert!(!text.contains('\'') && !text.contains("« "), "{text}");
    }
    for (language, quotes) in [(Language::De, ['„', '“']), (Language::En, ['“', '”'])] {
        for text in Texts::of(language).sentences.values() {
            assert!(!text.contains('"') && !text.contains('\''), "{text}");
            assert_eq!(text.matches(quotes[0]).count(), text.matches(quotes[1]).count(), "{text}");
        }
    }
}
