//! Where each workload should live, as the plan has it: the overview, shares, costs, waves, the board's questions.

use flagstate_placement::{
    Amount, Candidate, Data, Matrix, Plan, Range, Said, Sheet, Standing, matrix::Cell as MatrixCell, waves::Wave,
};

use super::{
    Material, chart,
    document::{Block, Section, Span, Table, cell, words},
    language::{colon, set},
    pen::Pen,
};
use crate::clean;

/// A plan with the texts that its sentences are made from.
#[derive(Clone, Copy, Debug)]
pub struct Placement<'a> {
    /// The plan.
    pub plan: &'a Plan,
    /// Texts of its sentences.
    pub data: &'a Data,
    /// The decision matrix, where one was given.
    pub matrix: Option<&'a Matrix>,
}

/// A sentence of the plan in the language.
pub(super) fn said(m: &Material<'_>, s: &Said, pen: Pen<'_>) -> String {
    let s = localised(m, s, pen);
    let text = m.placement.map_or_else(|| s.text.clone(), |p| p.data.say(m.library, &s, pen.texts.language.code()));
    set(pen.texts.language, &clean::name(&text))
}

/// The sentence with its values as a reader knows them: options by name, texts of the data in the language.
fn localised(m: &Material<'_>, s: &Said, pen: Pen<'_>) -> Said {
    let mut own = s.clone();
    for (place, value) in own.values.iter_mut().filter(|(_, value)| !value.starts_with('@')) {
        if matches!(place.as_str(), "option" | "other" | "alone" | "taken") {
            if let Some(name) = option_of(m, value, pen) {
                *value = name;
            }
        } else if place == "clauses" {
            let list: Vec<String> = value.split("; ").map(|one| clause(m, one, pen)).collect();
            *value = list.join("; ");
        } else if let Some(text) = pen.local(value) {
            *value = text;
        }
    }
    own
}

/// The option with an id, wherever the plan has it; what runs today differs from sheet to sheet and has no name of its own.
pub(super) fn option_of(m: &Material<'_>, id: &str, pen: Pen<'_>) -> Option<String> {
    let mut found = m.placement?.plan.sheets.iter().flat_map(candidates).filter(|c| c.id == id);
    let candidate = found.next()?;
    Some(if candidate.today { pen.texts.say("route.today") } else { option(candidate, pen) })
}

/// Every option of a sheet.
pub(super) fn candidates(sheet: &Sheet) -> impl Iterator<Item = &Candidate> {
    let points = sheet.chosen.iter().chain(&sheet.as_is).chain(sheet.runners_up.iter().map(|r| &r.point));
    points.map(|p| &p.candidate).chain(sheet.rejected.iter().map(|r| &r.candidate))
}

/// The clause that sets a requirement: the name of a law or framework in the language; the project's own words as they are.
pub(super) fn clause(m: &Material<'_>, text: &str, pen: Pen<'_>) -> String {
    let named = m.library.frameworks.values().find_map(|f| {
        let rest = text.strip_prefix(f.name.en.as_str())?.strip_prefix(", ")?;
        Some(format!("{}, {}", f.name.in_language(pen.texts.language.code()), pen.name(rest)))
    });
    set(pen.texts.language, &named.map_or_else(|| pen.name(text), |text| clean::name(&text)))
}

/// Sentences, one a paragraph, each with the facts it rests on.
pub(super) fn lines(m: &Material<'_>, list: &[Said], pen: Pen<'_>) -> Vec<Vec<Span>> {
    list.iter()
        .map(|s| {
            let mut line = words(&said(m, s, pen));
            if !s.facts.is_empty() {
                let facts: Vec<String> = s.facts.iter().take(4).map(|f| clean::name(f)).collect();
                line.push(Span::soft(&format!(" [{}]", facts.join(", "))));
            }
            line
        })
        .collect()
}

/// An option: the offering and who holds the keys.
pub(super) fn option(c: &Candidate, pen: Pen<'_>) -> String {
    let custody = serde_json::to_value(c.custody).ok();
    let custody = custody.as_ref().and_then(|v| v.as_str()).unwrap_or_default();
    format!("{} ({})", pen.name(&c.name), pen.texts.word("custody", custody))
}

/// How an option stands, with its shape.
pub(super) fn standing(s: Standing, pen: Pen<'_>) -> Span {
    let id = match s {
        Standing::Fits => "fits",
        Standing::Conditional => "conditional",
        Standing::Rejected => "rejected",
    };
    Span::verdict(id, &pen.texts.word("standing_of", id))
}

