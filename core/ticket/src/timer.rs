//! What else runs on a ticket beside its limit.

use serde::{Deserialize, Serialize};

use crate::Millis;

/// Something that happens to a ticket at an instant unless it is called off. Its generation comes
/// from the same count as those of deadlines, so one number names whatever went off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Timer {
    /// Unique on the ticket.
    pub generation: u32,
    /// When it goes off.
    pub due: Millis,
    /// What happens then.
    pub kind: TimerKind,
}

/// What a [`Timer`] is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum TimerKind {
    /// The hold on a new ticket ends: its owner is paged.
    Hold,
    /// Half of a newcomer's limit is over: their mentor is paged.
    Mentor,
    /// A status update is due: the incident commander's siren asks for it.
    StatusUpdate,
    /// It did not come: the manager is paged.
    StatusUpdateMissed,
    /// Nobody answered a call for help: the next level is asked.
    Help {
        /// Which call.
        number: u32,
    },
    /// A flapping alarm has been quiet for long enough to be believed.
    Settle,
}
