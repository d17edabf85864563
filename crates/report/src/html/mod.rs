//! One self-contained HTML file: no script, nothing loaded, readable on paper and without colour.
//!
//! The templates in `templates/` escape every value; only the drawings of [`crate::svg`] go in as they are.

mod ground;
mod model;

use askama::Template;
use flagstate_catalog::Catalog;
use flagstate_exposure::Assessment;

use crate::ReportError;

/// The report of an assessment.
pub fn assessment(a: &Assessment, catalog: &Catalog) -> Result<String, ReportError> {
    let page = model::page(a, catalog);
    let mut html = page.render().map_err(|e| ReportError::Template(e.to_string()))?;
    html.push('\n');
    Ok(html)
}
