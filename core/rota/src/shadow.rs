//! A newcomer's first shifts are done by two.

use serde::{Deserialize, Serialize};

/// Which of the two leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ShadowMode {
    /// The newcomer is on call. The mentor sees everything, and is paged as soon as the newcomer
    /// has let half of a limit pass.
    MentorShadows,
    /// The mentor is on call. The newcomer gets every page too, and none of theirs escalates.
    NewcomerShadows,
}

impl ShadowMode {
    /// Both.
    pub const ALL: [Self; 2] = [Self::MentorShadows, Self::NewcomerShadows];

    /// As a configuration file spells it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::MentorShadows => "mentor_shadows",
            Self::NewcomerShadows => "newcomer_shadows",
        }
    }
}

/// The two who do a shift together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shadow {
    /// Who learns.
    pub newcomer: String,
    /// Who teaches.
    pub mentor: String,
    /// Which of the two is on call.
    pub mode: ShadowMode,
}
