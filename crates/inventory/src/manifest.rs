//! The manifest: which files an inventory consists of, in which format, of which bucket, from when.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{InventoryError, value::shown};

/// Who wrote an inventory.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Writer {
    /// Amazon S3 Inventory.
    S3,
    /// Azure Blob Inventory.
    Azure,
}

/// How its files are written.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Format {
    /// CSV; S3 compresses it with gzip and writes no header.
    Csv,
    /// Apache Parquet.
    Parquet,
    /// Apache ORC.
    Orc,
}

/// A data file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct ListedFile {
    /// Its key in the container that the inventory is written to.
    pub key: String,
    /// Its size in bytes.
    pub size: Option<u64>,
    /// MD5 in hexadecimal, where the manifest says it (S3).
    pub md5: Option<String>,
}

/// An inventory.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Manifest {
    /// Who wrote it.
    pub writer: Writer,
    /// How.
    pub format: Format,
    /// Of which bucket; an account's inventory names none.
    pub container: Option<String>,
    /// The time that it speaks of.
    pub made_at: Option<Timestamp>,
    /// Columns of files without a header.
    pub columns: Vec<String>,
    /// Its files.
    pub files: Vec<ListedFile>,
    /// How many objects it should list, where it says so (Azure).
    pub objects: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct S3 {
    source_bucket: String,
    #[serde(default)]
    creation_timestamp: Option<String>,
    file_format: String,
    #[serde(default)]
    file_schema: String,
    files: Vec<S3File>,
}

#[derive(Deserialize)]
struct S3File {
    key: String,
    size: Option<u64>,
    #[serde(rename = "MD5checksum")]
    md5: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Azure {
    #[serde(default)]
    inventory_start_time: Option<String>,
    #[serde(default)]
    status: Option<String>,
    files: Vec<AzureFile>,
    rule_definition: AzureRule,
    #[serde(default)]
    summary: Option<AzureSummary>,
}

#[derive(Deserialize)]
struct AzureFile {
    blob: String,
    size: Option<u64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AzureRule {
    format: String,
    #[serde(default)]
    object_type: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct AzureSummary {
    #[serde(default)]
    object_count: Option<u64>,
}

impl Manifest {
    /// Reads a manifest; `file` is its name, for messages.
    pub fn read(bytes: &[u8], file: &str) -> Result<Self, InventoryError> {
        let wrong = |what: String| InventoryError::Manifest { file: file.to_owned(), what };
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let value: serde_json::Value = serde_json::from_slice(text).map_err(|e| wrong(e.to_string()))?;
        let manifest = if value.get("sourceBucket").is_some() {
            s3(serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?).map_err(wrong)?
        } else if value.get("ruleDefinition").is_some() {
            azure(serde_json::from_value(value).map_err(|e| wrong(e.to_string()))?).map_err(wrong)?
        } else {
            return Err(wrong("it has neither `sourceBucket` nor `ruleDefinition`".to_owned()));
        };
        Ok(manifest)
    }
}

fn format(text: &str) -> Result<Format, String> {
    match text.to_ascii_lowercase().as_str() {
        "csv" => Ok(Format::Csv),
        "parquet" => Ok(Format::Parquet),
        "orc" => Ok(Format::Orc),
        _ => Err(format!("`{}` is none of the formats CSV, Parquet, ORC", shown(text))),
    }
}

fn s3(found: S3) -> Result<Manifest, String> {
    let format = format(&found.file_format)?;
    // Only CSV has its columns here: the schemas of the others stand in their files.
    let columns: Vec<String> = match format {
        Format::Csv => found.file_schema.split(',').map(|c| c.trim().to_owned()).collect(),
        _ => Vec::new(),
    };
    let millis = found.creation_timestamp.as_deref().and_then(|t| t.parse().ok());
    Ok(Manifest {
        writer: Writer::S3,
        format,
        container: Some(found.source_bucket),
        made_at: millis.and_then(|m| Timestamp::from_millisecond(m).ok()),
        columns,
        files: found.files.into_iter().map(|f| ListedFile { key: f.key, size: f.size, md5: f.md5 }).collect(),
        objects: None,
    })
}

fn azure(found: Azure) -> Result<Manifest, String> {
    if let Some(status) = found.status.filter(|s| !s.eq_ignore_ascii_case("succeeded")) {
        return Err(format!("its run ended as `{}` and is not whole", shown(&status)));
    }
    if found.rule_definition.object_type.is_some_and(|t| t.eq_ignore_ascii_case("container")) {
        return Err("it lists containers, not blobs".to_owned());
    }
    Ok(Manifest {
        writer: Writer::Azure,
        format: format(&found.rule_definition.format)?,
        container: None,
        made_at: found.inventory_start_time.and_then(|t| t.parse().ok()),
        columns: Vec::new(),
        files: found.files.into_iter().map(|f| ListedFile { key: f.blob, size: f.size, md5: None }).collect(),
        objects: found.summary.and_then(|s| s.object_count),
    })
}
