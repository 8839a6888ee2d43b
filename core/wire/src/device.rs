//! Devices as their owners and teammates see them.

use serde::{Deserialize, Serialize};
use tocsin_readiness::Assessment;
use tocsin_ticket::{DeliveryFailure, DeviceId, Millis, PersonId, Receipt, Transport};

use crate::{Drill, Known, PushWhen};

/// One way to push to a device, without its address.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceWay {
    /// By which transport.
    pub transport: Known<Transport>,
    /// When it is used.
    pub when: Known<PushWhen>,
    /// Since when the push service says that the address is dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_since: Option<Millis>,
    /// The push service's words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dead_why: Option<String>,
}

/// One device, in `GET /v1/devices`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeviceView {
    /// Its id.
    pub device: DeviceId,
    /// Whose it is.
    pub person: PersonId,
    /// What they call it.
    pub name: String,
    /// Whether it holds a live stream now.
    pub connected: bool,
    /// When the server last heard of it, if it has since it started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_contact: Option<Millis>,
    /// How it can be pushed to, in order of preference.
    pub ways: Vec<DeviceWay>,
    /// Whether it would wake its owner now, and what to do if not.
    pub readiness: Assessment,
    /// Its newest drill of the last week.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_drill: Option<DrillView>,
}

/// A drill and how far it got, in `GET /v1/drills`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DrillView {
    /// What the device was told.
    pub drill: Drill,
    /// Whose device.
    pub person: PersonId,
    /// Which device.
    pub device: DeviceId,
    /// `before_shift`, `nightly` or `asked`.
    pub why: String,
    /// The rungs it reached, oldest first; their times less `drill.at` are the latencies.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
    /// Attempts that came to nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub failures: Vec<DeliveryFailure>,
}

/// `POST /v1/drills`: "ring my phone now". Answered 202 with the [`DrillView`].
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DrillRequest {
    /// Which of one's own devices; the one that asks when absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<DeviceId>,
    /// Whether the siren sounds for a moment.
    #[serde(default)]
    pub audible: bool,
}
