//! Reading answers that S3 and Azure give alike: ranges, content headers, metadata.

use std::{collections::BTreeMap, ops::Range};

use http::{HeaderMap, StatusCode};

use crate::{Headers, Key, ReadError, RequestError, WriteError, http::text, stream::WrongLength};

/// Why an answer does not hold the range that was asked for.
#[derive(Debug, PartialEq)]
pub(crate) enum RangeProblem {
    /// The object is shorter.
    Beyond,
    /// The answer cannot be meant.
    Nonsense(&'static str),
}

impl RangeProblem {
    pub(crate) fn into_error(self, place: &str, key: &Key) -> ReadError {
        let place = place.to_owned();
        match self {
            Self::Beyond => ReadError::OutOfRange { place, key: key.clone() },
            Self::Nonsense(what) => RequestError::Nonsense { place, what: what.to_owned() }.into(),
        }
    }
}

/// Which bytes an answer holds, and how long the object is.
pub(crate) fn range_of(
    status: StatusCode,
    headers: &HeaderMap,
    asked: Option<&Range<u64>>,
) -> Result<(Range<u64>, u64), RangeProblem> {
    let nonsense = RangeProblem::Nonsense;
    let len = text(headers, "content-length").and_then(|t| t.parse().ok());
    let len: u64 = len.ok_or(nonsense("it does not say how long it is"))?;
    if status != StatusCode::PARTIAL_CONTENT {
        return match asked {
            // A store that ignores ranges would send the whole for each part.
            Some(range) if range.start != 0 || range.end < len => Err(nonsense("the range was ignored")),
            _ => Ok((0..len, len)),
        };
    }
    let read = || {
        let (range, size) = text(headers, "content-range")?.strip_prefix("bytes ")?.split_once('/')?;
        let (first, last) = range.split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        Some((first..last.checked_add(1)?, size.parse::<u64>().ok()?))
    };
    let (range, size) = read().ok_or(nonsense("its `content-range` cannot be read"))?;
    if asked.is_some_and(|a| a.start >= size) {
        return Err(RangeProblem::Beyond);
    }
    let fits = range.start < range.end && range.end - range.start == len && range.end <= size;
    let asked_for = asked.is_none_or(|a| a.start == range.start && range.end == a.end.min(size));
    if fits && asked_for { Ok((range, size)) } else { Err(nonsense("it is another range than asked for")) }
}

/// The content headers of an answer.
pub(crate) fn headers_of(headers: &HeaderMap) -> Headers {
    let mut found = Headers::default();
    for (name, field) in found.fields_mut() {
        *field = text(headers, name).filter(|v| !v.is_empty()).map(str::to_owned);
    }
    found
}

/// Headers with a prefix, as metadata.
pub(crate) fn metadata(headers: &HeaderMap, prefix: &str) -> BTreeMap<String, String> {
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    for (name, value) in headers {
        let Some(name) = name.as_str().strip_prefix(prefix) else { continue };
        // Bytes that are no UTF-8 are Latin-1, as RFC 9110 once had it.
        let value = std::str::from_utf8(value.as_bytes())
            .map_or_else(|_| value.as_bytes().iter().map(|b| char::from(*b)).collect(), str::to_owned);
        found.entry(name.to_owned()).and_modify(|v| *v = format!("{v},{value}")).or_insert(value);
    }
    found
}

/// An error of the body that was to be sent is told apart from one of the network.
pub(crate) fn source_error(place: &str, key: &Key, error: RequestError) -> WriteError {
    let RequestError::Broken { place: at, cause } = error else { return error.into() };
    let mut at_cause: Option<&(dyn std::error::Error + 'static)> = Some(cause.as_ref());
    while let Some(inner) = at_cause {
        let read = inner.downcast_ref::<ReadError>().map(ToString::to_string);
        let ended = inner.downcast_ref::<WrongLength>().map(ToString::to_string);
        if let Some(what) = read.or(ended) {
            return WriteError::Source { place: place.to_owned(), key: key.clone(), cause: what.into() };
        }
        at_cause = inner.source();
    }
    RequestError::Broken { place: at, cause }.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(
        status: u16,
        pairs: &[(&'static str, &'static str)],
        asked: Option<&Range<u64>>,
    ) -> Result<(Range<u64>, u64), RangeProblem> {
        let headers = pairs.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        range_of(StatusCode::from_u16(status).unwrap(), &headers, asked)
    }

    #[test]
    fn ranges_are_what_was_asked_for() {
        let whole = [("content-length", "10")];
        assert_eq!(ask(200, &whole, None), Ok((0..10, 10)));
        assert_eq!(ask(200, &whole, Some(&(0..10))), Ok((0..10, 10)));
        assert!(ask(200, &whole, Some(&(2..4))).is_err(), "the range was ignored");
        let part = [("content-length", "2"), ("content-range", "bytes 2-3/10")];
        assert_eq!(ask(206, &part, Some(&(2..4))), Ok((2..4, 10)));
        assert!(ask(206, &part, Some(&(4..6))).is_err(), "another range");
        assert!(ask(206, &[("content-length", "3"), ("content-range", "bytes 2-3/10")], Some(&(2..4))).is_err());
        assert!(ask(206, &[("content-length", "2"), ("content-range", "bytes x")], Some(&(2..4))).is_err());
        assert_eq!(
            ask(206, &[("content-length", "2"), ("content-range", "bytes 8-9/10")], Some(&(8..20))),
            Ok((8..10, 10))
        );
        let beyond = [("content-length", "0"), ("content-range", "bytes 10-9/10")];
        assert_eq!(ask(206, &beyond, Some(&(10..11))), Err(RangeProblem::Beyond));
        assert!(ask(200, &[], None).is_err());
    }
}
