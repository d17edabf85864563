//! JSON in the one form of RFC 8785, so that equal content has equal bytes and digests are stable.
//!
//! What it deliberately does not do: fractions and numbers beyond 2^53. A statement has no use for them, money and sizes
//! are whole numbers, and they are the part of the specification where implementations differ.
//!
//! Specification: RFC 8785 (June 2020), sections 3.2.1 to 3.2.4.

use serde::Serialize;
use serde_json::Value;

use crate::hex;

/// Largest whole number that every JSON reader keeps exactly.
const SAFE: u64 = (1 << 53) - 1;

/// Why a value has no canonical form.
#[derive(Debug, thiserror::Error)]
pub enum JcsError {
    /// A fraction or a number beyond 2^53.
    #[error("a statement holds the number {0}: only whole numbers up to 2^53 - 1 may be recorded")]
    Number(String),
    /// The type cannot be written as JSON.
    #[error("a statement cannot be written as JSON")]
    Json(#[from] serde_json::Error),
}

/// Writes `value` in canonical form.
pub fn to_vec<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, JcsError> {
    let mut out = String::new();
    write(&serde_json::to_value(value)?, &mut out)?;
    Ok(out.into_bytes())
}

fn write(value: &Value, out: &mut String) -> Result<(), JcsError> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => {
            let whole = number.as_u64().or_else(|| number.as_i64().map(i64::unsigned_abs));
            if whole.is_none_or(|n| n > SAFE) {
                return Err(JcsError::Number(number.to_string()));
            }
            out.push_str(&number.to_string());
        }
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => {
            let mut sorted: Vec<_> = members.iter().collect();
            // The order is that of UTF-16 code units, which differs from that of UTF-8 beyond the basic plane.
            sorted.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push('{');
            for (index, (key, item)) in sorted.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(key, out);
                out.push(':');
                write(item, out)?;
            }
            out.push('}');
        }
    }
    Ok(())
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\u{8}' => out.push_str("\\b"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\u{c}' => out.push_str("\\f"),
            '\r' => out.push_str("\\r"),
            '\0'..='\u{1f}' => {
                out.push_str("\\u00");
                out.push_str(&hex::encode(&[u8::try_from(c).unwrap_or_default()]));
            }
            _ => out.push(c),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests;
