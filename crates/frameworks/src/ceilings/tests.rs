//! Section 19.6 computed: every threshold at its edge, chains, rights, suppliers, what is unknown, and monotony.

use flagstate_catalog::{Catalog, Overlay};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::answers::{Answers, EntityStatement, Right, SupplierStatement};

const DAY: &str = "2026-11-21";

/// A small world: `p` provides a service from FR; who else there is, the test says.
struct World {
    catalog: Catalog,
    library: Library,
    answers: Answers,
}

fn entity(id: &str, country: &str, kind: &str) -> Value {
    json!({"id": id, "name": id, "country": country, "type": kind})
}

fn equity(owner: &str, owned: &str, percent: Option<f64>) -> Value {
    json!({"owner": owner, "owned": owned, "control_kind": "equity", "percent": percent, "fact": format!("F-{owner}-{owned}")})
}

impl World {
    /// `people` are EU founders who hold what is left.
    fn new(entities: &[Value], edges: &[Value]) -> Self {
        let mut all = vec![
            entity("p", "FR", "operating"),
            entity("people", "FR", "natural_persons"),
            entity("us", "US", "natural_persons"),
            entity("us2", "US", "natural_persons"),
            entity("cn", "CN", "public_body"),
        ];
        all.extend_from_slice(entities);
        let offering = json!({"id": "o", "name": "o", "operator_entity": "p"});
        let doc = json!({"entities": all, "edges": edges, "offerings": [offering]});
        let overlay = Overlay { name: "world".into(), text: doc.to_string() };
        let mut answers = Answers::default();
        answers.entities.insert("p".into(), everything_stated());
        Self { catalog: Catalog::load(&[overlay]).unwrap(), library: Library::embedded().unwrap(), answers }
    }

    fn p(&mut self) -> &mut EntityStatement {
        self.answers.entities.get_mut("p").unwrap()
    }

    fn read(&self) -> CeilingsReading {
        let q = Question {
            catalog: &self.catalog,
            library: &self.library,
            answers: &self.answers,
            entity: "p",
            offering: Some("o"),
            as_of: DAY.parse().unwrap(),
        };
        read(self.library.framework("secnumcloud").unwrap(), &q).unwrap()
    }

    fn holdings(&self) -> Verdict {
        clause(&self.read(), "19.6.b").verdict
    }
}

/// Seats, rights, suppliers and notice are all in order; only the holdings are left to be read.
fn everything_stated() -> EntityStatement {
    EntityStatement {
        central_administration: Some("FR".into()),
        principal_establishment: Some("FR".into()),
        rights_complete: true,
        suppliers_complete: true,
        notice_months: Some(1),
        ..EntityStatement::default()
    }
}

fn clause<'r>(r: &'r CeilingsReading, id: &str) -> &'r ClauseReading {
    r.clauses.iter().find(|c| c.clause == id).unwrap()
}

fn keys(messages: &[Message]) -> Vec<&'static str> {
    messages.iter().map(|m| m.key).collect()
}

#[test]
fn exactly_24_passes_and_a_hundredth_more_fails() {
    let at = |percent: f64| {
        World::new(&[], &[equity("us", "p", Some(percent)), equity("people", "p", Some(100.0 - percent))]).read()
    };
    assert_eq!(at(24.0).verdict, Verdict::Met);
    let over = at(24.01);
    assert_eq!(over.verdict, Verdict::NotMet);
    let b = clause(&over, "19.6.b");
    assert_eq!(keys(&b.because), ["exceeds_one", "exceeds_one"], "capital and votes");
    assert!(b.because.iter().all(|m| m.facts.contains(&"F-us-p".to_owned())));
    assert_eq!(over.holders.first().unwrap().capital_percent.percent(), "24.01");
}

