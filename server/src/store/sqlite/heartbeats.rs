//! Heartbeats in SQLite.

use rusqlite::{OptionalExtension, Row, params};
use tocsin_ticket::Millis;

use super::{SqliteReader, SqliteTransaction};
use crate::store::StoreError;
use crate::store::heartbeats::{HeartbeatRows, StoredHeartbeat};

pub(super) const MIGRATION: &str = "
    CREATE TABLE heartbeats (
        integration TEXT NOT NULL,
        name TEXT NOT NULL,
        last_beat INTEGER,
        due INTEGER,
        every_ms INTEGER NOT NULL,
        grace_ms INTEGER NOT NULL,
        PRIMARY KEY (integration, name)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX heartbeats_due ON heartbeats (due) WHERE due IS NOT NULL;
";

const COLUMNS: &str = "integration, name, last_beat, due, every_ms, grace_ms";

fn heartbeat(row: &Row<'_>) -> rusqlite::Result<StoredHeartbeat> {
    Ok(StoredHeartbeat {
        integration: row.get(0)?,
        name: row.get(1)?,
        last_beat: row.get::<_, Option<i64>>(2)?.map(Millis),
        due: row.get::<_, Option<i64>>(3)?.map(Millis),
        every_ms: row.get(4)?,
        grace_ms: row.get(5)?,
    })
}

impl HeartbeatRows for SqliteTransaction<'_> {
    fn one(
        &mut self,
        integration: &str,
        name: &str,
    ) -> Result<Option<StoredHeartbeat>, StoreError> {
        Ok(self
            .0
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM heartbeats WHERE integration = ?1 AND name = ?2"
            ))?
            .query_row([integration, name], heartbeat)
            .optional()?)
    }

    fn all(&mut self) -> Result<Vec<StoredHeartbeat>, StoreError> {
        Ok(self
            .0
            .prepare_cached(&format!("SELECT {COLUMNS} FROM heartbeats"))?
            .query_map([], heartbeat)?
            .collect::<Result<_, _>>()?)
    }

    fn due(&mut self, now: Millis, limit: usize) -> Result<Vec<StoredHeartbeat>, StoreError> {
        Ok(self
            .0
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM heartbeats WHERE due <= ?1 ORDER BY due LIMIT ?2"
            ))?
            .query_map(params![now.0, limit], heartbeat)?
            .collect::<Result<_, _>>()?)
    }

    fn put(&mut self, heartbeat: &StoredHeartbeat) -> Result<(), StoreError> {
        self.0
            .prepare_cached(&format!(
                "INSERT OR REPLACE INTO heartbeats ({COLUMNS}) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
            ))?
            .execute(params![
                heartbeat.integration,
                heartbeat.name,
                heartbeat.last_beat.map(|at| at.0),
                heartbeat.due.map(|at| at.0),
                heartbeat.every_ms,
                heartbeat.grace_ms,
            ])?;
        Ok(())
    }

    fn forget(&mut self, integration: &str, name: &str) -> Result<(), StoreError> {
        self.0.execute(
            "DELETE FROM heartbeats WHERE integration = ?1 AND name = ?2",
            [integration, name],
        )?;
        Ok(())
    }
}

impl SqliteReader {
    pub(super) fn every_heartbeat(&self) -> Result<Vec<StoredHeartbeat>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached(&format!(
                    "SELECT {COLUMNS} FROM heartbeats ORDER BY integration, name"
                ))?
                .query_map([], heartbeat)?
                .collect::<Result<_, _>>()?)
        })
    }
}
