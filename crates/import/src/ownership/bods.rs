//! BODS 0.4 statements into entities and edges.
//!
//! Statements about the same record supersede each other: the one of the latest date counts (of one date, the later in
//! the file). A closed record keeps its edges up to the day they ended, so that past dates answer as they were. Of
//! persons only the name, the country and the nationality are taken.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::{Edge, Entity};
use serde_json::Value;

use super::{
    Ownership,
    bods_interest::{Hold, hold},
    edges::edge,
    gleif::elsewhere,
    value,
};

/// Longest text of an annotation that is shown.
const MAX_NOTE: usize = 300;

/// Annotations shown; the others are counted.
const MAX_NOTES: usize = 100;

/// A statement as far as it matters.
#[derive(Debug)]
struct Statement {
    id: String,
    date: String,
    closed: bool,
    details: Details,
}

#[derive(Debug)]
enum Details {
    /// The entity without its final id.
    Entity(Box<Entity>),
    Relationship {
        subject: Option<String>,
        party: Result<String, String>,
        holds: Vec<Hold>,
        without: Vec<String>,
    },
}

/// All statements read so far, the standing one per record.
#[derive(Debug, Default)]
pub(crate) struct Statements {
    /// Record id -> statement. Two kinds of record may not share an id, so the kind is part of the key.
    records: BTreeMap<(bool, String), Statement>,
    notes_left_out: u64,
    out: Ownership,
}

impl Statements {
    /// Takes one statement; the error says what is wrong with it.
    pub(crate) fn take(&mut self, v: &Value) -> Result<(), String> {
        let must = |key: &str| value::text(v, &[key]).ok_or_else(|| format!("`{key}` is missing"));
        let record = must("recordId")?;
        let id = must("statementId")?;
        let kind = must("recordType")?;
        let date = value::text(v, &["statementDate"])
            .or_else(|| value::text(v, &["publicationDetails", "publicationDate"]))
            .unwrap_or_default();
        let details = v.get("recordDetails").unwrap_or(&Value::Null);
        self.annotations(v, &id);
        self.out.rows += 1;
        let details = match kind.as_str() {
            "entity" => Details::Entity(Box::new(entity(&record, details, &date))),
            "person" => Details::Entity(Box::new(person(&record, details))),
            "relationship" => relationship(details),
            other => return Err(format!("`recordType` is `{other}`; known are entity, person and relationship")),
        };
        let closed = value::text(v, &["recordStatus"]).as_deref() == Some("closed");
        let key = (matches!(details, Details::Relationship { .. }), record);
        let new = Statement { id, date, closed, details };
        match self.records.get_mut(&key) {
            Some(old) => {
                self.out.ignore("superseded by a later statement");
                if new.date >= old.date {
                    *old = new;
                }
            }
            None => {
                self.records.insert(key, new);
            }
        }
        Ok(())
    }

    fn annotations(&mut self, v: &Value, id: &str) {
        for note in value::list(v.get("annotations"), "annotation") {
            if self.out.notes.len() >= MAX_NOTES {
                self.notes_left_out += 1;
                continue;
            }
            let motivation = value::text(note, &["motivation"]).unwrap_or_else(|| "annotation".into());
            let words = value::text(note, &["description"]).or_else(|| value::text(note, &["url"])).unwrap_or_default();
            let words: String = words.chars().take(MAX_NOTE).collect();
            self.out.notes.push(format!("statement {id}: {motivation}: {words}"));
        }
    }

    pub(crate) fn finish(self) -> Ownership {
        let mut out = self.out;
        out.format = "BODS";
        if self.notes_left_out > 0 {
            out.notes.push(format!("{} more annotations are in the file", self.notes_left_out));
        }
        let mut ids: BTreeMap<String, String> = BTreeMap::new();
        let mut relationships = Vec::new();
        let mut seen: BTreeSet<String> = BTreeSet::new();
        for ((_, record), statement) in self.records {
            match statement.details {
                Details::Entity(mut entity) => {
                    if statement.closed {
                        let day: String = statement.date.chars().take(10).collect();
                        let words = format!("record closed on {day}");
                        entity.caveat = Some(entity.caveat.map_or_else(|| words.clone(), |c| format!("{c}; {words}")));
                    }
                    ids.insert(record, entity.id.clone());
                    if seen.insert(entity.id.clone()) {
                        out.taken += 1;
                        out.entities.push(*entity);
                    } else {
                        out.ignore("the same LEI again");
                    }
                }
                Details::Relationship { .. } => relationships.push(statement),
            }
        }
        let mut without: BTreeMap<String, u64> = BTreeMap::new();
        for statement in &relationships {
            edges_of(&mut out, statement, &ids, &mut without);
        }
        for (word, count) in without {
            out.notes.push(format!("{count} interests left out because they state no control: {word}"));
        }
        let absent = out.edges.iter().filter(|e| !seen.contains(&e.owner) || !seen.contains(&e.owned)).count();
        if absent > 0 {
            out.notes.push(format!("{absent} edges name a record that the file does not describe"));
        }
        out
    }
}