/// Where a workload lands, in a few words.
pub(super) fn landing(sheet: &Sheet, pen: Pen<'_>) -> String {
    match &sheet.chosen {
        Some(point) => option(&point.candidate, pen),
        None => pen.texts.say("route.nowhere"),
    }
}

/// The sheet of a workload.
pub(super) fn sheet<'a>(m: &Material<'a>, workload: &str) -> Option<&'a Sheet> {
    m.placement?.plan.sheets.iter().find(|s| s.workload == workload)
}

/// Cents as an amount.
fn figure(cents: i64, pen: Pen<'_>) -> String {
    let whole = cents.unsigned_abs() / 100;
    let text = if whole >= 10_000 { whole.to_string() } else { format!("{whole}.{:02}", cents.unsigned_abs() % 100) };
    pen.texts.number(&if cents < 0 { format!("-{text}") } else { text })
}

/// Amounts, one per currency.
pub(super) fn amounts(list: &[Amount], pen: Pen<'_>) -> String {
    let parts: Vec<String> =
        list.iter().map(|a| format!("{}\u{a0}{}", figure(a.cents, pen), clean::name(&a.currency))).collect();
    if parts.is_empty() { "\u{2013}".into() } else { parts.join(" + ") }
}

/// Ranges, one per currency.
pub(super) fn ranges(list: &[Range], pen: Pen<'_>) -> String {
    let one = |r: &Range| {
        let currency = clean::name(&r.currency);
        if r.low_cents == r.high_cents {
            return format!("{}\u{a0}{currency}", figure(r.low_cents, pen));
        }
        format!("{}\u{2013}{}\u{a0}{currency}", figure(r.low_cents, pen), figure(r.high_cents, pen))
    };
    let parts: Vec<String> = list.iter().map(one).collect();
    if parts.is_empty() { "\u{2013}".into() } else { parts.join(" + ") }
}

/// `3 to 8 days`.
pub(super) fn days((low, high): (u32, u32), pen: Pen<'_>) -> String {
    if low == high {
        return pen.texts.count("n.days", low.into());
    }
    let (low, most) = (pen.texts.whole(low.into()), pen.texts.whole(high.into()));
    pen.texts.fill("n.days_range", &[("low", &low), ("high", &most)])
}

/// The section of landing points.
pub(super) fn section(m: &Material<'_>, pen: Pen<'_>) -> Option<Section> {
    let plan = m.placement?.plan;
    let mut section = Section::new("plan", pen.texts.say("plan.title"));
    section.new_page = true;
    section.blocks.push(Block::text(&pen.texts.say("plan.lead")));
    section.blocks.extend(overview(plan, pen));
    section.blocks.extend(chart_of(plan, pen));
    section.blocks.extend(shares(plan, pen));
    let portfolio = [&plan.portfolio.infeasible[..], &plan.portfolio.bent[..]].concat();
    if !portfolio.is_empty() {
        section.blocks.push(Block::heading(&pen.texts.say("plan.limits")));
        section.blocks.push(Block::List { items: lines(m, &portfolio, pen) });
    }
    section.blocks.extend(totals(plan, pen));
    section.blocks.extend(proof(plan, pen));
    section.blocks.extend(board(m, plan, pen));
    Some(section)
}

fn overview(plan: &Plan, pen: Pen<'_>) -> Option<Block> {
    let head = [
        "summary.workload", "plan.today", "plan.landing", "plan.standing", "plan.month", "plan.month_there",
        "plan.work",
    ];
    let head = head.map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("plan.caption"), head, &[16, 18, 20, 12, 12, 13, 9]).numbers(&[4, 5, 6]);
    for s in &plan.sheets {
        let today: Vec<String> = s.today.iter().map(|t| pen.name(&t.name)).collect();
        let chosen = s.chosen.as_ref();
        let mut to = words(&landing(s, pen));
        if s.stays {
            to.push(Span::soft(&format!(" {}", pen.texts.say("route.stays"))));
        }
        table.rows.push(vec![
            vec![vec![Span::strong(&clean::name(&s.workload))]],
            cell(&pen.texts.and(&today)),
            vec![to],
            vec![vec![standing(chosen.map_or(Standing::Rejected, |c| c.standing), pen)]],
            cell(&chosen.map_or_else(|| "\u{2013}".into(), |c| amounts(&c.cost.today, pen))),
            cell(&chosen.map_or_else(|| "\u{2013}".into(), |c| ranges(&c.cost.target, pen))),
            cell(&chosen.map_or_else(|| "\u{2013}".into(), |c| days(c.takes.effort_days, pen))),
        ]);
    }
    table.block()
}

