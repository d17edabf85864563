//! The shipped frameworks, requirements and sentences: loaded, looked up, checked.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    answers::Answers,
    certificate::Certificate,
    framework::{Framework, Texts},
    requirement::{Classification, Requirement},
    share::Share,
    sheet::Points,
    transfer_draft::DraftText,
    verdict::Message,
};

static EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/data.json"));

/// The shipped data cannot be read, or contradict themselves. The fault is in the data files.
#[derive(Debug, thiserror::Error)]
pub enum LibraryError {
    /// Not of the shape.
    #[error("the frameworks' data cannot be read: {0}")]
    Shape(String),
    /// A reference leads nowhere, a number cannot be read.
    #[error("the frameworks' data contradict themselves at {place}: {problem}")]
    Contradiction {
        /// Record.
        place: String,
        /// What is wrong.
        problem: String,
    },
}

/// A sentence in three languages, with places for values.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sentence {
    pub(crate) key: String,
    pub(crate) text: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    frameworks: Vec<Framework>,
    requirements: Vec<Requirement>,
    classifications: Vec<Classification>,
    certificates: Vec<Certificate>,
    answers: Vec<Answers>,
    messages: Vec<Sentence>,
    transfer_draft: Vec<DraftText>,
}

/// Everything shipped.
#[derive(Clone, Debug)]
pub struct Library {
    /// Frameworks by id.
    pub frameworks: BTreeMap<String, Framework>,
    /// Requirements by id.
    pub requirements: BTreeMap<String, Requirement>,
    /// Classifications with their default requirements, least sensitive first.
    pub classifications: Vec<Classification>,
    /// Certificates that offerings hold, claim or work towards.
    pub certificates: Vec<Certificate>,
    /// Answers that public sources give.
    pub answers: Answers,
    pub(crate) sentences: BTreeMap<String, Texts>,
    pub(crate) draft: Vec<DraftText>,
}

impl Library {
    /// The shipped library.
    pub fn embedded() -> Result<Self, LibraryError> {
        Self::read(EMBEDDED)
    }

    /// A library from JSON of the same shape as the shipped one.
    pub fn read(json: &str) -> Result<Self, LibraryError> {
        let file: File = serde_json::from_str(json).map_err(|e| LibraryError::Shape(e.to_string()))?;
        let mut answers = Answers::default();
        for more in file.answers {
            answers.add(more);
        }
        let library = Self {
            frameworks: file.frameworks.into_iter().map(|f| (f.id.clone(), f)).collect(),
            requirements: file.requirements.into_iter().map(|r| (r.id.clone(), r)).collect(),
            classifications: file.classifications,
            certificates: file.certificates,
            answers,
            sentences: file.messages.into_iter().map(|s| (s.key, s.text)).collect(),
            draft: file.transfer_draft,
        };
        library.check()?;
        Ok(library)
    }

    /// A framework by id.
    pub fn framework(&self, id: &str) -> Option<&Framework> {
        self.frameworks.get(id)
    }

    /// A classification by id or by another word for it.
    pub fn classification(&self, word: &str) -> Option<&Classification> {
        let is = |c: &&Classification| c.id == word || c.also.iter().any(|a| a == word);
        self.classifications.iter().find(is)
    }

    /// A message in a language; a key without text shows itself. A value `@key` is a word of the data, translated.
    pub fn say(&self, message: &Message, language: &str) -> String {
        self.fill(message.key, message.values.iter().map(|(name, v)| (*name, v.as_str())), language)
    }

