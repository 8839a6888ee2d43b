//! Holds in SQLite, and which alarms are in whose group.

use rusqlite::{Connection, OptionalExtension, Row, params};
use tocsin_ticket::{Event, HoldRule, Millis, PersonId, ServiceId, Ticket};

use super::{SqliteReader, SqliteTransaction};
use crate::store::StoreError;
use crate::store::holds::{Announced, HoldReader, HoldRows, Quiet, RECENT_COUNTED, StoredWindow};

pub(super) const MIGRATION: &str = "
    -- The name of the rule by which nobody is, or ever was, paged.
    ALTER TABLE tickets ADD COLUMN held TEXT;
    ALTER TABLE tickets ADD COLUMN opened_at INTEGER NOT NULL DEFAULT 0;
    UPDATE tickets SET held = json_extract(body, '$.hold.rule.type'),
                       opened_at = json_extract(body, '$.opened_at');
    CREATE INDEX tickets_held ON tickets (team, id) WHERE held IS NOT NULL;
    CREATE INDEX tickets_waiting ON tickets (held, id) WHERE open = 1 AND held IS NOT NULL;
    -- Of what is over only: an alarm that opens a ticket pays nothing for it.
    CREATE INDEX tickets_over ON tickets (service, dedup_key, opened_at) WHERE open = 0;
    -- The alarms that fire in open tickets of groups.
    CREATE TABLE group_alarms (
        service TEXT NOT NULL,
        dedup_key TEXT NOT NULL,
        ticket INTEGER NOT NULL,
        PRIMARY KEY (service, dedup_key)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX group_alarms_ticket ON group_alarms (ticket);
    CREATE TABLE maintenance (
        id INTEGER PRIMARY KEY,
        until INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT;
    CREATE INDEX maintenance_until ON maintenance (until);
    CREATE TABLE quiet (
        person TEXT PRIMARY KEY,
        since INTEGER NOT NULL,
        until INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// The name under which a ticket's hold is found.
pub(super) fn held_by(ticket: &Ticket) -> Option<&'static str> {
    ticket.hold.as_ref().map(|hold| hold.rule.name())
}

impl SqliteTransaction<'_> {
    /// Keeps which alarms lead to the ticket of a group, as its events changed it.
    pub(super) fn regroup(&self, ticket: &Ticket, events: &[Event]) -> Result<(), StoreError> {
        let Some(group) = &ticket.group else {
            return Ok(());
        };
        for event in events {
            match event {
                Event::Grouped { .. } | Event::Reopened { .. } => {
                    for key in &group.firing {
                        self.lead(ticket, key)?;
                    }
                }
                Event::AlarmJoined { dedup_key, .. } if group.firing.contains(dedup_key) => {
                    self.lead(ticket, dedup_key)?;
                }
                Event::AlarmRecovered { dedup_key, .. } => {
                    self.0
                        .prepare_cached(
                            "DELETE FROM group_alarms
                             WHERE service = ?1 AND dedup_key = ?2 AND ticket = ?3",
                        )?
                        .execute(params![ticket.service.as_str(), dedup_key, ticket.id.0])?;
                }
                Event::Resolved { .. } => {
                    self.0
                        .prepare_cached("DELETE FROM group_alarms WHERE ticket = ?1")?
                        .execute([ticket.id.0])?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// An alarm that fires in another open ticket by now stays there.
    fn lead(&self, ticket: &Ticket, dedup_key: &str) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO group_alarms (service, dedup_key, ticket) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![ticket.service.as_str(), dedup_key, ticket.id.0])?;
        Ok(())
    }
}

impl HoldRows for SqliteTransaction<'_> {
    fn recent_tickets(
        &mut self,
        service: &ServiceId,
        dedup_key: &str,
        since: Millis,
    ) -> Result<u32, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT count(*) FROM (
                 SELECT 1 FROM tickets
                 WHERE service = ?1 AND dedup_key = ?2 AND open = 0 AND opened_at >= ?3 LIMIT ?4)",
        )?;
        let values = params![service.as_str(), dedup_key, since.0, RECENT_COUNTED];
        Ok(statement.query_row(values, |row| row.get(0))?)
    }

    fn held(&mut self, rule: Option<&str>) -> Result<Vec<Ticket>, StoreError> {
        match rule {
            Some(rule) => self.tickets_where("open = 1 AND held = ?1 ORDER BY id", [rule]),
            None => self.tickets_where("open = 1 AND held IS NOT NULL ORDER BY id", []),
        }
    }

    fn announce(&mut self, window: &Announced) -> Result<u64, StoreError> {
        Ok(self.0.query_row(
            "INSERT INTO maintenance (until, body) VALUES (?1, ?2) RETURNING id",
            params![window.until.0, serde_json::to_string(window)?],
            |row| row.get(0),
        )?)
    }

    fn windows(&mut self, now: Millis) -> Result<Vec<StoredWindow>, StoreError> {
        windows(self.0, now)
    }

    fn put_window(&mut self, stored: &StoredWindow) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE maintenance SET until = ?2, body = ?3 WHERE id = ?1",
            params![
                stored.id,
                stored.window.until.0,
                serde_json::to_string(&stored.window)?
            ],
        )?;
        Ok(())
    }

    fn set_quiet(&mut self, quiet: &Quiet) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR REPLACE INTO quiet (person, since, until) VALUES (?1, ?2, ?3)",
            params![quiet.person.as_str(), quiet.from.0, quiet.until.0],
        )?;
        Ok(())
    }

    fn quiet(&mut self, now: Millis) -> Result<Vec<Quiet>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT person, since, until FROM quiet WHERE until > ?1")?;
        let rows = statement.query_map([now.0], quiet)?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

fn windows(connection: &Connection, now: Millis) -> Result<Vec<StoredWindow>, StoreError> {
    let mut statement = connection
        .prepare_cached("SELECT id, body FROM maintenance WHERE until > ?1 ORDER BY until, id")?;
    let rows = statement.query_map([now.0], |row| {
        Ok((row.get::<_, u64>(0)?, row.get::<_, String>(1)?))
    })?;
    rows.map(|row| {
        let (id, body) = row?;
        let window = serde_json::from_str(&body)?;
        Ok(StoredWindow { id, window })
    })
    .collect()
}

/// Columns `person, since, until`.
fn quiet(row: &Row<'_>) -> rusqlite::Result<Quiet> {
    Ok(Quiet {
        person: PersonId::new(row.get::<_, String>(0)?),
        from: Millis(row.get(1)?),
        until: Millis(row.get(2)?),
    })
}

impl HoldReader for SqliteReader {
    fn windows_at(&self, now: Millis) -> Result<Vec<StoredWindow>, StoreError> {
        self.read(|connection| windows(connection, now))
    }

    fn quiet_of(&self, person: &PersonId, now: Millis) -> Result<Option<(Quiet, u64)>, StoreError> {
        self.read(|connection| {
            let found = connection
                .prepare_cached(
                    "SELECT person, since, until FROM quiet WHERE person = ?1 AND until > ?2",
                )?
                .query_row(params![person.as_str(), now.0], quiet)
                .optional()?;
            let Some(found) = found else {
                return Ok(None);
            };
            let rule = HoldRule::Quiet {
                person: person.clone(),
            };
            let held = connection
                .prepare_cached(
                    "SELECT count(*) FROM tickets WHERE open = 1 AND held = ?1
                         AND json_extract(body, '$.hold.rule.person') = ?2",
                )?
                .query_row(params![rule.name(), person.as_str()], |row| row.get(0))?;
            Ok(Some((found, held)))
        })
    }
}
