//! What frameworks and laws ask, and how workloads answer: the readings of `frameworks`, printed as they are.

use flagstate_exposure::WorkloadAnswer;
use flagstate_frameworks::{
    Framework, FrameworkReading, Library, Message, Standing, Verdict, criteria::CriteriaReading,
    requirement::RequirementReading, sheet::SheetReading,
};

use super::{
    Material,
    document::{Block, Section, Span, Table, cell, words},
    pen::Pen,
};
use crate::clean;

/// A reading's verdict with its shape.
pub(super) fn verdict(v: Verdict, pen: Pen<'_>) -> Span {
    Span::verdict(v.word(), &pen.texts.word("reading", v.word()))
}

/// Requirements of a workload's classification, each with the clause that sets it.
pub(super) fn requirements(m: &Material<'_>, w: &WorkloadAnswer, pen: Pen<'_>) -> Option<Block> {
    let reading = m.readings.iter().find(|r| r.workload == w.name)?;
    let head = ["need.requirement", "need.clause", "need.verdict", "need.because"].map(|k| pen.texts.say(k)).to_vec();
    let name = reading.classification.as_deref().unwrap_or_default();
    let caption = pen.texts.fill("need.caption", &[("classification", &clean::name(name))]);
    let mut table = Table::new(caption, head, &[32, 22, 14, 32]);
    for r in &reading.requirements {
        table.rows.push(row(m.library, r, pen));
    }
    table.block()
}

fn row(library: &Library, r: &RequirementReading, pen: Pen<'_>) -> Vec<Vec<Vec<Span>>> {
    let code = pen.texts.language.code();
    let text = library.requirements.get(&r.requirement).map_or(r.requirement.as_str(), |x| x.text.in_language(code));
    let framework = library.framework(&r.clause.framework).map_or("", |f| f.name.in_language(code));
    let strength = pen.texts.say(if r.gate { "need.must" } else { "need.should" });
    let mut why: Vec<Vec<Span>> = r.because.iter().take(3).map(|x| words(&say(library, x, pen))).collect();
    why.extend(
        r.ask
            .iter()
            .take(2)
            .map(|x| vec![Span::soft(&format!("{} ", pen.texts.say("need.ask"))), Span::text(&say(library, x, pen))]),
    );
    vec![
        vec![vec![Span::text(&set(text, pen)), Span::soft(&format!(" ({strength})"))]],
        cell(&set(&format!("{framework}, {}", r.clause.reference), pen)),
        vec![vec![verdict(r.verdict, pen)]],
        why,
    ]
}

fn say(library: &Library, m: &Message, pen: Pen<'_>) -> String {
    set(&library.say(m, pen.texts.language.code()), pen)
}

fn set(text: &str, pen: Pen<'_>) -> String {
    super::language::set(pen.texts.language, &clean::name(text))
}

/// Questions that readings leave open: who must answer them, by workload.
pub(super) fn questions(m: &Material<'_>, pen: Pen<'_>) -> Vec<(String, Vec<String>)> {
    let mut out: Vec<(String, Vec<String>)> = Vec::new();
    for r in &m.readings {
        for ask in r.requirements.iter().filter(|r| r.gate).flat_map(|r| &r.ask) {
            let text = say(m.library, ask, pen);
            let name = clean::name(&r.workload);
            match out.iter_mut().find(|(t, _)| *t == text) {
                Some((_, list)) if list.contains(&name) => {}
                Some((_, list)) => list.push(name),
                None => out.push((text, vec![name])),
            }
        }
    }
    out
}

/// The section: one table per framework.
pub(super) fn section(m: &Material<'_>, pen: Pen<'_>) -> Option<Section> {
    if m.readings.is_empty() {
        return None;
    }
    let mut section = Section::new("frameworks", pen.texts.say("frameworks.title"));
    section.new_page = true;
    section.blocks.push(Block::text(&pen.texts.say("frameworks.lead")));
    for framework in m.library.frameworks.values() {
        let rows = m.readings.iter().filter_map(|r| {
            let reading = r.frameworks.iter().find(|f| f.framework == framework.id)?;
            Some((r.workload.as_str(), reading))
        });
        section.blocks.extend(table(m.library, framework, rows, pen));
    }
    Some(section)
}

