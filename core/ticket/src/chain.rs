//! Who is paged after whom.

use core::fmt;

use serde::{Deserialize, Serialize};

use crate::PersonId;

/// What somebody is to the ticket when they are paged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The person the ticket belongs to.
    Owner,
    /// The team's primary on-call now, when that is not the owner.
    OnCall,
    /// The team's secondary on-call.
    Secondary,
    /// The team's manager.
    Manager,
    /// The manager's manager.
    ManagersManager,
    /// Everybody in the team.
    Team,
    /// The newcomer on call has a mentor.
    Mentor,
    /// A newcomer who learns on a shift that somebody else leads.
    Shadow,
    /// Somebody who was asked for help.
    Helper,
    /// Who decides in the incident.
    Commander,
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "owner",
            Self::OnCall => "on-call",
            Self::Secondary => "secondary",
            Self::Manager => "manager",
            Self::ManagersManager => "manager's manager",
            Self::Team => "whole team",
            Self::Mentor => "mentor",
            Self::Shadow => "shadow",
            Self::Helper => "helper",
            Self::Commander => "incident commander",
        })
    }
}

/// One level of the chain: the people paged together, and what they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Level {
    /// What they are to the ticket.
    pub role: Role,
    /// Who they are; never empty in a [`Chain`].
    pub people: Vec<PersonId>,
}

/// The escalation chain of a team at an instant: on-call, secondary if any, manager, manager's
/// manager, whole team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chain {
    on_call: PersonId,
    rest: Vec<Level>,
}

impl Chain {
    /// A chain that begins with the primary on-call. Empty levels are dropped.
    #[must_use]
    pub fn new(on_call: PersonId, rest: Vec<Level>) -> Self {
        let rest = rest
            .into_iter()
            .filter(|level| !level.people.is_empty())
            .collect();
        Self { on_call, rest }
    }

    /// The primary on-call, to whom new tickets belong.
    #[must_use]
    pub const fn on_call(&self) -> &PersonId {
        &self.on_call
    }

    /// The people of a role; none where the chain has no such level.
    #[must_use]
    pub fn people(&self, role: Role) -> &[PersonId] {
        self.rest
            .iter()
            .find(|level| level.role == role)
            .map_or(&[], |level| &level.people)
    }

    /// The levels after the on-call.
    #[must_use]
    pub fn rest(&self) -> &[Level] {
        &self.rest
    }

    /// The first level with somebody who has not been asked yet, reduced to those people, when the
    /// ticket belongs to `owner`. `None`: everybody was asked, the chain is exhausted.
    #[must_use]
    pub fn next_level(&self, owner: &PersonId, asked: &[PersonId]) -> Option<Level> {
        let first = [
            Level {
                role: Role::Owner,
                people: vec![owner.clone()],
            },
            Level {
                role: Role::OnCall,
                people: vec![self.on_call.clone()],
            },
        ];
        first.iter().chain(&self.rest).find_map(|level| {
            let mut people: Vec<PersonId> = level
                .people
                .iter()
                .filter(|person| !asked.contains(person))
                .cloned()
                .collect();
            people.sort();
            people.dedup();
            (!people.is_empty()).then_some(Level {
                role: level.role,
                people,
            })
        })
    }
}
