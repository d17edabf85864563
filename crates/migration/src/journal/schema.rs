//! The tables.

/// Changes when an older program would misread a journal.
pub(super) const VERSION: &str = "1";

/// `after` is outside a range and `through` inside it; NULL means open.
pub(super) const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS meta (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Ranges of keys that the first pass has not listed yet.
CREATE TABLE IF NOT EXISTS range (id INTEGER PRIMARY KEY, after BLOB, through BLOB);

-- The key space, cut into shards. `stock` is the manifest, `work` what is to be moved.
CREATE TABLE IF NOT EXISTS shard (
  id INTEGER PRIMARY KEY,
  after BLOB, through BLOB,
  listed INTEGER NOT NULL,
  stock TEXT, stock_rows INTEGER, stock_bytes INTEGER, stock_sha256 BLOB,
  work TEXT, work_rows INTEGER, work_bytes INTEGER, work_sha256 BLOB,
  handed INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX IF NOT EXISTS shard_after ON shard (coalesce(after, x''), after IS NOT NULL);

-- What became of rows of a shard's work, by their number in the file.
CREATE TABLE IF NOT EXISTS outcome (
  shard INTEGER NOT NULL, seq INTEGER NOT NULL,
  fate TEXT NOT NULL, crc64 INTEGER, blake3 BLOB, properties BLOB,
  target_etag TEXT, target_version TEXT, target_size INTEGER, target_crc64 INTEGER, target_blake3 BLOB,
  read TEXT NOT NULL, wrote TEXT NOT NULL, at INTEGER, note TEXT,
  PRIMARY KEY (shard, seq)
) WITHOUT ROWID;

-- Uploads in parts under way, and their finished parts.
CREATE TABLE IF NOT EXISTS upload (
  shard INTEGER NOT NULL, seq INTEGER NOT NULL,
  key BLOB NOT NULL, upload TEXT NOT NULL, part_bytes INTEGER NOT NULL, etag TEXT, size INTEGER NOT NULL,
  PRIMARY KEY (shard, seq)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS part (
  shard INTEGER NOT NULL, seq INTEGER NOT NULL, number INTEGER NOT NULL,
  etag TEXT NOT NULL, sums TEXT NOT NULL,
  PRIMARY KEY (shard, seq, number)
) WITHOUT ROWID;

-- Passes over the source: when, and what they found.
CREATE TABLE IF NOT EXISTS pass (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, started TEXT NOT NULL, ended TEXT, found TEXT
);

-- What somebody accepted by name.
CREATE TABLE IF NOT EXISTS accepted (
  what TEXT PRIMARY KEY, who TEXT NOT NULL, at TEXT NOT NULL, records INTEGER NOT NULL, envelope TEXT
) WITHOUT ROWID;
";
