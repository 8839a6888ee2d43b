//! A page: the obligation to wake one person, and the receipts that show how far it got.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{DeviceId, Millis, PageId, PersonId, Role, TicketState, Transport};

/// A page stays valid for this long after the deadline that renews it, which covers a restart of
/// the server and a slow transport. A phone that gets it later stays silent: by then a newer page
/// exists, or nobody is needed any more.
pub const PAGE_GRACE: Duration = Duration::from_secs(120);

/// Why somebody is paged. The page screen says it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum PageReason {
    /// A new ticket belongs to them.
    Assigned,
    /// The ticket was given to them by somebody.
    Reassigned,
    /// A resolved ticket was reopened.
    Reopened,
    /// The alarm became worse.
    SeverityRaised,
    /// Nobody checked in within the limit.
    CheckInMissed,
    /// Their own Researching limit is about to pass.
    Nudge,
    /// Work did not start within the limit.
    ResearchingMissed,
    /// It was not resolved within the limit.
    WorkMissed,
    /// No device of whoever was paged before received the page, or one did and nobody could hear it.
    Unreachable,
    /// Whoever was paged before said that they cannot.
    Declined,
    /// The newcomer on call has used up half of the limit.
    NewcomerLate,
    /// To learn: they shadow the shift.
    Shadowing,
    /// Somebody on the ticket asks for their help.
    HelpAsked,
    /// They command the incident and a status update is due.
    StatusUpdateDue,
    /// The incident commander did not give the status update.
    StatusUpdateMissed,
}

impl PageReason {
    /// Whether the page is beside the ticket's limits: answering it ends this page and no other,
    /// and says nothing about who has the ticket in hand.
    #[must_use]
    pub const fn is_aside(self) -> bool {
        matches!(
            self,
            Self::Shadowing | Self::HelpAsked | Self::StatusUpdateDue | Self::StatusUpdateMissed
        )
    }
}

/// A rung of the ladder from sent to checked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rung {
    /// It was handed to a transport.
    Sent,
    /// The transport's service took it on.
    Accepted,
    /// The phone has the page.
    Received,
    /// The siren is sounding.
    Sounding,
    /// The person looked at it.
    Seen,
    /// The person checked in on this device.
    CheckedIn,
}

impl fmt::Display for Rung {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted by the push service",
            Self::Received => "received",
            Self::Sounding => "siren sounding",
            Self::Seen => "seen",
            Self::CheckedIn => "checked in",
        })
    }
}

/// How a phone's ringer is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Ringer {
    /// It rings.
    Normal,
    /// It vibrates.
    Vibrate,
    /// It is silent.
    Silent,
}

/// How much a phone has been told not to disturb
/// (<https://developer.android.com/reference/android/app/NotificationManager#INTERRUPTION_FILTER_ALARMS>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DoNotDisturb {
    /// Everything may sound.
    Off,
    /// Only what the owner allowed; on iOS a Focus.
    Priority,
    /// Only alarms.
    AlarmsOnly,
    /// Nothing, which no app can lift.
    TotalSilence,
}

/// One device's word, or one transport's about it, that a page reached a rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Which device.
    pub device: DeviceId,
    /// How the page travelled, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transport: Option<Transport>,
    /// How far the page got.
    pub rung: Rung,
    /// When: up to *accepted* by the server's clock, from *received* on by the device's.
    pub at: Millis,
    /// Loudness of the siren where the device can tell: 0 silent to 1 full output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_volume: Option<f32>,
    /// How the ringer was set, where the device can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ringer: Option<Ringer>,
    /// How much the device was told not to disturb, where it can tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub do_not_disturb: Option<DoNotDisturb>,
}

impl Receipt {
    /// Whether the page has got to where somebody may notice it: a device has it and may sound, or the
    /// person has looked at it.
    #[must_use]
    pub fn reaches(&self) -> bool {
        match self.rung {
            Rung::Sent | Rung::Accepted => false,
            Rung::Received | Rung::Sounding => !self.is_mute(),
            Rung::Seen | Rung::CheckedIn => true,
        }
    }

    /// Whether the device has said that nobody can hear it: total silence, which no app can lift, or
    /// a siren at volume zero.
    #[must_use]
    pub fn is_mute(&self) -> bool {
        let at_zero = self.effective_volume.is_some_and(|volume| volume <= 0.0);
        at_zero || self.do_not_disturb == Some(DoNotDisturb::TotalSilence)
    }
}

/// Why an attempt to deliver a page came to nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum DeliveryProblem {
    /// The service asked to wait; it is tried again.
    Busy,
    /// The address will never work again; it is no longer used.
    DeadToken,
    /// The service refuses the server; somebody must look at its settings.
    Refused,
    /// There was no answer that can be understood; it is tried again.
    NoAnswer,
}

impl fmt::Display for DeliveryProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Busy => "the service asked to wait",
            Self::DeadToken => "the address is dead",
            Self::Refused => "the service refused",
            Self::NoAnswer => "no answer",
        })
    }
}

/// An attempt that did not succeed. The first of its kind for a page and a way is kept; the
/// attempts after it are only counted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct DeliveryFailure {
    /// To which device.
    pub device: DeviceId,
    /// By which transport.
    pub transport: Transport,
    /// What kind of failure.
    pub problem: DeliveryProblem,
    /// In the service's words.
    pub why: String,
    /// When, by the server's clock.
    pub at: Millis,
}

/// The limit behind a page: "Researching since 02:13, limit 02:43 missed".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Missed {
    /// Where the ticket stood.
    pub state: TicketState,
    /// Since when.
    pub since: Millis,
    /// When the limit was over.
    pub limit: Millis,
}

/// A live page. It ends by check-in, resolution or supersession, never by giving up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Page {
    /// Unique; the same on every transport and device.
    pub id: PageId,
    /// Who must wake up.
    pub person: PersonId,
    /// What they are to the ticket.
    pub role: Role,
    /// Why they are paged.
    pub reason: PageReason,
    /// When it was created.
    pub at: Millis,
    /// From this instant on no phone starts ringing for it.
    pub expires_at: Millis,
    /// The limit that was missed, where one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub missed: Option<Missed>,
    /// The call for help it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub help: Option<u32>,
    /// What the person's devices reported, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
}
