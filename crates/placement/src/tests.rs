//! The data hold together, and a plan says what it must.

use std::collections::BTreeSet;

use flagstate_catalog::{Catalog, ServiceMap};
use flagstate_estate::{Class, Money, class::ClassTotals, config::ControlTest};
use flagstate_frameworks::{Answers, Library, Setting};

use super::*;

struct Ground {
    data: Data,
    catalog: Catalog,
    services: ServiceMap,
    library: Library,
    answers: Answers,
    setting: Setting,
}

impl Ground {
    fn new() -> Self {
        Self {
            data: Data::embedded().unwrap(),
            catalog: Catalog::load(&[]).unwrap(),
            services: ServiceMap::embedded().unwrap(),
            library: Library::embedded().unwrap(),
            answers: Answers::default(),
            setting: Setting {
                as_of: "2026-11-21".parse().unwrap(),
                home: vec!["FR".into(), "EU".into()],
                control_test: ControlTest::PracticalAbility,
            },
        }
    }

    fn world<'a>(&'a self, section: &'a PlacementSection) -> World<'a> {
        World {
            data: &self.data,
            catalog: &self.catalog,
            services: &self.services,
            library: &self.library,
            answers: &self.answers,
            setting: &self.setting,
            section,
        }
    }
}

fn class(offering: &str, capability: &str, cents: i128) -> ClassTotals {
    let mut cost = Money::default();
    cost.add("EUR", cents * 10_000_000_000);
    ClassTotals {
        class: Class {
            offering: Some(offering.into()),
            provider: None,
            contracting_entity: None,
            host_provider: None,
            capability: Some(capability.into()),
            custody: None,
            processing: None,
            safeguards: BTreeSet::new(),
            data_kind: None,
        },
        resources: 1,
        holding_data: 1,
        cost,
    }
}

fn seen(name: &str, classification: &str, classes: Vec<ClassTotals>) -> Seen {
    Seen { name: name.into(), classification: Some(classification.into()), forbid: Vec::new(), classes }
}

#[test]
fn every_candidate_column_and_price_is_known() {
    let g = Ground::new();
    for c in &g.data.candidates {
        assert!(g.catalog.offerings.contains_key(&c.offering), "{}", c.offering);
        assert!(g.services.capabilities.values().any(|s| s.offers.get(&c.column).is_some()), "{}", c.column);
    }
    for id in &g.data.matrix_default {
        assert!(g.catalog.offerings.contains_key(id), "{id}");
    }
    for id in g.data.priced.keys() {
        assert!(g.services.capabilities.contains_key(id), "{id}");
    }
    for criterion in rank::CRITERIA {
        assert!(g.data.keys().any(|k| k == criterion), "{criterion}");
    }
}

#[test]
fn every_sentence_has_its_values_in_every_language() {
    let g = Ground::new();
    let places = |text: &str| -> BTreeSet<String> {
        text.split('{').skip(1).filter_map(|p| Some(p.split_once('}')?.0.to_owned())).collect()
    };
    for key in g.data.keys() {
        let in_language = |l| g.data.say(&g.library, &Said { key: key.into(), ..Said::default() }, l);
        let [en, fr, de] = ["en", "fr", "de"].map(in_language);
        assert!(!en.is_empty() && !fr.is_empty() && !de.is_empty(), "{key}");
        assert_eq!(places(&en), places(&fr), "{key}");
        assert_eq!(places(&en), places(&de), "{key}");
    }
}

#[test]
fn a_plan_is_the_same_bytes_again_and_reads_back() {
    let g = Ground::new();
    let section = PlacementSection::default();
    let workloads = [
        seen("site", "public", vec![class("azure-eu", "app_platform", 100_000)]),
        seen("records", "health", vec![class("azure-eu", "object_storage", 500_000)]),
    ];
    let a = make(&g.world(&section), &workloads, Head::default());
    let b = make(&g.world(&section), &workloads, Head::default());
    assert_eq!(a.canonical().unwrap(), b.canonical().unwrap());
    let back: Plan = serde_json::from_slice(&a.canonical().unwrap()).unwrap();
    assert_eq!(back, a);
    assert!(diff::plans(&a, &back).flips.is_empty());
}

#[test]
fn what_nobody_classified_or_demands_stays_where_it_is() {
    let g = Ground::new();
    let section = PlacementSection::default();
    let plan = make(
        &g.world(&section),
        &[seen("site", "public", vec![class("azure-eu", "app_platform", 100_000)])],
        Head::default(),
    );
    assert!(plan.sheets[0].stays);
    assert!(plan.waves.is_empty());
}

#[test]
fn every_rejection_names_a_fact() {
    let g = Ground::new();
    let section = PlacementSection::default();
    let plan = make(
        &g.world(&section),
        &[seen("records", "health", vec![class("azure-eu", "db_postgresql", 1)])],
        Head::default(),
    );
    let sheet = &plan.sheets[0];
    assert!(sheet.rejected.len() >= 2);
    for r in &sheet.rejected {
        assert!(!r.failing.is_empty(), "{}", r.candidate.id);
        assert!(r.failing.iter().all(|f| !f.because.is_empty()), "{}: {:?}", r.candidate.id, r.failing);
    }
}