#[test]
fn three_small_holders_fail_together_and_none_alone() {
    let at = |third: f64| {
        let edges = [
            equity("us", "p", Some(13.0)),
            equity("us2", "p", Some(13.0)),
            equity("cn", "p", Some(third)),
            equity("people", "p", Some(74.0 - third)),
        ];
        World::new(&[], &edges).read()
    };
    let r = at(13.5);
    assert_eq!(r.verdict, Verdict::NotMet);
    assert_eq!(r.together_capital_percent.percent(), "39.5");
    assert!(clause(&r, "19.6.b").because.iter().all(|m| m.key == "exceeds_together"));
    assert_eq!(at(13.0).verdict, Verdict::Met, "39.0 together");
    assert_eq!(at(13.01).verdict, Verdict::NotMet, "39.01 together");
}

#[test]
fn a_tenth_with_a_veto_fails() {
    let mut w = World::new(&[], &[equity("us", "p", Some(10.0)), equity("people", "p", Some(90.0))]);
    assert_eq!(w.read().verdict, Verdict::Met);
    for (kind, key) in [(RightKind::Veto, "right_veto"), (RightKind::BoardMajority, "right_board")] {
        w.p().rights = vec![Right { holders: vec!["us".into()], kind, fact: Some("F-right".into()) }];
        let r = w.read();
        assert_eq!(r.verdict, Verdict::NotMet);
        let b = clause(&r, "19.6.b");
        assert!(b.because.iter().any(|m| m.key == key && m.facts == ["F-right"]));
    }
    // The same right with people inside is no matter; without having looked it is a question.
    w.p().rights = vec![Right { holders: vec!["people".into()], kind: RightKind::Veto, fact: None }];
    assert_eq!(w.read().verdict, Verdict::Met);
    w.p().rights_complete = false;
    let r = w.read();
    assert_eq!(r.verdict, Verdict::Unknown);
    assert_eq!(keys(&clause(&r, "19.6.b").ask), ["ask_rights"]);
}

#[test]
fn a_holding_company_inside_hides_nobody() {
    let edges = [
        equity("fund", "eu_holding", Some(100.0)),
        equity("eu_holding", "p", Some(30.0)),
        equity("people", "p", Some(70.0)),
    ];
    let entities = [entity("eu_holding", "LU", "holding"), entity("fund", "US", "operating")];
    let r = World::new(&entities, &edges).read();
    assert_eq!(r.verdict, Verdict::NotMet);
    let holder = r.holders.first().unwrap();
    assert_eq!((holder.entity.as_str(), holder.capital_percent.percent().as_str()), ("fund", "30"));
    assert_eq!(r.together_capital_percent.percent(), "30");
}

#[test]
fn chains_are_multiplied_and_summed() {
    let entities = [entity("h1", "DE", "holding"), entity("h2", "NL", "holding")];
    let edges = |second: f64| {
        vec![
            equity("us", "h1", Some(40.0)),
            equity("people", "h1", Some(60.0)),
            equity("h1", "p", Some(30.0)),
            equity("us", "h2", Some(second)),
            equity("people", "h2", Some(100.0 - second)),
            equity("h2", "p", Some(40.0)),
            equity("people", "p", Some(30.0)),
        ]
    };
    // 40 % of 30 % and 30 % of 40 %: 12 and 12.
    let r = World::new(&entities, &edges(30.0)).read();
    assert_eq!(r.holders.first().unwrap().capital_percent.percent(), "24");
    assert_eq!(r.verdict, Verdict::Met);
    assert_eq!(World::new(&entities, &edges(30.03)).read().verdict, Verdict::NotMet);
}

/// One company outside above another: the sum counts the shares once, each of the two has them.
#[test]
fn a_group_outside_counts_once_in_the_sum() {
    let entities = [entity("us_sub", "US", "operating")];
    let edges =
        [equity("us", "us_sub", Some(100.0)), equity("us_sub", "p", Some(20.0)), equity("people", "p", Some(80.0))];
    let r = World::new(&entities, &edges).read();
    assert_eq!((r.holders.len(), r.together_capital_percent.percent().as_str()), (2, "20"));
    assert_eq!(r.verdict, Verdict::Met);
}

