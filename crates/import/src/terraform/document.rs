//! The whole file as borrowed structs: what is looked at, and nothing else.
//!
//! What it is for: one pass over the text that skips attributes unread; the shape of states (1 to 4), of `show -json`
//! states and of `show -json` plans.
//!
//! What it deliberately does not do: interpret anything, or repeat a value of the file in an error.
//!
//! Sources: `HashiCorp` "JSON Output Format" 1.2 (2024); state formats 1 to 4 (internal/states/statefile, 2023).

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use serde::{Deserialize, de::IgnoredAny};
use serde_json::value::RawValue;

use super::{
    head,
    text::{Length, Text},
};
use crate::{ImportError, Input, MAX_JSON_DEPTH};

/// Largest text that is read: it is held in memory.
const MAX_BYTES: u64 = 2 << 30;

/// Most places at which a JSON document is looked for in a file that does not start with it.
const MOST_STARTS: usize = 2000;

/// A state or a plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Document<'a> {
    version: Text<'a>,
    format_version: Text<'a>,
    plan_format_version: Option<IgnoredAny>,
    encrypted_data: Option<IgnoredAny>,
    provider_schemas: Option<IgnoredAny>,
    terraform_version: Text<'a>,
    lineage: Text<'a>,
    serial: Text<'a>,
    pub(super) errored: Text<'a>,
    pub(super) complete: Text<'a>,
    pub(super) variables: Option<BTreeMap<Text<'a>, Variable<'a>>>,
    pub(super) planned_values: Option<Values<'a>>,
    pub(super) prior_state: Option<Prior<'a>>,
    pub(super) resource_changes: Option<Vec<Change<'a>>>,
    pub(super) deferred_changes: Length,
    pub(super) configuration: Option<Configuration<'a>>,
    pub(super) values: Option<Values<'a>>,
    pub(super) resources: Option<Vec<StateResource<'a>>>,
    pub(super) modules: Option<Vec<OldModule<'a>>>,
}

/// A variable of the root module; of a module's declaration, its default.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Variable<'a> {
    pub(super) value: Option<&'a RawValue>,
    #[serde(rename = "default")]
    pub(super) fallback: Option<&'a RawValue>,
    pub(super) sensitive: Text<'a>,
}

/// State before the plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Prior<'a> {
    pub(super) values: Option<Values<'a>>,
}

/// Values representation.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Values<'a> {
    pub(super) root_module: Option<Module<'a>>,
}

/// A module instance.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Module<'a> {
    pub(super) address: Text<'a>,
    pub(super) resources: Option<Vec<Resource<'a>>>,
    pub(super) child_modules: Option<Vec<Module<'a>>>,
}

/// A resource instance. A data source that is read during apply has no `values`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Resource<'a> {
    pub(super) address: Text<'a>,
    pub(super) mode: Text<'a>,
    #[serde(rename = "type")]
    pub(super) type_name: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) index: Option<&'a RawValue>,
    pub(super) provider_name: Text<'a>,
    pub(super) deposed_key: Text<'a>,
    pub(super) values: Option<&'a RawValue>,
    pub(super) sensitive_values: Option<&'a RawValue>,
}

/// One entry of `resource_changes`.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Change<'a> {
    pub(super) address: Text<'a>,
    pub(super) mode: Text<'a>,
    pub(super) deposed: Text<'a>,
    #[serde(rename = "change")]
    pub(super) body: Option<Body<'a>>,
}

/// What is done.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Body<'a> {
    pub(super) actions: Vec<Text<'a>>,
    pub(super) after_unknown: Option<&'a RawValue>,
}

/// The configuration part of a plan.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Configuration<'a> {
    pub(super) provider_config: Option<BTreeMap<Text<'a>, ProviderConfig<'a>>>,
    pub(super) root_module: Option<ConfigModule<'a>>,
}

/// A provider block.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct ProviderConfig<'a> {
    pub(super) name: Text<'a>,
    pub(super) module_address: Text<'a>,
    pub(super) expressions: Option<ProviderExpressions<'a>>,
}

/// Those expressions of a provider block that say where and whose; credentials are not read.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct ProviderExpressions<'a> {
    pub(super) region: Option<&'a RawValue>,
    pub(super) default_region: Option<&'a RawValue>,
    pub(super) zone: Option<&'a RawValue>,
    pub(super) project: Option<&'a RawValue>,
    pub(super) project_id: Option<&'a RawValue>,
    pub(super) subscription_id: Option<&'a RawValue>,
    pub(super) endpoints: Option<IgnoredAny>,
}

/// A module as configured.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct ConfigModule<'a> {
    pub(super) resources: Option<Vec<ConfigResource<'a>>>,
    pub(super) module_calls: Option<BTreeMap<Text<'a>, ModuleCall<'a>>>,
    pub(super) variables: Option<BTreeMap<Text<'a>, Variable<'a>>>,
    pub(super) outputs: Option<BTreeMap<Text<'a>, Output<'a>>>,
}

