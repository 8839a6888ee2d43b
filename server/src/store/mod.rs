//! Where tickets live. One contract, written as two traits; every store passes `conformance`.
//!
//! [`Store`] is the writer's side: all that changes goes through its one transaction at a time.
//! [`Reader`] is everybody else's: reads that never wait for the writer.

#[cfg(test)]
mod conformance;
mod sqlite;

use tocsin_directory::Directory;
use tocsin_ticket::{DeviceId, Event, Millis, PersonId, ServiceId, TeamId, Ticket, TicketId};
use tocsin_wire::CommandId;

pub use sqlite::{SqliteReader, SqliteStore};

use crate::secret::SecretHash;

/// The store failed; nothing of the transaction was kept.
#[derive(Debug, Clone, thiserror::Error)]
#[error("store: {0}")]
pub struct StoreError(String);

impl StoreError {
    /// A failure described by whatever failed.
    pub fn new(what: impl core::fmt::Display) -> Self {
        Self(what.to_string())
    }
}

/// A device as the server knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// Its id.
    pub id: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// What they call it.
    pub name: String,
    /// Whether it may configure the server.
    pub admin: bool,
    /// Hash of its token.
    pub token: SecretHash,
}

impl Device {
    /// The teams whose tickets this device may see: those of its person, or all of them for an
    /// administrator's.
    #[must_use]
    pub fn teams(&self, directory: &Directory) -> Vec<TeamId> {
        if self.admin {
            directory.config().teams().keys().cloned().collect()
        } else {
            directory.teams_of(&self.person).to_vec()
        }
    }
}

/// An enrolment code that was given out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Code {
    /// Hash of the code.
    pub hash: SecretHash,
    /// Whose device it enrols.
    pub person: PersonId,
    /// Whether the device may configure the server.
    pub admin: bool,
    /// From when on it is worthless.
    pub expires_at: Millis,
}

/// How a command was answered, for when it comes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// The ticket it was about.
    pub ticket: TicketId,
    /// `None` when accepted, the refusal as JSON otherwise.
    pub refusal: Option<String>,
}

/// A log entry with the ticket's newest state, as JSON ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpdate {
    /// Its number in the log.
    pub seq: u64,
    /// Which team may see it.
    pub team: TeamId,
    /// A `tocsin_wire::Update`.
    pub json: String,
}

/// Builds the JSON of a `tocsin_wire::Update` from parts that are JSON already: the log keeps
/// text, and sending an entry should not parse it first.
#[must_use]
pub fn update_json(seq: u64, at: Millis, events: &str, ticket: &str) -> String {
    format!(
        r#"{{"seq":{seq},"at":{},"events":{events},"ticket":{ticket}}}"#,
        at.0
    )
}

/// Which tickets to list.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Only open ones.
    pub open_only: bool,
    /// Only those with smaller numbers.
    pub before: Option<u64>,
    /// At most this many.
    pub limit: usize,
}

/// One transaction of the writer. Reads see what was written earlier in it.
pub trait Transaction {
    /// A ticket by number.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn ticket(&mut self, id: TicketId) -> Result<Option<Ticket>, StoreError>;

    /// The open ticket of this trouble.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_ticket(
        &mut self,
        service: &ServiceId,
        dedup_key: &str,
    ) -> Result<Option<Ticket>, StoreError>;

    /// Appends what happened to the log and makes `ticket` the ticket's row.
    ///
    /// # Errors
    /// [`StoreError`], also when a second open ticket for the same (service, dedup key) would
    /// come to be.
    fn append(
        &mut self,
        ticket: &Ticket,
        events: &[Event],
        at: Millis,
    ) -> Result<StoredUpdate, StoreError>;

    /// Tickets whose deadline is due at `now`, earliest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn due(&mut self, now: Millis, limit: usize) -> Result<Vec<Ticket>, StoreError>;

    /// Open tickets of this owner.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_tickets_of(&mut self, owner: &PersonId) -> Result<Vec<Ticket>, StoreError>;

    /// How a command was answered before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn answered(&mut self, command: &CommandId) -> Result<Option<Answered>, StoreError>;

    /// Remembers how a command was answered.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remember(
        &mut self,
        command: &CommandId,
        answered: &Answered,
        at: Millis,
    ) -> Result<(), StoreError>;

    /// Forgets the answers to commands from before `at`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn forget_answers_before(&mut self, at: Millis) -> Result<(), StoreError>;

    /// Gives out an enrolment code. Older codes of the same person are worthless from here on.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_code(&mut self, code: &Code) -> Result<(), StoreError>;

    /// Uses up a code: a second call finds nothing. Expired codes are not found.
    ///
    /// # Errors
    /// [`StoreError`].
    fn take_code(&mut self, hash: SecretHash, now: Millis) -> Result<Option<Code>, StoreError>;

    /// A new device.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_device(&mut self, device: &Device, now: Millis) -> Result<(), StoreError>;

    /// Makes `hash` the only key of the integration.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_integration_key(
        &mut self,
        integration: &str,
        hash: SecretHash,
    ) -> Result<(), StoreError>;

    /// Keeps a configuration that was applied.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_config(&mut self, text: &str, by: &PersonId, at: Millis) -> Result<(), StoreError>;
}

/// The work of one transaction.
pub type Work<'a> = dyn FnMut(&mut dyn Transaction) -> Result<(), StoreError> + 'a;

/// The writer's side. There is one writer at a time.
pub trait Store: Send {
    /// Runs `work` in one transaction. When this returns `Ok`, all of it is on disk and survives a
    /// power cut; on `Err` none of it happened.
    ///
    /// # Errors
    /// What `work` returned, or that the commit failed.
    fn transaction(&mut self, work: &mut Work<'_>) -> Result<(), StoreError>;

    /// When the earliest deadline is due. Costs one index look-up, whatever the number of tickets.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_due(&mut self) -> Result<Option<Millis>, StoreError>;

    /// The largest ticket number given so far; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_ticket(&mut self) -> Result<u64, StoreError>;
}

/// Reads beside the writer. Each call sees a consistent state.
pub trait Reader: Send + Sync {
    /// The number of the newest log entry; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn last_seq(&self) -> Result<u64, StoreError>;

    /// Log entries of these teams after `seq`, oldest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn log_after(
        &self,
        teams: &[TeamId],
        seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredUpdate>, StoreError>;

    /// Open tickets of these teams with numbers above `ticket`, smallest first, as JSON with their
    /// numbers.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_after(
        &self,
        teams: &[TeamId],
        ticket: u64,
        limit: usize,
    ) -> Result<Vec<(u64, String)>, StoreError>;

    /// Tickets of these teams, newest first, as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    fn tickets(&self, teams: &[TeamId], filter: &TicketFilter) -> Result<Vec<String>, StoreError>;

    /// One ticket of these teams, as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    fn ticket(&self, teams: &[TeamId], id: TicketId) -> Result<Option<String>, StoreError>;

    /// Everything that happened to a ticket, oldest first, each a `tocsin_wire::Entry` as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    fn timeline(&self, id: TicketId) -> Result<Vec<String>, StoreError>;

    /// Every enrolled device.
    ///
    /// # Errors
    /// [`StoreError`].
    fn devices(&self) -> Result<Vec<Device>, StoreError>;

    /// Every integration's key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn integration_keys(&self) -> Result<Vec<(SecretHash, String)>, StoreError>;

    /// The configuration applied last.
    ///
    /// # Errors
    /// [`StoreError`].
    fn config(&self) -> Result<Option<String>, StoreError>;
}
