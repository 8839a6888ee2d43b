//! Tickets that page nobody for now, and why.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::Millis;

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
}

impl fmt::Display for HoldRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::HoldOff => f.write_str("the service's hold-off"),
            Self::Maintenance { window } => write!(f, "the maintenance window \"{window}\""),
        }
    }
}
