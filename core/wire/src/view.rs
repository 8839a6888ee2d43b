//! A ticket as a phone sees it. The server sends its own `Ticket`; this reads it, whatever version.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tocsin_ticket::{
    Bridge, DeadlineKind, Extension, Group, HelpAnswer, HelpTarget, HoldRule, IncidentRole, Level,
    Millis, Missed, PageId, PageReason, PersonId, Receipt, Role, ServiceId, Severity, Stamp,
    StatusUpdate, TeamId, Ticket, TicketId, TicketState, Timer,
};

use crate::Known;

/// A page as a phone sees it. See `tocsin_ticket::Page` for the meaning of the fields.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub struct PageView {
    pub id: PageId,
    pub person: PersonId,
    pub role: Known<Role>,
    pub reason: Known<PageReason>,
    pub at: Millis,
    pub expires_at: Millis,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Known<Missed>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<u32>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Known<Receipt>>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The running limit as a phone sees it. See `tocsin_ticket::Deadline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub struct DeadlineView {
    pub generation: u32,
    pub due: Millis,
    pub kind: Known<DeadlineKind>,
    pub next: Vec<PersonId>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A conference as a phone sees it. See `tocsin_ticket::Conference`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub struct ConferenceView {
    pub bridge: Bridge,
    pub since: Millis,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<PersonId, Known<IncidentRole>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub joined: BTreeMap<PersonId, Millis>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Millis>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A call for help as a phone sees it. See `tocsin_ticket::Help`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub struct HelpView {
    pub number: u32,
    pub by: PersonId,
    pub at: Millis,
    pub target: Known<HelpTarget>,
    pub message: String,
    pub asked: Vec<PersonId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Known<Level>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<HelpAnswer>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub exhausted: bool,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A hold as a phone sees it. See `tocsin_ticket::Hold`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub struct HoldView {
    pub until: Millis,
    pub rule: Known<HoldRule>,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A ticket as a phone sees it. See `tocsin_ticket::Ticket` for the meaning of the fields.
///
/// Each update carries the whole ticket as it stands, so a phone that does not know an event still
/// shows the right state, and a missed update is healed by the next one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[allow(missing_docs)]
pub struct TicketView {
    pub id: TicketId,
    pub version: u64,
    pub team: TeamId,
    pub service: ServiceId,
    pub dedup_key: String,
    pub severity: Known<Severity>,
    pub title: String,
    pub source: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
    pub state: Known<TicketState>,
    pub state_since: Millis,
    pub owner: PersonId,
    pub opened_at: Millis,
    pub repeats: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_in: Option<Known<Stamp>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work_started: Option<Known<Stamp>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Known<Stamp>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pages: Vec<PageView>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<DeadlineView>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Known<Timer>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hold: Option<Known<HoldView>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub group: Option<Known<Group>>,
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub flapping: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub extended: Option<Known<Extension>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conference: Option<Known<ConferenceView>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_update: Option<Known<StatusUpdate>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub helps: Vec<Known<HelpView>>,
    /// From a push: without details, and with this person's pages only. A whole copy of the same
    /// version takes its place.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub partial: bool,
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl TicketView {
    /// A ticket as phones of this version read it.
    ///
    /// # Errors
    /// When what is written cannot be read back, which would be a defect of this crate.
    pub fn of(ticket: &Ticket) -> serde_json::Result<Self> {
        serde_json::from_value(serde_json::to_value(ticket)?)
    }

    /// Whether the ticket is over. A state this version does not know counts as open.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.state.get().is_none_or(|state| state.is_open())
    }
}
