//! The route of one workload: where it should live and why, what was rejected by which fact, what is given up, what it takes
//! and costs.

use flagstate_placement::{
    Cost, GateReading, LandingPoint, Sheet,
    takes::{Gap, Match},
};

use super::{
    Material,
    document::{Block, Span, Table, cell, words},
    language::{colon, semicolon},
    pen::Pen,
    placement::{amounts, candidates, clause, days, landing, lines, option, ranges, said, sheet, standing},
    readings::verdict,
};
use crate::{clean, words as english};

/// The blocks of a workload's sheet; none without a plan.
pub(super) fn blocks(m: &Material<'_>, workload: &str, pen: Pen<'_>) -> Vec<Block> {
    let Some(sheet) = sheet(m, workload) else { return Vec::new() };
    let mut out = vec![Block::heading(&pen.texts.say("route.title"))];
    let mut line = pen.texts.rich("route.lands", &[("option", vec![Span::strong(&landing(sheet, pen))])]);
    if let Some(point) = &sheet.chosen {
        line.push(Span::text(" "));
        line.push(standing(point.standing, pen));
    }
    if sheet.stays {
        line.push(Span::text(&format!(" {}", pen.texts.say("route.stays"))));
    }
    out.push(Block::Text { spans: line, soft: false });
    if !sheet.decided_by.is_empty() {
        out.push(Block::List { items: lines(m, &sheet.decided_by, pen) });
    }
    out.extend(questions(m, sheet, pen));
    if let Some(point) = &sheet.chosen {
        out.extend(gates(m, point, pen));
        out.extend(residual(point, pen));
    }
    out.extend(rejected(m, sheet, pen));
    out.extend(runners_up(m, sheet, pen));
    if let Some(point) = &sheet.chosen {
        out.extend(gaps(m, &point.gaps, pen));
        out.extend(takes(m, point, pen));
        out.extend(cost(m, &point.cost, pen));
    }
    out
}

fn questions(m: &Material<'_>, sheet: &Sheet, pen: Pen<'_>) -> Option<Block> {
    let head = ["route.question", "need.clause", "route.otherwise"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("route.questions"), head, &[50, 25, 25]);
    for q in &sheet.questions {
        let otherwise =
            q.otherwise.as_deref().map_or_else(|| pen.texts.say("route.nowhere"), |id| named(sheet, id, pen));
        table.rows.push(vec![cell(&said(m, &q.ask, pen)), cell(&clause(m, &q.clause, pen)), cell(&otherwise)]);
    }
    table.block()
}

/// The option with an id, named as elsewhere on the sheet.
fn named(sheet: &Sheet, id: &str, pen: Pen<'_>) -> String {
    candidates(sheet).find(|c| c.id == id).map_or_else(|| clean::name(id), |c| option(c, pen))
}

fn gate(m: &Material<'_>, g: &GateReading, pen: Pen<'_>) -> Vec<Vec<Span>> {
    let mut why = lines(m, &g.because, pen);
    why.truncate(3);
    why.extend(g.ask.iter().take(1).map(|a| words(&said(m, a, pen))));
    why
}

fn gates(m: &Material<'_>, point: &LandingPoint, pen: Pen<'_>) -> Option<Block> {
    let head = ["need.requirement", "need.clause", "route.there", "need.because"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("route.gates"), head, &[32, 20, 14, 34]);
    for g in &point.gates {
        let strength = pen.texts.say(if g.hard { "need.must" } else { "need.should" });
        table.rows.push(vec![
            vec![vec![Span::text(&said(m, &g.text, pen)), Span::soft(&format!(" ({strength})"))]],
            cell(&clause(m, &g.clause, pen)),
            vec![vec![verdict(g.verdict, pen)]],
            gate(m, g, pen),
        ]);
    }
    table.block()
}

fn residual(point: &LandingPoint, pen: Pen<'_>) -> Option<Block> {
    let head = ["harms.harm", "harms.foreign", "route.states", "powers.know"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("route.residual"), head, &[34, 20, 28, 18]);
    for r in &point.residual {
        let id = english::harm_id(r.harm);
        let states: Vec<String> = r.jurisdictions.iter().map(|j| pen.state(j)).collect();
        table.rows.push(vec![
            vec![vec![Span::soft(&format!("{id} ")), Span::text(&pen.texts.word("harm.title", id))]],
            vec![vec![pen.verdict(r.verdict)]],
            cell(&if states.is_empty() { "\u{2013}".to_owned() } else { pen.texts.some(&states, 4) }),
            cell(&pen.texts.word("know.short", r.visibility.word())),
        ]);
    }
    table.block()
}

fn rejected(m: &Material<'_>, sheet: &Sheet, pen: Pen<'_>) -> Option<Block> {
    let head = ["route.option", "route.failing", "need.because"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("route.rejected"), head, &[26, 34, 40]);
    for r in &sheet.rejected {
        let failing: Vec<Vec<Span>> = r
            .failing
            .iter()
            .map(|g| {
                let by = Span::soft(&format!(" [{}]", clause(m, &g.clause, pen)));
                vec![Span::text(&said(m, &g.text, pen)), by]
            })
            .collect();
        let why = r.failing.iter().flat_map(|g| lines(m, &g.because, pen)).take(4).collect();
        table.rows.push(vec![vec![vec![Span::strong(&option(&r.candidate, pen))]], failing, why]);
    }
    table.block()
}

