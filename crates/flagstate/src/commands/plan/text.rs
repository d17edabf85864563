//! Plans, differences and matrices as text that a sceptical reader can follow line by line. Nothing is decided here.

mod sheet;

use std::fmt::Write as _;

use flagstate_estate::money::cents;
use flagstate_placement::{
    Amount, Matrix, Plan, Range, Said, Sheet, Standing,
    diff::PlanDifference,
    lint::{Remark, Severity},
};

/// Width of the text.
const WIDTH: usize = 110;

/// The whole plan, or one sheet of it.
pub(super) fn plan(plan: &Plan, digest: &str, only: Option<&str>) -> String {
    let mut text = String::new();
    if only.is_none() {
        head(&mut text, plan, digest);
        summary(&mut text, plan);
    }
    for s in plan.sheets.iter().filter(|s| only.is_none_or(|name| s.workload == name)) {
        sheet::sheet(&mut text, s);
    }
    if only.is_none() {
        portfolio(&mut text, plan);
        waves(&mut text, plan);
        board(&mut text, plan);
        triggers(&mut text, plan);
        text.push_str("\nWhat this plan does not show\n");
        lines(&mut text, "  ", &plan.not_shown);
    }
    text
}

fn head(text: &mut String, plan: &Plan, digest: &str) {
    let name = plan.organisation.as_deref().unwrap_or("(no name)");
    let _ = writeln!(text, "Plan for {name}, as of {}", plan.as_of);
    let _ = writeln!(text, "  home: {}; catalog {}", plan.home.join(", "), short(&plan.catalog_digest));
    let _ = writeln!(text, "  SHA-256 {digest}");
    let _ = writeln!(text, "  parent: {}", plan.parent.as_deref().unwrap_or("none"));
    if !plan.assumed.is_empty() {
        let _ = writeln!(text, "  ASSUMED, not fact: {}", plan.assumed.join(", "));
    }
    for i in &plan.inputs {
        let _ = writeln!(text, "  read: {} ({}, {} rows)", i.name, i.format, i.rows);
    }
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn summary(text: &mut String, plan: &Plan) {
    text.push_str("\nWhere each workload lands\n");
    for s in &plan.sheets {
        let landing = s.chosen.as_ref().map_or_else(
            || "NOWHERE: every option fails a hard gate".to_owned(),
            |p| {
                let stays = if s.stays { "stays: " } else { "" };
                format!("{stays}{} [{}], {}", p.candidate.name, p.candidate.id, standing(p.standing))
            },
        );
        let class = s.classification.as_deref().unwrap_or("not classified");
        let _ = writeln!(text, "  {} ({class}) -> {landing}", s.workload);
    }
    let t = &plan.totals;
    let _ = writeln!(text, "\nMoney, over all workloads, list prices without tax");
    let _ = writeln!(text, "  a month today: {}", amounts(&t.today));
    let _ = writeln!(text, "  a month there, where prices compare: {}", ranges(&t.target));
    let _ = writeln!(text, "  of today's month without comparable price: {}", amounts(&t.not_priced));
    let _ = writeln!(text, "  double running: {}", ranges(&t.double_running));
    let _ = writeln!(
        text,
        "  egress before the day it is free: {}; from then on: {}",
        ranges(&t.egress_before),
        ranges(&t.egress_after)
    );
    let _ = writeln!(text, "  one-off work: {} to {} person-days", t.effort_days.0, t.effort_days.1);
}

fn standing(s: Standing) -> &'static str {
    match s {
        Standing::Fits => "fits",
        Standing::Conditional => "fits if the open questions are answered",
        Standing::Rejected => "fails",
    }
}

fn money(value: i64, currency: &str) -> String {
    format!("{} {currency}", cents(i128::from(value) * 10_000_000_000))
}

fn amounts(list: &[Amount]) -> String {
    let parts: Vec<String> = list.iter().map(|a| money(a.cents, &a.currency)).collect();
    if parts.is_empty() { "0".to_owned() } else { parts.join(" + ") }
}

fn ranges(list: &[Range]) -> String {
    let one = |r: &Range| {
        if r.low_cents == r.high_cents {
            money(r.low_cents, &r.currency)
        } else {
            format!("{} to {}", cents(i128::from(r.low_cents) * 10_000_000_000), money(r.high_cents, &r.currency))
        }
    };
    if list.is_empty() { "0".to_owned() } else { list.iter().map(one).collect::<Vec<_>>().join(" + ") }
}

