//! What reading the data out of the source costs: a dated list price in tiers, never a guess.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// A tier of a price list.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tier {
    /// Up to so many GB in a month; nothing for the last tier.
    pub up_to_gb: Option<u64>,
    /// Millionths of the currency per GB.
    pub micros_per_gb: u64,
}

/// A list price for data that leaves.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Price {
    /// Whose price.
    pub provider: String,
    /// ISO 4217.
    pub currency: String,
    /// GB in a month that cost nothing.
    pub free_gb: u64,
    /// Tiers, counted from the first GB.
    pub tiers: Vec<Tier>,
    /// Bytes in a GB as this provider counts.
    pub gb_bytes: u64,
    /// The date of the price.
    pub as_of: Date,
    /// Where it is written.
    pub source: String,
    /// How well it was checked.
    pub status: String,
}

/// What the move costs at the source.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Cost {
    /// GB that leave.
    pub gb: u64,
    /// Millionths of the currency.
    pub micros: u64,
    /// The price it rests on.
    pub price: Price,
}

impl Price {
    /// The price of so many bytes, as if all left in one month.
    pub fn of(&self, bytes: u64) -> Cost {
        let gb = bytes.div_ceil(self.gb_bytes.max(1));
        let mut micros = 0_u64;
        let mut from = self.free_gb;
        for tier in &self.tiers {
            let until = tier.up_to_gb.unwrap_or(u64::MAX).min(gb);
            if until > from {
                micros = micros.saturating_add((until - from).saturating_mul(tier.micros_per_gb));
                from = until;
            }
        }
        Cost { gb, micros, price: self.clone() }
    }
}

#[derive(Deserialize)]
struct File {
    prices: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    stores: Vec<String>,
    #[serde(flatten)]
    price: Price,
}

/// The list price of a kind of store, by the id of its limits.
pub fn listed(store: &str) -> Option<Price> {
    // The file is part of the program; a test reads it.
    let file: File = serde_saphyr::from_str(include_str!("../../data/egress.yaml")).ok()?;
    file.prices.into_iter().find(|p| p.stores.iter().any(|s| s == store)).map(|p| p.price)
}
