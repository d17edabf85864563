//! Small texts: percent encoding, hexadecimal, base64, dates, XML.

use std::io::Write as _;

use base64ct::{Base64, Encoding as _};
use jiff::{Timestamp, tz::TimeZone};

const HEX: &[u8; 16] = b"0123456789abcdef";
const HEX_UPPER: &[u8; 16] = b"0123456789ABCDEF";

fn digit(table: &[u8; 16], value: u8) -> u8 {
    table.get(usize::from(value & 15)).copied().unwrap_or(b'0')
}

/// Adds lower-case hexadecimal.
pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        out.push(digit(HEX, byte >> 4));
        out.push(digit(HEX, *byte));
    }
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let mut out = Vec::with_capacity(bytes.len() * 2);
    push_hex(&mut out, bytes);
    String::from_utf8_lossy(&out).into_owned()
}

/// Bytes from hexadecimal.
pub(crate) fn unhex(text: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = text.as_chunks::<2>();
    if !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[a, b]| Some(nibble(*a)? << 4 | nibble(*b)?)).collect()
}

fn nibble(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok())
}

/// Decodes `%41`; `+` is a space only in queries. What is no escape stands for itself.
pub(crate) fn percent_decode(text: &[u8], plus_is_space: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        match rest {
            [] => return out,
            [b'%', a, b, tail @ ..] if nibble(*a).is_some() && nibble(*b).is_some() => {
                out.push(nibble(*a).unwrap_or(0) << 4 | nibble(*b).unwrap_or(0));
                rest = tail;
            }
            [b'+', tail @ ..] if plus_is_space => {
                out.push(b' ');
                rest = tail;
            }
            [byte, tail @ ..] => {
                out.push(*byte);
                rest = tail;
            }
        }
    }
}

/// Encodes all but letters, digits, `-_.~` and `/`. A space is `%20`, which every decoder reads.
pub(crate) fn push_percent(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~' | b'/') {
            out.push(*byte);
        } else {
            out.push(b'%');
            out.push(digit(HEX_UPPER, byte >> 4));
            out.push(digit(HEX_UPPER, *byte));
        }
    }
}

/// Escapes for XML. Bytes that XML cannot carry are the caller's to encode.
pub(crate) fn push_xml(out: &mut Vec<u8>, bytes: &[u8]) {
    for byte in bytes {
        match byte {
            b'&' => out.extend_from_slice(b"&amp;"),
            b'<' => out.extend_from_slice(b"&lt;"),
            b'>' => out.extend_from_slice(b"&gt;"),
            b'"' => out.extend_from_slice(b"&quot;"),
            // A reader would turn it into a line feed.
            b'\r' => out.extend_from_slice(b"&#13;"),
            _ => out.push(*byte),
        }
    }
}

