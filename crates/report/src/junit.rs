//! JUnit XML.

use flagstate_exposure::{Assessment, Finding};

/// Findings of `check`.
pub fn findings(_a: &Assessment, _found: &[&Finding]) -> String {
    "<testsuites/>\n".into()
}
