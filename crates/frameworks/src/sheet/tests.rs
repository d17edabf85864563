//! Golden values of the framework and of five public cards, and the rule that the lowest answer is the level.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::{Library, answers::OfferingAnswers};

fn library() -> Library {
    Library::embedded().unwrap()
}

fn sheet(library: &Library) -> (&Framework, &Sheet) {
    let f = library.framework("csf").unwrap();
    (f, f.sheet.as_ref().unwrap())
}

fn perfect(sheet: &Sheet) -> BTreeMap<String, u8> {
    sheet.criteria().map(|c| (c.id.clone(), u8::try_from(c.options.len()).unwrap())).collect()
}

fn total(r: &SheetReading, weights: &str) -> String {
    r.totals.iter().find(|t| t.weights == weights).unwrap().percent.to_string()
}

const JUNE: &str = "calculator-2026-06-01";
const OCTOBER: &str = "v1.2.1-2025-10";

#[test]
fn there_are_48_criteria_in_8_objectives() {
    let library = library();
    let (_, sheet) = sheet(&library);
    let counts: Vec<usize> = sheet.objectives.iter().map(|o| o.criteria.len()).collect();
    assert_eq!(counts, [8, 6, 5, 6, 7, 5, 7, 4]);
    assert_eq!(sheet.criteria().count(), 48);
    let inert: Vec<&str> = inert(sheet).into_iter().collect();
    assert_eq!(inert, ["1.2", "1.4", "1.5", "1.6", "1.7", "2.5", "5.3", "7.2", "8.4"]);
}

/// The needed option numbers of the public table: for level 2, for level 3, for level 4.
#[test]
fn the_levels_of_options_are_those_of_the_table() {
    let table: [(&str, [usize; 3]); 12] = [
        ("1.1", [3, 3, 4]),
        ("1.8", [3, 5, 5]),
        ("2.1", [3, 3, 3]),
        ("2.2", [4, 5, 5]),
        ("2.3", [5, 5, 5]),
        ("3.1", [3, 4, 5]),
        ("3.4", [5, 5, 5]),
        ("4.1", [3, 3, 3]),
        ("5.4", [2, 3, 5]),
        ("6.5", [2, 2, 5]),
        ("7.7", [5, 5, 5]),
        ("8.2", [3, 3, 4]),
    ];
    let library = library();
    let (_, sheet) = sheet(&library);
    for (id, needed) in table {
        let c = sheet.criteria().find(|c| c.id == id).unwrap();
        let first = |level: u8| c.options.iter().position(|o| o.level >= level).unwrap() + 1;
        assert_eq!([first(2), first(3), first(4)], needed, "{id}");
    }
}

#[test]
fn a_perfect_sheet_scores_more_than_all() {
    let library = library();
    let (framework, sheet) = sheet(&library);
    let r = read_options(framework, &perfect(sheet)).unwrap();
    assert_eq!(total(&r, JUNE), "100.0756");
    assert_eq!(total(&r, OCTOBER), "100.08045");
    assert_eq!((r.level, r.complete), (Some(4), true));
    let maxima: Vec<String> = r.objectives.iter().map(|o| o.points.to_string()).collect();
    assert_eq!(maxima, ["1000.03", "1002", "1000", "1002", "1001", "1000", "1001", "1000"]);
}

#[test]
fn the_worked_example_adds_up_to_530_93() {
    let library = library();
    let (framework, _) = sheet(&library);
    let chosen = [("1.1", 4), ("1.2", 3), ("1.3", 2), ("1.4", 4), ("1.5", 3), ("1.7", 3), ("1.8", 3)];
    let options = chosen.into_iter().map(|(id, n)| (id.to_owned(), n)).collect();
    let r = read_options(framework, &options).unwrap();
    let first = r.objectives.first().unwrap();
    assert_eq!(first.points.to_string(), "530.93");
    assert_eq!(first.gaps, ["1.6"]);
    assert_eq!(first.level, Some(2));
    assert!(!r.complete);
}

/// A first option is worth nothing and is an answer: it must pull the level down.
#[test]
fn an_explicit_zero_counts_as_answered() {
    let library = library();
    let (framework, sheet) = sheet(&library);
    let mut options = perfect(sheet);
    options.insert("1.8".into(), 1);
    let zero = read_options(framework, &options).unwrap();
    assert_eq!((zero.level, zero.complete), (Some(0), true));
    assert_eq!(zero.held_down_by, ["1.8"]);
    options.remove("1.8");
    let gap = read_options(framework, &options).unwrap();
    assert_eq!((gap.level, gap.complete), (Some(4), false));
    assert_eq!(total(&zero, JUNE), total(&gap, JUNE));
    let june = gap.totals.iter().find(|t| t.weights == JUNE).unwrap();
    assert!(june.at_most_percent > june.percent);
}

#[derive(Deserialize)]
struct Cards {
    cards: Vec<Card>,
}

#[derive(Deserialize)]
struct Card {
    provider: String,
    objectives: Vec<String>,
    published: String,
    june: String,
    #[serde(default)]
    october: Option<String>,
}

