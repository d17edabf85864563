//! Just enough of Rust's surface: which characters are comment, string or code, and which lines are tests.

use std::path::{Path, PathBuf};

/// A source file in three views of the same shape: as written, without comments, without comments and strings.
#[derive(Debug)]
pub(crate) struct Source {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// As written.
    pub(crate) text: String,
    /// Comments blanked.
    pub(crate) code: String,
    /// Comments, strings and character literals blanked.
    pub(crate) bare: String,
    /// True for whole files of tests.
    pub(crate) is_test: bool,
    test_lines: Vec<bool>,
}

impl Source {
    /// Reads `text` as Rust.
    pub(crate) fn new(path: PathBuf, text: String) -> Self {
        let mut views = Views::default();
        views.read(&text.chars().collect::<Vec<_>>());
        let is_test = is_test_file(&path);
        let lines = text.lines().count() + 1;
        let mut source =
            Self { path, text, code: views.code, bare: views.bare, is_test, test_lines: vec![is_test; lines] };
        source.mark_tests();
        source
    }

    /// Files of modules that this one declares under `#[cfg(test)]`.
    pub(crate) fn test_modules(&self) -> Vec<PathBuf> {
        let name = self.path.file_stem().and_then(|n| n.to_str()).unwrap_or_default();
        let own = self.path.parent().unwrap_or(&self.path);
        let dir = if matches!(name, "mod" | "lib" | "main") { own.to_owned() } else { own.join(name) };
        let declared = self.bare.split("#[cfg(test)]").skip(1);
        let names = declared.filter_map(|rest| rest.trim_start().strip_prefix("mod ")?.split_once(';').map(|(n, _)| n));
        names
            .filter(|n| n.chars().all(is_word))
            .flat_map(|n| [dir.join(format!("{n}.rs")), dir.join(n).join("mod.rs")])
            .collect()
    }

    /// Takes the whole file for tests.
    pub(crate) fn set_test(&mut self) {
        self.is_test = true;
        self.test_lines.fill(true);
    }

    /// True where line `number` (from 1) is part of a test.
    pub(crate) fn in_test(&self, number: usize) -> bool {
        self.test_lines.get(number.saturating_sub(1)).copied().unwrap_or(self.is_test)
    }

    /// Marks the blocks that follow `#[cfg(test)]` and `#[test]`.
    fn mark_tests(&mut self) {
        for attribute in ["#[cfg(test)]", "#[test]"] {
            let starts: Vec<usize> = self.bare.match_indices(attribute).map(|(at, _)| at).collect();
            for start in starts {
                let Some((_, last)) = block(&self.bare, start + attribute.len()) else { continue };
                let (from, to) = (line_of(&self.bare, start), line_of(&self.bare, last));
                for slot in self.test_lines.iter_mut().take(to).skip(from - 1) {
                    *slot = true;
                }
            }
        }
    }
}

/// Files that hold tests only.
fn is_test_file(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    let in_folder =
        path.components().any(|c| matches!(c.as_os_str().to_str(), Some("tests" | "benches" | "examples" | "fuzz")));
    in_folder || name == "tests.rs" || name.ends_with("_tests.rs")
}

/// The line (from 1) of byte `at`.
pub(crate) fn line_of(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

/// From byte `start`: the first `{` before any `;` (brackets apart) and its closing `}`, as byte positions.
pub(crate) fn block(bare: &str, start: usize) -> Option<(usize, usize)> {
    let (mut brackets, mut braces) = (0_i32, 0_i32);
    let mut open = None;
    for (at, c) in bare.bytes().enumerate().skip(start) {
        match c {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if open.is_none() && brackets == 0 => return None,
            b'{' => {
                braces += 1;
                open = open.or(Some(at));
            }
            b'}' => {
                braces -= 1;
                if braces == 0 {
                    return open.map(|o| (o, at));
                }
            }
            _ => {}
        }
    }
    None
}

#[derive(Default)]
struct Views {
    code: String,
    bare: String,
}

#[derive(Clone, Copy)]
enum Kind {
    Code,
    Comment,
    Text,
}

impl Views {
    fn read(&mut self, chars: &[char]) {
        let at = |i: usize| chars.get(i).copied().unwrap_or('\0');
        let mut i = 0;
        while i < chars.len() {
            let previous_is_word = i > 0 && is_word(at(i - 1));
            let (end, kind) = match (at(i), at(i + 1)) {
                ('/', '/') => (until(chars, i, |c| c == '\n'), Kind::Comment),
                ('/', '*') => (comment_end(chars, i), Kind::Comment),
                ('"', _) => (string_end(chars, i), Kind::Text),
                ('r', '"' | '#') | ('b', 'r') if !previous_is_word => raw_end(chars, i),
                ('\'', '\\') => (until(chars, i + 3, |c| c == '\'') + 1, Kind::Text),
                ('\'', _) if at(i + 2) == '\'' => (i + 3, Kind::Text),
                _ => (i + 1, Kind::Code),
            };
            self.push(chars.get(i..end.min(chars.len())).unwrap_or_default(), kind);
            i = end;
        }
    }

    fn push(&mut self, chars: &[char], kind: Kind) {
        for c in chars {
            // Blanks have the width of what they replace, so that byte positions agree between the views.
            let blank = if *c == '\n' { "\n".to_owned() } else { " ".repeat(c.len_utf8()) };
            let shown = c.to_string();
            self.code.push_str(if matches!(kind, Kind::Comment) { &blank } else { &shown });
            self.bare.push_str(if matches!(kind, Kind::Code) { &shown } else { &blank });
        }
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn until(chars: &[char], from: usize, stop: impl Fn(char) -> bool) -> usize {
    chars.iter().skip(from).position(|c| stop(*c)).map_or(chars.len(), |n| from + n)
}

fn comment_end(chars: &[char], from: usize) -> usize {
    let mut depth = 0;
    let mut i = from;
    while i < chars.len() {
        match (chars.get(i), chars.get(i + 1)) {
            (Some('/'), Some('*')) => {
                depth += 1;
                i += 1;
            }
            (Some('*'), Some('/')) => {
                depth -= 1;
                i += 1;
                if depth == 0 {
                    return i + 1;
                }
            }
            _ => {}
        }
        i += 1;
    }
    chars.len()
}

fn string_end(chars: &[char], from: usize) -> usize {
    let mut i = from + 1;
    while let Some(c) = chars.get(i) {
        match c {
            '\\' => i += 1,
            '"' => return i + 1,
            _ => {}
        }
        i += 1;
    }
    chars.len()
}

/// A raw string, or one character of code when it is none (a raw identifier, the letter b).
fn raw_end(chars: &[char], from: usize) -> (usize, Kind) {
    let letters = if chars.get(from) == Some(&'b') { 2 } else { 1 };
    let quote = until(chars, from + letters, |c| c != '#');
    if chars.get(quote) != Some(&'"') {
        return (from + 1, Kind::Code);
    }
    let hashes = quote - from - letters;
    let mut i = quote + 1;
    while i < chars.len() {
        let closes = chars.get(i) == Some(&'"')
            && chars.iter().skip(i + 1).take(hashes).filter(|c| **c == '#').count() == hashes;
        if closes {
            return (i + 1 + hashes, Kind::Text);
        }
        i += 1;
    }
    (chars.len(), Kind::Text)
}
