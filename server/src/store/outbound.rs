//! What is told outside: how far each endpoint is, what it did not take, its secrets; and which
//! bridges are in use.
//!
//! Nothing is queued. What an endpoint has still to hear is in the log, after the place up to which
//! it has heard.

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Event, Millis, TeamId, TicketId};

use super::StoreError;
use crate::secret::Secret;

/// An event in the log: the number of the entry, and its place there from 0.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Place {
    /// The entry.
    pub seq: u64,
    /// Which of its events.
    pub nth: u32,
}

impl Place {
    /// The next event, if the entry has one more.
    #[must_use]
    pub const fn next(self) -> Self {
        Self {
            seq: self.seq,
            nth: self.nth + 1,
        }
    }
}

/// How far an endpoint is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// All before this is settled: told, not for it, or a dead letter.
    pub at: Place,
    /// Attempts in a row that came to nothing.
    #[serde(default)]
    pub failures: u32,
    /// How many of these were for the event that is next.
    #[serde(default)]
    pub attempts: u32,
    /// When to try again.
    pub next_at: Millis,
    /// Why the last attempt came to nothing.
    #[serde(default)]
    pub why: Option<String>,
    /// Since when it wants to hear no more: it answered 410.
    #[serde(default)]
    pub gone: Option<Millis>,
}

impl Standing {
    /// Of an endpoint that has never been tried, and is to hear what comes from `at` on.
    #[must_use]
    pub const fn new(at: Place) -> Self {
        Self {
            at,
            failures: 0,
            attempts: 0,
            next_at: Millis(0),
            why: None,
            gone: None,
        }
    }
}

/// An endpoint as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredEndpoint {
    /// Its id.
    pub id: String,
    /// By what it knows us; kept as it is, since each message is signed with it. Mailboxes have none.
    pub secret: Option<Secret>,
    /// The secret before, and until when it signs too.
    pub previous: Option<(Secret, Millis)>,
    /// How far it is.
    pub standing: Standing,
}

/// A message that was given up on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadLetter {
    /// Its number.
    pub id: u64,
    /// Whose.
    pub endpoint: String,
    /// What it was about.
    pub place: Place,
    /// Of which ticket.
    pub ticket: TicketId,
    /// The event's type, such as `ticket.opened`.
    pub event: String,
    /// When it happened.
    pub at: Millis,
    /// When it was given up on.
    pub died_at: Millis,
    /// How often it was tried.
    pub attempts: u32,
    /// What became of the last attempt.
    pub why: String,
    /// Whether somebody wants it sent again.
    pub wanted: bool,
}

/// One entry of a team's log.
#[derive(Debug, Clone, PartialEq)]
pub struct Logged {
    /// Its number.
    pub seq: u64,
    /// Of which ticket.
    pub ticket: TicketId,
    /// When.
    pub at: Millis,
    /// What happened.
    pub events: Vec<Event>,
}

/// Endpoints and dead letters within a transaction of the writer.
pub trait OutboundRows {
    /// Every endpoint.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn all(&mut self) -> Result<Vec<StoredEndpoint>, StoreError>;

    /// One of them.
    ///
    /// # Errors
    /// [`StoreError`].
    fn one(&mut self, id: &str) -> Result<Option<StoredEndpoint>, StoreError>;

    /// Keeps one as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put(&mut self, endpoint: &StoredEndpoint) -> Result<(), StoreError>;

    /// Forgets one with its dead letters.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget(&mut self, id: &str) -> Result<(), StoreError>;

    /// Where the next entry of the log will be.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_of_log(&mut self) -> Result<Place, StoreError>;

    /// Keeps a message that was given up on, under a number of its own; one about the same event is
    /// replaced.
    ///
    /// # Errors
    /// [`StoreError`].
    fn bury(&mut self, letter: &DeadLetter) -> Result<(), StoreError>;

    /// A dead letter arrived after all.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unbury(&mut self, endpoint: &str, place: Place) -> Result<(), StoreError>;

    /// Wants dead letters sent again: this one, or all. How many that are.
    ///
    /// # Errors
    /// [`StoreError`].
    fn want(&mut self, endpoint: &str, letter: Option<u64>) -> Result<u64, StoreError>;

    /// Whether the open conference of another ticket is at this address.
    ///
    /// # Errors
    /// [`StoreError`].
    fn is_met_at(&mut self, url: &str, except: TicketId) -> Result<bool, StoreError>;
}

/// The same, beside the writer.
pub trait OutboundReader {
    /// Every endpoint with how many dead letters it has.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn endpoints(&self) -> Result<Vec<(StoredEndpoint, u64)>, StoreError>;

    /// One endpoint.
    ///
    /// # Errors
    /// [`StoreError`].
    fn endpoint(&self, id: &str) -> Result<Option<StoredEndpoint>, StoreError>;

    /// Dead letters of an endpoint with numbers above `after`, smallest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn dead_letters(
        &self,
        endpoint: &str,
        after: u64,
        limit: usize,
    ) -> Result<Vec<DeadLetter>, StoreError>;

    /// The first dead letter of an endpoint that somebody wants sent again.
    ///
    /// # Errors
    /// [`StoreError`].
    fn wanted_letter(&self, endpoint: &str) -> Result<Option<DeadLetter>, StoreError>;

    /// Entries of a team's log from `seq` on, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn team_log(&self, team: &TeamId, seq: u64, limit: usize) -> Result<Vec<Logged>, StoreError>;

    /// Entries of a ticket up to and with `seq`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn ticket_log(&self, ticket: TicketId, seq: u64) -> Result<Vec<Logged>, StoreError>;
}
