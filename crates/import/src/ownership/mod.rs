//! Ownership files into entities and edges of the catalog: who stands above whom.
//!
//! What it is for: BODS 0.4 (JSON array or one statement per line) and GLEIF (Level 1, Level 2 and reporting exceptions
//! as golden-copy CSV, XML or JSON, and answers of the public API). Files are streamed; what is kept grows with the
//! records that are taken, and [`read_near`] takes only those around given LEIs, so that the whole golden copy fits.
//!
//! What it deliberately does not do: no judgement and no guesses. Accounting consolidation is not control: those edges
//! are marked `consolidation_only`, are shown, and never act. A seat that a file does not state stays unknown.
//!
//! Sources: Beneficial Ownership Data Standard 0.4; GLEIF LEI-CDF 3.1, RR-CDF 2.1, Reporting Exceptions 2.1.

mod bods;
mod bods_interest;
mod edges;
mod gleif;
mod gleif_csv;
mod json;
mod value;
mod xml;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use flagstate_catalog::{Catalog, Edge, Entity};

use crate::{
    error::ImportError,
    source::{Head, Input},
};

/// A company's reason for not naming a parent.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub struct ReportingException {
    /// The company.
    pub lei: String,
    /// Which parent: `DIRECT_ACCOUNTING_CONSOLIDATION_PARENT` or `ULTIMATE_...`.
    pub category: String,
    /// Reasons as published (`NON_CONSOLIDATING`, `NO_KNOWN_PERSON`, ...).
    pub reasons: Vec<String>,
}

/// What an ownership file says. Every row is either taken or counted under a reason: `rows == taken + ignored`.
#[derive(Clone, Debug, Default)]
pub struct Ownership {
    /// What the file turned out to be.
    pub format: &'static str,
    /// Legal and natural persons; ids are `lei:LEI`, or `bods:RECORD` where no LEI is stated.
    pub entities: Vec<Entity>,
    /// Holds between them.
    pub edges: Vec<Edge>,
    /// Parents that were not named, and why.
    pub exceptions: Vec<ReportingException>,
    /// Records or statements read.
    pub rows: u64,
    /// Of these, the ones that stand behind an entity, an edge or an exception.
    pub taken: u64,
    /// The others: reason -> count.
    pub ignored: BTreeMap<String, u64>,
    /// What a reader must know about the file.
    pub notes: Vec<String>,
}

/// Reads a whole file.
pub fn read(path: &Path) -> Result<Ownership, ImportError> {
    read_kept(path, None)
}

/// Reads only what touches one of `leis`: their own records, and relationships with one of them at either end. Give it
/// the relationships first, add the LEIs they bring, and read again for the next step outward. BODS is read whole.
pub fn read_near(path: &Path, leis: &BTreeSet<String>) -> Result<Ownership, ImportError> {
    read_kept(path, Some(leis))
}

fn read_kept(path: &Path, near: Option<&BTreeSet<String>>) -> Result<Ownership, ImportError> {
    let input = Input::open(path)?;
    let head = input.head();
    let mut store = gleif::Store::new(near);
    let read = match shape(&input, &head)? {
        Shape::Json => json::read(&input, store)?,
        Shape::Xml => {
            xml::read(&input, &mut store)?;
            store.finish()
        }
        Shape::Csv => {
            gleif_csv::read(&input, &mut store)?;
            store.finish()
        }
    };
    if read.rows == 0 {
        return Err(input.unusable("it holds no records; a file without records is not an answer about owners"));
    }
    Ok(read)
}

enum Shape {
    Json,
    Xml,
    Csv,
}

fn shape(input: &Input, head: &Head<'_>) -> Result<Shape, ImportError> {
    if head.bytes.starts_with(b"PK\x03\x04") {
        return Err(input.unusable("it is a zip archive; unpack it and give the file inside"));
    }
    let text = head.text.trim_start();
    if text.starts_with('<') {
        return Ok(Shape::Xml);
    }
    if text.starts_with(['{', '[']) {
        return Ok(Shape::Json);
    }
    let first = text.lines().next().unwrap_or_default();
    if gleif_csv::is_header(first) {
        return Ok(Shape::Csv);
    }
    Err(unknown(input))
}

/// Neither BODS nor GLEIF.
pub(crate) fn unknown(input: &Input) -> ImportError {
    ImportError::UnknownFormat {
        path: input.path.clone(),
        why: "it is neither BODS 0.4 JSON nor GLEIF CSV, XML or JSON".into(),
    }
}

impl Ownership {
    /// Counts a row that gives nothing.
    pub(crate) fn ignore(&mut self, reason: impl Into<String>) {
        *self.ignored.entry(reason.into()).or_default() += 1;
    }

    /// The same with ids of the catalog: an entity with the LEI of a catalog entity takes that one's id, so that
    /// [`Catalog::extend_owners`] joins the two instead of adding a twin.
    #[must_use]
    pub fn matched(mut self, catalog: &Catalog) -> Self {
        let known: BTreeMap<&str, &str> =
            catalog.entities.values().filter_map(|e| Some((e.lei.as_deref()?, e.id.as_str()))).collect();
        let own: BTreeMap<String, &str> =
            self.entities.iter().filter_map(|e| Some((e.id.clone(), *known.get(e.lei.as_deref()?)?))).collect();
        let renamed = |id: &mut String| {
            let new = own.get(id.as_str()).copied().or_else(|| known.get(id.strip_prefix("lei:")?).copied());
            if let Some(new) = new {
                new.clone_into(id);
            }
        };
        for edge in &mut self.edges {
            renamed(&mut edge.owner);
            renamed(&mut edge.owned);
        }
        for entity in &mut self.entities {
            renamed(&mut entity.id);
        }
        self
    }
}

#[cfg(test)]
mod tests;
