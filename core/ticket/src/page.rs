//! A page: the obligation to wake one person, and the receipts that show how far it got.

use core::fmt;
use core::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{DeviceId, Millis, PageId, PersonId, Role};

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
}

/// A rung of the ladder from sent to checked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Rung {
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
            Self::Received => "received",
            Self::Sounding => "siren sounding",
            Self::Seen => "seen",
            Self::CheckedIn => "checked in",
        })
    }
}

/// One device's word that a page reached a rung.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Receipt {
    /// Which device says so.
    pub device: DeviceId,
    /// How far the page got.
    pub rung: Rung,
    /// When, by the device's clock.
    pub at: Millis,
    /// Loudness of the siren where the device can tell: 0 silent to 1 full output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effective_volume: Option<f32>,
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
    /// What the person's devices reported, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub receipts: Vec<Receipt>,
}
