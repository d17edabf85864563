//! Amounts from raw bytes: a fast path for plain decimals, the exact parser of the estate for the rest.
//!
//! What it deliberately does not do: read `$1,234.50` or `1.234,50`. Which separator means what is a guess, and money
//! is not guessed; such a row counts as one with an unreadable amount.

use flagstate_estate::money::{DECIMALS, parse_decimal};

/// Powers of ten up to the number of decimals kept.
const POWERS: [i64; 13] = [
    1, 10, 100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000,
    100_000_000_000, 1_000_000_000_000,
];

/// `Ok(None)` for no value, `Err` when it is not a number.
pub(super) fn parse(raw: &[u8]) -> Result<Option<i128>, ()> {
    if let Some(quick) = plain(raw) {
        return Ok(Some(quick));
    }
    let text = std::str::from_utf8(raw).map_err(drop)?.trim();
    let text = text.strip_prefix('"').and_then(|t| t.strip_suffix('"')).unwrap_or(text).trim();
    if crate::identity::is_null(text) {
        return Ok(None);
    }
    parse_decimal(text).map(Some).ok_or(())
}

/// `-12.5` and the like, up to 18 digits; digits beyond the 12th decimal are cut, as the exact parser does.
fn plain(raw: &[u8]) -> Option<i128> {
    let (negative, digits) = match raw.split_first()? {
        (b'-', rest) => (true, rest),
        _ => (false, raw),
    };
    let mut value: i64 = 0;
    let mut point = None;
    for (i, b) in digits.iter().enumerate() {
        match b {
            b'0'..=b'9' => value = value.checked_mul(10)?.checked_add(i64::from(b - b'0'))?,
            b'.' if point.is_none() => point = Some(i),
            _ => return None,
        }
    }
    let decimals = point.map_or(0, |p| digits.len() - p - 1);
    if digits.len() == usize::from(point.is_some()) {
        return None;
    }
    let kept = usize::try_from(DECIMALS).ok()?;
    let value = match kept.checked_sub(decimals) {
        Some(missing) => i128::from(value) * i128::from(*POWERS.get(missing)?),
        None => i128::from(value / *POWERS.get(decimals - kept)?),
    };
    Some(if negative { -value } else { value })
}
