//! Catalogues of criteria that pass or fail, and levels made of them.
//!
//! No partial marks. A criterion nobody answered is unknown, and a level with an unknown criterion is unknown, not reached.

use jiff::civil::Date;
use serde::Serialize;

use crate::{
    answers::{Answers, By},
    framework::{Framework, Outcome, PassFail, Standing},
    library::Library,
    signal::Signals,
    verdict::{Message, Verdict},
};

/// One criterion.
#[derive(Clone, Debug, Serialize)]
pub struct CriterionReading {
    /// Id.
    pub id: String,
    /// True for one that applies only where the customer picked it.
    pub additional: bool,
    /// Verdict.
    pub verdict: Verdict,
    /// Who answered, where somebody did.
    pub by: Option<By>,
    /// Why.
    pub because: Vec<Message>,
    /// Why, in the words of whoever stated it.
    pub stated: Option<String>,
}

/// A level.
#[derive(Clone, Debug, Serialize)]
pub struct LevelReading {
    /// Number.
    pub level: u8,
    /// Verdict.
    pub verdict: Verdict,
    /// Criteria that fail or are not answered.
    pub missing: Vec<String>,
}

/// The catalogue, read.
#[derive(Clone, Debug, Serialize)]
pub struct CriteriaReading {
    /// Framework id.
    pub framework: String,
    /// What it is worth: a proposal or a draft decides nothing.
    pub standing: Standing,
    /// True when a requirement may rest on it on the date.
    pub can_gate: bool,
    /// Date.
    pub as_of: Date,
    /// Criteria.
    pub criteria: Vec<CriterionReading>,
    /// Levels, lowest first.
    pub levels: Vec<LevelReading>,
    /// Highest level that is met, where levels exist and one is.
    pub level: Option<u8>,
}

/// Reads a framework of criteria; none where it has none.
pub fn read(
    framework: &Framework,
    library: &Library,
    user: &Answers,
    signals: &Signals,
    about: (Option<&str>, &str),
    as_of: Date,
) -> Option<CriteriaReading> {
    if framework.criteria.is_empty() {
        return None;
    }
    let (workload, offering) = about;
    let criteria: Vec<CriterionReading> = framework
        .criteria
        .iter()
        .map(|c| {
            let find = |a: &Answers, by: By| {
                let stated = a.criterion(workload, offering, &framework.id, &c.id)?;
                stated.met.map(|met| (met, by, stated.because.clone()))
            };
            one(c, signals, find(user, By::Stated).or_else(|| find(&library.answers, By::Published)))
        })
        .collect();
    let levels: Vec<LevelReading> = framework.levels.iter().map(|l| level(l.level, &l.all_of, &criteria)).collect();
    // A level is reached only with every level below it.
    let reached = levels.iter().take_while(|l| l.verdict == Verdict::Met).last().map(|l| l.level);
    Some(CriteriaReading {
        framework: framework.id.clone(),
        standing: framework.standing,
        can_gate: framework.gates_on(as_of),
        as_of,
        criteria,
        levels,
        level: reached,
    })
}

fn one(criterion: &PassFail, signals: &Signals, stated: Option<(bool, By, Option<String>)>) -> CriterionReading {
    let from = criterion.from.as_ref();
    let signal = from.and_then(|f| signals.0.get(f.signal.as_str()));
    let outcome = from.zip(signal).and_then(|(f, s)| f.options.get(s.word).copied());
    let mut reading = CriterionReading {
        id: criterion.id.clone(),
        additional: criterion.additional,
        verdict: Verdict::Unknown,
        by: None,
        because: signal.map(|s| s.because.clone()).unwrap_or_default(),
        stated: None,
    };
    match (outcome, stated) {
        // What the graph shows goes before what is said.
        (Some(Outcome::Fail), _) => (reading.verdict, reading.by) = (Verdict::NotMet, Some(By::Computed)),
        (_, Some((met, by, because))) => {
            reading.verdict = if met { Verdict::Met } else { Verdict::NotMet };
            reading.by = Some(by);
            reading.stated = because;
        }
        (Some(Outcome::Pass), None) => (reading.verdict, reading.by) = (Verdict::Met, Some(By::Computed)),
        (Some(Outcome::Doubtful), None) => (reading.verdict, reading.by) = (Verdict::Contested, Some(By::Computed)),
        (None, None) => {}
    }
    reading
}

fn level(number: u8, all_of: &[Vec<String>], criteria: &[CriterionReading]) -> LevelReading {
    let verdict_of = |id: &String| criteria.iter().find(|c| c.id == *id).map_or(Verdict::Unknown, |c| c.verdict);
    let mut verdict = Verdict::Met;
    let mut missing = Vec::new();
    for any in all_of {
        let best = any.iter().map(verdict_of).min().unwrap_or(Verdict::Unknown);
        verdict = verdict.max(best);
        if best != Verdict::Met {
            missing.extend(any.iter().cloned());
        }
    }
    LevelReading { level: number, verdict, missing }
}
