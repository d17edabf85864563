//! GLEIF records into entities, edges and exceptions.
//!
//! One path for all forms: flat JSON, GLEIF's own JSON, XML in the same shape, answers of the API, rows of CSV. Of
//! several versions of a record the one updated last counts, whatever their order; a deletion takes an older one away.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Contact, ContactKind, ControlKind, Date, Edge, Entity};
use serde_json::Value;

use super::{Ownership, ReportingException, edges::edge, value};

/// A Level 1 record.
#[derive(Debug, Default)]
pub(crate) struct Company {
    pub(crate) lei: String,
    pub(crate) name: Option<String>,
    pub(crate) other_names: Vec<String>,
    pub(crate) jurisdiction: Option<String>,
    pub(crate) legal_country: Option<String>,
    pub(crate) headquarters: Option<String>,
    pub(crate) category: Option<String>,
    pub(crate) status: Option<String>,
    pub(crate) registration: Option<String>,
    pub(crate) updated: Option<String>,
    pub(crate) deleted: bool,
}

/// A Level 2 relationship: `child` is consolidated by, managed by, or part of `parent`.
#[derive(Debug, Default)]
pub(crate) struct Relation {
    pub(crate) child: String,
    pub(crate) parent: String,
    pub(crate) kind: String,
    pub(crate) status: Option<String>,
    pub(crate) registration: Option<String>,
    pub(crate) from: Option<String>,
    pub(crate) to: Option<String>,
    pub(crate) updated: Option<String>,
    pub(crate) deleted: bool,
}

/// One record of any file.
#[derive(Debug)]
pub(crate) enum Record {
    Company(Company),
    Relation(Relation),
    Exception(ReportingException),
}

/// When a version of a record was written; without an instant it counts as older than any with one.
type Version = Option<jiff::Timestamp>;

fn version(updated: Option<&String>) -> Version {
    updated.and_then(|u| u.parse().ok())
}

/// What has been read so far. `None` stands for a record that was deleted.
#[derive(Debug)]
pub(crate) struct Store<'n> {
    near: Option<&'n BTreeSet<String>>,
    companies: BTreeMap<String, (Version, Option<Entity>)>,
    /// By the id of the fact that the edge will cite.
    relations: BTreeMap<String, (Version, Option<Edge>)>,
    out: Ownership,
}

/// True for a JSON value that is a GLEIF record of any form.
pub(crate) fn is_record(v: &Value) -> bool {
    matches!(record(v), Ok(Some(_)))
}

impl<'n> Store<'n> {
    pub(crate) fn new(near: Option<&'n BTreeSet<String>>) -> Self {
        Self {
            near,
            companies: BTreeMap::new(),
            relations: BTreeMap::new(),
            out: Ownership { format: "GLEIF", ..Ownership::default() },
        }
    }

    pub(crate) fn note(&mut self, text: String) {
        self.out.notes.push(text);
    }

    /// Takes a record as a value; the error says what is missing from it.
    pub(crate) fn take_value(&mut self, v: &Value) -> Result<(), String> {
        match record(v)? {
            Some(r) => self.take(r),
            None => return Err("it is not a GLEIF record".into()),
        }
        Ok(())
    }

    pub(crate) fn take(&mut self, record: Record) {
        self.out.rows += 1;
        match record {
            Record::Company(c) => self.company(c),
            Record::Relation(r) => self.relation(&r),
            Record::Exception(e) => self.exception(e),
        }
    }

    fn is_near(&self, lei: &str) -> bool {
        self.near.is_none_or(|set| set.contains(lei))
    }

    fn company(&mut self, c: Company) {
        if !value::is_lei(&c.lei) {
            return self.out.ignore("no LEI");
        }
        if !self.is_near(&c.lei) {
            return self.out.ignore("not near the entities asked for");
        }
        if let Some(word @ ("DUPLICATE" | "ANNULLED" | "CANCELLED")) = c.registration.as_deref() {
            return self.out.ignore(format!("registration {}", word.to_lowercase()));
        }
        let version = version(c.updated.as_ref());
        let key = c.lei.clone();
        let new = (!c.deleted).then(|| entity(c));
        place(&mut self.companies, &mut self.out, key, version, new);
    }

