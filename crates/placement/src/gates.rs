//! Hard gates and what counts against: each requirement read for each option, each with its clause and its facts.
//!
//! Fails: not met; contested where the requirement says how much doubt it allows (harms). Open: not known, or contested
//! for another reason: then the question stands beside it, and it never passes in silence.

use std::collections::BTreeSet;

use flagstate_catalog::Harm;
use flagstate_estate::{Custody, config::Forbidden};
use flagstate_exposure::{HarmVerdict, Visibility, gate};
use flagstate_frameworks::{
    Facts, Verdict,
    requirement::{Force, Need, Requirement, requirements_for},
};

use crate::{
    config::{ClassificationDemands, WorkloadDemands},
    data::of_message,
    options::Option_,
    sheet::{Demand, GateReading, ResidualHarm},
    world::{Seen, World},
};

/// Powers shown for a harm.
const POWERS: usize = 6;

/// Everything that one workload must meet.
#[derive(Clone, Debug)]
pub(crate) struct Demands<'a> {
    pub(crate) requirements: Vec<&'a Requirement>,
    pub(crate) requirements_of: String,
    pub(crate) forbid: Vec<Forbidden>,
    pub(crate) own: Vec<WorkloadDemands>,
    pub(crate) harms: BTreeSet<Harm>,
}

const ALL: [Harm; 5] = [Harm::H1, Harm::H2, Harm::H3, Harm::H4, Harm::H5];

impl<'a> Demands<'a> {
    /// Collects them: shipped or changed requirements of the classification, prohibitions, demands of the project.
    pub(crate) fn of(world: &World<'a>, seen: &Seen) -> Self {
        let least = world.library.classifications.first().map(|c| c.id.clone()).unwrap_or_default();
        let known = |word: &&String| world.library.classification(word).is_some();
        let word = seen.classification.as_ref().filter(known).cloned().unwrap_or(least);
        let home = &world.setting.home;
        let mut requirements =
            requirements_for(world.library, &word, home, &world.section.organisation).unwrap_or_default();
        let mut own = Vec::new();
        if let Some(changes) = seen.classification.as_ref().and_then(|c| world.section.classifications.get(c)) {
            change(world, changes, &mut requirements);
            own.push(changes.demands.clone());
        }
        own.extend(world.section.workloads.get(&seen.name).cloned());
        let mut harms = BTreeSet::new();
        for r in &requirements {
            if let Need::HarmsCut { harms: h, .. } = &r.need {
                harms.extend(h.iter().copied());
            }
        }
        harms.extend(seen.forbid.iter().flat_map(|f| &f.harms).filter_map(|h| gate::harm(h)));
        Self { requirements, requirements_of: word, forbid: seen.forbid.clone(), own, harms }
    }

    /// The list for the sheet.
    pub(crate) fn list(&self, world: &World<'_>) -> Vec<Demand> {
        let as_of = world.setting.as_of;
        let mut list: Vec<Demand> = Vec::new();
        for r in &self.requirements {
            let gates = world.library.framework(&r.clause.framework).is_some_and(|f| f.gates_on(as_of));
            list.push(Demand {
                requirement: r.id.clone(),
                text: requirement_text(world, r),
                clause: clause(world, r),
                hard: r.force == Force::Must && gates,
            });
        }
        for (number, f) in self.forbid.iter().enumerate() {
            let (requirement, text, clause) = forbidden(world, number, f);
            list.push(Demand { requirement, text, clause, hard: true });
        }
        list
    }
}

fn change<'a>(world: &World<'a>, changes: &ClassificationDemands, list: &mut Vec<&'a Requirement>) {
    list.retain(|r| !changes.without.contains(&r.id));
    for id in &changes.add {
        if let Some(r) = world.library.requirements.get(id).filter(|r| !list.iter().any(|l| l.id == r.id)) {
            list.push(r);
        }
    }
}

fn requirement_text(world: &World<'_>, r: &Requirement) -> crate::said::Said {
    let mut said = world.tell("requirement", [("requirement", format!("@{}", r.id))]);
    if said.text.is_empty() {
        said.text.clone_from(&r.text.en);
    }
    said
}

/// The clause with the name of its text.
fn clause(world: &World<'_>, r: &Requirement) -> String {
    let name = world.library.framework(&r.clause.framework).map(|f| f.name.en.clone());
    format!("{}, {}", name.unwrap_or_else(|| r.clause.framework.clone()), r.clause.reference)
}