/// A resource block.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct ConfigResource<'a> {
    pub(super) address: Text<'a>,
    pub(super) provider_config_key: Text<'a>,
    pub(super) expressions: Option<&'a RawValue>,
}

/// A call of a module.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct ModuleCall<'a> {
    pub(super) expressions: Option<BTreeMap<Text<'a>, &'a RawValue>>,
    pub(super) module: Option<ConfigModule<'a>>,
}

/// An output of a module.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Output<'a> {
    pub(super) expression: Option<&'a RawValue>,
}

/// A resource block of a raw state of version 4.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct StateResource<'a> {
    pub(super) module: Text<'a>,
    pub(super) mode: Text<'a>,
    #[serde(rename = "type")]
    pub(super) type_name: Text<'a>,
    pub(super) name: Text<'a>,
    pub(super) provider: Text<'a>,
    pub(super) instances: Option<Vec<Instance<'a>>>,
}

/// One instance of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct Instance<'a> {
    pub(super) index_key: Option<&'a RawValue>,
    pub(super) deposed: Text<'a>,
    pub(super) attributes: Option<&'a RawValue>,
    pub(super) attributes_flat: Option<&'a RawValue>,
    pub(super) sensitive_attributes: Option<&'a RawValue>,
}

/// A module of a raw state of version 1 to 3.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct OldModule<'a> {
    pub(super) path: Vec<Text<'a>>,
    pub(super) resources: Option<BTreeMap<Text<'a>, OldResource<'a>>>,
}

/// A resource of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct OldResource<'a> {
    #[serde(rename = "type")]
    pub(super) type_name: Text<'a>,
    pub(super) provider: Text<'a>,
    pub(super) primary: Option<OldInstance<'a>>,
    pub(super) deposed: Option<Vec<OldInstance<'a>>>,
    pub(super) tainted: Option<Vec<OldInstance<'a>>>,
}

/// An instance of it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, bound(deserialize = "'de: 'a"))]
pub(super) struct OldInstance<'a> {
    pub(super) id: Text<'a>,
    pub(super) attributes: Option<&'a RawValue>,
}

/// What a document is.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A state.
    State,
    /// A plan.
    Plan,
    /// Unusable, and what to do.
    Refused(String),
}

impl Document<'_> {
    /// What this is, by its content.
    pub(super) fn kind(&self) -> Kind {
        let refused = |why: &str| Kind::Refused(why.to_owned());
        if self.plan_format_version.is_some() {
            return refused(head::RENDERED);
        }
        if self.encrypted_data.is_some() {
            return refused(head::ENCRYPTED);
        }
        if self.provider_schemas.is_some() {
            return refused(head::SCHEMAS);
        }
        if let Some(version) = self.format_version.some().filter(|v| !matches!(v.split('.').next(), Some("0" | "1"))) {
            return Kind::Refused(format!("its format_version is {}; known are 0.1 to 1.x", short(version)));
        }
        if self.planned_values.is_some() {
            return Kind::Plan;
        }
        if self.resource_changes.is_some() || self.prior_state.is_some() || self.configuration.is_some() {
            return refused("the plan has no `planned_values`; export it whole with `terraform show -json PLANFILE`");
        }
        if self.values.is_some() || self.format_version.some().is_some() {
            return Kind::State;
        }
        match self.version.some() {
            Some("1" | "2" | "3" | "4") => Kind::State,
            Some(other) => Kind::Refused(format!("its state format is version {}; known are 1 to 4", short(other))),
            None => refused("it is neither a state nor a plan: it has no `version` and no `format_version`"),
        }
    }

    /// True when any mark of this family is there; a line of a log in JSON has none.
    fn is_ours(&self) -> bool {
        [&self.format_version, &self.terraform_version, &self.lineage, &self.serial].iter().any(|t| t.some().is_some())
            || self.planned_values.is_some()
            || self.plan_format_version.is_some()
            || self.encrypted_data.is_some()
            || self.resources.is_some()
            || self.modules.is_some()
    }
}

/// A version as it may be repeated in an error.
fn short(text: &str) -> String {
    text.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '.').take(12).collect()
}

/// The whole text of the file.
pub(super) fn load(input: &Input) -> Result<String, ImportError> {
    let too_large = || input.unusable("it is larger than 2 GiB; export one state or plan per workspace");
    if input.size_bytes > MAX_BYTES {
        return Err(too_large());
    }
    let io = |cause| ImportError::Io { path: input.path.clone(), cause };
    let mut bytes = Vec::new();
    if input.is_plain() {
        bytes.reserve_exact(usize::try_from(input.size_bytes).unwrap_or_default().saturating_add(1));
    }
    input.text()?.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(too_large());
    }
    String::from_utf8(bytes).map_err(|e| {
        let at = e.utf8_error().valid_up_to();
        let line = memchr::memchr_iter(b'\n', e.as_bytes().get(..at).unwrap_or_default()).count() + 1;
        input.malformed(format!("line {line}"), format!("byte {at} is not UTF-8; the file mixes encodings"))
    })
}

