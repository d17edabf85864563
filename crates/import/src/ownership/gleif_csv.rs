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

/// Where the columns are that a row is read by, found once.
struct Columns {
    by_name: HashMap<String, usize>,
    /// Starts, ends and kinds of the numbered periods.
    periods: Vec<[Option<usize>; 3]>,
    names: Vec<usize>,
    reasons: Vec<usize>,
}

impl Columns {
    fn new(header: &StringRecord) -> Self {
        let by_name: HashMap<String, usize> =
            header.iter().enumerate().map(|(i, h)| (h.trim().to_owned(), i)).collect();
        let numbered = |before: &str, n: usize, after: &str| by_name.get(&format!("{before}{n}{after}")).copied();
        let all = |before: &str| (1..=MAX_NUMBER).filter_map(|n| numbered(before, n, "")).collect::<Vec<_>>();
        let period =
            |n| ["startDate", "endDate", "periodType"].map(|w| numbered("Relationship.Period.", n, &format!(".{w}")));
        let mut names = all("Entity.OtherEntityNames.OtherEntityName.");
        names.extend(all("Entity.TransliteratedOtherEntityNames.TransliteratedOtherEntityName."));
        Self { periods: (1..=MAX_NUMBER).map(period).collect(), names, reasons: all("Exception.Reason."), by_name }
    }
}

struct Row<'a> {
    columns: &'a Columns,
    cells: &'a StringRecord,
}

impl Row<'_> {
    fn cell(&self, index: usize) -> Option<String> {
        let cell = self.cells.get(index)?.trim();
        (!cell.is_empty()).then(|| cell.to_owned())
    }

    fn get(&self, name: &str) -> Option<String> {
        self.cell(*self.columns.by_name.get(name)?)
    }

    fn cells(&self, indexes: &[usize]) -> Vec<String> {
        indexes.iter().filter_map(|i| self.cell(*i)).collect()
    }
}

/// Reads a golden copy.
pub(crate) fn read(input: &Input, store: &mut Store<'_>) -> Result<(), ImportError> {
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(input.text()?);
    let header = reader.headers().map_err(|e| input.malformed("line 1", e.to_string()))?;
    let columns = Columns::new(header);
    let make = if columns.by_name.contains_key(RELATION) {
        relation
    } else if columns.by_name.contains_key(COMPANY) {
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
        let record = make(&Row { columns: &columns, cells: &cells }).map_err(|column| {
            input.malformed(format!("line {line}"), format!("column `{column}` is missing or empty"))
        })?;
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
    let is_own = |[_, _, kind]: &&[Option<usize>; 3]| {
        kind.and_then(|i| row.cells.get(i)).is_some_and(|word| word.trim() == "RELATIONSHIP_PERIOD")
    };
    let periods = &row.columns.periods;
    // Extracts may keep the dates and drop the kind of period.
    let typed = periods.iter().any(|[_, _, kind]| kind.is_some());
    let own = periods.iter().find(is_own).or(if typed { None } else { periods.first() });
    let [from, to] = own.map_or([None, None], |[from, to, _]| [*from, *to]);
    Ok(Record::Relation(Relation {
        child: row.get(RELATION).ok_or(RELATION)?,
        parent: row.get("Relationship.EndNode.NodeID").ok_or("Relationship.EndNode.NodeID")?,
        kind: row.get("Relationship.RelationshipType").ok_or("Relationship.RelationshipType")?,
        status: row.get("Relationship.RelationshipStatus"),
        registration: row.get("Registration.RegistrationStatus"),
        from: from.and_then(|i| row.cell(i)),
        to: to.and_then(|i| row.cell(i)),
        updated: row.get("Registration.LastUpdateDate"),
        deleted: false,
    }))
}

fn company(row: &Row<'_>) -> Result<Record, &'static str> {
    Ok(Record::Company(Company {
        lei: row.get("LEI").ok_or("LEI")?,
        name: row.get(COMPANY),
        other_names: row.cells(&row.columns.names),
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
        reasons: row.cells(&row.columns.reasons),
    }))
}
