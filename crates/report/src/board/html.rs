//! The document as one HTML file: no script, nothing loaded; keyboard, screen reader and paper are served by plain elements.

use std::fmt::Write as _;

use super::{
    chart::PATTERNS,
    document::{Block, Document, Figure, Section, Span, Style, Table},
};
use crate::clean;

const STYLE: &str = concat!(include_str!("../../templates/style.css"), include_str!("../../templates/board.css"));
const SYMBOLS: &str = include_str!("../../templates/symbols.svg");

/// The page.
pub fn page(d: &Document) -> String {
    let mut out = String::with_capacity(256 * 1024);
    let _ = write!(
        out,
        "<!doctype html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body class=\"board\">\n\
         <a class=\"skip\" href=\"#summary\">{}</a>\n{SYMBOLS}\
         <svg class=\"symbols\" width=\"0\" height=\"0\" aria-hidden=\"true\">{PATTERNS}</svg>\n\
         <header class=\"page\">\n<p class=\"kicker\">{}</p>\n<h1>{}</h1>\n<p class=\"scope\">{}</p>\n</header>\n",
        d.language,
        clean::xml(&d.running),
        clean::xml(&d.labels.skip),
        clean::xml(&d.kicker),
        clean::xml(&d.title),
        clean::xml(&d.scope),
    );
    contents(d, &mut out);
    out.push_str("<main>\n");
    let page = Page { label: &d.labels.table, words: &d.labels.in_words };
    for s in &d.sections {
        page.section(s, &mut out);
    }
    let _ = write!(
        out,
        "</main>\n<footer class=\"page\"><p>{}</p></footer>\n</body>\n</html>\n",
        clean::xml(&d.disclaimer)
    );
    out
}

fn contents(d: &Document, out: &mut String) {
    let title = clean::xml(&d.labels.contents);
    let _ = write!(out, "<nav class=\"contents\" aria-label=\"{title}\">\n<h2>{title}</h2>\n<ol>\n");
    for s in &d.sections {
        let _ = write!(out, "<li><a href=\"#{}\">{}</a>", clean::xml(&s.id), clean::xml(&s.title));
        if let Some((id, word)) = &s.verdict {
            let _ = write!(out, " {}", mark(id, word));
        }
        out.push_str("</li>\n");
    }
    out.push_str("</ol>\n</nav>\n");
}

/// A verdict's shape and word.
fn mark(id: &str, word: &str) -> String {
    let shape = shape(id);
    format!(
        "<span class=\"verdict {shape}\"><svg class=\"mark\" viewBox=\"0 0 16 16\" width=\"16\" height=\"16\" aria-hidden=\"true\" \
         focusable=\"false\"><use href=\"#s-{shape}\"/></svg>{}</span>",
        clean::xml(word)
    )
}

/// Every vocabulary of verdicts shares four shapes.
pub(crate) fn shape(id: &str) -> &'static str {
    match id {
        "reached" | "not_met" | "rejected" | "weak" => "reached",
        "contested" | "conditional" | "partial" => "contested",
        "cut" | "met" | "fits" | "strong" => "cut",
        _ => "unknown",
    }
}

struct Page<'a> {
    label: &'a str,
    words: &'a str,
}

