//! Guests in SQLite.

use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};
use tocsin_ticket::{PersonId, ServiceId, TeamId, TicketId};

use super::{SqliteReader, SqliteTransaction};
use crate::store::StoreError;
use crate::store::guests::{GuestRows, GuestTicket, Sees};

pub(super) const MIGRATION: &str = "
    CREATE TABLE guests (
        ticket INTEGER NOT NULL,
        person TEXT NOT NULL,
        since INTEGER NOT NULL,
        PRIMARY KEY (ticket, person)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX guests_person ON guests (person, ticket);
";

impl GuestRows for SqliteTransaction<'_> {
    fn invite(&mut self, ticket: TicketId, person: &PersonId, seq: u64) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO guests (ticket, person, since) VALUES (?1, ?2, ?3)
                 ON CONFLICT DO NOTHING",
            )?
            .execute(params![ticket.0, person.as_str(), seq])?;
        Ok(())
    }

    fn of(&mut self, ticket: TicketId) -> Result<Vec<PersonId>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT person FROM guests WHERE ticket = ?1 ORDER BY person")?;
        let rows = statement.query_map([ticket.0], |row| {
            Ok(PersonId::new(row.get::<_, String>(0)?))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }
}

/// A query over what somebody sees, in two halves of the same columns: of the teams, whose
/// placeholders go where `{teams}` is, and of the guest, whose ticket is in `guests` and whose id is
/// `?1`, of no such team. `rest` begins with `?2`.
pub(super) struct Seen<'a> {
    pub teams: &'a str,
    pub guest: &'a str,
    /// What follows both: the order and the limit.
    pub then: &'a str,
}

impl SqliteReader {
    /// In one statement, so that both halves are of the same instant.
    pub(super) fn seen<T>(
        &self,
        query: &Seen<'_>,
        sees: &Sees,
        rest: &[Value],
        row: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        let first = rest.len() + 2;
        let marks: Vec<String> = (first..first + sees.teams.len())
            .map(|number| format!("?{number}"))
            .collect();
        let marks = marks.join(",");
        let halves = match &sees.guest {
            Some(_) => format!("{} UNION ALL {}", query.teams, query.guest),
            None => query.teams.to_owned(),
        };
        let text = format!("{halves} {}", query.then).replace("{teams}", &marks);
        let guest = sees.guest.as_ref();
        let guest = guest.map_or(Value::Null, |person| Value::Text(person.as_str().into()));
        let teams = sees.teams.iter().map(TeamId::as_str);
        let teams = teams.map(|team| Value::Text(team.into()));
        let values = [guest].into_iter().chain(rest.iter().cloned()).chain(teams);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&text)?;
            let rows = statement.query_map(params_from_iter(values), row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    pub(super) fn guest_tickets(&self, person: &PersonId) -> Result<Vec<GuestTicket>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT team, service FROM guests JOIN tickets ON tickets.id = guests.ticket
                     WHERE person = ?1 AND open = 1",
                )?
                .query_map([person.as_str()], |row| {
                    Ok(GuestTicket {
                        team: TeamId::new(row.get::<_, String>(0)?),
                        service: ServiceId::new(row.get::<_, String>(1)?),
                    })
                })?
                .map(|row| Ok(row?))
                .collect()
        })
    }
}
