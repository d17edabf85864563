//! Exact money: sums must not depend on the order of rows, so no floating point.

use serde::{Serialize, Serializer, ser::SerializeMap};

/// Decimal places kept (10^-12 of a currency unit).
pub const DECIMALS: u32 = 12;
const UNIT: i128 = 1_000_000_000_000;

/// Amounts by currency code, in 10^-12 units: a list in the order of codes, because nearly all have one.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Money(Vec<(Code, i128)>);

/// A currency code; three letters take no memory of their own.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Code {
    Three([u8; 3]),
    Other(Box<str>),
}

impl Code {
    fn new(code: &str) -> Self {
        match <[u8; 3]>::try_from(code.as_bytes()) {
            Ok(three) if code.is_ascii() => Self::Three(three),
            _ => Self::Other(code.into()),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Three(three) => std::str::from_utf8(three).unwrap_or_default(),
            Self::Other(text) => text,
        }
    }
}

impl Money {
    /// Adds `amount` (10^-12 units) of `currency`.
    pub fn add(&mut self, currency: &str, amount: i128) {
        if amount == 0 {
            return;
        }
        match self.0.binary_search_by(|(code, _)| code.text().cmp(currency)) {
            Ok(at) => {
                let sum = self.0.get(at).map_or(0, |(_, sum)| sum.saturating_add(amount));
                if sum == 0 {
                    // What cancels out leaves no trace, so that the order of adding never shows.
                    self.0.remove(at);
                } else if let Some((_, slot)) = self.0.get_mut(at) {
                    *slot = sum;
                }
            }
            Err(at) => {
                self.0.reserve_exact(1);
                self.0.insert(at, (Code::new(currency), amount));
            }
        }
    }

    /// Adds all amounts of `other`.
    pub fn add_all(&mut self, other: &Self) {
        for (currency, amount) in &other.0 {
            self.add(currency.text(), *amount);
        }
    }

    /// Amounts by code, in the order of codes.
    pub fn iter(&self) -> impl Iterator<Item = (&str, i128)> {
        self.0.iter().map(|(code, amount)| (code.text(), *amount))
    }

    /// True when nothing was recorded.
    pub fn is_zero(&self) -> bool {
        self.0.iter().all(|(_, v)| *v == 0)
    }

    /// `1234.56 EUR + 7.00 USD`, rounded half up to cents; empty when zero.
    pub fn display(&self) -> String {
        let parts: Vec<String> =
            self.0.iter().filter(|(_, v)| *v != 0).map(|(c, v)| format!("{} {}", cents(*v), c.text())).collect();
        parts.join(" + ")
    }
}

impl Serialize for Money {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (currency, amount) in &self.0 {
            map.serialize_entry(currency.text(), &cents(*amount))?;
        }
        map.end()
    }
}

/// Two decimals, rounded half away from zero.
pub fn cents(amount: i128) -> String {
    let negative = amount < 0;
    let cents = (amount.unsigned_abs() + 5_000_000_000) / 10_000_000_000;
    let text = format!("{}.{:02}", cents / 100, cents % 100);
    if negative && cents != 0 { format!("-{text}") } else { text }
}

/// Parses a decimal number (`-12.5`, `1e-7`, `1,234.50` is refused) into 10^-12 units; digits beyond are cut.
pub fn parse_decimal(text: &str) -> Option<i128> {
    let text = text.trim();
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((m, e)) => (m, e.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (negative, digits) = match mantissa.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, mantissa.strip_prefix('+').unwrap_or(mantissa)),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut value: i128 = 0;
    let mut shift = i32::try_from(DECIMALS).ok()?.checked_add(exponent)?;
    if !(-40..=40).contains(&shift) {
        return None;
    }
    for c in whole.bytes() {
        value = push_digit(value, c)?;
    }
    for c in fraction.bytes() {
        if shift <= 0 || shift <= -40 {
            if !c.is_ascii_digit() {
                return None;
            }
            continue;
        }
        value = push_digit(value, c)?;
        shift -= 1;
    }
    while shift > 0 {
        value = value.checked_mul(10)?;
        shift -= 1;
    }
    while shift < 0 {
        value /= 10;
        shift += 1;
    }
    Some(if negative { -value } else { value })
}

fn push_digit(value: i128, c: u8) -> Option<i128> {
    if !c.is_ascii_digit() {
        return None;
    }
    value.checked_mul(10)?.checked_add(i128::from(c - b'0'))
}

/// Whole units as a float, for ranking and drawing only.
pub fn to_f64(amount: i128) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "for ranking and drawing only, never summed or printed")]
    {
        amount as f64 / UNIT as f64
    }
}
