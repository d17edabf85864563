//! Random catalogs: small worlds of states, entities, edges of every kind, offerings, safeguards and powers.
//!
//! Few ids and few dates on purpose, so that cycles, shared owners, ghosts (ids that no record has) and days on which
//! something begins or ends come up in almost every world. The legal table is the shipped one.

use flagstate_catalog::{Catalog, Overlay};
use proptest::{collection::vec, option, prelude::*, sample::select};
use serde_json::{Value, json};

/// Days on which things begin and end, and on which questions are asked.
pub(crate) const DAYS: [&str; 5] = ["2021-01-01", "2022-06-30", "2023-03-01", "2024-02-29", "2025-12-31"];

/// Ids of safeguards; the last is on lists but nowhere recorded.
pub(crate) const SAFEGUARDS: [&str; 6] = ["s0", "s1", "s2", "s3", "s4", "ghost"];

/// Ids of powers.
pub(crate) const POWERS: [&str; 4] = ["p.0", "p.1", "p.2", "p.3"];

/// Ids of offerings.
pub(crate) const OFFERINGS: [&str; 3] = ["o0", "o1", "o2"];

/// States; AA and BB are members of the bloc XX.
const PLACES: [&str; 4] = ["AA", "BB", "CC", "XX"];

/// Entities that may be named; the last two are never recorded.
const RECORDED: usize = 7;
const NAMED: usize = 9;

fn name() -> impl Strategy<Value = String> {
    (0..NAMED).prop_map(|i| format!("e{i}"))
}

fn day() -> impl Strategy<Value = Option<&'static str>> {
    option::weighted(0.3, select(DAYS.to_vec()))
}

fn word(words: &'static [&'static str]) -> impl Strategy<Value = &'static str> {
    select(words.to_vec())
}

fn entity(id: usize) -> impl Strategy<Value = Value> {
    let contact = (word(&PLACES), word(&["business", "business", "subsidiary", "staff", "none", "customer"]))
        .prop_map(|(j, k)| json!({"jurisdiction": j, "kind": k}));
    let seat = option::weighted(0.9, word(&["AA", "BB", "CC", "DD", "DD", "XX", "*"]));
    (seat, option::weighted(0.4, contact))
        .prop_map(move |(seat, c)| json!({"id": format!("e{id}"), "country": seat, "contacts": Vec::from_iter(c)}))
}

fn edge() -> impl Strategy<Value = Value> {
    let kind =
        word(&["equity", "equity", "equity", "equity", "licence", "staffing", "technical", "technical", "contract"]);
    let share = option::of(select(vec![10.0, 49.9, 50.0, 63.8, 100.0]));
    let status = word(&["established", "established", "established", "contested", "untested", "announced", "repealed"]);
    (name(), name(), kind, share, status, day(), day(), prop::bool::weighted(0.05)).prop_map(
        |(owner, owned, kind, share, status, from, to, consolidation)| {
            json!({"owner": owner, "owned": owned, "control_kind": kind, "percent": share, "status": status,
                   "valid_from": from, "valid_to": to, "consolidation_only": consolidation})
        },
    )
}

fn some_safeguards() -> impl Strategy<Value = Vec<&'static str>> {
    vec(word(&SAFEGUARDS), 0..3)
}

fn offering(index: usize) -> impl Strategy<Value = Value> {
    let dates = vec((word(&SAFEGUARDS), option::of(select(DAYS.to_vec())), day()), 0..4).prop_map(|list| {
        let dated = list.into_iter().map(|(s, from, until)| (s.to_owned(), json!({"from": from, "until": until})));
        Value::Object(dated.collect())
    });
    let holds = (
        option::weighted(0.97, name()),
        option::weighted(0.2, name()),
        option::weighted(0.3, name()),
        vec(word(&["o0", "o1", "o1", "o2", "o2", "nowhere"]), 0..2),
        vec(name(), 0..2),
    );
    (holds, some_safeguards(), dates).prop_map(
        move |((operator, contracting, licensor, hosts, subs), built_in, dates)| {
            json!({"id": OFFERINGS[index], "operator_entity": operator, "contracting_entity": contracting,
               "technology_licensor": licensor, "hosted_on": hosts, "subprocessors": subs, "built_in": built_in,
               "safeguard_dates": dates})
        },
    )
}