/// True for bytes that XML 1.0 can carry: UTF-8 without most controls and without U+FFFE, U+FFFF.
pub(crate) fn fits_xml(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok_and(|text| {
        text.chars().all(|c| !matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\u{fffe}' | '\u{ffff}'))
    })
}

/// Adds a number.
pub(crate) fn push_number(out: &mut Vec<u8>, number: u64) {
    // Writing to a vector cannot fail.
    let _ = write!(out, "{number}");
}

/// Adds `<name>value</name>`, escaped.
pub(crate) fn push_element(out: &mut Vec<u8>, name: &str, value: &[u8]) {
    for part in [b"<".as_slice(), name.as_bytes(), b">"] {
        out.extend_from_slice(part);
    }
    push_xml(out, value);
    for part in [b"</".as_slice(), name.as_bytes(), b">"] {
        out.extend_from_slice(part);
    }
}

/// Base64 with padding.
pub(crate) fn base64(bytes: &[u8]) -> String {
    Base64::encode_string(bytes)
}

/// Bytes from base64.
pub(crate) fn unbase64(text: &str) -> Option<Vec<u8>> {
    Base64::decode_vec(text.trim()).ok()
}

/// `2026-01-02T03:04:05.678Z`.
pub(crate) fn iso(time_ms: i64) -> String {
    format_time(time_ms, "%Y-%m-%dT%H:%M:%S.%3fZ")
}

/// `Fri, 02 Jan 2026 03:04:05 GMT`.
pub(crate) fn http_date(time_ms: i64) -> String {
    format_time(time_ms, "%a, %d %b %Y %H:%M:%S GMT")
}

fn format_time(time_ms: i64, format: &str) -> String {
    let at = Timestamp::from_millisecond(time_ms).unwrap_or_default();
    at.to_zoned(TimeZone::UTC).strftime(format).to_string()
}

/// The time of this machine.
pub(crate) fn now_ms() -> i64 {
    Timestamp::now().as_millisecond()
}

/// Elements of a small document in order: path of names, and text.
pub(crate) fn elements(xml: &[u8]) -> Option<Vec<(Vec<String>, String)>> {
    use quick_xml::events::Event;
    let mut reader = quick_xml::Reader::from_str(std::str::from_utf8(xml).ok()?);
    let (mut path, mut text, mut all) = (Vec::new(), String::new(), Vec::new());
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                path.push(start.local_name().as_ref().to_owned());
                text.clear();
            }
            Event::Empty(start) => {
                let mut whole = path.clone();
                whole.push(start.local_name().as_ref().to_owned());
                all.push((whole, String::new()));
            }
            Event::Text(piece) => text.push_str(&piece),
            Event::CData(piece) => text.push_str(&piece),
            Event::GeneralRef(name) => text.push(entity(&name)?),
            Event::End(_) => {
                all.push((path.clone(), std::mem::take(&mut text)));
                path.pop();
            }
            Event::Eof => return path.is_empty().then_some(all),
            _ => {}
        }
    }
}

fn entity(name: &str) -> Option<char> {
    let number = |digits: &str, radix| u32::from_str_radix(digits, radix).ok().and_then(char::from_u32);
    let found = match name {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        _ => match name.strip_prefix('#')? {
            digits if digits.starts_with(['x', 'X']) => number(digits.get(1..)?, 16)?,
            digits => number(digits, 10)?,
        },
    };
    Some(found)
}

/// A well-mixed number: `SplitMix64`.
pub(crate) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encodings_come_back() {
        let all: Vec<u8> = (0..=255).collect();
        let mut encoded = Vec::new();
        push_percent(&mut encoded, &all);
        assert_eq!(percent_decode(&encoded, true), all);
        assert_eq!(percent_decode(b"a+b%2Bc%zz%4", true), b"a b+c%zz%4");
        assert_eq!(percent_decode(b"a+b", false), b"a+b");
        assert_eq!(unhex(hex(&all).as_bytes()), Some(all.clone()));
        assert_eq!(unbase64(&base64(&all)), Some(all));
        assert_eq!((unhex(b"abc"), unhex(b"zz")), (None, None));
    }

    #[test]
    fn documents_are_read_in_order() {
        let xml = b"<?xml version=\"1.0\"?><A xmlns=\"x\"><B>1 &amp; &#50;</B><C/><B><D>3</D></B></A>";
        let found = elements(xml).unwrap();
        let shown: Vec<(String, &str)> = found.iter().map(|(path, text)| (path.join("/"), text.as_str())).collect();
        let wanted = [("A/B", "1 & 2"), ("A/C", ""), ("A/B/D", "3"), ("A/B", ""), ("A", "")];
        assert_eq!(shown, wanted.map(|(path, text)| (path.to_owned(), text)));
        assert_eq!(elements(b"<A><B></A>"), None);
        assert_eq!(elements(b"<A>"), None);
    }

    #[test]
    fn times_have_the_two_forms() {
        assert_eq!(iso(1_767_225_600_678), "2026-01-01T00:00:00.678Z");
        assert_eq!(http_date(1_767_225_600_678), "Thu, 01 Jan 2026 00:00:00 GMT");
    }
}
