//! Sizes of files and functions, module headers, marker words, `unwrap`.

use super::{
    Problem,
    lexer::{Source, block, line_of},
};

/// Longest file, in lines.
const FILE_LINES: usize = 600;
/// Longest file of tests or tables.
const TEST_FILE_LINES: usize = 900;
/// Longest function, from `fn` to its closing brace.
const FUNCTION_LINES: usize = 70;
/// Words that mark unfinished work; split so that this file does not hold them.
pub(super) const MARKERS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];

/// Checks one file.
pub(super) fn check(source: &Source, problems: &mut Vec<Problem>) {
    let lines = source.text.lines().count();
    let limit = if source.is_test { TEST_FILE_LINES } else { FILE_LINES };
    if lines > limit {
        problems.push(Problem::new(&source.path, lines, format!("{lines} lines; a file has at most {limit}")));
    }
    if !source.text.starts_with("//!") {
        problems.push(Problem::new(&source.path, 1, "a module opens with `//!`: what it is for"));
    }
    for (index, line) in source.bare.lines().enumerate() {
        if line.contains(".unwrap()") && !source.in_test(index + 1) {
            problems.push(Problem::new(&source.path, index + 1, "`unwrap()` outside tests"));
        }
    }
    functions(source, problems);
    markers(source, problems);
}

fn functions(source: &Source, problems: &mut Vec<Problem>) {
    for (start, _) in source.bare.match_indices("fn ") {
        let before = source.bare.get(..start).and_then(|text| text.chars().next_back());
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let first = line_of(&source.bare, start);
        let Some((_, end)) = block(&source.bare, start) else { continue };
        let length = line_of(&source.bare, end) + 1 - first;
        if length > FUNCTION_LINES && !source.in_test(first) {
            let text = format!("a function of {length} lines; at most {FUNCTION_LINES}");
            problems.push(Problem::new(&source.path, first, text));
        }
    }
}

fn markers(source: &Source, problems: &mut Vec<Problem>) {
    // In comments: the last of the words is also the ISO 4217 code for "no currency", and may stand in a string.
    for (index, (line, code)) in source.text.lines().zip(source.code.lines()).enumerate() {
        if let Some(word) = marker(line).filter(|_| marker(code).is_none()) {
            problems.push(Problem::new(&source.path, index + 1, format!("`{word}`: open an issue instead")));
        }
    }
}

/// The marker word in `line`, if any.
pub(super) fn marker(line: &str) -> Option<&'static str> {
    let has = |word: &&&str| line.split(|c: char| !c.is_alphanumeric()).any(|w| w == **word);
    MARKERS.iter().find(has).copied()
}
