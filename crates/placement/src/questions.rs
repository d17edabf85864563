//! The five questions for the board, with what a plan says to each.

use std::collections::BTreeSet;

use flagstate_exposure::HarmVerdict;

use crate::{board::BoardQuestion, plan::Plan, said::Said, sheet::Standing, world::World};

/// Shown answers to one question.
const SHOWN: usize = 12;

/// The questions without a plan: for the matrix.
pub(crate) fn plain(world: &World<'_>) -> Vec<BoardQuestion> {
    (1..=5)
        .map(|number| BoardQuestion {
            number,
            question: world.tell(&format!("board_{number}"), []),
            artefact: world.tell(&format!("artefact_{number}"), []),
            answer: Vec::new(),
        })
        .collect()
}

/// The questions with the answers of a plan.
pub(crate) fn of_plan(world: &World<'_>, plan: &Plan) -> Vec<BoardQuestion> {
    let mut list = plain(world);
    let answers = [rules(world, plan), remains(world, plan), given_up(world, plan), cut_off(world, plan), flips(world)];
    for (question, answer) in list.iter_mut().zip(answers) {
        question.answer = answer.into_iter().take(SHOWN).collect();
    }
    list
}

fn rules(world: &World<'_>, plan: &Plan) -> Vec<Said> {
    let of = |s: &crate::sheet::Sheet| {
        let hard: BTreeSet<&str> = s.demands.iter().filter(|d| d.hard).map(|d| d.clause.as_str()).collect();
        let clauses = if hard.is_empty() { "-".to_owned() } else { hard.into_iter().collect::<Vec<_>>().join("; ") };
        world.tell("answer_rules", [("workload", s.workload.clone()), ("clauses", clauses)])
    };
    plan.sheets.iter().map(of).collect()
}

fn remains(world: &World<'_>, plan: &Plan) -> Vec<Said> {
    let mut list = Vec::new();
    for s in &plan.sheets {
        let Some(point) = &s.chosen else {
            list.push(world.tell("answer_nowhere", [("workload", s.workload.clone())]));
            continue;
        };
        let left: Vec<String> = point
            .residual
            .iter()
            .filter(|r| r.verdict != HarmVerdict::Cut)
            .map(|r| format!("{:?} {} ({})", r.harm, r.verdict, r.jurisdictions.join(", ")))
            .collect();
        let left = if left.is_empty() { "@nothing".to_owned() } else { left.join("; ") };
        list.push(world.tell("answer_remains", [("workload", s.workload.clone()), ("harms", left)]));
    }
    list
}

fn given_up(world: &World<'_>, plan: &Plan) -> Vec<Said> {
    let with_gaps =
        plan.sheets.iter().filter_map(|s| Some((s, s.chosen.as_ref()?))).filter(|(_, p)| !p.gaps.is_empty());
    with_gaps
        .map(|(s, p)| {
            let names: Vec<&str> = p.gaps.iter().map(|g| g.name.as_str()).collect();
            world.tell("answer_gaps", [("workload", s.workload.clone()), ("services", names.join(", "))])
        })
        .collect()
}

fn cut_off(world: &World<'_>, plan: &Plan) -> Vec<Said> {
    let mut list = Vec::new();
    for (s, p) in plan.sheets.iter().filter_map(|s| Some((s, s.chosen.as_ref()?))) {
        let Some(harm) = p.residual.iter().find(|r| r.harm == flagstate_catalog::Harm::H4) else { continue };
        let values = [
            ("workload", s.workload.clone()),
            ("option", p.candidate.id.clone()),
            ("word", format!("@{}", harm.verdict.word())),
            ("custody", format!("@{}", crate::options::word(p.candidate.custody))),
        ];
        list.push(world.tell("answer_cut_off", values));
    }
    let open = plan.sheets.iter().filter(|s| s.chosen.as_ref().is_some_and(|c| c.standing == Standing::Conditional));
    if let Some(count) = Some(open.count()).filter(|c| *c > 0) {
        list.push(world.tell("answer_conditional", [("count", count.to_string())]));
    }
    list
}

fn flips(world: &World<'_>) -> Vec<Said> {
    let acting = |p: &&flagstate_catalog::Pending| p.branches.iter().any(|b| !b.effects.is_empty());
    world
        .catalog
        .pending
        .values()
        .filter(acting)
        .map(|p| {
            let expected = p.expected.clone().unwrap_or_else(|| "-".to_owned());
            world.tell("answer_event", [("event", p.event.clone()), ("id", p.id.clone()), ("expected", expected)])
        })
        .collect()
}
