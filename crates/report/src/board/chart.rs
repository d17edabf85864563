//! Charts where people would rather look than read: plain SVG, no colour that means something alone, every number written.
//!
//! Verdicts differ by fill (solid, hatched, dotted, empty) as well as by colour, and each part is labelled.

use std::fmt::Write as _;

use super::document::{Block, Figure, words};
use crate::clean;

/// What charts refer to: once on a page, or in a drawing that stands alone.
pub const PATTERNS: &str = "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" \
    patternTransform=\"rotate(45)\"><rect width=\"3\" height=\"6\" class=\"hatch\" fill=\"#7d4f00\"/></pattern></defs>";

const WIDTH: i32 = 720;
const NAME: i32 = 190;
const BAR: i32 = 16;
const ROW: i32 = 26;

/// A part of a bar: id of its fill, words, number.
pub(super) struct Part {
    pub(super) fill: &'static str,
    pub(super) label: String,
    pub(super) number: u64,
}

/// A bar with its name.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) parts: Vec<Part>,
}

fn open(height: i32, alternative: &str) -> String {
    format!(
        "<svg class=\"chart\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" \
         height=\"{height}\" role=\"img\" aria-label=\"{}\" font-family=\"system-ui, sans-serif\" font-size=\"13\" fill=\"#333\">\n",
        clean::xml(alternative)
    )
}

fn figure(svg: String, alternative: String, caption: &str) -> Block {
    Block::Figure(Figure { svg, alternative, caption: words(caption), words: Vec::new() })
}

fn said(bars: &[Bar], colon: &str) -> String {
    let lines: Vec<String> = bars
        .iter()
        .map(|b| {
            let parts: Vec<String> = b.parts.iter().filter(|p| p.number > 0).map(|p| p.label.clone()).collect();
            if b.name.is_empty() { parts.join(", ") } else { format!("{}{colon}{}", b.name, parts.join(", ")) }
        })
        .collect();
    lines.join("; ")
}

/// Bars of parts, one below the other, on one scale.
pub(super) fn bars(bars: &[Bar], caption: &str, colon: &str) -> Option<Block> {
    let total = |b: &Bar| b.parts.iter().map(|p| p.number).sum::<u64>();
    let most = bars.iter().map(total).max().filter(|n| *n > 0)?;
    let left = if bars.iter().all(|b| b.name.is_empty()) { 0 } else { NAME };
    let rows = i32::try_from(bars.len()).unwrap_or(1);
    let height = rows * (ROW + 16) + 4;
    let alternative = format!("{caption}{colon}{}", said(bars, colon));
    let mut svg = open(height, &alternative);
    for (i, bar) in bars.iter().enumerate() {
        let y = i32::try_from(i).unwrap_or(0) * (ROW + 16) + 4;
        if left > 0 {
            let name = clean::xml(&clean::short(&bar.name, 26));
            let _ = writeln!(svg, "<text class=\"name\" x=\"0\" y=\"{}\" font-weight=\"600\">{name}</text>", y + 13);
        }
        let mut x = left;
        let mut end_of_label = left;
        for p in bar.parts.iter().filter(|p| p.number > 0) {
            let w = scaled(p.number, most, WIDTH - left);
            let _ = writeln!(
                svg,
                "<rect class=\"bar {}\" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{BAR}\" {}/>",
                p.fill,
                (w - 2).max(2),
                plain(p.fill)
            );
            let at = x.max(end_of_label);
            let label = clean::xml(&p.label);
            let _ =
                writeln!(svg, "<text class=\"small\" x=\"{at}\" y=\"{}\" font-size=\"11.5\">{label}</text>", y + 30);
            end_of_label = at + i32::try_from(p.label.chars().count()).unwrap_or(10) * 7 + 12;
            x += w;
        }
    }
    svg.push_str("</svg>");
    Some(figure(svg, alternative, caption))
}

/// Without a style sheet: fills that print in grey.
fn plain(fill: &str) -> &'static str {
    match fill {
        "reached" | "high" => "fill=\"#97161c\"",
        "contested" => "fill=\"url(#hatch)\" stroke=\"#7d4f00\"",
        "unknown" => "fill=\"#fff\" stroke=\"#49525c\" stroke-dasharray=\"3 2\"",
        "low" => "fill=\"#fff\" stroke=\"#333\"",
        _ => "fill=\"#fff\" stroke=\"#1b6144\"",
    }
}

fn scaled(n: u64, most: u64, width: i32) -> i32 {
    let w = u128::from(n) * u128::from(width.unsigned_abs()) / u128::from(most.max(1));
    i32::try_from(w).unwrap_or(width)
}

