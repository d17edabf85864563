//! JSON of everything that is judged: the data as they stand, with the name of their schema.

use flagstate_exposure::{Answer, Assessment, Finding, diff::Difference};
use serde::Serialize;

#[derive(Serialize)]
struct Named<'a, T> {
    schema: &'static str,
    #[serde(flatten)]
    data: &'a T,
}

#[derive(Serialize)]
struct List<'a> {
    findings: &'a [&'a Finding],
}

fn pretty<T: Serialize>(schema: &'static str, data: &T) -> String {
    let mut text = crate::clean::json(&serde_json::to_string_pretty(&Named { schema, data }).unwrap_or_default());
    text.push('\n');
    text
}

/// An assessment.
pub fn assessment(a: &Assessment) -> String {
    pretty("flagstate/assessment/1", a)
}

/// An answer of `explain`.
pub fn answer(a: &Answer) -> String {
    pretty("flagstate/explain/1", a)
}

/// A difference of `whatif`.
pub fn difference(d: &Difference) -> String {
    pretty("flagstate/difference/1", d)
}

/// Findings of `check`.
pub fn findings(found: &[&Finding]) -> String {
    pretty("flagstate/findings/1", &List { findings: found })
}
