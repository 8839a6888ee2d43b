//! The smaller requests and replies.

use serde::{Deserialize, Serialize};
use tocsin_ticket::{
    DeviceId, DoNotDisturb, DrillId, Millis, PageId, PersonId, Ringer, Rung, ServiceId, Severity,
    TeamId, TicketId, TicketState, Transport,
};

use crate::{CommandId, Cursor, Entry, Known, TicketView};

/// `POST /v1/enroll`: a new device with a single-use code.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollRequest {
    /// The code, as it was shown; hyphens, blanks and case do not matter.
    pub code: String,
    /// What the person calls the device, 1 to 80 characters.
    pub device_name: String,
}

/// The answer to [`EnrollRequest`].
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct EnrollReply {
    /// The device's secret from now on, sent as `Authorization: Bearer`. Shown once, stored hashed.
    pub token: String,
    /// The device.
    pub device: DeviceId,
    /// Whose device it is; the administrator's first code names nobody who can be paged.
    pub person: PersonId,
    /// Their name.
    pub person_name: String,
    /// Whether the device may configure the server.
    pub admin: bool,
}

/// One rung reached, in [`ReceiptBatch`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptReport {
    /// Which page.
    pub page: PageId,
    /// How far it got.
    pub rung: Rung,
    /// When, by the device's clock.
    pub at: Millis,
    /// Loudness where the device can tell: 0 silent to 1 full output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_volume: Option<f32>,
    /// How the page came, for *received*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// How the ringer was set, for *sounding*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringer: Option<Ringer>,
    /// How much the device was told not to disturb, for *sounding*.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub do_not_disturb: Option<DoNotDisturb>,
}

/// One rung that a drill reached, in [`ReceiptBatch`]. *Sounding* means that the siren's output was
/// started, which a silent drill does at volume zero.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DrillReport {
    /// Which drill.
    pub drill: DrillId,
    /// How far it got.
    pub rung: Rung,
    /// When, by the device's clock, corrected to the server's where the device knows better.
    pub at: Millis,
    /// How the drill came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// The volume that a page would have had: 0 silent to 1 full output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_volume: Option<f32>,
}

/// `POST /v1/receipts`: what became of pages on this device. Answered 204.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ReceiptBatch {
    /// Names the batch, so that sending it again does nothing twice.
    pub id: CommandId,
    /// At most 1,000, oldest first.
    pub receipts: Vec<ReceiptReport>,
    /// What became of drills; at most 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub drills: Vec<DrillReport>,
}

/// `GET /v1/tickets`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketList {
    /// Newest first.
    pub tickets: Vec<TicketView>,
    /// More exist: ask again with `before` set to the last ticket's number.
    pub more: bool,
}

/// `GET /v1/tickets/{id}/timeline`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timeline {
    /// The ticket as it stands.
    pub ticket: TicketView,
    /// Everything that happened to it, oldest first.
    pub entries: Vec<Entry>,
    /// Where in the server's log this was read.
    pub cursor: Cursor,
}

/// A person by id and name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Person {
    /// Id.
    pub id: PersonId,
    /// Name.
    pub name: String,
}

/// `GET /v1/oncall`: one element for each team the person may see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OnCall {
    /// The team.
    pub team: TeamId,
    /// Its name.
    pub team_name: String,
    /// Who is paged first.
    pub primary: Person,
    /// Until when.
    pub until: Millis,
    /// Who takes over then.
    pub next: Person,
    /// Who is paged second, if the team has such a rota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Person>,
    /// Who is paged after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub manager: Option<Person>,
    /// Whose shift it is, where the primary stays because that person's phone has not proved that
    /// it can ring.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Person>,
}

/// `GET /v1/tickets/{id}`: a ticket, and what may be behind it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketDetail {
    /// The ticket.
    #[serde(flatten)]
    pub ticket: TicketView,
    /// What the ticket's service needs to work, in the configuration's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub downstream: Vec<DownstreamView>,
}

/// A service that another one needs to work.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DownstreamView {
    /// Which.
    pub service: ServiceId,
    /// Its name.
    pub name: String,
    /// Whose it is.
    pub team: TeamId,
    /// The team's name.
    pub team_name: String,
    /// How much depends on it: 1, most, to 4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<u8>,
    /// Who is on call for it now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on_call: Option<Person>,
    /// What is open there, newest first, also where it is another team's.
    pub open_tickets: Vec<TicketBrief>,
}

/// As much of a ticket as colleagues of another team may know.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct TicketBrief {
    /// Its number.
    pub id: TicketId,
    /// How bad.
    pub severity: Known<Severity>,
    /// One line.
    pub title: String,
    /// Where it stands.
    pub state: Known<TicketState>,
}
