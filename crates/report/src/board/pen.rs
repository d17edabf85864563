//! Names and statements of the catalog in the language of the report.
//!
//! What the catalog has in the language is said in it; what it has in English alone is said in English and marked as such. A
//! premise made from a legal rule is said again with the rule's own text in the language.

use std::fmt::Write as _;

use flagstate_catalog::{Catalog, ControlKind};
use flagstate_exposure::{HarmVerdict, Power, Premise};

use super::{
    document::{Span, Style},
    language::{Language, Texts},
};
use crate::{
    clean,
    view::{self, Names},
};

/// What every part of the report writes with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pen<'a> {
    /// Sentences.
    pub(crate) texts: &'a Texts,
    /// Facts and names.
    pub(crate) catalog: &'a Catalog,
}

impl<'a> Pen<'a> {
    /// English lookups that have no language of their own.
    pub(crate) fn names(self) -> Names<'a> {
        Names(self.catalog)
    }

    fn code(self) -> &'static str {
        self.texts.language.code()
    }

    /// Name of a state or bloc.
    pub(crate) fn state(self, id: &str) -> String {
        let found = self.catalog.jurisdictions.get(id).map(|j| j.name_in(self.code())).filter(|n| !n.is_empty());
        clean::name(found.unwrap_or(id))
    }

    /// Name of a power.
    pub(crate) fn law(self, id: &str) -> String {
        let found = self.catalog.instruments.get(id).map(|i| i.name_in(self.code())).filter(|n| !n.is_empty());
        super::language::set(self.texts.language, &clean::name(found.unwrap_or(id)))
    }

    /// Names of powers, each with what is odd about its being in force.
    pub(crate) fn laws(self, powers: &[&Power]) -> Vec<String> {
        powers
            .iter()
            .map(|p| {
                let key = format!("force.{}", p.in_force.word());
                let name = self.law(&p.instrument);
                if self.texts.has(&key) { format!("{name} ({})", self.texts.say(&key)) } else { name }
            })
            .collect()
    }

    /// Name of an offering.
    pub(crate) fn offering(self, id: &str) -> String {
        self.name(&self.names().offering(id))
    }

    /// Name of a safeguard; in English where the language has none.
    pub(crate) fn safeguard(self, id: &str) -> Span {
        let key = format!("safeguard.{id}");
        if self.texts.has(&key) {
            Span::text(&self.texts.say(&key))
        } else {
            self.texts.foreign(&self.names().safeguard(id))
        }
    }

    /// Sets of safeguards: `a with b, or c`.
    pub(crate) fn sets(self, sets: &[Vec<String>]) -> Vec<Span> {
        let mut out = Vec::new();
        for (i, set) in sets.iter().enumerate() {
            if i > 0 {
                let last = i + 1 == sets.len();
                out.push(Span::text(&if last { format!(" {} ", self.texts.say("list.or")) } else { ", ".to_owned() }));
            }
            for (n, id) in set.iter().enumerate() {
                if n > 0 {
                    out.push(Span::text(&format!(" {} ", self.texts.say("list.with"))));
                }
                out.push(self.safeguard(id));
            }
        }
        out
    }

    /// Verdict of a harm with its shape.
    pub(crate) fn verdict(self, v: HarmVerdict) -> Span {
        Span::verdict(v.word(), &self.texts.word("verdict", v.word()))
    }

    /// A premise in words.
    pub(crate) fn premise(self, p: &Premise) -> Span {
        let text = p.text.trim_end_matches('.');
        if self.texts.language == Language::En {
            return Span::text(&clean::name(text));
        }
        let translated = self.catalog.rules.get(&p.id).and_then(|rule| {
            let (from, to) = (rule.text.get("en")?, rule.text.get(self.code())?);
            again(from, to, &p.text, |place, value| (place == "jurisdiction").then(|| self.state_named(value))?)
        });
        let translated = translated.or_else(|| self.local(&p.text)).or_else(|| self.local(text));
        let translated = translated.as_deref().map(|t| t.trim_end_matches('.'));
        let span = self.texts.data(text, translated);
        if span.english { Span { style: Style::Plain, ..span } } else { span }
    }

    /// The name in the language of a state that is named in English.
    pub(super) fn state_named(self, english: &str) -> Option<String> {
        let found = self.catalog.jurisdictions.values().find(|j| j.name == english)?;
        Some(found.name_in(self.code()).to_owned())
    }

    /// What an id stands for: a statement, the text of a rule, a name.
    pub(crate) fn meaning(self, id: &str) -> Span {
        let rule = self.catalog.rules.get(id).and_then(|r| r.text.get(self.code())).filter(|t| !t.contains('{'));
        let meaning = self.names().meaning(id);
        match rule {
            Some(own) => self.texts.data(&meaning, Some(own)),
            None => self.data(&meaning),
        }
    }

    /// The way from the addressee to the operator: `A > B (100 %) > C`.
    pub(crate) fn way(self, chain: &flagstate_exposure::Chain) -> String {
        let mut text = clean::name(&chain.addressee_name);
        for step in &chain.path {
            let held = self.texts.word("control", control(step.kind));
            let share = view::share(step);
            let share = if share.is_empty() { share } else { format!(" ({share})") };
            let _ = write!(text, " {held} {}{share}", self.names().entity(&step.owned));
            if chain.path.last() != Some(step) {
                let _ = write!(text, ", {}", self.texts.say("list.which"));
            }
        }
        text
    }
}

/// Key of a kind of hold.
pub(super) fn control(kind: ControlKind) -> &'static str {
    match kind {
        ControlKind::Equity => "equity",
        ControlKind::Licence => "licence",
        ControlKind::Staffing => "staffing",
        ControlKind::Technical => "technical",
        ControlKind::Contract => "contract",
    }
}

/// Says a sentence again in another language: takes the values out of it by the English pattern and puts them into the
/// other, said in its language where `own` knows them by place and value; none where the sentence is not of the pattern.
pub(super) fn again(
    pattern: &str,
    other: &str,
    sentence: &str,
    own: impl Fn(&str, &str) -> Option<String>,
) -> Option<String> {
    let mut values: Vec<(&str, String)> = Vec::new();
    let (mut pattern, mut rest) = (pattern, sentence);
    while let Some((before, after)) = pattern.split_once('{') {
        rest = rest.strip_prefix(before)?;
        let (name, after) = after.split_once('}')?;
        let stop = after.split_once('{').map_or(after, |(stop, _)| stop);
        let (value, _) = if stop.is_empty() { (rest, "") } else { rest.split_once(stop)? };
        rest = rest.strip_prefix(value)?;
        values.push((name, own(name, value).unwrap_or_else(|| value.to_owned())));
        pattern = after;
    }
    if rest.trim_end_matches('.') != pattern.trim_end_matches('.') {
        return None;
    }
    let mut text = other.to_owned();
    for (name, value) in values {
        text = text.replace(&format!("{{{name}}}"), &value);
    }
    (!text.contains('{')).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_of_a_rule_is_said_in_another_language() {
        let en = "No link of {entity} to {jurisdiction} was found (searched: {date}).";
        let de = "Keine Verbindung von {entity} zu {jurisdiction} gefunden (Suche: {date}).";
        let said = "No link of Scaleway SAS to United States was found (searched: 2026-11-21).";
        let states = |_: &str, s: &str| (s == "United States").then(|| "USA".to_owned());
        assert_eq!(
            again(en, de, said, states).as_deref(),
            Some("Keine Verbindung von Scaleway SAS zu USA gefunden (Suche: 2026-11-21).")
        );
        assert_eq!(again(en, de, "Something else.", states), None);
    }
}
