//! What it costs: ranges with the day and the grade of every price, never one made-up figure.
//!
//! Amounts are whole cents. What has no comparable list price stays outside the range and is named.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::said::Said;

/// An amount.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Amount {
    /// Cents.
    pub cents: i64,
    /// Currency code.
    pub currency: String,
}

/// A range of amounts, both ends included.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Range {
    /// Lowest, in cents.
    pub low_cents: i64,
    /// Highest, in cents.
    pub high_cents: i64,
    /// Currency code.
    pub currency: String,
}

/// How well a price is known, best first.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PriceGrade {
    /// The number was read in the cited source.
    Verified,
    /// Computed from cited numbers.
    Derived,
    /// Part read, part general knowledge.
    Partial,
    /// Read in a third party's note.
    ThirdParty,
    /// Said by the provider; no guarantee.
    VendorClaim,
    /// General knowledge, not read.
    #[default]
    Unverified,
}

/// A price that a range rests on.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct PriceSeen {
    /// Id in the price data.
    pub id: String,
    /// Provider whose price it is.
    pub provider: String,
    /// What is priced.
    pub what: String,
    /// Price as published, with its unit.
    pub price: String,
    /// Day of the price as far as it is known (a year, a month or a day).
    pub date: String,
    /// Grade.
    pub grade: PriceGrade,
    /// Source id in the price data.
    pub source: String,
}

/// One part of the monthly bill, today and at the landing point.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct CostLine {
    /// Capability id, or none where the bill does not say.
    pub capability: Option<String>,
    /// Name for readers.
    pub name: String,
    /// Today, per month, from the bill.
    pub today: Amount,
    /// At the landing point, per month; none where no comparable list price is known.
    pub target: Option<Range>,
    /// Prices that it rests on.
    pub prices: Vec<PriceSeen>,
}

/// What an option costs.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cost {
    /// Bill of one month today, one amount per currency.
    pub today: Vec<Amount>,
    /// Month at the landing point, where list prices compare; one range per currency.
    pub target: Vec<Range>,
    /// Part of today's month for which no comparable list price is known: it is in no range.
    pub not_priced: Vec<Amount>,
    /// Line by line.
    pub lines: Vec<CostLine>,
    /// Months in which both sides are paid, lowest and highest.
    pub double_running_months: (u32, u32),
    /// What they cost.
    pub double_running: Vec<Range>,
    /// Data to move, in gigabytes, lowest and highest; none where neither bill nor project tells.
    pub data_gb: Option<(u64, u64)>,
    /// Egress of the switch before the day on which it must be free, and from then on.
    pub egress: Option<Egress>,
    /// Writing it into the target: requests, where they are charged.
    pub requests: Vec<Range>,
    /// One-off work, in person-days, lowest and highest.
    pub effort_days: (u32, u32),
    /// Premises of these figures.
    pub premises: Vec<Said>,
}

/// Egress of the switch.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Egress {
    /// Day from which the law allows no charge.
    pub free_from: Date,
    /// The rule that says so.
    pub rule: Said,
    /// Cost of copying before that day: from what a waiver leaves to the list price.
    pub before: Range,
    /// Cost of copying from that day on.
    pub after: Range,
    /// Prices it rests on.
    pub prices: Vec<PriceSeen>,
    /// Programmes of the provider that waive it, in words.
    pub programmes: Vec<Said>,
}
