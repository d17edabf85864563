//! Reading fields of records as `serde_json` values, whatever wrote them: plain JSON, GLEIF's JSON in which a text is
//! `{"$": text}`, or XML turned into the same shape.

use flagstate_catalog::Date;
use serde_json::Value;

/// The value at a path of keys.
pub(crate) fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |v, key| v.get(key))
}

/// The text at a path; empty text is none.
pub(crate) fn text(value: &Value, path: &[&str]) -> Option<String> {
    plain(at(value, path)?)
}

fn plain(value: &Value) -> Option<String> {
    match value {
        Value::String(s) => Some(s.trim().to_owned()).filter(|s| !s.is_empty()),
        Value::Object(map) => map.get("$").and_then(plain),
        Value::Number(n) => Some(n.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) => None,
    }
}

/// One or many: an array's elements, a single value as itself; `key` is a wrapper element that XML has and JSON may not.
pub(crate) fn list<'v>(value: Option<&'v Value>, key: &str) -> Vec<&'v Value> {
    match value {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(list)) => list.iter().collect(),
        Some(other) => match other.get(key) {
            Some(Value::Array(list)) => list.iter().collect(),
            Some(one) => vec![one],
            None => vec![other],
        },
    }
}

/// Texts of a list of names, each a text or a record with the text under `key`.
pub(crate) fn texts(value: Option<&Value>, key: &str) -> Vec<String> {
    list(value, key).into_iter().filter_map(|v| plain(v).or_else(|| text(v, &[key]))).collect()
}

/// A country from a code: `US-DE` is in `US`. Anything else than two letters is none.
pub(crate) fn country(code: &str) -> Option<String> {
    let state = code.split('-').next().unwrap_or_default().trim().to_ascii_uppercase();
    (state.len() == 2 && state.bytes().all(|b| b.is_ascii_alphabetic())).then_some(state)
}

/// The civil date of a date or time as written; the zone is not applied.
pub(crate) fn day(text: &str) -> Option<Date> {
    text.get(..10)?.parse().ok()
}

/// First day of a date that may be a month or a year only.
pub(crate) fn first_day(text: &str) -> Option<Date> {
    let text = text.trim();
    day(text).or_else(|| match text.len() {
        7 => format!("{text}-01").parse().ok(),
        4 => format!("{text}-01-01").parse().ok(),
        _ => None,
    })
}

/// First day on which something is over that ended in a day, month or year. A day is taken as the day of the end.
pub(crate) fn over(text: &str) -> Option<Date> {
    let text = text.trim();
    day(text).or_else(|| {
        let first = first_day(text)?;
        let span = if text.len() == 7 { jiff::Span::new().months(1) } else { jiff::Span::new().years(1) };
        first.checked_add(span).ok()
    })
}

/// True for the shape of an LEI (ISO 17442): twenty letters or digits.
pub(crate) fn is_lei(text: &str) -> bool {
    text.len() == 20 && text.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase())
}
