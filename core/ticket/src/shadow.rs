//! A newcomer's first shifts.

use serde::{Deserialize, Serialize};

use crate::PersonId;

/// Share of a limit after which a newcomer's mentor is paged too.
pub const MENTOR_PERCENT: u32 = 50;

/// Two people on one shift.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Who learns.
    pub newcomer: PersonId,
    /// Who knows.
    pub mentor: PersonId,
    /// Who leads.
    pub mode: ShadowMode,
}

/// Who leads on a shadowed shift.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShadowMode {
    /// The newcomer leads; the mentor is paged when [`MENTOR_PERCENT`] of a limit are missed.
    MentorShadows,
    /// The mentor leads; the newcomer gets pages that never escalate.
    NewcomerShadows,
}
