//! Drafts of a made-up estate, in three languages.

use flagstate_catalog::Catalog;
use flagstate_estate::{Estate, EstateBuilder, Observation, Project, Rank, workload};
use flagstate_exposure::{Settings, assess};

use super::*;

fn estate(offering: &str) -> Estate {
    let mut builder = EstateBuilder::new();
    let to = builder.open_input("list.csv", "list", Rank::Stated);
    let o = Observation {
        keys: vec!["one".into()],
        rows: 1,
        offering: Some(offering.into()),
        group: Some("records".into()),
        ..Observation::default()
    };
    builder.observe(to, o);
    builder.finish()
}

fn drafted(offering: &str, language: &str) -> Draft {
    let (catalog, library) = (Catalog::embedded().unwrap(), Library::embedded().unwrap());
    let mut estate = estate(offering);
    let project = Project::default();
    let workloads = workload::assign(&mut estate, &project);
    let home = ["EU", "DE"].map(str::to_owned).to_vec();
    let settings = Settings { as_of: "2026-11-21".parse().unwrap(), home, assumed: Vec::new() };
    let assessment = assess(&catalog, &estate, &workloads, &project, &settings);
    draft(&library, &catalog, assessment.workloads.first().unwrap(), language)
}

fn lines(d: &Draft, step: usize) -> String {
    d.steps.get(step).unwrap().lines.join("\n")
}

#[test]
fn a_cloud_under_a_third_country_parent() {
    let d = drafted("aws-eu", "en");
    assert_eq!(d.steps.len(), 6);
    assert!(lines(&d, 0).contains("somebody in United States stands above the operator"), "{}", lines(&d, 0));
    assert!(lines(&d, 1).contains("yes, contested"), "{}", lines(&d, 1));
    assert!(lines(&d, 2).contains("gagged") && lines(&d, 2).contains("content readable"), "{}", lines(&d, 2));
    assert!(lines(&d, 3).contains("use case 6. For processors that need clear data no effective"), "{}", lines(&d, 3));
    assert!(lines(&d, 5).contains("P-LATOMBE"));
    assert!(d.preamble.contains("not legal advice"));
}

#[test]
fn a_cloud_inside_needs_no_basis() {
    let d = drafted("stackit", "en");
    assert!(lines(&d, 0).contains("no transfer is seen"));
    assert!(lines(&d, 1).contains("None needed"));
    assert!(!lines(&d, 5).contains("P-LATOMBE"));
}

/// No place for a value is left open and no key shows, in any language.
#[test]
fn every_language_is_whole() {
    for language in ["en", "fr", "de"] {
        for offering in ["aws-eu", "stackit", "bleu", "no-such-cloud"] {
            let d = drafted(offering, language);
            let text = serde_json::to_string(&d.steps).unwrap();
            for leak in ["{offering}", "{basis}", "{text}", "step_", "transfer_", "tool_", "law_none"] {
                assert!(!text.contains(leak), "{language} {offering}: {leak}");
            }
        }
    }
    let (fr, de) = (drafted("aws-eu", "fr"), drafted("aws-eu", "de"));
    assert!(lines(&fr, 0).contains("États-Unis") && lines(&de, 0).contains("Vereinigte Staaten"));
}
