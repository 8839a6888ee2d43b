//! The shape of the file, version by version. A version that was released is never changed.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// `MIGRATIONS[n]` makes version `n + 1` out of version `n`.
pub const MIGRATIONS: &[&str] = &["
    CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE tickets (id INTEGER PRIMARY KEY, stale INTEGER NOT NULL, json TEXT NOT NULL) STRICT;
    CREATE TABLE entries (
        ticket INTEGER NOT NULL, seq INTEGER NOT NULL, json TEXT NOT NULL,
        PRIMARY KEY (ticket, seq)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE outbox (number INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, json TEXT NOT NULL) STRICT;
    CREATE TABLE receipts (
        number INTEGER PRIMARY KEY, page TEXT NOT NULL, sent INTEGER NOT NULL, json TEXT NOT NULL
    ) STRICT;
    CREATE INDEX receipts_by_page ON receipts (page);
    CREATE TABLE notices (number INTEGER PRIMARY KEY, json TEXT NOT NULL) STRICT;
"];

/// Brings the file to the newest version, each step in a transaction of its own.
pub fn run(connection: &mut Connection) -> Result<(), StoreError> {
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0))?;
        if found > known {
            return Err(StoreError::Newer { found, known });
        }
        let Some(next) = MIGRATIONS.get(found as usize) else {
            return Ok(());
        };
        transaction.execute_batch(next)?;
        transaction.pragma_update(None, "user_version", found + 1)?;
        transaction.commit()?;
    }
}
