//! Texts that the data have in English alone, in the language of the report: services, ways to move, outcomes, premises.
//!
//! `data/glossary.txt` has the English text beside the French and the German one; the English text is the key. A text that is
//! not there is never guessed: it stays in English and is marked as such. Values in a sentence are said in the language too
//! where they are known; a sentence with words that are not known stays whole in English.

use std::collections::BTreeMap;

use super::{
    document::Span,
    language::{Language, colon, semicolon, set},
    pen::{Pen, again},
};
use crate::clean;

const FILE: &str = include_str!("../../data/glossary.txt");
/// Stands for a value that cannot be said; a sentence with a brace left in it is none.
const UNKNOWN: &str = "{";

/// The glossary in one language; empty in English.
#[derive(Clone, Debug, Default)]
pub(super) struct Glossary {
    exact: BTreeMap<&'static str, String>,
    /// Sentences with places, in the order of the file.
    patterns: Vec<(&'static str, String)>,
}

impl Glossary {
    /// The glossary of a language.
    pub(super) fn of(language: Language) -> Self {
        let mut glossary = Self::default();
        for (english, french, german) in lines() {
            let own = match language {
                Language::En => continue,
                Language::Fr => set(language, french),
                Language::De => german.to_owned(),
            };
            if english.contains('{') {
                glossary.patterns.push((english, own));
            } else {
                glossary.exact.insert(english, own);
            }
        }
        glossary
    }
}

/// English, French, German.
pub(super) fn lines() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    FILE.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (english, rest) = line.split_once(" | ")?;
        let (french, german) = rest.split_once(" | ")?;
        Some((english, french, german))
    })
}

impl Pen<'_> {
    /// An English text of the data in the language of the report, where it is known; in English none.
    pub(crate) fn local(self, english: &str) -> Option<String> {
        if self.texts.language == Language::En || english.is_empty() {
            return None;
        }
        self.known(english)
            .or_else(|| self.ruled(english))
            .or_else(|| self.listed(english, "; "))
            .or_else(|| self.patterned(english))
            .or_else(|| self.listed(english, ", "))
    }

    /// A text of the data; in English with its mark where the language has none.
    pub(crate) fn data(self, english: &str) -> Span {
        let own = self.local(english);
        self.texts.data(english, own.as_deref())
    }

    /// A name of the data; as it is where the language has none.
    pub(crate) fn name(self, english: &str) -> String {
        let own = |one: &str| self.local(one).unwrap_or_else(|| one.to_owned());
        let names: Vec<String> = english.split(" + ").map(own).collect();
        clean::name(&names.join(" + "))
    }

    /// One text by itself: of the glossary, the vocabulary, an event, a safeguard.
    fn known(self, english: &str) -> Option<String> {
        let exact = || self.texts.glossary.exact.get(english).cloned();
        exact()
            .or_else(|| self.figure(english))
            .or_else(|| self.of_vocabulary(english))
            .or_else(|| self.of_event(english))
            .or_else(|| {
                let (name, reasoning) = english.split_once(": ").unwrap_or((english, ""));
                let id = &self.catalog.safeguards.values().find(|s| s.name == name)?.id;
                let key = format!("safeguard.{id}");
                let name = self.texts.has(&key).then(|| self.texts.say(&key))?;
                if reasoning.is_empty() {
                    return Some(name);
                }
                let reasoning = self.texts.glossary.exact.get(reasoning)?;
                Some(format!("{name}{}{reasoning}", colon(self.texts.language)))
            })
    }

    /// `0.0196 USD`: a number and its unit.
    fn figure(self, english: &str) -> Option<String> {
        let (digits, unit) = english.split_once(' ')?;
        let number = digits.starts_with(|c: char| c.is_ascii_digit())
            && digits.chars().all(|c| c.is_ascii_digit() || c == '.')
            && digits.matches('.').count() < 2;
        let known = (2..4).contains(&unit.len()) && unit.chars().all(|c| c.is_ascii_uppercase());
        (number && known).then(|| format!("{}\u{a0}{unit}", self.texts.number(digits)))
    }

    /// Names and values of attributes.
    fn of_vocabulary(self, english: &str) -> Option<String> {
        let kinds = ["attribute", "attribute_value"].map(|kind| self.catalog.vocabulary.words.get(kind));
        let mut words = kinds.into_iter().flatten().flatten();
        let is = |id: &str, word: &BTreeMap<String, String>| {
            word.get("en").is_some_and(|w| w == english)
                || id.contains('_') && [id, &id.replace('_', " ")].contains(&english)
        };
        let (_, word) = words.find(|(id, word)| is(id, word))?;
        Some(set(self.texts.language, word.get(self.texts.language.code())?))
    }

    /// The name of a pending event, or when it is expected.
    fn of_event(self, english: &str) -> Option<String> {
        let found = self.catalog.pending.values().find_map(|p| {
            let key = if p.event == english {
                format!("pending.{}", p.id)
            } else if p.expected.as_deref() == Some(english) {
                format!("expected.{}", p.id)
            } else {
                return None;
            };
            self.texts.has(&key).then(|| self.texts.say(&key))
        });
        found.or_else(|| (english == "open").then(|| self.texts.say("triggers.open")))
    }

    /// A sentence made from a rule of the legal table.
    fn ruled(self, english: &str) -> Option<String> {
        let code = self.texts.language.code();
        self.catalog.rules.values().find_map(|rule| {
            let (from, to) = (rule.text.get("en")?, rule.text.get(code)?);
            again(from, to, english, |place, value| (place == "jurisdiction").then(|| self.state_named(value))?)
        })
    }

    /// A sentence of the glossary with places.
    fn patterned(self, english: &str) -> Option<String> {
        self.texts.glossary.patterns.iter().find_map(|(from, to)| {
            again(from, to, english, |_, value| {
                // A value in words that are not known: half a translation is none.
                self.local(value).or_else(|| is_sentence(value).then(|| UNKNOWN.to_owned()))
            })
        })
    }

    /// A list of which every item is known.
    fn listed(self, english: &str, between: &str) -> Option<String> {
        english.match_indices(between).find_map(|(at, _)| {
            let (item, rest) = (english.get(..at)?, english.get(at + between.len()..)?);
            let own = self.known(item).or_else(|| self.patterned(item))?;
            let rest = self.local(rest)?;
            let between = if between == "; " { semicolon(self.texts.language) } else { between };
            Some(format!("{own}{between}{rest}"))
        })
    }
}

/// Two plain words in a row: more than a name, a number or an id.
fn is_sentence(text: &str) -> bool {
    let plain = |word: &str| word.chars().count() > 2 && word.chars().all(|c| c.is_ascii_lowercase());
    let words: Vec<bool> = text.split_whitespace().map(plain).collect();
    words.windows(2).any(|pair| pair.iter().all(|word| *word))
}

#[cfg(test)]
mod tests;
