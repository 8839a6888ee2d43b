//! Where tickets live. One contract, written as two traits; every store passes `conformance`.
//!
//! [`Store`] is the writer's side: all that changes goes through its one transaction at a time.
//! [`Reader`] is everybody else's: reads that never wait for the writer.

#[cfg(test)]
mod conformance;
pub mod guests;
pub mod handoffs;
pub mod heartbeats;
pub mod holds;
pub mod learning;
pub mod outbound;
mod sqlite;
pub mod swaps;

use std::ops::ControlFlow;

use serde::{Deserialize, Serialize};
use tocsin_report::History;
use tocsin_ticket::{
    DeliveryFailure, DeviceId, DrillId, Event, Millis, PersonId, Receipt, ServiceId, Severity,
    TeamId, Ticket, TicketId,
};
use tocsin_wire::{CommandId, Drill, PushAddress, PushChannel, ServerNotice};

pub use sqlite::{SqliteReader, SqliteStore};

use crate::audit::{Act, Doer, Sealed};
use crate::rights::ApiToken;
use guests::{GuestRows, GuestTicket, Sees};
use handoffs::{HandoffNote, HandoffRows, StoredHandoff};
use heartbeats::{HeartbeatRows, StoredHeartbeat};
use holds::{HoldReader, HoldRows};
use learning::{Learn, Learned, LearningReader};
use outbound::{OutboundReader, OutboundRows};
use swaps::{StoredSwap, SwapRows};

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
    /// Those of the tap's other tickets on which it was refused.
    pub also_refused: Vec<TicketId>,
}

/// A way to push to a device, as it was registered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredChannel {
    /// Whose.
    pub device: DeviceId,
    /// Where, and when it is used.
    pub channel: PushChannel,
    /// Since when the push service says that the address is dead, and its words.
    pub dead: Option<(Millis, String)>,
}

/// Why a device is tested.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DrillReason {
    /// Its owner's shift begins soon.
    BeforeShift,
    /// Its owner's shift has begun, and somebody else stays on call until a device of theirs has
    /// proved that it can ring.
    Handoff,
    /// As every night.
    Nightly,
    /// Somebody asked for it.
    Asked,
}

/// A drill, and how far it got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DrillRecord {
    /// What the device is told.
    pub drill: Drill,
    /// Whose device.
    pub person: PersonId,
    /// Which device.
    pub device: DeviceId,
    /// Why.
    pub why: DrillReason,
    /// The rungs it reached, oldest first.
    #[serde(default)]
    pub receipts: Vec<Receipt>,
    /// Attempts that came to nothing.
    #[serde(default)]
    pub failures: Vec<DeliveryFailure>,
}

/// Something to tell a person by any channel, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredNotice {
    /// Its number.
    pub id: u64,
    /// Whom.
    pub person: PersonId,
    /// One line.
    pub subject: String,
    /// What happened and what to do.
    pub body: String,
    /// Since when it is to be told.
    pub at: Millis,
}

impl StoredNotice {
    /// As phones read it.
    #[must_use]
    pub fn on_the_wire(&self) -> ServerNotice {
        ServerNotice {
            id: self.id,
            at: self.at,
            subject: self.subject.clone(),
            body: self.body.clone(),
        }
    }
}

/// A log entry with the ticket's newest state, as JSON ready to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredUpdate {
    /// Its number in the log.
    pub seq: u64,
    /// Which team may see it.
    pub team: TeamId,
    /// Which people of other teams, because they were asked to help. Known when it happens; whoever
    /// reads it later has asked for what they see.
    pub guests: Vec<PersonId>,
    /// Those of them whom it made one: they do not know the names in it yet.
    pub invited: Vec<PersonId>,
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

/// A configuration that was applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredConfig {
    /// Since when it was in force.
    pub at: Millis,
    /// The file as it was written.
    pub text: String,
}

/// By which rule nobody was paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HeldBy {
    /// Whichever.
    Any,
    /// The service's hold-off.
    HoldOff,
    /// Announced work.
    Maintenance,
    /// The on-call's quiet time.
    Quiet,
}

/// Which tickets to list.
#[derive(Debug, Clone, Default)]
pub struct TicketFilter {
    /// Only open ones.
    pub open_only: bool,
    /// Only those for which nobody was paged, by this rule or by any.
    pub held: Option<HeldBy>,
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

    /// The open ticket of this trouble, or of the group in which an alarm of this key fires.
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

    /// Forgets a device, with its ways and what it said about itself; its token is worthless from
    /// here on. `None`: there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove_device(&mut self, id: &DeviceId) -> Result<Option<Device>, StoreError>;

