//! The engine and the second judgement must give the same verdicts, in random worlds and over the shipped catalog.

#[cfg(test)]
mod oracle;
#[cfg(test)]
mod world;

use flagstate_catalog::{Catalog, Date, Link};
use flagstate_estate::{Processing, config::ControlTest};
use flagstate_exposure::{Question, explain};
use proptest::prelude::*;

use oracle::{Answer, Ask};

/// The same question for the engine.
#[cfg(test)]
fn question(ask: &Ask) -> Question {
    Question {
        safeguards: ask.safeguards.clone(),
        processing: if ask.in_clear { Processing::InClear } else { Processing::AtRest },
        control_test: if ask.legal_right { ControlTest::LegalRight } else { ControlTest::PracticalAbility },
        ..Question::new(&ask.offering, &ask.instrument, ask.date)
    }
}

#[cfg(test)]
fn verdicts(catalog: &Catalog, question: &Question) -> Answer {
    let answer = explain(catalog, question).expect("the instrument is in the catalog");
    Answer {
        links: answer.links.iter().map(|(l, a)| (*l, a.verdict.to_owned())).collect(),
        harms: answer.harms.iter().map(|(h, a)| (*h, a.verdict.word().to_owned())).collect(),
    }
}

#[cfg(test)]
fn engine(catalog: &Catalog, ask: &Ask) -> Answer {
    verdicts(catalog, &question(ask))
}

#[cfg(test)]
fn ask() -> impl Strategy<Value = Ask> {
    let pick = |ids: &'static [&'static str]| prop::sample::select(ids.to_vec()).prop_map(str::to_owned);
    let named = prop::option::weighted(0.3, prop::collection::vec(pick(&world::SAFEGUARDS), 0..3));
    (pick(&world::POWERS), pick(&world::DAYS), named, any::<bool>(), any::<bool>()).prop_map(
        |(instrument, day, safeguards, in_clear, legal_right)| Ask {
            offering: "o0".to_owned(),
            instrument,
            date: day.parse::<Date>().expect("a day"),
            safeguards,
            in_clear,
            legal_right,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    #[test]
    fn random_worlds_are_judged_alike(text in world::world(), asks in prop::collection::vec(ask(), 1..6)) {
        let catalog = world::load(&text);
        for ask in &asks {
            let expected = oracle::judge(&catalog, ask).expect("asked about records of the world");
            prop_assert_eq!(engine(&catalog, ask), expected, "{:?}\n{}", ask, text);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: ProptestConfig::default().cases / 2, failure_persistence: None, max_shrink_iters: 20_000, ..ProptestConfig::default() })]

    /// A pattern of several powers: per link the strongest exposure, per harm the worst.
    #[test]
    fn patterns_are_put_together_alike(text in world::world(), ask in ask()) {
        let catalog = world::load(&text);
        let single: Vec<Answer> = world::POWERS
            .iter()
            .filter_map(|p| oracle::judge(&catalog, &Ask { instrument: (*p).to_owned(), ..ask.clone() }))
            .collect();
        let mut want = oracle::together(&single);
        let mut got = engine(&catalog, &Ask { instrument: "p.*".to_owned(), ..ask.clone() });
        // L6 and L7 of a pattern are a matter of taste for powers that are not in force.
        for link in [Link::L6, Link::L7] {
            want.links.remove(&link);
            got.links.remove(&link);
        }
        prop_assert_eq!(got, want, "{:?}\n{}", ask, text);
    }

    /// What the offering's record says and what the question says of the same offering weigh the same.
    #[test]
    fn told_or_recorded_is_the_same(text in world::world(), ask in ask()) {
        let catalog = world::load(&text);
        let mut bare = catalog.clone();
        let offering = bare.offerings.get_mut(&ask.offering).expect("in the world");
        // A told entity that no record has is left out: a name on a bill may be anything.
        let recorded = |id: &String| catalog.entities.contains_key(id);
        prop_assume!(offering.operator_entity.is_some() && offering.contracting_entity.iter().all(recorded));
        let question = Question {
            contracting_entity: offering.contracting_entity.take(),
            hosted_on: std::mem::take(&mut offering.hosted_on),
            also: std::mem::take(&mut offering.built_in),
            ..question(&ask)
        };
        prop_assert_eq!(verdicts(&bare, &question), engine(&catalog, &ask), "{:?}\n{}", ask, text);
    }
}

#[test]
fn the_shipped_catalog_is_judged_alike() {
    let catalog = Catalog::embedded().unwrap();
    let mut differ = Vec::new();
    let mut asked = 0;
    for offering in catalog.offerings.keys() {
        for instrument in catalog.instruments.keys() {
            for (date, in_clear, legal_right) in
                [("2026-03-01", true, false), ("2026-11-21", false, true), ("2027-04-01", true, false)]
            {
                let ask = Ask {
                    offering: offering.clone(),
                    instrument: instrument.clone(),
                    date: date.parse().unwrap(),
                    safeguards: None,
                    in_clear,
                    legal_right,
                };
                asked += 1;
                let (got, want) = (engine(&catalog, &ask), oracle::judge(&catalog, &ask).unwrap());
                if got != want {
                    differ.push(format!("{ask:?}\n  engine {got:?}\n  second {want:?}"));
                }
            }
        }
    }
    assert!(asked > 3000, "only {asked} questions were asked");
    assert!(differ.is_empty(), "{} of {asked} differ:\n{}", differ.len(), differ.join("\n"));
}
