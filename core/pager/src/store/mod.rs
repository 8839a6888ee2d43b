//! The device's file: what the phone must not forget when it is killed.
//!
//! SQLite in WAL mode with `synchronous=FULL`, so a batch given to [`Store::commit`] is on disk
//! whole when that returns, and after a crash is there whole or not at all. The device's token and
//! keys are kept by a [`Secrets`] port, not here. The file is readable by its owner only, since tickets
//! are the team's business and addresses for pushes are the device's.

mod glimpse;
mod migrations;
mod secrets;
#[cfg(test)]
mod tests;

use core::time::Duration;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tocsin_ticket::{PageId, Rung, TicketId};
use tocsin_wire::{Entry, Me};

use crate::engine::{Change, Notice, QueuedReceipt, QueuedTap, Report, Saved};
use crate::net::Server;

pub use glimpse::Glimpse;
pub use secrets::{SecretError, Secrets, TokenFile};

/// Another process with the file open (a second pager, a backup) is waited for this long.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Lines of one ticket's timeline that are kept, the newest.
const ENTRIES_KEPT: u32 = 1000;

/// Why the device's file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Made by a newer version of this program.
    #[error(
        "store: expected version {known} or older, got {found}; update this program, or enrol the \
         device again with a new file"
    )]
    Newer {
        /// The file's version.
        found: u32,
        /// The newest that this program knows.
        known: u32,
    },
    /// The device was never enrolled.
    #[error("store: this device is not enrolled; enrol it with a code from your administrator")]
    NotEnrolled,
    /// The device is enrolled already.
    #[error(
        "store: this device is enrolled already; move the file away to enrol it again, taps that \
         were not sent are lost then"
    )]
    EnrolledAlready,
    /// The disk or the file failed.
    #[error("store: {0}; free some space or check the disk")]
    Sqlite(#[from] rusqlite::Error),
    /// The file could not be made.
    #[error("store: {0}")]
    Io(#[from] std::io::Error),
    /// Something could not be written as JSON.
    #[error("store: {0}")]
    Json(#[from] serde_json::Error),
}

/// Whose device this is, and of which server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The server.
    pub server: Server,
    /// The person and the device.
    pub me: Me,
    /// The person's name.
    pub person_name: String,
}

/// The open file.
#[derive(Debug)]
pub struct Store {
    connection: Connection,
    /// Where a [`Glimpse`] is left.
    glimpse: Option<PathBuf>,
}

impl Store {
    /// Opens the file, makes it if it is not there, and brings it up to this version.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be opened, or a newer program made it.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        secrets::touch_private(path)?;
        Self::set_up(Connection::open(path)?)
    }

    /// A store that lasts as long as the value, for tests.
    ///
    /// # Errors
    /// [`StoreError`] when SQLite fails.
    pub fn open_in_memory() -> Result<Self, StoreError> {
        Self::set_up(Connection::open_in_memory()?)
    }

    fn set_up(mut connection: Connection) -> Result<Self, StoreError> {
        connection.busy_timeout(BUSY_TIMEOUT)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        migrations::run(&mut connection)?;
        Ok(Self {
            connection,
            glimpse: None,
        })
    }

    /// Writes down whose device this is, once.
    ///
    /// # Errors
    /// [`StoreError::EnrolledAlready`], or that it could not be written.
    pub fn enroll(&mut self, account: &Account) -> Result<(), StoreError> {
        let transaction = begin(&mut self.connection)?;
        if meta::<Me>(&transaction, "me")?.is_some() {
            return Err(StoreError::EnrolledAlready);
        }
        set_meta(&transaction, "me", &account.me)?;
        set_meta(&transaction, "server", &account.server)?;
        set_meta(&transaction, "person_name", &account.person_name)?;
        Ok(transaction.commit()?)
    }

    /// Whose device this is; `None` before [`Store::enroll`].
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn account(&self) -> Result<Option<Account>, StoreError> {
        let Some(me) = meta(&self.connection, "me")? else {
            return Ok(None);
        };
        let Some(server) = meta(&self.connection, "server")? else {
            return Ok(None);
        };
        let person_name = meta(&self.connection, "person_name")?.unwrap_or_default();
        Ok(Some(Account {
            server,
            me,
            person_name,
        }))
    }

    /// Everything that was committed.
    ///
    /// A row that this version cannot read, as after a downgrade, is left out; the cursor then is
    /// too, so that the server is asked for a snapshot, which heals it.
    ///
    /// # Errors
    /// [`StoreError::NotEnrolled`], or that the file cannot be read.
    pub fn load(&self) -> Result<Saved, StoreError> {
        let db = &self.connection;
        let account = self.account()?.ok_or(StoreError::NotEnrolled)?;
        let mut whole = true;
        let tickets = rows(
            db,
            "SELECT json, stale FROM tickets ORDER BY id",
            &mut whole,
            |row| Ok((row.get::<_, String>(0)?, row.get(1)?)),
            |(json, stale): (String, bool)| Some((Arc::new(read(&json)?), stale)),
        )?;
        let taps: Vec<QueuedTap> = json_rows(db, "outbox", &mut whole)?;
        let receipts: Vec<QueuedReceipt> = json_rows(db, "receipts WHERE NOT sent", &mut whole)?;
        let notices: Vec<Notice> = json_rows(db, "notices", &mut whole)?;
        let reached: Vec<(PageId, Rung)> = rows(
            db,
            "SELECT json FROM receipts ORDER BY number",
            &mut whole,
            |row| row.get::<_, String>(0),
            |json| read::<QueuedReceipt>(&json),
        )?
        .into_iter()
        .filter_map(|receipt| match receipt.report {
            Report::Page(report) => Some((report.page, report.rung)),
            Report::Drill(_) => None,
        })
        .collect();
        if !whole {
            tracing::warn!("the store has rows this version cannot read; syncing afresh");
        }
        Ok(Saved {
            me: account.me,
            person_name: account.person_name,
            cursor: meta(db, "cursor")?.filter(|_| whole),
            directory: meta(db, "directory")?.unwrap_or_default(),
            clock_offset_ms: meta(db, "clock_offset_ms")?,
            read_as_of: meta(db, "read_as_of")?,
            duty: meta(db, "duty")?.unwrap_or_default(),
            drills: meta(db, "drills")?.unwrap_or_default(),
            contact: meta(db, "contact")?,
            offline_window: meta(db, "offline_window")?,
            push_channels: meta(db, "push_channels")?,
            push_taken: meta(db, "push_taken")?,
            tickets,
            taps,
            receipts,
            batched_through: meta(db, "batched_through")?,
            reached,
            notices,
            next_number: meta(db, "next_number")?.unwrap_or(1),
        })
    }

    /// A ticket's timeline as far as this device has seen it, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] when the file cannot be read.
    pub fn timeline(&self, ticket: TicketId) -> Result<Vec<Entry>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT json FROM entries WHERE ticket = ? ORDER BY seq")?;
        let lines = statement.query_map([ticket.0.cast_signed()], |row| row.get(0))?;
        let mut entries = Vec::new();
        for line in lines {
            let line: String = line?;
            entries.extend(read::<Entry>(&line));
        }
        Ok(entries)
    }

    /// Leaves a [`Glimpse`] in this file, now and whenever it changes. Failing to is written down and
    /// no more: whoever misses it takes a push at its word.
    pub fn leave_glimpse(&mut self, file: PathBuf) {
        self.glimpse = Some(file);
        self.refresh_glimpse();
    }

    fn refresh_glimpse(&self) {
        let Some(file) = &self.glimpse else { return };
        let left = Glimpse::of(self).and_then(|glimpse| glimpse.leave(file));
        if let Err(error) = left {
            tracing::warn!("what extensions may see is out of date: {error}");
        }
    }

    /// Puts all changes on disk, in order, or none of them.
    ///
    /// # Errors
    /// [`StoreError`] when they could not be; nothing was changed then.
    pub fn commit(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        let transaction = begin(&mut self.connection)?;
        for change in changes {
            apply(&transaction, change)?;
        }
        transaction.commit()?;
        if changes.iter().any(glimpse::shows) {
            self.refresh_glimpse();
        }
        Ok(())
    }
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    Ok(connection.transaction_with_behavior(TransactionBehavior::Immediate)?)
}

