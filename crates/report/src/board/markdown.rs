//! The document as Markdown (`CommonMark` with tables): drawings are given in words.

use std::fmt::Write as _;

use super::document::{Block, Document, Figure, Span, Style, Table};
use crate::clean;

/// The text.
pub fn text(d: &Document) -> String {
    let mut out = format!("# {}\n\n**{}**\n\n{}\n\n", escape(&d.title), escape(&d.kicker), escape(&d.scope));
    for s in &d.sections {
        let _ = write!(out, "## {}", escape(&s.title));
        if let Some((id, word)) = &s.verdict {
            let _ = write!(out, " ({})", verdict(id, word));
        }
        out.push_str("\n\n");
        for b in &s.blocks {
            block(b, &mut out);
        }
    }
    let _ = writeln!(out, "---\n\n{}", escape(&d.disclaimer));
    out
}

/// A shape that tells verdicts apart without colour.
fn verdict(id: &str, word: &str) -> String {
    let sign = match super::html::shape(id) {
        "reached" => "●",
        "contested" => "◑",
        "cut" => "‖",
        _ => "○",
    };
    format!("{sign} {}", escape(word))
}

fn block(b: &Block, out: &mut String) {
    match b {
        Block::Heading { text } => {
            let _ = writeln!(out, "### {}\n", escape(text));
        }
        Block::Text { spans, .. } => {
            let _ = writeln!(out, "{}\n", inline(spans));
        }
        Block::List { items } => {
            for item in items {
                let _ = writeln!(out, "- {}", inline(item));
            }
            out.push('\n');
        }
        Block::Pairs { rows, .. } => {
            for (name, lines) in rows {
                let text: Vec<String> = lines.iter().map(|l| inline(l)).collect();
                let _ = writeln!(out, "- **{}**  \n  {}", escape(name), text.join("  \n  "));
            }
            out.push('\n');
        }
        Block::Table(t) => table(t, out),
        Block::Figure(f) => figure(f, out),
        Block::Details { summary, blocks } => {
            let _ = writeln!(out, "### {}\n", escape(summary));
            for b in blocks {
                block(b, out);
            }
        }
    }
}

fn table(t: &Table, out: &mut String) {
    let _ = writeln!(out, "**{}**\n", escape(&t.caption));
    let head: Vec<String> = t.head.iter().map(|h| escape(h)).collect();
    let rule: Vec<&str> = (0..t.head.len()).map(|i| if t.numbers.contains(&i) { "---:" } else { "---" }).collect();
    let _ = writeln!(out, "| {} |\n| {} |", head.join(" | "), rule.join(" | "));
    for row in &t.rows {
        let cells: Vec<String> = row
            .iter()
            .map(|cell| cell.iter().map(|l| inline(l)).filter(|l| !l.is_empty()).collect::<Vec<_>>().join("<br>"))
            .collect();
        let _ = writeln!(out, "| {} |", cells.join(" | "));
    }
    out.push('\n');
}

fn figure(f: &Figure, out: &mut String) {
    let _ = writeln!(out, "> {}\n", escape(&f.alternative));
    for b in &f.words {
        block(b, out);
    }
}

fn inline(spans: &[Span]) -> String {
    let mut out = String::new();
    for s in spans {
        if let Some(id) = &s.verdict {
            out.push_str(&verdict(id, &s.text));
            continue;
        }
        let text = match s.style {
            Style::Code => format!("`{}`", clean::name(&s.text).replace('`', "'")),
            Style::Strong => format!("**{}**", escape(&s.text)),
            Style::Soft | Style::Plain => escape(&s.text),
        };
        match &s.link {
            Some(link) if !link.starts_with('#') => {
                let _ = write!(out, "[{text}](<{link}>)");
            }
            _ => out.push_str(&text),
        }
    }
    out
}

/// Text that Markdown does not read as anything else.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean::name(text).chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '&' | '~') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
