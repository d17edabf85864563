//! The shipped data: sentences, candidates, prices, ways of moving. All of it can be reviewed as files under `data/`.

use std::collections::BTreeMap;

use flagstate_frameworks::{Library, Message, Texts};
use jiff::civil::Date;
use serde::Deserialize;

use crate::{cost::PriceGrade, said::Said};

static EMBEDDED: &str = include_str!(concat!(env!("OUT_DIR"), "/data.json"));

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

/// A landing point that is considered.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct CandidateData {
    pub(crate) offering: String,
    /// Column of the catalog's services.
    pub(crate) column: String,
    /// False where the column is that of the technology's licensor.
    pub(crate) own: bool,
}

#[derive(Clone, Debug, Deserialize)]
struct Column {
    column: String,
}

#[derive(Clone, Debug, Deserialize)]
struct OfferWord {
    word: String,
    counts: String,
}

#[derive(Clone, Debug, Deserialize)]
struct Priced {
    capability: String,
    kind: PriceKind,
}

#[derive(Clone, Debug, Deserialize)]
struct Chosen {
    offering: String,
}

/// What a price is for.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PriceKind {
    Egress,
    Storage,
    Vm,
    Gpu,
}

/// A tier of a price.
#[derive(Clone, Copy, Debug, Deserialize)]
pub(crate) struct Tier {
    pub(crate) up_to_gb: Option<u64>,
    pub(crate) micros: i64,
}

/// A list price.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Price {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) kind: PriceKind,
    pub(crate) what: String,
    pub(crate) currency: String,
    pub(crate) micros: i64,
    pub(crate) published: String,
    pub(crate) date: String,
    pub(crate) grade: PriceGrade,
    pub(crate) source: String,
    #[serde(default)]
    pub(crate) shape: Option<String>,
    #[serde(default)]
    pub(crate) free_gb: u64,
    #[serde(default)]
    pub(crate) tiers: Vec<Tier>,
    #[serde(default)]
    pub(crate) write_1000_micros: Option<i64>,
}

/// An exchange rate.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Rate {
    #[expect(dead_code, reason = "for those who review the data")]
    id: String,
    pub(crate) one: String,
    pub(crate) other: String,
    pub(crate) other_per_one_micros: i64,
    #[expect(dead_code, reason = "for those who review the data")]
    date: String,
    #[expect(dead_code, reason = "for those who review the data")]
    pub(crate) source: String,
}

/// A provider whose prices are known only as a premium over another's.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Premium {
    pub(crate) id: String,
    pub(crate) provider: String,
    pub(crate) over: String,
    pub(crate) low_percent: i64,
    pub(crate) high_percent: i64,
    pub(crate) date: String,
    pub(crate) grade: PriceGrade,
    pub(crate) source: String,
}

/// From when switching is free of charge.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Switching {
    pub(crate) free_from: Date,
    pub(crate) clause: String,
    #[expect(dead_code, reason = "for those who review the data")]
    pub(crate) grade: PriceGrade,
    #[expect(dead_code, reason = "for those who review the data")]
    pub(crate) source: String,
}

/// A programme that waives egress.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Programme {
    pub(crate) provider: String,
    pub(crate) name: String,
    pub(crate) since: Date,
    pub(crate) condition: String,
    #[expect(dead_code, reason = "for those who review the data")]
    pub(crate) source: String,
}

/// A way of moving.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Way {
    pub(crate) word: String,
    pub(crate) how: String,
    pub(crate) tools: Vec<String>,
    /// True where `flagstate move` does it.
    pub(crate) ours: bool,
}

/// A band of effort.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Band {
    pub(crate) word: String,
    pub(crate) days: (u32, u32),
    pub(crate) months: (u32, u32),
}

/// How long it takes to get out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exit {
    pub(crate) notice_days: u32,
    pub(crate) transition_days: u32,
    #[expect(dead_code, reason = "for those who review the data")]
    pub(crate) clause: String,
}

/// Size of objects assumed for the number of requests.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ObjectSize {
    pub(crate) small_kb: u64,
    pub(crate) large_kb: u64,
}

