//! References between records: whatever names another record must find it.

use super::Findings;
use crate::{Catalog, walk};

pub(super) fn check(catalog: &Catalog, out: &mut Findings) {
    for (kind, path, targets) in walk::REFERENCES {
        for record in walk::records(catalog, kind) {
            for id in walk::texts(record, path) {
                if id == walk::ANYWHERE || targets.iter().any(|t| catalog.has(t, &id)) {
                    continue;
                }
                let message = format!("`{path}` names `{id}`, which is in none of: {}", targets.join(", "));
                let help = "correct the id, or add the record; an answer that needs it is unknown until then";
                out.error("dangling-reference", walk::subject(kind, record), message, help);
            }
        }
    }
}