    /// A message by its key and values, in a language; none where the data have no such key.
    pub fn say_key<'v>(
        &self,
        key: &str,
        values: impl Iterator<Item = (&'v str, &'v str)>,
        language: &str,
    ) -> Option<String> {
        self.sentences.contains_key(key).then(|| self.fill(key, values, language))
    }

    /// A word of the data (a verdict, a kind, a requirement's id) in a language; itself where the data do not have it.
    pub fn word(&self, key: &str, language: &str) -> String {
        let texts = self.sentences.get(key).or_else(|| self.requirements.get(key).map(|r| &r.text));
        texts.map_or_else(|| key.to_owned(), |t| t.in_language(language).to_owned())
    }

    /// Puts the text of every sentence beside its key, in a reading that was turned into JSON.
    pub fn add_texts(&self, reading: &mut Value, language: &str) {
        match reading {
            Value::Array(list) => list.iter_mut().for_each(|v| self.add_texts(v, language)),
            Value::Object(map) => {
                if let Some(text) = self.text_of(map, language) {
                    map.insert("text".into(), text.into());
                } else {
                    map.values_mut().for_each(|v| self.add_texts(v, language));
                }
            }
            _ => {}
        }
    }

    fn text_of(&self, map: &Map<String, Value>, language: &str) -> Option<String> {
        let (key, values) = (map.get("key")?.as_str()?, map.get("values")?.as_object()?);
        let pairs = values.iter().filter_map(|(name, v)| Some((name.as_str(), v.as_str()?)));
        Some(self.fill(key, pairs, language))
    }

    fn fill<'v>(&self, key: &str, values: impl Iterator<Item = (&'v str, &'v str)>, language: &str) -> String {
        let Some(texts) = self.sentences.get(key) else { return key.to_owned() };
        let mut text = texts.in_language(language).to_owned();
        for (name, value) in values {
            let word = value.strip_prefix('@').map(|key| self.word(key, language));
            text = text.replace(&format!("{{{name}}}"), word.as_deref().unwrap_or(value));
        }
        text
    }

    fn check(&self) -> Result<(), LibraryError> {
        for framework in self.frameworks.values() {
            check_framework(framework).map_err(|problem| contradiction(&framework.id, problem))?;
        }
        for r in self.requirements.values() {
            let framework = self
                .frameworks
                .get(&r.clause.framework)
                .ok_or_else(|| contradiction(&r.id, format!("no framework `{}`", r.clause.framework)))?;
            if framework.clause(&r.clause.reference).is_none() {
                return Err(contradiction(&r.id, format!("no clause `{}`", r.clause.reference)));
            }
        }
        for c in &self.classifications {
            if let Some(id) = c.requirements.iter().find(|id| !self.requirements.contains_key(*id)) {
                return Err(contradiction(&c.id, format!("no requirement `{id}`")));
            }
        }
        Ok(())
    }
}

fn contradiction(place: &str, problem: String) -> LibraryError {
    LibraryError::Contradiction { place: place.to_owned(), problem }
}

fn check_framework(f: &Framework) -> Result<(), String> {
    if let Some(sheet) = &f.sheet {
        if !sheet.weights.iter().any(|w| w.id == sheet.default_weights) {
            return Err(format!("no weight set `{}`", sheet.default_weights));
        }
        for w in &sheet.weights {
            let named: BTreeSet<&String> = w.percent.keys().collect();
            let objectives: BTreeSet<&String> = sheet.objectives.iter().map(|o| &o.id).collect();
            if named != objectives || w.percent.values().sum::<u32>() != 100 {
                return Err(format!("weights `{}` do not cover the objectives with 100 per cent", w.id));
            }
        }
        for c in sheet.criteria() {
            if c.options.iter().any(|o| Points::read(&o.points).is_none()) {
                return Err(format!("points of {} cannot be read", c.id));
            }
        }
    }
    if let Some(c) = &f.ceilings {
        for text in [&c.individual_percent, &c.collective_percent, &c.control_percent] {
            Share::from_percent(text).ok_or_else(|| format!("`{text}` is not a percentage"))?;
        }
        if let Some(missing) = c.clauses.values().find(|r| f.clause(r).is_none()) {
            return Err(format!("no clause `{missing}`"));
        }
    }
    for level in &f.levels {
        let known = |id: &&String| !f.criteria.iter().any(|c| c.id == **id);
        if let Some(id) = level.all_of.iter().flatten().find(known) {
            return Err(format!("level {} names no criterion `{id}`", level.level));
        }
    }
    Ok(())
}
