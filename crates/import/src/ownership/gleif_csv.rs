//! GLEIF golden copies as CSV: one row per record, columns found by their names.

use std::collections::HashMap;

use csv::StringRecord;

use super::{
    ReportingException,
    gleif::{Company, Record, Relation, Store},
};
use crate::{error::ImportError, source::Input};

/// Columns that tell the three files apart.
const RELATION: &str = "Relationship.StartNode.NodeID";
const COMPANY: &str = "Entity.LegalName";
const EXCEPTION: &str = "Exception.Category";

/// Numbered columns go up to this number in all files.
const MAX_NUMBER: usize = 5;

/// True for the first line of a golden copy.
pub(crate) fn is_header(line: &str) -> bool {
    let mut names = line.split(',').map(|name| name.trim().trim_matches('"'));
    names.any(|n| [RELATION, COMPANY, EXCEPTION].contains(&n))
}

struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    cells: &'a StringRecord,
}

impl Row<'_> {
    fn get(&self, name: &str) -> Option<String> {
        let cell = self.cells.get(*self.columns.get(name)?)?.trim();
        (!cell.is_empty()).then(|| cell.to_owned())
    }

    /// Cells of `before1after`, `before2after`, ...
    fn numbered(&self, before: &str, after: &str) -> Vec<String> {
        (1..=MAX_NUMBER).filter_map(|n| self.get(&format!("{before}{n}{after}"))).collect()
    }
}

/// Reads a golden copy.
pub(crate) fn read(input: &Input, store: &mut Store<'_>) -> Result<(), ImportError> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(input.text()?);
    let header = reader.headers().map_err(|e| input.malformed("line 1", e.to_string()))?;
    let columns: HashMap<String, usize> = header.iter().enumerate().map(|(i, h)| (h.trim().to_owned(), i)).collect();
    let make = if columns.contains_key(RELATION) {
        relation
    } else if columns.contains_key(COMPANY) {
        company
    } else {
        exception
    };
    let mut cells = StringRecord::new();
    loop {
        let line = reader.position().line();
        let more = reader.read_record(&mut cells).map_err(|e| input.malformed(format!("line {line}"), problem(&e)))?;
        if !more {
            return Ok(());
        }
        let record = make(&Row { columns: &columns, cells: &cells })
            .map_err(|column| input.malformed(format!("line {line}"), format!("column `{column}` is missing or empty")))?;
        store.take(record);
    }
}

fn problem(error: &csv::Error) -> String {
    match error.kind() {
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("the row has {len} cells, the header {expected_len}: the file may be cut off here")
        }
        _ => error.to_string(),
    }
}

fn relation(row: &Row<'_>) -> Result<Record, &'static str> {
    let own = (1..=MAX_NUMBER)
        .find(|n| row.get(&format!("Relationship.Period.{n}.periodType")).as_deref() == Some("RELATIONSHIP_PERIOD"));
    // Extracts may keep the dates and drop the kind of period.
    let typed = row.columns.contains_key("Relationship.Period.1.periodType");
    let period = own.or((!typed).then_some(1));
    let dated = |end: &str| period.and_then(|n| row.get(&format!("Relationship.Period.{n}.{end}")));
    Ok(Record::Relation(Relation {
        child: row.get(RELATION).ok_or(RELATION)?,
        parent: row.get("Relationship.EndNode.NodeID").ok_or("Relationship.EndNode.NodeID")?,
        kind: row.get("Relationship.RelationshipType").ok_or("Relationship.RelationshipType")?,
        status: row.get("Relationship.RelationshipStatus"),
        registration: row.get("Registration.RegistrationStatus"),
        from: dated("startDate"),
        to: dated("endDate"),
        updated: row.get("Registration.LastUpdateDate"),
        deleted: false,
    }))
}

fn company(row: &Row<'_>) -> Result<Record, &'static str> {
    let mut other_names = row.numbered("Entity.OtherEntityNames.OtherEntityName.", "");
    other_names.extend(row.numbered("Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName.", ""));
    Ok(Record::Company(Company {
        lei: row.get("LEI").ok_or("LEI")?,
        name: row.get(COMPANY),
        other_names,
        jurisdiction: row.get("Entity.LegalJurisdiction"),
        legal_country: row.get("Entity.LegalAddress.Country"),
        headquarters: row.get("Entity.HeadquartersAddress.Country"),
        category: row.get("Entity.EntityCategory"),
        status: row.get("Entity.EntityStatus"),
        registration: row.get("Registration.RegistrationStatus"),
        updated: row.get("Registration.LastUpdateDate"),
        deleted: false,
    }))
}

fn exception(row: &Row<'_>) -> Result<Record, &'static str> {
    Ok(Record::Exception(ReportingException {
        lei: row.get("LEI").ok_or("LEI")?,
        category: row.get(EXCEPTION).ok_or(EXCEPTION)?,
        reasons: row.numbered("Exception.Reason.", ""),
    }))
}
