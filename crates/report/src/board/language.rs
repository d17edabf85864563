//! Sentences of the report in its languages: one data file per language, looked up by key.
//!
//! A file has one sentence a line, `key = text`; `{name}` is a place for a value. `key.one` and `key.many` are chosen by a
//! number. What a sentence says is in the files alone; code only names keys. Tests hold the files to the same keys and the
//! same places, and every key in the code to a sentence.

use std::collections::BTreeMap;

use flagstate_catalog::Date;
use flagstate_estate::{Money, money::cents};

use super::{document::Span, glossary::Glossary};
use crate::clean;

const FILES: [(Language, &str); 3] = [
    (Language::En, include_str!("../../data/report.en.txt")),
    (Language::Fr, include_str!("../../data/report.fr.txt")),
    (Language::De, include_str!("../../data/report.de.txt")),
];

/// A language that reports are written in.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub enum Language {
    /// English.
    #[default]
    En,
    /// French.
    Fr,
    /// German.
    De,
}

impl Language {
    /// All languages.
    pub const ALL: [Self; 3] = [Self::En, Self::Fr, Self::De];

    /// ISO 639-1 code.
    pub fn code(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Fr => "fr",
            Self::De => "de",
        }
    }
}

/// The sentences of one language.
#[derive(Clone, Debug)]
pub struct Texts {
    /// The language.
    pub language: Language,
    pub(super) sentences: BTreeMap<&'static str, String>,
    pub(super) glossary: Glossary,
}

impl Texts {
    /// The sentences of a language.
    pub fn of(language: Language) -> Self {
        let file = FILES.iter().find(|(l, _)| *l == language).map_or("", |(_, text)| *text);
        let lines = file.lines().filter(|l| !l.starts_with('#')).filter_map(|l| l.split_once(" = "));
        let sentences = lines.map(|(key, text)| (key.trim(), set(language, text.trim()))).collect();
        Self { language, sentences, glossary: Glossary::of(language) }
    }