fn table<'r>(
    library: &Library,
    f: &Framework,
    rows: impl Iterator<Item = (&'r str, &'r FrameworkReading)>,
    pen: Pen<'_>,
) -> Option<Block> {
    let standing = pen.texts.word("standing", word(f.standing));
    let name = f.name.in_language(pen.texts.language.code());
    let caption = format!("{name} ({}, {}; {standing})", clean::name(&f.version), f.date);
    let head = ["summary.workload", "frameworks.reading", "frameworks.because", "frameworks.open"];
    let mut table =
        Table::new(set(&caption, pen), head.map(|k| pen.texts.say(k)).to_vec(), &[22, 26, 36, 16]).numbers(&[3]);
    for (workload, r) in rows {
        let Some((said, why, open)) = reading(library, f, r, pen) else { continue };
        let name = vec![vec![Span::strong(&clean::name(workload))]];
        table.rows.push(vec![name, said, why, cell(&pen.texts.whole(open))]);
    }
    table.block()
}

type Cell = Vec<Vec<Span>>;

fn reading(library: &Library, f: &Framework, r: &FrameworkReading, pen: Pen<'_>) -> Option<(Cell, Cell, u64)> {
    if let Some(sheet) = &r.sheet {
        return Some(sheet_reading(f, sheet, pen));
    }
    if let Some(worst) = r.ceilings.iter().max_by_key(|c| c.verdict) {
        let bad = worst.clauses.iter().filter(|c| c.verdict == worst.verdict && worst.verdict != Verdict::Met);
        let why: Cell = bad.flat_map(|c| &c.because).take(2).map(|x| words(&say(library, x, pen))).collect();
        let open = worst.clauses.iter().map(|c| c.ask.len()).sum::<usize>();
        let mut said = vec![vec![verdict(worst.verdict, pen)]];
        if worst.qualified {
            said.push(words(&pen.texts.say("frameworks.qualified")));
        }
        return Some((said, why, u64::try_from(open).unwrap_or(u64::MAX)));
    }
    let worst = r.criteria.iter().min_by_key(|c| c.level)?;
    Some(criteria_reading(f, worst, pen))
}

fn sheet_reading(f: &Framework, r: &SheetReading, pen: Pen<'_>) -> (Cell, Cell, u64) {
    let prefix = f.sheet.as_ref().map_or("", |s| s.level_prefix.as_str());
    let level = r.level_at_most.map_or_else(|| pen.texts.say("frameworks.no_level"), |l| format!("{prefix}{l}"));
    let key = if r.complete { "frameworks.level" } else { "frameworks.level_at_most" };
    let mut said = vec![vec![Span::strong(&pen.texts.fill(key, &[("level", &level)]))]];
    for t in &r.totals {
        let (a, b) = (pen.texts.number(&t.percent.to_string()), pen.texts.number(&t.at_most_percent.to_string()));
        let values = [("percent", a.as_str()), ("most", b.as_str()), ("weights", t.weights.as_str())];
        said.push(vec![Span::soft(&pen.texts.fill("frameworks.total", &values))]);
    }
    let held = if r.held_down_by.is_empty() {
        Vec::new()
    } else {
        words(&pen.texts.fill("frameworks.held_down", &[("by", &pen.texts.and(&r.held_down_by))]))
    };
    let open: usize = r.objectives.iter().map(|o| o.gaps.len()).sum();
    (said, vec![held], u64::try_from(open).unwrap_or(u64::MAX))
}

fn criteria_reading(f: &Framework, r: &CriteriaReading, pen: Pen<'_>) -> (Cell, Cell, u64) {
    let code = pen.texts.language.code();
    let open = r.criteria.iter().filter(|c| c.verdict == Verdict::Unknown).count();
    let mut said: Cell = Vec::new();
    for l in &r.levels {
        let name = f.levels.iter().find(|x| x.level == l.level).map_or("", |x| x.name.in_language(code));
        said.push(vec![Span::text(&format!("{} ", set(name, pen))), verdict(l.verdict, pen)]);
    }
    let failing: Vec<String> =
        r.criteria.iter().filter(|c| c.verdict == Verdict::NotMet && !c.additional).map(|c| c.id.clone()).collect();
    if r.levels.is_empty() {
        let met = r.criteria.iter().filter(|c| c.verdict == Verdict::Met).count();
        let (met, all) = (met.to_string(), r.criteria.len().to_string());
        said.push(words(&pen.texts.fill("frameworks.met_of", &[("n", &met), ("all", &all)])));
    }
    let why = if failing.is_empty() {
        Vec::new()
    } else {
        words(&pen.texts.fill("frameworks.failing", &[("list", &pen.texts.some(&failing, 6))]))
    };
    (said, vec![why], u64::try_from(open).unwrap_or(u64::MAX))
}

fn word(s: Standing) -> &'static str {
    match s {
        Standing::Law => "law",
        Standing::Certification => "certification",
        Standing::Guidance => "guidance",
        Standing::Proposal => "proposal",
        Standing::Draft => "draft",
        Standing::Contract => "contract",
    }
}
