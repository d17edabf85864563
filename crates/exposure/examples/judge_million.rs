//! Judges a million resources in 500 classes and 200 workloads, after import; prints what it cost as JSON.
//!
//! Run by `cargo xtask bench`. It needs nothing but the catalog, so it is an example and not a part of the binary.
#![expect(clippy::print_stdout, reason = "the answer goes to standard output")]

use std::{collections::BTreeSet, error::Error, fs};

use flagstate_catalog::Catalog;
use flagstate_estate::{
    Custody, Estate, EstateBuilder, Observation, Processing, Project, Rank, resource::DataKind, workload,
};
use flagstate_exposure::{Settings, assess};

const RESOURCES: usize = 1_000_000;
const CLASSES: usize = 500;
const WORKLOADS: usize = 200;

fn main() -> Result<(), Box<dyn Error>> {
    let catalog = Catalog::embedded()?;
    let mut estate = estate(&catalog);
    let settings = Settings { as_of: "2026-11-21".parse()?, home: Vec::new(), assumed: Vec::new() };
    let project = Project::default();
    let before = cpu_seconds();
    let workloads = workload::assign(&mut estate, &project);
    let assessment = assess(&catalog, &estate, &workloads, &project, &settings);
    let seconds = cpu_seconds() - before;
    println!(
        "{{\"seconds\":{seconds:.2},\"resources\":{},\"workloads\":{},\"classes\":{}}}",
        estate.resources.len(),
        assessment.workloads.len(),
        assessment.classes.len()
    );
    Ok(())
}

/// One observation per resource, so that the fields are exactly those of an import.
fn estate(catalog: &Catalog) -> Estate {
    let offerings: Vec<&String> = catalog.offerings.keys().collect();
    let mut builder = EstateBuilder::new();
    let input = builder.open_input("generated", "list", Rank::Stated);
    for number in 0..RESOURCES {
        // Classes are mixed over the workloads, as they are in life.
        let class = number.wrapping_mul(7_919) % CLASSES;
        let rest = class / offerings.len().max(1);
        let observation = Observation {
            keys: vec![format!("resource-{number:07}")],
            rows: 1,
            offering: offerings.get(class % offerings.len().max(1)).map(|id| (*id).clone()),
            group: Some(format!("group-{}", number % WORKLOADS)),
            custody: [
                None,
                Some(Custody::Provider),
                Some(Custody::CustomerKeyInProviderHsm),
                Some(Custody::ExternalKeyStore),
            ]
            .get(rest % 4)
            .copied()
            .flatten(),
            processing: [Some(Processing::InClear), Some(Processing::AtRest)].get(rest / 4 % 2).copied().flatten(),
            data_kind: [None, Some(DataKind::Content)].get(rest / 8 % 2).copied().flatten(),
            holds_data: Some(true),
            safeguards: BTreeSet::new(),
            ..Observation::default()
        };
        builder.observe(input, observation);
    }
    builder.finish()
}

/// Processor time of this process so far; the kernel counts it in hundredths of a second.
fn cpu_seconds() -> f64 {
    let text = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = text.rsplit(')').next().unwrap_or_default();
    let ticks: u32 = after_name.split_whitespace().skip(11).take(2).filter_map(|n| n.parse::<u32>().ok()).sum();
    f64::from(ticks) / 100.0
}
