//! JSON as a stream of records: an array, one record per line, or an object with the records under one key.

use std::{fmt, io::BufReader};

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use super::{Ownership, bods, gleif, unknown, value};
use crate::{error::ImportError, source::Input};

/// Keys under which files keep their records: the public API, GLEIF's golden copies, packages of statements.
const WRAPPERS: [&str; 5] = ["data", "records", "relations", "exceptions", "statements"];

/// Reads a JSON file: the first record says what all of them are.
pub(crate) fn read(input: &Input, store: gleif::Store<'_>) -> Result<Ownership, ImportError> {
    let mut taker = Taker { input, gleif: store, bods: bods::Statements::default(), rows: 0, kind: None, failed: None };
    let reader = BufReader::with_capacity(1 << 20, input.text()?);
    let mut json = serde_json::Deserializer::from_reader(reader);
    loop {
        let done = Top(&mut taker).deserialize(&mut json);
        if let Some(error) = taker.failed.take() {
            return Err(error);
        }
        done.map_err(|e| input.malformed(format!("line {} column {}", e.line(), e.column()), problem(&e)))?;
        if json.end().is_ok() {
            break;
        }
    }
    Ok(match taker.kind {
        Some(Kind::Bods) => taker.bods.finish(),
        _ => taker.gleif.finish(),
    })
}

fn problem(error: &serde_json::Error) -> String {
    if error.is_eof() { "the file ends in the middle of a record".into() } else { error.to_string() }
}

#[derive(Clone, Copy, Eq, PartialEq)]
enum Kind {
    Bods,
    Gleif,
}

struct Taker<'a, 'n> {
    input: &'a Input,
    gleif: gleif::Store<'n>,
    bods: bods::Statements,
    rows: u64,
    kind: Option<Kind>,
    failed: Option<ImportError>,
}

impl Taker<'_, '_> {
    fn take(&mut self, record: &Value) -> Result<(), ImportError> {
        self.rows += 1;
        let kind = match self.kind {
            Some(kind) => kind,
            None => self.recognise(record)?,
        };
        self.kind = Some(kind);
        let taken = match kind {
            Kind::Bods => self.bods.take(record),
            Kind::Gleif => self.gleif.take_value(record),
        };
        taken.map_err(|problem| self.input.malformed(format!("record {}", self.rows), problem))
    }

    fn recognise(&self, record: &Value) -> Result<Kind, ImportError> {
        let version = value::text(record, &["publicationDetails", "bodsVersion"]);
        if record.get("statementID").is_some() || version.as_deref().is_some_and(|v| !v.starts_with("0.4")) {
            let version = version.unwrap_or_else(|| "before 0.4".into());
            return Err(self
                .input
                .unusable(format!("it is BODS {version}; only BODS 0.4 is read: ask its publisher for that version")));
        }
        if record.get("statementId").is_some() && record.get("recordType").is_some() {
            return Ok(Kind::Bods);
        }
        if gleif::is_record(record) { Ok(Kind::Gleif) } else { Err(unknown(self.input)) }
    }

    /// What stands beside wrapped records: the API says whether there are more pages.
    fn beside(&mut self, rest: &Map<String, Value>) {
        let number = |key| rest.get("meta").and_then(|m| m.get("pagination")?.get(key)?.as_u64());
        if let (Some(to), Some(total)) = (number("to"), number("total"))
            && to < total
        {
            self.gleif.note(format!("the answer ends at record {to} of {total}; the other pages are not in this file"));
        }
    }
}

/// One value at the top of the file.
struct Top<'t, 'a, 'n>(&'t mut Taker<'a, 'n>);

impl<'de> DeserializeSeed<'de> for Top<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of records or a record")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while let Some(record) = list.next_element::<Value>()? {
            hand_over(self.0, &record)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut rest = Map::new();
        let mut wrapped = false;
        while let Some(key) = map.next_key::<String>()? {
            if WRAPPERS.contains(&key.as_str()) {
                wrapped = true;
                map.next_value_seed(Wrapped(self.0))?;
            } else if wrapped && key != "meta" {
                map.next_value::<IgnoredAny>()?;
            } else {
                rest.insert(key, map.next_value()?);
            }
        }
        if wrapped {
            self.0.beside(&rest);
            Ok(())
        } else {
            hand_over(self.0, &Value::Object(rest))
        }
    }
}

/// Records under a key: a list, or a single one.
struct Wrapped<'t, 'a, 'n>(&'t mut Taker<'a, 'n>);

impl<'de> DeserializeSeed<'de> for Wrapped<'_, '_, '_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Wrapped<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a record or an array of records")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<(), A::Error> {
        Top(self.0).visit_seq(list)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut record = Map::new();
        while let Some((key, value)) = map.next_entry()? {
            record.insert(key, value);
        }
        hand_over(self.0, &Value::Object(record))
    }
}

/// Gives one record to the taker and remembers why it failed, past the parser's own error type.
fn hand_over<E: serde::de::Error>(taker: &mut Taker<'_, '_>, record: &Value) -> Result<(), E> {
    taker.take(record).map_err(|error| {
        taker.failed = Some(error);
        E::custom("record refused")
    })
}
