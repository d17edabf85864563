//! One self-contained HTML file.

use flagstate_catalog::Catalog;
use flagstate_exposure::Assessment;

use crate::ReportError;

/// An assessment.
pub fn assessment(a: &Assessment, catalog: &Catalog) -> Result<String, ReportError> {
    let text = crate::text::assessment(a, catalog);
    let safe = text.replace('&', "&amp;").replace('<', "&lt;");
    Ok(format!("<!doctype html><html lang=\"en\"><title>Flagstate</title><pre>{safe}</pre></html>\n"))
}
