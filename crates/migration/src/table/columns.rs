//! The columns of a file of rows, and how a row becomes cells and back.

use flagstate_evidence::hex::Digest;
use flagstate_objects::{Details, ETag, Entry, Key, Kind, Version};
use jiff::Timestamp;
use parquet::data_type::ByteArray;

use crate::row::{Arrived, Done, Fate, Row, Sums, Witness};

/// The schema in Parquet's own words.
pub(super) const SCHEMA: &str = "
message flagstate_objects {
  required binary key;
  required int64 rank;
  optional binary version (STRING);
  required int64 current;
  required binary kind (STRING);
  required int64 size;
  optional binary etag (STRING);
  optional int64 modified_ns;
  optional binary class (STRING);
  optional binary details (STRING);
  optional binary fate (STRING);
  optional binary crc64nvme;
  optional binary blake3;
  optional binary properties_sha256;
  optional binary target_etag (STRING);
  optional binary target_version (STRING);
  optional int64 target_size;
  optional binary target_crc64nvme;
  optional binary target_blake3;
  optional binary read_checked_by (STRING);
  optional binary write_checked_by (STRING);
  optional int64 done_ns;
  optional binary note (STRING);
}";

/// How many columns there are.
pub(super) const COUNT: usize = 23;

/// A value of a column.
#[derive(Clone, Debug)]
pub(super) enum Cell {
    Bytes(ByteArray),
    Int(i64),
    None,
}

impl Cell {
    fn text(text: Option<impl Into<String>>) -> Self {
        text.map_or(Self::None, |t| Self::Bytes(t.into().into_bytes().into()))
    }

    fn bytes(bytes: Option<Vec<u8>>) -> Self {
        bytes.map_or(Self::None, |b| Self::Bytes(b.into()))
    }

    fn time(at: Option<Timestamp>) -> Self {
        at.and_then(|t| i64::try_from(t.as_nanosecond()).ok()).map_or(Self::None, Self::Int)
    }

    fn size(size: u64) -> Self {
        Self::Int(i64::try_from(size).unwrap_or(i64::MAX))
    }
}

/// The cells of a row, in the order of the schema.
pub(super) fn cells(row: &Row) -> [Cell; COUNT] {
    let e = &row.entry;
    let d = row.done.as_ref();
    let sums = |s: Option<Sums>| {
        let crc = s.map(|s| s.crc64.to_be_bytes().to_vec());
        (Cell::bytes(crc), Cell::bytes(s.map(|s| s.blake3.to_vec())))
    };
    let arrived = d.and_then(|d| d.arrived.as_ref());
    let (crc, blake) = sums(d.and_then(|d| d.sums));
    let (target_crc, target_blake) = sums(arrived.and_then(|a| a.sums));
    [
        Cell::Bytes(e.key.as_bytes().to_vec().into()),
        Cell::Int(row.rank.into()),
        Cell::text(e.version.as_ref().map(version_text)),
        Cell::Int(e.current.into()),
        Cell::text(Some(kind_word(e.kind))),
        Cell::size(e.size),
        Cell::text(e.etag.as_ref().map(ETag::as_str)),
        Cell::time(e.modified),
        Cell::text(e.class.as_deref()),
        Cell::text(e.details.as_ref().and_then(|d| serde_json::to_string(d).ok())),
        Cell::text(d.map(|d| d.fate.word())),
        crc,
        blake,
        Cell::bytes(d.and_then(|d| d.properties).map(|p| p.0.to_vec())),
        Cell::text(arrived.and_then(|a| a.etag.as_ref()).map(ETag::as_str)),
        Cell::text(arrived.and_then(|a| a.version.as_ref()).map(version_text)),
        arrived.map_or(Cell::None, |a| Cell::size(a.size)),
        target_crc,
        target_blake,
        Cell::text(d.map(|d| d.read.word())),
        Cell::text(d.map(|d| d.wrote.word())),
        Cell::time(d.and_then(|d| d.at)),
        Cell::text(d.and_then(|d| d.note.as_deref())),
    ]
}

