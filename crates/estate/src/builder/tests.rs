//! Properties of merging, against a slow and obvious merge written from the rules alone.
use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::EstateBuilder;
use crate::{
    resource::{Custody, Estate, Observation, Rank, UnknownReason},
    tags::Tags,
};

const RANKS: [Rank; 3] = [Rank::Inventory, Rank::State, Rank::Bill];

fn text() -> impl Strategy<Value = Option<String>> {
    prop::option::weighted(0.7, "[a-c]")
}

fn observation() -> impl Strategy<Value = Observation> {
    let keys = prop::collection::vec("[a-h]", 0..3);
    let tags = prop::collection::btree_map("[xy]", "[0-2]", 0..3);
    let custody = prop::option::of(prop_oneof![Just(Custody::Provider), Just(Custody::ClientSide)]);
    let unknown =
        prop::collection::btree_set(prop_oneof![Just(UnknownReason::Region), Just(UnknownReason::Type)], 0..2);
    (keys, text(), text(), text(), text(), tags, custody, unknown, 1_u64..4, -3_i128..9).prop_map(
        |(keys, name, region, offering, capability, tags, custody, unknown, rows, cost)| {
            let mut o = Observation::default();
            (o.keys, o.rows, o.name, o.region) = (keys, rows, name, region);
            (o.offering, o.capability, o.custody, o.unknown) = (offering, capability, custody, unknown);
            o.tags = Tags::from(tags);
            o.cost.add("EUR", cost);
            o
        },
    )
}

fn whole(seen: &[Seen]) -> Estate {
    let mut builder = EstateBuilder::new();
    let inputs: Vec<_> = (0..3).map(|i| builder.open_input(&format!("f{i}"), "list", RANKS[i])).collect();
    for (input, o) in seen {
        builder.observe(inputs[*input], o.clone());
    }
    builder.finish()
}

fn shown(estate: &Estate) -> String {
    serde_json::to_string_pretty(estate).unwrap()
}

/// An input and what it says.
type Seen = (usize, Observation);

/// Name, region and inputs of a thing.
type Slow = (Option<String>, Option<String>, BTreeSet<usize>);

/// What the rules say, by repeated scans: which observations are one thing, and two of its fields.
fn slow(seen: &[Seen]) -> BTreeMap<String, Slow> {
    let mut things: Vec<(BTreeSet<String>, Vec<&Seen>)> = Vec::new();
    for one in seen.iter().filter(|(_, o)| !o.keys.is_empty()) {
        let mut keys: BTreeSet<String> = one.1.keys.iter().cloned().collect();
        let mut members = vec![one];
        let (same, other): (Vec<_>, Vec<_>) = things.into_iter().partition(|(k, _)| !k.is_disjoint(&keys));
        things = other;
        for (k, m) in same {
            keys.extend(k);
            members.extend(m);
        }
        things.push((keys, members));
    }
    let best = |members: &[&Seen], get: &dyn Fn(&Observation) -> Option<String>| {
        let rank = members.iter().filter(|(_, o)| get(o).is_some()).map(|(i, _)| RANKS[*i]).min()?;
        members.iter().filter(|(i, _)| RANKS[*i] == rank).filter_map(|(_, o)| get(o)).min()
    };
    things
        .into_iter()
        .map(|(keys, members)| {
            let (name, region) = (best(&members, &|o| o.name.clone()), best(&members, &|o| o.region.clone()));
            let inputs = members.iter().map(|(i, _)| *i).collect();
            (keys.into_iter().next().unwrap(), (name, region, inputs))
        })
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn the_order_never_shows(
        seen in prop::collection::vec((0_usize..3, observation()), 0..14),
        turn in any::<prop::sample::Index>(),
    ) {
        let mut turned = seen.clone();
        if !seen.is_empty() {
            turned.rotate_left(turn.index(seen.len()));
            turned.reverse();
        }
        prop_assert_eq!(shown(&whole(&seen)), shown(&whole(&turned)));
    }

    #[test]
    fn parts_of_one_input_make_the_same_whole(
        seen in prop::collection::vec(observation(), 0..14),
        cut in any::<prop::sample::Index>(),
    ) {
        let at = cut.index(seen.len() + 1);
        let of = |part: &[Observation]| {
            let mut builder = EstateBuilder::new();
            let to = builder.open_input("bill", "focus", Rank::Bill);
            for o in part {
                builder.observe(to, o.clone());
            }
            (builder, to)
        };
        let (mut first, to) = of(&seen[..at]);
        first.absorb(to, of(&seen[at..]).0);
        prop_assert_eq!(shown(&first.finish()), shown(&of(&seen).0.finish()));
    }

    #[test]
    fn what_shares_a_key_is_one_thing(seen in prop::collection::vec((0_usize..3, observation()), 0..14)) {
        let estate = whole(&seen);
        let expected = slow(&seen);
        prop_assert_eq!(estate.resources.len(), expected.len());
        for r in &estate.resources {
            let (name, region, inputs) = &expected[r.id.as_str()];
            prop_assert_eq!(r.name.as_deref(), name.as_deref());
            prop_assert_eq!(r.region.as_deref(), region.as_deref());
            prop_assert_eq!(r.inputs.iter().map(|i| *i as usize).collect::<BTreeSet<_>>(), inputs.clone());
        }
        let rows: u64 = seen.iter().map(|(_, o)| o.rows).sum();
        prop_assert_eq!(estate.inputs.iter().map(|l| l.rows).sum::<u64>(), rows);
        for l in &estate.inputs {
            prop_assert_eq!(l.rows, l.resources + l.merged + l.unknown + l.ignored.values().sum::<u64>());
        }
    }
}