    fn relation(&mut self, r: &Relation) {
        if !value::is_lei(&r.child) || !value::is_lei(&r.parent) {
            return self.out.ignore("a node without an LEI");
        }
        if !self.is_near(&r.child) && !self.is_near(&r.parent) {
            return self.out.ignore("not near the entities asked for");
        }
        if let Some(word @ ("DUPLICATE" | "ANNULLED")) = r.registration.as_deref() {
            return self.out.ignore(format!("registration {}", word.to_lowercase()));
        }
        let from = r.from.as_deref().and_then(value::day);
        let to = r.to.as_deref().and_then(value::day);
        let kind = match r.kind.as_str() {
            "IS_DIRECTLY_CONSOLIDATED_BY" | "IS_ULTIMATELY_CONSOLIDATED_BY" => (ControlKind::Equity, true),
            "IS_INTERNATIONAL_BRANCH_OF" => (ControlKind::Equity, false),
            "IS_FUND-MANAGED_BY" => (ControlKind::Contract, false),
            other => return self.out.ignore(format!("{other}: says nothing about control")),
        };
        if r.status.as_deref().is_some_and(|s| s != "ACTIVE") && to.is_none() && !r.deleted {
            return self.out.ignore("no longer active, without the day it ended");
        }
        let new = (!r.deleted).then(|| Edge {
            consolidation_only: kind.1,
            ..edge(format!("lei:{}", r.parent), format!("lei:{}", r.child), kind.0, (from, to), String::new())
        });
        let key = format!("gleif:{}:{}:{}", r.child, r.kind, r.parent);
        place(&mut self.relations, &mut self.out, key, version(r.updated.as_ref()), new);
    }

    fn exception(&mut self, e: ReportingException) {
        if !value::is_lei(&e.lei) {
            return self.out.ignore("no LEI");
        }
        if !self.is_near(&e.lei) {
            return self.out.ignore("not near the entities asked for");
        }
        self.out.exceptions.push(e);
    }

    pub(crate) fn finish(self) -> Ownership {
        let mut out = self.out;
        out.entities = self.companies.into_values().filter_map(|(_, e)| e).collect();
        let cited = |(fact, (_, e)): (String, (Version, Option<Edge>))| Some(Edge { fact: Some(fact), ..e? });
        out.edges = self.relations.into_iter().filter_map(cited).collect();
        out.taken = [out.entities.len(), out.edges.len(), out.exceptions.len()]
            .into_iter()
            .filter_map(|n| u64::try_from(n).ok())
            .sum();
        let consolidation = out.edges.iter().filter(|e| e.consolidation_only).count();
        if consolidation > 0 {
            out.notes.push(format!("{consolidation} relationships are accounting consolidation: shown, not control"));
        }
        out
    }
}

/// Keeps the version written last; the other one is counted.
fn place<K: Ord, T>(
    slots: &mut BTreeMap<K, (Version, Option<T>)>,
    out: &mut Ownership,
    key: K,
    version: Version,
    new: Option<T>,
) {
    let deletion = new.is_none();
    match slots.get_mut(&key) {
        Some((old, _)) if *old > version => out.ignore(if deletion { "deleted" } else { "superseded" }),
        Some(slot) => {
            if deletion {
                out.ignore("deleted");
            }
            // The older one leaves the books as well, unless it was a deletion and is counted already.
            if slot.1.is_some() {
                out.ignore("superseded");
            }
            *slot = (version, new);
        }
        None => {
            if deletion {
                out.ignore("deleted");
            }
            slots.insert(key, (version, new));
        }
    }
}

fn entity(c: Company) -> Entity {
    let seat = c.jurisdiction.as_deref().and_then(value::country);
    let seat = seat.or_else(|| c.legal_country.as_deref().and_then(value::country));
    let as_of = c.updated.as_deref().and_then(value::day);
    let mut caveats = Vec::new();
    if c.status.as_deref() == Some("INACTIVE") {
        caveats.push("no longer active in the register".to_owned());
    }
    if let Some(word @ ("LAPSED" | "RETIRED" | "MERGED")) = c.registration.as_deref() {
        caveats.push(format!("LEI registration {}", word.to_lowercase()));
    }
    Entity {
        id: format!("lei:{}", c.lei),
        name: c.name.unwrap_or_else(|| c.lei.clone()),
        contacts: elsewhere(seat.as_deref(), c.headquarters.as_deref(), as_of),
        country: seat,
        kind: c.category.map(|w| w.to_lowercase()),
        lei: Some(c.lei),
        aliases: c.other_names,
        caveat: (!caveats.is_empty()).then(|| caveats.join("; ")),
    }
}

/// Headquarters in another state than the seat are sites there.
pub(crate) fn elsewhere(seat: Option<&str>, place: Option<&str>, as_of: Option<Date>) -> Vec<Contact> {
    place
        .and_then(value::country)
        .filter(|c| Some(c.as_str()) != seat)
        .map(|jurisdiction| Contact { jurisdiction, kind: ContactKind::Business, fact: None, as_of })
        .into_iter()
        .collect()
}

/// A value as a record; none when it has the shape of no record, an error when it lacks what its kind must have.
fn record(v: &Value) -> Result<Option<Record>, String> {
    if let Some(attributes) = v.get("attributes") {
        return of_api(v, attributes);
    }
    let inner = ["LEIRecord", "RelationshipRecord", "Exception"].iter().find_map(|k| v.get(k)).unwrap_or(v);
    if inner.get("Relationship").is_some() {
        return relation(inner).map(|r| Some(Record::Relation(r)));
    }
    let Some(lei) = value::text(inner, &["LEI"]) else { return Ok(None) };
    if inner.get("Entity").is_some() {
        return Ok(Some(Record::Company(company(inner, lei))));
    }
    let Some(category) = value::text(inner, &["ExceptionCategory"]) else { return Ok(None) };
    let reasons = value::texts(inner.get("ExceptionReason"), "ExceptionReason");
    Ok(Some(Record::Exception(ReportingException { lei, category, reasons })))
}

