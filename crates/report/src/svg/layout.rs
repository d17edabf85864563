//! Boxes, arrows and the rail of links, in user units of the drawing.

use std::fmt::Write as _;

use flagstate_catalog::Link;
use flagstate_exposure::Verdict;

use super::{Mark, Node, Plan};
use crate::{clean, words};

/// Characters per line, by what is written.
pub(super) const LAW_CHARS: usize = 29;
pub(super) const NAME_CHARS: usize = 18;
pub(super) const ROLE_CHARS: usize = 22;
pub(super) const HOLD_CHARS: usize = 12;
pub(super) const DATA_CHARS: usize = 16;

const LAWS_WIDTH: i32 = 240;
const NODE_WIDTH: i32 = 164;
const DATA_WIDTH: i32 = 128;
const GAP: i32 = 94;
const LINE: i32 = 16;
const PAD: i32 = 12;
const EDGE: i32 = 2;

/// Breaks a name into at most `max` lines; what does not fit ends in dots (the whole stands in the description).
pub(super) fn lines(text: &str, width: usize, max: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for word in text.split([' ', '\n']).filter(|w| !w.is_empty()).flat_map(|w| pieces(w, width)) {
        match out.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => out.push(word),
        }
    }
    if out.len() > max {
        out.truncate(max);
        if let Some(last) = out.last_mut() {
            *last = format!("{}...", last.chars().take(width.saturating_sub(3)).collect::<String>().trim_end());
        }
    }
    out
}

/// A word in pieces that fit a line.
fn pieces(word: &str, width: usize) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    for part in word.split_inclusive('-') {
        match out.last_mut() {
            Some(last) if last.chars().count() + part.chars().count() <= width => last.push_str(part),
            _ => {
                let chars: Vec<char> = part.chars().collect();
                out.extend(chars.chunks(width.max(1)).map(|c| c.iter().collect::<String>()));
            }
        }
    }
    out
}

/// A box with its place.
struct Place {
    x: i32,
    y: i32,
    w: i32,
    h: i32,
}

impl Place {
    fn right(&self) -> i32 {
        self.x + self.w
    }
}

fn int(n: usize) -> i32 {
    i32::try_from(n).unwrap_or(i32::MAX / 1024)
}

fn node_height(n: &Node) -> i32 {
    2 * PAD + LINE * int(n.lines.len() + n.role.len()) + if n.role.is_empty() { 0 } else { 4 }
}

fn laws_height(plan: &Plan) -> i32 {
    let lines: usize = plan.laws.iter().map(|(_, l)| l.len()).sum();
    2 * PAD + LINE + 6 + LINE * int(lines) + 4 * int(plan.laws.len())
}

/// The whole element.
pub(super) fn svg(plan: &Plan, id: &str, title: &str, description: &str) -> String {
    let laws_h = laws_height(plan);
    let nodes_h = plan.nodes.iter().chain([&plan.data]).map(node_height).max().unwrap_or(0);
    let body = laws_h.max(nodes_h);
    let middle = EDGE + body / 2;
    let laws = Place { x: EDGE, y: middle - laws_h / 2, w: LAWS_WIDTH, h: laws_h };
    let mut places = Vec::new();
    let mut x = laws.right() + GAP;
    for n in &plan.nodes {
        let h = node_height(n);
        places.push(Place { x, y: middle - h / 2, w: NODE_WIDTH, h });
        x += NODE_WIDTH + GAP;
    }
    let h = node_height(&plan.data);
    let data = Place { x, y: middle - h / 2, w: DATA_WIDTH, h };
    let mut out = String::new();
    let mut floor = EDGE + body;
    arrows(&mut out, plan, &laws, &places, &data, middle);
    laws_box(&mut out, plan, &laws);
    for (place, node) in places.iter().zip(&plan.nodes) {
        node_box(&mut out, place, node, "box");
    }
    node_box(&mut out, &data, &plan.data, "box data");
    if let (Some(below), Some(first)) = (&plan.below, places.first()) {
        let place = Place { x: first.x, y: first.y + first.h + 30, w: NODE_WIDTH, h: node_height(below) };
        let x = place.x + place.w / 2;
        let _ = writeln!(out, "<path class=\"hold\" d=\"M{x} {} V{}\"/>", first.y + first.h, place.y - 1);
        text(&mut out, x + 6, place.y - 10, "small", "start", &plan.wording.owns);
        node_box(&mut out, &place, below, "box thin");
        floor = floor.max(place.y + place.h);
    }
    let height = rail(&mut out, plan, &laws, &places, &data, floor + 20);
    let width = data.right() + EDGE;
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg class=\"chain {}\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" \
         height=\"{height}\" role=\"img\" aria-labelledby=\"{id}-t {id}-d\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\" fill=\"none\" stroke=\"none\">",
        plan.verdict.word()
    );
    let _ = writeln!(svg, "<title id=\"{id}-t\">{}</title>", clean::xml(title));
    let _ = writeln!(svg, "<desc id=\"{id}-d\">{}</desc>", clean::xml(description));
    svg.push_str(&out);
    svg.push_str("</svg>");
    svg
}