#[test]
fn a_concentration_limit_bends_a_plan_and_is_kept() {
    let g = Ground::new();
    let mut section = PlacementSection::default();
    let workloads = [
        seen("a", "public", vec![class("azure-eu", "app_platform", 100_000)]),
        seen("b", "public", vec![class("azure-eu", "app_platform", 60_000)]),
    ];
    section.concentration.legal_percent = Some(70);
    let plan = make(&g.world(&section), &workloads, Head::default());
    assert_eq!(plan.portfolio.infeasible, []);
    assert_eq!(plan.sheets.iter().filter(|s| s.stays).count(), 1, "{:?}", plan.portfolio);
    assert!(!plan.portfolio.bent.is_empty());
    for c in plan.portfolio.concentration.iter().filter(|c| c.view == "legal") {
        assert!(c.planned_basis_points <= 7_000, "{c:?}");
    }
    assert!(plan.portfolio.proof.iter().all(|p| p.optimal));
}

#[test]
fn egress_is_dear_before_its_day_and_free_from_then_on() {
    let g = Ground::new();
    let section = PlacementSection { offerings: vec!["scaleway".into()], ..PlacementSection::default() };
    let mut w = seen("lake", "health", vec![class("azure-eu", "object_storage", 200_000)]);
    w.forbid.push(flagstate_estate::config::Forbidden { harms: ["H3".to_owned()].into(), ..Default::default() });
    let plan = make(&g.world(&section), &[w], Head::default());
    let chosen = plan.sheets[0].chosen.as_ref().unwrap();
    let egress = chosen.cost.egress.as_ref().unwrap();
    assert_eq!(egress.free_from.to_string(), "2027-01-12");
    assert!(egress.before.high_cents > 100_000, "{egress:?}");
    assert_eq!(egress.after.high_cents, 0);
    let (low, high) = chosen.cost.data_gb.unwrap();
    assert!(low > 50_000 && high < 200_000 && low < high, "{low} {high}");
}

#[test]
fn the_matrix_has_a_dated_cell_for_every_dimension_and_offering() {
    let g = Ground::new();
    let section = PlacementSection::default();
    let m = matrix(&g.world(&section), &[], &[]);
    assert_eq!(m.dimensions.len(), 10);
    assert_eq!(m.cells.len(), 10 * m.offerings.len());
    for c in &m.cells {
        assert!(!c.says.is_empty() && c.as_of.is_some(), "{c:?}");
        assert!(c.says.iter().all(|s| !s.text.is_empty() && !s.text.contains('{')), "{c:?}");
    }
    assert_eq!(m.board.len(), 5);
}

#[test]
fn a_lint_finds_assumptions_age_and_missing_moves() {
    let g = Ground::new();
    let section = PlacementSection::default();
    let mut plan = make(
        &g.world(&section),
        &[seen("site", "public", vec![class("azure-eu", "app_platform", 100)])],
        Head::default(),
    );
    let today = plan.as_of;
    assert!(lint::lint(&plan, today).iter().all(|r| r.severity != lint::Severity::Error));
    plan.assumed.push("P-X=y".into());
    plan.sheets[0].stays = false;
    let found = lint::lint(&plan, "2027-11-21".parse().unwrap());
    let errors: Vec<&str> =
        found.iter().filter(|r| r.severity == lint::Severity::Error).map(|r| r.place.as_str()).collect();
    assert_eq!(errors, ["assumed", "site"]);
    assert!(found.iter().any(|r| r.place == "as_of"));
}

/// Three workloads of different sensitivity, as in the example estate.
#[test]
fn three_sensitivities_have_three_landing_points_and_rejected_options_with_facts() {
    let g = Ground::new();
    let section = PlacementSection::default();
    let azure = |c: &str, cents| class("azure-eu", c, cents);
    let mut warehouse = seen(
        "warehouse",
        "health",
        vec![
            azure("object_storage", 720_000),
            azure("spark_hadoop", 2_336_000),
            azure("db_sqlserver", 389_000),
            azure("vm", 316_000),
            azure("kms", 6_000),
        ],
    );
    let forbid = |harms: &[&str]| flagstate_estate::config::Forbidden {
        harms: harms.iter().map(|h| (*h).to_owned()).collect(),
        ..Default::default()
    };
    warehouse.forbid.push(forbid(&["H1", "H2", "H3"]));
    let mut assistant = seen(
        "assistant",
        "health",
        vec![azure("llm_inference", 305_000), azure("search_engine", 54_000), azure("containers_serverless", 19_000)],
    );
    assistant.forbid.push(forbid(&["H1"]));
    let site = seen("site", "public", vec![azure("app_platform", 21_000), azure("cdn", 9_500)]);
    let mut stored = class("ovh-public", "object_storage", 80_000);
    stored.class.custody = Some(flagstate_estate::Custody::ClientSide);
    let mut archive = seen("archive", "health", vec![stored]);
    archive.forbid.push(forbid(&["H1"]));
    let plan = make(&g.world(&section), &[warehouse, assistant, archive, site], Head::default());
    let landing: BTreeSet<&str> =
        plan.sheets.iter().map(|s| s.chosen.as_ref().unwrap().candidate.offering.as_str()).collect();
    for s in &plan.sheets {
        let c = s.chosen.as_ref().unwrap();
        eprintln!(
            "{}: {} {:?} {:?} {:?}",
            s.workload,
            c.candidate.id,
            c.standing,
            rank::criteria(&g.world(&section), c),
            s.decided_by
        );
        for r in &s.runners_up {
            eprintln!(
                "   {} {:?} {:?}",
                r.point.candidate.id,
                r.point.standing,
                rank::criteria(&g.world(&section), &r.point)
            );
        }
        eprintln!("   rejected {:?}", s.rejected.iter().map(|r| r.candidate.id.as_str()).collect::<Vec<_>>());
        eprintln!("   questions {:?}", s.questions.iter().map(|q| q.ask.text.as_str()).collect::<Vec<_>>());
    }
    assert_eq!(landing.len(), 3, "{landing:?}");
}
