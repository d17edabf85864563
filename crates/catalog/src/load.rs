//! Loading the catalog: the embedded files, then any files the caller puts in their place.
//!
//! A file is recognised by its top-level keys, not by its name. A key that an overlay brings (`entities`, `edges`,
//! `offerings`, ...) replaces that whole kind; `facts` and `sources` are merged by id, the overlay winning. An
//! instrument or safeguard of an overlay that leaves out a field takes it from the shipped record of the same id, so
//! that an older file without our typed fields still means the same.
//!
//! Dangling references do not stop loading: an answer that needs a missing record is `unknown`. The linter names them.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::{
    fact::{Fact, Source},
    known::KnownError,
    law::{Adequacy, Event, Instrument, Jurisdiction, Pending, Rule, UseCase},
    offering::{Offering, Safeguard},
    owner::{Contact, Edge, Entity},
    services,
    vocabulary::Vocabulary,
};

static EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/facts.json"));

/// A file given in place of shipped ones: its name (for messages) and its YAML or JSON text.
#[derive(Clone, Debug)]
pub struct Overlay {
    /// File name for messages.
    pub name: String,
    /// Content.
    pub text: String,
}

/// Why a catalog could not be loaded. The fault is in the named file.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Not YAML or JSON.
    #[error("{file}: not readable as YAML or JSON: {cause}")]
    Syntax {
        /// File.
        file: String,
        /// Parser's words, with line and column.
        cause: String,
    },
    /// A record does not have the shape of its kind.
    #[error("{file}: {kind} entry {index} (`{id}`): {cause}")]
    Record {
        /// File.
        file: String,
        /// Top-level key.
        kind: &'static str,
        /// Position, from 1.
        index: usize,
        /// Id as far as it could be read.
        id: String,
        /// What is wrong with it.
        cause: String,
    },
    /// A top-level key holds something else than a list of records.
    #[error("{file}: `{kind}` must be a list of records")]
    NotAList {
        /// File.
        file: String,
        /// Top-level key.
        kind: &'static str,
    },
}

/// All facts and rules, indexed by id.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Source registry.
    pub sources: BTreeMap<String, Source>,
    /// Facts of every kind.
    pub facts: BTreeMap<String, Fact>,
    /// States and blocs.
    pub jurisdictions: BTreeMap<String, Jurisdiction>,
    /// Adequacy decisions.
    pub adequacy: Vec<Adequacy>,
    /// Legal powers and bounds.
    pub instruments: BTreeMap<String, Instrument>,
    /// Legal persons.
    pub entities: BTreeMap<String, Entity>,
    /// Control edges.
    pub edges: Vec<Edge>,
    /// Cloud offerings.
    pub offerings: BTreeMap<String, Offering>,
    /// Safeguards.
    pub safeguards: BTreeMap<String, Safeguard>,
    /// Legal rules by id.
    pub rules: BTreeMap<String, Rule>,
    /// What happened.
    pub events: Vec<Event>,
    /// What may happen.
    pub pending: BTreeMap<String, Pending>,
    /// Cases in which a measure makes a transfer lawful, or cannot.
    pub use_cases: BTreeMap<String, UseCase>,
    /// Errors that the linter refuses.
    pub known_errors: Vec<KnownError>,
    /// Words.
    pub vocabulary: Vocabulary,
    /// Raw records by kind: what [`crate::edit`] works on.
    pub(crate) raw: BTreeMap<&'static str, Vec<Value>>,
    /// Files whose keys were not recognised, for the linter: (file, key).
    pub unknown_keys: Vec<(String, String)>,
}

/// Kinds in the order of loading. `controls` is the older word for safeguards.
const KINDS: [&str; 14] = [
    "sources", "facts", "jurisdictions", "adequacy_decisions", "instruments", "entities", "edges", "offerings",
    "safeguards", "rules", "events", "pending", "transfer_use_cases", "known_errors",
];

/// Keys that describe a file and carry no records.
const DESCRIPTIVE: [&str; 22] = [
    "schema", "title", "as_of", "about", "status_vocabulary", "verification_vocabulary", "kinds", "control_kinds",
    "us_exposure_vocabulary", "spectrum", "field_provenance", "safeguards_note", "links", "attributes",
    "effect_vocabulary", "merge_rules", "generated", "note", "meaning", "harms", "ladders", "control_tests",
];

impl Catalog {
    /// The shipped catalog.
    pub fn embedded() -> Result<Self, LoadError> {
        Self::load(&[])
    }

    /// The shipped catalog with `overlays` in place of the kinds that they bring.
    pub fn load(overlays: &[Overlay]) -> Result<Self, LoadError> {
        let shipped: Map<String, Value> = serde_json::from_str(EMBEDDED)
            .map_err(|e| LoadError::Syntax { file: "(embedded)".into(), cause: e.to_string() })?;
        let mut catalog = Self::default();
        let mut origin: BTreeMap<&'static str, String> = BTreeMap::new();
        for (file, doc) in &shipped {
            catalog.take(file, doc, &mut origin, false)?;
        }
        for overlay in overlays {
            let doc: Value = serde_saphyr::from_str(&overlay.text)
                .map_err(|e| LoadError::Syntax { file: overlay.name.clone(), cause: first_line(&e.to_string()) })?;
            catalog.take(&overlay.name, &doc, &mut origin, true)?;
        }
        catalog.build(&origin)?;
        Ok(catalog)
    }

