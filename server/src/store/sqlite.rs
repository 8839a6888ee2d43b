//! The embedded store: SQLite in WAL mode with `synchronous=FULL`.
//!
//! Rows are a projection of the log; both are written in the same transaction. Ticket and events
//! are kept as JSON beside the few columns that are searched by.

mod guests;
mod handoffs;
mod heartbeats;
mod holds;
mod learning;
mod outbound;
mod swaps;

use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::types::Value;
use rusqlite::{
    Connection, OpenFlags, OptionalExtension, Row, TransactionBehavior, params, params_from_iter,
};
use tocsin_report::{Entry, History};
use tocsin_ticket::{
    DeviceId, DrillId, Event, Millis, PersonId, ServiceId, Severity, TeamId, Ticket, TicketId,
};
use tocsin_wire::{CommandId, PushAddress, PushChannel};

use super::guests::{GuestRows, GuestTicket, Sees};
use super::handoffs::{HandoffNote, HandoffRows, StoredHandoff};
use super::heartbeats::{HeartbeatRows, StoredHeartbeat};
use super::holds::HoldRows;
use super::learning::{Learn, Learned};
use super::outbound::OutboundRows;
use super::swaps::{StoredSwap, SwapRows};
use super::{
    Answered, Code, Device, DrillRecord, HeldBy, Reader, Store, StoreError, StoredChannel,
    StoredConfig, StoredNotice, StoredUpdate, TicketFilter, Transaction, Work, update_json,
};
use crate::audit::{Act, Doer, Hash, Head, Sealed};
use crate::rights::ApiToken;
use crate::secret::SecretHash;
use guests::Seen;

