//! DORA register of information: the arrangements of a financial entity as xBRL-CSV, one row of table `B_02.02` each.
//!
//! What it is for: a bank's register already says which provider, in which function, where data lie and are processed.
//! `B_02.02` is the inventory; names of providers come from `B_05.01` and functions from `B_06.01` in the same folder,
//! the place of a row in the supply chain from `B_05.02`. Columns are found by their codes: keys come first in these
//! files and not in numeric order.
//!
//! What it deliberately does not do: a country is no region, so places are kept as tags and the region stays unknown
//! unless the provider has just one offering. Costs are left out: the register has them per contract and per provider,
//! not per arrangement. A package is a zip archive; it is unpacked first and its folder named.
//!
//! Source: EBA taxonomy dora 4.0 (12 columns in `B_05.01`) and 4.2, xBRL-CSV 1.0 with headers; ITS (EU) 2024/2956.

use std::{collections::BTreeMap, io::BufReader, path::PathBuf};

use flagstate_estate::{EstateBuilder, Observation, Rank, UnknownReason};

use super::json::damaged;
use crate::{Context, Format, Head, ImportError, Input, Resolver};

/// The table that is the inventory.
const ARRANGEMENTS: &str = "b_02.02.csv";

/// One row: column code -> value.
type Row = BTreeMap<String, String>;

/// True for a file of a register: a table by its name and header, or a file that describes the package.
pub(crate) fn looks_like_register(head: &Head<'_>) -> bool {
    let text = head.text.trim_start_matches('\u{feff}').trim_start();
    let first = text.lines().next().unwrap_or_default().trim_end();
    if table_name(&head.name).is_some() {
        return first.split(',').all(is_column);
    }
    match head.name.to_lowercase().as_str() {
        "filingindicators.csv" => first.eq_ignore_ascii_case("templateID,reported"),
        "parameters.csv" => first.eq_ignore_ascii_case("name,value"),
        "report.json" => text.contains("https://xbrl.org/2021/xbrl-csv"),
        "reportpackage.json" => text.contains("https://xbrl.org/report-package/"),
        _ => false,
    }
}

/// `b_02.02.csv` of any spelling, in lower case.
fn table_name(name: &str) -> Option<String> {
    let name = name.to_lowercase();
    let shape = name.strip_prefix("b_")?.strip_suffix(".csv")?;
    let digits =
        shape.len() == 5 && shape.char_indices().all(|(i, c)| if i == 2 { c == '.' } else { c.is_ascii_digit() });
    digits.then_some(name)
}

fn is_column(code: &str) -> bool {
    let code = code.trim().trim_matches('"');
    code.len() == 5 && code.starts_with('c') && code.chars().skip(1).all(|c| c.is_ascii_digit())
}

/// Reads the file into the builder.
pub(crate) fn read(input: &Input, context: &Context<'_>, builder: &mut EstateBuilder) -> Result<(), ImportError> {
    let to = builder.open_input(&input.display(), &Format::DoraRegister.to_string(), Rank::Inventory);
    let head = input.head();
    let name = head.name.clone();
    if table_name(&name).is_none() && !looks_like_register(&head) {
        return Err(input.unusable("it is no part of a register; its tables are called b_02.02.csv and alike"));
    }
    if table_name(&name).as_deref() != Some(ARRANGEMENTS) {
        if table_name(&name).is_some() {
            let rows = rows(input)?.len() as u64;
            builder.ignore(to, "row of a table that is read beside the arrangements, or not needed", rows);
        }
        builder.note(to, "part of a register; the arrangements stand in b_02.02.csv");
        return Ok(());
    }
    let beside = Beside::read(input)?;
    if beside.providers.is_empty() {
        builder.note(to, "b_05.01.csv is not beside it: providers are known by their codes only");
    }
    let resolver = Resolver::new(context.services);
    for row in rows(input)? {
        match observe(&row, &beside, resolver) {
            Some(o) => builder.observe(to, o),
            None => builder.ignore(to, "row without contract and provider", 1),
        }
    }
    Ok(())
}

/// What other tables of the same folder say.
#[derive(Default)]
struct Beside {
    /// `B_05.01` by provider code.
    providers: BTreeMap<String, Row>,
    /// `B_06.01` by function.
    functions: BTreeMap<String, Row>,
    /// `B_05.02`: subcontractors by contract, in the order of their rank.
    chain: BTreeMap<String, Vec<(u64, String)>>,
}

impl Beside {
    fn read(input: &Input) -> Result<Self, ImportError> {
        let mut beside = Self::default();
        for row in table(input, "b_05.01.csv")? {
            beside.providers.insert(get(&row, "c0010").unwrap_or_default().to_owned(), row);
        }
        for row in table(input, "b_06.01.csv")? {
            beside.functions.insert(get(&row, "c0010").unwrap_or_default().to_owned(), row);
        }
        for row in table(input, "b_05.02.csv")? {
            // Rank 1 is the provider of the contract itself.
            let rank: u64 = get(&row, "c0050").and_then(|r| r.parse().ok()).unwrap_or(0);
            if let (Some(contract), Some(provider)) = (get(&row, "c0010"), get(&row, "c0030"))
                && rank > 1
            {
                beside.chain.entry(contract.to_owned()).or_default().push((rank, provider.to_owned()));
            }
        }
        for list in beside.chain.values_mut() {
            list.sort();
            list.dedup();
        }
        Ok(beside)
    }

    fn name<'b>(&'b self, provider: &'b str) -> &'b str {
        let row = self.providers.get(provider);
        row.and_then(|r| get(r, "c0060").or_else(|| get(r, "c0050"))).unwrap_or(provider)
    }
}

