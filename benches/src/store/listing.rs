//! Listings of both kinds of buckets: what is asked, what is shown, where to go on.

use super::Object;
use crate::text::{hex, unhex};

/// Where a listing begins.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) enum From {
    /// At the first key.
    #[default]
    Start,
    /// At this key.
    At(Vec<u8>),
    /// Behind this key.
    Behind(Vec<u8>),
    /// Behind this version of this key.
    BehindVersion(Vec<u8>, u64),
}

impl From {
    /// A mark that a client sends back as it is.
    pub(crate) fn token(&self) -> String {
        match self {
            Self::Start => "s".to_owned(),
            Self::At(key) => format!("a{}", hex(key)),
            Self::Behind(key) => format!("b{}", hex(key)),
            Self::BehindVersion(key, id) => format!("v{id}.{}", hex(key)),
        }
    }

    /// Reads a mark.
    pub(crate) fn parse(token: &[u8]) -> Option<Self> {
        match token {
            [b's'] => Some(Self::Start),
            [b'a', rest @ ..] => Some(Self::At(unhex(rest)?)),
            [b'b', rest @ ..] => Some(Self::Behind(unhex(rest)?)),
            [b'v', rest @ ..] => {
                let at = rest.iter().position(|b| *b == b'.')?;
                let (id, key) = rest.split_at(at);
                Some(Self::BehindVersion(unhex(key.get(1..)?)?, std::str::from_utf8(id).ok()?.parse().ok()?))
            }
            _ => None,
        }
    }

    /// The last key or folded prefix that was shown: what listings without tokens go on from.
    pub(crate) fn marker(&self) -> Vec<u8> {
        let mut key = self.least().to_vec();
        if let (Self::At(_), Some(last)) = (self, key.last_mut()) {
            *last = last.saturating_sub(1);
        }
        key
    }

    /// The least key that can be shown.
    pub(crate) fn least(&self) -> &[u8] {
        match self {
            Self::Start => b"",
            Self::At(key) | Self::Behind(key) | Self::BehindVersion(key, _) => key,
        }
    }
}

/// What to list.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ask {
    pub(crate) prefix: Vec<u8>,
    pub(crate) from: From,
    pub(crate) delimiter: Vec<u8>,
    pub(crate) most: usize,
    /// Old states and delete markers too.
    pub(crate) versions: bool,
}

impl Ask {
    /// What a key is folded into.
    pub(crate) fn fold<'k>(&self, key: &'k [u8]) -> Option<&'k [u8]> {
        if self.delimiter.is_empty() {
            return None;
        }
        let rest = key.get(self.prefix.len()..)?;
        let at = rest.windows(self.delimiter.len()).position(|w| w == self.delimiter)?;
        key.get(..self.prefix.len() + at + self.delimiter.len())
    }

    /// The least key that can be shown: the prefix, or where the listing begins.
    pub(crate) fn least(&self) -> &[u8] {
        self.prefix.as_slice().max(self.from.least())
    }

    /// True where a folded prefix was shown on the page before.
    pub(crate) fn is_behind(&self, prefix: &[u8]) -> bool {
        matches!(&self.from, From::Behind(key) if key == prefix)
    }
}

/// One line of a listing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Line<'a> {
    pub(crate) key: &'a [u8],
    pub(crate) len: u64,
    pub(crate) etag: &'a str,
    pub(crate) modified: &'a str,
    pub(crate) latest: bool,
    pub(crate) md5: Option<&'a [u8]>,
    /// The time of Azure's snapshot.
    pub(crate) snapshot: Option<&'a str>,
    /// The whole state, of kept buckets.
    pub(crate) object: Option<&'a Object>,
}

/// What a listing hands over.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Item<'a> {
    Line(Line<'a>),
    Prefix(&'a [u8]),
}

/// How a page ended.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct End {
    pub(crate) count: usize,
    /// Where to go on; nothing at the end.
    pub(crate) next: Option<From>,
}

/// The least key behind all that begin with `prefix`; nothing where there is none.
pub(crate) fn successor(prefix: &[u8]) -> Option<Vec<u8>> {
    let mut key = prefix.to_vec();
    while let Some(last) = key.pop() {
        if last < u8::MAX {
            key.push(last + 1);
            return Some(key);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_come_back_as_they_went() {
        let marks = [
            From::Start,
            From::At(b"a\xff\0".to_vec()),
            From::Behind(Vec::new()),
            From::BehindVersion(b"a.b".to_vec(), u64::MAX),
        ];
        for mark in marks {
            assert_eq!(From::parse(mark.token().as_bytes()), Some(mark));
        }
        for wrong in ["", "x", "a1", "v1", "vx.00", "azz"] {
            assert_eq!(From::parse(wrong.as_bytes()), None, "{wrong}");
        }
    }

    #[test]
    fn the_successor_lies_behind_everything_below() {
        assert_eq!(successor(b"a/"), Some(b"a0".to_vec()));
        assert_eq!(successor(b"a\xff\xff"), Some(b"b".to_vec()));
        assert_eq!(successor(b"\xff"), None);
        assert_eq!(From::At(b"a0".to_vec()).marker(), b"a/");
    }

    #[test]
    fn keys_fold_at_the_first_delimiter_behind_the_prefix() {
        let ask = Ask { prefix: b"a/".to_vec(), delimiter: b"/".to_vec(), ..Ask::default() };
        assert_eq!(ask.fold(b"a/b/c/d"), Some(b"a/b/".as_slice()));
        assert_eq!(ask.fold(b"a/b"), None);
        assert_eq!(Ask::default().fold(b"a/b"), None);
    }
}
