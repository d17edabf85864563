//! Assumed changes of facts: `P-AGREEMENT=concluded`, `offering.bleu.safeguards+=secnumcloud`.
//!
//! An assumption is an edit of a copy of the catalog; the engine never knows that it reasons about a supposition.

use serde_json::Value;

use crate::{
    law::Effect,
    load::{Catalog, LoadError},
};

/// Why an assumption could not be applied. The fault is in the words of the caller.
#[derive(Debug, thiserror::Error)]
pub enum AssumeError {
    /// Neither `KEY=VALUE` nor `KEY+=VALUE`.
    #[error("`{0}` is not of the form KEY=VALUE or KEY+=VALUE; `flagstate whatif --list` shows what can be assumed")]
    Form(String),
    /// No such pending event and no such path.
    #[error("nothing in the catalog is called `{0}`; `flagstate whatif --list` shows what can be assumed")]
    UnknownKey(String),
    /// The pending event has no branch of that value.
    #[error("`{event}` has no outcome `{value}`; it has: {known}")]
    UnknownBranch {
        /// Event id.
        event: String,
        /// What was asked.
        value: String,
        /// What there is.
        known: String,
    },
    /// The edited record no longer has the shape of its kind.
    #[error("`{key}`: {cause}")]
    Shape {
        /// What was assumed.
        key: String,
        /// Why it does not fit.
        cause: LoadError,
    },
}

/// First segments of a path and the kinds they name.
const PREFIXES: [(&str, &str); 8] = [
    ("instrument", "instruments"),
    ("entity", "entities"),
    ("offering", "offerings"),
    ("safeguard", "safeguards"),
    ("edge", "edges"),
    ("fact", "facts"),
    ("rule", "rules"),
    ("jurisdiction", "jurisdictions"),
];

impl Catalog {
    /// Applies one assumption of the form `KEY=VALUE` or `KEY+=VALUE`.
    pub fn assume(&mut self, text: &str) -> Result<(), AssumeError> {
        let form = || AssumeError::Form(text.to_owned());
        let (key, value) = text.split_once('=').ok_or_else(form)?;
        let (key, add) = key.strip_suffix('+').map_or((key, false), |k| (k, true));
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || value.is_empty() {
            return Err(form());
        }
        let effects = if let Some(pending) = self.pending.get(key) {
            let branch = pending.branches.iter().find(|b| b.value.as_deref() == Some(value));
            let Some(branch) = branch else {
                let known: Vec<&str> = pending.branches.iter().filter_map(|b| b.value.as_deref()).collect();
                return Err(AssumeError::UnknownBranch {
                    event: key.into(),
                    value: value.into(),
                    known: known.join(", "),
                });
            };
            branch.effects.clone()
        } else {
            let value = scalar(value);
            vec![if add {
                Effect { path: key.into(), set: None, add: Some(value) }
            } else {
                Effect { path: key.into(), set: Some(value), add: None }
            }]
        };
        for effect in &effects {
            self.edit(effect)?;
        }
        self.build(&std::collections::BTreeMap::new())
            .map_err(|cause| AssumeError::Shape { key: text.to_owned(), cause })
    }

    fn edit(&mut self, effect: &Effect) -> Result<(), AssumeError> {
        let unknown = || AssumeError::UnknownKey(effect.path.clone());
        let (prefix, rest) = effect.path.split_once('.').ok_or_else(unknown)?;
        let kind = PREFIXES.iter().find(|(p, _)| *p == prefix).map(|(_, k)| *k).ok_or_else(unknown)?;
        let records = self.raw.get_mut(kind).ok_or_else(unknown)?;
        // Ids contain dots, so the longest id that starts the rest wins.
        let id_key = if kind == "edges" { "fact" } else { "id" };
        let found = records
            .iter_mut()
            .filter_map(|r| {
                let id = r.get(id_key)?.as_str()?.to_owned();
                let field = rest.strip_prefix(&id)?.strip_prefix('.')?.to_owned();
                Some((id.len(), field, r))
            })
            .max_by_key(|(len, _, _)| *len);
        let (_, field, record) = found.ok_or_else(unknown)?;
        let field = if kind == "offerings" && field == "safeguards" { "built_in".to_owned() } else { field };
        let mut slot = record;
        for part in field.split('.') {
            slot = slot.as_object_mut().ok_or_else(unknown)?.entry(part.to_owned()).or_insert(Value::Null);
            if slot.is_null() && part != field.rsplit('.').next().unwrap_or_default() {
                *slot = Value::Object(serde_json::Map::new());
            }
        }
        match (&effect.set, &effect.add) {
            (Some(value), _) => *slot = value.clone(),
            (None, Some(value)) => match slot {
                Value::Array(list) => {
                    if !list.contains(value) {
                        list.push(value.clone());
                    }
                }
                other => *other = Value::Array(vec![value.clone()]),
            },
            (None, None) => *slot = Value::Null,
        }
        Ok(())
    }
}

/// `true`, `null` and numbers as such, all else as text.
fn scalar(text: &str) -> Value {
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        "null" => Value::Null,
        _ => Value::String(text.to_owned()),
    }
}
