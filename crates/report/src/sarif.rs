//! SARIF 2.1.0.

use flagstate_catalog::Catalog;
use flagstate_exposure::{Assessment, Finding};

/// An assessment.
pub fn assessment(_a: &Assessment, catalog: &Catalog) -> String {
    findings(&[], catalog)
}

/// Findings of `check`.
pub fn findings(_found: &[&Finding], _catalog: &Catalog) -> String {
    "{\"version\":\"2.1.0\",\"runs\":[]}\n".into()
}
