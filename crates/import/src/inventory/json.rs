//! Reads JSON of any size record by record: one document or many, envelopes in envelopes, tables.
//!
//! What it is for: inventories differ in what they wrap around their records (pages, recorded calls, tables of columns
//! and rows). An importer names the keys that hold records; everything else about an envelope is small and is handed
//! over when the envelope ends. One record is in memory at a time.
//!
//! What it deliberately does not do: it never puts content of the file into an error, because records hold secrets.
//!
//! Spec: RFC 8259 (2017-12). Several documents in one file (NDJSON, pretty-printed or not) are read one after another.

use std::{
    fmt,
    io::{self, BufReader, Read},
    path::Path,
};

use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::{Map, Value, error::Category};

use crate::{Context, ImportError, Input, MAX_JSON_DEPTH};

/// A JSON object.
pub(crate) type Object = Map<String, Value>;

/// Bytes between two reports of progress.
const PROGRESS_STEP: u64 = 4 * 1024 * 1024;

/// Takes the records of a file.
pub(crate) trait Records {
    /// Keys that hold records or further envelopes.
    const INSIDE: &'static [&'static str];
    /// One record.
    fn record(&mut self, record: Object);
    /// A list element that is a text (some tools write each record as JSON in a string).
    fn text(&mut self, text: &str);
    /// A list element that is neither object nor text.
    fn odd(&mut self);
    /// What stood beside the records, once the envelope ends, and how many records it held itself (those of an
    /// envelope inside it not counted again).
    fn envelope(&mut self, beside: &Object, records: u64);
}

/// Reads all documents of `input`.
pub(crate) fn read<R: Records>(input: &Input, context: &Context<'_>, sink: &mut R) -> Result<(), ImportError> {
    let mut json = reader(input, context)?;
    let mut documents = 0_u64;
    loop {
        match json.end() {
            Ok(()) if documents > 0 => return Ok(()),
            Err(e) if e.is_io() => return Err(problem(input, e)),
            _ => {}
        }
        Open { sink: &mut *sink, element: true }.deserialize(&mut json).map_err(|e| problem(input, e))?;
        documents += 1;
    }
}

/// Reads the one document of `input`.
pub(crate) fn document<T: DeserializeOwned>(input: &Input, context: &Context<'_>) -> Result<T, ImportError> {
    let mut json = reader(input, context)?;
    let document = T::deserialize(&mut json).map_err(|e| problem(input, e))?;
    json.end().map_err(|e| problem(input, e))?;
    Ok(document)
}

type Reader<'a> = serde_json::Deserializer<serde_json::de::IoRead<BufReader<Counted<'a>>>>;

fn reader<'a>(input: &'a Input, context: &Context<'a>) -> Result<Reader<'a>, ImportError> {
    let counted = Counted { inner: input.text()?, path: &input.path, progress: context.progress, read: 0, told: 0 };
    Ok(serde_json::Deserializer::from_reader(BufReader::with_capacity(256 * 1024, counted)))
}

/// A failure of the JSON reader as an error of this file, without any content.
pub(crate) fn problem(input: &Input, error: serde_json::Error) -> ImportError {
    let place = format!("{}:{}", error.line(), error.column());
    let what = match error.classify() {
        Category::Io => return damaged(input, error.into()),
        Category::Eof => "the file ends in the middle of a record; it is cut off".to_owned(),
        Category::Data => "a value is not of the kind that this format has here".to_owned(),
        Category::Syntax => {
            let text = error.to_string();
            if text.starts_with("recursion limit") {
                format!("the JSON is nested more than {MAX_JSON_DEPTH} levels deep")
            } else {
                let text = text.split(" at line ").next().unwrap_or_default().to_owned();
                format!("this is not JSON: {text}")
            }
        }
    };
    input.malformed(place, what)
}

/// An I/O failure: damaged compression is a fault of the file, the rest is a fault of the system.
pub(crate) fn damaged(input: &Input, cause: io::Error) -> ImportError {
    use io::ErrorKind as K;
    if matches!(cause.kind(), K::UnexpectedEof | K::InvalidData | K::InvalidInput | K::Other) {
        input.malformed("(compressed)", "the compressed data is damaged or cut off")
    } else {
        ImportError::Io { path: input.path.clone(), cause }
    }
}

