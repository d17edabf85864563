//! References between records: whatever names another record must find it.

use super::{Findings, walk};
use crate::Catalog;

/// Kind, path of the field, kinds in which the id must exist.
pub(crate) const REFERENCES: [(&str, &str, &[&str]); 40] = [
    ("facts", "sources", &["sources"]),
    ("safeguards", "sources", &["sources"]),
    ("safeguards", "facts", &["facts", "sources"]),
    ("jurisdictions", "facts", &["facts"]),
    ("jurisdictions", "adequacy", &["facts"]),
    ("adequacy_decisions", "fact", &["facts"]),
    ("instruments", "issuing_jurisdiction", &["jurisdictions"]),
    ("instruments", "facts", &["facts"]),
    ("instruments", "blocked_or_limited_by", &["instruments"]),
    ("instruments", "undecided", &["pending"]),
    ("instruments", "precedents.fact", &["facts"]),
    ("entities", "country", &["jurisdictions"]),
    ("entities", "contacts.jurisdiction", &["jurisdictions"]),
    ("entities", "contacts.fact", &["facts"]),
    ("edges", "owner", &["entities"]),
    ("edges", "owned", &["entities"]),
    ("edges", "fact", &["facts"]),
    ("offerings", "operator_entity", &["entities"]),
    ("offerings", "contracting_entity", &["entities"]),
    ("offerings", "technology_licensor", &["entities"]),
    ("offerings", "ultimate_parents", &["entities"]),
    ("offerings", "subprocessors", &["entities"]),
    ("offerings", "hosted_on", &["offerings"]),
    ("offerings", "built_in", &["safeguards"]),
    ("offerings", "available", &["safeguards"]),
    ("offerings", "transfer_basis", &["safeguards"]),
    ("offerings", "safeguard_dates.~", &["safeguards"]),
    ("offerings", "facts", &["facts"]),
    ("rules", "facts", &["facts"]),
    ("rules", "sources", &["sources"]),
    ("events", "facts", &["facts"]),
    ("events", "sources", &["sources"]),
    ("pending", "facts", &["facts"]),
    ("pending", "sources", &["sources"]),
    ("transfer_use_cases", "fact", &["facts"]),
    ("transfer_use_cases", "sources", &["sources"]),
    ("known_errors", "sources", &["sources"]),
    ("known_errors", "facts", &["facts"]),
    ("instruments", "sources", &["sources"]),
    ("offerings", "sources", &["sources"]),
];

/// The word for a seat that is not known or depends on who asks.
const ANYWHERE: &str = "*";

pub(super) fn check(catalog: &Catalog, out: &mut Findings) {
    for (kind, path, targets) in REFERENCES {
        for record in walk::records(catalog, kind) {
            for id in walk::texts(record, path) {
                if id == ANYWHERE || targets.iter().any(|t| catalog.has(t, &id)) {
                    continue;
                }
                let message = format!("`{path}` names `{id}`, which is in none of: {}", targets.join(", "));
                let help = "correct the id, or add the record; an answer that needs it is unknown until then";
                out.error("dangling-reference", walk::subject(kind, record), message, help);
            }
        }
    }
}