/// A point on a line of time.
pub(super) struct Moment {
    /// Months from the date of the report, in thirtieths.
    pub(super) days: i32,
    pub(super) when: String,
    pub(super) what: String,
}

/// Moments along a line, each with its words to the right of it; the line is drawn from top to bottom.
pub(super) fn line_of_time(moments: &[Moment], today: &str, caption: &str, colon: &str) -> Option<Block> {
    let last = moments.iter().map(|m| m.days).max().filter(|d| *d > 0)?;
    let rows = i32::try_from(moments.len()).unwrap_or(1);
    let body = (rows * ROW).max(60);
    let height = body + 46;
    let texts: Vec<String> = moments.iter().map(|m| format!("{}{colon}{}", m.when, m.what)).collect();
    let alternative = format!("{caption}{colon}{}", texts.join("; "));
    let mut svg = open(height, &alternative);
    let _ = writeln!(svg, "<path class=\"axis\" d=\"M14 22 V{}\" stroke=\"#555\" stroke-width=\"2\"/>", height - 10);
    let _ = writeln!(
        svg,
        "<path class=\"axis\" d=\"M8 22 h12\" stroke=\"#555\" stroke-width=\"2\"/>\
         <text class=\"small\" x=\"0\" y=\"12\" font-size=\"11.5\">{}</text>",
        clean::xml(today)
    );
    for (i, m) in moments.iter().enumerate() {
        let y = 34 + scaled(u64::try_from(m.days).unwrap_or(0), u64::try_from(last).unwrap_or(1), body - 20);
        let row = 38 + i32::try_from(i).unwrap_or(0) * ROW;
        let _ = writeln!(
            svg,
            "<path class=\"lead\" d=\"M20 {y} C60 {y} 50 {} 84 {}\" fill=\"none\" stroke=\"#999\"/>\
             <circle class=\"dot\" cx=\"14\" cy=\"{y}\" r=\"4.5\" fill=\"#333\"/>",
            row - 4,
            row - 4
        );
        let _ = writeln!(
            svg,
            "<text x=\"90\" y=\"{row}\"><tspan font-weight=\"600\">{}</tspan></text>\
             <text class=\"small\" x=\"250\" y=\"{row}\">{}</text>",
            clean::xml(&m.when),
            clean::xml(&clean::short(&m.what, 66))
        );
    }
    svg.push_str("</svg>");
    Some(figure(svg, alternative, caption))
}
/// A range with its name: lowest and highest, and the words for them.
pub(super) struct Span {
    pub(super) name: String,
    pub(super) rows: Vec<(String, u64, u64, &'static str)>,
}

/// Ranges on one scale: what is certain solid, what may come on top empty.
pub(super) fn ranges(list: &[Span], caption: &str, colon: &str) -> Option<Block> {
    let most = list.iter().flat_map(|s| &s.rows).map(|r| r.2).max().filter(|n| *n > 0)?;
    let rows: usize = list.iter().map(|s| s.rows.len()).sum();
    let height = i32::try_from(rows * 24 + list.len() * 12).unwrap_or(100) + 4;
    let texts: Vec<String> = list
        .iter()
        .map(|s| format!("{}{colon}{}", s.name, s.rows.iter().map(|r| r.0.clone()).collect::<Vec<_>>().join(", ")))
        .collect();
    let alternative = format!("{caption}{colon}{}", texts.join("; "));
    let mut svg = open(height, &alternative);
    let mut y = 4;
    let room = 280;
    for span in list {
        let name = clean::xml(&clean::short(&span.name, 26));
        let _ = writeln!(svg, "<text class=\"name\" x=\"0\" y=\"{}\" font-weight=\"600\">{name}</text>", y + 13);
        for (label, low, high, fill) in &span.rows {
            let (a, b) = (scaled(*low, most, room), scaled(*high, most, room));
            let _ = writeln!(
                svg,
                "<rect class=\"bar {fill}\" x=\"{NAME}\" y=\"{}\" width=\"{}\" height=\"12\" fill=\"#555\"/>\
                 <rect class=\"bar more\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"12\" fill=\"#fff\" stroke=\"#555\"/>\
                 <text class=\"small\" x=\"{}\" y=\"{}\" font-size=\"11.5\">{}</text>",
                y + 3,
                a.max(1),
                NAME + a.max(1),
                y + 3,
                (b - a).max(1),
                NAME + b.max(a) + 8,
                y + 13,
                clean::xml(label)
            );
            y += 24;
        }
        y += 12;
    }
    svg.push_str("</svg>");
    Some(figure(svg, alternative, caption))
}