    fn take(
        &mut self,
        file: &str,
        doc: &Value,
        origin: &mut BTreeMap<&'static str, String>,
        overlay: bool,
    ) -> Result<(), LoadError> {
        let Value::Object(map) = doc else {
            return Err(LoadError::Syntax {
                file: file.into(),
                cause: "expected a mapping of kinds to records".into(),
            });
        };
        for (key, value) in map {
            let word = if key == "controls" { "safeguards" } else { key.as_str() };
            if let Some(kind) = KINDS.into_iter().find(|k| *k == word) {
                let list = records(file, kind, value)?;
                self.put(kind, list, overlay);
                origin.insert(kind, file.to_owned());
            } else if word == "vocabulary" {
                self.vocabulary = serde_json::from_value(value.clone()).map_err(|e| LoadError::Record {
                    file: file.into(),
                    kind: "vocabulary",
                    index: 1,
                    id: "vocabulary".into(),
                    cause: e.to_string(),
                })?;
            } else if !DESCRIPTIVE.contains(&word) && !services::KEYS.contains(&word) {
                self.unknown_keys.push((file.to_owned(), key.clone()));
            }
        }
        Ok(())
    }

    fn put(&mut self, kind: &'static str, mut list: Vec<Value>, overlay: bool) {
        let slot = self.raw.entry(kind).or_default();
        match kind {
            "facts" | "sources" => {
                let ids: std::collections::BTreeSet<String> = list.iter().map(id_of).collect();
                slot.retain(|old| !ids.contains(&id_of(old)));
                slot.append(&mut list);
            }
            "instruments" | "safeguards" | "pending" if overlay => {
                for record in &mut list {
                    let id = id_of(record);
                    if let Some(shipped) = slot.iter().find(|s| id_of(s) == id) {
                        inherit(record, shipped);
                        inherit_branches(record, shipped);
                    }
                }
                *slot = list;
            }
            _ if overlay => *slot = list,
            _ => slot.append(&mut list),
        }
    }

    /// Builds the typed maps from the raw records.
    pub(crate) fn build(&mut self, origin: &BTreeMap<&'static str, String>) -> Result<(), LoadError> {
        let file = |kind: &'static str| origin.get(kind).cloned().unwrap_or_else(|| "(embedded)".into());
        let raw = &self.raw;
        self.sources = keyed(typed(raw, "sources", &file)?, |r: &Source| r.id.clone());
        self.facts = keyed(typed(raw, "facts", &file)?, |r: &Fact| r.id.clone());
        self.jurisdictions = keyed(typed(raw, "jurisdictions", &file)?, |r: &Jurisdiction| r.id.clone());
        self.adequacy = typed::<Adequacy>(raw, "adequacy_decisions", &file)?;
        self.instruments = keyed(typed(raw, "instruments", &file)?, |r: &Instrument| r.id.clone());
        let mut entities = typed::<Entity>(raw, "entities", &file)?;
        let none = Vec::new();
        for (entity, record) in entities.iter_mut().zip(raw.get("entities").unwrap_or(&none)) {
            add_worded_contacts(entity, record, &self.vocabulary);
        }
        self.entities = keyed(entities, |r: &Entity| r.id.clone());
        self.edges = typed::<Edge>(raw, "edges", &file)?;
        self.offerings = keyed(typed(raw, "offerings", &file)?, |r: &Offering| r.id.clone());
        self.safeguards = keyed(typed(raw, "safeguards", &file)?, |r: &Safeguard| r.id.clone());
        self.rules = keyed(typed(raw, "rules", &file)?, |r: &Rule| r.id.clone());
        self.events = typed::<Event>(raw, "events", &file)?;
        self.pending = keyed(typed(raw, "pending", &file)?, |r: &Pending| r.id.clone());
        self.use_cases = keyed(typed(raw, "transfer_use_cases", &file)?, |r: &UseCase| r.id.clone());
        self.known_errors = typed::<KnownError>(raw, "known_errors", &file)?;
        Ok(())
    }

    /// True when a record of `kind` has this id.
    pub fn has(&self, kind: &str, id: &str) -> bool {
        match kind {
            "sources" => self.sources.contains_key(id),
            "facts" => self.facts.contains_key(id),
            "jurisdictions" => self.jurisdictions.contains_key(id),
            "instruments" => self.instruments.contains_key(id),
            "entities" => self.entities.contains_key(id),
            "offerings" => self.offerings.contains_key(id),
            "safeguards" => self.safeguards.contains_key(id),
            "rules" => self.rules.contains_key(id),
            "pending" => self.pending.contains_key(id),
            _ => self.raw.get(kind).is_some_and(|list| list.iter().any(|r| id_of(r) == id)),
        }
    }

