//! Where a ticket stands.

use core::fmt;

use serde::{Deserialize, Serialize};

/// Where a ticket stands between the alarm and its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum TicketState {
    /// It belongs to somebody who has not checked in yet. If it pages, sirens ring.
    Assigned,
    /// Somebody checked in and is finding out what is wrong.
    Researching,
    /// The cause is known well enough that somebody is mending it.
    WorkInProgress,
    /// Over, by a person or because the alarm recovered. It may be reopened.
    Resolved,
}

impl TicketState {
    /// Everything but [`TicketState::Resolved`].
    #[must_use]
    pub const fn is_open(self) -> bool {
        !matches!(self, Self::Resolved)
    }
}

impl fmt::Display for TicketState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Assigned => "Assigned",
            Self::Researching => "Researching",
            Self::WorkInProgress => "Work in Progress",
            Self::Resolved => "Resolved",
        })
    }
}
