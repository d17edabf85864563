//! Every real bill among the shared inputs beside the project, with its exact counts or its exact refusal.
//!
//! The files are not part of the project: the test reads them where the folder exists and says so where it does not.
//! Row counts were taken independently with Python's `csv` module (records that are not blank lines) and, for Parquet,
//! with `pyarrow`.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use flagstate_catalog::ServiceMap;
use flagstate_estate::EstateBuilder;

use super::common::{COMMITMENT, MONEY_ONLY, NOTHING};
use crate::{Context, read_file};

/// What becomes of a file.
#[derive(Debug, PartialEq)]
enum Outcome {
    /// Rows, resources, merged, unknown, and ignored by reason.
    Read(u64, u64, u64, u64, Vec<(String, u64)>),
    /// The message without the path.
    Refused(String),
}

fn folder() -> Option<PathBuf> {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let found = ["../shared/inputs", "../../shared/inputs"].iter().map(|p| repository.join(p)).find(|p| p.is_dir());
    if found.is_none() {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "CI needs the shared inputs beside the project");
        println!("skipped: no shared inputs");
    }
    found
}

fn files(under: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(under).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files(&path, out) } else { out.push(path) }
    }
}

fn outcome(path: &Path, services: &ServiceMap) -> Outcome {
    let mut builder = EstateBuilder::new();
    let context = Context { services, progress: &|_, _| {} };
    match read_file(path, None, &context, &mut builder) {
        Ok(_) => {
            let estate = builder.finish();
            let l = &estate.inputs[0];
            let ignored: u64 = l.ignored.values().sum();
            assert_eq!(l.rows, l.resources + l.merged + l.unknown + ignored, "{}: every row is accounted for", l.name);
            let reasons = l.ignored.iter().map(|(r, n)| (r.clone(), *n)).collect();
            Outcome::Read(l.rows, l.resources, l.merged, l.unknown, reasons)
        }
        Err(e) => {
            assert!(builder.finish().inputs.is_empty(), "{}: a refused file leaves nothing", path.display());
            Outcome::Refused(e.to_string().replace(&path.display().to_string(), "FILE"))
        }
    }
}

#[test]
fn every_shared_bill() {
    let Some(folder) = folder() else { return };
    let services = ServiceMap::embedded().unwrap();
    let mut paths = Vec::new();
    files(&folder.join("focus"), &mut paths);
    files(&folder.join("native-bill"), &mut paths);
    let mut got = BTreeMap::new();
    for path in paths {
        let name = path.strip_prefix(&folder).unwrap().to_string_lossy().into_owned();
        got.insert(name, outcome(&path, &services));
    }
    let mut wanted: BTreeMap<String, Outcome> = BTreeMap::new();
    for (name, result) in table() {
        wanted.insert(name.replace("spec:", SPEC), result);
    }
    for (name, result) in &got {
        assert!(wanted.contains_key(name), "{name} is not in the table; it gives {result:?}");
    }
    for (name, result) in &wanted {
        assert_eq!(got.get(name), Some(result), "{name}");
    }
}

const SPEC: &str = "focus/spec-examples/FinOps-Open-Cost-and-Usage-Spec_FOCUS_Spec__";
const DATASET: &str = "FILE: this is the FOCUS dataset of contract commitments, which lists money and not what runs; \
                       give the Cost and Usage dataset";

/// Rows, resources, merged, unknown, ignored.
fn read(rows: u64, resources: u64, merged: u64, unknown: u64, ignored: &[(&str, u64)]) -> Outcome {
    Outcome::Read(rows, resources, merged, unknown, ignored.iter().map(|(r, n)| ((*r).to_owned(), *n)).collect())
}

fn refused(message: &str) -> Outcome {
    Outcome::Refused(message.to_owned())
}