/// Migrations in order; `PRAGMA user_version` counts those that were made.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE tickets (
        id INTEGER PRIMARY KEY,
        team TEXT NOT NULL,
        service TEXT NOT NULL,
        dedup_key TEXT NOT NULL,
        owner TEXT NOT NULL,
        open INTEGER NOT NULL,
        due INTEGER,
        body TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX tickets_trouble ON tickets (service, dedup_key) WHERE open = 1;
    CREATE INDEX tickets_due ON tickets (due) WHERE due IS NOT NULL;
    CREATE INDEX tickets_open ON tickets (team, id) WHERE open = 1;
    CREATE INDEX tickets_team ON tickets (team, id);
    CREATE TABLE log (
        seq INTEGER PRIMARY KEY,
        ticket INTEGER NOT NULL,
        team TEXT NOT NULL,
        at INTEGER NOT NULL,
        events TEXT NOT NULL
    ) STRICT;
    CREATE INDEX log_team ON log (team, seq);
    CREATE INDEX log_ticket ON log (ticket, seq);
    CREATE TABLE answers (
        command TEXT PRIMARY KEY,
        ticket INTEGER NOT NULL,
        refusal TEXT,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX answers_at ON answers (at);
    CREATE TABLE codes (
        hash BLOB PRIMARY KEY,
        person TEXT NOT NULL,
        admin INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE devices (
        id TEXT PRIMARY KEY,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        admin INTEGER NOT NULL,
        token BLOB NOT NULL UNIQUE,
        enrolled_at INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE integration_keys (
        integration TEXT PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE
    ) STRICT;
    CREATE TABLE configs (
        number INTEGER PRIMARY KEY,
        text TEXT NOT NULL,
        by TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT;
",
    "
    -- The severity's number while pages are live.
    ALTER TABLE tickets ADD COLUMN paging INTEGER;
    UPDATE tickets SET paging = substr(json_extract(body, '$.severity'), 4)
        WHERE json_array_length(body, '$.pages') > 0;
    CREATE INDEX tickets_paging ON tickets (paging, id) WHERE paging IS NOT NULL;
    ALTER TABLE answers ADD COLUMN also_refused TEXT NOT NULL DEFAULT '[]';
    CREATE TABLE channels (
        device TEXT NOT NULL,
        position INTEGER NOT NULL,
        channel TEXT NOT NULL,
        registered_at INTEGER NOT NULL,
        dead_at INTEGER,
        dead_why TEXT,
        PRIMARY KEY (device, position)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE facts (
        device TEXT PRIMARY KEY,
        facts TEXT NOT NULL,
        at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE drills (
        id TEXT PRIMARY KEY,
        at INTEGER NOT NULL,
        body TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX drills_at ON drills (at);
    CREATE TABLE notices (
        id INTEGER PRIMARY KEY,
        person TEXT NOT NULL,
        key TEXT NOT NULL,
        subject TEXT NOT NULL,
        body TEXT NOT NULL,
        at INTEGER NOT NULL,
        ended_at INTEGER,
        UNIQUE (person, key)
    ) STRICT;
    CREATE TABLE secrets (
        name TEXT PRIMARY KEY,
        value BLOB NOT NULL
    ) STRICT, WITHOUT ROWID;
",
    learning::MIGRATION,
    heartbeats::MIGRATION,
    "
    -- Which tickets had something happen to them at a time, for reports.
    CREATE INDEX log_when ON log (team, at, ticket);
",
    "
    CREATE TABLE tokens (
        id TEXT PRIMARY KEY,
        person TEXT NOT NULL,
        name TEXT NOT NULL,
        admin INTEGER NOT NULL,
        scopes TEXT NOT NULL,
        hash BLOB NOT NULL UNIQUE,
        created_at INTEGER NOT NULL,
        expires_at INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
    -- Each hash is over the one before and the entry's text.
    CREATE TABLE audit (
        number INTEGER PRIMARY KEY,
        entry TEXT NOT NULL,
        hash BLOB NOT NULL
    ) STRICT;
",
    "
    -- Calendar programs cannot send a token, so their addresses hold a key.
    CREATE TABLE calendar_keys (
        person TEXT PRIMARY KEY,
        hash BLOB NOT NULL UNIQUE
    ) STRICT, WITHOUT ROWID;
",
    swaps::MIGRATION,
    guests::MIGRATION,
    handoffs::MIGRATION,
    outbound::MIGRATION,
    holds::MIGRATION,
];

/// The write-ahead log is begun anew when it reaches this many pages of 4 KiB (64 MiB): passive
/// checkpoints alone let it grow without bound under load.
const WAL_RESTART_PAGES: i64 = 16_384;

/// Log entries looked through for pages that ended shortly before a restart. More than were ever
/// written in the minutes that count.
const SILENCES_LOOKED_THROUGH: i64 = 200_000;

/// How long to wait for somebody else's lock.
const LOCK_PATIENCE: Duration = Duration::from_secs(10);

/// Commits between looks at the length of the write-ahead log.
const COMMITS_PER_WAL_LOOK: u32 = 64;

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        Self::new(error)
    }
}

impl From<serde_json::Error> for StoreError {
    fn from(error: serde_json::Error) -> Self {
        Self::new(error)
    }
}

/// Where the database is.
#[derive(Debug, Clone)]
enum Place {
    File(std::path::PathBuf),
    /// A file that is only read.
    ReadOnly(std::path::PathBuf),
    /// A database in memory that lives as long as one connection to it.
    Memory(String),
}

impl Place {
    fn connect(&self) -> Result<Connection, StoreError> {
        let connection = match self {
            Self::File(path) => Connection::open(path)
                .map_err(|error| StoreError::new(format!("{}: {error}", path.display())))?,
            Self::ReadOnly(path) => {
                let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
                let connection = Connection::open_with_flags(path, flags)?;
                connection.busy_timeout(LOCK_PATIENCE)?;
                return Ok(connection);
            }
            Self::Memory(name) => {
                Connection::open(format!("file:{name}?mode=memory&cache=shared"))?
            }
        };
        connection.busy_timeout(LOCK_PATIENCE)?;
        // A plan is made once, from the statement alone. Without this, a statement that compares a
        // parameter with the condition of a partial index, or has one as its LIMIT, is compiled anew
        // each time it gets another value.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
        connection.set_prepared_statement_cache_capacity(64);
        connection.execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;
             PRAGMA cache_size = -65536; PRAGMA mmap_size = 1073741824; PRAGMA temp_store = MEMORY;",
        )?;
        Ok(connection)
    }
}

/// The writer's connection.
#[derive(Debug)]
pub struct SqliteStore {
    connection: Connection,
    place: Place,
    commits: u32,
}

impl SqliteStore {
    /// Opens or creates the database file and brings it to this version.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be opened, is not a database, or was written by a newer
    /// version of Tocsin.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        Self::at(Place::File(path.to_owned()))
    }

    /// Brings a database of an older version to this one, and closes it.
    ///
    /// # Errors
    /// [`StoreError`] when it is no database of Tocsin's, or was written by a newer version.
    pub fn upgrade(path: &Path) -> Result<(), StoreError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        schema(&Connection::open_with_flags(path, flags)?)?;
        Self::open(path).map(drop)
    }

    /// A database in memory, shared by all who give the same name, gone with the last of them.
    ///
    /// # Errors
    /// [`StoreError`] when the migration fails.
    pub fn in_memory(name: &str) -> Result<Self, StoreError> {
        Self::at(Place::Memory(name.to_owned()))
    }

    fn at(place: Place) -> Result<Self, StoreError> {
        let mut connection = place.connect()?;
        // Checkpoints are taken when the log is long, not in the middle of a busy commit.
        connection.pragma_update(None, "wal_autocheckpoint", 4096)?;
        migrate(&mut connection)?;
        Ok(Self {
            connection,
            place,
            commits: 0,
        })
    }

    /// A reader of the same database.
    ///
    /// # Errors
    /// [`StoreError`] when the database cannot be opened again.
    pub fn reader(&self) -> Result<SqliteReader, StoreError> {
        let first = self.place.connect()?;
        Ok(SqliteReader {
            place: self.place.clone(),
            idle: Mutex::new(vec![first]),
        })
    }

    fn restart_long_wal(&mut self) -> Result<(), StoreError> {
        self.commits += 1;
        if !self.commits.is_multiple_of(COMMITS_PER_WAL_LOOK) {
            return Ok(());
        }
        let pages: i64 = self
            .connection
            .query_row("PRAGMA wal_checkpoint(NOOP)", [], |row| row.get(1))?;
        if pages >= WAL_RESTART_PAGES {
            // A reader in the middle of a long read, such as a backup, holds up no alarm: the log is
            // begun anew after it.
            self.connection.busy_timeout(Duration::ZERO)?;
            let restarted = self
                .connection
                .query_row("PRAGMA wal_checkpoint(RESTART)", [], |_| Ok(()));
            self.connection.busy_timeout(LOCK_PATIENCE)?;
            restarted?;
        }
        Ok(())
    }
}

/// How many migrations were made.
fn schema(connection: &Connection) -> Result<usize, StoreError> {
    let done = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if done == 0 {
        return Err(StoreError::new("this is no database of Tocsin's"));
    }
    refuse_newer(done)?;
    Ok(done)
}

fn refuse_newer(done: usize) -> Result<(), StoreError> {
    if done <= MIGRATIONS.len() {
        return Ok(());
    }
    Err(StoreError::new(format!(
        "the data was written by a newer version of Tocsin (schema {done}, this one knows {}); \
         start that version",
        MIGRATIONS.len()
    )))
}

fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let done: usize = transaction.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    refuse_newer(done)?;
    for migration in &MIGRATIONS[done..] {
        transaction.execute_batch(migration)?;
    }
    transaction.pragma_update(None, "user_version", MIGRATIONS.len())?;
    transaction.commit()?;
    Ok(())
}

impl Store for SqliteStore {
    fn transaction(&mut self, work: &mut Work<'_>) -> Result<(), StoreError> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut open = SqliteTransaction(&transaction);
        work(&mut open)?;
        transaction.commit()?;
        self.restart_long_wal()
    }

    fn next_due(&mut self) -> Result<Option<Millis>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT min(due) FROM tickets WHERE due IS NOT NULL")?;
        Ok(statement
            .query_row([], |row| row.get::<_, Option<i64>>(0))?
            .map(Millis))
    }

    fn next_heartbeat(&mut self) -> Result<Option<Millis>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT min(due) FROM heartbeats WHERE due IS NOT NULL")?;
        Ok(statement
            .query_row([], |row| row.get::<_, Option<i64>>(0))?
            .map(Millis))
    }

    fn secret(
        &mut self,
        name: &str,
        make: &dyn Fn() -> Result<Vec<u8>, StoreError>,
    ) -> Result<Vec<u8>, StoreError> {
        let known = self
            .connection
            .query_row("SELECT value FROM secrets WHERE name = ?1", [name], |row| {
                row.get(0)
            })
            .optional()?;
        if let Some(value) = known {
            return Ok(value);
        }
        let value = make()?;
        self.connection.execute(
            "INSERT INTO secrets (name, value) VALUES (?1, ?2)",
            params![name, value],
        )?;
        Ok(value)
    }

    fn last_ticket(&mut self) -> Result<u64, StoreError> {
        Ok(self
            .connection
            .query_row("SELECT coalesce(max(id), 0) FROM tickets", [], |row| {
                row.get(0)
            })?)
    }
}