/// Sentences, each on its own lines.
fn lines(text: &mut String, indent: &str, list: &[Said]) {
    for said in list {
        wrap(text, indent, &with_facts(said));
    }
}

/// A sentence with the facts it rests on.
fn with_facts(said: &Said) -> String {
    if said.facts.is_empty() { said.text.clone() } else { format!("{} [{}]", said.text, said.facts.join(", ")) }
}

/// Breaks a text at blanks; continued lines stand two deeper.
fn wrap(text: &mut String, indent: &str, sentence: &str) {
    let mut line = indent.to_owned();
    let mut empty = true;
    for word in sentence.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > WIDTH {
            text.push_str(line.trim_end());
            text.push('\n');
            line = format!("{indent}  ");
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    text.push_str(&line);
    text.push('\n');
}

fn portfolio(text: &mut String, plan: &Plan) {
    let p = &plan.portfolio;
    text.push_str("\nOver all workloads\n");
    let _ = writeln!(text, "  {}", p.solved_by);
    lines(text, "  ", &p.infeasible);
    for proof in &p.proof {
        let how =
            if proof.optimal { "proven the least".to_owned() } else { format!("at least {} proven", proof.bound) };
        let _ = writeln!(text, "  {}: {} ({how})", proof.criterion.trim_start_matches("criterion_"), proof.value);
    }
    for g in &p.groups {
        let _ = writeln!(text, "  together: {}", g.join(", "));
    }
    lines(text, "  ", &p.bent);
    let _ = writeln!(text, "  shares of the estate, by {}:", p.measured_by);
    for c in &p.concentration {
        let limit = c.limit_basis_points.map_or_else(String::new, |l| format!(", at most {} %", l / 100));
        let show = |points: u32| format!("{}.{:02} %", points / 100, points % 100);
        let _ = writeln!(
            text,
            "    {} {}: {} -> {}{limit}",
            c.view,
            c.name,
            show(c.today_basis_points),
            show(c.planned_basis_points)
        );
    }
}

fn waves(text: &mut String, plan: &Plan) {
    if plan.waves.is_empty() {
        text.push_str("\nNothing moves.\n");
    }
    for w in &plan.waves {
        let deadline = w.deadline.map_or_else(String::new, |d| format!(", by {d}"));
        let _ = writeln!(text, "\nWave {}: {} to {} person-days each{deadline}", w.number, w.days.0, w.days.1);
        for m in &w.moves {
            let because: Vec<&str> = m.because.iter().map(|s| s.text.as_str()).collect();
            wrap(text, "  ", &format!("{}: {} -> {}. {}", m.workload, m.from.join(" + "), m.to, because.join(" ")));
        }
        for (title, list) in [("freeze", &w.freeze), ("way back", &w.rollback), ("acceptance", &w.acceptance)] {
            for said in list {
                wrap(text, "  ", &format!("{title}: {}", said.text));
            }
        }
    }
}

fn board(text: &mut String, plan: &Plan) {
    text.push_str("\nFive questions for the board\n");
    questions(text, &plan.board);
}

fn questions(text: &mut String, list: &[flagstate_placement::BoardQuestion]) {
    for q in list {
        wrap(text, "  ", &format!("{}. {}", q.number, q.question.text));
        lines(text, "     ", &q.answer);
        wrap(text, "     ", &format!("Where to look: {}", q.artefact.text));
    }
}

fn triggers(text: &mut String, plan: &Plan) {
    if plan.triggers.is_empty() {
        return;
    }
    text.push_str("\nEvents to watch\n");
    for t in &plan.triggers {
        let expected = t.expected.as_deref().unwrap_or("no date");
        wrap(text, "  ", &format!("{}: {} ({expected})", t.id, t.event));
        for o in &t.outcomes {
            let flips: Vec<String> = o
                .flips
                .iter()
                .map(|f| format!("{}: {} -> {}", f.workload, place(f.from.as_ref()), place(f.to.as_ref())))
                .collect();
            let flips = if flips.is_empty() { "no placement flips".to_owned() } else { flips.join("; ") };
            wrap(text, "    ", &format!("{}: {flips}", o.assume));
        }
    }
}

fn place(id: Option<&String>) -> &str {
    id.map_or("nowhere", String::as_str)
}

/// The difference between two plans.
pub(super) fn difference(d: &PlanDifference) -> String {
    let mut text = String::new();
    if !d.assumed.is_empty() {
        let _ = writeln!(text, "Assumed: {}", d.assumed.join(", "));
    }
    for (names, what) in [(&d.only_before, "only in the first"), (&d.only_after, "only in the second")] {
        for name in names {
            let _ = writeln!(text, "{name}: {what}");
        }
    }
    text.push_str(&placements(d));
    text
}

/// Which placements flip, and why; then what shifts without flipping.
pub(super) fn placements(d: &PlanDifference) -> String {
    let mut text = String::from("Placements that flip:");
    text.push_str(if d.flips.is_empty() { " none.\n" } else { "\n" });
    for f in &d.flips {
        let _ = writeln!(text, "  {}: {} -> {}", f.workload, place(f.from.as_ref()), place(f.to.as_ref()));
        for said in &f.because {
            wrap(&mut text, "      ", &format!("because {}", with_facts(said)));
        }
    }
    if !d.stays.is_empty() {
        text.push_str("Placements that stay, with what keeps them from today's setup, or decides:\n");
    }
    for s in &d.stays {
        let _ = writeln!(text, "  {}: {}", s.workload, place(s.at.as_ref()));
        for said in &s.because {
            wrap(&mut text, "      ", &format!("since {}", with_facts(said)));
        }
    }
    if !d.shifts.is_empty() {
        text.push_str("What changes at the landing points that were planned:\n");
    }
    for s in &d.shifts {
        let at = s.at.as_deref().unwrap_or("nowhere");
        let or_none = |v: &str| if v.is_empty() { "none".to_owned() } else { v.to_owned() };
        wrap(
            &mut text,
            "  ",
            &format!("{} at {at}: {} {}: {} -> {}", s.workload, s.part, s.about, or_none(&s.from), or_none(&s.to)),
        );
    }
    text
}

/// Remarks on a plan.
pub(super) fn remarks(list: &[Remark], digest: &str) -> String {
    let mut text = format!("Plan {digest}\n");
    for r in list {
        let word = match r.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        wrap(&mut text, "  ", &format!("{word}: {}: {}", r.place, r.text));
    }
    if list.is_empty() {
        text.push_str("  nothing to remark\n");
    }
    text
}

/// A line for each workload: where it goes.
pub(super) fn landings(plan: &Plan) -> String {
    let width = plan.sheets.iter().map(|s| s.workload.chars().count()).max().unwrap_or_default();
    let land = |s: &Sheet| {
        let to = s.chosen.as_ref().map_or("nowhere", |c| if s.stays { "stays" } else { c.candidate.name.as_str() });
        format!("  {:width$}  {to}\n", s.workload)
    };
    plan.sheets.iter().map(land).collect()
}

/// The matrix, dimension by dimension.
pub(super) fn matrix(m: &Matrix) -> String {
    let mut text = format!("Decision matrix as of {}, home {}\n", m.as_of, m.home.join(", "));
    if !m.assumed.is_empty() {
        let _ = writeln!(text, "ASSUMED, not fact: {}", m.assumed.join(", "));
    }
    for o in &m.offerings {
        let spectrum = o.spectrum.map_or_else(|| "?".to_owned(), |s| s.to_string());
        let _ = writeln!(text, "  {spectrum}  {} [{}]: {}", o.name, o.id, o.architecture);
    }
    for d in &m.dimensions {
        let _ = writeln!(text, "\n{}. {}: {}", d.number, d.name.text, d.question.text);
        for c in m.cells.iter().filter(|c| c.dimension == d.id) {
            let says: Vec<&str> = c.says.iter().map(|s| s.text.as_str()).collect();
            let date = c.as_of.map_or_else(|| "not dated".to_owned(), |d| d.to_string());
            let weak = if c.weak { ", weak ground" } else { "" };
            let facts = c.facts.join(", ");
            wrap(&mut text, "  ", &format!("{}: {} - {} [{facts}; {date}{weak}]", c.offering, c.word, says.join(" ")));
        }
    }
    text.push_str("\nFive questions for the board\n");
    questions(&mut text, &m.board);
    text
}
