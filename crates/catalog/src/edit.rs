//! Assumed changes of facts: `P-AGREEMENT=concluded`, `offering.bleu.safeguards+=secnumcloud`.
//!
//! An assumption is an edit of a copy of the catalog; the engine never knows that it reasons about a supposition. What
//! cannot mean anything (a misspelt field, a record that does not exist, a word that nobody reads) is refused: an
//! assumption that changes nothing would look like an answer.

use serde_json::{Map, Value};

use crate::{
    law::Effect,
    load::{Catalog, LoadError},
    walk,
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
    /// Records of this kind have no such field.
    #[error("`{key}`: there is no field `{field}`; there are: {known}")]
    UnknownField {
        /// What was assumed.
        key: String,
        /// The field.
        field: String,
        /// Fields of the kind.
        known: String,
    },
    /// The value names a record that does not exist, or is a word that the field does not take.
    #[error("`{key}`: `{value}` is not known here; it takes {known}")]
    UnknownValue {
        /// What was assumed.
        key: String,
        /// The value.
        value: String,
        /// What it takes.
        known: String,
    },
    /// `+=` on a field that is no list.
    #[error("`{0}` is no list, so nothing can be added; use `=`")]
    NotAList(String),
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
    /// Applies one assumption of the form `KEY=VALUE` or `KEY+=VALUE`; `PATH=` takes a value away. On error nothing
    /// has changed.
    pub fn assume(&mut self, text: &str) -> Result<(), AssumeError> {
        let effects = self.effects_of(text)?;
        let before = self.raw.clone();
        let done = effects.iter().try_for_each(|effect| self.edit(effect));
        let built = done.and_then(|()| {
            let origin = std::collections::BTreeMap::new();
            self.build(&origin).map_err(|cause| AssumeError::Shape { key: text.to_owned(), cause })
        });
        if built.is_err() {
            self.raw = before;
            let origin = std::collections::BTreeMap::new();
            self.build(&origin).map_err(|cause| AssumeError::Shape { key: text.to_owned(), cause })?;
        }
        built
    }

    /// The edits that an assumption stands for.
    fn effects_of(&self, text: &str) -> Result<Vec<Effect>, AssumeError> {
        let form = || AssumeError::Form(text.to_owned());
        let (key, value) = text.split_once('=').ok_or_else(form)?;
        let (key, add) = key.strip_suffix('+').map_or((key, false), |k| (k, true));
        let (key, value) = (key.trim(), value.trim());
        if key.is_empty() || (add && value.is_empty()) {
            return Err(form());
        }
        if let Some(pending) = self.pending.get(key) {
            let branch = pending.branches.iter().find(|b| !add && b.value.as_deref() == Some(value));
            return branch.map(|b| b.effects.clone()).ok_or_else(|| {
                let known: Vec<&str> = pending.branches.iter().filter_map(|b| b.value.as_deref()).collect();
                AssumeError::UnknownBranch { event: key.into(), value: value.into(), known: known.join(", ") }
            });
        }
        let value = scalar(value);
        Ok(vec![if add {
            Effect { path: key.into(), set: None, add: Some(value) }
        } else {
            Effect { path: key.into(), set: Some(value), add: None }
        }])
    }

    fn edit(&mut self, effect: &Effect) -> Result<(), AssumeError> {
        let unknown = || AssumeError::UnknownKey(effect.path.clone());
        let (prefix, rest) = effect.path.split_once('.').ok_or_else(unknown)?;
        let kind = PREFIXES.iter().find(|(p, _)| *p == prefix).map(|(_, k)| *k).ok_or_else(unknown)?;
        let known = self.vocabulary.fields.get(kind).cloned().unwrap_or_default();
        let records = self.raw.get_mut(kind).ok_or_else(unknown)?;
        // Ids contain dots, so the longest id that starts the rest wins.
        let found = records
            .iter_mut()
            .filter_map(|r| {
                let id = id_of(kind, r)?;
                let field = rest.strip_prefix(&id)?.strip_prefix('.')?.to_owned();
                Some((id.len(), field, r))
            })
            .max_by_key(|(len, _, _)| *len);
        let (_, field, record) = found.ok_or_else(unknown)?;
        // The word of the design for what acts by default.
        let field = if kind == "offerings" && field == "safeguards" { "built_in".to_owned() } else { field };
        let first = field.split('.').next().unwrap_or_default();
        if field.split('.').any(str::is_empty) || (!known.is_empty() && !known.iter().any(|k| k == first)) {
            let (key, field) = (effect.path.clone(), field.clone());
            return Err(AssumeError::UnknownField { key, field, known: known.join(", ") });
        }
        let slot = slot_at(record, &field).ok_or_else(unknown)?;
        apply(effect, slot)?;
        let record = record.clone();
        self.must_be_known(effect, kind, &field, &record)
    }

    /// Ids and words that the edit left in the field must be known.
    fn must_be_known(&self, effect: &Effect, kind: &str, field: &str, record: &Value) -> Result<(), AssumeError> {
        let given = effect.set.as_ref().or(effect.add.as_ref()).map(|v| walk::texts(v, "")).unwrap_or_default();
        let refuse = |value: &String, known: String| {
            let (key, value) = (effect.path.clone(), value.clone());
            Err(AssumeError::UnknownValue { key, value, known })
        };
        for (_, path, targets) in walk::REFERENCES.iter().filter(|(k, p, _)| *k == kind && *p == field) {
            for value in walk::texts(record, path).iter().filter(|v| given.contains(v) && *v != walk::ANYWHERE) {
                if !targets.iter().any(|t| self.has(t, value)) {
                    return refuse(value, format!("an id of: {}", targets.join(", ")));
                }
            }
        }
        for (path, words) in &self.vocabulary.allowed {
            let Some(path) = path.strip_prefix(kind).and_then(|p| p.strip_prefix('.')) else { continue };
            let stem = path.trim_end_matches(".*").trim_end_matches(".~");
            if field != stem && !field.starts_with(&format!("{stem}.")) {
                continue;
            }
            if let Some(value) = walk::texts(record, path).iter().find(|v| !words.contains(v)) {
                return refuse(value, words.join(", "));
            }
        }
        Ok(())
    }
}

