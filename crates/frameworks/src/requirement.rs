//! Requirements: what a clause of a law, certificate or contract asks of a landing point, and whether one meets it.
//!
//! Each requirement names the clause that sets it. A requirement of a proposal or a draft never gates. Sets per
//! classification are data; which of them apply depends on the home and the kind of the organisation.

use std::collections::BTreeMap;

use flagstate_catalog::{Catalog, Date, Harm};
use flagstate_estate::{Custody, Processing};
use flagstate_exposure::HarmVerdict;
use serde::{Deserialize, Serialize};

use crate::{
    answers::Answers,
    ceilings,
    certificate::{Certificate, Held},
    criteria,
    facts::{Facts, custody_word},
    framework::{Framework, Standing, Texts},
    library::Library,
    sheet,
    signal::Signals,
    verdict::{Message, Verdict},
};

/// A clause of a framework.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct ClauseRef {
    /// Framework id.
    pub framework: String,
    /// Number of the clause.
    #[serde(rename = "ref")]
    pub reference: String,
}

/// Whether it rules something out.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Force {
    /// Rules out what does not meet it.
    Must,
    /// Counts against it.
    Should,
}

/// To whom it applies; an empty list means everybody.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Applies {
    /// Where one of these is a home jurisdiction.
    pub home: Vec<String>,
    /// Where the organisation is one of these kinds.
    pub organisation: Vec<String>,
}

/// What is needed.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", deny_unknown_fields)]
pub enum Need {
    /// Foreign powers must not do these harms.
    HarmsCut {
        /// Harms.
        harms: Vec<Harm>,
        /// Whose powers; empty: every foreign one.
        #[serde(default)]
        jurisdictions: Vec<String>,
        /// Worst verdict that still meets it.
        #[serde(default)]
        allow: Option<HarmVerdict>,
    },
    /// One of these certificates.
    Certificate {
        /// Schemes.
        any_of: Vec<String>,
    },
    /// Operator and everybody who controls it in the end lie inside the framework's bloc.
    Inside {},
    /// The ceilings of a framework hold.
    Ceilings {
        /// Framework id.
        framework: String,
    },
    /// A level of a framework.
    Level {
        /// Framework id.
        framework: String,
        /// Lowest level that meets it.
        at_least: u8,
    },
    /// An attribute (A1 to A6) has at least this value.
    Attribute {
        /// Attribute.
        attribute: String,
        /// Lowest value that meets it, in the order of the catalog's vocabulary.
        at_least: String,
    },
    /// Keys are held at least this far from the provider.
    KeyCustody {
        /// Weakest custody that meets it.
        at_least: Custody,
    },
    /// Personal data may go where the chain leads: inside, on a basis, or protected by an effective measure.
    LawfulTransfer {},
    /// A term of the contract or a duty of the organisation: always asked.
    Term {},
    /// A share of the whole estate under one ultimate parent: judged over all workloads, not here.
    Concentration {
        /// Highest share, in per cent; none: shown, no limit.
        #[serde(default)]
        at_most_percent: Option<u32>,
    },
}

/// A requirement.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Requirement {
    /// Id.
    pub id: String,
    /// The clause that sets it.
    pub clause: ClauseRef,
    /// What it asks, in one sentence.
    pub text: Texts,
    /// Whether it rules something out.
    pub force: Force,
    /// To whom it applies.
    #[serde(default)]
    pub applies: Applies,
    /// What is needed.
    pub need: Need,
}

/// A classification with its default requirements.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Classification {
    /// Id.
    pub id: String,
    /// Other words for it.
    #[serde(default)]
    pub also: Vec<String>,
    /// Name.
    pub name: Texts,
    /// Requirement ids.
    pub requirements: Vec<String>,
}

/// How a landing point answers a requirement.
#[derive(Clone, Debug, Serialize)]
pub struct RequirementReading {
    /// Requirement id.
    pub requirement: String,
    /// The clause that sets it.
    pub clause: ClauseRef,
    /// What the framework is worth: a proposal and a draft are always marked.
    pub standing: Standing,
    /// True when it may rule something out on the date.
    pub gate: bool,
    /// Verdict.
    pub verdict: Verdict,
    /// Why.
    pub because: Vec<Message>,
    /// What to ask.
    pub ask: Vec<Message>,
}

/// The requirements of a classification for an organisation; none for a word that is not known.
pub fn requirements_for<'l>(
    library: &'l Library,
    classification: &str,
    home: &[String],
    organisation: &[String],
) -> Option<Vec<&'l Requirement>> {
    let c = library.classification(classification)?;
    let any = |wanted: &[String], have: &[String]| wanted.is_empty() || wanted.iter().any(|w| have.contains(w));
    let applies = |r: &&Requirement| any(&r.applies.home, home) && any(&r.applies.organisation, organisation);
    Some(c.requirements.iter().filter_map(|id| library.requirements.get(id)).filter(applies).collect())
}

