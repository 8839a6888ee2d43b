//! Who is on call when: `GET /v1/shifts`.

use core::fmt;

use serde::{Deserialize, Serialize};
use tocsin_ticket::{Millis, TeamId};

use crate::{Known, Person};

/// Why somebody is on call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShiftReason {
    /// By the rotation.
    Rotation,
    /// By an override of the configuration.
    Override,
    /// By a swap that both agreed to.
    Swap,
}

impl fmt::Display for ShiftReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Rotation => "rotation",
            Self::Override => "override",
            Self::Swap => "swap",
        })
    }
}

/// Which of the two leads in a newcomer's first shifts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ShadowMode {
    /// The newcomer is on call, and the mentor sees everything.
    MentorShadows,
    /// The mentor is on call, and the newcomer gets pages that never escalate.
    NewcomerShadows,
}

/// The two who do one of a newcomer's first shifts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShadowView {
    /// Who learns.
    pub newcomer: Person,
    /// Who teaches.
    pub mentor: Person,
    /// Which of the two is on call.
    #[cfg_attr(feature = "openapi", schema(value_type = ShadowMode))]
    pub mode: Known<ShadowMode>,
}

/// One shift.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ShiftView {
    /// Of which team.
    pub team: TeamId,
    /// In which of its layers, in the order of paging: 1 is the primary.
    pub layer: usize,
    /// Who is on call.
    pub person: Person,
    /// The first instant.
    pub from: Millis,
    /// The first instant after.
    pub until: Millis,
    /// Why it is this person.
    #[cfg_attr(feature = "openapi", schema(value_type = ShiftReason))]
    pub reason: Known<ShiftReason>,
    /// Who is with them, if it is one of a newcomer's first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shadow: Option<ShadowView>,
}