fn apply(db: &Connection, change: &Change) -> Result<(), StoreError> {
    let run = |sql: &str, params: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        db.prepare_cached(sql)?.execute(params)?;
        Ok(())
    };
    match change {
        Change::Cursor(cursor) => set_meta(db, "cursor", cursor),
        Change::Me(me) => set_meta(db, "me", me),
        Change::Directory(directory) => set_meta(db, "directory", directory),
        Change::ClockOffset { offset_ms } => set_meta(db, "clock_offset_ms", offset_ms),
        Change::MarkStale => run("UPDATE tickets SET stale = TRUE", &[]),
        Change::PutTicket(ticket) => run(
            "INSERT OR REPLACE INTO tickets (id, stale, json) VALUES (?, FALSE, ?)",
            params![ticket.id.0.cast_signed(), serde_json::to_string(ticket)?],
        ),
        Change::ForgetTicket(ticket) => {
            let id = ticket.0.cast_signed();
            run("DELETE FROM tickets WHERE id = ?", params![id])?;
            run("DELETE FROM entries WHERE ticket = ?", params![id])
        }
        Change::AddEntry { ticket, entry } => {
            let id = ticket.0.cast_signed();
            run(
                "INSERT OR IGNORE INTO entries (ticket, seq, json) VALUES (?, ?, ?)",
                params![id, entry.seq.cast_signed(), serde_json::to_string(entry)?],
            )?;
            run(
                "DELETE FROM entries WHERE ticket = ?1 AND seq <= (SELECT seq FROM entries \
                 WHERE ticket = ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2)",
                params![id, ENTRIES_KEPT],
            )
        }
        Change::AddTap(tap) => {
            run(
                "INSERT OR REPLACE INTO outbox (number, id, json) VALUES (?, ?, ?)",
                params![
                    tap.number.cast_signed(),
                    tap.request.id.as_str(),
                    serde_json::to_string(tap)?
                ],
            )?;
            number_given(db, tap.number)
        }
        Change::RemoveTap(id) => run("DELETE FROM outbox WHERE id = ?", params![id.as_str()]),
        Change::AddReceipt(receipt) => {
            run(
                "INSERT OR REPLACE INTO receipts (number, page, sent, json) \
                 VALUES (?, ?, FALSE, ?)",
                params![
                    receipt.number.cast_signed(),
                    page_of(receipt),
                    serde_json::to_string(receipt)?
                ],
            )?;
            number_given(db, receipt.number)
        }
        Change::BatchReceipts { through } => set_meta(db, "batched_through", through),
        Change::ReadAsOf(as_of) => set_meta(db, "read_as_of", as_of),
        Change::Duty(duty) => set_meta(db, "duty", duty),
        Change::Drills(drills) => set_meta(db, "drills", drills),
        Change::Contact(at) => set_meta(db, "contact", at),
        Change::OfflineWindow(Some(window)) => set_meta(db, "offline_window", window),
        Change::OfflineWindow(None) => run("DELETE FROM meta WHERE key = 'offline_window'", &[]),
        Change::PushChannels(channels) => {
            set_meta(db, "push_channels", channels)?;
            run("DELETE FROM meta WHERE key = 'push_taken'", &[])
        }
        Change::PushTaken(device) => set_meta(db, "push_taken", device),
        Change::ReceiptsSent { through } => {
            run(
                "DELETE FROM receipts WHERE number <= ? AND page = ''",
                params![through.cast_signed()],
            )?;
            run(
                "UPDATE receipts SET sent = TRUE WHERE number <= ?",
                params![through.cast_signed()],
            )?;
            run("DELETE FROM meta WHERE key = 'batched_through'", &[])
        }
        Change::ForgetReceipts(page) => run(
            "DELETE FROM receipts WHERE page = ? AND sent",
            params![page.to_string()],
        ),
        Change::AddNotice(notice) => {
            run(
                "INSERT OR REPLACE INTO notices (number, json) VALUES (?, ?)",
                params![notice.number.cast_signed(), serde_json::to_string(notice)?],
            )?;
            number_given(db, notice.number)
        }
        Change::RemoveNotice { number } => run(
            "DELETE FROM notices WHERE number = ?",
            params![number.cast_signed()],
        ),
    }
}