fn forbidden(world: &World<'_>, number: usize, f: &Forbidden) -> (String, crate::said::Said, String) {
    let harms: Vec<&str> = f.harms.iter().map(String::as_str).collect();
    let of = if f.jurisdictions.is_empty() { "@every_foreign_power".to_owned() } else { f.jurisdictions.join(", ") };
    let text = world.tell("forbidden", [("harms", harms.join(", ")), ("powers", of)]);
    let clause = f.because.clone().unwrap_or_else(|| "flagstate.yaml, forbid".to_owned());
    (format!("project:forbid-{}", number + 1), text, clause)
}

/// Reads every requirement for an option.
pub(crate) fn read(world: &World<'_>, demands: &Demands<'_>, option: &Option_, workload: &str) -> Vec<GateReading> {
    let frameworks = world.frameworks();
    let mut list = Vec::new();
    for reading in frameworks.check(&demands.requirements, &option.parts, Some(workload)) {
        let Some(r) = demands.requirements.iter().find(|r| r.id == reading.requirement) else { continue };
        list.push(GateReading {
            requirement: reading.requirement.clone(),
            text: requirement_text(world, r),
            clause: clause(world, r),
            hard: reading.gate,
            verdict: strict(&r.need, reading.verdict),
            because: reading.because.iter().map(|m| of_message(world.library, m)).collect(),
            ask: reading.ask.iter().map(|m| of_message(world.library, m)).collect(),
        });
    }
    for (number, f) in demands.forbid.iter().enumerate() {
        list.push(prohibition(world, number, f, &option.parts));
    }
    for own in &demands.own {
        list.extend(certificates(world, own, option));
        list.extend(places(world, own, option));
    }
    list
}

/// A requirement about harms says itself how much doubt it allows; what is left is a failure.
fn strict(need: &Need, verdict: Verdict) -> Verdict {
    match (need, verdict) {
        (Need::HarmsCut { .. }, Verdict::Contested) => Verdict::NotMet,
        (_, verdict) => verdict,
    }
}

fn prohibition(world: &World<'_>, number: usize, f: &Forbidden, parts: &[Facts]) -> GateReading {
    let allowed = f.allow.as_deref().and_then(HarmVerdict::parse).unwrap_or(HarmVerdict::Cut);
    let (requirement, text, clause) = forbidden(world, number, f);
    let mut reading = GateReading {
        requirement,
        text,
        clause,
        hard: true,
        verdict: Verdict::Met,
        because: Vec::new(),
        ask: Vec::new(),
    };
    let mut met = Vec::new();
    for harm in f.harms.iter().filter_map(|h| gate::harm(h)) {
        let worst = parts.iter().filter_map(|p| p.worst_foreign(harm, &f.jurisdictions)).max_by_key(|r| r.verdict);
        let Some(worst) = worst else { continue };
        let verdict = match worst.verdict {
            v if v <= allowed => Verdict::Met,
            HarmVerdict::Unknown => Verdict::Unknown,
            _ => Verdict::NotMet,
        };
        let premise = worst.premise.iter().map(|p| p.id.clone());
        let said = world
            .tell(
                "harm_by_power",
                [
                    ("harm", format!("{harm:?}")),
                    ("power", worst.instrument.clone()),
                    ("word", format!("@{}", worst.verdict.word())),
                ],
            )
            .on(premise.chain([worst.instrument.clone()]));
        if verdict == Verdict::Unknown {
            reading.ask.push(world.tell("ask_power", [("power", worst.instrument.clone())]));
        }
        if verdict == Verdict::Met {
            met.push(said);
        } else {
            reading.because.push(said);
        }
        reading.verdict = reading.verdict.max(verdict);
    }
    // What holds is said only where nothing else is: a rejection names what rejects.
    if reading.because.is_empty() {
        reading.because = met;
    }
    reading
}

fn own_reading(world: &World<'_>, own: &WorkloadDemands, id: &str, verdict: Verdict) -> GateReading {
    GateReading {
        requirement: format!("project:{id}"),
        text: world.tell("own_demand", [("what", format!("@demand_{id}"))]),
        clause: own.because.clone().unwrap_or_else(|| "flagstate.yaml, placement".to_owned()),
        hard: true,
        verdict,
        because: Vec::new(),
        ask: Vec::new(),
    }
}

/// A certificate that the project demands.
fn certificates(world: &World<'_>, own: &WorkloadDemands, option: &Option_) -> Option<GateReading> {
    if own.certificates.is_empty() {
        return None;
    }
    let date = world.setting.as_of;
    let ids: BTreeSet<&str> = option.parts.iter().map(|p| p.configuration.offering.as_str()).collect();
    let names = own.certificates.iter().cloned().collect::<Vec<_>>().join(" / ");
    let held = |id: &&str| {
        world.library.certificates.iter().any(|c| {
            c.offering == *id
                && own.certificates.contains(&c.scheme)
                && c.state == flagstate_frameworks::Held::Held
                && c.valid_on(date)
        })
    };
    let missing: Vec<&&str> = ids.iter().filter(|id| !held(id)).collect();
    let mut reading =
        own_reading(world, own, "certificates", if missing.is_empty() { Verdict::Met } else { Verdict::Unknown });
    reading.ask = missing.iter().map(|_| world.tell("ask_certificate", [("scheme", names.clone())])).take(1).collect();
    Some(reading)
}

