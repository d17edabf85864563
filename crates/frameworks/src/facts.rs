//! What is known of an offering in one configuration: judged once by `exposure`, then read by every framework.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, Date, Harm, Instrument, InstrumentKind, Link};
use flagstate_estate::{Class, Custody, Processing, config::ControlTest};
use flagstate_exposure::{Answer, AttributeAnswer, HarmVerdict, Premise, Question, Visibility, explain};
use serde::Serialize;

/// The date and the premises of the organisation that asks.
#[derive(Clone, Debug)]
pub struct Setting {
    /// Date.
    pub as_of: Date,
    /// Home jurisdictions.
    pub home: Vec<String>,
    /// Control test that courts are assumed to use.
    pub control_test: ControlTest,
}

/// An offering and how it is used.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Configuration {
    /// Offering id.
    pub offering: String,
    /// Exactly these safeguards; `None`: the built-in ones and `also`.
    pub safeguards: Option<Vec<String>>,
    /// In use beside the built-in ones.
    pub also: Vec<String>,
    /// Whether the provider processes clear text.
    pub processing: Processing,
    /// Who holds the keys, where known.
    pub custody: Option<Custody>,
    /// Word of the catalog for how much must be rewritten when leaving: the worst of what is used, where known.
    pub lock_in: Option<String>,
    /// Entity on the bill or contract, where it is not the operator.
    pub contracting_entity: Option<String>,
    /// Offerings on whose machines it runs, beside those that the catalog records.
    pub hosted_on: Vec<String>,
}

impl Configuration {
    /// The offering as it comes, processing clear text.
    pub fn of(offering: impl Into<String>) -> Self {
        Self {
            offering: offering.into(),
            safeguards: None,
            also: Vec::new(),
            processing: Processing::InClear,
            custody: None,
            lock_in: None,
            contracting_entity: None,
            hosted_on: Vec::new(),
        }
    }

    /// With keys held in this way: the offering's safeguard of that kind acts. Without one only what needs nothing from
    /// the provider, encryption before upload, is credited; then the data are taken as stored only.
    #[must_use]
    pub fn with_custody(mut self, catalog: &Catalog, custody: Custody) -> Self {
        self.custody = Some(custody);
        let word = custody_word(custody);
        let fits = |id: &&String| catalog.safeguards.get(*id).is_some_and(|s| s.custody.as_deref() == Some(word));
        let offered = catalog
            .offerings
            .get(&self.offering)
            .and_then(|o| o.available.iter().chain(&o.built_in).filter(fits).min());
        let own = (custody == Custody::ClientSide).then(|| catalog.safeguards.keys().filter(fits).min()).flatten();
        self.also.extend(offered.or(own).filter(|id| !self.also.contains(id)).cloned().into_iter().collect::<Vec<_>>());
        if custody == Custody::ClientSide {
            self.processing = Processing::AtRest;
        }
        self
    }

    /// The configuration of a class of an estate; none where its offering is not known. `lock_in`: the catalog's word for
    /// its capability.
    pub fn of_class(catalog: &Catalog, class: &Class, lock_in: Option<&str>) -> Option<Self> {
        let mut configuration = Self::of(class.offering.clone()?);
        configuration.also = class.safeguards.iter().cloned().collect();
        if let Some(custody) = class.custody {
            configuration = configuration.with_custody(catalog, custody);
        }
        let at_rest = class.custody == Some(Custody::ClientSide);
        let assumed = if at_rest { Processing::AtRest } else { Processing::InClear };
        configuration.processing = class.processing.unwrap_or(assumed);
        configuration.lock_in = lock_in.map(str::to_owned);
        configuration.contracting_entity =
            class.contracting_entity.clone().filter(|id| catalog.entities.contains_key(id));
        let host = class.host_provider.iter().filter(|h| class.provider.as_ref() != Some(h));
        configuration.hosted_on = host.cloned().collect();
        Some(configuration)
    }

    fn question(&self, instrument: &str, setting: &Setting) -> Question {
        Question {
            safeguards: self.safeguards.clone(),
            also: self.also.clone(),
            processing: self.processing,
            control_test: setting.control_test,
            home: setting.home.clone(),
            contracting_entity: self.contracting_entity.clone(),
            hosted_on: self.hosted_on.clone(),
            ..Question::new(self.offering.clone(), instrument, setting.as_of)
        }
    }
}

