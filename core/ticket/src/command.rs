//! What can be asked of a ticket, and how it says no.

use core::fmt;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use core::time::Duration;

use crate::{
    Bridge, DeliveryFailure, HelpTarget, IncidentRole, Level, Millis, PageId, PersonId, Receipt,
    ServiceId, Severity, TeamId, TicketId, TicketState,
};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// A person, by tapping or typing.
    Person(PersonId),
    /// Monitoring, through the integration of this name.
    Monitoring(String),
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(person) => write!(f, "{person}"),
            Self::Monitoring(integration) => write!(f, "{integration} (monitoring)"),
        }
    }
}

/// Trouble that monitoring found, whatever format it came in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Alarm {
    /// The team that runs the service.
    pub team: TeamId,
    /// What is in trouble.
    pub service: ServiceId,
    /// Alarms of one service with the same key are the same trouble while its ticket is open.
    pub dedup_key: String,
    /// How bad.
    pub severity: Severity,
    /// One line for the page screen.
    pub title: String,
    /// The integration it came through.
    pub source: String,
    /// A link back to where it came from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Labels and annotations, for whoever researches.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub details: BTreeMap<String, String>,
}

/// What can be asked of a ticket.
#[derive(Debug, Clone, PartialEq)]
pub enum Command {
    /// Monitoring found trouble. Opens a ticket as number `new_id`, or counts as a repetition of
    /// the open one.
    AlarmFired {
        /// The number for a new ticket; unused on a repetition.
        new_id: TicketId,
        /// The trouble.
        alarm: Alarm,
    },
    /// Monitoring says that somebody there is on it: the ticket is checked in on, its owner stays.
    AlarmAcknowledged {
        /// The integration.
        source: String,
    },
    /// Monitoring says the trouble is over.
    AlarmRecovered {
        /// The integration.
        source: String,
        /// The alarm's own key. The ticket of a group goes on while others of its alarms fire.
        dedup_key: String,
    },
    /// "I am awake and on it."
    CheckIn {
        /// Who.
        by: PersonId,
    },
    /// "I know enough to mend it."
    StartWork {
        /// Who.
        by: PersonId,
    },
    /// "It is over."
    Resolve {
        /// Who.
        by: PersonId,
    },
    /// "It is not over."
    Reopen {
        /// Who.
        by: PersonId,
    },
    /// "This is for `to`."
    Reassign {
        /// Who says so.
        by: PersonId,
        /// The new owner.
        to: PersonId,
    },
    /// Something worth remembering.
    AddNote {
        /// Who.
        by: PersonId,
        /// What; not blank.
        text: String,
    },
    /// "I cannot": the next is paged, whether it was a page of the ticket's own or a call for help.
    Decline {
        /// Who.
        by: PersonId,
        /// Why, if they say.
        reason: Option<String>,
    },
    /// "It is worse", or not as bad.
    SetSeverity {
        /// Who says so.
        by: PersonId,
        /// What it is now.
        to: Severity,
    },
    /// "They need longer": a manager moves the running limit, once in each state.
    ExtendLimit {
        /// Who; a manager of the team.
        by: PersonId,
        /// By how much, from now; at most the state's own limit.
        length: Duration,
        /// Why; not blank.
        reason: String,
    },
    /// "Let us talk": convenes the conference where a SEV1 has not done so already.
    Convene {
        /// Who.
        by: PersonId,
    },
    /// The conference moved to another bridge.
    MoveConference {
        /// Where to.
        bridge: Bridge,
    },
    /// "I am in the call."
    JoinConference {
        /// Who.
        by: PersonId,
    },
    /// "You do this": names somebody for a role in the incident.
    NameRole {
        /// Who says so.
        by: PersonId,
        /// Whom.
        person: PersonId,
        /// For what.
        role: IncidentRole,
    },
    /// "This is how things stand."
    UpdateStatus {
        /// Who.
        by: PersonId,
        /// What; not blank.
        text: String,
    },
    /// "Please help."
    AskHelp {
        /// Who asks.
        by: PersonId,
        /// Whom they ask for.
        target: HelpTarget,
        /// The people behind the target, and who is asked after them.
        levels: Vec<Level>,
        /// What they say; not blank.
        message: String,
    },
    /// How far a page got, as a device or the dispatcher says.
    Delivery {
        /// Which page.
        page: PageId,
        /// The rungs it reached.
        receipts: Vec<Receipt>,
        /// The attempts that came to nothing.
        failures: Vec<DeliveryFailure>,
    },
    /// The rules that hold tickets may have changed: a window was ended early, or the configuration
    /// is another. A held ticket that no rule holds any more pages; any other stays as it is.
    ReviewHold,
    /// The timer of this generation went off.
    DeadlinePassed {
        /// The generation the timer was set for.
        generation: u32,
    },
}

