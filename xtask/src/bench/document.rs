//! A document of benchmarks section by section: what was measured now replaces its own section and its own limits; every other
//! section stays as it is, with the day and the machine that it names.
//!
//! The document is the only store: it is read back as it was written. It judges no figure.

use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use super::results::Results;

/// Sections in the order of the document; others follow by name.
const ORDER: [&str; 22] = [
    "Bills",
    "Terraform plan",
    "Judgement",
    "Log",
    "Placement",
    "Report",
    "Start-up and size",
    "S3 to S3, small objects",
    "S3 to S3, objects of 8 MiB",
    "S3 to S3, one large object",
    "Azure to S3, objects of 8 MiB",
    "Files to S3, 8 MiB",
    "Azure to files, 8 MiB",
    "S3 to S3 again, nothing changed",
    "S3 to S3, 30 ms away",
    "S3 to S3 again, nothing changed, 30 ms away",
    "Listing",
    "Inventory of many keys",
    "A whole move of many objects",
    "Killed in the middle of a large object",
    "SeaweedFS to SeaweedFS",
    "Azurite to SeaweedFS",
];
const TABLE: &str = "| figure | value | limit | | section |\n|---|---:|---:|---|---|\n";
const LIMITS: &str = "Limits";

/// One section.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
struct Part {
    /// Everything below the heading.
    text: String,
    /// Rows of the table of limits.
    limits: Vec<String>,
}

/// Replaces the sections of the document that were measured.
pub(super) fn replace(path: &Path, how: &str, measured: &Results) -> Result<(), String> {
    let old = fs::read_to_string(path).unwrap_or_default();
    fs::write(path, merged(&old, how, measured)).map_err(|e| format!("{}: {e}", path.display()))
}

fn merged(old: &str, how: &str, measured: &Results) -> String {
    let mut parts = read(old);
    for (title, text) in headed(measured.text()) {
        let rows = measured.rows_of_limits(title).map(|row| format!("{row} {title} |"));
        parts.insert(title.to_owned(), Part { text: text.trim().to_owned(), limits: rows.collect() });
    }
    let place = |title: &str| ORDER.iter().position(|t| *t == title).unwrap_or(ORDER.len());
    let mut list: Vec<(String, Part)> = parts.into_iter().collect();
    list.sort_by_key(|(title, _)| place(title));
    let mut text =
        format!("# Benchmarks\n\nWritten by `cargo xtask bench`; do not edit.\n\n{how}\n\n## {LIMITS}\n\n{TABLE}");
    for row in list.iter().flat_map(|(_, part)| &part.limits) {
        let _ = writeln!(text, "{row}");
    }
    for (title, part) in &list {
        let _ = write!(text, "\n## {title}\n\n{}\n", part.text);
    }
    text
}

/// The sections of a document that was written here.
fn read(document: &str) -> BTreeMap<String, Part> {
    let mut parts: BTreeMap<String, Part> = BTreeMap::new();
    for (title, text) in headed(document).filter(|(title, _)| *title != LIMITS) {
        parts.insert(title.to_owned(), Part { text: text.trim().to_owned(), limits: Vec::new() });
    }
    let rows = headed(document).filter(|(title, _)| *title == LIMITS).flat_map(|(_, text)| text.lines());
    for row in rows {
        let section = row.trim_end_matches(" |").rsplit("| ").next().unwrap_or_default();
        if let Some(part) = parts.get_mut(section) {
            part.limits.push(row.to_owned());
        }
    }
    parts
}

/// Headings of the second level with what stands below them.
fn headed(text: &str) -> impl Iterator<Item = (&str, &str)> {
    text.split("\n## ").skip(1).map(|part| part.split_once('\n').unwrap_or((part, "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn measured(title: &str, figure: f64) -> Results {
        let mut results = Results::default();
        results.section(title, "About.");
        results.say(&format!("It took {figure:.1} s."));
        results.limit(&format!("{title}: time"), figure, 2.0, "s");
        results
    }

    #[test]
    fn one_section_is_replaced_and_the_others_stay() {
        let first = merged("", "How.", &measured("Start-up and size", 1.0));
        let both = merged(&first, "How.", &measured("Log", 1.5));
        assert!(both.find("## Log").unwrap() < both.find("## Start-up").unwrap(), "{both}");
        let again = merged(&both, "How.", &measured("Start-up and size", 3.0));
        assert!(again.contains("| Start-up and size: time | 3.000 s | 2.000 s | **exceeded** | Start-up and size |"));
        assert!(!again.contains("1.000 s") && again.contains("| Log: time | 1.500 s | 2.000 s | holds | Log |"));
        let log = |text: &str| headed(text).find(|(t, _)| *t == "Log").map(|(_, text)| text.trim().to_owned());
        assert_eq!(log(&again), log(&both));
        assert_eq!(merged(&again, "How.", &Results::default()), again);
    }

    /// What a reader is shown is what the next run reads back.
    #[test]
    fn the_shipped_document_loses_nothing() {
        for name in ["docs/benchmarks.md", "docs/benchmarks-move.md"] {
            let shipped = fs::read_to_string(crate::workspace::root().join(name)).unwrap();
            let how = shipped.split("\n\n").nth(2).unwrap();
            assert_eq!(merged(&shipped, how, &Results::default()), shipped);
        }
    }

    #[test]
    fn limits_stand_with_the_section_that_they_were_measured_in() {
        let mut both = measured("Log", 1.0);
        both.section("Report", "About.");
        both.limit("pages", 1.0, 2.0, "s");
        both.say_everywhere("Measured today.");
        let text = merged("", "How.", &both);
        assert!(text.contains("holds | Log |") && text.contains("| pages | 1.000 s | 2.000 s | holds | Report |"));
        assert_eq!((text.matches("| Log |").count(), text.matches("Measured today.").count()), (1, 2), "{text}");
    }
}
