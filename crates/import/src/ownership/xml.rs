//! GLEIF XML as a stream of records, each turned into the shape that GLEIF's flat JSON has.

use std::io::BufReader;

use quick_xml::{Reader, escape::resolve_xml_entity, events::Event};
use serde_json::{Map, Value};

use super::{gleif, unknown};
use crate::{error::ImportError, source::Input};

/// Elements that are records.
const RECORDS: [&str; 3] = ["LEIRecord", "RelationshipRecord", "Exception"];

/// The header's number of records.
const COUNT: &str = "RecordCount";

/// Elements at the top of the three kinds of file.
const ROOTS: [&str; 3] = ["LEIData", "RelationshipData", "ReportingExceptionData"];

/// Deepest nesting; GLEIF's own is below ten.
const MAX_DEPTH: usize = 64;

/// An element whose end has not come yet.
#[derive(Default)]
struct Open {
    name: String,
    children: Map<String, Value>,
    text: String,
}

struct Walk<'a, 's, 'n> {
    input: &'a Input,
    store: &'s mut gleif::Store<'n>,
    open: Vec<Open>,
    /// Depth at which the current record began.
    record: Option<usize>,
    announced: Option<u64>,
    rows: u64,
    rooted: bool,
}

/// Reads a GLEIF XML file.
pub(crate) fn read(input: &Input, store: &mut gleif::Store<'_>) -> Result<(), ImportError> {
    let mut reader = Reader::from_reader(BufReader::with_capacity(1 << 20, input.text()?));
    let mut walk = Walk { input, store, open: Vec::new(), record: None, announced: None, rows: 0, rooted: false };
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer);
        let place = || format!("byte {}", reader.buffer_position());
        match event {
            Err(e) => return Err(input.malformed(place(), e.to_string())),
            Ok(Event::Eof) => break,
            Ok(event) => walk.event(&event, &place)?,
        }
    }
    if !walk.open.is_empty() || !walk.rooted {
        return Err(input.malformed("its end", "the file ends in the middle of a record"));
    }
    if let Some(announced) = walk.announced.filter(|n| *n != walk.rows) {
        let rows = walk.rows;
        walk.store.note(format!("the header announces {announced} records, the file holds {rows}: it is an extract"));
    }
    Ok(())
}

impl Walk<'_, '_, '_> {
    fn event(&mut self, event: &Event<'_>, place: &dyn Fn() -> String) -> Result<(), ImportError> {
        match event {
            Event::Start(e) => self.start(e.local_name().into_inner(), place)?,
            Event::Empty(e) => {
                self.start(e.local_name().into_inner(), place)?;
                self.end(place)?;
            }
            Event::End(_) => self.end(place)?,
            Event::Text(e) => self.text(&e.xml10_content()),
            Event::CData(e) => self.text(&e.xml10_content()),
            Event::GeneralRef(e) => {
                let known = match e.resolve_char_ref() {
                    Ok(Some(c)) => Some(c.to_string()),
                    _ => resolve_xml_entity(&e.xml10_content()).map(str::to_owned),
                };
                let Some(known) = known else {
                    return Err(self.input.malformed(place(), "an entity that XML does not define"));
                };
                self.text(&known);
            }
            Event::Decl(_) | Event::PI(_) | Event::Comment(_) | Event::DocType(_) | Event::Eof => {}
        }
        Ok(())
    }

    fn start(&mut self, name: &str, place: &dyn Fn() -> String) -> Result<(), ImportError> {
        if !self.rooted {
            if !ROOTS.contains(&name) {
                return Err(unknown(self.input));
            }
            self.rooted = true;
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(self.input.malformed(place(), format!("elements are nested deeper than {MAX_DEPTH}")));
        }
        if self.record.is_none() && RECORDS.contains(&name) {
            self.record = Some(self.open.len());
        }
        self.open.push(Open { name: name.to_owned(), ..Open::default() });
        Ok(())
    }

    fn text(&mut self, text: &str) {
        // Blanks between millions of records are not kept.
        if let Some(open) = self.open.last_mut().filter(|o| self.record.is_some() || o.name == COUNT) {
            open.text.push_str(text);
        }
    }

    fn end(&mut self, place: &dyn Fn() -> String) -> Result<(), ImportError> {
        let Some(done) = self.open.pop() else { return Ok(()) };
        let Some(began) = self.record else {
            if done.name == COUNT {
                self.announced = done.text.trim().parse().ok();
            }
            return Ok(());
        };
        let value = if done.children.is_empty() {
            Value::String(done.text.trim().to_owned())
        } else {
            Value::Object(done.children)
        };
        if self.open.len() == began {
            self.record = None;
            self.rows += 1;
            return self.store.take_value(&value).map_err(|problem| {
                self.input.malformed(format!("record {} (before {})", self.rows, place()), problem)
            });
        }
        if let Some(parent) = self.open.last_mut() {
            match parent.children.get_mut(&done.name) {
                Some(Value::Array(list)) => list.push(value),
                Some(one) => *one = Value::Array(vec![one.take(), value]),
                None => {
                    parent.children.insert(done.name, value);
                }
            }
        }
        Ok(())
    }
}