/// Where a requirement is checked: facts of a landing point, with what was stated of it.
#[derive(Clone, Copy, Debug)]
pub struct Check<'a> {
    /// Facts of the catalog.
    pub catalog: &'a Catalog,
    /// The library.
    pub library: &'a Library,
    /// The user's answers.
    pub answers: &'a Answers,
    /// The landing point.
    pub facts: &'a Facts,
    /// The workload, where its own answers count.
    pub workload: Option<&'a str>,
}

/// The answer while it is formed.
struct Draft {
    verdict: Verdict,
    because: Vec<Message>,
    ask: Vec<Message>,
}

impl Draft {
    fn of(verdict: Verdict, because: Message) -> Self {
        Self { verdict, because: vec![because], ask: Vec::new() }
    }

    fn ask(message: Message) -> Self {
        Self { verdict: Verdict::Unknown, because: Vec::new(), ask: vec![message] }
    }
}

impl Check<'_> {
    /// Checks a requirement; none where it is judged over the whole estate, or where its framework is not known.
    pub fn read(&self, requirement: &Requirement) -> Option<RequirementReading> {
        let framework = self.library.framework(&requirement.clause.framework)?;
        let mut draft = if self.facts.known {
            self.need(requirement, framework)?
        } else {
            Draft::ask(Message::new("ask_offering").with("offering", &self.facts.configuration.offering))
        };
        self.stated(requirement, &mut draft);
        Some(RequirementReading {
            requirement: requirement.id.clone(),
            clause: requirement.clause.clone(),
            standing: framework.standing,
            gate: requirement.force == Force::Must && framework.gates_on(self.facts.as_of),
            verdict: draft.verdict,
            because: draft.because,
            ask: draft.ask,
        })
    }

    /// What was stated answers what is not known; it does not overrule what was computed.
    fn stated(&self, requirement: &Requirement, draft: &mut Draft) {
        let offering = self.facts.configuration.offering.as_str();
        let find = |a: &Answers| a.requirement(self.workload, offering, &requirement.id).cloned();
        let Some(stated) = find(self.answers).or_else(|| find(&self.library.answers)) else { return };
        let Some(met) = stated.met else { return };
        let because = stated.because.or(stated.source).unwrap_or_default();
        if draft.verdict == Verdict::Unknown {
            draft.verdict = if met { Verdict::Met } else { Verdict::NotMet };
            draft.ask.clear();
            draft.because.push(Message::new("stated").with("because", because));
        } else if !met {
            draft.verdict = Verdict::NotMet;
            draft.because.push(Message::new("stated").with("because", because));
        }
    }

    fn need(&self, requirement: &Requirement, framework: &Framework) -> Option<Draft> {
        Some(match &requirement.need {
            Need::HarmsCut { harms, jurisdictions, allow } => {
                self.harms(harms, jurisdictions, allow.unwrap_or(HarmVerdict::Cut))
            }
            Need::Certificate { any_of } => self.certificate(any_of),
            Need::Inside {} => self.inside(framework),
            Need::Ceilings { framework } => self.ceilings(framework)?,
            Need::Level { framework, at_least } => self.level(framework, *at_least)?,
            Need::Attribute { attribute, at_least } => self.attribute(attribute, at_least),
            Need::KeyCustody { at_least } => self.custody(*at_least),
            Need::LawfulTransfer {} => self.transfer(framework),
            Need::Term {} => Draft::ask(Message::new("ask_term").with("requirement", term(self.library, requirement))),
            Need::Concentration { .. } => return None,
        })
    }

    fn harms(&self, harms: &[Harm], of: &[String], allow: HarmVerdict) -> Draft {
        let mut draft = Draft { verdict: Verdict::Met, because: Vec::new(), ask: Vec::new() };
        for harm in harms {
            let Some(worst) = self.facts.worst_foreign(*harm, of) else { continue };
            let verdict = match worst.verdict {
                HarmVerdict::Cut => Verdict::Met,
                HarmVerdict::Unknown => Verdict::Unknown,
                HarmVerdict::Contested if allow >= HarmVerdict::Contested => Verdict::Met,
                HarmVerdict::Contested => Verdict::Contested,
                HarmVerdict::Reached if allow == HarmVerdict::Reached => Verdict::Met,
                HarmVerdict::Reached => Verdict::NotMet,
            };
            let premise = worst.premise.as_ref().map(|p| p.id.clone());
            let message = Message::new("harm_by_power")
                .with("harm", format!("{harm:?}"))
                .with("power", &worst.instrument)
                .with("word", format!("@{}", worst.verdict.word()))
                .on(premise.into_iter().chain([worst.instrument.clone()]));
            if verdict == Verdict::Unknown {
                draft.ask.push(Message::new("ask_power").with("power", &worst.instrument));
            }
            draft.verdict = draft.verdict.max(verdict);
            draft.because.push(message);
        }
        draft
    }

    fn certificate(&self, any_of: &[String]) -> Draft {
        let offering = self.facts.configuration.offering.as_str();
        let date = self.facts.as_of;
        let mine = |c: &&Certificate| c.offering == offering && any_of.contains(&c.scheme);
        let mut best: Option<(Verdict, Message)> = None;
        for c in self.library.certificates.iter().filter(mine) {
            let day = |d: Option<Date>| d.map_or_else(|| "?".to_owned(), |d| d.to_string());
            let say = |key| {
                Message::new(key)
                    .with("scheme", &c.scheme)
                    .with("from", day(c.from))
                    .with("until", day(c.until))
                    .on(c.fact.clone())
            };
            let this = match c.state {
                Held::Held if c.valid_on(date) => (Verdict::Met, say("certificate_held")),
                Held::Held => (Verdict::NotMet, say("certificate_over")),
                Held::Claimed => (Verdict::Unknown, say("certificate_claimed")),
                Held::InProgress => (Verdict::NotMet, say("certificate_in_progress")),
            };
            if best.as_ref().is_none_or(|(verdict, _)| this.0 < *verdict) {
                best = Some(this);
            }
        }
        let ask = Message::new("ask_certificate").with("scheme", any_of.join(" / "));
        match best {
            Some((Verdict::Unknown, message)) => {
                Draft { verdict: Verdict::Unknown, because: vec![message], ask: vec![ask] }
            }
            Some((verdict, message)) => Draft::of(verdict, message),
            None => Draft::ask(ask),
        }
    }

    fn signals(&self, framework: &Framework) -> Signals {
        Signals::of(self.catalog, self.library, self.answers, framework, self.facts)
    }

    fn inside(&self, framework: &Framework) -> Draft {
        let signals = self.signals(framework);
        let because = signals.0.get("controller").map(|s| s.because.clone()).unwrap_or_default();
        let verdict = match (signals.word("head_office"), signals.word("controller")) {
            (Some("outside"), _) | (_, Some("outside" | "shared")) => Verdict::NotMet,
            (Some("inside"), Some("inside" | "inside_with_outside_holders" | "inside_incomplete")) => Verdict::Met,
            _ => Verdict::Unknown,
        };
        let ask = (verdict == Verdict::Unknown)
            .then(|| Message::new("ask_controller").with("offering", &self.facts.configuration.offering));
        Draft { verdict, because, ask: ask.into_iter().collect() }
    }

    fn ceilings(&self, id: &str) -> Option<Draft> {
        let framework = self.library.framework(id)?;
        let offering = self.facts.configuration.offering.as_str();
        let Some(entity) = self.facts.operator.as_deref() else {
            return Some(Draft::ask(Message::new("ask_offering").with("offering", offering)));
        };
        let q = ceilings::Question {
            catalog: self.catalog,
            library: self.library,
            answers: self.answers,
            entity,
            offering: Some(offering),
            as_of: self.facts.as_of,
        };
        let reading = ceilings::read(framework, &q)?;
        let open = reading.clauses.iter().filter(|c| c.verdict != Verdict::Met);
        let because = open.clone().flat_map(|c| c.because.clone()).collect();
        Some(Draft { verdict: reading.verdict, because, ask: open.flat_map(|c| c.ask.clone()).collect() })
    }

    fn level(&self, id: &str, at_least: u8) -> Option<Draft> {
        let framework = self.library.framework(id)?;
        let signals = self.signals(framework);
        let offering = self.facts.configuration.offering.as_str();
        if let Some(s) = sheet::answer(framework, self.library, self.answers, &signals, self.workload, offering) {
            let verdict = match (s.level, s.level_at_most) {
                (_, Some(most)) if most < at_least => Verdict::NotMet,
                (Some(level), _) if s.complete && level >= at_least => Verdict::Met,
                _ => Verdict::Unknown,
            };
            let message = Message::new("level_held_down")
                .with("level", s.level_at_most.map_or_else(|| "?".into(), |l| l.to_string()))
                .with("criteria", s.held_down_by.join(", "));
            let gaps: Vec<String> = s.objectives.iter().flat_map(|o| o.gaps.clone()).collect();
            let ask = (verdict == Verdict::Unknown && !gaps.is_empty())
                .then(|| Message::new("ask_criteria").with("criteria", gaps.join(", ")));
            return Some(Draft { verdict, because: vec![message], ask: ask.into_iter().collect() });
        }
        let about = (self.workload, offering);
        let c = criteria::read(framework, self.library, self.answers, &signals, about, self.facts.as_of)?;
        let needed: Vec<_> = c.levels.iter().filter(|l| l.level <= at_least).collect();
        let verdict = needed.iter().map(|l| l.verdict).max().unwrap_or(Verdict::Unknown);
        let missing: Vec<String> = needed.iter().flat_map(|l| l.missing.clone()).collect();
        let message = Message::new("ask_criteria").with("criteria", missing.join(", "));
        let ask = (verdict == Verdict::Unknown).then_some(message);
        Some(Draft { verdict, because: Vec::new(), ask: ask.into_iter().collect() })
    }

    fn attribute(&self, attribute: &str, at_least: &str) -> Draft {
        let vocabulary = &self.catalog.vocabulary;
        let found = self.facts.attributes.get(attribute).filter(|a| !a.because.is_empty());
        match found {
            None => Draft::ask(Message::new("ask_attribute").with("attribute", attribute)),
            Some(a) => {
                let enough = vocabulary.rank(&a.value) >= vocabulary.rank(at_least);
                let verdict = if enough { Verdict::Met } else { Verdict::NotMet };
                let message = Message::new("attribute_is")
                    .with("attribute", attribute)
                    .with("value", &a.value)
                    .on(a.because.clone());
                Draft::of(verdict, message)
            }
        }
    }

    fn custody(&self, at_least: Custody) -> Draft {
        match self.facts.configuration.custody {
            None => Draft::ask(Message::new("ask_custody")),
            Some(custody) => {
                let verdict = if custody >= at_least { Verdict::Met } else { Verdict::NotMet };
                let word = format!("@{}", custody_word(custody));
                Draft::of(verdict, Message::new("custody_is").with("word", word))
            }
        }
    }

    /// Whether personal data may go where the chain leads. It says nothing about who can be compelled.
    fn transfer(&self, framework: &Framework) -> Draft {
        let signals = self.signals(framework);
        let inside = signals.word("head_office") == Some("inside")
            && matches!(signals.word("controller"), Some("inside" | "inside_incomplete"));
        if inside {
            return Draft::of(Verdict::Met, Message::new("transfer_not_seen"));
        }
        let client_side = self.facts.configuration.custody == Some(Custody::ClientSide)
            && self.facts.configuration.processing == Processing::AtRest;
        if client_side {
            return Draft::of(Verdict::Met, Message::new("transfer_effective_measure"));
        }
        let basis = self.facts.attributes.get("A6").filter(|a| !a.because.is_empty());
        let say = |key, a: &flagstate_exposure::AttributeAnswer| {
            Message::new(key).with("value", &a.value).on(a.because.clone())
        };
        match basis {
            None => Draft::ask(Message::new("ask_transfer_basis")),
            Some(a) => match a.value.as_str() {
                "yes_with_assessment" => Draft {
                    verdict: Verdict::Unknown,
                    because: vec![say("transfer_basis", a)],
                    ask: vec![Message::new("ask_transfer_assessment")],
                },
                v if v.starts_with("yes") => Draft::of(Verdict::Met, say("transfer_basis", a)),
                "contested" => Draft::of(Verdict::Contested, say("transfer_basis", a)),
                _ => Draft::of(Verdict::NotMet, say("transfer_no_basis", a)),
            },
        }
    }
}

/// A shipped requirement is named by its id, for translation; one of the user's own by its text.
fn term(library: &Library, r: &Requirement) -> String {
    if library.requirements.contains_key(&r.id) { format!("@{}", r.id) } else { r.text.en.clone() }
}

/// The worst reading per requirement over several parts of one workload.
pub fn merge(parts: Vec<RequirementReading>) -> Vec<RequirementReading> {
    let mut worst: BTreeMap<String, RequirementReading> = BTreeMap::new();
    for part in parts {
        match worst.get_mut(&part.requirement) {
            Some(old) if old.verdict >= part.verdict => old.ask.extend(part.ask),
            Some(old) => {
                let asked = std::mem::take(&mut old.ask);
                *old = part;
                old.ask.extend(asked);
            }
            None => {
                worst.insert(part.requirement.clone(), part);
            }
        }
    }
    let mut list: Vec<RequirementReading> = worst.into_values().collect();
    for r in &mut list {
        r.ask.sort();
        r.ask.dedup();
    }
    list
}
