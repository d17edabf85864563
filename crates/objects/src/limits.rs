//! Documented limits of stores: which keys, sizes, parts, metadata and tags they take. Rules and numbers are data.
//!
//! What a real target does beyond its documents is the probe's to find out (`probe`); it narrows these limits.

use std::{collections::BTreeSet, fmt, sync::LazyLock};

use serde::{Deserialize, Serialize};

use crate::{Key, Properties};

/// A property of a key that some store cannot hold.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// Begins with `.well-known/acme-challenge/`.
    AcmeChallenge,
    /// Holds a backslash.
    Backslash,
    /// Holds a control character.
    Control,
    /// A segment is `.` or `..`.
    DotSegment,
    /// Two slashes in a row.
    EmptySegment,
    /// Begins with a slash.
    LeadingSlash,
    /// Holds a carriage return or a line feed.
    LineBreak,
    /// Is `.` or `..`.
    LoneDots,
    /// Holds the byte 0.
    Nul,
    /// Begins with the name that the store keeps for itself.
    Reserved,
    /// Blank at the beginning or the end.
    SpaceAtEdge,
    /// A segment ends with a dot.
    TrailingDot,
    /// Ends with a slash.
    TrailingSlash,
    /// Holds characters that XML 1.0 cannot.
    XmlUnsafe,
}

/// The folder in which a local store keeps what files cannot.
pub(crate) const RESERVED: &[u8] = b".flagstate";

impl Shape {
    /// All of them.
    pub const ALL: [Self; 14] = [
        Self::AcmeChallenge,
        Self::Backslash,
        Self::Control,
        Self::DotSegment,
        Self::EmptySegment,
        Self::LeadingSlash,
        Self::LineBreak,
        Self::LoneDots,
        Self::Nul,
        Self::Reserved,
        Self::SpaceAtEdge,
        Self::TrailingDot,
        Self::TrailingSlash,
        Self::XmlUnsafe,
    ];

    /// True when the key has that property.
    pub fn fits(self, key: &Key) -> bool {
        let bytes = key.as_bytes();
        let mut segments = bytes.split(|b| *b == b'/');
        let is_dots = |s: &[u8]| matches!(s, b"." | b"..");
        match self {
            Self::AcmeChallenge => bytes.starts_with(b".well-known/acme-challenge/"),
            Self::Backslash => bytes.contains(&b'\\'),
            Self::Control => bytes.iter().any(u8::is_ascii_control),
            Self::DotSegment => segments.any(is_dots),
            Self::EmptySegment => bytes.windows(2).any(|w| w == b"//"),
            Self::LeadingSlash => bytes.starts_with(b"/"),
            Self::LineBreak => bytes.iter().any(|b| matches!(b, b'\r' | b'\n')),
            Self::LoneDots => is_dots(bytes),
            Self::Nul => bytes.contains(&0),
            Self::Reserved => segments.next() == Some(RESERVED),
            Self::SpaceAtEdge => {
                let blank = |b: Option<&u8>| b.is_some_and(u8::is_ascii_whitespace);
                blank(bytes.first()) || blank(bytes.last())
            }
            Self::TrailingDot => segments.any(|s| s.ends_with(b".")),
            Self::TrailingSlash => bytes.ends_with(b"/"),
            Self::XmlUnsafe => key.as_str().is_none_or(|s| s.chars().any(is_xml_unsafe)),
        }
    }

    /// What about the key, for a message.
    fn why(self) -> &'static str {
        match self {
            Self::AcmeChallenge => "it begins with `.well-known/acme-challenge/`",
            Self::Backslash => "it holds a backslash",
            Self::Control => "it holds a control character",
            Self::DotSegment => "one of its segments is `.` or `..`",
            Self::EmptySegment => "it holds `//`",
            Self::LeadingSlash => "it begins with `/`",
            Self::LineBreak => "it holds a line break",
            Self::LoneDots => "it is `.` or `..`",
            Self::Nul => "it holds the byte 0",
            Self::Reserved => "it begins with the name that the store keeps for itself",
            Self::SpaceAtEdge => "it begins or ends with a blank",
            Self::TrailingDot => "one of its segments ends with a dot",
            Self::TrailingSlash => "it ends with `/`",
            Self::XmlUnsafe => "it holds characters that XML cannot carry",
        }
    }
}

fn is_xml_unsafe(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

/// Why a store cannot hold a key.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It has this property.
    Shape(Shape),
    /// No bytes at all.
    Empty,
    /// Not UTF-8.
    NotUtf8,
    /// Longer than the store's names.
    TooLong {
        /// Its length.
        len: usize,
        /// The longest.
        max: usize,
        /// `bytes`, `characters`, `segments`, `bytes in one segment`.
        unit: String,
    },
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shape(shape) => f.write_str(shape.why()),
            Self::Empty => f.write_str("it is empty"),
            Self::NotUtf8 => f.write_str("it is not UTF-8"),
            Self::TooLong { len, max, unit } => write!(f, "it has {len} {unit}, and {max} are the most"),
        }
    }
}

