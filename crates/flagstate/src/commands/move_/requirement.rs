//! Whether a workload's requirement would hold at the target: asked of the judgement, before anything moves.

use std::path::Path;

use flagstate_catalog::ServiceMap;
use flagstate_estate::{
    EstateBuilder, Observation, Rank,
    config::{Project, Selector, WorkloadSpec},
    workload,
};
use flagstate_exposure::{Settings, assess};
use flagstate_import::Resolver;
use flagstate_migration::plan::Requirement;

use crate::{context, failure::Failure};

/// Judges the workload as if its objects were at the target.
pub(super) fn judge(name: &str, config: Option<&Path>, offering: Option<&str>) -> Result<Requirement, Failure> {
    let Some(offering) = offering else {
        return Err(Failure::Usage(
            "to judge the target, name its offering when the move begins: --to-offering ID".to_owned(),
        ));
    };
    let loaded = context::project(config, true)?;
    let Some(spec) = loaded.project.workloads.iter().find(|w| w.name == name) else {
        return Err(Failure::Usage(format!("flagstate.yaml has no workload `{name}`")));
    };
    let dir = loaded.project.catalog.as_ref().map(|d| loaded.folder.join(d));
    let catalog = context::catalog(dir.as_deref(), &[], &[])?;
    if !catalog.offerings.contains_key(offering) {
        return Err(Failure::Usage(format!(
            "the catalog has no offering `{offering}`; `flagstate catalog show offerings` lists them"
        )));
    }
    let project = Project {
        workloads: vec![WorkloadSpec {
            select: vec![Selector { id: Some("*".to_owned()), ..Selector::default() }],
            ..spec.clone()
        }],
        ..loaded.project.clone()
    };
    let mut builder = EstateBuilder::new();
    let input = builder.open_input("the target of the move", "move", Rank::Stated);
    builder.observe(
        input,
        Observation {
            keys: vec!["flagstate:move:target".to_owned()],
            rows: 1,
            name: Some("the target of the move".to_owned()),
            offering: Some(offering.to_owned()),
            holds_data: Some(true),
            ..Observation::default()
        },
    );
    let mut estate = builder.finish();
    let services = ServiceMap::load(&context::overlays(dir.as_deref())?)?;
    Resolver::new(&services).hosts(&mut estate);
    let workloads = workload::assign(&mut estate, &project);
    let as_of = project.as_of.unwrap_or_else(context::today);
    let settings = Settings { as_of, home: context::home(&catalog, &[], &project), assumed: Vec::new() };
    let assessment = assess(&catalog, &estate, &workloads, &project, &settings);
    let findings: Vec<String> = assessment
        .workloads
        .iter()
        .filter(|w| w.name == name)
        .flat_map(|w| &w.findings)
        .filter(|f| f.accepted.is_none())
        .map(|f| {
            format!(
                "{:?} by {} of {}: {:?}, and {:?} is the most allowed",
                f.harm, f.instrument, f.jurisdiction, f.verdict, f.allowed
            )
            .to_lowercase()
        })
        .collect();
    Ok(Requirement {
        workload: name.to_owned(),
        offering: offering.to_owned(),
        holds: findings.is_empty(),
        findings,
        as_of,
    })
}