impl Page<'_> {
    fn section(&self, s: &Section, out: &mut String) {
        let id = clean::xml(&s.id);
        let class = match (s.new_page, s.back) {
            (true, true) => " class=\"new-page back\"",
            (true, false) => " class=\"new-page\"",
            (false, true) => " class=\"back\"",
            (false, false) => "",
        };
        let verdict = s.verdict.as_ref().map(|(id, word)| mark(id, word)).unwrap_or_default();
        let _ = write!(
            out,
            "<section id=\"{id}\"{class} aria-labelledby=\"{id}-title\">\n<h2 id=\"{id}-title\">{} {verdict}</h2>\n",
            clean::xml(&s.title)
        );
        for b in &s.blocks {
            self.block(b, out);
        }
        out.push_str("</section>\n");
    }

    fn block(&self, b: &Block, out: &mut String) {
        match b {
            Block::Heading { text } => {
                let _ = writeln!(out, "<h3>{}</h3>", clean::xml(text));
            }
            Block::Text { spans, soft } => {
                let class = if *soft { " class=\"soft\"" } else { "" };
                let _ = writeln!(out, "<p{class}>{}</p>", inline(spans));
            }
            Block::List { items } => {
                out.push_str("<ul>\n");
                for item in items {
                    let _ = writeln!(out, "<li>{}</li>", inline(item));
                }
                out.push_str("</ul>\n");
            }
            Block::Pairs { large, rows } => {
                let _ = writeln!(out, "<dl class=\"{}\">", if *large { "four" } else { "meta" });
                for (name, lines) in rows {
                    let _ = write!(out, "<div><dt>{}</dt><dd>", clean::xml(name));
                    for line in lines {
                        let _ = write!(out, "<p>{}</p>", inline(line));
                    }
                    out.push_str("</dd></div>\n");
                }
                out.push_str("</dl>\n");
            }
            Block::Table(t) => self.table(t, out),
            Block::Figure(f) => self.figure(f, out),
            Block::Details { summary, blocks } => {
                let _ = writeln!(out, "<details>\n<summary>{}</summary>", clean::xml(summary));
                for b in blocks {
                    self.block(b, out);
                }
                out.push_str("</details>\n");
            }
        }
    }

    fn table(&self, t: &Table, out: &mut String) {
        let label = clean::xml(&format!("{} {}", self.label, t.caption));
        let _ = write!(
            out,
            "<div class=\"scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n<table class=\"board\">\n\
             <caption>{}</caption>\n<colgroup>",
            clean::xml(&t.caption)
        );
        for width in &t.widths {
            let _ = write!(out, "<col style=\"width:{width}%\">");
        }
        out.push_str("</colgroup>\n");
        out.push_str("<thead><tr>");
        let number = |i: usize| if t.numbers.contains(&i) { " class=\"n\"" } else { "" };
        for (i, h) in t.head.iter().enumerate() {
            let _ = write!(out, "<th scope=\"col\"{}>{}</th>", number(i), clean::xml(h));
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for (r, row) in t.rows.iter().enumerate() {
            match t.anchors.get(r) {
                Some(id) => {
                    let _ = write!(out, "<tr id=\"{}\">", clean::xml(id));
                }
                None => out.push_str("<tr>"),
            }
            for (i, cell) in row.iter().enumerate() {
                let text: Vec<String> = cell.iter().map(|line| format!("<p>{}</p>", inline(line))).collect();
                let text = match (cell.as_slice(), text.as_slice()) {
                    ([line], [_]) => inline(line),
                    _ => text.concat(),
                };
                let (open, close) = if i == 0 { ("th scope=\"row\"", "th") } else { ("td", "td") };
                let _ = write!(out, "<{open}{}>{text}</{close}>", number(i));
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody>\n</table>\n</div>\n");
    }

    fn figure(&self, f: &Figure, out: &mut String) {
        let label = clean::xml(self.label);
        let _ = write!(
            out,
            "<figure>\n<div class=\"scroll\" role=\"region\" aria-label=\"{label}\" tabindex=\"0\">\n{}\n</div>\n<figcaption>{}\n\
             <details>\n<summary>{}</summary>\n<p>{}</p>\n",
            f.svg,
            inline(&f.caption),
            clean::xml(self.words),
            clean::xml(&f.alternative)
        );
        for b in &f.words {
            self.block(b, out);
        }
        out.push_str("</details>\n</figcaption>\n</figure>\n");
    }
}

fn inline(spans: &[Span]) -> String {
    let mut out = String::new();
    for s in spans {
        if let Some(id) = &s.verdict {
            out.push_str(&mark(id, &s.text));
            continue;
        }
        let mut text = clean::xml(&s.text);
        let lang = if s.english { " lang=\"en\"" } else { "" };
        text = match s.style {
            Style::Strong => format!("<b{lang}>{text}</b>"),
            Style::Soft => format!("<span class=\"soft\"{lang}>{text}</span>"),
            Style::Code => format!("<code>{text}</code>"),
            Style::Plain if s.english => format!("<span lang=\"en\">{text}</span>"),
            Style::Plain => text,
        };
        if let Some(link) = &s.link {
            let rel = if link.starts_with('#') { "" } else { " rel=\"noreferrer noopener\"" };
            text = format!("<a href=\"{}\"{rel}>{text}</a>", clean::xml(link));
        }
        out.push_str(&text);
    }
    out
}