fn observe(row: &Row, beside: &Beside, resolver: Resolver<'_>) -> Option<Observation> {
    let (contract, provider) = (get(row, "c0010")?, get(row, "c0030")?);
    let function = get(row, "c0050").unwrap_or_default();
    let service = get(row, "c0060").map(member).unwrap_or_default();
    let name = beside.name(provider);
    let functions = beside.functions.get(function);
    let mut o = Observation {
        keys: vec![format!("register:{contract}:{provider}:{service}:{function}").to_lowercase()],
        rows: 1,
        name: Some(format!("{contract} {function}").trim().to_owned()),
        service: Some(service_name(&service)),
        resource_type: Some(service.clone()).filter(|s| !s.is_empty()),
        account: Some(contract.to_owned()),
        group: functions.and_then(|f| get(f, "c0030")).or(Some(function)).filter(|f| !f.is_empty()).map(str::to_owned),
        contracting_entity: Some(name.to_owned()),
        holds_data: match get(row, "c0140").map(member).as_deref() {
            Some("x28") => Some(true),
            Some("x29") => Some(false),
            _ => None,
        },
        ..Observation::default()
    };
    resolver.place(&mut o, resolver.provider(name), None, false);
    o.provider = o.provider.or_else(|| Some(name.to_owned()));
    o.unknown.insert(UnknownReason::Service);
    o.tags = tags(row, beside, contract, functions).into();
    Some(o)
}

fn tags(row: &Row, beside: &Beside, contract: &str, function: Option<&Row>) -> BTreeMap<String, String> {
    let mut tags: BTreeMap<String, String> = BTreeMap::new();
    let mut put = |key: &str, value: Option<String>| {
        if let Some(value) = value.filter(|v| !v.is_empty()) {
            tags.insert(key.to_owned(), value);
        }
    };
    let country = |code: &str| get(row, code).map(member).filter(|c| c.len() == 2);
    put("register:governing_law", country("c0120"));
    put("register:provided_from", country("c0130"));
    put("register:data_at_rest", country("c0150"));
    put("register:processed_in", country("c0160"));
    let worded = |code: &str, words: &[(&str, &str)]| {
        let value = member(get(row, code)?);
        words.iter().find(|(c, _)| *c == value).map(|(_, w)| (*w).to_owned())
    };
    put("register:sensitiveness", worded("c0170", &[("x791", "low"), ("x792", "medium"), ("x793", "high")]));
    let reliance = [("x794", "not significant"), ("x795", "low"), ("x796", "material"), ("x797", "full")];
    put("register:reliance", worded("c0180", &reliance));
    let critical = function.and_then(|f| get(f, "c0050")).map(member);
    put(
        "register:critical",
        critical.and_then(|c| {
            Some(match c.as_str() {
                "x28" => "yes".to_owned(),
                "x29" => "no".to_owned(),
                _ => return None,
            })
        }),
    );
    let chain = beside.chain.get(contract).into_iter().flatten();
    let names: Vec<&str> = chain.map(|(_, provider)| beside.name(provider)).collect();
    put("register:subcontractors", Some(names.join("; ")));
    tags
}

/// The kind of service, for readers.
fn service_name(code: &str) -> String {
    match code {
        "S17" => "Cloud services: IaaS",
        "S18" => "Cloud services: PaaS",
        "S19" => "Cloud services: SaaS",
        "S07" => "Hosting, no cloud",
        "" => "ICT service",
        other => return format!("ICT service {other}"),
    }
    .to_owned()
}

/// `eba_TA:S17` or `S17`: the part after the prefix.
fn member(code: &str) -> String {
    code.rsplit_once(':').map_or(code, |(_, member)| member).trim().to_owned()
}

fn get<'r>(row: &'r Row, code: &str) -> Option<&'r str> {
    row.get(code).map(|v| v.trim()).filter(|v| !v.is_empty())
}

/// Rows of a table that lies in the folder of `input`; none where it does not.
fn table(input: &Input, name: &str) -> Result<Vec<Row>, ImportError> {
    let folder = input.path.parent().map(PathBuf::from).unwrap_or_default();
    let spelled = [folder.join(name), folder.join(name.replacen('b', "B", 1))];
    match spelled.iter().find(|p| p.is_file()) {
        Some(path) => match Input::open(path) {
            Err(ImportError::Empty { .. }) => Ok(Vec::new()),
            opened => rows(&opened?),
        },
        None => Ok(Vec::new()),
    }
}

fn rows(input: &Input) -> Result<Vec<Row>, ImportError> {
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(BufReader::new(input.text()?));
    let problem = |e: csv::Error| {
        let line = e.position().map_or(0, csv::Position::line).to_string();
        match e.into_kind() {
            csv::ErrorKind::Io(cause) => damaged(input, cause),
            csv::ErrorKind::Utf8 { .. } => input.malformed(line, "the text is not UTF-8"),
            csv::ErrorKind::UnequalLengths { expected_len, len, .. } => {
                input.malformed(line, format!("the row has {len} fields, the header has {expected_len}"))
            }
            _ => input.malformed(line, "this is not CSV"),
        }
    };
    let names: Vec<String> =
        reader.headers().map_err(problem)?.iter().map(|n| n.trim_start_matches('\u{feff}').to_lowercase()).collect();
    if let Some(odd) = names.iter().find(|n| !is_column(n)) {
        return Err(input.malformed("1", format!("`{odd}` is not a column code such as c0010")));
    }
    reader
        .records()
        .map(|row| {
            let row = row.map_err(problem)?;
            Ok(names.iter().cloned().zip(row.iter().map(str::to_owned)).collect())
        })
        .collect()
}
