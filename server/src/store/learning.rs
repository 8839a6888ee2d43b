//! What is kept to learn from: documents in versions, and an index of past tickets.
//!
//! A runbook and a correction of error are both documents. A save adds a version and takes nothing
//! away, so whatever was ever saved can be read again.
//!
//! The full-text index is kept behind the log, by a cursor, and not by the transactions that open
//! and resolve tickets: those are what pages wait for, and a past ticket is no less past when it is
//! found a second later. What is in the index can be made again from the log.

use tocsin_learning::IndexText;
use tocsin_ticket::{Millis, PersonId, TeamId, Ticket, TicketId};

use super::StoreError;

/// The kinds of documents.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// What to do about an alarm; named by its team.
    Runbook,
    /// What was learnt from a ticket; named by the ticket's number.
    Coe,
}

/// Which document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentKey {
    /// Its kind.
    pub shelf: Shelf,
    /// Whose.
    pub team: TeamId,
    /// Its name, unique in shelf and team.
    pub name: String,
}

impl DocumentKey {
    /// The COE of a ticket.
    #[must_use]
    pub fn coe(ticket: &Ticket) -> Self {
        Self {
            shelf: Shelf::Coe,
            team: ticket.team.clone(),
            name: ticket.id.0.to_string(),
        }
    }
}

/// One version of a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDocument {
    /// Whose.
    pub team: TeamId,
    /// Its name.
    pub name: String,
    /// From 1, one more with each save.
    pub version: u32,
    /// When it was saved.
    pub at: Millis,
    /// By whom.
    pub by: PersonId,
    /// What it says, as JSON.
    pub body: String,
}

/// Something to keep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learn {
    /// A document's next version. Answered with [`Learned::Saved`] or [`Learned::Newer`].
    Save {
        /// Which document.
        key: DocumentKey,
        /// The version it was made from; 0 for a new document.
        base: u32,
        /// Who saves.
        by: PersonId,
        /// What it says, as JSON.
        body: String,
    },
    /// Past tickets for the index, and up to which log entry they are all. Answered with
    /// [`Learned::Done`].
    Index {
        /// The tickets; those that are in the index already stay as they are.
        tickets: Vec<(TicketId, TeamId, IndexText)>,
        /// The number of the last log entry that was looked at.
        until: u64,
    },
}

/// The answer to [`Learn`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Learned {
    /// It is this version now.
    Saved(u32),
    /// Nothing was saved: this version has come since, or the base never was.
    Newer {
        /// The newest version; 0 when there is none.
        version: u32,
        /// Who saved it.
        by: Option<PersonId>,
    },
    /// Done.
    Done,
}

/// What the index does not have yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Unindexed {
    /// Tickets that were resolved.
    pub tickets: Vec<Ticket>,
    /// The number of the last log entry that was looked at.
    pub until: u64,
}

/// Reads of what was learnt, beside the writer.
pub trait LearningReader {
    /// A document's newest version, or the one asked for.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn document(
        &self,
        key: &DocumentKey,
        version: Option<u32>,
    ) -> Result<Option<StoredDocument>, StoreError>;

    /// The newest versions of these teams' documents, by team and name.
    ///
    /// # Errors
    /// [`StoreError`].
    fn documents(&self, shelf: Shelf, teams: &[TeamId]) -> Result<Vec<StoredDocument>, StoreError>;

    /// Every version of a document, newest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn versions(&self, key: &DocumentKey) -> Result<Vec<StoredDocument>, StoreError>;

    /// What the index does not have yet, from at most `entries` log entries; `None` when it has
    /// everything.
    ///
    /// # Errors
    /// [`StoreError`].
    fn unindexed(&self, entries: u64) -> Result<Option<Unindexed>, StoreError>;

    /// Resolved tickets of the team with some of these words, the best matches first, of equals the
    /// newest. Words are letters and digits.
    ///
    /// # Errors
    /// [`StoreError`].
    fn past_tickets(
        &self,
        team: &TeamId,
        words: &[String],
        limit: usize,
    ) -> Result<Vec<Ticket>, StoreError>;
}
