//! The log as phones read it: pages of `GET /v1/sync` and events of `GET /v1/stream`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tocsin_ticket::{DeviceId, Event, Millis, PersonId, ServiceId, TeamId};

use crate::{Cursor, Known, TicketView};

/// One entry of a ticket's log: what one command did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Entry {
    /// Its number in the server's log; later entries have larger ones.
    pub seq: u64,
    /// When, by the server's clock.
    pub at: Millis,
    /// What happened, in order.
    pub events: Vec<Known<Event>>,
}

/// One entry together with the ticket as it stood afterwards.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Update {
    /// What happened.
    #[serde(flatten)]
    pub entry: Entry,
    /// The ticket afterwards.
    pub ticket: TicketView,
}

/// Who the device belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Me {
    /// The person.
    pub person: PersonId,
    /// This device.
    pub device: DeviceId,
}

/// Names for ids, as far as the person may see them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Directory {
    /// People's names.
    pub people: BTreeMap<PersonId, String>,
    /// Teams' names.
    pub teams: BTreeMap<TeamId, String>,
    /// Services' names.
    pub services: BTreeMap<ServiceId, String>,
    /// Where services' runbooks are: `http` or `https` addresses.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub runbooks: BTreeMap<ServiceId, String>,
    /// What services need to work, be it another team's: where the cause of an alarm usually is.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub downstream: BTreeMap<ServiceId, Vec<ServiceId>>,
}

/// An id without a name is its own.
impl Directory {
    /// A person's name.
    #[must_use]
    pub fn person<'a>(&'a self, id: &'a PersonId) -> &'a str {
        self.people.get(id).map_or(id.as_str(), String::as_str)
    }

    /// A team's name.
    #[must_use]
    pub fn team<'a>(&'a self, id: &'a TeamId) -> &'a str {
        self.teams.get(id).map_or(id.as_str(), String::as_str)
    }

    /// A service's name.
    #[must_use]
    pub fn service<'a>(&'a self, id: &'a ServiceId) -> &'a str {
        self.services.get(id).map_or(id.as_str(), String::as_str)
    }
}

/// `GET /v1/sync?after=CURSOR`: everything after the cursor, in pages.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SyncPage {
    /// The phone must forget its tickets before it takes this page: it starts a fresh snapshot.
    #[serde(default)]
    pub reset: bool,
    /// Ask again from here.
    pub cursor: Cursor,
    /// There is more; ask again at once.
    #[serde(default)]
    pub more: bool,
    /// Tickets as they stand, in a snapshot.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tickets: Vec<TicketView>,
    /// What happened after the cursor, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub updates: Vec<Update>,
    /// Who is asking.
    pub me: Me,
    /// Names, in the first page of a snapshot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directory: Option<Directory>,
    /// The server's clock.
    pub server_time: Millis,
    /// When this person is on call and when this device is tested, if the server says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duty: Option<Duty>,
    /// What newer servers add.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What is expected of a device, so that it can tell by itself when something is missing.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Duty {
    /// This person's shifts that have not ended, for the next two weeks, earliest first.
    pub shifts: Vec<DutyShift>,
    /// By when the next drill should have come, if one is planned. A device that has none by then
    /// tells its owner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drill_by: Option<Millis>,
    /// What this person's teams ask of their phones.
    #[serde(default, skip_serializing_if = "PhoneRules::asks_nothing")]
    pub rules: PhoneRules,
}

/// What teams ask of the phones of everybody whom they may page. The owner of a phone may ask more of
/// it, not less.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PhoneRules {
    /// A page is at least this loud: 0 silent to 1 full output. Absent: as loud as its owner chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub siren_floor: Option<f32>,
    /// A locked phone does not show what a page is about.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub hide_content: bool,
}

impl PhoneRules {
    /// Whether everything is left to the owners.
    #[must_use]
    pub fn asks_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// One turn of being on call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DutyShift {
    /// For which team.
    pub team: TeamId,
    /// From this instant on.
    pub from: Millis,
    /// Up to this instant.
    pub until: Millis,
}

/// The first event of a stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hello {
    /// The server's clock.
    pub server_time: Millis,
    /// The server's version of the wire.
    pub wire_version: u32,
}

/// Names of the server-sent events (WHATWG HTML, 9.2) on `GET /v1/stream`. An `UPDATE`'s event id
/// is the cursor to continue from. Lines that begin with a colon arrive at least every 15 seconds.
pub mod frame {
    /// Data: [`super::Hello`]. The stream is live.
    pub const HELLO: &str = "hello";
    /// Data: [`super::Update`].
    pub const UPDATE: &str = "update";
    /// Data: [`super::Duty`]. After `HELLO`, and whenever it changes.
    pub const DUTY: &str = "duty";
    /// Data: [`crate::Drill`]. A test of the stream.
    pub const DRILL: &str = "drill";
    /// Data: [`crate::ServerNotice`].
    pub const NOTICE: &str = "notice";
    /// No data. The cursor cannot be continued from: ask `GET /v1/sync` without one.
    pub const RESET: &str = "reset";
    /// No data. There is much to catch up on: ask `GET /v1/sync` from the cursor, then come back.
    pub const CATCH_UP: &str = "catch_up";
}
