//! What is asked and what is answered: plain data, serialised as it stands.

use std::collections::BTreeMap;

use flagstate_catalog::{Date, Harm, Link};
use flagstate_estate::{Processing, config::ControlTest};
use serde::Serialize;

use crate::verdict::{HarmVerdict, Verdict};

/// One question: can this power reach data on this offering?
#[derive(Clone, Debug)]
pub struct Question {
    /// Offering id.
    pub offering: String,
    /// Instrument id, or a prefix pattern (`us.*`) that names all compulsion instruments with it.
    pub instrument: String,
    /// The date asked about.
    pub as_of: Date,
    /// Exactly these safeguards; `None`: the offering's built-in ones.
    pub safeguards: Option<Vec<String>>,
    /// Used beside the built-in ones (what the estate says is in use); ignored when `safeguards` is given.
    pub also: Vec<String>,
    /// Whether the provider processes clear text.
    pub processing: Processing,
    /// Service with attributes of its own.
    pub service: Option<String>,
    /// Control test.
    pub control_test: ControlTest,
    /// Home jurisdictions of the organisation that asks: its seat where an offering is run by the customer.
    pub home: Vec<String>,
    /// Entity on the bill or contract, where it is not the operator.
    pub contracting_entity: Option<String>,
    /// Offerings on whose machines it runs, beside those that the catalog records.
    pub hosted_on: Vec<String>,
}

impl Question {
    /// A question with the defaults: built-in safeguards, processed in clear, practical-ability test.
    pub fn new(offering: impl Into<String>, instrument: impl Into<String>, as_of: Date) -> Self {
        Self {
            offering: offering.into(),
            instrument: instrument.into(),
            as_of,
            safeguards: None,
            also: Vec::new(),
            processing: Processing::InClear,
            service: None,
            control_test: ControlTest::PracticalAbility,
            home: Vec::new(),
            contracting_entity: None,
            hosted_on: Vec::new(),
        }
    }
}

/// A link of the summary row.
#[derive(Clone, Debug, Serialize)]
pub struct LinkAnswer {
    /// Word of the link's vocabulary.
    pub verdict: &'static str,
    /// Ids of facts, rules, safeguards it rests on.
    pub because: Vec<String>,
    /// Id of the premise that decides a verdict short of holds: a pending event, a fact, a rule, a safeguard.
    pub premise: Option<String>,
    /// The same for readers, in one sentence.
    pub text: String,
}

/// An attribute.
#[derive(Clone, Debug, Serialize)]
pub struct AttributeAnswer {
    /// Value.
    pub value: String,
    /// Safeguards that speak to it.
    pub because: Vec<String>,
}

/// One step of a path of control.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Step {
    /// Who holds (entity id).
    pub owner: String,
    /// Who is held (entity id).
    pub owned: String,
    /// How.
    pub kind: flagstate_catalog::ControlKind,
    /// Share, when recorded, as text.
    pub percent: Option<String>,
    /// Fact, or the field of the offering that says so.
    pub fact: String,
}

/// One complete derivation: instrument -> addressee -> control -> operator -> data.
#[derive(Clone, Debug, Serialize)]
pub struct Chain {
    /// Instrument id.
    pub instrument: String,
    /// Entity that would be served with the order.
    pub addressee: String,
    /// Its name.
    pub addressee_name: String,
    /// Rule that binds it (`L3-SEAT`, `L3-SUBSIDIARY`, ...).
    pub ground: String,
    /// Steps from the addressee down to the operator; empty when it is the operator.
    pub path: Vec<Step>,
    /// Steps from the addressee down to the subsidiary that is the ground, where one is.
    pub ground_path: Vec<Step>,
    /// Verdicts of L1..L5 in this chain.
    pub links: BTreeMap<Link, Verdict>,
    /// Verdict of this chain for the harm it stands under.
    pub verdict: HarmVerdict,
    /// Everything it rests on: rules, facts, safeguards.
    pub because: Vec<String>,
    /// The premise that decides a verdict short of reached, and its text.
    pub premise: Option<Premise>,
}

/// A named premise.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Premise {
    /// Id in the catalog.
    pub id: String,
    /// One sentence for readers.
    pub text: String,
}

/// A harm.
#[derive(Clone, Debug, Serialize)]
pub struct HarmAnswer {
    /// Worst over its chains.
    pub verdict: HarmVerdict,
    /// Premise of the worst chain.
    pub premise: Option<Premise>,
    /// Chains, worst first.
    pub chains: Vec<Chain>,
    /// Chains beyond the number kept; the verdict counts them all the same.
    pub chains_left_out: usize,
    /// Smallest sets of safeguards that would end it: those the offering has available, then any.
    pub ends_with: EndsWith,
}

/// Smallest sets of safeguards that end a harm.
#[derive(Clone, Debug, Default, Serialize)]
pub struct EndsWith {
    /// From what the offering has built in or available.
    pub available: Vec<Vec<String>>,
    /// From all safeguards of the catalog.
    pub any: Vec<Vec<String>>,
    /// From all safeguards, were the data only stored and never processed in clear by the provider.
    pub if_stored_only: Vec<Vec<String>>,
}

/// How old and how well checked the ground of an answer is.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Ground {
    /// Oldest load-bearing fact and the day it was last looked at.
    pub oldest_fact: Option<(String, Date)>,
    /// Load-bearing facts that are only background knowledge or community notes: never settled.
    pub weak_facts: Vec<String>,
    /// Load-bearing facts without a first day, asked about before they were looked at.
    pub undated_facts: Vec<String>,
}

/// The whole answer.
#[derive(Clone, Debug, Serialize)]
pub struct Answer {
    /// Date asked about.
    pub as_of: Date,
    /// Offering id.
    pub offering: String,
    /// Instrument id or pattern as asked.
    pub instrument: String,
    /// Instruments that the pattern named.
    pub instruments: Vec<String>,
    /// Control test used.
    pub control_test: ControlTest,
    /// Processing assumed.
    pub processing: Processing,
    /// Safeguards that acted.
    pub safeguards: Vec<String>,
    /// Safeguards named but not credited, with the reason.
    pub not_credited: BTreeMap<String, String>,
    /// Assumed changes of facts.
    pub assumptions: Vec<String>,
    /// Summary row L1..L7.
    pub links: BTreeMap<Link, LinkAnswer>,
    /// A1..A6.
    pub attributes: BTreeMap<String, AttributeAnswer>,
    /// Harms that the instruments can do.
    pub harms: BTreeMap<Harm, HarmAnswer>,
    /// How good the ground is.
    pub ground: Ground,
}
