//! Scored sheets: points, weights, and a level that is the lowest of all answers.
//!
//! Arithmetic is exact: points are hundredths, a total has five decimals, nothing is rounded and nothing clamped. The
//! first option of a criterion is worth nothing and still is an answer: its level counts. What is not answered is a gap:
//! it lowers no level, it is listed, and the total is shown with what the gaps could still add.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use jiff::civil::Date;
use serde::{Serialize, Serializer};

use crate::{
    answers::{Answered, Answers, By, Stated},
    framework::{Answer as FromSignal, Criterion, Framework, Sheet, WeightSet},
    library::Library,
    signal::Signals,
    verdict::Message,
};

/// Points, exact to the hundredth.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Points(u64);

impl Points {
    /// Reads `41.67`.
    pub fn read(text: &str) -> Option<Self> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
        if decimals.len() > 2 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let hundredths: u64 = format!("{decimals:0<2}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(100)?.checked_add(hundredths).map(Self)
    }

    fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

impl fmt::Display for Points {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", decimal(self.0, 2))
    }
}

impl Serialize for Points {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_string())
    }
}

/// A total in per cent, exact to five decimals.
#[derive(Clone, Copy, Debug, Default, Eq, Ord, PartialEq, PartialOrd)]
pub struct Percent(u64);

impl Percent {
    /// Weighs points per objective. An objective without points adds nothing.
    pub fn weigh(weights: &WeightSet, points: &BTreeMap<String, Points>, nominal_points: u32) -> Self {
        let nominal = u64::from(nominal_points).max(1);
        let sum: u64 = weights
            .percent
            .iter()
            .map(|(objective, percent)| points.get(objective).map_or(0, |p| p.0.saturating_mul(u64::from(*percent))))
            .fold(0, u64::saturating_add);
        Self(sum.saturating_mul(1000) / nominal)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", decimal(self.0, 5))
    }
}

impl Serialize for Percent {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.to_string())
    }
}

fn decimal(value: u64, places: u32) -> String {
    let unit = 10_u64.pow(places);
    let decimals = format!("{:0width$}", value % unit, width = places as usize);
    match decimals.trim_end_matches('0') {
        "" => (value / unit).to_string(),
        decimals => format!("{}.{decimals}", value / unit),
    }
}

/// How a criterion stands.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "snake_case", tag = "state")]
pub enum Answer {
    /// Answered.
    Answered(Answered),
    /// Not answered: a question.
    Gap {
        /// Best option that can be true, where the graph says so.
        at_most: Option<u8>,
        /// Why not better than that.
        because: Vec<Message>,
    },
}

impl Answer {
    fn best_option(&self) -> Option<u8> {
        match self {
            Self::Answered(a) => Some(a.option),
            Self::Gap { at_most, .. } => *at_most,
        }
    }
}

/// A stated answer that the graph does not bear out.
#[derive(Clone, Debug, Serialize)]
pub struct Contradiction {
    /// Criterion.
    pub criterion: String,
    /// Option that was stated.
    pub stated: u8,
    /// Best option that the graph allows.
    pub at_most: u8,
    /// Why.
    pub because: Vec<Message>,
}

/// An objective.
#[derive(Clone, Debug, Serialize)]
pub struct ObjectiveReading {
    /// Id.
    pub id: String,
    /// Points of the answers.
    pub points: Points,
    /// Points that gaps could still add.
    pub open_points: Points,
    /// Lowest level of the answers.
    pub level: Option<u8>,
    /// Criteria without an answer.
    pub gaps: Vec<String>,
}

/// A total under one set of weights.
#[derive(Clone, Debug, Serialize)]
pub struct Total {
    /// Weight set: a total without it cannot be repeated.
    pub weights: String,
    /// Total of the answers, gaps adding nothing.
    pub percent: Percent,
    /// Total were every gap answered as well as it can be.
    pub at_most_percent: Percent,
}