/// A row from its cells; an error says which column is wrong.
pub(super) fn row(cells: &mut dyn Iterator<Item = Cell>) -> Result<Row, String> {
    let mut take = Take { cells };
    let key = Key::new(take.bytes("key")?.ok_or("a row has no key")?);
    let rank = u32::try_from(take.int().unwrap_or(0)).map_err(|_| "a row has no rank")?;
    let version = take.text("version")?.map(|t| version_of(&t)).transpose()?;
    let current = take.int() == Some(1);
    let kind = kind_of(&take.text("kind")?.unwrap_or_default()).ok_or("a row is of an unknown kind")?;
    let size = take.int().and_then(|n| u64::try_from(n).ok()).ok_or("a row has no size")?;
    let etag = take.text("etag")?.map(|t| ETag::new(&t));
    let modified = take.time();
    let class = take.text("class")?;
    let details: Option<Box<Details>> = match take.text("details")? {
        Some(text) => Some(serde_json::from_str(&text).map_err(|e| format!("details: {e}"))?),
        None => None,
    };
    let entry = Entry { key, size, etag, modified, version, current, kind, class, details };
    let Some(fate) = take.text("fate")? else {
        // The columns stand side by side: each gives one cell to each row.
        take.cells.for_each(drop);
        return Ok(Row { entry, rank, done: None });
    };
    let fate = Fate::of_word(&fate).ok_or_else(|| format!("`{fate}` is no fate"))?;
    let sums = take.sums()?;
    let properties = take.array::<32>("properties_sha256")?.map(Digest);
    let (etag, version) = (take.text("target_etag")?, take.text("target_version")?);
    let target_size = take.int().and_then(|n| u64::try_from(n).ok());
    let target_sums = take.sums()?;
    let arrived = match target_size {
        None => None,
        Some(size) => Some(Arrived {
            etag: etag.map(|t| ETag::new(&t)),
            version: version.map(|t| version_of(&t)).transpose()?,
            size,
            sums: target_sums,
        }),
    };
    let mut witness = |name| -> Result<Witness, String> {
        Ok(take.text(name)?.and_then(|w| Witness::of_word(&w)).unwrap_or_default())
    };
    let (read, wrote) = (witness("read_checked_by")?, witness("write_checked_by")?);
    let at = take.time();
    let note = take.text("note")?;
    Ok(Row { entry, rank, done: Some(Done { fate, sums, properties, arrived, read, wrote, at, note }) })
}

struct Take<'a> {
    cells: &'a mut dyn Iterator<Item = Cell>,
}

impl Take<'_> {
    fn bytes(&mut self, name: &str) -> Result<Option<Vec<u8>>, String> {
        match self.cells.next() {
            Some(Cell::Bytes(bytes)) => Ok(Some(bytes.data().to_vec())),
            Some(Cell::None) => Ok(None),
            _ => Err(format!("the column `{name}` is missing")),
        }
    }

    fn text(&mut self, name: &str) -> Result<Option<String>, String> {
        self.bytes(name)?.map(|b| String::from_utf8(b).map_err(|_| format!("`{name}` is no text"))).transpose()
    }

    fn array<const N: usize>(&mut self, name: &str) -> Result<Option<[u8; N]>, String> {
        self.bytes(name)?.map(|b| b.try_into().map_err(|_| format!("`{name}` has another length"))).transpose()
    }

    fn int(&mut self) -> Option<i64> {
        match self.cells.next() {
            Some(Cell::Int(n)) => Some(n),
            _ => None,
        }
    }

    fn time(&mut self) -> Option<Timestamp> {
        self.int().and_then(|n| Timestamp::from_nanosecond(n.into()).ok())
    }

    fn sums(&mut self) -> Result<Option<Sums>, String> {
        let crc = self.array::<8>("crc64nvme")?;
        let blake3 = self.array::<32>("blake3")?;
        Ok(crc.zip(blake3).map(|(crc, blake3)| Sums { crc64: u64::from_be_bytes(crc), blake3 }))
    }
}

/// A version in one text.
pub(crate) fn version_text(version: &Version) -> String {
    match version {
        Version::Id(id) => format!("id:{id}"),
        Version::Snapshot(time) => format!("snapshot:{time}"),
    }
}

/// The reverse.
pub(crate) fn version_of(text: &str) -> Result<Version, String> {
    match text.split_once(':') {
        Some(("id", id)) => Ok(Version::Id(id.to_owned())),
        Some(("snapshot", time)) => Ok(Version::Snapshot(time.to_owned())),
        _ => Err(format!("`{text}` is no version")),
    }
}

const KINDS: [(Kind, &str); 7] = [
    (Kind::Object, "object"),
    (Kind::AppendBlob, "append-blob"),
    (Kind::PageBlob, "page-blob"),
    (Kind::Directory, "directory"),
    (Kind::DeleteMarker, "delete-marker"),
    (Kind::Uncommitted, "uncommitted"),
    (Kind::Deleted, "deleted"),
];

/// The word for a kind.
pub(crate) fn kind_word(kind: Kind) -> &'static str {
    KINDS.iter().find(|(k, _)| *k == kind).map_or("object", |(_, w)| w)
}

fn kind_of(word: &str) -> Option<Kind> {
    KINDS.iter().find(|(_, w)| *w == word).map(|(k, _)| *k)
}
