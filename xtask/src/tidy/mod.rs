//! Rules of the source tree that are too local for clippy. Also a test, so that `cargo test` runs them.
//!
//! What it deliberately does not do: no parsing of Rust beyond comments, strings and braces. A rule that needs more
//! belongs to the compiler or to clippy.

mod arrows;
mod docs;
mod lexer;
mod rules;
#[cfg(test)]
mod tests;
mod words;

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{out, workspace};

/// One broken rule: where and what.
#[derive(Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(crate) struct Problem {
    place: String,
    line: usize,
    text: String,
}

impl Problem {
    fn new(path: &Path, line: usize, text: impl Into<String>) -> Self {
        Self { place: workspace::shown(path), line, text: text.into() }
    }

    fn shown(&self) -> String {
        format!("{}:{}: {}", self.place, self.line, self.text)
    }
}

/// Everything that breaks a rule, in order.
pub(crate) fn check() -> Result<Vec<Problem>, String> {
    let root = workspace::root();
    let mut problems = arrows::check()?;
    let names = words::Names::load(&root.join("crates/catalog/data"));
    for source in &sources(&root)? {
        rules::check(source, &mut problems);
        words::check(source, &names, &mut problems);
    }
    docs::check(&root, &mut problems)?;
    problems.sort();
    problems.dedup();
    Ok(problems)
}

/// All Rust files, those of tests marked.
fn sources(root: &Path) -> Result<Vec<lexer::Source>, String> {
    let mut all = Vec::new();
    for folder in ["crates", "xtask/src", "fuzz"] {
        for path in workspace::files(&root.join(folder), &|p| workspace::extension(p) == "rs") {
            let text = fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            all.push(lexer::Source::new(path, text));
        }
    }
    let tests: BTreeSet<PathBuf> = all.iter().flat_map(lexer::Source::test_modules).collect();
    all.iter_mut().filter(|s| tests.contains(&s.path)).for_each(lexer::Source::set_test);
    Ok(all)
}

/// `cargo xtask tidy`.
pub(crate) fn run() -> Result<(), String> {
    let problems = check()?;
    for problem in &problems {
        out::line(&problem.shown());
    }
    if problems.is_empty() {
        out::line("tidy");
        Ok(())
    } else {
        Err(format!("{} places are not tidy", problems.len()))
    }
}