struct SqliteTransaction<'a>(&'a Connection);

impl SqliteTransaction<'_> {
    fn ticket_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Option<Ticket>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached(&format!("SELECT body FROM tickets WHERE {condition}"))?;
        let mut rows = statement.query(values)?;
        rows.next()?.map(parse_body).transpose()
    }

    fn tickets_where(
        &self,
        condition: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Ticket>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached(&format!("SELECT body FROM tickets WHERE {condition}"))?;
        bodies(statement.query(values)?)
    }
}

fn parse_body<T: serde::de::DeserializeOwned>(row: &Row<'_>) -> Result<T, StoreError> {
    Ok(serde_json::from_str(
        row.get_ref(0)?.as_str().map_err(StoreError::new)?,
    )?)
}

fn bodies<T: serde::de::DeserializeOwned>(
    mut rows: rusqlite::Rows<'_>,
) -> Result<Vec<T>, StoreError> {
    let mut parsed = Vec::new();
    while let Some(row) = rows.next()? {
        parsed.push(parse_body(row)?);
    }
    Ok(parsed)
}

impl Transaction for SqliteTransaction<'_> {
    fn ticket(&mut self, id: TicketId) -> Result<Option<Ticket>, StoreError> {
        self.ticket_where("id = ?1", [id.0])
    }

    fn open_ticket(
        &mut self,
        service: &ServiceId,
        dedup_key: &str,
    ) -> Result<Option<Ticket>, StoreError> {
        let open = self.ticket_where(
            "service = ?1 AND dedup_key = ?2 AND open = 1",
            [service.as_str(), dedup_key],
        )?;
        if open.is_some() {
            return Ok(open);
        }
        self.ticket_where(
            "id = (SELECT ticket FROM group_alarms WHERE service = ?1 AND dedup_key = ?2)",
            [service.as_str(), dedup_key],
        )
    }

    fn append(
        &mut self,
        ticket: &Ticket,
        events: &[Event],
        at: Millis,
    ) -> Result<StoredUpdate, StoreError> {
        self.regroup(ticket, events)?;
        let body = serde_json::to_string(ticket)?;
        let events = serde_json::to_string(events)?;
        let open = ticket.state.is_open();
        let due = ticket.next_due().map(|(due, _)| due.0);
        let meeting = ticket.conference.as_ref();
        let meets = meeting
            .filter(|conference| conference.closed_at.is_none())
            .map(|conference| conference.bridge.url.as_str());
        self.0
            .prepare_cached(
                "INSERT INTO tickets
                     (id, team, service, dedup_key, owner, open, due, body, paging, meets, held,
                      opened_at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)
                 ON CONFLICT (id) DO UPDATE SET
                    owner = excluded.owner, open = excluded.open, due = excluded.due,
                    body = excluded.body, paging = excluded.paging, meets = excluded.meets,
                    held = excluded.held",
            )?
            .execute(params![
                ticket.id.0,
                ticket.team.as_str(),
                ticket.service.as_str(),
                ticket.dedup_key,
                ticket.owner.as_str(),
                open,
                due,
                body,
                (!ticket.pages.is_empty()).then(|| ticket.severity.number()),
                meets,
                holds::held_by(ticket),
                ticket.opened_at.0
            ])?;
        let seq = self
            .0
            .prepare_cached("INSERT INTO log (ticket, team, at, events) VALUES (?1, ?2, ?3, ?4)")?
            .insert(params![ticket.id.0, ticket.team.as_str(), at.0, events])?;
        let seq = u64::try_from(seq).map_err(StoreError::new)?;
        Ok(StoredUpdate {
            seq,
            team: ticket.team.clone(),
            guests: Vec::new(),
            invited: Vec::new(),
            json: update_json(seq, at, &events, &body),
        })
    }

    fn due(&mut self, now: Millis, limit: usize) -> Result<Vec<Ticket>, StoreError> {
        self.tickets_where("due <= ?1 ORDER BY due LIMIT ?2", params![now.0, limit])
    }

    fn open_tickets_of(&mut self, owner: &PersonId) -> Result<Vec<Ticket>, StoreError> {
        self.tickets_where("open = 1 AND owner = ?1 ORDER BY id", [owner.as_str()])
    }

    fn answered(&mut self, command: &CommandId) -> Result<Option<Answered>, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT ticket, refusal, also_refused FROM answers WHERE command = ?1",
        )?;
        let mut rows = statement.query([command.as_str()])?;
        let Some(row) = rows.next()? else {
            return Ok(None);
        };
        Ok(Some(Answered {
            ticket: TicketId(row.get(0)?),
            refusal: row.get(1)?,
            also_refused: serde_json::from_str(row.get_ref(2)?.as_str().map_err(StoreError::new)?)?,
        }))
    }

    fn remember(
        &mut self,
        command: &CommandId,
        answered: &Answered,
        at: Millis,
    ) -> Result<(), StoreError> {
        self.0
            .prepare_cached(
                "INSERT INTO answers (command, ticket, refusal, at, also_refused)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )?
            .execute(params![
                command.as_str(),
                answered.ticket.0,
                answered.refusal,
                at.0,
                serde_json::to_string(&answered.also_refused)?
            ])?;
        Ok(())
    }

    fn forget_answers_before(&mut self, at: Millis) -> Result<(), StoreError> {
        self.0
            .prepare_cached("DELETE FROM answers WHERE at < ?1")?
            .execute([at.0])?;
        Ok(())
    }

    fn set_channels(
        &mut self,
        device: &DeviceId,
        channels: &[PushChannel],
        now: Millis,
    ) -> Result<(), StoreError> {
        self.0
            .execute("DELETE FROM channels WHERE device = ?1", [device.as_str()])?;
        for (position, channel) in channels.iter().enumerate() {
            self.0.execute(
                "INSERT INTO channels (device, position, channel, registered_at)
                 VALUES (?1, ?2, ?3, ?4)",
                params![
                    device.as_str(),
                    position,
                    serde_json::to_string(channel)?,
                    now.0
                ],
            )?;
        }
        Ok(())
    }

    fn retire_channel(
        &mut self,
        device: &DeviceId,
        address: &PushAddress,
        why: &str,
        now: Millis,
    ) -> Result<bool, StoreError> {
        let mut statement = self.0.prepare_cached(
            "SELECT position, channel FROM channels WHERE device = ?1 AND dead_at IS NULL",
        )?;
        let mut rows = statement.query([device.as_str()])?;
        while let Some(row) = rows.next()? {
            let channel: PushChannel =
                serde_json::from_str(row.get_ref(1)?.as_str().map_err(StoreError::new)?)?;
            if channel.address == *address {
                let position: i64 = row.get(0)?;
                self.0.execute(
                    "UPDATE channels SET dead_at = ?3, dead_why = ?4
                     WHERE device = ?1 AND position = ?2",
                    params![device.as_str(), position, now.0, why],
                )?;
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn set_facts(&mut self, device: &DeviceId, facts: &str, now: Millis) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO facts (device, facts, at) VALUES (?1, ?2, ?3)")?
            .execute(params![device.as_str(), facts, now.0])?;
        Ok(())
    }

    fn drill(&mut self, id: &DrillId) -> Result<Option<DrillRecord>, StoreError> {
        let mut statement = self
            .0
            .prepare_cached("SELECT body FROM drills WHERE id = ?1")?;
        let mut rows = statement.query([id.as_str()])?;
        rows.next()?.map(parse_body).transpose()
    }

    fn put_drill(&mut self, drill: &DrillRecord) -> Result<(), StoreError> {
        self.0
            .prepare_cached("INSERT OR REPLACE INTO drills (id, at, body) VALUES (?1, ?2, ?3)")?
            .execute(params![
                drill.drill.id.as_str(),
                drill.drill.at.0,
                serde_json::to_string(drill)?
            ])?;
        Ok(())
    }

    fn add_notice(
        &mut self,
        person: &PersonId,
        key: &str,
        subject: &str,
        body: &str,
        now: Millis,
    ) -> Result<Option<StoredNotice>, StoreError> {
        let id = self
            .0
            .query_row(
                "INSERT INTO notices (person, key, subject, body, at) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT DO NOTHING RETURNING id",
                params![person.as_str(), key, subject, body, now.0],
                |row| row.get(0),
            )
            .optional()?;
        Ok(id.map(|id| StoredNotice {
            id,
            person: person.clone(),
            subject: subject.to_owned(),
            body: body.to_owned(),
            at: now,
        }))
    }

    fn end_notice(&mut self, id: u64, now: Millis) -> Result<(), StoreError> {
        self.0.execute(
            "UPDATE notices SET ended_at = ?2 WHERE id = ?1",
            params![id, now.0],
        )?;
        Ok(())
    }

    fn add_code(&mut self, code: &Code) -> Result<(), StoreError> {
        self.0.execute(
            "DELETE FROM codes WHERE person = ?1",
            [code.person.as_str()],
        )?;
        self.0.execute(
            "INSERT INTO codes (hash, person, admin, expires_at) VALUES (?1, ?2, ?3, ?4)",
            params![
                code.hash.0,
                code.person.as_str(),
                code.admin,
                code.expires_at.0
            ],
        )?;
        Ok(())
    }

    fn take_code(&mut self, hash: SecretHash, now: Millis) -> Result<Option<Code>, StoreError> {
        Ok(self
            .0
            .query_row(
                "DELETE FROM codes WHERE hash = ?1 AND expires_at > ?2
                 RETURNING person, admin, expires_at",
                params![hash.0, now.0],
                |row| {
                    Ok(Code {
                        hash,
                        person: PersonId::new(row.get::<_, String>(0)?),
                        admin: row.get(1)?,
                        expires_at: Millis(row.get(2)?),
                    })
                },
            )
            .optional()?)
    }

    fn add_device(&mut self, device: &Device, now: Millis) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO devices (id, person, name, admin, token, enrolled_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                device.id.as_str(),
                device.person.as_str(),
                device.name,
                device.admin,
                device.token.0,
                now.0
            ],
        )?;
        Ok(())
    }

    fn remove_device(&mut self, id: &DeviceId) -> Result<Option<Device>, StoreError> {
        for table in ["channels", "facts", "sounded"] {
            self.0.execute(
                &format!("DELETE FROM {table} WHERE device = ?1"),
                [id.as_str()],
            )?;
        }
        Ok(self
            .0
            .query_row(
                "DELETE FROM devices WHERE id = ?1 RETURNING id, person, name, admin, token",
                [id.as_str()],
                device,
            )
            .optional()?)
    }

    fn add_token(&mut self, token: &ApiToken) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO tokens (id, person, name, admin, scopes, hash, created_at, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                token.id,
                token.person.as_str(),
                token.name,
                token.admin,
                serde_json::to_string(&token.scopes)?,
                token.hash.0,
                token.created_at.0,
                token.expires_at.0
            ],
        )?;
        Ok(())
    }

    fn remove_token(&mut self, id: &str) -> Result<Option<ApiToken>, StoreError> {
        let mut statement = self.0.prepare(
            "DELETE FROM tokens WHERE id = ?1
             RETURNING id, person, name, admin, scopes, hash, created_at, expires_at",
        )?;
        let mut rows = statement.query([id])?;
        rows.next()?.map(token).transpose()
    }

    fn audit(&mut self, at: Millis, actor: &Doer, act: &Act) -> Result<(), StoreError> {
        let head = self
            .0
            .query_row(
                "SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1",
                [],
                |row| {
                    Ok(Head {
                        number: row.get(0)?,
                        hash: Hash(row.get(1)?),
                    })
                },
            )
            .optional()?;
        let sealed = head.unwrap_or(Head::START).seal(at, actor, act)?;
        self.0.execute(
            "INSERT INTO audit (number, entry, hash) VALUES (?1, ?2, ?3)",
            params![sealed.number, sealed.text, sealed.hash.0],
        )?;
        Ok(())
    }

    fn set_integration_key(
        &mut self,
        integration: &str,
        hash: SecretHash,
    ) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR REPLACE INTO integration_keys (integration, hash) VALUES (?1, ?2)",
            params![integration, hash.0],
        )?;
        Ok(())
    }

    fn set_calendar_key(&mut self, person: &PersonId, hash: SecretHash) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT OR REPLACE INTO calendar_keys (person, hash) VALUES (?1, ?2)",
            params![person.as_str(), hash.0],
        )?;
        Ok(())
    }

    fn learn(&mut self, what: &Learn, now: Millis) -> Result<Learned, StoreError> {
        self.take_in(what, now)
    }

    fn swaps(&mut self) -> &mut dyn SwapRows {
        self
    }

    fn holds(&mut self) -> &mut dyn HoldRows {
        self
    }

    fn guests(&mut self) -> &mut dyn GuestRows {
        self
    }

    fn handoffs(&mut self) -> &mut dyn HandoffRows {
        self
    }

    fn outbound(&mut self) -> &mut dyn OutboundRows {
        self
    }

    fn heartbeats(&mut self) -> &mut dyn HeartbeatRows {
        self
    }

    fn add_config(&mut self, text: &str, by: &PersonId, at: Millis) -> Result<(), StoreError> {
        self.0.execute(
            "INSERT INTO configs (text, by, at) VALUES (?1, ?2, ?3)",
            params![text, by.as_str(), at.0],
        )?;
        Ok(())
    }
}