/// Tells how far the reading is.
struct Counted<'a> {
    inner: Box<dyn Read + Send>,
    path: &'a Path,
    progress: &'a (dyn Fn(&Path, u64) + Sync),
    read: u64,
    told: u64,
}

impl Read for Counted<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.read += n as u64;
        if self.read - self.told >= PROGRESS_STEP {
            self.told = self.read;
            (self.progress)(self.path, self.read);
        }
        Ok(n)
    }
}

/// A value that may be a record, a list of records, or an envelope around either.
struct Open<'a, R> {
    sink: &'a mut R,
    /// True where a value counts as a record whatever it is: list elements and whole documents.
    element: bool,
}

impl<'de, R: Records> DeserializeSeed<'de> for Open<'_, R> {
    /// Records seen and not yet counted by an envelope.
    type Value = u64;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<u64, D::Error> {
        json.deserialize_any(self)
    }
}

impl<R: Records> Open<'_, R> {
    fn odd(self) -> u64 {
        if self.element {
            self.sink.odd();
        }
        u64::from(self.element)
    }
}

impl<'de, R: Records> Visitor<'de> for Open<'_, R> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("records")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        let mut beside = Object::new();
        let (mut records, mut envelope) = (0, false);
        let (mut columns, mut early_rows) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            if R::INSIDE.contains(&key.as_str()) {
                envelope = true;
                records += map.next_value_seed(Open { sink: &mut *self.sink, element: false })?;
            } else if key == "columns" {
                columns = Some(column_names(&map.next_value::<Value>()?));
            } else if key == "rows" {
                match &columns {
                    Some(names) => records += map.next_value_seed(Rows { sink: &mut *self.sink, names })?,
                    None => early_rows = Some(map.next_value::<Value>()?),
                }
            } else {
                beside.insert(key, map.next_value()?);
            }
        }
        match (columns, early_rows) {
            (Some(names), Some(rows)) => {
                let rows = Rows { sink: &mut *self.sink, names: &names }.deserialize(rows);
                records += rows.map_err(|_| A::Error::custom("rows are not a table"))?;
                envelope = true;
            }
            (None, Some(rows)) => {
                beside.insert("rows".into(), rows);
            }
            (Some(_), None) => envelope = true,
            (None, None) => {}
        }
        if envelope {
            self.sink.envelope(&beside, records);
            return Ok(0);
        }
        self.sink.record(beside);
        Ok(1)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u64, A::Error> {
        let mut records = 0;
        while let Some(n) = list.next_element_seed(Open { sink: &mut *self.sink, element: true })? {
            records += n;
        }
        Ok(records)
    }

    fn visit_str<E>(self, text: &str) -> Result<u64, E> {
        if self.element {
            self.sink.text(text);
        }
        Ok(u64::from(self.element))
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(self.odd())
    }

    fn visit_bool<E>(self, _: bool) -> Result<u64, E> {
        Ok(self.odd())
    }

    fn visit_i64<E>(self, _: i64) -> Result<u64, E> {
        Ok(self.odd())
    }

    fn visit_u64<E>(self, _: u64) -> Result<u64, E> {
        Ok(self.odd())
    }

    fn visit_f64<E>(self, _: f64) -> Result<u64, E> {
        Ok(self.odd())
    }
}

/// Rows of a table, each turned into an object by the names of the columns.
struct Rows<'a, R> {
    sink: &'a mut R,
    names: &'a [String],
}

impl<'de, R: Records> DeserializeSeed<'de> for Rows<'_, R> {
    type Value = u64;
    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<u64, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, R: Records> Visitor<'de> for Rows<'_, R> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("rows")
    }

    fn visit_unit<E>(self) -> Result<u64, E> {
        Ok(0)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<u64, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.sink.odd();
        Ok(1)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<u64, A::Error> {
        let mut records = 0;
        while let Some(row) = list.next_element::<Value>()? {
            records += 1;
            match row {
                Value::Array(cells) if cells.len() == self.names.len() => {
                    self.sink.record(self.names.iter().cloned().zip(cells).collect());
                }
                _ => self.sink.odd(),
            }
        }
        Ok(records)
    }
}

fn column_names(columns: &Value) -> Vec<String> {
    let name = |c: &Value| c.get("name").unwrap_or(c).as_str().unwrap_or_default().to_owned();
    columns.as_array().map(|list| list.iter().map(name).collect()).unwrap_or_default()
}
