//! Shares of a company, exact: a ceiling of 24 per cent must tell 24.0 from 24.01, also along chains.
//!
//! A share is a whole number of 10^-18 parts. Products are rounded up to the next part. Both ceilings and percentages
//! with up to six decimals lie on that grid, so rounding up never carries a product across a ceiling.

use std::fmt;

use serde::{Serialize, Serializer};

/// Parts of the whole.
const WHOLE: u128 = 1_000_000_000_000_000_000;
/// Parts of one per cent.
const PER_CENT: u128 = WHOLE / 100;
/// Decimals of a percentage that are kept.
const DECIMALS: usize = 16;

/// A share of capital or votes.
#[derive(Clone, Copy, Debug, Default, Eq, Hash, Ord, PartialEq, PartialOrd)]
pub struct Share(u128);

impl Share {
    /// All of it.
    pub const WHOLE: Self = Self(WHOLE);
    /// None of it.
    pub const NONE: Self = Self(0);

    /// Reads a percentage such as `24.01`; nothing above 100, no sign, no exponent.
    pub fn from_percent(text: &str) -> Option<Self> {
        let (whole, decimals) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
        let digits = |t: &str| t.bytes().all(|b| b.is_ascii_digit());
        if whole.is_empty() || whole.len() > 3 || decimals.len() > DECIMALS || !digits(whole) || !digits(decimals) {
            return None;
        }
        let mut parts = whole.parse::<u128>().ok()? * PER_CENT;
        let mut unit = PER_CENT;
        for digit in decimals.bytes() {
            unit /= 10;
            parts += u128::from(digit - b'0') * unit;
        }
        (parts <= WHOLE).then_some(Self(parts))
    }

    /// Reads the number of a data file. The shortest decimal that stands for it is the one that was written.
    pub fn from_number(percent: f64) -> Option<Self> {
        Self::from_percent(&percent.to_string())
    }

    /// This share of `other`, rounded up to the grid.
    #[must_use]
    pub fn of(self, other: Self) -> Self {
        Self(self.0.saturating_mul(other.0).div_ceil(WHOLE))
    }

    /// Both together; more than the whole is possible where the data contradict themselves.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// What is left of the whole; nothing where there is more than the whole.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(WHOLE.saturating_sub(self.0))
    }

    /// True when it is nothing.
    pub fn is_none(self) -> bool {
        self.0 == 0
    }

    /// Percentage as text, as many decimals as it needs, at most six; what lies beyond is rounded up.
    pub fn percent(self) -> String {
        let micro = self.0.div_ceil(PER_CENT / 1_000_000);
        let (whole, decimals) = (micro / 1_000_000, micro % 1_000_000);
        let decimals = format!("{decimals:06}");
        match decimals.trim_end_matches('0') {
            "" => whole.to_string(),
            decimals => format!("{whole}.{decimals}"),
        }
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} %", self.percent())
    }
}

/// As a percentage, in text: a number would lose digits in some readers.
impl Serialize for Share {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.percent())
    }
}

#[cfg(test)]
mod tests;