/// How far one power reaches, for one harm.
#[derive(Clone, Debug, Serialize)]
pub struct Reach {
    /// Instrument id.
    pub instrument: String,
    /// Whose power.
    pub jurisdiction: String,
    /// What kind of power: an order to somebody, or the service cut off.
    pub compels: bool,
    /// Verdict.
    pub verdict: HarmVerdict,
    /// Deciding premise, where the verdict hangs on one.
    pub premise: Option<Premise>,
    /// Whether the customer would learn of it.
    pub visibility: Visibility,
    /// True when a cut rests on nothing having been found.
    pub by_absence: bool,
}

/// The facts.
#[derive(Clone, Debug, Serialize)]
pub struct Facts {
    /// The configuration.
    pub configuration: Configuration,
    /// Date.
    pub as_of: Date,
    /// Home jurisdictions.
    pub home: Vec<String>,
    /// Operator, where the catalog knows it.
    pub operator: Option<String>,
    /// Powers by harm, worst first.
    pub harms: BTreeMap<Harm, Vec<Reach>>,
    /// A1 to A6.
    pub attributes: BTreeMap<String, AttributeAnswer>,
    /// Safeguards that act.
    pub safeguards: Vec<String>,
    /// False when the catalog does not have the offering: then nothing is known.
    pub known: bool,
}

impl Facts {
    /// Judges a configuration under every power of the catalog.
    pub fn of(catalog: &Catalog, configuration: &Configuration, setting: &Setting) -> Self {
        let mut harms: BTreeMap<Harm, Vec<Reach>> = BTreeMap::new();
        let mut attributes = BTreeMap::new();
        let mut safeguards: BTreeSet<String> = BTreeSet::new();
        let acts = |i: &&Instrument| {
            matches!(i.kind, InstrumentKind::Compulsion | InstrumentKind::ServiceCutoff) && !i.harms.is_empty()
        };
        for instrument in catalog.instruments.values().filter(acts) {
            let Ok(answer) = explain(catalog, &configuration.question(&instrument.id, setting)) else { continue };
            for (harm, reach) in reaches(instrument, &answer) {
                harms.entry(harm).or_default().push(reach);
            }
            safeguards.extend(answer.safeguards.iter().cloned());
            attributes = answer.attributes;
        }
        for list in harms.values_mut() {
            list.sort_by(|a, b| b.verdict.cmp(&a.verdict).then_with(|| a.instrument.cmp(&b.instrument)));
        }
        let offering = catalog.offerings.get(&configuration.offering);
        Self {
            configuration: configuration.clone(),
            as_of: setting.as_of,
            home: setting.home.clone(),
            operator: offering.and_then(|o| o.operator_entity.clone()),
            harms,
            attributes,
            safeguards: safeguards.into_iter().collect(),
            known: offering.is_some(),
        }
    }

    /// The worst foreign power for a harm; `of`: only powers of these jurisdictions.
    pub fn worst_foreign(&self, harm: Harm, of: &[String]) -> Option<&Reach> {
        let foreign = |r: &&Reach| !self.home.contains(&r.jurisdiction);
        let named = |r: &&Reach| of.is_empty() || of.contains(&r.jurisdiction);
        self.harms.get(&harm)?.iter().find(|r| foreign(r) && named(r))
    }
}

/// The catalog's word for a custody.
pub(crate) fn custody_word(custody: Custody) -> &'static str {
    match custody {
        Custody::Provider => "provider",
        Custody::CustomerKeyInProviderHsm => "customer_key_in_provider_hsm",
        Custody::ExternalKeyStore => "external_key_store",
        Custody::ClientSide => "client_side",
    }
}

fn reaches(instrument: &Instrument, answer: &Answer) -> Vec<(Harm, Reach)> {
    let visibility = Visibility::parse(answer.links.get(&Link::L6).map(|l| l.verdict));
    let absent = |l: &flagstate_exposure::LinkAnswer| l.because.iter().any(|id| id == "L3-ABSENT");
    let by_absence = answer.links.get(&Link::L3).is_some_and(absent);
    let of = |(harm, h): (&Harm, &flagstate_exposure::HarmAnswer)| {
        let reach = Reach {
            instrument: instrument.id.clone(),
            jurisdiction: instrument.issuing_jurisdiction.clone(),
            compels: instrument.kind == InstrumentKind::Compulsion,
            verdict: h.verdict,
            premise: h.premise.clone(),
            visibility,
            by_absence: by_absence && h.verdict == HarmVerdict::Cut,
        };
        (*harm, reach)
    };
    answer.harms.iter().map(of).collect()
}
