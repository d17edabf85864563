//! Faults on purpose: which requests they hit is computed from a seed and the request's number.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use serde::{Deserialize, Serialize};

use crate::{counters::Op, text::mix};

/// What goes wrong.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Answers 500 and does nothing.
    Status500,
    /// Answers 503 and does nothing.
    Status503,
    /// Answers 429 and does nothing.
    Status429,
    /// Answers 403 and does nothing.
    Status403,
    /// Closes the connection and does nothing.
    Reset,
    /// Reads half of the body that is sent, and closes.
    CutUpload,
    /// Does it, and closes without an answer.
    LoseAnswer,
    /// Sends a part of an answer's body, and closes.
    Truncate,
    /// Flips a bit of an answer's body.
    Flip,
    /// Flips a bit of a body that was sent, before anything looks at it.
    FlipUpload,
    /// Names another `ETag`.
    LieEtag,
    /// Answers the first page of a listing instead of the one asked for.
    RepeatPage,
    /// Exchanges the first and the last entry of a page.
    ShufflePage,
    /// Says nothing for a while, then goes on.
    Stall,
}

impl Fault {
    /// Where a fault can act when the rule does not say.
    fn fits(self, op: Op) -> bool {
        match self {
            Self::Truncate | Self::Flip => matches!(op, Op::Get),
            Self::LieEtag => matches!(op, Op::Get | Op::Head),
            Self::CutUpload | Self::FlipUpload => matches!(op, Op::Put | Op::Part),
            Self::RepeatPage | Self::ShufflePage => matches!(op, Op::List),
            _ => true,
        }
    }
}

/// When a fault acts.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// What goes wrong.
    pub fault: Fault,
    /// In so many of a thousand requests.
    pub per_mille: u64,
    /// Only on these; nothing for all that it fits.
    #[serde(default)]
    pub only: Vec<Op>,
    /// At most so often.
    #[serde(default)]
    pub times: Option<u64>,
    /// How long a stall lasts, milliseconds.
    #[serde(default)]
    pub stall_ms: u64,
}

impl Rule {
    /// Acts on so many of a thousand requests that it fits.
    pub fn new(fault: Fault, per_mille: u64) -> Self {
        Self { fault, per_mille, only: Vec::new(), times: None, stall_ms: 100 }
    }
}

/// All faults. The first rule that fits a request acts on it.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// The same seed hits the same requests, by their number.
    #[serde(default)]
    pub seed: u64,
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A fault that acted.
#[derive(Clone, Debug, Eq, PartialEq, Serialize)]
pub struct Injected {
    /// What.
    pub fault: Fault,
    /// On what kind of request.
    pub op: Op,
    /// Path and query as they stood on the wire.
    pub target: String,
}

/// A fault chosen for a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Chosen {
    pub(crate) fault: Fault,
    pub(crate) stall_ms: u64,
    /// For places: anything.
    pub(crate) chance: u64,
}

#[derive(Debug, Default)]
struct State {
    plan: Plan,
    acted: Vec<u64>,
    log: Vec<Injected>,
}

/// The faults of a server.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    number: AtomicU64,
    on: std::sync::atomic::AtomicBool,
    state: Mutex<State>,
}

impl Faults {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Replaces the plan, and counts requests from 0 again.
    pub(crate) fn set(&self, plan: Plan) {
        let mut state = self.lock();
        self.on.store(!plan.rules.is_empty(), Ordering::Relaxed);
        self.number.store(0, Ordering::Relaxed);
        state.acted = vec![0; plan.rules.len()];
        state.plan = plan;
    }

    /// What acted; forgets it.
    pub(crate) fn take_log(&self) -> Vec<Injected> {
        std::mem::take(&mut self.lock().log)
    }

    /// Chooses. Nothing is written down yet: [`Faults::acted`] does.
    pub(crate) fn choose(&self, op: Op) -> Option<Chosen> {
        if !self.on.load(Ordering::Relaxed) {
            return None;
        }
        let number = self.number.fetch_add(1, Ordering::Relaxed);
        let mut state = self.lock();
        let State { plan, acted, .. } = &mut *state;
        for (index, (rule, acted)) in plan.rules.iter().zip(acted).enumerate() {
            let fits = if rule.only.is_empty() { rule.fault.fits(op) } else { rule.only.contains(&op) };
            let chance = mix(mix(plan.seed ^ index as u64) ^ number);
            if fits && rule.times.is_none_or(|t| *acted < t) && chance % 1000 < rule.per_mille {
                *acted += 1;
                return Some(Chosen { fault: rule.fault, stall_ms: rule.stall_ms, chance: mix(chance) });
            }
        }
        None
    }

    /// Writes down that a fault acted.
    pub(crate) fn acted(&self, fault: Fault, op: Op, target: &[u8]) {
        let target = String::from_utf8_lossy(target).into_owned();
        self.lock().log.push(Injected { fault, op, target });
    }
}
