//! What is told outside, in SQLite.

use rusqlite::{Connection, OptionalExtension, Params, Row, params};
use tocsin_ticket::{Millis, TeamId, TicketId};

use super::{SqliteReader, SqliteTransaction};
use crate::secret::Secret;
use crate::store::StoreError;
use crate::store::outbound::{
    DeadLetter, Logged, OutboundReader, OutboundRows, Place, StoredEndpoint,
};

pub(super) const MIGRATION: &str = "
    -- The address of the conference while it is open.
    ALTER TABLE tickets ADD COLUMN meets TEXT;
    UPDATE tickets SET meets = json_extract(body, '$.conference.bridge.url')
        WHERE json_extract(body, '$.conference.bridge.url') IS NOT NULL
          AND json_extract(body, '$.conference.closed_at') IS NULL;
    CREATE INDEX tickets_meets ON tickets (meets) WHERE meets IS NOT NULL;
    -- Messages are signed with the secrets, so they are kept as they are.
    CREATE TABLE endpoints (
        id TEXT PRIMARY KEY,
        secret TEXT,
        previous TEXT,
        previous_until INTEGER,
        standing TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE dead_letters (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        endpoint TEXT NOT NULL,
        seq INTEGER NOT NULL,
        nth INTEGER NOT NULL,
        ticket INTEGER NOT NULL,
        event TEXT NOT NULL,
        at INTEGER NOT NULL,
        died_at INTEGER NOT NULL,
        attempts INTEGER NOT NULL,
        why TEXT NOT NULL,
        wanted INTEGER NOT NULL,
        UNIQUE (endpoint, seq, nth)
    ) STRICT;
    CREATE INDEX dead_letters_wanted ON dead_letters (endpoint, id) WHERE wanted = 1;
";

const ENDPOINT: &str = "SELECT id, secret, previous, previous_until, standing FROM endpoints";

const LETTER: &str =
    "SELECT id, endpoint, seq, nth, ticket, event, at, died_at, attempts, why, wanted
     FROM dead_letters";

fn endpoint(row: &Row<'_>) -> Result<StoredEndpoint, StoreError> {
    let secret = |index| -> rusqlite::Result<Option<Secret>> {
        Ok(row.get::<_, Option<String>>(index)?.map(Secret::received))
    };
    let until: Option<i64> = row.get(3)?;
    Ok(StoredEndpoint {
        id: row.get(0)?,
        secret: secret(1)?,
        previous: secret(2)?.zip(until.map(Millis)),
        standing: serde_json::from_str(row.get_ref(4)?.as_str().map_err(StoreError::new)?)?,
    })
}

fn letter(row: &Row<'_>) -> Result<DeadLetter, StoreError> {
    Ok(DeadLetter {
        id: row.get(0)?,
        endpoint: row.get(1)?,
        place: Place {
            seq: row.get(2)?,
            nth: row.get(3)?,
        },
        ticket: TicketId(row.get(4)?),
        event: row.get(5)?,
        at: Millis(row.get(6)?),
        died_at: Millis(row.get(7)?),
        attempts: row.get(8)?,
        why: row.get(9)?,
        wanted: row.get(10)?,
    })
}

fn logged(row: &Row<'_>) -> Result<Logged, StoreError> {
    Ok(Logged {
        seq: row.get(0)?,
        ticket: TicketId(row.get(1)?),
        at: Millis(row.get(2)?),
        events: serde_json::from_str(row.get_ref(3)?.as_str().map_err(StoreError::new)?)?,
    })
}

fn rows<T>(
    connection: &Connection,
    query: &str,
    values: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query(values)?;
    let mut all = Vec::new();
    while let Some(row) = rows.next()? {
        all.push(read(row)?);
    }
    Ok(all)
}

fn one(connection: &Connection, id: &str) -> Result<Option<StoredEndpoint>, StoreError> {
    let query = format!("{ENDPOINT} WHERE id = ?1");
    Ok(rows(connection, &query, [id], endpoint)?.pop())
}

impl OutboundRows for SqliteTransaction<'_> {
    fn all(&mut self) -> Result<Vec<StoredEndpoint>, StoreError> {
        rows(self.0, ENDPOINT, [], endpoint)
    }

    fn one(&mut self, id: &str) -> Result<Option<StoredEndpoint>, StoreError> {
        one(self.0, id)
    }

    fn put(&mut self, endpoint: &StoredEndpoint) -> Result<(), StoreError> {
        let previous = endpoint.previous.as_ref();
        self.0
            .prepare_cached(
                "INSERT OR REPLACE INTO endpoints (id, secret, previous, previous_until, standing)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                endpoint.id,
                endpoint.secret.as_ref().map(Secret::reveal),
                previous.map(|(secret, _)| secret.reveal()),
                previous.map(|(_, until)| until.0),
                serde_json::to_string(&endpoint.standing)?,
            ])?;
        Ok(())
    }

    fn forget(&mut self, id: &str) -> Result<(), StoreError> {
        self.0
            .execute("DELETE FROM endpoints WHERE id = ?1", [id])?;
        self.0
            .execute("DELETE FROM dead_letters WHERE endpoint = ?1", [id])?;
        Ok(())
    }

    fn end_of_log(&mut self) -> Result<Place, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT coalesce(max(seq), 0) + 1 FROM log")?;
        let seq = statement.query_row([], |row| row.get(0))?;
        Ok(Place { seq, nth: 0 })
    }

    fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO dead_letters
                     (endpoint, seq, nth, ticket, event, at, died_at, attempts, why, wanted)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
                 ON CONFLICT (endpoint, seq, nth) DO UPDATE SET
                     died_at = excluded.died_at, attempts = excluded.attempts,
                     why = excluded.why, wanted = excluded.wanted",
            )?
            .execute(params![
                letter.endpoint,
                letter.place.seq,
                letter.place.nth,
                letter.ticket.0,
                letter.event,
                letter.at.0,
                letter.died_at.0,
                letter.attempts,
                letter.why,
                letter.wanted,
            ])?;
        Ok(())
    }

    fn unbury(&mut self, endpoint: &str, place: Place) -> Result<(), StoreError> {
        self.0.execute(
            "DELETE FROM dead_letters WHERE endpoint = ?1 AND seq = ?2 AND nth = ?3",
            params![endpoint, place.seq, place.nth],
        )?;
        Ok(())
    }

    fn want(&mut self, endpoint: &str, letter: Option<u64>) -> Result<u64, StoreError> {
        let changed = self.0.execute(
            "UPDATE dead_letters SET wanted = 1
             WHERE endpoint = ?1 AND (?2 IS NULL OR id = ?2)",
            params![endpoint, letter],
        )?;
        Ok(changed as u64)
    }

    fn is_met_at(&mut self, url: &str, except: TicketId) -> Result<bool, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT 1 FROM tickets WHERE meets = ?1 AND id <> ?2 LIMIT 1")?;
        let found = statement
            .query_row(params![url, except.0], |_| Ok(()))
            .optional()?;
        Ok(found.is_some())
    }
}