    /// Grade of a source (`primary_law`, `press`, ...).
    pub(crate) fn grade_of(&self, source: &str) -> Option<&str> {
        self.sources.get(source)?.grade.as_deref()
    }

    /// SHA-256 over all records in a fixed order: names the catalog that an answer used.
    pub fn digest(&self) -> String {
        let mut hash = Sha256::new();
        for (kind, records) in &self.raw {
            let mut lines: Vec<String> = records.iter().map(ToString::to_string).collect();
            lines.sort();
            hash.update(kind.as_bytes());
            for line in lines {
                hash.update(line.as_bytes());
                hash.update([0]);
            }
        }
        hash.finalize().iter().fold(String::new(), |hex, b| hex + &format!("{b:02x}"))
    }

    /// Adds entities and edges (ownership files) to what is loaded; an entity of the same id is kept as it was.
    pub fn extend_owners(&mut self, entities: Vec<Entity>, edges: Vec<Edge>) {
        for e in entities {
            if !self.entities.contains_key(&e.id) {
                self.raw.entry("entities").or_default().push(serde_json::to_value(&e).unwrap_or_default());
                self.entities.insert(e.id.clone(), e);
            }
        }
        for e in &edges {
            self.raw.entry("edges").or_default().push(serde_json::to_value(e).unwrap_or_default());
        }
        self.edges.extend(edges);
    }
}

fn records(file: &str, kind: &'static str, value: &Value) -> Result<Vec<Value>, LoadError> {
    match value {
        Value::Array(list) => Ok(list.clone()),
        Value::Null => Ok(Vec::new()),
        _ => Err(LoadError::NotAList { file: file.into(), kind }),
    }
}

fn typed<T: DeserializeOwned>(
    raw: &BTreeMap<&'static str, Vec<Value>>,
    kind: &'static str,
    file: &dyn Fn(&'static str) -> String,
) -> Result<Vec<T>, LoadError> {
    let Some(list) = raw.get(kind) else { return Ok(Vec::new()) };
    list.iter()
        .enumerate()
        .map(|(i, v)| {
            T::deserialize(NullsLeftOut(v).value()).map_err(|e| LoadError::Record {
                file: file(kind),
                kind,
                index: i + 1,
                id: id_of(v),
                cause: e.to_string(),
            })
        })
        .collect()
}

/// A record in which an explicit `null` means the same as a missing field.
struct NullsLeftOut<'a>(&'a Value);

impl NullsLeftOut<'_> {
    fn value(&self) -> Value {
        match self.0 {
            Value::Object(map) => {
                Value::Object(map.iter().filter(|(_, v)| !v.is_null()).map(|(k, v)| (k.clone(), v.clone())).collect())
            }
            other => other.clone(),
        }
    }
}

fn keyed<T>(list: Vec<T>, key: impl Fn(&T) -> String) -> BTreeMap<String, T> {
    list.into_iter().map(|r| (key(&r), r)).collect()
}

fn id_of(record: &Value) -> String {
    record.get("id").and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Copies fields that `record` does not mention at all from the shipped record.
fn inherit(record: &mut Value, shipped: &Value) {
    if let (Value::Object(record), Value::Object(shipped)) = (record, shipped) {
        for (key, value) in shipped {
            if !record.contains_key(key) {
                record.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Outcomes of a pending event are the same when their words are; they take value and effects from the shipped ones.
fn inherit_branches(record: &mut Value, shipped: &Value) {
    let words = |b: &Value| b.get("if_").or_else(|| b.get("if")).cloned();
    let theirs = shipped.get("branches").and_then(Value::as_array);
    for branch in record.get_mut("branches").and_then(Value::as_array_mut).into_iter().flatten() {
        let mine = words(branch);
        if let Some(same) = theirs.into_iter().flatten().find(|s| mine.is_some() && words(s) == mine) {
            let spelt_otherwise = branch.get("if").is_some();
            inherit(branch, same);
            if let Some(map) = branch.as_object_mut().filter(|_| spelt_otherwise) {
                map.remove("if_");
            }
        }
    }
}

fn add_worded_contacts(entity: &mut Entity, record: &Value, vocabulary: &Vocabulary) {
    for (field, meaning) in &vocabulary.contact_fields {
        let Some(word) = record.get(field).and_then(Value::as_str) else { continue };
        let Some(Some(kind)) = meaning.words.get(word) else { continue };
        let already = entity.contacts.iter().any(|c| c.jurisdiction == meaning.jurisdiction);
        if !already {
            entity.contacts.push(Contact {
                jurisdiction: meaning.jurisdiction.clone(),
                kind: *kind,
                fact: None,
                as_of: None,
            });
        }
    }
}

fn first_line(text: &str) -> String {
    text.lines().next().unwrap_or_default().to_owned()
}