fn deleted(v: &Value) -> bool {
    value::text(v, &["Extension", "Deletion", "DeletedAt"]).is_some()
}

fn company(v: &Value, lei: String) -> Company {
    let names = |outer: &str, inner: &str| value::texts(value::at(v, &["Entity", outer]), inner);
    let mut other_names = names("OtherEntityNames", "OtherEntityName");
    other_names.extend(names("TransliteratedOtherEntityNames", "TransliteratedOtherEntityName"));
    Company {
        lei,
        name: value::text(v, &["Entity", "LegalName"]),
        other_names,
        jurisdiction: value::text(v, &["Entity", "LegalJurisdiction"]),
        legal_country: value::text(v, &["Entity", "LegalAddress", "Country"]),
        headquarters: value::text(v, &["Entity", "HeadquartersAddress", "Country"]),
        category: value::text(v, &["Entity", "EntityCategory"]),
        status: value::text(v, &["Entity", "EntityStatus"]),
        registration: value::text(v, &["Registration", "RegistrationStatus"]),
        updated: value::text(v, &["Registration", "LastUpdateDate"]),
        deleted: deleted(v),
    }
}

fn relation(v: &Value) -> Result<Relation, String> {
    let must = |path: &[&str]| value::text(v, path).ok_or_else(|| format!("`{}` is missing", path.join(".")));
    let periods = value::list(value::at(v, &["Relationship", "RelationshipPeriods"]), "RelationshipPeriod");
    let own = periods.into_iter().find(|p| value::text(p, &["PeriodType"]).as_deref() == Some("RELATIONSHIP_PERIOD"));
    Ok(Relation {
        child: must(&["Relationship", "StartNode", "NodeID"])?,
        parent: must(&["Relationship", "EndNode", "NodeID"])?,
        kind: must(&["Relationship", "RelationshipType"])?,
        status: value::text(v, &["Relationship", "RelationshipStatus"]),
        registration: value::text(v, &["Registration", "RegistrationStatus"]),
        from: own.and_then(|p| value::text(p, &["StartDate"])),
        to: own.and_then(|p| value::text(p, &["EndDate"])),
        updated: value::text(v, &["Registration", "LastUpdateDate"]),
        deleted: deleted(v),
    })
}

/// A record of the public API, which has names and nesting of its own.
fn of_api(v: &Value, a: &Value) -> Result<Option<Record>, String> {
    let must = |path: &[&str]| value::text(a, path).ok_or_else(|| format!("`{}` is missing", path.join(".")));
    Ok(match value::text(v, &["type"]).as_deref() {
        Some("lei-records") => {
            let mut other_names = value::texts(value::at(a, &["entity", "otherNames"]), "name");
            other_names.extend(value::texts(value::at(a, &["entity", "transliteratedOtherNames"]), "name"));
            Some(Record::Company(Company {
                lei: must(&["lei"])?,
                name: value::text(a, &["entity", "legalName", "name"]),
                other_names,
                jurisdiction: value::text(a, &["entity", "jurisdiction"]),
                legal_country: value::text(a, &["entity", "legalAddress", "country"]),
                headquarters: value::text(a, &["entity", "headquartersAddress", "country"]),
                category: value::text(a, &["entity", "category"]),
                status: value::text(a, &["entity", "status"]),
                registration: value::text(a, &["registration", "status"]),
                updated: value::text(a, &["registration", "lastUpdateDate"]),
                deleted: false,
            }))
        }
        Some("relationship-records") => {
            let periods = value::list(value::at(a, &["relationship", "periods"]), "period");
            let own = periods.into_iter().find(|p| value::text(p, &["type"]).as_deref() == Some("RELATIONSHIP_PERIOD"));
            Some(Record::Relation(Relation {
                child: must(&["relationship", "startNode", "id"])?,
                parent: must(&["relationship", "endNode", "id"])?,
                kind: must(&["relationship", "type"])?,
                status: value::text(a, &["relationship", "status"]),
                registration: value::text(a, &["registration", "status"]),
                from: own.and_then(|p| value::text(p, &["startDate"])),
                to: own.and_then(|p| value::text(p, &["endDate"])),
                updated: value::text(a, &["registration", "lastUpdateDate"]),
                deleted: value::text(a, &["extension", "deletedAt"]).is_some(),
            }))
        }
        Some("reporting-exceptions") => Some(Record::Exception(ReportingException {
            lei: must(&["lei"])?,
            category: must(&["category"])?,
            reasons: value::texts(a.get("reason"), "reason"),
        })),
        _ => None,
    })
}
