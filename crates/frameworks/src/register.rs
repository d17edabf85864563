//! The register of ICT arrangements: rows of the table on substitution and exit, from what placement found.
//!
//! Columns, their order (keys first) and codes are data of the framework; a code that is missing there is an error, not
//! an empty field. The rest of the register is not written here: it belongs to whoever keeps the contracts.

use std::collections::BTreeMap;

use flagstate_catalog::Date;
use serde::Serialize;

use crate::framework::Framework;

/// How hard a service is to replace.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Substitutability {
    /// No landing point meets the requirements.
    Not,
    /// Only with much rebuilding.
    HighlyComplex,
    /// With some.
    Medium,
    /// Easily.
    Easily,
}

/// Why it is hard.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// No real alternative.
    NoAlternative,
    /// Moving is difficult.
    Migration,
    /// Both.
    Both,
}

/// Whether it can be taken back in-house.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reintegration {
    /// Easily.
    Easy,
    /// With difficulty.
    Difficult,
    /// With great difficulty.
    HighlyComplex,
}

/// What happens when the service stops.
#[derive(Clone, Copy, Debug, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Impact {
    /// Little.
    Low,
    /// Some.
    Medium,
    /// Much.
    High,
    /// Nobody has judged it.
    NotAssessed,
}

/// One assessed service.
#[derive(Clone, Debug, Serialize)]
pub struct Assessed {
    /// Reference of the contract.
    pub contract: String,
    /// Identification code of the provider.
    pub provider: String,
    /// Type of that code, as the register has it.
    pub provider_code_type: String,
    /// Type of service, as the register has it.
    pub service_type: String,
    /// How hard it is to replace.
    pub substitutability: Substitutability,
    /// Why, where it is hard.
    pub reason: Option<Reason>,
    /// Last audit.
    pub last_audit: Option<Date>,
    /// Whether an exit plan exists.
    pub exit_plan: bool,
    /// Whether it can be taken back.
    pub reintegration: Reintegration,
    /// Impact of a stop.
    pub impact: Impact,
    /// Alternatives found: none means that nobody looked.
    pub alternatives: Option<Vec<String>>,
}

/// The row could not be written.
#[derive(Debug, Eq, PartialEq, thiserror::Error)]
pub enum RegisterError {
    /// The fault is in the framework's data.
    #[error("the framework has no value `{0}` for the register; add it to its data file")]
    NoCode(String),
    /// The fault is in the row.
    #[error("contract `{0}`: a service that is hard to replace needs a reason")]
    NoReason(String),
}

/// The table as CSV: header, then one line per row in the order of contract, provider, service.
pub fn csv(framework: &Framework, rows: &[Assessed]) -> Result<String, RegisterError> {
    let code =
        |key: &str| framework.values.get(key).map(String::as_str).ok_or_else(|| RegisterError::NoCode(key.to_owned()));
    let columns: Vec<&str> = code("assessment_columns")?.split(' ').collect();
    let mut rows: Vec<&Assessed> = rows.iter().collect();
    rows.sort_by(|a, b| (&a.contract, &a.provider, &a.service_type).cmp(&(&b.contract, &b.provider, &b.service_type)));
    let mut text = format!("{}\n", columns.join(","));
    for row in rows {
        let cells = cells(row, &code)?;
        let line: Vec<String> = columns.iter().map(|c| quoted(cells.get(*c).map_or("", String::as_str))).collect();
        text.push_str(&line.join(","));
        text.push('\n');
    }
    Ok(text)
}

fn cells<'f>(
    row: &Assessed,
    code: &dyn Fn(&str) -> Result<&'f str, RegisterError>,
) -> Result<BTreeMap<&'static str, String>, RegisterError> {
    let hard = matches!(row.substitutability, Substitutability::Not | Substitutability::HighlyComplex);
    if hard && row.reason.is_none() {
        return Err(RegisterError::NoReason(row.contract.clone()));
    }
    let substitutability = match row.substitutability {
        Substitutability::Not => "not_substitutable",
        Substitutability::HighlyComplex => "highly_complex_substitutability",
        Substitutability::Medium => "medium_substitutability",
        Substitutability::Easily => "easily_substitutable",
    };
    let reason = match row.reason.filter(|_| hard) {
        None => String::new(),
        Some(Reason::NoAlternative) => code("reason_no_alternative")?.to_owned(),
        Some(Reason::Migration) => code("reason_migration")?.to_owned(),
        Some(Reason::Both) => code("reason_both")?.to_owned(),
    };
    let reintegration = match row.reintegration {
        Reintegration::Easy => "reintegration_easy",
        Reintegration::Difficult => "reintegration_difficult",
        Reintegration::HighlyComplex => "reintegration_highly_complex",
    };
    let impact = match row.impact {
        Impact::Low => "impact_low",
        Impact::Medium => "impact_medium",
        Impact::High => "impact_high",
        Impact::NotAssessed => "impact_not_assessed",
    };
    let alternatives = match &row.alternatives {
        None => "alternatives_not_assessed",
        Some(list) if list.is_empty() => "alternatives_no",
        Some(_) => "alternatives_yes",
    };
    Ok(BTreeMap::from([
        ("c0010", row.contract.clone()),
        ("c0020", row.provider.clone()),
        ("c0030", row.provider_code_type.clone()),
        ("c0040", row.service_type.clone()),
        ("c0050", code(substitutability)?.to_owned()),
        ("c0060", reason),
        ("c0070", row.last_audit.map(|d| d.to_string()).unwrap_or_default()),
        ("c0080", code(if row.exit_plan { "yes" } else { "no" })?.to_owned()),
        ("c0090", code(reintegration)?.to_owned()),
        ("c0100", code(impact)?.to_owned()),
        ("c0110", code(alternatives)?.to_owned()),
        ("c0120", row.alternatives.iter().flatten().cloned().collect::<Vec<_>>().join("; ")),
    ]))
}

/// Quoted where RFC 4180 asks for it. Nothing else is changed: a filing keeps its references as they are.
fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

#[cfg(test)]
mod tests;
