//! Swaps in SQLite.

use rusqlite::{OptionalExtension, Row, params};
use tocsin_directory::TeamSwap;

use super::{SqliteReader, SqliteTransaction};
use crate::store::StoreError;
use crate::store::swaps::{StoredSwap, SwapRows};

pub(super) const MIGRATION: &str = "
    CREATE TABLE swaps (
        id INTEGER PRIMARY KEY,
        body TEXT NOT NULL
    ) STRICT;
";

fn stored((id, body): (u64, String)) -> Result<StoredSwap, StoreError> {
    let swap: TeamSwap = serde_json::from_str(&body)?;
    Ok(StoredSwap { id, swap })
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(u64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

impl SwapRows for SqliteTransaction<'_> {
    fn add(&mut self, swap: &TeamSwap) -> Result<u64, StoreError> {
        Ok(self.0.query_row(
            "INSERT INTO swaps (body) VALUES (?1) RETURNING id",
            [serde_json::to_string(swap)?],
            |row| row.get(0),
        )?)
    }

    fn one(&mut self, id: u64) -> Result<Option<StoredSwap>, StoreError> {
        // No row has a number beyond SQLite's.
        let Ok(id) = i64::try_from(id) else {
            return Ok(None);
        };
        self.0
            .query_row("SELECT id, body FROM swaps WHERE id = ?1", [id], columns)
            .optional()?
            .map(stored)
            .transpose()
    }

    fn put(&mut self, swap: &StoredSwap) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE swaps SET body = ?2 WHERE id = ?1",
            params![swap.id, serde_json::to_string(&swap.swap)?],
        )?;
        Ok(())
    }
}

impl SqliteReader {
    pub(super) fn every_swap(&self) -> Result<Vec<StoredSwap>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT id, body FROM swaps ORDER BY id")?
                .query_map([], columns)?
                .map(|row| stored(row?))
                .collect()
        })
    }
}