/// `spec:` stands for the long common part of the specification's examples.
#[expect(clippy::too_many_lines, reason = "a table, one line for each file")]
fn table() -> Vec<(&'static str, Outcome)> {
    vec![
        ("focus/fdt_aws_1_2_rows100.csv", read(100, 54, 0, 7, &[(COMMITMENT, 38), (MONEY_ONLY, 1)])),
        ("focus/fdt_aws_1_3_contract_commitment.csv", refused(DATASET)),
        ("focus/fdt_aws_1_3_rows100.csv", read(100, 60, 0, 10, &[(COMMITMENT, 28), (MONEY_ONLY, 2)])),
        ("focus/fdt_azure_1_2_rows100.csv", read(100, 61, 0, 0, &[(COMMITMENT, 36), (MONEY_ONLY, 3)])),
        ("focus/fdt_azure_1_3_contract_commitment.csv", refused(DATASET)),
        ("focus/fdt_azure_1_3_rows100.csv", read(100, 69, 0, 0, &[(COMMITMENT, 26), (MONEY_ONLY, 5)])),
        ("focus/fdt_gcp_1_2_rows100.csv", read(100, 59, 0, 3, &[(COMMITMENT, 36), (MONEY_ONLY, 2)])),
        ("focus/fdt_gcp_1_3_contract_commitment.csv", refused(DATASET)),
        ("focus/fdt_gcp_1_3_rows100.csv", read(100, 63, 0, 1, &[(COMMITMENT, 32), (MONEY_ONLY, 4)])),
        ("focus/focus-1.0_sample_1000rows_multi.csv", read(1000, 889, 110, 0, &[(MONEY_ONLY, 1)])),
        ("focus/focus_validator_all_pass_0.5.csv", read(2, 0, 0, 2, &[])),
        ("focus/focus_validator_sample.parquet", read(2, 0, 0, 2, &[])),
        ("spec:commitment_discount_purchase_scenario_1.csv", read(1, 0, 0, 0, &[(COMMITMENT, 1)])),
        ("spec:commitment_discount_purchase_scenario_2.csv", read(3, 0, 0, 0, &[(COMMITMENT, 3)])),
        ("spec:commitment_discount_purchase_scenario_3.csv", read(4, 0, 0, 0, &[(COMMITMENT, 4)])),
        ("spec:commitment_discount_usage_scenario_1.csv", read(1, 0, 0, 1, &[])),
        ("spec:commitment_discount_usage_scenario_2.csv", read(1, 0, 0, 0, &[(COMMITMENT, 1)])),
        ("spec:commitment_discount_usage_scenario_3.csv", read(2, 0, 0, 1, &[(COMMITMENT, 1)])),
        ("spec:commitment_discount_usage_scenario_4.csv", read(2, 0, 0, 2, &[])),
        (
            "spec:one_hundred_percent_utilization_with_commitment_discount_flexibility_with_1_resource.csv",
            read(3, 0, 0, 2, &[(COMMITMENT, 1)]),
        ),
        (
            "spec:one_hundred_percent_utilization_with_commitment_discount_flexibility_with_2_resources.csv",
            read(3, 0, 0, 2, &[(COMMITMENT, 1)]),
        ),
        (
            "spec:one_hundred_percent_utilization_without_commitment_discount_flexibility.csv",
            read(2, 0, 0, 1, &[(COMMITMENT, 1)]),
        ),
        ("spec:saas_spend_agreements_a1.csv", read(4, 0, 0, 4, &[])),
        ("spec:saas_spend_agreements_a2.csv", read(13, 0, 0, 13, &[])),
        ("spec:saas_spend_agreements_b1.csv", read(5, 0, 0, 4, &[(COMMITMENT, 1)])),
        ("spec:saas_spend_agreements_b2.csv", read(14, 0, 0, 13, &[(COMMITMENT, 1)])),
        ("spec:simple_saas_agreements_a1.csv", read(1, 0, 0, 1, &[])),
        ("spec:simple_saas_agreements_a2.csv", read(1, 0, 0, 1, &[])),
        ("spec:simple_saas_agreements_a3.csv", read(1, 0, 0, 1, &[])),
        ("spec:simple_saas_agreements_b.csv", read(1, 0, 0, 1, &[])),
        ("spec:simple_saas_agreements_c.csv", read(3, 0, 0, 3, &[])),
        ("spec:virtual_currency_pricing_model_a1.csv", read(1, 0, 0, 1, &[])),
        ("spec:virtual_currency_pricing_model_a2.csv", read(3, 0, 0, 3, &[])),
        ("spec:virtual_currency_pricing_model_b1.csv", read(1, 0, 0, 1, &[])),
        ("spec:virtual_currency_pricing_model_b2.csv", read(3, 0, 0, 3, &[])),
        ("spec:virtual_currency_pricing_model_b3.csv", read(3, 0, 0, 3, &[])),
        ("spec:virtual_currency_pricing_model_c.csv", read(2, 0, 0, 2, &[])),
        (
            "spec:zero_percent_utilization_without_commitment_discount_flexibility.csv",
            read(3, 0, 0, 2, &[(COMMITMENT, 1)]),
        ),
        (
            "native-bill/aws-cur/finopsfoundation_focus_converters__sample-anonymous-aws-export-dataset.csv",
            read(1281, 73, 1133, 63, &[(MONEY_ONLY, 12)]),
        ),
        ("native-bill/aws-cur/koku_aws_2022-07-01-alt-columns.csv", read(2, 0, 0, 2, &[])),
        ("native-bill/aws-cur/koku_aws_2023-06-01.csv", read(3, 1, 2, 0, &[])),
        ("native-bill/aws-cur/koku_test_cur.csv", read(19, 19, 0, 0, &[])),
        ("native-bill/azure/finops-toolkit_EA_ActualCost_Small.csv", read(11, 9, 0, 1, &[(COMMITMENT, 1)])),
        ("native-bill/azure/finops-toolkit_EA_AmortizedCost_Small.csv", read(28, 21, 6, 1, &[])),
        (
            "native-bill/azure/finopsfoundation_focus_converters__sample-anonymous-ea-export-dataset.csv",
            read(27, 1, 26, 0, &[]),
        ),
        ("native-bill/azure/koku_azure_azure_camelCased.csv", read(3, 2, 1, 0, &[])),
        (
            "native-bill/azure/koku_azure_azure_version_2.csv",
            read(5, 3, 0, 1, &[("purchase without a resource or a service", 1)]),
        ),
        ("native-bill/azure/koku_azure_costreport_a243c6f2-199f-4074-9a2c-40e671cf1584.csv", read(3, 2, 1, 0, &[])),
        ("native-bill/azure/opencost_headersets_BOM.csv", read(1, 0, 0, 0, &[(NOTHING, 1)])),
        ("native-bill/azure/opencost_headersets_Enterprise.csv", read(1, 1, 0, 0, &[])),
        ("native-bill/azure/opencost_headersets_EnterpriseCamel.csv", read(1, 1, 0, 0, &[])),
        ("native-bill/azure/opencost_headersets_PayAsYouGo.csv", read(1, 1, 0, 0, &[])),
        ("native-bill/azure/opencost_values_Template.csv", read(87, 0, 0, 87, &[])),
        ("native-bill/azure/opencost_values_VirtualMachine.csv", read(1, 0, 0, 1, &[])),
        (
            "native-bill/gcp/koku_202011_30c31bca571d9b7f3b2c8459dd8bc34a_2020-11-08_2020-11-11.csv",
            read(25, 2, 13, 10, &[]),
        ),
        ("native-bill/gcp/koku_2022-08-01_5.csv", read(9, 1, 8, 0, &[])),
    ]
}
