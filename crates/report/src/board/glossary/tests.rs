//! The glossary is whole, and every English text of the shipped data that a report shows is in it.

use std::{collections::BTreeSet, fs, path::Path};

use flagstate_catalog::{Catalog, Status};

use super::{super::language::Texts, *};

fn places(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

#[test]
fn every_line_has_three_languages_and_the_same_places() {
    let mut seen = BTreeSet::new();
    let written = FILE.lines().filter(|l| !l.is_empty() && !l.starts_with('#')).count();
    assert_eq!(lines().count(), written);
    for (english, french, german) in lines() {
        assert!(seen.insert(english), "twice: {english}");
        assert!(!french.is_empty() && !german.is_empty() && !german.contains(" | "), "{english}");
        assert_eq!(places(english), places(french), "{english}");
        assert_eq!(places(english), places(german), "{english}");
        let text = set(Language::Fr, french);
        for c in [':', ';', '?', '!', '»', '%'] {
            assert!(!text.contains(&format!(" {c}")), "{text}");
        }
    }
}

/// Values of a key in a data file of another crate: `key: text` or `key: 'text'`, alone on a line or in braces.
fn values(file: &str, key: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(path).unwrap();
    let found = text.lines().filter_map(|line| line.split_once(&format!("{key}: "))).map(|(_, rest)| {
        let quoted = rest.strip_prefix('\'').and_then(|r| r.split_once('\'')).map(|(text, _)| text);
        quoted.unwrap_or_else(|| rest.split(", ").next().unwrap()).to_owned()
    });
    found.collect()
}

/// What stands behind a key that has its line to itself.
fn lines_of(file: &str, key: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(file);
    let text = fs::read_to_string(path).unwrap();
    text.lines().filter_map(|line| line.strip_prefix(key)).map(|rest| rest.trim_matches('\'').to_owned()).collect()
}

/// What a report shows of the shipped data in English alone.
fn shown(catalog: &Catalog) -> Vec<String> {
    let mut texts: Vec<String> = Vec::new();
    for p in catalog.pending.values() {
        texts.push(p.event.clone());
        texts.extend(p.branches.iter().flat_map(|b| [b.outcome.clone(), b.then.clone()]));
        texts.extend(p.expected.iter().filter(|e| e.contains(' ')).cloned());
        texts.push(format!("{} is not decided ({}).", p.event, p.id));
    }
    let services = flagstate_catalog::ServiceMap::embedded().unwrap();
    let moves: BTreeSet<String> = values("placement/data/moves.yaml", "- {word").into_iter().collect();
    for c in services.capabilities.values() {
        texts.push(c.name.clone());
        texts.extend(c.route.iter().filter(|r| !moves.contains(*r)).map(|r| r.replace('_', " ")));
    }
    texts.extend(values("placement/data/moves.yaml", "how"));
    texts.extend(values("placement/data/prices.yaml", "name"));
    texts.extend(values("placement/data/prices.yaml", "condition"));
    let machines = |text: &String| !text.ends_with(", a month");
    texts.extend(lines_of("placement/data/prices.yaml", "  what: ").into_iter().filter(machines));
    texts.extend(lines_of("placement/data/prices.yaml", "  published: "));
    for s in catalog.safeguards.values() {
        texts.push(s.reasoning.as_ref().map_or_else(|| s.name.clone(), |r| format!("{}: {r}", s.name)));
    }
    let decided = catalog.instruments.values().flat_map(|i| &i.precedents).map(|p| p.fact.clone());
    let held = catalog.edges.iter().filter_map(|e| e.fact.clone());
    let open = |id: &String| catalog.facts.get(id).is_some_and(|f| f.status != Status::Established);
    let premises = decided.chain(held.filter(open));
    texts.extend(premises.filter_map(|id| catalog.facts.get(&id)).map(|f| f.statement.clone()));
    for r in catalog.rules.values().filter(|r| r.text.get("en").is_some_and(|t| t.contains('{'))) {
        texts.push(crate::words::capital(&r.conclusion));
    }
    texts.push("Lapsed; running orders bind until 2027-03-17.".into());
    texts.push("yes_contested".into());
    texts
}

#[test]
fn every_shown_text_of_the_data_has_a_translation() {
    let catalog = Catalog::embedded().unwrap();
    let texts = shown(&catalog);
    assert!(texts.len() > 300, "{}", texts.len());
    for language in [Language::Fr, Language::De] {
        let own = Texts::of(language);
        let pen = Pen { texts: &own, catalog: &catalog };
        let missing: Vec<&String> = texts.iter().filter(|t| pen.local(t).is_none()).collect();
        assert!(missing.is_empty(), "{language:?}: {missing:#?}");
    }
}

#[test]
fn sentences_are_said_whole_or_not_at_all() {
    let catalog = Catalog::embedded().unwrap();
    let german = Texts::of(Language::De);
    let pen = Pen { texts: &german, catalog: &catalog };
    let said = |text: &str| pen.local(text);
    assert_eq!(
        said("0.09 USD/GB up to 10240 GB, then 0.085 USD/GB up to 51200 GB").as_deref(),
        Some("0,09\u{a0}USD/GB bis 10.240\u{a0}GB, dann 0,085\u{a0}USD/GB bis 51.200\u{a0}GB")
    );
    assert_eq!(
        said("Managed backup service, Vision, speech, translation, document AI APIs").as_deref(),
        Some("Verwaltete Datensicherung, KI-Schnittstellen (Bild, Sprache, Übersetzung, Dokumente)")
    );
    assert_eq!(
        said("H1 reached (US); H2 contested (DE, US)").as_deref(),
        Some("H1 erreicht (US); H2 umstritten (DE, US)")
    );
    assert_eq!(said("The data stay where they were up to now, then they go"), None);
    assert_eq!(said("0.0196 USD/GB-month").as_deref(), Some("0,0196\u{a0}USD je GB und Monat"));
    assert_eq!(said("data residency").as_deref(), Some("Datenstandort"));
    let english = Texts::of(Language::En);
    assert_eq!(Pen { texts: &english, catalog: &catalog }.local("data residency"), None);
}