/// Finds the document in the text. Text around it is noted, a broken document is an error at its line.
pub(super) fn parse<'a>(input: &Input, text: &'a str) -> Result<(Document<'a>, BTreeSet<String>), ImportError> {
    let mut first: Option<ImportError> = None;
    for start in head::starts(text).take(MOST_STARTS) {
        let rest = text.get(start..).unwrap_or_default();
        let skipped = memchr::memchr_iter(b'\n', text.as_bytes().get(..start).unwrap_or_default()).count();
        match parse_at(input, rest, skipped) {
            Ok((document, mut notes)) if document.is_ours() => {
                if !text.get(..start).unwrap_or_default().trim().is_empty() {
                    notes.insert(format!("{skipped} lines of other text before the JSON were skipped"));
                }
                return Ok((document, notes));
            }
            Ok(_) => {}
            // The document itself is broken: looking further would find a part of it.
            Err(error) if head::starts_document(rest) => return Err(error),
            Err(error) => {
                first.get_or_insert(error);
            }
        }
    }
    Err(first.unwrap_or_else(|| input.unusable("it holds no JSON object of a state or plan")))
}

type Found<'a> = (Document<'a>, BTreeSet<String>);

fn parse_at<'a>(input: &Input, text: &'a str, skipped: usize) -> Result<Found<'a>, ImportError> {
    if let Some(line) = too_deep(text) {
        let line = line + skipped;
        let problem = format!("JSON is nested deeper than {MAX_JSON_DEPTH} levels");
        return Err(input.malformed(format!("line {line}"), problem));
    }
    let mut stream = serde_json::Deserializer::from_str(text).into_iter::<Document<'a>>();
    let document = match stream.next() {
        Some(Ok(document)) => document,
        Some(Err(e)) => {
            let line = e.line() + skipped;
            return Err(input.malformed(format!("line {line}, column {}", e.column()), problem(&e)));
        }
        None => Document::default(),
    };
    let mut notes = BTreeSet::new();
    let end = stream.byte_offset();
    let after = text.get(end..).unwrap_or_default();
    if !after.trim().is_empty() {
        let own_line = after.lines().next().is_none_or(|l| l.trim().is_empty());
        let json = after.trim_start().starts_with(['{', '}', '[', ']', '"', ',']);
        if !own_line || json {
            let line = memchr::memchr_iter(b'\n', text.as_bytes().get(..end).unwrap_or_default()).count() + 1 + skipped;
            return Err(input.malformed(format!("line {line}"), "there is more text after the end of the JSON"));
        }
        notes.insert("text after the JSON was left out".to_owned());
    }
    Ok((document, notes))
}

/// The problem without any value of the file: those may be secrets.
fn problem(e: &serde_json::Error) -> String {
    let text = e.to_string();
    match e.classify() {
        serde_json::error::Category::Eof => "the file ends in the middle of the JSON; it is cut off".to_owned(),
        serde_json::error::Category::Data => match text.split_once(" at line ") {
            Some((m, _)) if m.starts_with("duplicate field") => m.to_owned(),
            _ => "a value is of another type than the format says".to_owned(),
        },
        _ => text.split_once(" at line ").map_or(text.clone(), |(m, _)| m.to_owned()),
    }
}

/// Line at which nesting goes beyond the limit. Parts that are skipped unread count as well.
fn too_deep(text: &str) -> Option<usize> {
    let (mut depth, mut bytes) = (0_usize, text.bytes());
    while let Some(byte) = bytes.next() {
        match CLASS.get(usize::from(byte)) {
            Some(Class::Quote) => {
                while let Some(byte) = bytes.next() {
                    match CLASS.get(usize::from(byte)) {
                        Some(Class::Quote) => break,
                        Some(Class::Escape) => {
                            bytes.next();
                        }
                        _ => {}
                    }
                }
            }
            Some(Class::Open) => {
                depth += 1;
                if depth > MAX_JSON_DEPTH {
                    let before = text.as_bytes().get(..text.len() - bytes.len()).unwrap_or_default();
                    return Some(memchr::memchr_iter(b'\n', before).count() + 1);
                }
            }
            Some(Class::Close) => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    None
}

/// What a byte means for nesting: one look-up per byte is twice as fast as comparing.
#[derive(Clone, Copy)]
enum Class {
    Plain,
    Quote,
    Escape,
    Open,
    Close,
}

#[expect(clippy::indexing_slicing, reason = "computed when compiled: an index out of range would not compile")]
static CLASS: [Class; 256] = {
    let mut table = [Class::Plain; 256];
    table[b'"' as usize] = Class::Quote;
    table[b'\\' as usize] = Class::Escape;
    table[b'{' as usize] = Class::Open;
    table[b'[' as usize] = Class::Open;
    table[b'}' as usize] = Class::Close;
    table[b']' as usize] = Class::Close;
    table
};
