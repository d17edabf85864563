//! Certificates that offerings hold, claim or work towards: dated records, never inferred.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// How well a certificate is known.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Held {
    /// Held, as a source with a date says.
    Held,
    /// Listed in general knowledge, not checked: must be asked for.
    Claimed,
    /// Applied for.
    InProgress,
}

/// One certificate of one offering.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Certificate {
    /// Offering id.
    pub offering: String,
    /// Scheme id.
    pub scheme: String,
    /// How well it is known.
    pub state: Held,
    /// First day.
    #[serde(default)]
    pub from: Option<Date>,
    /// First day on which it is over.
    #[serde(default)]
    pub until: Option<Date>,
    /// Fact of the catalog, where there is one.
    #[serde(default)]
    pub fact: Option<String>,
    /// Reservation, for example the services covered.
    #[serde(default)]
    pub note: Option<String>,
}

impl Certificate {
    /// True on days on which it is valid, as far as recorded.
    pub fn valid_on(&self, date: Date) -> bool {
        self.from.is_none_or(|d| d <= date) && self.until.is_none_or(|d| date < d)
    }
}
