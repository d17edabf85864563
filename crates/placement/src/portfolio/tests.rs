//! The choice over all workloads against brute force.

use proptest::prelude::*;

use super::*;

/// Every portfolio in turn: the least in the order of the criteria.
fn brute(problem: &Problem) -> Option<Vec<i64>> {
    fn go(problem: &Problem, chosen: &mut Vec<usize>, best: &mut Option<Vec<i64>>) {
        if chosen.len() == problem.items.len() {
            if problem.holds(chosen) {
                let values: Vec<i64> = (0..problem.criteria).map(|c| problem.value(chosen, c)).collect();
                if best.as_ref().is_none_or(|b| values < *b) {
                    *best = Some(values);
                }
            }
            return;
        }
        for at in 0..problem.items[chosen.len()].choices.len() {
            chosen.push(at);
            go(problem, chosen, best);
            chosen.pop();
        }
    }
    let mut best = None;
    go(problem, &mut Vec::new(), &mut best);
    best
}

fn choice() -> impl Strategy<Value = Choice> {
    let holders = prop::collection::btree_set(0_u32..3, 0..3);
    ((0_i64..3, 0_i64..3, 0_i64..3), 0_i64..100_000, 0_u32..3, holders).prop_map(
        |((a, b, c), cents, place, holders)| Choice {
            criteria: vec![a, b, cents, c],
            place,
            holders: holders.into_iter().collect(),
            budget_cents: cents,
        },
    )
}

fn portfolio() -> impl Strategy<Value = Problem> {
    let item = (1_u32..100, prop::option::weighted(0.4, 0_u32..2), prop::collection::vec(choice(), 1..=5));
    let items = prop::collection::vec(item, 1..=6);
    let budget = prop::option::weighted(0.5, 20_000_i64..400_000);
    (items, prop::collection::vec(200_000_u32..1_000_000, 3), budget).prop_map(|(items, limits_ppm, budget_cents)| {
        let total: u32 = items.iter().map(|(w, ..)| w).sum();
        let items = items
            .into_iter()
            .map(|(w, group, choices)| Item { weight_ppm: w * 1_000_000 / total, group, choices })
            .collect();
        Problem { items, limits_ppm, budget_cents, criteria: 4 }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn five_hundred_portfolios_equal_brute_force(problem in portfolio()) {
        let expected = brute(&problem);
        match solve(&problem, Effort { gap_ppm: 0, nodes: 100_000 }) {
            Err(Failed::Infeasible) => prop_assert_eq!(expected, None),
            Err(other) => prop_assert!(false, "{other}"),
            Ok(answer) => {
                prop_assert!(problem.holds(&answer.chosen));
                let values: Vec<i64> = (0..4).map(|c| problem.value(&answer.chosen, c)).collect();
                prop_assert_eq!(Some(values.clone()), expected);
                let proven: Vec<i64> = answer.proven.iter().map(|p| p.bound).collect();
                prop_assert_eq!(proven, values, "what is claimed to be proven");
            }
        }
    }
}

#[test]
fn a_limit_moves_the_workload_that_loses_least() {
    let option = |cents, holders: &[u32]| Choice {
        criteria: vec![cents],
        place: 0,
        holders: holders.to_vec(),
        budget_cents: cents,
    };
    let item =
        |here, there| Item { weight_ppm: 500_000, group: None, choices: vec![option(here, &[0]), option(there, &[])] };
    let problem =
        Problem { items: vec![item(10, 30), item(10, 15)], limits_ppm: vec![600_000], budget_cents: None, criteria: 1 };
    let answer = solve(&problem, Effort { gap_ppm: 0, nodes: 1_000 }).unwrap();
    assert_eq!(answer.chosen, [0, 1]);
    assert_eq!(answer.proven, [Proven { value: 25, bound: 25 }]);
}

#[test]
fn a_group_without_a_common_place_has_no_answer() {
    let at = |place| Item {
        weight_ppm: 1,
        group: Some(0),
        choices: vec![Choice { criteria: vec![1], place, holders: Vec::new(), budget_cents: 0 }],
    };
    let problem = Problem { items: vec![at(0), at(1)], limits_ppm: Vec::new(), budget_cents: None, criteria: 1 };
    assert_eq!(solve(&problem, Effort { gap_ppm: 0, nodes: 1_000 }), Err(Failed::Infeasible));
}