/// The sheet, read.
#[derive(Clone, Debug, Serialize)]
pub struct SheetReading {
    /// Framework id.
    pub framework: String,
    /// Date.
    pub as_of: Option<Date>,
    /// Lowest level of all answers: the level, when nothing is open; else no better than it.
    pub level: Option<u8>,
    /// The level cannot be better than this, gaps included, as far as the graph bounds them.
    pub level_at_most: Option<u8>,
    /// True when every criterion is answered.
    pub complete: bool,
    /// Criteria whose answer has that lowest level.
    pub held_down_by: Vec<String>,
    /// Totals, one per weight set.
    pub totals: Vec<Total>,
    /// Objectives.
    pub objectives: Vec<ObjectiveReading>,
    /// Every criterion.
    pub answers: BTreeMap<String, Answer>,
    /// Stated answers that were not taken.
    pub contradictions: Vec<Contradiction>,
}

/// Answers every criterion of a framework's sheet, from signals where they speak, else from what was stated.
pub fn answer(
    framework: &Framework,
    library: &Library,
    user: &Answers,
    signals: &Signals,
    workload: Option<&str>,
    offering: &str,
) -> Option<SheetReading> {
    let sheet = framework.sheet.as_ref()?;
    let mut answers = BTreeMap::new();
    let mut contradictions = Vec::new();
    for criterion in sheet.criteria() {
        let find = |a: &Answers, by: By| {
            let stated = a.criterion(workload, offering, &framework.id, &criterion.id)?;
            stated.option.filter(|o| valid(criterion, *o)).map(|o| (o, by, stated.clone()))
        };
        let stated = find(user, By::Stated).or_else(|| find(&library.answers, By::Published));
        let (answer, contradiction) = one(criterion, signals, stated.as_ref());
        answers.insert(criterion.id.clone(), answer);
        contradictions.extend(contradiction);
    }
    Some(SheetReading { contradictions, ..read(framework, sheet, answers) })
}

fn valid(criterion: &Criterion, option: u8) -> bool {
    option >= 1 && usize::from(option) <= criterion.options.len()
}

fn one(criterion: &Criterion, signals: &Signals, stated: Option<&(u8, By, Stated)>) -> (Answer, Option<Contradiction>) {
    let from = criterion.from.as_ref();
    let signal = from.and_then(|f| signals.0.get(f.signal.as_str()));
    let said = from.zip(signal).and_then(|(f, s)| f.options.get(s.word).copied());
    let because = signal.map(|s| s.because.clone()).unwrap_or_default();
    let contradiction = |at_most: u8| {
        stated.filter(|(option, ..)| *option > at_most).map(|(option, ..)| Contradiction {
            criterion: criterion.id.clone(),
            stated: *option,
            at_most,
            because: because.clone(),
        })
    };
    match (said, stated) {
        (Some(FromSignal::Option(option)), _) => {
            let answered = Answered { option, by: By::Computed, because: because.clone(), stated: None };
            (Answer::Answered(answered), contradiction(option))
        }
        (Some(FromSignal::Bound { at_most }), Some((option, ..))) if *option > at_most => {
            (Answer::Gap { at_most: Some(at_most), because: because.clone() }, contradiction(at_most))
        }
        (_, Some((option, by, s))) => {
            let answered = Answered { option: *option, by: *by, because: Vec::new(), stated: Some(s.clone()) };
            (Answer::Answered(answered), None)
        }
        (Some(FromSignal::Bound { at_most }), None) => (Answer::Gap { at_most: Some(at_most), because }, None),
        (None, None) => (Answer::Gap { at_most: None, because: Vec::new() }, None),
    }
}

/// Reads a sheet from the options chosen, numbered from 1; what is left out is a gap.
pub fn read_options(framework: &Framework, options: &BTreeMap<String, u8>) -> Option<SheetReading> {
    let sheet = framework.sheet.as_ref()?;
    let answers = sheet
        .criteria()
        .map(|c| {
            let answer = match options.get(&c.id).filter(|o| valid(c, **o)) {
                Some(option) => {
                    Answer::Answered(Answered { option: *option, by: By::Stated, because: Vec::new(), stated: None })
                }
                None => Answer::Gap { at_most: None, because: Vec::new() },
            };
            (c.id.clone(), answer)
        })
        .collect();
    Some(read(framework, sheet, answers))
}

