//! Facts and sources in words.

use flagstate_catalog::{Catalog, Fact};

use crate::{clean, words};

/// `established; primary text read; from 2018-03-23; looked at 2026-11-21`.
pub(crate) fn fact_line(f: &Fact) -> String {
    let mut parts = vec![words::status(f.status).to_owned(), words::verification(f.verification).to_owned()];
    parts.push(fact_dates(f));
    parts.join("; ")
}

/// `from 2018-03-23 until 2027-03-17; looked at 2026-11-21`.
pub(crate) fn fact_dates(f: &Fact) -> String {
    let mut parts = Vec::new();
    match (f.valid_from, f.valid_to) {
        (Some(a), Some(b)) => parts.push(format!("from {a} until {b}")),
        (Some(a), None) => parts.push(format!("from {a}")),
        (None, Some(b)) => parts.push(format!("until {b}")),
        (None, None) => {}
    }
    match f.as_of {
        Some(d) => parts.push(format!("looked at {d}")),
        None => parts.push("no date of the look on record".into()),
    }
    parts.join("; ")
}

/// `USC2713: 18 U.S.C. 2713, US Code (2018-03-23), https://...`.
pub(crate) fn source(c: &Catalog, id: &str) -> String {
    let Some(s) = c.sources.get(id) else { return clean::name(id) };
    let mut text = format!("{}: {}", clean::name(id), clean::name(s.title.as_deref().unwrap_or("(no title)")));
    if let Some(p) = &s.publisher {
        text.push_str(", ");
        text.push_str(&clean::name(p));
    }
    if let Some(d) = &s.date {
        text.push_str(" (");
        text.push_str(&clean::name(d));
        text.push(')');
    }
    if let Some(u) = s.url.as_deref().and_then(clean::link) {
        text.push_str(", ");
        text.push_str(&u);
    }
    text
}
