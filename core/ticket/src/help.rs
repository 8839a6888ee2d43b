//! Calls for help: somebody on a ticket asks others to join.

use serde::{Deserialize, Serialize};

use crate::{Level, Millis, PersonId, ServiceId, TeamId};

/// Who is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HelpTarget {
    /// Whoever is on call for a service, such as one downstream.
    Service {
        /// Which.
        service: ServiceId,
    },
    /// One person.
    Person {
        /// Who.
        person: PersonId,
    },
    /// The manager of the ticket's team.
    Manager,
    /// Everybody in a team.
    Team {
        /// Which.
        team: TeamId,
    },
}

/// A call for help and its answers so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Help {
    /// Counts the calls of the ticket, from 1.
    pub number: u32,
    /// Who asks.
    pub by: PersonId,
    /// When.
    pub at: Millis,
    /// Whom they asked for.
    pub target: HelpTarget,
    /// What they say.
    pub message: String,
    /// Who is paged for it now.
    pub asked: Vec<PersonId>,
    /// Who is paged next, level by level, when those who are asked cannot or do not answer.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub then: Vec<Level>,
    /// What was answered, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<HelpAnswer>,
    /// Nobody is left to ask.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub exhausted: bool,
}

impl Help {
    /// Who said that they come, if anybody did.
    #[must_use]
    pub fn helper(&self) -> Option<&PersonId> {
        self.answers
            .iter()
            .find(|answer| answer.comes)
            .map(|answer| &answer.person)
    }

    /// Whether somebody may still come.
    #[must_use]
    pub fn is_open(&self) -> bool {
        !self.exhausted && self.helper().is_none()
    }
}

/// One person's answer to a call for help.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HelpAnswer {
    /// Who.
    pub person: PersonId,
    /// When.
    pub at: Millis,
    /// Whether they come.
    pub comes: bool,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
