//! Tickets that page nobody for now, and why.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::{Millis, PersonId};

/// A new ticket pages nobody before an instant; if the trouble is over by then, nobody ever.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Hold {
    /// From when on the owner is paged.
    pub until: Millis,
    /// Which rule says so.
    pub rule: HoldRule,
}

/// The rule behind a [`Hold`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HoldRule {
    /// Alarms of the service often recover by themselves within this time.
    HoldOff,
    /// Work on the service was announced.
    Maintenance {
        /// The window's name.
        window: String,
    },
    /// Whoever is on call asked not to be woken for less than a SEV1.
    Quiet {
        /// Who.
        person: PersonId,
    },
}

impl HoldRule {
    /// The kind of rule, as it is counted and searched by: `hold_off`, `maintenance`, `quiet`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::HoldOff => "hold_off",
            Self::Maintenance { .. } => "maintenance",
            Self::Quiet { .. } => "quiet",
        }
    }
}

impl fmt::Display for HoldRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HoldOff => f.write_str("the service's hold-off"),
            Self::Maintenance { window } => write!(f, "the maintenance window \"{window}\""),
            Self::Quiet { person } => write!(f, "the quiet time of {person}"),
        }
    }
}