fn runners_up(m: &Material<'_>, sheet: &Sheet, pen: Pen<'_>) -> Option<Block> {
    let head = ["route.option", "plan.standing", "route.lost_on"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("route.runners_up"), head, &[32, 16, 52]);
    for r in &sheet.runners_up {
        table.rows.push(vec![
            vec![vec![Span::strong(&option(&r.point.candidate, pen))]],
            vec![vec![standing(r.point.standing, pen)]],
            cell(&said(m, &r.lost_on, pen)),
        ]);
    }
    table.block()
}

/// Word of what stands in place of a service.
fn instead(found: Match) -> &'static str {
    match found {
        Match::Stays => "stays",
        Match::Equivalent => "equivalent",
        Match::Partial => "partial",
        Match::OpenSource => "open_source",
        Match::None => "none",
        Match::Unknown => "unknown",
    }
}

fn gaps(m: &Material<'_>, list: &[Gap], pen: Pen<'_>) -> Option<Block> {
    let head = ["route.service", "route.instead", "need.because"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("route.gaps"), head, &[30, 25, 45]);
    for g in list {
        table.rows.push(vec![
            cell(&pen.name(&g.name)),
            cell(&pen.texts.word("match", instead(g.instead))),
            cell(&said(m, &g.because, pen)),
        ]);
    }
    table.block()
}

fn takes(m: &Material<'_>, point: &LandingPoint, pen: Pen<'_>) -> Option<Block> {
    let head = ["route.service", "route.at_target", "route.how", "route.work"].map(|k| pen.texts.say(k)).to_vec();
    let caption = pen.texts.fill("route.takes", &[("days", &days(point.takes.effort_days, pen))]);
    let mut table = Table::new(caption, head, &[26, 28, 32, 14]).numbers(&[3]);
    for s in &point.takes.services {
        let mut there = vec![words(&pen.texts.word("match", instead(s.at_target)))];
        there.extend(s.product.as_ref().map(|p| vec![pen.data(p)]));
        there.extend(s.evidence.as_ref().map(|e| vec![Span::soft(&said(m, e, pen))]));
        let mut how: Vec<Vec<Span>> = Vec::new();
        if s.moved_by_us {
            how.push(words(&pen.texts.say("route.moved_by_us")));
        }
        if !s.how.is_empty() {
            how.push(vec![pen.data(&s.how)]);
        }
        if !s.tools.is_empty() {
            how.push(vec![Span::soft(&s.tools.iter().map(|t| clean::name(t)).collect::<Vec<_>>().join(", "))]);
        }
        let name = vec![
            Span::text(&pen.name(&s.name)),
            Span::soft(&format!(" ({})", pen.texts.count("n.resources", s.resources))),
        ];
        table.rows.push(vec![vec![name], there, how, cell(&days(s.effort_days, pen))]);
    }
    table.block()
}

fn cost(m: &Material<'_>, c: &Cost, pen: Pen<'_>) -> Vec<Block> {
    let head = vec![pen.texts.say("cost.what"), pen.texts.say("cost.amount")];
    let mut table = Table::new(pen.texts.say("cost.caption"), head, &[60, 40]).numbers(&[1]);
    let (low, high) = c.double_running_months;
    let months = if low == high { low.to_string() } else { format!("{low}\u{2013}{high}") };
    let mut rows = vec![
        (pen.texts.say("cost.today"), amounts(&c.today, pen)),
        (pen.texts.say("cost.target"), ranges(&c.target, pen)),
        (pen.texts.say("cost.not_priced"), amounts(&c.not_priced, pen)),
        (pen.texts.fill("cost.double_months", &[("months", &months)]), ranges(&c.double_running, pen)),
    ];
    if let Some(e) = &c.egress {
        let date = pen.texts.date(e.free_from);
        let one = std::slice::from_ref;
        rows.push((pen.texts.fill("cost.egress_until", &[("date", &date)]), ranges(one(&e.before), pen)));
        rows.push((pen.texts.fill("cost.egress_from", &[("date", &date)]), ranges(one(&e.after), pen)));
    }
    if !c.requests.is_empty() {
        rows.push((pen.texts.say("cost.requests"), ranges(&c.requests, pen)));
    }
    rows.push((pen.texts.say("cost.effort"), days(c.effort_days, pen)));
    table.rows = rows.into_iter().map(|(name, text)| vec![cell(&name), cell(&text)]).collect();
    let mut out: Vec<Block> = table.block().into_iter().collect();
    let egress = c.egress.iter().flat_map(|e| &e.prices);
    let mut prices: Vec<Vec<Span>> = Vec::new();
    for p in c.lines.iter().flat_map(|l| &l.prices).chain(egress) {
        let grade = serde_json::to_value(p.grade).ok();
        let grade = grade.as_ref().and_then(|v| v.as_str()).unwrap_or_default();
        let (colon, semicolon) = (colon(pen.texts.language), semicolon(pen.texts.language));
        let text = format!(
            "{}, {}{colon}{} ({}{semicolon}{})",
            clean::name(&p.provider),
            pen.name(&p.what),
            pen.name(&p.price),
            pen.name(&p.date),
            pen.texts.word("grade", grade)
        );
        let line = vec![Span::text(&text), Span::soft(&format!(" [{}]", clean::name(&p.id)))];
        if !prices.contains(&line) {
            prices.push(line);
        }
    }
    let mut notes = lines(m, &c.premises, pen);
    notes.append(&mut prices);
    if !notes.is_empty() {
        let blocks = vec![Block::List { items: notes }];
        out.push(Block::Details { summary: pen.texts.say("cost.premises"), blocks });
    }
    out
}
