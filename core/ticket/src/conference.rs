//! The call that a SEV1 convenes, and who does what in it.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{Millis, PersonId, Stamp};

/// Where people meet.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Bridge {
    /// The address of the video call: `https`.
    pub url: String,
    /// The number for those who have only a telephone, with its code, as it is to be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dial_in: Option<String>,
}

/// What somebody does in an incident. The words are those of the Incident Command System
/// (<https://response.pagerduty.com/training/incident_commander/>).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IncidentRole {
    /// Decides, and owes the status updates. The ticket's owner, unless somebody else was named.
    Commander,
    /// Tells customers and the company.
    Communications,
    /// Mends it.
    Responder,
}

impl fmt::Display for IncidentRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Commander => "incident commander",
            Self::Communications => "communications",
            Self::Responder => "responder",
        })
    }
}

/// A conference as it stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Conference {
    /// Where it is.
    pub bridge: Bridge,
    /// Since when.
    pub since: Millis,
    /// Who was given which role. Several people may respond; each other role has one.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<PersonId, IncidentRole>,
    /// Who has joined, and when first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub joined: BTreeMap<PersonId, Millis>,
    /// When it was closed, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed_at: Option<Millis>,
}

impl Conference {
    /// Who was named for a role that only one can have.
    #[must_use]
    pub fn holder(&self, role: IncidentRole) -> Option<&PersonId> {
        self.roles
            .iter()
            .find_map(|(person, held)| (*held == role).then_some(person))
    }
}

/// How things stand, for everybody who waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct StatusUpdate {
    /// Who says so, and when.
    pub stamp: Stamp,
    /// What.
    pub text: String,
}
