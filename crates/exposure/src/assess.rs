//! From an estate to an assessment: reasoning runs once per class, workloads only sum up.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Catalog, Date, Harm, InstrumentKind};
use flagstate_estate::{
    Custody, Estate, Money, Processing, Workload,
    class::{self, Class, ClassTotals},
    config::Project,
};

use crate::{
    answer::{Answer, Ground, Question},
    assessment::{Assessment, ClassAnswer, Contradiction, Unknown},
    explain::Stage,
    summary,
    transfer::{self, Transfer},
    verdict::HarmVerdict,
};

/// Everything an assessment needs beside the estate.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Date of the judgement.
    pub as_of: Date,
    /// Home jurisdictions.
    pub home: Vec<String>,
    /// Assumptions already applied to the catalog, for the record.
    pub assumed: Vec<String>,
}

/// How a class was judged: what its resources share.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Key {
    pub(crate) offering: Option<String>,
    pub(crate) contracting: Option<String>,
    pub(crate) hosts: Vec<String>,
    pub(crate) also: Vec<String>,
    pub(crate) processing: Processing,
    pub(crate) service: Option<String>,
}

/// A key's judgement: one answer per instrument.
#[derive(Debug)]
pub(crate) struct Judged {
    pub(crate) answers: Vec<Answer>,
    pub(crate) transfer: Option<Transfer>,
    pub(crate) acting: Vec<String>,
    /// Worst foreign verdict per harm.
    pub(crate) foreign: BTreeMap<Harm, HarmVerdict>,
}

/// A class, its key, and what had to be assumed.
#[derive(Debug)]
pub(crate) struct Classified {
    pub(crate) totals: ClassTotals,
    pub(crate) key: Key,
    pub(crate) assumptions: Vec<String>,
}

/// Instruments that can do harm by compelling or cutting off.
pub(crate) fn acting_instruments(catalog: &Catalog) -> Vec<&flagstate_catalog::Instrument> {
    catalog
        .instruments
        .values()
        .filter(|i| matches!(i.kind, InstrumentKind::Compulsion | InstrumentKind::ServiceCutoff))
        .filter(|i| !i.harms.is_empty())
        .collect()
}

/// Judges an estate whose workloads were assigned with [`flagstate_estate::workload::assign`].
pub fn assess(
    catalog: &Catalog,
    estate: &Estate,
    workloads: &[Workload],
    project: &Project,
    settings: &Settings,
) -> Assessment {
    let judge = Judge { catalog, project, settings };
    let mut judged: BTreeMap<Key, Judged> = BTreeMap::new();
    let mut per_workload: Vec<Vec<Classified>> = Vec::new();
    for list in class::collapse(estate, workloads) {
        let mut classes = Vec::new();
        for totals in list {
            let (key, assumptions) = judge.key(&totals.class);
            judged.entry(key.clone()).or_insert_with_key(|k| judge.judge(k));
            classes.push(Classified { totals, key, assumptions });
        }
        per_workload.push(classes);
    }
    let classes = class_answers(&per_workload, &judged);
    let index: BTreeMap<(Key, Option<String>), usize> =
        classes.iter().enumerate().map(|(i, (k, _))| (k.clone(), i)).collect();
    let answers: Vec<_> = workloads
        .iter()
        .zip(&per_workload)
        .map(|(w, c)| {
            let mut answer = summary::workload(catalog, estate, w, c, &judged, project, settings);
            let positions: BTreeSet<usize> = c
                .iter()
                .filter_map(|c| index.get(&(c.key.clone(), c.totals.class.capability.clone())).copied())
                .collect();
            answer.classes = positions.into_iter().collect();
            answer
        })
        .collect();
    let mut cost = Money::default();
    for r in &estate.resources {
        cost.add_all(&r.cost);
    }
    Assessment {
        organisation: project.organisation.name.clone(),
        as_of: settings.as_of,
        control_test: project.control_test,
        home: settings.home.clone(),
        catalog_digest: catalog.digest(),
        assumed: settings.assumed.clone(),
        inputs: estate.inputs.clone(),
        resources: estate.resources.len() as u64,
        in_several_inputs: estate.in_several_inputs,
        cost,
        workloads: answers,
        classes: classes.into_values().collect(),
        unknowns: unknowns(estate),
        contradictions: contradictions(estate),
        ground: ground(judged.values()),
        outside_chains: catalog
            .instruments
            .values()
            .filter(|i| i.kind == InstrumentKind::CollectionWithoutProvider)
            .map(|i| i.id.clone())
            .collect(),
    }
}

struct Judge<'a> {
    catalog: &'a Catalog,
    project: &'a Project,
    settings: &'a Settings,
}