    /// A new API token.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_token(&mut self, token: &ApiToken) -> Result<(), StoreError>;

    /// Forgets an API token. `None`: there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn remove_token(&mut self, id: &str) -> Result<Option<ApiToken>, StoreError>;

    /// Writes what was done in this transaction into the audit log.
    ///
    /// # Errors
    /// [`StoreError`].
    fn audit(&mut self, at: Millis, actor: &Doer, act: &Act) -> Result<(), StoreError>;

    /// Makes `channels` all the ways to push to the device. An address that was dead and comes
    /// again is alive: the device has it from its push service.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_channels(
        &mut self,
        device: &DeviceId,
        channels: &[PushChannel],
        now: Millis,
    ) -> Result<(), StoreError>;

    /// Marks an address as dead. `false`: the device no longer has it, or it was dead before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn retire_channel(
        &mut self,
        device: &DeviceId,
        address: &PushAddress,
        why: &str,
        now: Millis,
    ) -> Result<bool, StoreError>;

    /// Keeps what a device says about itself.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_facts(&mut self, device: &DeviceId, facts: &str, now: Millis) -> Result<(), StoreError>;

    /// A drill by its id.
    ///
    /// # Errors
    /// [`StoreError`].
    fn drill(&mut self, id: &DrillId) -> Result<Option<DrillRecord>, StoreError>;

    /// Keeps a drill as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn put_drill(&mut self, drill: &DrillRecord) -> Result<(), StoreError>;

    /// Something to tell a person. `None`: it has been said under this key before.
    ///
    /// # Errors
    /// [`StoreError`].
    fn add_notice(
        &mut self,
        person: &PersonId,
        key: &str,
        subject: &str,
        body: &str,
        now: Millis,
    ) -> Result<Option<StoredNotice>, StoreError>;

    /// A notice has reached somebody.
    ///
    /// # Errors
    /// [`StoreError`].
    fn end_notice(&mut self, id: u64, now: Millis) -> Result<(), StoreError>;

    /// Makes `hash` the only key of the integration.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_integration_key(
        &mut self,
        integration: &str,
        hash: SecretHash,
    ) -> Result<(), StoreError>;

    /// Makes `hash` the only key of the person's calendars.
    ///
    /// # Errors
    /// [`StoreError`].
    fn set_calendar_key(&mut self, person: &PersonId, hash: SecretHash) -> Result<(), StoreError>;

    /// Keeps something to learn from.
    ///
    /// # Errors
    /// [`StoreError`].
    fn learn(&mut self, what: &Learn, now: Millis) -> Result<Learned, StoreError>;

    /// Heartbeats.
    fn heartbeats(&mut self) -> &mut dyn HeartbeatRows;

    /// Swaps of shifts.
    fn swaps(&mut self) -> &mut dyn SwapRows;

    /// What keeps tickets from paging.
    fn holds(&mut self) -> &mut dyn HoldRows;

    /// Guests of tickets.
    fn guests(&mut self) -> &mut dyn GuestRows;

    /// Handoffs.
    fn handoffs(&mut self) -> &mut dyn HandoffRows;

    /// What is told outside.
    fn outbound(&mut self) -> &mut dyn OutboundRows;

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

    /// When the silence of the next heartbeat becomes an alarm. Costs one index look-up.
    ///
    /// # Errors
    /// [`StoreError`].
    fn next_heartbeat(&mut self) -> Result<Option<Millis>, StoreError>;

    /// A secret of the server by its name, made by `make` when there is none yet.
    ///
    /// # Errors
    /// [`StoreError`].
    fn secret(
        &mut self,
        name: &str,
        make: &dyn Fn() -> Result<Vec<u8>, StoreError>,
    ) -> Result<Vec<u8>, StoreError>;

    /// The largest ticket number given so far; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError`].
    fn last_ticket(&mut self) -> Result<u64, StoreError>;
}

/// Reads beside the writer. Each call sees a consistent state.
pub trait Reader: LearningReader + OutboundReader + HoldReader + Send + Sync {
    /// The number of the newest log entry; 0 when there is none.
    ///
    /// # Errors
    /// [`StoreError`], as for everything here.
    fn last_seq(&self) -> Result<u64, StoreError>;

    /// Log entries that somebody sees after `seq`, oldest first, at most `limit`. A guest sees a
    /// ticket's from the one that made them its guest on.
    ///
    /// # Errors
    /// [`StoreError`].
    fn log_after(
        &self,
        sees: &Sees,
        seq: u64,
        limit: usize,
    ) -> Result<Vec<StoredUpdate>, StoreError>;

