//! Documents and the full-text index in SQLite.

use rusqlite::types::Value;
use rusqlite::{OptionalExtension, Row, params};
use tocsin_ticket::{Millis, PersonId, TeamId, Ticket};

use super::{SqliteReader, SqliteTransaction, bodies};
use crate::store::StoreError;
use crate::store::learning::{
    DocumentKey, Learn, Learned, LearningReader, Shelf, StoredDocument, Unindexed,
};

/// Documents and the index.
///
/// The index holds words alone (a contentless FTS5 table); its rows are the tickets'. The team is a
/// word of its own column, so that a search reads nothing of other teams.
pub(super) const MIGRATION: &str = "
    CREATE TABLE documents (
        shelf TEXT NOT NULL,
        team TEXT NOT NULL,
        name TEXT NOT NULL,
        version INTEGER NOT NULL,
        at INTEGER NOT NULL,
        by TEXT NOT NULL,
        body TEXT NOT NULL,
        PRIMARY KEY (shelf, team, name, version)
    ) STRICT, WITHOUT ROWID;
    CREATE VIRTUAL TABLE past USING fts5 (
        team, title, labels,
        content = '', detail = column, tokenize = 'porter unicode61 remove_diacritics 2'
    );
    -- How far the index is behind the log: one row.
    CREATE TABLE past_until (seq INTEGER NOT NULL) STRICT;
    INSERT INTO past_until VALUES (0);
";

/// Matches that are looked at for one search; some may have been opened again.
const MATCHES: i64 = 200;

const COLUMNS: &str = "team, name, version, at, by, body";

const fn name(shelf: Shelf) -> &'static str {
    match shelf {
        Shelf::Runbook => "runbook",
        Shelf::Coe => "coe",
    }
}

fn document(row: &Row<'_>) -> rusqlite::Result<StoredDocument> {
    Ok(StoredDocument {
        team: TeamId::new(row.get::<_, String>(0)?),
        name: row.get(1)?,
        version: row.get(2)?,
        at: Millis(row.get(3)?),
        by: PersonId::new(row.get::<_, String>(4)?),
        body: row.get(5)?,
    })
}

/// A team as one word of the index, whatever its id is made of.
fn team_word(team: &TeamId) -> String {
    format!("t{}", hex::encode(team.as_str()))
}

impl SqliteTransaction<'_> {
    pub(super) fn take_in(&mut self, what: &Learn, now: Millis) -> Result<Learned, StoreError> {
        match what {
            Learn::Save {
                key,
                base,
                by,
                body,
            } => self.save(key, *base, by, body, now),
            Learn::Index { tickets, until } => {
                for (id, team, text) in tickets {
                    self.0
                        .prepare_cached(
                            "INSERT INTO past (rowid, team, title, labels) SELECT ?1, ?2, ?3, ?4
                             WHERE NOT EXISTS (SELECT 1 FROM past WHERE rowid = ?1)",
                        )?
                        .execute(params![id.0, team_word(team), text.title, text.labels])?;
                }
                self.0
                    .prepare_cached("UPDATE past_until SET seq = ?1")?
                    .execute([until])?;
                Ok(Learned::Done)
            }
        }
    }

    fn save(
        &mut self,
        key: &DocumentKey,
        base: u32,
        by: &PersonId,
        body: &str,
        now: Millis,
    ) -> Result<Learned, StoreError> {
        let newest = self
            .0
            .prepare_cached(&format!(
                "SELECT {COLUMNS} FROM documents WHERE shelf = ?1 AND team = ?2 AND name = ?3
                 ORDER BY version DESC LIMIT 1"
            ))?
            .query_row(
                params![name(key.shelf), key.team.as_str(), key.name],
                document,
            )
            .optional()?;
        let at = newest.as_ref().map_or(0, |newest| newest.version);
        if at != base {
            // The same save once more, because its answer was lost, has happened.
            let again = |it: &StoredDocument| it.by == *by && it.body == body;
            return Ok(if at == base + 1 && newest.as_ref().is_some_and(again) {
                Learned::Saved(at)
            } else {
                Learned::Newer {
                    version: at,
                    by: newest.map(|newest| newest.by),
                }
            });
        }
        let version = base + 1;
        self.0
            .prepare_cached(
                "INSERT INTO documents (shelf, team, name, version, at, by, body)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            )?
            .execute(params![
                name(key.shelf),
                key.team.as_str(),
                key.name,
                version,
                now.0,
                by.as_str(),
                body
            ])?;
        Ok(Learned::Saved(version))
    }
}