/// Multiplied 18 per cent, counted in full 30: how the text is read decides, so it is contested.
#[test]
fn a_controlled_company_on_the_way_is_contested() {
    let entities = [entity("eu_holding", "LU", "holding")];
    let edges = |p: f64| {
        vec![
            equity("us", "eu_holding", Some(p)),
            equity("people", "eu_holding", Some(100.0 - p)),
            equity("eu_holding", "p", Some(30.0)),
            equity("people", "p", Some(70.0)),
        ]
    };
    let r = World::new(&entities, &edges(60.0)).read();
    assert_eq!(r.verdict, Verdict::Contested);
    assert!(clause(&r, "19.6.b").because.iter().any(|m| m.key == "exceeds_one_in_full"));
    assert_eq!(World::new(&entities, &edges(50.0)).read().verdict, Verdict::Met, "half is not control");
}

#[test]
fn what_is_not_recorded_is_asked_where_it_matters() {
    // 20 per cent nobody knows: nothing outside could pass a ceiling with it alone.
    let few = World::new(&[], &[equity("people", "p", Some(80.0))]);
    assert_eq!(few.read().verdict, Verdict::Met);
    assert_eq!(few.read().unrecorded_percent.percent(), "20");
    // With 13 per cent outside beside it, one holder could have 33.
    let r = World::new(&[], &[equity("people", "p", Some(67.0)), equity("us", "p", Some(13.0))]).read();
    assert_eq!(r.verdict, Verdict::Unknown);
    let b = clause(&r, "19.6.b");
    assert_eq!(keys(&b.ask), ["ask_holders"]);
    assert_eq!(b.ask.first().unwrap().values.get("share").unwrap(), "20 %");
    // A holder without a recorded share is no answer.
    let mut w = World::new(&[], &[equity("people", "p", None)]);
    let r = w.read();
    assert_eq!(r.verdict, Verdict::Unknown);
    assert_eq!(keys(&clause(&r, "19.6.b").ask), ["ask_holders", "ask_share"]);
    // Unless all holders are named and everybody above lies inside: then the split does not matter.
    w.p().holders_complete = true;
    assert_eq!(w.read().verdict, Verdict::Met);
    // Nor is a company without recorded holders, nor a holder without a seat.
    let r = World::new(&[entity("eu_holding", "DE", "holding")], &[equity("eu_holding", "p", Some(100.0))]).read();
    assert_eq!(r.verdict, Verdict::Unknown);
    let r = World::new(
        &[entity("nowhere", "*", "holding")],
        &[equity("nowhere", "p", Some(30.0)), equity("people", "p", Some(70.0))],
    )
    .read();
    assert_eq!(r.verdict, Verdict::Unknown);
    assert_eq!(keys(&clause(&r, "19.6.b").ask), ["ask_seat"]);
    // What is not recorded cannot save what is already over.
    let r = World::new(&[], &[equity("us", "p", Some(25.0))]).read();
    assert_eq!(r.verdict, Verdict::NotMet);
}

#[test]
fn of_a_listed_company_declared_holders_count() {
    let edges = [equity("us", "p", Some(10.0)), equity("people", "p", Some(20.0))];
    let mut w = World::new(&[], &edges);
    assert_eq!(w.read().verdict, Verdict::Unknown);
    w.p().holders_complete = true;
    assert_eq!(w.read().verdict, Verdict::Met);
    let listed = [entity("group", "FR", "listed_parent")];
    let r = World::new(&listed, &[equity("group", "p", Some(100.0))]).read();
    assert_eq!(keys(&clause(&r, "19.6.b").ask), ["ask_declared_holders"]);
    // Named without a share, and named as all: the question goes to the listed company above.
    let mut w = World::new(&listed, &[equity("group", "p", None)]);
    w.p().holders_complete = true;
    let r = w.read();
    let asked = &clause(&r, "19.6.b").ask;
    assert_eq!(keys(asked), ["ask_declared_holders"]);
    assert_eq!(asked.first().unwrap().values.get("entity").unwrap(), "group");
}

