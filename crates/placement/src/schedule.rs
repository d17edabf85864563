//! Waves from sheets: what depends on nothing and risks least goes first; a deadline pulls forward.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    said::Said,
    sheet::{LandingPoint, Sheet},
    takes::Effort,
    waves::{Move, Wave},
    world::World,
};

/// One workload that moves.
struct Moving<'p> {
    sheet: &'p Sheet,
    point: &'p LandingPoint,
    /// Waves that must be over before.
    depth: u32,
    /// 0 pilot, 1 middle, 2 last.
    step: u32,
    because: Vec<Said>,
}

/// Orders the moves.
pub(crate) fn waves(world: &World<'_>, sheets: &[Sheet], groups: &[Vec<String>]) -> Vec<Wave> {
    let depths = depths(world, sheets);
    let mut moving: Vec<Moving<'_>> = sheets
        .iter()
        .filter_map(|sheet| {
            let point = sheet.chosen.as_ref().filter(|_| !sheet.stays)?;
            let depth = depths.get(sheet.workload.as_str()).copied().unwrap_or_default();
            let (step, because) = step(world, sheet, point, depth);
            Some(Moving { sheet, point, depth, step, because })
        })
        .collect();
    for group in groups {
        // Who lands together moves together: with the last of them.
        let of = |m: &Moving<'_>| group.contains(&m.sheet.workload);
        let last = moving.iter().filter(|m| of(m)).map(|m| (m.depth, m.step)).max().unwrap_or_default();
        for m in moving.iter_mut().filter(|m| of(m)) {
            (m.depth, m.step) = last;
            m.because.push(world.tell("wave_together", [("group", group.join(", "))]));
        }
    }
    let mut by: BTreeMap<(u32, u32), Vec<Moving<'_>>> = BTreeMap::new();
    for m in moving {
        by.entry((m.depth, m.step)).or_default().push(m);
    }
    by.into_values().zip(1..).map(|(list, number)| wave(world, number, list)).collect()
}

/// How many moves must come before each.
fn depths<'s>(world: &World<'_>, sheets: &'s [Sheet]) -> BTreeMap<&'s str, u32> {
    let mut depths: BTreeMap<&str, u32> = BTreeMap::new();
    // As many rounds as workloads: a circle ends there.
    for _ in 0..sheets.len() {
        let mut changed = false;
        for sheet in sheets {
            let after = world.section.workloads.get(&sheet.workload).map(|w| &w.after);
            let before = after.into_iter().flatten().filter_map(|n| depths.get(n.as_str()).copied().or(Some(0)));
            let depth = before.map(|d| d + 1).max().unwrap_or_default().min(u32::try_from(sheets.len()).unwrap_or(0));
            changed |= depths.insert(&sheet.workload, depth) != Some(depth);
        }
        if !changed {
            break;
        }
    }
    depths
}

fn step(world: &World<'_>, sheet: &Sheet, point: &LandingPoint, depth: u32) -> (u32, Vec<Said>) {
    let mut because = Vec::new();
    if depth > 0 {
        let after = world.section.workloads.get(&sheet.workload).map(|w| &w.after);
        let names: Vec<&str> = after.into_iter().flatten().map(String::as_str).collect();
        because.push(world.tell("wave_after", [("workloads", names.join(", "))]));
    }
    if let Some(day) = world.section.workloads.get(&sheet.workload).and_then(|w| w.deadline) {
        because.push(world.tell("wave_deadline", [("day", day.to_string())]));
        return (0, because);
    }
    let sensitive = !sheet.harms_that_count.is_empty();
    let step = match point.takes.effort {
        Effort::None | Effort::Low if !sensitive => 0,
        Effort::High => 2,
        _ => 1,
    };
    let effort = format!("@effort_{}", crate::services::effort_word(point.takes.effort));
    let risk = if sensitive { "@risk_sensitive" } else { "@risk_ordinary" };
    because.push(world.tell("wave_effort", [("effort", effort), ("risk", risk.to_owned())]));
    (step, because)
}

fn wave(world: &World<'_>, number: u32, list: Vec<Moving<'_>>) -> Wave {
    let days = |f: fn(&Moving<'_>) -> u32| list.iter().map(f).max().unwrap_or_default();
    let ours = list.iter().any(|m| m.point.takes.services.iter().any(|s| s.moved_by_us));
    let data = list.iter().any(|m| m.point.takes.services.iter().any(|s| s.holds_data && !s.moved_by_us));
    let names: Vec<&str> = list.iter().map(|m| m.sheet.workload.as_str()).collect();
    let names = names.join(", ");
    let rollback_days = world.data.exit.transition_days.to_string();
    let mut acceptance = Vec::new();
    if ours {
        acceptance.push(world.tell("accept_certificate", []));
    }
    if data {
        acceptance.push(world.tell("accept_counts", []));
    }
    acceptance.push(world.tell("accept_function", []));
    acceptance.push(world.tell("accept_exposure", [("workloads", names.clone())]));
    let open: BTreeSet<&str> =
        list.iter().flat_map(|m| m.sheet.questions.iter().map(|q| q.requirement.as_str())).collect();
    if !open.is_empty() {
        let open = open.into_iter().collect::<Vec<_>>().join(", ");
        acceptance.insert(0, world.tell("accept_questions", [("requirements", open)]));
    }
    let deadline = |m: &Moving<'_>| world.section.workloads.get(&m.sheet.workload).and_then(|w| w.deadline);
    Wave {
        number,
        days: (days(|m| m.point.takes.effort_days.0), days(|m| m.point.takes.effort_days.1)),
        deadline: list.iter().filter_map(deadline).min(),
        freeze: vec![world.tell("freeze_writes", [("workloads", names.clone())]), world.tell("freeze_changes", [])],
        rollback: vec![world.tell("rollback_source", [("days", rollback_days)]), world.tell("rollback_switch", [])],
        acceptance,
        moves: list
            .into_iter()
            .map(|m| Move {
                workload: m.sheet.workload.clone(),
                from: m.sheet.today.iter().filter_map(|t| t.offering.clone()).collect(),
                to: m.point.candidate.id.clone(),
                because: m.because,
            })
            .collect(),
    }
}