    /// Open tickets that somebody sees with numbers above `ticket`, smallest first, as JSON with
    /// their numbers.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_after(
        &self,
        sees: &Sees,
        ticket: u64,
        limit: usize,
    ) -> Result<Vec<(u64, String)>, StoreError>;

    /// Tickets that somebody sees, newest first, as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    fn tickets(&self, sees: &Sees, filter: &TicketFilter) -> Result<Vec<String>, StoreError>;

    /// One ticket that somebody sees, as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    fn ticket(&self, sees: &Sees, id: TicketId) -> Result<Option<String>, StoreError>;

    /// The open tickets that somebody is a guest of.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_as_guest(&self, person: &PersonId) -> Result<Vec<GuestTicket>, StoreError>;

    /// The newest handoff of each team.
    ///
    /// # Errors
    /// [`StoreError`].
    fn handoffs(&self) -> Result<Vec<StoredHandoff>, StoreError>;

    /// The notes for a team's handoff since an instant, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn handoff_notes(&self, team: &TeamId, since: Millis) -> Result<Vec<HandoffNote>, StoreError>;

    /// The open tickets of a service, newest first, as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    fn open_tickets_at(&self, service: &ServiceId) -> Result<Vec<String>, StoreError>;

    /// Everything that happened to a ticket, oldest first, each a `tocsin_wire::Entry` as JSON.
    ///
    /// # Errors
    /// [`StoreError`].
    fn timeline(&self, id: TicketId) -> Result<Vec<String>, StoreError>;

    /// Everything that ever happened to each ticket of these teams to which something happened in
    /// `from..until`, oldest ticket first, one ticket in memory at a time.
    ///
    /// # Errors
    /// [`StoreError`]; what was visited by then was right.
    fn histories(
        &self,
        teams: &[TeamId],
        from: Millis,
        until: Millis,
        visit: &mut dyn FnMut(&History),
    ) -> Result<(), StoreError>;

    /// Every enrolled device.
    ///
    /// # Errors
    /// [`StoreError`].
    fn devices(&self) -> Result<Vec<Device>, StoreError>;

    /// Every API token, also expired ones.
    ///
    /// # Errors
    /// [`StoreError`].
    fn tokens(&self) -> Result<Vec<ApiToken>, StoreError>;

    /// Entries of the audit log with numbers above `number`, smallest first, at most `limit`.
    ///
    /// # Errors
    /// [`StoreError`].
    fn audit_after(&self, number: u64, limit: usize) -> Result<Vec<Sealed>, StoreError>;

    /// Every way to push to a device, in each device's order.
    ///
    /// # Errors
    /// [`StoreError`].
    fn channels(&self) -> Result<Vec<StoredChannel>, StoreError>;

    /// Tickets with live pages after this one, the most severe first, then the oldest.
    ///
    /// # Errors
    /// [`StoreError`].
    fn paging_after(
        &self,
        after: Option<(Severity, TicketId)>,
        limit: usize,
    ) -> Result<Vec<Ticket>, StoreError>;

    /// Whose pages ended since `at` without a live one in their place, with the ticket as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn silenced_since(&self, at: Millis) -> Result<Vec<(Ticket, PersonId)>, StoreError>;

    /// What every device last said about itself, as JSON, and when.
    ///
    /// # Errors
    /// [`StoreError`].
    fn facts(&self) -> Result<Vec<(DeviceId, String, Millis)>, StoreError>;

    /// Drills ordered since `at`, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn drills_since(&self, at: Millis) -> Result<Vec<DrillRecord>, StoreError>;

    /// What is still to be told.
    ///
    /// # Errors
    /// [`StoreError`].
    fn notices(&self) -> Result<Vec<StoredNotice>, StoreError>;

    /// Every heartbeat as it stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn heartbeats(&self) -> Result<Vec<StoredHeartbeat>, StoreError>;

    /// Every swap of shifts, oldest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn swaps(&self) -> Result<Vec<StoredSwap>, StoreError>;

    /// Every integration's key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn integration_keys(&self) -> Result<Vec<(SecretHash, String)>, StoreError>;

    /// The key of each person's calendars.
    ///
    /// # Errors
    /// [`StoreError`].
    fn calendar_keys(&self) -> Result<Vec<(SecretHash, PersonId)>, StoreError>;

    /// The configuration applied last.
    ///
    /// # Errors
    /// [`StoreError`].
    fn config(&self) -> Result<Option<String>, StoreError>;

    /// The configurations applied until an instant, newest first, one in memory at a time, for as
    /// long as `visit` wants more.
    ///
    /// # Errors
    /// [`StoreError`]; what was visited by then was right.
    fn configs(
        &self,
        until: Millis,
        visit: &mut dyn FnMut(&StoredConfig) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;
}
