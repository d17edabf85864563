//! CSV records out of bytes (RFC 4180, 2005), without copying and without looking twice.
//!
//! Tolerated: LF or CRLF, no line end at the end, blank lines, a quote inside an unquoted field as plain text, text
//! after a closing quote. Deliberately not done here: unquoting (that is for the few values that are used).

/// Where a record ended.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum End {
    /// The next record starts at `next`; the record had `fields` fields.
    Record { next: usize, fields: usize },
    /// A blank line.
    Blank { next: usize },
    /// The bytes end inside the record; `quoted` when inside quotes.
    Partial { quoted: bool },
}

/// What to remember of a record.
#[derive(Clone, Debug, Default)]
pub(super) struct Wanted {
    /// By column: places in `ranges` (most columns have none).
    columns: Vec<Vec<usize>>,
}

impl Wanted {
    /// From (column, place) pairs.
    pub(super) fn new(pairs: impl Iterator<Item = (usize, usize)>) -> Self {
        let mut wanted = Self::default();
        for (column, place) in pairs {
            if wanted.columns.len() <= column {
                wanted.columns.resize(column + 1, Vec::new());
            }
            if let Some(places) = wanted.columns.get_mut(column) {
                places.push(place);
            }
        }
        wanted
    }
}

/// Splits the record that starts at `start`; writes the ranges of wanted fields. With `last`, the end of the bytes is
/// the end of the record.
pub(super) fn record(
    bytes: &[u8],
    start: usize,
    delimiter: u8,
    last: bool,
    wanted: &Wanted,
    ranges: &mut [(usize, usize)],
) -> End {
    let mut at = start;
    let mut column = 0;
    match bytes.get(at) {
        None => return End::Partial { quoted: false },
        Some(b'\n') => return End::Blank { next: at + 1 },
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => return End::Blank { next: at + 2 },
        _ => {}
    }
    loop {
        let from = at;
        if bytes.get(at) == Some(&b'"') {
            match closing_quote(bytes, at + 1) {
                Some(close) => at = close + 1,
                None => return End::Partial { quoted: true },
            }
        }
        let rest = bytes.get(at..).unwrap_or_default();
        let stop = memchr::memchr2(delimiter, b'\n', rest);
        let end = match stop {
            Some(n) => at + n,
            None if last => bytes.len(),
            None => return End::Partial { quoted: false },
        };
        let line_end = bytes.get(end) != Some(&delimiter);
        let value_end = if line_end && end > from && bytes.get(end - 1) == Some(&b'\r') { end - 1 } else { end };
        for place in wanted.columns.get(column).into_iter().flatten() {
            if let Some(range) = ranges.get_mut(*place) {
                *range = (from, value_end);
            }
        }
        column += 1;
        at = (end + 1).min(bytes.len());
        if line_end {
            return End::Record { next: at, fields: column };
        }
    }
}

/// The quote that closes a field whose text starts at `at`; doubled quotes are text.
fn closing_quote(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr(b'"', bytes.get(at..)?)?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

/// The text of a raw field: without quotes, doubled quotes as one.
pub(super) fn unquote(raw: &[u8]) -> Vec<u8> {
    let Some(inner) = raw.strip_prefix(b"\"") else { return raw.to_vec() };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'"', rest) {
        let (text, tail) = rest.split_at_checked(at).unwrap_or((rest, &[]));
        out.extend_from_slice(text);
        rest = match tail {
            [b'"', b'"', more @ ..] => {
                out.push(b'"');
                more
            }
            [b'"', more @ ..] => {
                // Text after the closing quote is kept as it stands.
                out.extend_from_slice(more);
                return out;
            }
            more => more,
        };
    }
    out.extend_from_slice(rest);
    out
}

/// The last place before which the number of quotes is even and a line ends: where a block can be cut. Exact unless a
/// quote stands inside an unquoted field; the reader notices when it was not.
pub(super) fn boundary(bytes: &[u8]) -> Option<usize> {
    let mut quotes = count_quotes(bytes);
    let mut end = bytes.len();
    while let Some(at) = memchr::memrchr(b'\n', bytes.get(..end)?) {
        quotes -= count_quotes(bytes.get(at..end)?);
        if quotes.is_multiple_of(2) {
            return Some(at + 1);
        }
        end = at;
    }
    None
}

fn count_quotes(bytes: &[u8]) -> usize {
    // Chunks of 255 so that the inner count stays in one byte, which the compiler turns into vector code.
    bytes.chunks(255).map(|c| usize::from(c.iter().map(|b| u8::from(*b == b'"')).sum::<u8>())).sum()
}