/// Today's month against the range at the landing point, in the currency of the first amount.
fn chart_of(plan: &Plan, pen: Pen<'_>) -> Option<Block> {
    let currency = plan.totals.today.first().map(|a| a.currency.clone())?;
    let whole = |cents: i64| u64::try_from(cents.max(0)).unwrap_or(0);
    let mut list = Vec::new();
    for s in &plan.sheets {
        let Some(cost) = s.chosen.as_ref().map(|c| &c.cost) else { continue };
        let today = cost.today.iter().find(|a| a.currency == currency);
        let target = cost.target.iter().find(|r| r.currency == currency);
        let (Some(today), Some(target)) = (today, target) else { continue };
        let label = |key: &str, text: &str| pen.texts.fill(key, &[("cost", text)]);
        let now = amounts(std::slice::from_ref(today), pen);
        let then = ranges(std::slice::from_ref(target), pen);
        list.push(chart::Span {
            name: clean::name(&s.workload),
            rows: vec![
                (label("plan.bar_today", &now), whole(today.cents), whole(today.cents), "today"),
                (label("plan.bar_there", &then), whole(target.low_cents), whole(target.high_cents), "target"),
            ],
        });
    }
    chart::ranges(&list, &pen.texts.say("plan.chart"), colon(pen.texts.language))
}

fn shares(plan: &Plan, pen: Pen<'_>) -> Option<Block> {
    let head = ["plan.view", "plan.parent", "plan.share_today", "plan.share_planned", "plan.share_limit"];
    let head = head.map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("plan.shares"), head, &[20, 35, 15, 15, 15]).numbers(&[2, 3, 4]);
    let percent =
        |points: u32| format!("{}\u{202f}%", pen.texts.number(&format!("{}.{:02}", points / 100, points % 100)));
    for c in &plan.portfolio.concentration {
        table.rows.push(vec![
            cell(&pen.texts.word("view", &c.view)),
            cell(&clean::name(&c.name)),
            cell(&percent(c.today_basis_points)),
            cell(&percent(c.planned_basis_points)),
            cell(&c.limit_basis_points.map_or_else(|| "\u{2013}".into(), percent)),
        ]);
    }
    table.block()
}

fn totals(plan: &Plan, pen: Pen<'_>) -> Option<Block> {
    let t = &plan.totals;
    let head = vec![pen.texts.say("cost.what"), pen.texts.say("cost.amount")];
    let mut table = Table::new(pen.texts.say("cost.totals"), head, &[60, 40]).numbers(&[1]);
    let rows = [
        ("cost.today", amounts(&t.today, pen)),
        ("cost.target", ranges(&t.target, pen)),
        ("cost.not_priced", amounts(&t.not_priced, pen)),
        ("cost.double", ranges(&t.double_running, pen)),
        ("cost.egress_before", ranges(&t.egress_before, pen)),
        ("cost.egress_after", ranges(&t.egress_after, pen)),
        ("cost.effort", days(t.effort_days, pen)),
    ];
    table.rows = rows.into_iter().map(|(key, text)| vec![cell(&pen.texts.say(key)), cell(&text)]).collect();
    table.block()
}

fn proof(plan: &Plan, pen: Pen<'_>) -> Option<Block> {
    let open: Vec<String> =
        plan.portfolio.proof.iter().filter(|p| !p.optimal).map(|p| clean::name(&p.criterion)).collect();
    if plan.portfolio.proof.is_empty() {
        return None;
    }
    let text = if open.is_empty() {
        pen.texts.say("plan.optimal")
    } else {
        pen.texts.fill("plan.gap", &[("criteria", &pen.texts.and(&open))])
    };
    Some(Block::soft(&text))
}