impl Judge<'_> {
    /// What a class is judged by, with the assumptions made in the cautious direction.
    fn key(&self, class: &Class) -> (Key, Vec<String>) {
        let mut assumptions = Vec::new();
        let mut also: BTreeSet<String> = class.safeguards.clone();
        if let Some(offering) = &class.offering {
            match class.custody {
                None => assumptions.push("key custody is not shown: assumed that the provider holds the key".into()),
                Some(custody) => match self.custody_safeguard(offering, custody) {
                    Ok(id) => also.extend(id),
                    Err(why) => assumptions.push(why),
                },
            }
        }
        let client_side = class.custody == Some(Custody::ClientSide);
        let processing = class.processing.unwrap_or(if client_side {
            assumptions.push("encrypted by the customer before upload: assumed to be stored only".into());
            Processing::AtRest
        } else {
            assumptions.push("processing is not shown: assumed that the provider processes clear text".into());
            Processing::InClear
        });
        let key = Key {
            offering: class.offering.clone(),
            contracting: class.contracting_entity.as_ref().and_then(|n| self.entity(n, &mut assumptions)),
            hosts: class.host_provider.iter().filter(|h| class.provider.as_ref() != Some(h)).cloned().collect(),
            also: also.into_iter().collect(),
            processing,
            service: class.capability.clone().filter(|c| self.has_attributes_of_its_own(c)),
        };
        (key, assumptions)
    }

    /// True when some safeguard says something about this service alone; otherwise the service does not matter.
    fn has_attributes_of_its_own(&self, service: &str) -> bool {
        self.catalog.safeguards.values().any(|s| s.attributes_by_service.contains_key(service))
    }

    /// The safeguard that a custody stands for, where the offering has it.
    fn custody_safeguard(&self, offering: &str, custody: Custody) -> Result<Option<String>, String> {
        let word = match custody {
            Custody::Provider => return Ok(None),
            Custody::CustomerKeyInProviderHsm => "customer_key_in_provider_hsm",
            Custody::ExternalKeyStore => "external_key_store",
            Custody::ClientSide => "client_side",
        };
        let fits = |id: &&String| self.catalog.safeguards.get(*id).is_some_and(|s| s.custody.as_deref() == Some(word));
        let offered = self.catalog.offerings.get(offering).and_then(|o| {
            let lists = o.available.iter().chain(&o.built_in);
            lists.filter(fits).min().cloned()
        });
        // Encrypting before upload needs nothing from the provider.
        let own = || {
            (custody == Custody::ClientSide)
                .then(|| self.catalog.safeguards.keys().filter(fits).min().cloned())
                .flatten()
        };
        match offered.or_else(own) {
            Some(id) => Ok(Some(id)),
            None => Err(format!(
                "the inventory shows {}, which the catalog does not list for {offering}: not credited",
                word.replace('_', " ")
            )),
        }
    }

    /// Entity id for a name on a bill.
    fn entity(&self, name: &str, assumptions: &mut Vec<String>) -> Option<String> {
        let folded = flagstate_catalog::services::fold(name);
        let found = self.catalog.entities.values().find(|e| {
            e.id == name
                || flagstate_catalog::services::fold(&e.name) == folded
                || e.aliases.iter().any(|a| flagstate_catalog::services::fold(a) == folded)
        });
        if found.is_none() {
            assumptions.push(format!("the bill names `{name}`, which the catalog does not know: left out"));
        }
        found.map(|e| e.id.clone())
    }

    fn question(&self, key: &Key, instrument: &str) -> Question {
        Question {
            also: key.also.clone(),
            processing: key.processing,
            service: key.service.clone(),
            control_test: self.project.control_test,
            home: self.settings.home.clone(),
            contracting_entity: key.contracting.clone(),
            hosted_on: key.hosts.clone(),
            ..Question::new(key.offering.clone().unwrap_or_default(), instrument, self.settings.as_of)
        }
    }

    fn judge(&self, key: &Key) -> Judged {
        if key.offering.as_ref().is_none_or(|o| !self.catalog.offerings.contains_key(o)) {
            return Judged {
                answers: Vec::new(),
                transfer: None,
                acting: Vec::new(),
                foreign: foreign_harms(self.catalog, &[], &self.settings.home),
            };
        }
        let q = self.question(key, "");
        let stage = Stage::new(self.catalog, &q);
        let answers = acting_instruments(self.catalog)
            .into_iter()
            .map(|i| {
                let q = Question { instrument: i.id.clone(), ..q.clone() };
                stage.answer_one(i, &q)
            })
            .collect::<Vec<_>>();
        let acting = stage.applied_ids().to_vec();
        let basis = answers
            .first()
            .and_then(|a| a.attributes.get("A6"))
            .map(|a| (a.value.clone(), a.because.clone()))
            .unwrap_or_default();
        let operator = self.catalog.offerings.get(&q.offering).and_then(|o| o.operator_entity.as_deref());
        let transfer = transfer::judge(self.catalog, &q, operator, &stage.upward(), basis, &acting);
        let foreign = foreign_harms(self.catalog, &answers, &self.settings.home);
        Judged { answers, transfer: Some(transfer), acting, foreign }
    }
}

