//! Making names harmless. Every name comes from somebody's data; each format has its own way to be fooled.

use std::fmt::Write as _;

use flagstate_estate::{Money, money::cents};

use crate::words;

/// One line of visible text: control characters and characters that turn or hide text are written out as `\u{1b}`,
/// line ends become blanks.
pub(crate) fn name(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || c == '\r' || c == '\t' || c == '\u{2028}' || c == '\u{2029}' {
            out.push(' ');
        } else if is_hostile(c) {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}

/// Control characters, bidirectional overrides, zero-width characters, tags, and what XML does not allow.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}')
        || matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A name for drawings and narrow places: at most `max` characters.
pub(crate) fn short(text: &str, max: usize) -> String {
    let text = name(text);
    if text.chars().count() <= max {
        return text;
    }
    let mut cut: String = text.chars().take(max.saturating_sub(3)).collect();
    cut.truncate(cut.trim_end().len());
    cut.push_str("...");
    cut
}

/// XML text and attribute values.
pub(crate) fn xml(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in name(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// One CSV field (RFC 4180); what a spreadsheet would run as a formula gets a quotation mark in front.
pub(crate) fn csv(text: &str) -> String {
    let mut field = name(text);
    if field.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']) {
        field.insert(0, '\'');
    }
    if field.contains([',', '"', ';', '\'']) || field.starts_with(' ') || field.ends_with(' ') {
        field = format!("\"{}\"", field.replace('"', "\"\""));
    }
    field
}

/// JSON text: control and turning characters that a JSON writer may pass through are written as `\u00..`.
pub(crate) fn json(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c == '\n' || !(is_hostile(c) || matches!(c, '\u{2028}' | '\u{2029}')) {
            out.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out
}

/// An amount for readers: `33 780.45 EUR`; `none seen` when nothing was recorded.
pub(crate) fn money(m: &Money) -> String {
    let parts: Vec<String> = m
        .iter()
        .filter(|(_, v)| *v != 0)
        .map(|(currency, v)| format!("{}\u{a0}{}", words::thousands(&cents(v)), name(currency)))
        .collect();
    if parts.is_empty() { "none seen".into() } else { parts.join(" + ") }
}

/// A web address that is safe to link to.
pub(crate) fn link(url: &str) -> Option<String> {
    let safe = (url.starts_with("https://") || url.starts_with("http://"))
        && !url.chars().any(|c| c.is_whitespace() || is_hostile(c) || matches!(c, '"' | '\'' | '<' | '>'));
    safe.then(|| url.to_owned())
}

/// A file name as a URI reference (RFC 3986): everything but unreserved characters and `/` is percent-encoded.
pub(crate) fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    let path = path.replace('\\', "/");
    for b in path.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~/".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    if path.starts_with('/') { format!("file://{out}") } else { out }
}

/// A web address as a strict URI: characters that RFC 3986 does not allow are percent-encoded.
pub(crate) fn uri_reference(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for b in url.bytes() {
        if b.is_ascii_alphanumeric() || b"-._~:/?#@!$&'()*+,;=%".contains(&b) {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

/// FNV-1a, for fingerprints that must not change between versions.
pub(crate) fn fingerprint(parts: &[&str]) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for part in parts {
        for b in part.bytes().chain([0]) {
            hash = (hash ^ u64::from(b)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_seen_and_do_nothing() {
        assert_eq!(name("a\u{1b}[31mred\nb\u{202e}x"), "a\\u{1b}[31mred b\\u{202e}x");
        assert_eq!(csv("=cmd()"), "\"'=cmd()\"");
        assert_eq!(csv(" +1"), "\"' +1\"");
        assert_eq!(csv("a,\"b\""), "\"a,\"\"b\"\"\"");
        assert_eq!(xml("<img src='x'>"), "&lt;img src=&#39;x&#39;&gt;");
        assert_eq!(json("\"\u{9b}\u{e0001}\""), "\"\\u009b\\udb40\\udc01\"");
        assert_eq!(uri("a b:c\\d.csv"), "a%20b%3Ac/d.csv");
        assert_eq!(link("javascript:alert(1)"), None);
        assert_eq!(short("abcdefgh", 6), "abc...");
    }
}