/// Columns `id, person, name, admin, token`.
fn device(row: &Row<'_>) -> rusqlite::Result<Device> {
    Ok(Device {
        id: DeviceId::new(row.get::<_, String>(0)?),
        person: PersonId::new(row.get::<_, String>(1)?),
        name: row.get(2)?,
        admin: row.get(3)?,
        token: SecretHash(row.get(4)?),
    })
}

/// Columns `id, person, name, admin, scopes, hash, created_at, expires_at`.
fn token(row: &Row<'_>) -> Result<ApiToken, StoreError> {
    Ok(ApiToken {
        id: row.get(0)?,
        person: PersonId::new(row.get::<_, String>(1)?),
        name: row.get(2)?,
        admin: row.get(3)?,
        scopes: serde_json::from_str(row.get_ref(4)?.as_str().map_err(StoreError::new)?)?,
        hash: SecretHash(row.get(5)?),
        created_at: Millis(row.get(6)?),
        expires_at: Millis(row.get(7)?),
    })
}

/// Connections for reading, as many as are busy at once at the most.
#[derive(Debug)]
pub struct SqliteReader {
    place: Place,
    idle: Mutex<Vec<Connection>>,
}

impl SqliteReader {
    /// A reader of a database file, which a server may be using: it is changed in nothing.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read, is no database of Tocsin's, or was written by a
    /// newer version.
    pub fn of_file(path: &Path) -> Result<Self, StoreError> {
        let place = Place::ReadOnly(path.to_owned());
        let first = place.connect()?;
        let done = schema(&first)?;
        if done < MIGRATIONS.len() {
            return Err(StoreError::new(format!(
                "schema {done}, and this version of Tocsin reads {}; start its server on the data \
                 once, or use the version that wrote it",
                MIGRATIONS.len()
            )));
        }
        Ok(Self {
            place,
            idle: Mutex::new(vec![first]),
        })
    }