/// Regions in the demanded countries.
fn places(world: &World<'_>, own: &WorkloadDemands, option: &Option_) -> Option<GateReading> {
    if own.countries.is_empty() && own.regions.is_none() {
        return None;
    }
    let inside = |country: &str| {
        let blocs = world.catalog.jurisdictions.get(country).map(|j| j.memberships.as_slice()).unwrap_or_default();
        own.countries.is_empty() || own.countries.contains(country) || blocs.iter().any(|b| own.countries.contains(b))
    };
    let offering = &option.candidate.offering;
    let regions: Vec<&str> = world
        .services
        .regions
        .iter()
        .filter(|r| r.offering.as_deref() == Some(offering) && r.country.as_deref().is_some_and(inside))
        .map(|r| r.code.as_str())
        .collect();
    let customer = world
        .catalog
        .offerings
        .get(offering)
        .and_then(|o| world.catalog.entities.get(o.operator_entity.as_ref()?))
        .is_some_and(flagstate_catalog::Entity::is_customer);
    let needed = usize::try_from(own.regions.unwrap_or(1)).unwrap_or(1);
    let verdict = match regions.len() >= needed {
        true => Verdict::Met,
        false if customer || option.candidate.today => Verdict::Unknown,
        false => Verdict::NotMet,
    };
    let mut reading = own_reading(world, own, "regions", verdict);
    let said = world.tell("regions_found", [("found", regions.len().to_string()), ("needed", needed.to_string())]);
    if verdict == Verdict::Unknown {
        reading.ask.push(said);
    } else {
        reading.because.push(said);
    }
    Some(reading)
}

/// Why an option cannot do what the workload does: data that the provider must read, encrypted before upload.
pub(crate) fn unusable(world: &World<'_>, seen: &Seen, option: &Option_) -> Option<GateReading> {
    if option.candidate.custody != Custody::ClientSide || option.candidate.today {
        return None;
    }
    let reads = |c: &flagstate_estate::class::ClassTotals| {
        let capability = world.services.capabilities.get(c.class.capability.as_ref()?)?;
        let clear = capability.processing.as_deref() == Some("in_clear")
            && c.holding_data > 0
            && c.class.custody != Some(Custody::ClientSide);
        clear.then(|| capability.name.clone())
    };
    let first = seen.classes.iter().find_map(reads)?;
    Some(GateReading {
        requirement: "project:works".to_owned(),
        text: world.tell("own_demand", [("what", "@demand_works".to_owned())]),
        clause: world.tell("clause_works", []).text,
        hard: true,
        verdict: Verdict::NotMet,
        because: vec![world.tell("reads_clear_text", [("capability", first)])],
        ask: Vec::new(),
    })
}

/// Harms that remain, H1 to H5.
pub(crate) fn residual(world: &World<'_>, demands: &Demands<'_>, option: &Option_) -> Vec<ResidualHarm> {
    let home = &world.setting.home;
    ALL.into_iter()
        .map(|harm| {
            let reaches: Vec<_> = option
                .parts
                .iter()
                .filter_map(|p| p.harms.get(&harm))
                .flatten()
                .filter(|r| !home.contains(&r.jurisdiction))
                .collect();
            let verdict = reaches.iter().map(|r| r.verdict).max().unwrap_or(HarmVerdict::Cut);
            let strongest = || reaches.iter().filter(|r| r.verdict == verdict && verdict != HarmVerdict::Cut);
            let powers: BTreeSet<String> = strongest().map(|r| r.instrument.clone()).collect();
            let states: BTreeSet<String> = strongest().map(|r| r.jurisdiction.clone()).collect();
            let premise = strongest().find_map(|r| r.premise.as_ref());
            ResidualHarm {
                harm,
                verdict,
                counts: demands.harms.contains(&harm),
                powers: powers.into_iter().take(POWERS).collect(),
                jurisdictions: states.into_iter().collect(),
                visibility: strongest().map(|r| r.visibility).max().unwrap_or(Visibility::Visible),
                premise: premise.map(|p| world.tell("premise", [("text", p.text.clone())]).on([p.id.clone()])),
            }
        })
        .collect()
}
