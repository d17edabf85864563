//! What somebody accepted by name: losses, gaps, deletions.

use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::{
    Journal, JournalError,
    shards::{int, number},
};

/// An acceptance.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Acceptance {
    /// What: the name of a loss, `gaps`, `deletions`.
    pub what: String,
    /// Who: the name of an identity, or whoever ran the command.
    pub who: String,
    /// When.
    pub at: String,
    /// How many records it was about when it was accepted.
    pub records: u64,
    /// The signed statement, where an identity signed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub envelope: Option<String>,
}

impl Journal {
    /// Remembers an acceptance; a later one of the same name takes its place.
    pub fn accept(&self, a: &Acceptance) -> Result<(), JournalError> {
        let sql = "INSERT OR REPLACE INTO accepted VALUES (?1, ?2, ?3, ?4, ?5)";
        let done = self.lock().execute(sql, params![a.what, a.who, a.at, int(a.records), a.envelope]);
        done.map(drop).map_err(self.wrong("cannot be written"))
    }

    /// All acceptances, by name.
    pub fn accepted(&self) -> Result<Vec<Acceptance>, JournalError> {
        let connection = self.lock();
        let query = || {
            let mut query =
                connection.prepare("SELECT what, who, at, records, envelope FROM accepted ORDER BY what")?;
            let rows = query.query_map([], |r| {
                let records = number(r.get(3)?);
                Ok(Acceptance { what: r.get(0)?, who: r.get(1)?, at: r.get(2)?, records, envelope: r.get(4)? })
            })?;
            rows.collect::<rusqlite::Result<Vec<_>>>()
        };
        query().map_err(self.wrong("cannot be read"))
    }
}
