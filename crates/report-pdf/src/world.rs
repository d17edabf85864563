//! The typesetter's world: a template, the document as JSON, the attachments and the fonts, all in memory; nothing else.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use typst::{
    Library, LibraryExt, World,
    diag::{FileError, FileResult},
    foundations::{Bytes, Datetime, Duration},
    syntax::{FileId, RootedPath, Source, VirtualPath, VirtualRoot},
    text::{Font, FontBook},
    utils::LazyHash,
};

use crate::{Attachment, drawing};

const TEMPLATE: &str = include_str!("../template/report.typ");
const MAIN: &str = "main.typ";
const DOCUMENT: &str = "document.json";
/// Families that the template names; the others of the set are for mathematics.
const FAMILIES: [&str; 2] = ["Libertinus Serif", "DejaVu Sans Mono"];

/// All that the typesetter can see.
pub(crate) struct Room {
    library: LazyHash<Library>,
    book: LazyHash<FontBook>,
    fonts: Vec<Font>,
    main: Source,
    files: BTreeMap<String, Bytes>,
}

impl Room {
    /// A room for one document; the message says what is missing.
    pub(crate) fn new(document: &Value, attachments: &[Attachment]) -> Result<Self, String> {
        let mut value = document.clone();
        drawings(&mut value);
        let list: Vec<Value> = attachments
            .iter()
            .map(|a| {
                json!({
                    "name": a.name, "relation": a.relation.word(),
                    "media": a.media_type, "description": a.description,
                })
            })
            .collect();
        if let Some(map) = value.as_object_mut() {
            map.insert("attachments".to_owned(), Value::Array(list));
        }
        let fonts: Vec<Font> = typst_assets::fonts()
            .flat_map(|bytes| Font::iter(Bytes::new(bytes)))
            .filter(|f| FAMILIES.contains(&f.info().family.as_str()))
            .collect();
        let mut files: BTreeMap<String, Bytes> =
            attachments.iter().map(|a| (a.name.clone(), Bytes::new(a.bytes.clone()))).collect();
        files.insert(DOCUMENT.to_owned(), Bytes::new(serde_json::to_vec(&value).map_err(|e| e.to_string())?));
        Ok(Self {
            library: LazyHash::new(Library::default()),
            book: LazyHash::new(FontBook::from_fonts(&fonts)),
            fonts,
            main: Source::new(id(MAIN)?, TEMPLATE.to_owned()),
            files,
        })
    }
}

fn id(name: &str) -> Result<FileId, String> {
    let path = VirtualPath::new(name).map_err(|_| format!("`{name}` is no path"))?;
    Ok(RootedPath::new(VirtualRoot::Project, path).intern())
}

/// Every drawing of the document gets its colours.
fn drawings(value: &mut Value) {
    match value {
        Value::Array(list) => list.iter_mut().for_each(drawings),
        Value::Object(map) => {
            if let Some(Value::String(svg)) = map.get_mut("svg") {
                *svg = drawing::on_paper(svg);
            }
            map.values_mut().for_each(drawings);
        }
        _ => {}
    }
}

impl World for Room {
    fn library(&self) -> &LazyHash<Library> {
        &self.library
    }

    fn book(&self) -> &LazyHash<FontBook> {
        &self.book
    }

    fn main(&self) -> FileId {
        self.main.id()
    }

    fn source(&self, id: FileId) -> FileResult<Source> {
        if id == self.main.id() {
            return Ok(self.main.clone());
        }
        Err(FileError::NotFound(id.get().vpath().get_without_slash().into()))
    }

    fn file(&self, id: FileId) -> FileResult<Bytes> {
        let name = id.get().vpath().get_without_slash();
        self.files.get(name).cloned().ok_or_else(|| FileError::NotFound(name.into()))
    }

    fn font(&self, index: usize) -> Option<Font> {
        self.fonts.get(index).cloned()
    }

    /// There is no clock here: the template takes its date from the document.
    fn today(&self, _: Option<Duration>) -> Option<Datetime> {
        None
    }
}
