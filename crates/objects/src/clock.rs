//! The clock: requests are signed with the time, so somebody must say what it is.

use std::fmt::Debug;

use jiff::Timestamp;

/// Says what time it is. Tests hand in their own.
pub trait Clock: Debug + Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "requests carry the time; everything else takes a `Clock`")]
    fn now(&self) -> Timestamp {
        Timestamp::try_from(std::time::SystemTime::now()).unwrap_or(Timestamp::UNIX_EPOCH)
    }
}

/// A clock that stands, or is wrong on purpose.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Timestamp);

impl Clock for FixedClock {
    fn now(&self) -> Timestamp {
        self.0
    }
}

/// Reads the dates of HTTP headers (RFC 9110) and of XML answers (RFC 3339).
pub(crate) fn parse_time(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    text.parse().ok().or_else(|| jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok())
}

/// The date as HTTP headers want it.
pub(crate) fn http_date(at: Timestamp) -> String {
    let t = at.to_zoned(jiff::tz::TimeZone::UTC);
    t.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_forms_are_read() {
        let at: Timestamp = "2026-11-22T02:03:04Z".parse().unwrap();
        assert_eq!(http_date(at), "Sun, 22 Nov 2026 02:03:04 GMT");
        assert_eq!(parse_time("Sun, 22 Nov 2026 02:03:04 GMT"), Some(at));
        assert_eq!(parse_time("2026-11-22T02:03:04.000Z"), Some(at));
        assert_eq!(parse_time("yesterday"), None);
    }
}