fn effects() -> impl Strategy<Value = Value> {
    let effect =
        || word(&["leaves_alone", "leaves_alone", "weakens", "untested", "cuts", "makes_visible_only", "creates_risk"]);
    (effect(), effect(), effect(), effect(), effect())
        .prop_map(|(l3, l4, l5, l6, l7)| json!({"L3": l3, "L4": l4, "L5": l5, "L6": l6, "L7": l7}))
}

fn safeguard(index: usize) -> impl Strategy<Value = Value> {
    let status = word(&["established", "established", "untested"]);
    (effects(), option::weighted(0.3, effects()), status, prop::bool::weighted(0.15)).prop_map(
        move |(effects, in_clear, status, undisclosed)| {
            json!({"id": SAFEGUARDS[index], "effects": effects, "effects_in_clear": in_clear, "status": status,
                   "undisclosed": undisclosed})
        },
    )
}

fn power(index: usize) -> impl Strategy<Value = Value> {
    let state = word(&["in_force", "in_force", "in_force", "lapsed", "proposal", "repealed"]);
    let assumed = (prop::bool::weighted(0.1), prop::bool::weighted(0.1));
    let undecided = option::weighted(0.3, Just("P-ANY"));
    let addressee = option::weighted(0.95, word(&["holds", "holds", "holds", "contested", "cut", "unknown"]));
    let ground = (word(&["seat", "subsidiary", "business", "staff"]), word(&["holds", "contested", "untested", "cut"]));
    let grounds = option::weighted(0.3, ground.prop_map(|(g, v)| json!({g: v})));
    let notice = option::of(word(&["visible", "may_be_gagged", "gagged"]));
    let challenge = option::of(word(&["open", "friction", "closed"]));
    ((state, word(&PLACES), day(), day(), day()), undecided, assumed, addressee, grounds, notice, challenge).prop_map(
        move |(
            (state, issuer, from, to, until),
            undecided,
            (revived, ended),
            addressee,
            grounds,
            notice,
            challenge,
        )| {
            json!({"id": POWERS[index], "issuing_jurisdiction": issuer, "kind": "compulsion", "state": state,
                   "valid_from": from, "valid_to": to, "effect_until": until, "undecided": undecided,
                   "revived": revived, "ended": ended, "addressee": addressee,
                   "grounds": grounds.unwrap_or_else(|| json!({})), "harms": ["H1", "H2", "H3", "H4", "H5"],
                   "notice_to_customer": notice, "challenge_for_customer": challenge})
        },
    )
}

/// A catalog as the text of one overlay.
pub(crate) fn world() -> impl Strategy<Value = String> {
    let entities = (0..RECORDED).map(entity).collect::<Vec<_>>();
    let safeguards = (0..SAFEGUARDS.len() - 1).map(safeguard).collect::<Vec<_>>();
    let offerings = (0..OFFERINGS.len()).map(offering).collect::<Vec<_>>();
    let powers = (0..POWERS.len()).map(power).collect::<Vec<_>>();
    (entities, vec(edge(), 0..16), offerings, safeguards, powers).prop_map(
        |(entities, edges, offerings, safeguards, powers)| {
            json!({
                "jurisdictions": [
                    {"id": "AA", "kind": "state", "memberships": ["XX"]},
                    {"id": "BB", "kind": "state", "memberships": ["XX"]},
                    {"id": "CC", "kind": "state"}, {"id": "DD", "kind": "state"}, {"id": "XX", "kind": "bloc"}],
                "entities": entities, "edges": edges, "offerings": offerings, "safeguards": safeguards,
                "instruments": powers,
            })
            .to_string()
        },
    )
}

/// The catalog of a world.
pub(crate) fn load(text: &str) -> Catalog {
    let overlay = Overlay { name: "world.json".to_owned(), text: text.to_owned() };
    Catalog::load(&[overlay]).expect("a generated world has the shape of a catalog")
}
