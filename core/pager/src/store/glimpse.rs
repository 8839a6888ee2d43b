//! What another process of the app may know: iOS's notification service extension.
//!
//! A plain file, replaced whole, beside which the store itself stays where only the app reads it:
//! iOS ends an app that is suspended while it holds a lock on a file that others share, and SQLite's
//! are such locks
//! (<https://developer.apple.com/documentation/xcode/sigkill>, `0xDEAD10CC`). It is small however many
//! tickets the device keeps, and its fields may only be added to, because after an update the
//! extension may run before the app has.

use std::path::Path;

use serde::{Deserialize, Serialize};
use tocsin_wire::{Directory, Duty, Me, PhoneRules};

use super::{Account, Store, StoreError, json_rows, meta, secrets};
use crate::engine::{Change, KnownDuty, QueuedTap, Saved};
use crate::net::Server;

/// What is left for other processes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Glimpse {
    server: Server,
    me: Me,
    #[serde(default)]
    person_name: String,
    #[serde(default)]
    directory: Directory,
    #[serde(default)]
    clock_offset_ms: Option<i64>,
    /// Taps that the server has not answered: what they are for need not ring.
    #[serde(default)]
    taps: Vec<QueuedTap>,
    /// Whether a locked phone may show what a page is about.
    #[serde(default)]
    rules: PhoneRules,
}

/// Whether a change is one that a glimpse shows.
pub fn shows(change: &Change) -> bool {
    matches!(
        change,
        Change::Me(_)
            | Change::Directory(_)
            | Change::ClockOffset { .. }
            | Change::AddTap(_)
            | Change::Duty(_)
            | Change::RemoveTap(_)
    )
}

impl Glimpse {
    pub(super) fn of(store: &Store) -> Result<Self, StoreError> {
        let db = &store.connection;
        let account = store.account()?.ok_or(StoreError::NotEnrolled)?;
        Ok(Self {
            server: account.server,
            me: account.me,
            person_name: account.person_name,
            directory: meta(db, "directory")?.unwrap_or_default(),
            clock_offset_ms: meta(db, "clock_offset_ms")?,
            taps: json_rows(db, "outbox", &mut true)?,
            rules: meta::<KnownDuty>(db, "duty")?
                .unwrap_or_default()
                .duty
                .rules,
        })
    }

    pub(super) fn leave(&self, file: &Path) -> Result<(), StoreError> {
        Ok(secrets::replace(file, &serde_json::to_string(self)?)?)
    }

    /// Reads what [`Store::leave_glimpse`] left.
    ///
    /// # Errors
    /// [`StoreError`] when there is none, or it cannot be read.
    pub fn read(file: &Path) -> Result<Self, StoreError> {
        Ok(serde_json::from_slice(&std::fs::read(file)?)?)
    }

    /// Whose device it is, and of which server.
    #[must_use]
    pub fn account(&self) -> Account {
        Account {
            server: self.server.clone(),
            me: self.me.clone(),
            person_name: self.person_name.clone(),
        }
    }

    /// A phone that knows this much and no more.
    #[must_use]
    pub fn saved(self) -> Saved {
        Saved {
            directory: self.directory,
            clock_offset_ms: self.clock_offset_ms,
            taps: self.taps,
            duty: KnownDuty {
                duty: Duty {
                    rules: self.rules,
                    ..Duty::default()
                },
                ..KnownDuty::default()
            },
            ..Saved::new(self.me, self.person_name)
        }
    }
}