#[test]
fn votes_are_counted_beside_capital() {
    let mut w = World::new(&[], &[equity("us", "p", Some(10.0)), equity("people", "p", Some(90.0))]);
    w.p().votes_percent = [("us".to_owned(), 30.0), ("people".to_owned(), 70.0)].into();
    let r = w.read();
    assert_eq!(r.verdict, Verdict::NotMet);
    let b = clause(&r, "19.6.b");
    let over: Vec<_> = b.because.iter().filter(|m| m.key == "exceeds_one").collect();
    assert_eq!(over.len(), 1);
    assert_eq!(over.first().unwrap().values.get("kind").unwrap(), "@votes");
    assert_eq!(r.holders.first().unwrap().votes_percent.percent(), "30");
}

#[test]
fn a_contested_holding_contests_the_answer() {
    let mut edge = equity("us", "p", Some(30.0));
    edge["status"] = "contested".into();
    let r = World::new(&[], &[edge, equity("people", "p", Some(70.0))]).read();
    assert_eq!(r.verdict, Verdict::Contested);
    let mut announced = equity("us", "p", Some(30.0));
    announced["status"] = "announced".into();
    let r = World::new(&[], &[announced, equity("people", "p", Some(100.0))]).read();
    assert_eq!(r.verdict, Verdict::Met, "announced edges do not act");
}

#[test]
fn circles_and_impossible_sums_are_asked() {
    let entities = [entity("a", "FR", "holding"), entity("b", "FR", "holding")];
    let circle = [equity("a", "p", Some(100.0)), equity("b", "a", Some(100.0)), equity("a", "b", Some(100.0))];
    let r = World::new(&entities, &circle).read();
    assert_eq!(r.verdict, Verdict::Unknown);
    assert!(keys(&clause(&r, "19.6.b").ask).contains(&"ask_circular"));
    let r = World::new(&[], &[equity("people", "p", Some(90.0)), equity("cn", "p", Some(20.0))]).read();
    assert_eq!(r.verdict, Verdict::Unknown);
    assert!(keys(&clause(&r, "19.6.b").ask).contains(&"ask_too_much"));
}

#[test]
fn every_seat_must_lie_inside() {
    let mut w = World::new(&[], &[equity("people", "p", Some(100.0))]);
    w.p().principal_establishment = Some("CH".into());
    assert_eq!(clause(&w.read(), "19.6.a").verdict, Verdict::NotMet);
    w.p().principal_establishment = Some("NO".into());
    assert_eq!(clause(&w.read(), "19.6.a").verdict, Verdict::NotMet, "the EEA is not the Union");
    w.p().principal_establishment = None;
    let r = w.read();
    assert_eq!(keys(&clause(&r, "19.6.a").ask), ["ask_principal_establishment"]);
}

#[test]
fn suppliers_outside_must_be_unable_and_replaceable() {
    let mut licence = equity("us", "p", None);
    licence["control_kind"] = "licence".into();
    let mut w = World::new(&[], &[equity("people", "p", Some(100.0)), licence]);
    let r = w.read();
    assert_eq!((clause(&r, "19.6.c").verdict, clause(&r, "19.6.d").verdict), (Verdict::Unknown, Verdict::Unknown));
    let mut state = |known: SupplierStatement| {
        w.p().suppliers.insert("us".into(), known);
        let r = w.read();
        (clause(&r, "19.6.c").verdict, clause(&r, "19.6.d").verdict)
    };
    let known = |access, skills, alternatives| SupplierStatement {
        technical_access: Some(access),
        own_skills: Some(skills),
        alternatives: Some(alternatives),
        qualified: None,
    };
    assert_eq!(state(known(true, true, 0)), (Verdict::NotMet, Verdict::Met));
    assert_eq!(state(known(false, false, 1)), (Verdict::Met, Verdict::NotMet), "one alternative is not two");
    assert_eq!(state(known(false, false, 2)), (Verdict::Met, Verdict::Met));
    let qualified =
        SupplierStatement { qualified: Some(true), technical_access: Some(false), ..known(false, false, 0) };
    assert_eq!(state(qualified), (Verdict::Met, Verdict::Met));
    w.p().suppliers_complete = false;
    assert_eq!(clause(&w.read(), "19.6.c").verdict, Verdict::Unknown);
}

