//! The small estate that the golden files are made from.

use std::collections::{BTreeMap, BTreeSet};

use flagstate_catalog::Catalog;
use flagstate_estate::{
    Custody, EstateBuilder, Money, Observation, Processing, Project, Rank, UnknownReason,
    config::{AcceptedRisk, Forbidden, Organisation, Selector, WorkloadSpec},
    money::parse_decimal,
    workload,
};
use flagstate_exposure::{Assessment, Settings, assess};

/// The shipped catalog.
pub(crate) fn catalog() -> Catalog {
    Catalog::embedded().unwrap()
}

fn euros(amount: &str) -> Money {
    let mut m = Money::default();
    m.add("EUR", parse_decimal(amount).unwrap());
    m
}

fn azure(name: &str, kind: &str, capability: &str, cost: &str, rows: u64) -> Observation {
    Observation {
        keys: vec![format!("/subscriptions/7f1c/resourcegroups/registry/providers/{kind}/{name}")],
        rows,
        name: Some(name.into()),
        provider: Some("azure".into()),
        offering: Some("azure-eu".into()),
        region: Some("francecentral".into()),
        service: Some(kind.into()),
        resource_type: Some(kind.into()),
        capability: Some(capability.into()),
        group: Some("registry".into()),
        contracting_entity: Some("Microsoft Ireland Operations Limited".into()),
        holds_data: Some(true),
        cost: euros(cost),
        ..Observation::default()
    }
}

fn scaleway(name: &str, custody: Option<Custody>, processing: Option<Processing>, cost: &str) -> Observation {
    Observation {
        keys: vec![format!("scaleway:fr-par:object:{name}")],
        rows: 1,
        name: Some(name.into()),
        provider: Some("scaleway".into()),
        offering: Some("scaleway".into()),
        region: Some("fr-par".into()),
        service: Some("Object Storage".into()),
        resource_type: Some("scaleway_object_bucket".into()),
        capability: Some("object_storage".into()),
        group: Some("archive".into()),
        holds_data: Some(true),
        custody,
        processing,
        cost: euros(cost),
        ..Observation::default()
    }
}

fn saas(name: &str) -> Observation {
    Observation {
        keys: vec![format!("list:{name}")],
        rows: 1,
        name: Some(name.into()),
        provider: Some(name.into()),
        service: Some("survey tool".into()),
        group: Some("office".into()),
        cost: euros("420"),
        unknown: BTreeSet::from([UnknownReason::Provider]),
        ..Observation::default()
    }
}

fn spec(name: &str, group: &str, classification: &str) -> WorkloadSpec {
    WorkloadSpec {
        name: name.into(),
        select: vec![Selector { group: Some(group.into()), ..Selector::default() }],
        classification: Some(classification.into()),
        ..WorkloadSpec::default()
    }
}

/// What people say about it.
pub(crate) fn project() -> Project {
    let forbidden = Forbidden {
        harms: BTreeSet::from(["H1".into(), "H4".into()]),
        because: Some("Loi SREN, art. 31".into()),
        ..Forbidden::default()
    };
    Project {
        organisation: Organisation {
            name: Some("Example Health Data Platform".into()),
            home: vec!["FR".into(), "EU".into()],
        },
        workloads: vec![
            WorkloadSpec { forbid: vec![forbidden.clone()], ..spec("Patient registry", "registry", "health") },
            WorkloadSpec { forbid: vec![forbidden], ..spec("Research archive", "archive", "personal") },
            spec("Office tools", "office", "internal"),
        ],
        accepted_risks: vec![AcceptedRisk {
            workload: "Patient registry".into(),
            harm: "H4".into(),
            jurisdiction: Some("US".into()),
            owner: "M. Durand, director".into(),
            reason: "Exit under way; see the plan of April 2026".into(),
            until: "2027-03-01".parse().unwrap(),
        }],
        ..Project::default()
    }
}

/// Judges `extra` and the estate of the golden files.
pub(crate) fn judged(catalog: &Catalog, project: &Project, extra: Vec<Observation>) -> Assessment {
    let mut b = EstateBuilder::new();
    let bill = b.open_input("azure-2026-10.csv", "focus-csv", Rank::Bill);
    b.observe(bill, azure("sql-registry", "Microsoft.Sql/servers/databases", "relational_database", "18250.40", 62));
    b.observe(bill, azure("stregistry", "Microsoft.Storage/storageAccounts", "object_storage", "6410.05", 31));
    b.observe(bill, azure("aks-study", "Microsoft.ContainerService/managedClusters", "kubernetes", "9120", 31));
    b.ignore(bill, "tax", 3);
    b.note(bill, "no column for the host provider in this version of the format");
    let listing = b.open_input("resources.json", "azure-graph", Rank::Inventory);
    let sealed = Observation {
        custody: Some(Custody::CustomerKeyInProviderHsm),
        tags: BTreeMap::from([("study".into(), "emc2".into())]).into(),
        ..azure("stregistry", "Microsoft.Storage/storageAccounts", "object_storage", "0", 1)
    };
    b.observe(listing, sealed);
    let state = b.open_input("scaleway.tfstate", "terraform-state", Rank::State);
    b.observe(state, scaleway("archive-2024", None, None, "310.20"));
    b.observe(state, scaleway("archive-sealed", Some(Custody::ClientSide), Some(Processing::AtRest), "95"));
    let list = b.open_input("saas.yaml", "list", Rank::Stated);
    b.observe(list, saas("Formulaire Plus"));
    for o in extra {
        b.observe(list, o);
    }
    let mut estate = b.finish();
    let workloads = workload::assign(&mut estate, project);
    let settings =
        Settings { as_of: "2026-11-21".parse().unwrap(), home: project.organisation.home.clone(), assumed: Vec::new() };
    assess(catalog, &estate, &workloads, project, &settings)
}