impl LearningReader for SqliteReader {
    fn document(
        &self,
        key: &DocumentKey,
        version: Option<u32>,
    ) -> Result<Option<StoredDocument>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT {COLUMNS} FROM documents
                 WHERE shelf = ?1 AND team = ?2 AND name = ?3 AND version = coalesce(?4, version)
                 ORDER BY version DESC LIMIT 1"
            ))?;
            let values = params![name(key.shelf), key.team.as_str(), key.name, version];
            Ok(statement.query_row(values, document).optional()?)
        })
    }

    fn documents(&self, shelf: Shelf, teams: &[TeamId]) -> Result<Vec<StoredDocument>, StoreError> {
        self.of_teams(
            &format!(
                "SELECT {COLUMNS} FROM documents AS one WHERE team IN ({{teams}}) AND shelf = ?
                 AND version = (SELECT max(version) FROM documents AS other
                     WHERE other.shelf = one.shelf AND other.team = one.team
                     AND other.name = one.name)
                 ORDER BY team, name"
            ),
            teams,
            &[Value::Text(name(shelf).to_owned())],
            document,
        )
    }

    fn versions(&self, key: &DocumentKey) -> Result<Vec<StoredDocument>, StoreError> {
        self.of_teams(
            &format!(
                "SELECT {COLUMNS} FROM documents WHERE team IN ({{teams}}) AND shelf = ?
                 AND name = ? ORDER BY version DESC"
            ),
            core::slice::from_ref(&key.team),
            &[
                Value::Text(name(key.shelf).to_owned()),
                Value::Text(key.name.clone()),
            ],
            document,
        )
    }

    fn unindexed(&self, entries: u64) -> Result<Option<Unindexed>, StoreError> {
        self.read(|connection| {
            let from: u64 = connection
                .prepare_cached("SELECT seq FROM past_until")?
                .query_row([], |row| row.get(0))?;
            let until: Option<u64> = connection
                .prepare_cached(
                    "SELECT max(seq) FROM
                     (SELECT seq FROM log WHERE seq > ?1 ORDER BY seq LIMIT ?2)",
                )?
                .query_row(params![from, entries], |row| row.get(0))?;
            let Some(until) = until else {
                return Ok(None);
            };
            // What stands in a text is escaped in JSON, so that only an event reads like this.
            let mut statement = connection.prepare_cached(
                "SELECT body FROM tickets WHERE open = 0 AND id IN
                     (SELECT ticket FROM log WHERE seq > ?1 AND seq <= ?2
                      AND instr(events, '\"type\":\"resolved\"') > 0)
                 ORDER BY id",
            )?;
            let tickets = bodies(statement.query(params![from, until])?)?;
            Ok(Some(Unindexed { tickets, until }))
        })
    }

    fn past_tickets(
        &self,
        team: &TeamId,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<Ticket>, StoreError> {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        let search = format!(
            "team : {} AND {{title labels}} : ({})",
            team_word(team),
            quoted.join(" OR ")
        );
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT body FROM (
                     SELECT rowid AS id, bm25(past, 0.0, 3.0, 1.0) AS place FROM past
                     WHERE past MATCH ?2 ORDER BY place, rowid DESC LIMIT ?3
                 ) JOIN tickets USING (id)
                 WHERE team = ?1 AND open = 0 ORDER BY place, id DESC LIMIT ?4",
            )?;
            bodies(statement.query(params![team.as_str(), search, MATCHES, limit])?)
        })
    }
}
