//! A plain list in CSV or YAML: what no tool lists (online services, paper contracts, a supplier's own machines).
//!
//! What it is for: a person writes one line per service. Lists outrank every other input, because somebody wrote them
//! for this purpose. The columns (CSV header) and keys (YAML) are the same; all but `name` may be empty:
//!
//! | column | meaning |
//! |---|---|
//! | `name` | what the organisation calls it (needed) |
//! | `id` | the provider's id (ARN, ARM id ...), so that a bill and the list meet in one resource |
//! | `provider` | provider id or name of the catalog; any other name is kept and counted unknown |
//! | `offering` | offering id of the catalog, where provider and region do not say it |
//! | `region` | region as the provider names it |
//! | `service` | service name as on the bill, or a capability id |
//! | `account`, `group` | account and group, for selecting |
//! | `tags` | CSV: `key=value; key=value`; YAML: a map |
//! | `contracting_entity` | legal entity that the contract is with |
//! | `key_custody` | `provider`, `customer_key_in_provider_hsm`, `external_key_store`, `client_side` |
//! | `processing` | `in-clear` or `at-rest` |
//! | `safeguards` | safeguard ids; CSV: separated by `;` |
//! | `cost`, `currency` | amount with a decimal point, and its ISO 4217 code |
//!
//! CSV may use `,`, `;` or tabs; lines that start with `#` are comments. YAML is a list, or a list under `resources:`.
//!
//! What it deliberately does not do: it forgives no unknown column and no unknown value, because a misspelt
//! `key_custody` must not pass as "not stated".
//!
//! Spec: our own, in `docs/list-format.md` (2026-11); CSV as in RFC 4180, YAML 1.2.

use std::{
    collections::BTreeMap,
    io::{BufReader, Read},
};

use flagstate_estate::{
    Custody, EstateBuilder, InputRef, Observation, Processing, Rank, UnknownReason, money::parse_decimal,
};
use serde::Deserialize;

use super::json::damaged;
use crate::{Context, Format, ImportError, Input, Resolver, identity};

/// Columns and keys, in the order of the documentation.
pub(crate) const COLUMNS: [&str; 15] = [
    "name", "id", "provider", "offering", "region", "service", "account", "group", "tags", "contracting_entity",
    "key_custody", "processing", "safeguards", "cost", "currency",
];

/// Largest YAML list read; longer lists belong into CSV.
const MAX_YAML_BYTES: u64 = 64 * 1024 * 1024;

/// One line of the list.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct Entry {
    name: Option<String>,
    id: Option<String>,
    provider: Option<String>,
    offering: Option<String>,
    region: Option<String>,
    service: Option<String>,
    account: Option<String>,
    group: Option<String>,
    tags: BTreeMap<String, String>,
    contracting_entity: Option<String>,
    key_custody: Option<String>,
    processing: Option<String>,
    safeguards: Vec<String>,
    cost: Option<String>,
    currency: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    resources: Vec<Entry>,
}

/// True when the first line of content is a header of this list.
pub(crate) fn looks_like_csv(text: &str) -> bool {
    let Some(line) = first_line(text) else { return false };
    let delimiter = char::from(delimiter(line));
    let names: Vec<String> = line.split(delimiter).map(column).collect();
    let known = names.iter().filter(|n| COLUMNS.contains(&n.as_str())).count();
    let has = |n: &str| names.iter().any(|x| x == n);
    has("name") && has("provider") && known * 2 > names.len()
}

/// True for a YAML file that starts with `resources:` or with a list whose entries have names and providers.
pub(crate) fn looks_like_yaml(file: &str, text: &str) -> bool {
    if ![".yaml", ".yml"].iter().any(|end| file.ends_with(end)) {
        return false;
    }
    let has = |key: &str| text.lines().any(|l| l.trim_start().trim_start_matches("- ").trim_start().starts_with(key));
    first_line(text).is_some_and(|l| l.trim_end() == "resources:" || l.starts_with("- "))
        && has("name:")
        && (has("provider:") || has("offering:"))
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let to = builder.open_input(&input.display(), &Format::List.to_string(), Rank::Stated);
    let resolver = Resolver::new(context.services);
    if looks_like_csv(&input.head().text) {
        csv(input, resolver, builder, to)
    } else {
        yaml(input, resolver, builder, to)
    }
}

