//! Handoffs in SQLite.

use std::collections::HashMap;

use rusqlite::{Row, params};
use tocsin_directory::handoff::Handoff;
use tocsin_ticket::{DeviceId, Millis, PersonId, TeamId};

use super::{SqliteReader, SqliteTransaction};
use crate::store::StoreError;
use crate::store::handoffs::{HandoffNote, HandoffRows, Proof, StoredHandoff};

pub(super) const MIGRATION: &str = "
    CREATE TABLE handoffs (
        id INTEGER PRIMARY KEY,
        team TEXT NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX handoffs_team ON handoffs (team, id);
    CREATE TABLE handoff_notes (
        id INTEGER PRIMARY KEY,
        team TEXT NOT NULL,
        by TEXT NOT NULL,
        at INTEGER NOT NULL,
        text TEXT NOT NULL
    ) STRICT;
    CREATE INDEX handoff_notes_team ON handoff_notes (team, at);
    -- When a device last said that its siren sounds, or would.
    CREATE TABLE sounded (
        device TEXT PRIMARY KEY,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

fn stored((id, body): (u64, String)) -> Result<StoredHandoff, StoreError> {
    let handoff: Handoff = serde_json::from_str(&body)?;
    Ok(StoredHandoff { id, handoff })
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(u64, String)> {
    Ok((row.get(0)?, row.get(1)?))
}

const NEWEST: &str =
    "SELECT id, body FROM handoffs WHERE id IN (SELECT max(id) FROM handoffs GROUP BY team)";

impl HandoffRows for SqliteTransaction<'_> {
    fn newest(&mut self) -> Result<HashMap<TeamId, StoredHandoff>, StoreError> {
        self.0
            .prepare_cached(NEWEST)?
            .query_map([], columns)?
            .map(|row| {
                let stored = stored(row?)?;
                Ok((stored.handoff.team.clone(), stored))
            })
            .collect()
    }

    fn add(&mut self, handoff: &Handoff) -> Result<u64, StoreError> {
        Ok(self.0.query_row(
            "INSERT INTO handoffs (team, body) VALUES (?1, ?2) RETURNING id",
            params![handoff.team.as_str(), serde_json::to_string(handoff)?],
            |row| row.get(0),
        )?)
    }

    fn put(&mut self, stored: &StoredHandoff) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE handoffs SET body = ?2 WHERE id = ?1",
            params![stored.id, serde_json::to_string(&stored.handoff)?],
        )?;
        Ok(())
    }

    fn note(&mut self, note: &HandoffNote) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO handoff_notes (team, by, at, text) VALUES (?1, ?2, ?3, ?4)",
            params![note.team.as_str(), note.by.as_str(), note.at.0, note.text],
        )?;
        Ok(())
    }

    fn sounded(&mut self, device: &DeviceId, at: Millis) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO sounded (device, at) VALUES (?1, ?2)")?
            .execute(params![device.as_str(), at.0])?;
        Ok(())
    }

    fn proofs(&mut self, person: &PersonId) -> Result<Vec<Proof>, StoreError> {
        self.0
            .prepare_cached(
                "SELECT devices.id, sounded.at, facts.facts, facts.at
                 FROM devices LEFT JOIN sounded ON sounded.device = devices.id
                 LEFT JOIN facts ON facts.device = devices.id
                 WHERE person = ?1 ORDER BY devices.id",
            )?
            .query_map([person.as_str()], |row| {
                let facts: Option<String> = row.get(2)?;
                let facts_at: Option<i64> = row.get(3)?;
                Ok(Proof {
                    device: DeviceId::new(row.get::<_, String>(0)?),
                    sounded_at: row.get::<_, Option<i64>>(1)?.map(Millis),
                    facts: facts.zip(facts_at.map(Millis)),
                })
            })?
            .map(|row| Ok(row?))
            .collect()
    }
}

impl SqliteReader {
    pub(super) fn newest_handoffs(&self) -> Result<Vec<StoredHandoff>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(NEWEST)?
                .query_map([], columns)?
                .map(|row| stored(row?))
                .collect()
        })
    }

    pub(super) fn notes_since(
        &self,
        team: &TeamId,
        since: Millis,
    ) -> Result<Vec<HandoffNote>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT by, at, text FROM handoff_notes WHERE team = ?1 AND at >= ?2
                     ORDER BY at, id",
                )?
                .query_map(params![team.as_str(), since.0], |row| {
                    Ok(HandoffNote {
                        team: team.clone(),
                        by: PersonId::new(row.get::<_, String>(0)?),
                        at: Millis(row.get(1)?),
                        text: row.get(2)?,
                    })
                })?
                .map(|row| Ok(row?))
                .collect()
        })
    }
}
