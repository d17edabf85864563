//! Which format a file is: every importer looks at the head; the first that claims it wins.

use std::{fmt, str::FromStr};

use crate::{Input, bill, error::ImportError, inventory, terraform};

/// A format that can be read.
#[derive(Clone, Copy, Debug, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub enum Format {
    /// FOCUS 0.5 to 1.4, CSV or Parquet.
    Focus,
    /// AWS Cost and Usage Report, legacy or 2.0.
    AwsCur,
    /// Azure EA, MCA or pay-as-you-go usage details.
    AzureBill,
    /// Google Cloud billing export.
    GcpBill,
    /// OCI cost report.
    OciBill,
    /// Terraform or OpenTofu state, raw or `show -json`.
    TerraformState,
    /// Terraform or OpenTofu plan from `show -json`.
    TerraformPlan,
    /// Azure Resource Graph or `az resource list`.
    AzureResources,
    /// AWS Config snapshot, history or query.
    AwsConfig,
    /// AWS Resource Explorer.
    AwsResourceExplorer,
    /// Google Cloud Asset Inventory.
    GcpAssets,
    /// pepin's inventory of Scaleway, Outscale and Exoscale.
    Pepin,
    /// `CycloneDX` services (`SaaSBOM`).
    CycloneDx,
    /// DORA register of information, xBRL-CSV.
    DoraRegister,
    /// Plain list, CSV or YAML.
    List,
}

impl Format {
    /// All formats with their names.
    pub const ALL: [(Self, &'static str); 15] = [
        (Self::Focus, "focus"),
        (Self::AwsCur, "aws-cur"),
        (Self::AzureBill, "azure-bill"),
        (Self::GcpBill, "gcp-bill"),
        (Self::OciBill, "oci-bill"),
        (Self::TerraformState, "terraform-state"),
        (Self::TerraformPlan, "terraform-plan"),
        (Self::AzureResources, "azure-resources"),
        (Self::AwsConfig, "aws-config"),
        (Self::AwsResourceExplorer, "aws-resource-explorer"),
        (Self::GcpAssets, "gcp-assets"),
        (Self::Pepin, "pepin"),
        (Self::CycloneDx, "cyclonedx"),
        (Self::DoraRegister, "dora-register"),
        (Self::List, "list"),
    ];
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = Self::ALL.iter().find(|(x, _)| x == self).map_or("?", |(_, n)| n);
        f.write_str(name)
    }
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL.iter().find(|(_, n)| *n == text).map(|(f, _)| *f).ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|(_, n)| *n).collect();
            format!("`{text}` is not a format; known: {}", names.join(", "))
        })
    }
}

/// The format of `input`. Each importer's `detect` returns `Ok(None)` (not mine), `Ok(Some)` (mine), or an error that
/// says why a file that looks like its format cannot be used.
pub(crate) fn detect(input: &Input) -> Result<Format, ImportError> {
    let head = input.head();
    for probe in [terraform::detect, inventory::detect, bill::detect] {
        if let Some(format) = probe(input, &head)? {
            return Ok(format);
        }
    }
    Err(ImportError::UnknownFormat { path: input.path.clone(), why: describe(&head) })
}

fn describe(head: &crate::Head<'_>) -> String {
    let start: String = head.text.trim_start().chars().take(40).collect();
    if head.bytes.starts_with(b"PK\x03\x04") {
        return "it is a zip archive; unpack it and name the folder".into();
    }
    if head.bytes.contains(&0) {
        return "it is a binary file of a kind not known here".into();
    }
    format!("it starts with `{}`", start.escape_debug())
}
