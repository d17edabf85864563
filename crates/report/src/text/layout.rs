//! Lines and tables for a terminal: wrapping, alignment, nothing that a narrow window cannot show.

/// A page of text that grows line by line. What is written has been made harmless before.
#[derive(Debug)]
pub(super) struct Page {
    width: usize,
    text: String,
}

impl Page {
    pub(super) fn new(width: usize) -> Self {
        Self { width: width.max(40), text: String::new() }
    }

    pub(super) fn finish(self) -> String {
        self.text
    }

    pub(super) fn blank(&mut self) {
        if !self.text.is_empty() && !self.text.ends_with("\n\n") {
            self.text.push('\n');
        }
    }

    pub(super) fn rule(&mut self, with: char) {
        self.text.extend(std::iter::repeat_n(with, self.width));
        self.text.push('\n');
    }

    /// A line as it stands.
    pub(super) fn line(&mut self, text: &str) {
        self.text.push_str(text.replace('\u{a0}', " ").trim_end());
        self.text.push('\n');
    }

    /// Left and right ends of one line; the right end goes below when both do not fit.
    pub(super) fn ends(&mut self, left: &str, right: &str) {
        let used = chars(left) + chars(right);
        if used + 2 <= self.width {
            self.line(&format!("{left}{}{right}", " ".repeat(self.width - used)));
        } else {
            self.wrapped(left, 0, 0);
            self.line(&format!("{}{right}", " ".repeat(self.width.saturating_sub(chars(right)))));
        }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.blank();
        self.line(text);
        self.line(&"-".repeat(chars(text).min(self.width)));
    }

    /// Wrapped text: `first` blanks before the first line, `rest` before the others.
    pub(super) fn wrapped(&mut self, text: &str, first: usize, rest: usize) {
        let lines = flow(text, self.width.saturating_sub(first.max(rest)));
        for (i, line) in lines.iter().enumerate() {
            let indent = if i == 0 { first } else { rest };
            self.line(&format!("{}{line}", " ".repeat(indent)));
        }
    }

    /// `Label      text that wraps under itself`.
    pub(super) fn labelled(&mut self, label: &str, text: &str, column: usize) {
        let lines = flow(text, self.width.saturating_sub(column));
        let label_width = chars(label);
        let mut lines = lines.iter();
        if label_width < column {
            let first = lines.next().map(String::as_str).unwrap_or_default();
            self.line(&format!("{label}{}{first}", " ".repeat(column - label_width)));
        } else {
            self.line(label);
        }
        for line in lines {
            self.line(&format!("{}{line}", " ".repeat(column)));
        }
    }

    pub(super) fn item(&mut self, text: &str, indent: usize) {
        self.wrapped(&format!("- {text}"), indent, indent + 2);
    }

    /// A table: columns as wide as needed, the widest shrink until all fit, cells wrap.
    pub(super) fn table(&mut self, head: &[&str], rows: &[Vec<String>], indent: usize) {
        if rows.is_empty() {
            return;
        }
        let room = self.width.saturating_sub(indent + 2 * head.len().saturating_sub(1));
        let widths = fit(&natural(head, rows), &least(head, rows), room);
        let cells: Vec<String> = head.iter().map(|h| (*h).to_owned()).collect();
        self.row(&cells, &widths, indent);
        let line: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
        self.row(&line, &widths, indent);
        for row in rows {
            self.row(row, &widths, indent);
        }
    }

    fn row(&mut self, cells: &[String], widths: &[usize], indent: usize) {
        let wrapped: Vec<Vec<String>> = cells.iter().zip(widths).map(|(c, w)| wrap(c, *w)).collect();
        let height = wrapped.iter().map(Vec::len).max().unwrap_or(1);
        for i in 0..height {
            let mut line = " ".repeat(indent);
            for (cell, width) in wrapped.iter().zip(widths) {
                let part = cell.get(i).map(String::as_str).unwrap_or_default();
                line.push_str(part);
                line.push_str(&" ".repeat(width.saturating_sub(chars(part)) + 2));
            }
            self.line(&line);
        }
    }
}

fn natural(head: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    head.iter()
        .enumerate()
        .map(|(i, h)| rows.iter().filter_map(|r| r.get(i)).map(|c| chars(c)).max().unwrap_or(0).max(chars(h)))
        .collect()
}

/// A column is never narrower than its longest word, up to a limit.
fn least(head: &[&str], rows: &[Vec<String>]) -> Vec<usize> {
    let longest = |text: &str| text.split(' ').map(chars).max().unwrap_or(0);
    head.iter()
        .enumerate()
        .map(|(i, h)| {
            rows.iter().filter_map(|r| r.get(i)).map(|c| longest(c)).max().unwrap_or(0).max(longest(h)).min(24)
        })
        .collect()
}

fn fit(natural: &[usize], least: &[usize], room: usize) -> Vec<usize> {
    let mut widths = natural.to_vec();
    while widths.iter().sum::<usize>() > room {
        let widest = widths
            .iter()
            .zip(least)
            .enumerate()
            .filter(|(_, (w, l))| w > l)
            .max_by_key(|(i, (w, _))| (**w, usize::MAX - i))
            .map(|(i, _)| i);
        match widest.and_then(|i| widths.get_mut(i)) {
            Some(w) => *w -= 1,
            None => break,
        }
    }
    widths
}

/// Breaks at blanks; a longer word (an address, an identity) stays whole, so that it can be copied.
fn flow(text: &str, width: usize) -> Vec<String> {
    broken(text, width.max(8), false)
}

/// Breaks at blanks; a word longer than the line is broken too.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    broken(text, width, true)
}

/// Non-breaking blanks hold and are printed as blanks.
fn broken(text: &str, width: usize, words_too: bool) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let mut word: Vec<char> = word.chars().map(|c| if c == '\u{a0}' { ' ' } else { c }).collect();
        if !line.is_empty() && chars(&line) + 1 + word.len() > width {
            lines.push(std::mem::take(&mut line));
        }
        while words_too && word.len() > width {
            let rest = word.split_off(width);
            lines.push(word.into_iter().collect());
            word = rest;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.extend(word);
    }
    if !line.is_empty() || lines.is_empty() {
        lines.push(line);
    }
    lines
}

pub(super) fn chars(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_holds_the_width() {
        for width in [8, 13, 40] {
            for line in wrap(
                "a quick brownish foxtrotting\u{a0}animal jumps aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                width,
            ) {
                assert!(chars(&line) <= width, "{line:?}");
            }
        }
        assert_eq!(wrap("", 10), [""]);
    }

    #[test]
    fn tables_shrink_the_widest_column() {
        let mut page = Page::new(40);
        page.table(&["A", "B"], &[vec!["one".into(), "a long cell that has to be wrapped to fit".into()]], 2);
        let text = page.finish();
        assert!(text.lines().all(|l| chars(l) <= 40), "{text}");
    }
}