fn text(out: &mut String, x: i32, y: i32, class: &str, anchor: &str, content: &str) {
    let size = match class {
        "name" => " font-weight=\"600\"",
        "small" | "small strong" => " font-size=\"11.5\"",
        _ => "",
    };
    let _ = writeln!(
        out,
        "<text class=\"{class}\" x=\"{x}\" y=\"{y}\" text-anchor=\"{anchor}\" fill=\"#333\"{size}>{}</text>",
        clean::xml(content)
    );
}

fn frame(out: &mut String, p: &Place, class: &str) {
    let _ = writeln!(
        out,
        "<rect class=\"{class}\" x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"3\" fill=\"#fff\" stroke=\"#555\"/>",
        p.x, p.y, p.w, p.h
    );
}

fn node_box(out: &mut String, p: &Place, node: &Node, class: &str) {
    frame(out, p, class);
    let x = p.x + p.w / 2;
    let mut y = p.y + PAD + 12;
    for line in &node.lines {
        text(out, x, y, "name", "middle", line);
        y += LINE;
    }
    y += 4;
    for line in &node.role {
        text(out, x, y, "small", "middle", line);
        y += LINE;
    }
}

fn laws_box(out: &mut String, plan: &Plan, p: &Place) {
    frame(out, p, "box law");
    let mut y = p.y + PAD + 12;
    text(out, p.x + PAD, y, "name", "start", &plan.state);
    y += LINE + 6;
    for (force, lines) in &plan.laws {
        shape(out, p.x + PAD + 5, y - 4, *force);
        for line in lines {
            text(out, p.x + PAD + 18, y, "small", "start", line);
            y += LINE;
        }
        y += 4;
    }
}

/// The line from the law to the data; broken where a link is cut, dashed where one is in doubt.
fn arrows(out: &mut String, plan: &Plan, laws: &Place, nodes: &[Place], data: &Place, middle: i32) {
    let stops: Vec<&Place> = [laws].into_iter().chain(nodes).chain([data]).collect();
    let last = stops.len().saturating_sub(2);
    for (i, pair) in stops.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        let links: &[Link] = match i {
            0 => &[Link::L1, Link::L2, Link::L3],
            _ if i == last => &[Link::L5],
            _ => &[Link::L4],
        };
        let also = i == last && plan.nodes.len() == 1;
        let on = plan.marks.iter().filter(|m| links.contains(&m.link) || (also && m.link == Link::L4));
        let sealed = i == last && plan.marks.iter().any(|m| m.link == Link::L5 && m.verdict == Verdict::Cut);
        let on = on.filter(|m| m.link != Link::L5 || m.verdict != Verdict::Cut);
        let weakest = on.map(|m| m.verdict).min().unwrap_or(Verdict::Holds);
        let class = match weakest {
            Verdict::Holds | Verdict::Residual | Verdict::Weakened => "way",
            Verdict::Cut => "way broken",
            _ => "way doubt",
        };
        let dash = if class == "way doubt" { " stroke-dasharray=\"5 4\"" } else { "" };
        let (a, b) = (from.right(), to.x);
        let _ = writeln!(
            out,
            "<path class=\"{class}\" d=\"M{a} {middle} H{}\" stroke=\"#333\" stroke-width=\"1.5\"{dash}/>",
            b - 7
        );
        let _ = writeln!(out, "<path class=\"head\" d=\"M{} {middle} l-8 -4 v8 z\" fill=\"#333\"/>", b - 1);
        if weakest == Verdict::Cut {
            broken(out, i32::midpoint(a, b) - 3, middle);
        }
        let label: &[String] = if i == 0 { &[] } else { plan.holds.get(i - 1).map(Vec::as_slice).unwrap_or_default() };
        let mut y = middle - 7 - LINE * (int(label.len()) - 1).max(0);
        for line in label {
            text(out, i32::midpoint(a, b), y, "small", "middle", line);
            y += LINE;
        }
        if sealed {
            text(out, i32::midpoint(a, b) - 3, middle - 7, "small", "middle", &plan.wording.sealed);
        }
        if i == 0 {
            let [none, can] = &plan.wording.order;
            let word = if weakest == Verdict::Cut { none } else { can };
            text(
                out,
                i32::midpoint(a, b) - 3,
                middle - if weakest == Verdict::Cut { 14 } else { 7 },
                "small",
                "middle",
                word,
            );
        }
    }
}