/// A key that a store cannot hold.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize, thiserror::Error)]
#[error("{place} cannot hold the key {key:?}: {reason}")]
pub struct KeyRefusal {
    /// Which store.
    pub place: String,
    /// Which key.
    pub key: Key,
    /// Why.
    pub reason: Reason,
}

/// Which keys a store takes.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct KeyRules {
    /// Longest, in bytes.
    #[serde(default)]
    pub max_bytes: Option<usize>,
    /// Longest, in characters.
    #[serde(default)]
    pub max_chars: Option<usize>,
    /// Most segments between slashes.
    #[serde(default)]
    pub max_segments: Option<usize>,
    /// Longest segment.
    #[serde(default)]
    pub max_segment_bytes: Option<usize>,
    /// Only UTF-8.
    pub utf8: bool,
    /// Refused.
    pub refused: BTreeSet<Shape>,
    /// Documented as trouble: taken, but maybe changed. A probe tells.
    pub odd: BTreeSet<Shape>,
}

impl KeyRules {
    /// Why the store cannot hold the key, if so.
    pub fn refuses(&self, key: &Key) -> Option<Reason> {
        if key.is_empty() {
            return Some(Reason::Empty);
        }
        let text = key.as_str();
        if self.utf8 && text.is_none() {
            return Some(Reason::NotUtf8);
        }
        let segments = || key.as_bytes().split(|b| *b == b'/');
        let lengths = [
            (self.max_bytes, key.len(), "bytes"),
            (self.max_chars, text.map_or(key.len(), |t| t.chars().count()), "characters"),
            (self.max_segments, segments().count(), "segments"),
            (self.max_segment_bytes, segments().map(<[u8]>::len).max().unwrap_or(0), "bytes in one segment"),
        ];
        let long = lengths.into_iter().find_map(|(max, len, unit)| {
            let max = max.filter(|max| len > *max)?;
            Some(Reason::TooLong { len, max, unit: unit.to_owned() })
        });
        long.or_else(|| self.refused.iter().find(|s| s.fits(key)).map(|s| Reason::Shape(*s)))
    }

    /// The same as a result that names the place.
    pub fn check(&self, key: &Key, place: &str) -> Result<(), KeyRefusal> {
        match self.refuses(key) {
            None => Ok(()),
            Some(reason) => Err(KeyRefusal { place: place.to_owned(), key: key.clone(), reason }),
        }
    }

    /// Documented trouble with a key that is not refused.
    pub fn doubts(&self, key: &Key) -> impl Iterator<Item = Shape> {
        self.odd.iter().filter(|s| s.fits(key)).copied()
    }
}

/// Parts of an upload.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct PartRules {
    /// Most parts.
    pub max: u32,
    /// Smallest part but the last.
    pub min: u64,
    /// Largest part.
    pub max_size: u64,
}

/// User metadata.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct MetadataRules {
    /// Names and values together.
    pub max_bytes: usize,
    /// Names come back in lower case.
    pub lower_case: bool,
}

/// Tags.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct TagRules {
    /// Most tags; 0 where there are none.
    pub max: usize,
    /// Longest name.
    pub key_chars: usize,
    /// Longest value.
    pub value_chars: usize,
}

/// The documented limits of one kind of store.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Limits {
    /// Id of the record.
    pub id: String,
    /// What to call it.
    pub title: String,
    /// Endings of endpoint names.
    pub hosts: Vec<String>,
    /// Buckets stand in the path and not in the host name.
    #[serde(default)]
    pub path_style: bool,
    /// Keys.
    pub key: KeyRules,
    /// Largest object.
    pub max_object: u64,
    /// Largest object in one request.
    pub single_put_max: u64,
    /// Parts.
    pub parts: PartRules,
    /// Metadata.
    pub metadata: MetadataRules,
    /// Tags.
    pub tags: TagRules,
    /// Most entries in one page of a listing.
    pub list_page: u32,
    /// How well this is checked.
    pub status: String,
    /// Where it is written.
    pub sources: Vec<String>,
}

#[derive(Deserialize)]
struct File {
    stores: Vec<Limits>,
}

static ALL: LazyLock<Vec<Limits>> = LazyLock::new(|| {
    let file: Result<File, _> = serde_saphyr::from_str(include_str!("../data/stores.yaml"));
    // The file is part of the program; a test reads it.
    file.map(|f| f.stores).unwrap_or_default()
});

const MIB: u64 = 1 << 20;