/// Where a price was read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "for those who review the data")]
struct PriceSource {
    id: String,
    url: Option<String>,
    date: Option<String>,
}

/// A row of the matrix.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct DimensionData {
    pub(crate) id: String,
    pub(crate) reads: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    messages: Vec<Sentence>,
    candidates: Vec<CandidateData>,
    open_source: Vec<Column>,
    offers: Vec<OfferWord>,
    priced: Vec<Priced>,
    matrix_default: Vec<Chosen>,
    dimensions: Vec<DimensionData>,
    fx: Vec<Rate>,
    premiums: Vec<Premium>,
    switching: Vec<Switching>,
    programmes: Vec<Programme>,
    prices: Vec<Price>,
    #[expect(dead_code, reason = "for those who review the data")]
    price_sources: Vec<PriceSource>,
    moves: Vec<Way>,
    efforts: Vec<Band>,
    exits: Vec<Exit>,
    object_sizes: Vec<ObjectSize>,
}

/// Everything shipped.
#[derive(Clone, Debug)]
pub struct Data {
    sentences: BTreeMap<String, Texts>,
    pub(crate) candidates: Vec<CandidateData>,
    pub(crate) open_source: Option<String>,
    pub(crate) offers: BTreeMap<String, String>,
    pub(crate) priced: BTreeMap<String, PriceKind>,
    pub(crate) matrix_default: Vec<String>,
    pub(crate) dimensions: Vec<DimensionData>,
    pub(crate) rates: Vec<Rate>,
    pub(crate) premiums: Vec<Premium>,
    pub(crate) switching: Option<Switching>,
    pub(crate) programmes: Vec<Programme>,
    pub(crate) prices: Vec<Price>,
    pub(crate) ways: BTreeMap<String, Way>,
    pub(crate) bands: BTreeMap<String, Band>,
    pub(crate) exit: Exit,
    pub(crate) object_size: Option<ObjectSize>,
}

impl Data {
    /// The shipped data.
    pub fn embedded() -> Result<Self, DataError> {
        let file: File = serde_json::from_str(EMBEDDED).map_err(|e| DataError::Shape(e.to_string()))?;
        Ok(Self {
            sentences: file.messages.into_iter().map(|s| (s.key, s.text)).collect(),
            candidates: file.candidates,
            open_source: file.open_source.into_iter().map(|c| c.column).next(),
            offers: file.offers.into_iter().map(|o| (o.word, o.counts)).collect(),
            priced: file.priced.into_iter().map(|p| (p.capability, p.kind)).collect(),
            matrix_default: file.matrix_default.into_iter().map(|c| c.offering).collect(),
            dimensions: file.dimensions,
            rates: file.fx,
            premiums: file.premiums,
            switching: file.switching.into_iter().next(),
            programmes: file.programmes,
            prices: file.prices,
            ways: file.moves.into_iter().map(|w| (w.word.clone(), w)).collect(),
            bands: file.efforts.into_iter().map(|b| (b.word.clone(), b)).collect(),
            exit: file.exits.into_iter().next().unwrap_or_default(),
            object_size: file.object_sizes.into_iter().next(),
        })
    }

    /// SHA-256 of the shipped data.
    pub fn digest() -> String {
        flagstate_evidence::hex::Digest::of(EMBEDDED.as_bytes()).to_string()
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

    /// Keys of all sentences.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.sentences.keys().map(String::as_str)
    }

    /// A sentence of our own, with its English text.
    pub(crate) fn tell<const N: usize>(&self, library: &Library, key: &str, values: [(&str, String); N]) -> Said {
        let values = values.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let mut said = Said { key: key.to_owned(), values, ..Said::default() };
        said.text = self.say(library, &said, "en");
        said
    }
}

/// A message of the frameworks as a sentence of a plan.
pub(crate) fn of_message(library: &Library, message: &Message) -> Said {
    Said {
        key: message.key.to_owned(),
        values: message.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect(),
        facts: message.facts.clone(),
        text: library.say(message, "en"),
    }
}

impl Said {
    /// Resting on facts.
    #[must_use]
    pub(crate) fn on(mut self, facts: impl IntoIterator<Item = String>) -> Self {
        self.facts.extend(facts);
        self
    }
}