/// A gap in the line, with a bar on either side.
fn broken(out: &mut String, x: i32, y: i32) {
    let _ =
        writeln!(out, "<rect class=\"gap\" x=\"{}\" y=\"{}\" width=\"16\" height=\"4\" fill=\"#fff\"/>", x - 8, y - 2);
    let _ = writeln!(
        out,
        "<path class=\"m ring cut\" d=\"M{} {} v18 m14 -18 v18\" stroke=\"#333\" stroke-width=\"2\"/>",
        x - 7,
        y - 9
    );
}

/// Spans under the drawing: which part of the way each link speaks about. Returns the height of the whole.
fn rail(out: &mut String, plan: &Plan, laws: &Place, nodes: &[Place], data: &Place, top: i32) -> i32 {
    let (Some(first), Some(operator)) = (nodes.first(), nodes.last()) else { return top };
    let half = first.x + NODE_WIDTH / 2;
    let spans = [
        (laws.x, laws.right() - 4, vec![Link::L1, Link::L6, Link::L7]),
        (laws.right() + 4, half - 4, vec![Link::L2, Link::L3]),
        (half + 4, operator.right() + GAP / 2 - 4, vec![Link::L4]),
        (operator.right() + GAP / 2 + 4, data.right(), vec![Link::L5]),
    ];
    let mut height = top;
    for (from, to, links) in spans {
        let _ = writeln!(out, "<path class=\"span\" d=\"M{from} {} v6 H{to} v-6\" stroke=\"#999\"/>", top - 6);
        let mut y = top + 18;
        for link in links {
            let name = format!("{} {}{}", words::link_id(link), plan.wording.link(link), plan.wording.colon);
            if let Some(mark) = plan.marks.iter().find(|m| m.link == link) {
                y = label(out, from, to, y, mark, &name);
            } else if let Some((_, word)) = plan.notes.iter().find(|(l, _)| *l == link) {
                y = said(out, from, to, y, &name, word, "small");
            }
        }
        height = height.max(y);
    }
    height
}

/// Shape, link and verdict; the verdict goes to a line of its own where the span is narrow.
fn label(out: &mut String, from: i32, to: i32, y: i32, mark: &Mark, name: &str) -> i32 {
    shape(out, from + 6, y - 4, mark.verdict);
    said(out, from, to, y, name, &mark.word, "small strong")
}

/// Name and word on one line, or below each other.
fn said(out: &mut String, from: i32, to: i32, y: i32, name: &str, word: &str, class: &str) -> i32 {
    let room = usize::try_from((to - from - 17) * 10 / 67).unwrap_or(1);
    let mut y = y;
    for line in lines(&format!("{name}{word}"), room.max(10), 4) {
        text(out, from + 17, y, class, "start", &line);
        y += LINE - 1;
    }
    y + 3
}

/// One shape per verdict, so that colour says nothing that the shape does not.
fn shape(out: &mut String, x: i32, y: i32, verdict: Verdict) {
    let class = verdict.word();
    let _ = match verdict {
        Verdict::Holds => {
            writeln!(out, "<circle class=\"m {class}\" cx=\"{x}\" cy=\"{y}\" r=\"4.5\" fill=\"#333\" stroke=\"#333\"/>")
        }
        Verdict::Residual | Verdict::Weakened => writeln!(
            out,
            "<circle class=\"m ring {class}\" cx=\"{x}\" cy=\"{y}\" r=\"4.5\" stroke=\"#333\"/>\
             <path class=\"m {class}\" d=\"M{x} {} a4.5 4.5 0 0 1 0 9 z\" fill=\"#333\"/>",
            f64::from(y) - 4.5
        ),
        Verdict::Contested | Verdict::Untested => writeln!(
            out,
            "<path class=\"m ring {class}\" d=\"M{x} {} l5.5 5.5 l-5.5 5.5 l-5.5 -5.5 z\" stroke=\"#333\"/>",
            f64::from(y) - 5.5
        ),
        Verdict::Unknown => writeln!(
            out,
            "<circle class=\"m ring {class}\" cx=\"{x}\" cy=\"{y}\" r=\"5\" stroke=\"#333\" stroke-dasharray=\"2 2\"/>"
        ),
        Verdict::Cut => writeln!(
            out,
            "<path class=\"m ring {class}\" d=\"M{} {y} h4 m0 -4.5 v9 m3 -9 v9 m0 -4.5 h4\" stroke=\"#333\" stroke-width=\"1.8\"/>",
            f64::from(x) - 5.5
        ),
    };
}