/// Why a command was not carried out. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(tag = "code", rename_all = "snake_case")]
pub enum Refusal {
    /// There is no such ticket.
    #[error("there is no such ticket; refresh the list")]
    NoSuchTicket,
    /// Somebody was faster.
    #[error("{by} checked in already; the ticket is in hand")]
    AlreadyCheckedIn {
        /// Who was faster.
        by: Actor,
        /// When.
        at: Millis,
    },
    /// The ticket already is where it was to go.
    #[error("{by} started work already")]
    AlreadyStarted {
        /// Who.
        by: Actor,
        /// When.
        at: Millis,
    },
    /// The ticket is over.
    #[error("{by} resolved it already; reopen it if the trouble is back")]
    AlreadyResolved {
        /// Who.
        by: Actor,
        /// When.
        at: Millis,
    },
    /// Only a resolved ticket can be reopened.
    #[error("it is not resolved but {state}")]
    NotResolved {
        /// Where it stands.
        state: TicketState,
    },
    /// The same trouble has a newer open ticket.
    #[error("the same trouble is open as ticket {ticket}; work there")]
    OpenElsewhere {
        /// The open one.
        ticket: TicketId,
    },
    /// The person cannot be paged for this team.
    #[error("{person} cannot be paged for this team; choose one of its members or managers")]
    UnknownPerson {
        /// Who was named.
        person: PersonId,
    },
    /// A note without text.
    #[error("note: expected some text, got none")]
    EmptyNote,
    /// Something that others are to read has no text.
    #[error("{field}: expected some text, got none")]
    Blank {
        /// What: `reason`, `message`, `text`.
        field: String,
    },
    /// The ticket is as severe already.
    #[error("it is {severity} already")]
    SameSeverity {
        /// What it is.
        severity: Severity,
    },
    /// Only those who answer for the on-call may move a limit.
    #[error("only a manager of the team can extend a limit; ask for help instead")]
    NotAManager,
    /// There is nobody at work for whom a limit could be moved.
    #[error("no limit can be extended while the ticket is {state}; somebody must check in first")]
    NothingToExtend {
        /// Where it stands.
        state: TicketState,
    },
    /// A limit is moved once.
    #[error("{by} extended this limit already; start work, resolve, or ask for help")]
    AlreadyExtended {
        /// Who.
        by: PersonId,
        /// When.
        at: Millis,
    },
    /// More than the state's own limit, or nothing.
    #[error("length: expected 1 s to {} s, the limit of this step", longest_ms / 1000)]
    ExtensionLength {
        /// The longest possible, in milliseconds.
        longest_ms: u64,
    },
    /// The ticket has no conference.
    #[error("there is no conference on this ticket; convene one first")]
    NoConference,
    /// The team has no bridge to meet on.
    #[error("this team has no conference bridge; add one to its configuration")]
    NoBridge,
    /// The conference is there already.
    #[error("the conference is open at {url}")]
    AlreadyConvened {
        /// Where.
        url: String,
    },
    /// Nobody asked them.
    #[error("{person} is not being paged for this ticket")]
    NotPaged {
        /// Who.
        person: PersonId,
    },
    /// There is nobody behind the target.
    #[error("there is nobody to ask there; name another person, service or team")]
    NobodyToAsk,
    /// The ticket never had this page.
    #[error("there is no page {page}")]
    NoSuchPage {
        /// What was named.
        page: PageId,
    },
    /// An old timer; newer work has a deadline of its own.
    #[error("this deadline was replaced by a newer one")]
    StaleDeadline,
    /// A timer that went off before its time, as after a clock step.
    #[error("this deadline is due at {due}")]
    NotYetDue {
        /// When it is due.
        due: Millis,
    },
}