/// The page that a receipt is about, as the table has it; empty for a drill's, which need not be
/// remembered once it is sent.
fn page_of(receipt: &QueuedReceipt) -> String {
    let page = receipt.report.page();
    page.map(|page| page.to_string()).unwrap_or_default()
}

/// Numbers are never given twice, not even after the row of the largest one is gone.
fn number_given(db: &Connection, number: u64) -> Result<(), StoreError> {
    set_meta(db, "next_number", &(number + 1))
}

fn set_meta(db: &Connection, key: &str, value: &impl Serialize) -> Result<(), StoreError> {
    db.prepare_cached("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)")?
        .execute(params![key, serde_json::to_string(value)?])?;
    Ok(())
}

fn meta<T: DeserializeOwned>(db: &Connection, key: &str) -> Result<Option<T>, StoreError> {
    let json: Option<String> = db
        .prepare_cached("SELECT value FROM meta WHERE key = ?")?
        .query_row([key], |row| row.get(0))
        .optional()?;
    Ok(json.as_deref().and_then(read))
}

fn read<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json).ok()
}

fn json_rows<T: DeserializeOwned>(
    db: &Connection,
    table: &str,
    whole: &mut bool,
) -> Result<Vec<T>, StoreError> {
    rows(
        db,
        &format!("SELECT json FROM {table} ORDER BY number"),
        whole,
        |row| row.get::<_, String>(0),
        |json| read(&json),
    )
}

/// The rows that `understand` can read; `whole` becomes false when there are others.
fn rows<R, T>(
    db: &Connection,
    sql: &str,
    whole: &mut bool,
    get: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<R>,
    mut understand: impl FnMut(R) -> Option<T>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut read = Vec::new();
    for row in statement.query_map([], get)? {
        match understand(row?) {
            Some(row) => read.push(row),
            None => *whole = false,
        }
    }
    Ok(read)
}