/// The shipped facts: what can be said of real services, and that nothing passes on ignorance.
#[test]
fn real_services() {
    let catalog = Catalog::embedded().unwrap();
    let library = Library::embedded().unwrap();
    let none = Answers::default();
    let framework = library.framework("secnumcloud").unwrap();
    let read_on = |offering: &str, day: &str| {
        let entity = catalog.offerings.get(offering).unwrap().operator_entity.as_deref().unwrap();
        let q = Question {
            catalog: &catalog,
            library: &library,
            answers: &none,
            entity,
            offering: Some(offering),
            as_of: day.parse().unwrap(),
        };
        read(framework, &q).unwrap()
    };
    for offering in ["aws-eusc", "aws-eu", "azure-eu", "exoscale"] {
        assert_eq!(read_on(offering, DAY).verdict, Verdict::NotMet, "{offering}");
    }
    let exoscale = read_on("exoscale", DAY);
    let b = clause(&exoscale, "19.6.b");
    assert!(b.because.iter().any(|m| m.key == "exceeds_one" && m.values.get("share").unwrap() == "56.55 %"));
    for offering in ["ovh-public", "scaleway", "stackit", "bleu", "hetzner"] {
        let r = read_on(offering, DAY);
        assert_eq!(r.verdict, Verdict::Unknown, "{offering}");
        assert!(r.clauses.iter().any(|c| !c.ask.is_empty()), "{offering} names what to ask");
        assert!(!r.qualified);
    }
    let qualified = read_on("s3ns", DAY);
    assert!(qualified.qualified);
    assert_eq!(qualified.verdict, Verdict::Met);
    assert!(!read_on("s3ns", "2025-12-01").qualified);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Moving shares from people inside to somebody outside never improves the answer, on any small graph.
    #[test]
    fn more_held_outside_is_never_better(
        shares in proptest::collection::vec(0_u32..60, 6),
        more in 1_u32..40,
        at in 0_usize..3,
    ) {
        let entities = [entity("h1", "DE", "holding"), entity("h2", "NL", "holding")];
        let verdict = |shares: &[u32]| {
            let s = |i: usize| f64::from(shares[i]);
            let rest = |a: usize, b: usize| Some((100.0 - s(a) - s(b)).max(0.0));
            let edges = [
                // h1 is held by us and people, h2 by us and h1, p by h1, h2 and people.
                equity("us", "h1", Some(s(0))), equity("us2", "h1", Some(s(3).min(100.0 - s(0)))),
                equity("people", "h1", rest(0, 3)),
                equity("us", "h2", Some(s(1))), equity("h1", "h2", Some(s(4).min(100.0 - s(1)))),
                equity("people", "h2", rest(1, 4)),
                equity("us", "p", Some(s(2).min(20.0))), equity("h1", "p", Some(30.0)), equity("h2", "p", Some(s(5).min(50.0))),
                equity("people", "p", Some(70.0 - s(2).min(20.0) - s(5).min(50.0))),
            ];
            World::new(&entities, &edges).holdings()
        };
        let before = verdict(&shares);
        let mut raised = shares.clone();
        // Only where the shares of people inside can give it.
        let other = [3, 4, 5][at];
        let room = 100 - raised[at] - raised[other].min(100 - raised[at]);
        raised[at] += more.min(room);
        let after = verdict(&raised);
        prop_assert!(after >= before, "{shares:?} {before} -> {raised:?} {after}");
    }
}