    /// Writes one moment of the database to a new file, while others go on writing.
    ///
    /// # Errors
    /// [`StoreError`].
    pub fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let name = path
            .to_str()
            .ok_or_else(|| StoreError::new("the copy's name is not UTF-8"))?;
        self.read(|connection| {
            connection.execute("VACUUM INTO ?1", [name])?;
            Ok(())
        })
    }

    /// Reads all of the database for faults (`PRAGMA integrity_check`).
    ///
    /// # Errors
    /// [`StoreError`] with the first of them.
    pub fn check_integrity(&self) -> Result<(), StoreError> {
        let said: String = self.read(|connection| {
            Ok(connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?)
        })?;
        if said == "ok" {
            Ok(())
        } else {
            Err(StoreError::new(said))
        }
    }

    /// Connections kept open between reads; more are opened under load and closed again.
    const KEPT: usize = 8;

    fn read<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let idle = self
            .idle
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        let connection = match idle {
            Some(connection) => connection,
            None => self.place.connect()?,
        };
        let result = query(&connection);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < Self::KEPT {
            idle.push(connection);
        }
        result
    }

    /// Runs a query whose first parameters are the teams, and whose text has `{teams}` where their
    /// placeholders go.
    fn of_teams<T>(
        &self,
        query: &str,
        teams: &[TeamId],
        rest: &[Value],
        row: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Vec<T>, StoreError> {
        if teams.is_empty() {
            return Ok(Vec::new());
        }
        let marks = vec!["?"; teams.len()].join(",");
        let values = teams
            .iter()
            .map(|team| Value::Text(team.as_str().to_owned()))
            .chain(rest.iter().cloned());
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&query.replace("{teams}", &marks))?;
            let rows = statement.query_map(params_from_iter(values), row)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }
}

