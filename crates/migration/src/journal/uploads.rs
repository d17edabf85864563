//! Uploads in parts under way: a large object goes on where it was cut off, part by part.

use flagstate_objects::{ETag, Key, UploadId};
use rusqlite::{OptionalExtension as _, params};

use super::{
    Journal, JournalError,
    shards::{int, number},
};
use crate::hash::PartSums;

/// An upload under way.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    /// The shard of its row.
    pub shard: i64,
    /// The row.
    pub seq: u64,
    /// The key at the target.
    pub key: Key,
    /// The target's number for it.
    pub id: UploadId,
    /// Size of its parts.
    pub part_bytes: u64,
    /// The source's state that is being moved.
    pub etag: Option<ETag>,
    /// The object's size.
    pub size: u64,
}

impl Journal {
    /// Remembers an upload before its first part is sent.
    pub fn begin_upload(&self, upload: &Upload) -> Result<(), JournalError> {
        let mut connection = self.lock();
        let mut write = || {
            let deal = connection.transaction()?;
            let at = params![upload.shard, int(upload.seq)];
            deal.execute("DELETE FROM part WHERE shard = ?1 AND seq = ?2", at)?;
            deal.execute(
                "INSERT OR REPLACE INTO upload VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    upload.shard,
                    int(upload.seq),
                    upload.key.as_bytes(),
                    upload.id.0,
                    int(upload.part_bytes),
                    upload.etag.as_ref().map(ETag::as_str),
                    int(upload.size)
                ],
            )?;
            deal.commit()
        };
        write().map_err(self.wrong("cannot be written"))
    }

    /// Forgets an upload.
    pub fn end_upload(&self, shard: i64, seq: u64) -> Result<(), JournalError> {
        let mut connection = self.lock();
        let mut write = || {
            let deal = connection.transaction()?;
            deal.execute("DELETE FROM upload WHERE shard = ?1 AND seq = ?2", params![shard, int(seq)])?;
            deal.execute("DELETE FROM part WHERE shard = ?1 AND seq = ?2", params![shard, int(seq)])?;
            deal.commit()
        };
        write().map_err(self.wrong("cannot be written"))
    }

    /// The upload of a row, if one is under way.
    pub fn upload(&self, shard: i64, seq: u64) -> Result<Option<Upload>, JournalError> {
        let connection = self.lock();
        let sql = "SELECT shard, seq, key, upload, part_bytes, etag, size FROM upload WHERE shard = ?1 AND seq = ?2";
        let found = connection.query_row(sql, params![shard, int(seq)], read).optional();
        found.map_err(self.wrong("cannot be read"))
    }

    /// All uploads under way.
    pub fn uploads(&self) -> Result<Vec<Upload>, JournalError> {
        let connection = self.lock();
        let query = || {
            let mut query = connection.prepare("SELECT shard, seq, key, upload, part_bytes, etag, size FROM upload")?;
            query.query_map([], read)?.collect::<rusqlite::Result<Vec<_>>>()
        };
        query().map_err(self.wrong("cannot be read"))
    }

    /// Remembers a part that the target has.
    pub fn add_part(
        &self,
        shard: i64,
        seq: u64,
        number: u32,
        etag: &ETag,
        sums: &PartSums,
    ) -> Result<(), JournalError> {
        let text = serde_json::to_string(sums).unwrap_or_default();
        let sql = "INSERT OR REPLACE INTO part VALUES (?1, ?2, ?3, ?4, ?5)";
        let done = self.lock().execute(sql, params![shard, int(seq), number, etag.as_str(), text]);
        done.map(drop).map_err(self.wrong("cannot be written"))
    }

    /// Parts of a row's upload that the target has, in order.
    pub fn parts(&self, shard: i64, seq: u64) -> Result<Vec<(u32, ETag, PartSums)>, JournalError> {
        let connection = self.lock();
        let query = || {
            let sql = "SELECT number, etag, sums FROM part WHERE shard = ?1 AND seq = ?2 ORDER BY number";
            let mut query = connection.prepare_cached(sql)?;
            let rows = query.query_map(params![shard, int(seq)], |r| {
                Ok((r.get::<_, u32>(0)?, r.get::<_, String>(1)?, r.get::<_, String>(2)?))
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        let rows = query().map_err(self.wrong("cannot be read"))?;
        // A part whose hashes cannot be read is sent again.
        let read = rows
            .into_iter()
            .filter_map(|(n, etag, sums)| Some((n, ETag::new(&etag), serde_json::from_str(&sums).ok()?)));
        Ok(read.collect())
    }
}

fn read(record: &rusqlite::Row<'_>) -> rusqlite::Result<Upload> {
    Ok(Upload {
        shard: record.get(0)?,
        seq: number(record.get(1)?),
        key: Key::new(record.get::<_, Vec<u8>>(2)?),
        id: UploadId(record.get(3)?),
        part_bytes: number(record.get(4)?),
        etag: record.get::<_, Option<String>>(5)?.map(|e| ETag::new(&e)),
        size: number(record.get(6)?),
    })
}