/// The five public totals: published to one decimal, computed exactly.
#[test]
fn five_public_totals_come_out_to_the_digit() {
    let library = library();
    let (_, sheet) = sheet(&library);
    let cards: Cards = serde_saphyr::from_str(include_str!("../../tests/data/csf_cards.yaml")).unwrap();
    assert_eq!(cards.cards.len(), 5);
    for card in cards.cards {
        // A score of 33.4 per cent of an objective is 334 of its 1000 points.
        let points: BTreeMap<String, Points> = sheet
            .objectives
            .iter()
            .zip(&card.objectives)
            .map(|(o, percent)| (o.id.clone(), Points(Points::read(percent).unwrap().0 * 10)))
            .collect();
        let weigh = |id: &str| {
            let weights = sheet.weights.iter().find(|w| w.id == id).unwrap();
            Percent::weigh(weights, &points, sheet.nominal_points)
        };
        assert_eq!(weigh(JUNE).to_string(), card.june, "{}", card.provider);
        if let Some(october) = card.october {
            assert_eq!(weigh(OCTOBER).to_string(), october, "{}", card.provider);
        }
        let tenths = (weigh(JUNE).0 + 5_000) / 10_000;
        assert_eq!(decimal(tenths, 1), card.published.trim_end_matches(".0"), "{}", card.provider);
    }
}

#[test]
fn a_better_answer_than_the_graph_allows_is_not_taken() {
    let library = library();
    let (framework, _) = sheet(&library);
    let mut signals = Signals::default();
    let mut put = |name, word| {
        signals.0.insert(name, crate::Signal { word, because: vec![Message::new("controller_is")] });
    };
    put("controller", "outside");
    put("home_law", "inside");
    let stated = |option| Stated { option: Some(option), ..Stated::default() };
    let criteria =
        BTreeMap::from([("1.1".to_owned(), stated(4)), ("2.1".to_owned(), stated(3)), ("2.2".to_owned(), stated(9))]);
    let answers =
        OfferingAnswers { criteria: BTreeMap::from([("csf".into(), criteria)]), ..OfferingAnswers::default() };
    let user = Answers { offerings: BTreeMap::from([("x".into(), answers)]), ..Answers::default() };
    let r = answer(framework, &library, &user, &signals, None, "x").unwrap();
    assert_eq!(r.level, Some(1));
    assert_eq!(r.held_down_by, ["1.1"]);
    let c = r.contradictions.first().unwrap();
    assert_eq!((c.criterion.as_str(), c.stated, c.at_most), ("1.1", 4, 1));
    assert!(matches!(r.answers.get("2.1"), Some(Answer::Answered(a)) if a.option == 3 && a.by == By::Stated));
    // An option that does not exist is no answer.
    assert!(matches!(r.answers.get("2.2"), Some(Answer::Gap { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// The level is the lowest of all answers; a better answer never lowers it or the total.
    #[test]
    fn the_minimum_rules(picks in proptest::collection::vec(0_u8..6, 48), at in 0_usize..48) {
        let library = library();
        let (framework, sheet) = sheet(&library);
        let ids: Vec<&Criterion> = sheet.criteria().collect();
        let options: BTreeMap<String, u8> = ids
            .iter()
            .zip(&picks)
            .filter(|(c, n)| **n > 0 && usize::from(**n) <= c.options.len())
            .map(|(c, n)| (c.id.clone(), *n))
            .collect();
        let r = read_options(framework, &options).unwrap();
        let lowest = ids.iter().filter_map(|c| Some(worth(c, *options.get(&c.id)?).1)).min();
        prop_assert_eq!(r.level, lowest);
        prop_assert_eq!(r.complete, options.len() == 48);
        let c = ids[at];
        let mut better = options.clone();
        let last = u8::try_from(c.options.len()).unwrap();
        if let Some(n) = better.get_mut(&c.id) {
            *n = (*n + 1).min(last);
            let b = read_options(framework, &better).unwrap();
            prop_assert!(b.level >= r.level);
            for (new, old) in b.totals.iter().zip(&r.totals) {
                prop_assert!(new.percent >= old.percent);
                prop_assert!(new.at_most_percent >= new.percent);
            }
        }
    }

    /// Merging the parts of a workload is the worst of each, in any order.
    #[test]
    fn a_workload_is_as_good_as_its_worst_part(
        a in proptest::collection::vec(1_u8..4, 48),
        b in proptest::collection::vec(1_u8..4, 48),
    ) {
        let library = library();
        let (framework, sheet) = sheet(&library);
        let read = |picks: &[u8]| {
            let options = sheet.criteria().zip(picks).map(|(c, n)| (c.id.clone(), *n)).collect();
            read_options(framework, &options).unwrap()
        };
        let (one, two) = (read(&a), read(&b));
        let forth = merge(framework, &[one.clone(), two.clone()]).unwrap();
        let back = merge(framework, &[two.clone(), one.clone()]).unwrap();
        prop_assert_eq!(forth.level, one.level.min(two.level));
        prop_assert_eq!(serde_json::to_string(&forth.totals).unwrap(), serde_json::to_string(&back.totals).unwrap());
        prop_assert!(forth.totals.iter().zip(&one.totals).all(|(m, o)| m.percent <= o.percent));
    }
}
