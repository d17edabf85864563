//! What the least possible work costs: reading the bytes, and reading a plan into borrowed structs.
//!
//! Run as programs of their own (`xtask baseline read FILE`, `xtask baseline plan FILE`, `xtask baseline relay ...`), so that
//! they are measured the same way as everything else.

use std::{
    borrow::Cow,
    collections::BTreeMap,
    fs::{self, File},
    io::Read as _,
    path::Path,
};

use serde::{Deserialize, de::IgnoredAny};

use crate::out;

/// Runs one of them.
pub(crate) fn run(words: &[&str]) -> Result<(), String> {
    let failed = |e: &dyn std::fmt::Display| format!("baseline: {e}");
    match words {
        ["read", file] => read(Path::new(file)).map_err(|e| failed(&e)),
        ["plan", file] => {
            let bytes = fs::read(file).map_err(|e| failed(&e))?;
            let plan: Plan<'_> = serde_json::from_slice(&bytes).map_err(|e| failed(&e))?;
            out::line(&format!("{} resources", plan.count()));
            Ok(())
        }
        ["relay", address, from, to, threads] => {
            let threads = threads.parse().map_err(|e| failed(&e))?;
            let count = super::relay::run(address, from, to, threads).map_err(|e| failed(&e))?;
            out::line(&format!("{count} objects"));
            Ok(())
        }
        _ => Err("baseline read|plan FILE, or relay HOST:PORT FROM TO THREADS".to_owned()),
    }
}

/// Reads everything and counts the lines.
fn read(path: &Path) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut buffer = vec![0; 1 << 20];
    let mut lines = 0;
    loop {
        let got = file.read(&mut buffer)?;
        if got == 0 {
            break;
        }
        lines += buffer.iter().take(got).filter(|b| **b == b'\n').count();
    }
    out::line(&format!("{lines} lines"));
    Ok(())
}

#[derive(Deserialize)]
struct Plan<'a> {
    #[serde(borrow)]
    planned_values: Values<'a>,
    #[serde(borrow)]
    resource_changes: Vec<Change<'a>>,
    #[serde(rename = "configuration")]
    _configuration: IgnoredAny,
}

#[derive(Deserialize)]
struct Values<'a> {
    #[serde(borrow)]
    root_module: Module<'a>,
}

#[derive(Deserialize)]
struct Module<'a> {
    #[serde(borrow, default)]
    resources: Vec<Resource<'a>>,
    #[serde(borrow, default)]
    child_modules: Vec<Module<'a>>,
}

/// Fields that an importer of plans needs at least.
#[derive(Deserialize)]
struct Resource<'a> {
    #[serde(borrow, rename = "address")]
    _address: Cow<'a, str>,
    #[serde(borrow, rename = "type")]
    _kind: Cow<'a, str>,
    #[serde(borrow, rename = "provider_name")]
    _provider: Cow<'a, str>,
    #[serde(borrow, rename = "values")]
    _values: Attributes<'a>,
}

#[derive(Deserialize)]
struct Change<'a> {
    #[serde(borrow, rename = "address")]
    _address: Cow<'a, str>,
    #[serde(borrow, rename = "change")]
    _change: Action<'a>,
}

#[derive(Deserialize)]
struct Action<'a> {
    #[serde(borrow, rename = "actions")]
    _actions: Vec<Cow<'a, str>>,
    #[serde(borrow, rename = "after")]
    _after: Option<Attributes<'a>>,
}

#[derive(Deserialize)]
struct Attributes<'a> {
    #[serde(borrow, default, rename = "name")]
    _name: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "region")]
    _region: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "location")]
    _location: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "zone")]
    _zone: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "kms_key_id")]
    _key: Option<Cow<'a, str>>,
    #[serde(borrow, default, rename = "tags")]
    _tags: Option<BTreeMap<Cow<'a, str>, Cow<'a, str>>>,
}

impl Plan<'_> {
    fn count(&self) -> usize {
        self.planned_values.root_module.count().max(self.resource_changes.len())
    }
}

impl Module<'_> {
    fn count(&self) -> usize {
        self.resources.len() + self.child_modules.iter().map(Module::count).sum::<usize>()
    }
}
