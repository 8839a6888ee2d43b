//! Taps, and the server's answers.

use core::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tocsin_ticket::{HelpTarget, IncidentRole, Millis, PersonId, Refusal, Severity, TicketId};

use crate::{Known, TicketView};

/// Names one tap for ever, so that sending it again does nothing twice. Made by the phone from 128
/// random bits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(value_type = String))]
#[serde(transparent)]
pub struct CommandId(Arc<str>);

impl CommandId {
    /// Wraps the text as it is.
    pub fn new(text: impl Into<Arc<str>>) -> Self {
        Self(text.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for CommandId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a person can do to a ticket.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// "I am awake and on it."
    CheckIn,
    /// "I know enough to mend it."
    StartWork,
    /// "It is over."
    Resolve,
    /// "It is not over."
    Reopen,
    /// "This is for `to`."
    Reassign {
        /// The new owner.
        to: PersonId,
    },
    /// Something worth remembering.
    Note {
        /// The text; not blank, at most 4,000 characters.
        text: String,
    },
    /// "I cannot": the next person is paged.
    Decline {
        /// Why; at most 4,000 characters.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// "It is worse", or not as bad.
    SetSeverity {
        /// What it is.
        to: Severity,
    },
    /// "They need longer": for managers, once in each state.
    ExtendLimit {
        /// By how many seconds from now; at most the limit of the ticket's state.
        seconds: u32,
        /// Why; not blank, at most 4,000 characters.
        reason: String,
    },
    /// "Let us talk."
    Convene,
    /// "I am in the call."
    JoinConference,
    /// "You do this."
    NameRole {
        /// Whom.
        person: PersonId,
        /// For what.
        role: IncidentRole,
    },
    /// "This is how things stand."
    UpdateStatus {
        /// The text; not blank, at most 4,000 characters.
        text: String,
    },
    /// "Please help."
    AskHelp {
        /// Whom; somebody of the ticket's team, or a service of it.
        target: HelpTarget,
        /// What is needed; not blank, at most 4,000 characters.
        message: String,
    },
}

impl Action {
    /// What the person wrote, if the action has words, and the field it is in.
    #[must_use]
    pub fn words(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Note { text } | Self::UpdateStatus { text } => Some(("text", text)),
            Self::Decline { reason } => reason.as_deref().map(|reason| ("reason", reason)),
            Self::ExtendLimit { reason, .. } => Some(("reason", reason)),
            Self::AskHelp { message, .. } => Some(("message", message)),
            Self::CheckIn
            | Self::StartWork
            | Self::Resolve
            | Self::Reopen
            | Self::Reassign { .. }
            | Self::SetSeverity { .. }
            | Self::Convene
            | Self::JoinConference
            | Self::NameRole { .. } => None,
        }
    }
}

/// `POST /v1/commands`: one tap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandRequest {
    /// Names the tap; 8 to 64 characters.
    pub id: CommandId,
    /// The ticket tapped on.
    pub ticket: TicketId,
    /// When it was tapped, by the phone's clock. The server's own clock decides.
    pub at: Millis,
    /// What was tapped.
    pub action: Action,
    /// Other tickets the same tap is for, as when a storm is checked in at once; at most 10,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<TicketId>,
}

/// How the server answered a tap.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// Done, and on disk.
    Accepted,
    /// Not done; nothing changed.
    Refused {
        /// The reason as data.
        refusal: Known<Refusal>,
        /// The reason in English, and what to do next.
        message: String,
    },
}

/// The answer to [`CommandRequest`]: 200 when accepted, 409 when refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct CommandReply {
    /// The tap that is answered.
    pub id: CommandId,
    /// The answer.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// The ticket as it stands now, unless there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ticket: Option<TicketView>,
    /// Those of `also` on which the rules forbade it; how they stand comes with their updates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also_refused: Vec<TicketId>,
}