fn edges_of(
    out: &mut Ownership,
    statement: &Statement,
    ids: &BTreeMap<String, String>,
    without: &mut BTreeMap<String, u64>,
) {
    let Details::Relationship { subject, party, holds, without: words } = &statement.details else { return };
    for word in words {
        *without.entry(word.clone()).or_default() += 1;
    }
    let Some(subject) = subject else { return out.ignore("the subject is not named") };
    let party = match party {
        Ok(party) => party,
        Err(reason) => return out.ignore(format!("the interested party is not named: {reason}")),
    };
    if holds.is_empty() {
        return out.ignore(if words.is_empty() { "no interests stated" } else { "no interest that gives control" });
    }
    let id = |record: &String| ids.get(record).cloned().unwrap_or_else(|| format!("bods:{record}"));
    out.taken += 1;
    for hold in holds {
        let closing = statement.closed.then(|| value::day(&statement.date)).flatten();
        let dates = (hold.from, hold.to.or(closing));
        let made = Edge {
            percent: hold.percent,
            status: hold.status,
            ..edge(id(party), id(subject), hold.kind, dates, format!("bods:{}", statement.id))
        };
        if !out.edges.iter().rev().take(holds.len()).any(|e| same(e, &made)) {
            out.edges.push(made);
        }
    }
}

/// Votes that only repeat the shares say nothing new.
fn same(a: &Edge, b: &Edge) -> bool {
    a.owner == b.owner
        && a.owned == b.owned
        && a.control_kind == b.control_kind
        && a.percent == b.percent
        && a.status == b.status
        && (a.valid_from, a.valid_to) == (b.valid_from, b.valid_to)
        && a.fact == b.fact
}

fn relationship(details: &Value) -> Details {
    let party = match details.get("interestedParty") {
        Some(Value::String(id)) => Ok(id.clone()),
        Some(other) => Err(value::text(other, &["reason"]).unwrap_or_else(|| "no reason given".into())),
        None => Err("no reason given".into()),
    };
    let mut holds = Vec::new();
    let mut without = Vec::new();
    for interest in value::list(details.get("interests"), "interest") {
        match hold(interest) {
            Ok(hold) => holds.push(hold),
            Err(word) => without.push(word),
        }
    }
    Details::Relationship { subject: value::text(details, &["subject"]), party, holds, without }
}

fn entity(record: &str, details: &Value, date: &str) -> Entity {
    let lei = value::list(details.get("identifiers"), "identifier")
        .into_iter()
        .filter(|i| value::text(i, &["scheme"]).as_deref() == Some("XI-LEI"))
        .find_map(|i| value::text(i, &["id"]))
        .filter(|id| value::is_lei(id));
    let address = |kind: &str| {
        value::list(details.get("addresses"), "address")
            .into_iter()
            .filter(|a| value::text(a, &["type"]).as_deref() == Some(kind))
            .find_map(|a| value::text(a, &["country", "code"]))
    };
    let seat = value::text(details, &["jurisdiction", "code"]).and_then(|c| value::country(&c));
    let seat = seat.or_else(|| address("registered").and_then(|c| value::country(&c)));
    Entity {
        id: lei.as_ref().map_or_else(|| format!("bods:{record}"), |l| format!("lei:{l}")),
        name: value::text(details, &["name"]).unwrap_or_else(|| "(not named)".into()),
        contacts: elsewhere(seat.as_deref(), address("business").as_deref(), value::day(date)),
        country: seat,
        kind: value::text(details, &["entityType", "type"]),
        lei,
        aliases: value::texts(details.get("alternateNames"), "name"),
        caveat: None,
    }
}

fn person(record: &str, details: &Value) -> Entity {
    let names = value::list(details.get("names"), "name");
    let legal = names.iter().find(|n| value::text(n, &["type"]).as_deref() == Some("legal")).or(names.first());
    let parts = |n: &&Value| {
        let parts: Vec<String> =
            ["givenName", "familyName"].iter().filter_map(|part| value::text(n, &[part])).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    let name = legal.and_then(|n| value::text(n, &["fullName"]).or_else(|| parts(n)));
    let residence = value::list(details.get("addresses"), "address")
        .into_iter()
        .filter(|a| value::text(a, &["type"]).as_deref() == Some("residence"))
        .find_map(|a| value::text(a, &["country", "code"]));
    let taxes: Vec<String> = value::list(details.get("taxResidencies"), "country")
        .into_iter()
        .filter_map(|c| value::text(c, &["code"]))
        .collect();
    let only_tax = match taxes.as_slice() {
        [one] => Some(one.clone()),
        _ => None,
    };
    let nationalities: Vec<String> = value::list(details.get("nationalities"), "country")
        .into_iter()
        .filter_map(|c| value::text(c, &["code"]))
        .collect();
    Entity {
        id: format!("bods:{record}"),
        name: name.unwrap_or_else(|| "(not named)".into()),
        country: residence.or(only_tax).and_then(|c| value::country(&c)),
        kind: Some("person".into()),
        lei: None,
        aliases: Vec::new(),
        contacts: Vec::new(),
        caveat: (!nationalities.is_empty()).then(|| format!("nationality {}", nationalities.join(", "))),
    }
}