fn integer(value: impl TryInto<i64>) -> Value {
    Value::Integer(value.try_into().unwrap_or(i64::MAX))
}

impl Reader for SqliteReader {
    fn last_seq(&self) -> Result<u64, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT coalesce(max(seq), 0) FROM log")?;
            Ok(statement.query_row([], |row| row.get(0))?)
        })
    }

    fn log_after(
        &self,
        sees: &Sees,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredUpdate>, StoreError> {
        let query = Seen {
            teams: "SELECT seq, log.team, at, events, body
                 FROM log JOIN tickets ON tickets.id = log.ticket
                 WHERE log.team IN ({teams}) AND seq > ?2",
            guest: "SELECT seq, log.team, at, events, body
                 FROM guests JOIN log ON log.ticket = guests.ticket
                 JOIN tickets ON tickets.id = log.ticket
                 WHERE person = ?1 AND log.team NOT IN ({teams}) AND seq > ?2 AND seq >= since",
            then: "ORDER BY seq LIMIT ?3",
        };
        self.seen(&query, sees, &[integer(seq), integer(limit)], |row| {
            let seq = row.get(0)?;
            let (events, body) = (row.get_ref(3)?.as_str()?, row.get_ref(4)?.as_str()?);
            Ok(StoredUpdate {
                seq,
                team: TeamId::new(row.get::<_, String>(1)?),
                guests: Vec::new(),
                invited: Vec::new(),
                json: update_json(seq, Millis(row.get(2)?), events, body),
            })
        })
    }

    fn open_after(
        &self,
        sees: &Sees,
        ticket: u64,
        limit: usize,
    ) -> Result<Vec<(u64, String)>, StoreError> {
        let query = Seen {
            teams: "SELECT id, body FROM tickets
                 WHERE team IN ({teams}) AND open = 1 AND id > ?2",
            guest: "SELECT id, body FROM guests JOIN tickets ON tickets.id = guests.ticket
                 WHERE person = ?1 AND team NOT IN ({teams}) AND open = 1 AND id > ?2",
            then: "ORDER BY id LIMIT ?3",
        };
        let rest = [integer(ticket), integer(limit)];
        self.seen(&query, sees, &rest, |row| Ok((row.get(0)?, row.get(1)?)))
    }

    fn tickets(&self, sees: &Sees, filter: &TicketFilter) -> Result<Vec<String>, StoreError> {
        let open = if filter.open_only { "AND open = 1" } else { "" };
        let held = match filter.held {
            None => "",
            Some(HeldBy::Any) => "AND held IS NOT NULL",
            Some(HeldBy::HoldOff) => "AND held = 'hold_off'",
            Some(HeldBy::Maintenance) => "AND held = 'maintenance'",
            Some(HeldBy::Quiet) => "AND held = 'quiet'",
        };
        let query = Seen {
            teams: &format!(
                "SELECT id, body FROM tickets
                 WHERE team IN ({{teams}}) AND id < ?2 {open} {held}"
            ),
            guest: &format!(
                "SELECT id, body FROM guests JOIN tickets ON tickets.id = guests.ticket
                 WHERE person = ?1 AND team NOT IN ({{teams}}) AND id < ?2 {open} {held}"
            ),
            then: "ORDER BY id DESC LIMIT ?3",
        };
        let before = filter.before.map_or(Value::Integer(i64::MAX), integer);
        let rest = [before, integer(filter.limit)];
        self.seen(&query, sees, &rest, |row| row.get(1))
    }

    fn ticket(&self, sees: &Sees, id: TicketId) -> Result<Option<String>, StoreError> {
        let query = Seen {
            teams: "SELECT body FROM tickets WHERE team IN ({teams}) AND id = ?2",
            guest: "SELECT body FROM guests JOIN tickets ON tickets.id = guests.ticket
                 WHERE person = ?1 AND team NOT IN ({teams}) AND id = ?2",
            then: "LIMIT 1",
        };
        let mut found = self.seen(&query, sees, &[integer(id.0)], |row| row.get(0))?;
        Ok(found.pop())
    }

    fn open_as_guest(&self, person: &PersonId) -> Result<Vec<GuestTicket>, StoreError> {
        self.guest_tickets(person)
    }

    fn handoffs(&self) -> Result<Vec<StoredHandoff>, StoreError> {
        self.newest_handoffs()
    }

    fn handoff_notes(&self, team: &TeamId, since: Millis) -> Result<Vec<HandoffNote>, StoreError> {
        self.notes_since(team, since)
    }

    fn open_tickets_at(&self, service: &ServiceId) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            connection
                .prepare_cached(
                    "SELECT body FROM tickets WHERE service = ?1 AND open = 1 ORDER BY id DESC",
                )?
                .query_map([service.as_str()], |row| row.get(0))?
                .map(|row| Ok(row?))
                .collect()
        })
    }

    fn timeline(&self, id: TicketId) -> Result<Vec<String>, StoreError> {
        self.read(|connection| {
            let mut statement = connection
                .prepare_cached("SELECT seq, at, events FROM log WHERE ticket = ?1 ORDER BY seq")?;
            let rows = statement.query_map([id.0], |row| {
                let (seq, at): (u64, i64) = (row.get(0)?, row.get(1)?);
                let events = row.get_ref(2)?.as_str()?;
                Ok(format!(r#"{{"seq":{seq},"at":{at},"events":{events}}}"#))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn histories(
        &self,
        teams: &[TeamId],
        from: Millis,
        until: Millis,
        visit: &mut dyn FnMut(&History),
    ) -> Result<(), StoreError> {
        let marks = vec!["?"; teams.len()].join(",");
        let teams = teams.iter().map(|team| Value::Text(team.as_str().into()));
        let values = teams.chain([integer(from.0), integer(until.0)]);
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&format!(
                "SELECT log.ticket, log.team, service, at, events
                 FROM log JOIN tickets ON tickets.id = log.ticket
                 WHERE log.ticket IN
                     (SELECT ticket FROM log WHERE team IN ({marks}) AND at >= ? AND at < ?)
                 ORDER BY log.ticket, seq"
            ))?;
            let mut rows = statement.query(params_from_iter(values))?;
            let mut history: Option<History> = None;
            while let Some(row) = rows.next()? {
                let ticket = TicketId(row.get(0)?);
                if let Some(whole) = history.take_if(|it| it.ticket != ticket) {
                    visit(&whole);
                }
                let text = |index| row.get_ref(index)?.as_str().map_err(StoreError::new);
                let entry = Entry {
                    at: Millis(row.get(3)?),
                    events: serde_json::from_str(text(4)?)?,
                };
                let (team, service) = (text(1)?, text(2)?);
                let history = history.get_or_insert_with(|| History {
                    ticket,
                    team: team.into(),
                    service: service.into(),
                    entries: Vec::new(),
                });
                history.entries.push(entry);
            }
            history.iter().for_each(visit);
            Ok(())
        })
    }

    fn devices(&self) -> Result<Vec<Device>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT id, person, name, admin, token FROM devices")?;
            let rows = statement.query_map([], device)?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn tokens(&self) -> Result<Vec<ApiToken>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT id, person, name, admin, scopes, hash, created_at, expires_at FROM tokens
                 ORDER BY created_at, id",
            )?;
            let mut rows = statement.query([])?;
            let mut tokens = Vec::new();
            while let Some(row) = rows.next()? {
                tokens.push(token(row)?);
            }
            Ok(tokens)
        })
    }

    fn audit_after(&self, number: u64, limit: usize) -> Result<Vec<Sealed>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT number, entry, hash FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2",
            )?;
            let rows = statement.query_map(params![number, limit], |row| {
                Ok(Sealed {
                    number: row.get(0)?,
                    text: row.get(1)?,
                    hash: Hash(row.get(2)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn channels(&self) -> Result<Vec<StoredChannel>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare(
                "SELECT device, channel, dead_at, dead_why FROM channels ORDER BY device, position",
            )?;
            let mut rows = statement.query([])?;
            let mut channels = Vec::new();
            while let Some(row) = rows.next()? {
                let dead_at: Option<i64> = row.get(2)?;
                let dead_why: Option<String> = row.get(3)?;
                channels.push(StoredChannel {
                    device: DeviceId::new(row.get::<_, String>(0)?),
                    channel: serde_json::from_str(
                        row.get_ref(1)?.as_str().map_err(StoreError::new)?,
                    )?,
                    dead: dead_at.map(|at| (Millis(at), dead_why.unwrap_or_default())),
                });
            }
            Ok(channels)
        })
    }

    fn paging_after(
        &self,
        after: Option<(Severity, TicketId)>,
        limit: usize,
    ) -> Result<Vec<Ticket>, StoreError> {
        let (severity, ticket) =
            after.map_or((0, 0), |(severity, ticket)| (severity.number(), ticket.0));
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT body FROM tickets WHERE paging IS NOT NULL AND (paging, id) > (?1, ?2)
                 ORDER BY paging, id LIMIT ?3",
            )?;
            bodies(statement.query(params![severity, ticket, limit])?)
        })
    }

    fn silenced_since(&self, at: Millis) -> Result<Vec<(Ticket, PersonId)>, StoreError> {
        self.read(|connection| {
            // The log is in the order of time but for clock steps, so its end is enough.
            let mut statement = connection.prepare_cached(
                "SELECT events, body FROM log JOIN tickets ON tickets.id = log.ticket
                 WHERE seq > (SELECT coalesce(max(seq), 0) - ?2 FROM log)
                   AND at >= ?1 AND instr(events, '\"page_ended\"') > 0 ORDER BY seq",
            )?;
            let mut rows = statement.query(params![at.0, SILENCES_LOOKED_THROUGH])?;
            let mut silenced: std::collections::BTreeMap<(TicketId, PersonId), Ticket> =
                std::collections::BTreeMap::new();
            while let Some(row) = rows.next()? {
                let text = |index| row.get_ref(index)?.as_str().map_err(StoreError::new);
                let events: Vec<Event> = serde_json::from_str(text(0)?)?;
                let ticket: Ticket = serde_json::from_str(text(1)?)?;
                for event in events {
                    if let Event::PageEnded { person, .. } = event
                        && !ticket.pages.iter().any(|page| page.person == person)
                    {
                        silenced.insert((ticket.id, person), ticket.clone());
                    }
                }
            }
            Ok(silenced
                .into_iter()
                .map(|((_, person), ticket)| (ticket, person))
                .collect())
        })
    }

    fn facts(&self) -> Result<Vec<(DeviceId, String, Millis)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached("SELECT device, facts, at FROM facts")?;
            let rows = statement.query_map([], |row| {
                Ok((
                    DeviceId::new(row.get::<_, String>(0)?),
                    row.get(1)?,
                    Millis(row.get(2)?),
                ))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn drills_since(&self, at: Millis) -> Result<Vec<DrillRecord>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT body FROM drills WHERE at >= ?1 ORDER BY at")?;
            bodies(statement.query([at.0])?)
        })
    }

    fn notices(&self) -> Result<Vec<StoredNotice>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT id, person, subject, body, at FROM notices
                 WHERE ended_at IS NULL ORDER BY id",
            )?;
            let rows = statement.query_map([], |row| {
                Ok(StoredNotice {
                    id: row.get(0)?,
                    person: PersonId::new(row.get::<_, String>(1)?),
                    subject: row.get(2)?,
                    body: row.get(3)?,
                    at: Millis(row.get(4)?),
                })
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn swaps(&self) -> Result<Vec<StoredSwap>, StoreError> {
        self.every_swap()
    }

    fn heartbeats(&self) -> Result<Vec<StoredHeartbeat>, StoreError> {
        self.every_heartbeat()
    }

    fn integration_keys(&self) -> Result<Vec<(SecretHash, String)>, StoreError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare("SELECT hash, integration FROM integration_keys")?;
            let rows = statement.query_map([], |row| Ok((SecretHash(row.get(0)?), row.get(1)?)))?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn calendar_keys(&self) -> Result<Vec<(SecretHash, PersonId)>, StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare("SELECT hash, person FROM calendar_keys")?;
            let rows = statement.query_map([], |row| {
                let person = PersonId::new(row.get::<_, String>(1)?);
                Ok((SecretHash(row.get(0)?), person))
            })?;
            Ok(rows.collect::<Result<_, _>>()?)
        })
    }

    fn config(&self) -> Result<Option<String>, StoreError> {
        self.read(|connection| {
            Ok(connection
                .query_row(
                    "SELECT text FROM configs ORDER BY number DESC LIMIT 1",
                    [],
                    |row| row.get(0),
                )
                .optional()?)
        })
    }

    fn configs(
        &self,
        until: Millis,
        visit: &mut dyn FnMut(&StoredConfig) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        self.read(|connection| {
            let mut statement = connection.prepare_cached(
                "SELECT at, text FROM configs WHERE at <= ?1 ORDER BY number DESC",
            )?;
            let mut rows = statement.query([until.0])?;
            while let Some(row) = rows.next()? {
                let config = StoredConfig {
                    at: Millis(row.get(0)?),
                    text: row.get(1)?,
                };
                if visit(&config).is_break() {
                    break;
                }
            }
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::super::conformance::conformance;
    use super::*;

    fn in_memory() -> impl Fn() -> (SqliteStore, SqliteReader) {
        let name = crate::secret::Secret::identifier();
        move || {
            let store = SqliteStore::in_memory(&name).unwrap();
            let reader = store.reader().unwrap();
            (store, reader)
        }
    }

    fn on_disk() -> impl Fn() -> (SqliteStore, SqliteReader) {
        let folder = tempfile::tempdir().unwrap();
        move || {
            let store = SqliteStore::open(&folder.path().join("tocsin.db")).unwrap();
            let reader = store.reader().unwrap();
            (store, reader)
        }
    }

    conformance!(memory, in_memory());
    conformance!(file, on_disk());

    #[test]
    fn data_of_a_newer_version_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tocsin.db");
        let newer = Connection::open(&path).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        let error = SqliteStore::open(&path).unwrap_err().to_string();
        assert!(error.contains("newer version of Tocsin"), "{error}");
    }

    #[test]
    fn every_commit_is_on_disk_before_it_returns() {
        let (store, _) = on_disk()();
        let full: i64 = store
            .connection
            .query_row("PRAGMA synchronous", [], |row| row.get(0))
            .unwrap();
        let mode: String = store
            .connection
            .query_row("PRAGMA journal_mode", [], |row| row.get(0))
            .unwrap();
        assert_eq!((full, mode.as_str()), (2, "wal"));
    }

    #[test]
    fn a_statement_is_compiled_once_whatever_it_is_asked() {
        let (store, reader) = on_disk()();
        let recompiled = |connection: &Connection| {
            let mut statement = connection
                .prepare(
                    "SELECT 1 FROM tickets
                     WHERE service = ?1 AND dedup_key = ?2 AND open = 0 AND opened_at >= ?3
                     LIMIT ?4",
                )
                .unwrap();
            for asked in 1..4 {
                let values = params!["checkout", format!("disk {asked}"), asked, asked];
                assert!(!statement.exists(values).unwrap());
            }
            statement.get_status(StatementStatus::RePrepare)
        };
        assert_eq!(recompiled(&store.connection), 0);
        assert_eq!(reader.read(|it| Ok(recompiled(it))).unwrap(), 0);
    }
}
