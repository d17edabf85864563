//! The report that a board signs: one document from everything that was judged, in English, French and German.
//!
//! What it is for: [`document`] puts the judged results in the order of the report; [`html`], [`markdown`] and the crate
//! `report-pdf` set it. What is drawn is drawn once, as SVG, with its words beside it.
//!
//! What it deliberately does not do: judge. Verdicts, readings and plans come in finished. Statements of facts, titles of
//! sources and names of products stay as they are, marked as English; what else the data have in English alone is said in the
//! reader's language by `glossary`.

mod chart;
pub mod document;
mod drawing;
mod four;
mod glossary;
mod ground;
pub mod html;
mod language;
pub mod markdown;
mod matrix;
pub mod oscal;
mod pen;
mod placement;
mod questions;
mod readings;
mod route;
mod summary;
mod triggers;
mod workload;

use flagstate_catalog::Catalog;
use flagstate_exposure::Assessment;
use flagstate_frameworks::{FrameworkReading, Library, requirement::RequirementReading};
use serde::Serialize;

pub use chart::PATTERNS;
pub use language::{Language, Texts};
pub use placement::Placement;

use crate::clean;
use document::{Document, Labels};
use ground::fact_ids;
use pen::Pen;

/// How one workload answers frameworks and requirements.
#[derive(Clone, Debug, Serialize)]
pub struct Reading {
    /// Workload.
    pub workload: String,
    /// Its classification, whose requirements were checked.
    pub classification: Option<String>,
    /// Resources whose offering is not known: nothing is said of them.
    pub not_known: u64,
    /// Frameworks.
    pub frameworks: Vec<FrameworkReading>,
    /// Requirements.
    pub requirements: Vec<RequirementReading>,
}

/// Everything that a report is made from.
#[derive(Clone, Debug)]
pub struct Material<'a> {
    /// Who can be compelled.
    pub assessment: &'a Assessment,
    /// Facts and names.
    pub catalog: &'a Catalog,
    /// Frameworks.
    pub library: &'a Library,
    /// How workloads answer them.
    pub readings: Vec<Reading>,
    /// Where each should live.
    pub placement: Option<Placement<'a>>,
}

/// The facts of a report as JSON: what the PDF carries and `--format json` prints. Names and texts are in no language but that
/// of the data.
pub fn facts(m: &Material<'_>) -> String {
    #[derive(Serialize)]
    struct Facts<'a> {
        schema: &'static str,
        assessment: &'a Assessment,
        readings: &'a [Reading],
        plan: Option<&'a flagstate_placement::Plan>,
        matrix: Option<&'a flagstate_placement::Matrix>,
    }
    let facts = Facts {
        schema: "flagstate/report/1",
        assessment: m.assessment,
        readings: &m.readings,
        plan: m.placement.map(|p| p.plan),
        matrix: m.placement.and_then(|p| p.matrix),
    };
    let mut text = clean::json(&serde_json::to_string_pretty(&facts).unwrap_or_default());
    text.push('\n');
    text
}

/// The report in a language.
pub fn document(m: &Material<'_>, texts: &Texts) -> Document {
    let pen = Pen { texts, catalog: m.catalog };
    let a = m.assessment;
    let ids = fact_ids(m);
    let mut sections = vec![summary::section(m, pen), matrix::section(m, pen)];
    sections.extend(a.workloads.iter().enumerate().map(|(i, w)| workload::section(m, i, w, pen, &ids)));
    sections.extend(placement::section(m, pen));
    sections.extend(placement::waves(m, pen));
    sections.extend(readings::section(m, pen));
    sections.extend([
        questions::section(m, pen),
        triggers::section(m, pen),
        ground::limits(m, pen),
        ground::how_to_read(pen),
        ground::facts(m, &ids, pen),
        ground::inputs(m, pen),
        ground::repeat(m, pen),
    ]);
    let organisation = a.organisation.as_ref().map(|o| clean::name(o)).unwrap_or_default();
    let home: Vec<String> = a.home.iter().map(|h| pen.state(h)).collect();
    let home = if home.is_empty() { texts.say("scope.no_home") } else { texts.and(&home) };
    let values = [
        ("date", texts.date(a.as_of)),
        ("workloads", texts.count("n.workloads", u64::try_from(a.workloads.len()).unwrap_or(u64::MAX))),
        ("resources", texts.count("n.resources", a.resources)),
        ("cost", texts.money(&a.cost)),
        ("home", home),
    ];
    let values = values.each_ref().map(|(k, v)| (*k, v.as_str()));
    let kicker = if organisation.is_empty() {
        texts.say("title.kicker")
    } else {
        texts.fill("title.kicker_for", &[("organisation", &organisation)])
    };
    Document {
        language: texts.language.code(),
        title: texts.say("title.question"),
        running: format!("{kicker}, {}", texts.date(a.as_of)),
        kicker,
        scope: texts.fill("scope", &values),
        disclaimer: texts.say("disclaimer"),
        as_of: a.as_of.to_string(),
        author: organisation,
        labels: Labels {
            contents: texts.say("labels.contents"),
            page: texts.say("labels.page"),
            skip: texts.say("labels.skip"),
            in_words: texts.say("labels.in_words"),
            table: texts.say("labels.table"),
        },
        sections,
    }
}

#[cfg(test)]
mod tests;