impl Limits {
    /// Every record.
    pub fn all() -> &'static [Self] {
        &ALL
    }

    /// The record of an id.
    pub fn of(id: &str) -> Self {
        ALL.iter().find(|l| l.id == id).cloned().unwrap_or_default()
    }

    /// The record of an S3-style endpoint's host name, else the common denominator.
    pub fn of_host(host: &str) -> Self {
        let host = host.rsplit_once(':').map_or(host, |(name, _)| name);
        let known = |l: &&Self| l.hosts.iter().any(|end| host.ends_with(end.as_str()));
        ALL.iter().find(known).cloned().unwrap_or_else(|| Self::of("s3"))
    }

    /// The size of parts for an object: `wanted`, or what the limits force; whole MiB. Nothing where the object is too
    /// large for the store.
    pub fn part_size(&self, object: u64, wanted: u64) -> Option<u64> {
        (object <= self.max_object).then_some(())?;
        let least = object.div_ceil(u64::from(self.parts.max).max(1)).max(self.parts.min).max(wanted);
        let whole = least.div_ceil(MIB) * MIB;
        let size = if whole <= self.parts.max_size { whole } else { self.parts.max_size };
        (size >= object.div_ceil(u64::from(self.parts.max).max(1))).then_some(size)
    }

    /// What of an object's properties does not fit, one sentence each.
    pub fn misfits(&self, properties: &Properties) -> Vec<String> {
        let mut found = Vec::new();
        let bytes: usize = properties.metadata.iter().map(|(n, v)| n.len() + v.len()).sum();
        if bytes > self.metadata.max_bytes {
            found.push(format!("{bytes} bytes of metadata, and {} are the most", self.metadata.max_bytes));
        }
        if self.metadata.lower_case && properties.metadata.keys().any(|n| n.bytes().any(|b| b.is_ascii_uppercase())) {
            found.push("names of metadata lose their capitals".to_owned());
        }
        if properties.tags.len() > self.tags.max {
            found.push(format!("{} tags, and {} are the most", properties.tags.len(), self.tags.max));
        }
        let long = |(n, v): (&String, &String)| {
            n.chars().count() > self.tags.key_chars || v.chars().count() > self.tags.value_chars
        };
        if self.tags.max > 0 && properties.tags.iter().any(long) {
            found.push("a tag is too long".to_owned());
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_data_is_read_and_complete() {
        assert!(Limits::all().len() >= 10);
        for limits in Limits::all() {
            assert!(limits.max_object > 0 && limits.parts.max > 0 && limits.list_page > 0, "{}", limits.id);
            assert!(!limits.sources.is_empty() && !limits.status.is_empty(), "{}", limits.id);
        }
        assert_eq!(Limits::of_host("s3.fr-par.scw.cloud").id, "scaleway");
        assert_eq!(Limits::of_host("storage.googleapis.com:443").id, "gcs");
        assert_eq!(Limits::of_host("127.0.0.1:9000").id, "s3");
    }

    #[test]
    fn part_sizes_obey_the_limits() {
        let scaleway = Limits::of("scaleway");
        assert_eq!(scaleway.part_size(1 << 30, 8 * MIB), Some(8 * MIB));
        let size = scaleway.part_size(100 << 30, 8 * MIB).unwrap();
        assert!((100_u64 << 30).div_ceil(size) <= 1000, "1000 parts are the most there");
        assert!(scaleway.part_size(5_000_000_000_000, 8 * MIB).is_some());
        assert_eq!(scaleway.part_size(5_000_000_000_001, 8 * MIB), None);
        let aws = Limits::of("aws_s3");
        let size = aws.part_size(48 << 40, 8 * MIB).unwrap();
        assert!((48_u64 << 40).div_ceil(size) <= 10_000 && size <= aws.parts.max_size);
    }

    #[test]
    fn keys_are_refused_with_the_reason() {
        let file = Limits::of("file");
        let why = |key: &str| file.key.refuses(&Key::from(key));
        assert_eq!(why("a/b.txt"), None);
        assert_eq!(why("a//b"), Some(Reason::Shape(Shape::EmptySegment)));
        assert_eq!(why("a/../b"), Some(Reason::Shape(Shape::DotSegment)));
        assert_eq!(why("trail/"), Some(Reason::Shape(Shape::TrailingSlash)));
        assert_eq!(why(".flagstate/x"), Some(Reason::Shape(Shape::Reserved)));
        let azure = Limits::of("azure_blob");
        assert_eq!(azure.key.refuses(&Key::from("a\tb")), Some(Reason::Shape(Shape::Control)));
        assert_eq!(azure.key.refuses(&Key::from("é".repeat(1024).as_str())), None);
        let s3 = Limits::of("s3");
        let refusal = s3.key.check(&Key::from("é".repeat(600).as_str()), "s3://b").unwrap_err();
        assert!(refusal.to_string().ends_with("it has 1200 bytes, and 1024 are the most"), "{refusal}");
        assert_eq!(s3.key.refuses(&Key::new(vec![0xff])), Some(Reason::NotUtf8));
        assert_eq!(s3.key.refuses(&Key::default()), Some(Reason::Empty));
    }
}