/// Classes over the whole estate, by key and capability.
fn class_answers(
    per_workload: &[Vec<Classified>],
    judged: &BTreeMap<Key, Judged>,
) -> BTreeMap<(Key, Option<String>), ClassAnswer> {
    let mut answers: BTreeMap<(Key, Option<String>), ClassAnswer> = BTreeMap::new();
    for c in per_workload.iter().flatten() {
        let class = &c.totals.class;
        let slot = answers.entry((c.key.clone(), class.capability.clone())).or_insert_with(|| {
            let judged = judged.get(&c.key);
            ClassAnswer {
                offering: class.offering.clone(),
                provider: class.provider.clone(),
                capability: class.capability.clone(),
                safeguards: judged.map(|j| j.acting.clone()).unwrap_or_default(),
                processing: c.key.processing,
                contracting_entity: c.key.contracting.clone(),
                resources: 0,
                cost: Money::default(),
                harms: judged.map(|j| j.foreign.clone()).unwrap_or_default(),
            }
        });
        slot.resources += c.totals.resources;
        slot.cost.add_all(&c.totals.cost);
    }
    answers
}

/// Worst foreign verdict per harm; unknown for what could not be judged.
fn foreign_harms(catalog: &Catalog, answers: &[Answer], home: &[String]) -> BTreeMap<Harm, HarmVerdict> {
    let mut harms = BTreeMap::new();
    let empty = answers.is_empty();
    for instrument in acting_instruments(catalog) {
        if home.contains(&instrument.issuing_jurisdiction) {
            continue;
        }
        for harm in &instrument.harms {
            let verdict = if empty {
                HarmVerdict::Unknown
            } else {
                answers
                    .iter()
                    .find(|a| a.instrument == instrument.id)
                    .and_then(|a| a.harms.get(harm))
                    .map_or(HarmVerdict::Cut, |h| h.verdict)
            };
            let slot = harms.entry(*harm).or_insert(HarmVerdict::Cut);
            *slot = verdict.max(*slot);
        }
    }
    harms
}

fn unknowns(estate: &Estate) -> Vec<Unknown> {
    use flagstate_estate::UnknownReason as U;
    let mut map: BTreeMap<(String, String, bool), (u64, Money)> = BTreeMap::new();
    for r in &estate.resources {
        for reason in &r.unknown {
            let name = match reason {
                U::Provider => r.provider.as_ref().map(ToString::to_string),
                U::Type => r.resource_type.as_ref().map(ToString::to_string),
                U::Service => r.service.as_ref().map(ToString::to_string),
                U::Region | U::AmbiguousRegion | U::Offering => {
                    let region = r.region.as_deref().unwrap_or("(no region stated)");
                    Some(r.provider.as_ref().map_or_else(|| region.to_owned(), |p| format!("{p}: {region}")))
                }
            };
            let name = name.unwrap_or_else(|| "(not named)".into());
            let slot = map.entry((reason.text().to_owned(), name, r.offering.is_none())).or_default();
            slot.0 += 1;
            slot.1.add_all(&r.cost);
        }
    }
    map.into_iter()
        .map(|((reason, name, blocks_verdict), (resources, cost))| Unknown {
            reason,
            name,
            resources,
            cost,
            blocks_verdict,
        })
        .collect()
}

fn contradictions(estate: &Estate) -> Vec<Contradiction> {
    estate
        .resources
        .iter()
        .flat_map(|r| {
            r.contradictions.iter().map(|(field, values)| Contradiction {
                resource: r.id.to_string(),
                field: field.clone(),
                values: values.clone(),
            })
        })
        .collect()
}

fn ground<'j>(judged: impl Iterator<Item = &'j Judged>) -> Ground {
    let mut oldest: Option<(Date, String)> = None;
    let (mut weak, mut undated) = (BTreeSet::new(), BTreeSet::new());
    for answer in judged.flat_map(|j| &j.answers) {
        let open = answer.harms.values().any(|h| h.verdict != HarmVerdict::Cut);
        if !open {
            continue;
        }
        if let Some((id, date)) = &answer.ground.oldest_fact {
            let this = (*date, id.clone());
            oldest = Some(oldest.map_or(this.clone(), |old| old.min(this)));
        }
        weak.extend(answer.ground.weak_facts.iter().cloned());
        undated.extend(answer.ground.undated_facts.iter().cloned());
    }
    Ground {
        oldest_fact: oldest.map(|(d, id)| (id, d)),
        weak_facts: weak.into_iter().collect(),
        undated_facts: undated.into_iter().collect(),
    }
}
