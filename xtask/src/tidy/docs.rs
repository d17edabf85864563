//! Links in the documents resolve, and no marker word stands in a text file.

use std::{fs, path::Path};

use super::{Problem, rules::marker};
use crate::workspace;

/// Checks all Markdown files and the other texts outside the source folders.
pub(super) fn check(root: &Path, problems: &mut Vec<Problem>) -> Result<(), String> {
    let kept = |path: &Path| matches!(workspace::extension(path), "md" | "toml" | "sh");
    for path in workspace::files(root, &kept) {
        let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let markdown = workspace::extension(&path) == "md";
        for (index, line) in text.lines().enumerate() {
            if let Some(word) = marker(line) {
                problems.push(Problem::new(&path, index + 1, format!("`{word}`: open an issue instead")));
            }
            for target in links(line).into_iter().filter(|_| markdown) {
                if !resolves(&path, &text, target) {
                    problems.push(Problem::new(&path, index + 1, format!("the link `{target}` leads nowhere")));
                }
            }
        }
    }
    Ok(())
}

/// Targets of `[text](target)` in a line.
pub(super) fn links(line: &str) -> Vec<&str> {
    line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()).collect()
}

/// True for outside addresses, for files that exist, and for headings that exist.
fn resolves(from: &Path, text: &str, target: &str) -> bool {
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    let (file, heading) = target.split_once('#').unwrap_or((target, ""));
    if file.is_empty() {
        return has_heading(text, heading);
    }
    let path = from.parent().unwrap_or(from).join(file);
    if heading.is_empty() {
        return path.exists();
    }
    fs::read_to_string(path).is_ok_and(|text| has_heading(&text, heading))
}

fn has_heading(text: &str, wanted: &str) -> bool {
    text.lines().filter(|l| l.starts_with('#')).any(|l| slug(l.trim_start_matches('#').trim()) == wanted)
}

/// The anchor of a heading: lower case, spaces to hyphens, punctuation dropped.
pub(super) fn slug(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).flat_map(char::to_lowercase).collect()
}
