//! Pages: whether a listing says that it goes on elsewhere. A part must never be presented as the whole.

use flagstate_estate::{EstateBuilder, InputRef};
use serde_json::Value;

use super::json::Object;

/// What the envelopes of a file say about further pages.
#[derive(Debug, Default)]
pub(crate) struct Pages {
    /// The last page names a next one.
    goes_on: bool,
    /// A page says that records are missing and names no next page.
    cut: bool,
    rows: u64,
    /// What the listing says it has, where it says so.
    total: Option<u64>,
}

impl Pages {
    /// An envelope of Resource Graph or ARM.
    pub(crate) fn azure(&mut self, beside: &Object, records: u64) {
        let says = |k: &str| beside.get(k).is_some_and(|v| v == &Value::Bool(true) || v.as_str() == Some("true"));
        let token = has(beside, &["$skipToken", "skipToken", "skip_token", "nextLink"]);
        let truncated = says("resultTruncated") || says("result_truncated");
        let total = ["totalRecords", "total_records"].iter().find_map(|k| beside.get(*k)).and_then(Value::as_u64);
        self.page(token, records);
        self.cut |= truncated && !token;
        self.total(total);
    }

    /// An envelope of an AWS or Google interface.
    pub(crate) fn tokens(&mut self, beside: &Object, records: u64) {
        self.page(has(beside, &["NextToken", "nextToken", "nextPageToken", "next_page_token"]), records);
    }

    /// The listing itself says that records are missing.
    pub(crate) fn missing(&mut self) {
        self.cut = true;
    }

    /// How many records the whole listing has, where it says so.
    pub(crate) fn total(&mut self, total: Option<u64>) {
        self.total = self.total.max(total);
    }

    fn page(&mut self, token: bool, records: u64) {
        // An envelope without records and token is a wrapper around the page; it says nothing.
        if token || records > 0 {
            self.goes_on = token;
        }
        self.rows += records;
    }

    /// Writes the remark into the ledger.
    pub(crate) fn note(&self, builder: &mut EstateBuilder, to: InputRef) {
        let short = self.total.filter(|t| *t > self.rows);
        if !self.goes_on && !self.cut && short.is_none() {
            return;
        }
        let of = short.map(|t| format!(" of {t}")).unwrap_or_default();
        let rows = match self.rows {
            1 if short.is_none() => "1 row".to_owned(),
            n => format!("{n}{of} rows"),
        };
        builder.note(
            to,
            format!("INCOMPLETE: the listing ends after {rows} and says that there is more; export all pages"),
        );
    }
}

fn has(beside: &Object, keys: &[&str]) -> bool {
    keys.iter().any(|k| beside.get(*k).and_then(Value::as_str).is_some_and(|t| !t.trim().is_empty()))
}