/// Id under which a record is addressed.
fn id_of(kind: &str, record: &Value) -> Option<String> {
    match kind {
        "edges" => walk::subject(kind, record).strip_prefix("edges/").map(str::to_owned),
        _ => record.get("id")?.as_str().map(str::to_owned),
    }
}

/// The place of a dotted field, made where it is not there yet.
fn slot_at<'a>(record: &'a mut Value, field: &str) -> Option<&'a mut Value> {
    let mut slot = record;
    for part in field.split('.') {
        if slot.is_null() {
            *slot = Value::Object(Map::new());
        }
        slot = slot.as_object_mut()?.entry(part.to_owned()).or_insert(Value::Null);
    }
    Some(slot)
}

fn apply(effect: &Effect, slot: &mut Value) -> Result<(), AssumeError> {
    match (&effect.set, &effect.add) {
        (Some(value), _) => *slot = value.clone(),
        (None, Some(value)) => match slot {
            Value::Array(list) => {
                if !list.contains(value) {
                    list.push(value.clone());
                }
            }
            Value::Null => *slot = Value::Array(vec![value.clone()]),
            _ => return Err(AssumeError::NotAList(effect.path.clone())),
        },
        (None, None) => *slot = Value::Null,
    }
    Ok(())
}

/// Truth values, numbers and nothing as such, all else as text.
fn scalar(text: &str) -> Value {
    match text {
        "" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<serde_json::Number>().map_or_else(|_| Value::String(text.to_owned()), Value::Number),
    }
}

#[cfg(test)]
mod tests;