fn csv(input: &Input, resolver: Resolver<'_>, builder: &mut EstateBuilder, to: InputRef) -> Result<(), ImportError> {
    let head = input.head();
    let delimiter = first_line(&head.text).map_or(b',', delimiter);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(BufReader::new(input.text()?));
    let names: Vec<String> = reader.headers().map_err(|e| csv_problem(input, e))?.iter().map(column).collect();
    if let Some(odd) = names.iter().find(|n| !COLUMNS.contains(&n.as_str())) {
        return Err(
            input.malformed("1", format!("column `{odd}` is not known; the columns are {}", COLUMNS.join(", ")))
        );
    }
    for row in reader.records() {
        let row = row.map_err(|e| csv_problem(input, e))?;
        let line = row.position().map_or(0, csv::Position::line);
        let mut entry = Entry::default();
        for (name, value) in names.iter().zip(row.iter()).filter(|(_, v)| !v.is_empty()) {
            entry.set(name, value);
        }
        let o = entry.observe(resolver).map_err(|problem| input.malformed(line.to_string(), problem))?;
        builder.observe(to, o);
    }
    Ok(())
}

fn csv_problem(input: &Input, error: csv::Error) -> ImportError {
    let line = error.position().map_or(0, csv::Position::line).to_string();
    match error.into_kind() {
        csv::ErrorKind::Io(cause) => damaged(input, cause),
        csv::ErrorKind::Utf8 { .. } => input.malformed(line, "the text is not UTF-8"),
        csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
            input.malformed(line, format!("the row has {len} fields, the header has {expected_len}"))
        }
        _ => input.malformed(line, "this is not CSV"),
    }
}

fn yaml(input: &Input, resolver: Resolver<'_>, builder: &mut EstateBuilder, to: InputRef) -> Result<(), ImportError> {
    let mut text = String::new();
    let mut limited = input.text()?.take(MAX_YAML_BYTES + 1);
    limited.read_to_string(&mut text).map_err(|e| damaged(input, e))?;
    if text.len() as u64 > MAX_YAML_BYTES {
        return Err(input.unusable("a list in YAML may have 64 MiB; write it as CSV"));
    }
    let bare = first_line(&text).is_some_and(|l| l.starts_with('-'));
    let entries: Result<Vec<Entry>, _> = if bare {
        serde_saphyr::from_str(&text)
    } else {
        serde_saphyr::from_str::<Document>(&text).map(|d| d.resources)
    };
    let entries = entries.map_err(|e| {
        let place = e.location().map_or_else(|| "1".to_owned(), |l| format!("{}:{}", l.line(), l.column()));
        input.malformed(place, first_of(&e.to_string()))
    })?;
    for (i, entry) in entries.into_iter().enumerate() {
        let o = entry.observe(resolver).map_err(|problem| input.malformed(format!("entry {}", i + 1), problem))?;
        builder.observe(to, o);
    }
    Ok(())
}

/// The first line of a message of the YAML reader; the rest is a picture of the place.
fn first_of(message: &str) -> String {
    message.lines().map(str::trim).find(|l| !l.is_empty()).unwrap_or("this is not YAML").to_owned()
}

fn first_line(text: &str) -> Option<&str> {
    let text = text.trim_start_matches('\u{feff}');
    text.lines().find(|l| !l.trim().is_empty() && !l.starts_with('#') && l.trim_end() != "---")
}

fn delimiter(line: &str) -> u8 {
    let count = |d: char| line.matches(d).count();
    [(count(';'), b';'), (count('\t'), b'\t')]
        .into_iter()
        .filter(|(n, _)| *n > count(','))
        .max()
        .map_or(b',', |(_, d)| d)
}

/// A column name as compared: no quotes, lower case, blanks and dashes as underscores.
fn column(name: &str) -> String {
    name.trim().trim_matches('"').trim().to_lowercase().replace([' ', '-'], "_")
}

/// Ids separated by `;`.
pub(crate) fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(';').map(str::trim).filter(|t| !t.is_empty())
}