/// Several parts of one workload: each criterion takes its worst answer, and is a gap while it is one for any part.
pub fn merge(framework: &Framework, parts: &[SheetReading]) -> Option<SheetReading> {
    let sheet = framework.sheet.as_ref()?;
    let mut answers = BTreeMap::new();
    for criterion in sheet.criteria() {
        let all: Vec<&Answer> = parts.iter().filter_map(|p| p.answers.get(&criterion.id)).collect();
        let worst = all.iter().min_by_key(|a| a.best_option().unwrap_or(u8::MAX));
        let open = all.iter().any(|a| matches!(a, Answer::Gap { .. }));
        let answer = match worst {
            // The lowest option is the answer whatever the open parts turn out to be.
            Some(Answer::Answered(a)) if !open || a.option == 1 => Answer::Answered(a.clone()),
            Some(w) => Answer::Gap {
                at_most: w.best_option(),
                because: match w {
                    Answer::Answered(a) => a.because.clone(),
                    Answer::Gap { because, .. } => because.clone(),
                },
            },
            None => Answer::Gap { at_most: None, because: Vec::new() },
        };
        answers.insert(criterion.id.clone(), answer);
    }
    let mut contradictions: Vec<Contradiction> = Vec::new();
    for c in parts.iter().flat_map(|p| &p.contradictions) {
        if !contradictions.iter().any(|known| known.criterion == c.criterion) {
            contradictions.push(c.clone());
        }
    }
    Some(SheetReading { contradictions, ..read(framework, sheet, answers) })
}

fn read(framework: &Framework, sheet: &Sheet, answers: BTreeMap<String, Answer>) -> SheetReading {
    let mut points: BTreeMap<String, Points> = BTreeMap::new();
    let mut best: BTreeMap<String, Points> = BTreeMap::new();
    let mut objectives = Vec::new();
    let (mut level, mut level_at_most) = (None::<u8>, None::<u8>);
    for o in &sheet.objectives {
        let mut reading = ObjectiveReading {
            id: o.id.clone(),
            points: Points::default(),
            open_points: Points::default(),
            level: None,
            gaps: Vec::new(),
        };
        for c in &o.criteria {
            match answers.get(&c.id) {
                Some(Answer::Answered(a)) => {
                    let (p, l) = worth(c, a.option);
                    reading.points = reading.points.plus(p);
                    reading.level = Some(reading.level.map_or(l, |old| old.min(l)));
                }
                gap => {
                    let last = u8::try_from(c.options.len()).unwrap_or(u8::MAX);
                    let at_most = gap.and_then(Answer::best_option).unwrap_or(last);
                    let (p, l) = worth(c, at_most);
                    reading.open_points = reading.open_points.plus(p);
                    level_at_most = Some(level_at_most.map_or(l, |old| old.min(l)));
                    reading.gaps.push(c.id.clone());
                }
            }
        }
        level = [level, reading.level].into_iter().flatten().min();
        points.insert(o.id.clone(), reading.points);
        best.insert(o.id.clone(), reading.points.plus(reading.open_points));
        objectives.push(reading);
    }
    let at = |criterion: &&Criterion| match answers.get(&criterion.id) {
        Some(Answer::Answered(a)) => Some(worth(criterion, a.option).1) == level,
        _ => false,
    };
    let totals = sheet.weights.iter().map(|w| Total {
        weights: w.id.clone(),
        percent: Percent::weigh(w, &points, sheet.nominal_points),
        at_most_percent: Percent::weigh(w, &best, sheet.nominal_points),
    });
    SheetReading {
        framework: framework.id.clone(),
        as_of: None,
        level,
        level_at_most: [level, level_at_most].into_iter().flatten().min(),
        complete: objectives.iter().all(|o| o.gaps.is_empty()),
        held_down_by: sheet.criteria().filter(at).map(|c| c.id.clone()).collect(),
        totals: totals.collect(),
        objectives,
        answers,
        contradictions: Vec::new(),
    }
}

/// Points and level of an option.
fn worth(criterion: &Criterion, option: u8) -> (Points, u8) {
    let chosen = usize::from(option).checked_sub(1).and_then(|i| criterion.options.get(i));
    chosen.map_or((Points::default(), 0), |o| (Points::read(&o.points).unwrap_or_default(), o.level))
}

/// Criteria that only move the total: every option has the same level.
pub fn inert(sheet: &Sheet) -> BTreeSet<&str> {
    let same = |c: &&Criterion| c.options.windows(2).all(|w| w.first().map(|o| o.level) == w.last().map(|o| o.level));
    sheet.criteria().filter(same).map(|c| c.id.as_str()).collect()
}

#[cfg(test)]
mod tests;