fn board(m: &Material<'_>, plan: &Plan, pen: Pen<'_>) -> Vec<Block> {
    if plan.board.is_empty() {
        return Vec::new();
    }
    let head = ["board.question", "board.answer", "board.artefact"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(pen.texts.say("board.caption"), head, &[30, 40, 30]);
    for q in &plan.board {
        let number = Span::soft(&format!("{} ", q.number));
        table.rows.push(vec![
            vec![vec![number, Span::strong(&said(m, &q.question, pen))]],
            lines(m, &q.answer, pen),
            cell(&said(m, &q.artefact, pen)),
        ]);
    }
    table.block().into_iter().collect()
}

/// The section of waves.
pub(super) fn waves(m: &Material<'_>, pen: Pen<'_>) -> Option<Section> {
    let plan = m.placement?.plan;
    if plan.waves.is_empty() {
        return None;
    }
    let mut section = Section::new("waves", pen.texts.say("waves.title"));
    section.blocks.push(Block::text(&pen.texts.say("waves.lead")));
    for w in &plan.waves {
        section.blocks.extend(wave(m, w, pen));
    }
    Some(section)
}

fn wave(m: &Material<'_>, w: &Wave, pen: Pen<'_>) -> Vec<Block> {
    let number = pen.texts.whole(w.number.into());
    let mut title = pen.texts.fill("waves.wave", &[("n", &number), ("days", &days(w.days, pen))]);
    if let Some(date) = w.deadline {
        title.push_str(&pen.texts.fill("waves.deadline", &[("date", &pen.texts.date(date))]));
    }
    let head = ["summary.workload", "waves.from", "waves.to", "waves.because"].map(|k| pen.texts.say(k)).to_vec();
    let mut table = Table::new(title, head, &[20, 22, 26, 32]);
    for x in &w.moves {
        let from: Vec<String> = x.from.iter().map(|o| pen.offering(o)).collect();
        let to = sheet(m, &x.workload).map_or_else(|| clean::name(&x.to), |s| landing(s, pen));
        table.rows.push(vec![
            vec![vec![Span::strong(&clean::name(&x.workload))]],
            cell(&pen.texts.and(&from)),
            cell(&to),
            lines(m, &x.because, pen),
        ]);
    }
    let mut blocks: Vec<Block> = table.block().into_iter().collect();
    let parts = [("waves.freeze", &w.freeze), ("waves.rollback", &w.rollback), ("waves.acceptance", &w.acceptance)];
    let rows: Vec<_> = parts
        .into_iter()
        .filter(|(_, list)| !list.is_empty())
        .map(|(key, list)| (pen.texts.say(key), lines(m, list, pen)))
        .collect();
    if !rows.is_empty() {
        blocks.push(Block::Pairs { large: false, rows });
    }
    blocks
}

/// The decision matrix: dimensions down, offerings across, in groups that fit a page.
pub(super) fn matrix(m: &Material<'_>, pen: Pen<'_>) -> Vec<Block> {
    let Some(matrix) = m.placement.and_then(|p| p.matrix) else { return Vec::new() };
    let mut blocks =
        vec![Block::heading(&pen.texts.say("matrix.decision")), Block::soft(&pen.texts.say("matrix.words"))];
    for group in matrix.offerings.chunks(4) {
        let mut head = vec![pen.texts.say("matrix.dimension")];
        head.extend(group.iter().map(|o| pen.name(&o.name)));
        let widths: Vec<u8> = std::iter::once(20).chain(group.iter().map(|_| 20)).collect();
        let names: Vec<String> = group.iter().map(|o| pen.name(&o.name)).collect();
        let mut table = Table::new(pen.texts.and(&names), head, &widths);
        for d in &matrix.dimensions {
            let mut row = vec![vec![vec![Span::strong(&said(m, &d.name, pen))]]];
            for o in group {
                let cell = matrix.cells.iter().find(|c| c.dimension == d.id && c.offering == o.id);
                row.push(cell.map(|c| answer(m, c, pen)).unwrap_or_default());
            }
            table.rows.push(row);
        }
        blocks.extend(table.block());
    }
    blocks
}

fn answer(m: &Material<'_>, c: &MatrixCell, pen: Pen<'_>) -> Vec<Vec<Span>> {
    let mut out = vec![vec![Span::verdict(&c.word, &pen.texts.word("matrix_word", &c.word))]];
    out.extend(c.says.iter().take(2).map(|s| words(&said(m, s, pen))));
    let mut note: Vec<String> = c.facts.iter().take(3).map(|f| clean::name(f)).collect();
    note.extend(c.as_of.map(|d| d.to_string()));
    if c.weak {
        note.push(pen.texts.say("matrix.weak"));
    }
    if !note.is_empty() {
        out.push(vec![Span::soft(&note.join(", "))]);
    }
    out
}
