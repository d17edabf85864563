//! A chain's path of control in words.

use std::collections::BTreeSet;

use flagstate_exposure::{Chain, Step};

use super::Names;
use crate::{clean, words};

/// One sentence per chain: `X owns Y (100 %), which operates Z`.
pub(crate) fn carried(chain: &Chain, offerings: &BTreeSet<String>, names: Names<'_>) -> String {
    let services: Vec<String> = offerings.iter().map(|o| names.offering(o)).collect();
    let last = chain.path.last().map_or(chain.addressee.as_str(), |s| s.owned.as_str());
    let operates =
        offerings.iter().filter_map(|o| names.0.offerings.get(o)).any(|o| o.operator_entity.as_deref() == Some(last));
    let role = if operates { "operates" } else { "provides" };
    let mut text = clean::name(&chain.addressee_name);
    for (i, step) in chain.path.iter().enumerate() {
        let join = if i == 0 { " " } else { ", which " };
        text.push_str(join);
        text.push_str(&held(step, names));
    }
    let join = if chain.path.is_empty() { " " } else { ", which " };
    text.push_str(join);
    text.push_str(role);
    text.push(' ');
    text.push_str(&words::some(&services, 3));
    if !chain.ground_path.is_empty() {
        let below: Vec<String> = chain.ground_path.iter().map(|s| held(s, names)).collect();
        text.push_str(". It is reached through what it owns: ");
        text.push_str(&clean::name(&chain.addressee_name));
        text.push(' ');
        text.push_str(&below.join(", which "));
    }
    words::stop(&text)
}

fn held(step: &Step, names: Names<'_>) -> String {
    let share = share(step);
    let share = if share.is_empty() { String::new() } else { format!(" ({share})") };
    format!("{} {}{share}", words::control(step.kind), names.entity(&step.owned))
}

/// `100 %`, or nothing.
pub(crate) fn share(step: &Step) -> String {
    step.percent.as_ref().map(|p| format!("{}\u{a0}%", clean::name(p))).unwrap_or_default()
}

/// The path as lines: `Microsoft Corporation owns Microsoft Ireland (100 %) [E-EDGE-009]`.
pub(crate) fn steps_in_words(steps: &[Step], names: Names<'_>) -> Vec<String> {
    steps.iter().map(|s| format!("{} {} [{}]", names.entity(&s.owner), held(s, names), clean::name(&s.fact))).collect()
}