impl OutboundReader for SqliteReader {
    fn endpoints(&self) -> Result<Vec<(StoredEndpoint, u64)>, StoreError> {
        self.read(|connection| {
            let query = "SELECT id, secret, previous, previous_until, standing,
                     (SELECT count(*) FROM dead_letters WHERE endpoint = endpoints.id)
                 FROM endpoints";
            rows(connection, query, [], |row| {
                Ok((endpoint(row)?, row.get(5)?))
            })
        })
    }

    fn endpoint(&self, id: &str) -> Result<Option<StoredEndpoint>, StoreError> {
        self.read(|connection| one(connection, id))
    }

    fn dead_letters(
        &self,
        endpoint: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError> {
        // No row has a number beyond SQLite's.
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        self.read(|connection| {
            let query = format!("{LETTER} WHERE endpoint = ?1 AND id > ?2 ORDER BY id LIMIT ?3");
            rows(connection, &query, params![endpoint, after, limit], letter)
        })
    }

    fn wanted_letter(&self, endpoint: &str) -> Result<Option<DeadLetter>, StoreError> {
        self.read(|connection| {
            let query = format!("{LETTER} WHERE endpoint = ?1 AND wanted = 1 ORDER BY id LIMIT 1");
            Ok(rows(connection, &query, [endpoint], letter)?.pop())
        })
    }

    fn team_log(&self, team: &TeamId, seq: u64, limit: usize) -> Result<Vec<Logged>, StoreError> {
        self.read(|connection| {
            let query = "SELECT seq, ticket, at, events FROM log
                 WHERE team = ?1 AND seq >= ?2 ORDER BY seq LIMIT ?3";
            rows(
                connection,
                query,
                params![team.as_str(), seq, limit],
                logged,
            )
        })
    }

    fn ticket_log(&self, ticket: TicketId, seq: u64) -> Result<Vec<Logged>, StoreError> {
        self.read(|connection| {
            let query = "SELECT seq, ticket, at, events FROM log
                 WHERE ticket = ?1 AND seq <= ?2 ORDER BY seq";
            rows(connection, query, params![ticket.0, seq], logged)
        })
    }
}