impl Entry {
    /// Sets a field by its column name; false when there is no such column.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> bool {
        let slot = match name {
            "name" => &mut self.name,
            "id" => &mut self.id,
            "provider" => &mut self.provider,
            "offering" => &mut self.offering,
            "region" => &mut self.region,
            "service" => &mut self.service,
            "account" => &mut self.account,
            "group" => &mut self.group,
            "contracting_entity" => &mut self.contracting_entity,
            "key_custody" => &mut self.key_custody,
            "processing" => &mut self.processing,
            "cost" => &mut self.cost,
            "currency" => &mut self.currency,
            "tags" => {
                for (k, v) in split(value).map(|t| t.split_once('=').unwrap_or((t, ""))) {
                    self.tags.insert(k.trim().to_owned(), v.trim().to_owned());
                }
                return true;
            }
            "safeguards" => {
                self.safeguards.extend(split(value).map(str::to_owned));
                return true;
            }
            _ => return false,
        };
        *slot = Some(value.trim().to_owned());
        true
    }

    /// The provider, where one is stated.
    pub(crate) fn provider(&self) -> Option<&str> {
        self.provider.as_deref()
    }

    /// True when a region is stated.
    pub(crate) fn has_region(&self) -> bool {
        self.region.is_some()
    }

    /// True when the provider's id is stated.
    pub(crate) fn has_id(&self) -> bool {
        self.id.is_some()
    }

    /// What the line says; an error names the field.
    pub(crate) fn observe(self, resolver: Resolver<'_>) -> Result<Observation, String> {
        let clean = |v: Option<String>| v.map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        let name = clean(self.name).ok_or("`name` is empty")?;
        let (provider_name, region) = (clean(self.provider), clean(self.region));
        let provider = provider_name.as_deref().and_then(|p| resolver.provider(p));
        let account = clean(self.account);
        let mut o = Observation {
            rows: 1,
            group: clean(self.group),
            tags: self.tags.into(),
            contracting_entity: clean(self.contracting_entity),
            custody: clean(self.key_custody).map(|t| custody(&t)).transpose()?,
            processing: clean(self.processing).map(|t| processing(&t)).transpose()?,
            safeguards: self.safeguards.into_iter().collect(),
            ..Observation::default()
        };
        resolver.place(&mut o, provider, region.as_deref(), false);
        let known_as = provider.map(str::to_owned).or(provider_name).unwrap_or_default();
        let id = clean(self.id);
        let kind = format!("list {}", region.as_deref().unwrap_or_default());
        o.keys = identity::keys_for(&known_as, account.as_deref(), id.as_deref().unwrap_or(&name), Some(&kind));
        if o.keys.is_empty() {
            return Err("`name` is no name".into());
        }
        if o.provider.is_none() && !known_as.is_empty() {
            o.provider = Some(known_as);
        }
        if let Some(offering) = clean(self.offering) {
            o.offering = Some(offering);
            let place = [
                UnknownReason::Provider,
                UnknownReason::Region,
                UnknownReason::AmbiguousRegion,
                UnknownReason::Offering,
            ];
            o.unknown.retain(|u| !place.contains(u));
        }
        if let Some(service) = clean(self.service) {
            let info = provider.and_then(|p| resolver.services().service(p, &service));
            if info.is_none() && resolver.services().capabilities.contains_key(&service) {
                o.capability = Some(service.clone());
            } else {
                resolver.kind(&mut o, info, UnknownReason::Service);
            }
            o.service = Some(service);
        }
        if let Some(cost) = clean(self.cost) {
            let amount = parse_decimal(&cost).ok_or_else(|| format!("`cost` is no number: `{cost}`"))?;
            let currency = clean(self.currency).ok_or("`cost` needs a `currency`")?.to_uppercase();
            if currency.len() != 3 || !currency.chars().all(|c| c.is_ascii_uppercase()) {
                return Err(format!("`currency` is no ISO 4217 code: `{currency}`"));
            }
            o.cost.add(&currency, amount);
        }
        o.name = Some(name);
        o.account = account;
        Ok(o)
    }
}

/// A stated key custody.
pub(crate) fn custody(text: &str) -> Result<Custody, String> {
    Ok(match text.to_lowercase().replace(['-', ' '], "_").as_str() {
        "provider" => Custody::Provider,
        "customer_key_in_provider_hsm" => Custody::CustomerKeyInProviderHsm,
        "external_key_store" => Custody::ExternalKeyStore,
        "client_side" => Custody::ClientSide,
        _ => {
            return Err(format!(
                "`key_custody` is `{text}`; it is one of provider, customer_key_in_provider_hsm, external_key_store, client_side"
            ));
        }
    })
}

/// A stated processing.
pub(crate) fn processing(text: &str) -> Result<Processing, String> {
    Ok(match text.to_lowercase().replace(['_', ' '], "-").as_str() {
        "in-clear" => Processing::InClear,
        "at-rest" => Processing::AtRest,
        _ => return Err(format!("`processing` is `{text}`; it is one of in-clear, at-rest")),
    })
}
