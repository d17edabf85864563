//! The shipped data: sentences, candidates, prices, ways of moving. All of it can be reviewed as files under `data/`.

use std::collections::BTreeMap;

use flagstate_frameworks::{Library, Texts};
use serde::Deserialize;

use crate::said::Said;

static EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/placement.json"));

/// The shipped data cannot be read. The fault is in the data files.
#[derive(Debug, thiserror::Error)]
pub enum DataError {
    /// Not of the shape.
    #[error("the placement's data cannot be read: {0}")]
    Shape(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sentence {
    key: String,
    text: Texts,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    messages: Vec<Sentence>,
}

/// Everything shipped.
#[derive(Clone, Debug)]
pub struct Data {
    sentences: BTreeMap<String, Texts>,
}

impl Data {
    /// The shipped data.
    pub fn embedded() -> Result<Self, DataError> {
        let file: File = serde_json::from_str(EMBEDDED).map_err(|e| DataError::Shape(e.to_string()))?;
        Ok(Self { sentences: file.messages.into_iter().map(|s| (s.key, s.text)).collect() })
    }

    /// A sentence in a language (`en`, `fr`, `de`); one whose key is not known here is one of the frameworks', and one that
    /// neither knows keeps its English text.
    pub fn say(&self, library: &Library, said: &Said, language: &str) -> String {
        let Some(texts) = self.sentences.get(&said.key) else {
            let values = said.values.iter().map(|(name, value)| (name.as_str(), value.as_str()));
            return library.say_key(&said.key, values, language).unwrap_or_else(|| said.text.clone());
        };
        let mut text = texts.in_language(language).to_owned();
        for (name, value) in &said.values {
            let word = value.strip_prefix('@').map(|key| self.word(library, key, language));
            text = text.replace(&format!("{{{name}}}"), word.as_deref().unwrap_or(value));
        }
        text
    }

    /// A word of the data in a language; itself where neither we nor the frameworks have it.
    pub fn word(&self, library: &Library, key: &str, language: &str) -> String {
        self.sentences.get(key).map_or_else(|| library.word(key, language), |t| t.in_language(language).to_owned())
    }
}