    /// True when there is a sentence for the key.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.sentences.contains_key(key)
    }

    /// A sentence; a key without one shows itself, and a test fails.
    pub(crate) fn say(&self, key: &str) -> String {
        self.sentences.get(key).cloned().unwrap_or_else(|| key.to_owned())
    }

    /// A word of a vocabulary: `verdict.reached`.
    pub(crate) fn word(&self, kind: &str, id: &str) -> String {
        self.say(&format!("{kind}.{id}"))
    }

    /// A sentence with values in its places.
    pub(crate) fn fill(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut text = self.say(key);
        for (name, value) in values {
            text = text.replace(&format!("{{{name}}}"), value);
        }
        text
    }

    /// `key.one` or `key.many` with the number in `{n}`.
    pub(crate) fn count(&self, key: &str, n: u64) -> String {
        self.plural(key, n, &[("n", &self.whole(n))])
    }

    /// `key.one` or `key.many` with values; the caller gives `n` where the sentence shows it.
    pub(crate) fn plural(&self, key: &str, n: u64, values: &[(&str, &str)]) -> String {
        let form = if n == 1 || (n == 0 && self.language == Language::Fr) { "one" } else { "many" };
        self.fill(&format!("{key}.{form}"), values)
    }

    /// A sentence with styled values in its places.
    pub(crate) fn rich(&self, key: &str, values: &[(&str, Vec<Span>)]) -> Vec<Span> {
        let mut out = Vec::new();
        let text = self.say(key);
        let mut rest = text.as_str();
        while let Some((before, after)) = rest.split_once('{') {
            let Some((name, after)) = after.split_once('}') else { break };
            if !before.is_empty() {
                out.push(Span::text(before));
            }
            match values.iter().find(|(n, _)| *n == name) {
                Some((_, spans)) => out.extend(spans.iter().cloned()),
                None => out.push(Span::text(&format!("{{{name}}}"))),
            }
            rest = after;
        }
        if !rest.is_empty() {
            out.push(Span::text(rest));
        }
        out
    }

    /// A whole number with groups of three.
    pub(crate) fn whole(&self, n: u64) -> String {
        self.number(&n.to_string())
    }

    /// A decimal number (`1234.50`) as the language writes it.
    pub(crate) fn number(&self, digits: &str) -> String {
        let (group, point) = match self.language {
            Language::En => (',', '.'),
            Language::Fr => ('\u{202f}', ','),
            Language::De => ('.', ','),
        };
        let (sign, rest) = digits.strip_prefix('-').map_or(("", digits), |rest| ("\u{2212}", rest));
        let (whole, fraction) = rest.split_once('.').unwrap_or((rest, ""));
        let mut out = String::from(sign);
        let n = whole.chars().count();
        for (i, c) in whole.chars().enumerate() {
            if i > 0 && (n - i).is_multiple_of(3) {
                out.push(group);
            }
            out.push(c);
        }
        if !fraction.is_empty() {
            out.push(point);
            out.push_str(fraction);
        }
        out
    }

    /// An amount, without cents from ten thousand on; the words for nothing when nothing was recorded.
    pub(crate) fn money(&self, money: &Money) -> String {
        let parts: Vec<String> = money
            .iter()
            .filter(|(_, v)| *v != 0)
            .map(|(currency, v)| {
                let text = cents(v);
                let whole = text.split_once('.').map_or(text.as_str(), |(whole, _)| whole);
                let shown = if whole.chars().count() > 4 { whole } else { text.as_str() };
                format!("{}\u{a0}{}", self.number(shown), clean::name(currency))
            })
            .collect();
        if parts.is_empty() { self.say("money.none") } else { parts.join(" + ") }
    }

    /// `22 November 2026`.
    pub(crate) fn date(&self, date: Date) -> String {
        let month = self.say(&format!("month.{}", date.month()));
        let day = date.day();
        match self.language {
            Language::Fr if day == 1 => format!("1er\u{a0}{month}\u{a0}{}", date.year()),
            Language::En | Language::Fr => format!("{day}\u{a0}{month}\u{a0}{}", date.year()),
            Language::De => format!("{day}.\u{a0}{month}\u{a0}{}", date.year()),
        }
    }

    /// `a, b and c`.
    pub(crate) fn and(&self, items: &[String]) -> String {
        self.list(items, "list.and")
    }

    /// `a, b or c`.
    pub(crate) fn or(&self, items: &[String]) -> String {
        self.list(items, "list.or")
    }

    fn list(&self, items: &[String], word: &str) -> String {
        match items {
            [] => String::new(),
            [one] => one.clone(),
            [most @ .., last] => format!("{} {} {last}", most.join(self.between(items)), self.say(word)),
        }
    }

    /// What stands between items: a semicolon where an item has a comma of its own.
    fn between(&self, items: &[String]) -> &'static str {
        let commas = items.iter().any(|i| i.contains(", "));
        match (commas, self.language) {
            (false, _) => ", ",
            (true, Language::Fr) => "\u{202f}; ",
            (true, _) => "; ",
        }
    }

    /// The first `keep` items, and how many more.
    pub(crate) fn some(&self, items: &[String], keep: usize) -> String {
        if items.len() <= keep {
            return self.and(items);
        }
        let shown: Vec<String> = items.iter().take(keep).cloned().collect();
        let more = u64::try_from(items.len() - keep).unwrap_or(u64::MAX);
        format!("{} {}", shown.join(self.between(&shown)), self.count("list.more", more))
    }

    /// A text of the data in this language, set as the language asks; in English with its mark where there is none.
    pub(crate) fn data(&self, text: &str, own: Option<&str>) -> Span {
        match own.filter(|t| !t.is_empty()) {
            Some(text) => Span::text(&set(self.language, &clean::name(text))),
            None => self.foreign(text),
        }
    }

    /// A text that stands in English whatever the language of the report is.
    pub(crate) fn foreign(&self, text: &str) -> Span {
        let mut span = Span::text(&clean::name(text));
        span.english = self.language != Language::En;
        span
    }
}

/// Between a name and what is said of it.
pub(super) fn colon(language: Language) -> &'static str {
    if language == Language::Fr { "\u{202f}: " } else { ": " }
}

/// Between parts of a note.
pub(super) fn semicolon(language: Language) -> &'static str {
    if language == Language::Fr { "\u{202f}; " } else { "; " }
}

/// Sets a text as its language asks: in French a narrow no-break space before high punctuation and inside quotation marks.
pub(super) fn set(language: Language, text: &str) -> String {
    if language != Language::Fr {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len() + 8);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let high = |c: char| matches!(c, ':' | ';' | '!' | '?' | '»' | '%');
        match c {
            ' ' | '\u{a0}' if chars.peek().copied().is_some_and(high) => out.push('\u{202f}'),
            ' ' | '\u{a0}' if out.ends_with('«') => out.push('\u{202f}'),
            '\'' => out.push('\u{2019}'),
            c => out.push(c),
        }
    }
    out
}
